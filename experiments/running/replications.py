"""Replications: one scenario, several seeds, and what they say together.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.running.engine import Engine, engine
from experiments.running.interrupts import Interrupts
from experiments.running.jobs import EngineError, Job, Work, slim
from experiments.running.measures import Row
from experiments.running.parts import Part
from experiments.running.provenance import identity
from experiments.statistics.intervals import half_width, possible
from scenarios.loading import Scenario
from sim.indicators import SATURATED, most_of
from sim.record import UnitUse
from sim.run import Outcome


class Summary(NamedTuple):
    """An indicator over the replications."""

    mean: float | None
    """None: undefined in every replication."""
    lo: float | None
    hi: float | None
    """95 % interval of the mean, within what is possible (`possible`); None: fewer than two replications define it."""
    defined_count: int
    """Replications in which it is defined; the mean is over these."""


@dataclass
class Replications:
    """What finished: a row of indicators for each seed, and the first outcome whole."""

    scenario: Scenario
    seeds: list[int] = field(default_factory=list)
    """Those that finished, in order."""
    indicators: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Indexed by seed; not a number where an indicator is undefined."""
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Indexed by seed; a column for each part of the run that was asked for."""
    units: list[tuple[UnitUse, ...]] = field(default_factory=list)
    """For each seed, what its units did."""
    engines: list[str] = field(default_factory=list)
    """Which engines of the model ran them; their histories are the same."""
    first: Outcome | None = None
    interrupted: bool = False


def seeds_from(first: int, count: int) -> list[int]:
    """The seeds of `count` replications: first, first + 1, …; so more replications keep the earlier ones."""
    return list(range(first, first + count))


LIKELY_FIRST = 8
"""If it is ended early, one of so many will have finished: their outcomes are kept whole."""


@dataclass(frozen=True)
class _Kept:
    """What is kept of an outcome beside its indicators: its units, and the whole of it where that is wanted."""

    whole: frozenset[int] | None
    """Seeds whose outcomes are wanted whole; None: all."""

    def __call__(self, outcome: Outcome) -> Row:
        wanted = self.whole is None or outcome.seed in self.whole
        return {"units": outcome.record.units, "engine": outcome.engine, "outcome": outcome if wanted else None}


def run_replications(
    scenario: Scenario,
    seeds: Sequence[int],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_outcome: Callable[[Outcome], None] | None = None,
    parts: Sequence[Part] = (),
    interrupts: Interrupts | None = None,
    start: Callable[[], AbstractContextManager[Engine]] = engine,
) -> Replications:
    """Run a scenario with each seed; Ctrl-C ends early and keeps what is finished.

    `interrupts` are those that the caller watches; they are held when this ends, so that nothing is lost afterwards.

    `on_outcome` sees every outcome whole, once (to write it away); afterwards only the first is kept, so
    that many replications of a large city need the memory of few. `start` makes the engine that runs them.
    Raises EngineError, a ValueError, if a run fails.
    """
    done = Replications(scenario)
    rows: dict[int, Row] = {}
    watched = interrupts or Interrupts()
    work = Work(
        identity(), parts=tuple(parts), measure=_Kept(frozenset(seeds[:LIKELY_FIRST]) if on_outcome is None else None)
    )
    jobs = [Job(str(seed), slim(scenario), seed) for seed in seeds]
    try:
        with nullcontext() if interrupts else watched, start() as workers:
            for batch in workers.run(iter(jobs), len(jobs), work):
                watched.heed()
                with watched.later():
                    for row in batch:
                        _take(row, rows, done, on_outcome)
                    on_progress(len(rows), len(seeds))
            watched.hold()
    except KeyboardInterrupt:
        watched.hold()
        done.interrupted = True
    done.seeds = [seed for seed in seeds if seed in rows]
    indicators = pd.DataFrame(
        [rows[seed]["indicators"] for seed in done.seeds], index=pd.Index(done.seeds, name="seed")
    )
    names = [part.name for part in parts]
    done.parts = indicators.reindex(columns=names)
    done.indicators = indicators.drop(columns=names, errors="ignore")
    done.units = [rows[seed]["units"] for seed in done.seeds]
    done.engines = sorted({rows[seed]["engine"] for seed in done.seeds})
    return done


def _take(row: Row, rows: dict[int, Row], done: Replications, on_outcome: Callable[[Outcome], None] | None) -> None:
    """Take a finished run; EngineError if it has failed."""
    if row["error"]:
        raise EngineError(row["error"])
    outcome = row.pop("outcome")
    if outcome is not None:
        if on_outcome is not None:
            on_outcome(outcome)
        if done.first is None or outcome.seed < done.first.seed:
            done.first = outcome
    rows[row["seed"]] = row


class UnitSummary(NamedTuple):
    """A unit over the replications."""

    unit: str
    people: int
    """On duty together, in all areas."""
    utilisation: float
    """Mean; not a number where it has no hours for cases."""
    waiting_mean: float
    """Cases that wait in its queues, mean over time and replications."""
    waiting_most: int
    """The longest queue of one area, of any replication."""
    saturated: bool
    """Whether it is all but always busy, so that the plan hangs on it."""


def summarise_units(done: Replications) -> list[UnitSummary]:
    """Every unit of the scenario over the replications, in its order."""
    length_h = done.scenario.parameters.period.days * 24.0
    found = []
    for uses in zip(*done.units, strict=True):
        busy, waited_h = (float(np.mean([getattr(use, of) for use in uses])) for of in ("utilisation", "waited_h"))
        most = max(use.most_waiting for use in uses)
        found.append(UnitSummary(uses[0].name, uses[0].people, busy, waited_h / length_h, most, busy > SATURATED))
    return found


def summarise(runs: pd.DataFrame) -> dict[str, Summary]:
    """Mean and 95 % interval of each indicator, over the replications that define it."""
    return {str(name): _summary(runs[name].dropna(), most_of(str(name))) for name in runs.columns}


def _summary(values: pd.Series, most: float | None) -> Summary:
    if values.empty:
        return Summary(None, None, None, 0)
    mean, half = float(values.mean()), half_width(values.to_numpy(dtype=float))
    if math.isinf(half):
        return Summary(mean, None, None, len(values))
    return Summary(mean, *possible(mean, half, most), len(values))
