"""Equity: how unequal the hours are between areas, freed of what only chance makes unequal.

Layer: experiments.  Reads what the runs have kept of each area.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from experiments.findings.runs import Findings
from experiments.statistics.inequality import gini, jackknife, theil
from experiments.statistics.intervals import Numbers


class Equity(NamedTuple):
    """Inequality between areas of the mean hours from occurrence to end, for one plan."""

    plan: int
    gini: float
    gini_lo: float
    gini_hi: float
    theil: float
    areas_count: int


@lru_cache(maxsize=32)
def equity(findings: Findings, plans: tuple[int, ...]) -> list[Equity]:
    """Gini and Theil between areas, weighted by their incidents, for those of the plans for which they are defined.

    What replicates is a run, or a world where every world has every seed; an area's hours are a mean over them.
    """
    found = []
    for plan in plans:
        rows = _areas_of(findings, plan)
        if len(rows) < 2:
            continue
        of_gini, of_theil = jackknife(_between(gini), rows, most=1.0), jackknife(_between(theil), rows)
        if not math.isnan(of_gini.value):
            areas_count = int((rows[:, 0].sum(axis=0) > 0).sum())
            found.append(Equity(plan, *of_gini, of_theil.value, areas_count))
    return found


def _areas_of(findings: Findings, plan: int) -> Numbers:
    """(replications, 2, areas) solved incidents and their hours."""
    runs = findings.runs
    runs = runs[(runs["plan"] == plan) & runs["area_cases"].notna()]
    if runs.empty:
        return np.zeros((0, 2, 0))
    rows = np.stack([np.vstack(runs[name].to_numpy()) for name in ("area_cases", "area_hours")], axis=1)
    if not findings.worlds_replicate:
        return rows
    worlds = runs["world"].to_numpy()
    return np.stack([rows[worlds == world].mean(axis=0) for world in np.unique(worlds)])


def _between(measure: Callable[[Numbers, Numbers], float]) -> Callable[[Numbers], float]:
    """The measure of (2, areas) incidents and hours; an area without incidents has no hours to speak of."""

    def of(areas: Numbers) -> float:
        there = areas[0] > 1e-9  # a mean from which a row was taken may end in a last digit
        return measure(areas[1, there] / areas[0, there], areas[0, there])

    return of
