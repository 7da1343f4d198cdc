"""The faults, planted the way they happen, stage by stage of an order's life."""

from data.sample.faults.delivery import plant_delays
from data.sample.faults.duplicates import plant_duplicates
from data.sample.faults.order_data import plant_order_data
from data.sample.faults.outages import plant_import_faults, spoil_fields
from data.sample.faults.payment import plant_over_credit, plant_payments
from data.sample.faults.price import plant_prices
from data.sample.faults.quantity import plant_quantities
from data.sample.faults.ship_to import plant_ship_tos
from data.sample.faults.unusual import plant_unusual
from data.sample.pricing import price_lines
from data.sample.world import World


def plant_at_entry(world: World) -> None:
    """Plant what goes wrong while orders are entered or imported."""
    plant_quantities(world)
    plant_prices(world)
    plant_unusual(world)
    plant_import_faults(world)
    plant_duplicates(world)
    honest = world.lines[world.lines["why"] != "fault"].copy()
    price_lines(world, honest)  # what was moved or entered again is priced on its own day
    columns = ["unit_price", "discount", "why"]
    world.lines.loc[honest.index, columns] = honest[columns]


def plant_on_the_way(world: World) -> None:
    """Plant what holds orders up after they were planned."""
    plant_delays(world)


def plant_in_the_books(world: World) -> None:
    """Plant what goes wrong in payments and headers."""
    plant_payments(world)
    plant_over_credit(world)


def plant_in_headers(world: World) -> None:
    """Plant what goes wrong in addresses, totals, dates and references."""
    plant_ship_tos(world)
    plant_order_data(world)
    spoil_fields(world)


__all__ = ["plant_at_entry", "plant_in_headers", "plant_in_the_books", "plant_on_the_way"]
