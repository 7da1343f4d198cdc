"""Figures say what the frame says."""

import pandas as pd
import pytest

from dashboard import charts
from dashboard.summary import wilson
from dashboard.widgets import clicked_bar

WEEKS = list(pd.date_range("2026-01-05", periods=3, freq="7D"))


def test_stacked_weeks_show_every_week_and_kind():
    frame = pd.DataFrame({"week": [WEEKS[0], WEEKS[2]], "kind": ["a", "b"], "rate": [1.5, 2.0]})
    figure = charts.stacked_weeks(frame, WEEKS, {"a": "A", "b": "B"}, {"a": "#000000"}, ["1", "2", "3"], "per 1,000")
    assert [list(bars.y) for bars in figure.data] == [[1.5, 0, 0], [0, 0, 2.0]]
    assert [bars.marker.color for bars in figure.data] == ["#000000", charts.QUIET]
    assert list(figure.data[0].x) == ["1", "2", "3"]
    assert "per 1,000" in [note.text for note in figure.layout.annotations], "the axis says its unit"


def test_stacked_weeks_without_exceptions_are_empty_not_broken():
    figure = charts.stacked_weeks(
        pd.DataFrame({"week": [], "kind": [], "rate": []}), WEEKS, {}, {}, ["1", "2", "3"], ""
    )
    assert not figure.data


def test_ranked_bars_carry_their_figures_longest_on_top():
    figure = charts.ranked_bars(["x", "y"], [3, 1], ["3 pc", "1 pc"])
    bars = figure.data[0]
    assert list(bars.text) == ["3 pc", "1 pc"]
    assert list(figure.layout.yaxis.ticktext) == ["x", "y"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_two_bars_of_one_name_stay_two():
    assert len(charts.ranked_bars(["x", "x"], [3, 1], ["3", "1"]).data[0].y) == len({0, 1})


def test_the_clicked_bar_is_found_by_its_place():
    assert clicked_bar({"selection": {"points": [{"point_index": 1}]}}, ["a", "b"]) == "b"
    assert clicked_bar({"selection": {"points": []}}, ["a", "b"]) is None
    assert clicked_bar({"selection": {"points": [{"point_index": 7}]}}, ["a", "b"]) is None


def points(count=3):
    return pd.DataFrame(
        {
            "at": pd.date_range("2026-01-01", periods=count),
            "value": [10.0] * (count - 1) + [1000.0],
            "group": ["other"] * (count - 2) + ["own", "case"],
            "name": [f"SO-{number}" for number in range(count)],
        }
    )


def test_the_case_stands_out_in_its_history():
    figure = charts.history(points(), {"other": "Others", "own": "Own", "case": "This"}, "Price", usual=10.0)
    marks = {trace.name: trace for trace in figure.data}
    assert marks["This"].marker.size > marks["Own"].marker.size
    assert marks["This"].marker.color == charts.ALARM
    assert list(marks["This"].text) == ["SO-2"]
    assert list(marks["This"].y) == [1000.0]
    assert [line.y0 for line in figure.layout.shapes] == [10.0]


def test_a_long_history_keeps_its_marks_bounded():
    figure = charts.history(points(12_000), {"other": "Others", "own": "Own", "case": "This"}, "Price")
    assert sum(len(trace.y) for trace in figure.data) <= charts.MAX_MARKS + 2


def test_stock_marks_the_moment_and_leaves_gaps_open():
    days = pd.DataFrame(
        {"day": pd.date_range("2026-01-01", periods=3), "on_hand": [5.0, None, 3.0], "ordered": [None, 2.0, None]}
    )
    figure = charts.stock(days, "2026-01-02", ("Stock", "Ordered", "Here"), "Units")
    line = figure.data[1]
    assert [line.y[0], line.y[2]] == [5.0, 3.0]
    assert pd.isna(line.y[1])
    assert [mark.x0 for mark in figure.layout.shapes] == ["2026-01-02"]
    assert not charts.stock(days, "2030-01-01", ("", "", ""), "").layout.shapes


def test_contributions_point_both_ways():
    bars = charts.contributions(["hour", "value"], [2.0, -1.0], ["2", "-1"]).data[0]
    assert list(bars.marker.color) == [charts.ALARM, charts.QUIET]
    assert list(bars.x) == [2.0, -1.0]


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"), [(0, 0, 0, 1), (10, 10, 0.72, 1.0), (0, 10, 0.0, 0.28), (50, 100, 0.40, 0.60)]
)
def test_wilsons_interval(hits, trials, low, high):
    found = wilson(hits, trials)
    assert found == pytest.approx((low, high), abs=0.01)
