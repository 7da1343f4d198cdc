"""A whole run on a small company: what is published, what stays the same, what labels and time change."""

from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data.casebook import Actor, Casebook
from data.errors import InvalidInputError, NotReadyError
from data.relations import read_folder
from data.settings import Settings
from data.vocabulary import SHORTAGE_CAUSES
from data.warehouse import Warehouse
from models.detect import FEATURES, DetectReport, all_finders, detect, keep_live_causes
from models.export import EXPORTS, export, harmless
from models.ranking import EXCEPTION_COLUMNS
from tests.models.order_history import NOW, OrderHistory, load

ANALYST = Actor("ana", "analyst", "app")
SETTINGS = Settings()


def one_wrong_total() -> OrderHistory:
    """Return a healthy company with one order whose total does not add up."""
    made = OrderHistory()
    made.orders["O00100"]["total_amount"] *= 10
    return made


@pytest.fixture
def history() -> OrderHistory:
    """The company, for a test to change."""
    return one_wrong_total()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Casebook, DetectReport]:
    """The company after one run, for tests that only read."""
    warehouse, casebook = published(tmp_path_factory.mktemp("judged"), one_wrong_total())
    return warehouse, casebook, detect(warehouse, casebook, SETTINGS)


def published(home: Path, history: OrderHistory, without: tuple[str, ...] = ()) -> tuple[Warehouse, Casebook]:
    warehouse = Warehouse(home, SETTINGS)
    tables = {name: frame for name, frame in history.tables().items() if name not in without}
    with warehouse.build() as build:
        load(build.connection, tables)
    return warehouse, Casebook.open(home, SETTINGS)


def exceptions(warehouse: Warehouse) -> pd.DataFrame:
    with warehouse.read() as connection:
        return connection.execute("select * from exceptions order by rank").df()


def test_a_wrong_total_is_found_ranked_and_explained(judged: tuple[Warehouse, Casebook, DetectReport]) -> None:
    warehouse, _, report = judged
    found = exceptions(warehouse)
    total = found[(found["kind"] == "order_info") & (found["order_id"] == "O00100")].iloc[0]
    assert total["score"] > 0.9
    assert total["cause"] == "data_entry"
    assert f"{one_wrong_total().orders['O00100']['total_amount']:,.2f}" in total["reason"]
    assert "{" not in total["reason"]
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    assert report.exception_count == len(found)
    assert report.as_of == NOW


def test_the_same_run_twice_gives_the_same_answer(tmp_path: Path, history: OrderHistory) -> None:
    warehouse, casebook = published(tmp_path, history)
    detect(warehouse, casebook, SETTINGS)
    first = exceptions(warehouse)
    detect(warehouse, casebook, SETTINGS)
    pd.testing.assert_frame_equal(first, exceptions(warehouse))


def test_checks_whose_tables_are_missing_are_told(tmp_path: Path, history: OrderHistory) -> None:
    warehouse, casebook = published(tmp_path, history, without=("payments", "order_events", "products"))
    report = detect(warehouse, casebook, SETTINGS)
    not_run = {run.name: run.missing for run in report.not_run}
    assert not_run["payment_overdue"] == ("payments",)
    assert not any(run.finding_count for run in report.not_run)
    with warehouse.read() as connection:
        told = dict(connection.execute("select name, missing from check_runs where status = 'not_run'").fetchall())
    assert told["payment_overdue"] == "payments"


def test_a_cancelled_order_is_history(tmp_path: Path, history: OrderHistory) -> None:
    history.orders["O00100"]["status"] = "cancelled"
    warehouse, casebook = published(tmp_path, history)
    detect(warehouse, casebook, SETTINGS)
    assert "O00100" not in set(exceptions(warehouse)["order_id"])


def test_labels_change_the_score_and_the_status(tmp_path: Path, history: OrderHistory) -> None:
    warehouse, casebook = published(tmp_path, history)
    detect(warehouse, casebook, SETTINGS)
    before = exceptions(warehouse).set_index("exception_id")
    named = before[before["order_id"] == "O00100"].index[0]
    casebook.labels.add(ANALYST, {"exception_id": named, **before.loc[named, ["kind", "order_id"]]}, "false_positive")
    detect(warehouse, casebook, SETTINGS)
    after = exceptions(warehouse).set_index("exception_id")
    assert after.loc[named, "score"] < before.loc[named, "score"]
    out = tmp_path / "exceptions.csv"
    export(warehouse, casebook, ANALYST, "exceptions", out)
    assert pd.read_csv(out).set_index("exception_id").loc[named, "status"] == "false_positive"


def test_as_of_an_earlier_day_later_orders_are_unknown(tmp_path: Path, history: OrderHistory) -> None:
    warehouse, casebook = published(tmp_path, history)
    wrong_since = history.orders["O00100"]["ordered_at"]
    detect(warehouse, casebook, SETTINGS, as_of=wrong_since - timedelta(days=1))
    assert "O00100" not in set(exceptions(warehouse)["order_id"])
    detect(warehouse, casebook, SETTINGS, as_of=wrong_since + timedelta(days=1))
    assert "O00100" in set(exceptions(warehouse)["order_id"])


def test_without_orders_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="orderlens ingest"):
        detect(Warehouse(tmp_path, SETTINGS), Casebook.open(tmp_path, SETTINGS), SETTINGS)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "json"])
def test_the_export_has_the_contracts_columns(
    tmp_path: Path, judged: tuple[Warehouse, Casebook, DetectReport], ending: str
) -> None:
    warehouse, casebook, _ = judged
    out = tmp_path / f"exceptions.{ending}"
    count = export(warehouse, casebook, ANALYST, "exceptions", out)
    readers = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": pd.read_excel}
    frame = readers[ending](out) if ending in readers else pd.read_json(out, lines=True)
    assert len(frame) == count > 0
    assert (
        list(frame.columns)
        == (
            "exception_id kind order_id line_no product_id score impact rank cause reason evidence action department "
            "status detected_at"
        ).split()
    )
    assert {"duplicates", "stockouts", "quarantine", "audit"} <= EXPORTS.keys()
    assert set(frame.columns) - {"status"} <= EXCEPTION_COLUMNS.keys()


def test_an_export_to_an_unknown_ending_writes_nothing(
    tmp_path: Path, judged: tuple[Warehouse, Casebook, DetectReport]
) -> None:
    warehouse, casebook, _ = judged
    with pytest.raises(InvalidInputError, match=r"\.csv, \.parquet"):
        export(warehouse, casebook, ANALYST, "exceptions", tmp_path / "exceptions.doc")
    assert not list(tmp_path.glob("*exceptions*"))


def test_order_text_cannot_become_a_formula() -> None:
    frame = pd.DataFrame({"reason": ["=cmd()", "+1", "@x", "-2", "plain"], "impact": [-1.0, 2, 3, 4, 5]})
    made = harmless(frame)
    assert made["reason"].tolist() == ["'=cmd()", "'+1", "'@x", "'-2", "plain"]
    assert made["impact"].tolist() == frame["impact"].tolist()


def test_a_confirmed_line_stays_a_finding_and_is_no_longer_usual(tmp_path: Path) -> None:
    history = OrderHistory(customer_count=16, orders_each=16)
    for lines in history.lines.values():
        for k, line in enumerate(lines):
            line["product_id"], line["quantity"] = f"P{k}", [20, 31, 8][k]
    history.lines["O00240"][0]["quantity"] = 200
    warehouse, casebook = published(tmp_path, history)
    detect(warehouse, casebook, SETTINGS)
    before = exceptions(warehouse).query("kind == 'quantity_outlier' and order_id == 'O00240'").iloc[0]
    casebook.labels.add(ANALYST, before.to_dict(), "confirmed")
    detect(warehouse, casebook, SETTINGS)
    after = exceptions(warehouse).query("exception_id == @before.exception_id").iloc[0]
    assert after["score"] >= before["score"]


def test_the_live_cause_is_kept_when_hindsight_tells_another() -> None:
    connection = duckdb.connect()

    def run(version: int, cause: str, is_provisional: bool, line: int = 1) -> list[tuple[object, ...]]:
        shares = ", ".join(f"{0.8 if name == cause else 0.1} as share_{name}" for name in (*SHORTAGE_CAUSES, "unknown"))
        connection.execute(
            f"""create or replace temp table stockouts as
            select 'O' as order_id, {line} as line_no, '{cause}' as cause, {shares}"""
        )
        connection.execute(
            f"""create or replace temp table shortage_stories as
            select 'O' as order_id, {line} as line_no, {is_provisional} as is_provisional"""
        )
        keep_live_causes(connection, DetectReport(as_of=datetime(2026, 5, version), version=version))
        return connection.execute("select line_no, cause, share, run_id from live_causes order by line_no").fetchall()

    first = [(1, "late_supplier", 0.8, 1)]
    assert run(1, "late_supplier", True) == first
    assert run(2, "under_forecast", True) == first, "what was told first stays"
    assert run(3, "under_forecast", False) == first
    assert run(4, "allocation", False, line=2) == first, "what was never told live is none"


@pytest.mark.parametrize("folder", ["root_causes/sql", "order_flow/sql", "planning"])
def test_features_that_later_steps_read_outlive_the_finders(folder: str) -> None:
    kept = {name for finder in all_finders().values() for name in finder.needs}
    relations = read_folder(Path(str(files("models"))) / folder).values()
    read = {name for relation in relations for name in relation.tables & FEATURES.keys()}
    assert read
    assert read <= kept
