"""Audits of the data before it is published: one ``select`` a file, and every row it returns is a failure."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from data.errors import AuditError
from data.relations import Relation, create_maybe_views, missing_tables, read_folder
from data.schema import TABLES
from data.sql_text import one_row

FOLDER = Path(__file__).parent / "sql" / "audits"


@dataclass(frozen=True)
class AuditResult:
    """What one audit found.

    Attributes
    ----------
    audit : str
        The file's stem.
    title : str
        What should hold, in English; translated on screen.
    is_blocking : bool
        Whether a failure stops the publication.
    failure_count : int or None
        How many rows fail; None if the audit could not run.
    example : str
        The first failure, or the tables that are missing.
    """

    audit: str
    title: str
    is_blocking: bool
    failure_count: int | None
    example: str = ""


def audits() -> dict[str, Relation]:
    """Return the audits by name."""
    return dict(read_folder(FOLDER))


def _run(connection: duckdb.DuckDBPyConnection, audit: Relation, present: set[str]) -> AuditResult:
    title = audit.header["title"][0]
    is_blocking = audit.header["blocking"][0] == "true"
    missing = missing_tables(audit, {}, present)
    if missing:
        return AuditResult(audit.name, title, is_blocking, None, ", ".join(sorted(missing)))
    connection.execute(f"create or replace temp table audit_failures as {audit.sql}", audit.defaults)
    (count,) = one_row(connection, "select count(*) from audit_failures")
    example = ""
    if count:
        first = connection.execute("select * from audit_failures order by all limit 1")
        names = [column[0] for column in first.description or ()]
        values = first.fetchall()[0]
        example = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True) if value is not None)
    connection.execute("drop table audit_failures")
    return AuditResult(audit.name, title, is_blocking, count, example)


def run_audits(connection: duckdb.DuckDBPyConnection, run_id: int) -> list[AuditResult]:
    """Run every audit, store the results under ``run_id``, and return them.

    Raises
    ------
    AuditError
        If a blocking audit fails.
    """
    rows = connection.execute("select table_name from duckdb_tables() where not temporary").fetchall()
    present = {row[0] for row in rows} & set(TABLES)
    create_maybe_views(connection, present)
    results = [_run(connection, audit, present) for audit in audits().values()]
    connection.execute(
        "create table if not exists audit_results (run_id integer, audit varchar, title varchar, is_blocking boolean, "
        "failure_count bigint, example varchar, checked_at timestamp)"
    )
    connection.execute("delete from audit_results where run_id = $run_id", {"run_id": run_id})
    for result in results:
        connection.execute(
            "insert into audit_results values (?, ?, ?, ?, ?, ?, cast(current_timestamp as timestamp))",
            [run_id, result.audit, result.title, result.is_blocking, result.failure_count, result.example],
        )
    failed = [result for result in results if result.is_blocking and result.failure_count]
    if failed:
        first = failed[0]
        more = f" And {len(failed) - 1} more audits failed." if len(failed) > 1 else ""
        raise AuditError(
            f"Nothing was published: {first.title}: {first.failure_count} failures, such as {first.example}.{more}"
        )
    return results
