"""A manager follows a red point to the segment, its cause, its cases, and records what is done about it."""

from datetime import timedelta

import pytest

from data.casebook import Casebook
from data.settings import Settings
from data.warehouse import Warehouse
from tests.browser.conftest import Server, Visitor
from tests.dashboard.conftest import make_workspace
from tests.dashboard.sample_analytics import NOW, publish_for_managers

pytestmark = pytest.mark.browser

PLANT = f"""
    insert into exceptions by name
    select pattern.* replace (
        'm' || orders.order_id as exception_id, 'price_error' as kind, orders.order_id as order_id, 1 as line_no,
        0.9 as score, 120.0 as impact, 'data_entry' as cause, 'price_slip' as source, 'sales' as department,
        orders.order_id as alert_id, null as group_id, orders.customer_id as customer_id,
        orders.ordered_at as ordered_at, orders.channel as channel, orders.entered_by as entered_by,
        1000 + rank as rank
    )
    from (select * from exceptions where kind = 'price_error' limit 1) as pattern
    cross join (
        select * from main.orders
        where channel = 'phone' and ordered_at > timestamp '{NOW - timedelta(days=42)}'
            and order_id not in (select order_id from exceptions where order_id is not null)
    ) as orders
"""
"""Every price that came by telephone in the last six weeks is wrong."""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("troubled") / "home"
    made = make_workspace(home)
    with Warehouse(home, Settings()).build() as build:
        build.connection.execute(PLANT)
        build.connection.execute(
            """update exceptions set rank = ranked.place
            from (select exception_id, row_number() over (order by rank) as place from exceptions) as ranked
            where ranked.exception_id = exceptions.exception_id"""
        )
        publish_for_managers(build.connection)
    made.casebook.close()
    running = Server(home, "demo")
    yield running
    running.stop()


def test_from_the_red_point_to_the_recorded_intervention(browser, troubled):
    visitor = Visitor(browser, troubled)
    page = visitor.page
    visitor.enter("manager").go("/?lang=en")
    page.click("button:has-text('Price error rises: where?')")
    page.wait_for_url("**/root_causes?**kind=price_error**")
    visitor.settle()
    text = visitor.text()
    assert "gathers at" in text
    assert "Phone" in text
    bar = page.locator("[class*='st-key-claims_'] .barlayer .point").first
    bar.scroll_into_view_if_needed()
    page.wait_for_timeout(800)
    box = bar.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.wait_for_selector("text=Back to all")
    visitor.settle()
    assert "seg=" in page.url, "the segment is in the address"
    assert "What would prevent it" in visitor.text()
    address = page.url
    page.click("button:has-text('Show the findings')")
    page.wait_for_url("**/exceptions?**seg=**")
    visitor.settle()
    assert "Price error" in visitor.text()
    page.goto(address)
    visitor.settle()
    page.click("button:has-text('Plan an intervention')")
    page.wait_for_url("**/improvement?**")
    visitor.settle()
    page.fill("input[aria-label='What is done']", "Training on entering prices")
    page.click("button:has-text('Record it')")
    page.wait_for_selector("text=Training on entering prices")
    casebook = Casebook.open(troubled.home, Settings())
    recorded = casebook.interventions.list().iloc[0]
    log = casebook.audit.entries(action="intervention.add")
    casebook.close()
    assert recorded["kind"] == "price_error"
    assert recorded["conditions"]
    assert len(log) == 1
    assert not visitor.outside
    visitor.context.close()
