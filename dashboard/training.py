"""Training needs: what goes wrong when orders are entered, by field, channel and operator, and the findings behind."""

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, downloads, navigation, queries, widgets
from dashboard.i18n import N_, _, format_number, format_percent, ngettext
from dashboard.words import kind_title, reason, word
from dashboard.workspace import current
from models.training_needs import (
    ENTRY_CAUSES,
    FALSE_SHARE,
    MIN_ORDERS,
    OTHERS,
    SMALL,
    automatic_channels,
    field_of,
    masked_name,
    profile,
    shared_topics,
)

PERIODS = {"90": N_("Last 90 days"), "365": N_("Last 12 months"), "0": N_("All orders")}
FIELD_WORDS = {
    "order_id": N_("Whole order (entered twice)"),
    "line_no": N_("Lines of the order"),
    "requested_at": N_("Dates"),
    "product_id": N_("References to master data"),
}
"""Fields whose schema name would mislead here."""

FINDINGS_SHOWN = 200


def field_title(field: str) -> str:
    """Return the title of a form field."""
    return _(FIELD_WORDS[field]) if field in FIELD_WORDS else word(field)


def operator_title(operator: str) -> str:
    """Return an operator's name, or the number that stands for it where names are masked."""
    if operator == OTHERS:
        return _("Others")
    return _("Operator {number}").format(number=masked_name(operator)) if is_masked() else operator


def is_masked() -> bool:
    """Return whether names are replaced by numbers: by the setting, or because the reader wants it so."""
    return current().settings.mask_operators or bool(st.session_state.get("training_masked"))


def controls() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the choice of period and channels; return the errors and the orders chosen, as `profile` reads them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        period = st.segmented_control(
            _("Period"), list(PERIODS), default="365", key="training_period", required=True,
            format_func=lambda name: _(PERIODS[name]),
        )  # fmt: skip
        clock = queries.fetch("clock")["now"].iloc[0]
        since = clock - timedelta(days=int(period)) if int(period or 0) else pd.Timestamp("1900-01-01")
        orders = queries.fetch("entry_orders", since=str(since))
        known = list(orders["channel"].drop_duplicates())
        automatic = automatic_channels(orders)
        chosen = st.multiselect(
            _("Channels"), known, [name for name in known if name not in automatic], key=f"training_channels_{period}",
            format_func=word, placeholder=_("All channels"), width=420,
            help=_("Channels in which one account enters nearly everything are left out at first."),
        )  # fmt: skip
        if not current().settings.mask_operators:
            st.toggle(_("Hide names"), key="training_masked")
    errors = queries.fetch("entry_errors", since=str(since), causes=list(ENTRY_CAUSES))
    channels = chosen or known
    errors = errors[errors["channel"].isin(channels)]
    fields = [
        field_of(source, variant, named)
        for source, variant, named in zip(
            errors["source"], errors["variant"], errors["named_field"].where(errors["named_field"].notna(), None),
            strict=True,
        )
    ]  # fmt: skip
    return errors.assign(field=fields), orders[orders["channel"].isin(channels)]


def counted(errors: pd.DataFrame) -> pd.DataFrame:
    """Return the errors counted by operator, channel and field."""
    return (
        errors.groupby(["operator", "channel", "field"], as_index=False).size().rename(columns={"size": "error_count"})
    )


def topics(errors: pd.DataFrame, orders: pd.DataFrame) -> None:
    """Show what to train: for everybody first, then for single operators where it is more than chance."""
    counts = counted(errors)
    found, everybody = profile(counts, orders), shared_topics(counts, orders)
    own = found[found["is_topic"]]
    left, right = st.columns(2, gap="large")
    with left, widgets.card(_for_everybody(everybody), _("Errors in a field, whoever made them.")):
        shown = pd.DataFrame(
            {
                "field": [field_title(field) for field in everybody["field"]],
                "count": everybody["error_count"],
                "rate": everybody["rate"],
                "operators": everybody["operator_count"],
                "channel": [word(channel) for channel in everybody["channel"]],
            }
        )
        columns = {
            "field": widgets.column(_("Form field")),
            "count": widgets.column(_("Errors"), "whole"),
            "rate": widgets.column(_("Per 1,000 orders"), "rate"),
            "operators": widgets.column(_("Operators"), "whole"),
            "channel": widgets.column(_("Mostly by")),
        }
        _table(shown, columns, _("Topics for everybody"), "training_shared")
    hint = _("More than colleagues on the same channels, beyond chance; at most {share} of such topics are chance.")
    with right, widgets.card(_for_operators(own), hint.format(share=format_percent(FALSE_SHARE))):
        shown = pd.DataFrame(
            {
                "operator": [operator_title(name) for name in own["operator"]],
                "field": [field_title(field) for field in own["field"]],
                "count": own["error_count"],
                "expected": own["expected_count"],
                "ratio": own["ratio"],
            }
        )
        columns = {
            "operator": widgets.column(_("Entered by")),
            "field": widgets.column(_("Form field")),
            "count": widgets.column(_("Errors"), "whole"),
            "expected": widgets.column(_("As colleagues"), "rate"),
            "ratio": widgets.column(_("Times"), "rate"),
        }
        _table(shown, columns, _("Topics for single operators"), "training_own")
    _heatmap(found)
    st.caption(
        _(
            "Fewer than {small} errors are not shown of one operator; fewer than {orders} orders stand under Others."
        ).format(small=SMALL, orders=MIN_ORDERS)
    )


def _table(shown: pd.DataFrame, columns: dict[str, Any], title: str, name: str) -> None:
    if shown.empty:
        st.caption(_("Nothing that is more than chance or a small number."))
        return
    widgets.table(shown, columns, title, height="content")
    downloads.buttons(shown, name)


def _for_everybody(found: pd.DataFrame) -> str:
    if found.empty:
        return _("No field goes wrong often")
    first = found.iloc[0]
    form = _("{field} goes wrong most: {rate} of 1,000 orders")
    return form.format(field=field_title(first["field"]), rate=format_number(first["rate"], 1))


def _for_operators(found: pd.DataFrame) -> str:
    if found.empty:
        return _("No operator differs from the colleagues")
    return ngettext("{count} topic for one operator", "{count} topics for single operators", len(found))


def _heatmap(found: pd.DataFrame) -> None:
    shown = found[~found["is_hidden"]]
    if shown.empty:
        return
    table = shown.pivot_table(index="operator", columns="field", values="rate", aggfunc="sum")
    table = table.loc[table.sum(axis=1).sort_values().index, table.sum().sort_values(ascending=False).index]
    drawn = charts.heatmap(
        table, [operator_title(name) for name in table.index], [field_title(field) for field in table.columns],
        _("errors per 1,000 orders"),
    )  # fmt: skip
    with widgets.card(_("Where each operator's errors are"), _("Empty: none, or fewer than {n}.").format(n=SMALL)):
        widgets.chart(
            drawn, key="training_profile", alt=_("Errors per 1,000 orders by operator and form field"),
            height=max(220, 40 * len(table) + 120),
        )  # fmt: skip


def findings(errors: pd.DataFrame) -> None:
    """List the findings behind a field, latest first; a click opens one in the queue."""
    st.markdown(f"**{_('The findings behind a topic')}**")
    fields = list(errors["field"].value_counts().index)
    if not fields:
        return
    counts = errors.groupby("operator").size()
    names = [name for name in counts.index if counts[name] >= SMALL]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        field = st.selectbox(_("Form field"), fields, format_func=field_title, key="training_field", width=280)
        operator = st.selectbox(
            _("Entered by"), ["", *names], key="training_operator", width=240,
            format_func=lambda name: operator_title(name) if name else _("Everybody"),
        )  # fmt: skip
    behind = errors[errors["field"].eq(field)]
    if operator:
        behind = behind[behind["operator"].eq(operator)]
        if len(behind) < SMALL:
            st.caption(_("Fewer than {n} errors: not shown of one operator.").format(n=SMALL))
            return
    rows = behind.head(FINDINGS_SHOWN).to_dict("records")
    shown = pd.DataFrame(
        {
            "at": behind["ordered_at"].head(FINDINGS_SHOWN).to_numpy(),
            "order": [row["order_id"] for row in rows],
            "kind": [kind_title(str(row["kind"])) for row in rows],
            "reason": [reason(row) for row in rows],
            "channel": [word(str(row["channel"])) for row in rows],
        }
    )
    columns = {
        "at": widgets.column(_("Ordered"), "time"),
        "order": widgets.column(_("Order")),
        "kind": widgets.column(_("Kind")),
        "channel": widgets.column(_("Channel")),
        "reason": widgets.column(_("Reason"), width="large"),
    }
    event = widgets.table(
        shown, columns, _("Findings"), max_height=420, key=f"training_findings_{field}_{operator}", on_select="rerun",
        selection_mode="single-row",
    )  # fmt: skip
    chosen = event.selection.rows
    if chosen and chosen[0] < len(rows):
        alert = str(rows[chosen[0]]["alert_id"])
        st.switch_page(navigation.PAGES_FOLDER / "exceptions.py", query_params={"id": alert, "status": "all"})
