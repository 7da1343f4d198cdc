"""The weekly report by schedule: written into a folder when it is due, once, and told of where somebody wants it."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard import cause_view, report
from dashboard.i18n import N_, _, speaking
from dashboard.notices.delivery import deliver
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.outbox import RETRY_AFTER
from data.errors import NotReadyError
from data.home import write_text
from data.settings import WEEKDAYS

FORMATS = ("html", "xlsx")

logger = logging.getLogger("orderlens")

Deliver = Callable[[str, str, str, str], str | None]


DOUBTFUL_AFTER = timedelta(minutes=10)
"""Nobody takes so long to tell of a report."""
IN_DOUBT = N_("The server ended while it told of the report, so it is not known whether that arrived.")


@dataclass(frozen=True)
class Untold:
    """A report that nobody could be told of so far: ``next_at`` is the next attempt, None after the last one."""

    file: Path
    attempt_count: int
    next_at: datetime | None
    error: str


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
        If they can't be written; the next round tries again. So it is with the message of them, see `tell_due`.
    """
    zone = ZoneInfo(workspace.settings.time_zone)
    now = now or datetime.now(UTC)
    tell_due(workspace, now, send)
    due = last_due(workspace.settings.report_schedule, now.astimezone(zone))
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
    if workspace.settings.report_target:
        _note(files[0].with_name(f".{files[0].stem}.untold"), 0, now, "")
    workspace.casebook.audit.record(actor, "data.export", "report", format=" ".join(FORMATS))
    tell_due(workspace, now, send)
    return files


def _note(file: Path, attempt_count: int, next_at: datetime | None, error: str) -> None:
    at = next_at.isoformat() if next_at else None
    write_text(file, json.dumps({"attempt_count": attempt_count, "next_at": at, "error": error}))


def untold(workspace: Workspace) -> list[Untold]:
    """Return the reports that nobody could be told of so far, the oldest first; then those of which it is not known.

    A server that ended while telling may have told: that is for a person to find out, and never repeated by itself.
    """
    found = []
    doubtful = []
    for file in sorted(folder(workspace).glob(".orderlens-*.telling")):
        with suppress(OSError):  # another server may have finished right now
            if datetime.now(UTC).timestamp() - file.stat().st_ctime > DOUBTFUL_AFTER.total_seconds():
                doubtful.append(Untold(file, 1, None, IN_DOUBT))
    for file in sorted(folder(workspace).glob(".orderlens-*.untold")):
        with suppress(OSError, ValueError, KeyError):  # another server may be at it right now
            said = json.loads(file.read_text(encoding="utf-8"))
            next_at = datetime.fromisoformat(said["next_at"]) if said["next_at"] else None
            found.append(Untold(file, int(said["attempt_count"]), next_at, str(said["error"])))
    return found + doubtful


def tell_due(workspace: Workspace, now: datetime, send: Deliver = deliver) -> int:
    """Tell of the reports whose time has come; return how many. What fails is tried again after growing pauses."""
    told = 0
    for one in untold(workspace):
        if one.next_at is None or one.next_at > now:
            continue
        taken = one.file.with_suffix(".telling")  # whoever renames it first tells it
        try:
            one.file.rename(taken)
        except FileNotFoundError:
            continue
        try:
            error = _tell(workspace, one.file.name.removeprefix(".").removesuffix(".untold"), send)
        except Exception as wrong:
            error = type(wrong).__name__  # its text could hold an address
        if error is None:
            told += 1
        else:
            again = now + RETRY_AFTER[one.attempt_count] if one.attempt_count < len(RETRY_AFTER) else None
            _note(one.file, one.attempt_count + 1, again, error)
            logger.log(logging.WARNING, "Nobody could be told of the weekly report: %s", error)
        taken.unlink()
    return told


def _tell(workspace: Workspace, name: str, send: Deliver) -> str | None:
    """Send the report's figures and the names of its files; return why that failed, if it did."""
    files = [str(folder(workspace) / f"{name}.{form}") for form in FORMATS]
    with speaking(workspace.settings.language):
        view = cause_view.view(cause_view.DEFAULTS)
        if view is None:
            return None
        title = f"Orderlens · {_('Weekly report')} · {report.heading(view)}"
        lines = [f"{heading}: {value}" for heading, value in report.figures(view)]
    return send(workspace.settings.report_target, title, "\n".join([*lines, "", *files]), name)
