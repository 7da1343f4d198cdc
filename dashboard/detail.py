"""One alert in full: what is wrong, why it is thought so, what it costs, and the order it happened to."""

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import alerts, charts, comparison, histories, learning, muting, queries, second_opinions, triage, widgets
from dashboard.casework import case_moves
from dashboard.i18n import (
    _,
    format_list,
    format_money,
    format_percent,
    is_missing,
    ngettext,
)
from dashboard.kept import kept
from dashboard.widgets import plain
from dashboard.words import (
    HEADER_FIELDS,
    HIDDEN_EVIDENCE,
    cause_title,
    evidence_value,
    finders,
    header_field,
    kind_title,
    reason,
    word,
)
from data.vocabulary import KINDS

PAIR = ("actual", "expected")
EVIDENCE_ROWS = 5
LEAST_SHARE = 0.005
NEXT_TO_NOTHING = 0.05


def show(alert_id: str) -> None:
    """Draw one alert: its head, its findings, why, and everything about its order."""
    findings = alerts.findings_of(alert_id)
    if findings.empty:
        widgets.empty(_("It may have been settled by a newer run."), _("There is no such exception any more"))
        return
    chosen = _choose_finding(findings)
    row = findings[findings["exception_id"].eq(chosen)].iloc[0]
    st.session_state["queue_finding_shown"] = chosen
    is_group = not is_missing(row["group_id"])
    _head(row, findings)
    case_moves.offer_case(list(findings["exception_id"]) if not is_missing(row["group_id"]) else [chosen])
    _why(row, float(findings["impact"].sum() if is_group else row["impact"]))
    is_pair = bool(_duplicate_of(row))
    names = [_("Order"), _("History"), _("Course"), _("Similar"), _("Labels")]
    parts: list[Any] = [_order, histories.show, _course, learning.similar, _labels]
    if is_group or is_pair:
        names.insert(0, _("Orders affected") if is_group else _("Comparison"))
        parts.insert(0, _members if is_group else _compare)
    tabs = st.tabs(names, key=f"detail_tabs_{is_group}_{is_pair}", on_change="rerun")
    for tab, part in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                part(row)


def _choose_finding(findings: pd.DataFrame) -> str:
    """Let the visitor pick a finding of the alert, where it has several of one order."""
    chosen = triage.open_finding(findings)
    if len(findings) == 1 or findings["group_id"].notna().any():
        return chosen
    judged = queries.labels().set_index("exception_id")["label"].to_dict()
    marks = {"confirmed": " ✓", "false_positive": " ✗"}
    titles = {
        str(row["exception_id"]): f"{kind_title(row['kind'])}{_line(row['line_no'])} {format_percent(row['score'])}"
        f"{marks.get(judged.get(row['exception_id'], ''), '')}"
        for row in findings.to_dict("records")
    }
    st.session_state["queue_finding"] = chosen
    st.segmented_control(
        _("Findings of this order"),
        list(titles)[:8],
        format_func=lambda name: titles.get(name, name),
        key="queue_finding",
        required=True,
        wrap=True,
        label_visibility="collapsed",
    )
    return chosen


def _line(line_no: Any) -> str:
    return "" if is_missing(line_no) else f" · {_('line {number}').format(number=int(line_no))}"


def _head(row: pd.Series, findings: pd.DataFrame) -> None:
    """Write the kind, the order, who it is for, and the sentence that says what is wrong."""
    said = queries.labels()
    said = said[said["exception_id"].eq(row["exception_id"])]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(kind_title(row["kind"]), color="blue")
        if not is_missing(row["group_id"]):
            count = findings["order_id"].nunique()
            st.badge(ngettext("{count} order", "{count} orders", count), color="violet")
        widgets.status_badge(said["label"].iloc[0] if len(said) else "open")
        if is_missing(row["group_id"]):
            st.markdown(f"**{_subject(row)}**")
    st.markdown(f"#### {plain(reason(row.to_dict()))}")
    if row["alert_id"] in st.session_state.get("queue_drawn", ()):
        st.caption(_("Drawn by lot: it looks harmless. Your verdict shows what the checks miss."))


def _subject(row: pd.Series) -> str:
    parts = []
    if not is_missing(row["order_id"]):
        number = row["order_number"] if not is_missing(row["order_number"]) else row["order_id"]
        parts.append(plain(f"{number}") + _line(row["line_no"]))
    if not is_missing(row["product_id"]):
        parts.append(plain(row["product_name"] if not is_missing(row["product_name"]) else row["product_id"]))
    if not is_missing(row["customer_name"]):
        parts.append(plain(row["customer_name"]))
    return " · ".join(parts)


def _why(row: pd.Series, impact: float) -> None:
    """Show the figures that matter in one line, then the rest of the evidence beside what to do."""
    evidence = json.loads(row["evidence"]) if row["evidence"] else {}
    kind = KINDS[row["kind"]]
    currency = row["currency"] if not is_missing(row["currency"]) else None
    with st.container(horizontal=True, gap="small"):
        st.metric(
            _("Chance"),
            format_percent(row["score"]),
            border=True,
            help=_("How likely a competent reviewer confirms it, learnt from the labels given so far."),
        )
        money = plain(format_money(impact, currency))
        st.metric(_("Money at risk"), money, border=True, help=_(kind.impact))
        for name, title in zip(PAIR, (_("In the order"), _("Expected")), strict=True):
            if _has_pair(evidence):
                st.metric(title, _short(evidence[name]), border=True)
    learning.moved(row)
    second_opinions.told(str(row["exception_id"]))
    learning.counterfactual(row)
    left, right = st.columns(2)
    with left:
        _evidence(evidence)
    with right:
        told = {
            _("Likely cause"): cause_title(row["cause"], row["kind"]),
            _("Department"): word(row["department"]),
            _("What to do"): _(kind.action),
            _("Found by"): _check_title(row["source"]),
        }
        widgets.facts(told, _("What the exception means"))
        with st.container(horizontal=True, gap="small"):
            muting.offer(row)
            second_opinions.offer(row)
    _parts(evidence.get("contributions") or {}, _("What makes it unusual"), row["kind"], "detail_contributions")
    _parts(evidence.get("shares") or {}, _("Why units were short"), row["kind"], "detail_shares")
    learning.chance(row)
    if missing := evidence.get("not_judged"):
        causes = format_list([cause_title(cause) for cause in missing])
        st.caption(_("Can't be judged, because tables are missing: {causes}").format(causes=causes))


def _check_title(source: str) -> str:
    return _(finders()[source].title) if source in finders() else str(source)


def _has_pair(evidence: dict[str, Any]) -> bool:
    return all(name in evidence for name in PAIR)


def _evidence(evidence: dict[str, Any]) -> None:
    """Show the numbers behind the sentence: the first ones at once, all of them on demand."""
    hidden = {*HIDDEN_EVIDENCE, *PAIR} if _has_pair(evidence) else HIDDEN_EVIDENCE
    told = [evidence.get(name) for name in PAIR] if _has_pair(evidence) else []
    rest = {
        word(name): evidence_value(value)
        for name, value in evidence.items()
        if name not in hidden and value is not None and value not in told
    }
    if not rest:
        return
    small = {word(name) for name, value in evidence.items() if _is_next_to_nothing(value)}
    names = [name for name in rest if name not in small][:EVIDENCE_ROWS]
    alt = _("The numbers behind the exception")
    widgets.facts({name: rest[name] for name in names}, alt)
    if len(names) < len(rest):
        with st.popover(_("All numbers"), type="tertiary", icon=":material/list:"):
            widgets.facts(rest, alt)


def _is_next_to_nothing(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < NEXT_TO_NOTHING


def _short(value: Any) -> str:
    return plain(evidence_value(value))[:120]


def _parts(given: dict[str, float], title: str, kind: str, key: str) -> None:
    """Show what the judgement is made of, the strongest first, as shares of the whole."""
    ordered = sorted(((name, float(value)) for name, value in given.items()), key=lambda pair: -abs(pair[1]))
    ordered = [pair for pair in ordered if abs(pair[1]) >= LEAST_SHARE][:10]
    if not ordered:
        return
    names = [cause_title(name, kind) for name, value in ordered]
    values = [value for name, value in ordered]
    figure = _bars(tuple(names), tuple(values), tuple(format_percent(value) for value in values))
    st.markdown(f"**{title}**")
    widgets.chart(figure, key, title, 28 * len(names) + 20)


@kept(100)
def _bars(names: tuple[str, ...], values: tuple[float, ...], texts: tuple[str, ...]) -> go.Figure:
    return charts.contributions(names, values, texts)


def _order(row: pd.Series) -> None:
    """Show the order's header and lines, the line in question marked."""
    if is_missing(row["order_id"]):
        st.caption(_("This is about a product, not about one order."))
        return
    header = queries.fetch("order_header", order_id=row["order_id"])
    if header.empty:
        return
    lines = queries.fetch("order_lines_of", order_id=row["order_id"])
    lines.insert(0, "mark", lines["line_no"].eq(row["line_no"]).map({True: "▶", False: ""}))
    columns = {
        "mark": widgets.column("", width=30),
        "line_no": widgets.column(_("Line"), "whole", width=50),
        "product_id": widgets.column(_("Product")),
        "product_name": widgets.column(_("Name")),
        "quantity": widgets.column(_("Quantity"), "number"),
        "unit": widgets.column(_("Unit")),
        "unit_price": widgets.column(_("Unit price"), "money"),
        "list_price": widgets.column(_("List price"), "money"),
        "discount": widgets.column(_("Discount"), "percent"),
        "net_value": widgets.column(_("Net value"), "money"),
        "shipped_quantity": widgets.column(_("Shipped"), "number"),
    }
    columns = {name: made for name, made in columns.items() if lines[name].notna().any()}
    widgets.table(lines, columns, _("Lines of the order"), height="content")
    _header_table(header.iloc[0])


def _header_table(header: pd.Series) -> None:
    """Show the header's fields in two columns, those without a value left out."""
    fields = {
        word(name): header_field(name, header[name])
        for name in HEADER_FIELDS
        if name in header and not is_missing(header[name]) and header[name] != ""
    }
    names = list(fields)
    half = (len(names) + 1) // 2
    for place, column in enumerate(st.columns(2)):
        part = {name: fields[name] for name in names[place * half : (place + 1) * half]}
        if part:
            with column:
                widgets.facts(part, _("Header of the order"))


def _duplicate_of(row: pd.Series) -> str | None:
    """Return the earlier order that a duplicate repeats."""
    if row["kind"] != "duplicate_order" or not row["evidence"]:
        return None
    earlier = json.loads(row["evidence"]).get("duplicate_of")
    return None if earlier is None else str(earlier)


def _compare(row: pd.Series) -> None:
    """Show both orders of a duplicate beside each other, and what speaks for and against."""
    earlier = str(_duplicate_of(row))
    comparison.side_by_side(earlier, str(row["order_id"]))
    pairs = queries.fetch("pairs", score=0.0)
    if len(pairs):
        own = pairs[pairs["order_id"].eq(row["order_id"]) & pairs["duplicate_of"].eq(earlier)]
        comparison.weights(own["reasons"].iloc[0] if len(own) else None)


def _members(row: pd.Series) -> None:
    """List the orders that one cause made wrong."""
    members = queries.fetch("members", alert_id=row["alert_id"])
    columns = {
        "order_id": widgets.column(_("Order")),
        "ordered_at": widgets.column(_("Ordered"), "time"),
        "customer_name": widgets.column(_("Customer")),
        "order_value": widgets.column(_("Order value"), "money"),
        "score": widgets.column(_("Chance"), "share"),
    }
    widgets.table(members, columns, _("Orders affected"))


def _course(row: pd.Series) -> None:
    """Show what happened to the order, in time, with what was promised between."""
    course = queries.fetch("order_course", order_id=row["order_id"] if not is_missing(row["order_id"]) else "")
    if course.empty:
        st.caption(_("Nothing is known about the course of this order."))
        return
    course["what"] = [
        (_("Payment: {status}").format(status=word(what)) if sort == "payment" else word(what))
        for sort, what in zip(course["sort"], course["what"], strict=True)
    ]
    columns = {
        "moment": widgets.column(_("When"), "time"),
        "what": widgets.column(_("What")),
        "by_whom": widgets.column(_("By")),
        "amount": widgets.column(_("Amount"), "money"),
    }
    shown = {name: made for name, made in columns.items() if course[name].notna().any()}
    widgets.table(course, shown, _("Course of the order"), height="content")


def _labels(row: pd.Series) -> None:
    """Show everything that reviewers said about the finding."""
    from dashboard.workspace import current

    said = current().casebook.labels.history(row["exception_id"])
    if said.empty:
        st.caption(_("Nobody has judged this yet."))
        return
    said["label"] = [_("Taken back") if is_missing(label) else word(label) for label in said["label"]]
    said["reason"] = [None if is_missing(name) else word(name) for name in said["reason"]]
    said["at"] = said["at"].dt.tz_convert(current().settings.time_zone).dt.tz_localize(None)
    columns = {
        "at": widgets.column(_("When"), "time"),
        "label": widgets.column(_("Verdict")),
        "reason": widgets.column(_("Reason")),
        "note": widgets.column(_("Note")),
        "by": widgets.column(_("By")),
    }
    widgets.table(said, columns, _("Labels of this exception"), height="content")
