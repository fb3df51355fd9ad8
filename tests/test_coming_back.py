"""What was sent away comes back (Eq. 35): it stands and is handled anew, and has not occurred anew."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.comparing.following import ends_of
from experiments.running.measures import incidents_digest
from scenarios.loading import load
from sim.closed_forms import bits, draw, exponential
from sim.model import GovernanceModel
from sim.randomness import Luck
from sim.run import simulate

CITY = {"period.days": 14, "units.street_crews.people": 24, "categories.street_order.gone_per_day": 4.0}
PROB = "categories.street_order.comes_back_prob"


def ran(**changes: object):
    return simulate(load("changning_2005q4", CITY | changes), 1)


@pytest.fixture(scope="module")
def back():
    return ran(**{PROB: 0.6})


def test_each_came_back_at_the_place_of_one_that_was_done_away_with_and_goes_when_that_would_have_gone(back):
    cases = back.cases
    again = cases[cases["came_back_of"] >= 0]
    before = cases.loc[again["came_back_of"]]
    assert len(again) > 200
    assert (again["category"] == "street_order").all()
    for name in ("site", "severity", "gone_h"):
        assert again[name].tolist() == before[name].tolist(), name
    found = again["found_h"].notna().to_numpy()
    assert found.sum() > 50
    assert (again["found_h"].to_numpy() >= before["closed_h"].to_numpy())[found].all(), "the open case speaks for it"
    assert (again["occurred_h"] < again["gone_h"]).all()
    assert before["remedied_h"].notna().all()
    assert again["came_back_of"].is_unique


def test_when_it_is_back_follows_from_its_luck_alone(back):
    cases, keys = back.cases, keys_of()
    checked = 0
    for row, again in cases[cases["came_back_of"] >= 0].iterrows():
        before = again["came_back_of"]
        if before < len(keys):
            expected = cases.loc[before, "remedied_h"] + exponential(draw(keys[before], Luck.BACK_AFTER), 3.0)
            assert again["occurred_h"] == pytest.approx(expected), row
            checked += 1
    assert checked > 150


def keys_of() -> list[int]:
    return GovernanceModel(load("changning_2005q4", CITY), 1).arrivals.key.tolist()


def test_as_many_come_back_as_was_said_of_those_that_still_would_be_there(back):
    cases, keys = back.cases, keys_of()
    street = cases[(cases["category"] == "street_order") & cases["remedied_h"].notna() & cases["closed_h"].notna()]
    first = street[street["came_back_of"] < 0]
    gone_before_h = np.array([
        row.remedied_h + exponential(draw(keys[number], Luck.BACK_AFTER), 3.0) - row.gone_h
        for number, row in first.iterrows()
    ])  # fmt: skip
    could = first[(gone_before_h < 0) & (gone_before_h + first["gone_h"] < back.record.end_h)]
    came = np.isin(could.index, cases["came_back_of"])
    assert came.mean() == pytest.approx(0.6, abs=4 * (0.24 / len(could)) ** 0.5)
    assert not np.isin(first.index.difference(could.index), cases["came_back_of"]).any()


def test_what_occurred_is_the_same_whatever_comes_back_and_hours_are_those_it_was_there(back):
    before = ran(**{PROB: 0.0})
    assert before.indicators["unseen_share"] == pytest.approx(back.indicators["unseen_share"], rel=0.02)
    assert before.indicators["occurred_count"] == back.indicators["occurred_count"]
    assert back.indicators["problem_hours"] > before.indicators["problem_hours"]
    assert back.indicators["came_back_count"] == (back.cases["came_back_of"] >= 0).sum() > 0
    assert back.indicators["problem_hours_per_incident"] == pytest.approx(
        back.indicators["problem_hours"] / back.indicators["occurred_count"]
    )
    assert incidents_digest(before) == incidents_digest(back)
    ends = [ends_of(outcome)["ends"] for outcome in (before, back)]
    assert len(ends[0].stage) == len(ends[1].stage)
    cases = back.cases
    of_one = cases["came_back_of"].where(cases["came_back_of"] >= 0, cases.index)
    while not np.array_equal(of_one, of_one.loc[of_one]):
        of_one = of_one.loc[of_one].set_axis(cases.index)
    stood_h = back.record.stood_h
    natural_h = np.minimum(cases["gone_h"], back.record.end_h) - cases["occurred_h"]
    assert (np.bincount(of_one, stood_h) <= np.bincount(of_one, natural_h) + 1e-9).all()


@pytest.mark.parametrize("slow", [
    pytest.param({"supervision_centre.closing_h": 8.0}, id="closed late"),
    pytest.param({"supervision_centre.closing_h": 100.0}, id="hardly closed at all"),
])  # fmt: skip
def test_closing_late_never_leaves_fewer_problem_hours(slow):
    """With operators and crews to spare, paper alone is late: what is back stands meanwhile, and is found later."""
    many = {PROB: 0.6, "supervision_centre.operators_count": 2000, "units.street_crews.people": 100}
    for seed in (1, 2, 3):
        prompt, late = (
            simulate(load("changning_2005q4", CITY | many | more), seed).indicators["problem_hours"]
            for more in ({}, slow)
        )
        assert late >= prompt


def test_luck_is_new_when_it_is_back():
    model = GovernanceModel(load("changning_2005q4", CITY), 1)
    first = next(model.arrivals.incidents(model.categories))
    again = first.come_back(-1)
    assert again.key == bits(first.key, Luck.KEY_WHEN_BACK, 1), "it follows from the first one's luck alone"
    assert again.key != first.key
    assert 0 <= again.key < 2**64
    assert again.come_back(-1).key not in {first.key, again.key}
    for column in Luck:
        assert again.luck(column) == draw(again.key, column) != first.luck(column)
