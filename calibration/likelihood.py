"""How likely a published figure is, if the model with some parameters is right but for a stated discrepancy.

Layer: calibration.  The likelihood follows from how the figure was come by; nothing is tuned here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import betaln, gammaln, log_ndtr

from calibration.emulators import Prediction
from calibration.figures import Figure

type Numbers = NDArray[np.float64]


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
        return like._replace(value=round(min(max(real, 0.0), 1.0) * like.of) / like.of)
    told = real * (1.0 + like.relative_error * chance.standard_normal())
    return like._replace(value=round(told / like.rounding) * like.rounding if like.rounding else told)


def log_likelihood(observation: Observation, told: Prediction, discrepancy_sd: float) -> Numbers:
    """Log-likelihood of a figure at some points, (points,).

    A figure is one history, so what seeds differ by counts, as does the emulator's doubt; the discrepancy is a normal
    error of the model. Rounding adds the variance of an even error of its width.
    Rule:    measured, estimate: normal.  range: the normal's mass inside it (or outside).  share: beta-binomial,
             whose probability has the mean of the prediction and whatever variance is beyond the binomial's.
    """
    variance = told.seed_var + told.doubt_var + discrepancy_sd**2
    if observation.kind == "range":
        return _mass(observation, told.mean, np.sqrt(variance))
    if observation.kind == "share":
        binomial = told.mean * (1.0 - told.mean) / observation.of
        beyond = np.maximum(told.seed_var - binomial, 0.0) + told.doubt_var + discrepancy_sd**2
        return _beta_binomial(round(observation.value * observation.of), observation.of, told.mean, beyond)
    variance = variance + (observation.relative_error * observation.value) ** 2 + observation.rounding**2 / 12.0
    return np.asarray(stats.norm.logpdf(observation.value, told.mean, np.sqrt(variance)))


def _mass(observation: Observation, mean: Numbers, sd: Numbers) -> Numbers:
    """Log of the normal's mass between low and high; if the figure does not lie there, of the rest."""
    below = log_ndtr((observation.high - mean) / sd)
    short = log_ndtr((observation.low - mean) / sd)
    inside = below + np.log1p(-np.exp(np.minimum(short - below, -1e-12)))
    if observation.holds:
        return np.asarray(inside)
    return np.log(np.maximum(-np.expm1(np.minimum(inside, -1e-15)), 1e-300))


def _beta_binomial(count: int, of: int, mean: Numbers, variance: Numbers) -> Numbers:
    mean = np.clip(mean, 1e-6, 1.0 - 1e-6)
    # A beta cannot have more variance than this; near the ends the discrepancy alone would ask for it.
    size = np.maximum(mean * (1.0 - mean) / np.maximum(variance, 1e-12) - 1.0, 0.5)
    a, b = mean * size, (1.0 - mean) * size
    choose = gammaln(of + 1) - gammaln(count + 1) - gammaln(of - count + 1)
    return np.asarray(choose + betaln(count + a, of - count + b) - betaln(a, b))
