"""Checks: one SQL file each. The header says what it looks for; the select returns what it found."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from data.relations import Relation, materialise, read_folder
from data.vocabulary import KINDS
from models.findings import Context, Finder, Prior

FOLDER = Path(str(files("models.checks")))


def _by_variant(relation: Relation, word: str) -> dict[str, str]:
    """Return the header's ``word`` (for every variant, under ``""``) and ``word.variant`` lines."""
    return {
        key.partition(".")[2]: values[-1]
        for key, values in relation.header.items()
        if key == word or key.startswith(f"{word}.")
    }


def _read(relation: Relation) -> Finder:
    kind = KINDS[relation.header["kind"][0]]
    reasons = {name: text for name, text in _by_variant(relation, "reason").items() if name}
    priors = _by_variant(relation, "prior")
    passes = _by_variant(relation, "counterfactual")

    def find(context: Context) -> str:
        materialise(context.connection, relation, {"now": context.now}, temporary=True)
        return relation.name

    return Finder(
        name=relation.name,
        kind=kind.name,
        grain=kind.grain,
        title=relation.header["title"][0],
        reasons=reasons,
        priors={name: Prior.read(priors.get(name, priors.get("", ""))) for name in reasons},
        needs=relation.tables,
        find=find,
        counterfactuals={name: passes.get(name, passes.get("", "")) for name in reasons},
        silent_if=relation.header.get("silent_if", [""])[0],
    )


@cache
def checks() -> dict[str, Finder]:
    """Return every check by name."""
    return {name: _read(relation) for name, relation in read_folder(FOLDER).items()}
