"""What depends on what nobody knows: sensitivity indices, with the share that is only the seed's.

Layer: experiments.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.findings.runs import Findings
from experiments.statistics.intervals import variances
from experiments.studies.worlds import problem_of, world_shares

LEAST_DRAWS = 40
"""Fewer draws of a latin hypercube say nothing about sensitivity."""


class Sensitivity(NamedTuple):
    """How an outcome depends on what nobody knows."""

    outcome: str
    method: str
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


@lru_cache(maxsize=32)
def sensitivity(findings: Findings) -> list[Sensitivity]:
    """Indices for each objective under the best plan, and for its difference from the runner-up."""
    if (
        not findings.crossed
        or not findings.file.uncertain
        or (findings.file.worlds.method in ("latin_hypercube", "random") and len(findings.worlds) < LEAST_DRAWS)
    ):
        return []
    found = []
    for objective in findings.objectives:
        name = objective.indicator
        grid = findings.grid(name)
        best = grid[findings.best]
        outcomes = {f"{name} under {findings.name(findings.best)}": best}
        if len(findings.plans) > 1:
            second = int(findings.ranking["plan"].iloc[1])
            outcomes[f"{name}: the best plan minus the runner-up"] = best - grid[second]
        for outcome, values in outcomes.items():
            if len(values.dropna()) == len(findings.worlds) and float(values.mean(axis=1).std()) > 0.0:
                found.append(analysed(findings, outcome, values))
    return found


def analysed(findings: Findings, outcome: str, values: pd.DataFrame) -> Sensitivity:
    """Indices of an outcome by the method of the study's worlds; `values` (worlds, seeds) must all be defined."""
    problem, means = problem_of(findings.file), values.mean(axis=1).to_numpy()
    shares, method = world_shares(findings.file), findings.file.worlds.method
    names = tuple(problem["names"])
    undefined = (math.nan,) * len(names)
    if method == "sobol":
        from SALib.analyze import sobol

        told = sobol.analyze(problem, means, calc_second_order=False, seed=1)
        indices = "Sobol'", tuple(told["S1"]), tuple(told["S1_conf"]), tuple(told["ST"])
    elif method == "morris":
        from SALib.analyze import morris

        told = morris.analyze(problem, shares, means, num_levels=4, seed=1)
        indices = "Morris", tuple(told["mu_star"]), tuple(told["mu_star_conf"]), tuple(told["sigma"])
    else:
        from SALib.analyze import rbd_fast

        told = rbd_fast.analyze(problem, shares, means, seed=1)
        indices = "RBD-FAST", tuple(told["S1"]), tuple(told["S1_conf"]), undefined
    noise = noise_shares(values.to_numpy(), common=not findings.file.replications.own_seeds)
    return Sensitivity(outcome, indices[0], names, *indices[1:], *noise)


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
