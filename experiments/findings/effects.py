"""What levers do: effects, shares of variance, pairs of levers, and the plans that no other beats.

Layer: experiments.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.findings.runs import Findings
from experiments.statistics.intervals import half_width
from experiments.studies.form import MOST_LEVELS, Lever

BINS = 4
"""A lever that takes any value is cut into so many equal parts."""


class Effect(NamedTuple):
    """The mean of an objective at one level of a lever, over all plans that have it."""

    lever: str
    level: str
    mean: float
    half: float
    plans_count: int


def levels_of(findings: Findings, lever: Lever) -> pd.Series:
    """The level at which each plan stands, in order; a range is cut into equal parts."""
    settings = findings.plans.set_index("plan")[lever.name]
    if lever.ranged:
        edges = np.linspace(float(settings.min()), float(settings.max()), BINS + 1)
        labels = [f"{_short(low)} – {_short(high)}" for low, high in itertools.pairwise(edges)]
        return pd.cut(settings.astype(float), edges, labels=labels, include_lowest=True)
    names = [level.name for level in lever.levels] or [_short(value) for value in lever.values]
    return pd.Series(pd.Categorical(settings.map(_short), categories=names), index=settings.index)


def _short(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def main_effects(findings: Findings, indicator: str) -> list[Effect]:
    """What each level of each lever comes to, with 95 % intervals over the replications.

    Only replications count in which all plans of the level were run: where some were dropped on the way, the mean of
    those that are left is another mean. A plan that always fails is in none.
    """
    table = findings.table(indicator).dropna(axis=1, how="all")
    effects = []
    for lever in findings.levers:
        levels = levels_of(findings, lever)
        for level in levels.cat.categories:
            having = table[table.columns.intersection(levels.index[levels == level])]
            if having.shape[1]:
                values = having.dropna().mean(axis=1)
                half = half_width(values.to_numpy(float))
                effects.append(Effect(lever.name, str(level), float(values.mean()), half, having.shape[1]))
    return effects


@lru_cache(maxsize=32)
def shares_of_variance(findings: Findings, indicator: str) -> list[tuple[str, float]]:
    """How much of the variance of single runs each lever explains alone, each pair beyond that, and chance.

    By sums of squares: a term's share is what the fit of all main effects and pairs loses without it.
    """
    by_plan = findings.runs.groupby("plan")[indicator]
    means, counts = by_plan.mean().dropna(), by_plan.count()
    values, weights = means.to_numpy(), counts.reindex(means.index).to_numpy(float)
    middle = float(np.average(values, weights=weights))
    between = float((weights * (values - middle) ** 2).sum())
    total = between + float(((counts - 1) * by_plan.var(ddof=1).fillna(0.0)).sum())
    if total <= 0.0:
        return []
    codes = {
        lever.name: levels_of(findings, lever).cat.codes.reindex(means.index).to_numpy(int) for lever in findings.levers
    }
    mains = {name: _dummies(code) for name, code in codes.items()}
    pairs = {f"{a} × {b}": _dummies(codes[a] * MOST_LEVELS + codes[b]) for a, b in itertools.combinations(codes, 2)}

    def explained(columns: Sequence[np.ndarray]) -> float:
        """Sum of squares between plans that a linear fit on dummy columns explains."""
        design = np.hstack([np.ones((len(values), 1)), *columns])
        scale = np.sqrt(weights)
        fitted = design @ np.linalg.lstsq(design * scale[:, None], values * scale, rcond=None)[0]
        return float((weights * (fitted - middle) ** 2).sum())

    additive = explained([*mains.values()])
    shares = [
        (name, additive - explained([columns for other, columns in mains.items() if other != name])) for name in mains
    ]
    shares += [(name, explained([*mains.values(), columns]) - additive) for name, columns in pairs.items()]
    shares = [(name, max(0.0, squares / total)) for name, squares in shares]  # a fit is exact to rounding only
    kind = "chance and what nobody knows" if len(findings.worlds) > 1 else "chance (the seed)"
    return [*shares, (kind, 1.0 - between / total)]


def _dummies(codes: np.ndarray) -> np.ndarray:
    return (codes[:, None] == np.unique(codes)[None, :]).astype(float)


def pair_means(findings: Findings, indicator: str, first: str, second: str) -> pd.DataFrame:
    """Mean of an objective at every pair of levels of two levers."""
    by_name = {lever.name: lever for lever in findings.levers}
    frame = pd.DataFrame({
        first: levels_of(findings, by_name[first]), second: levels_of(findings, by_name[second]),
        "mean": findings.table(indicator).mean(),
    })  # fmt: skip
    return frame.pivot_table(index=first, columns=second, values="mean", observed=False)


def frontier(points: np.ndarray, better: tuple[str, str]) -> np.ndarray:
    """(n,) True for points that no other is better than in both directions; `points` is (n, 2)."""
    signed = points * np.array([1.0 if way == "high" else -1.0 for way in better])
    return np.array([
        not any((other >= point).all() and (other > point).any() for other in signed) for point in signed
    ])  # fmt: skip
