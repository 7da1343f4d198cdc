"""Changes that people ask of the ERP: an outbox, since Orderlens never writes there by itself.

A change is stored first and handed over afterwards, as a file or by webhook, under a key that makes repeating it safe.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import RowMapping, insert, or_, select, update

from data.casebook.actor import Actor
from data.casebook.cases import add_event, find_case
from data.casebook.chain import canonical
from data.casebook.store import Store
from data.casebook.tables_of_cases import erp_updates
from data.erp_webhook import Answer, send
from data.errors import InvalidInputError, UnknownNameError
from data.settings import Settings

CHANNELS = ("file", "webhook")
MAX_PAYLOAD = 200_000
MAX_ATTEMPTS = 12
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
CLAIM = timedelta(minutes=2)
BATCH = 20
LISTED = (
    "update_id case_id merge_id channel state attempt_count next_attempt_at last_error requested_by requested_at "
    "finished_at idempotency_key payload"
).split()
FILED = "update_id idempotency_key record record_id line_no field before after reason requested_by requested_at".split()


class ErpUpdates:
    """Ask for changes, hand them over, and follow what became of them.

    Parameters
    ----------
    store : Store
        The casebook's database.
    settings : Settings
        Where changes are sent.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings

    @property
    def has_webhook(self) -> bool:
        """Whether changes can be sent anywhere."""
        return bool(self.settings.erp_webhook_url)

    def request(
        self,
        actor: Actor,
        channel: str,
        changes: list[Mapping[str, Any]],
        reason: str,
        case_id: int | None = None,
        merge_id: int | None = None,
    ) -> int:
        """Ask for a change; return its ``update_id``. Asking twice for the same is one change.

        Parameters
        ----------
        actor : Actor
            Who answers for it.
        channel : str
            ``file`` or ``webhook``.
        changes : list of mapping
            ``record`` (orders, order_lines, customers, ...), ``record_id``, ``line_no``, ``field``, ``before``,
            ``after``.
        reason : str
            Why.
        case_id, merge_id : int, optional
            What it belongs to; one of them at least.
        """
        if channel not in CHANNELS:
            raise UnknownNameError("channel", channel, CHANNELS)
        if channel == "webhook" and not self.has_webhook:
            raise InvalidInputError("Changes can't be sent: the setting erp_webhook_url is empty.")
        if not changes or (case_id is None and merge_id is None) or not reason.strip():
            raise InvalidInputError("An update needs a case, at least one change, and a reason.")
        subject = {"case_id": case_id, "merge_id": merge_id, "changes": [dict(change) for change in changes]}
        key = hashlib.sha256(canonical(subject).encode()).hexdigest()
        with self.store.write(actor, "erp.request", is_noted=False) as write:
            there = write.execute(select(erp_updates).where(erp_updates.c.idempotency_key == key)).mappings().first()
            if there is not None and there["state"] != "cancelled":
                return int(there["update_id"])
            if there is not None:  # it was called off; asked for again it is another change
                key = hashlib.sha256(f"{key} {write.at.isoformat()}".encode()).hexdigest()
            told = {"idempotency_key": key, "reason": reason.strip(), "requested_by": actor.name}
            payload = canonical({**subject, **told, "requested_at": write.at.isoformat()})
            if len(payload) > MAX_PAYLOAD:
                raise InvalidInputError(f"An update has up to {MAX_PAYLOAD:,} characters (got {len(payload):,}).")
            values: dict[str, Any] = {
                "case_id": case_id,
                "merge_id": merge_id,
                "idempotency_key": key,
                "channel": channel,
            }
            values |= {"payload": payload, "state": "waiting", "attempt_count": 0, "last_error": ""}
            values |= {"requested_by": actor.name, "requested_at": write.at}
            values |= {"next_attempt_at": write.at if channel == "webhook" else None}
            inserted = insert(erp_updates).values(values).returning(erp_updates.c.update_id)
            update_id = int(write.execute(inserted).scalar_one())
            if case_id is not None:
                find_case(write, case_id)
                fields = ", ".join(str(change.get("field")) for change in changes)
                add_event(write, case_id, "erp_requested", None, fields[:500], reason.strip())
            write.note(f"update {update_id}", channel=channel, reason=reason, **subject)
        return update_id

    def cancel(self, actor: Actor, update_id: int) -> None:
        """Call off a change that was not handed over yet."""
        with self.store.write(actor, "erp.cancel") as write:
            row = write.execute(select(erp_updates).where(erp_updates.c.update_id == update_id)).mappings().first()
            if row is None or row["state"] not in ("waiting", "failed"):
                state = "There is no such update" if row is None else f"It is {row['state']}"
                raise InvalidInputError(f"Update {update_id} can't be called off. {state}.")
            change = {"state": "cancelled", "finished_at": write.at}
            write.execute(update(erp_updates).where(erp_updates.c.update_id == update_id).values(change))
            write.note(f"update {update_id}", before=row["state"])

    def retry(self, actor: Actor, update_id: int) -> None:
        """Try a failed change again from the start, under the same key."""
        with self.store.write(actor, "erp.request") as write:
            is_failed = (erp_updates.c.update_id == update_id) & (erp_updates.c.state == "failed")
            change = {"state": "waiting", "attempt_count": 0, "next_attempt_at": write.at, "finished_at": None}
            if not write.execute(update(erp_updates).where(is_failed).values(change)).rowcount:
                raise InvalidInputError(f"Update {update_id} has not failed.")
            write.note(f"update {update_id}", retried=True)

    def deliver(self, actor: Actor, now: datetime | None = None) -> int:
        """Send what is due by webhook; return how many were taken.

        A change is claimed before it is sent, so that several processes don't send it at once. If this process dies in
        between, the claim runs out and the change is sent again under the same key.
        """
        if not self.has_webhook:
            return 0
        claimed = self._claim(actor, now or datetime.now(UTC))
        return sum(self._send(actor, row) for row in claimed)

    def _claim(self, actor: Actor, now: datetime) -> list[RowMapping]:
        is_free = or_(erp_updates.c.claimed_until.is_(None), erp_updates.c.claimed_until < now)
        is_due = (erp_updates.c.state == "waiting") & (erp_updates.c.next_attempt_at <= now) & is_free
        query = select(erp_updates).where(is_due).order_by(erp_updates.c.update_id).limit(BATCH)
        with self.store.read() as connection:
            if connection.execute(query).first() is None:
                return []
        with self.store.write(actor, "erp.deliver", is_noted=False) as write:
            rows = list(write.execute(query).mappings())
            ids = [row["update_id"] for row in rows]
            write.execute(update(erp_updates).where(erp_updates.c.update_id.in_(ids)).values(claimed_until=now + CLAIM))
        return rows

    def _send(self, actor: Actor, row: RowMapping) -> bool:
        key, payload = row["idempotency_key"], row["payload"]
        answer = send(self.settings.erp_webhook_url, self.settings.erp_webhook_secret, key, payload)
        with self.store.write(actor, "erp.deliver") as write:
            change = _after(row, answer, write.at)
            is_it = (erp_updates.c.update_id == row["update_id"]) & (erp_updates.c.state == "waiting")
            write.execute(update(erp_updates).where(is_it).values(change))
            if row["case_id"] is not None and change["state"] != "waiting":
                what = "erp_sent" if answer.is_taken else "erp_failed"
                add_event(write, row["case_id"], what, None, str(row["update_id"]), answer.detail)
            write.note(f"update {row['update_id']}", state=change["state"], answer=answer.detail)
        return answer.is_taken

    def export(self, actor: Actor) -> pd.DataFrame:
        """Hand over what waits for a file; return one row per changed field. What was handed over does not come again.

        Returns
        -------
        pandas.DataFrame
            ``update_id, idempotency_key, record, record_id, line_no, field, before, after, reason, requested_by,
            requested_at``.
        """
        is_waiting = (erp_updates.c.state == "waiting") & (erp_updates.c.channel == "file")
        with self.store.write(actor, "erp.deliver", is_noted=False) as write:
            rows = list(write.execute(select(erp_updates).where(is_waiting)).mappings())
            for row in rows:
                change = {"state": "exported", "finished_at": write.at, "attempt_count": 1}
                write.execute(update(erp_updates).where(erp_updates.c.update_id == row["update_id"]).values(change))
                if row["case_id"] is not None:
                    add_event(write, row["case_id"], "erp_exported", None, str(row["update_id"]))
                write.note(f"update {row['update_id']}", state="exported")
        return pd.DataFrame([line for row in rows for line in _lines(row)], columns=FILED)

    def filed(self, update_ids: Collection[int] = ()) -> pd.DataFrame:
        """Return what was handed over as a file, as `export` did: for a file that got lost. Empty means all."""
        query = select(erp_updates).where(erp_updates.c.state == "exported").order_by(erp_updates.c.update_id)
        if update_ids:
            query = query.where(erp_updates.c.update_id.in_(update_ids))
        with self.store.read() as connection:
            rows = connection.execute(query).mappings().all()
        return pd.DataFrame([line for row in rows for line in _lines(row)], columns=FILED)

    def list(self, case_id: int | None = None, limit: int = 500) -> pd.DataFrame:
        """Return the changes asked for, newest first; ``changes`` as objects."""
        query = select(*(erp_updates.c[name] for name in LISTED)).order_by(erp_updates.c.update_id.desc()).limit(limit)
        if case_id is not None:
            query = query.where(erp_updates.c.case_id == case_id)
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)
        frame["changes"] = [json.loads(payload)["changes"] for payload in frame["payload"]]
        frame["reason"] = [json.loads(payload)["reason"] for payload in frame["payload"]]
        return frame.drop(columns="payload")


def _after(row: RowMapping, answer: Answer, at: datetime) -> dict[str, Any]:
    """Return what an attempt changes: done, given up, or another try after a wait that doubles."""
    attempts = int(row["attempt_count"]) + 1
    change: dict[str, Any] = {"attempt_count": attempts, "claimed_until": None}
    if answer.is_taken:
        return {**change, "state": "sent", "finished_at": at, "next_attempt_at": None, "last_error": ""}
    change["last_error"] = answer.detail
    if answer.is_final or attempts >= MAX_ATTEMPTS:
        return {**change, "state": "failed", "finished_at": at, "next_attempt_at": None}
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return {**change, "state": "waiting", "next_attempt_at": at + wait}


def _lines(row: RowMapping) -> list[dict[str, Any]]:
    told = json.loads(row["payload"])
    shared = {"update_id": row["update_id"], "idempotency_key": row["idempotency_key"], "reason": told["reason"]}
    shared |= {"requested_by": row["requested_by"], "requested_at": told["requested_at"]}
    return [{**shared, **change} for change in told["changes"]]
