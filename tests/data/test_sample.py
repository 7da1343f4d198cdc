"""The sample company: the contract's tables, a truth that fits them, and books that balance."""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data.errors import InvalidInputError
from data.sample import make_sample
from data.schema import TABLES
from data.vocabulary import CAUSES, KINDS, SHORTAGE_CAUSES, STATUSES

SIZE = 4000
TRUTH_COLUMNS = {
    "truth_exceptions": ["order_id", "line_no", "kind", "cause", "difficulty", "variant", "also_ok"],
    "truth_also": ["order_id", "line_no", "kind", "why", "other_order_id"],
    "truth_duplicates": ["order_id", "duplicate_of", "variant"],
    "truth_shortages": ["order_id", "line_no", "product_id", "cause", "short_quantity"],
    "hard_negatives": ["order_id", "line_no", "why", "tempts"],
}
HARD_NEGATIVES = """
    contract_price promotion announced_price_rise clearance volume_discount agreed_discount free_sample other_currency
    seasonal_bulk project_order one_off_bulk promotion_stock_up standing_order legitimate_reorder top_up split_order
    reentered_after_cancelling branch_round blanket_po chain_with_one_phone campaign_bundle edi_batch
    habitual_late_payer instalments_as_agreed early_payment_discount bank_fees card_tried_again paid_what_was_shipped
    near_the_limit foreign_address branch_address building_site new_address_announced address_before_the_move
    address_spelling marketplace_address never_gives_phone night_owl first_order new_channel slow_region
    asked_for_later short_hold a_few_hours_late harmless_event quiet_holiday
""".split()
NOW = "timestamp '2026-10-30 18:00:00'"


class Sample:
    """A made sample in a database: the canonical tables, and the truth files under their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth_folder = folder.with_name(f"{folder.name}-truth")
        self.connection = duckdb.connect()
        for name, table in TABLES.items():
            columns = ", ".join(f'"{column.name}"::{column.sql_type} as "{column.name}"' for column in table.columns)
            source = f"read_csv('{folder / name}.csv', all_varchar = true, header = true)"
            self.connection.execute(f"create table {name} as select {columns} from {source}")
        for name in TRUTH_COLUMNS:
            source = f"read_csv('{self.truth_folder / name}.csv', all_varchar = true, header = true)"
            self.connection.execute(f"create table {name} as select * from {source}")

    def rows(self, sql: str) -> pd.DataFrame:
        return self.connection.execute(sql).df()

    def count(self, sql: str) -> int:
        return len(self.rows(sql))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample") / "company"
    make_sample(folder, orders=SIZE, seed=7)
    return Sample(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("clean") / "company"
    make_sample(folder, orders=1000, seed=7, faults=False)
    return Sample(folder)


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_sample(tmp_path / name, orders=500, seed=3)
    make_sample(tmp_path / "other", orders=500, seed=4)
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    for file in sorted((tmp_path / "one-truth").iterdir()):
        assert file.read_bytes() == (tmp_path / "two-truth" / file.name).read_bytes(), file.name
    assert (tmp_path / "one" / "orders.csv").read_bytes() != (tmp_path / "other" / "orders.csv").read_bytes()


def test_too_small_a_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="500 orders or more"):
        make_sample(tmp_path / "tiny", orders=100)


@pytest.mark.parametrize("name", TABLES)
def test_tables_follow_the_contract(sample: Sample, name: str) -> None:
    table = TABLES[name]
    header = (sample.folder / f"{name}.csv").read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    assert header == list(table.column_names)
    rows = sample.count(f"select 1 from {name}")
    assert rows > 0
    for column in table.required_columns:
        assert sample.count(f'select 1 from {name} where "{column}" is null') == 0, column
    keys = ", ".join(f'"{column}"' for column in table.key)
    if name not in ("promotions", "system_events"):
        assert sample.count(f"select {keys} from {name} group by all having count(*) > 1") == 0


@pytest.mark.parametrize("name", TRUTH_COLUMNS)
def test_truth_files_have_the_graders_columns(sample: Sample, name: str) -> None:
    header = (sample.truth_folder / f"{name}.csv").read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    assert header == TRUTH_COLUMNS[name]
    assert sample.count(f"select 1 from {name} where order_id not in (select order_id from orders)") == 0
    if "line_no" in header:
        lost = f"""select 1 from {name} t where line_no is not null and not exists
            (select 1 from order_lines l where l.order_id = t.order_id and l.line_no = t.line_no::integer)"""
        assert sample.count(lost) == 0


def test_size_and_shares_are_believable(sample: Sample) -> None:
    assert json.loads((sample.truth_folder / "truth_trends.json").read_text())["orders"] == SIZE
    assert sample.count("select 1 from orders") == SIZE
    faulty = sample.count("select distinct order_id from truth_exceptions")
    assert 0.03 * SIZE < faulty < 0.085 * SIZE  # small samples hold one of each variant at least
    assert 0.006 * SIZE < sample.count("select 1 from truth_duplicates") < 0.015 * SIZE
    assert sample.count("select distinct order_id from hard_negatives") > 4 * faulty


def test_every_kind_cause_and_difficulty_is_planted(sample: Sample) -> None:
    truth = sample.rows("select * from truth_exceptions")
    assert set(truth["kind"]) == {name for name, kind in KINDS.items() if kind.grain != "product"}
    assert set(truth["cause"]) == set(CAUSES)
    assert set(truth["difficulty"]) == {"easy", "medium", "hard"}
    assert set(sample.rows("select cause from truth_shortages")["cause"]) >= set(SHORTAGE_CAUSES)
    line_kinds = {name for name, kind in KINDS.items() if kind.grain == "line"}
    assert set(truth.loc[truth["line_no"].notna(), "kind"]) <= line_kinds


def test_every_sort_of_hard_negative_is_there(sample: Sample) -> None:
    sorts = set(sample.rows("select distinct why from hard_negatives")["why"])
    assert sorted(set(HARD_NEGATIVES) - sorts) == []
    tempted = {
        kind for text in sample.rows("select distinct tempts from hard_negatives")["tempts"] for kind in text.split("|")
    }
    assert tempted <= set(KINDS)
    guilty = """select 1 from hard_negatives h join truth_exceptions t using (order_id)
        where list_contains(string_split(h.tempts, '|'), t.kind)"""
    assert sample.count(guilty) == 0


def test_references_hold_except_where_planted(sample: Sample) -> None:
    unknown = sample.rows("""select order_id from orders where customer_id not in (select customer_id from customers)
        union all select order_id from order_lines where product_id not in (select product_id from products)""")
    planted = sample.rows(
        "select order_id from truth_exceptions where variant in ('unknown_customer', 'unknown_product')"
    )
    assert set(unknown["order_id"]) == set(planted["order_id"])
    for child in ("order_lines", "order_events", "payments"):
        assert sample.count(f"select 1 from {child} where order_id not in (select order_id from orders)") == 0
    for child in ("inventory", "stock_counts", "purchase_orders", "forecasts", "prices"):
        assert sample.count(f"select 1 from {child} where product_id not in (select product_id from products)") == 0
    assert sample.count("select 1 from orders where order_id not in (select order_id from order_lines)") == 0
    assert set(sample.rows("select distinct status from orders")["status"]) <= set(STATUSES)


UNPLANTED = "order_id not in (select order_id from truth_exceptions where kind in ('order_info', 'system_fault'))"


def test_totals_add_up_except_where_planted(sample: Sample) -> None:
    off = f"""select order_id from orders join order_lines using (order_id) where {UNPLANTED}
        group by order_id having abs(max(total_amount) - sum(quantity * unit_price * (1 - discount))) > 0.02"""
    assert sample.count(off) == 0


def test_dates_are_possible_except_where_planted(sample: Sample) -> None:
    off = f"""select order_id from orders where {UNPLANTED} and (shipped_at < ordered_at or delivered_at < shipped_at
        or promised_at < ordered_at or requested_at < ordered_at or updated_at < ordered_at)"""
    assert sample.count(off) == 0
    for table, column in (
        ("orders", "updated_at"),
        ("order_events", "at"),
        ("payments", "paid_at"),
        ("inventory", "as_of"),
    ):
        assert sample.count(f'select 1 from {table} where "{column}" > {NOW}') == 0
    assert sample.rows("select max(updated_at)::date::varchar as day from orders")["day"].item() == "2026-10-30"


def test_status_is_the_last_event(sample: Sample) -> None:
    off = """
        with last as (select order_id, max("at") as "at" from order_events group by order_id)
        select 1 from orders join last using (order_id) where orders.updated_at <> last."at" """
    assert sample.count(off) == 0
    assert sample.count("select 1 from orders where status = 'new' and shipped_at is not null") == 0


def test_what_ships_short_or_late_is_in_the_truth(sample: Sample) -> None:
    told = """select 1 from {truth} t where t.order_id = o.order_id and t.kind = '{kind}'"""

    def untold(kind: str, sql: str) -> int:
        known = " union all ".join(told.format(truth=truth, kind=kind) for truth in ("truth_exceptions", "truth_also"))
        return sample.count(f"{sql} and not exists ({known})")

    short = """select 1 from orders o join order_lines l using (order_id)
        where o.status <> 'cancelled' and l.shipped_quantity < l.quantity"""
    late = f"""select 1 from orders o
        where status <> 'cancelled' and coalesce(delivered_at, {NOW}) > promised_at + interval 1 day"""
    assert untold("stock_shortage", short) == 0
    assert untold("delivery_delay", late) == 0


def test_the_stock_book_balances(sample: Sample) -> None:
    """On hand each morning = the morning before + received - shipped + corrected by counts."""
    off = sample.rows("""
        with moves as (
            select product_id, received_at::date as day, received_quantity as quantity from purchase_orders
            where received_at is not null
            union all
            select l.product_id, e."at"::date, -l.shipped_quantity
            from order_lines l join order_events e using (order_id) where e.status = 'shipped'
            union all
            select product_id, counted_at::date, counted - recorded from stock_counts
        ), daily as (select product_id, day, sum(quantity) as quantity from moves group by all),
        book as (
            select product_id, as_of::date as day, on_hand,
                lead(on_hand) over (partition by product_id order by as_of) as later
            from inventory
        )
        select book.*, coalesce(quantity, 0) as quantity from book left join daily using (product_id, day)
        where later is not null and abs(later - on_hand - coalesce(quantity, 0)) > 0.01""")
    assert len(off) <= sample.count("select 1 from truth_exceptions where variant = 'unknown_product'")
    assert sample.count("select 1 from inventory where on_hand < -0.01 or reserved < 0") == 0


def test_unplanted_prices_are_the_contract_or_list_price(sample: Sample) -> None:
    off = sample.count("""
        with valid as (
            select o.order_id, l.line_no, l.unit_price, r.unit_price as right_price,
                r.customer_id is not null as is_contract
            from order_lines l join orders o using (order_id) join prices r on r.product_id = l.product_id
                and (r.customer_id is null or r.customer_id = o.customer_id)
                and o.ordered_at between r.valid_from and coalesce(r.valid_to, timestamp '2099-01-01')
        ), best as (
            select order_id, line_no, unit_price, arg_max(right_price, is_contract) as right_price
            from valid group by all
        )
        select 1 from best where abs(unit_price - right_price) > 0.011
            and order_id not in (select order_id from truth_exceptions where kind in ('price_error', 'order_info'))
            and order_id not in (select order_id from hard_negatives where why in ('clearance', 'other_currency'))""")
    assert off == 0


def test_duplicates_come_after_what_they_repeat(sample: Sample) -> None:
    off = """select 1 from truth_duplicates d join orders b on b.order_id = d.order_id
        join orders a on a.order_id = d.duplicate_of where b.ordered_at < a.ordered_at"""
    assert sample.count(off) == 0
    told = "select order_id from truth_exceptions where kind = 'duplicate_order'"
    assert sample.count(f"select 1 from truth_duplicates where order_id not in ({told})") == 0


def test_a_clean_company_has_nothing_planted(clean: Sample) -> None:
    kinds = set(clean.rows("select distinct kind from truth_exceptions")["kind"])
    assert kinds <= {"stock_shortage", "delivery_delay"}
    assert clean.count("select 1 from truth_duplicates") == 0
    assert clean.count("select 1 from truth_exceptions") < 20
    assert clean.count("select 1 from hard_negatives") > 500


def test_many_orders_are_written_as_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sample.write.PARQUET_FROM", 100)
    make_sample(tmp_path / "many", orders=500, seed=1, faults=False)
    assert {file.name for file in (tmp_path / "many").iterdir()} == {f"{name}.parquet" for name in TABLES}
    with duckdb.connect() as connection:
        read = connection.execute("select count(*) from read_parquet(?)", [str(tmp_path / "many" / "orders.parquet")])
        assert read.fetchone() == (500,)
