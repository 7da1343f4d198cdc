"""The contract's exports, and files that spreadsheets open without running anything."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from data.casebook import Actor, Casebook
from data.casebook.permissions import require
from data.errors import InvalidInputError, NotReadyError, UnknownNameError
from data.vocabulary import SHORTAGE_CAUSES
from data.warehouse import Warehouse

EXCEPTIONS = """
    select exception_id, kind, order_id, line_no, product_id, score, impact, rank, cause, reason, evidence, action,
        department, 'open' as status, detected_at
    from exceptions order by rank
"""

DUPLICATES = """
    select order_id, duplicate_of, probability, reasons, exception_id
    from duplicates order by probability desc, order_id, duplicate_of
"""

SHARES = [*(f"share_{cause}" for cause in SHORTAGE_CAUSES), "share_unknown"]

STOCKOUTS = f"""
    select order_id, line_no, product_id, ordered_at, quantity, short_quantity, cause,
        {", ".join(f"round({share}, 9) as {share}" for share in SHARES)}
    from stockouts order by ordered_at, order_id, line_no
"""

QUARANTINE = "select * from quarantine order by load_id, table_name, row_number"

MAX_CASES = 1_000_000

RISKY_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula."""


def _published(warehouse: Warehouse, sql: str) -> pd.DataFrame:
    with warehouse.read() as connection:
        tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
        name = sql.split(" from ", 1)[1].split()[0] if " from " in sql else sql.split("from", 1)[1].split()[0]
        if name not in tables:
            raise NotReadyError(
                f"There are no {name} yet. Run 'orderlens detect' first; it says what could not be run."
            )
        return connection.execute(sql).df()


def _exceptions(warehouse: Warehouse, casebook: Casebook) -> pd.DataFrame:
    """The ranked queue, with the status that the labels in force give it."""
    frame = _published(warehouse, EXCEPTIONS)
    labels = casebook.labels.current()
    said = dict(zip(labels["exception_id"], labels["label"], strict=True))
    frame["status"] = frame["exception_id"].map(said).fillna("open")
    return frame


def _audit(warehouse: Warehouse, casebook: Casebook) -> pd.DataFrame:  # noqa: ARG001
    entries = casebook.audit.entries()
    return entries.assign(detail=entries["detail"].map(json.dumps), at=entries["at"].dt.tz_convert(None))


def _cases(warehouse: Warehouse, casebook: Casebook) -> pd.DataFrame:  # noqa: ARG001
    """All cases, what is overdue first; times in UTC without offset, as spreadsheets take them."""
    frame = casebook.case_lists.list(limit=MAX_CASES)
    times = frame.select_dtypes(["datetimetz"]).columns
    return frame.assign(**{name: frame[name].dt.tz_convert(None) for name in times})


def _merges(warehouse: Warehouse, casebook: Casebook) -> pd.DataFrame:  # noqa: ARG001
    """All merges, the undone ones too; what was asked, both originals and the result as JSON."""
    frame = casebook.merges.list()
    texts = {name: frame[name].map(json.dumps) for name in ("choices", "originals", "result")}
    times = {name: frame[name].dt.tz_convert(None) for name in ("at", "undone_at")}
    return frame.assign(**texts, **times)


EXPORTS: dict[str, Callable[[Warehouse, Casebook], pd.DataFrame]] = {
    "exceptions": _exceptions,
    "duplicates": lambda warehouse, casebook: _published(warehouse, DUPLICATES),
    "stockouts": lambda warehouse, casebook: _published(warehouse, STOCKOUTS),
    "quarantine": lambda warehouse, casebook: _published(warehouse, QUARANTINE),
    "audit": _audit,
    "cases": _cases,
    "merges": _merges,
}


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with a quote before every text that a spreadsheet would take for a formula."""

    def quoted(value: object) -> object:
        return f"'{value}" if isinstance(value, str) and value.startswith(RISKY_STARTS) else value

    texts = frame.select_dtypes(["object", "string"]).columns
    return frame.assign(**{name: frame[name].map(quoted) for name in texts})


def write_file(frame: pd.DataFrame, out: Path) -> None:
    """Write a frame as csv, parquet, xlsx or json, by the file's ending; the file appears whole or not at all.

    Raises
    ------
    InvalidInputError
        If the ending is none of these, or the folder does not exist.
    """
    ending = out.suffix.lower()
    aside = out.with_name(f".{out.stem}.part{ending}")
    if not out.parent.is_dir():
        raise InvalidInputError(f"The folder {out.parent} does not exist.")
    if ending == ".csv":
        harmless(frame).to_csv(aside, index=False, encoding="utf-8")
    elif ending == ".parquet":
        frame.to_parquet(aside, index=False)
    elif ending == ".xlsx":
        harmless(frame).to_excel(aside, index=False, engine="openpyxl")
    elif ending == ".json":
        frame.to_json(aside, orient="records", lines=True, date_format="iso", force_ascii=False)
    else:
        raise InvalidInputError(f"Can't export to {out.name!r}: the ending must be .csv, .parquet, .xlsx or .json.")
    aside.replace(out)


def export(warehouse: Warehouse, casebook: Casebook, actor: Actor, what: str, out: Path) -> int:
    """Write one of the contract's exports to ``out``; return its number of rows.

    Parameters
    ----------
    warehouse : Warehouse
        The analytics.
    casebook : Casebook
        The labels, and the log of this export.
    actor : Actor
        Who exports; noted in the audit log.
    what : str
        A name in `EXPORTS`.
    out : Path
        The file; its ending picks the format.

    Returns
    -------
    int
        The number of rows written.

    Raises
    ------
    UnknownNameError
        If there is no such export.
    NotReadyError
        If nothing of the sort was published yet.
    """
    if what not in EXPORTS:
        raise UnknownNameError("export", what, EXPORTS)
    require(actor, "data.export")
    frame = EXPORTS[what](warehouse, casebook)
    write_file(frame, out)
    casebook.audit.record(actor, "data.export", what, rows=len(frame), format=out.suffix.lower())
    return len(frame)


def exception(warehouse: Warehouse, exception_id: str) -> dict[str, object]:
    """Return one published exception as a label needs it; raise `InvalidInputError` if there is none of that id."""
    with warehouse.read() as connection:
        row = connection.execute(
            "select exception_id, kind, order_id, line_no, product_id, score, source from exceptions "
            "where exception_id = ?",
            [exception_id],
        ).df()
    if row.empty:
        raise InvalidInputError(f"There is no exception {exception_id!r}.")
    values = row.astype(object).where(row.notna(), None).iloc[0]
    return {str(name): value for name, value in values.items()}
