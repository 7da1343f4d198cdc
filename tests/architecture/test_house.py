"""The shape of the project: what stands at the top, what may import what, and which names are taken."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("data", "features", "models", "dashboard")
TOP_LEVEL = {*PACKAGES, "notebooks", "tests", "README.md", "pyproject.toml"}
DEMANDED_BY_TOOLS = {".ci", ".gitignore", "LICENSE", "Makefile", "requirements.lock"}


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout, so there is no list of tracked files")
    return [Path(line) for line in listing.stdout.splitlines()]


def test_the_top_level_is_the_fixed_one() -> None:
    assert {path.parts[0] for path in tracked()} <= TOP_LEVEL | DEMANDED_BY_TOOLS


def test_no_page_module_bears_the_name_of_a_package() -> None:
    """`streamlit run` puts dashboard/ first on the path; dashboard/data.py would hide the package data."""
    assert not [name for name in PACKAGES if (ROOT / "dashboard" / f"{name}.py").exists()]
    assert not [name for name in PACKAGES if (ROOT / "dashboard" / name).is_dir()]


def test_tests_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_ignore_rules_are_anchored() -> None:
    """An unanchored `data/` would empty that package out of the wheel."""
    rules = (ROOT / ".gitignore").read_text().split()
    assert all(rule.startswith("/") or rule in ("__pycache__/", "*.pyc") for rule in rules)


def test_nothing_is_called_utils() -> None:
    vague = {"utils", "helpers", "common", "core", "manager"}
    assert not [path for path in tracked() if vague & {path.stem, *path.parent.parts}]


def test_import_rules_hold() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("data/errors.py", "import features"),
        ("features/__init__.py", "import models.checks"),
        ("models/feedback.py", "import streamlit"),
        ("data/registry.py", "import plotly"),
    ],
)
def test_import_rules_break_when_violated(tmp_path: Path, module: str, line: str) -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    broken = tmp_path / module
    broken.write_text(broken.read_text() + f"\n{line}\n")
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_no_file_names_a_machine() -> None:
    """Paths of somebody's machine do not belong into the project."""
    machine = re.compile(r"(^|[^\w.])/(tmp|root|home|work)/")
    texts = {".py", ".sql", ".md", ".yaml", ".toml", ".po", ""}
    found = [
        str(path)
        for path in tracked()
        if path.suffix in texts
        and path.name != Path(__file__).name
        and machine.search((ROOT / path).read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found


def test_the_wheel_installs_and_runs_elsewhere(tmp_path: Path) -> None:
    """The wheel holds every SQL file, mapping, catalogue and picture, and runs from another folder."""
    python = sys.executable
    subprocess.run(
        [python, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True, capture_output=True
    )
    wheel = next(tmp_path.glob("*.whl"))
    subprocess.run([python, "-m", "venv", "--system-site-packages", tmp_path / "venv"], check=True)
    fresh = tmp_path / "venv" / "bin" / "python"
    site = json.loads(
        subprocess.run(
            [python, "-c", "import json, site; print(json.dumps(site.getsitepackages()))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    subprocess.run([fresh, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True, capture_output=True)
    # The dependencies are lent by this environment, the project itself is not: it stands first on the path.
    own = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (own / "lent.pth").write_text("\n".join(site))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    where = subprocess.run(
        [fresh, "-c", "import data, dashboard; print(data.__file__, dashboard.__file__)"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(own) in where.stdout
    assert str(ROOT) not in where.stdout
    command = tmp_path / "venv" / "bin" / "orderlens"
    subprocess.run([command, "demo", "--orders", "500", "--no-serve"], cwd=elsewhere, check=True, capture_output=True)
    assert (elsewhere / "orderlens-home" / "CURRENT").exists()
    packed = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for ending in ("sql", "yaml", "po", "json", "png", "css", "html")
        for path in (ROOT / package).rglob(f"*.{ending}")
    }
    assert not [name for name in packed if not (own / name).exists()]
