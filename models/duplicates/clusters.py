"""Groups of duplicates: pairs that belong together, guarded against chains of weak links."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def components(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return for each node of the edges ``left``-``right`` the number of its connected component, indexed by node."""
    names = pd.Index(pd.unique(pd.concat([left, right], ignore_index=True)))
    if names.empty:
        return pd.Series(dtype=int)
    graph = coo_array(
        (np.ones(len(left)), (names.get_indexer(pd.Index(left)), names.get_indexer(pd.Index(right)))),
        shape=(len(names), len(names)),
    )
    _, members = connected_components(graph, directed=False)
    return pd.Series(members, index=names)


def clusters(pairs: pd.DataFrame, threshold: float = 0.5, weak: float = 0.25) -> pd.Series:
    """Return the cluster of each order, named after its first order.

    Parameters
    ----------
    pairs : pandas.DataFrame
        ``order_id`` (the later), ``duplicate_of`` (the earlier), ``probability``, ``id_l`` and ``id_r`` in order of
        time.
    threshold : float, default 0.5
        Pairs this likely link orders.
    weak : float, default 0.25
        Two groups are joined only if on average the pairs between them are at least this likely; pairs that were never
        candidates count as 0. So a chain A-B-C-D of repeats falls apart where its ends have nothing to do with each
        other.

    Returns
    -------
    pandas.Series
        ``order_id`` of the first order of its cluster, indexed by order.
    """
    linked = pairs[pairs["probability"] >= threshold]
    if linked.empty:
        return pd.Series(dtype=object)
    times = pd.concat([pairs.set_index("order_id")["id_r"], pairs.set_index("duplicate_of")["id_l"]])
    times = times[~times.index.duplicated()]
    whole = components(linked["order_id"], linked["duplicate_of"])
    sizes = whole.value_counts()
    large = set(whole.index[whole.map(sizes) > 2])
    member_of = {str(name): f"whole {number}" for name, number in whole.items()}
    member_of |= _guarded(pairs[pairs["order_id"].isin(large) & pairs["duplicate_of"].isin(large)], threshold, weak)
    members = pd.Series(member_of)
    first = times.reindex(members.index).groupby(members).idxmin()
    return members.map(first)


def _guarded(pairs: pd.DataFrame, threshold: float, weak: float) -> dict[str, str]:
    """Join the orders of large components pair by pair, the surest first, as long as the groups belong together."""
    chance = {
        frozenset(two): float(p)
        for *two, p in pairs[["order_id", "duplicate_of", "probability"]].itertuples(index=False)
    }
    groups = {name: {name} for two in chance for name in two}
    for two, p in sorted(chance.items(), key=lambda entry: (-entry[1], sorted(entry[0]))):
        if p < threshold:
            break
        one, other = (groups[name] for name in two)
        if one is other:
            continue
        between = [chance.get(frozenset((a, b)), 0.0) for a in one for b in other]
        if sum(between) / len(between) >= weak:
            one |= other
            for name in other:
                groups[name] = one
    return {name: f"group {min(members)}" for name, members in groups.items()}
