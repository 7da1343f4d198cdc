"""The script that Streamlit runs for every visitor and every click: who, in which language, which page."""

import streamlit as st

from dashboard import frame, navigation, session
from dashboard.i18n import speaking
from data.errors import OrderlensError

st.set_page_config(
    page_title="Orderlens", page_icon=frame.ICON, layout="wide", initial_sidebar_state=frame.SIDEBAR_WIDTH
)
with speaking(session.settle_language()):  # said once for the run: a page asks thousands of times
    visitor = session.current_actor()
    if visitor is None:
        st.navigation(navigation.build_signed_out(frame.ask_to_sign_in), position="hidden").run()
        st.stop()
    page = st.navigation(navigation.build(visitor.role), expanded=True)
    frame.sidebar(visitor)
    if refusal := session.take_refusal():
        frame.show_error(refusal)
    try:
        page.run()
    except OrderlensError as wrong:
        frame.show_error(wrong)
