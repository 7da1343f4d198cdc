"""What some checks find in a new order, or whether they could: with their features one statement, planned once.

Over the few hundred rows that concern one order, DuckDB spends far more on planning the features' SQL than on running
it. It keeps the plan of a prepared statement only if that reads no table. So the tables come in as parameters, lists
of rows, and the features are the same files as in a run, strung together as common table expressions; what costs much
and only excuses is left out. Where a gate stays shut the checks behind it are not run; where it opens they judge the
order as ever.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import duckdb

from data.relations import MAYBE, Relation, build_order, read_folder
from data.schema import TABLES
from models.checks import FOLDER as CHECKS
from models.checks import checks
from models.detect import all_finders, with_inputs
from models.entry_desk import AT_ONCE, Desk, Lane
from models.entry_history import Copies, row_structure, written
from models.findings import Finder, Found

AFTER_ENTRY = frozenset({"delivery_delay", "system_fault", "stockout_risk"})
"""Kinds that can only be judged once the order runs."""

THOROUGH = frozenset({"stock_shortage", "unusual_order"})
"""Kinds that need a longer history than the quick check looks at."""

GIVEN_AT_ENTRY = frozenset({"order_number", "total_amount", "status", "promised_at", "payment_due_at"})
"""Fields that an order gets when it is entered, so that their absence says nothing before."""

SUSPECTS = {
    "price_suspects": ("price_expectations", "abs(deviation) > 0.005"),
    "quantity_suspects": (
        "quantity_expectations",
        """(deviation < -1.5 and spread < 0.3 and pair_count >= 3) or (deviation > 1 and 1.2 * deviation
            + 5 * ln(1 + deviation / sqrt(spread * spread + if(pair_count = 0, 1.04, 0.04)))
            + 1.5 * ln(1 + pair_count) - 14 >= -4.1)""",
    ),
}
"""Features that only lines far from an expectation are in: without such a line in a new order, nothing that reads them
can find anything in it. Each with the feature that holds the expectations, and what the lines in question fulfil: for
quantities what the checks ask of every line, with the most points that the distance can make."""

ASKED_FIRST = {
    "price_suspects": ("price_explanations", "explained_by is null"),
    "quantity_suspects": (
        "quantity_suspects",
        "points >= -4.1 or (deviation < -1.5 and is_digit_dropped and spread < 0.3 and pair_count >= 3)",
    ),
}
"""The same for gates, which look further at once: whether any price is left without an excuse, and any quantity with
enough points."""

EXCUSES = read_folder(Path(str(files("features").joinpath("unexcused"))))
"""Features that only excuse what stands out, and take long to make, as if there were no excuse: what is excused without
them is excused with them, and what isn't is judged in full behind the gate."""

FINDINGS = "findings_"
"""How the names of the gates begin that tell which checks find anything."""

EXCUSED_BY_OTHERS = frozenset({"customer_contradiction"})
OF_ONE_CUSTOMER = frozenset({"customer_old_address"}) | EXCUSED_BY_OTHERS
"""Checks that look at other customers' orders for excuses alone, and those that look at none."""

GATEKEEPERS = ThreadPoolExecutor(AT_ONCE, "gates")
"""The threads that gates are asked on: DuckDB lets Python go while it works."""


def _columns(table: str, text: str) -> list[str]:
    """Return the columns of a table that some SQL names; of the others nothing is asked."""
    return [name for name in TABLES[table].column_names if re.search(rf"\b{name}\b", text)]


JUDGING = {
    name: relation
    for name, relation in read_folder(CHECKS).items()
    if checks()[name].kind not in AFTER_ENTRY | THOROUGH
} | {
    "customer_phone": Relation(
        name="customer_phone",
        sql="""select order_id, 1 as anomaly_score, null as evidence from orders
            inner join phone_suspects as phones
                on phones.customer_id = orders.customer_id and phones."value" = orders.ship_to_phone""",
        header={},
        tables=frozenset({"orders", "phone_suspects"}),
        parameters=frozenset(),
    )
}
"""The checks that are written in SQL, and where a detector can find anything that reads what SQL suspects."""

JUDGED_BY = with_inputs({feature for relation in JUDGING.values() for feature in relation.tables})
"""The features that they read, and what these rest on."""

FAULTS = "fault_orders"
"""The excuse that is left out where gates tell what checks find."""

TOLD_IN_FULL = (
    frozenset(name for name in JUDGING.keys() & checks().keys() if FAULTS not in with_inputs(JUDGING[name].tables))
    - EXCUSED_BY_OTHERS
)
"""The checks of which gates tell all that they find, with every excuse."""

LOOKING_AT_OWN = with_inputs(table for name in OF_ONE_CUSTOMER for table in JUDGING[name].tables)
"""The features of the checks that look at one customer's orders."""

ASKED = {
    **{
        name: _columns(name, " ".join(relation.sql for relation in (*JUDGED_BY.values(), *JUDGING.values())))
        for name in TABLES
    },
    **{
        f"own_{name}": _columns(
            name,
            " ".join(relation.sql for relation in LOOKING_AT_OWN.values()),
        )
        for name in TABLES
    },
}
ASKED |= {
    f"new_{name}": [column for column in TABLES[name].column_names if column in {*ASKED[name], *ASKED[f"own_{name}"]}]
    for name in ("orders", "order_lines")
}
"""The columns of each parameter that holds rows of a table."""


def _table(parameter: str) -> str:
    """Return the table whose rows a parameter holds."""
    return re.sub("^(own|new)_", "", parameter)


WRITTEN = {
    **{name: row_structure(_table(name), columns) for name, columns in ASKED.items() if columns},
    "excluded_lines": json.dumps([{"order_id": "varchar", "line_no": "integer"}]),
}
"""The parameters that hold rows, written as JSON: DuckDB takes a list of rows in ten times as slowly. With columns."""

TYPES = {**dict.fromkeys(WRITTEN, "varchar"), "names": "varchar[]", "now": "timestamp"}
"""The parameters of gates, and what they are."""


def _rows(parameter: str) -> str:
    """Return the ``select`` of the rows that a parameter holds."""
    return f"select unnest(from_json(${parameter}, '{WRITTEN[parameter]}'), recursive := true)"


def _with_new(known: str, name: str) -> str:
    return f"{_rows(known)} union all by name {_rows(f'new_{name}')}"


def _given(name: str, prefix: str) -> str:
    """Return the ``select`` of a table that features read, from parameters of some prefix."""
    table = name.removeprefix(MAYBE)
    return (
        f'select * from "{table}"'
        if name != table
        else _with_new(f"{prefix}{name}", name)
        if f"new_{name}" in TYPES
        else _rows(f"{prefix}{name}")
    )


@dataclass(frozen=True)
class Gate:
    """One statement that tells whether some checks could find anything.

    Attributes
    ----------
    sql : str
        The statement, without tables.
    parameters : dict of str to str
        What it binds, of `TYPES`, by the name of the one place where it stands.
    tells : frozenset of str
        The checks of which it tells what they find; none where it tells of suspects.
    """

    sql: str
    parameters: Mapping[str, str]
    tells: frozenset[str] = frozenset()


def _literal(relation: Relation) -> str:
    """Return a relation's ``select`` with its defaults put in."""
    known = relation.defaults
    return re.sub(r"\$(\w+)", lambda found: repr(known[found[1]]) if found[1] in known else found[0], relation.sql)


def _strung(relations: Mapping[str, Relation], given: Mapping[str, str], select: str) -> Gate:
    """String relations and what they rest on together to one statement."""
    tables = {**given, **{relation.name: _literal(relation) for relation in build_order(relations)}}
    written = ",\n".join(f'"{name}" as materialized (\n{sql}\n)' for name, sql in tables.items())
    sql = f"with {written}\n{select}"
    parts = re.split(r"\$(\w+)", sql)
    # A statement that binds one parameter in two places is planned anew each time.
    marks = {f"{name}_{place}": name for place, name in enumerate(parts[1::2])}
    typed = [f"${mark}::{TYPES[name]}" for mark, name in marks.items()]
    return Gate("".join(chain(*zip_longest(parts[::2], typed, fillvalue=""))), marks)


def _on_tables(relations: Mapping[str, Relation], select: str, prefix: str = "") -> Gate:
    """Return the gate of relations that read canonical tables, given as parameters of some prefix."""
    read = {table for relation in relations.values() for table in relation.tables} - relations.keys()
    bare = {table.removeprefix(MAYBE) for table in read}
    given = {table: _given(table, prefix) for table in (*sorted(bare), *sorted(read - bare))}
    return _strung(relations, given, select)


def _cut(relations: Mapping[str, Relation]) -> dict[str, Relation]:
    """Leave out of price features what no new line reads: DuckDB's windows cost by the partition."""
    cut = {}
    for name, relation in relations.items():
        if found := re.fullmatch(r"price_(\w+)_levels", name):
            key = f"{found[1]}_key"
            bases = f"from (select * from price_bases where {key} in (select {key} from new_bases)) as price_bases"
        elif name in ("price_expectations", "price_candidates"):
            bases = "from new_bases"
        else:
            continue
        sql = relation.sql.replace("from price_bases", bases)
        cut[name] = replace(relation, sql=sql, tables=relation.tables | {"new_bases"})
    new = "select * from price_bases where order_id in (select unnest($names))"
    new_bases = Relation("new_bases", new, {}, frozenset({"price_bases"}), frozenset({"names"}))
    return {**relations, **cut, new_bases.name: new_bases}


def _read_by(names: Iterable[str], relations: Mapping[str, Relation]) -> dict[str, Relation]:
    """Return some relations and what they read of the others."""
    found: dict[str, Relation] = {}
    for name in names:
        found |= {name: relations[name], **_read_by(relations[name].tables & relations.keys(), relations)}
    return found


@cache
def feature_gate(name: str) -> Gate:
    """Return the gate before the checks that read some suspects."""
    feature, condition = ASKED_FIRST[name]
    return _on_tables(
        _read_by([feature], {**_cut(with_inputs([feature])), **EXCUSES}),
        f"select 1 from {feature} where order_id in (select unnest($names)) and {condition}",
    )


@cache
def finding_gate(names: frozenset[str]) -> Gate:
    """Return what tells what some checks find that stay silent under one condition."""
    chosen = {name: JUDGING[name] for name in sorted(names)}
    relations = with_inputs({feature for relation in chosen.values() for feature in relation.tables})
    if "order_blanks" in relations:
        blanks, fields = relations["order_blanks"], ", ".join(f"'{field}'" for field in sorted(GIVEN_AT_ENTRY))
        sql = (
            f"select * from (\n{blanks.sql}\n) where order_id not in (select unnest($names)) or field not in ({fields})"
        )
        relations["order_blanks"] = replace(blanks, sql=sql)
    asked = (
        f"""select '{name}' as name, to_json(found)::varchar as row, to_json(found.evidence)::varchar as evidence
        from {name} as found where order_id in (select unnest($names)) and anomaly_score is not null"""
        for name in chosen
    )
    relations |= {**chosen, FAULTS: EXCUSES[FAULTS]}
    prefix = "own_" if names <= OF_ONE_CUSTOMER else ""
    return replace(_on_tables(_read_by(chosen, relations), " union all ".join(asked), prefix), tells=names)


def _ask(lane: Lane, name: str, gate: Gate, values: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
    """Run a gate on what it binds."""
    for parameter in gate.parameters.values():
        if parameter not in lane.told:
            lane.connection.execute(
                f"set variable {parameter} = $value::{TYPES[parameter]}", {"value": values[parameter]}
            )
            lane.told.add(parameter)
    if name not in lane.planned:
        lane.connection.execute(f"prepare {name} as {gate.sql}")
        lane.planned.add(name)
    bound = ", ".join(f"{mark} := getvariable('{parameter}')" for mark, parameter in gate.parameters.items())
    return lane.connection.execute(f"execute {name}({bound})")


@dataclass(frozen=True)
class Newcomer:
    """A new order and what concerns it.

    Attributes
    ----------
    headers, lines : list of dict
        Its rows, as they would stand in ``orders`` and ``order_lines``.
    wrong_lines : callable
        Gives order and line of what was confirmed to be entered wrongly, as JSON.
    now : datetime
        When it is judged.
    """

    headers: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    wrong_lines: Callable[[], str]
    now: datetime


def _value(parameter: str, copies: Copies, new: Newcomer) -> object:
    """Return what a parameter is bound to."""
    table = _table(parameter)
    if table in TABLES and not parameter.startswith("new_"):
        return written(copies.rows(table) if table == parameter else copies.own(table))
    values: dict[str, Callable[[], object]] = {
        "new_orders": lambda: json.dumps(new.headers, default=str),
        "new_order_lines": lambda: json.dumps(new.lines, default=str),
        "names": lambda: [header["order_id"] for header in new.headers],
        "now": lambda: new.now,
        "excluded_lines": new.wrong_lines,
    }
    return values[parameter]()


def _gates(finders: Mapping[str, Finder]) -> dict[str, Gate]:
    """Return the gates before some checks and detectors: those of suspects first."""
    suspects = sorted({name for finder in finders.values() for name in finder.needs & SUSPECTS.keys()})
    under: dict[str, set[str]] = {}
    for name in finders.keys() & JUDGING.keys():
        under.setdefault(f"{FINDINGS}{finders[name].silent_if}", set()).add(name)
    return {
        **{name: feature_gate(name) for name in suspects},
        **{name: finding_gate(frozenset(under[name])) for name in sorted(under)},
    }


Behind = tuple[dict[str, Finder], list[Found]]
"""The checks and detectors that are still to be run, and what gates tell of the others."""


def _behind_open(
    lane: Lane, finders: dict[str, Finder], gates: Mapping[str, Gate], values: Mapping[str, object]
) -> Behind:
    """Return what gates leave of some checks and detectors, and what they tell."""
    told: list[Found] = []
    for name, gate in gates.items():
        shut = {each for each, finder in finders.items() if each in gate.tells or name in finder.needs}
        if shut:
            found = _ask(lane, name, gate, values).fetchall()
            if gate.tells:
                shut -= {each for each, *_ in found} - TOLD_IN_FULL
                told += [Found(finders[each], *row) for each, *row in found if each in shut]
            elif found:
                shut = set()
        finders = {each: finder for each, finder in finders.items() if each not in shut}
    return finders, told


def behind_gates(
    desk: Desk,
    copies: Copies,
    finders: Mapping[str, Finder],
    new: Newcomer,
    lacks: Mapping[str, Collection[str]],
) -> Behind:
    """Return the checks and detectors that gates leave to be run, and what they tell; several are asked at once.

    Parameters
    ----------
    desk : Desk
        Where to ask.
    copies : Copies
        What of the history concerns the order.
    finders : mapping of str to Finder
        What is wanted.
    new : Newcomer
        The new order.
    lacks : mapping of str to collection of str
        The tables for want of which each check can't be run.

    Returns
    -------
    dict of str to Finder
        Those of ``finders`` that may find something.
    list of Found
        What others find.
    """
    lacking = frozenset(name for name in JUDGING if lacks[name])
    lane_of = {each.silent_if: name for each in all_finders().values() for name in each.needs & SUSPECTS.keys()}
    parts: dict[str, dict[str, Finder]] = {}
    for name, finder in finders.items():
        if name not in lacking:
            lane = lane_of.get(finder.silent_if, finder.silent_if)
            parts.setdefault(f"own {lane}" if name in OF_ONE_CUSTOMER else lane, {})[name] = finder
    gates = {lane: _gates(part) for lane, part in parts.items()}
    parameters = {name for part in gates.values() for gate in part.values() for name in gate.parameters.values()}
    values = {name: _value(name, copies, new) for name in sorted(parameters)}
    asked = [GATEKEEPERS.submit(_behind_open, desk.lane(lane), parts[lane], gates[lane], values) for lane in parts]
    wait(asked)
    answers = [each.result() for each in asked]
    left = {name for finders_left, _ in answers for name in finders_left}
    told = [found for _, all_told in answers for found in all_told]
    return {name: finder for name, finder in finders.items() if name in left}, told
