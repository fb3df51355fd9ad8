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
from experiments.sizing.cuts.neighbourhood import Floats
from experiments.sizing.inputs.wishes import SOLVED_WITHIN, Target, Wishes
from experiments.sizing.kept import Kept, Values
from experiments.sizing.plans import Question
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
        return self.values[HOURS] * self.a_year

    @property
    def a_year(self) -> float:
        """How many times a history's length makes a year."""
        return YEAR_H / (self.question.wishes.days * 24.0)

    @property
    def expected_hours(self) -> Floats:
        """Problem-hours by the year, the mean over all sets: (plans,).

        Of a plan that was left early, by how much it differed from one that was not, under the sets of both.
        """
        hours = self.hours_a_year
        whole = hours[int(np.argmax(self.done.all(axis=1)))]
        return np.asarray(np.nanmean(whole) + np.nanmean(hours - whole, axis=1))

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

    Rule:    a plan is left when it has missed its targets under so many sets that it cannot meet them with the
             probability that is wished any more. If in the end no plan meets them, all are run whole, since then the
             nearest is looked for. So the answer is the same as if every plan had been run under every set.
    Raises EngineError if a run fails, StorageError if what is known cannot be kept.
    """
    shape = (len(question.plans), len(question.sets()))
    names = [*INDICATORS, *(target.key for target in question.wishes.targets if target.key not in INDICATORS)]
    runs = Runs(question, {name: np.full(shape, np.nan) for name in names}, np.zeros(shape, dtype=bool))
    while (left := _left(runs)).any():
        first = int(np.argmax(left.any(axis=0)))
        pairs = [(int(plan), int(turn)) for turn, plan in zip(*np.nonzero(left.T), strict=True) if turn < first + ROUND]
        before, whole = int(runs.done.sum()), int(runs.done.sum() + left.sum())

        def told(done: int, _: int, before: int = before, whole: int = whole) -> None:
            on_progress(before + done, whole)

        wanted = [
            Run(question.scenario(question.plans[plan], question.sets()[turn]), seed + turn) for plan, turn in pairs
        ]
        for (plan, turn), values in zip(pairs, values_of(wanted, question.wishes, engine, kept, told), strict=True):
            runs.take(plan, turn, values)
        kept.write()
    return runs


def _left(runs: Runs) -> np.ndarray:
    """What is still to be run: (plans, sets)."""
    left = ~runs.done
    possible = ~out_of_reach(runs)
    return left & possible[:, None] if (left & possible[:, None]).any() or _met_by_any(runs) else left


def out_of_reach(runs: Runs) -> np.ndarray:
    """The plans that have missed their targets too often to meet them with the probability that is wished: (plans,).

    Today's plan is never one of them: it is set beside the one that is recommended.
    """
    wishes, sets_count = runs.question.wishes, runs.done.shape[1]
    missed = (runs.done & ~runs.met()).sum(axis=1)
    today = np.array([plan.today for plan in runs.question.plans])
    return ~today & (missed > sets_count - _must_meet(wishes, sets_count))


def _met_by_any(runs: Runs) -> bool:
    """Whether some plan that the budget allows meets the targets with the probability that is wished."""
    enough = runs.met().sum(axis=1) >= _must_meet(runs.question.wishes, runs.done.shape[1])
    return bool((enough & affordable(runs)).any())


def affordable(runs: Runs) -> np.ndarray:
    """Which plans the budget allows: (plans,); all without a budget, or before their cost is known."""
    budget = runs.question.wishes.budget_yuan_per_year
    if budget is None or not runs.done.any():
        return np.ones(len(runs.done), dtype=bool)
    return np.asarray(runs.cost <= budget)


def _must_meet(wishes: Wishes, sets_count: int) -> int:
    """Under so many sets the targets must be met."""
    return int(np.ceil(wishes.probability * sets_count - 1e-9))


def values_of(wanted: Sequence[Run], wishes: Wishes, engine: Engine, kept: Kept, on_progress: Advance) -> list[Values]:
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
        """The values of those targets."""
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
