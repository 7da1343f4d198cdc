"""One's own account, and the administrator's review of everybody's."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import app, workspace
from data.errors import PermissionDeniedError
from data.settings import Settings
from tests.dashboard.conftest import CONSOLE, PAGES

PASSWORD, NEW = "correct horse battery", "another horse battery"


@pytest.fixture
def home(tmp_path, served):
    made = workspace.open_workspace(tmp_path / "home", Settings())
    for name, role in (("ada", "viewer"), ("max", "admin")):
        made.casebook.accounts.add(CONSOLE, name, role, PASSWORD)
    return served(made)


def enter(home, name, page):
    at = AppTest.from_file(str(app.SCRIPT), default_timeout=30)
    at.user = {"session": home.casebook.sessions.start(name)}
    return at.run().switch_page(str(PAGES / f"{page}.py")).run()


def change(at, old, new, again=None):
    at.text_input(key="password_old").set_value(old)
    at.text_input(key="password_new").set_value(new)
    at.text_input(key="password_again").set_value(again or new)
    return at.button(key="password_save").click().run()


def test_a_changed_password_ends_every_session(home):
    elsewhere = home.casebook.sessions.start("ada")
    at = change(enter(home, "ada", "account"), PASSWORD, NEW)
    assert not at.exception
    assert home.casebook.sessions.resolve(elsewhere) is None
    assert at.title[0].value == "Signed out"
    assert home.casebook.accounts.verify("ada", NEW).name == "ada"


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", NEW, None, "old password is wrong"),
        (PASSWORD, NEW, "x", "differ"),
        (PASSWORD, "short", None, "10 to 512"),
    ],
)
def test_a_wrong_change_is_refused_in_its_place(home, old, new, again, said):
    at = change(enter(home, "ada", "account"), old, new, again)
    assert said in at.error[0].value
    assert home.casebook.accounts.verify("ada", PASSWORD)


def test_guessing_the_old_password_locks_the_account(home):
    at = enter(home, "ada", "account")
    for _ in range(6):
        change(at, "guess guess", NEW)
    assert "Too many attempts" in at.error[0].value
    change(at, PASSWORD, NEW)
    assert "Too many attempts" in at.error[0].value, "even with the right one"


def test_other_sessions_are_ended_and_this_one_stays(home):
    elsewhere = home.casebook.sessions.start("ada")
    at = enter(home, "ada", "account")
    at.button(key="end_others").click().run()
    assert home.casebook.sessions.resolve(elsewhere) is None
    assert at.title[0].value == "Your account"


def test_the_review_is_signed_off(home):
    home.casebook.permission_review.sign_off(CONSOLE, "start")
    home.casebook.accounts.add(CONSOLE, "eve", "manager", PASSWORD)
    at = enter(home, "max", "admin")
    at.session_state["admin_tabs"] = "Permission review"
    at.run()
    assert not at.exception
    assert [metric.value for metric in at.metric] == ["3", "1", "0"]
    at.text_input(key="review_note").set_value("looked at eve")
    at.button(key="review_save").click().run()
    assert not at.exception
    last = home.casebook.permission_review.last()
    assert (last.by, last.note) == ("max", "looked at eve")
    assert at.metric[1].value == "0"
    with pytest.raises(PermissionDeniedError):
        home.casebook.permission_review.sign_off(home.casebook.accounts.get("ada").acting())


def test_an_administrator_hands_over_a_link_to_set_a_password(home):
    at = enter(home, "max", "admin")
    at.selectbox(key="account_chosen").select("ada")
    at.button(key="account_link").click().run()
    token = at.code[0].value.partition("token=")[2]
    assert home.casebook.accounts.use_password_token(token, NEW).name == "ada"
