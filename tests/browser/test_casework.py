"""Casework in a real browser: through all states in three roles, a merge and its undo, and three ways to be refused."""

import time

import pytest

from data.casebook import Casebook
from data.casebook.case_states import TRANSITIONS
from data.settings import Settings
from data.vocabulary import CASE_STATES
from data.warehouse import Warehouse
from models.casework import open_cases
from tests.browser.conftest import Server, Visitor
from tests.dashboard.conftest import CONSOLE, make_workspace

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000
MOVE = {"to": "investigating"}
WAY = [
    # who, to which state, why
    ("analyst", "investigating", ""),
    ("planner", "awaiting_restock", "no stock until Friday"),
    ("order_entry", "awaiting_customer", ""),
    ("analyst", "awaiting_payment", ""),
    ("order_entry", "with_support", ""),
    ("order_entry", "awaiting_correction", ""),
    ("order_entry", "resolved", "corrected in the ERP"),
    ("planner", "investigating", "the customer called again"),
    ("planner", "dismissed", "the price was agreed"),
]
"""From new through every other state there is, and back once."""

TITLES = {
    "investigating": "Investigating",
    "awaiting_restock": "Awaiting restock",
    "awaiting_correction": "Awaiting correction",
    "awaiting_customer": "Awaiting customer",
    "awaiting_payment": "Awaiting payment",
    "with_support": "With support",
    "resolved": "Resolved",
    "dismissed": "Dismissed",
}


@pytest.fixture(scope="module")
def working(tmp_path_factory):
    home = tmp_path_factory.mktemp("casework") / "home"
    make_workspace(home).casebook.close()
    running = Server(home, "demo")
    yield running
    running.stop()


@pytest.fixture
def casebook(working):
    opened = Casebook.open(working.home, Settings())
    yield opened
    opened.close()


@pytest.fixture
def people(browser, working):
    """One visitor for each role, each in a browser context of their own, entered when first asked for."""
    entered = {}

    def as_role(role):
        if role not in entered:
            entered[role] = visitor = Visitor(browser, working)
            visitor.context.set_default_timeout(PATIENCE_MS)
            visitor.page.goto("/signin?next=%2Fcases")
            visitor.page.click(f"button[value={role}]")
            visitor.settle()
        return entered[role]

    yield as_role
    for somebody in entered.values():
        assert not somebody.outside
        somebody.context.close()


def press(visitor, key):
    visitor.page.locator(f"[class*=st-key-{key}] button").first.click()
    visitor.settle()


def until(holds):
    """Wait for what a click brings about, however busy the machine is."""
    for _ in range(PATIENCE_MS // 500):
        if holds():
            return
        time.sleep(0.5)
    raise AssertionError("it did not happen")


def test_a_case_goes_through_all_states_in_three_roles(people, casebook):
    assert {"new"} | {state for _, state, _ in WAY} == set(CASE_STATES)
    assert len({role for role, _, _ in WAY}) == 3
    people("analyst").go("/exceptions?id=x005")
    press(people("analyst"), "case_open")
    until(lambda: casebook.case_lists.of_exception("x005"))
    case_id = casebook.case_lists.of_exception("x005")["case_id"]
    before = "new"
    for role, after, why in WAY:
        assert role in TRANSITIONS[before][after]
        visitor = people(role).go(f"/cases?view=all&case={case_id}")
        if why:
            visitor.page.fill(f".st-key-case_why_{case_id}_{before} input", why)
            visitor.page.keyboard.press("Enter")
            visitor.settle()
        assert TITLES[after] in visitor.text() or before == "resolved"
        press(visitor, f"case_to_{after}")
        until(lambda after=after: casebook.case_lists.get(case_id)["state"] == after)
        before = after
    course = casebook.case_lists.course(case_id)
    moves = course[course.what.isin(["moved", "closed", "reopened"])]
    assert [tuple(row) for row in moves[["role", "after", "text"]].values] == WAY
    assert casebook.audit.verify().is_intact


def test_a_colleague_is_told_and_a_file_is_kept(people, casebook):
    people("analyst").go("/exceptions?id=x003")
    press(people("analyst"), "case_open")
    until(lambda: casebook.case_lists.of_exception("x003"))
    case_id = casebook.case_lists.of_exception("x003")["case_id"]
    visitor = people("analyst").go(f"/cases?case={case_id}")
    visitor.page.fill("textarea", "@demo-planner when does it come? <script>alert(1)</script>")
    press(visitor, "case_comment_add")
    until(lambda: casebook.case_mentions.list("demo-planner").case_id.tolist() == [case_id])
    visitor.page.get_by_role("tab", name="Files").click()
    visitor.settle()
    visitor.page.set_input_files(
        "input[type=file]", {"name": "mail.txt", "mimeType": "text/plain", "buffer": b"agreed: 10"}
    )
    visitor.page.wait_for_selector("text=mail.txt")
    press(visitor, "case_attach_do")
    until(lambda: len(casebook.attachments.list(case_id)))
    stored = casebook.attachments.list(case_id)
    assert casebook.attachments.read(int(stored.attachment_id[0])) == b"agreed: 10"
    button = visitor.page.locator(f"[class*=st-key-case_file_{stored.attachment_id[0]}] button").first
    with visitor.page.expect_download() as download:
        button.click()
    assert download.value.path().read_bytes() == b"agreed: 10"
    until(lambda: f"case {case_id}" in casebook.audit.entries(action="data.export")["subject"].tolist())


def test_two_orders_are_merged_and_parted_again(people, casebook):
    visitor = people("order_entry").go("/duplicates")
    visitor.page.get_by_text("Merge these two orders").click()
    visitor.settle()
    for group in visitor.page.get_by_role("radiogroup").all():
        if group.get_by_role("radio", checked=True).count() == 0:
            group.locator("label").first.click()
            visitor.settle()
    press(visitor, "merge_do")
    visitor.page.wait_for_selector("text=was merged into")
    merge = casebook.merges.list().iloc[0]
    assert (merge["by"], merge["is_in_force"]) == ("demo-order-entry", True)
    assert merge["originals"]["kept"]["lines"]
    assert merge["originals"]["merged"]["lines"]
    press(visitor, "undo_order")
    until(lambda: not casebook.merges.list().is_in_force[0])
    merge = casebook.merges.list().iloc[0]
    assert merge["undone_by"] == "demo-order-entry"
    assert merge["originals"]["kept"]["lines"]
    assert {"merge.make", "merge.undo"} <= set(casebook.audit.entries(limit=50).action)


def test_a_role_is_refused_in_the_page_by_the_api_and_by_hand(people, casebook, working):
    case_id = open_cases(Warehouse(working.home, Settings()), casebook, CONSOLE, ["x004"])[0]

    # In the page: the viewer sees the case, and no button that changes anything.
    viewer = people("viewer").go(f"/cases?case={case_id}")
    assert "Your role cannot move this case on from here." in viewer.text()
    assert viewer.page.locator("[class*=st-key-case_to_]").count() == 0
    assert viewer.page.locator("textarea").count() == 0
    viewer.go("/exceptions?id=x006")
    assert viewer.page.locator(".st-key-case_open").count() == 0
    assert viewer.go("/duplicates").page.get_by_text("Merge these two orders").count() == 0

    # By the API: a token of the same role.
    api, path = viewer.context.request, f"/api/v1/cases/{case_id}/move"
    bearer = {"Authorization": f"Bearer {casebook.api_tokens.add(CONSOLE, 'erp', 'viewer')}"}
    assert api.get("/api/v1/cases", headers=bearer).status == 200
    for address, body in ((path, MOVE), ("/api/v1/cases", {"exception_id": "x006"})):
        answer = api.post(address, headers=bearer, data=body)
        assert answer.status == 403
        assert "may not" in answer.json()["error"]

    # By hand: with the page's own cookie, from its own origin and from elsewhere, with forged headers, from the page.
    assert any(cookie["name"] == "orderlens_session" for cookie in viewer.context.cookies())
    own = api.post(path, headers={"Origin": working.url}, data=MOVE)
    assert own.status == 403
    assert "as viewer" in own.json()["error"]
    assert api.post(path, headers={"Origin": "https://evil.example"}, data=MOVE).status == 403
    forged = {"Origin": working.url, "X-Orderlens-Session": "x", "X-Orderlens-Role": "admin"}
    assert api.post(path, headers=forged, data={**MOVE, "role": "admin"}).status == 403
    status = viewer.page.evaluate(
        "([path, body]) => fetch(path, {method: 'POST', body: JSON.stringify(body)}).then(answer => answer.status)",
        [path, MOVE],
    )
    assert status == 403
    assert casebook.case_lists.get(case_id)["state"] == "new"
    assert casebook.case_lists.of_exception("x006") is None
    log = casebook.audit.entries(limit=200)
    assert log[log.subject.eq(f"case {case_id}")].action.tolist() == ["case.open"], "nothing was logged as done"

    # And the same request by somebody who may.
    bearer = {"Authorization": f"Bearer {casebook.api_tokens.add(CONSOLE, 'desk', 'order_entry')}"}
    answer = api.post(path, headers=bearer, data=MOVE)
    assert (answer.status, answer.json()["state"]) == (200, "investigating")
    assert casebook.case_lists.course(case_id).via.tolist()[-1] == "api"
