"""Every text that people can see, gathered for translation: from the dashboard's code and from the registries below it.

``python -m dashboard.messages`` brings the catalogues up to date; what lacks a translation is listed.
"""

import ast
import json
import sys
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from dashboard import words
from data.audits import audits
from data.relations import Relation, read_folder
from data.schema import TABLES
from data.vocabulary import (
    ACTIONS,
    CASE_STATES,
    CAUSES,
    DEPARTMENTS,
    FALSE_POSITIVE_REASONS,
    KINDS,
    LABELS,
    OUTCOMES,
    ROLES,
    STATUSES,
)
from models import checks as checks_package
from models.duplicates.levels import COMPARISONS
from models.findings import named
from models.level_shifts import SHIFT_REASON
from models.order_priority import PLACE_REASONS
from models.planning.reorders import REASONS
from models.root_causes.prevention import PREVENTIONS

PACKAGE = Path(str(files("dashboard")))
LOCALES = PACKAGE / "locales"
KEYWORDS = {"_": 1, "N_": 1, "ngettext": 2}
"""The marking functions, each with how many texts it takes."""

Message = str | tuple[str, str]


def code_messages() -> set[Message]:
    """Return the texts marked in the dashboard's own code, those inside f-strings too."""
    found: set[Message] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                found |= _texts(node)
    return found


def _texts(call: ast.Call) -> set[Message]:
    """Return what a marked call translates; nothing if that is only known when it runs, and stands in a registry."""
    count = KEYWORDS[call.func.id] if isinstance(call.func, ast.Name) else 1
    texts = [part.value for part in call.args[:count] if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if len(texts) < count:
        return set()
    return {texts[0]} if count == 1 else {(texts[0], texts[1])}


def registry_messages() -> set[Message]:
    """Return the texts of the layers below: kinds, checks with their reasons, audits, and the titles of code words."""
    found: set[Message] = set()
    for kind in KINDS.values():
        found |= {kind.title, kind.action, kind.impact}
    for finder in words.finders().values():
        found |= {finder.title, *finder.reasons.values(), *finder.counterfactuals.values()}
    found |= {audit.header["title"][0] for audit in audits().values()}
    found |= {level for levels in COMPARISONS.values() for level in levels}
    found |= {words.title(name) for name in code_words()}
    found |= {text for one in PREVENTIONS.values() for text in (one.title, one.training)}
    found |= {*REASONS.values(), *PLACE_REASONS.values(), SHIFT_REASON}
    return found


def code_words() -> set[str]:
    """Return the code words that are shown by their titles."""
    columns = {name for table in TABLES.values() for name in table.column_names}
    closed = {*STATUSES, *CAUSES, *LABELS, *FALSE_POSITIVE_REASONS, *ROLES, *DEPARTMENTS, *TABLES}
    casework = {*CASE_STATES, *ACTIONS, *OUTCOMES}
    return {*closed, *casework, *columns, *evidence_names(), *words.OTHER_WORDS}


def evidence_names() -> set[str]:
    """Return the names of the numbers that checks and detectors give as evidence."""
    names = {
        name
        for finder in words.finders().values()
        for template in (*finder.reasons.values(), *finder.counterfactuals.values())
        for name in named(template)
    }
    for relation in read_folder(checks_package.FOLDER).values():
        names |= set(evidence_keys(relation))
    return names - words.HIDDEN_EVIDENCE


def evidence_keys(relation: Relation) -> Iterator[str]:
    """Read the keys of the struct called ``evidence`` from a check's syntax tree."""
    row = duckdb.connect().execute("select json_serialize_sql($sql)", {"sql": relation.sql}).fetchone()
    for node in _nodes(json.loads(row[0]) if row else {}):
        if node.get("alias") == "evidence" and node.get("function_name") == "struct_pack":
            yield from (argument["name"] for argument in node["arguments"])


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)


def all_messages() -> set[Message]:
    """Return every text that needs a translation."""
    return {message for message in code_messages() | registry_messages() if message}


def catalogue_path(language: str) -> Path:
    """Return a language's catalogue file."""
    return LOCALES / language / "LC_MESSAGES" / "orderlens.po"


def read_catalogue(language: str) -> Catalog:
    """Return a language's catalogue, empty if there is none."""
    path = catalogue_path(language)
    if not path.is_file():
        return Catalog(locale=language)
    return read_po(BytesIO(path.read_bytes()), locale=language)


def untranslated(language: str) -> list[Message]:
    """Return the texts that a language lacks."""
    catalogue = read_catalogue(language)

    def is_missing(message: Message) -> bool:
        entry = catalogue.get(message if isinstance(message, str) else message[0])
        if entry is None or not entry.string:
            return True
        return not all([entry.string] if isinstance(entry.string, str) else entry.string)

    return sorted((message for message in all_messages() if is_missing(message)), key=str)


def update(language: str) -> None:
    """Write a language's catalogue anew: every text once, in order, with the translation it has."""
    old = read_catalogue(language)
    new = Catalog(locale=language, project="Orderlens", fuzzy=False)
    for message in sorted(all_messages(), key=str):
        entry = old.get(message if isinstance(message, str) else message[0])
        new.add(message, entry.string if entry else None)
    new.creation_date = new.revision_date = old.creation_date
    text = BytesIO()
    write_po(text, new, no_location=True, omit_header=False, width=120)
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue())


def main() -> int:
    """Bring the catalogues up to date; return 1 while a translation is missing."""
    missing = []
    for language in ("zh",):
        update(language)
        missing = untranslated(language)
        for message in missing:
            sys.stdout.write(f"{language}: {message}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
