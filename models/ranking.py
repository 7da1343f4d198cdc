"""From raw findings to one queue: the score, the impact, the alert each finding belongs to, and its place.

This is the only place where an anomaly score becomes a probability.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from data.relations import publish_table
from data.vocabulary import CAUSES, KINDS
from models.feedback import LIMIT, rescore
from models.findings import Finder, Prior, sentence
from models.level_shifts import SHIFT_REASON, with_shifts

FloatArray = npt.NDArray[np.float64]

SCORE_POWER = 4.0
"""How much the chance weighs against the money in the order of the queue; found on samples, see the README."""

IMPACT_POWER = 0.1
"""Damping of the money at risk: a hundred times the money counts like 1.6 times."""

MINIMUM_SCORE = 0.1
"""Findings less likely than this are not told at all."""

UNIQUE_FINDINGS = """
    with keyed as (
        select
            *,
            substr(md5(concat_ws(chr(31), kind, coalesce(order_id, ''), coalesce(line_no::varchar, ''),
                case when order_id is null then product_id else '' end)), 1, 16) as exception_id
        from raw_findings
    ),
    strongest as (
        select *, row_number() over (partition by exception_id order by prior_score desc, source, variant) as place
        from (select keyed.*, scored.prior_score from keyed positional join scored)
    )
    select strongest.* exclude (place), orders.customer_id, orders.ordered_at, orders.channel, orders.entered_by,
        coalesce(orders.ship_to_region, orders.ship_to_country) as region,
        coalesce(lines.warehouse_id, null) as warehouse_id, orders.total_amount as order_value,
        coalesce(strongest.product_id, lines.product_id) as line_product_id
    from strongest
    left join orders using (order_id)
    left join order_lines as lines on lines.order_id = strongest.order_id and lines.line_no = strongest.line_no
    where place = 1 and coalesce(orders.status, 'new') <> 'cancelled' and prior_score >= $minimum
    order by exception_id
"""


def probability(prior: Prior, anomaly_score: FloatArray) -> FloatArray:
    """Return the logistic curve through the prior's two points at each anomaly score."""
    (p_low, x_low), (p_high, x_high) = prior.low, prior.high
    low, high = np.log(p_low / (1 - p_low)), np.log(p_high / (1 - p_high))
    slope = (high - low) / (x_high - x_low)
    odds = low + slope * (np.asarray(anomaly_score, float) - x_low)
    chance: FloatArray = np.clip(expit(odds), LIMIT, 1 - LIMIT)
    return chance


def prior_scores(raw: pd.DataFrame, finders: Mapping[str, Finder]) -> pd.Series:
    """Return the chance that each raw finding is real before any label, from its check's stated prior.

    Parameters
    ----------
    raw : pandas.DataFrame
        Columns ``source, variant, anomaly_score``.
    finders : mapping of str to Finder
        The checks and detectors by name.

    Returns
    -------
    pandas.Series
        Probabilities, on the index of ``raw``.

    Raises
    ------
    ValueError
        If a finding names a variant that its check does not state.
    """
    scores = pd.Series(np.nan, index=raw.index)
    for (source, variant), group in raw.groupby(["source", "variant"]):
        priors = finders[str(source)].priors
        if variant not in priors:
            raise ValueError(f"{source} found the variant {variant!r}, which its header does not state")
        scores[group.index] = probability(priors[str(variant)], group["anomaly_score"].to_numpy(float))
    return scores


def ranked(findings: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Score findings with the labels in force and order them; the first row is the first to look at.

    Parameters
    ----------
    findings : pandas.DataFrame
        Columns ``exception_id, kind, source, variant, prior_score, impact`` and, where known, what else
        `models.feedback.Learner` takes.
    labels : pandas.DataFrame
        Columns ``exception_id, label``.

    Returns
    -------
    pandas.DataFrame
        The findings with ``score``, ``priority`` (score ** 4 × damped impact) and ``rank`` (1 = first).
    """
    return in_order(findings, rescore(findings, labels))


def placed(
    findings: pd.DataFrame, scores: "pd.Series[float]"
) -> tuple[FloatArray, FloatArray, FloatArray, npt.NDArray[np.intp]]:
    """Return the chance, the money at risk and the priority of each finding, and which comes first, second and so on.

    Each has shape (n_findings,); equals are ordered by ``exception_id``.
    """
    score: FloatArray = np.asarray(scores, np.float64).round(4)
    impact: FloatArray = np.nan_to_num(findings["impact"].to_numpy(np.float64)).clip(min=0)
    usual = max(float(np.median(impact)), 1.0) if len(impact) else 1.0
    priority: FloatArray = score**SCORE_POWER * (1 + impact / usual) ** IMPACT_POWER
    ids = findings["exception_id"]  # already sorted where it is asked after each label: then a stable sort will do
    is_sorted = ids.is_monotonic_increasing
    order = np.argsort(-priority, kind="stable") if is_sorted else np.lexsort([ids.to_numpy(str), -priority])
    return score, impact, priority, order


def in_order(findings: pd.DataFrame, scores: "pd.Series[float]") -> pd.DataFrame:
    """Order findings by their chance and the money at risk; see `ranked`."""
    score, impact, priority, order = placed(findings, scores)
    found = findings.assign(score=score, impact=impact, priority=priority).iloc[order].reset_index(drop=True)
    return found.assign(rank=np.arange(1, len(found) + 1))


def _with_alerts(ranking: pd.DataFrame) -> pd.DataFrame:
    """Name the alert of each finding: its common cause, else its order, else its product; its best one is the head."""
    alert = ranking["group_id"].fillna(ranking["order_id"]).fillna(ranking["product_id"])
    return ranking.assign(alert_id=alert, is_head=~alert.duplicated())


def _told(row: Mapping[Hashable, object], finders: Mapping[str, Finder]) -> str:
    evidence = json.loads(str(row["evidence"]))
    told = sentence(finders[str(row["source"])].reasons[str(row["variant"])], evidence)
    return f"{told} {sentence(SHIFT_REASON, evidence)}" if "shift_line_count" in evidence else told


def to_exceptions(
    connection: duckdb.DuckDBPyConnection,
    finders: Mapping[str, Finder],
    rank: Callable[[pd.DataFrame], pd.DataFrame],
    detected_at: pd.Timestamp,
) -> pd.DataFrame:
    """Return what ``raw_findings`` comes to, scored and ordered by ``rank``, with the columns of ``exceptions``."""
    raw = connection.execute("select source, variant, anomaly_score from raw_findings").df()
    scored = pd.DataFrame({"prior_score": prior_scores(raw, finders)})
    connection.register("scored", scored)
    findings = connection.execute(UNIQUE_FINDINGS, {"minimum": MINIMUM_SCORE}).df()
    connection.unregister("scored")
    findings = with_shifts(connection, findings)
    findings["product_id"] = findings.pop("line_product_id")
    exceptions = _with_alerts(rank(findings))
    exceptions["cause"] = exceptions["cause"].where(exceptions["cause"].isin(CAUSES), "unknown")
    exceptions["reason"] = [_told(row, finders) for row in exceptions.to_dict("records")]
    for word in ("action", "department"):
        exceptions[word] = exceptions["kind"].map({name: getattr(kind, word) for name, kind in KINDS.items()})
    exceptions["detected_at"] = detected_at
    return exceptions


def publish_exceptions(
    connection: duckdb.DuckDBPyConnection,
    finders: Mapping[str, Finder],
    labels: pd.DataFrame,
    detected_at: pd.Timestamp,
) -> int:
    """Turn ``raw_findings`` into the tables ``exceptions`` and ``alerts``; return how many exceptions there are."""
    exceptions = to_exceptions(connection, finders, lambda findings: ranked(findings, labels), detected_at)
    _replace(connection, "exceptions", exceptions, EXCEPTION_COLUMNS)
    publish_table(connection, "alerts", ALERTS)
    return len(exceptions)


EXCEPTION_COLUMNS = {
    "exception_id": "varchar",
    "kind": "varchar",
    "order_id": "varchar",
    "line_no": "integer",
    "product_id": "varchar",
    "score": "double",
    "impact": "double",
    "rank": "integer",
    "cause": "varchar",
    "reason": "varchar",
    "evidence": "varchar",
    "action": "varchar",
    "department": "varchar",
    "detected_at": "timestamp",
    "alert_id": "varchar",
    "is_head": "boolean",
    "source": "varchar",
    "variant": "varchar",
    "group_id": "varchar",
    "prior_score": "double",
    "priority": "double",
    "customer_id": "varchar",
    "ordered_at": "timestamp",
    "channel": "varchar",
    "entered_by": "varchar",
    "warehouse_id": "varchar",
    "order_value": "double",
}

ALERTS = """
    select
        alert_id,
        row_number() over (order by min(rank)) as rank,
        arg_min(order_id, rank) as order_id,
        any_value(group_id) as group_id,
        arg_min(kind, rank) as kind,
        arg_min(exception_id, rank) as exception_id,
        arg_min(score, rank) as score,
        case when any_value(group_id) is null then max(impact) else sum(impact) end as impact,
        count(*) as finding_count,
        count(distinct order_id) as order_count,
        arg_min(cause, rank) as cause,
        arg_min(reason, rank) as reason,
        arg_min(customer_id, rank) as customer_id,
        arg_min(ordered_at, rank) as ordered_at
    from exceptions
    group by alert_id
    order by rank
"""


def _replace(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
    connection.register("incoming", frame[list(columns)])
    casts = ", ".join(f'cast("{column}" as {type_}) as "{column}"' for column, type_ in columns.items())
    publish_table(connection, name, f"select {casts} from incoming")
    connection.unregister("incoming")


def finders_by_name(finders: Iterable[Finder]) -> dict[str, Finder]:
    """Index finders by name; raise `ValueError` where a check and a detector share one."""
    found: dict[str, Finder] = {}
    for finder in finders:
        if finder.name in found:
            raise ValueError(f"two finders are called {finder.name!r}")
        found[finder.name] = finder
    return found
