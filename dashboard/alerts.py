"""The alerts of the queue as the labels and mutes in force leave them.

All that is told of a finding is read once for a version. A label changes no more than chances, places and who was
judged, and those are counted here in a few vectors: a query would be planned anew for each label, which takes longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard import queries
from dashboard.kept import kept
from dashboard.workspace import current
from data.vocabulary import KINDS, LABELS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STATUSES = np.array(["open", *LABELS], dtype=object)
"""What an alert or a finding may be, by number; nobody's verdict is number 0."""

UNTOLD = ["is_new", "words"]

REACH = 1000
"""From so many alerts that look harmless, the likeliest of them, lots are drawn."""


@dataclass(frozen=True)
class Told:
    """Every finding of a version, ordered by ``exception_id``; see ``dashboard/sql/findings_told.sql``.

    Attributes
    ----------
    table : pyarrow.Table
        All that is told.
    index : pandas.Index
        The identifiers, to find a row by.
    alerts : pandas.Index
        The alerts.
    alert, order : numpy.ndarray
        The alert and the order of each finding, shape (n_findings,), by number; -1 for a finding without an order.
    kind : numpy.ndarray
        The kind of each finding, shape (n_findings,), as one bit.
    is_group : numpy.ndarray
        Whether its alert is about one common cause, shape (n_findings,).
    impact : numpy.ndarray
        Money at risk, shape (n_findings,).
    """

    table: pa.Table
    index: pd.Index
    alerts: pd.Index
    alert: Ints
    order: Ints
    kind: Ints
    is_group: Flags
    impact: Floats


@dataclass(frozen=True)
class Standing:
    """How findings and alerts stand after everything that was said.

    Attributes
    ----------
    score, rank : numpy.ndarray
        Chance and place of each finding, shape (n_findings,).
    is_hidden : numpy.ndarray
        Whether a mute keeps it out of sight, shape (n_findings,).
    rows : numpy.ndarray
        The findings in sight, the first to look at first, shape (n_visible,).
    place : numpy.ndarray
        The place of the alert of each of those, from 0, shape (n_visible,).
    heads : numpy.ndarray
        The first finding of each alert, shape (n_alerts,); so are all that follow.
    impact : numpy.ndarray
        Money at risk: of a common cause the sum, else that of its worst finding.
    finding_count, order_count : numpy.ndarray
        How many it holds.
    kinds : numpy.ndarray
        Its kinds as bits.
    status : numpy.ndarray
        Its number in `STATUSES`.
    """

    score: Floats
    rank: Ints
    is_hidden: Flags
    rows: Ints
    place: Ints
    heads: Ints
    impact: Floats
    finding_count: Ints
    order_count: Ints
    kinds: Ints
    status: Ints


@dataclass(frozen=True)
class Queue:
    """The alerts that pass the filters, the first to look at first."""

    told: Told | None = None
    standing: Standing | None = None
    chosen: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    is_drawn: Flags = field(default_factory=lambda: np.empty(0, np.bool_))
    """Whether each was drawn by lot from what looks harmless, shape (n_chosen,); empty where none was."""

    def __len__(self) -> int:
        return len(self.chosen)

    def rows(self, start: int = 0, stop: int | None = None) -> pd.DataFrame:
        """Return some of the alerts, one row each, with all that is told of their first finding."""
        if self.told is None or self.standing is None:
            return pd.DataFrame()
        places, standing = self.chosen[start:stop], self.standing
        heads = standing.heads[places]
        names = {bits: _kinds(int(bits)) for bits in np.unique(standing.kinds[places])}
        found: pd.DataFrame = self.told.table.take(heads).drop_columns(UNTOLD).to_pandas()
        return found.assign(
            rank=places + 1,
            score=standing.score[heads],
            impact=standing.impact[places],
            finding_count=standing.finding_count[places],
            order_count=standing.order_count[places],
            kinds=pd.Series(standing.kinds[places]).map(names).to_numpy(),
            status=STATUSES[standing.status[places]],
            is_drawn=self.is_drawn[start:stop] if len(self.is_drawn) else False,
        )


def _kinds(bits: int) -> list[str]:
    return [kind for number, kind in enumerate(KINDS) if bits >> number & 1]


@kept(2)
def _told(home: str, version: int) -> Told:  # noqa: ARG001
    table = queries.whole("findings_told")
    alert, alerts = pd.factorize(table["alert_id"].to_pandas())
    order, _orders = pd.factorize(table["order_id"].to_pandas())
    bits = {kind: 1 << number for number, kind in enumerate(KINDS)}
    return Told(
        table,
        pd.Index(table["exception_id"].to_pandas()),
        pd.Index(alerts),
        alert.astype(np.int64),
        order.astype(np.int64),
        table["kind"].to_pandas().map(bits).to_numpy(np.int64),
        pc.is_valid(table["group_id"]).to_numpy(),
        table["impact"].to_numpy(),
    )


@kept(4)
def _standing(home: str, version: int, generation: queries.Generation) -> Standing:
    told = _told(home, version)
    live = queries.ranking(home, version, generation)
    score, rank = live["score"].to_numpy(float), live["rank"].to_numpy(np.int64)
    is_hidden, said = live["mute_id"].notna().to_numpy(), np.zeros(len(live), np.int64)
    given = queries.labels()
    judged = told.index.get_indexer(pd.Index(given["exception_id"], dtype=object))
    verdict = given["label"].map({label: number for number, label in enumerate(STATUSES)}).to_numpy(np.int64)
    said[judged[judged >= 0]] = verdict[judged >= 0]

    ordered = np.argsort(rank)
    rows = ordered[~is_hidden[ordered]]
    _alerts, first, inverse = np.unique(told.alert[rows], return_index=True, return_inverse=True)
    count = len(first)
    place = np.empty(count, np.int64)
    place[np.argsort(first)] = np.arange(count)
    place, heads = place[inverse], rows[np.sort(first)]
    worst, open_score = np.zeros(count), np.full(count, -1.0)
    np.maximum.at(worst, place, told.impact[rows])
    is_open = said[rows] == 0
    np.maximum.at(open_score, place[is_open], score[rows][is_open])
    kinds = np.zeros(count, np.int64)
    np.bitwise_or.at(kinds, place, told.kind[rows])
    is_confirmed = np.zeros(count, np.bool_)
    is_confirmed[place[said[rows] == 1]] = True
    # One confirmed finding makes the order wrong; rejected ones leave it open while another is likely.
    status = np.where(is_confirmed, 1, np.where(open_score >= queries.LIKELY, 0, said[heads]))
    return Standing(
        score,
        rank,
        is_hidden,
        rows,
        place,
        heads,
        np.where(told.is_group[heads], np.bincount(place, told.impact[rows], count), worst),
        np.bincount(place, minlength=count),
        _distinct(place, told.order[rows], count),
        kinds,
        status,
    )


def _distinct(place: Ints, value: Ints, count: int) -> Ints:
    """Return how many different values each place has; negative ones don't count."""
    is_known = value >= 0
    width = int(value.max(initial=0)) + 1
    return np.bincount(np.unique(place[is_known] * width + value[is_known]) // width, minlength=count)


def queue(
    *,
    words: str = "",
    status: str = "open",
    score: float = 0.0,
    kinds: Sequence[str] = (),
    causes: Sequence[str] = (),
    channels: Sequence[str] = (),
    departments: Sequence[str] = (),
    only_new: bool = False,
    is_within: bool = False,
    within: Sequence[str] = (),
    is_asked: bool = False,
    asked: Sequence[str] = (),
) -> Queue:
    """Return the alerts that have a finding that passes the filters; an empty queue where nothing was published.

    Parameters
    ----------
    words : str, default ""
        Text that one of its findings must hold, in lower case.
    status : str, default "open"
        Of the alert; ``all`` for any.
    score : float, default 0.0
        The least chance.
    kinds, causes, channels, departments : sequence of str, default ()
        One of these; empty for any.
    only_new : bool, default False
        Whether only what the last run found for the first time counts.
    is_within : bool, default False
        Whether only findings of a segment count.
    within : sequence of str, default ()
        Their identifiers.
    is_asked : bool, default False
        Whether only findings count that the visitor's opinion is asked about.
    asked : sequence of str, default ()
        Their identifiers.
    """
    shown = queries.version()
    if shown is None or not queries.can_read("findings_told"):
        return Queue()
    wanted = {"kind": kinds, "cause": causes, "channel": channels, "department": departments}
    only = [names for is_used, names in ((is_within, within), (is_asked, asked)) if is_used]
    values = tuple((column, tuple(names)) for column, names in wanted.items() if names)
    return _queue(
        str(current().home),
        shown,
        queries.generation(),
        (words, status, float(score), values, bool(only_new), tuple(tuple(names) for names in only)),
    )


def queue_with_lots(share: float, week: str, **filters: Any) -> Queue:
    """Return the likely open alerts as `queue` does, with some that look harmless among them, drawn by lot.

    What nobody looks at is never found wrong: without verdicts on these, nobody would learn what the checks miss.

    Parameters
    ----------
    share : float
        Of all places, how many go to alerts drawn by lot; 0 for none.
    week : str
        What the lot is drawn anew for.
    **filters
        Those of `queue`. None is drawn where they look for something by name, or for what is not open or not likely.
    """
    found = queue(**filters)
    by_name = ("words", "only_new", "is_within", "is_asked")
    is_work = filters.get("status") == "open" and filters.get("score", 0) >= queries.LIKELY
    if not share or not is_work or any(filters.get(name) for name in by_name):
        return found
    below = queue(**{**filters, "score": 0.0})
    told, standing = below.told, below.standing
    if told is None or standing is None:
        return found
    heads = standing.heads[below.chosen]
    harmless = below.chosen[standing.score[heads] < queries.LIKELY]
    harmless = np.setdiff1d(harmless, found.chosen)[:REACH]
    names = told.alerts[told.alert[standing.heads[harmless]]].to_numpy(object)
    lots = harmless[np.argsort(pd.util.hash_array(names, hash_key=f"{week:>16.16}"), kind="stable")]
    between = round(1 / share) - 1
    count = min(len(found) // between, len(lots))
    at = between * np.arange(1, count + 1)
    is_drawn = np.insert(np.zeros(len(found), np.bool_), at, np.ones(count, np.bool_))
    return Queue(told, standing, np.insert(found.chosen, at, lots[:count]), is_drawn)


@kept(32)
def _queue(home: str, version: int, generation: queries.Generation, filters: tuple[Any, ...]) -> Queue:
    words, status, score, values, only_new, only = filters
    told, standing = _told(home, version), _standing(home, version, generation)
    is_wanted = standing.score >= score
    for column, names in [*values, *(("exception_id", names) for names in only)]:
        is_wanted &= _is_in(told.table, column, names)
    if only_new:
        is_wanted &= told.table["is_new"].to_numpy()
    passes = _any(standing, is_wanted)
    if words:
        passes &= _any(standing, pc.match_substring(told.table["words"], words).to_numpy())
    if status != "all":
        passes &= STATUSES[standing.status] == status
    return Queue(told, standing, np.flatnonzero(passes))


def _is_in(table: pa.Table, column: str, names: Sequence[str]) -> Flags:
    found = pc.is_in(pc.fill_null(table[column], ""), value_set=pa.array(names, pa.string()))
    flags: Flags = found.to_numpy()
    return flags


def _any(standing: Standing, is_so: Flags) -> Flags:
    """Return for each alert whether it is so of one of its findings in sight."""
    found = np.zeros(len(standing.heads), np.bool_)
    found[standing.place[is_so[standing.rows]]] = True
    return found


def findings_of(alert_id: str) -> pd.DataFrame:
    """Return the findings of one alert in sight, the strongest first."""
    shown = queries.version()
    if shown is None or not queries.can_read("findings_told"):
        return pd.DataFrame()
    home = str(current().home)
    told, standing = _told(home, shown), _standing(home, shown, queries.generation())
    number = told.alerts.get_indexer(pd.Index([alert_id], dtype=object))[0]
    rows = np.flatnonzero((told.alert == number) & ~standing.is_hidden) if number >= 0 else np.empty(0, np.int64)
    rows = rows[np.argsort(standing.rank[rows])]
    found: pd.DataFrame = told.table.take(rows).drop_columns(UNTOLD).to_pandas()
    return found.assign(score=standing.score[rows], rank=standing.rank[rows])
