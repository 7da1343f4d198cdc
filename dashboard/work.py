"""Long work in a process of its own (``python -m dashboard.work``), started by a page, followed in the casebook."""

import json
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dashboard.notices.courier import system_actor
from dashboard.notices.news import queue_news
from dashboard.workspace import Workspace, open_workspace
from data.casebook import Actor
from data.errors import OrderlensError
from data.settings import load_settings
from models.casework import reopen_recurring

POLL_SECONDS = 1.0


class Follower:
    """Tells the casebook how far the work is, and stops it when somebody asks for that.

    Parameters
    ----------
    workspace : Workspace
        Whose casebook holds the job.
    actor : Actor
        Who started it.
    job_id : int
        The job.
    step_count : int
        How many steps are expected, 0 if unknown.
    """

    def __init__(self, workspace: Workspace, actor: Actor, job_id: int, step_count: int) -> None:
        self.jobs, self.actor, self.job_id, self.step_count = workspace.casebook.jobs, actor, job_id, step_count
        self.done_count = 0
        self.is_finished = threading.Event()

    def step(self, name: str) -> None:
        """Note the step that begins; stop if asked to."""
        share = min(self.done_count / self.step_count, 0.99) if self.step_count else None
        self.done_count += 1
        if self.jobs.update(self.actor, self.job_id, name, share):
            raise KeyboardInterrupt

    def watch(self) -> None:
        """Interrupt the main thread, even within a long query, once somebody wants the work to stop."""
        while not self.is_finished.wait(POLL_SECONDS):
            if self.jobs.get(self.job_id).is_cancel_requested:
                signal.raise_signal(signal.SIGINT)
                return


def ingest_files(workspace: Workspace, actor: Actor, detail: dict[str, Any], step: Callable[[str], None]) -> str:  # noqa: ARG001
    """Read a source and publish it; return the counts as JSON."""
    from data.ingestion.ingest import ingest

    mapping = detail.get("mapping") or None
    chosen = Path(mapping) if mapping and Path(mapping).suffix in (".yaml", ".yml") else mapping
    report = ingest(workspace.warehouse, workspace.settings, detail["path"], chosen, step)
    words = ("read", "loaded", "updated", "unchanged", "quarantined")
    return json.dumps({word: sum(getattr(table, word) for table in report.tables) for word in words})


def detect_all(workspace: Workspace, actor: Actor, detail: dict[str, Any], step: Callable[[str], None]) -> str:  # noqa: ARG001
    """Find and rank what is wrong, publish it, and take up cases that came back; return the counts as JSON."""
    from models.detect import detect

    report = detect(workspace.warehouse, workspace.casebook, workspace.settings, progress=step)
    reopen_recurring(workspace.warehouse, workspace.casebook, actor)
    with suppress(OrderlensError):  # the courier of the dashboard tries again
        queue_news(workspace, system_actor())
    return json.dumps({"exceptions": report.exception_count, "alerts": report.alert_count})


def detect_steps() -> int:
    """Return how many steps a detection run reports."""
    from models.detect import FEATURES, all_finders

    return len(FEATURES) + len(all_finders()) + 4


WORK: dict[str, tuple[Callable[[Workspace, Actor, dict[str, Any], Callable[[str], None]], str], Callable[[], int]]] = {
    "ingest": (ingest_files, lambda: 8),
    "detect": (detect_all, detect_steps),
}


def run(home: Path, actor: Actor, kind: str, detail: dict[str, Any]) -> int:
    """Do one piece of work; return 0 when it is done."""
    workspace = open_workspace(home, load_settings(home))
    jobs = workspace.casebook.jobs
    work, count_steps = WORK[kind]
    job_id = jobs.start(actor, kind, {key: value for key, value in detail.items() if key != "remove"})
    follower = Follower(workspace, actor, job_id, count_steps())
    threading.Thread(target=follower.watch, daemon=True).start()
    status, message = "failed", ""
    try:
        message = work(workspace, actor, detail, follower.step)
        status = "done"
    except KeyboardInterrupt:
        status = "cancelled"
    except OrderlensError as wrong:
        message = str(wrong)
    except Exception as wrong:  # the reader of the page must learn of it, whatever it is
        message = f"{type(wrong).__name__}: {wrong}".splitlines()[0][:500]
        raise
    finally:
        follower.is_finished.set()
        jobs.finish(actor, job_id, status, message)
        if detail.get("remove"):
            shutil.rmtree(detail["path"], ignore_errors=True)
    return 0 if status == "done" else 1


def main(arguments: list[str]) -> int:
    """Read ``HOME NAME ROLE KIND DETAIL``, the last as JSON, and do the work."""
    home, name, role, kind, detail = arguments
    return run(Path(home), Actor(name, role, "app"), kind, json.loads(detail))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
