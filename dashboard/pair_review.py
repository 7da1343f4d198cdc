"""Working through groups of orders that look the same: which group is open, the verdicts by keyboard, the progress."""

from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import comparison, downloads, queries, session, widgets
from dashboard.casework import merging_form
from dashboard.i18n import _, format_gap, format_number, format_percent, is_missing, ngettext
from dashboard.workspace import current

VERDICT_KEYS = {"match": "y", "distinct": "n", "unsure": "x"}
LABELS = {"match": "confirmed", "distinct": "false_positive"}


def verdict_title(verdict: str) -> str:
    """Return a verdict in the visitor's language."""
    titles = {"match": _("Duplicate"), "distinct": _("Two orders"), "unsure": _("Unsure"), "open": _("Open")}
    return titles.get(verdict, verdict)


@lru_cache(maxsize=4)
def _verdicts(home: str, generation: int) -> pd.DataFrame:  # noqa: ARG001
    return current().casebook.pair_reviews.current()


def with_verdicts(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add to each pair its ``verdict`` by a reviewer: match, distinct, unsure, or open; a label in the queue counts."""
    given = _verdicts(str(current().home), current().casebook.pair_reviews.generation())
    both = pairs.merge(given[["order_id", "duplicate_of", "verdict"]], on=["order_id", "duplicate_of"], how="left")
    by_label = {"confirmed": "match", "false_positive": "distinct"}
    is_best = ~both.sort_values("probability", ascending=False)["order_id"].duplicated().reindex(both.index)
    labelled = both["status"].map(by_label).where(is_best)
    return both.assign(verdict=both["verdict"].where(both["verdict"].notna(), labelled.where(labelled.notna(), "open")))


def groups(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per group of orders: its surest pair, its orders, its verdict; what is open first."""
    ordered = pairs.sort_values("probability", ascending=False)
    found = ordered.groupby("cluster_id", sort=False).agg(
        probability=("probability", "max"),
        customer_name=("customer_name", "first"),
        later_at=("later_at", "max"),
        pair_count=("order_id", "size"),
        order_count=("order_id", "nunique"),
        open_count=("verdict", lambda verdicts: int(verdicts.eq("open").sum())),
        verdict=("verdict", lambda verdicts: "open" if verdicts.eq("open").any() else str(verdicts.iloc[0])),
    )
    found["order_count"] += 1
    return found.reset_index().sort_values(
        ["verdict", "probability"], key=lambda column: column.ne("open") if column.name == "verdict" else -column
    )


def judged_pairs() -> pd.DataFrame:
    """Return all pairs with what reviewers said about them; an empty frame, explained, where nothing was looked for."""
    if not queries.has("duplicates"):
        widgets.empty(_("The latest run did not look for duplicates."), _("No duplicates"))
        return pd.DataFrame()
    pairs = queries.fetch("pairs", score=0.0)
    return with_verdicts(pairs) if len(pairs) else pairs


def review() -> None:
    """List the groups beside the one that is open."""
    pairs = judged_pairs()
    if pairs.empty and not queries.has("duplicates"):
        return
    controls, export = st.columns([5, 1], vertical_alignment="bottom")
    score = controls.slider(
        _("Probability, at least"), 0, 100, 50, step=5, format="%d%%", key="pairs_score", width=320,
        persist_state="session",
    )  # fmt: skip
    shown = pairs[pairs["probability"] >= score / 100] if len(pairs) else pairs
    if shown.empty:
        widgets.empty(_("No two orders look the same at this probability."), _("No duplicates"))
        return
    with export.container(horizontal=True, horizontal_alignment="right"):
        downloads.buttons(shown.drop(columns=["cluster_id"], errors="ignore"), "duplicates")
    found = groups(shown)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        progress(pairs)
        st.caption(ngettext("{count} group of orders", "{count} groups of orders", len(found)))
        opened = pick(found)
    with right:
        show(shown[shown["cluster_id"].astype(str).eq(opened)])


def pick(found: pd.DataFrame) -> str:
    """List the groups; return the one that is open."""
    names = found["cluster_id"].astype(str).tolist()
    st.session_state["groups_shown"] = names
    opened = st.session_state.get("group_open")
    if opened not in names:
        opened = st.session_state["group_open"] = names[0]
    shown = pd.DataFrame(
        {
            "open": ["▶" if name == opened else "" for name in names],
            "group": names,
            "orders": found["order_count"].to_numpy(),
            "probability": (found["probability"] * 100).round().to_numpy(),
            "customer": found["customer_name"].to_numpy(),
            "verdict": [verdict_title(verdict) for verdict in found["verdict"]],
            "at": found["later_at"].to_numpy(),
        }
    )
    columns = {
        "open": widgets.column("", width=28),
        "group": widgets.column(_("First order"), width=96),
        "orders": widgets.column(_("Orders"), "whole", width=64),
        "probability": widgets.column(_("Probability"), "chance", width=88),
        "verdict": widgets.column(_("Verdict"), width=76),
        "customer": widgets.column(_("Customer"), width=150),
        "at": widgets.column(_("Latest order"), "time"),
    }
    key = f"groups_{st.session_state.get('groups_generation', 0)}_{queries.version()}_{len(found)}"
    event = widgets.table(
        shown, columns, _("Groups of orders that look the same"), key=key, on_select="rerun",
        selection_mode="single-row", max_height=560,
    )  # fmt: skip
    rows = event.selection.rows
    if rows and rows[0] < len(names) and names[rows[0]] != opened:
        _open(names[rows[0]])
        st.rerun()
    return str(opened)


def _open(name: str) -> None:
    """Open a group; the table forgets what was clicked, so that its rows may move."""
    st.session_state["group_open"] = name
    st.session_state.pop("pair_open", None)
    st.session_state["groups_generation"] = st.session_state.get("groups_generation", 0) + 1


def step(distance: int) -> None:
    """Open the next or the previous group on screen."""
    names = st.session_state.get("groups_shown", [])
    if names:
        place = names.index(st.session_state["group_open"]) if st.session_state.get("group_open") in names else 0
        _open(names[min(max(place + distance, 0), len(names) - 1)])


def judge(pair: dict[str, Any], verdict: str, is_best: bool, is_last: bool) -> None:
    """Keep a verdict on a pair; one on an order's likeliest pair also judges the finding in the queue."""
    casebook, by = current().casebook, session.actor()
    chance = float(pair["probability"])
    casebook.pair_reviews.add(by, str(pair["order_id"]), str(pair["duplicate_of"]), verdict, chance)
    if verdict in LABELS and is_best and not is_missing(pair["exception_id"]):
        finding = {
            "exception_id": pair["exception_id"],
            "kind": "duplicate_order",
            "order_id": pair["order_id"],
            "score": chance,
            "source": "duplicate_order",
        }
        reason = "legitimate_reorder" if verdict == "distinct" else None
        casebook.labels.add(by, finding, LABELS[verdict], reason=reason)
    st.session_state.pop("pair_open", None)
    if is_last:
        step(1)


def progress(pairs: pd.DataFrame) -> None:
    """Show how many of the likely pairs were judged."""
    likely = pairs[pairs["probability"] >= queries.LIKELY]
    done = int(likely["verdict"].ne("open").sum())
    text = _("{done} of {count} likely pairs reviewed").format(
        done=format_number(done), count=format_number(len(likely))
    )
    st.progress(done / len(likely) if len(likely) else 0.0, text=text)


def show(group: pd.DataFrame) -> None:
    """Draw one group: the verdict on its pairs, its orders beside each other, why, and the customer's rhythm."""
    ordered = group.sort_values(["later_at", "probability"], ascending=[True, False])
    pair = _chosen(ordered)
    _verdict_bar(ordered, pair)
    text = _("{later} repeats {earlier}: {share} likely, {gap} later")
    told = text.format(
        later=pair["order_id"],
        earlier=pair["duplicate_of"],
        share=format_percent(pair["probability"]),
        gap=format_gap(pair["earlier_at"], pair["later_at"]),
    )
    st.markdown(f"#### {widgets.plain(told)}")
    names = [str(pair["duplicate_of"]), str(pair["order_id"])]
    rest = [str(name) for name in pd.unique(ordered[["duplicate_of", "order_id"]].to_numpy().ravel())]
    merging_form.offer_orders(*names)
    comparison.side_by_side(*names, *(name for name in rest if name not in names))
    comparison.rhythm(pair)
    comparison.weights(pair["reasons"])


def _chosen(ordered: pd.DataFrame) -> pd.Series:
    """Return the pair of the group that is judged: the one chosen, else the first that is open."""
    if len(ordered) == 1:
        return ordered.iloc[0]
    titles = [
        f"{row.order_id} ↔ {row.duplicate_of} · {verdict_title(str(row.verdict))}" for row in ordered.itertuples()
    ]
    still_open = ordered["verdict"].eq("open").to_numpy()
    first = int(still_open.argmax()) if still_open.any() else 0
    place = st.selectbox(
        _("Pair of the group"), range(len(titles)), index=first, format_func=titles.__getitem__, key="pair_open"
    )
    return ordered.iloc[place if place is not None and place < len(ordered) else first]


def _verdict_bar(ordered: pd.DataFrame, pair: pd.Series) -> None:
    of_order = ordered[ordered["order_id"].eq(pair["order_id"])]
    is_best = bool(pair["probability"] >= of_order["probability"].max())
    others = ordered[(ordered["order_id"] != pair["order_id"]) | (ordered["duplicate_of"] != pair["duplicate_of"])]
    is_last = not others["verdict"].eq("open").any()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(_("Previous"), on_click=step, args=(-1,), shortcut="k", key="pair_back")
        st.button(_("Next"), on_click=step, args=(1,), shortcut="j", key="pair_on")
        if not session.may("pair.review"):
            st.caption(_("Your role looks at duplicates but does not judge them."))
            return
        for verdict, key in VERDICT_KEYS.items():
            st.button(
                verdict_title(verdict),
                on_click=session.safely(judge),
                args=(pair.to_dict(), verdict, is_best, is_last),
                shortcut=key,
                key=f"pair_{verdict}",
                type="primary" if verdict == "match" else "secondary",
            )
        if pair["verdict"] != "open":
            st.badge(verdict_title(str(pair["verdict"])), color="blue")
