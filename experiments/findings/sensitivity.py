"""What depends on what nobody knows: sensitivity indices, with the share that is only the seed's.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.findings.runs import Findings
from experiments.statistics.intervals import variances
from experiments.studies.worlds import problem_of, world_shares

LEAST_DRAWS = 40
"""Fewer draws of a latin hypercube say nothing about sensitivity."""


class Method(StrEnum):
    """How indices were reckoned."""

    SOBOL = "sobol"
    MORRIS = "morris"
    RBD_FAST = "rbd_fast"


class Indices(NamedTuple):
    """How something depends on each uncertain parameter."""

    method: Method
    names: tuple[str, ...]
    first: tuple[float, ...]
    """Share of the variance that each parameter explains alone (Sobol', RBD-FAST), or Morris' μ*."""
    first_half: tuple[float, ...]
    total: tuple[float, ...]
    """Share in which it has any part (Sobol'), or Morris' σ; not a number for RBD-FAST."""
    noise_of_run: float
    """Share of the variance of single runs that is only the seed's."""
    noise_of_mean: float
    """The same for the means over seeds on which the indices rest."""


class Sensitivity(NamedTuple):
    """How an objective under a plan depends on what nobody knows, or its difference from that under another."""

    indicator: str
    plan: int
    other: int | None
    """The plan that is taken off; None: the objective itself."""
    indices: Indices | None
    """None: it is undefined in some world, and nothing can be said."""


@lru_cache(maxsize=32)
def sensitivity(findings: Findings) -> list[Sensitivity]:
    """Indices for each objective under the best plan, and for its difference from the runner-up.

    Empty where nothing was drawn, or too little; what never varies is left out.
    """
    if not _drawn_enough(findings):
        return []
    found = []
    for objective in findings.objectives:
        for other, values in _outcomes(findings, objective.indicator):
            defined = not values.isna().to_numpy().any()
            if defined and float(values.mean(axis=1).std()) == 0.0:
                continue
            indices = analysed(findings, values) if defined else None
            found.append(Sensitivity(objective.indicator, findings.best, other, indices))
    return found


def _drawn_enough(findings: Findings) -> bool:
    """Whether the study has worlds of which indices can be reckoned."""
    by_chance = findings.file.worlds.method in ("latin_hypercube", "random")
    few = by_chance and len(findings.worlds) < LEAST_DRAWS
    return findings.worlds_replicate and bool(findings.file.uncertain) and not few


def _outcomes(findings: Findings, indicator: str) -> Iterator[tuple[int | None, pd.DataFrame]]:
    """The objective under the best plan, and its difference from that under the runner-up; (worlds, seeds) each."""
    grid = findings.grid(indicator)
    yield None, grid[findings.best]
    if len(findings.plans) > 1:
        second = int(findings.ranking["plan"].iloc[1])
        yield second, grid[findings.best] - grid[second]


def analysed(findings: Findings, values: pd.DataFrame) -> Indices:
    """Indices by the method of the study's worlds; `values` (worlds, seeds) must all be defined."""
    problem, means = problem_of(findings.file), values.mean(axis=1).to_numpy()
    shares, method = world_shares(findings.file), findings.file.worlds.method
    names = tuple(problem["names"])
    noise = noise_shares(values.to_numpy(), common=not findings.file.replications.own_seeds)
    if method == "sobol":
        from SALib.analyze import sobol

        answer = sobol.analyze(problem, means, calc_second_order=False, seed=1)
        return Indices(Method.SOBOL, names, tuple(answer["S1"]), tuple(answer["S1_conf"]), tuple(answer["ST"]), *noise)
    if method == "morris":
        from SALib.analyze import morris

        answer = morris.analyze(problem, shares, means, num_levels=4, seed=1)
        means_of, halves, spreads = (tuple(answer[key]) for key in ("mu_star", "mu_star_conf", "sigma"))
        return Indices(Method.MORRIS, names, means_of, halves, spreads, *noise)
    from SALib.analyze import rbd_fast

    answer = rbd_fast.analyze(problem, shares, means, seed=1)
    undefined = (math.nan,) * len(names)
    return Indices(Method.RBD_FAST, names, tuple(answer["S1"]), tuple(answer["S1_conf"]), undefined, *noise)


def noise_shares(values: np.ndarray, common: bool) -> tuple[float, float]:
    """The seed's share of the variance of single runs, and of the means over seeds; `values` is (worlds, seeds).

    SALib counts what the seed does as if a parameter did it: an index cannot be trusted beyond one minus this.
    `common`: all worlds have the same seeds; what a seed does to all of them alike disturbs no index.
    """
    worlds, seeds = values.shape
    if seeds < 2 or worlds < 2:
        return math.nan, math.nan
    of_means, within = variances(values, common)
    between = max(0.0, of_means - within / seeds)
    total = between + within
    return within / total if total else math.nan, min(1.0, within / seeds / of_means) if of_means else math.nan
