"""What is known about the data and the runs: loads, quarantine, audits, checks that ran and that could not."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import downloads, queries, widgets
from dashboard.i18n import _, format_list, format_number, ngettext
from dashboard.words import finders, kind_title, word

COUNTS = ("read_count", "loaded_count", "updated_count", "unchanged_count", "quarantined_count")


def _count_columns() -> dict[str, Any]:
    titles = (_("Read"), _("Loaded"), _("Updated"), _("Unchanged"), _("Quarantined"))
    return {name: widgets.column(title, "whole") for name, title in zip(COUNTS, titles, strict=True)}


def loads() -> None:
    """List the loads with their counts, and the tables of the one that is picked."""
    frame = queries.fetch("loads_done")
    if frame.empty:
        st.caption(_("Nothing was loaded yet."))
        return
    columns = {
        "load_id": widgets.column(_("Load"), "whole", width=60),
        "started_at": widgets.column(_("Started"), "time"),
        "source": widgets.column(_("Source"), width="medium"),
        "mapping": widgets.column(_("Mapping")),
        **_count_columns(),
    }
    st.markdown(f"**{_('Loads')}**")
    event = widgets.table(
        frame,
        columns,
        _("Loads"),
        key="loads",
        on_select="rerun",
        selection_mode="single-row-required",
        height="content",
    )
    rows = event.selection.rows
    load_id = int(frame["load_id"].iloc[rows[0] if rows and rows[0] < len(frame) else 0])
    tables = queries.fetch("tables_loaded", load_id=load_id)
    tables["table_name"] = [word(name) for name in tables["table_name"]]
    st.markdown(f"**{_('Tables of load {number}').format(number=load_id)}**")
    widgets.table(tables, {"table_name": widgets.column(_("Table")), **_count_columns()}, _("Tables of the load"))
    ignored = queries.fetch("columns_ignored", load_id=load_id)
    if len(ignored):
        names = format_list([f"{row['table_name']}.{row['column_name']}" for row in ignored.to_dict("records")])
        st.caption(widgets.plain(_("Not in the schema, kept out: {names}").format(names=names)))


def quarantine() -> None:
    """List the rows that were kept out, each with its reason; filter and export them."""
    everything = queries.fetch("quarantined", table_name="", words="")
    if everything.empty:
        widgets.empty(_("Every row that was read could be used."), _("Quarantine is empty"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            _("Search"),
            key="quarantine_q",
            type="search",
            live=True,
            placeholder=_("Key, column, value, reason …"),
            label_visibility="collapsed",
            width=280,
        )
        names = sorted(everything["table_name"].dropna().unique())
        table = st.selectbox(
            _("Table"),
            ["", *names],
            format_func=lambda name: word(name) if name else _("All tables"),
            key="quarantine_table",
            label_visibility="collapsed",
            width=220,
        )
        frame = queries.fetch("quarantined", table_name=table, words=(words or "").strip().lower())
        downloads.buttons(frame, "quarantine")
    reasons = frame.groupby("reason").size().sort_values(ascending=False)
    if len(reasons):
        most = _("{reason} ({count})").format(reason=_(str(reasons.index[0])), count=format_number(reasons.iloc[0]))
        st.caption(ngettext("{count} entry", "{count} entries", len(frame)) + " · " + _("most often: ") + most)
    shown = frame.assign(
        table_name=[word(name) for name in frame["table_name"]], reason=[_(str(reason)) for reason in frame["reason"]]
    )
    columns = {
        "load_id": widgets.column(_("Load"), "whole", width=60),
        "table_name": widgets.column(_("Table")),
        "row_number": widgets.column(_("Row"), "whole", width=70),
        "key": widgets.column(_("Key")),
        "column_name": widgets.column(_("Column")),
        "value": widgets.column(_("Value")),
        "reason": widgets.column(_("Reason"), width="large"),
        "quarantined_at": widgets.column(_("When"), "time"),
    }
    widgets.table(shown, columns, _("Rows in quarantine"), max_height=520)


def audits() -> None:
    """List what must hold of the data, and whether it does."""
    frame = queries.fetch("audits_done")
    if frame.empty:
        st.caption(_("No audit was run yet."))
        return
    failing = int(frame["failure_count"].fillna(0).gt(0).sum())
    if failing:
        st.warning(ngettext("{count} audit found failures.", "{count} audits found failures.", failing))
    else:
        st.success(_("All audits passed."))
    shown = pd.DataFrame(
        {
            "state": [_audit_state(count) for count in frame["failure_count"]],
            "title": [_(title) for title in frame["title"]],
            "blocking": [_("Yes") if blocking else _("No") for blocking in frame["is_blocking"]],
            "failures": frame["failure_count"].to_numpy(),
            "example": frame["example"].to_numpy(),
            "at": frame["checked_at"].to_numpy(),
        }
    )
    columns = {
        "state": widgets.column(_("State"), width=110),
        "title": widgets.column(_("What must hold"), width="large"),
        "failures": widgets.column(_("Failures"), "whole"),
        "blocking": widgets.column(_("Stops publication")),
        "example": widgets.column(_("Example"), width="medium"),
        "at": widgets.column(_("When"), "time"),
    }
    widgets.table(shown, columns, _("Data audits"), height="content")


def _audit_state(count: Any) -> str:
    if pd.isna(count):
        return f"– {_('Not run')}"
    return f"✗ {_('Failed')}" if count else f"✓ {_('Passed')}"


def checks() -> None:
    """List which checks ran, and which could not for want of which table."""
    frame = queries.fetch("checks_done")
    if frame.empty:
        st.caption(_("No detection run yet."))
        return
    missing = frame[frame["status"].ne("ran")]
    if len(missing):
        lines = [f"- {_check_title(row['name'])}: {_why_not(row['missing'])}" for row in missing.to_dict("records")]
        title = ngettext("{count} check was not run", "{count} checks were not run", len(missing))
        st.info("\n".join(lines), title=title)
    ran = frame[frame["status"].eq("ran")]
    shown = pd.DataFrame(
        {
            "kind": [kind_title(kind) for kind in ran["kind"]],
            "title": [_check_title(name) for name in ran["name"]],
            "count": ran["finding_count"].to_numpy(),
            "seconds": ran["seconds"].to_numpy(),
        }
    )
    columns = {
        "kind": widgets.column(_("Kind")),
        "title": widgets.column(_("Check"), width="large"),
        "count": widgets.column(_("Raw findings"), "whole"),
        "seconds": widgets.column(_("Seconds"), "number"),
    }
    st.markdown(f"**{ngettext('{count} check ran', '{count} checks ran', len(ran))}**")
    widgets.table(shown, columns, _("Checks that ran"), height="content")


def _check_title(name: str) -> str:
    return _(finders()[name].title) if name in finders() else name


def _why_not(missing: str) -> str:
    names = [word(name.strip()) for name in str(missing).split(",") if name.strip()]
    if len(names) == 1:
        return _("not run, because {table} is missing").format(table=names[0])
    return _("not run, because {tables} are missing").format(tables=format_list(names))


def runs() -> None:
    """List the detection runs."""
    frame = queries.fetch("runs_done")
    if frame.empty:
        st.caption(_("No detection run yet."))
        return
    columns = {
        "run_id": widgets.column(_("Version"), "whole", width=70),
        "started_at": widgets.column(_("Started (UTC)"), "time"),
        "as_of": widgets.column(_("Judged as of"), "time"),
        "exception_count": widgets.column(_("Exceptions"), "whole"),
        "alert_count": widgets.column(_("Alerts"), "whole"),
        "seconds": widgets.column(_("Seconds"), "number"),
    }
    widgets.table(frame, columns, _("Detection runs"), height="content")
