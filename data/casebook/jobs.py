"""Runs in the background: what was started by whom, how far it is, and whether somebody wants it to stop."""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import RowMapping, insert, select, update

from data.casebook.actor import Actor
from data.casebook.chain import canonical
from data.casebook.store import Store, Write
from data.casebook.tables import jobs
from data.errors import InvalidInputError, UnknownNameError
from data.home import is_running

OUTCOMES = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Job:
    """One background run as it was just read."""

    job_id: int
    kind: str
    status: str
    detail: Mapping[str, Any]
    step: str
    progress: float | None
    message: str
    is_cancel_requested: bool
    started_by: str
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class Jobs:
    """Start, follow, cancel and finish background runs."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def start(self, actor: Actor, kind: str, detail: Mapping[str, Any] | None = None) -> int:
        """Say that a run of this process begins; return its ``job_id``."""
        with self.store.write(actor, "job.start") as write:
            values = {
                "kind": kind[:32],
                "status": "running",
                "detail": canonical(dict(detail or {})),
                "step": "",
                "progress": None,
                "message": "",
                "is_cancel_requested": False,
                "started_by": actor.name,
                "via": actor.via,
                "started_at": write.at,
                "updated_at": write.at,
                "host": socket.gethostname()[:128],
                "pid": os.getpid(),
            }
            job_id = int(write.execute(insert(jobs).values(values).returning(jobs.c.job_id)).scalar_one())
            write.note(job_id, kind=kind, **dict(detail or {}))
        return job_id

    def update(self, actor: Actor, job_id: int, step: str, progress: float | None = None) -> bool:
        """Say how far a run is (0..1, None while unknown); return whether it should stop."""
        with self.store.write(actor, "job.start", is_noted=False) as write:
            row = _running(write, job_id)
            change = {"step": step, "progress": progress, "updated_at": write.at}
            write.execute(update(jobs).where(jobs.c.job_id == job_id).values(change))
        return bool(row["is_cancel_requested"])

    def finish(self, actor: Actor, job_id: int, status: str, message: str = "") -> None:
        """Say how a run ended: ``done``, ``failed`` or ``cancelled``, with one line for the reader."""
        if status not in OUTCOMES:
            raise UnknownNameError("outcome", status, OUTCOMES)
        with self.store.write(actor, "job.start") as write:
            row = _running(write, job_id)
            _end(write, job_id, status, message)
            write.note(job_id, kind=row["kind"], status=status, message=message)

    def request_cancel(self, actor: Actor, job_id: int) -> None:
        """Ask a run to stop at its next step; others' runs as a manager."""
        with self.store.write(actor, "job.cancel") as write:
            row = _running(write, job_id)
            if row["started_by"] != actor.name:
                write.permit("job.cancel_any")
            write.execute(update(jobs).where(jobs.c.job_id == job_id).values(is_cancel_requested=True))
            write.note(job_id, kind=row["kind"])

    def get(self, job_id: int) -> Job:
        """Return one run; raise `InvalidInputError` if there is none of that number."""
        with self.store.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.job_id == job_id)).mappings().one_or_none()
        if row is None:
            raise InvalidInputError(f"There is no run {job_id}.")
        known = {name: row[name] for name in Job.__dataclass_fields__}
        return Job(**{**known, "detail": json.loads(row["detail"])})

    def mark_lost(self, actor: Actor) -> list[int]:
        """Mark runs of this machine as failed whose process is gone; return their numbers."""
        here = (jobs.c.status == "running") & (jobs.c.host == socket.gethostname()[:128])
        query = select(jobs.c.job_id, jobs.c.kind, jobs.c.pid).where(here)
        with self.store.read() as connection:
            lost = [row for row in connection.execute(query) if not is_running(row.pid)]
        if not lost:
            return []
        with self.store.write(actor, "job.start") as write:
            for row in lost:
                _end(write, row.job_id, "failed", "Its process ended without a word.")
                write.note(row.job_id, kind=row.kind, status="failed", message="process gone")
        return [int(row.job_id) for row in lost]

    def list(self, limit: int = 50, is_running_only: bool = False) -> pd.DataFrame:
        """Return the latest runs, newest first."""
        query = select(jobs).order_by(jobs.c.job_id.desc()).limit(limit)
        if is_running_only:
            query = query.where(jobs.c.status == "running")
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=[column.name for column in jobs.c])
        frame["detail"] = frame["detail"].map(json.loads)
        return frame


def _running(write: Write, job_id: int) -> RowMapping:
    row = write.execute(select(jobs).where(jobs.c.job_id == job_id)).mappings().one_or_none()
    if row is None or row["status"] != "running":
        state = "There is no such run" if row is None else f"It is {row['status']}"
        raise InvalidInputError(f"Run {job_id} is not running. {state}.")
    return row


def _end(write: Write, job_id: int, status: str, message: str) -> None:
    change = {"status": status, "message": message, "updated_at": write.at, "finished_at": datetime.now(UTC)}
    write.execute(update(jobs).where(jobs.c.job_id == job_id, jobs.c.status == "running").values(change))
