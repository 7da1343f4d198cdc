"""Standard procedures of corrective actions: shipped in both languages, edited here, every version kept."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import RowMapping, func, insert, select

from data.casebook.actor import Actor
from data.casebook.cases import check_text
from data.casebook.store import Store
from data.casebook.tables_of_cases import procedures
from data.errors import InvalidInputError, UnknownNameError
from data.vocabulary import ACTIONS

SHIPPED_BY = "Orderlens"


@dataclass(frozen=True)
class Procedure:
    """One version of an action's procedure.

    Attributes
    ----------
    action : str
        One of `data.vocabulary.ACTIONS`.
    version : int
        1 is the shipped one.
    text_en, text_zh : str
        The steps, one a line, in English and Chinese.
    by : str
        Who wrote it.
    at : datetime, optional
        When; None for the shipped one.
    """

    action: str
    version: int
    text_en: str
    text_zh: str
    by: str
    at: datetime | None

    def text(self, language: str) -> str:
        """Return the steps in a language, in the other one where they lack it."""
        return (self.text_zh or self.text_en) if language == "zh" else (self.text_en or self.text_zh)


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """Return for each action the kinds and causes it is standard for, and its shipped procedure."""
    text = (files("data.casebook") / "procedures.yaml").read_text(encoding="utf-8")
    read: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return read


def standard_actions(kind: str, cause: str | None) -> list[str]:
    """Return the actions that are standard for a kind and cause: those for the cause first, never none."""
    for_cause = [name for name, row in shipped().items() if cause in row.get("causes", ()) and kind in row["kinds"]]
    for_kind = [name for name, row in shipped().items() if kind in row["kinds"] and not row.get("causes")]
    found = list(dict.fromkeys([*for_cause, *for_kind]))
    return found or [name for name, row in shipped().items() if kind in row["kinds"]]


class Procedures:
    """Read and edit the procedures."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, action: str, version: int | None = None) -> Procedure:
        """Return an action's procedure: the latest, or a given version."""
        versions = self.history(action)
        found = [one for one in versions if version in (None, one.version)]
        if not found:
            raise InvalidInputError(f"{action} has no procedure of version {version}.")
        return found[-1]

    def history(self, action: str) -> list[Procedure]:
        """Return all versions of an action's procedure, the shipped one first."""
        _check(action)
        query = select(procedures).where(procedures.c.action == action).order_by(procedures.c.version)
        with self.store.read() as connection:
            stored = [_made(row) for row in connection.execute(query).mappings()]
        row = shipped()[action]
        return [Procedure(action, 1, row["en"].strip(), row["zh"].strip(), SHIPPED_BY, None), *stored]

    def edit(self, actor: Actor, action: str, text_en: str, text_zh: str, seen_version: int) -> int:
        """Write a new version over the one that was seen; return its number.

        Raises
        ------
        InvalidInputError
            If somebody else has written one meanwhile, or both texts are empty; nothing is changed.
        """
        _check(action)
        for text in (text_en, text_zh):
            check_text(text)
        if not (text_en.strip() or text_zh.strip()):
            raise InvalidInputError("A procedure needs its steps in one language at least.")
        with self.store.write(actor, "procedure.edit") as write:
            latest = select(func.max(procedures.c.version)).where(procedures.c.action == action)
            version = int(write.execute(latest).scalar() or 1)
            if version != seen_version:
                raise InvalidInputError(f"Version {version} was written meanwhile; look at it first.")
            values = {"action": action, "version": version + 1, "by": actor.name, "at": write.at}
            values |= {"text_en": text_en.strip(), "text_zh": text_zh.strip()}
            write.execute(insert(procedures).values(values))
            write.note(action, version=version + 1, text_en=text_en.strip(), text_zh=text_zh.strip())
        return version + 1


def _check(action: str) -> None:
    if action not in ACTIONS:
        raise UnknownNameError("action", action, ACTIONS)


def _made(row: RowMapping) -> Procedure:
    return Procedure(**{name: row[name] for name in Procedure.__dataclass_fields__})
