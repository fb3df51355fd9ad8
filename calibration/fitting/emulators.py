"""Emulators: what a quick Gaussian process says an indicator would be, how sure it is, and how far seeds differ.

Layer: calibration.  Learns from the runs of a design, on shares of each prior: so every prior is even on (0, 1).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from scipy.special import digamma, expit, logit
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

from languages.speaking import say

type Numbers = NDArray[np.float64]

LEAST_SPREAD = 1e-4
"""Standard deviation between seeds, on the emulator's scale, below which nothing is to be learnt about it."""
POINTS_AT_ONCE = 1_000
"""So many that what is reckoned between them and the runs stays in a processor's cache."""
LEAST_GAIN = 1e-5
"""Of a step of the learning, as a share of the log-likelihood: less ends it."""
NEAREST_END = 1e-4
"""Shares nearer to 0 or 1 are taken for this near: a logit has no value at the ends."""


class Scale(NamedTuple):
    """The scale on which an indicator is emulated, and the way back."""

    to: Callable[[Numbers], Numbers]
    back: Callable[[Numbers], Numbers]
    slope: Callable[[Numbers], Numbers]
    """Of `back`, at a value in the indicator's own unit, without its sign."""


LOGIT = Scale(lambda y: logit(np.clip(y, NEAREST_END, 1.0 - NEAREST_END)), expit, lambda m: m * (1.0 - m))
LOG = Scale(lambda y: np.log(np.maximum(y, 0.5)), np.exp, lambda m: m)
RECIPROCAL = Scale(lambda y: 1.0 / np.maximum(y, 0.1), lambda x: 1.0 / x, lambda m: m**2)
"""A queue's hours go as 1 / (1 - load): their reciprocal is nearly linear in what loads it, until it is saturated."""
SCALES = {"share": (LOGIT,), "h": (LOG, RECIPROCAL)}
"""Unit → the scales from which the runs choose; of any other unit LOG."""


class Prediction(NamedTuple):
    """What an emulator says at some points, (points,) each, in the indicator's own unit.

    Variances are those of the emulator's scale, times the square of its slope at the mean.
    """

    mean: Numbers
    doubt_var: Numbers
    """Of the mean: the emulator has seen few runs near by."""
    seed_var: Numbers
    """Between histories of the same parameters."""

    def at(self, points: slice) -> Prediction:
        """At some of the points."""
        return Prediction(*(values[points] for values in self))


class Surface:
    """A process that has been fitted, for asking it often: what scikit-learn foretells, without its checks.

    A chain asks thousands of times, some dozen points at a time, and these checks took most of that.
    """

    def __init__(self, process: GaussianProcessRegressor) -> None:
        """Of a process whose kernel is a constant times a stationary one, plus noise."""
        signal = process.kernel_.k1
        self._shape, self._amplitude = signal.k2, float(signal.k1.constant_value)
        self._variance = self._amplitude + float(process.kernel_.k2.noise_level)
        self._runs, self._weights = process.X_train_, self._amplitude * process.alpha_
        self._whitened = self._amplitude * solve_triangular(process.L_, np.eye(len(process.L_)), lower=True).T

    def level(self, shares: Numbers) -> Numbers:
        """Mean at `shares` (points, parameters), (points,)."""
        return np.concatenate([self._shape(part, self._runs) @ self._weights for part in parts(shares)])

    def level_and_doubt(self, shares: Numbers) -> tuple[Numbers, Numbers]:
        """Mean and standard deviation at `shares` (points, parameters), (points,) each."""
        levels, doubts = [], []
        for part in parts(shares):
            near = self._shape(part, self._runs)
            levels.append(near @ self._weights)
            doubts.append(self._variance - np.square(near @ self._whitened).sum(axis=1))
        return np.concatenate(levels), np.sqrt(np.maximum(np.concatenate(doubts), 0.0))


def parts(shares: Numbers) -> list[Numbers]:
    """`POINTS_AT_ONCE` rows at a time; one part, and empty, if there are none."""
    return [shares[first : first + POINTS_AT_ONCE] for first in range(0, max(1, len(shares)), POINTS_AT_ONCE)]


@dataclass(frozen=True, eq=False)
class Emulator:
    """Two Gaussian processes for one indicator under one plan."""

    scale: Scale
    centre: float
    width: float
    mean: GaussianProcessRegressor
    spread: GaussianProcessRegressor
    spread_centre: float

    @cached_property
    def _surfaces(self) -> tuple[Surface, Surface]:
        return Surface(self.mean), Surface(self.spread)

    def predict(self, shares: Numbers) -> Prediction:
        """At `shares` (points, parameters) of the priors."""
        level, doubt = self.on_scale(shares)
        if self.scale is RECIPROCAL:
            # No longer than twice the longest learnt: a reciprocal of nearly nothing is no time.
            level = np.maximum(level, 0.5 * (self.mean.y_train_.min() * self.width + self.centre))
        mean = self.scale.back(level)
        slope2 = self.scale.slope(mean) ** 2
        return Prediction(mean, doubt**2 * slope2, self.seed_var_on_scale(shares) * slope2)

    @property
    def log_likelihood(self) -> float:
        """Log density of the means that it has learnt from, in the indicator's own unit."""
        levels = self.mean.y_train_ * self.width + self.centre
        stretched = np.log(self.scale.slope(self.scale.back(levels))).sum()
        return float(self.mean.log_marginal_likelihood_value_ - len(levels) * np.log(self.width) - stretched)

    def on_scale(self, shares: Numbers) -> tuple[Numbers, Numbers]:
        """Mean and its standard error on the emulator's own scale, (points,) each."""
        level, doubt = self._surfaces[0].level_and_doubt(shares)
        return level * self.width + self.centre, doubt * self.width

    def seed_var_on_scale(self, shares: Numbers) -> Numbers:
        """Variance between histories of the same parameters on the emulator's own scale, (points,)."""
        return np.asarray(np.exp(self._surfaces[1].level(shares) + self.spread_centre))


def learn(shares: Numbers, values: Numbers, unit: str, like: Emulator | None = None) -> Emulator:
    """Learn an indicator from its runs: `shares` (worlds, parameters), `values` (worlds, seeds), NaN where undefined.

    On the scale of its unit on which the runs are likeliest (as Box and Cox choose a transformation). `like` is an
    emulator of fewer runs, to start from.
    Raises ValueError if fewer than ten worlds have two defined runs.
    """
    scales = (like.scale,) if like else SCALES.get(unit, (LOG,))
    return max((_learn_on(scale, shares, values, like) for scale in scales), key=lambda learnt: learnt.log_likelihood)


def _learn_on(scale: Scale, shares: Numbers, values: Numbers, like: Emulator | None) -> Emulator:
    """The variance between seeds is learnt first: it says how much each world's mean is worth."""
    there = (~np.isnan(values)).sum(axis=1) >= 2
    if there.sum() < 10:
        raise ValueError(say("fewer than ten worlds have two defined runs: nothing can be learnt from them"))
    shares, scaled = shares[there], scale.to(values[there])
    counts = (~np.isnan(scaled)).sum(axis=1)
    means, variances = np.nanmean(scaled, axis=1), np.nanvar(scaled, axis=1, ddof=1)
    spread, spread_centre = _learn_spread(shares, variances, counts, like)
    noise = np.exp(spread.predict(shares) + spread_centre) / counts
    centre, width = float(means.mean()), float(means.std(ddof=1)) or 1.0
    kernel = ConstantKernel(4.0, (0.05, 500.0)) * Matern(np.full(shares.shape[1], 2.0), (0.1, 50.0), nu=2.5)
    kernel = like.mean.kernel_ if like else kernel + WhiteKernel(1e-3, (1e-6, 0.3))
    process = GaussianProcessRegressor(kernel, alpha=noise / width**2, optimizer=_climb)
    _fit(process, shares, (means - centre) / width)
    return Emulator(scale, centre, width, process, spread, spread_centre)


def _learn_spread(
    shares: Numbers, variances: Numbers, counts: NDArray[np.int64], like: Emulator | None
) -> tuple[GaussianProcessRegressor, float]:
    """The log of the variance between seeds; a log of few degrees of freedom is low by a known amount."""
    freedom = counts - 1
    low_by = digamma(freedom / 2.0) - np.log(freedom / 2.0)
    logs = np.log(np.maximum(variances, LEAST_SPREAD**2)) - low_by
    kernel = ConstantKernel(1.0, (1e-3, 100.0)) * RBF(np.full(shares.shape[1], 3.0), (0.5, 50.0))
    kernel = like.spread.kernel_ if like else kernel + WhiteKernel(2.0, (0.05, 20.0))
    process = GaussianProcessRegressor(kernel, optimizer=_climb)
    _fit(process, shares, logs - logs.mean())
    return process, float(logs.mean())


def _fit(process: GaussianProcessRegressor, shares: Numbers, values: Numbers) -> None:
    with warnings.catch_warnings():
        # A length scale at its bound says that a parameter does not matter; that is an answer, not a failure.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(shares, values)


def _climb(objective: Callable[..., Any], start: Numbers, bounds: Numbers) -> tuple[Numbers, float]:
    """Minimise, as scikit-learn would, until a step gains next to nothing: it goes on for digits that say nothing."""
    found = minimize(objective, start, method="L-BFGS-B", jac=True, bounds=bounds, options={"ftol": LEAST_GAIN})
    return found.x, float(found.fun)


LEAST_INSIDE = 0.8
"""Share of the unseen worlds that an emulator's 95 % intervals must hold."""


class Error(NamedTuple):
    """How far an emulator is off on runs that it has not seen."""

    worlds: int
    rms: float
    """Root of the mean square of what it is off by, in the indicator's unit, with the seeds' noise taken out."""
    explained: float
    """Share of the variance between worlds that it explains, seeds' noise taken out."""
    inside: float
    """Share of the worlds whose mean lies in its 95 % interval."""
    scores: Numbers
    """What each mean is off by, over the standard deviation that was foretold."""

    @property
    def tolerable(self) -> bool:
        """Whether something may rest on the emulator."""
        return self.inside >= LEAST_INSIDE


def error_of(emulator: Emulator, shares: Numbers, values: Numbers) -> Error:
    """Hold an emulator against runs that it has not seen: `shares` (worlds, parameters), `values` (worlds, seeds)."""
    there = (~np.isnan(values)).all(axis=1)
    shares, values = shares[there], values[there]
    predicted = emulator.predict(shares)
    level, doubt = emulator.on_scale(shares)
    scaled = emulator.scale.to(values)
    seed_var = emulator.seed_var_on_scale(shares)
    scores = (scaled.mean(axis=1) - level) / np.sqrt(doubt**2 + seed_var / values.shape[1])
    noise = float(values.var(axis=1, ddof=1).mean() / values.shape[1])
    square = max(0.0, float(((values.mean(axis=1) - predicted.mean) ** 2).mean()) - noise)
    between = max(1e-12, float(values.mean(axis=1).var(ddof=1)) - noise)
    inside = float((np.abs(scores) <= 1.96).mean())
    return Error(len(values), square**0.5, 1.0 - square / between, inside, scores)
