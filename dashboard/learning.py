"""What verdicts on similar findings say about the one that is open: how far they moved it, and what was decided."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from scipy.special import expit, logit

from dashboard import charts, queries, widgets
from dashboard.i18n import N_, _, format_percent, is_missing, ngettext
from dashboard.widgets import plain
from dashboard.words import finders, reason, word, would_pass
from models.feedback import LIMIT

LEAST_MOVE = 0.005
SHARED = {
    "kind": N_("same kind"),
    "source": N_("same check"),
    "variant": N_("same check and pattern"),
    "channel": N_("same check and channel"),
    "operator": N_("same check, entered by the same"),
    "region": N_("same check and region"),
    "customer": N_("same customer"),
    "product": N_("same check and product"),
    "customer_product": N_("same customer and product"),
}


def counterfactual(row: pd.Series) -> None:
    """Say what would have let it pass."""
    if told := would_pass(row.to_dict()):
        st.caption(plain(told))


def moved(row: pd.Series) -> None:
    """Say how far the labels moved the chance, and which ones."""
    learned = queries.lessons().about(row.to_dict())
    before, after = float(row["prior_score"]), float(row["score"])
    if learned.empty or abs(after - before) < LEAST_MOVE:
        return
    told = learned.iloc[int(learned["weight"].abs().to_numpy().argmax())]
    confirmed, rejected = int(told["confirmed_count"]), int(told["rejected_count"])
    values = {"shared": _(SHARED[told["trait"]]), "before": format_percent(before), "after": format_percent(after)}
    told_as = _("Resembles what was judged before ({shared}: {verdicts}): {before} by the check alone, {after} now.")
    st.caption(told_as.format(verdicts=_verdicts(confirmed, rejected), **values))


def chance(row: pd.Series) -> None:
    """Draw what the chance is made of: its check at the limit, how far beyond it this is, what verdicts taught."""
    parts = _steps(row)
    if len(parts) < 2:
        return
    names, reached = [name for name, _chance in parts], [chance for _name, chance in parts]
    moves = [after - before for before, after in zip([0.0, *reached], reached, strict=False)]
    texts = [format_percent(reached[0]), *(f"{move * 100:+.0f}" for move in moves[1:])]
    title = _("What the chance of {share} is made of").format(share=format_percent(row["score"]))
    hint = _(
        "In points of the chance, one after the other. The check states how often it is right, and surer the further "
        "beyond its limit; verdicts on what resembles it move that."
    )
    st.markdown(f"**{title}**", help=hint)
    total = (_("Chance"), format_percent(row["score"]))
    figure = charts.waterfall(names, [move * 100 for move in moves], texts, total, _("Points of the chance"))
    widgets.chart(figure, "chance_parts", title, 28 * len(names) + 90)


def _steps(row: pd.Series) -> list[tuple[str, float]]:
    """Return what was taken in one after the other, each with the chance that was reached by it."""
    odds = float(logit(np.clip(row["prior_score"], LIMIT, 1 - LIMIT)))
    parts = [(_("The check by itself"), odds)]
    finder = finders().get(str(row["source"]))
    prior = finder.priors.get(str(row["variant"])) if finder else None
    if prior and prior.low[1] > 0:  # a model that states its own chance has no limit
        at_limit = float(logit(prior.low[0]))
        far = _("How far it is beyond the limit") if odds >= at_limit else _("How far it is short of the limit")
        parts = [(_("The check at its limit"), at_limit), (far, odds - at_limit)]
    learned = queries.lessons().about(row.to_dict())
    for trait, weight, confirmed, rejected in learned.to_numpy().tolist():
        verdicts = _verdicts(int(confirmed), int(rejected))
        parts.append((f"{_(SHARED[trait])} ({verdicts})", float(weight)))
    reached, steps = 0.0, []
    for name, added in parts:
        reached += added
        steps.append((name, float(np.clip(expit(reached), LIMIT, 1 - LIMIT))))
    starts = [0.0, *(after for _name, after in steps)]
    return [step for step, before in zip(steps, starts, strict=False) if abs(step[1] - before) >= LEAST_MOVE]


def _verdicts(confirmed: int, rejected: int) -> str:
    """Return how many verdicts of each sort there were."""
    parts = []
    if rejected:
        parts.append(ngettext("{count} rejected", "{count} rejected", rejected).format(count=rejected))
    if confirmed:
        parts.append(ngettext("{count} confirmed", "{count} confirmed", confirmed).format(count=confirmed))
    return ", ".join(parts)


def similar(row: pd.Series) -> None:
    """List judged findings that resemble this one, with what was decided and why."""
    found = queries.fetch("similar", id=row["exception_id"])
    if found.empty:
        st.caption(_("Nothing like it has been judged yet."))
        return
    confirmed = int(found["label"].eq("confirmed").sum())
    told = ngettext(
        "{count} similar exception was judged: {confirmed} confirmed, {rejected} rejected",
        "{count} similar exceptions were judged: {confirmed} confirmed, {rejected} rejected",
        len(found),
        confirmed=confirmed,
        rejected=len(found) - confirmed,
    )
    st.markdown(f"**{told}**")
    rows = found.to_dict("records")
    shown = pd.DataFrame(
        {
            "order": found["order_id"],
            "label": [word(name) for name in found["label"]],
            "because": [None if is_missing(name) else word(name) for name in found["because"]],
            "shared": [_common(case) for case in rows],
            "told": [reason(case) for case in rows],
            "note": found["note"],
            "by": found["by"],
            "at": found["judged_at"],
        }
    )
    columns = {
        "order": widgets.column(_("Order"), width=90),
        "label": widgets.column(_("Verdict"), width=100),
        "because": widgets.column(_("Reason"), width=110),
        "shared": widgets.column(_("In common"), width=150),
        "told": widgets.column(_("What it said"), width="large"),
        "note": widgets.column(_("Note")),
        "by": widgets.column(_("By"), width=80),
        "at": widgets.column(_("When"), "time"),
    }
    columns = {name: made for name, made in columns.items() if shown[name].notna().any() and shown[name].ne("").any()}
    widgets.table(shown, columns, _("Similar exceptions"), max_height=400)


def _common(case: dict[Any, Any]) -> str:
    names = {
        "is_same_check": _("check"),
        "is_same_customer": _("customer"),
        "is_same_product": _("product"),
        "is_same_operator": _("entered by"),
    }
    return ", ".join(title for name, title in names.items() if case[name])
