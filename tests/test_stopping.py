"""When a study has run enough: every rule to its edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.statistics.intervals import half_width
from experiments.studies.form import Replications, StudyFile
from experiments.studies.stopping import enough, until_narrow, until_ranking_is_safe, verdict
from experiments.studies.stopping import survivors as still_alive

NAN = math.nan


def file_of(**rule: object) -> StudyFile:
    return StudyFile.model_validate({
        "title": "t", "question": "q", "base": "b", "design": {"kind": "list"}, "plans": [{"name": "p"}],
        "replications": rule, "objectives": [{"indicator": "filed_count", "better": rule.pop("better", "high")}],
    })  # fmt: skip


def test_fixed_replications_are_enough():
    values = {"filed_count": [np.ones(3), np.ones(5)]}
    assert enough(file_of(), values) == [3, 5]
    assert verdict(file_of(), values) is None


def test_more_replications_by_the_square_of_what_is_lacking():
    waver = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    half = half_width(waver)
    for ratio, count in ((0.99, 5), (1.0, 5), (1.1, 7), (1.2, 8), (1.4, 10), (3.0, 10)):
        file = file_of(rule="narrow", count=5, at_most=60, widths={"filed_count": half / ratio})
        assert until_narrow(file, {"filed_count": [waver, np.ones(5)]}) == [count, 5]
        settled = verdict(file, {"filed_count": [waver, np.ones(5)]})
        assert settled.settled == (ratio <= 1.0)
        assert settled.unmet == ({} if ratio <= 1.0 else {"filed_count": half})
        assert settled.survivors == ()
    near = file_of(rule="narrow", count=5, at_most=6, widths={"filed_count": half / 3.0})
    assert until_narrow(near, {"filed_count": [waver]}) == [6]
    two = file_of(rule="narrow", count=5, at_most=60, widths={"filed_count": half / 1.1, "found_count": half / 1.2})
    assert until_narrow(two, {"filed_count": [waver], "found_count": [waver]}) == [8]
    assert verdict(two, {"filed_count": [waver, np.ones(5)], "found_count": [np.ones(5), waver * 2.0]}).unmet == {
        "filed_count": half, "found_count": pytest.approx(2.0 * half),
    }  # fmt: skip


RANKING = {"rule": "ranking", "count": 10, "at_most": 100, "indifference": 0.5, "error": 0.1}
WAVER = np.array([-1.0, 1.0] * 5)


def lead(differences: np.ndarray, plans: int, count: int) -> float:
    """Kim and Nelson's bound, worked again."""
    n = len(differences)
    h2 = (n - 1) * ((2 * 0.1 / (plans - 1)) ** (-2 / (n - 1)) - 1)
    return max(0.0, (h2 * differences.var(ddof=1) / 0.5 - 0.5 * count) / (2 * count))


@pytest.mark.parametrize("plans", [2, 3, 6])
@pytest.mark.parametrize("count", [10, 16, 40])
def test_a_plan_is_dropped_when_another_leads_by_more_than_the_bound(plans, count):
    """The variance is that of the first ten; later values say only by how much it leads."""
    rule = Replications(**RANKING)
    bound = lead(WAVER, plans, count)
    others = [np.full(count, -1e6)] * (plans - 2)
    for beyond, kept in ((0.001, False), (-0.001, True)) if bound else ():
        ahead = np.full(count, bound + beyond)
        ahead[:10] += WAVER
        assert (0 in still_alive([np.zeros(count), ahead, *others], rule)) == kept
        assert 1 in still_alive([np.zeros(count), ahead, *others], rule)
    if bound == 0.0:
        ahead = np.concatenate([WAVER + 0.001, np.full(count - 10, 0.001)])
        assert still_alive([np.zeros(count), ahead, *others], rule) == [1]


def test_plans_are_compared_where_both_are_defined_and_three_values_are_the_least():
    rule = Replications(**RANKING)
    ahead = np.full(10, 50.0)
    ahead[3:] = NAN
    assert still_alive([np.zeros(10), ahead], rule) == [1]
    ahead[2:] = NAN
    assert still_alive([np.zeros(10), ahead], rule) == [0, 1]
    late = np.concatenate([np.full(10, 50.0), [NAN, -1e5]])
    assert still_alive([np.zeros(12), late], rule) == [0]
    assert still_alive([np.zeros(10), np.zeros(9) + 50.0], rule) == [0]
    assert still_alive([np.full(10, NAN), np.zeros(10)], rule) == [1]
    assert still_alive([np.full(10, NAN)] * 2, rule) == []
    assert still_alive([np.zeros(10), np.zeros(10)], rule) == [0, 1]


def test_plans_that_beat_each_other_in_a_round_leave_the_one_with_the_best_mean():
    """Where values are undefined in turn: each leads the next where both are defined."""
    rule = Replications(**{**RANKING, "count": 3})
    a = np.array([0.0] * 3 + [9.0] * 3 + [NAN] * 3)
    b = np.array([9.0] * 3 + [NAN] * 3 + [0.5] * 3)
    c = np.array([NAN] * 3 + [0.0] * 3 + [9.5] * 3)
    wide = Replications(**{**RANKING, "count": 9})
    assert still_alive([a, b, c], wide) == [int(np.argmax([np.nanmean(x) for x in (a, b, c)]))]
    assert set(still_alive([a, b, c], rule)) <= {0, 1, 2}


@pytest.mark.parametrize(("reached", "more"), [(10, 14), (32, 36), (40, 45), (96, 100)])
def test_those_that_may_still_be_the_best_get_an_eighth_more_and_four_at_least(reached, more):
    close, lost = np.tile([-1.0, 1.0], reached // 2), np.full(reached, -1e3)
    for better, sign in (("high", 1.0), ("low", -1.0)):
        file = file_of(**RANKING, better=better)
        values = {"filed_count": [sign * close, sign * close[::-1], sign * lost, np.zeros(4)]}
        assert until_ranking_is_safe(file, values) == [more, more, reached, 4]
        assert verdict(file, values)[:2] == (False, (0, 1))
        settled = {"filed_count": [sign * close, sign * lost]}
        assert until_ranking_is_safe(file, settled) == [reached, reached]
        assert verdict(file, settled)[:2] == (True, (0,))
    assert verdict(file, {"filed_count": [np.full(10, NAN)] * 2})[:2] == (False, ())
    assert until_ranking_is_safe(file, {"filed_count": [np.full(10, NAN)] * 2}) == [10, 10]
