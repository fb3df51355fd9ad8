"""What a further solved incident must be worth, and when equipment pays back.

Layer: experiments.  Functions of runs and scenarios; only `run_together` runs anything.  Intervals are 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.economics.costs import NEEDED, SEED, WEAR, WORLD, Basis, Estimate, _checked, estimate
from experiments.running.engine import Engine, engine
from experiments.running.interrupts import Interrupts
from experiments.running.jobs import EngineError, Job, Work, slim
from experiments.running.measures import Row, incidents_digest
from experiments.running.provenance import identity
from experiments.statistics.intervals import Numbers, quantile
from languages.speaking import say
from scenarios.loading import Scenario
from sim.run import Outcome

INCIDENTS = "incidents"
"""A column that is equal for runs that meet equal incidents."""
HOURS = "found_to_closed_mean_h"
"""The hours that are avoided: from finding to the end, of what is solved."""


@dataclass(frozen=True)
class Benefit:
    """What good is worth: assumptions of the caller, so neither has a default."""

    yuan_per_solved: float
    """For each further incident solved."""
    yuan_per_hour: float
    """For each hour by which what is solved either way is solved sooner."""

    def __post_init__(self) -> None:
        """Raise ValueError if a value is negative or no number."""
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(say("{name} = {value} must be a number of 0 or more", name=name, value=value))


class Verdict(StrEnum):
    """Whether a plan is worth its extra cost, by what a further solved incident is worth."""

    CANNOT_BE_BOUNDED = "cannot_be_bounded"
    """The number of solved incidents does not clearly differ."""
    ALWAYS = "always"
    """It solves more and surely costs no more."""
    ALWAYS_AT_THE_MEAN = "always_at_the_mean"
    """It solves more and costs no more at the mean, but may cost more."""
    ABOVE = "above"
    """It solves more and costs more: worth it above the break-even value."""
    BELOW = "below"
    """It solves fewer and costs less: worth it below the break-even value."""
    NEVER = "never"
    """It solves fewer and surely costs no less."""
    NEVER_AT_THE_MEAN = "never_at_the_mean"
    """It solves fewer and costs no less at the mean, but may cost less."""


class BreakEven(NamedTuple):
    """Yuan that a further solved incident must be worth; needs no assumption about benefits."""

    yuan: float | None
    lo: float | None
    hi: float | None
    """Fieller's interval of the ratio over pairs; over worlds, where one more world would fall. None: unbounded."""
    verdict: Verdict
    cost: Estimate
    """Of the extra cost, yuan a year."""


class Return(StrEnum):
    """Whether an investment comes back."""

    UNKNOWN = "unknown"
    """In no pair were incidents solved under both scenarios."""
    NOTHING_INVESTED = "nothing_invested"
    NEVER = "never"
    BY_ONE_PAIR = "by_one_pair"
    """It does, by the only pair there is: without interval."""
    MAYBE_NEVER = "maybe_never"
    """The net benefit may be 0 or less."""
    SURELY = "surely"


class Payback(NamedTuple):
    """When an investment has come back, undiscounted."""

    investment_yuan: float
    life_years: float
    net_yuan_per_year: Estimate
    """Benefit less extra running cost, without the wear of the equipment."""
    years: float | None
    years_lo: float | None
    years_hi: float | None
    """None beside years_lo: open-ended, it may never come back."""
    verdict: Return


def run_together(
    scenarios: Sequence[Scenario | Sequence[Scenario]],
    seeds: Sequence[int],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    start: Callable[[], AbstractContextManager[Engine]] = engine,
) -> tuple[list[pd.DataFrame], bool]:
    """Run all scenarios with every seed; a table of indicators each, a row a seed, and whether Ctrl-C ended it early.

    In place of a scenario may stand one for each seed, itself under a set of an ensemble: each is a `world` then.
    A column `incidents` tells whether two runs met the same ones. A seed counts when every scenario has
    finished with it and with all seeds before it, so that pairs stay pairs. `start` makes the engine that runs them.
    Raises EngineError, a ValueError, if a run fails.
    """
    jobs = [
        Job(f"{number} {turn}", slim(_under(scenario, turn)), seed)
        for turn, seed in enumerate(seeds) for number, scenario in enumerate(scenarios)
    ]  # fmt: skip
    rows: dict[tuple[int, int], Row] = {}
    """By number of the scenario and turn of the seed."""
    interrupted = False
    try:
        with Interrupts() as interrupts, start() as workers:
            for batch in workers.run(iter(jobs), len(jobs), Work(identity(), measure=_incidents)):
                interrupts.heed()
                for row in batch:
                    if row["error"]:
                        raise EngineError(row["error"])
                    number, turn = map(int, row["key"].split())
                    rows[number, turn] = row
                on_progress(len(rows), len(jobs))
    except KeyboardInterrupt:
        interrupted = True
    numbers = range(len(scenarios))
    whole = list(takewhile(lambda turn: all((number, turn) in rows for number in numbers), range(len(seeds))))
    index = pd.Index([seeds[turn] for turn in whole], name=SEED)
    tables = [
        pd.DataFrame([_told(scenarios[number], turn, rows[number, turn]) for turn in whole], index=index)
        for number in numbers
    ]
    return tables, interrupted


def _under(scenario: Scenario | Sequence[Scenario], turn: int) -> Scenario:
    return scenario if isinstance(scenario, Scenario) else scenario[turn]


def _incidents(outcome: Outcome) -> Row:
    return {INCIDENTS: incidents_digest(outcome)}


def _told(scenario: Scenario | Sequence[Scenario], turn: int, row: Row) -> dict[str, Any]:
    """A row of the table: what a run came to, and in which world."""
    told = {**row["indicators"], INCIDENTS: row[INCIDENTS]}
    if isinstance(scenario, Scenario):
        return told
    costs = scenario[turn].parameters.costs
    return {**told, WORLD: turn, WEAR: costs.equipment_yuan / costs.equipment_life_years}


def paired(
    runs: pd.DataFrame, without: pd.DataFrame, basis: Basis, basis_without: Basis, investment_yuan: float | None = None
) -> pd.DataFrame:
    """Set a scenario against another on the same seeds: a row a pair (a world, where there are worlds), all per year.

    Columns: extra_running_yuan (without wear), extra_cost_yuan (with it), extra_solved, avoided_h (hours by which
    what is solved without is solved sooner). `investment_yuan` is what the first has invested beyond the second;
    None: as the scenarios say. Pairs share world and seed: columns of that name, or the index. A column
    `depreciation_yuan_per_year` is used where worlds differ in it.
    Raises ValueError if a column is missing or no pair is left.
    """
    first, other = (_keyed(_checked(table, (*NEEDED[:2], HOURS))) for table in (runs, without))
    both = first.index.intersection(other.index)
    if not len(both):
        raise ValueError(say("runs: no seed has finished under both scenarios, so nothing can be paired"))
    first, other = first.loc[both], other.loc[both]
    wear, other_wear = _wear(first, basis), _wear(other, basis_without)
    running = first["cost_yuan"] / basis.years - wear - (other["cost_yuan"] / basis_without.years - other_wear)
    extra_wear = wear - other_wear if investment_yuan is None else investment_yuan / basis.life_years
    solved = other["solved_count"] / basis_without.years
    pairs = pd.DataFrame(
        {
            "extra_running_yuan": running,
            "extra_cost_yuan": running + extra_wear,
            "extra_solved": first["solved_count"] / basis.years - solved,
            "avoided_h": (other[HOURS] - first[HOURS]) * solved,
        }
    )
    return pairs.groupby(level=WORLD).mean() if WORLD in pairs.index.names else pairs


def extras(pairs: pd.DataFrame) -> dict[str, Estimate]:
    """Each column of `paired` with its interval; yuan, incidents and hours a year."""
    return {str(name): estimate(pairs[name].to_numpy(dtype=float), _over(pairs)) for name in pairs.columns}


def break_even(pairs: pd.DataFrame) -> BreakEven:
    """Extra cost over extra solved incidents, yuan per incident: above it the plan is worth its cost."""
    cost, solved = (pairs[name].to_numpy(dtype=float) for name in ("extra_cost_yuan", "extra_solved"))
    extra, known = estimate(cost, _over(pairs)), estimate(solved, _over(pairs))
    mean_cost, mean_solved = float(cost.mean()), float(solved.mean())
    if mean_solved == 0.0 or (known.lo is not None and known.hi is not None and known.lo <= 0.0 <= known.hi):
        yuan = mean_cost / mean_solved if mean_solved else None
        return BreakEven(yuan, None, None, Verdict.CANNOT_BE_BOUNDED, extra)
    lo, hi = _ratio_interval(cost, solved, known)
    return BreakEven(mean_cost / mean_solved, lo, hi, _verdict(extra, mean_solved), extra)


def _verdict(cost: Estimate, solved: float) -> Verdict:
    """A plan is surely cheaper, or surely dearer, only where the whole interval of the extra cost is."""
    mean = cost.mean or 0.0
    if solved > 0.0 >= mean:
        return Verdict.ALWAYS if cost.hi is None or cost.hi <= 0.0 else Verdict.ALWAYS_AT_THE_MEAN
    if solved > 0.0:
        return Verdict.ABOVE
    if mean < 0.0:
        return Verdict.BELOW
    return Verdict.NEVER if cost.lo is None or cost.lo >= 0.0 else Verdict.NEVER_AT_THE_MEAN


def fieller(top: Numbers, bottom: Numbers) -> tuple[float, float] | None:
    """Fieller's 95 % interval of mean(top) / mean(bottom) over pairs; None if fewer than two, or unbounded."""
    count = len(top)
    if count < 2:
        return None
    covariance, square = np.cov(top, bottom) / count, quantile(count) ** 2
    a, b = float(top.mean()), float(bottom.mean())
    two = b * b - square * float(covariance[1, 1])
    one = a * b - square * float(covariance[0, 1])
    none = a * a - square * float(covariance[0, 0])
    if two <= 0.0:
        return None
    root = math.sqrt(max(0.0, one * one - two * none))
    return (one - root) / two, (one + root) / two


def payback(pairs: pd.DataFrame, investment_yuan: float, life_years: float, benefit: Benefit) -> Payback:
    """Years until benefit less extra running cost has brought the investment (yuan) back; nothing is discounted.

    The interval is that of the net benefit turned over; where the net benefit may be 0 or less it has no end.
    """
    gain = benefit.yuan_per_solved * pairs["extra_solved"]
    if benefit.yuan_per_hour:
        gain = gain + benefit.yuan_per_hour * pairs["avoided_h"]
    net = estimate((gain - pairs["extra_running_yuan"]).to_numpy(dtype=float), _over(pairs))
    if net.mean is None:
        return Payback(investment_yuan, life_years, net, None, None, None, Return.UNKNOWN)
    if investment_yuan <= 0.0:
        return Payback(investment_yuan, life_years, net, None, None, None, Return.NOTHING_INVESTED)
    years = investment_yuan / net.mean if net.mean > 0.0 else None
    lo, hi = (investment_yuan / end if end is not None and end > 0.0 else None for end in (net.hi, net.lo))
    return Payback(investment_yuan, life_years, net, years, lo, hi, _returned(net, years, lo, hi))


def _returned(net: Estimate, years: float | None, lo: float | None, hi: float | None) -> Return:
    if years is None and lo is None:
        return Return.NEVER
    if net.lo is None:
        return Return.BY_ONE_PAIR
    return Return.MAYBE_NEVER if hi is None else Return.SURELY


def investment_between(basis: Basis, without: Basis, given_yuan: float | None) -> float:
    """What the first scenario has invested beyond the second, yuan, unless it is given."""
    return basis.investment_yuan - without.investment_yuan if given_yuan is None else given_yuan


def _ratio_interval(cost: Numbers, solved: Numbers, known: Estimate) -> tuple[float | None, float | None]:
    """Fieller's over pairs; over worlds that of one more world, unless a world solves nothing more.

    Where every world's ratio is positive so is the interval: it is that of the ratios' logarithms.
    """
    if known.over != "worlds":
        return fieller(cost, solved) or (None, None)
    if (np.sign(solved) != np.sign(solved[0])).any():
        return None, None
    ratios = cost / solved
    if (ratios > 0.0).all():
        logs = estimate(np.log(ratios), known.over)
        return (None, None) if logs.lo is None or logs.hi is None else (math.exp(logs.lo), math.exp(logs.hi))
    of_ratios = estimate(ratios, known.over)
    return of_ratios.lo, of_ratios.hi


def _keyed(runs: pd.DataFrame) -> pd.DataFrame:
    """Indexed by what pairs runs: world and seed, as far as there are such columns; otherwise as it is."""
    keys = [name for name in (WORLD, SEED) if name in runs]
    runs = runs.set_index(keys, append=SEED not in runs) if keys else runs
    if runs.index.has_duplicates:
        raise ValueError(
            say("runs: {seed} stands there twice, so pairs are not known", seed=runs.index[runs.index.duplicated()][0])
        )
    return runs


def _wear(runs: pd.DataFrame, basis: Basis) -> pd.Series:
    return runs[WEAR] if WEAR in runs else pd.Series(basis.wear_yuan_per_year, index=runs.index)


def _over(pairs: pd.DataFrame) -> str:
    return "worlds" if pairs.index.name == WORLD else "pairs"
