"""The filters of the queue: one row of controls, kept in the address."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import queries, second_opinions, segments, url_state
from dashboard.i18n import _, ngettext
from dashboard.words import kind_title, word
from data.vocabulary import CAUSES, DEPARTMENTS, KINDS, LABELS

PAGE = "queue"
DEFAULTS: dict[str, url_state.Value] = {
    "q": "",
    "status": "open",
    "kind": [],
    "cause": [],
    "channel": [],
    "department": [],
    "score": int(queries.LIKELY * 100),
    "seg": [],
    "new": "",
    "opinion": "",
}
STATUSES = ("open", *LABELS, "all")


def _status_title(status: str) -> str:
    return {"open": _("Open"), "all": _("All")}.get(status) or word(status)


def _many(name: str, label: str, options: Sequence[str], title: Any) -> None:
    st.multiselect(
        label, options, format_func=title, key=f"{PAGE}_{name}", placeholder=_("Any"), help=None, width="stretch"
    )


def queue_filters() -> dict[str, Any]:
    """Draw the filters and return what they say."""
    channels = [str(value) for value in queries.fetch("channels").get("channel", [])]
    allowed: dict[str, Sequence[str]] = {
        "status": STATUSES,
        "kind": list(KINDS),
        "cause": CAUSES,
        "channel": channels,
        "department": DEPARTMENTS,
        "new": ("", "1"),
        "opinion": ("", "1"),
    }
    url_state.load(PAGE, DEFAULTS, allowed)
    st.session_state[f"{PAGE}_seg"] = [part for part in st.session_state[f"{PAGE}_seg"] if segments.is_written(part)]
    chosen = sum(bool(st.session_state[f"{PAGE}_{name}"]) for name in ("cause", "channel", "department", "new"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _("Search"),
            key=f"{PAGE}_q",
            type="search",
            live=True,
            placeholder=_("Order, customer, product …"),
            label_visibility="collapsed",
            width=240,
        )
        st.multiselect(
            _("Kind"),
            list(KINDS),
            format_func=kind_title,
            key=f"{PAGE}_kind",
            placeholder=_("All kinds"),
            label_visibility="collapsed",
            width=300,
        )
        st.segmented_control(
            _("Status"),
            STATUSES,
            format_func=_status_title,
            key=f"{PAGE}_status",
            label_visibility="collapsed",
            required=True,
        )
        label = ngettext("Filters ({count})", "Filters ({count})", chosen) if chosen else _("Filters")
        with st.popover(label, icon=":material/tune:"):
            _more(channels)
        _segment()
        _asked()
    return url_state.save(PAGE, DEFAULTS)


def _asked() -> None:
    """Offer what colleagues asked the visitor about, judged or not, while there is any."""
    count = len(second_opinions.asked_of_me())
    if not count and not st.session_state[f"{PAGE}_opinion"]:
        return
    label = ngettext("Your opinion is asked ({count})", "Your opinion is asked ({count})", count).format(count=count)
    st.segmented_control(
        _("Second opinion"),
        ("", "1"),
        format_func=lambda asked: label if asked else _("All alerts"),
        key=f"{PAGE}_opinion",
        label_visibility="collapsed",
        required=True,
    )


def _segment() -> None:
    """Show the segment that a manager's page led to; each condition can be taken away."""
    conditions = st.session_state[f"{PAGE}_seg"]
    if conditions:
        st.multiselect(
            _("Segment"), conditions, format_func=segments.chip, key=f"{PAGE}_seg", label_visibility="collapsed",
            width=420,
        )  # fmt: skip


def _more(channels: Sequence[str]) -> None:
    _many("cause", _("Cause"), CAUSES, word)
    _many("department", _("Department"), DEPARTMENTS, word)
    if channels:
        _many("channel", _("Channel"), channels, word)
    st.slider(
        _("Chance of being real, at least"),
        0,
        100,
        step=5,
        key=f"{PAGE}_score",
        format="%d%%",
        help=_("Below 50% an exception is more likely harmless than not."),
    )
    st.segmented_control(
        _("Found"),
        ("", "1"),
        format_func=lambda is_new: _("New in the last run") if is_new else _("At any time"),
        key=f"{PAGE}_new",
        required=True,
    )
    st.button(_("Clear all filters"), on_click=clear, key="queue_clear", icon=":material/filter_alt_off:")


def clear() -> None:
    """Set every filter back."""
    for name, default in DEFAULTS.items():
        st.session_state[f"{PAGE}_{name}"] = list(default) if isinstance(default, list) else default


def _within(conditions: Sequence[str]) -> dict[str, Any]:
    """Return the findings of a segment as the queue's SQL binds them."""
    if not conditions:
        return {"is_within": False, "within": []}
    chosen = segments.parameters(segments.read(conditions))
    members = queries.fetch("cause_members", since=segments.since(conditions), **chosen)
    return {"is_within": True, "within": [str(name) for name in members.get("exception_id", [])]}


def parameters(filters: dict[str, Any]) -> dict[str, Any]:
    """Return the filters as the queue's SQL binds them."""
    is_asked = filters["opinion"] == "1"
    return {
        **_within(filters["seg"]),
        "is_asked": is_asked,
        "asked": second_opinions.asked_of_me() if is_asked else [],
        "words": str(filters["q"]).strip().lower(),
        "status": "all" if is_asked else filters["status"],
        "kinds": filters["kind"],
        "causes": filters["cause"],
        "channels": filters["channel"],
        "departments": filters["department"],
        "score": 0.0 if is_asked else filters["score"] / 100,
        "only_new": filters["new"] == "1",
    }
