"""The pilot that would tell two plans apart: how long, in how many communities, and with what chance.

Layer: experiments.  A pilot is simulated under the sets that the figures allow; what it would show is then set against
what is true under each set (the value of sample information by regression, after Strong et al. 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from experiments.running.engine import Engine
from experiments.running.jobs import EngineError, Job, Work, slim
from experiments.running.measures import Row
from experiments.running.provenance import identity
from experiments.sizing.cuts.neighbourhood import Floats, Ints
from experiments.sizing.plans import Plan, Question
from experiments.sizing.running import Advance
from sim.incidents import Level
from sim.indicators import INSPECTION_HOUR, YEAR_H
from sim.partition import bisect_into
from sim.run import Outcome

MONTH_H = 30 * 24.0
MONTHS = 24
"""So long each history is, from which pilots are taken."""
PHASES = (1, 2, 3, 6, 12)
"""Months of each of the two phases."""
COMMUNITIES = (1, 2, 4, 8)
HISTORIES = 8
"""Of each set, so many communities."""
DRAWN = 12
"""Pilots of each set that the regression learns from."""
TRIED = 600
"""Pilots by which each design is judged, of histories that nothing was learnt from."""
CHECKED = 200
"""Pilots by which the chosen design is checked."""
FURTHER = 100_000
"""The histories that pilots are tried on have seeds so far from those that are learnt from."""
INSPECTION_EFFORT = 1.5
SURE = 0.9
"""A pilot tells if one plan is the better one with so much probability."""
INDIFFERENT = 0.02
"""Plans whose problem-hours differ by less than this part are as good as each other."""
POWER = 0.8
WEEK_H = 7 * 24.0
INSPECTED = 3
"""Which of what is seen comes from inspections."""


class Records(StrEnum):
    """What is written down in a pilot."""

    BOOKS = "books"
    """What the city counts anyway: found, settled in the grid, solved within a week."""
    INSPECTED = "inspected"
    """And once a week somebody lists what stands, known or not."""


class Design(NamedTuple):
    """A pilot: two halves of each community, which change plans between two phases."""

    records: Records
    months: int
    """Of each phase."""
    communities: int


class Power(NamedTuple):
    """What a pilot can tell, over the sets and over chance."""

    design: Design
    right: float
    """Share of pilots that tell which plan is better, and are right; of those where it makes a difference."""
    wrong: float
    """Share of the same that tell, and are wrong."""
    narrowed: float
    """By what share the spread of what is thought of the difference becomes narrower."""


class Pilot(NamedTuple):
    """What the best pilot is, and what others can do."""

    first: int
    other: int
    """The plans."""
    before: float
    """Share of the sets under which the other plan leaves fewer problem-hours: what is known without a pilot."""
    apart_low: float
    apart_high: float
    """Between which nine tenths of the sets lie: problem-hours of the other plan over those of the first, less one."""
    alike: float
    """Share of the sets under which the plans are as good as each other."""
    chosen: Power | None
    """The shortest that tells often enough; None: none does."""
    powers: tuple[Power, ...]
    checked: Power | None
    """The chosen one, by pilots that nothing was learnt from; None: none is chosen."""


@dataclass(frozen=True)
class _Counted:
    """What is measured of a history: by month and half of the community."""

    half_of: tuple[int, ...]
    """(sites,)"""
    horizon_h: float
    """Problem-hours are counted as if the history ended there, as those that plans are chosen by."""

    def __call__(self, outcome: Outcome) -> Row:
        """Counts (kinds, months, halves), and problem-hours."""
        record = outcome.record
        half = np.array(self.half_of)[record.site]
        ended_h = np.fmin(np.fmin(record.remedied_h, record.gone_h), record.end_h)
        found = ~np.isnan(record.found_h)
        settled = found & ~np.isnan(record.closed_h) & (record.level == Level.GRID)
        soon = found & (record.closed_h - record.found_h <= WEEK_H)
        counts = [_by_month(record.found_h[which], half[which]) for which in (found, settled, soon)]
        return {
            "counts": np.stack([*counts, _standing(record.occurred_h, ended_h, half)]),
            "hours": float(np.maximum(0.0, np.minimum(ended_h, self.horizon_h) - record.occurred_h).sum()),
        }  # fmt: skip


def _by_month(when_h: Floats, half: Ints) -> Floats:
    month = np.minimum((when_h // MONTH_H).astype(int), MONTHS - 1)
    return np.bincount(month * 2 + half, minlength=2 * MONTHS).reshape(MONTHS, 2).astype(float)


def _standing(occurred_h: Floats, ended_h: Floats, half: Ints) -> Floats:
    """What an inspector finds standing, once a week at ten o'clock: (months, halves), summed over the weeks."""
    found = np.zeros((MONTHS, 2))
    for visit_h in np.arange(INSPECTION_HOUR, MONTHS * MONTH_H, WEEK_H):
        stands = (occurred_h <= visit_h) & (ended_h > visit_h)
        found[int(visit_h // MONTH_H)] += np.bincount(half[stands], minlength=2)
    return found


@dataclass(frozen=True)
class Histories:
    """Two plans in several communities under every set: what is counted, and what is true."""

    counts: Floats
    """(plans, sets, communities, kinds, months, halves)"""
    hours: Floats
    """(plans, sets, communities): problem-hours."""
    dearer_h: float = 0.0
    """What the other plan costs more in each history, in problem-hours."""

    @property
    def apart(self) -> Floats:
        """What is true under each set: the other plan's problem-hours, with its cost, over the first's, less one."""
        first, other = self.hours.mean(axis=2)
        return np.asarray((other + self.dearer_h) / np.maximum(first, 1e-9) - 1.0)


def design_pilot(
    question: Question, first: Plan, other: Plan, engine: Engine, seed: int, on_progress: Advance,
    names: tuple[int, int] = (0, 1), dearer_h: float = 0.0,
) -> Pilot:  # fmt: skip
    """The shortest pilot in the fewest communities that tells two plans apart often enough, and what others can do.

    `dearer_h` is what the other plan costs more a year, in problem-hours. Raises EngineError if a run fails.
    """
    half_of, both = halves(question), (first, other)
    total = 4 * len(question.sets()) * HISTORIES

    def told(done: int, _: int) -> None:
        on_progress(done, total)

    def told_further(done: int, _: int) -> None:
        on_progress(total // 2 + done, total)

    learnt = histories(question, both, half_of, engine, seed, told, dearer_h)
    fresh = histories(question, both, half_of, engine, seed + FURTHER, told_further, dearer_h)
    dice = np.random.default_rng(seed)
    designs = [Design(records, months, count) for records in Records for months in PHASES for count in COMMUNITIES]
    powers = tuple(power_of(design, learnt, fresh, dice, TRIED) for design in designs)
    enough = [power for power in powers if power.right >= POWER]
    chosen = min(enough, key=lambda power: _effort(power.design), default=None)
    checked = None if chosen is None else power_of(chosen.design, learnt, fresh, dice, CHECKED)
    apart = learnt.apart
    low, high = np.quantile(apart, [0.05, 0.95])
    return Pilot(
        *names, float((apart < 0.0).mean()), float(low), float(high), float((np.abs(apart) < INDIFFERENT).mean()),
        chosen, powers, checked,
    )  # fmt: skip


def _effort(design: Design) -> tuple[float, int]:
    """What a pilot takes: months in each community, with inspections half as many again; of equals the shorter."""
    inspected = INSPECTION_EFFORT if design.records is Records.INSPECTED else 1.0
    return design.months * design.communities * inspected, design.months


def halves(question: Question) -> tuple[int, ...]:
    """The half of each site: two parts with as many households, side by side."""
    sites = question.listed.sites
    weights = np.maximum([site.households for site in sites], 0.1)
    found = bisect_into(np.array([site.x_m for site in sites]), np.array([site.y_m for site in sites]), weights, 2)
    return tuple(int(half) for half in found)


def histories(
    question: Question, plans: tuple[Plan, Plan], half_of: tuple[int, ...], engine: Engine, seed: int,
    on_progress: Advance, dearer_h: float = 0.0,
) -> Histories:  # fmt: skip
    """Run both plans in several communities under every set, each community with a seed of its own, for two years.

    Raises EngineError if a run fails.
    """
    sets = question.sets()
    shape = (2, len(sets), HISTORIES)
    counts, hours = np.zeros((*shape, 4, MONTHS, 2)), np.zeros(shape)
    places = list(np.ndindex(shape))
    longer = {"period.days": int(MONTHS * MONTH_H / 24.0)}

    def job(number: int) -> Job:
        plan, turn, community = places[number]
        scenario = question.scenario(plans[plan], sets[turn], longer)
        return Job(str(number), slim(scenario), seed + turn * HISTORIES + community)

    measure = _Counted(half_of, question.wishes.days * 24.0)
    done = 0
    for batch in engine.run(map(job, range(len(places))), len(places), Work(identity(), measure=measure)):
        for row in batch:
            if row["error"]:
                raise EngineError(row["error"])
            place = places[int(row["key"])]
            counts[place], hours[place] = row["counts"], row["hours"]
        done += len(batch)
        on_progress(done, len(places))
    return Histories(counts, hours, dearer_h * question.wishes.days * 24.0 / YEAR_H)


# What a pilot tells -----------------------------------------------------------------------------------------------
def power_of(design: Design, learnt: Histories, tried: Histories, dice: np.random.Generator, pilots: int) -> Power:
    """How often so many pilots of a design tell, by what others, of other histories, have taught.

    Rule:    the true difference is regressed on what is seen; a pilot tells if the normal distribution about what it
             foretells has 90 % on one side of 0. Where the plans are as good as each other there is nothing to tell.
    Source:  Strong, Oakley, Brennan and Breeze 2015 (regression for the value of sample information).
    """
    shown, truth = _pilots(design, learnt, dice, DRAWN * learnt.hours.shape[1])
    weights, spread = _regressed(shown, truth)
    seen, true = _pilots(design, tried, dice, pilots)
    foretold = np.column_stack([np.ones(len(seen)), seen]) @ weights
    less = ndtr(-foretold / max(spread, 1e-9))
    says = np.where(less >= SURE, -1, np.where(less <= 1.0 - SURE, 1, 0))
    matters = np.abs(true) >= INDIFFERENT
    right, wrong = (float((says * np.sign(true) == sign)[matters].mean()) if matters.any() else 0.0 for sign in (1, -1))
    before = float(truth.std())
    return Power(design, right, wrong, 1.0 - spread / before if before else 0.0)


def _regressed(shown: Floats, truth: Floats) -> tuple[Floats, float]:
    """Least squares: weights with the constant first, and the spread that is left."""
    columns = np.column_stack([np.ones(len(shown)), shown])
    weights, *_ = np.linalg.lstsq(columns, truth, rcond=None)
    left = truth - columns @ weights
    return weights, float(math.sqrt((left**2).sum() / max(1, len(truth) - columns.shape[1])))


def _pilots(design: Design, of: Histories, dice: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Pilots by chance: what they show (pilots, kinds), and what is true where they are held (pilots,)."""
    sets, communities = of.hours.shape[1:]
    apart = of.apart
    shown, true = [], []
    for turn in dice.permutation(np.arange(count) % sets):
        held = dice.choice(communities, size=min(design.communities, communities), replace=False)
        start = int(dice.integers(0, MONTHS - 2 * design.months + 1))
        shown.append(_shown(design, of.counts[:, turn, held], start))
        true.append(apart[turn])
    return np.array(shown), np.array(true)


def _shown(design: Design, counts: Floats, start: int) -> Sequence[float]:
    """What a pilot shows: the other plan against the first; `counts` is (plans, communities, kinds, months, halves).

    In the first phase the first half has the first plan and the other half the other one; in the second they change.
    """
    middle, end = start + design.months, start + 2 * design.months
    first = counts[0, :, :, start:middle, 0].sum((0, 2)) + counts[0, :, :, middle:end, 1].sum((0, 2))
    other = counts[1, :, :, start:middle, 1].sum((0, 2)) + counts[1, :, :, middle:end, 0].sum((0, 2))
    seen = [
        math.log((other[0] + 0.5) / (first[0] + 0.5)),
        *((other[kind] / max(other[0], 1.0)) - (first[kind] / max(first[0], 1.0)) for kind in (1, 2)),
    ]
    if design.records is Records.INSPECTED:
        seen.append(math.log((other[INSPECTED] + 0.5) / (first[INSPECTED] + 0.5)))
    return seen
