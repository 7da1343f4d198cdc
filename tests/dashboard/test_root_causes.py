"""The page on root causes: it says where findings gather, and leads to them."""

import pytest

from dashboard import alerts, cause_charts, filters, segments
from dashboard.i18n import speaking
from dashboard.prevention import prevented
from dashboard.queries import fetch


def test_the_page_tells_and_splits(visit, filled):
    page = visit(filled, "root_causes", "manager", days="364", measure="count")
    assert not page.exception
    told = " ".join(part.value for part in page.markdown)
    assert "make up 80% of it" in told or "makes up 80% of it" in told
    assert "would have been stopped by one change" in told


def test_a_segment_in_the_address_is_looked_into(visit, filled):
    page = visit(filled, "root_causes", "manager", days="364", kind="price_error", seg="channel:web")
    assert not page.exception
    labels = [metric.label for metric in page.metric]
    assert "Rate here, per 1,000 lines" in labels
    whole = fetch("cause_values", by="", grain="line", kind="price_error", cause="", since="2025-07-01",
                  middle="2025-07-01", until="2026-12-31", currency="CNY", **segments.parameters({}))  # fmt: skip
    split = fetch("cause_values", by="channel", grain="line", kind="price_error", cause="", since="2025-07-01",
                  middle="2025-07-01", until="2026-12-31", currency="CNY", **segments.parameters({}))  # fmt: skip
    for name in ("unit_count", "found_count", "money"):
        assert split[name].sum() == pytest.approx(whole[name].sum())


def test_an_address_with_nonsense_is_no_error(visit, filled):
    page = visit(filled, "root_causes", "manager", days="7", kind="nonsense", seg="nonsense:1")
    assert not page.exception


def test_the_queue_shows_what_a_bar_counts(visit, filled, served):
    served(filled)
    members = fetch("cause_members", since="2026-01-01", **segments.parameters({"channel": "web"}))
    chosen = filters.parameters({**filters.DEFAULTS, "status": "all", "score": 0, "seg": ["channel:web"]})
    assert set(chosen["within"]) == set(members["exception_id"])
    found = alerts.queue(**chosen).rows()
    whose = fetch("alert_of", id=chosen["within"][0])["alert_id"].iloc[0]
    assert whose in set(found["alert_id"])
    assert len(found) <= len(chosen["within"])
    page = visit(filled, "exceptions", "manager", seg="channel:web", status="all")
    assert not page.exception
    assert any(box.value == ["channel:web"] for box in page.multiselect)


def test_a_condition_reads_in_both_languages():
    with speaking("zh"):
        assert segments.chip("weekday:1") == "星期: 星期一"
    assert segments.text({"hours": "08-12", "operator": "ben"}) == "Time of day 08:00–12:00 · Entered by ben"
    assert segments.read(["channel:web", "nonsense:x", "operator:a:b"]) == {"channel": "web", "operator": "a:b"}
    assert segments.since(["since:2026-13-01"]) == "0001-01-01"


def test_signs_of_html_in_the_data_are_no_html():
    assert segments.label("operator", "<a href='x'>") == "&lt;a href='x'&gt;"


def test_a_pareto_marks_what_makes_up_most():
    drawn = cause_charts.pareto(["a", "b", "c"], [70, 20, 10], ["", "", ""], "", "")
    assert list(drawn.data[0].marker.color) == [cause_charts.ALARM, cause_charts.ALARM, cause_charts.QUIET]
    assert list(drawn.data[1].y) == pytest.approx([0.7, 0.9, 1.0])


def test_a_waterfall_starts_and_ends_with_totals():
    drawn = cause_charts.waterfall(["Before", "x", "Now"], [10, 5, 15], ["", "", ""], "")
    assert list(drawn.data[0].measure) == ["absolute", "relative", "total"]


def test_what_nothing_prevents_is_left_out(served, filled):
    import pandas as pd

    found = pd.DataFrame(
        {"kind": ["price_error", "unusual_order"], "cause": ["data_entry", "unknown"], "found_count": [3, 9],
         "money": [5.0, 9.0]}
    )  # fmt: skip
    assert prevented(found).to_dict("records") == [{"name": "price_from_list", "found_count": 3, "money": 5.0}]
