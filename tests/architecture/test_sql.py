"""SQL files: one select each, with its grain on the first line; checks bind what they declare."""

import re
from pathlib import Path

import pytest

from dashboard.messages import evidence_keys
from data.relations import missing_tables, read_folder, read_relation
from data.schema import TABLES
from data.vocabulary import CAUSES, KINDS
from models.checks import FOLDER, checks
from models.detect import FEATURES, all_finders
from models.findings import named

ROOT = Path(__file__).parents[2]
SQL_FILES = sorted(path for package in ("data", "features", "models") for path in (ROOT / package).rglob("*.sql"))
KNOWN_PARAMETERS = {"now"}


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_is_one_select_and_says_its_grain(path: Path) -> None:
    relation = read_relation(path)
    first = relation.sql.splitlines()[0]
    assert re.match(r"-- (One row|No row|Rows)\b.*\.$", first), first
    assert relation.tables or first.startswith("-- No row")


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_parameters_bound_are_those_declared(path: Path) -> None:
    relation = read_relation(path)
    assert relation.parameters - KNOWN_PARAMETERS == relation.defaults.keys()


def test_a_statement_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.sql"
    path.write_text("-- One row.\nselect 1 as x; select 2 as x")
    with pytest.raises(ValueError, match="not one select"):
        read_relation(path)


def test_every_relation_is_used() -> None:
    everything = [read_relation(path) for path in SQL_FILES]
    named = set().union(*(relation.tables for relation in everything))
    python = "\n".join(
        path.read_text()
        for package in ("data", "features", "models", "dashboard")
        for path in (ROOT / package).rglob("*.py")
    )
    unused = [name for name in FEATURES if name not in named and not re.search(rf"\b{name}\b", python)]
    assert not unused


def test_names_resolve() -> None:
    """A name is a canonical table, its `maybe_` form, a feature, or what the run itself provides."""
    provided = {"excluded_lines", "raw_findings"}
    known = {*TABLES, *(f"maybe_{name}" for name in TABLES), *FEATURES, *provided}
    for relation in [*FEATURES.values(), *read_folder(FOLDER).values()]:
        assert relation.tables <= known, relation.name


def test_only_orders_and_lines_are_needed_by_the_base_features() -> None:
    for name in ("order_facts", "line_facts"):
        assert not missing_tables(FEATURES[name], FEATURES, {"orders", "order_lines"})


@pytest.mark.parametrize("name", checks())
def test_a_check_is_complete(name: str) -> None:
    check = checks()[name]
    assert check.kind in KINDS
    assert check.reasons, "no reason sentence"
    assert all(template.endswith(".") for template in check.reasons.values())
    relation = read_folder(FOLDER)[name]
    sql = relation.sql
    for template in check.counterfactuals.values():
        assert template.endswith("."), "no counterfactual"
        assert named(template) <= set(evidence_keys(relation)), template
    for cause in re.findall(r"'(\w+)' as cause", sql):
        assert cause in CAUSES


def test_every_finder_says_what_would_have_let_each_of_its_variants_pass() -> None:
    for finder in all_finders().values():
        assert finder.counterfactuals.keys() == finder.reasons.keys(), finder.name
        assert all(finder.counterfactuals.values()), finder.name
