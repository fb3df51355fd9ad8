"""Running plans under the sets of what nobody knows: every plan meets the same incidents, and what cannot win is left.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from experiments.running.engine import Engine
from experiments.running.jobs import EngineError, Job, Work, slim
from experiments.running.measures import Row
from experiments.running.provenance import identity
from experiments.sizing.kept import Kept, Values
from experiments.sizing.neighbourhood import Floats
from experiments.sizing.plans import Question
from experiments.sizing.wishes import SOLVED_WITHIN, Target, Wishes
from scenarios.loading import Scenario
from sim.indicators import INDICATORS, YEAR_H
from sim.run import Outcome

HOURS, REMEDIED, UNSEEN, OCCURRED, COST, PEOPLE = (
    "problem_hours", "remedied_share_of_occurred", "unseen_share", "occurred_count", "cost_yuan_per_year",
    "employed_count",
)  # fmt: skip
ROUND = 16
"""Sets in one round: after each it is asked which plans can still be recommended, and what is known is kept."""

type Advance = Callable[[int, int], None]


@dataclass(eq=False)
class Runs:
    """What has been run of the plans of a question."""

    question: Question
    values: dict[str, Floats]
    """Of each indicator and target (plans, sets); NaN where a plan was not run, or the value is undefined."""
    done: np.ndarray = field(repr=False)
    """(plans, sets): whether a plan was run under a set."""

    @property
    def hours_a_year(self) -> Floats:
        """Problem-hours by the year: (plans, sets)."""
        return self.values[HOURS] * YEAR_H / (self.question.wishes.days * 24.0)

    @property
    def cost(self) -> Floats:
        """Yuan a year, which no luck changes: (plans,)."""
        return np.nanmax(self.values[COST], axis=1)

    @property
    def people(self) -> Floats:
        """Employed so that all posts and offices are manned, leave included: (plans,)."""
        return np.nanmax(self.values[PEOPLE], axis=1)

    def met(self) -> np.ndarray:
        """Whether all targets are met: (plans, sets); False where a plan was not run."""
        return np.all([missed == 0.0 for missed in self.shortfalls()], axis=0) & self.done

    def shortfalls(self) -> Iterator[Floats]:
        """First zeros, then of each target by what part of its bound it is missed: (plans, sets)."""
        yield np.zeros(self.done.shape)
        for target in self.question.wishes.targets:
            yield target.shortfall(self.values[target.key])

    def take(self, plan: int, turn: int, values: Values) -> None:
        """Put away what a run came to."""
        for name, column in self.values.items():
            column[plan, turn] = values[name]
        self.done[plan, turn] = True


class Run(NamedTuple):
    """One run that is wanted."""

    scenario: Scenario
    seed: int


def run_plans(question: Question, engine: Engine, seed: int, kept: Kept, on_progress: Advance) -> Runs:
    """Run every plan under every set, but no plan further than the answer can depend on it.

    Rule:    a plan is dropped when it has missed its targets under so many sets that it cannot meet them with the
             probability that is wished, and another one certainly does; so the answer is the same as if all had run.
    Raises EngineError if a run fails, StorageError if what is known cannot be kept.
    """
    plans, sets = question.plans, question.sets()
    shape = (len(plans), len(sets))
    names = [*INDICATORS, *(target.key for target in question.wishes.targets if target.key not in INDICATORS)]
    runs = Runs(question, {name: np.full(shape, np.nan) for name in names}, np.zeros(shape, dtype=bool))
    alive = list(range(len(plans)))
    for first in range(0, len(sets), ROUND):
        pairs = [(plan, turn) for turn in range(first, min(first + ROUND, len(sets))) for plan in alive]
        before, whole = int(runs.done.sum()), int(runs.done.sum()) + len(alive) * (len(sets) - first)
        wanted = [Run(question.scenario(plans[plan], sets[turn]), seed + turn) for plan, turn in pairs]

        def told(done: int, _: int, before: int = before, whole: int = whole) -> None:
            on_progress(before + done, whole)

        for (plan, turn), values in zip(pairs, values_of(wanted, question.wishes, engine, kept, told), strict=True):
            runs.take(plan, turn, values)
        kept.write()
        alive = still_possible(runs, alive)
    return runs


def values_of(
    wanted: Sequence[Run], wishes: Wishes, engine: Engine, kept: Kept, on_progress: Advance
) -> list[Values]:
    """The indicators and targets of runs, in their order; only those that are not known yet are run.

    Raises EngineError if a run fails; what has finished before a Ctrl-C is kept.
    """
    measure = Solved(tuple(wishes.targets))
    names = {*INDICATORS, *(target.key for target in wishes.targets)}
    unknown = [number for number, run in enumerate(wanted) if kept.of(run.scenario.hash, run.seed, names) is None]
    jobs = (Job(str(number), slim(wanted[number].scenario), wanted[number].seed) for number in unknown)
    done = len(wanted) - len(unknown)
    on_progress(done, len(wanted))
    try:
        for batch in engine.run(jobs, len(unknown), Work(identity(), measure=measure)):
            for row in batch:
                if row["error"]:
                    raise EngineError(row["error"])
                run = wanted[int(row["key"])]
                kept.put(run.scenario.hash, run.seed, {**row["indicators"], **row["targets"]})
            done += len(batch)
            on_progress(done, len(wanted))
    except KeyboardInterrupt:
        kept.write()
        raise
    return [kept.of(run.scenario.hash, run.seed, names) or {} for run in wanted]


@dataclass(frozen=True)
class Solved:
    """What is measured of an outcome for the targets that are no indicators."""

    targets: tuple[Target, ...]

    def __call__(self, outcome: Outcome) -> Row:
        return {
            "targets": {
                target.key: solved_within(outcome, target.days)
                for target in self.targets if target.indicator == SOLVED_WITHIN and target.days
            }
        }  # fmt: skip


def solved_within(outcome: Outcome, days: float) -> float:
    """Of what was found so long before the end that it can be told, the share solved within some days; NaN of nothing.

    Rule:    closed_h − found_h ≤ 24 · days, of those with found_h ≤ end_h − 24 · days.
    """
    record, hours = outcome.record, 24.0 * days
    told = record.found_h <= record.end_h - hours
    solved = record.closed_h[told] - record.found_h[told] <= hours
    return float(solved.mean()) if told.any() else float("nan")


def still_possible(runs: Runs, alive: Sequence[int]) -> list[int]:
    """The plans that may still be recommended; today's is always run whole, to be set beside what is.

    While no plan is certain to meet the targets, the nearest is looked for, and may be any.
    """
    wishes, sets_count = runs.question.wishes, runs.done.shape[1]
    if not wishes.targets:
        return list(alive)
    must_meet = int(np.ceil(wishes.probability * sets_count - 1e-9))
    met = runs.met().sum(axis=1)
    if not (met >= must_meet).any():
        return list(alive)
    missed = runs.done.sum(axis=1) - met
    return [plan for plan in alive if missed[plan] <= sets_count - must_meet or runs.question.plans[plan].today]
