"""What verdicts teach is visible: moved chances, similar cases, measured precision; and mutes that can be ended."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard import alerts, learning, muting
from data.casebook import Actor
from data.casebook.mutes import MuteRule

ANALYST = Actor("ada", "analyst", "app")
SOON = datetime.now(UTC) + timedelta(days=30)


def said(at) -> str:
    return " ".join(str(part.value) for part in (*at.markdown, *at.caption))


def judge(workspace, numbers, label="false_positive", score=0.9):
    for number in numbers:
        subject = {"exception_id": f"x{number:03}", "kind": "price_error", "source": "price_slip", "score": score}
        workspace.casebook.labels.add(ANALYST, subject, label)


def test_the_open_finding_says_what_moved_it(fresh, visit):
    judge(fresh, (5, 15))
    at = visit(fresh, "exceptions", role="analyst", id="x025")
    assert "Resembles what was judged before" in said(at)
    assert "2 rejected" in said(at)
    assert "would not be flagged" in said(at), "the counterfactual"


def test_without_labels_nothing_was_learned(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst", id="x025")
    assert "Resembles" not in said(at)


def test_precision_is_measured_from_verdicts_alone(fresh, visit):
    judge(fresh, (5, 15), "confirmed")
    judge(fresh, (25,))
    at = visit(fresh, "quality", role="manager")
    assert not at.exception
    table = next(frame.value for frame in at.dataframe if "interval" in frame.value)
    row = table[table["judged"].eq(3)].iloc[0]
    assert row["right"] == 2 / 3
    assert row["interval"].startswith("21%")


def test_a_mute_is_previewed_made_and_ended_on_screen(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst", id="x005")
    before = at.session_state["queue_shown"]
    assert not [box for box in at.selectbox if box.key == "mute_scope"]
    at.session_state["mute_open"] = True
    at.run()
    at.selectbox(key="mute_scope").select("source").run()
    assert "Hides 4 likely exceptions." in said(at)
    at.button(key="mute_add").click().run()
    assert not at.exception
    assert len(at.session_state["queue_shown"]) < len(before)
    mute_id = int(fresh.casebook.mutes.list()["mute_id"].iloc[0])
    fresh.casebook.mutes.revoke(Actor("demo-analyst", "analyst", "app"), mute_id)
    assert visit(fresh, "exceptions", role="analyst").session_state["queue_shown"] == before


def test_precision_over_time_is_told_for_all_for_a_kind_and_for_a_check(fresh, visit):
    judge(fresh, (5, 15, 25, 35), "confirmed")
    subject = {"exception_id": "x000", "kind": "delivery_delay", "source": "delivery_late", "score": 0.9}
    fresh.casebook.labels.add(ANALYST, subject, "false_positive")
    at = visit(fresh, "quality", role="manager")
    assert any("80% of the likely" in title for title in (part.value for part in at.markdown))
    at.selectbox(key="precision_of").select("price_error:price_slip").run()
    assert not at.exception
    assert "at least 5 verdicts" in said(at), "four are too few for a share"


def test_a_trial_lists_the_confirmed_ones_that_it_would_lose(fresh, visit):
    judge(fresh, (5,), "confirmed")
    at = visit(fresh, "quality", role="analyst")
    at.session_state["quality_tabs"] = "What is kept out of sight"
    at.run()
    at.selectbox(key="try_kind").select("price_error").run()
    lost = next(frame.value for frame in at.dataframe if {"told", "impact", "link"} <= set(frame.value))
    assert lost["told"].str.contains("1,240.00").tolist() == [True]
    assert lost["link"].str.contains("id=x005").all()


def test_a_viewer_is_offered_no_mute(fresh, visit):
    at = visit(fresh, "exceptions", role="viewer", id="x005")
    assert not [box for box in at.selectbox if box.key == "mute_scope"]


def test_a_mute_is_described_in_words(fresh, served):
    served(fresh)
    rule = MuteRule(source="price_stale", customer_id="C7", direction="down", below_impact=50.0, below_score=0.8)
    fresh.casebook.mutes.add(ANALYST, rule, SOON, "agreed_price")
    told = muting.describe(fresh.casebook.mutes.list().iloc[0].to_dict())
    for part in ("C7", "Below the expected only", "50", "80%"):
        assert part in told


def test_one_place_in_ten_is_drawn_by_lot_from_what_looks_harmless(fresh, served):
    served(fresh)
    shown = {"status": "open", "score": 0.5}
    told = alerts.queue(**shown).rows()
    rows = alerts.queue_with_lots(0.5, "2026-W01", **shown).rows()
    assert rows["is_drawn"].tolist()[:2] == [False, True]
    drawn = rows[rows["is_drawn"]]
    assert (drawn["score"] < 0.5).all()
    assert drawn["status"].eq("open").all()
    assert rows[~rows["is_drawn"]]["alert_id"].tolist() == told["alert_id"].tolist()
    again = alerts.queue_with_lots(0.5, "2026-W01", **shown).rows()
    assert again["alert_id"].tolist() == rows["alert_id"].tolist()
    assert len(alerts.queue_with_lots(0.1, "2026-W01", **shown)) == len(told) + min(len(told) // 9, len(drawn))


def test_a_lot_that_was_judged_makes_room_for_another(fresh, served):
    served(fresh)
    shown = {"status": "open", "score": 0.5}
    rows = alerts.queue_with_lots(0.5, "2026-W01", **shown).rows()
    first = rows[rows["is_drawn"]].iloc[0]
    judge(fresh, (int(first["exception_id"].removeprefix("x")),), score=0.3)
    assert first["exception_id"] not in set(alerts.queue_with_lots(0.5, "2026-W01", **shown).rows()["exception_id"])


@pytest.mark.parametrize("looked_for", [{"words": "so-"}, {"status": "all"}, {"score": 0.0}, {"only_new": True}])
def test_nothing_is_drawn_where_something_is_looked_for(fresh, served, looked_for):
    served(fresh)
    shown = {"status": "open", "score": 0.5} | looked_for
    found = alerts.queue_with_lots(0.5, "2026-W01", **shown)
    assert found.chosen.tolist() == alerts.queue(**shown).chosen.tolist()


def test_the_parts_of_a_chance_add_up_to_it(fresh, served):
    served(fresh)
    row = alerts.queue(status="open").rows().iloc[0]
    parts = learning._steps(row)
    assert parts[-1][1] == pytest.approx(row["score"], abs=0.01)
    judge(fresh, (int(row["exception_id"].removeprefix("x")),), label="false_positive")
    row = alerts.queue(status="all", score=0.0).rows().set_index("exception_id", drop=False).loc[row["exception_id"]]
    after = learning._steps(row)
    assert len(after) > len(parts)
    assert after[-1][1] == pytest.approx(row["score"], abs=0.01)
    assert after[-1][1] < parts[-1][1]


def test_a_second_opinion_is_asked_for_filtered_given_and_compared(fresh, visit):
    judge(fresh, (5,), "confirmed")
    at = visit(fresh, "exceptions", role="analyst", id="x005")
    at.selectbox(key="opinion_asked").select("demo-planner")
    at.text_area(key="opinion_note").input("agreed by phone?")
    at.button(key="opinion_ask").click().run()
    assert not at.exception
    fresh.casebook.labels.add(
        Actor("demo-analyst", "analyst", "app"), {"exception_id": "x005", "kind": "price_error"}, "confirmed"
    )
    at = visit(fresh, "exceptions", role="planner", opinion="1")
    assert len(at.session_state["queue_shown"]) == 1, "what was judged already, too"
    assert "demo-analyst asked demo-planner" in said(at)
    assert "agreed by phone?" in said(at)
    at.button(key="reject").click().run()
    at.button(key="because_promotion").click().run()
    assert not at.exception
    row = fresh.casebook.second_opinions.list().iloc[0]
    assert (row["first"], row["second"]) == ("confirmed", "false_positive")
    assert visit(fresh, "exceptions", role="planner", opinion="1").session_state["queue_shown"] == []
    at = visit(fresh, "quality", role="manager")
    assert not at.exception
    assert "0% agreement in 1 second opinion" in said(at)
