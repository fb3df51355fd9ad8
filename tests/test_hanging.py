"""Cases that hang (挂账): they wait for money or another authority, nobody works on them meanwhile, and the deadline runs on."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.loading import load
from sim.closed_forms import draw
from sim.randomness import Luck
from sim.run import simulate

CITY = {
    "period.days": 30, "demand.scale": 1.0, "units.utilities_crews.people": 60, "supervisors.check_h": 0.0,
    "command_centre.extension_prob": 0.0,
}  # fmt: skip
"""Enough crews, checks that hold up no patrol, and no other deadline than the first."""
HANG = {"categories.public_utilities.hang_prob": 0.4, "categories.public_utilities.hang_mean_h": 100.0}


def cases(**changes: object):
    return simulate(load("changning_2005q4", CITY | changes), 1).cases


def test_what_hangs_is_the_share_that_was_said_and_ends_later_by_the_time_it_was_set_aside():
    before, after = cases(), cases(**HANG)
    assert np.array_equal(before["found_h"], after["found_h"], equal_nan=True), "the same are found at the same times"
    hung = after["hung"] == 1
    tried = (after["category"] == "public_utilities") & (before["attempts"] > 0) & (before["gone_on_arrival"] == 0)
    assert hung.sum() > 20
    assert hung[tried].mean() == pytest.approx(0.4, abs=3 * (0.24 / tried.sum()) ** 0.5)
    assert not hung[after["category"] != "public_utilities"].any()
    both = hung & before["handled_h"].notna() & after["handled_h"].notna()
    assert ((after["handled_h"] - before["handled_h"])[both] > 0).all()


def test_a_case_hangs_once_and_its_deadline_runs_on():
    found = cases(**HANG | {"categories.public_utilities.hang_prob": 1.0})
    hung = found[(found["hung"] == 1) & found["closed_h"].notna()]
    assert (hung["attempts"] >= 2).all()
    before = cases()
    assert np.array_equal(hung["due_h"], before.loc[hung.index, "due_h"]), "no other deadline"


def test_how_long_it_hangs_is_worked_by_hand():
    """u = 0.5 gives 720 ln 2 = 499 h; the longer the mean, the longer every case."""
    from sim.incidents import Incident
    from sim.model import GovernanceModel

    model = GovernanceModel(load("changning_2005q4", {"period.days": 1}), 1)
    incident: Incident = next(model.arrivals.incidents(model.categories))
    u = draw(incident.key, Luck.HANG_TIME)
    assert incident.hangs_for_h == pytest.approx(-720.0 * np.log1p(-u))


def test_crews_have_more_hours_and_problems_stand_longer_where_cases_hang():
    before, after = (simulate(load("changning_2005q4", CITY | more), 1).indicators for more in ({}, HANG))
    assert after["problem_hours"] > before["problem_hours"]
    assert after["on_time_share_of_filed"] < before["on_time_share_of_filed"]
    assert after["closing_share_of_filed"] < before["closing_share_of_filed"]
    assert after["hung_share_of_filed"] > 0.01 > before["hung_share_of_filed"] == 0.0
