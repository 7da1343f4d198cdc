"""The stock book by warehouse: a product in a warehouse becomes a product of its own.

Only products that are sold or kept in several warehouses are told apart. Purchase orders and forecasts name no
warehouse: they are shared out as demand was. An order line that names none counts in its product's main warehouse.
"""

import numpy as np
import pandas as pd

from models.shortages.ledger import DAY
from models.shortages.stock_book import StockBook

RECENT_DAYS = 182
"""Days whose demand says how receipts and forecasts are shared out."""

LIVING_DAYS = 365
"""A warehouse that sold none of a product for so long, and had none in stock, no longer keeps it."""

NAMED = 0.5
"""Share of a product's units whose lines must name a warehouse, for it to be told apart."""

BETWEEN = "\x1f"
"""Stands between product and warehouse in the names of the parts."""


def warehouses_of(book: StockBook) -> pd.DataFrame:
    """Return the warehouses of every product with any demand or stock, and how its demand is shared among them.

    The columns are ``product_id, warehouse_id, share, is_told_apart``.
    """
    lines = pd.DataFrame(
        {
            "product_id": book.lines["product_id"],
            "warehouse_id": book.lines["warehouse_id"].fillna(""),
            "ever": book.usually_demanded,
            "recent": np.where(book.clock - book.ordered <= RECENT_DAYS * DAY, book.usually_demanded, 0.0),
            "living": (book.clock - book.ordered <= LIVING_DAYS * DAY).astype(float),
        }
    )
    sold = lines.groupby(["product_id", "warehouse_id"], as_index=False)[["ever", "recent", "living"]].sum()
    is_named = sold["warehouse_id"].ne("")
    units = sold.groupby("product_id")["ever"].sum()
    named = (sold[is_named].groupby("product_id")["ever"].sum() / units).fillna(0.0)
    is_near = (pd.Timestamp(book.now) - book.snapshots["as_of"]).dt.days <= LIVING_DAYS
    kept = book.snapshots.loc[is_near & book.snapshots["on_hand"].gt(0), ["product_id", "warehouse_id"]]
    kept = kept[kept["warehouse_id"].ne("")].drop_duplicates()
    places = sold[is_named & sold["living"].gt(0)].merge(kept, how="outer")
    places = places.fillna({"ever": 0.0, "recent": 0.0})
    by_product = places.groupby("product_id")
    basis = places["recent"].where(by_product["recent"].transform("sum") > 0, places["ever"])
    total = basis.groupby(places["product_id"]).transform("sum")
    places["share"] = np.where(total > 0, basis / total.where(total > 0, 1.0), 0.0)
    is_sold_by_name = places["product_id"].map(named).fillna(0.0) >= NAMED
    places["is_told_apart"] = (by_product["warehouse_id"].transform("size") > 1) & is_sold_by_name & (total > 0)
    return places[["product_id", "warehouse_id", "share", "is_told_apart"]]


def by_place(book: StockBook, warehouses: pd.DataFrame) -> StockBook:
    """Return the book of the products that are told apart, each warehouse's part as a product of its own.

    Parameters
    ----------
    book : StockBook
        Products over all warehouses.
    warehouses : pandas.DataFrame
        As from `warehouses_of`.

    Returns
    -------
    StockBook
        Its ``products`` also hold ``whole_id``, ``warehouse_id`` and ``share``.
    """
    parts = warehouses[warehouses["is_told_apart"]].sort_values(["product_id", "share"], ascending=[True, False])
    main = parts.drop_duplicates("product_id").set_index("product_id")["warehouse_id"]
    lines = book.lines[book.lines["product_id"].isin(main.index)]
    lines = lines.assign(warehouse_id=lines["warehouse_id"].fillna(lines["product_id"].map(main)))
    snapshots = book.snapshots[book.snapshots["product_id"].isin(main.index) & book.snapshots["warehouse_id"].ne("")]
    counts = book.counts[book.counts["product_id"].isin(main.index)]
    given = {
        name: _renamed(frame) for name, frame in {"lines": lines, "snapshots": snapshots, "counts": counts}.items()
    }
    is_parted = book.supply["product_id"].isin(main.index)
    supply = _shared(book.supply[is_parted], parts, ["quantity", "received_quantity", "missing_quantity"])
    products = book.products.merge(parts[["product_id", "warehouse_id", "share"]], on="product_id")
    products = products.assign(
        whole_id=products["product_id"],
        product_id=products["product_id"] + BETWEEN + products["warehouse_id"],
        reorder_point=products["reorder_point"] * products["share"],
        safety_stock=products["safety_stock"] * products["share"],
    )
    last = given["lines"].groupby("product_id")["ordered_at"].max()
    seen = given["snapshots"]["product_id"].value_counts()
    products = products.assign(
        last_ordered_at=products["product_id"].map(last),
        snapshot_count=products["product_id"].map(seen).fillna(0).astype(int),
    ).sort_values("product_id", ignore_index=True)
    part = StockBook(
        lines=given["lines"],
        # All other purchase orders stay: by them suppliers' lateness is known.
        supply=pd.concat([book.supply[~is_parted], supply], ignore_index=True),
        snapshots=given["snapshots"],
        counts=given["counts"],
        products=products,
        forecasts=_shared(book.forecasts, parts, ["quantity"]),
        now=book.now,
        boosts=book.boosts,
    )
    part.__dict__ |= {name: getattr(book, name) for name in ("leaves_when_ordered", "review_days")}
    return part


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    """Name what each row is about by product and warehouse."""
    names = frame["product_id"] + BETWEEN + frame["warehouse_id"]
    return frame.assign(product_id=names, warehouse_id="").reset_index(drop=True)


def _shared(frame: pd.DataFrame, parts: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return each row once for every warehouse that sells its product, its units by the warehouse's share."""
    rows = frame.merge(parts.loc[parts["share"] > 0, ["product_id", "warehouse_id", "share"]], on="product_id")
    rows = rows.assign(**{name: rows[name].astype(float) * rows["share"] for name in columns})
    rows["product_id"] = rows["product_id"] + BETWEEN + rows["warehouse_id"]
    return rows[frame.columns].reset_index(drop=True)
