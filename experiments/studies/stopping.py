"""How many replications are enough: a fixed number, until intervals are narrow, or until the best plan is safe.

Layer: experiments.  A rule sees values and decides; it keeps nothing in mind, so that a sweep that was cut
decides the same when it goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.intervals import half_width
from experiments.studies.form import Replications, StudyFile

GROWTH = 2.0
"""A round at most doubles a plan's replications: an early estimate of the spread may be far off."""

type Values = Mapping[str, Sequence[NDArray[np.float64]]]
"""Of each indicator, the values of each plan: one entry a replication, in order; the same entry, the same luck."""
type Rule = Callable[[StudyFile, Values], list[int]]


def enough(_file: StudyFile, values: Values) -> list[int]:
    """Fixed: what there is."""
    return _counts(values)


def until_narrow(file: StudyFile, values: Values) -> list[int]:
    """More of those plans whose 95 % intervals are wider than asked.

    Rule:   n · (half-width / wanted)², at most twice n and at most `at_most`.
    Source: the usual sequential rule; an interval that was stopped on covers a little less than it says.
    """
    wanted, rule = file.replications.widths, file.replications
    counts = _counts(values)
    for plan, count in enumerate(counts):
        ratio = max(half_width(values[name][plan]) / width for name, width in wanted.items())
        if ratio > 1.0:
            counts[plan] = _no_more(math.ceil(count * min(ratio**2, GROWTH)), rule)
    return counts


def until_ranking_is_safe(file: StudyFile, values: Values) -> list[int]:
    """More of those plans that may still be the best; a plan that is clearly worse than another is dropped.

    Rule:    plan i is dropped at r replications when another leads it by more than
             max(0, (h² S² / δ − δ r) / (2 r)), S² the variance of their paired differences in the first
             n₀ replications, h² = (n₀ − 1)((2 α / (k − 1))^(−2/(n₀ − 1)) − 1).
    Promise: the plan that is left is the best, or within δ (`indifference`) of it, with probability 1 − α
             (`error`) for normal differences, whatever common luck does to their correlation.
    Ties:    plans that come to the same in every replication stay together, and nothing more is run for them.
    Source:  Kim and Nelson (2001), procedure KN.
    """
    rule, objective = file.replications, file.objectives[0]
    sign = 1.0 if objective.better == "high" else -1.0
    outcomes = [sign * of_plan for of_plan in values[objective.indicator]]
    counts = _counts(values)
    alive = survivors(outcomes, rule)
    if all_the_same([outcomes[plan] for plan in alive]):
        return counts
    reached = max(counts)
    for plan in alive:
        counts[plan] = _no_more(reached + max(4, reached // 8), rule)
    return counts


def survivors(outcomes: Sequence[NDArray[np.float64]], rule: Replications) -> list[int]:
    """The plans that may still be the best; more is better. Those that have been run less were dropped before.

    A run that failed is an undefined value: it counts as run, and tells nothing. A plan without any defined value
    cannot be the best; two plans are compared where both are defined.
    """
    reached = max(len(of_plan) for of_plan in outcomes)
    alive = [plan for plan, of_plan in enumerate(outcomes) if len(of_plan) == reached and not np.isnan(of_plan).all()]
    kept = [
        plan for plan in alive
        if not any(_beaten(outcomes[plan], outcomes[other], len(outcomes), rule) for other in alive if other != plan)
    ]  # fmt: skip
    return kept or sorted(alive, key=lambda plan: -float(np.nanmean(outcomes[plan])))[:1]


def all_the_same(outcomes: Sequence[NDArray[np.float64]]) -> bool:
    """True if no replication tells these plans apart (one plan, or none, is told apart from nothing)."""
    return all(np.array_equal(outcomes[0], other, equal_nan=True) for other in outcomes[1:])


def _beaten(mine: NDArray[np.float64], other: NDArray[np.float64], plans: int, rule: Replications) -> bool:
    """True if a plan lies behind another by more than may be chance."""
    behind = other - mine
    early, behind = (some[~np.isnan(some)] for some in (behind[: rule.count], behind))
    if len(early) < 3:
        return False
    degrees = len(early) - 1
    h2 = degrees * ((2.0 * rule.error / max(1, plans - 1)) ** (-2.0 / degrees) - 1.0)
    return float(behind.mean()) > _lead(early, h2, rule.indifference or 0.0, len(behind))


def _lead(differences: NDArray[np.float64], h2: float, delta: float, count: int) -> float:
    """By how much a plan may lie behind another and still stay."""
    return max(0.0, (h2 * float(differences.var(ddof=1)) / delta - delta * count) / (2.0 * count))


class Verdict(NamedTuple):
    """Whether a stopping rule got what it goes on for, or ended at `at_most` without."""

    settled: bool
    survivors: tuple[int, ...] = ()
    """By `ranking`: the plans that may still be the best; several, and settled: they are the same in every one."""
    unmet: Mapping[str, float] = MappingProxyType({})
    """By `narrow`: of each indicator whose intervals are not all narrow enough, the half-width of the widest."""


def verdict(file: StudyFile, values: Values) -> Verdict | None:
    """How it stands after these values; None: the replications are fixed, and nothing is promised."""
    rule, objective = file.replications, file.objectives[0]
    if rule.rule == "ranking":
        sign = 1.0 if objective.better == "high" else -1.0
        outcomes = [sign * of_plan for of_plan in values[objective.indicator]]
        alive = survivors(outcomes, rule)
        return Verdict(bool(alive) and all_the_same([outcomes[plan] for plan in alive]), tuple(alive))
    if rule.rule == "narrow":
        widest = {name: max(map(half_width, values[name])) for name in rule.widths}
        unmet = {name: half for name, half in widest.items() if half > rule.widths[name]}
        return Verdict(not unmet, unmet=unmet)
    return None


def _counts(values: Values) -> list[int]:
    return [len(of_plan) for of_plan in next(iter(values.values()))]


def _no_more(count: int, rule: Replications) -> int:
    return min(count, rule.at_most or count)


STOPPING_RULES: dict[str, Rule] = {"fixed": enough, "narrow": until_narrow, "ranking": until_ranking_is_safe}
