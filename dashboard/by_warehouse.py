"""What planners see by warehouse: the choice of warehouses, and what is known of each product in each."""

import pandas as pd
import streamlit as st

from dashboard import queries
from dashboard.i18n import _

KEY = ["product_id", "warehouse_id"]


def _warehouses() -> pd.DataFrame:
    """Return the warehouses of every product; none where there is but one warehouse."""
    return queries.fetch("product_warehouses")


def are_told_apart() -> bool:
    """Return whether several warehouses keep the same product."""
    found = _warehouses()
    return bool(len(found) and found["is_told_apart"].any())


def split(pooled: str, parts: str) -> pd.DataFrame:
    """Return a query's rows with their warehouse: those of products that several keep, one by one.

    Parameters
    ----------
    pooled, parts : str
        The relations of ``dashboard/sql`` with a row per product, and with one per product and warehouse.

    Returns
    -------
    pandas.DataFrame
        The former's rows as they are where there is but one warehouse.
    """
    whole, found = queries.fetch(pooled), _warehouses()
    if whole.empty or found.empty:
        return whole
    is_told_apart = found["is_told_apart"]
    only = found[~is_told_apart].drop_duplicates("product_id").set_index("product_id")["warehouse_id"]
    rest = whole[~whole["product_id"].isin(found.loc[is_told_apart, "product_id"])]
    rest = rest.assign(warehouse_id=rest["product_id"].map(only))
    own = queries.fetch(parts) if is_told_apart.any() else whole.iloc[:0]
    return pd.concat([frame for frame in (rest, own) if len(frame)] or [rest], ignore_index=True)


def with_moves(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with what could be moved to each product's warehouse from others, where anything could."""
    if "warehouse_id" not in frame or not are_told_apart():
        return frame
    moves = queries.fetch("transfers")
    if moves.empty or not moves[KEY].merge(frame[KEY]).size:
        return frame
    return frame.merge(moves, on=KEY, how="left")


def chosen(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Offer the frame's warehouses, if there are several; return the rows of the chosen ones, or all."""
    if "warehouse_id" not in frame or _warehouses().empty:
        return frame.drop(columns="warehouse_id", errors="ignore")
    names = sorted(frame["warehouse_id"].dropna().unique())
    if len(names) < 2:
        return frame
    wanted = st.multiselect(_("Warehouse"), names, key=key, placeholder=_("All warehouses"), width=320)
    return frame[frame["warehouse_id"].isin(wanted)].reset_index(drop=True) if wanted else frame
