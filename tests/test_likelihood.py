"""How likely a published figure is: each kind by hand, or integrated again in another way."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from calibration.fitting.emulators import Prediction
from calibration.fitting.likelihood import Observation, log_likelihoods, observed, published_by
from experiments.published.figures import Figure

SURE = np.array([1e-6, 1e-6])


def log_likelihood(observation, predicted, discrepancy_sd):
    return log_likelihoods(observation, predicted, discrepancy_sd)(observation)


def figure(**numbers: object) -> Figure:
    given = {"id": "f", "place": "p", "scenarios": (), "quantity": "found_count", "published": "x", "unit": "incidents",
             "definition": "d", "standing": "fit", "source": "thesis", **numbers}  # fmt: skip
    return Figure.model_validate(given)


def share(count: int = 586, of: int = 601) -> Figure:
    return figure(count=count, of=of, quantity="solved_share_of_raised", unit="share")


def told(*means: float, doubt_var: float = 0.0, seed_var: float = 0.0) -> Prediction:
    return Prediction(np.array(means), np.full(len(means), doubt_var), np.full(len(means), seed_var))


def given(number: float) -> SimpleNamespace:
    """Chance that always gives the same."""
    return SimpleNamespace(standard_normal=lambda: number)


# What was published ----------------------------------------------------------------------------------------------
def test_an_observation_is_what_the_figure_says():
    assert observed(share()) == Observation("share", 586 / 601, 601)
    hours = figure(value=6.5, rounding=0.1, quantity="found_to_closed_mean_h", unit="h")
    assert observed(hours) == Observation("measured", 6.5, rounding=0.1)
    low, high = observed(figure(low=500.0)), observed(figure(high=700.0))
    assert (low.kind, low.low, low.high, low.holds) == ("range", 500.0, math.inf, True)
    assert (high.low, high.high, high.of) == (-math.inf, 700.0, 0)
    assert math.isnan(low.value)
    estimate = observed(figure(value=500.0, relative_error=0.2))
    assert (estimate.kind, estimate.relative_error, estimate.rounding) == ("estimate", 0.2, 0.0)


# What a made-up city would publish --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("outcome", "sd", "luck", "holds"),
    [(510.0, 0.0, 0.0, True), (490.0, 0.0, 0.0, False), (490.0, 5.0, 2.0, True), (510.0, 5.0, -2.1, False),
     (500.0, 0.0, 0.0, True), (520.0, 0.0, 0.0, True), (520.1, 0.0, 0.0, False), (510.0, 5.0, 3.0, False)],
)  # fmt: skip
def test_of_a_range_it_is_told_whether_the_figure_lies_inside(outcome, sd, luck, holds):
    """Figure and discrepancy together, from 500 to 520, the ends among it."""
    assert published_by(figure(low=500.0, high=520.0), outcome, sd, given(luck)).holds is holds


@pytest.mark.parametrize(
    ("outcome", "sd", "luck", "count"),
    [
        (0.95, 0.0, 0.0, 571),
        (0.95, 0.02, 1.0, 583),
        (0.95, 0.02, -1.0, 559),
        (0.95, 0.1, 5.0, 601),
        (0.05, 0.1, -5.0, 0),
    ],
)
def test_a_share_is_counted_between_none_and_all(outcome, sd, luck, count):
    assert published_by(share(), outcome, sd, given(luck)).value == pytest.approx(count / 601)


def test_a_number_is_told_with_its_error_and_rounded_as_it_was():
    hours = figure(value=6.5, rounding=0.25, quantity="found_to_closed_mean_h", unit="h")
    assert published_by(hours, 5.43, 0.0, given(0.0)).value == 5.5
    assert published_by(hours, 5.43, 0.3, given(1.0)).value == 5.75
    assert published_by(hours, 5.43, 0.3, given(-1.0)).value == 5.25
    estimate = figure(value=500.0, relative_error=0.2)
    # Discrepancy and error of the estimate have a draw each: one of 3, one of a fifth of the outcome.
    assert published_by(estimate, 400.0, 3.0, given(1.0)).value == pytest.approx(400.0 + 3.0 + 80.0)
    assert published_by(estimate, -400.0, 3.0, given(1.0)).value == pytest.approx(-400.0 + 3.0 + 80.0)
    assert published_by(figure(value=500.0), 400.0, 3.0, given(-1.0)).value == pytest.approx(397.0)


def test_a_draw_for_the_discrepancy_comes_before_that_of_the_estimate():
    draws = iter([1.0, -0.5])
    said = published_by(
        figure(value=500.0, relative_error=0.2), 400.0, 3.0, SimpleNamespace(standard_normal=lambda: next(draws))
    )
    assert said.value == pytest.approx(400.0 + 3.0 - 40.0)


# Numbers ---------------------------------------------------------------------------------------------------------
def test_every_variance_is_in_a_number_at_every_point():
    found = log_likelihood(
        Observation("measured", 100.0, rounding=6.0),
        told(90.0, 120.0, doubt_var=9.0, seed_var=16.0),
        np.array([5.0, 2.0]),
    )
    assert found == pytest.approx(stats.norm.logpdf(100.0, [90.0, 120.0], np.sqrt([53.0, 32.0])))
    found = log_likelihood(Observation("estimate", 100.0, relative_error=0.3), told(90.0, 120.0), np.array([5.0, 2.0]))
    assert found == pytest.approx(stats.norm.logpdf(100.0, [90.0, 120.0], np.sqrt([25.0 + 27.0**2, 4.0 + 36.0**2])))


@pytest.mark.parametrize("mean", [495.0, 503.0, 530.0])
def test_a_range_has_the_mass_inside_or_outside(mean):
    prediction, sd = told(mean, mean, doubt_var=36.0, seed_var=48.0), np.array([4.0, 0.0])
    spread = np.sqrt([100.0, 84.0])
    inside = stats.norm.cdf(520.0, mean, spread) - stats.norm.cdf(500.0, mean, spread)
    both = Observation("range", low=500.0, high=520.0)
    assert np.exp(log_likelihood(both, prediction, sd)) == pytest.approx(inside, rel=1e-9)
    assert np.exp(log_likelihood(both._replace(holds=False), prediction, sd)) == pytest.approx(1.0 - inside, rel=1e-9)
    over = Observation("range", low=500.0)
    assert np.exp(log_likelihood(over, prediction, sd)) == pytest.approx(stats.norm.sf(500.0, mean, spread), rel=1e-9)
    assert np.exp(log_likelihood(over._replace(holds=False), prediction, sd)) == pytest.approx(
        stats.norm.cdf(500.0, mean, spread)
    )
    under = Observation("range", high=520.0)
    assert np.exp(log_likelihood(under, prediction, sd)) == pytest.approx(stats.norm.cdf(520.0, mean, spread), rel=1e-9)


def test_a_range_far_off_is_very_unlikely_and_not_impossible():
    """Forty standard deviations away a probability is 0 to a computer, its logarithm is not."""
    found = log_likelihood(Observation("range", low=500.0, high=520.0), told(100.0, 1e4, seed_var=100.0), np.zeros(2))
    assert found[0] == pytest.approx(stats.norm.logsf(40.0), abs=1e-6)
    assert found[1] == pytest.approx(stats.norm.logsf(948.0), rel=1e-6)
    # A range of no width that can be told has next to no mass, and that is a number too.
    assert log_likelihood(Observation("range", low=500.0, high=500.0), told(500.0, seed_var=1.0), np.zeros(1))[
        0
    ] == pytest.approx(math.log(0.5) + math.log(1e-12), abs=1e-3)


# Shares ----------------------------------------------------------------------------------------------------------
def integrated(count: int, of: int, mean: float, beyond: float, discrepancy_sd: float) -> float:
    """The binomial's probability, averaged over a probability normal on the logit scale, plus the discrepancy."""
    doubt = stats.norm.ppf((np.arange(800) + 0.5) / 800)
    error = stats.norm.ppf((np.arange(200) + 0.5) / 200)
    probability = expit(logit(mean) + math.sqrt(beyond) / (mean * (1.0 - mean)) * doubt)
    return float(stats.binom.pmf(count, of, np.clip(probability[:, None] + discrepancy_sd * error, 0.0, 1.0)).mean())


@pytest.mark.parametrize(
    ("count", "of", "mean"),
    [pytest.param(30, 40, 0.7, id="some of forty"), pytest.param(920, 1000, 0.9, id="most of a thousand"),
     pytest.param(0, 40, 0.03, id="none"), pytest.param(40, 40, 0.97, id="all"), pytest.param(1, 40, 0.08, id="one"),
     pytest.param(1960, 2000, 0.985, id="nearly all of two thousand")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("doubt", "more", "discrepancy_sd"),
    [pytest.param(0.3, 0.0, 0.01, id="doubt"), pytest.param(0.0, 0.3, 0.02, id="histories"),
     pytest.param(0.2, 0.4, 0.03, id="both")],
)  # fmt: skip
def test_a_share_is_binomial_with_doubt_histories_and_discrepancy(count, of, mean, doubt, more, discrepancy_sd):
    """`doubt` and `more` are standard deviations on the logit scale; histories differ by the binomial besides."""
    slope = mean * (1.0 - mean)
    prediction = told(mean, 0.5, doubt_var=(doubt * slope) ** 2, seed_var=(more * slope) ** 2 + slope / of)
    found = log_likelihood(Observation("share", count / of, of), prediction, np.full(2, discrepancy_sd))
    expected = integrated(count, of, mean, (doubt**2 + more**2) * slope**2, discrepancy_sd)
    assert np.exp(found[0]) == pytest.approx(expected, rel=0.02)
    half = integrated(
        count, of, 0.5, (doubt * slope) ** 2 + max(0.0, (more * slope) ** 2 + slope / of - 0.25 / of), discrepancy_sd
    )
    assert np.exp(found[1]) == pytest.approx(half, rel=0.08, abs=1e-5)


@pytest.mark.parametrize(("count", "mean"), [(30, 0.75), (0, 0.01), (40, 0.99), (3, 0.06), (37, 0.9)])
def test_a_share_without_any_doubt_is_plainly_binomial(count, mean):
    """But for an error of a tenth of what the count itself varies by, which the reckoning adds."""
    found = log_likelihood(
        Observation("share", count / 40, 40), told(mean, mean, seed_var=mean * (1 - mean) / 40), SURE
    )
    assert found == pytest.approx(stats.binom.logpmf(count, 40, [mean, mean]), abs=0.02)


@pytest.mark.parametrize(("count", "of"), [(150_240, 200_000), (16_459, 17_889), (199_000, 200_000), (613, 200_000)])
def test_a_share_of_very_many_is_binomial_too(count, of):
    """Its likelihood is narrower than a step of a coarse grid; within one and a half standard deviations it is binomial."""
    sd = math.sqrt(count * (of - count) / of) / of
    means = count / of + sd * np.array([-1.51, -1.1, -0.77, -0.13, 0.0, 0.31, 0.93, 1.22, 1.49])
    found = log_likelihood(Observation("share", count / of, of), told(*means), np.full(9, 1e-9))
    assert found == pytest.approx(stats.binom.logpmf(count, of, means), abs=0.03)


def test_all_counts_together_are_certain():
    """The discrepancy clipped at none and all: nothing is lost there."""
    prediction = told(0.95, doubt_var=(0.5 * 0.0475) ** 2)
    total = sum(
        math.exp(log_likelihood(Observation("share", n / 30, 30), prediction, np.array([0.04]))[0]) for n in range(31)
    )
    assert total == pytest.approx(1.0, abs=0.005)


def test_a_prediction_of_none_or_all_is_taken_for_nearly_so():
    """A ten-thousandth from the end."""
    found = log_likelihood(Observation("share", 1.0, 40), told(0.0, 1.0, 1e-4, 1.0 - 1e-4), np.full(4, 1e-6))
    assert np.isfinite(found).all()
    assert found[:2] == pytest.approx(found[2:])
    assert found[1] == pytest.approx(40 * math.log(1.0 - 1e-4), abs=0.05)


def test_of_a_share_the_largest_discrepancy_is_the_one_that_counts():
    observation = Observation("share", 0.8, 50)
    assert log_likelihood(observation, told(0.7, 0.7), np.array([0.001, 0.03])) == pytest.approx(
        log_likelihood(observation, told(0.7, 0.7), np.array([0.03, 0.03]))
    )
