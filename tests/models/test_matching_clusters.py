"""Clusters of duplicates: components against networkx, chains guarded, the first order names its cluster."""

import networkx
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from models.duplicates.clusters import clusters, components


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_components_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    left = pd.Series([f"o{one}" for one, _ in edges], dtype=object)
    right = pd.Series([f"o{other}" for _, other in edges], dtype=object)
    found = components(left, right)
    graph = networkx.Graph(list(zip(left, right, strict=True)))
    expected = {frozenset(map(str, part)) for part in networkx.connected_components(graph)}
    assert {frozenset(map(str, part.index)) for _, part in found.groupby(found)} == expected


def pairs(*rows: tuple[int, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["id_l", "id_r", "probability"])
    return frame.assign(duplicate_of="o" + frame["id_l"].astype(str), order_id="o" + frame["id_r"].astype(str))


def test_a_triple_is_one_cluster_named_after_its_first_order() -> None:
    found = clusters(pairs((1, 2, 0.9), (2, 3, 0.8), (1, 3, 0.7)))
    assert found.to_dict() == {"o1": "o1", "o2": "o1", "o3": "o1"}


def test_unlikely_pairs_link_nothing() -> None:
    assert clusters(pairs((1, 2, 0.4))).empty


def test_a_chain_whose_ends_are_strangers_falls_apart() -> None:
    chain = pairs(*((number, number + 1, 0.6) for number in range(1, 6)))
    found = clusters(chain)
    assert found.nunique() > 1
    assert found.groupby(found).size().max() < 6


def test_two_clusters_stay_two() -> None:
    found = clusters(pairs((1, 2, 0.9), (3, 4, 0.9)))
    assert found.to_dict() == {"o1": "o1", "o2": "o1", "o3": "o3", "o4": "o3"}
