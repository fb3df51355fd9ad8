"""What levers do: effects, shares of variance, pairs of levers, and the plans that no other beats.

Layer: experiments.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.findings.levels import levels_of
from experiments.findings.runs import Findings
from experiments.statistics.intervals import half_width
from experiments.studies.form import MOST_LEVELS


class Effect(NamedTuple):
    """The mean of an objective at one level of a lever, over all plans that have it and a value."""

    lever: str
    level: str
    mean: float
    half: float
    plans_count: int


def main_effects(findings: Findings, indicator: str) -> list[Effect]:
    """What each level of each lever comes to, with 95 % intervals over the replications.

    Only replications count in which all plans of the level were run: where some were dropped on the way, the mean of
    those that are left is another mean. A plan that always fails, or never has a value, is in none; a level without
    any replication in which all of its plans have a value is left out.
    """
    table = findings.table(indicator).dropna(axis=1, how="all")
    effects = []
    for lever in findings.levers:
        levels = levels_of(findings, lever)
        for level in levels.cat.categories:
            having = table[table.columns.intersection(levels.index[levels == level])]
            values = having.dropna().mean(axis=1)
            if having.shape[1] and len(values):
                half = half_width(values.to_numpy(float))
                effects.append(Effect(lever.name, str(level), float(values.mean()), half, having.shape[1]))
    return effects


class VarianceShare(NamedTuple):
    """A share of the variance of single runs, and what explains it."""

    levers: tuple[str, ...]
    """A lever alone, or a pair beyond what its two do alone; none: what is left to chance and to what nobody knows."""
    share: float


@lru_cache(maxsize=32)
def shares_of_variance(findings: Findings, indicator: str) -> list[VarianceShare]:
    """How much of the variance of single runs each lever explains alone, each pair beyond that, and chance.

    By sums of squares: a term's share is what the fit of all main effects and pairs loses without it. Empty if nothing
    varies, or no run has a value.
    """
    by_plan = findings.runs.groupby("plan")[indicator]
    means, counts = by_plan.mean().dropna(), by_plan.count()
    if means.empty:
        return []
    values, weights = means.to_numpy(), counts.reindex(means.index).to_numpy(float)
    middle = float(np.average(values, weights=weights))
    between = float((weights * (values - middle) ** 2).sum())
    total = between + float(((counts - 1) * by_plan.var(ddof=1).fillna(0.0)).sum())
    if total <= 0.0:
        return []
    codes = {
        lever.name: levels_of(findings, lever).cat.codes.reindex(means.index).to_numpy(int) for lever in findings.levers
    }
    alone = {(name,): _dummies(code) for name, code in codes.items()}
    pairs = {pair: _dummies(codes[pair[0]] * MOST_LEVELS + codes[pair[1]]) for pair in itertools.combinations(codes, 2)}

    def explained(columns: Sequence[np.ndarray]) -> float:
        """Sum of squares between plans that a linear fit on dummy columns explains."""
        design = np.hstack([np.ones((len(values), 1)), *columns])
        scale = np.sqrt(weights)
        fitted = design @ np.linalg.lstsq(design * scale[:, None], values * scale, rcond=None)[0]
        return float((weights * (fitted - middle) ** 2).sum())

    additive = explained([*alone.values()])
    squares: dict[tuple[str, ...], float] = {
        term: additive - explained([columns for other, columns in alone.items() if other != term]) for term in alone
    }
    squares |= {pair: explained([*alone.values(), columns]) - additive for pair, columns in pairs.items()}
    # A fit is exact to rounding only.
    shares = [VarianceShare(levers, max(0.0, part / total)) for levers, part in squares.items()]
    return [*shares, VarianceShare((), 1.0 - between / total)]


def _dummies(codes: np.ndarray) -> np.ndarray:
    """(plans, levels) 1 where a plan stands at a level."""
    return (codes[:, None] == np.unique(codes)[None, :]).astype(float)


def strongest_pair(findings: Findings, indicator: str) -> tuple[str, str]:
    """The two levers whose interaction explains most; the first two where nothing varies."""
    pairs = [entry for entry in shares_of_variance(findings, indicator) if len(entry.levers) == 2]
    if not pairs:
        return findings.levers[0].name, findings.levers[1].name
    first, second = max(pairs, key=lambda entry: entry.share).levers
    return first, second


def pair_means(findings: Findings, indicator: str, first: str, second: str) -> pd.DataFrame:
    """Mean of an objective at every pair of levels of two levers; not a number where no run has a value."""
    by_name = {lever.name: lever for lever in findings.levers}
    frame = pd.DataFrame({
        "first": levels_of(findings, by_name[first]), "second": levels_of(findings, by_name[second]),
        "mean": findings.table(indicator).mean(),
    })  # fmt: skip
    means = frame.pivot_table(index="first", columns="second", values="mean", observed=False, dropna=False)
    return means.rename_axis(index=first, columns=second)


def frontier(points: np.ndarray, better: tuple[str, str]) -> np.ndarray:
    """(n,) True for points that no other is better than in both directions; `points` is (n, 2).

    A point that is undefined in either direction is not compared: it beats nothing, and is not on the frontier.
    """
    signed = points * np.array([1.0 if way == "high" else -1.0 for way in better])
    defined = ~np.isnan(signed).any(axis=1)
    beaten = np.array([
        any((other >= point).all() and (other > point).any() for other in signed[defined]) for point in signed
    ], dtype=bool)  # fmt: skip
    return np.asarray(defined & ~beaten)
