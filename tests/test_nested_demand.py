"""Demand is nested: more of it adds incidents, less takes some away, and those that are in both runs are the same."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from scenarios.loading import load
from sim.demand import _in_order, draw_arrivals
from sim.model import GovernanceModel
from sim.randomness import Streams
from sim.run import simulate
from sim.territory import WeightedChoice

SEED = 11
PLACES = {"changning_2005q4": 92, "junmen_2012": 184, "expo_2010": 45}
"""Scenarios of the library, and for how many days their incidents are drawn."""
TIMES = ["found_h", "filed_h", "dispatched_h", "handled_h", "closed_h"]


def arrivals(name: str, changes: dict[str, object] | None = None) -> pd.DataFrame:
    """Every incident of a run by its key: when, what, where, how severe, until when."""
    model = GovernanceModel(load(name, {"period.days": PLACES[name]} | (changes or {})), SEED)
    drawn = pd.DataFrame(model.arrivals._asdict()).set_index("key")
    assert drawn.index.is_unique
    return drawn


def surge(name: str, first_day: int, days: int, factor: float, categories: tuple[str, ...] = ()) -> dict[str, object]:
    """Overrides: so many times as much from one day of the run on, for some days."""
    start = load(name).parameters.period.start + timedelta(first_day)
    fair = {"start": start, "end": start + timedelta(days - 1), "factor": factor, "categories": categories}
    return {f"demand.surges.fair.{knob}": value for knob, value in fair.items()}


def of_days(drawn: pd.DataFrame, first_day: int, days: int) -> pd.Series:
    return drawn.occurred_h.between(24.0 * first_day, 24.0 * (first_day + days), inclusive="left")


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert len(one)
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def assert_nested(fewer: pd.DataFrame, more: pd.DataFrame, ratio: float) -> None:
    """All of the fewer are among the more, in every respect the same, and in their order; about `ratio` times as many."""
    kept = more[more.index.isin(fewer.index)]
    assert_same(fewer, kept)
    left_out = len(fewer) * (ratio - 1.0)
    assert abs(len(more) - len(kept) - left_out) <= 4.0 * (left_out * ratio) ** 0.5
    assert len(more) > len(fewer)


@pytest.fixture(scope="module", params=PLACES)
def place(request) -> tuple[str, pd.DataFrame]:
    return request.param, arrivals(request.param)


@pytest.mark.parametrize("factor", [0.5, 6.0])
@pytest.mark.parametrize(("first_day", "days"), [(40, 1), (27, 2), (0, 5)])
def test_a_surge_changes_its_own_days_and_nothing_before_or_after(place, first_day, days, factor):
    name, before = place
    after = arrivals(name, surge(name, first_day, days, factor))
    then, now = of_days(before, first_day, days), of_days(after, first_day, days)
    assert_same(before[~then], after[~now])
    fewer, more = sorted((before[then], after[now]), key=len)
    assert (len(before[then]) < len(after[now])) == (factor > 1.0)
    assert_nested(fewer, more, max(factor, 1.0 / factor))


def test_a_surge_of_one_category_leaves_the_others_alone():
    name, drawn = "changning_2005q4", arrivals("changning_2005q4")
    names = list(load(name).parameters.categories)
    after = arrivals(name, surge(name, 60, 2, 3.0, categories=("street_order",)))
    mine, mine_after = drawn.category == names.index("street_order"), after.category == names.index("street_order")
    assert_same(drawn[~mine], after[~mine_after])
    assert_nested(drawn[mine & of_days(drawn, 60, 2)], after[mine_after & of_days(after, 60, 2)], 3.0)


@pytest.mark.parametrize("factor", [1.1, 7.0])
def test_more_demand_adds_incidents_and_moves_none(place, factor):
    name, before = place
    scale = load(name).parameters.demand.scale
    assert_nested(before, arrivals(name, {"demand.scale": factor * scale}), factor)


@pytest.mark.parametrize("factor", [0.5, 0.9])
def test_less_demand_takes_incidents_away_and_moves_none(place, factor):
    name, before = place
    scale = load(name).parameters.demand.scale
    assert_nested(arrivals(name, {"demand.scale": factor * scale}), before, 1.0 / factor)


def test_no_demand_is_a_city_in_which_nothing_occurs(place):
    assert arrivals(place[0], {"demand.scale": 0.0}).empty


def test_twice_the_rate_of_one_category_adds_to_it_and_leaves_the_others_alone(place):
    name, before = place
    for index, (category, data) in enumerate(load(name).parameters.categories.items()):
        after = arrivals(name, {f"categories.{category}.rate": 2.0 * data.rate})
        mine, mine_after = before.category == index, after.category == index
        assert_same(before[~mine], after[~mine_after])
        assert_nested(before[mine], after[mine_after], 2.0)


def test_a_busier_december_adds_to_december_and_takes_from_the_other_months():
    """Weights are relative: if one month weighs three times as much, each of the others loses a seventh."""
    name = "changning_2005q4"
    before, after = arrivals(name), arrivals(name, {"demand.month_weights": (*(1.0,) * 11, 3.0)})
    mean = 14.0 / 12.0
    october, december = 31, 61
    assert_nested(after[of_days(after, 0, october)], before[of_days(before, 0, october)], mean)
    assert_nested(before[of_days(before, december, 31)], after[of_days(after, december, 31)], 3.0 / mean)


def test_another_week_adds_in_some_hours_and_takes_in_others():
    """By night twice as much as by day: the mean over the week stays, and what is in both is the same."""
    name = "changning_2005q4"
    profiles = load(name).parameters.demand.profiles
    by_night = (2.0,) * 8 + (1.0,) * 16
    changes = {f"demand.profiles.{profile}.hour_weights": by_night for profile in profiles}
    before, after = arrivals(name), arrivals(name, changes)
    common = before.index.intersection(after.index)
    assert_same(before.loc[common], after.loc[common])
    at_night, at_night_after = before.occurred_h % 24.0 < 6.0, after.occurred_h % 24.0 < 6.0
    assert before[at_night].index.isin(common).all()
    assert after[at_night_after].index.isin(common).mean() < 0.5


@pytest.mark.parametrize("days", [1, 27, 28, 29, 56])
def test_a_shorter_run_is_the_beginning_of_a_longer_one(days):
    longer = arrivals("changning_2005q4")
    assert_same(arrivals("changning_2005q4", {"period.days": days}), longer[of_days(longer, 0, days)])


@pytest.mark.parametrize("hotspot_cv", [0.0, 3.0])
def test_other_hot_spots_move_places_and_nothing_else(hotspot_cv):
    name = "changning_2005q4"
    before, after = arrivals(name), arrivals(name, {"categories.street_order.hotspot_cv": hotspot_cv})
    assert_same(before.drop(columns="site"), after.drop(columns="site"))
    moved = before.site != after.site
    assert set(before.category[moved]) == {list(load(name).parameters.categories).index("street_order")}


# Histories: nobody waits for anybody, so nobody can be in anybody's way ----------------------------------------

PEOPLE = 2_000


def nobody_waits(name: str, days: int) -> dict[str, object]:
    """Overrides: as many operators and crews as there may be cases, no errands, trust and loads without effect.

    Half of what there is would be reported, so that there are histories to compare.
    """
    named = load(name).parameters
    return {
        "period.days": days, "supervisors.count": 0, "party.members_count": 0,
        "rules.reporting": "steady", "rules.dispatch": "first_listed",
        "supervision_centre.operators_count": PEOPLE, "command_centre.operators_count": PEOPLE,
        **{f"units.{unit}.people": PEOPLE for unit in named.units},
        **{f"categories.{category}.salience_prob": 0.5 for category in named.categories},
    }  # fmt: skip


DEMANDS = [
    pytest.param(lambda name: {"demand.scale": 1.1 * load(name).parameters.demand.scale}, id="a tenth more"),
    pytest.param(lambda name: {"demand.scale": 0.5 * load(name).parameters.demand.scale}, id="half as much"),
    pytest.param(lambda name: surge(name, 10, 3, 4.0), id="a surge"),
]


@pytest.mark.parametrize("demand", DEMANDS)
@pytest.mark.parametrize(("name", "days"), [("changning_2005q4", 20), ("junmen_2012", 90)])
def test_where_nobody_waits_an_incident_has_the_same_history_under_any_demand(name, days, demand):
    fixed = nobody_waits(name, days)
    one, other = (
        simulate(load(name, fixed | changes), SEED)
        .cases.drop(columns=["incident", "came_back_of"])
        .set_index("occurred_h")
        for changes in ({}, demand(name))
    )
    common = one.index.intersection(other.index)
    assert len(common) == min(len(one), len(other)) < max(len(one), len(other))
    assert one.loc[common].closed_h.notna().sum() > 100
    assert_same(one.loc[common], other.loc[common])


def test_nothing_in_the_city_happens_otherwise_before_a_surge_begins():
    """With everybody in everybody's way: whatever has a time before the surge has the same time with it."""
    name, first_day = "changning_2005q4", 20
    one, other = (
        simulate(load(name, {"period.days": 25} | changes), SEED).cases
        for changes in ({}, surge(name, first_day, 2, 5.0))
    )
    begins_h = 24.0 * first_day
    early, early_other = (cases[cases.occurred_h < begins_h].reset_index(drop=True) for cases in (one, other))
    assert_same(early[["occurred_h", "site", "category"]], early_other[["occurred_h", "site", "category"]])
    for name_of_time in TIMES:
        known, known_other = (
            cases[name_of_time].where(cases[name_of_time] < begins_h) for cases in (early, early_other)
        )
        assert known.notna().sum() > 1_000
        pd.testing.assert_series_equal(known, known_other, check_exact=True)
    assert not early[TIMES].equals(early_other[TIMES]), "the surge is in nobody's way"


def test_another_seed_shares_no_incident():
    """Nor do two categories, two blocks of time or two bands of height: every key is there once."""
    keys = [GovernanceModel(load("expo_2010"), seed).arrivals.key for seed in (1, 2)]
    assert len(np.unique(np.concatenate(keys))) == sum(map(len, keys)) > 200_000


def test_a_rate_that_is_high_for_an_hour_fills_no_memory():
    """All on one morning, of a block of four weeks: points are drawn a band at a time, and those under the rate kept."""
    only_at_8 = (*(0.0,) * 8, 1.0, *(0.0,) * 15)
    changes = {"period.days": 1, "demand.scale": 30.0, "demand.profiles.street.hour_weights": only_at_8}
    model = GovernanceModel(load("changning_2005q4", changes), SEED)
    tracemalloc.start()
    drawn = draw_arrivals(model.params, model.territory, model.categories, Streams(SEED))
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    on_the_street = np.floor(drawn.occurred_h) == 8.0
    points = np.count_nonzero(on_the_street) * 28 * 24
    assert points > 1_000_000
    assert most_bytes < 8 * points / 3, "not even one number of each point fits in"


@pytest.mark.parametrize(
    "times",
    [
        np.random.default_rng(1).random(5000) * 2000.0,
        np.floor(np.random.default_rng(2).random(5000) * 100.0),
        1.0 + 1e-16 * np.arange(9)[::-1],
        1e9 + 1e-6 * np.random.default_rng(3).permutation(500),
        np.zeros(3),
        np.empty(0),
        np.array([7.0]),
    ],
    ids=["anywhere", "many at once", "nearly at once", "too near for 48 bits", "at the start", "none", "one"],
)
def test_incidents_come_in_order_of_time_and_equal_times_as_they_were(times):
    assert _in_order(times).tolist() == np.argsort(times, kind="stable").tolist()


@pytest.mark.parametrize("weights", [[1.0], [0.0, 3.0, 0.0, 0.0, 1e-9, 5.0, 0.0], [1e-12] * 50 + [1.0], range(1, 999)])
def test_a_place_is_chosen_by_its_weight(weights):
    u = np.random.default_rng(4).random(20_000)
    u = np.concatenate([u, [0.0, np.nextafter(1.0, 0.0)], np.arange(64) / 64])
    up_to = np.cumsum(np.asarray(weights, dtype=float))
    found = WeightedChoice(np.asarray(weights, dtype=float))(u)
    assert found.tolist() == np.searchsorted(up_to, u * up_to[-1], side="right").tolist()
    assert all(weights[place] > 0.0 for place in set(found.tolist()))
