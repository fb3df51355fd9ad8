"""The statistics that comparisons share, against scipy and against cases worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.inequality import gini, jackknife, theil
from experiments.statistics.intervals import Numbers, difference, half_width, possible, probability_best, variances
from experiments.studies.form import Replications, StudyFile
from experiments.studies.stopping import Verdict, survivors, until_narrow, until_ranking_is_safe, verdict

CHANCE = np.random.default_rng(7)


def test_a_paired_interval_is_students():
    first, other = CHANCE.normal(5.0, 2.0, 12), CHANCE.normal(6.0, 2.0, 12)
    ends = stats.ttest_rel(other, first).confidence_interval(0.95)
    told = difference(first, other)
    assert (told.lo, told.hi) == pytest.approx((ends.low, ends.high))
    adjusted = stats.ttest_rel(other, first).confidence_interval(1 - 0.05 / 8)
    assert difference(first, other, 8)[1:3] == pytest.approx((adjusted.low, adjusted.high))


def test_pairs_that_are_not_both_defined_are_left_out():
    told = difference(np.array([1.0, math.nan, 2.0, 3.0]), np.array([2.0, 5.0, 4.0, math.nan]))
    assert (told.pairs, told.mean) == (2, 1.5)
    assert difference(np.array([1.0, math.nan]), np.array([math.nan, 1.0])) is None


def test_a_shared_luck_saves_what_the_variances_say():
    luck = CHANCE.normal(0.0, 3.0, 400)
    first, other = luck + CHANCE.normal(0, 1, 400), luck + 1.0 + CHANCE.normal(0, 1, 400)
    told = difference(first, other)
    assert told.correlation == pytest.approx(0.9, abs=0.03)
    assert told.saving == pytest.approx(10.0, rel=0.2)  # (9 + 1 + 9 + 1) / 2


def test_the_replications_that_are_needed_are_enough_and_no_more():
    paired = np.array([0.1, 1.9, -1.0, 2.2, 0.4, -0.9])
    told = difference(np.zeros(6), paired)
    assert not told.clear

    def clear(count):
        return stats.t.ppf(0.975, count - 1) * paired.std(ddof=1) / math.sqrt(count) < abs(paired.mean())

    assert clear(told.needed)
    assert not clear(told.needed - 1)


def test_equal_plans_differ_by_nothing_and_nothing_would_settle_it():
    told = difference(np.arange(5.0), np.arange(5.0))
    assert (told.mean, told.lo, told.hi, told.clear, told.needed) == (0.0, 0.0, 0.0, False, None)
    shifted = difference(np.arange(5.0), np.arange(5.0) + 2.0)
    assert (shifted.lo, shifted.hi, shifted.clear) == (2.0, 2.0, True)
    assert shifted.saving == math.inf


def test_rounding_is_no_spread():
    """The cost of a plan is a sum that may end differently in its last digit."""
    told = difference(np.array([2904202.73, 2904202.7300000004, 2904202.73]), np.array([2.0, 2.0, 2.0]))
    assert (told.lo, told.hi) == (told.mean, told.mean)
    assert math.isnan(told.correlation)


def test_a_difference_of_the_last_digits_is_none():
    told = difference(np.full(3, 2904202.73), np.full(3, 2904202.7300000004))
    assert (told.mean, told.lo, told.hi, told.clear, told.needed) == (0.0, 0.0, 0.0, False, None)
    assert difference(np.full(3, 2904202.73), np.full(3, 2904202.74)).clear


def test_intervals_cover_as_often_as_they_say():
    covered = np.mean([abs(np.mean(x)) <= half_width(x) for x in CHANCE.normal(0, 1, (4000, 6))])
    assert covered == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        pytest.param([3.0, 3.0, 3.0], [1.0, 1.0, 1.0], 0.0, id="all the same"),
        pytest.param([0.0, 0.0, 0.0, 1.0], [1.0] * 4, 0.75, id="one has everything"),
        pytest.param([1.0, 3.0], [1.0, 1.0], 0.25, id="one has three times as much"),
        pytest.param([1.0, 3.0], [3.0, 1.0], 0.25, id="three have a third as much each"),
    ],
)
def test_gini(values, weights, expected):
    assert gini(np.array(values), np.array(weights)) == pytest.approx(expected)


def test_theil():
    assert theil(np.array([2.0, 2.0])) == pytest.approx(0.0)
    assert theil(np.array([0.0, 0.0, 0.0, 4.0])) == pytest.approx(math.log(4))


def test_the_probability_of_being_best():
    """Plans that tie are both the best: neither takes half of the other's chance."""
    table = np.array([[1.0, 2.0, 2.0], [1.0, 2.0, 2.0]])
    assert probability_best(table, "high").tolist() == [0.0, 1.0, 1.0]
    assert probability_best(table, "low").tolist() == [1.0, 0.0, 0.0]
    noisy = CHANCE.normal([0.0, 0.5], 1.0, (40, 2))
    expected = stats.norm.cdf((noisy[:, 1] - noisy[:, 0]).mean() / stats.sem(noisy[:, 1] - noisy[:, 0], ddof=0))
    assert probability_best(noisy, "high")[1] == pytest.approx(expected, abs=0.03)


def test_a_plan_without_values_takes_no_chance_from_the_others():
    nothing = np.full(40, math.nan)
    noisy = CHANCE.normal([0.0, 0.5], 1.0, (40, 2))
    told = probability_best(np.column_stack([noisy[:, 0], nothing, noisy[:, 1]]), "high")
    assert math.isnan(told[1])
    assert told[[0, 2]] == pytest.approx(probability_best(noisy, "high"))


def test_a_failed_run_leaves_its_plan_the_others():
    """Ten plans fail once each, every one with another seed: no seed is whole, and there is still a best plan."""
    table = np.tile(np.arange(10.0), (10, 1))
    table[np.arange(10), np.arange(10)] = math.nan
    assert probability_best(table, "high").tolist() == [0.0] * 9 + [1.0]


@pytest.mark.parametrize(
    ("spread", "areas"),
    [
        pytest.param(0.3, 30, id="areas that differ by much more than chance"),
        pytest.param(0.1, 60, id="areas that differ by less than chance"),
    ],
)
def test_the_interval_of_inequality_covers_it(spread, areas):
    """The plain coefficient lies above the truth by more than its interval is wide; the corrected one does not."""
    chance = np.random.default_rng(11)
    covered, plain, corrected, truth = [], [], [], []
    for _ in range(200):
        hours, rate = 50.0 * np.exp(chance.normal(0.0, spread, areas)), 8.0 * chance.uniform(0.5, 2.0, areas)
        cases = chance.poisson(rate, (10, areas)) + 1.0
        rows = np.stack([cases, chance.gamma(cases, hours)], axis=1)
        told = jackknife(hours_gini, rows)
        truth.append(gini(hours, rate + 1.0))
        covered.append(told.lo <= truth[-1] <= told.hi)
        plain.append(hours_gini(rows.mean(axis=0)))
        corrected.append(told.value)
    assert np.mean(covered) >= 0.92
    assert abs(np.mean(corrected) - np.mean(truth)) < 0.4 * (np.mean(plain) - np.mean(truth))


def hours_gini(areas: Numbers) -> float:
    """Of (2, areas): incidents and their hours."""
    return gini(areas[1] / areas[0], areas[0])


def test_equal_areas_may_be_equal():
    """Their Gini is 0, which no estimate from noisy hours comes to: the interval has to reach it."""
    chance = np.random.default_rng(12)
    lows = [jackknife(hours_gini, np.stack([np.full((10, 30), 9.0), chance.gamma(9.0, 50.0, (10, 30))], axis=1)).lo
            for _ in range(100)]  # fmt: skip
    assert np.mean(np.array(lows) == 0.0) > 0.8


def test_the_variance_of_the_seed_within_a_world():
    """Worked by hand: two worlds and two seeds."""
    values = np.array([[1.0, 3.0], [5.0, 9.0]])
    assert variances(values, common=False) == (pytest.approx(12.5), pytest.approx(5.0))
    assert variances(values, common=True) == (pytest.approx(12.5), pytest.approx(1.0))


# Stopping -------------------------------------------------------------------------------------------------------
RANKING = Replications(rule="ranking", count=10, at_most=400, indifference=0.5, error=0.1)
STUDY = StudyFile.model_validate({
    "title": "t", "question": "q", "base": "b", "design": {"kind": "list"}, "plans": [{"name": "p"}],
    "replications": RANKING.model_dump(exclude_unset=True),
    "objectives": [{"indicator": "filed_count", "better": "high"}],
})  # fmt: skip


def settle(means: list[float], chance: np.random.Generator, shared: float = 1.0) -> tuple[int, int]:
    """The plan that is left, and the runs it took; a shared luck beside each plan's own."""
    luck = chance.normal(0.0, shared, 400)
    pool = [mean + luck + chance.normal(0.0, 1.0, 400) for mean in means]
    counts = [RANKING.count] * len(means)
    while True:
        values = {"filed_count": [of_plan[:count] for of_plan, count in zip(pool, counts, strict=True)]}
        more = until_ranking_is_safe(STUDY, values)
        if more == counts:
            alive = survivors(values["filed_count"], RANKING)
            return max(alive, key=lambda plan: values["filed_count"][plan].mean()), sum(counts)
        counts = more


def test_the_best_plan_is_found_as_surely_as_promised():
    """In the case the bound is made for: all others worse by just the difference that matters."""
    wrong = [settle([0.0, 0.0, 0.5, 0.0], np.random.default_rng(seed))[0] != 2 for seed in range(300)]
    assert np.mean(wrong) <= 0.1 + 2 * math.sqrt(0.1 * 0.9 / 300)


def test_clear_losers_are_dropped_early():
    easy = [settle([0.0, 0.0, 3.0, 0.0], np.random.default_rng(seed)) for seed in range(30)]
    assert all(best == 2 for best, _ in easy)
    hard = [settle([0.0, 0.0, 0.5, 0.0], np.random.default_rng(seed))[1] for seed in range(30)]
    assert np.median([runs for _, runs in easy]) < 0.5 * np.median(hard)


def test_a_dropped_plan_stays_dropped():
    values = [CHANCE.normal(0, 1, 10), CHANCE.normal(0, 1, 40), CHANCE.normal(0, 1, 40)]
    assert 0 not in survivors(values, RANKING)


def test_a_failed_run_drops_nobody():
    best = CHANCE.normal(5.0, 0.1, 40)
    best[7] = math.nan
    assert survivors([best, CHANCE.normal(0, 1, 40), CHANCE.normal(0, 1, 40)], RANKING) == [0]


@pytest.mark.parametrize(
    "tied", [np.zeros(10), np.array([1.0, 2.0, math.nan] * 4)], ids=["constant", "with a failed run"]
)
def test_plans_that_no_replication_tells_apart_settle_a_ranking_together(tied):
    worse = tied - 1.0 + CHANCE.normal(0, 1e-3, len(tied))
    values = {"filed_count": [tied, worse, tied.copy()]}
    assert until_ranking_is_safe(STUDY, values) == [len(tied)] * 3
    assert verdict(STUDY, values) == Verdict(True, (0, 2))
    apart = tied.copy()
    apart[1] += 5.0
    assert max(until_ranking_is_safe(STUDY, {"filed_count": [tied, worse, apart]})) > len(tied)
    assert not verdict(STUDY, {"filed_count": [tied, worse, apart]}).settled
    assert not verdict(STUDY, {"filed_count": [np.full(10, math.nan)] * 2}).settled


def test_a_plan_that_always_fails_is_dropped_and_keeps_nobody():
    failing = np.full(40, math.nan)
    assert survivors([failing, CHANCE.normal(5.0, 1.0, 40), CHANCE.normal(0, 1, 40)], RANKING) == [1]
    assert survivors([failing, failing], RANKING) == []


def test_a_plan_is_run_until_its_interval_is_narrow():
    file = STUDY.model_copy(update={
        "replications": Replications(rule="narrow", count=5, at_most=60, widths={"filed_count": 1.0})
    })  # fmt: skip
    narrow, wide = np.array([1.0, 1.1, 0.9, 1.0, 1.0]), np.array([1.0, 9.0, -7.0, 3.0, 0.0])
    assert until_narrow(file, {"filed_count": [narrow, wide]}) == [5, 10]
    assert until_narrow(file, {"filed_count": [narrow, np.tile(wide, 12)]}) == [5, 60]


# Within what is possible -------------------------------------------------------------------------------------------------
@given(st.floats(1e-6, 1.0 - 1e-6), st.floats(0.0, 5.0))
def test_an_interval_of_a_share_stays_a_share(mean, half):
    low, high = possible(mean, half, 1.0)
    assert 0.0 <= low <= mean * (1 + 1e-9)
    assert mean * (1 - 1e-9) <= high <= 1.0


@given(st.floats(1e-3, 1e9), st.floats(0.0, 1e9))
def test_an_interval_of_a_count_stays_above_nothing(mean, half):
    low, high = possible(mean, half, None)
    assert 0.0 <= low <= mean * (1 + 1e-9)
    assert high >= mean * (1 - 1e-9)


def test_a_narrow_interval_is_students():
    assert possible(0.4, 1e-4, 1.0) == pytest.approx((0.4 - 1e-4, 0.4 + 1e-4), rel=1e-6)
    assert possible(500.0, 0.1, None) == pytest.approx((499.9, 500.1), rel=1e-6)


def test_the_half_width_is_carried_over_by_the_slope_of_the_scale():
    assert possible(2.0, 1.0, None) == pytest.approx((2.0 * math.exp(-0.5), 2.0 * math.exp(0.5)))
    low, high = possible(0.9, 0.09, 1.0)
    assert math.log(high / (1 - high)) - math.log(9.0) == pytest.approx(1.0)
    assert math.log(9.0) - math.log(low / (1 - low)) == pytest.approx(1.0)


@pytest.mark.parametrize(("mean", "most"), [(0.0, 1.0), (1.0, 1.0), (0.0, None)])
def test_what_lies_at_an_end_always_has_no_interval(mean, most):
    assert possible(mean, 0.0, most) == (mean, mean)
