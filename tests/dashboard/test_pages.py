import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.i18n import LANGUAGES, _, speaking
from dashboard.navigation import PAGES
from data.vocabulary import ROLES

NAMES = [spec.name for spec in PAGES]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_what_there_is(name, language, filled, visit):
    at = visit(filled, name, language=language)
    assert not at.exception
    with speaking(language):
        assert at.title[0].value == _(next(spec.title for spec in PAGES if spec.name == name))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", ["empty", "unchecked"])
def test_a_page_says_why_it_is_empty(state, name, language, request, visit):
    at = visit(request.getfixturevalue(state), name, language=language)
    assert not at.exception
    if name in ("overview", "exceptions", "duplicates", "shortages"):
        with speaking(language):
            expected = _("No orders yet") if state == "empty" else _("Not checked yet")
        assert any(expected in str(info.proto) for info in at.info)


@pytest.mark.parametrize("role", ROLES)
def test_a_page_not_for_a_role_keeps_its_address_but_is_not_shown(role):
    def script(role):
        import streamlit as st

        from dashboard import navigation

        pages = [page for section in navigation.build(role).values() for page in section]
        st.session_state["addresses"] = [page.url_path for page in pages]
        st.session_state["shown"] = [page.title for page in pages if page.visibility == "visible"]

    at = AppTest.from_function(script, kwargs={"role": role}).run()
    assert not at.exception
    assert at.session_state["shown"] == [spec.title for spec in PAGES if role in spec.roles]
    assert at.session_state["addresses"] == ["", *NAMES[1:]]


def test_no_access_names_the_role(filled, visit):
    at = visit(filled, role="viewer")
    at.switch_page(str(navigation.PAGES_FOLDER / "no_access.py")).run()
    assert "Viewer" in at.warning[0].value


def test_a_revoked_session_ends_at_the_next_click(fresh, visit):
    at = visit(fresh, "overview", role="analyst")
    assert at.title[0].value == "Overview"
    fresh.casebook.sessions.sign_out(at.user["session"])
    at.run()
    assert at.title[0].value == "Signed out"
    assert not at.metric
