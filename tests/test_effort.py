"""Effort answers to thresholds, lists and task numbers (Eq. 34): what is seen is not always made a case of."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.loading import load
from sim.incidents import Finder, Incident
from sim.model import GovernanceModel
from sim.randomness import Luck, draw_column
from sim.run import simulate

PROB, TASK = "categories.street_order.take_up_prob", "supervisors.task_per_day"
CITY = {"period.days": 14, "categories.street_order.comes_back_prob": 0.0}


def ran(**changes: object):
    return simulate(load("changning_2005q4", CITY | changes), 1)


def by_supervisors(outcome):
    cases = outcome.cases
    return cases[(cases["found_by"] == "supervisor") & (cases["category"] == "street_order")]


def test_only_what_is_large_enough_is_taken_up_and_that_is_the_same_whoever_passes():
    model = GovernanceModel(load("changning_2005q4", CITY), 1)
    large = np.flatnonzero(draw_column(model.arrivals.key, Luck.TAKE_UP) < 0.3)
    few, half = by_supervisors(ran(**{PROB: 0.3})), by_supervisors(ran(**{PROB: 0.3, "supervisors.count": 157}))
    assert set(few.index) <= set(large)
    assert set(half.index) <= set(large)
    assert len(few) > 500


def test_a_class_that_is_not_listed_is_found_by_neighbours_only_whatever_the_task():
    for task in (0.0, 50.0):
        outcome = ran(**{PROB: 0.0, TASK: task})
        assert by_supervisors(outcome).empty
        street = outcome.cases[outcome.cases["category"] == "street_order"]
        assert set(street["found_by"].dropna()) <= {"resident", "party_member"}


def test_a_task_number_is_brought_in_and_no_more_of_what_is_small():
    """Without one 0.3 of what is seen is taken up; with one each post takes up small ones until it has so many."""
    without, some, much = (by_supervisors(ran(**{PROB: 0.3, TASK: task})) for task in (0.0, 2.0, 1000.0))
    everything = by_supervisors(ran())
    assert len(without) < len(some) < len(much)
    assert len(much) == pytest.approx(len(everything), rel=0.02), "a task that nobody can do: all that is seen"


def test_no_post_takes_up_a_small_one_when_its_task_of_the_day_is_done():
    task, taken = 2, {}
    original = Incident.taken_up

    def noted(self, *, task_is_done):
        up = original(self, task_is_done=task_is_done)
        if self.luck(Luck.TAKE_UP) >= 0.3 and self.category.name == "street_order":
            assert up is not task_is_done
            taken[up] = taken.get(up, 0) + 1
        return up

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Incident, "taken_up", noted)
        model = GovernanceModel(load("changning_2005q4", CITY | {PROB: 0.3, TASK: float(task)}), 1)
        model.run_for(24 * 14)
    assert min(taken[True], taken[False]) > 300


def test_what_was_passed_by_is_seen_at_a_later_pass_when_another_task_has_begun():
    """Litter stays for a day or two: what was small yesterday is brought in today, until the task is done."""
    litter = {"categories.city_appearance.take_up_prob": 0.0001, TASK: 1.0}
    model = GovernanceModel(load("changning_2005q4", CITY | litter), 1)
    model.run_for(24 * 14)
    again = [i for i in model.log.incidents if i.passed_by and i.found_by is Finder.SUPERVISOR]
    assert len(again) > 20
    assert max(i.passed_by for i in again) >= 3
    assert all(i.found_h < i.gone_h for i in again)
    without = {**litter, TASK: 0.0}
    cases = simulate(load("changning_2005q4", CITY | without), 1).cases
    of_supervisors = cases[(cases["category"] == "city_appearance") & (cases["found_by"] == "supervisor")]
    assert len(of_supervisors) <= 2, "without a task it is passed by for good"
