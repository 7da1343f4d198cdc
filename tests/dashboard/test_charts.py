"""Figures are plain JSON that says what the frame says."""

import json

import pandas as pd
import pytest

from dashboard import charts
from dashboard.summary import wilson

WEEKS = list(pd.date_range("2026-01-05", periods=3, freq="7D"))


def test_stacked_weeks_show_every_week_and_kind():
    frame = pd.DataFrame({"week": [WEEKS[0], WEEKS[2]], "kind": ["a", "b"], "rate": [1.5, 2.0]})
    figure = charts.stacked_weeks(frame, WEEKS, {"a": "A", "b": "B"}, {"a": "#000000"}, ["1", "2", "3"], "per 1,000")
    json.dumps(figure)
    assert [series["data"] for series in figure["series"]] == [[1.5, 0, 0], [0, 0, 2.0]]
    assert figure["xAxis"]["data"] == ["1", "2", "3"]
    assert figure["yAxis"]["name"] == "per 1,000"


def test_stacked_weeks_without_exceptions_are_empty_not_broken():
    figure = charts.stacked_weeks(
        pd.DataFrame({"week": [], "kind": [], "rate": []}), WEEKS, {}, {}, ["1", "2", "3"], ""
    )
    assert figure["series"] == []


def test_ranked_bars_carry_their_figures_and_can_be_clicked():
    figure = charts.ranked_bars(["x", "y"], [3, 1], ["3 pc", "1 pc"])
    json.dumps(figure)
    bars = figure["series"][0]
    assert [bar["label"]["formatter"] for bar in bars["data"]] == ["3 pc", "1 pc"]
    assert figure["yAxis"]["inverse"]
    assert bars["selectedMode"] == "single"


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
    json.dumps(figure)
    sizes = {series["name"]: series["symbolSize"] for series in figure["series"]}
    assert sizes["This"] > sizes["Own"]
    case = next(series for series in figure["series"] if series["name"] == "This")
    assert case["data"] == [{"name": "SO-2", "value": ["2026-01-03T00:00:00", 1000.0]}]
    assert case["itemStyle"]["color"] == charts.ALARM
    assert case["markLine"]["data"] == [{"yAxis": 10.0}]


def test_a_long_history_keeps_its_marks_bounded():
    figure = charts.history(points(12_000), {"other": "Others", "own": "Own", "case": "This"}, "Price")
    assert sum(len(series["data"]) for series in figure["series"]) <= charts.MAX_MARKS + 2


def test_stock_marks_the_moment_and_leaves_gaps_open():
    days = pd.DataFrame(
        {"day": pd.date_range("2026-01-01", periods=3), "on_hand": [5.0, None, 3.0], "ordered": [None, 2.0, None]}
    )
    figure = charts.stock(days, "2026-01-02", ("Stock", "Ordered", "Here"), "Units")
    json.dumps(figure)
    assert figure["series"][1]["data"] == [5.0, None, 3.0]
    assert figure["series"][1]["markLine"]["data"] == [{"xAxis": "2026-01-02"}]
    assert charts.stock(days, "2030-01-01", ("", "", ""), "")["series"][1]["markLine"]["data"] == []


def test_contributions_point_both_ways():
    figure = charts.contributions(["hour", "value"], [2.0, -1.0], ["2", "-1"])
    colours = [bar["itemStyle"]["color"] for bar in figure["series"][0]["data"]]
    assert colours == [charts.ALARM, charts.QUIET]


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"), [(0, 0, 0, 1), (10, 10, 0.72, 1.0), (0, 10, 0.0, 0.28), (50, 100, 0.40, 0.60)]
)
def test_wilsons_interval(hits, trials, low, high):
    found = wilson(hits, trials)
    assert found == pytest.approx((low, high), abs=0.01)
