"""Which plan answers the planner's wish, how surely, what comes next, and what the figures cannot tell.

Layer: experiments.  Kinds and numbers, no sentences.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from experiments.sizing.cuts.neighbourhood import Floats
from experiments.sizing.running import REMEDIED, UNSEEN, Runs, affordable
from experiments.statistics.resting import FEWEST, Carrier, carriers

PRICES_YUAN = (0.01, 1_000.0)
"""Between which a problem-hour may be worth anything."""
ROUNDING = 1e-9
ABOUT = 0.1
"""A probability is about as large as another if it is no further below it: three standard errors of eighty sets."""
AS_NEAR = 0.05
"""Plans that miss the targets by no more than this part of their bounds above the least are equally near."""
SURE = 0.9
"""One plan is told from another if it fares better under so large a share of the sets."""


class Ground(StrEnum):
    """Why a plan is recommended."""

    TARGETS = "targets"
    """Of those that meet the targets with the probability that is wished, it has the fewest people."""
    NEAREST = "nearest"
    """No plan meets them so surely; this one comes nearest with the fewest people."""
    PRICE = "price"
    """It costs least, problem-hours counted at the price that is given."""
    BUDGET = "budget"
    """It leaves the fewest problem-hours of those that the budget allows."""
    OVER_BUDGET = "over_budget"
    """The budget allows no plan; this one costs least."""
    TODAY = "today"
    """It leaves the fewest problem-hours of those that cost no more than today's."""
    FRONTIER = "frontier"
    """It is right over the widest range of prices of a problem-hour."""


class Step(NamedTuple):
    """A plan of the frontier, and at which prices of a problem-hour it is the right one."""

    plan: int
    from_yuan: float
    to_yuan: float
    """Infinite at the dear end."""


class Standing(NamedTuple):
    """A plan in numbers: means over the sets, and between which nine tenths of them lie."""

    plan: int
    probability: float
    """Of meeting all targets; 1 where there are none."""
    hours: float
    """Problem-hours a year."""
    hours_low: float
    hours_high: float
    remedied: float
    unseen: float
    cost_yuan: float
    people: float
    shortfall: float
    """Mean part of the targets' bounds by which they are missed."""


class Miss(NamedTuple):
    """How the recommended plan stands to a target."""

    share: float
    """Of the sets under which it is missed."""
    within_reach: float
    """The bound that it meets with the probability that is wished."""


class Rival(NamedTuple):
    """A plan against the recommended one, under the same sets."""

    plan: int
    better_share: float
    """Share of the sets under which it leaves fewer problem-hours than the recommended one, or fewer with its cost."""
    hours_more: float
    """Problem-hours a year that it leaves more, on average."""
    cost_more_yuan: float
    people_more: float
    probability_more: float
    worth_knowing_h: float = 0.0
    """Problem-hours a year that knowing which of the two is better would save on average, cost counted."""


class Choice(NamedTuple):
    """What is recommended, and what stands beside it."""

    ground: Ground
    standing: Standing
    runner_up: Rival | None
    frontier: tuple[Step, ...]
    """By cost; of plans that the budget allows, or of all if it allows none."""
    missed: tuple[Miss, ...]
    """Of each target."""
    hinges: tuple[Carrier, ...]
    """What nobody knows on which the difference to the runner-up hangs most."""


def choose(runs: Runs) -> Choice:
    """The plan that answers the wish; of equals the one with fewer problem-hours, then the one that is named first."""
    ground, order = ranked(runs)
    best = order[0]
    second = order[1] if len(order) > 1 else None
    return Choice(
        ground, standing(runs, best), None if second is None else rival(runs, best, second), frontier(runs),
        _missed(runs, best), () if second is None else hinges(runs, best, second),
    )  # fmt: skip


def ranked(runs: Runs) -> tuple[Ground, list[int]]:
    """Why plans are ordered so, and the plans from the best on; only those that may be recommended.

    Today's plan is among them like any other, if the planner has told its people.
    """
    wishes = runs.question.wishes
    whole = [plan for plan in range(len(runs.question.plans)) if runs.done[plan].all()]
    within = affordable(runs)
    allowed = [plan for plan in whole if within[plan]]
    hours = runs.expected_hours
    if not allowed:
        return Ground.OVER_BUDGET, _by(whole, runs.cost, hours)
    if wishes.targets:
        chance = probability(runs)
        meeting = [plan for plan in allowed if chance[plan] >= wishes.probability - ROUNDING]
        if not meeting:
            short = reached_shortfall(runs)
            farther = short > np.nanmin(short[allowed]) + AS_NEAR
            return Ground.NEAREST, _by(allowed, farther, runs.people, hours)
        if not wishes.price_of_a_problem_hour_yuan:
            return Ground.TARGETS, _by(meeting, runs.people, hours)
        allowed = meeting
    if price := wishes.price_of_a_problem_hour_yuan:
        return Ground.PRICE, _by(allowed, runs.cost + price * hours, hours)
    if wishes.budget_yuan_per_year is not None:
        return Ground.BUDGET, _by(allowed, hours, runs.cost)
    if (now := todays(runs)) is not None:
        no_dearer = [plan for plan in allowed if runs.cost[plan] <= runs.cost[now]]
        return Ground.TODAY, _by(no_dearer, hours, runs.cost)
    widest = sorted(frontier(runs), key=lambda step: -_width(step))
    others = [plan for plan in _by(allowed, hours) if plan not in [step.plan for step in widest]]
    return Ground.FRONTIER, [*(step.plan for step in widest), *others]


def _by(plans: Sequence[int], *keys: Floats | np.ndarray) -> list[int]:
    """Plans by several values, the first one first; of equal plans the earlier."""
    return sorted(plans, key=lambda plan: [*(round(float(key[plan]), 6) for key in keys), plan])


def todays(runs: Runs) -> int | None:
    """The plan of today; None: the planner has not told it."""
    return next((number for number, plan in enumerate(runs.question.plans) if plan.today), None)


def probability(runs: Runs) -> Floats:
    """The share of sets under which all targets are met: (plans,)."""
    return np.asarray(runs.met().sum(axis=1) / np.maximum(1, runs.done.sum(axis=1)), dtype=np.float64)


def reached_shortfall(runs: Runs) -> Floats:
    """By what part of their bounds the targets are missed at most, with the probability that is wished: (plans,)."""
    total = np.where(runs.done, np.sum(list(runs.shortfalls()), axis=0), np.nan)
    return np.asarray(np.nanquantile(total, runs.question.wishes.probability, axis=1, method="inverted_cdf"))


def within_reach(runs: Runs, plan: int) -> tuple[float, ...]:
    """Of each target, the bound that a plan meets with the probability that is wished; NaN where it is undefined."""
    wishes, done = runs.question.wishes, runs.done[plan]
    return tuple(
        float(np.nanquantile(
            runs.values[target.key][plan, done],
            wishes.probability if target.at_least is None else 1.0 - wishes.probability,
            method="inverted_cdf",
        )) for target in wishes.targets
    )  # fmt: skip


def standing(runs: Runs, plan: int, of_sets: np.ndarray | None = None) -> Standing:
    """A plan in numbers, over all sets or some of them."""
    chosen = runs.done[plan] if of_sets is None else runs.done[plan] & of_sets
    hours = runs.hours_a_year[plan, chosen]
    mean = float(runs.expected_hours[plan] if of_sets is None else np.nanmean(hours))
    low, high = np.nanquantile(hours, [0.05, 0.95])
    short = np.sum(list(runs.shortfalls()), axis=0)[plan, chosen]
    return Standing(
        plan, float(runs.met()[plan, chosen].mean()), mean, float(low), float(high),
        _mean(runs.values[REMEDIED][plan, chosen]), _mean(runs.values[UNSEEN][plan, chosen]),
        float(runs.cost[plan]), float(runs.people[plan]), float(short.mean()),
    )  # fmt: skip


def _mean(values: Floats) -> float:
    """Of what is defined; not a number of nothing."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def rival(runs: Runs, best: int, other: int) -> Rival:
    """A plan against another, under the sets that both were run under."""
    both = runs.done[best] & runs.done[other]
    apart = (runs.hours_a_year[other] - runs.hours_a_year[best])[both]
    chance = probability(runs)
    return Rival(
        other, float((apart < 0.0).mean() + 0.5 * (apart == 0.0).mean()), float(apart.mean()),
        float(runs.cost[other] - runs.cost[best]), float(runs.people[other] - runs.people[best]),
        float(chance[other] - chance[best]),
    )  # fmt: skip


def frontier(runs: Runs) -> tuple[Step, ...]:
    """The plans that are right at some price of a problem-hour, from the cheapest on, each with its prices.

    Rule:    the lower convex hull of problem-hours a year over cost; between two neighbours of it the price is the
             difference of cost over that of hours.
    """
    hours, within = runs.expected_hours, affordable(runs)
    plans = np.flatnonzero(within | ~within.any()).tolist()
    hull: list[int] = []
    for plan in _by(plans, runs.cost, hours):
        if hull and hours[plan] >= hours[hull[-1]]:
            continue
        while len(hull) > 1 and _price(runs, hours, hull[-1], plan) <= _price(runs, hours, hull[-2], hull[-1]):
            hull.pop()
        hull.append(plan)
    prices = [0.0, *(_price(runs, hours, *pair) for pair in pairwise(hull)), float("inf")]
    return tuple(Step(plan, prices[place], prices[place + 1]) for place, plan in enumerate(hull))


def _price(runs: Runs, hours: Floats, cheap: int, dear: int) -> float:
    """Yuan for each problem-hour that the dearer plan saves."""
    return float((runs.cost[dear] - runs.cost[cheap]) / (hours[cheap] - hours[dear]))


def _width(step: Step) -> float:
    """How wide its range of prices is, of those that are thought of, as a ratio."""
    return _bounded(step.to_yuan) / _bounded(step.from_yuan)


def price_at(runs: Runs, plan: int) -> float:
    """The price of a problem-hour at which a plan is right, or would be most nearly: yuan.

    Rule:    the price that is given; otherwise the geometric middle of its range on the frontier, or of the range of
             the first plan there that costs as much.
    """
    if price := runs.question.wishes.price_of_a_problem_hour_yuan:
        return price
    steps = frontier(runs)
    step = next((step for step in steps if step.plan == plan), None) or next(
        (step for step in steps if runs.cost[step.plan] >= runs.cost[plan]), steps[-1]
    )
    return math.sqrt(_bounded(step.from_yuan) * _bounded(step.to_yuan))


def _bounded(price: float) -> float:
    return min(max(price, PRICES_YUAN[0]), PRICES_YUAN[1])


def near_rivals(runs: Runs, best: int) -> list[int]:
    """Of each other number of grids the plan with the least problem-hours and cost together, cost by `price_at`.

    Only of those that the budget allows, and that meet the targets about as surely as is wished if the recommended
    plan does; volunteers and rule are the recommended plan's.
    """
    question = runs.question
    plan = question.plans[best]
    total = runs.expected_hours + runs.cost / price_at(runs, best)
    chance, wished, within = probability(runs), question.wishes.probability, affordable(runs)
    least = wished - ABOUT if chance[best] >= wished - ROUNDING else 0.0
    alike = [
        number for number, other in enumerate(question.plans)
        if (other.members_count, other.escalation, other.today) == (plan.members_count, plan.escalation, False)
        and within[number] and chance[number] >= least
        and question.grids_count(other) != question.grids_count(plan)
    ]  # fmt: skip
    counts = sorted({question.grids_count(question.plans[number]) for number in alike})
    return [
        _by([number for number in alike if question.grids_count(question.plans[number]) == count], total)[0]
        for count in counts
    ]


def untold(runs: Runs, best: int, hours: Mapping[int, Floats]) -> tuple[Rival, ...]:
    """The rivals that fare better under some sets and worse under others, cost counted by `price_at`.

    `hours` has for each rival and for the recommended plan problem-hours a year, (sets,).
    """
    price = price_at(runs, best)
    found = []
    for other in sorted(set(hours) - {best}):
        apart = hours[other] - hours[best] + (runs.cost[other] - runs.cost[best]) / price
        better = float((apart < 0.0).mean() + 0.5 * (apart == 0.0).mean())
        if 1.0 - SURE < better < SURE:
            worth = float(np.maximum(0.0, -apart).mean())
            found.append(rival(runs, best, other)._replace(better_share=better, worth_knowing_h=worth))
    return tuple(found)


def hinges(runs: Runs, best: int, other: int) -> tuple[Carrier, ...]:
    """What nobody knows on which the difference of two plans hangs; if on nothing, what problem-hours hang on."""
    both = runs.done[best] & runs.done[other]
    apart = (runs.hours_a_year[other] - runs.hours_a_year[best])[both]
    sets = [values for values, run in zip(runs.question.sets(), both, strict=True) if run]
    numbers = [_numbers(values, runs.question.changes(runs.question.plans[best])) for values in sets]
    if len(sets) < FEWEST or not numbers[0]:
        return ()
    return carriers(apart, numbers) or carriers(runs.hours_a_year[best][both], numbers)


def _numbers(values: Mapping[str, Any], decided: Mapping[str, Any]) -> dict[str, float]:
    """What of a set is a number, and not decided by the plan."""
    return {
        path: float(value) for path, value in values.items()
        if path not in decided and isinstance(value, (int, float)) and not isinstance(value, bool)
    }  # fmt: skip


def _missed(runs: Runs, plan: int) -> tuple[Miss, ...]:
    _, *each = runs.shortfalls()
    done = runs.done[plan]
    shares = [float((short[plan, done] > 0.0).mean()) for short in each]
    return tuple(map(Miss, shares, within_reach(runs, plan)))
