"""Replications: one scenario, several seeds, and what they say together.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.running.interrupts import Interrupts
from experiments.running.measures import part_of
from experiments.running.parts import Part
from experiments.statistics.intervals import half_width
from scenarios.loading import Scenario
from sim.indicators import SATURATED
from sim.record import UnitUse
from sim.run import Outcome, simulate


class Summary(NamedTuple):
    """An indicator over the replications."""

    mean: float | None
    """None: undefined in every replication."""
    lo: float | None
    hi: float | None
    """Student's 95 % interval of the mean; None: fewer than two replications define it."""
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
    first: Outcome | None = None
    interrupted: bool = False


def seeds_from(first: int, count: int) -> list[int]:
    """The seeds of `count` replications: first, first + 1, …; so more replications keep the earlier ones."""
    return list(range(first, first + count))


def run_replications(
    scenario: Scenario,
    seeds: Sequence[int],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    parts: Sequence[Part] = (),
    interrupts: Interrupts | None = None,
) -> Replications:
    """Run a scenario with each seed; Ctrl-C ends early and keeps what is finished.

    `interrupts` are those that the caller watches; they are held when this ends, so that nothing is lost afterwards.

    `on_outcome` sees every outcome whole, once (to write it away); afterwards only the first is kept, so
    that many replications of a large city need the memory of two.
    """
    done = Replications(scenario)
    rows: list[dict[str, float]] = []
    watched = interrupts or Interrupts()
    of_parts: list[dict[str, float]] = []
    try:
        with nullcontext() if interrupts else watched:
            for seed in seeds:
                watched.heed()
                outcome = simulate(scenario, seed)
                with watched.later():
                    on_outcome(outcome)
                    rows.append(outcome.indicators)
                    of_parts.append({part.name: part_of(outcome, scenario, part) for part in parts})
                    done.units.append(outcome.record.units)
                    done.seeds.append(seed)
                    done.first = done.first or outcome
                    on_progress(len(rows), len(seeds))
            watched.hold()
    except KeyboardInterrupt:
        watched.hold()
        done.interrupted = True
    done.indicators = pd.DataFrame(rows, index=pd.Index(done.seeds, name="seed"))
    done.parts = pd.DataFrame(of_parts, index=done.indicators.index)
    return done


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
    return {str(name): _summary(runs[name].dropna()) for name in runs.columns}


def _summary(values: pd.Series) -> Summary:
    if values.empty:
        return Summary(None, None, None, 0)
    mean, half = float(values.mean()), half_width(values.to_numpy(dtype=float))
    if math.isinf(half):
        return Summary(mean, None, None, len(values))
    return Summary(mean, mean - half, mean + half, len(values))
