"""Hand-made duplicates, and beside each the honest order that looks like it."""

import json

import pandas as pd
import pytest

from models.duplicates.reasons import REASONS
from models.findings import sentence
from tests.models.duplicate_history import NO_LABELS, Basket, Wholesaler, detect, probability

HOUR = 1 / 24
MINUTE = 1 / 1440

Two = tuple[str, str]


def double_submit(world: Wholesaler) -> Two:
    basket = world.basket(3)
    first = world.add("C005", 200, basket, customer_po="7700123")
    return world.add("C005", 200 + 3 * MINUTE, basket, customer_po="7700123"), first


def rekeyed_on_another_channel(world: Wholesaler) -> Two:
    basket = world.basket(4)
    first = world.add("C006", 201, basket, customer_po="7700456")
    later = world.add("C006", 201 + 5 * HOUR, basket, customer_po="PO 7700456", channel="phone", entered_by="jane")
    return later, first


def added_to_the_order_number(world: Wholesaler) -> Two:
    basket = world.basket(3)
    first = world.add("C007", 202, basket, customer_po="7700789")
    return world.add("C007", 202 + 4 * HOUR, basket, customer_po="7700789-1"), first


def second_customer_record(world: Wholesaler) -> Two:
    master = world.customers[8]
    world.customers[70] = {**master, "customer_id": "C070", "name": master["name"].upper().replace(" LTD", "")}
    basket = world.basket(4)
    first = world.add("C008", 203, basket, customer_po="7700888")
    return world.add("C070", 203 + 2 * HOUR, basket, customer_po="7700888", channel="email", entered_by="joe"), first


def repeated_in_part(world: Wholesaler) -> Two:
    basket = world.basket(6)
    first = world.add("C009", 204, basket, customer_po="7700999")
    return world.add("C009", 204 + 3 * HOUR, basket[:4], customer_po="7700999"), first


def pasted_in_another_script(world: Wholesaler) -> Two:
    basket = world.basket(4)
    there = {
        "ship_to_name": "上海宏达电子有限公司",
        "ship_to_address": "上海市浦东新区科技路12号",
        "customer_po": "7701000",
    }
    pasted = {**there, "ship_to_name": "上海宏達電子有限公司", "ship_to_address": "上海市浦東新區科技路１２號"}
    first = world.add("C010", 205, basket, **there)
    return world.add("C010", 205 + 2 * HOUR, basket, **pasted), first


def weekly_standing_order(world: Wholesaler) -> Two:
    basket = world.basket(3)
    ids = [world.add("C061", 7 * week, basket) for week in range(40)]
    return ids[21], ids[20]


def branch_order(world: Wholesaler) -> Two:
    ids = []
    for month in range(10):
        basket = world.basket(3)
        for branch in range(4):
            there = {
                "ship_to_address": f"{branch + 1} Branch Road, City {branch}",
                "ship_to_name": f"Chain Shop {branch}",
            }
            ids.append(world.add("C062", 30 * month + branch * 5 * MINUTE, basket, **there))
    return ids[21], ids[20]


def next_po_of_a_sequence(world: Wholesaler) -> Two:
    first = world.add("C063", 100, world.basket(2), customer_po="45001230")
    for number in range(1, 12):
        world.add("C063", 100 + 9 * number, world.basket(2), customer_po=str(45001230 + 2 * number))
    basket = world.basket(1)
    first = world.add("C063", 220, basket, customer_po="45001260")
    return world.add("C063", 221.1, basket, customer_po="45001261", requested_at=None), first


def split_order(world: Wholesaler) -> Two:
    basket = world.basket(6)
    first = world.add("C064", 150, basket[:3], customer_po="7701100")
    return world.add("C064", 150 + 4 * MINUTE, basket[3:], customer_po="7701100"), first


def blanket_call_off(world: Wholesaler) -> Two:
    ids = [
        world.add("C065", 10 * number + world.random.uniform(0, 4), world.basket(2), customer_po="4499001")
        for number in range(30)
    ]
    return ids[15], ids[14]


def promotion_basket(world: Wholesaler) -> Two:
    basket = [("P001", 10.0)]
    ids = [world.add(f"C{number:03d}", 300 + 0.05 * number, basket) for number in range(20, 50)]
    return ids[11], ids[10]


def replacement_of_a_cancelled_order(world: Wholesaler) -> Two:
    basket = world.basket(4)
    first = world.add("C011", 206, basket, customer_po="7701200", status="cancelled")
    return world.add("C011", 206 + HOUR, basket, customer_po="7701200"), first


def credit(world: Wholesaler, customer: str, day: float, basket: Basket) -> None:
    """Take an order back whole, as a shop does that books credits as orders with negative quantities."""
    world.add(customer, day, [(product, -quantity) for product, quantity in basket], status="cancelled")


def issued_again_after_a_credit(world: Wholesaler) -> Two:
    basket = world.basket(4)
    first = world.add("C014", 207, basket, customer_po="7701400")
    credit(world, "C014", 207 + 6 * MINUTE, basket)
    return world.add("C014", 207 + 8 * MINUTE, basket, customer_po="7701400"), first


def taken_back_when_it_was_noticed(world: Wholesaler) -> Two:
    basket = world.basket(4)
    first = world.add("C015", 208, basket, customer_po="7701500")
    later = world.add("C015", 208 + 6 * MINUTE, basket, customer_po="7701500")
    credit(world, "C015", 208 + 8 * MINUTE, basket)
    return later, first


def deliveries_entered_at_once(world: Wholesaler) -> Two:
    basket = world.basket(3)
    start = pd.Timestamp("2025-08-01")
    ids = [
        world.add("C066", 150 + week * 2 * MINUTE, basket, requested_at=start + pd.Timedelta(days=7 * week))
        for week in range(4)
    ]
    return ids[1], ids[0]


DUPLICATES = [
    double_submit,
    rekeyed_on_another_channel,
    added_to_the_order_number,
    second_customer_record,
    repeated_in_part,
    pasted_in_another_script,
    taken_back_when_it_was_noticed,
]
HONEST = [
    weekly_standing_order,
    branch_order,
    next_po_of_a_sequence,
    split_order,
    blanket_call_off,
    promotion_basket,
    replacement_of_a_cancelled_order,
    issued_again_after_a_credit,
    deliveries_entered_at_once,
]


@pytest.fixture(scope="module")
def judged() -> tuple[pd.DataFrame, dict[str, Two]]:
    world = Wholesaler()
    cases = {case.__name__: case(world) for case in (*DUPLICATES, *HONEST)}
    return detect(world.tables()), cases


@pytest.mark.parametrize("case", DUPLICATES, ids=lambda case: case.__name__)
def test_a_duplicate_is_found(case, judged) -> None:
    pairs, cases = judged
    assert probability(pairs, *cases[case.__name__]) >= 0.5


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.__name__)
def test_its_honest_twin_is_not(case, judged) -> None:
    pairs, cases = judged
    assert probability(pairs, *cases[case.__name__]) < 0.5


def test_the_quiet_year_stays_quiet(judged) -> None:
    pairs, cases = judged
    true = {frozenset(cases[case.__name__]) for case in DUPLICATES}
    told = pairs[pairs["probability"] >= 0.5]
    wrong = [two for two in told[["order_id", "duplicate_of"]].itertuples(index=False) if frozenset(two) not in true]
    assert len(wrong) <= 2


def test_the_reasons_add_up_to_the_probability(judged) -> None:
    for pair in judged[0].itertuples():
        log2_odds = sum(part["weight"] for part in json.loads(pair.reasons))
        assert pair.probability == pytest.approx(1 / (1 + 2**-log2_odds), abs=0.02)


def test_the_variant_and_the_cause_say_how_it_came_about(judged) -> None:
    pairs, cases = judged
    told = {
        name: pairs[(pairs["order_id"] == later) & (pairs["duplicate_of"] == earlier)].iloc[0]
        for name, (later, earlier) in cases.items()
        if probability(pairs, later, earlier) >= 0.5
    }
    assert told["double_submit"]["variant"] == "double_submit"
    assert told["double_submit"]["cause"] == "resubmission"
    assert told["rekeyed_on_another_channel"]["variant"] == "other_channel"
    assert told["rekeyed_on_another_channel"]["cause"] == "cross_channel"
    assert told["second_customer_record"]["variant"] == "second_customer"
    assert told["repeated_in_part"]["variant"] == "edited"


def test_every_finding_has_its_sentence(judged) -> None:
    findings = judged[0].attrs["findings"]
    assert findings["order_id"].is_unique
    for row in findings.itertuples():
        assert "?" not in sentence(REASONS[row.variant], row.evidence)


def test_a_triple_is_one_cluster() -> None:
    world = Wholesaler()
    basket = world.basket(4)
    ids = [world.add("C012", 210 + number * 4 * MINUTE, basket, customer_po="7701300") for number in range(3)]
    pairs = detect(world.tables())
    chosen = pairs[pairs["order_id"].isin(ids) & (pairs["probability"] >= 0.5)]
    assert set(chosen["order_id"]) == set(ids[1:])
    assert set(chosen["cluster_id"]) == {ids[0]}


def test_only_the_required_columns() -> None:
    """Orders and lines alone, without POs, addresses, channels, dates and customers."""
    world = Wholesaler()
    case = double_submit(world)
    tables = world.tables()
    del tables["customers"]
    tables["orders"] = tables["orders"][["order_id", "customer_id", "ordered_at"]]
    tables["order_lines"] = tables["order_lines"][["order_id", "line_no", "product_id", "quantity", "unit_price"]]
    assert probability(detect(tables), *case) >= 0.5


def test_one_order_alone() -> None:
    world = Wholesaler()
    tables = world.tables()
    tables["orders"], tables["order_lines"] = tables["orders"].head(1), tables["order_lines"].head(1)
    assert detect(tables).empty


def test_labels_count_at_once() -> None:
    """What a reviewer accepts for a customer and basket makes its next repeat less likely."""
    world = Wholesaler()
    basket = world.basket(2)
    ids = [world.add("C013", 100 + 40 * number + shift, basket) for number in range(4) for shift in (0, 2 * HOUR)]
    before = detect(world.tables())
    labels = pd.DataFrame({"kind": "duplicate_order", "order_id": [ids[1], ids[3]], "label": "false_positive"})
    after = detect(world.tables(), labels.reindex(columns=NO_LABELS.columns))
    assert probability(after, ids[7], ids[6]) < probability(before, ids[7], ids[6]) or not len(before)
