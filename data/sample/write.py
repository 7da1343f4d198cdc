"""Write the canonical tables and the truth beside them."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from data.sample.lifecycle import events_table
from data.sample.pricing import price_table
from data.sample.timeline import NOW, moment
from data.sample.truth import WHOLE, gathered
from data.sample.world import CHANNELS, World
from data.schema import TABLES

PARQUET_FROM = 200_000


def finish_tables(world: World) -> None:
    """Turn what was simulated into the canonical tables."""
    tables = world.tables
    events = events_table(world)
    tables["orders"] = orders_table(world)
    ids = tables["orders"]["order_id"].to_numpy(object)
    tables["order_events"] = pd.DataFrame(
        {
            "order_id": ids[events["place"].to_numpy()],
            "at": moment(events["at"].to_numpy()),
            "status": events["status"],
            "by": events["by"],
        }
    )
    place = pd.Series(np.arange(len(ids)), index=world.orders["uid"])
    tables["order_lines"] = lines_table(world, ids, place)
    good = world.payments[world.payments["at"] <= NOW].sort_values("at", kind="stable", ignore_index=True)
    tables["payments"] = pd.DataFrame(
        {
            "payment_id": [f"PAY{500001 + k}" for k in range(len(good))],
            "order_id": ids[place.reindex(good["uid"]).to_numpy()],
            "paid_at": moment(good["at"].to_numpy()),
            "amount": good["amount"],
            "method": good["method"],
            "status": good["status"],
        }
    )
    tables["customers"] = world.clientele.customers
    tables["products"] = world.catalogue.products
    tables["prices"] = price_table(world)
    tables["promotions"] = world.catalogue.promotions
    for name, columns in {
        "inventory": ["as_of"],
        "stock_counts": ["counted_at"],
        "purchase_orders": ["ordered_at", "promised_at", "received_at"],
    }.items():
        for column in columns:
            tables[name][column] = moment(tables[name][column].to_numpy(float))


def orders_table(world: World) -> pd.DataFrame:
    """Return the canonical orders."""
    orders = world.orders

    def until_now(column: str) -> "np.ndarray":
        values = orders[column].to_numpy(float)
        return moment(np.where(values <= NOW, values, np.nan))

    frame = pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "order_number": orders["order_number"],
            "customer_id": orders["customer_id"],
            "ordered_at": moment(orders["at"].to_numpy(float)),
            "channel": np.array(CHANNELS, dtype=object)[orders["channel"].to_numpy(np.int64)],
            "entered_by": orders["entered_by"],
            "status": orders["status"],
            "customer_po": orders["customer_po"],
            "currency": orders["currency"],
        }
    )
    for column in ("name", "phone", "address", "city", "region", "postal_code", "country"):
        frame[f"ship_to_{column}"] = orders[f"ship_to_{column}"]
    frame["requested_at"] = moment(orders["requested_at"].to_numpy(float))
    frame["promised_at"] = moment(orders["promised_at"].to_numpy(float))
    frame["shipped_at"] = until_now("t_shipped")
    frame["delivered_at"] = until_now("t_delivered")
    for column in ("shipped", "delivered"):
        shown = moment(orders[f"shown_{column}"].to_numpy(float))
        frame[f"{column}_at"] = np.where(np.isnat(shown), frame[f"{column}_at"].to_numpy("datetime64[s]"), shown)
    frame["total_amount"] = orders["total"].round(2)
    shipped = orders["t_shipped"].to_numpy(float) <= NOW
    prepaid = orders["due"].to_numpy(float) < orders["at"].to_numpy(float) + 90_000
    frame["payment_due_at"] = moment(np.where(shipped | prepaid, orders["due"].to_numpy(float), np.nan))
    frame["updated_at"] = moment(orders["updated_at"].to_numpy(float))
    return frame


def lines_table(world: World, ids: "np.ndarray", place: "pd.Series[int]") -> pd.DataFrame:
    """Return the canonical order lines."""
    lines = world.lines
    at = place.reindex(lines["uid"]).to_numpy()
    gone = world.orders["t_shipped"].to_numpy(float)[at] <= NOW
    products = world.catalogue.products
    known = lines["product"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "order_id": ids[at],
            "line_no": lines["line_no"],
            "product_id": lines["product_id"],
            "quantity": lines["quantity"].round(2),
            "unit_price": lines["unit_price"].round(2),
            "discount": lines["discount"].round(4),
            "shipped_quantity": np.where(gone, lines["shipped"].round(2), np.nan),
            "warehouse_id": products["warehouse_id"].to_numpy(object)[np.maximum(known, 0)],
        }
    ).assign(_at=at).sort_values(["_at", "line_no"], kind="stable").drop(columns="_at")  # fmt: skip


def write_tables(world: World, folder: Path) -> None:
    """Write each canonical table as CSV, or as Parquet when there are many orders."""
    folder.mkdir(parents=True, exist_ok=True)
    ending = "parquet" if world.size > PARQUET_FROM else "csv"
    connection = duckdb.connect()
    for name, table in TABLES.items():
        for old in ("csv", "parquet"):
            (folder / f"{name}.{old}").unlink(missing_ok=True)
        frame = world.tables[name].reindex(columns=list(table.column_names))
        connection.register("frame", frame)
        columns = ", ".join(f'"{column.name}"::{column.sql_type} as "{column.name}"' for column in table.columns)
        options = "format parquet" if ending == "parquet" else "format csv, header"
        connection.execute(f"copy (select {columns} from frame) to '{folder / f'{name}.{ending}'}' ({options})")
        connection.unregister("frame")


def write_truth(world: World, folder: Path) -> None:
    """Write the truth files under the final order ids."""
    folder.mkdir(parents=True, exist_ok=True)
    truth, orders = world.truth, world.orders
    ids = pd.Series(orders["order_id"].to_numpy(object), index=orders["uid"].to_numpy())
    exceptions = gathered(truth.exceptions, ("uid", "line_no", "kind", "cause", "difficulty", "variant", "also_ok"))
    exceptions = exceptions[exceptions["uid"].isin(ids.index)].drop_duplicates(["uid", "line_no", "kind"])
    also = gathered(truth.also, ("uid", "line_no", "kind", "why", "other"))
    pairs = gathered(truth.duplicates, ("uid", "other", "variant"))
    shortages = gathered(truth.shortages, ("uid", "line_no", "product_id", "cause", "short_quantity"))
    innocent = spotless(gathered(truth.innocent, ("uid", "line_no", "why", "tempts")), exceptions, also)
    _put(folder / "truth_exceptions.csv", exceptions, ids)
    also["other_order_id"] = also["other"].map(ids)
    _put(folder / "truth_also.csv", also.drop(columns="other"), ids)
    pairs["duplicate_of"] = pairs["other"].map(ids)
    _put(folder / "truth_duplicates.csv", pairs[["uid", "duplicate_of", "variant"]], ids)
    _put(folder / "truth_shortages.csv", shortages, ids)
    _put(folder / "hard_negatives.csv", innocent, ids)
    trends = {"orders": len(orders), **truth.trends}
    (folder / "truth_trends.json").write_text(json.dumps(trends, indent=1, ensure_ascii=False), encoding="utf-8")


def spotless(innocent: pd.DataFrame, exceptions: pd.DataFrame, also: pd.DataFrame) -> pd.DataFrame:
    """Return the hard negatives that carry nothing of the kind they tempt to."""
    guilty = set(zip(exceptions["uid"], exceptions["kind"], strict=True)) | set(
        zip(also["uid"], also["kind"], strict=True)
    )
    keep = [
        not any((uid, kind) in guilty for kind in tempts.split("|"))
        for uid, tempts in zip(innocent["uid"], innocent["tempts"], strict=True)
    ]
    return innocent[keep].drop_duplicates(["uid", "line_no", "why"])


def _put(path: Path, frame: pd.DataFrame, ids: "pd.Series[str]") -> None:
    out = frame.rename(columns={"uid": "order_id"})
    out["order_id"] = out["order_id"].map(ids)
    if "line_no" in out:
        out["line_no"] = out["line_no"].astype("Int64").mask(out["line_no"] == WHOLE)
    out[out["order_id"].notna()].sort_values(list(out.columns[:2]), kind="stable").to_csv(path, index=False)
