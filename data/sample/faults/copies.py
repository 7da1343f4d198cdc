"""Copy orders, and add addresses that nobody had in the book."""

from typing import Any

import numpy as np
import pandas as pd

from data.sample.world import World


def copy_orders(world: World, uids: "np.ndarray", **changes: Any) -> "np.ndarray":
    """Append copies of orders with their lines; ``changes`` are columns of the copies. Return the new uids."""
    orders, lines = world.orders, world.lines
    first = int(orders["uid"].max()) + 1
    fresh = np.arange(first, first + len(uids))
    copies = orders.set_index("uid").loc[uids].reset_index(drop=True)
    copies.insert(0, "uid", fresh)
    for column, values in changes.items():
        copies[column] = values
    mapping = pd.DataFrame({"source": uids, "fresh": fresh})
    content = lines.merge(mapping, left_on="uid", right_on="source")
    content["uid"] = content["fresh"]
    world.orders = pd.concat([orders, copies[orders.columns]], ignore_index=True)
    world.lines = pd.concat([lines, content[lines.columns]], ignore_index=True)
    return fresh


def add_ship_tos(world: World, rows: pd.DataFrame) -> "np.ndarray":
    """Append addresses to the book; return their places."""
    book = world.clientele.ship_tos
    first = len(book)
    world.clientele.ship_tos = pd.concat([book, rows[book.columns]], ignore_index=True)
    return np.arange(first, first + len(rows))
