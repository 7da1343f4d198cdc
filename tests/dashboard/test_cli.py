"""The command line: exit codes, one-line errors, and the way from raw files to an export."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from dashboard.cli import main, orderlens
from data.sample import make_sample

COMMANDS = "demo sample ingest detect serve check export label user backup restore audit".split()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "company"
    make_sample(folder, orders=600, seed=3)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> str:
    folder = str(tmp_path_factory.mktemp("home") / "store")
    assert main(["--home", folder, "ingest", str(sample)]) == 0
    assert main(["--home", folder, "detect"]) == 0
    return folder


def test_every_command_of_the_contract_is_there_and_teaches() -> None:
    assert set(COMMANDS) <= set(orderlens.commands)
    for name, command in orderlens.commands.items():
        assert command.help, name


def test_counts_are_printed_and_add_up(home: str, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", home, "ingest", str(sample)]) == 0
    rows = re.findall(r"^(\w+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) *$", capsys.readouterr().out, re.M)
    assert {"orders", "order_lines"} <= {row[0] for row in rows}
    for _, *counts in rows:
        read, *parts = (int(count.replace(",", "")) for count in counts)
        assert read == sum(parts)


def test_the_queue_is_exported(home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "exceptions.csv"
    assert main(["--home", home, "export", "exceptions", "--out", str(out)]) == 0
    frame = pd.read_csv(out)
    assert frame["rank"].tolist() == list(range(1, len(frame) + 1))
    assert frame["score"].between(0, 1).all()
    assert f"{len(frame):,} rows" in capsys.readouterr().out


def test_a_label_is_kept(home: str, tmp_path: Path) -> None:
    out = tmp_path / "exceptions.csv"
    main(["--home", home, "export", "exceptions", "--out", str(out)])
    named = pd.read_csv(out)["exception_id"][0]
    assert main(["--home", home, "label", named, "confirmed", "--note", "seen"]) == 0
    main(["--home", home, "export", "exceptions", "--out", str(out)])
    assert pd.read_csv(out).set_index("exception_id")["status"][named] == "confirmed"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["detec"], 2, "Did you mean 'detect'"),
        (["detect", "--as-of", "noon"], 2, "noon"),
        (["export", "exceptions"], 2, "--out"),
        (["export", "exception", "--out", "x.csv"], 1, "Did you mean 'exceptions'"),
        (["ingest", "no-such-folder"], 1, "no-such-folder"),
        (["label", "nothing", "confirmed"], 1, "nothing"),
        (["label", "nothing", "maybe"], 2, "maybe"),
        (["check", "no-such-file.json"], 1, "no-such-file.json"),
        (["user", "set-role", "nobody", "admin"], 1, "nobody"),
    ],
)
def test_what_goes_wrong_is_one_line(
    home: str, arguments: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", home, *arguments]) == code
    printed = capsys.readouterr()
    assert told in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert not printed.out


def test_nothing_to_detect_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path / "new"), "detect"]) == 1
    assert "orderlens ingest" in capsys.readouterr().err


def test_a_source_without_lines_changes_nothing(
    tmp_path: Path, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "orders.csv").write_bytes((sample / "orders.csv").read_bytes())
    assert main(["--home", str(tmp_path / "store"), "ingest", str(folder)]) == 1
    assert "order_lines" in capsys.readouterr().err
    assert not (tmp_path / "store" / "CURRENT").exists()


def order_of(sample: Path) -> dict[str, object]:
    """The latest clean order of the sample, as a new one."""
    orders = pd.read_csv(sample / "orders.csv", dtype=str).sort_values("ordered_at")
    lines = pd.read_csv(sample / "order_lines.csv", dtype={"product_id": str, "order_id": str})
    header = orders[orders["status"] != "cancelled"].iloc[-1]
    mine = lines[lines["order_id"] == header["order_id"]][["product_id", "quantity", "unit_price"]]
    keep = header[["customer_id", "currency", "channel"]].dropna().to_dict()
    return {**keep, "lines": mine.to_dict("records")}


def test_an_order_with_a_slipped_decimal_is_held(home: str, sample: Path, tmp_path: Path) -> None:
    order = order_of(sample)
    order["lines"][0]["unit_price"] *= 100  # type: ignore[index]
    file = tmp_path / "order.json"
    file.write_text(json.dumps(order))
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "--home", home, "check", str(file)],
        capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["verdict"] == "hold"
    assert {"price_error"} <= {finding["kind"] for finding in verdict["findings"]}


def test_accounts_by_command(home: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERLENS_NEW_PASSWORD", "a long enough password")
    assert main(["--home", home, "user", "add", "mei", "--role", "analyst"]) == 0
    assert main(["--home", home, "user", "set-role", "mei", "planner"]) == 0
    assert main(["--home", home, "user", "list"]) == 0
    listing = capsys.readouterr().out
    assert re.search(r"mei +planner +active +never", listing)
    assert "a long enough password" not in listing
    assert main(["--home", home, "user", "disable", "mei"]) == 0
    assert main(["--home", home, "audit", "verify"]) == 0
