"""A planner at work, in a real browser: a shortage's story, its cause confirmed, and what to do about the next ones."""

import pytest

from data.casebook import Casebook
from data.settings import Settings
from tests.browser.conftest import Server, Visitor
from tests.dashboard.supply_company import supply_workspace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def supplied(tmp_path_factory):
    home = tmp_path_factory.mktemp("supplied") / "home"
    supply_workspace(home).casebook.close()
    running = Server(home, "demo")
    yield running
    running.stop()


@pytest.fixture
def planner(browser, supplied):
    somebody = Visitor(browser, supplied)
    yield somebody.enter("planner")
    assert not somebody.outside, "the app may not ask other hosts for anything"
    somebody.context.close()


def said(server):
    casebook = Casebook.open(server.home, Settings())
    causes = casebook.plans.current("cause")
    casebook.close()
    return causes


def test_a_story_is_told_its_bars_lead_to_rows_and_its_cause_is_confirmed(planner, supplied):
    planner.go("/shortages")
    assert "From the position on" in planner.text()
    assert "The plan expected" in planner.text()
    bars = planner.page.locator(".js-plotly-plot .barlayer").nth(1).locator(".point path")
    assert bars.count() >= 3
    bars.first.click(force=True)
    planner.settle()
    planner.page.wait_for_selector("[data-testid=stMain] :text('Rows behind')")
    planner.page.get_by_role("button", name="Confirm the cause").click()
    planner.page.wait_for_selector("text=Planners agree")
    assert len(said(supplied)) == 1
    assert "100%" in planner.text()
    planner.page.get_by_role("button", name="Take back").click()
    planner.page.wait_for_selector("text=Planners agree", state="detached")
    assert said(supplied).empty


def test_what_to_do_stands_on_one_page(planner):
    planner.go("/stockout_risk")
    assert "likely to run out" in planner.text()
    for tab, text in {
        "Reorder": "to order",
        "Expedite": "LATE1",
        "Scarce stock": "Value shipped complete",
        "Forecasts": "95 % service achieved",
    }.items():
        planner.page.get_by_role("tab", name=tab, exact=True).click()
        planner.settle()
        if text != "LATE1":
            planner.page.wait_for_selector(f"[data-testid=stMain] >> text={text}")
        else:
            planner.page.wait_for_selector("text=late purchase order")
