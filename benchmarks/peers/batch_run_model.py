"""One run of the study as a Mesa model, for `mesa.batch_run`; and the run itself, which all runners share.

The runners are compared, not the models: whoever runs it, a point of the factorial is the same scenario and seed,
given to the same `simulate`, and reports the same indicators.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import mesa

from scenarios.loading import Family, Scenario
from sim.indicators import INDICATORS
from sim.run import simulate

if TYPE_CHECKING:
    from sim.run import Outcome

BASE = "junmen_2012"
HOUSEHOLDS_PATH, CASEWORK_PATH = "territory.households_per_social_grid", "units.grid_manager.casework_share"
HOUSEHOLDS = (200.0, 250.0, 300.0, 375.0, 500.0)
CASEWORK_SHARES = (0.15, 0.25, 0.35, 0.45)
SEEDS = (1, 2, 3, 4, 5)
ELAPSED = "elapsed_s"
"""What is reported beside the indicators: how long the run alone took."""

type Point = tuple[float, float, int]
"""Households to a grid, the share of casework, and the seed."""
type Rows = dict[Point, dict[str, float]]


@dataclass(frozen=True)
class Mishap:
    """What befalls one run, and no other."""

    kind: Literal["raises", "dies"]
    scenario_hash: str
    seed: int
    marker: Path
    """A worker dies if this file is not there, and leaves it behind: the second try succeeds."""

    def befall(self, outcome: Outcome) -> dict[str, Any]:
        """Strike if this is the run; return nothing to keep, as the engine's `measure` may."""
        if (outcome.scenario_hash, outcome.seed) != (self.scenario_hash, self.seed):
            return {}
        if self.kind == "raises":
            raise RuntimeError("this run was to raise")
        if not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {}


@lru_cache(maxsize=1)
def _family() -> Family:
    return Family(BASE)


@lru_cache(maxsize=len(HOUSEHOLDS) * len(CASEWORK_SHARES))
def scenario_of(days: int, households: float, casework_share: float) -> Scenario:
    """A point of the factorial; each process loads it once for all its seeds, as a careful user would."""
    return _family().load({"period.days": days, HOUSEHOLDS_PATH: households, CASEWORK_PATH: casework_share})


def one_run(scenario: Scenario, seed: int, mishap: Mishap | None) -> dict[str, float]:
    """The indicators of a run, and how long it took."""
    began = perf_counter()
    outcome = simulate(scenario, seed)
    if mishap:
        mishap.befall(outcome)
    return {**outcome.indicators, ELAPSED: perf_counter() - began}


class StudyModel(mesa.Model):
    """The whole run is one step: what is measured is the runner around it."""

    def __init__(self, days: int, households: float, casework_share: float, mishap: Mishap | None, rng: int) -> None:
        super().__init__(rng=rng)
        # Mesa makes a generator of what batch_run hands over; our model wants the seed itself.
        self.own_seed, self.mishap = rng, mishap
        self.wanted = scenario_of(days, households, casework_share)
        self.found: dict[str, float] = {}
        reporters = {name: (lambda model, name=name: model.found[name]) for name in (*INDICATORS, ELAPSED)}
        self.datacollector = mesa.DataCollector(model_reporters=reporters)

    def step(self) -> None:
        """Run from the start to the end, and report."""
        self.found = one_run(self.wanted, self.own_seed, self.mishap)
        self.datacollector.collect(self)
        self.running = False


def run(days: int, workers: int, mishap: Mishap | None) -> Rows:
    """The factorial, through batch_run."""
    varied = {"days": days, "households": HOUSEHOLDS, "casework_share": CASEWORK_SHARES, "mishap": mishap}
    told = mesa.batch_run(StudyModel, varied, number_processes=workers, rng=SEEDS, max_steps=1, display_progress=False)
    return {
        (row["households"], row["casework_share"], row["rng"]): {name: row[name] for name in (*INDICATORS, ELAPSED)}
        for row in told
    }
