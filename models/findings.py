"""What a check or a detector says: the shape of a finding, its sentence, and the table they are gathered in."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from data.settings import Settings
from data.vocabulary import Grain

RAW_FINDINGS = """
create or replace temp table raw_findings (
    kind varchar not null, source varchar not null, variant varchar not null,
    order_id varchar, line_no integer, product_id varchar,
    anomaly_score double not null, impact double, cause varchar, group_id varchar, evidence varchar not null
)
"""

KEY_COLUMNS: dict[Grain, tuple[str, ...]] = {
    "line": ("order_id", "line_no", "product_id"),
    "order": ("order_id",),
    "product": ("product_id",),
}

PRIOR = re.compile(r"([\d.]+) at (-?[\d.]+), ([\d.]+) at (-?[\d.]+)")


@dataclass(frozen=True)
class Prior:
    """How sure an anomaly score makes a competent reviewer before any label: two points on a logistic curve.

    Attributes
    ----------
    low : tuple of float
        Probability and the anomaly score it stands at.
    high : tuple of float
        A higher probability and its anomaly score.
    """

    low: tuple[float, float]
    high: tuple[float, float]

    @classmethod
    def read(cls, text: str) -> "Prior":
        """Read ``0.5 at 3, 0.95 at 8``; raise `ValueError` on anything else."""
        found = PRIOR.fullmatch(text.strip())
        if not found:
            raise ValueError(f"a prior reads like '0.5 at 3, 0.95 at 8', not {text!r}")
        p_low, x_low, p_high, x_high = map(float, found.groups())
        return cls((p_low, x_low), (p_high, x_high))


@dataclass(frozen=True)
class Context:
    """What every detector may look at.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        The analytics being built: canonical tables, ``maybe_*`` views, features.
    now : datetime
        The data's own clock.
    settings : Settings
        The settings in force.
    labels : pandas.DataFrame
        Labels in force: ``exception_id, kind, order_id, line_no, product_id, label``.
    progress : callable
        Told in words what is being done.
    kept : dict
        What one step read or made and later steps use again, by name; it lives as long as the run.
    """

    connection: duckdb.DuckDBPyConnection
    now: datetime
    settings: Settings
    labels: pd.DataFrame
    progress: Callable[[str], None] = field(default=lambda step: None)
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finder:
    """A check or a detector.

    Attributes
    ----------
    name : str
        Its file's stem.
    kind : str
        The kind of exception it finds.
    grain : {"line", "order", "product"}
        What one of its findings is about.
    title : str
        What it looks for, in English; translated on screen.
    reasons : dict of str to str
        For each variant the sentence, with the evidence's names in braces.
    priors : dict of str to Prior
        For each variant how sure an anomaly score makes a reviewer before any label.
    needs : frozenset of str
        Relations and tables it reads; it is not run where one of them cannot be had.
    find : callable
        Takes a `Context`, returns the name of a table or view with the columns of `raw_findings`
        without ``kind`` and ``source``; ``evidence`` may be a struct.
    counterfactuals : dict of str to str
        For each variant what would have let it pass, as a sentence like the reasons'; none where the reason says so.
    silent_if : str, default ""
        The condition of `models.entry_screen` under which it can't find anything in a new order.
    """

    name: str
    kind: str
    grain: Grain
    title: str
    reasons: Mapping[str, str]
    priors: Mapping[str, Prior]
    needs: frozenset[str]
    find: Callable[[Context], str]
    counterfactuals: Mapping[str, str] = field(default_factory=dict)
    silent_if: str = ""


@dataclass(frozen=True)
class Found:
    """What a check found in one place.

    Attributes
    ----------
    finder : Finder
        The check.
    row, evidence : str
        The row of its select and the evidence in it, as JSON.
    """

    finder: Finder
    row: str
    evidence: str


def _given(finder: Finder, columns: Collection[str]) -> list[str]:
    """Return what is taken over of the columns of what a finder found."""
    given = [name for name in (*KEY_COLUMNS[finder.grain], "product_id", "cause", "group_id") if name in columns]
    return [*dict.fromkeys(["variant", *given, "anomaly_score", "impact"])]


def add_found(connection: duckdb.DuckDBPyConnection, found: Iterable[Found]) -> None:
    """Add what some checks found to ``raw_findings``."""
    for each in found:
        row, fixed = json.loads(each.row), {"kind": each.finder.kind, "source": each.finder.name}
        values = {**{name: row[name] for name in _given(each.finder, row)}, **fixed, "evidence": each.evidence}
        marks = ", ".join(f"${name} as {name}" for name in values)
        connection.execute(f"insert into raw_findings by name select {marks}", values)


def gather(context: Context, finder: Finder) -> int:
    """Run one finder and add what it found to ``raw_findings``; return how many."""
    view = finder.find(context)
    columns = {row[0] for row in context.connection.execute(f'describe "{view}"').fetchall()}
    names = ", ".join(_given(finder, columns))
    row = context.connection.execute(
        f"insert into raw_findings by name select $kind as kind, $source as source, {names}, "
        f'to_json(evidence)::varchar as evidence from "{view}" where anomaly_score is not null',
        {"kind": finder.kind, "source": finder.name},
    ).fetchone()
    return int(row[0]) if row else 0


def named(template: str) -> set[str]:
    """Return the names in braces that a sentence takes from the evidence."""
    return set(re.findall(r"\{(\w+)(?::[^}]*)?\}", template))


def sentence(template: str, evidence: str | Mapping[str, Any]) -> str:
    """Return a reason's sentence: the template filled with the evidence's numbers; an absent number reads ``?``."""
    values = json.loads(evidence) if isinstance(evidence, str) else evidence

    def fill(found: re.Match[str]) -> str:
        value, form = values.get(found[1]), found[2] or ""
        if value is None:
            return "?"
        return format(value, form[1:]) if form and isinstance(value, int | float) else str(value)

    return re.sub(r"\{(\w+)(:[^}]*)?\}", fill, template)
