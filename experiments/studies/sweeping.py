"""Running a study: what is missing in its folder is run, whatever is finished is kept.

Layer: experiments.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from operator import itemgetter
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.running.engine import Engine
from experiments.running.interrupts import Interrupts
from experiments.running.jobs import Job, Work, slim
from experiments.running.measures import Row
from experiments.running.provenance import identity, run_key
from experiments.studies.design import Study
from experiments.studies.folder import Results, about, take_up
from experiments.studies.form import StudyError
from experiments.studies.plans import PlanPoint
from experiments.studies.stopping import STOPPING_RULES, Values, verdict
from experiments.studies.worlds import World
from languages.speaking import say


class Shard(NamedTuple):
    """Part `number` of `of`: which share of the runs this machine does."""

    number: int = 1
    of: int = 1

    def has(self, key: str) -> bool:
        """True if a run belongs here."""
        return int(key, 16) % self.of == self.number - 1


@dataclass
class SweepState:
    """How a sweep stands, and in the end what it has done."""

    wanted: int = 0
    """Runs that the study asks for, here."""
    before: int = 0
    """Of them, stored already when the sweep began."""
    done: int = 0
    failed: int = 0
    """Runs of this study that raised, now or before."""
    rounds: int = 1
    interrupted: bool = False
    elapsed_s: float = 0.0
    counts: list[int] = field(default_factory=list)
    """Replications of each plan."""
    settled: bool | None = None
    """True if a stopping rule got what it goes on for; None: there is none, or it was interrupted."""
    survivors: list[int] = field(default_factory=list)
    """By `ranking`: the plans that may still be the best."""
    unmet: dict[str, float | None] = field(default_factory=dict)
    """By `narrow`: indicators whose intervals are too wide still, with the widest half-width; None: there is no end."""


class Block(NamedTuple):
    """What all plans are run on: a world and a seed."""

    world: int
    seed: int


def blocks(study: Study, count: int) -> list[Block]:
    """The first `count` replications: every world with every seed; if a rule stops, a new seed in the next world."""
    first, worlds = study.file.replications.first_seed, len(study.worlds)
    if study.seeds_in_turn:
        return [Block(number % worlds, first + number) for number in range(count)]
    if study.file.replications.own_seeds:
        return [Block(world, first + number * worlds + world) for number in range(count) for world in range(worlds)]
    return [Block(world, first + number) for number in range(count) for world in range(worlds)]


ALL = Shard()


def sweep(
    study: Study,
    results: Results,
    start: Callable[[], AbstractContextManager[Engine]],
    *,
    shard: Shard = ALL,
    retry: bool = False,
    on_progress: Callable[[SweepState], None] = lambda state: None,
    on_failure: Callable[[Row], None] = lambda row: None,
) -> SweepState:
    """Run what is missing, round by round until the study's stopping rule is content.

    `start` makes the engine, and is called only if there is something to run. Ctrl-C ends early and keeps
    what is finished. Raises StudyError, EngineError or StorageError.
    """
    if shard.of > 1 and study.seeds_in_turn:
        raise StudyError(
            [say("{file}: a shard needs fixed replications: a stopping rule has to see all runs", file=study.path.name)]
        )
    begun, state = perf_counter(), SweepState()
    with results.alone(), Interrupts() as interrupts, Started(start) as started:
        take_up(study, results.folder)
        results.about = about(results.folder)
        stored = results.keys() - (results.failed_keys() if retry else set())
        before = frozenset(stored)
        try:
            for wanted in _rounds(study, results, shard, state):
                state.wanted, state.before = len(wanted), sum(entry.key in before for entry in wanted)
                on_progress(state)
                missing = [entry for entry in wanted if entry.key not in stored]
                batches = started.engine.run(_jobs(study, missing), len(missing), work_of(study)) if missing else ()
                for rows in batches:
                    with interrupts.later():
                        results.add(rows)
                        stored |= {row["key"] for row in rows}
                        state.done += len(rows)
                        for row in filter(itemgetter("error"), rows):
                            on_failure(row)
                        on_progress(state)
            _conclude(study, results, state)
        except KeyboardInterrupt:
            state.interrupted = True
    state.failed = len(results.failed_keys())
    state.elapsed_s = perf_counter() - begun
    return state


def _rounds(study: Study, results: Results, shard: Shard, state: SweepState) -> Iterator[list[Wanted]]:
    """What is wanted, and when that has been run, what else the stopping rule wants of it."""
    state.counts = [study.file.replications.count] * len(study.plans)
    pairs = itertools.product(study.plans, study.worlds)
    results.point((plan.number, world.number, study.point(plan, world)) for plan, world in pairs)
    rule = STOPPING_RULES[study.file.replications.rule]
    if study.seeds_in_turn:
        results.conclude({"settled": None, "survivors": None, "unmet": {}})
    while True:
        asked = list(_asked(study, state.counts))
        results.want((run.plan.number, run.world.number, run.seed, run.key) for run in asked)
        # Two plans may come to the same scenario: its runs are made once.
        yield [run for run in {run.key: run for run in asked}.values() if shard.has(run.key)]
        results.flush()
        if not study.seeds_in_turn:
            return
        counts = rule(study.file, values_of(study, results, state.counts))
        if counts == state.counts:
            return
        state.counts, state.rounds = counts, state.rounds + 1


def _conclude(study: Study, results: Results, state: SweepState) -> None:
    """Whether the stopping rule got what it goes on for; said in the folder too."""
    found = verdict(study.file, values_of(study, results, state.counts)) if study.seeds_in_turn else None
    if found is None:
        return
    state.settled, state.survivors = found.settled, list(found.survivors)
    state.unmet = {name: half if math.isfinite(half) else None for name, half in found.unmet.items()}
    results.conclude({"settled": state.settled, "survivors": state.survivors or None, "unmet": state.unmet})


class Started:
    """An engine that starts when it is first wanted: with nothing to run there is no wait."""

    def __init__(self, start: Callable[[], AbstractContextManager[Engine]]) -> None:
        """`start` makes the engine; it is not called before the engine is wanted."""
        self._start = start
        self._context: AbstractContextManager[Engine] | None = None
        self._engine: Engine | None = None

    def __enter__(self) -> Started:
        """Enter without an engine: `engine` starts it when it is first asked for."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Stop it, if it was started."""
        if self._context is not None and self._engine is not None:
            self._context.__exit__(None, None, None)

    @property
    def engine(self) -> Engine:
        """The engine; starts it if it has not started."""
        if self._engine is None:
            self._context = self._start()
            self._engine = self._context.__enter__()
        return self._engine


class Wanted(NamedTuple):
    """One run that the study asks for."""

    key: str
    plan: PlanPoint
    world: World
    seed: int


def _asked(study: Study, counts: Sequence[int]) -> Iterator[Wanted]:
    """Every run of the study, those of one scenario together; scenarios in an order of chance.

    So the time left is estimated from all kinds of plans, and what is there after half the time is half of everything.
    """
    seeds: dict[tuple[int, int], list[int]] = {}
    for plan, count in enumerate(counts):
        for block in blocks(study, count):
            seeds.setdefault((plan, block.world), []).append(block.seed)
    pairs = list(seeds)
    for place in np.random.default_rng(1).permutation(len(pairs)):
        plan, world = study.plans[pairs[place][0]], study.worlds[pairs[place][1]]
        scenario = study.point(plan, world)
        for seed in seeds[pairs[place]]:
            yield Wanted(run_key(scenario, seed), plan, world, seed)


def _jobs(study: Study, wanted: Sequence[Wanted]) -> Iterator[Job]:
    """The runs with their scenarios, each loaded once for all its seeds, when its turn comes."""
    last: tuple[int, int] | None = None
    for key, plan, world, seed in wanted:
        if last != (plan.number, world.number):
            last, scenario = (plan.number, world.number), slim(study.scenario(plan, world))
            _ = scenario.hash  # reckoned here once, and sent along
        yield Job(key, scenario, seed)


def work_of(study: Study) -> Work:
    """What every batch of a study has in common."""
    return Work(identity(), slim(study.base), tuple(study.file.parts))


def values_of(study: Study, results: Results, counts: Sequence[int]) -> Values:
    """What a stopping rule sees: of each indicator it needs, the values of each plan over its replications."""
    names = list(study.file.replications.widths) or [study.file.objectives[0].indicator]
    table = results.table(["key", *names]).set_index("key")
    values: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for plan, count in zip(study.plans, counts, strict=True):
        keys = [run_key(study.point(plan, study.worlds[block.world]), block.seed) for block in blocks(study, count)]
        rows = table.reindex(pd.Index(keys))
        for name in names:
            values[name].append(rows[name].to_numpy(dtype=float))
    return values
