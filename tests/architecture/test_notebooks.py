"""Every notebook runs from top to bottom on a small sample, and is a notebook."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.py"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sample is made once for all of them."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, place: Path) -> None:
    environment = {**os.environ, "ORDERLENS_NOTEBOOKS": str(place), "PYTHONPATH": str(ROOT)}
    environment.pop("ORDERLENS_HOME", None)
    done = subprocess.run(
        [sys.executable, path], cwd=place, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_its_title(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# %% \[markdown\]\n# # [A-Z]", text)
    assert text.count("# %%") >= 3


def test_the_topics_are_there() -> None:
    assert len(NOTEBOOKS) == 6
