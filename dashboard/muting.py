"""Muting: keep out of sight what is known to be harmless, for a while, after seeing what that would hide."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, navigation, queries, session, widgets
from dashboard.i18n import N_, _, format_day, is_missing, ngettext
from dashboard.words import finders, kind_title, reason, word
from dashboard.workspace import current
from data.casebook.mutes import DIRECTIONS, NAMED, MuteRule
from data.vocabulary import FALSE_POSITIVE_REASONS, KINDS

DAYS = {30: N_("30 days"), 90: N_("90 days"), 180: N_("180 days"), 365: N_("a year")}
DIRECTION_TITLES = {
    "": N_("Above and below"),
    "up": N_("Above the expected only"),
    "down": N_("Below the expected only"),
}
SCOPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "customer_product": (N_("This check, for this customer and product"), ("source", "customer_id", "product_id")),
    "customer": (N_("This check, for this customer"), ("source", "customer_id")),
    "product": (N_("This check, for this product"), ("source", "product_id")),
    "source": (N_("This check altogether"), ("source",)),
    "finding": (N_("This one only"), ("exception_id",)),
}


def offer(row: pd.Series) -> None:
    """Offer to mute what resembles the open finding, with what that would hide."""
    if not session.may("mute.add"):
        return
    box = st.popover(
        _("Mute"), icon=":material/notifications_off:", type="tertiary", key="mute_open", on_change="rerun"
    )
    if not box.open:  # what it would hide is counted for who asks
        return
    with box:
        scopes = [name for name, (_title, parts) in SCOPES.items() if not any(is_missing(row[part]) for part in parts)]
        scope = st.selectbox(_("What"), scopes, format_func=lambda name: _(SCOPES[name][0]), key="mute_scope")
        about: dict[str, Any] = {part: str(row[part]) for part in SCOPES[scope][1]}
        rule = MuteRule(**about)
        days, because = _terms("mute")
        hidden, confirmed = _hidden(rule)
        st.caption(_told(hidden, confirmed))
        st.button(_("Mute"), on_click=_add, args=(rule, days, because), key="mute_add", type="primary")


def _terms(key: str) -> tuple[int, str]:
    days = st.selectbox(_("For"), list(DAYS), index=1, format_func=lambda count: _(DAYS[count]), key=f"{key}_days")
    reason = st.selectbox(_("Because"), FALSE_POSITIVE_REASONS, format_func=word, key=f"{key}_reason")
    return int(days), str(reason)


def _hidden(rule: MuteRule) -> tuple[int, int]:
    """Return how many likely findings a rule hides, and how many confirmed ones among them."""
    effect = queries.mute_effect(rule)
    if effect.empty:
        return 0, 0
    gone = effect[effect["is_hidden"]]
    return int(gone["exception_count"].sum()), int(gone["confirmed_count"].sum())


def _told(hidden: int, confirmed: int) -> str:
    text = ngettext("Hides {count} likely exception.", "Hides {count} likely exceptions.", hidden)
    text = text.format(count=hidden)
    if confirmed:
        lost = ngettext(
            "{count} of them was confirmed as real: it would be lost.",
            "{count} of them were confirmed as real: they would be lost.",
            confirmed,
        )
        text += " " + lost.format(count=confirmed)
    return text


@session.safely
def _add(rule: MuteRule, days: int, reason: str) -> None:
    current().casebook.mutes.add(session.actor(), rule, datetime.now(UTC) + timedelta(days=days), reason)
    st.session_state["mute_open"] = False
    st.toast(_("Muted. It is listed, and can be ended, on the page “Precision and noise”."), duration="short")


@session.safely
def _revoke(mute_id: int) -> None:
    current().casebook.mutes.revoke(session.actor(), mute_id)
    st.toast(_("The mute has ended."), duration="short")


def listed() -> None:
    """List the mutes in force and what ended; whoever made one may end it."""
    found = current().casebook.mutes.list()
    now = pd.Timestamp.now(tz="UTC")
    running = found[found["revoked_at"].isna() & found["until"].gt(now)]
    if running.empty:
        st.caption(_("Nothing is muted."))
    if waiting := queries.cooling_count():
        text = ngettext(
            "{count} likely exception came again and waits: its like was judged within the last {days} days.",
            "{count} likely exceptions came again and wait: their like was judged within the last {days} days.",
            waiting,
            days=current().settings.cool_down_days,
        )
        st.caption(text)
    for row in running.to_dict("records"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            until = format_day(row["until"])
            by = _("until {day}, by {name}: {reason}").format(day=until, name=row["by"], reason=word(row["reason"]))
            st.markdown(f"**{widgets.plain(describe(row))}** · {widgets.plain(by)}")
            if row["by"] == session.actor().name or session.may("mute.revoke_any"):
                st.button(_("End"), on_click=_revoke, args=(int(row["mute_id"]),), key=f"revoke_{row['mute_id']}")
    ended = len(found) - len(running)
    if ended:
        st.caption(ngettext("{count} earlier mute has ended.", "{count} earlier mutes have ended.", ended))


def describe(row: dict[Any, Any]) -> str:
    """Say in words what a mute hides."""
    parts = [_condition(name, str(row[name])) for name in NAMED if not is_missing(row[name])]
    if row["direction"]:
        parts.append(_(DIRECTION_TITLES[row["direction"]]))
    if not is_missing(row["below_impact"]):
        parts.append(_("less than {amount} at risk").format(amount=f"{row['below_impact']:,.0f}"))
    if not is_missing(row["below_score"]):
        parts.append(_("chance below {share}%").format(share=round(100 * row["below_score"])))
    return " · ".join(parts)


def _condition(name: str, value: str) -> str:
    if name == "kind":
        return kind_title(value)
    if name == "source":
        return _(finders()[value].title) if value in finders() else value
    return f"{word(name)} {value}"


def simulator() -> None:
    """Let a rule be tried on the whole history before it is decided."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(_("Kind"), list(KINDS), format_func=kind_title, key="try_kind")
        sources = [name for name, finder in finders().items() if finder.kind == kind]
        source = st.selectbox(
            _("Check"), ["", *sources], format_func=lambda name: _title(name), key=f"try_source_{kind}"
        )
        direction = st.selectbox(
            _("Direction"), DIRECTIONS, format_func=lambda name: _(DIRECTION_TITLES[name]), key="try_direction"
        )
        impact = st.number_input(_("Money at risk below"), min_value=0.0, value=0.0, step=50.0, key="try_impact")
        score = st.number_input(_("Chance below (%)"), 0, 100, 0, 5, key="try_score")
    rule = MuteRule(
        kind=kind,
        source=source or None,
        direction=direction,
        below_impact=impact or None,
        below_score=score / 100 if score else None,
    )
    effect = queries.mute_effect(rule)
    if effect.empty:
        return
    hidden, confirmed = _hidden(rule)
    title = _told(hidden, confirmed)
    weeks = sorted(effect["week"].dropna().unique())[-26:]
    frame = effect.assign(kind=effect["is_hidden"].map({True: "hidden", False: "left"}), rate=effect["exception_count"])
    names = {"left": _("Still shown"), "hidden": _("Hidden")}
    colours = {"left": charts.ACCENT, "hidden": charts.QUIET}
    labels = [format_day(week) for week in weeks]
    st.markdown(f"**{title}**")
    figure = charts.stacked_weeks(frame, weeks, names, colours, labels, _("likely exceptions a week"))
    widgets.chart(figure, "mute_effect", title, 280)
    if confirmed:
        _lost(rule)
    if session.may("mute.add"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            days, because = _terms("try")
            st.button(_("Mute"), on_click=_add, args=(rule, days, because), key="try_add")


def _lost(rule: MuteRule) -> None:
    """List what was confirmed as real and would be lost."""
    found = queries.mute_lost(rule)
    rows = found.to_dict("records")
    shown = pd.DataFrame(
        {
            "order": found["order_id"],
            "told": [reason(row) for row in rows],
            "impact": found["impact"],
            "link": [f"{navigation.page_path('exceptions')}?id={row['exception_id']}&status=all" for row in rows],
        }
    )
    columns = {
        "order": widgets.column(_("Order"), width=90),
        "told": widgets.column(_("What it says"), width="large"),
        "impact": widgets.column(_("Money at risk"), "money"),
        "link": st.column_config.LinkColumn(_("Link"), display_text=":material/open_in_new:", width=60),
    }
    widgets.table(shown, columns, _("Confirmed exceptions that would be lost"), max_height=300)


def _title(source: str) -> str:
    return _("Every check") if not source else _(finders()[source].title)
