"""Segments that stand out: planted ones are named, none is invented, and a change is shared out exactly."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from models.root_causes.cells import count_cells, take_census
from models.root_causes.change import PER, contributions, overall
from models.root_causes.prevention import PREVENTIONS, prevention_of
from models.root_causes.scan import conditions_of, fisher_tail, scan
from tests.models.cause_simulator import as_key, company, inside, pick_segment, plant


@pytest.mark.parametrize(("depth", "seed"), [(1, 3), (2, 4), (3, 5)])
def test_a_planted_cause_is_named_first_by_its_shortest_description(depth: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    units = company(6000, seed)
    segment = pick_segment(units, depth, chance)
    found = plant(units, segment, chance)
    best = max(scan(units, found), key=lambda claim: claim.excess)
    assert as_key(segment) in {as_key(best.conditions), *map(as_key, best.same)}
    assert best.excess_low > 0
    assert best.found_count == int(inside(found, best.conditions).sum())
    assert best.unit_count == int(inside(units, best.conditions).sum())


def test_nothing_planted_nothing_claimed() -> None:
    claimed = 0
    for seed in range(700, 708):
        units = company(3000, seed)
        claimed += bool(scan(units, plant(units, None, np.random.default_rng(seed))))
    assert claimed <= 1


def test_two_causes_are_told_as_two_and_overlaps_once() -> None:
    chance = np.random.default_rng(8)
    units = company(8000, 8)
    first = plant(units, {"operator": "clara"}, chance, extra=60)
    second = plant(units, {"warehouse": "east", "weekday": "2"}, chance, base=0, extra=80)
    told = [as_key(claim.conditions) for claim in scan(units, pd.concat([first, second]))]
    assert as_key({"operator": "clara"}) in told
    assert as_key({"warehouse": "east", "weekday": "2"}) in told
    assert len(told) <= 3


def test_of_two_names_for_the_same_orders_the_more_telling_one_is_told() -> None:
    units = company(6000, 11)
    units["supplier"] = "S of " + units["category"]
    islander = units["customer"].value_counts().index[5]
    units.loc[units["customer"].eq(islander), "region"] = "an island"
    chance = np.random.default_rng(11)
    parts = [
        plant(units, segment, chance, extra=60) for segment in ({"supplier": "S of tools"}, {"region": "an island"})
    ]
    told = [claim.conditions for claim in scan(units, pd.concat(parts))]
    assert {"category": "tools"} in told
    assert {"customer": islander} in told
    assert {"supplier": "S of tools"} not in told


def test_cells_count_what_pandas_counts() -> None:
    units = company(2000, 9)
    found = plant(units, {"channel": "phone"}, np.random.default_rng(9))
    census = take_census(units, found)
    cells = count_cells(census)
    assert cells["level"].max() == 3
    for _, cell in cells.sample(30, random_state=1).iterrows():
        segment = conditions_of(census, cell)
        assert cell["unit_count"] == inside(units, segment).sum()
        assert cell["found_count"] == inside(found, segment).sum()
        assert cell["money"] == pytest.approx(found["money"][inside(found, segment)].sum())


def test_what_is_not_known_describes_no_segment() -> None:
    units = company(2000, 9)
    units.loc[units["region"].eq("R00"), "region"] = None
    found = units[units["region"].isna()].assign(kind="price_error", cause="data_entry", money=1.0)
    census = take_census(units, found)
    assert not count_cells(census)["region"].any()


def test_the_tail_is_fishers() -> None:
    chance = np.random.default_rng(1)
    all_units = 50_000
    units, total = chance.integers(5, 20_000, 400), chance.integers(5, 5000, 400)
    mean = units * total / all_units
    found = np.minimum(np.minimum(units, total), (mean + 1 + 6 * np.sqrt(mean) * chance.random(400)).astype(int))
    exact = hypergeom.sf(found - 1, all_units, total, units)
    told = fisher_tail(*(column.astype(float) for column in (found, units, total)), all_units)
    assert (told >= exact * (1 - 1e-6)).all(), "never too small"
    telling = exact < 1e-3
    assert telling.sum() > 100
    np.testing.assert_allclose(told[telling], exact[telling], rtol=0.02)


def test_contributions_add_up_and_tell_mix_from_rate() -> None:
    before = pd.DataFrame({"value": ["web", "phone"], "unit_count": [800, 200], "found_count": [8, 20]})
    more_phone = pd.DataFrame({"value": ["web", "phone"], "unit_count": [500, 500], "found_count": [5, 50]})
    table = contributions(before, more_phone)
    was, now = overall(table)
    assert table["effect"].sum() == pytest.approx(now - was)
    assert table["rate_effect"].abs().max() == pytest.approx(0), "only the mix changed"
    worse = pd.DataFrame({"value": ["web", "phone"], "unit_count": [800, 200], "found_count": [8, 60]})
    table = contributions(before, worse)
    assert table.index[0] == "phone"
    assert table.loc["phone", "rate_effect"] == pytest.approx(0.2 * 0.2 * PER)
    assert table["mix_effect"].abs().max() == pytest.approx(0)


def test_a_value_that_is_new_is_all_mix() -> None:
    before = pd.DataFrame({"value": ["web"], "unit_count": [1000], "found_count": [10]})
    after = pd.DataFrame({"value": ["web", "fax"], "unit_count": [900, 100], "found_count": [9, 30]})
    table = contributions(before, after)
    was, now = overall(table)
    assert table.loc["fax", "rate_effect"] == 0
    assert table["effect"].sum() == pytest.approx(now - was)


def test_a_kind_and_cause_is_prevented_by_one_thing_only() -> None:
    pairs = [pair for one in PREVENTIONS.values() for pair in one.stops]
    assert len(pairs) == len(set(pairs))
    assert prevention_of("duplicate_order", "edi_resend") is PREVENTIONS["edi_control_numbers"]
    assert prevention_of("price_error", "allocation") is None
