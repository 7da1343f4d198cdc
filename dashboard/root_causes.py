"""For managers: where wrong orders gather, what they cost there, and what changed; each picture leads on."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import cause_charts, charts, interventions, navigation, queries, segments, session, widgets
from dashboard.i18n import _, current_language, format_date, format_money, format_number, format_percent, ngettext
from dashboard.words import cause_title, kind_title, word
from dashboard.workspace import current
from data.casebook.procedures import standard_actions
from data.vocabulary import CAUSES, KINDS
from models.root_causes.change import PER, contributions, overall
from models.root_causes.prevention import Prevention, prevention_of
from models.root_causes.publish import PERIODS
from models.root_causes.scan import poisson_interval

PAGE = "causes"
DEFAULTS: dict[str, Any] = {"days": str(PERIODS[0]), "measure": "money", "kind": "", "cause": "", "by": "", "seg": []}
SHOWN = 12
CLEARLY = 3.0
"""From so many standard deviations on, the best of a dozen parts of the week is told of."""
AREA_OPACITY = ("26", "4d", "8c")
"""How strong the colour of an area is at each depth, in hexadecimal."""
FEW_ORDERS = 5
"""A cell with fewer orders has no rate worth a colour; an operator with fewer findings is not told by name."""


@dataclass(frozen=True)
class View:
    """What the page is about.

    Attributes
    ----------
    days : int
        The length of the period up to the last order.
    since, until : date
        Its first day, and the day after its last.
    before : date
        The first day of the period of the same length before it.
    kind, cause : str
        The kind and cause chosen; empty means all.
    conditions : dict of str to str
        The segment chosen.
    by_money : bool
        Whether money counts, or the number of findings.
    currency : str
        The currency that amounts are in.
    """

    days: int
    since: date
    until: date
    before: date
    kind: str
    cause: str
    conditions: dict[str, str]
    by_money: bool
    currency: str

    @property
    def grain(self) -> str:
        """Whether the rates count orders or lines."""
        return "line" if self.kind and KINDS[self.kind].grain == "line" else "order"

    def amount(self, value: float) -> str:
        """Return a value of the measure as people read it."""
        return format_money(value, self.currency, is_compact=True) if self.by_money else format_number(value)

    @property
    def unit(self) -> str:
        """The measure's unit."""
        return _("Money at risk, {currency}").format(currency=self.currency) if self.by_money else _("Findings")


def view(values: dict[str, Any]) -> View | None:
    """Return what the page's address asks for; None where nothing was published."""
    clock = queries.fetch("cause_clock")
    if clock.empty or pd.isna(clock["last_on"].iloc[0]):
        return None
    days = int(values["days"])
    until = clock["last_on"].iloc[0].date() + timedelta(days=1)
    since = until - timedelta(days=days)
    currency = clock["currency"].iloc[0]
    return View(
        days, since, until, since - timedelta(days=days), values["kind"], values["cause"],
        segments.read(values["seg"]), values["measure"] == "money", "" if pd.isna(currency) else str(currency),
    )  # fmt: skip


def allowed() -> dict[str, Any]:
    """Return the values that an address may hold."""
    return {
        "days": [str(days) for days in PERIODS],
        "measure": ("money", "count"),
        "kind": ["", *KINDS],
        "cause": ["", *CAUSES],
        "by": ["", *segments.TITLES],
    }


def controls() -> None:
    """Draw the page's controls: period, measure, kind."""
    periods = {"91": _("13 weeks"), "364": _("52 weeks")}
    measures = {"money": _("Money at risk"), "count": _("Number")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Period"), list(periods), format_func=lambda key: periods[key], key=f"{PAGE}_days", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        st.segmented_control(
            _("Measure"), list(measures), format_func=lambda key: measures[key], key=f"{PAGE}_measure", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        kinds = ["", *(name for name, kind in KINDS.items() if kind.grain != "product")]
        st.selectbox(
            _("Kind"), kinds, format_func=lambda kind: kind_title(kind) if kind else _("All kinds"),
            key=f"{PAGE}_kind", label_visibility="collapsed", width=240,
        )  # fmt: skip


def to_queue(shown: View, kind: str = "", cause: str = "", conditions: dict[str, str] | None = None) -> None:
    """Open the queue at the findings behind a mark."""
    chosen = shown.conditions if conditions is None else conditions
    parameters: dict[str, str | list[str]] = {
        "status": "all",
        "seg": [*segments.write(chosen), f"{segments.SINCE}:{shown.since.isoformat()}"],
    }
    parameters |= {"kind": [kind]} if kind else {}
    parameters |= {"cause": [cause]} if cause else {}
    st.switch_page(navigation.PAGES_FOLDER / "exceptions.py", query_params=parameters)


def to_queue_of(shown: View, kinds: list[str], causes: list[str]) -> None:
    """Open the queue at the findings of several kinds and causes."""
    seg = [f"{segments.SINCE}:{shown.since.isoformat()}"]
    parameters: dict[str, str | list[str]] = {"status": "all", "kind": kinds, "cause": causes, "seg": seg}
    st.switch_page(navigation.PAGES_FOLDER / "exceptions.py", query_params=parameters)


def _choose(**values: Any) -> None:
    """Take over what a click chose, and forget the click."""
    st.session_state[f"{PAGE}_chosen"] = values
    st.session_state[f"{PAGE}_turn"] = turn() + 1
    st.rerun()


def take_choice() -> None:
    """Take over what the click before this run chose; once the controls are drawn their values can't be set."""
    for name, value in st.session_state.pop(f"{PAGE}_chosen", {}).items():
        st.session_state[f"{PAGE}_{name}"] = value


def turn() -> int:
    """Return a number that grows with every choice by click: a chart of another turn has no mark selected."""
    return int(st.session_state.get(f"{PAGE}_turn", 0))


# -- where it gathers


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
        event = widgets.chart(figure, f"claims_{turn()}", claims_title(frame), height, is_clickable=True)
        place = widgets.clicked_bar(event, [str(number) for number in range(len(frame))])
        if place is not None:
            row = frame.iloc[int(place)]
            _choose(kind=row["kind"], cause=row["cause"], seg=list(row["conditions"]))


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


# -- inside one segment


def inside(shown: View) -> None:
    """Look into the chosen segment: how far off it is, of what it consists, and what is to be done."""
    if not (shown.conditions or shown.cause):
        return
    with st.container(border=True):
        _heading(shown)
        total = _values(shown, "")
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
            to_queue(shown, shown.kind, shown.cause)
        if st.button(_("Back to all"), key="segment_clear", icon=":material/close:"):
            _choose(seg=[], cause="", by="")
    for name in list(shown.conditions):
        rest = {other: value for other, value in shown.conditions.items() if other != name}
        if len(shown.conditions) > 1 and left.button(
            _("Without {condition}").format(condition=widgets.plain(segments.chip(f"{name}:{shown.conditions[name]}"))),
            key=f"segment_without_{name}", type="tertiary", icon=":material/remove:",
        ):  # fmt: skip
            _choose(seg=segments.write(rest))


def _values(shown: View, by: str, **more: Any) -> pd.DataFrame:
    parameters: dict[str, Any] = {
        "by": by,
        "grain": shown.grain,
        "kind": shown.kind,
        "cause": shown.cause,
        "since": shown.since.isoformat(),
        "middle": shown.since.isoformat(),
        "until": shown.until.isoformat(),
        "currency": shown.currency,
        **segments.parameters(shown.conditions),
    }
    return queries.fetch("cause_values", **{**parameters, **more})


def _figures(shown: View, total: pd.DataFrame) -> None:
    """Say how the segment's rate stands against everybody else's."""
    everybody = _values(shown, "", **segments.parameters({}))
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
    if st.session_state.get(f"{PAGE}_by") not in left:
        st.session_state[f"{PAGE}_by"] = left[0]
    by = st.selectbox(_("Split by"), left, format_func=segments.title, key=f"{PAGE}_by", width=240)
    frame = _values(shown, by)
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
    key = f"inside_{by}_{turn()}"
    event = widgets.chart(figure, key, f"{segments.title(by)}: {unit}", 30 * len(frame) + 56, is_clickable=True)
    place = widgets.clicked_bar(event, [str(number) for number in range(len(frame))])
    if place is not None and not pd.isna(frame["value"].iloc[int(place)]):
        _choose(seg=segments.write({**shown.conditions, by: str(frame["value"].iloc[int(place)])}), by="")


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
    frame = kinds_of(shown) if shown.kind else pd.DataFrame()
    if frame.empty:
        return None
    return prevention_of(shown.kind, str(frame.groupby("cause")["found_count"].sum().idxmax()))


# -- kinds and causes


def _kinds(shown: View, middle: date, since: date) -> pd.DataFrame:
    frame = queries.fetch(
        "cause_kinds", since=since.isoformat(), middle=middle.isoformat(), until=shown.until.isoformat(),
        currency=shown.currency,
    )  # fmt: skip
    return frame[frame["kind"].eq(shown.kind)] if shown.kind and len(frame) else frame


def kinds_of(shown: View) -> pd.DataFrame:
    """Return the period's findings by kind and cause: ``kind, cause, department, found_count, money``."""
    return _kinds(shown, shown.since, shown.since)


def _measured(frame: pd.DataFrame, shown: View) -> pd.DataFrame:
    value = frame["money"] if shown.by_money else frame["found_count"]
    return frame.assign(value=value.astype(float))


def pareto(shown: View) -> None:
    """Draw the causes by their weight, with the running share; a click opens the findings."""
    found = _measured(_kinds(shown, shown.since, shown.since), shown)
    frame = found[found["value"].gt(0)].groupby(["kind", "cause"])["value"].sum().reset_index()
    frame = frame.sort_values("value", ascending=False, ignore_index=True)
    if frame.empty:
        with widgets.card(_("What goes wrong most")):
            st.caption(_("Nothing was found in this period."))
        return
    few = int((frame["value"].cumsum() / frame["value"].sum()).lt(0.8).sum()) + 1
    title = ngettext(
        "{count} cause makes up 80% of it", "{count} causes make up 80% of it", few
    ) + f" ({shown.amount(float(frame['value'].sum()))})"  # fmt: skip
    shown_rows = frame.head(9)
    names = _distinct([_cause_name(row) for row in shown_rows.to_dict("records")], shown_rows["kind"].tolist())
    texts = [shown.amount(value) for value in shown_rows["value"]]
    with widgets.card(title, _("Likely findings that nobody rejected, by kind and cause, the weightiest first.")):
        figure = cause_charts.pareto(names, shown_rows["value"].tolist(), texts, shown.unit, _("Running share"))
        event = widgets.chart(figure, f"pareto_{turn()}", title, 380, is_clickable=True)
        place = widgets.clicked_bar(event, [str(number) for number in range(len(shown_rows))])
        if place is not None:
            row = shown_rows.iloc[int(place)]
            st.session_state[f"{PAGE}_turn"] = turn() + 1
            to_queue(shown, row["kind"], row["cause"], {})


def _cause_name(row: dict[Any, Any]) -> str:
    if row["cause"] == "unknown":
        return kind_title(row["kind"])
    return cause_title(row["cause"], row["kind"])


def _distinct(names: list[str], kinds: list[str]) -> list[str]:
    """Add the kind to a name that stands for several."""
    return [
        f"{name} ({kind_title(kind)})" if names.count(name) > 1 and name != kind_title(kind) else name
        for name, kind in zip(names, kinds, strict=True)
    ]


def areas(shown: View) -> None:
    """Draw department, kind and cause as nested areas; a click looks into a cause."""
    frame = _measured(_kinds(shown, shown.since, shown.since), shown)
    frame = frame[frame["value"].gt(0)]
    if frame.empty:
        return
    tree = _tree(frame)
    names = [_area_name(row) for row in tree.to_dict("records")]
    top = tree[tree["parent"].eq("")].sort_values("value", ascending=False).iloc[0]
    share = format_percent(top["value"] / tree[tree["parent"].eq("")]["value"].sum())
    title = _("{department} owns {share} of it").format(department=word(top["word"]), share=share)
    with widgets.card(title, _("By the department that owns the cause, then by kind and cause.")):
        owners = sorted(frame["department"].unique())
        shades = [
            f"{charts.PALETTE[owners.index(name.split('/')[0])]}{AREA_OPACITY[name.count('/')]}" for name in tree["id"]
        ]
        figure = cause_charts.treemap(tree, names, [shown.amount(value) for value in tree["value"]], shades)
        event = widgets.chart(figure, f"areas_{turn()}", title, 400, is_clickable=True)
        place = widgets.clicked_bar(event, tree["id"].tolist())
        if place is not None:
            parts = place.split("/")
            if len(parts) > 1:
                _choose(kind=parts[1], cause=parts[2] if len(parts) > 2 else "")


def _tree(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every department, every kind in it and every cause in that, each with the sum of what it holds."""
    levels = ["department", "kind", "cause"]
    rows = []
    for depth in range(1, 4):
        sums = frame.groupby(levels[:depth])["value"].sum()
        for key, value in sums.items():
            parts = [str(part) for part in key] if isinstance(key, tuple) else [str(key)]
            rows.append({"id": "/".join(parts), "parent": "/".join(parts[:-1]), "word": parts[-1], "value": value})
    return pd.DataFrame(rows)


def _area_name(row: dict[Any, Any]) -> str:
    depth = row["id"].count("/")
    kind = row["id"].split("/")[1] if depth else ""
    if depth == 0:
        return word(row["word"])
    return kind_title(kind) if depth == 1 else cause_title(row["word"], kind)


# -- when


def hours(shown: View) -> None:
    """Draw the rate by weekday and hour of the order."""
    frame = _values(shown, "weekday_hour")
    frame = frame[frame["value"].notna() & frame["value"].ne("")]
    if frame.empty:
        return
    parts = frame["value"].str.split(" ", expand=True).astype(int)
    frame = frame.assign(weekday=parts[0], hour=parts[1])
    rate = (frame["found_count"] / frame["unit_count"] * PER).where(frame["unit_count"].ge(FEW_ORDERS))
    frame = frame.assign(rate=rate)
    hours_shown = list(range(24))
    grid = frame.pivot(index="weekday", columns="hour", values="rate").reindex(index=range(1, 8), columns=hours_shown)
    frame = frame.assign(
        text=[
            _("{day} {hour}:00: {found} of {units}").format(
                day=segments.weekday(int(row["weekday"])),
                hour=f"{row['hour']:02}",
                found=format_number(row["found_count"]),
                units=format_number(row["unit_count"]),
            )
            for row in frame.to_dict("records")
        ]
    )  # fmt: skip
    texts = frame.pivot(index="weekday", columns="hour", values="text").reindex(index=range(1, 8), columns=hours_shown)
    title = _hours_title(frame)
    unit = _("Findings per 1,000 lines") if shown.grain == "line" else _("Findings per 1,000 orders")
    with widgets.card(title, _("By the time of the order. Cells with fewer than 5 orders stay empty.")):
        figure = cause_charts.heat_map(
            grid, texts.fillna(""), [segments.weekday(number, "abbreviated") for number in range(1, 8)], unit
        )
        widgets.chart(figure, "hours", title, 300)


def _hours_title(frame: pd.DataFrame) -> str:
    """Name the weekday or the part of the day whose rate stands out, where one does beyond chance."""
    days = frame.assign(name=[segments.weekday(int(day)) for day in frame["weekday"]])
    parts = frame.assign(
        name=[segments.value_text("hours", f"{hour // 4 * 4:02}-{hour // 4 * 4 + 4:02}") for hour in frame["hour"]]
    )
    found = pd.concat([_against_rest(days), _against_rest(parts)])
    if found["z"].max() < CLEARLY:
        return _("No weekday and no time of day stands out")
    best = found.sort_values("z").iloc[-1]
    return _("{time}: {times} times as many as at other times").format(
        time=best.name, times=format_number(best["found_count"] / max(best["expected"], 0.1), 1)
    )


def _against_rest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by name how many were found, how many everybody else's rate gives, and how many deviations that is off."""
    sums = frame.groupby("name")[["found_count", "unit_count"]].sum()
    total = sums.sum()
    rest = (total["found_count"] - sums["found_count"]) / (total["unit_count"] - sums["unit_count"]).clip(lower=1)
    expected = rest * sums["unit_count"]
    return sums.assign(expected=expected, z=(sums["found_count"] - expected) / np.sqrt(expected.clip(lower=1)))


# -- what changed


def changes(shown: View) -> None:
    """Draw how the rate of the period before became that of this one."""
    options = [*(["kind"] if not shown.kind else []), *_splits(shown)]
    titles = {"kind": _("Kind"), **{name: segments.title(name) for name in segments.TITLES}}
    with st.container(border=True, height="stretch"):
        head = st.container()
        by = st.selectbox(_("Split by"), options, format_func=lambda name: titles[name], key="changes_by", width=240)
        table = _kind_changes(shown) if by == "kind" else _value_changes(shown, by)
        if table is None:
            head.markdown(f"**{_('What changed')}**")
            st.caption(_("There are too few orders in the period before to compare with."))
            return
        before, after = overall(table) if by != "kind" else (table.attrs["before"], table.attrs["after"])
        title = _change_title(table, by, before, after)
        head.markdown(
            f"**{title}**",
            help=_(
                "The {days} days from {day} against as many before. What a value did itself (its rate) and what its "
                "weight did (the mix) add up to the change."
            ).format(days=shown.days, day=format_date(shown.since)),
        )
        _draw_changes(table, by, before, after, shown, title)


def _splits(shown: View) -> list[str]:
    names = list(segments.TITLES) if shown.kind else list(segments.ORDER_DIMENSIONS)
    return [name for name in names if name not in shown.conditions]


def _value_changes(shown: View, by: str) -> pd.DataFrame | None:
    frame = _values(shown, by, since=shown.before.isoformat())
    frame = frame.assign(value=frame["value"].fillna(""))
    before, after = frame[~frame["is_after"].astype(bool)], frame[frame["is_after"].astype(bool)]
    if before["unit_count"].sum() < FEW_ORDERS or after["unit_count"].sum() < FEW_ORDERS:
        return None
    names = ["value", "unit_count", "found_count"]
    return contributions(before[names], after[names])


def _kind_changes(shown: View) -> pd.DataFrame | None:
    """Return the change by kind: all of it rate, since every order may have each kind."""
    units = _values(shown, "", since=shown.before.isoformat(), **segments.parameters(shown.conditions))
    is_after = units["is_after"].astype(bool)
    orders = {after: int(units[is_after.eq(after)]["unit_count"].sum()) for after in (False, True)}
    frame = _kinds(shown, shown.since, shown.before)
    if min(orders.values()) < FEW_ORDERS or frame.empty or shown.conditions:
        return None
    counts = frame.pivot_table(index="kind", columns="is_after", values="found_count", aggfunc="sum").fillna(0)
    counts = counts.reindex(columns=[False, True], fill_value=0)
    effect = counts[True] / orders[True] * PER - counts[False] / orders[False] * PER
    variance = counts[True] / orders[True] ** 2 + counts[False] / orders[False] ** 2
    table = pd.DataFrame(
        {"rate_effect": effect, "mix_effect": 0.0, "effect": effect, "spread": np.sqrt(variance) * PER}
    ).sort_values("effect", key=abs, ascending=False)
    table.attrs |= {
        after: float(counts[key].sum() / orders[key] * PER) for key, after in ((False, "before"), (True, "after"))
    }
    return table


def _change_name(by: str, value: object) -> str:
    return kind_title(str(value)) if by == "kind" else segments.label(by, str(value))


def _change_title(table: pd.DataFrame, by: str, before: float, after: float) -> str:
    values = {"before": format_number(before, 1), "after": format_number(after, 1)}
    sure = table[table["rate_effect"].abs().gt(1.96 * table["spread"])]
    if sure.empty:
        return _("From {before} to {after} per 1,000: no single part of it is beyond chance").format(**values)
    first = sure.iloc[0]
    name = widgets.plain(_change_name(by, sure.index[0]))
    if first["rate_effect"] > 0:
        return _("From {before} to {after} per 1,000: {name} adds {effect}").format(
            name=name, effect=format_number(first["effect"], 1), **values
        )
    return _("From {before} to {after} per 1,000: {name} takes away {effect}").format(
        name=name, effect=format_number(-first["effect"], 1), **values
    )


def _draw_changes(table: pd.DataFrame, by: str, before: float, after: float, shown: View, title: str) -> None:
    top = table.head(7)
    steps = [(_change_name(by, value), float(row["rate_effect"])) for value, row in top.iterrows()]
    rest = table.iloc[7:]
    if len(rest):
        steps.append((_("All others"), float(rest["rate_effect"].sum())))
    mix = float(table["mix_effect"].sum())
    if by != "kind":
        steps.append((_("Another mix"), mix))
    names = [_("Before"), *(name for name, _value in steps), _("Now")]
    values = [before, *(value for _name, value in steps), after]
    texts = [
        format_number(value, 1) if place in (0, len(values) - 1) else f"{value:+.1f}"
        for place, value in enumerate(values)
    ]
    unit = _("Findings per 1,000 lines") if shown.grain == "line" else _("Findings per 1,000 orders")
    widgets.chart(cause_charts.waterfall(names, values, texts, unit), f"changes_{by}", title, 360)
