"""Checking one order before it is entered: the form, the verdict, and the reasons."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import queries, session, widgets
from dashboard.i18n import _, format_list, format_money, format_percent, is_missing
from dashboard.words import cause_title, kind_title, reason, word
from dashboard.workspace import current
from data.casebook.permissions import require
from data.errors import InvalidInputError, OrderlensError
from models.entry import check_orders, keep_checked
from models.entry_past import SHIP_TO

EMPTY_LINES = 3
LEAST_BITS, MOST_REASONS = 0.5, 4
NEEDED = ("product_id", "quantity", "unit_price")
USUAL = ("channel", "currency", *SHIP_TO)
"""Fields that are filled in as in the customer's latest order."""


def form() -> dict[str, Any] | None:
    """Ask for customer, header and lines; return the order once it is to be checked."""
    customers = queries.fetch("customers_known")
    names = dict(zip(customers["customer_id"], customers["name"], strict=True)) if len(customers) else {}
    products = queries.fetch("products_known")
    customer = st.selectbox(
        _("Customer"),
        list(names),
        index=None,
        format_func=lambda name: f"{names.get(name, name)} · {name}",
        placeholder=_("Choose or type an identifier"),
        accept_new_options=True,
        key="entry_customer",
        on_change=session.safely(_fill_in_usual),
        help=_("The other fields are filled in as in the customer's latest order."),
    )
    st.session_state.setdefault("entry_currency", _usual_currency())
    with st.form("entry_form", border=False):
        left, right = st.columns(2)
        places = {"customer_po": left, **{name: (right, left)[number % 2] for number, name in enumerate(USUAL)}}
        given = {
            name: place.text_input(word(name), key=f"entry_{name}", autocomplete="off")
            for name, place in places.items()
        }
        lines = st.data_editor(
            _blank_lines(),
            column_config=_line_columns(products),
            num_rows="dynamic",
            hide_index=True,
            key="entry_lines",
            placeholder="",
            alt=_("Lines of the order"),
        )
        st.checkbox(_("Thorough: stock and the order as a whole too"), key="thorough")
        is_asked = st.form_submit_button(_("Check"), type="primary", icon=":material/fact_check:")
    if not is_asked:
        return None
    filled = [row for row in lines.to_dict("records") if not all(is_missing(value) for value in row.values())]
    if not customer or not filled or any(is_missing(row[name]) for row in filled for name in NEEDED):
        st.warning(_("Choose a customer, and fill in at least one line with product, quantity and unit price."))
        return None
    lines_given = [{key: None if is_missing(value) else value for key, value in row.items()} for row in filled]
    return {"customer_id": customer, **{name: value for name, value in given.items() if value}, "lines": lines_given}


def _fill_in_usual() -> None:
    """Fill in what the customer's latest order had."""
    latest = queries.fetch("customer_latest", customer_id=st.session_state["entry_customer"])
    for name in USUAL:
        known = latest[name].iloc[0] if len(latest) else None
        st.session_state[f"entry_{name}"] = "" if is_missing(known) else str(known)
    st.session_state["entry_currency"] = st.session_state["entry_currency"] or _usual_currency()


def _usual_currency() -> str:
    clock = queries.fetch("clock")
    return str(clock["currency"].iloc[0] or "") if len(clock) else ""


def _blank_lines() -> pd.DataFrame:
    columns = {"product_id": "string", "quantity": "float", "unit_price": "float", "discount": "float"}
    return pd.DataFrame({name: pd.Series([None] * EMPTY_LINES, dtype=kind) for name, kind in columns.items()})


def _line_columns(products: pd.DataFrame) -> dict[str, Any]:
    names = dict(zip(products["product_id"], products["name"], strict=True)) if len(products) else {}
    make = st.column_config
    return {
        "product_id": make.SelectboxColumn(
            _("Product"), options=list(names), format_func=lambda name: f"{name} · {names.get(name, '')}"
        ),
        "quantity": make.NumberColumn(_("Quantity"), min_value=0),
        "unit_price": make.NumberColumn(_("Unit price"), min_value=0, format="%.2f"),
        "discount": make.NumberColumn(_("Discount"), min_value=0, max_value=1, format="percent"),
    }


def judge(order: dict[str, Any]) -> None:
    """Check the order and say whether to enter it, with every reason."""
    require(session.actor(), "order.check")
    workspace = current()
    try:
        with st.spinner(_("Checking against the history …")):
            verdicts = check_orders(
                workspace.warehouse,
                workspace.casebook,
                workspace.settings,
                order,
                bool(st.session_state.get("thorough")),
            )
            keep_checked(workspace.casebook, session.actor(), order, verdicts)
    except InvalidInputError as wrong:
        st.warning(widgets.plain(str(wrong)), title=_("The order is not complete"))
        return
    except OrderlensError as wrong:
        st.error(widgets.plain(str(wrong)))
        return
    found = verdicts[0]
    st.session_state["entry_check_id"] = found["check_id"]
    if found["verdict"] == "hold":
        st.error(_("Clear up what is listed below before entering it."), title=_("Hold this order"))
    else:
        st.success(_("Nothing likely to be wrong was found."), title=_("Enter this order"))
    for finding in found["findings"]:
        _finding(finding)
    for pair in found["duplicates"]:
        _duplicate(pair)
    if found["not_run"]:
        missing = sorted({word(name) for run in found["not_run"] for name in run["missing"]})
        st.caption(_("Some checks could not run, because these tables are missing: {tables}").format(
            tables=format_list(missing)))  # fmt: skip


def _duplicate(pair: dict[str, Any]) -> None:
    """Tell which order it may repeat, and what speaks for it most."""
    text = _("Looks like order {order} again ({share})")
    told = text.format(order=pair["duplicate_of"], share=format_percent(pair["probability"]))
    speaking = [part for part in pair["reasons"] if part["level"] and part["weight"] >= LEAST_BITS][:MOST_REASONS]
    with st.container(border=True):
        st.markdown(f"**{widgets.plain(told)}**")
        if speaking:
            st.caption(widgets.plain(format_list([_(str(part["level"])) for part in speaking])))


def entered() -> None:
    """Let the visitor say that the order checked last was entered, so that the next check knows of it."""
    check_id = st.session_state.get("entry_check_id")
    if check_id is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(_("Entered as order"), key=f"entered_{check_id}", width=200, autocomplete="off")
        st.button(
            _("It was entered"),
            on_click=session.safely(_keep_entered),
            args=(int(check_id),),
            key=f"is_entered_{check_id}",
            disabled=not name,
        )


def _keep_entered(check_id: int) -> None:
    name = str(st.session_state.get(f"entered_{check_id}", ""))
    current().casebook.order_checks.enter(session.actor(), check_id, name)
    st.session_state["entry_check_id"] = None
    st.toast(_("Kept. The next check knows of it."))


def _finding(finding: dict[str, Any]) -> None:
    with st.container(border=True):
        line = "" if finding["line_no"] is None else f" · {_('line {number}').format(number=finding['line_no'])}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(kind_title(finding["kind"]), color="red" if finding["score"] >= queries.LIKELY else "gray")
            st.caption(
                f"{format_percent(finding['score'])} · {_('at risk')} {format_money(finding['impact'])} · "
                f"{cause_title(finding['cause'], finding['kind'])}{line}"
            )
        st.markdown(widgets.plain(reason({**finding, "evidence": json.dumps(finding["evidence"], default=str)})))
        st.caption(widgets.plain(_(finding["action"])))
