"""Orders that were checked before entry, and which of them were entered: what the next check must know of."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select, update

from data.casebook.actor import Actor
from data.casebook.store import Store
from data.casebook.tables_of_entry import order_checks
from data.errors import InvalidInputError

KNOWN_DAYS = 30
"""Orders entered longer ago than this are in the history, or will never be."""

LISTED = "check_id order_id customer_id verdict duplicate_of probability by via at entered_at".split()


class OrderChecks:
    """Keep what was checked, and what of it was entered."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add_many(
        self, actor: Actor, orders: Sequence[Mapping[str, Any]], verdicts: Sequence[Mapping[str, Any]]
    ) -> list[int]:
        """Keep checked orders with their verdicts; return the ``check_id`` of each, by which it can be entered."""
        rows = []
        for order, verdict in zip(orders, verdicts, strict=True):
            likely = verdict["duplicates"][0] if verdict["duplicates"] else {}
            rows.append(
                {
                    "customer_id": str(order["customer_id"]),
                    "verdict": verdict["verdict"],
                    "duplicate_of": likely.get("duplicate_of"),
                    "probability": likely.get("probability"),
                    "content": json.dumps(order, default=str, ensure_ascii=False),
                    "by": actor.name,
                    "via": actor.via,
                }
            )
        # A check decides nothing; that an order was entered after it does, and is noted.
        with self.store.write(actor, "order.check", is_noted=False) as write:
            inserted = insert(order_checks).returning(order_checks.c.check_id, sort_by_parameter_order=True)
            return [int(row.check_id) for row in write.execute(inserted, [{**row, "at": write.at} for row in rows])]

    def enter(self, actor: Actor, check_id: int, order_id: str) -> None:
        """Say that a checked order was entered under ``order_id``; from now on other checks know of it.

        Raises
        ------
        InvalidInputError
            If there is no such check, or it was entered already.
        """
        if not 1 <= len(order_id.strip()) <= 200:
            raise InvalidInputError("order_id: the identifier that the order was entered under, 1 to 200 characters.")
        with self.store.write(actor, "order.enter") as write:
            is_it = (order_checks.c.check_id == check_id) & order_checks.c.order_id.is_(None)
            entered = {"order_id": order_id.strip(), "entered_at": write.at}
            if write.execute(update(order_checks).where(is_it).values(entered)).rowcount != 1:
                raise InvalidInputError(f"check_id: there is no check {check_id} whose order was not entered yet.")
            write.note(check_id, order_id=order_id.strip())

    def entered(self) -> list[dict[str, Any]]:
        """Return the orders entered lately, as they were checked, under the identifiers they were entered."""
        since = datetime.now(UTC) - timedelta(days=KNOWN_DAYS)
        query = select(order_checks.c.order_id, order_checks.c.content, order_checks.c.at).where(
            order_checks.c.entered_at >= since
        )
        with self.store.read() as connection:
            rows = connection.execute(query.order_by(order_checks.c.check_id)).fetchall()
        return [{**json.loads(row.content), "order_id": row.order_id, "checked_at": row.at} for row in rows]

    def list(self, limit: int = 1000) -> pd.DataFrame:
        """Return the latest checks, the newest first."""
        query = select(*(order_checks.c[name] for name in LISTED)).order_by(order_checks.c.check_id.desc()).limit(limit)
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)

    def caught(self, threshold: float = 0.5) -> tuple[int, int, int]:
        """Return how many orders were checked, how many were likely duplicates, how many of those were not entered."""
        is_likely = order_checks.c.probability >= threshold
        query = select(
            func.count(),
            func.count().filter(is_likely),
            func.count().filter(is_likely & order_checks.c.order_id.is_(None)),
        ).select_from(order_checks)
        with self.store.read() as connection:
            row = connection.execute(query).one()
        return int(row[0]), int(row[1]), int(row[2])
