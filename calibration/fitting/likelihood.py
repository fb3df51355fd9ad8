"""How likely a published figure is, if the model with some parameters is right but for a stated discrepancy.

Layer: calibration.  The likelihood follows from how the figure was come by.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, log_ndtr, logit, logsumexp

from calibration.fitting.emulators import NEAREST_END, Prediction, parts
from experiments.published.figures import Figure

type Numbers = NDArray[np.float64]

NODES = 64
"""At which a probability that is not known is averaged over."""
_EVENLY = stats.norm.ppf((np.arange(NODES) + 0.5) / NODES)


class Observation(NamedTuple):
    """What was published, as the likelihood needs it."""

    kind: str
    """measured, share, estimate or range, as in `Figure.kind`."""
    value: float = math.nan
    """The number; for a share, what part of `of` it is."""
    of: int = 0
    low: float = -math.inf
    high: float = math.inf
    rounding: float = 0.0
    relative_error: float = 0.0
    holds: bool = True
    """Of a range: whether the figure lies inside."""


def observed(figure: Figure) -> Observation:
    """A published figure as an observation."""
    return Observation(
        figure.kind, math.nan if figure.number is None else figure.number, figure.of or 0,
        -math.inf if figure.low is None else figure.low, math.inf if figure.high is None else figure.high,
        figure.rounding, figure.relative_error,
    )  # fmt: skip


def published_by(figure: Figure, outcome: float, discrepancy_sd: float, chance: np.random.Generator) -> Observation:
    """What a city would have published whose true history is a run of the model, discrepancy and rounding included.

    Of a range it would have said whether its figure lies inside; a share it would have counted.
    """
    real, like = outcome + discrepancy_sd * chance.standard_normal(), observed(figure)
    if like.kind == "range":
        return like._replace(holds=bool(like.low <= real <= like.high))
    if like.kind == "share":
        return like._replace(value=round(min(max(real, 0.0), 1.0) * like.of) / like.of)  # clipped, as in `_share`
    published = real + like.relative_error * abs(outcome) * chance.standard_normal()
    return like._replace(value=round(published / like.rounding) * like.rounding if like.rounding else published)


def log_likelihoods(
    like: Observation, predicted: Prediction, discrepancy_sd: Numbers
) -> Callable[[Observation], Numbers]:
    """Log-likelihood of one observation after another at the same points: `observation -> (points,)`.

    Each is what a city published of the same figure, as `like` is; `discrepancy_sd` (points,), of a share the same at
    all. A figure is one history, so what seeds differ by counts, as does the emulator's doubt; the discrepancy is a
    normal error of the model. Rounding adds the variance of an even error of its width.
    Rule:    measured, estimate: normal.  range: the normal's mass inside it (or outside).  share: binomial, whose
             probability is normal on the logit scale, with whatever variance is beyond the binomial's, plus the
             discrepancy, clipped to [0, 1].
    """
    if like.kind == "share":
        probability, discrepancy = _probabilities(like.of, predicted), float(discrepancy_sd.max())
        return lambda observation: _share(observation, probability, discrepancy)
    variance = predicted.seed_var + predicted.doubt_var + discrepancy_sd**2
    if like.kind == "range":
        spread = np.sqrt(variance)
        return lambda observation: _mass(observation, predicted.mean, spread)
    sd = np.sqrt(variance + (like.relative_error * predicted.mean) ** 2 + like.rounding**2 / 12.0)
    return lambda observation: np.asarray(stats.norm.logpdf(observation.value, predicted.mean, sd))


def _mass(observation: Observation, mean: Numbers, sd: Numbers) -> Numbers:
    """Log of the normal's mass between low and high; if the figure does not lie there, of the rest."""
    above, below = (mean - observation.high) / sd, (observation.low - mean) / sd
    if not observation.holds:
        return np.logaddexp(log_ndtr(above), log_ndtr(below))
    # The difference of two tails on the side on which the range lies: there they are small, and none is lost as 1 - 1.
    larger, smaller = log_ndtr(-np.maximum(above, below)), log_ndtr(np.minimum(above, below))
    return np.asarray(larger + np.log1p(-np.exp(np.minimum(smaller - larger, -1e-12))))


def _probabilities(of: int, predicted: Prediction) -> Numbers:
    """The probabilities that a prediction of a share leaves open, at even quantiles, (points, NODES)."""
    mean = np.clip(predicted.mean, NEAREST_END, 1.0 - NEAREST_END)
    beyond = np.maximum(predicted.seed_var - mean * (1.0 - mean) / of, 0.0) + predicted.doubt_var
    # The prediction's variances are those of the logit scale, times its slope squared.
    spread = np.sqrt(beyond) / (mean * (1.0 - mean))
    return np.asarray(expit(logit(mean)[:, None] + spread[:, None] * _EVENLY))


def _share(observation: Observation, probability: Numbers, discrepancy_sd: float) -> Numbers:
    """Log of the binomial's probability of a count, averaged over the probabilities that are left open."""
    grid, logs = _of_probability(round(observation.value * observation.of), observation.of, discrepancy_sd)
    means = [logsumexp(np.interp(part, grid, logs), axis=1) for part in parts(probability)]
    return np.concatenate(means) - math.log(NODES)


@lru_cache(maxsize=256)
def _of_probability(count: int, of: int, discrepancy_sd: float) -> tuple[Numbers, Numbers]:
    """Log of a count's probability as a function of the model's, which may be off by the discrepancy, on a grid.

    The binomial as a function of its probability is a beta density over (of + 1), so it is the mean of the
    discrepancy's normal density at even quantiles of that beta; what is clipped counts if all or none were counted.
    """
    likely = stats.beta.ppf((np.arange(NODES) + 0.5) / NODES, count + 1, of - count + 1)
    # A normal much narrower than the beta would fall between the nodes.
    sd = max(discrepancy_sd, 0.1 * math.sqrt(count * (of - count) / of + 1.0) / of)
    near = count / of + math.hypot(sd, math.sqrt(count * (of - count) / of + 1.0) / of) * np.linspace(-10, 10, 401)
    grid = np.unique(np.clip(np.concatenate([near, np.linspace(0.0, 1.0, 401)]), 0.0, 1.0))
    logs = logsumexp(stats.norm.logpdf(likely[None, :], grid[:, None], sd), axis=1) - math.log(NODES * (of + 1))
    if count in (0, of):
        logs = np.logaddexp(logs, stats.norm.logsf((1.0 - grid if count else grid) / sd))
    return grid, logs
