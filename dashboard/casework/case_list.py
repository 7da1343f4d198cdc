"""The list of cases beside the one that is open."""

import streamlit as st

from dashboard import downloads, navigation, session, widgets
from dashboard.casework import case_detail, case_filters, case_table
from dashboard.i18n import _
from dashboard.workspace import current


def mentions() -> None:
    """Link to the cases in which the visitor was named and has not looked since."""
    unseen = current().casebook.case_mentions.list(session.actor().name)
    if unseen.empty:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{_('You are named in:')}**")
        for number in list(dict.fromkeys(unseen["case_id"]))[:8]:
            st.page_link(
                navigation.PAGES_FOLDER / "cases.py",
                label=_("Case {number}").format(number=number),
                icon=":material/alternate_email:",
                query_params={"case": str(number), "view": "all"},
            )


def show() -> None:
    """Draw filters, list and detail."""
    mentions()
    controls, export = st.columns([5, 1], vertical_alignment="bottom")
    with controls:
        chosen = case_filters.show()
    cases = case_filters.fetch(chosen)
    with export.container(horizontal=True, horizontal_alignment="right"):
        downloads.buttons(case_table.for_export(cases), "cases")
    opened = case_table.opened(cases)
    if opened is None:
        widgets.empty(
            _("Open one from an exception: the button stands beside its verdict. Or choose another view."),
            _("No cases here"),
        )
        return
    left, right = st.columns([5, 7], gap="medium")
    with left:
        case_table.show(cases)
        case_table.bulk(cases)
    with right:
        case_detail.show(opened)
