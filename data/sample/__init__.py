"""A believable company of our own making, with what is wrong in its orders known.

A wholesaler with customers in Britain, China and a few other countries sells coffee, cleaning goods, tools and the
like from three warehouses, for eighteen months up to Friday 30 October 2026, 18:00. Customers have habits: what they
buy and how much of it, when, by which channel, to which address, under which purchase order numbers, and how late
they pay. Prices rise; contracts, promotions, clearances and volume discounts apply. Stock is replenished by forecast
and reorder point from suppliers of varying reliability, and mishaps of supply and demand are put in, so that
shortages *arise*; each short line's cause is what, taken away in a second run of the same world, lets the line be
served. Faults of every kind are planted the way they happen, at the stage of an order's life where they happen, in
about three orders of a hundred; many more orders are legitimate and look wrong. The truth goes into ``FOLDER-truth``
beside the data.
"""

from collections.abc import Callable
from pathlib import Path

from data.errors import InvalidInputError
from data.sample.make import make_world
from data.sample.write import write_tables, write_truth

LEAST_ORDERS = 500


def make_sample(
    folder: Path | str,
    orders: int = 10_000,
    seed: int = 0,
    faults: bool = True,
    progress: Callable[[str], None] = lambda step: None,
) -> None:
    """Write the sample company's tables to ``folder`` and its truth to ``folder-truth``.

    Parameters
    ----------
    folder : Path or str
        Where to; older tables of the same names are replaced.
    orders : int, default 10_000
        How many orders, 500 or more; from about 200,000 on the tables are Parquet, else CSV.
    seed : int, default 0
        The same seed gives the same company.
    faults : bool, default True
        Whether anything is planted; without, only what business brings by itself is in the truth.
    progress : callable
        Told in words what is being done.

    Raises
    ------
    InvalidInputError
        If fewer than 500 orders are asked for.
    """
    if orders < LEAST_ORDERS:
        raise InvalidInputError(
            f"A sample needs {LEAST_ORDERS} orders or more to hold every kind of fault; got {orders}."
        )
    folder = Path(folder)
    world = make_world(orders, seed, faults, progress)
    progress("writing tables")
    write_tables(world, folder)
    write_truth(world, folder.with_name(f"{folder.name}-truth"))


__all__ = ["make_sample"]
