"""The reorder list: what to order, how much, by when and why; edited, accepted, put to sleep or exported."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import by_warehouse, downloads, queries, session, widgets
from dashboard.i18n import _, format_date, format_number, is_missing, ngettext
from dashboard.workspace import current
from data.casebook.plans import Decision
from models.findings import sentence
from models.planning.reorders import REASONS

SNOOZES = (7, 14, 30)


def show() -> None:
    """Show the proposals that nobody has settled yet, and those that were."""
    frame = queries.fetch("reorders")
    if frame.empty:
        widgets.empty(_("Nothing needs to be ordered, or stock levels are not known."), _("Nothing to order"))
        return
    said = current().casebook.plans.current("reorder")
    frame = by_warehouse.chosen(by_warehouse.with_moves(frame), "reorder_warehouses")
    open_, ordered, asleep = divided(frame, said, _today())
    total = (open_["quantity"] * open_["price"].fillna(0)).sum()
    told = ngettext("{count} product to order", "{count} products to order", open_["product_id"].nunique())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{told} · {_('worth {value} at list price').format(value=format_number(total))}**")
        downloads.buttons(_export(open_, ordered), "reorders")
    st.caption(
        _(
            "Position = on hand + on order − owed. Quantities cover the gap, raised to the least order and whole packs "
            "of past purchases. One order far beyond a product's usual ones is not planned for."
        )
    )
    if len(open_):
        _editor(open_)
    _settled(ordered, asleep)


def _today() -> date:
    clock = queries.fetch("clock")
    return pd.Timestamp(clock["now"].iloc[0]).date()


def divided(frame: pd.DataFrame, said: pd.DataFrame, today: date) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the proposals still open, those ordered, and those asleep.

    An order counts until the day it was to be placed by and two weeks on: by then it is in the data or it is forgotten.
    """
    columns = ["choice", "quantity", "until", "note", "by", "decision_id"]
    decided = said[[*by_warehouse.KEY, *columns]].rename(columns={"quantity": "decided_quantity"})
    # What was decided for the product as a whole holds for each of its warehouses.
    of_whole = decided[decided["warehouse_id"].isna()].drop(columns="warehouse_id")
    both = frame.merge(of_whole, on="product_id", how="left")
    if "warehouse_id" in frame:
        own = frame[by_warehouse.KEY].merge(decided[decided["warehouse_id"].notna()], on=by_warehouse.KEY, how="left")
        is_later = own["decision_id"].notna() & ~(own["decision_id"] < both["decision_id"])
        names = list(of_whole.columns.drop("product_id"))
        both[names] = both[names].where(~is_later, own[names])
    until = pd.to_datetime(both["until"])
    now = pd.Timestamp(today)
    is_asleep = both["choice"].eq("snooze") & (until > now)
    is_ordered = both["choice"].eq("order") & ~(until + pd.Timedelta(days=14) < now)
    return both[~is_asleep & ~is_ordered], both[is_ordered], both[is_asleep]


def why(row: Mapping[Any, Any]) -> str:
    """Return a proposal's sentence in the visitor's language."""
    values = {**row, "runs_low_on": format_date(row["runs_low_on"])}
    return sentence(_(REASONS[str(row["variant"])]), {str(name): value for name, value in values.items()})


def _editor(frame: pd.DataFrame) -> None:
    """Let a planner change quantities and days, then order or put to sleep what is ticked."""
    shown = frame.reset_index(drop=True)
    may = session.may("plan.reorder")
    view = pd.DataFrame(
        {
            "take": False,
            "product_id": shown["product_id"],
            "product_name": shown["product_name"],
            "warehouse_id": shown.get("warehouse_id"),
            "moved": shown["moved"].fillna("–") if "moved" in shown else None,
            "supplier_id": shown["supplier_id"].fillna("–"),
            "quantity": shown["quantity"],
            "order_by": shown["order_by"].dt.date,
            "why": [why(row) for row in shown.to_dict("records")],
            "position": shown["position"],
            "reorder_point": shown["reorder_point"].round(),
            "own_reorder_point": shown["own_reorder_point"].round(),
            "least_quantity": shown["least_quantity"],
            "pack_quantity": shown["pack_quantity"],
        }
    )
    columns = {
        "take": st.column_config.CheckboxColumn(_("Take"), width=75),
        "product_id": widgets.column(_("Product"), width=80),
        "product_name": widgets.column(_("Name"), width=150),
        "warehouse_id": widgets.column(_("Warehouse"), width=90),
        "supplier_id": widgets.column(_("Supplier"), width=75),
        "quantity": st.column_config.NumberColumn(_("To order"), min_value=0, format="%,d", width=95),
        "order_by": st.column_config.DateColumn(_("Order by"), format=widgets.DAY_FORMAT, width=100),
        "moved": widgets.column(_("Could be moved here"), width=135),
        "why": widgets.column(_("Why"), width=600),
        "position": widgets.column(_("Position"), "whole", width=75),
        "reorder_point": widgets.column(_("Needed"), "whole", width=75),
        "own_reorder_point": widgets.column(_("Reorder point"), "whole", width=105),
        "least_quantity": widgets.column(_("Least order"), "whole", width=95),
        "pack_quantity": widgets.column(_("Pack"), "whole", width=60),
    }
    if shown["own_reorder_point"].isna().all():
        del columns["own_reorder_point"]
    columns = {name: made for name, made in columns.items() if name in shown or name not in ("warehouse_id", "moved")}
    locked = [name for name in columns if not may or name not in ("take", "quantity", "order_by")]
    key = f"reorder_editor_{queries.version()}_{current().casebook.plans.generation()}"
    edited = st.data_editor(
        view[list(columns)],
        column_config=columns,
        disabled=locked,
        hide_index=True,
        key=key,
        height=min(520, widgets.ROW_HEIGHT * (len(view) + 1) + 3),
    )
    if may:
        _actions(edited, shown)


def _actions(edited: pd.DataFrame, shown: pd.DataFrame) -> None:
    ticked = edited[edited["take"]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(_("Note"), key="reorder_note", max_chars=2000)
        order = session.safely(lambda: _order(ticked, shown))
        st.button(
            _("Order {count}").format(count=len(ticked)),
            type="primary",
            key="reorder_order",
            on_click=order,
            disabled=ticked.empty or bool((ticked["quantity"] <= 0).any()),
            icon=":material/shopping_cart:",
        )
        st.selectbox(
            _("Sleep for"),
            SNOOZES,
            format_func=lambda days: ngettext("{count} day", "{count} days", days),
            key="reorder_days",
        )
        snooze = session.safely(lambda: _snooze(ticked))
        st.button(_("Snooze"), key="reorder_snooze", on_click=snooze, disabled=ticked.empty, icon=":material/snooze:")


def _order(ticked: pd.DataFrame, shown: pd.DataFrame) -> None:
    decisions = [
        Decision(
            str(row["product_id"]),
            "order",
            quantity=float(row["quantity"]),
            until=row["order_by"],
            proposed={
                "quantity": shown["quantity"][place],
                "order_by": str(shown["order_by"][place].date()),
                "variant": shown["variant"][place],
            },
            note=st.session_state.get("reorder_note", ""),
            warehouse_id=_part(row),
        )
        for place, row in zip(ticked.index, ticked.to_dict("records"), strict=True)
    ]
    current().casebook.plans.decide(session.actor(), "reorder", decisions)
    st.toast(_("Saved. Export the list to place the orders."))


def _part(row: Mapping[Any, Any]) -> str | None:
    """Return for which warehouse a decision holds; none where one warehouse alone keeps the product."""
    where = row.get("warehouse_id")
    return None if is_missing(where) else str(where)


def _snooze(ticked: pd.DataFrame) -> None:
    until = _today() + timedelta(days=int(st.session_state["reorder_days"]))
    note = st.session_state.get("reorder_note", "")
    decisions = [
        Decision(str(row["product_id"]), "snooze", until=until, note=note, warehouse_id=_part(row))
        for row in ticked.to_dict("records")
    ]
    current().casebook.plans.decide(session.actor(), "reorder", decisions)
    st.toast(_("Asleep until {date}.").format(date=format_date(until)))


def _settled(ordered: pd.DataFrame, asleep: pd.DataFrame) -> None:
    """List what was ordered or put to sleep; each can be taken back."""
    settled = pd.concat([ordered, asleep]).reset_index(drop=True)
    if settled.empty:
        return
    told = _("{ordered} ordered, {asleep} asleep").format(ordered=len(ordered), asleep=len(asleep))
    with st.expander(told, icon=":material/task_alt:"):
        names = {"order": _("Ordered"), "snooze": _("Asleep")}
        columns = {
            "product_id": widgets.column(_("Product")),
            "product_name": widgets.column(_("Name"), width="medium"),
            "warehouse_id": widgets.column(_("Warehouse")),
            "what": widgets.column(_("Decision")),
            "decided_quantity": widgets.column(_("Quantity"), "whole"),
            "until": widgets.column(_("Day")),
            "note": widgets.column(_("Note")),
            "by": widgets.column(_("By")),
        }
        widgets.table(settled.assign(what=settled["choice"].map(names)), columns, told)
        if session.may("plan.undo"):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                ids = dict(zip(settled["decision_id"].astype(int), settled["product_name"], strict=True))
                st.selectbox(_("Decision"), list(ids), format_func=lambda number: ids[number], key="reorder_undo_id")
                undo = session.safely(_undo)
                st.button(_("Take back"), key="reorder_undo", on_click=undo, icon=":material/undo:")


def _undo() -> None:
    current().casebook.plans.undo(session.actor(), int(st.session_state["reorder_undo_id"]))
    st.toast(_("Taken back."))


def _export(open_: pd.DataFrame, ordered: pd.DataFrame) -> pd.DataFrame:
    """Return the list as a file: what was decided first, then what is proposed."""
    both = pd.concat([ordered, open_])
    state = ["ordered"] * len(ordered) + ["proposed"] * len(open_)
    quantity = both["decided_quantity"].where(both["choice"].eq("order"), both["quantity"])
    columns = [name for name in ("product_id", "product_name", "warehouse_id", "supplier_id", "moved") if name in both]
    rest = ["order_by", "position", "reorder_point", "on_hand", "on_order", "owed", "lead_days", "price", "note", "by"]
    return both[columns].assign(state=state, quantity=quantity, **{name: both[name] for name in rest})
