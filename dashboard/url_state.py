"""A page's filters in its address: shared by a link, restored by reload and by the browser's back button.

Streamlit's own binding writes what an option is called on screen, so that a link would depend on the language.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

Value = str | int | list[str]


def _read(name: str, default: Value, allowed: Sequence[str] | None) -> Value:
    given = st.query_params.get_all(name)
    if not given:
        return list(default) if isinstance(default, list) else default
    if isinstance(default, list):
        return [value for value in given if allowed is None or value in allowed]
    if isinstance(default, int):
        return int(given[0]) if given[0].isdecimal() else default
    return given[0] if allowed is None or given[0] in allowed else default


def load(page: str, defaults: Mapping[str, Value], allowed: Mapping[str, Sequence[str]]) -> None:
    """Put what the address says into the widgets' state, if the address was changed from outside.

    Parameters
    ----------
    page : str
        Prefix of the widgets' keys.
    defaults : mapping of str to str, int or list of str
        The parameters with the values that need not be written.
    allowed : mapping of str to sequence of str
        For some parameters the values that exist; others are dropped.
    """
    seen = {name: st.query_params.get_all(name) for name in defaults}
    is_first = any(f"{page}_{name}" not in st.session_state for name in defaults)
    if not is_first and st.session_state.get(f"{page}__address") == seen:
        return
    for name, default in defaults.items():
        st.session_state[f"{page}_{name}"] = _read(name, default, allowed.get(name))
    st.session_state[f"{page}__address"] = seen


def save(page: str, defaults: Mapping[str, Value]) -> dict[str, Any]:
    """Write the widgets' state into the address, defaults left out; return the values."""
    values: dict[str, Any] = {}
    for name, default in defaults.items():
        value = st.session_state.get(f"{page}_{name}", default)
        value = default if value is None else value
        values[name] = value
        written = [str(part) for part in value] if isinstance(value, list) else [str(value)]
        if value == default:
            written = []
        if st.query_params.get_all(name) != written:
            if written:
                st.query_params[name] = written if isinstance(value, list) else written[0]
            else:
                del st.query_params[name]
    st.session_state[f"{page}__address"] = {name: st.query_params.get_all(name) for name in defaults}
    return values
