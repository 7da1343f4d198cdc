"""The page of cases: what stands on it, who may do what there, and what a click leaves in the casebook."""

import pytest

from dashboard.widgets import plain
from data.casebook import Actor
from models.casework import open_cases

ADMIN = Actor("setup", "admin", "cli")
CHANGE = {"record": "orders", "record_id": "1", "line_no": None, "field": "status", "before": "new", "after": "closed"}


def opened(workspace, *exception_ids):
    return open_cases(workspace.warehouse, workspace.casebook, ADMIN, list(exception_ids))


def button(at, key):
    return next((found for found in at.button if found.key == key), None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_case_is_shown_with_the_course_of_its_order(fresh, visit, language):
    case_id = opened(fresh, "x005")[0]
    fresh.casebook.cases.comment(ADMIN, case_id, "**called** [x](http://x)")
    at = visit(fresh, "cases", language=language, case=str(case_id))
    assert not at.exception
    course = at.dataframe[1].value
    assert {"Case", "Order"} <= set(course["origin"]) or {"案件", "订单"} <= set(course["origin"])
    assert list(course["at"]) == sorted(course["at"], reverse=True)
    assert "**called** [x](http://x)" in set(course["text"])
    assert any(shown.value.endswith(plain("**called** [x](http://x)")) for shown in at.markdown)


def test_a_finding_is_opened_as_a_case_once(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst", id="x005")
    button(at, "case_open").click().run()
    assert not at.exception
    listed = fresh.casebook.case_lists.list()
    assert listed.exception_id.tolist() == ["x005"]
    assert listed.opened_by.tolist() == ["demo-analyst"]
    assert button(at, "case_open") is None


def test_one_case_is_opened_for_one_common_cause(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst", id="g0")
    button(at, "case_open").click().run()
    at.query_params["id"] = "g3"
    at.run()
    assert button(at, "case_open") is None
    assert len(fresh.casebook.case_lists.list()) == 1


def test_a_case_is_moved_with_its_reason(fresh, visit):
    case_id = opened(fresh, "x005")[0]
    at = visit(fresh, "cases", role="analyst", case=str(case_id))
    assert button(at, "case_to_dismissed").disabled
    button(at, "case_to_investigating").click().run()
    at.text_input(key=f"case_why_{case_id}_investigating").set_value("price agreed by phone").run()
    button(at, "case_to_dismissed").click().run()
    row = fresh.casebook.case_lists.get(case_id)
    assert row["state"] == "dismissed"
    assert fresh.casebook.case_lists.course(case_id).text.tolist()[-1] == "price agreed by phone"
    assert button(at, "case_to_investigating") is None, "only a manager reopens what was dismissed"


def test_a_viewer_looks_and_changes_nothing(fresh, visit):
    case_id = opened(fresh, "x005")[0]
    at = visit(fresh, "cases", role="viewer", case=str(case_id))
    assert not at.exception
    assert not [found.key for found in at.button if str(found.key).startswith("case_")]
    assert not at.text_area
    at = visit(fresh, "exceptions", role="viewer", id="x004")
    assert button(at, "case_open") is None


def test_filters_come_from_the_address(fresh, visit):
    opened(fresh, "x000", "x005", "x006")
    at = visit(fresh, "cases", kind=["price_error"], view="all")
    assert at.dataframe[0].value["kind"].tolist() == ["Price error"]
    at = visit(fresh, "cases", role="analyst", view="mine")
    assert any("No cases here" in str(info.proto) for info in at.info)


def test_being_named_is_seen_by_opening_the_case(fresh, visit):
    case_id, other = opened(fresh, "x005", "x006")
    fresh.casebook.cases.comment(ADMIN, case_id, "@demo-planner have a look")
    assert len(fresh.casebook.case_mentions.list("demo-planner")) == 1
    at = visit(fresh, "cases", role="planner", case=str(other))
    assert any("You are named in" in text.value for text in at.markdown)
    assert len(fresh.casebook.case_mentions.list("demo-planner")) == 1
    visit(fresh, "cases", role="planner", case=str(case_id))
    assert fresh.casebook.case_mentions.list("demo-planner").empty


def test_every_part_of_a_case_is_drawn(fresh, visit):
    case_id = opened(fresh, "x005")[0]
    fresh.casebook.attachments.add(ADMIN, case_id, "agreed <b>.txt", b"10")
    action = fresh.casebook.corrective_actions.plan(ADMIN, case_id, "correct_price")
    fresh.casebook.corrective_actions.finish(ADMIN, action, "worked")
    fresh.casebook.erp_updates.request(ADMIN, "file", [CHANGE], "typed", case_id)
    at = visit(fresh, "cases", role="manager", case=str(case_id))
    for tab in ("Actions", "Change in the ERP", "Files", "Assignment", "Similar cases"):
        at.session_state["case_tabs"] = tab
        at.run()
        assert not at.exception, tab


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_every_part_of_the_page_is_drawn(fresh, visit, role):
    case_id = opened(fresh, "x005")[0]
    fresh.casebook.cases.move(ADMIN, case_id, "dismissed", "agreed")
    fresh.casebook.erp_updates.request(ADMIN, "file", [CHANGE], "typed", case_id)
    at = visit(fresh, "cases", role=role)
    for tab in ("Knowledge", "Procedures", "Rules", "Changes for the ERP"):
        at.session_state["cases_tabs"] = tab
        at.run()
        assert not at.exception, tab
    assert (button(at, "erp_export") is not None) == (role == "manager")


def test_an_action_is_planned_and_its_outcome_recorded(fresh, visit):
    case_id = opened(fresh, "x005")[0]
    at = visit(fresh, "cases", role="order_entry", case=str(case_id))
    at.session_state["case_tabs"] = "Actions"
    at.run()
    suggested = at.radio(key=f"case_action_{case_id}").options
    assert "Correct order" in suggested
    button(at, "case_plan").click().run()
    button(at, "case_worked").click().run()
    assert not at.exception
    listed = fresh.casebook.corrective_actions.list(case_id)
    assert listed.outcome.tolist() == ["worked"]
    assert listed.finished_by.tolist() == ["demo-order-entry"]


def test_a_change_is_asked_of_the_erp_with_its_value_before(fresh, visit):
    case_id = opened(fresh, "x005")[0]
    at = visit(fresh, "cases", role="order_entry", case=str(case_id))
    at.session_state["case_tabs"] = "Change in the ERP"
    at.run()
    at.selectbox(key=f"erp_field_{case_id}").set_value("unit_price").run()
    at.text_input(key=f"erp_after_{case_id}_unit_price").set_value("12.40").run()
    assert button(at, "erp_request").disabled, "a reason is needed"
    at.text_input(key=f"erp_reason_{case_id}_unit_price").set_value("contract").run()
    button(at, "erp_request").click().run()
    change = fresh.casebook.erp_updates.list(case_id).changes[0][0]
    assert (change["record"], change["field"], change["after"]) == ("order_lines", "unit_price", 12.4)
    assert isinstance(change["before"], float)


def test_two_orders_are_merged_and_parted_again(fresh, visit):
    at = visit(fresh, "duplicates", role="analyst")
    pair = fresh_pair(fresh)
    at.toggle(key=f"merge_open_{pair[0]}_{pair[1]}").set_value(True).run()
    assert not at.exception
    for radio in at.radio:
        radio.set_value(_answer(radio.key))
    at.run()
    button(at, "merge_do").click().run()
    assert not at.exception
    merges = fresh.casebook.merges.list()
    assert {merges.kept_id[0], merges.merged_id[0]} == set(pair)
    assert merges.originals[0]["merged"]["lines"]
    undo = next(found for found in at.button if str(found.key).startswith("undo_order"))
    undo.click().run()
    assert not fresh.casebook.merges.list().is_in_force[0]
    at.session_state["duplicates_tabs"] = "Merges"
    at.run()
    assert not at.exception


def test_a_planner_looks_at_duplicates_but_does_not_merge(fresh, visit):
    at = visit(fresh, "duplicates", role="planner")
    assert not at.exception
    assert not [toggle for toggle in at.toggle if str(toggle.key).startswith("merge_open")]


def test_customers_that_look_the_same_stand_side_by_side(fresh, visit):
    at = visit(fresh, "duplicates", role="analyst")
    at.session_state["duplicates_tabs"] = "Customers"
    at.run()
    assert not at.exception
    stays = next(found for found in at.get("button_group") if str(found.key).startswith("merge_stays"))
    assert stays


def fresh_pair(workspace):
    with workspace.warehouse.read() as cursor:
        row = cursor.execute(
            "select duplicate_of, order_id from duplicates where probability >= 0.5 order by probability desc, order_id"
        ).fetchone()
    return [str(name) for name in row]


def _answer(key):
    return {"lines": "kept", "shipped": "take_back", "paid": "transfer"}.get(key.rpartition("__")[2], "kept")
