"""The weekly report by schedule: written into a folder when it is due, once, and told of where somebody wants it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard import cause_view, report
from dashboard.i18n import _, speaking
from dashboard.notices.delivery import deliver
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.errors import NotReadyError, OrderlensError
from data.settings import WEEKDAYS

FORMATS = ("html", "xlsx")

Deliver = Callable[[str, str, str, str], str | None]


def last_due(schedule: str, now: datetime) -> datetime | None:
    """Return the latest moment named by a schedule such as ``mon 07:00``, in the zone of ``now``; None without one."""
    if not schedule:
        return None
    day, _space, time = schedule.partition(" ")
    hour, minute = map(int, time.split(":"))
    at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    at -= timedelta(days=(now.weekday() - WEEKDAYS.index(day)) % 7)
    return at if at <= now else at - timedelta(days=7)


def folder(workspace: Workspace) -> Path:
    """Return where reports are put: as set, else ``reports`` in the home folder."""
    chosen = workspace.settings.report_folder
    return Path(chosen) if chosen else workspace.home / "reports"


def write_due(workspace: Workspace, actor: Actor, now: datetime | None = None, send: Deliver = deliver) -> list[Path]:
    """Write the report that is due, unless somebody has; a server that was off catches up with the latest.

    Parameters
    ----------
    workspace : Workspace
        The home folder's stores and settings.
    actor : Actor
        Who writes.
    now : datetime, optional
        The time, with its zone; by default the clock's.
    send : callable, optional
        What hands a message over, as in `dashboard.notices.courier.run_round`.

    Returns
    -------
    list of Path
        The files written, none if none were due.

    Raises
    ------
    OrderlensError
        If they can't be written, or the message was not taken; the files are written anew in the first case only.
    """
    zone = ZoneInfo(workspace.settings.time_zone)
    due = last_due(workspace.settings.report_schedule, (now or datetime.now(UTC)).astimezone(zone))
    if due is None:
        return []
    place = folder(workspace)
    files = [place / f"orderlens-{due:%Y-%m-%d}.{form}" for form in FORMATS]
    mark = place / f".orderlens-{due:%Y-%m-%d}.begun"
    place.mkdir(parents=True, exist_ok=True)
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:  # another server, or an earlier round
        return []
    try:
        for file in files:
            report.write_report(workspace, file, workspace.settings.language)
    except NotReadyError:
        mark.unlink(missing_ok=True)
        return []
    except BaseException:
        mark.unlink(missing_ok=True)
        raise
    workspace.casebook.audit.record(actor, "data.export", "report", format=" ".join(FORMATS))
    _tell(workspace, files, send)
    return files


def _tell(workspace: Workspace, files: list[Path], send: Deliver) -> None:
    """Send the report's figures and the names of its files."""
    target = workspace.settings.report_target
    if not target:
        return
    with speaking(workspace.settings.language):
        view = cause_view.view(cause_view.DEFAULTS)
        if view is None:
            return
        title = f"Orderlens · {_('Weekly report')} · {report.heading(view)}"
        lines = [f"{name}: {value}" for name, value in report.figures(view)]
    error = send(target, title, "\n".join([*lines, "", *map(str, files)]), files[0].stem)
    if error:
        raise OrderlensError(f"The weekly report is written, but nobody could be told: {error}")
