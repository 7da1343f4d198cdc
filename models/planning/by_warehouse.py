"""Plans by warehouse: what runs out where, what to order for it, and what another warehouse could send."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from models.detectors.stockout_risk import dated, risks
from models.findings import Context
from models.forecasts.health import forecast_health
from models.planning.reorders import reorders, stock_for_lead_time
from models.shortages.calibration import line_of, recalibrated
from models.shortages.ledger import Units
from models.shortages.places import by_place
from models.shortages.projection import Projection
from models.shortages.stock_book import StockBook

NEEDS_HELP = 0.5
"""From this chance of running out on a warehouse is sent stock by another."""


class PlacePlans(NamedTuple):
    """What is planned by warehouse.

    Attributes
    ----------
    risks, reorders, health, course : pandas.DataFrame
        As for products, with ``warehouse_id``.
    transfers : pandas.DataFrame
        ``product_id, warehouse_id, from_warehouse_id, units``.
    book, ahead : StockBook and Projection
        The parts of the products told apart, for what else is made of them.
    """

    risks: pd.DataFrame
    reorders: pd.DataFrame
    health: pd.DataFrame
    course: pd.DataFrame
    transfers: pd.DataFrame
    book: StockBook
    ahead: Projection


def place_plans(context: Context, warehouses: pd.DataFrame, packs: pd.DataFrame) -> PlacePlans:
    """Plan every product that several warehouses sell or keep, warehouse by warehouse.

    Parameters
    ----------
    context : Context
        The analytics being built, with the features.
    warehouses : pandas.DataFrame
        As from `warehouses_of`.
    packs : pandas.DataFrame
        ``product_id, least_quantity, pack_quantity, usual_quantity`` as past purchases show them.
    """
    book = by_place(StockBook.of(context), warehouses)
    ahead = recalibrated(book, line_of(context))
    health, course = forecast_health(book)
    parts = book.products[["product_id", "whole_id", "share"]]
    theirs = parts.merge(packs, left_on="whole_id", right_on="product_id", suffixes=("", "_of_whole"))
    # The least order counts for all warehouses together; what one usually gets is its share.
    theirs = theirs.assign(usual_quantity=theirs["usual_quantity"] * theirs["share"], least_quantity=np.nan)
    return PlacePlans(
        named(book, dated(book, risks(book, ahead)).drop(columns="code")),
        named(book, reorders(book, ahead, theirs)),
        named(book, health),
        named(book, course),
        transfers(book, ahead),
        book,
        ahead,
    )


def named(book: StockBook, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the product and the warehouse that its parts stand for."""
    parts = book.products.set_index("product_id")[["whole_id", "warehouse_id"]]
    known = parts.reindex(frame["product_id"]) if "product_id" in frame else parts.iloc[:0]
    return frame.assign(product_id=known["whole_id"].to_numpy(), warehouse_id=known["warehouse_id"].to_numpy())


def transfers(book: StockBook, ahead: Projection) -> pd.DataFrame:
    """Propose what a warehouse with stock to spare could send to one that is likely to run out.

    What a warehouse needs for its own lead time, safety included, stays there. Of a product's warehouses the one
    likeliest to run out is served first, from the one with the most to spare.

    Parameters
    ----------
    book : StockBook
        Warehouses' parts of products.
    ahead : Projection
        What the stock of those that sell will do.

    Returns
    -------
    pandas.DataFrame
        ``product_id, warehouse_id`` (that gets it), ``from_warehouse_id, units``; whole units.
    """
    codes = np.arange(len(book.products), dtype=np.int64)
    now = np.full(len(codes), book.clock, np.int64)
    free = np.nan_to_num(book.on_hand(codes, now)) - np.fmax(book.owed(codes, now), book.reserved(codes, now))
    needed, chance, coming = (np.zeros(len(codes)) for _ in range(3))
    inside = np.arange(ahead.daily.shape[1])[None, :] < ahead.lead_days[:, None]
    needed[ahead.codes] = stock_for_lead_time(book, ahead)[1]
    free[ahead.codes] = ahead.on_hand - ahead.owed
    coming[ahead.codes] = np.where(inside, ahead.receipts, 0.0).max(axis=1, initial=0.0)
    chance[ahead.codes] = np.where(inside, ahead.chance_short, 0.0).max(axis=1, initial=0.0)
    frame = book.products[["whole_id", "warehouse_id"]].assign(
        chance=chance,
        wanted=np.where(chance >= NEEDS_HELP, np.ceil(np.maximum(needed - free - coming, 0.0)), 0.0),
        spare=np.where(chance < NEEDS_HELP, np.floor(np.maximum(free - needed, 0.0)), 0.0),
    )
    given = _queued(frame[frame["spare"] >= 1], "spare", "spare")
    asked = _queued(frame[frame["wanted"] >= 1], "wanted", "chance")
    pairs = asked.merge(given, on="whole_id", suffixes=("", "_from"))
    overlap = np.minimum(pairs["end"], pairs["end_from"]) - np.maximum(pairs["begin"], pairs["begin_from"])
    pairs = pairs.assign(units=overlap)[overlap >= 1]
    columns = {"whole_id": "product_id", "warehouse_id": "warehouse_id", "warehouse_id_from": "from_warehouse_id"}
    return pairs[[*columns, "units"]].rename(columns=columns).reset_index(drop=True)


def _queued(frame: pd.DataFrame, units: str, by: str) -> pd.DataFrame:
    """Line up each product's units, the largest ``by`` first: from which to which unit each warehouse counts."""
    ordered = frame.sort_values(["whole_id", by, "warehouse_id"], ascending=[True, False, True])
    end: Units = ordered.groupby("whole_id")[units].cumsum().to_numpy(float)
    begin = end - ordered[units].to_numpy(float)
    return ordered[["whole_id", "warehouse_id"]].assign(begin=begin, end=end)
