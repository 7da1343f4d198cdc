"""For managers: what was done about a cause, and whether the rate fell since, tested and with its interval."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import control_figures, improvement_rates, segments, session, url_state, widgets
from dashboard.i18n import N_, _, format_date, format_number, format_percent
from dashboard.words import cause_title, kind_title, word
from dashboard.workspace import current
from data.casebook import Actor
from data.casebook.interventions import MAX_TITLE, Plan
from data.errors import OrderlensError
from data.vocabulary import CAUSES, DEPARTMENTS, KINDS
from models.improvement.interruptions import AFTER, BEFORE, Effect, interruption
from models.root_causes.prevention import prevention_of

PAGE = "plan"
DEFAULTS: dict[str, Any] = {"kind": "", "cause": "", "seg": []}
MOST = 20
VERDICTS = {
    "fell": N_("It fell"),
    "rose": N_("It rose"),
    "no_evidence": N_("No evidence yet"),
    "too_early": N_("Too early to say"),
}


def effect_of(row: dict[Any, Any]) -> tuple[Effect, improvement_rates.Weeks] | None:
    """Test one intervention on the weeks of what it is about; None where there are no weeks."""
    weeks = improvement_rates.read("", row["kind"], row["cause"], row["conditions"])
    days, found, orders = weeks.pooled()
    has_orders = orders.to_numpy(float) > 0
    if not has_orders.any():
        return None
    kept = [day for day, there in zip(days, has_orders, strict=True) if there]
    # The week in which it began is neither before nor after: it is left out unless it began on a Monday.
    begun = row["begins_on"] - timedelta(days=row["begins_on"].weekday())
    is_whole = np.array([day != begun or day == row["begins_on"] for day in kept])
    kept = [day for day, whole in zip(kept, is_whole, strict=True) if whole]
    start = sum(day < row["begins_on"] for day in kept)
    counts = found.to_numpy(float)[has_orders][is_whole]
    exposed = orders.to_numpy(float)[has_orders][is_whole]
    table = pd.DataFrame({"found": counts, "orders": exposed}, index=pd.Index(kept))
    chosen = improvement_rates.Weeks(kept, table[["orders"]], table[["found"]], table[["found"]])
    return interruption(counts, exposed, start), chosen


def show() -> None:
    """List the interventions with what they did; draw the one picked; record another."""
    tested = [(row, effect_of(row)) for row in listed()]
    with widgets.card(list_title([found[0] for _row, found in tested if found]), _test_hint()):
        if not tested:
            st.caption(_("Record what was done and when. Each is tested against how the rate would have gone on."))
        else:
            picked = _list(tested)
            row, found = tested[picked]
            if found is not None:
                _draw(row, *found)
            _withdraw(row)
    if session.may("intervention.add"):
        _record()


def listed() -> list[dict[Any, Any]]:
    """Return the latest interventions."""
    rows: list[dict[Any, Any]] = current().casebook.interventions.list().head(MOST).to_dict("records")
    return rows


def _test_hint() -> str:
    return _(
        "Interrupted time series: the logarithm of the weekly rate as a level, a trend and a step, with weeks that "
        "hang together (autocorrelation) and counting noise. The interval holds the true change in 95 of 100 cases. "
        "At least {before} full weeks before and {after} after are needed."
    ).format(before=BEFORE, after=AFTER)


def list_title(effects: list[Effect]) -> str:
    """Say how many interventions worked."""
    fell = sum(one.verdict == "fell" for one in effects)
    if not effects:
        return _("No intervention is recorded")
    return _("{fell} of {count} interventions lowered the rate beyond doubt").format(fell=fell, count=len(effects))


def about(row: dict[Any, Any]) -> str:
    """Return what an intervention is about, in words."""
    parts = [kind_title(row["kind"])] if row["kind"] else []
    parts += [cause_title(row["cause"], row["kind"])] if row["cause"] else []
    parts += [segments.text(row["conditions"])] if row["conditions"] else []
    return " · ".join(parts) or _("All exceptions")


def change_text(effect: Effect) -> str:
    """Return a change with its interval: ``-31% (-45% to -13%)``."""
    if not effect.is_judged:
        return "–"
    low, high = format_percent(effect.low), format_percent(effect.high)
    return _("{change} ({low} to {high})").format(change=format_percent(effect.change), low=low, high=high)


def _list(tested: list[tuple[dict[Any, Any], Any]]) -> int:
    """List the interventions; return which one is picked, the latest if none."""
    shown = pd.DataFrame(
        {
            "title": [row["title"] for row, _found in tested],
            "begins_on": pd.to_datetime([row["begins_on"] for row, _found in tested]),
            "about": [about(row) for row, _found in tested],
            "department": [word(row["department"]) for row, _found in tested],
            "verdict": [_(VERDICTS[found[0].verdict if found else "too_early"]) for _row, found in tested],
            "change": [change_text(found[0]) if found else "–" for _row, found in tested],
        }
    )
    columns = {
        "title": widgets.column(_("Intervention"), width="medium"),
        "begins_on": widgets.column(_("Begins"), "day"),
        "about": widgets.column(_("About"), width="medium"),
        "department": widgets.column(_("Owner")),
        "verdict": widgets.column(_("Did the rate change?")),
        "change": widgets.column(_("Change of the rate, 95% interval"), width="medium"),
    }
    key = f"interventions_{len(shown)}"
    event = widgets.table(
        shown, columns, _("Interventions"), max_height=300, on_select="rerun", selection_mode="single-row", key=key
    )
    return int(event.selection.rows[0]) if event and event.selection.rows else 0


def sentence(row: dict[Any, Any], effect: Effect) -> str:
    """Say what an intervention did."""
    title = widgets.plain(str(row["title"]))
    if effect.verdict == "too_early":
        text = _("{title}: too early to say ({before} full weeks before, {after} after)")
        return text.format(title=title, before=effect.before_weeks, after=effect.after_weeks)
    values = {"title": title, "change": format_percent(abs(effect.change))}
    values |= {"low": format_percent(effect.low), "high": format_percent(effect.high)}
    if effect.verdict == "no_evidence":
        return _("{title}: no evidence yet; the change lies between {low} and {high}").format(**values)
    if effect.verdict == "fell":
        return _("{title}: the rate fell by {change} ({low} to {high})").format(**values)
    return _("{title}: the rate rose by {change} ({low} to {high})").format(**values)


def _draw(row: dict[Any, Any], effect: Effect, weeks: improvement_rates.Weeks) -> None:
    st.markdown(f"**{sentence(row, effect)}**")
    found, orders = weeks.found.iloc[:, 0].to_numpy(float), weeks.orders.iloc[:, 0].to_numpy(float)
    names = (_("Observed"), _("Model"), _("Without it"), _("Per 1,000 orders"))
    figure = control_figures.interrupted(
        weeks.weeks, (found / orders).tolist(), effect.fitted.tolist(), effect.expected.tolist(), row["begins_on"],
        names, str(row["title"]),
    )  # fmt: skip
    widgets.chart(figure, f"effect_{row['intervention_id']}", sentence(row, effect), 320)
    if effect.is_judged:
        st.caption(
            _("Findings prevented since: {count} ({low} to {high}). Neighbouring weeks correlate by {rho}.").format(
                count=format_number(effect.prevented), low=format_number(effect.prevented_low),
                high=format_number(effect.prevented_high), rho=format_number(effect.correlation, 2),
            )
        )  # fmt: skip
    if row["procedure"]:
        st.caption(f"{_('How it is done now')}: {widgets.plain(row['procedure'])}")
    if row["training"]:
        st.caption(f"{_('Training topic')}: {widgets.plain(row['training'])}")


def _withdraw(row: dict[Any, Any]) -> None:
    if not session.may("intervention.withdraw"):
        return
    number, actor = int(row["intervention_id"]), session.actor()

    def withdraw() -> None:
        current().casebook.interventions.withdraw(actor, number)

    st.button(
        _("Withdraw this intervention"), key=f"withdraw_{number}", type="tertiary", icon=":material/undo:",
        on_click=session.safely(withdraw),
    )  # fmt: skip


def _record() -> None:
    """Draw the form for a new intervention, filled with what the address says."""
    url_state.load(PAGE, DEFAULTS, {"kind": ["", *KINDS], "cause": ["", *CAUSES]})
    asked = {name: st.session_state[f"{PAGE}_{name}"] for name in DEFAULTS}
    conditions = segments.read(asked["seg"])
    known = prevention_of(asked["kind"], asked["cause"])
    with st.expander(_("Record an intervention"), expanded=bool(asked["kind"] or conditions), icon=":material/add:"):
        with st.form("intervention_add", border=False):
            left, right = st.columns([3, 1])
            title = left.text_input(
                _("What is done"), max_chars=MAX_TITLE, key="intervention_title",
                placeholder=_("Training, new form, setting …"),
            )  # fmt: skip
            begins_on = right.date_input(_("Begins"), value=_today(), key="intervention_begins", format="YYYY-MM-DD")
            first, second, third = st.columns(3)
            kinds, causes, departments = ["", *KINDS], ["", *CAUSES], ["", *DEPARTMENTS]
            kind = first.selectbox(
                _("Meant to lower"), kinds, index=kinds.index(asked["kind"]), key="intervention_kind",
                format_func=lambda name: kind_title(name) if name else _("All exceptions"),
            )  # fmt: skip
            cause = second.selectbox(
                _("Cause"), causes, index=causes.index(asked["cause"]), key="intervention_cause",
                format_func=lambda name: word(name) if name else _("Any"),
            )  # fmt: skip
            department = third.selectbox(
                _("Owner"), departments, index=departments.index(known.department) if known else 0,
                key="intervention_department", format_func=lambda name: word(name) if name else "–",
            )  # fmt: skip
            if conditions:
                st.caption(f"{_('Segment')}: {widgets.plain(segments.text(conditions))}")
            procedure = st.text_area(
                _("How it is done from now on"),
                value=_(known.title) if known else "",
                key="intervention_procedure",
                height=80,
            )
            training = st.text_input(
                _("Training topic"), value=_(known.training) if known else "", key="intervention_training"
            )
            is_sent = st.form_submit_button(_("Record it"), type="primary")
        if is_sent:
            chosen = begins_on if isinstance(begins_on, date) else _today()
            plan = Plan(title, chosen, kind, cause, conditions, department, procedure, training)
            _add(session.actor(), plan)


def _add(actor: Actor, plan: Plan) -> None:
    """Record an intervention; say why it was refused, in its place."""
    try:
        current().casebook.interventions.add(actor, plan)
    except OrderlensError as wrong:
        st.error(widgets.plain(str(wrong)))
        return
    st.rerun()


def _today() -> date:
    weeks = improvement_rates.full_weeks()
    return weeks[-1] + timedelta(days=7) if weeks else date.today()


def planned(kind: str, cause: str) -> pd.DataFrame:
    """Return the interventions that are meant to lower a kind and cause."""
    frame = current().casebook.interventions.list()
    is_meant = frame["kind"].isin(["", kind] if kind else [""]) & frame["cause"].isin(["", cause])
    return frame[is_meant]


def short(row: dict[Any, Any]) -> str:
    """Return an intervention in one line."""
    return f"{row['title']} ({format_date(row['begins_on'])})"
