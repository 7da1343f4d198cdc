"""Which order lines are demand: neither those entered twice nor those whose quantity was confirmed to be wrong.

A line entered by mistake still claims stock and may still ship, so it stays in the book; it only must not shape what
customers are expected to ask for.
"""

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.findings import Context

SURE = 0.9
"""From this probability on an order counts as entered twice, unless somebody said that it was not."""


def repeated_orders(context: Context) -> "pd.Index[str]":
    """Return the later orders of confirmed and of sure duplicates, without those that were judged to be no duplicates.

    Parameters
    ----------
    context : Context
        The run: labels, and the table ``duplicates`` where its detector ran before.

    Returns
    -------
    pandas.Index
        Order ids.
    """
    labels = context.labels[context.labels["kind"].eq("duplicate_order")]
    found = pd.Index(_sure_pairs(context.connection))
    confirmed = pd.Index(labels.loc[labels["label"].eq("confirmed"), "order_id"])
    denied = pd.Index(labels.loc[labels["label"].eq("false_positive"), "order_id"])
    return found.difference(denied).union(confirmed)


def _sure_pairs(connection: duckdb.DuckDBPyConnection) -> "pd.Series[str]":
    tables = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    if ("duplicates",) not in tables:
        return pd.Series(dtype=str)
    sure = "select distinct order_id from temp.duplicates where probability >= ?"
    return connection.execute(sure, [SURE]).df()["order_id"]


def wrong_quantities(lines: pd.DataFrame, labels: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which lines' quantities were confirmed to be wrong; a wrong price leaves demand as it is."""
    wrong = labels[labels["kind"].eq("quantity_outlier") & labels["label"].eq("confirmed") & labels["line_no"].notna()]
    keys = pd.MultiIndex.from_arrays([wrong["order_id"].astype(str), wrong["line_no"].astype(int)])
    return np.asarray(pd.MultiIndex.from_arrays([lines["order_id"], lines["line_no"]]).isin(keys))
