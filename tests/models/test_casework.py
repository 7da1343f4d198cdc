"""From findings to cases and back: what a case takes over, what closing it teaches, and when it comes back."""

import pytest

from data.casebook import Actor, Casebook
from data.errors import InvalidInputError, PermissionDeniedError
from data.settings import Settings
from data.warehouse import Warehouse
from models.casework import move_cases, open_cases, reopen_recurring, subjects
from tests.dashboard.sample_analytics import fill

ANA = Actor("Ana", "analyst", "app")
OLE = Actor("Ole", "order_entry", "app")


@pytest.fixture
def warehouse(tmp_path):
    opened = Warehouse(tmp_path / "home", Settings())
    with opened.build() as build:
        fill(build.connection)
    return opened


@pytest.fixture
def casebook(tmp_path):
    opened = Casebook.open(tmp_path / "home", Settings())
    yield opened
    opened.close()


def test_a_case_takes_over_what_is_known_of_its_finding(warehouse, casebook):
    case_id = open_cases(warehouse, casebook, ANA, ["x005"])[0]
    case, finding = casebook.case_lists.get(case_id), subjects(warehouse, ["x005"])[0]
    for name in ("kind", "cause", "order_id", "line_no", "product_id", "customer_id", "reason", "impact", "evidence"):
        assert case[name] == finding[name], name
    assert case["department"] == "sales"
    assert open_cases(warehouse, casebook, ANA, ["x006", "x005"]) == [case_id + 1, case_id]


def test_a_finding_that_is_not_there_opens_nothing(warehouse, casebook):
    with pytest.raises(InvalidInputError, match="There is no exception 'gone'"):
        open_cases(warehouse, casebook, ANA, ["x005", "gone"])
    assert casebook.case_lists.list().empty


def test_closing_is_a_verdict_where_there_is_none_yet(warehouse, casebook):
    ids = open_cases(warehouse, casebook, ANA, ["x003", "x004", "x005"])
    casebook.labels.add(ANA, subjects(warehouse, ["x004"])[0], "false_positive", reason="promotion")
    move_cases(casebook, ANA, ids, "investigating")
    assert len(casebook.labels.current()) == 1, "looking into it says nothing yet"
    move_cases(casebook, ANA, ids[:2], "resolved", "corrected")
    move_cases(casebook, ANA, ids[2:], "dismissed", "agreed by phone")
    said = casebook.labels.current().set_index("exception_id")
    assert said.label.to_dict() == {"x003": "confirmed", "x004": "false_positive", "x005": "false_positive"}
    assert (said.note["x005"], said.reason["x004"]) == ("agreed by phone", "promotion")


def test_who_may_not_judge_closes_without_a_verdict(warehouse, casebook):
    ids = open_cases(warehouse, casebook, OLE, ["x003"])
    for state in ("investigating", "awaiting_correction", "resolved"):
        move_cases(casebook, OLE, ids, state, "done")
    assert casebook.labels.current().empty
    with pytest.raises(PermissionDeniedError):
        move_cases(casebook, OLE, ids, "investigating", "again")


def test_what_comes_back_with_a_later_run_is_reopened(warehouse, casebook):
    ids = open_cases(warehouse, casebook, ANA, ["x003"])
    move_cases(casebook, ANA, ids, "investigating")
    move_cases(casebook, ANA, ids, "resolved", "corrected")
    assert reopen_recurring(warehouse, casebook, ANA) == []
    with warehouse.build() as build:
        build.connection.execute("create table kept as select * from exceptions")
        build.connection.execute("delete from exceptions where exception_id = 'x003'")
    assert reopen_recurring(warehouse, casebook, ANA) == []
    with warehouse.build() as build:
        build.connection.execute("delete from exceptions")
        build.connection.execute("insert into exceptions select * from kept")
    assert reopen_recurring(warehouse, casebook, ANA) == ids
    assert casebook.case_lists.get(ids[0])["state"] == "investigating"
