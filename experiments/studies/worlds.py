"""Worlds: draws of everything that nobody knows.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.stats import qmc

from experiments.studies.form import StudyFile, Uncertain
from experiments.studies.plans import Changes
from experiments.studies.wholes import HALF, is_whole, nearest_whole, whole_ends


class World(NamedTuple):
    """One draw of everything that nobody knows."""

    number: int
    changes: Changes


def changes_at(uncertain: Sequence[Uncertain], shares: NDArray[np.float64], known: Mapping[str, Any]) -> list[Changes]:
    """The values of the uncertain parameters at shares of their distributions, (worlds, uncertain parameters).

    `known` has a value of each parameter: one that is whole stays whole.
    """
    columns = [
        _chosen(entry, column) if entry.distribution == "choice"
        else _wholes(entry, column) if is_whole(known[entry.path]) else _quantiles(entry, column).tolist()
        for entry, column in zip(uncertain, shares.T, strict=True)
    ]  # fmt: skip
    paths = [entry.path for entry in uncertain]
    return [dict(zip(paths, row, strict=True)) for row in zip(*columns, strict=True)]


def world_shares(file: StudyFile) -> NDArray[np.float64]:
    """The draws as shares of each distribution, (worlds, uncertain parameters): what SALib's methods work on."""
    dimensions, worlds = len(file.uncertain), file.worlds
    chance = np.random.default_rng(worlds.seed)
    if worlds.method == "random":
        return chance.random((worlds.draws, dimensions))
    if worlds.method == "latin_hypercube":
        return qmc.LatinHypercube(dimensions, rng=chance).random(worlds.draws)
    problem = problem_of(file)
    if worlds.method == "sobol":
        from SALib.sample import sobol

        return sobol.sample(problem, worlds.draws, calc_second_order=False, seed=worlds.seed)
    from SALib.sample import morris

    return morris.sample(problem, worlds.draws, num_levels=4, seed=worlds.seed)


def problem_of(file: StudyFile) -> dict[str, Any]:
    """What SALib calls a problem: the uncertain parameters, each by its share of its distribution."""
    return {
        "num_vars": len(file.uncertain),
        "names": [entry.path for entry in file.uncertain],
        "bounds": [[0.0, 1.0]] * len(file.uncertain),
    }


LEAST_SHARE = 1e-4
"""A draw of exactly 0 or 1 would be infinitely far out in a distribution without ends."""


def _chosen(entry: Uncertain, shares: NDArray[np.float64]) -> list[Any]:
    """Each of the values equally often."""
    places = np.minimum((shares * len(entry.values)).astype(int), len(entry.values) - 1)
    return [entry.values[place] for place in places]


def _wholes(entry: Uncertain, shares: NDArray[np.float64]) -> list[int]:
    """Whole numbers at shares of a distribution, which is taken half a step further at either end.

    uniform: each number of the range is equally likely. loguniform: each as likely as all that is nearest to it is on a
    log scale, about in inverse proportion to the number. triangular: likeliest at the mode, and the ends may come too.
    normal, lognormal: each as likely as what is nearest to it.
    """
    ends = whole_ends(*_ends(entry))
    low, high = ends[0] - HALF, ends[1] + HALF
    update = {name: end for name, end in (("low", low), ("high", high)) if getattr(entry, name) is not None}
    if entry.mode is not None:
        update["mode"] = min(max(entry.mode, low), high)
    return nearest_whole(_quantiles(entry.model_copy(update=update), shares), *ends)


def _ends(entry: Uncertain) -> tuple[float, float]:
    """Between which a parameter lies; infinite where it has no end."""
    return -np.inf if entry.low is None else entry.low, np.inf if entry.high is None else entry.high


def _quantiles(entry: Uncertain, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of a parameter at shares of its distribution."""
    low, high = _ends(entry)
    mode, mean, sd, median, cv = (getattr(entry, name) for name in ("mode", "mean", "sd", "median", "cv"))
    inside = np.clip(shares, LEAST_SHARE, 1.0 - LEAST_SHARE)
    if entry.distribution == "uniform":
        return np.asarray(low + shares * (high - low))
    if entry.distribution == "loguniform":
        return np.asarray(stats.loguniform(low, high).ppf(shares))
    if entry.distribution == "triangular":
        return np.asarray(stats.triang((mode - low) / (high - low), low, high - low).ppf(shares))
    if entry.distribution == "normal":
        ends = (low - mean) / sd, (high - mean) / sd
        return np.asarray(stats.truncnorm(*ends, mean, sd).ppf(inside))
    sigma = np.sqrt(np.log1p(cv**2))
    return np.asarray(stats.lognorm(sigma, scale=median).ppf(inside))
