"""The review of duplicates: groups, verdicts, what differs sign by sign, thresholds from labels."""

import pandas as pd
import pytest

from dashboard import charts
from dashboard.duplicate_views import RULE_TITLES, precision_and_recall
from dashboard.text_difference import marked, side_by_side
from models.duplicates.pairs import rules


def test_only_what_differs_is_marked() -> None:
    html = marked("PO 4711-A", "PO 4712-A")
    assert html.startswith("PO 471<mark")
    assert html.endswith("</mark>-A")


def test_chinese_signs_are_compared_one_by_one() -> None:
    assert marked("上海市科技路12号", "上海市科技路13号").count("<mark") == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_orders_hold_is_never_taken_for_html(text: str) -> None:
    table = side_by_side(["Field", text], [(text, [text, text + "x"])], text)
    assert "<script" not in table
    assert "<img" not in table


def test_a_text_unlike_the_first_is_marked_as_a_whole() -> None:
    assert marked("web", "phone").count("<mark") == 1


def test_the_figures_of_a_waterfall_add_up() -> None:
    figure = charts.waterfall(["prior", "gap"], [-3.0, 8.0], ["-3.0", "+8.0"], ("sum", "+5.0"), "bits")
    trace = figure.to_dict()["data"][0]
    assert trace["text"][-1] == "+5.0"
    assert list(trace["measure"]) == ["relative", "relative", "total"]


def test_the_timeline_marks_the_pair_and_when_the_next_one_was_due() -> None:
    points = pd.DataFrame(
        {
            "at": pd.to_datetime(["2026-01-01", "2026-01-08", "2026-01-09"]),
            "row": ["same", "same", "same"],
            "is_pair": [False, True, True],
            "name": ["A", "B", "C"],
        }
    )
    figure = charts.rhythm(points, {"same": "Same products", "other": "Other"}, 7.0, "due").to_dict()
    assert list(figure["data"][-1]["text"]) == ["B", "C"]
    assert figure["layout"]["annotations"][0]["x"].startswith("2026-01-15")


def test_precision_and_recall_come_from_the_verdicts() -> None:
    judged = pd.DataFrame({"probability": [0.9, 0.8, 0.6, 0.3], "verdict": ["match", "distinct", "match", "match"]})
    curve = precision_and_recall(judged).set_index("threshold")
    assert curve.loc[0.5, "precision"] == pytest.approx(2 / 3)
    assert curve.loc[0.5, "recall"] == pytest.approx(2 / 3)
    assert curve.loc[0.85, "precision"] == 1
    assert curve.loc[0.25, "recall"] == 1


def test_every_blocking_rule_has_a_title() -> None:
    assert set(RULE_TITLES) == set(rules())


def press(at, label):
    next(button for button in at.button if button.label == label).click().run()


def test_a_verdict_is_kept_and_moves_on(fresh, visit):
    at = visit(fresh, "duplicates", role="analyst")
    assert not at.exception
    first = at.session_state["group_open"]
    press(at, "Duplicate")
    assert not at.exception
    given = fresh.casebook.pair_reviews.current()
    assert given["verdict"].tolist() == ["match"]
    assert first in set(given["duplicate_of"]) | {"cluster-1"}


def test_unsure_judges_nothing_in_the_queue(fresh, visit):
    before = len(fresh.casebook.labels.current())
    at = visit(fresh, "duplicates", role="analyst")
    press(at, "Unsure")
    assert fresh.casebook.pair_reviews.current()["verdict"].tolist() == ["unsure"]
    assert len(fresh.casebook.labels.current()) == before


def test_a_viewer_sees_but_does_not_judge(filled, visit):
    at = visit(filled, "duplicates", role="viewer")
    assert not at.exception
    assert "Duplicate" not in [button.label for button in at.button]


@pytest.mark.parametrize("tab", ["Threshold", "Where they come from"])
def test_every_view_opens(filled, visit, tab):
    at = visit(filled, "duplicates", role="analyst")
    at.session_state["duplicates_tabs"] = tab
    at.run()
    assert not at.exception
