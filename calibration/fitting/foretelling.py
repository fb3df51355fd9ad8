"""What is foretold of a figure by weighted runs: what the city would have published, and whether that fits what it did.

Layer: calibration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from calibration.fitting.places import Place, Ratio, Target
from experiments.published.figures import Figure

type Numbers = NDArray[np.float64]

NOISE_DRAWS = 200
"""Draws of the discrepancy for each run, where the figure that a city would publish is foretold."""
INTERVAL = (0.05, 0.5, 0.95)
LEAST_MASS = 0.1
"""Of a prediction that a range must hold, and two tails of a number, not to be called outside."""


@dataclass(frozen=True)
class Foretold:
    """A figure, and what the calibrated model says that the city would have published."""

    figure: Figure
    target: Target
    low: float
    """90 % interval: history, parameters, discrepancy and rounding are all in it."""
    middle: float
    high: float
    mass: float
    """Of the prediction: of a range, how much lies in it; of a number, on the side of it with less, twice."""
    inside: bool
    """A number lies in the 90 % interval, a range holds a tenth of the prediction at least."""


@dataclass(frozen=True)
class Compared:
    """How many times as much one plan has of an indicator as another, over the ensemble."""

    ratio: Ratio
    low: float
    middle: float
    high: float


def foretell(place: Place, target: Target, runs: pd.DataFrame, weights: Numbers) -> Foretold:
    """What the city would have published, if the model is right but for its discrepancy."""
    figure = place.figures[target.figure]
    chosen = runs[runs["plan"] == place.plan_number(target.plan)].dropna(subset=[place.column(target)])
    values = chosen[place.column(target)].to_numpy(dtype=float)
    of_world = weights[chosen["world"].to_numpy(dtype=int)]
    return judge(figure, target, published_like(figure, values, place), np.tile(of_world, NOISE_DRAWS))


def judge(figure: Figure, target: Target, predicted: Numbers, weights: Numbers) -> Foretold:
    """A figure beside draws of what would be published, weighted."""
    low, middle, high = quantiles(predicted, weights, INTERVAL)
    bottom, top = (math.nan if bound is None else bound for bound in figure.bounds)
    above, below = (float(weights[chosen].sum() / weights.sum()) for chosen in (predicted >= bottom, predicted <= top))
    mass = 2.0 * min(above, below) if bottom == top else above + below - 1.0
    if math.isnan(bottom) or math.isnan(top):
        mass = below if math.isnan(bottom) else above
    return Foretold(figure, target, low, middle, high, min(1.0, mass), mass >= LEAST_MASS)


def published_like(figure: Figure, values: Numbers, place: Place, seed: int = 4, between: float = 0.0) -> Numbers:
    """What would be published of histories, discrepancy, error and rounding included, (NOISE_DRAWS · values,).

    `between`: standard deviation of the logarithm by which counts and hours of another city differ besides; of shares,
    which have an end at both sides, it says nothing.
    """
    chance = np.random.default_rng(seed)
    sd = place.file.discrepancy.of(figure, values)
    error = figure.relative_error * np.abs(values)
    noise = chance.standard_normal((NOISE_DRAWS, len(values))) * np.hypot(sd, error)
    rounded = figure.rounding * (chance.random(noise.shape) - 0.5)
    if between and figure.unit != "share":
        times = np.exp(between * chance.standard_normal(noise.shape))
        values, noise = values * times, noise * times
    published = values + noise + rounded
    return (np.clip(published, 0.0, 1.0) if figure.unit == "share" else published).ravel()


def compared(place: Place, ratio: Ratio, runs: pd.DataFrame, weights: Numbers) -> Compared:
    """The ratio of two plans in each set, both under the same luck."""
    wide = runs.pivot_table(index="world", columns="plan", values=ratio.indicator)
    ratios = (wide[place.plan_number(ratio.top)] / wide[place.plan_number(ratio.bottom)]).dropna()
    of_world = weights[ratios.index.to_numpy(dtype=int)]
    return Compared(ratio, *quantiles(ratios.to_numpy(), of_world, INTERVAL))


def quantiles(values: Numbers, weights: Numbers, at: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of weighted values."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return tuple(float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)]) for share in at)
