"""Where wrong orders gather, what they cost there, and what a chosen segment is made of."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cause_charts, cause_view, interventions, navigation, queries, segments, session, widgets
from dashboard.cause_view import View
from dashboard.i18n import _, current_language, format_money, format_number
from dashboard.words import cause_title, kind_title, word
from dashboard.workspace import current
from data.casebook.procedures import standard_actions
from data.vocabulary import KINDS
from models.root_causes.change import PER
from models.root_causes.prevention import Prevention, prevention_of
from models.root_causes.scan import poisson_interval

SHOWN = 12


def claims(shown: View) -> None:
    """Draw the segments that hold more than their share; a click looks into one."""
    frame = queries.fetch("cause_claims", days=shown.days, kind=shown.kind)
    if not shown.by_money and len(frame):
        frame = frame.sort_values("excess", ascending=False, ignore_index=True)
    frame = frame.head(SHOWN)
    with widgets.card(claims_title(frame), _claims_hint(frame)):
        if frame.empty:
            st.caption(_("No segment holds more findings than chance would put there."))
            return
        names = (
            ("excess_money", "money_low", "money_high") if shown.by_money else ("excess", "excess_low", "excess_high")
        )
        value, low, high = (frame[name].tolist() for name in names)
        titles = [claim_label(row) for row in frame.to_dict("records")]
        texts = [claim_text(row, shown) for row in frame.to_dict("records")]
        figure = cause_charts.excess_bars(titles, value, low, high, texts)
        st.caption(
            _("Beyond what everybody else's rate would give, with the 95% interval: {unit}").format(unit=shown.unit)
        )
        height = 34 * len(frame) + 40
        event = widgets.chart(figure, f"claims_{cause_view.turn()}", claims_title(frame), height, is_clickable=True)
        place = widgets.clicked_bar(event, [str(number) for number in range(len(frame))])
        if place is not None:
            row = frame.iloc[int(place)]
            cause_view.choose(kind=row["kind"], cause=row["cause"], seg=list(row["conditions"]))


def claim_label(row: dict[Any, Any]) -> str:
    """Return what a segment is called at its bar."""
    what = cause_title(row["cause"], row["kind"]) if row["cause"] else kind_title(row["kind"])
    where = " · ".join(segments.label(name, value) for name, value in segments.read(row["conditions"]).items())
    return f"<b>{what}</b>  {where}"


def claim_text(row: dict[Any, Any], shown: View) -> str:
    """Return what a segment's bar says."""
    return _("{found} found where {expected} were to be expected; {money} at risk").format(
        found=format_number(row["found_count"]),
        expected=format_number(row["expected"], 1),
        money=format_money(row["money"], shown.currency, is_compact=True),
    )


def claims_title(frame: pd.DataFrame) -> str:
    """Say what gathers where, in Markdown."""
    if frame.empty:
        return _("Nothing gathers anywhere beyond chance")
    row = frame.iloc[0].to_dict()
    what = cause_title(row["cause"], row["kind"]) if row["cause"] else kind_title(row["kind"])
    return _("{what} gathers at {segment}: {found} where {expected} were to be expected").format(
        what=what,
        segment=widgets.plain(segments.text(segments.read(row["conditions"]))),
        found=format_number(row["found_count"]),
        expected=format_number(row["expected"], 1),
    )


def _claims_hint(frame: pd.DataFrame) -> str:
    looks = format_number(frame["look_count"].max()) if len(frame) else "0"
    return _(
        "Segments of up to three dimensions that hold more findings than everybody else's rate would give. Of {looks} "
        "segments looked at only those are told that chance would hardly ever bring about (5% over all of them); "
        "those that overlap are told once, by their shortest description. As of the last run."
    ).format(looks=looks)


def inside(shown: View) -> None:
    """Look into the chosen segment: how far off it is, of what it consists, and what is to be done."""
    if not (shown.conditions or shown.cause):
        return
    with st.container(border=True):
        _heading(shown)
        total = cause_view.by_values(shown, "")
        if total.empty or not total["unit_count"].sum():
            st.caption(_("No orders in this period."))
            return
        _figures(shown, total)
        _breakdown(shown)
        _remedy(shown)


def _heading(shown: View) -> None:
    what = [kind_title(shown.kind)] if shown.kind else []
    what += [cause_title(shown.cause, shown.kind)] if shown.cause else []
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.markdown(f"**{' · '.join([*what, widgets.plain(segments.text(shown.conditions))])}**")
    with right.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Show the findings"), key="segment_queue", icon=":material/list:", type="primary"):
            cause_view.to_queue(shown, shown.kind, shown.cause)
        if st.button(_("Back to all"), key="segment_clear", icon=":material/close:"):
            cause_view.choose(seg=[], cause="", by="")
    for name in list(shown.conditions):
        rest = {other: value for other, value in shown.conditions.items() if other != name}
        if len(shown.conditions) > 1 and left.button(
            _("Without {condition}").format(condition=widgets.plain(segments.chip(f"{name}:{shown.conditions[name]}"))),
            key=f"segment_without_{name}", type="tertiary", icon=":material/remove:",
        ):  # fmt: skip
            cause_view.choose(seg=segments.write(rest))


def _figures(shown: View, total: pd.DataFrame) -> None:
    """Say how the segment's rate stands against everybody else's."""
    everybody = cause_view.by_values(shown, "", **segments.parameters({}))
    units, found = int(total["unit_count"].sum()), int(total["found_count"].sum())
    rest_units = int(everybody["unit_count"].sum()) - units
    rest_found = int(everybody["found_count"].sum()) - found
    elsewhere = rest_found / rest_units if rest_units else None
    noun = _("per 1,000 lines") if shown.grain == "line" else _("per 1,000 orders")
    with st.grid(4, min_column_width=150):
        st.metric(_("Findings"), format_number(found), border=True, help=_("Likely, and not rejected."))
        st.metric(_("Rate here, {unit}").format(unit=noun), format_number(found / units * PER, 1), border=True)
        st.metric(
            _("Rate elsewhere, {unit}").format(unit=noun),
            format_number(elsewhere * PER if elsewhere is not None else None, 1),
            border=True,
        )
        st.metric(
            _("Money at risk"), format_money(total["money"].sum(), shown.currency, is_compact=True), border=True,
            help=_("Impact × chance of being real, in the currency of most orders."),
        )  # fmt: skip


def _breakdown(shown: View) -> None:
    """Split the segment by one more dimension; a click goes further in."""
    left = [name for name in segments.TITLES if name not in shown.conditions]
    if shown.grain == "order" and not shown.kind:
        left = [name for name in left if name in segments.ORDER_DIMENSIONS]
    if not left:
        return
    if st.session_state.get(f"{cause_view.PAGE}_by") not in left:
        st.session_state[f"{cause_view.PAGE}_by"] = left[0]
    by = st.selectbox(_("Split by"), left, format_func=segments.title, key=f"{cause_view.PAGE}_by", width=240)
    frame = cause_view.by_values(shown, by)
    frame = frame[frame["unit_count"].gt(0)].head(SHOWN)
    overall_rate = frame["found_count"].sum() / max(frame["unit_count"].sum(), 1) * PER
    low, high = poisson_interval(frame["found_count"].to_numpy(float))
    scale = PER / frame["unit_count"].to_numpy(float)
    rates = frame["found_count"].to_numpy(float) * scale
    names = [segments.label(by, None if pd.isna(value) else value) for value in frame["value"]]
    texts = [
        _("{found} of {units}").format(found=format_number(found), units=format_number(units))
        for found, units in zip(frame["found_count"], frame["unit_count"], strict=True)
    ]
    figure = cause_charts.rate_bars(
        names, rates.tolist(), (low * scale).tolist(), (high * scale).tolist(), texts, float(overall_rate), _("overall")
    )
    unit = _("Findings per 1,000 lines") if shown.grain == "line" else _("Findings per 1,000 orders")
    st.caption(f"{unit} · {_('with the 95% interval')}")
    key = f"inside_{by}_{cause_view.turn()}"
    event = widgets.chart(figure, key, f"{segments.title(by)}: {unit}", 30 * len(frame) + 56, is_clickable=True)
    place = widgets.clicked_bar(event, [str(number) for number in range(len(frame))])
    if place is not None and not pd.isna(frame["value"].iloc[int(place)]):
        cause_view.choose(seg=segments.write({**shown.conditions, by: str(frame["value"].iloc[int(place)])}), by="")


def _remedy(shown: View) -> None:
    """Name the owner, the procedure and the training topic of the cause, and what is planned or done about it."""
    known = prevention_of(shown.kind, shown.cause) if shown.cause else _commonest(shown)
    left, right = st.columns([3, 2])
    if known:
        left.markdown(f"**{_('What would prevent it')}**: {_(known.title)}")
        told = [f"{_('Owner')}: {word(known.department)}"]
        told += [f"{_('Training topic')}: {_(known.training)}"] if known.training else []
        left.caption(" · ".join(told))
    if shown.kind:
        left.caption(f"{_('Standard procedure')}: {_(KINDS[shown.kind].action)}")
        for action in standard_actions(shown.kind, shown.cause or None)[:1]:
            with left.popover(_("Standard procedure"), icon=":material/description:"):
                st.text(current().casebook.procedures.get(action).text(current_language()))
    for row in interventions.planned(shown.kind, shown.cause).head(3).to_dict("records"):
        left.caption(f"{_('Intervention')}: {widgets.plain(interventions.short(row))}")
    if session.may("intervention.add") and right.button(
        _("Plan an intervention"), key="segment_intervene", icon=":material/healing:"
    ):
        parameters: dict[str, str | list[str]] = {"kind": shown.kind, "cause": shown.cause}
        parameters["seg"] = segments.write(shown.conditions)
        st.switch_page(navigation.PAGES_FOLDER / "improvement.py", query_params=parameters)


def _commonest(shown: View) -> Prevention | None:
    """Return what prevents the most frequent cause of the kind chosen."""
    frame = cause_view.kinds_of(shown) if shown.kind else pd.DataFrame()
    if frame.empty:
        return None
    return prevention_of(shown.kind, str(frame.groupby("cause")["found_count"].sum().idxmax()))
