"""Between whom hours are unequal: defined for some plans, worked by hand."""

from __future__ import annotations

import pytest
from test_findings import made

from experiments.findings.equity import equity
from experiments.findings.runs import Findings


def with_areas(cases: list[list[list[float]]], hours: list[list[list[float]]]) -> Findings:
    """Runs of so many plans and seeds, with the incidents and hours of each area."""
    told = made([[0.5] * len(of_plan) for of_plan in cases])
    told.runs["area_cases"] = [of_run for of_plan in cases for of_run in of_plan]
    told.runs["area_hours"] = [of_run for of_plan in hours for of_run in of_plan]
    return told


def test_hours_three_times_as_long_in_one_of_two_areas_by_hand():
    """No chance: the same in every run, so the interval is the value. Weights are the incidents."""
    (found,) = equity(with_areas([[[3.0, 1.0, 0.0]] * 3], [[[3.0, 3.0, 0.0]] * 3]), (0,))
    assert (found.gini, found.gini_lo, found.gini_hi) == pytest.approx((0.25, 0.25, 0.25))
    # Shares 3/4 and 1/4 of the incidents, hours 1 and 3 about a mean of 1.5.
    assert found.theil == pytest.approx(0.5 * -0.40546511 + 0.5 * 0.69314718)
    assert (found.plan, found.areas_count) == (0, 2)


@pytest.mark.filterwarnings("error")
def test_a_plan_with_one_run_has_no_equity_and_the_others_have():
    """Nothing tells how much of it only chance makes unequal; it is left out in silence, nothing is divided by 0."""
    told = with_areas([[[3.0, 1.0]], [[3.0, 1.0]] * 2], [[[3.0, 3.0]], [[3.0, 3.0]] * 2])
    assert [found.plan for found in equity(told, (0, 1))] == [1]


@pytest.mark.filterwarnings("error")
def test_a_plan_whose_areas_were_not_kept_has_no_equity():
    told = made([[0.5, 0.5], [0.5, 0.5]])
    told.runs["area_cases"] = told.runs["area_hours"] = [None, None, [3.0, 1.0], [3.0, 1.0]]
    assert [found.plan for found in equity(told, (0, 1))] == [1]


@pytest.mark.parametrize(
    ("cases", "hours"),
    [
        pytest.param([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]], id="nothing is ever solved"),
        pytest.param([[0.0, 0.0], [3.0, 1.0]], [[0.0, 0.0], [3.0, 3.0]], id="without the one run nothing is solved"),
        pytest.param([[3.0, 1.0], [3.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], id="all is solved at once"),
    ],
)
def test_a_plan_for_which_inequality_is_undefined_is_left_out(cases, hours):
    told = with_areas([cases, [[3.0, 1.0]] * 2], [hours, [[3.0, 3.0]] * 2])
    assert [found.plan for found in equity(told, (0, 1))] == [1]
