"""The home folder: what the product stores, readable by its owner alone, replaced file by file and never in part."""

import os
from pathlib import Path

OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600


def create_home(home: Path) -> Path:
    """Create the home folder for its owner alone, if it is not there yet; return it."""
    home.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    return home


def sync_file(path: Path) -> None:
    """Have the operating system write ``path`` to the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the names in ``folder`` written to the disk; Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(written: Path, target: Path) -> None:
    """Put the complete file ``written`` in the place of ``target``: readers see the old one or the new one."""
    sync_file(written)
    written.replace(target)
    sync_folder(target.parent)


def write_text(target: Path, text: str) -> None:
    """Write a small text file so that it is never seen half written."""
    aside = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    replace_file(aside, target)


def is_running(pid: int) -> bool:
    """Return whether a process of this number runs on this machine."""
    if os.name == "nt":
        return True  # signal 0 would end it there; its files are then removed by a later build
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
