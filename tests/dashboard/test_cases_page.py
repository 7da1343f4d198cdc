"""The page of cases: what stands on it, who may do what there, and what a click leaves in the casebook."""

import pytest

from data.casebook import Actor
from models.casework import open_cases

ADMIN = Actor("setup", "admin", "cli")


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
    case_id = opened(fresh, "x005")[0]
    fresh.casebook.cases.comment(ADMIN, case_id, "@demo-planner have a look")
    assert len(fresh.casebook.case_mentions.list("demo-planner")) == 1
    visit(fresh, "cases", role="planner", case=str(case_id))
    assert fresh.casebook.case_mentions.list("demo-planner").empty
