"""The schema is the contract, in code: the README's table and `data/schema.py` must agree."""

import re
from pathlib import Path

import pytest

from data.errors import UnknownNameError
from data.schema import TABLES, table
from data.vocabulary import CAUSES, KINDS, SHORTAGE_CAUSES, STATUSES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def documented_tables() -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|$", README, flags=re.MULTILINE)
    return {
        name: [re.sub(r"\s*\(.*", "", word).strip() for word in re.sub(r"\([^)]*\)", "", columns).split(",")]
        for name, columns in rows
        if name in TABLES
    }


def test_the_readme_lists_every_table_and_column() -> None:
    written = {
        name: [f"{column.name}{'*' if column.is_required else ''}" for column in made.columns]
        for name, made in TABLES.items()
    }
    assert documented_tables() == written


@pytest.mark.parametrize("made", TABLES.values(), ids=lambda made: made.name)
def test_keys_are_columns(made) -> None:
    assert set(made.key) <= set(made.column_names)
    assert len(set(made.column_names)) == len(made.column_names)


def test_vocabulary_matches_the_readme() -> None:
    for word in (*STATUSES, *KINDS, *CAUSES):
        assert re.search(rf"`?\b{word}\b`?", README), word
    assert set(SHORTAGE_CAUSES) < set(CAUSES)


def test_an_unknown_table_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'orders'"):
        table("order")
