"""The README is the documentation: it names every command, check, detector, setting, mapping and page."""

import re
from pathlib import Path

import pytest

from dashboard.cli import orderlens
from data.relations import read_folder
from data.settings import Settings
from models.checks import FOLDER, checks
from models.detectors import DETECTORS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", orderlens.commands)
def test_every_command_is_explained(name: str) -> None:
    assert re.search(rf"^\| `{name}[ `]", README, re.MULTILINE)


@pytest.mark.parametrize("name", [*checks(), *DETECTORS])
def test_every_check_and_detector_is_explained(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize(("name", "field"), Settings.model_fields.items(), ids=lambda value: str(value)[:20])
def test_every_setting_is_explained_with_its_default(name: str, field) -> None:
    row = re.search(rf"^\| `{name}` \| `?([^|`]*)`? \| (.+) \|$", README, re.MULTILINE)
    assert row, name
    assert row[1].strip() == (str(field.default) or "empty")
    assert row[2] == field.description


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "mappings").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_mapping_is_named(path: Path) -> None:
    assert f"`{path.stem}`" in README


@pytest.mark.parametrize("path", sorted((ROOT / "dashboard" / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_every_page_is_named(path: Path) -> None:
    if path.stem != "__init__":
        assert f"`{path.stem}`" in README


def test_the_folders_in_the_map_exist() -> None:
    tree = re.search(r"```\n(data/.*?)```", README, re.DOTALL)
    assert tree
    for name in re.findall(r"^(\w+/)", tree[1], re.MULTILINE):
        assert (ROOT / name).is_dir()


def test_the_picture_is_there() -> None:
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file()


def test_the_two_commands_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{name}:", makefile, re.MULTILINE)
    assert read_folder(FOLDER)
