"""How likely a published figure is, if the model with some parameters is right but for a stated discrepancy.

Layer: calibration.  The likelihood follows from how the figure was come by.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import log_ndtr

from calibration.emulators import Prediction
from calibration.figures import Figure

type Numbers = NDArray[np.float64]

NODES = 64
"""At which a probability that is not known is averaged over."""


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
        return like._replace(value=round(min(max(real, 0.0), 1.0) * like.of) / like.of)  # clipped, as in `_binomial`
    told = real + like.relative_error * abs(outcome) * chance.standard_normal()
    return like._replace(value=round(told / like.rounding) * like.rounding if like.rounding else told)


def log_likelihood(observation: Observation, told: Prediction, discrepancy_sd: float) -> Numbers:
    """Log-likelihood of a figure at some points, (points,).

    A figure is one history, so what seeds differ by counts, as does the emulator's doubt; the discrepancy is a normal
    error of the model. Rounding adds the variance of an even error of its width.
    Rule:    measured, estimate: normal.  range: the normal's mass inside it (or outside).  share: binomial, whose
             probability is normal about the prediction, clipped to [0, 1], with whatever variance is beyond the
             binomial's.
    """
    variance = told.seed_var + told.doubt_var + discrepancy_sd**2
    if observation.kind == "range":
        return _mass(observation, told.mean, np.sqrt(variance))
    if observation.kind == "share":
        binomial = told.mean * (1.0 - told.mean) / observation.of
        beyond = np.maximum(told.seed_var - binomial, 0.0) + told.doubt_var + discrepancy_sd**2
        return _binomial(round(observation.value * observation.of), observation.of, told.mean, beyond)
    variance = variance + (observation.relative_error * told.mean) ** 2 + observation.rounding**2 / 12.0
    return np.asarray(stats.norm.logpdf(observation.value, told.mean, np.sqrt(variance)))


def _mass(observation: Observation, mean: Numbers, sd: Numbers) -> Numbers:
    """Log of the normal's mass between low and high; if the figure does not lie there, of the rest."""
    below = log_ndtr((observation.high - mean) / sd)
    short = log_ndtr((observation.low - mean) / sd)
    inside = below + np.log1p(-np.exp(np.minimum(short - below, -1e-12)))
    if observation.holds:
        return np.asarray(inside)
    return np.log(np.maximum(-np.expm1(np.minimum(inside, -1e-15)), 1e-300))


def _binomial(count: int, of: int, mean: Numbers, variance: Numbers) -> Numbers:
    """Log of the binomial's probability of a count, averaged over a probability that is normal, clipped to [0, 1].

    The binomial as a function of its probability is a beta density over (of + 1), so the average is that of the normal
    density at even quantiles of that beta; what is clipped counts only if all or none were counted.
    """
    likely = stats.beta.ppf((np.arange(NODES) + 0.5) / NODES, count + 1, of - count + 1)
    # A normal much narrower than the beta would fall between the nodes.
    sd = np.maximum(np.sqrt(variance), 0.1 * math.sqrt(count * (of - count) / of + 1.0) / of)[:, None]
    density = stats.norm.pdf(likely[None, :], mean[:, None], sd).mean(axis=1) / (of + 1)
    if count in (0, of):
        density = density + stats.norm.sf(np.where(count, 1.0 - mean, mean) / sd[:, 0])
    return np.log(np.maximum(density, 1e-300))
