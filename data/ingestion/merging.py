"""Putting ready rows into the canonical tables: new ones are loaded, changed ones updated, the rest is left alone.

Everything is set-based: one join on the key, where nulls are equal. Columns that the source lacks stay as they were.
What an order and its lines were before an update goes to ``order_history`` and ``order_line_history``, with the loads
between which it was valid.
"""

from dataclasses import dataclass

import duckdb

from data.ingestion.load_records import TableCounts
from data.schema import Table
from data.sources import ROW
from data.sql_text import identifier, one_row

ORDER_MISSING = "its order is neither in the source nor stored, or was quarantined"
STAGING = "staging"
HISTORIES = {"orders": "order_history", "order_lines": "order_line_history"}
LOADS = {"orders": "order_loads", "order_lines": "order_line_loads"}


@dataclass(frozen=True)
class Incoming:
    """The rows of one table that are ready.

    Attributes
    ----------
    table : Table
        The canonical table.
    columns : tuple of str
        The columns that the source has.
    read_count : int
        The rows read, ready or quarantined.
    """

    table: Table
    columns: tuple[str, ...]
    read_count: int

    @property
    def relation(self) -> str:
        """The ready rows, as seen from the build."""
        return f"{STAGING}.work.ready_{self.table.name}"


def create_canonical(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create a canonical table, and its history if it has one, unless they are there."""
    columns = ", ".join(f"{identifier(column.name)} {column.sql_type}" for column in table.columns)
    connection.execute(f"create table if not exists {table.name} ({columns})")
    if table.name in HISTORIES:
        connection.execute(
            f"create table if not exists {HISTORIES[table.name]} "
            f"({columns}, valid_from_load integer, valid_to_load integer)"
        )


def _same_key(table: Table, left: str, right: str) -> str:
    return " and ".join(
        f"{left}.{identifier(key)} {'=' if key in table.required_columns else 'is not distinct from'} "
        f"{right}.{identifier(key)}"
        for key in table.key
    )


def find_stale_orders(connection: duckdb.DuckDBPyConnection, orders: Incoming) -> int:
    """Create ``stale_orders``: orders that come in an older version than the stored one. Return how many there are."""
    create_canonical(connection, orders.table)
    condition = "fresh.updated_at < stored.updated_at" if "updated_at" in orders.columns else "false"
    connection.execute(
        f"create or replace temp table stale_orders as select order_id from {orders.relation} as fresh "
        f"inner join orders as stored using (order_id) where {condition}"
    )
    return int(one_row(connection, "select count(*) from stale_orders")[0])


def merge(connection: duckdb.DuckDBPyConnection, incoming: Incoming, load_id: int) -> TableCounts:
    """Merge the ready rows of one table; orders come before their lines.

    Returns
    -------
    TableCounts
        What became of every row read, those that were quarantined before included.
    """
    table = incoming.table
    create_canonical(connection, table)
    _classify(connection, incoming)
    found = dict(connection.execute("select change, count(*) from changes group by change").fetchall())
    loaded, updated, unchanged = (found.get(change, 0) for change in ("loaded", "updated", "unchanged"))
    quarantined = incoming.read_count - loaded - updated - unchanged
    counts = TableCounts(table.name, incoming.read_count, loaded, updated, unchanged, quarantined)
    if counts.updated:
        _keep_history(connection, table, "select * from changes where change = 'updated'", load_id)
        _delete(connection, table, "select * from changes where change = 'updated'")
    if counts.loaded or counts.updated:
        _insert(connection, table, load_id)
    if table.name == "order_lines":
        counts.removed = _remove_lines(connection, table, load_id)
    return counts


def _classify(connection: duckdb.DuckDBPyConnection, incoming: Incoming) -> None:
    """Create ``changes``: the whole new row of each ready one, and what it does to the table."""
    table = incoming.table
    values, differences = [], ["false"]
    for column in map(identifier, table.column_names):
        if column.strip('"') in incoming.columns:
            values.append(f"fresh.{column}")
            differences.append(f"fresh.{column} is distinct from stored.{column}")
        else:
            values.append(f"stored.{column}")
    absent = "".join(f", null as {identifier(key)}" for key in table.key if key not in incoming.columns)
    stale = "when fresh.order_id in (select order_id from stale_orders) then 'unchanged'"
    is_order_part = table.name in HISTORIES
    connection.execute(
        f"""
        create or replace temp table changes as
        select {", ".join(values)},
            case {stale if is_order_part else ""}
                when stored.{identifier(table.key[0])} is null then 'loaded'
                when {" or ".join(differences)} then 'updated'
                else 'unchanged' end as change
        from (select *{absent} from {incoming.relation}) as fresh
        left join {table.name} as stored on {_same_key(table, "fresh", "stored")}
        {"where fresh.order_id in (select order_id from orders)" if table.name == "order_lines" else ""}
        """
    )
    if table.name == "order_lines":
        connection.execute(
            f"""
            insert into incoming_quarantine
            select 'order_lines', {ROW}, concat_ws('|', order_id, line_no), 'order_id', order_id, $reason, false
            from {incoming.relation} where order_id not in (select order_id from orders)
            """,
            {"reason": ORDER_MISSING},
        )


def _keep_history(connection: duckdb.DuckDBPyConnection, table: Table, rows: str, load_id: int) -> None:
    """Copy stored rows to the table's history, with the load that wrote them and the one that replaces them."""
    if table.name not in HISTORIES:
        return
    connection.execute(
        f"insert into {HISTORIES[table.name]} select stored.*, written.load_id, {load_id} from {table.name} as stored "
        f"inner join ({rows}) as gone on {_same_key(table, 'stored', 'gone')} "
        f"left join {LOADS[table.name]} as written on {_same_key(table, 'stored', 'written')}"
    )


def _delete(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> None:
    for name in filter(None, (table.name, LOADS.get(table.name))):
        connection.execute(
            f"delete from {name} as stored using ({rows}) as gone where {_same_key(table, 'stored', 'gone')}"
        )


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, load_id: int) -> None:
    new = "from changes where change in ('loaded', 'updated')"
    connection.execute(f"insert into {table.name} select {', '.join(map(identifier, table.column_names))} {new}")
    if table.name in LOADS:
        connection.execute(f"insert into {LOADS[table.name]} select {', '.join(table.key)}, {load_id} {new}")


def _remove_lines(connection: duckdb.DuckDBPyConnection, table: Table, load_id: int) -> int:
    """Move the stored lines that a later version of their order lacks to the history; return how many.

    Nothing is removed from an order that came without lines, in an older version, or with a line in quarantine.
    """
    fresh = f"{STAGING}.work.ready"
    bad = "from incoming_quarantine where table_name = 'order_lines' and not is_row_loaded"
    if connection.execute(f"select 1 {bad} and (key is null or starts_with(key, '|')) limit 1").fetchall():
        return 0  # a line in quarantine of which nobody knows the order
    connection.execute(
        rf"""
        create or replace temp table removed as
        select stored.order_id, stored.line_no from order_lines as stored
        where stored.order_id in (select order_id from {fresh}_orders)
            and stored.order_id in (select order_id from {fresh}_order_lines)
            and stored.order_id not in (select order_id from stale_orders)
            and stored.order_id not in (select regexp_replace(key, '\|[^|]*$', '') {bad})
            and (stored.order_id, stored.line_no) not in (select (order_id, line_no) from {fresh}_order_lines)
        """
    )
    count = int(one_row(connection, "select count(*) from removed")[0])
    if count:
        _keep_history(connection, table, "from removed", load_id)
        _delete(connection, table, "from removed")
    return count
