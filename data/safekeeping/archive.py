"""The file a backup is: a zip with a manifest that names every member, its length and its SHA-256.

What does not fit its manifest in every point is refused; nothing is written outside the folder it is unpacked to.
"""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.errors import InvalidInputError
from data.home import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER, replace_file

FORMAT = 1
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 10_000_000
CHUNK = 1 << 20
CASEBOOK = "casebook.sqlite"
ANALYTICS = "analytics.duckdb"
FILES = "files"  # the folder of everything else


class Member(BaseModel):
    """One file in the archive."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)


class Manifest(BaseModel):
    """What an archive says it holds."""

    model_config = ConfigDict(extra="forbid")

    product: Literal["orderlens"] = "orderlens"
    format: int = FORMAT
    made_at: datetime
    casebook_revision: str
    analytics_version: int | None
    members: dict[str, Member]


def write_archive(file: Path, sources: Mapping[str, BinaryIO], **about: Any) -> Manifest:
    """Write the archive aside and rename it: ``file`` is complete or as it was.

    Parameters
    ----------
    file : Path
        Where to write to; its folder must exist.
    sources : mapping of str to binary file
        What to read each member from.
    **about
        The manifest's other fields.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    members = {}
    try:
        descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
        # Level 1: the databases are compressed inside, more effort saves little.
        with (
            os.fdopen(descriptor, "wb") as raw,
            zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            for name, source in sources.items():
                with archive.open(name, "w", force_zip64=True) as member:
                    members[name] = _copy(source, member)
            manifest = Manifest(made_at=datetime.now(UTC), members=members, **about)
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        replace_file(aside, file)
    finally:
        aside.unlink(missing_ok=True)
    return manifest


def unpack(file: Path, folder: Path) -> Manifest:
    """Unpack an archive into an empty folder, checking every member against the manifest.

    Raises
    ------
    InvalidInputError
        If it is no backup of this product, was damaged or altered, or comes from a newer version.
    """
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        _check_names(archive, manifest)
        needed = sum(member.bytes for member in manifest.members.values())
        if needed > shutil.disk_usage(folder).free:
            raise InvalidInputError(f"{file.name} needs {needed:,} bytes, more than are free in the home folder.")
        for name, member in manifest.members.items():
            target = folder / name
            target.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
            with os.fdopen(descriptor, "wb") as output, archive.open(name) as source:
                if _copy(source, output, member.bytes) != member:
                    raise InvalidInputError(f"{file.name} is damaged: {name} does not fit the manifest.")
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except FileNotFoundError:
        raise InvalidInputError(f"There is no file {file}.") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as wrong:
        raise InvalidInputError(f"{file.name} cannot be read as a backup: {wrong}.") from None
    except Exception as wrong:
        if type(wrong).__module__ == "zlib":  # zlib.error is raised on damaged content
            raise InvalidInputError(f"{file.name} is damaged: {wrong}.") from None
        raise


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    if MANIFEST not in archive.namelist() or archive.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
        raise InvalidInputError(f"{file.name} is not a backup of Orderlens: it has no manifest.")
    try:
        content = json.loads(archive.read(MANIFEST))
        if isinstance(content, dict) and isinstance(content.get("format"), int) and content["format"] > FORMAT:
            raise InvalidInputError(f"{file.name} has format {content['format']}, made by a newer Orderlens.")
        return Manifest.model_validate(content)
    except (ValueError, ValidationError) as wrong:
        reason = str(wrong).splitlines()[0]
        raise InvalidInputError(
            f"{file.name} is not a backup of Orderlens: its manifest is wrong ({reason})."
        ) from None


def _check_names(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    held = archive.namelist()
    if len(held) != len(set(held)) or set(held) != {MANIFEST, *manifest.members}:
        raise InvalidInputError("The backup holds other members than its manifest names.")
    for name in manifest.members:
        path = PurePosixPath(name)
        is_plain = name == str(path) and not path.is_absolute() and ".." not in path.parts
        is_known = name in (CASEBOOK, ANALYTICS) or (path.parts[0] == FILES and len(path.parts) > 1)
        if not is_plain or not is_known or any(sign in name for sign in "\\:\0"):
            raise InvalidInputError(f"The backup holds {name!r}, which has no place in a home folder.")
    if CASEBOOK not in manifest.members or (ANALYTICS in manifest.members) != (manifest.analytics_version is not None):
        raise InvalidInputError("The backup lacks what its manifest speaks of.")


def _copy(source: Any, target: Any, at_most: int | None = None) -> Member:
    """Copy and measure; stop once there is more than ``at_most``, however long the source goes on."""
    digest, length = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        length += len(chunk)
        digest.update(chunk)
        if at_most is not None and length > at_most:
            break
        target.write(chunk)
    return Member(sha256=digest.hexdigest(), bytes=length)
