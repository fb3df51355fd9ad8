"""The statistics of comparisons to their edges, each worked by hand or again in another way."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from experiments.statistics.agreement import Many, Sign, agreement
from experiments.statistics.inequality import gini, jackknife, theil
from experiments.statistics.intervals import (
    difference,
    half_width,
    never_differ,
    probability_best,
    quantile,
    resampled_means,
    variances,
)
from experiments.statistics.trend import Trend, trend_of

NAN = math.nan


def same(told: object, expected: object) -> bool:
    return told == pytest.approx(expected, nan_ok=True)


# Trends ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "end", "trend"),
    [
        pytest.param(100.0, 141.0, Trend.GROWS, id="by more than a third of 120"),
        pytest.param(100.0, 139.0, Trend.LEVEL, id="by less"),
        pytest.param(141.0, 100.0, Trend.SHRINKS, id="shrinks by more than a third of 120"),
        pytest.param(139.0, 100.0, Trend.LEVEL, id="shrinks by less"),
        pytest.param(3.0, 8.1, Trend.LEVEL, id="chance accounts for 1 + √17 more than 3"),
        pytest.param(3.0, 8.2, Trend.GROWS, id="and for no more"),
        pytest.param(8.1, 3.0, Trend.LEVEL, id="nor down to 3"),
        pytest.param(8.2, 3.0, Trend.SHRINKS, id="but for no more down"),
        pytest.param(0.0, 3.2, Trend.LEVEL, id="chance accounts for 1 + √5 where there was none"),
        pytest.param(0.0, 3.3, Trend.GROWS, id="and for no more where there was none"),
        pytest.param(3.3, 0.0, Trend.SHRINKS, id="all gone"),
        pytest.param(0.0, 0.0, Trend.LEVEL, id="nothing at all"),
    ],
)
@pytest.mark.parametrize("days", [3, 4, 5, 6, 8, 90])
def test_a_straight_line_grows_by_its_slope_however_it_begins(start, end, trend, days):
    warm_up = np.full(days // 3, 1e6)
    assert trend_of(np.concatenate([warm_up, np.linspace(start, end, days - days // 3)])) is trend


def test_the_line_goes_through_all_of_the_last_two_thirds():
    """Of 0, 0, 6, 0, 0, 12 the slope is (-0.5 · 6 + 2.5 · 12) / 17.5 a day: 7.7 in five days, of a mean of 3."""
    rest = np.array([0.0, 0.0, 6.0, 0.0, 0.0, 12.0])
    change = 5 * ((-0.5) * 6 + 2.5 * 12) / 17.5
    assert change == pytest.approx(7.714, abs=0.001)
    assert trend_of(np.concatenate([[50.0] * 3, rest])) is Trend.GROWS
    assert trend_of(np.concatenate([[50.0] * 3, rest * 0.25])) is Trend.LEVEL


@pytest.mark.parametrize("days", [0, 1, 2])
def test_less_than_three_days_are_too_short(days):
    assert trend_of(np.ones(days)) is Trend.TOO_SHORT


# Agreement -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "less", "ties", "share", "sign", "many", "firm"),
    [
        pytest.param(20, 0, 0, 1.0, Sign.MORE, Many.ALL, True, id="all more"),
        pytest.param(0, 20, 0, 0.0, Sign.LESS, Many.ALL, True, id="all less"),
        pytest.param(19, 1, 0, 0.95, Sign.MORE, Many.NEARLY_ALL, True, id="nearly all more"),
        pytest.param(1, 19, 0, 0.05, Sign.LESS, Many.NEARLY_ALL, True, id="nearly all less"),
        pytest.param(19, 0, 1, 0.975, Sign.MORE, Many.NEARLY_ALL, True, id="a tie is half"),
        pytest.param(93, 7, 0, 0.93, Sign.MORE, Many.MOST, False, id="most more"),
        pytest.param(15, 5, 0, 0.75, Sign.MORE, Many.MOST, False, id="just most"),
        pytest.param(5, 15, 0, 0.25, Sign.LESS, Many.MOST, False, id="just most less"),
        pytest.param(14, 6, 0, 0.7, Sign.MORE, Many.SOME, False, id="some"),
        pytest.param(6, 14, 0, 0.3, Sign.LESS, Many.SOME, False, id="some less"),
        pytest.param(10, 10, 0, 0.5, Sign.MORE, Many.SOME, False, id="half and half"),
        pytest.param(1, 0, 3, 0.625, Sign.MORE, Many.SOME, False, id="mostly ties"),
        pytest.param(0, 0, 4, 0.5, Sign.SAME, Many.ALL, False, id="only ties"),
        pytest.param(0, 0, 0, NAN, Sign.UNDEFINED, Many.ALL, False, id="none"),
    ],
)
def test_how_many_sets_agree(more, less, ties, share, sign, many, firm):
    told = agreement([0.5] * more + [-7.0] * less + [0.0] * ties + [NAN] * 3)
    assert same(told.more_share, share)
    assert (told.sign, told.many, told.firm) == (sign, many, firm)
    if ties != 0 or more + less > 0:
        assert told.share == pytest.approx(max(share, 1.0 - share))


# Intervals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("count", "comparisons", "value"), [
    (2, 1, 12.706205), (5, 1, 2.776445), (30, 1, 2.045230), (5, 5, 4.604095), (11, 5, 3.169273), (2, 5, 63.656741),
])  # fmt: skip
def test_quantiles_are_those_of_the_tables(count, comparisons, value):
    """Of 95 %, and for five comparisons of 99 %."""
    assert quantile(count, comparisons) == pytest.approx(value, abs=1e-5)


def test_half_a_width_by_hand_and_infinite_where_one_value_is_defined():
    assert half_width(np.array([1.0, NAN, 3.0])) == pytest.approx(12.706205 * math.sqrt(2.0) / math.sqrt(2.0))
    assert half_width(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 5) == pytest.approx(4.604095 * math.sqrt(2.5) / math.sqrt(5))
    assert half_width(np.array([1.0, NAN])) == half_width(np.array([])) == math.inf


def test_a_paired_difference_by_hand():
    """Differences 1, 2, 3, 2, 2: mean 2, variance 1/2; the plans' variances 5/2 and 3, their correlation 5/√30."""
    first, other = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 4.0, 6.0, 6.0, 7.0])
    told, half = difference(first, other), 2.776445 * math.sqrt(0.5 / 5)
    assert (told.mean, told.lo, told.hi) == pytest.approx((2.0, 2.0 - half, 2.0 + half))
    assert (told.pairs, told.clear, told.needed) == (5, True, None)
    assert told.correlation == pytest.approx(np.cov(first, other)[0, 1] / math.sqrt(2.5 * 4.0))
    assert told.saving == pytest.approx((2.5 + 4.0) / 0.5)
    back = difference(other, first)
    assert (back.mean, back.lo, back.hi, back.clear) == (-told.mean, -told.hi, -told.lo, True)


def test_two_pairs_are_compared_and_have_no_correlation():
    told = difference(np.array([1.0, 2.0]), np.array([2.0, 5.0]))
    assert (told.pairs, told.mean) == (2, 2.0)
    assert (told.lo, told.hi) == pytest.approx((2.0 - 12.706205, 2.0 + 12.706205))
    assert math.isnan(told.correlation)
    assert told.saving == pytest.approx((0.5 + 4.5) / 2.0)
    three = difference(np.array([1.0, 2.0, 4.0]), np.array([2.0, 5.0, 6.0]))
    assert three.correlation == pytest.approx(stats.pearsonr([1, 2, 4], [2, 5, 6])[0])


def test_what_never_varies_has_no_correlation_and_pairing_saves_what_can_be_saved():
    still, lively = np.array([2.0, 2.0, 2.0]), np.array([1.0, 3.0, 5.0])
    for first, other in ((still, lively), (lively, still)):
        told = difference(first, other)
        assert math.isnan(told.correlation)
        assert told.saving == pytest.approx(1.0)
    assert math.isnan(difference(still, still + 1.0).saving)
    assert difference(lively, lively + 1.0).saving == math.inf
    assert difference(lively, lively + 1.0).correlation == pytest.approx(1.0)


def test_a_difference_that_ends_at_nothing_is_not_clear():
    """An interval that just reaches 0: -1 and 1 about a mean that is as large as half of its width."""
    half = quantile(2) * math.sqrt(2.0) / math.sqrt(2.0)
    for shift, clear in ((half * 1.001, True), (half * 0.999, False)):
        told = difference(np.zeros(2), np.array([-1.0, 1.0]) + shift)
        assert told.clear == clear == (told.lo > 0.0)
        assert (told.needed is None) == clear


@pytest.mark.parametrize("comparisons", [1, 4])
@pytest.mark.parametrize("mean", [0.4, 0.21, -0.4, -1.0, 1.0, 1.9])
def test_the_pairs_that_would_settle_it_are_the_fewest_up_to_a_fiftieth(mean, comparisons):
    paired = np.array([-1.0, 1.0, -1.0, 1.0]) + mean
    spread = paired.std(ddof=1)
    tries = (count for count in itertools.count(2)
             if quantile(count, comparisons) * spread / math.sqrt(count) < abs(mean))  # fmt: skip
    fewest = next(tries)
    told = difference(np.zeros(4), paired, comparisons)
    if told.clear:
        assert fewest <= 4
        return
    # Steps of one up to fifty, of a fiftieth beyond.
    assert told.needed == fewest if fewest <= 51 else fewest <= told.needed <= math.ceil(fewest * 1.02) + 1


def test_a_difference_that_a_million_pairs_would_not_settle_is_hopeless():
    """Of a mean of 1/1000 of the spread it takes some four million; of 1/400 some six hundred thousand."""
    waver = np.array([-1.0, 1.0] * 20)
    spread = waver.std(ddof=1)
    assert difference(np.zeros(40), waver + spread / 1000.0).needed is None
    assert difference(np.zeros(40), waver + spread / 400.0).needed == pytest.approx(1.959964**2 * 400**2, rel=0.021)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_last_digits_are_told_from_differences_by_the_size_of_the_sums(sign):
    """A billionth of a millionth of the larger sum is rounding, a millionth of a millionth and more is not."""
    size = np.array([1e6, 1e6, 1e6])
    for first, other in ((sign * size, sign * size + 0.9e-6), (sign * size, sign * size - 0.9e-6)):
        assert difference(first, other).mean == 0.0
        assert not difference(first, other).clear
    assert difference(sign * size, sign * size + 1.2e-6).mean == pytest.approx(1.2e-6, rel=1e-3)
    assert difference(np.zeros(3), np.full(3, 1e-20)).clear
    assert difference(np.zeros(3), np.zeros(3)).mean == 0.0


def test_a_spread_of_last_digits_is_none():
    waver = np.array([0.9e-6, -0.9e-6, 0.0])
    told = difference(np.full(3, 1e6) + waver, np.full(3, 2e6))
    assert told.lo == told.hi == told.mean
    wide = difference(np.full(3, 1e6) + 10.0 * waver, np.full(3, 2e6))
    assert wide.lo < wide.mean < wide.hi
    # Plans that go together but for the last digits of the larger: 2e6 may differ by 2e-6.
    apart = difference(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]) + 2e6 + 1.5 * waver)
    assert apart.lo == apart.hi


def test_plans_are_the_same_if_they_never_differ():
    assert never_differ(np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]))
    assert never_differ(np.array([[NAN, NAN], [2.0, 2.0]]))
    assert never_differ(np.array([[1e6, 1e6 + 0.9e-6]]))
    assert not never_differ(np.array([[1e6, 1e6 + 1.2e-6]]))
    assert not never_differ(np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.1]]))
    assert not never_differ(np.array([[1.0, 2.0], [1.0, 2.0]]))
    assert not never_differ(np.array([[NAN, 1.0]]))
    assert not never_differ(np.array([[0.0, 1e-13]]))  # of nothing there are no last digits


# Best ------------------------------------------------------------------------------------------------------------
def test_two_replications_make_four_redraws_of_equal_chance():
    """Plan 0 leads by 3 and lags by 1: it lags only in the redraw that has the second replication twice."""
    table = np.array([[5.0, 2.0], [1.0, 2.0]])
    assert probability_best(table, "high") == pytest.approx([0.75, 0.25], abs=0.03)
    assert probability_best(table, "low") == pytest.approx([0.25, 0.75], abs=0.03)
    assert probability_best(table, "high").sum() == pytest.approx(1.0)
    assert probability_best(table, "high").tolist() == probability_best(table, "high", 1).tolist()


def test_plans_that_tie_in_a_redraw_share_it():
    """Equal in the two mixed redraws, each alone the best in one other."""
    told = probability_best(np.array([[3.0, 1.0], [1.0, 3.0]]), "high")
    assert told == pytest.approx([0.5, 0.5], abs=0.02)
    assert told.sum() == pytest.approx(1.0)


def test_plans_that_are_the_same_have_the_chance_of_one_each():
    table = np.array([[1.0, 5.0, 1.0, NAN], [2.0, 1.0, 2.0, NAN], [0.0, 0.0, 0.0, NAN]])
    told, alone = probability_best(table, "high"), probability_best(table[:, :2], "high")
    assert same(told.tolist(), [alone[0], alone[1], alone[0], NAN])
    assert np.isnan(probability_best(table[:, 3:], "high")).all()


def test_means_of_redraws_are_of_what_is_defined():
    table = np.array([[1.0, 10.0], [3.0, NAN]])
    means = resampled_means(table)
    assert means.shape == (2_000, 2)
    assert set(means[:, 0]) == {1.0, 2.0, 3.0}
    # In the draws of the second row alone, and in no others, the second column has nothing.
    assert np.array_equal(np.isnan(means[:, 1]), means[:, 0] == 3.0)
    assert set(means[means[:, 0] < 3.0, 1]) == {10.0}
    assert np.isnan(means[:, 1]).mean() == pytest.approx(1 / 4, abs=0.04)
    assert np.array_equal(resampled_means(table, 1), means, equal_nan=True)
    assert not np.array_equal(resampled_means(table, 2)[:50], means[:50], equal_nan=True)


@pytest.mark.filterwarnings("error")
def test_a_plan_is_held_against_those_that_are_defined_in_a_redraw():
    """Twelve plans, each defined in one replication of its own: none may be left out, nor leave others out."""
    table = np.full((12, 12), NAN)
    np.fill_diagonal(table, 1.0)
    chances = probability_best(table, "high")
    assert chances == pytest.approx([1 / 12] * 12, abs=0.03)
    assert chances.sum() == pytest.approx(1.0)
    sparse = np.column_stack([np.arange(20.0), np.arange(20.0)[::-1], [0.0] + [NAN] * 19])
    told = probability_best(sparse, "high")
    assert told[:2] == pytest.approx(probability_best(sparse[:, :2], "high"))
    assert told[2] == 0.0


# Variances -------------------------------------------------------------------------------------------------------
def test_variances_of_three_worlds_and_two_seeds_by_hand():
    """Within worlds ±1, ±2, ±3; seeds in common take ±2 off each: ∓1, 0, ±1."""
    values = np.array([[9.0, 11.0], [18.0, 22.0], [27.0, 33.0]])
    assert variances(values, common=False) == pytest.approx((100.0, 28.0 / 3.0))
    assert variances(values, common=True) == pytest.approx((100.0, 4.0 / 2.0))


def test_variances_of_two_worlds_and_three_seeds_by_hand():
    values = np.array([[0.0, 3.0, 6.0], [10.0, 10.0, 16.0]])
    # Left over: -3 0 3 and -2 -2 4; without their means by seed -½ 1 -½ and ½ -1 ½.
    assert variances(values, common=False) == pytest.approx((40.5, 42.0 / 4.0))
    assert variances(values, common=True) == pytest.approx((40.5, 3.0 / 2.0))


# Inequality ------------------------------------------------------------------------------------------------------
def test_gini_by_hand_in_any_order_and_weighted():
    """Half of the mean difference over the mean."""
    values, weights = np.array([4.0, 1.0, 3.0, 0.0]), np.array([1.0, 2.0, 3.0, 2.0])
    apart = np.abs(values[:, None] - values[None, :])
    plain = apart.mean() / 2 / values.mean()
    shares = weights / weights.sum()
    weighted = (shares[:, None] * shares[None, :] * apart).sum() / 2 / (shares * values).sum()
    assert gini(values) == pytest.approx(plain)
    assert gini(values, weights) == pytest.approx(weighted)
    assert gini(values * 7.0, weights * 5.0) == pytest.approx(weighted)
    assert math.isnan(gini(np.zeros(3)))
    assert math.isnan(gini(np.array([])))
    assert gini(np.array([0.0, 1e-9])) == pytest.approx(0.5)


def test_theil_by_hand_and_weighted():
    values, weights = np.array([4.0, 1.0, 0.0]), np.array([1.0, 2.0, 3.0])
    # Weighted mean 1: one sixth at 4, one third at 1, half at 0.
    assert theil(values, weights) == pytest.approx(4.0 / 6.0 * math.log(4.0))
    assert theil(values) == pytest.approx((2.4 * math.log(2.4) + 0.6 * math.log(0.6)) / 3.0)
    assert math.isnan(theil(np.zeros(3)))
    assert theil(np.array([1e-9, 1e-9])) == pytest.approx(0.0)


def test_a_jackknife_by_hand():
    """The square of a mean of 1, 2, 6 is 9; without one row 16, 12.25, 2.25, in the mean 61/6."""
    without = np.array([16.0, 12.25, 2.25])
    told = jackknife(lambda mean: float(mean[0] ** 2), np.array([[1.0], [2.0], [6.0]]))
    taken_off = 2.0 * (without.mean() - 9.0)
    half = quantile(3) * math.sqrt(2.0 * without.var())
    assert taken_off == pytest.approx(7.0 / 3.0)
    assert told.value == pytest.approx(9.0 - taken_off)
    assert told.hi == pytest.approx(told.value + half)
    assert told.lo == 0.0  # it cannot be less


def test_the_lower_end_of_a_jackknife_is_lower_by_what_was_taken_off():
    rows = np.array([[100.0], [101.0], [99.5], [100.5]])
    without = np.array([((401.0 - row) / 3.0) ** 2 for (row,) in rows])
    half, taken_off = quantile(4) * math.sqrt(3.0 * without.var()), 3.0 * (without.mean() - 100.25**2)
    told = jackknife(lambda mean: float(mean[0] ** 2), rows)
    assert taken_off > 0.0
    assert told == pytest.approx(
        (100.25**2 - taken_off, 100.25**2 - 2.0 * taken_off - half, 100.25**2 - taken_off + half)
    )
    # What is biased downward is raised, and its lower end is Student's.
    root = np.sqrt([(401.0 - row) / 3.0 for (row,) in rows])
    raised = 3.0 * (root.mean() - math.sqrt(100.25))
    assert raised < 0.0
    half = quantile(4) * math.sqrt(3.0 * root.var())
    told = jackknife(lambda mean: math.sqrt(mean[0]), rows)
    assert told == pytest.approx(
        (math.sqrt(100.25) - raised, math.sqrt(100.25) - raised - half, math.sqrt(100.25) - raised + half)
    )


def test_the_upper_end_of_a_jackknife_stays_below_the_most():
    """What is missing to the most is 0.2 on the whole: its logarithm has Student's interval, half / 0.2 wide."""
    told = jackknife(lambda mean: float(mean[0]), np.array([[0.5], [0.9], [1.0]]), most=1.0)
    half = quantile(3) * math.sqrt(2.0 * np.array([0.95, 0.75, 0.7]).var())
    assert told.value == pytest.approx(0.8)
    assert told.value + half > 1.0
    assert told.hi == pytest.approx(1.0 - 0.2 * math.exp(-half / 0.2))
    assert jackknife(lambda mean: float(mean[0]), np.array([[1.0], [1.0]]), most=1.0) == (1.0, 1.0, 1.0)


def test_a_jackknife_below_nothing_is_nothing_and_an_undefined_one_is_no_number():
    assert jackknife(lambda mean: float(mean[0]), np.array([[-4.0], [-5.0], [-6.0]])) == (0.0, 0.0, 0.0)
    assert same(
        tuple(jackknife(lambda mean: NAN if mean[0] < 2.0 else 1.0, np.array([[1.0], [2.0], [6.0]]))), (NAN,) * 3
    )
