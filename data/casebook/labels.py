"""What reviewers say about findings. Append-only: a change of mind is a new row, an undo a row that names the old."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, insert, select

from data.casebook.actor import Actor
from data.casebook.store import Store
from data.casebook.tables import labels
from data.errors import InvalidInputError, UnknownNameError
from data.plain_values import plain_value
from data.vocabulary import FALSE_POSITIVE_REASONS, KINDS, LABELS

MAX_NOTE = 2000
SUBJECT = ("exception_id", "kind", "order_id", "line_no", "product_id", "score", "source")
CURRENT = "exception_id kind order_id line_no product_id label reason note score source by at label_id".split()
HISTORY = (*CURRENT, "undoes", "via", "is_in_force")


class Labels:
    """Add, undo and read labels; they hang on the stable ``exception_id``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(
        self, actor: Actor, exception: Mapping[str, Any], label: str, reason: str | None = None, note: str = ""
    ) -> int:
        """Judge one finding; return the ``label_id`` once it is safely stored. See `add_many`."""
        return self.add_many(actor, [exception], label, reason, note)[0]

    def add_many(
        self,
        actor: Actor,
        exceptions: Sequence[Mapping[str, Any]],
        label: str,
        reason: str | None = None,
        note: str = "",
    ) -> list[int]:
        """Judge several findings alike: all of them are stored, or none.

        Parameters
        ----------
        actor : Actor
            Who judges.
        exceptions : sequence of mapping
            What was judged: ``exception_id`` and ``kind``, and as far as known ``order_id, line_no, product_id, score``
            (as shown at that moment) and ``source`` (the check or detector).
        label : str
            One of `data.vocabulary.LABELS`.
        reason : str, optional
            Why a false positive is one, of `data.vocabulary.FALSE_POSITIVE_REASONS`.
        note : str, default ""
            Free text, up to 2,000 characters.

        Returns
        -------
        list of int
            The ``label_id`` of each, in order.
        """
        _check_judgement(label, reason, note)
        judged = [{**_subject(exception), "label": label, "reason": reason, "note": note} for exception in exceptions]
        if not judged:
            return []
        with self.store.write(actor, "label.add") as write:
            signed = [{**row, "by": actor.name, "via": actor.via, "at": write.at} for row in judged]
            inserted = insert(labels).returning(labels.c.label_id, sort_by_parameter_order=True)
            ids = [int(row.label_id) for row in write.execute(inserted, signed)]
            for label_id, row in zip(ids, judged, strict=True):
                write.note(row["exception_id"], label_id=label_id, label=label, reason=reason, note=note)
        return ids

    def undo(self, actor: Actor, label_id: int) -> int:
        """Take a label back, so that the one before it counts again; return the id of the row that says so.

        Others' labels can be taken back by a manager. Raise `InvalidInputError` if there is no such label in force.
        """
        with self.store.write(actor, "label.undo") as write:
            row = write.execute(select(labels).where(labels.c.label_id == label_id)).mappings().one_or_none()
            if row is None or row["label"] is None:
                raise InvalidInputError(f"There is no label {label_id}.")
            if row["by"] != actor.name:
                write.permit("label.undo_any")
            if write.execute(select(labels.c.label_id).where(labels.c.undoes == label_id)).first():
                raise InvalidInputError(f"Label {label_id} was undone already.")
            values = {name: row[name] for name in SUBJECT}
            values |= {"undoes": label_id, "note": "", "by": actor.name, "via": actor.via, "at": write.at}
            undo_id = int(write.execute(insert(labels).values(values).returning(labels.c.label_id)).scalar_one())
            write.note(row["exception_id"], label_id=undo_id, undoes=label_id, label=row["label"], by=row["by"])
        return undo_id

    def current(self) -> pd.DataFrame:
        """Return the label in force of each finding that has one, in the order they were given.

        Returns
        -------
        pandas.DataFrame
            ``exception_id, kind, order_id, line_no, product_id, label, reason, note, score, source, by, at, label_id``;
            ``at`` in UTC.
        """
        latest = _in_force().with_only_columns(func.max(labels.c.label_id)).group_by(labels.c.exception_id)
        query = select(*(labels.c[name] for name in CURRENT)).where(labels.c.label_id.in_(latest))
        return self._frame(query.order_by(labels.c.label_id), CURRENT)

    def verdicts(self) -> pd.DataFrame:
        """Return ``exception_id`` and ``label`` alone of the labels in force: all that a ranking reads, and quickly."""
        latest = _in_force().with_only_columns(func.max(labels.c.label_id)).group_by(labels.c.exception_id)
        query = select(labels.c.exception_id, labels.c.label).where(labels.c.label_id.in_(latest))
        with self.store.read() as connection:
            rows = connection.execute(query.order_by(labels.c.label_id)).fetchall()
        return pd.DataFrame(rows, columns=["exception_id", "label"], dtype=object)

    def generation(self) -> int:
        """Return a number that grows with every label and every undo; what was computed from labels is kept by it."""
        with self.store.read() as connection:
            return int(connection.execute(select(func.max(labels.c.label_id))).scalar() or 0)

    def history(self, exception_id: str) -> pd.DataFrame:
        """Return everything said about one finding, oldest first; ``undoes`` names the label a row takes back."""
        in_force = _in_force().with_only_columns(func.max(labels.c.label_id))
        latest = in_force.where(labels.c.exception_id == exception_id).scalar_subquery()
        stored = [labels.c[name] for name in HISTORY if name != "is_in_force"]
        query = select(*stored, (labels.c.label_id == func.coalesce(latest, 0)).label("is_in_force"))
        return self._frame(query.where(labels.c.exception_id == exception_id).order_by(labels.c.label_id), HISTORY)

    def _frame(self, query: Select[Any], columns: Sequence[str]) -> pd.DataFrame:
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=list(columns))
        whole = {name: "Int64" for name in ("line_no", "undoes") if name in frame}
        frame = frame.astype({**whole, "label_id": "int64", "score": "float64"})
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        return frame


def _in_force() -> Select[Any]:
    """Select the labels that were not undone."""
    undone = select(labels.c.undoes).where(labels.c.undoes.is_not(None))
    return select(labels).where(labels.c.label.is_not(None), labels.c.label_id.not_in(undone))


def _check_judgement(label: str, reason: str | None, note: str) -> None:
    if label not in LABELS:
        raise UnknownNameError("label", label, LABELS)
    if reason is not None and label != "false_positive":
        raise InvalidInputError(f"Only a false positive has a reason (got {label!r} with {reason!r}).")
    if reason is not None and reason not in FALSE_POSITIVE_REASONS:
        raise UnknownNameError("reason", reason, FALSE_POSITIVE_REASONS)
    if len(note) > MAX_NOTE or "\0" in note:
        raise InvalidInputError(f"A note is text of up to {MAX_NOTE:,} characters (got {len(note):,}).")


def _subject(exception: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored about the judged finding, without pandas' and numpy's own types."""
    found = {name: plain_value(exception.get(name)) for name in SUBJECT}
    if not found["exception_id"]:
        raise InvalidInputError("A label needs an exception_id.")
    if found["kind"] not in KINDS:
        raise UnknownNameError("kind", str(found["kind"]), KINDS)
    converters: dict[str, Callable[[Any], Any]] = {
        "order_id": str,
        "product_id": str,
        "source": str,
        "line_no": int,
        "score": float,
    }
    for name, convert in converters.items():
        if found[name] is not None:
            found[name] = convert(found[name])
    return found
