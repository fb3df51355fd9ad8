"""How the time of a run grows: with incidents (it should double), with residents and with grids (it should not)."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import numpy as np

from scenarios.loading import Scenario, load
from sim.compiled.playing import forget, plan_of
from sim.run import simulate

CITY = "changning_2005q4"
TIMES = (1, 2, 4, 8)


class Timing(NamedTuple):
    """Seconds of one run."""

    set_up_s: float
    run_s: float
    """From the first incident drawn to the indicators."""
    incidents: int


@dataclass(frozen=True)
class Curve:
    """One thing that grows, and the medians of several runs at each size."""

    grows: str
    sizes: list[float]
    incidents: list[int]
    set_up_s: list[float]
    run_s: list[float]

    @property
    def slope(self) -> float:
        """Of run time against size, both on logarithmic axes."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.run_s), 1)[0])

    @property
    def a_doubling_costs(self) -> float:
        """What a doubling adds to the run, as a share of it."""
        return 2.0**self.slope - 1.0


def time_of(scenario: Scenario, seed: int) -> Timing:
    """Lay out and run once; the territory is known already, as in any sweep."""
    forget()
    began = perf_counter()
    plan_of(scenario)
    laid_out = perf_counter()
    outcome = simulate(scenario, seed, "compiled")
    return Timing(laid_out - began, perf_counter() - laid_out, len(outcome.record.occurred_h))


def with_incidents(days: int) -> Scenario:
    """The city for longer and longer: incidents, and nothing else, grow in proportion."""
    return load(CITY, {"period.days": days})


def with_residents(times: int) -> Scenario:
    """More and more people, each agent standing for as many as before: incidents are per km², so none are added."""
    ground = load(CITY).parameters.territory
    return load(CITY, {
        "period.days": 46, "territory.households": ground.households * times,
        "territory.households_per_social_grid": ground.households_per_social_grid * times,
    })  # fmt: skip


def with_grids(times: int) -> Scenario:
    """Smaller and smaller cells; the fixed time per cell shrinks with them, so that a beat takes as long as before."""
    parameters = load(CITY).parameters
    return load(CITY, {
        "period.days": 46, "territory.cell_area_m2": parameters.territory.cell_area_m2 / times,
        "supervisors.cell_overhead_h": parameters.supervisors.cell_overhead_h / times,
    })  # fmt: skip


def curves(repeats: int) -> list[Curve]:
    """All three, their runs interleaved so that a slow minute of the machine hits every size alike."""
    plans = {
        "incidents": [(float(days), with_incidents(days)) for days in (23, 46, 92, 184)],
        "residents": [(float(times), with_residents(times)) for times in TIMES],
        "grids": [(float(times), with_grids(times)) for times in TIMES],
    }
    timings: dict[tuple[str, float], list[Timing]] = {}
    for repeat in range(repeats + 1):
        for grows, sizes in plans.items():
            for size, scenario in sizes:
                timing = time_of(scenario, seed=repeat)
                if repeat:  # the first builds the territory, and warms the caches
                    timings.setdefault((grows, size), []).append(timing)
    return [_curve(grows, [(size, timings[grows, size]) for size, _ in sizes]) for grows, sizes in plans.items()]


def _curve(grows: str, measured: list[tuple[float, list[Timing]]]) -> Curve:
    incidents, set_up_s, run_s = (
        [statistics.median(timing[part] for timing in timings) for _, timings in measured] for part in (2, 0, 1)
    )
    sizes = [float(count) for count in incidents] if grows == "incidents" else [size for size, _ in measured]
    return Curve(grows, sizes, [int(count) for count in incidents], set_up_s, run_s)


class LongRun(NamedTuple):
    """Five years of Dongcheng in a process of their own."""

    wall_s: float
    peak_gb: float
    filed: int
    events: int


def five_years() -> LongRun:
    """Measure it in a fresh process; imports and loading count in the memory, not in the time."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth"], capture_output=True, text=True, check=True
    ).stdout.split()
    return LongRun(float(told[0]), float(told[1]), int(told[2]), int(told[3]))


def _five_years_here() -> None:
    scenario = load("dongcheng_2004", {"period.days": 5 * 365 + 1})
    simulate(load("junmen_2012", {"period.days": 1}), 1, "compiled")  # loaded before the clock starts
    began = perf_counter()
    outcome = simulate(scenario, 1, "compiled")
    wall_s = perf_counter() - began
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(wall_s, peak_gb, int(outcome.indicators["filed_count"]), outcome.events_count)


if __name__ == "__main__":
    _five_years_here()
