"""The planners' pages on a simulated company: stories, decisions, lists, and what is said where tables are missing."""

import pandas as pd
import pytest

from dashboard import queries, supply_charts
from dashboard.forecast_health import worst_first
from dashboard.i18n import LANGUAGES, _, speaking
from dashboard.live_causes import confirmed
from dashboard.reordering import divided
from dashboard.short_lines import agreement
from dashboard.short_story import steps
from dashboard.words import cause_title
from data.casebook import Actor
from data.casebook.plans import Decision
from models.planning.plan import BY_WAREHOUSE
from tests.dashboard.supply_company import NOW, supply_workspace

PLANNER = Actor("demo-planner", "planner", "app")
RISK_TABS = ("What runs out next", "Reorder", "Expedite", "Scarce stock", "Forecasts")
SHORTAGE_TABS = ("Lines that were short", "Suppliers", "Stock records")
PAGES = [("stockout_risk", "risk_tabs", tab) for tab in RISK_TABS] + [
    ("shortages", "shortage_tabs", tab) for tab in SHORTAGE_TABS
]


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    return supply_workspace(tmp_path_factory.mktemp("supply") / "home")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return supply_workspace(
        tmp_path_factory.mktemp("bare") / "home", ("inventory", "purchase_orders", "forecasts", "stock_counts")
    )


def opened(visit, chosen, page, key, tab, language="en", role="planner"):
    at = visit(chosen, page, role=role, language=language)
    with speaking(language):
        at.session_state[key] = _(tab)
        return at.run()


def told(at):
    return " ".join(str(part.value) for part in (*at.markdown, *at.caption, *at.info, *at.metric))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("page", "key", "tab"), PAGES)
def test_every_tab_shows_the_company(visit, planned, page, key, tab, language):
    at = opened(visit, planned, page, key, tab, language)
    assert not at.exception
    assert at.dataframe or at.get("data_editor"), "every tab has its table"


@pytest.mark.parametrize(("page", "key", "tab"), PAGES)
def test_with_orders_alone_every_tab_says_what_is_missing(visit, bare, page, key, tab):
    at = opened(visit, bare, page, key, tab)
    assert not at.exception
    assert all(
        text in told(at) for text in ("Stock levels would tell", "Purchase orders would tell", "Stock counts would")
    )


def test_causes_whose_tables_are_missing_are_said_to_be_unjudged(visit, bare):
    at = opened(visit, bare, "shortages", "shortage_tabs", "Lines that were short")
    assert "Can't be judged, because tables are missing" in told(at)
    shares = {str(value) for frame in at.table for value in frame.value.to_numpy().ravel()}
    assert "Can't be judged" in shares


def test_each_table_more_is_named(visit, tmp_path):
    chosen = supply_workspace(tmp_path / "home", ("forecasts",))
    at = visit(chosen, "stockout_risk", role="planner")
    assert "stock levels · purchase orders · stock counts" in told(at)
    assert "forecasts would be judged" in told(at)


def test_a_planner_overrides_a_cause_and_takes_it_back(visit, tmp_path):
    chosen = supply_workspace(tmp_path / "home")
    at = visit(chosen, "shortages", role="planner")
    box = next(box for box in at.selectbox if box.key.startswith("cause_"))
    other = "allocation" if box.value != "allocation" else "late_supplier"
    box.set_value(other).run()
    next(text for text in at.text_input if text.key.startswith("note_")).set_value("asked the warehouse").run()
    next(button for button in at.button if button.key.startswith("decide_")).click().run()
    said = chosen.casebook.plans.current("cause")
    assert said["choice"].to_list() == [other]
    assert said["note"].to_list() == ["asked the warehouse"]
    assert agreement(said) == 0.0
    assert "Planners agree" in [metric.label for metric in at.metric]
    next(button for button in at.button if button.key == "cause_undo").click().run()
    assert chosen.casebook.plans.current("cause").empty
    assert chosen.casebook.audit.entries(limit=2)["action"].to_list() == ["plan.undo", "plan.cause"]


@pytest.mark.parametrize("role", ["viewer", "analyst", "order_entry"])
def test_who_may_not_decide_is_not_asked(visit, planned, role):
    at = visit(planned, "shortages", role=role)
    assert not [button for button in at.button if str(button.key).startswith("decide_")]
    at = opened(visit, planned, "stockout_risk", "risk_tabs", "Reorder", role=role)
    assert "reorder_order" not in [button.key for button in at.button]


def test_the_steps_of_every_story_lead_to_the_stock_observed(planned):
    with planned.warehouse.read() as cursor:
        stories = cursor.execute("select * from shortage_stories where position is not null").df()
        counted = cursor.execute("select count(*) from stockouts").fetchone()[0]
    assert len(stories) > 20
    assert len(stories) > 0.9 * counted
    for row in (row for _place, row in stories.head(80).iterrows()):
        level = 0.0
        for _title, value, is_total, _kind in steps(row):
            assert not is_total or level == pytest.approx(value, abs=2.5) or level == 0.0
            level = value if is_total else level + value
        net = row["position"] - row["demand"] - row["late"] - row["slightly_late"] - row["overdue_lead"]
        net += row["early"] - row["written_off"] + row["residual"]
        shown = [value for title, value, is_total, _kind in steps(row) if is_total][-1]
        assert shown == pytest.approx(net, abs=2.5)


def test_proposals_are_open_ordered_or_asleep(tmp_path):
    frame = pd.DataFrame({"product_id": list("ABCD"), "quantity": 5.0, "price": 1.0})
    chosen = supply_workspace(tmp_path / "home")
    today = NOW.date()
    late, soon = today - pd.Timedelta(days=30), today + pd.Timedelta(days=3)
    chosen.casebook.plans.decide(PLANNER, "reorder", [Decision("A", "order", quantity=7, until=soon)])
    chosen.casebook.plans.decide(PLANNER, "reorder", [Decision("B", "snooze", until=soon)])
    chosen.casebook.plans.decide(PLANNER, "reorder", [Decision("C", "snooze", until=late)])
    open_, ordered, asleep = divided(frame, chosen.casebook.plans.current("reorder"), today)
    assert [part["product_id"].to_list() for part in (open_, ordered, asleep)] == [["C", "D"], ["A"], ["B"]]
    assert ordered["decided_quantity"].to_list() == [7.0]


def test_a_late_purchase_order_is_told_with_the_orders_it_blocks(visit, planned):
    at = opened(visit, planned, "stockout_risk", "risk_tabs", "Expedite")
    frames = [frame.value for frame in at.dataframe]
    assert any("po_id" in frame and "LATE1" in set(frame["po_id"]) for frame in frames)
    assert any("order_id" in frame and frame["order_id"].str.startswith("OPEN").all() for frame in frames)


def test_scarce_stock_is_shared_out_and_a_planner_settles_it(visit, tmp_path):
    chosen = supply_workspace(tmp_path / "home")
    at = opened(visit, chosen, "stockout_risk", "risk_tabs", "Scarce stock")
    frame = at.dataframe[0].value
    assert set(frame["order_id"]) == {"OPEN0", "OPEN1", "OPEN2"}
    shipped = set(frame.loc[frame["proposal"] == "Ship", "order_id"])
    assert shipped == {"OPEN1", "OPEN2"}, "8 on the shelf serve 4 and 3; 9 does not fit"
    chosen.casebook.plans.decide(PLANNER, "allocation", [Decision("P0000", "hold", "OPEN1", 1)])
    at = opened(visit, chosen, "stockout_risk", "risk_tabs", "Scarce stock")
    frame = at.dataframe[0].value.set_index("order_id")
    assert frame["proposal"].to_dict() == {"OPEN0": "Hold", "OPEN1": "Hold", "OPEN2": "Ship"}
    assert frame.loc["OPEN1", "settled"] == "Planner"


def test_stock_to_come_is_drawn_with_the_days_that_matter(visit, planned):
    at = opened(visit, planned, "stockout_risk", "risk_tabs", "What runs out next")
    assert "without a new order" in told(at)
    days = {"day": pd.date_range("2026-01-01", periods=3), "balance": [9.0, -4.0, 6.0], "receipts": [0.0, 0.0, 12.0]}
    course = pd.DataFrame({**days, "chance": [0.1, 0.9, 0.4]})
    marks = [("2026-01-02", "out", "#f00")]
    drawn = supply_charts.stock_to_come(course, marks, ("Stock", "Receipts", "Chance"), "pc")
    assert [list(trace.y) for trace in drawn.data] == [[0, 0, 12], [9, -4, 6]]
    assert {"out", "pc"} <= {note.text for note in drawn.layout.annotations}


def test_forecasts_off_for_good_come_first_by_the_units_they_are_off():
    frame = pd.DataFrame({"product_id": list("ABCDE"), "weekly_demand": [0.0, 50.0, 9.0, 400.0, 1.0]})
    frame = frame.assign(signal_own=[20.0, -6.0, 5.0, 2.0, None], bias_own=[9.0, -0.5, 0.3, 0.1, None])
    assert worst_first(frame, "own")["product_id"].to_list() == ["B", "C", "A", "D", "E"]


def test_a_bridge_stands_on_its_totals_and_hangs_its_steps():
    drawn = supply_charts.bridge(
        ["a", "b", "c", "d"], [50, -30, -40, -20], ["", "", "", ""], [True, False, False, True], "pc"
    )
    bars = drawn.data[0]
    assert list(bars.base) == [0, 20, -20, -20]
    assert list(bars.y) == [50, 30, 40, 20]
    assert "pc" in [note.text for note in drawn.layout.annotations]


def test_stock_as_planned_stands_beside_stock_as_it_was():
    days = pd.DataFrame(
        {
            "day": pd.date_range("2026-01-01", periods=3),
            "on_hand": [9.0, 5.0, 0.0],
            "planned": [None, 5.0, 4.0],
            "ordered": [4.0, 5.0, 6.0],
        }
    )
    marks = [("2026-01-02", "order", "#000"), ("2026-01-03", "short", "#f00")]
    drawn = supply_charts.planned_stock(days, marks, ("Stock", "Planned", "Ordered"), "pc")
    assert [trace.name for trace in drawn.data] == ["Ordered", "Stock", "Planned"]
    assert {"order", "short"} <= {note.text for note in drawn.layout.annotations}


# -- what was told at the time


def test_the_live_cause_stands_beside_the_one_with_hindsight(visit, wide):
    with wide.warehouse.read() as cursor:
        order, now = cursor.execute(
            "select order_id, stockouts.cause from live_causes inner join stockouts using (order_id) where run_id = 1"
        ).fetchone()
    at = opened(visit, wide, "shortages", "shortage_tabs", "Lines that were short")
    tile = next(metric for metric in at.metric if metric.label == "Live causes confirmed")
    assert tile.value == "0%"
    at.text_input(key="short_text").set_value(order).run()
    assert at.dataframe[0].value["live"].to_list() == ["Late supplier"]
    assert "Late supplier (90%) · with hindsight: " + cause_title(now, "stock_shortage") in told(at)


def test_hindsight_confirms_or_not():
    live = pd.DataFrame(
        {"live_cause": list("aab"), "cause": list("abb"), "is_provisional": [False, False, True]},
    )
    assert confirmed(live) == (0.5, 2)
    assert confirmed(live.iloc[2:])[1] == 0


# -- by warehouse
@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    return supply_workspace(tmp_path_factory.mktemp("wide") / "home", is_spread=True)


@pytest.mark.parametrize("name", BY_WAREHOUSE)
def test_every_query_by_warehouse_runs_on_what_is_published(wide, served, name):
    served(wide)
    assert len(queries.fetch(name, product_id="P0001", warehouse_id="W1"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_runs_out_is_told_by_warehouse_with_what_another_could_send(visit, wide, language):
    at = opened(visit, wide, "stockout_risk", "risk_tabs", "What runs out next", language)
    assert not at.exception
    at.toggle(key="risks_only").set_value(False).run()
    frame = at.dataframe[0].value
    mine = frame[frame["product_id"] == "P0001"].set_index("warehouse_id")
    assert set(mine.index) == {"W1", "W2"}
    assert mine.loc["W1", "probability"] > 0.9 > 0.5 > mine.loc["W2", "probability"]
    assert mine.loc["W1", "moved"].endswith("← W2")
    at.multiselect(key="risk_warehouses").set_value(["W2"]).run()
    assert set(at.dataframe[0].value["warehouse_id"]) == {"W2"}
    at.toggle(key="risks_as_one").set_value(True).run()
    assert "warehouse_id" not in at.dataframe[0].value
    assert at.dataframe[0].value["product_id"].is_unique


def test_an_order_for_one_warehouse_leaves_the_other_proposals(wide):
    with wide.warehouse.read() as cursor:
        proposed = cursor.execute("select product_id, warehouse_id, quantity, price from reorders").df()
    assert "W1" in set(proposed.loc[proposed["product_id"] == "P0001", "warehouse_id"])
    decisions = [Decision("P0001", "order", quantity=5, until=NOW.date(), warehouse_id="W1")]
    ids = wide.casebook.plans.decide(PLANNER, "reorder", decisions)
    open_, ordered, _asleep = divided(proposed, wide.casebook.plans.current("reorder"), NOW.date())
    assert ordered[["product_id", "warehouse_id"]].to_numpy().tolist() == [["P0001", "W1"]]
    assert len(open_) == len(proposed) - 1
    wide.casebook.plans.undo(PLANNER, ids[0])


@pytest.mark.parametrize(("page", "key", "tab"), [PAGES[4], PAGES[5]])
def test_other_tabs_know_warehouses_too(visit, wide, page, key, tab):
    at = opened(visit, wide, page, key, tab)
    assert not at.exception
    assert "Warehouse" in [box.label for box in (*at.multiselect, *at.selectbox)]
    if tab == "Forecasts":
        at.selectbox(key="health_warehouse").set_value("W2").run()
        assert at.dataframe[0].value["product_id"].to_list() == ["P0001"]


def test_with_one_warehouse_nobody_is_asked_for_it(visit, planned):
    for page, key, tab in (PAGES[0], PAGES[1], PAGES[4], PAGES[5]):
        at = opened(visit, planned, page, key, tab)
        assert "Warehouse" not in [box.label for box in (*at.multiselect, *at.selectbox)]
        assert not any("warehouse_id" in frame.value for frame in at.dataframe)
