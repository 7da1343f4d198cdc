"""The home folder that this process serves: its settings and its two stores, opened once."""

from dataclasses import dataclass
from pathlib import Path

from data.casebook import Casebook
from data.errors import NotReadyError
from data.settings import Settings, home_folder, load_settings
from data.warehouse import Warehouse


@dataclass(frozen=True)
class Workspace:
    """What every page, route and middleware works on.

    Attributes
    ----------
    home : Path
        The home folder.
    settings : Settings
        The settings in force.
    warehouse : Warehouse
        The published analytics, read-only here.
    casebook : Casebook
        Accounts, sessions, labels, jobs, audit log.
    is_demo : bool, default False
        Whether a visitor on this machine may pick a role without a password.
    """

    home: Path
    settings: Settings
    warehouse: Warehouse
    casebook: Casebook
    is_demo: bool = False


_installed: list[Workspace] = []


def open_workspace(home: Path, settings: Settings, is_demo: bool = False) -> Workspace:
    """Open both stores of a home folder."""
    return Workspace(home, settings, Warehouse(home, settings), Casebook.open(home, settings), is_demo)


def install(workspace: Workspace) -> None:
    """Make ``workspace`` the one that this process serves."""
    _installed[:] = [workspace]


def current() -> Workspace:
    """Return the workspace served; one started by Streamlit's own command opens ``ORDERLENS_HOME``."""
    if not _installed:
        home = home_folder()
        if not home.is_dir():
            raise NotReadyError(f"The home folder {home} does not exist. Run 'orderlens serve' instead.")
        install(open_workspace(home, load_settings(home)))
    return _installed[0]
