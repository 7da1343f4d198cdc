"""What the pages read: filters, labels that count at once, tables that may be missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard import alerts, queries, segments
from dashboard.queries import FOLDER, fetch
from data.casebook import Actor
from data.casebook.mutes import MuteRule
from data.relations import MAYBE, read_folder
from data.schema import TABLES
from models.planning.plan import BY_WAREHOUSE

ALL = {
    "only_new": False,
    "words": "",
    "status": "all",
    "score": 0.0,
    "kinds": [],
    "causes": [],
    "channels": [],
    "departments": [],
}
ANALYST = Actor("ada", "analyst", "app")

PARAMETERS = {
    "id": "x001", "alert_id": "SO-00236", "order_id": "SO-00236", "customer_id": "C1", "product_id": "P1",
    "ordered_at": "2026-06-01", "load_id": 1, "table_name": "", "currency": "CNY", "impact": 0.0, "week": "2026-W26",
    **ALL,
    "start": "2026-01-01", "line_no": 1, "supplier_id": "S101", "duplicate_of": "SO-00001", "least": 0.5,
    "dimension": "channel",
    "source": "",
    "days": 91, "kind": "", "cause": "", "by": "channel", "channel": "", "grain": "order", "since": "2026-01-01",
    "now": datetime(2026, 6, 1), "worse": 1.5,
    "middle": "2026-04-01", "until": "2026-07-01", **segments.parameters({"channel": "web"}),
}  # fmt: skip


OF_SEVERAL_WAREHOUSES = {name for name, query in read_folder(FOLDER).items() if query.tables & set(BY_WAREHOUSE)}
"""What is published where several warehouses keep a product alone; the planners' pages are tested on such a company."""


def queue(**filters):
    return alerts.queue(**{**ALL, **filters}).rows()


@pytest.mark.parametrize("name", sorted(read_folder(FOLDER).keys() - OF_SEVERAL_WAREHOUSES))
def test_every_query_runs_on_what_is_published(name, detected, served):
    served(detected)
    relation = read_folder(FOLDER)[name]
    needed = {table for table in relation.tables if table not in queries.PUT_IN and not table.startswith(MAYBE)}
    assert [table for table in needed if not queries.has(table)] == []
    frame = fetch(name, **{key: PARAMETERS[key] for key in relation.parameters if key in PARAMETERS})
    assert len(frame.columns)


@pytest.mark.parametrize("name", sorted(read_folder(FOLDER)))
def test_every_query_is_empty_where_nothing_is_published(name, empty, served):
    served(empty)
    assert fetch(name, **PARAMETERS).empty


def test_a_query_reads_optional_tables_as_optional():
    for relation in read_folder(FOLDER).values():
        plain = {table for table in relation.tables if table in TABLES}
        assert plain <= {"orders", "order_lines"}, relation.name


def test_the_queue_is_ranked_and_filters_combine(filled, served):
    served(filled)
    everything = queue()
    assert everything["rank"].is_monotonic_increasing
    assert everything["alert_id"].is_unique
    prices = queue(kinds=["price_error"])
    assert prices["kinds"].map(lambda kinds: "price_error" in kinds).all()
    assert 0 < len(queue(kinds=["price_error"], causes=["stale_master_data"])) < len(prices)
    assert queue(score=0.9)["score"].ge(0.9).all()
    assert queue(departments=["finance"])["alert_id"].isin(everything["alert_id"]).all()
    named = everything[everything["customer_name"].eq("上海远景贸易有限公司")]
    found = queue(words="远景").set_index("alert_id")
    assert set(named["alert_id"]) <= set(found.index)
    assert found.drop(index=list(named["alert_id"]))["group_id"].notna().all(), "found by another of its orders"
    assert queue(words="'; drop table alerts; --").empty


def test_a_label_counts_at_once(fresh, served):
    served(fresh)
    first = queue(status="open").iloc[0]
    head = {"exception_id": first["exception_id"], "kind": first["kind"], "score": first["score"]}
    label_id = fresh.casebook.labels.add(ANALYST, head, "confirmed")
    assert first["alert_id"] not in set(queue(status="open")["alert_id"])
    assert queue(status="confirmed")["alert_id"].tolist() == [first["alert_id"]]
    assert fetch("review")["confirmed_count"].sum() == 1
    fresh.casebook.labels.undo(ANALYST, label_id)
    assert queue(status="open").iloc[0]["alert_id"] == first["alert_id"]


def test_rejecting_the_head_leaves_the_alert_open_while_another_likely_finding_is(fresh, served):
    served(fresh)
    alert = fetch("alert_of", id="x900")["alert_id"].iloc[0]
    head = {"exception_id": "x000", "kind": "delivery_delay"}
    fresh.casebook.labels.add(ANALYST, head, "false_positive")
    assert alert in set(queue(status="open")["alert_id"])
    fresh.casebook.labels.add(ANALYST, {"exception_id": "x900", "kind": "payment_problem"}, "confirmed")
    assert alert in set(queue(status="confirmed")["alert_id"])


def test_rejected_exceptions_leave_the_trend(fresh, served):
    served(fresh)
    before, likely = fetch("kinds_by_week")["exception_count"].sum(), queries.scores().ge(queries.LIKELY)
    fresh.casebook.labels.add(ANALYST, {"exception_id": "x000", "kind": "delivery_delay"}, "false_positive")
    sunk = set(likely.index[likely & queries.scores().lt(queries.LIKELY)])
    assert fetch("kinds_by_week")["exception_count"].sum() == before - len(sunk | {"x000"})


def test_a_newer_version_is_seen(fresh, served):
    served(fresh)
    assert len(queue()) > 5
    with fresh.warehouse.build() as build:
        build.connection.execute(
            "delete from exceptions where alert_id not in (select alert_id from alerts where rank <= 5)"
        )
    assert len(queue()) == 5


def test_a_cached_frame_cannot_be_spoilt_by_its_reader(filled, served):
    served(filled)
    frame = queue()
    frame["alert_id"] = "spoilt"
    assert "spoilt" not in set(queue()["alert_id"])


def test_the_history_holds_the_line_in_question(filled, served):
    served(filled)
    lines = fetch(
        "product_lines", product_id="P1", customer_id="C1", order_id="SO-00001", ordered_at="2026-01-05T09:00:00"
    )
    assert "SO-00001" in set(lines["order_id"])
    assert lines["order_id"].ne("SO-00060").all(), "a cancelled order is history of nothing"


def test_a_verdict_moves_what_resembles_it_at_once(fresh, served):
    served(fresh)
    alike = alerts.findings_of(fetch("alert_of", id="x025")["alert_id"].iloc[0])
    alike = alike[alike["source"].eq("price_slip")].iloc[0]
    before = float(alike["score"])
    for number in (5, 15):
        fresh.casebook.labels.add(ANALYST, {"exception_id": f"x{number:03}", "kind": "price_error"}, "false_positive")
    shown = alerts.findings_of(alike["alert_id"]).set_index("exception_id")["score"]
    assert shown["x025"] < before - 0.05
    untouched = alerts.findings_of(fetch("alert_of", id="g0")["alert_id"].iloc[0])
    assert untouched["score"].eq(0.9).all(), "labels of one kind say nothing about another"


SOON = datetime.now(UTC) + timedelta(days=30)


def test_a_mute_hides_what_it_describes_and_nothing_else_until_it_is_revoked(fresh, served):
    served(fresh)
    before = queue()
    rule = MuteRule(source="price_slip", direction="up")
    effect = queries.mute_effect(rule)
    promised = effect.loc[effect["is_hidden"], "exception_count"].sum()
    mute_id = fresh.casebook.mutes.add(ANALYST, rule, SOON, "wrong_check")
    hidden = before[~before["alert_id"].isin(queue()["alert_id"])]
    assert set(hidden["source"]) == {"price_slip"}
    assert promised == hidden["score"].ge(queries.LIKELY).sum(), "the preview says what happens"
    assert fetch("kinds_by_week")["exception_count"].sum() < 40
    fresh.casebook.mutes.revoke(ANALYST, mute_id)
    assert queue()["alert_id"].tolist() == before["alert_id"].tolist()


def test_a_preview_tells_which_known_ones_would_be_lost(fresh, served):
    served(fresh)
    fresh.casebook.labels.add(ANALYST, {"exception_id": "x005", "kind": "price_error"}, "confirmed")
    effect = queries.mute_effect(MuteRule(source="price_slip"))
    assert effect.loc[effect["is_hidden"], "confirmed_count"].sum() == 1
    assert queries.mute_lost(MuteRule(source="price_slip"))["exception_id"].tolist() == ["x005"]
    assert queries.mute_lost(MuteRule(source="price_slip", direction="down")).empty
    other_way = queries.mute_effect(MuteRule(source="price_slip", direction="down"))
    assert other_way.loc[other_way["is_hidden"], "exception_count"].sum() == 0


def test_similar_cases_are_judged_and_alike(fresh, served):
    served(fresh)
    for number in (5, 15):
        fresh.casebook.labels.add(ANALYST, {"exception_id": f"x{number:03}", "kind": "price_error"}, "false_positive")
    fresh.casebook.labels.add(ANALYST, {"exception_id": "x000", "kind": "delivery_delay"}, "confirmed")
    similar = fetch("similar", id="x025")
    assert set(similar["exception_id"]) == {"x005", "x015"}
    assert similar["is_same_check"].all()


def test_measured_precision_counts_what_was_shown_as_likely(fresh, served):
    served(fresh)
    shown = [("x005", 0.9, "confirmed"), ("x015", 0.8, "false_positive"), ("x025", 0.2, "false_positive")]
    for name, score, label in shown:
        subject = {"exception_id": name, "kind": "price_error", "source": "price_slip", "score": score}
        fresh.casebook.labels.add(ANALYST, subject, label)
    row = fetch("verdicts_by_check").iloc[0]
    assert (row["judged_count"], row["likely_judged_count"], row["likely_confirmed_count"]) == (3, 2, 1)
    assert fetch("reliability")["tenth"].tolist() == [2, 8, 9]
    assert fetch("verdicts_by_week", kind="", source="")["judged_count"].sum() == 2
    assert fetch("verdicts_by_week", kind="price_error", source="price_slip")["judged_count"].sum() == 2
    assert fetch("verdicts_by_week", kind="price_error", source="price_unit").empty


def test_findings_of_an_older_release_ask_for_a_new_run(fresh, served):
    served(fresh)
    assert queries.has_findings()
    with fresh.warehouse.build() as build:
        build.connection.execute("alter table exceptions drop column prior_score")
    assert not queries.has_findings()


def test_only_what_the_last_run_found_first_is_new(filled, served):
    served(filled)
    new = queue(only_new=True)
    assert 0 < len(new) < len(queue())
    assert new["exception_id"].str.startswith("x00").all()


def queue_of(workspace, served):
    """Return the names of the two likeliest findings that are about a product."""
    served(workspace)
    with workspace.warehouse.read() as cursor:
        rows = cursor.execute(
            "select exception_id from exceptions where product_id is not null and score >= 0.9 order by rank limit 2"
        ).fetchall()
    return [name for (name,) in rows]


def come_again(workspace, told, again, impact_ratio):
    """Let a later run find the like of a judged finding."""
    with workspace.warehouse.build() as build:
        build.connection.execute(
            """update exceptions set source = told.source, customer_id = told.customer_id, product_id = told.product_id,
            impact = ? * greatest(told.impact, 1)
            from (select * from exceptions where exception_id = ?) as told where exceptions.exception_id = ?""",
            [impact_ratio, told, again],
        )
        build.connection.execute("create table if not exists first_found (exception_id varchar, run_id integer)")
        build.connection.execute("delete from first_found where exception_id = ?", [again])
        build.connection.execute("insert into first_found (exception_id, run_id) values (?, 999)", [again])
        soon = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
        build.connection.execute("insert into detect_runs (run_id, started_at) values (999, ?)", [soon])


@pytest.mark.parametrize(("impact_ratio", "days", "is_shown"), [(1.0, 7, False), (2.0, 7, True), (1.0, 0, True)])
def test_what_was_just_judged_does_not_come_again_unless_worse(impact_ratio, days, is_shown, fresh, served):
    likely = queue_of(fresh, served)
    subject = {"exception_id": likely[0], "kind": "price_error"}
    fresh.casebook.labels.add(ANALYST, subject, "false_positive")
    come_again(fresh, *likely, impact_ratio)
    served(replace(fresh, settings=fresh.settings.model_copy(update={"cool_down_days": days})))
    hidden = queries.ranking(str(fresh.home), queries.version(), queries.generation()).set_index("exception_id")[
        "mute_id"
    ]
    assert hidden.isna()[likely[1]] == is_shown
    assert hidden.isna()[likely[0]]
    assert queries.cooling_count() == (not is_shown)
