"""What people do, in a real browser against the real server."""

import re

import pytest

from data.casebook import Casebook
from data.settings import Settings
from tests.browser.conftest import Server, Visitor
from tests.dashboard.conftest import CONSOLE, make_workspace

pytestmark = pytest.mark.browser


def labels(server):
    casebook = Casebook.open(server.home, Settings())
    said = casebook.labels.current()
    casebook.close()
    return dict(zip(said["exception_id"], said["label"], strict=True))


def opened(visitor):
    return visitor.page.evaluate("new URLSearchParams(location.search).get('id')")


def test_a_visitor_signs_in_sees_the_overview_and_signs_out(visitor):
    visitor.page.goto("/exceptions?status=all")
    assert visitor.page.url.endswith("/signin?next=%2Fexceptions%3Fstatus%3Dall")
    visitor.page.click("button[value=manager]")
    visitor.settle()
    assert "status=all" in visitor.page.url, "the link survives signing in"
    visitor.go("/")
    text = visitor.text()
    assert "Orders checked" in text
    assert re.search(r"exceptions per 1,000 orders in the last 4 weeks", text)
    visitor.page.click("button:has-text('Sign out')")
    visitor.page.wait_for_selector("text=Your session has ended")
    visitor.page.goto("/")
    assert "/signin" in visitor.page.url


def test_the_queue_is_worked_by_keyboard(visitor, server):
    visitor.enter("analyst").go("/exceptions")
    visitor.press("j")
    second = opened(visitor)
    visitor.press("j")
    third = opened(visitor)
    assert second != third
    visitor.press("k")
    assert opened(visitor) == second
    before = labels(server)
    visitor.press("y")
    given = {name: label for name, label in labels(server).items() if name not in before}
    assert list(given.values()) == ["confirmed"]
    assert opened(visitor) == third
    visitor.press("n")
    visitor.page.wait_for_selector("text=Why is it a false positive?")
    visitor.press("4")
    assert sorted(labels(server).values()) == sorted([*before.values(), "confirmed", "false_positive"])
    visitor.press("u")
    visitor.press("u")
    assert labels(server) == before
    assert opened(visitor) == second


def test_keys_do_nothing_while_typing(visitor, server):
    visitor.enter("analyst").go("/exceptions")
    before = labels(server)
    visitor.page.click("input[placeholder^='Order, customer']")
    visitor.page.keyboard.type("jynu")
    visitor.page.wait_for_url("**q=jynu**")
    assert labels(server) == before


def test_many_are_judged_at_once_and_nobody_else_stays_ticked(visitor, server):
    visitor.enter("analyst").go("/exceptions?kind=price_error&score=0")  # no groups, whose members count each
    before = labels(server)
    box = visitor.page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    for row in (2, 3, 4):
        visitor.page.mouse.click(box["x"] + 15, box["y"] + 35 * row + 17)
        visitor.settle()
    visitor.page.wait_for_selector("button:has-text('Confirm (3)')")
    visitor.press("y")
    assert len(labels(server)) == len(before) + 3
    visitor.page.wait_for_selector("button:has-text('Confirm') >> nth=0")
    assert "(3)" not in visitor.page.inner_text("[data-testid=stMain]")
    visitor.press("u")
    assert labels(server) == before


def test_a_click_opens_a_row_and_its_link_opens_it_again(visitor, browser, server):
    visitor.enter("analyst").go("/exceptions?kind=order_info")
    box = visitor.page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    visitor.page.mouse.click(box["x"] + 150, box["y"] + 35 * 2 + 17)
    visitor.settle()
    name = opened(visitor)
    assert name
    assert "kind=order_info" in visitor.page.url
    heading = visitor.page.inner_text("h4")
    other = Visitor(browser, server)
    other.enter("viewer").go(visitor.page.url.replace(server.url, ""))
    assert other.page.inner_text("h4") == heading
    assert opened(other) == name
    other.context.close()


def test_back_restores_the_filters(visitor):
    visitor.enter("analyst").go("/exceptions")
    visitor.page.click("text=False positive >> nth=0")
    visitor.settle()
    visitor.go("/exceptions?score=90")
    visitor.page.go_back()
    visitor.settle()
    assert "score=90" not in visitor.page.url


def test_a_bar_of_the_overview_leads_into_the_queue(visitor):
    visitor.enter("manager").go("/")
    bar = visitor.page.locator(".st-key-money .barlayer .point").first
    bar.scroll_into_view_if_needed()
    visitor.page.wait_for_timeout(800)
    box = bar.bounding_box()
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visitor.page.wait_for_url("**/exceptions?*kind=*")
    visitor.settle()
    visitor.page.click("[data-testid=stSidebarNav] >> text=Overview")
    visitor.page.wait_for_selector("h1:has-text('Overview')")
    visitor.settle()
    assert visitor.page.inner_text("h1") == "Overview", "the click is over and done with"


def test_the_language_is_switched_for_everything(visitor):
    visitor.enter("analyst").go("/exceptions")
    visitor.page.click("text=简体中文")
    visitor.page.wait_for_selector("h1:has-text('异常订单')")
    visitor.settle()
    assert "lang=zh" in visitor.page.url
    leftovers = re.findall(
        r"\b(?:Search|Filters|Confirm|Export|Next|Previous|Open|Queue|Money|Evidence)\b", visitor.text()
    )
    assert not leftovers
    visitor.go("/")
    assert visitor.page.inner_text("h1") == "总览", "the choice outlives the address"
    assert visitor.page.get_attribute("html", "lang") == "zh-CN"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browsers_theme_and_language_are_taken_up(browser, server, scheme):
    visitor = Visitor(browser, server, "zh-CN", scheme)
    visitor.enter("manager").go("/")
    assert visitor.page.inner_text("h1") == "总览"
    ground = visitor.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(11, 18, 32)"}[scheme]
    visitor.context.close()


MANY = range(60_000)  # so that the import takes a few looks at its progress
ORDERS = "order_id,customer_id,ordered_at\n" + "".join(f"N-{n},C1,2026-06-{n % 30 + 1:02}\n" for n in MANY)
LINES = "order_id,line_no,product_id,quantity,unit_price\n" + "".join(f"N-{n},1,P1,2,3.5\n" for n in MANY)
WATCH_FOR_PROGRESS = """() => new MutationObserver(() => {
    window.sawProgress ||= document.querySelector("[data-testid=stProgress]") !== null;
}).observe(document.body, {childList: true, subtree: true})"""


def test_files_are_imported_with_progress(browser, tmp_path):
    home = tmp_path / "home"
    make_workspace(home, has_orders=False).casebook.close()
    running = Server(home, "demo")
    try:
        visitor = Visitor(browser, running)
        visitor.enter("analyst").go("/data")
        for name, text in (("orders.csv", ORDERS), ("order_lines.csv", LINES)):
            (tmp_path / name).write_text(text)
        visitor.page.set_input_files("input[type=file]", [tmp_path / "orders.csv", tmp_path / "order_lines.csv"])
        visitor.settle()
        visitor.page.evaluate(WATCH_FOR_PROGRESS)  # it may come and go between two looks
        visitor.page.click("[data-testid=stFormSubmitButton] button")
        visitor.page.wait_for_function("window.sawProgress")
        visitor.page.wait_for_selector("text=Tables of load 1")
        visitor.go("/")
        assert "Not checked yet" in visitor.text()
        visitor.context.close()
    finally:
        running.stop()


def test_a_real_account_signs_in_and_a_revoked_session_ends_in_the_open_tab(browser, tmp_path):
    home = tmp_path / "home"
    made = make_workspace(home, is_demo=False)
    made.casebook.accounts.add(CONSOLE, "ada", "analyst", "correct horse battery")
    running = Server(home, "real")
    try:
        visitor = Visitor(browser, running)
        visitor.page.goto("/")
        visitor.page.fill("input[name=name]", "ada")
        visitor.page.fill("input[name=password]", "wrong")
        visitor.page.click("button:has-text('Sign in')")
        visitor.page.wait_for_selector("text=Name or password is wrong.")
        visitor.page.fill("input[name=name]", "ada")
        visitor.page.fill("input[name=password]", "correct horse battery")
        visitor.page.click("button:has-text('Sign in')")
        visitor.settle()
        visitor.go("/exceptions")
        made.casebook.accounts.disable(CONSOLE, "ada")
        visitor.page.keyboard.press("j")
        visitor.page.wait_for_selector("text=Your session has ended")
        visitor.context.close()
    finally:
        running.stop()
        made.casebook.close()
