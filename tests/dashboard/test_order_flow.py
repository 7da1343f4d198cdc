"""The page on the flow of orders: steps, ways, what is stuck."""

import duckdb
import pandas as pd
import pytest

from dashboard import flow_figures, order_flow
from dashboard.queries import fetch
from data.relations import create_maybe_views, materialise
from models.detect import FEATURES
from models.order_flow.publish import publish_flow
from tests.models.order_history import NOW, OrderHistory, load


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_the_flow(visit, filled, language):
    page = visit(filled, "order_flow", "manager", language)
    assert not page.exception


def test_steps_count_every_move_once(filled, served):
    served(filled)
    steps = fetch("flow_steps_of", channel="")
    by_channel = [
        fetch("flow_steps_of", channel=name)["order_count"].sum() for name in fetch("flow_channels")["channel"]
    ]
    assert steps["order_count"].sum() == sum(by_channel)


def test_an_order_that_stays_is_stuck():
    history = OrderHistory()
    left = sorted(history.events)[-1]
    history.events[left] = [event for event in history.events[left] if event["status"] in ("new", "confirmed")]
    for event in history.events[left]:
        event["at"] = NOW - pd.Timedelta(days=20 if event["status"] == "confirmed" else 21)
    history.orders[left] |= {"status": "confirmed", "shipped_at": None, "delivered_at": None}
    with duckdb.connect() as connection:
        tables = history.tables()
        load(connection, tables)
        create_maybe_views(connection, set(tables))
        connection.execute("create temp table excluded_lines (order_id varchar, line_no integer)")
        for name in ("order_facts", "delivery_steps", "delivery_dwells"):
            materialise(connection, FEATURES[name], {"now": NOW}, temporary=True)
        publish_flow(connection, NOW)
        stuck = connection.execute("select order_id, status from flow_open where is_stuck").fetchall()
        moves = connection.execute("select sum(order_count) from flow_steps").fetchall()[0][0]
        events = connection.execute("select count(*) from order_events").fetchall()[0][0]
        ways = connection.execute("select sum(order_count) from flow_variants").fetchall()[0][0]
        orders = connection.execute("select count(distinct order_id) from order_events").fetchall()[0][0]
    assert (left, "confirmed") in stuck
    assert ways == orders - 1, "all but the stuck one have arrived"
    assert moves == events - orders, "an order of n events makes n - 1 moves"


def test_the_flow_paints_what_leaves_the_straight_way():
    moves = pd.DataFrame({"from_status": ["new", "new"], "to_status": ["picked", "on_hold"], "order_count": [9, 1]})
    drawn = flow_figures.flow(moves, ["new", "picked", "on_hold"], ["New", "Picked", "On hold"], ["a", "b"])
    colours = list(drawn.data[0].link.color)
    assert colours[0] != colours[1]
    assert order_flow.days_text(0.5) == "12 h"
    assert order_flow.days_text(None) == "–"
