"""JSON files: one object a line, or an array of objects; values are kept as the text they have there."""

import re
from pathlib import Path

import duckdb

from data.errors import SourceError
from data.ingestion.text_encoding import as_utf8
from data.sources import ROW, SOURCES, RawTable, ReadOptions, SourceKind, unique_names
from data.sql_text import first_line, identifier, literal

ENDINGS = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?$", re.IGNORECASE)
NOT_JSON = "not a JSON object"
WHITE_SPACE = b" \t\r\n"
LARGEST_OBJECT = 64 << 20


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1 << 12).removeprefix(b"\xef\xbb\xbf").lstrip(WHITE_SPACE).startswith(b"[")


def _load(path: Path, connection: duckdb.DuckDBPyConnection, target: str, options: ReadOptions) -> list[str]:
    utf8, encoding = as_utf8(path, options.scratch, options.encoding)
    is_array = _is_array(utf8)
    layout = "array" if is_array else "newline_delimited"
    try:
        # An array with a fault has no end that could be found again; a line with a fault is one row.
        connection.execute(
            f"create or replace temp table json_rows as select row_number() over () as {ROW}, json "
            f"from read_json_objects($path, format = '{layout}', ignore_errors = {str(not is_array).lower()}, "
            f"maximum_object_size = {LARGEST_OBJECT})",
            {"path": str(utf8)},
        )
    except duckdb.Error as wrong:
        raise SourceError(f"{path.name} cannot be read as JSON: {first_line(wrong)}.") from None
    is_object = "coalesce(json_type(json) = 'OBJECT', false)"
    connection.execute(
        f"insert into work.rejects select $target, {ROW}, cast(json as varchar), $reason from json_rows "
        f"where not {is_object}",
        {"target": target, "reason": NOT_JSON},
    )
    keys = [
        row[0]
        for row in connection.execute(
            f"select key from (select unnest(json_keys(json)) as key, {ROW} from json_rows where {is_object}) "
            f"group by key order by min({ROW}), key"
        ).fetchall()
    ]
    if not keys:
        raise SourceError(f"{path.name} holds no JSON objects.")
    columns = ", ".join(
        f"json_extract_string(json, {literal(_path(key))}) as {identifier(name)}"
        for key, name in zip(keys, unique_names(keys), strict=True)
    )
    connection.execute(
        f"create or replace table {identifier(target)} as select {ROW}, {columns} from json_rows where {is_object}"
    )
    connection.execute("drop table json_rows")
    return [f"{path.name}: {encoding.title}, {'an array' if is_array else 'one object a line'}"]


def _path(key: str) -> str:
    """Return the JSON pointer of a key."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _tables(location: str) -> list[RawTable]:
    path = Path(location)

    def load(connection: duckdb.DuckDBPyConnection, target: str, options: ReadOptions) -> list[str]:
        return _load(path, connection, target, options)

    return [RawTable(ENDINGS.sub("", path.name), path.name, load)]


SOURCES.register("json_files")(
    SourceKind("JSON (.json, .jsonl)", lambda location: ENDINGS.search(location) is not None, _tables)
)
