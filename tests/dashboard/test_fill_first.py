"""Scarce stock on the planners' page: every waiting order has its place and the reason for it."""

import pandas as pd
import pytest

from dashboard import fill_first
from dashboard.i18n import speaking
from data.settings import Settings
from data.warehouse import Warehouse
from tests.dashboard.conftest import make_workspace


@pytest.fixture
def scarce(tmp_path, served):
    home = tmp_path / "home"
    workspace = make_workspace(home)
    with Warehouse(home, Settings()).build() as build:
        orders = build.connection.execute("select order_id, customer_id from orders order by 1 limit 3").fetchall()
        lines = pd.DataFrame(orders, columns=["order_id", "customer_id"]).assign(
            line_no=1, product_id="P1", units=[10.0, 10.0, 10.0], value=[100.0, 500.0, 50.0], stock=15.0, wanted=30.0,
            needed_at=pd.Timestamp("2026-07-20"), entered_at=pd.Timestamp("2026-06-01"),
        )  # fmt: skip
        build.connection.register("given", lines)
        build.connection.execute("create or replace table scarce_lines as select * from given")
    return served(workspace)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_dearest_gets_it_first_and_the_page_says_why(scarce, language):
    with speaking(language):
        places = fill_first.ranked()
    assert places.unit_price.tolist()[0] == 50.0
    assert places.filled_quantity.tolist() == [10.0, 5.0, 0.0]
    assert places.place.tolist() == [1, 2, 3]
    assert places.told[0].startswith("Worth 500 for 10 units" if language == "en" else "10 件价值 500")
    assert places.customer_name.notna().all()


def test_the_tab_is_drawn(scarce, visit):
    at = visit(scarce, "stockout_risk")
    at.session_state["risk_tabs"] = "Fill first"
    at.run()
    assert not at.exception
    assert "Why this place" in str(at.dataframe[0].proto)
