"""A city of ten thousand cells for a year: time, memory, and how both grow with its incidents.

    .venv/bin/python -m benchmarks.large_city            the table, for docs/performance.md
    .venv/bin/python -m benchmarks.large_city DAYS       one run of so many days, in this process

Made up, and about the size of what Beijing's first eight districts had: ten thousand cells, 1,700 supervisors, 1.4
million components. It is Changning seven times over: ground, people, offices and staff grow alike; nothing is fitted.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from scenarios.loading import Scenario, load

BASE, CELLS, SUPERVISORS = "changning_2005q4", 10_000, 1_700
CELLS_OF_THE_NATION = 1_000_000
DAYS = (46, 91, 182, 365)
TURNS = 5
STUDY_PLANS, STUDY_SEEDS = (1_500, 1_700), 2


def large_city(days: int, supervisors: int = SUPERVISORS) -> Scenario:
    """Changning, as many times over as it takes to have ten thousand cells."""
    parameters = load(BASE).parameters
    ground, units = parameters.territory, parameters.units
    times = CELLS * ground.cell_area_m2 / (ground.area_km2 * 1e6)
    return load(BASE, {
        "period.days": days, "territory.area_km2": ground.area_km2 * times,
        "territory.households": round(ground.households * times),
        "territory.sites_count": round(ground.sites_count * times),
        "territory.clusters_count": round(ground.clusters_count * times),
        "territory.subdistricts_count": round(ground.subdistricts_count * times),
        "territory.communities_count": round(ground.communities_count * times), "supervisors.count": supervisors,
        "supervision_centre.operators_count": round(parameters.supervision_centre.operators_count * times),
        "command_centre.operators_count": round(parameters.command_centre.operators_count * times),
        **{
            f"units.{name}.people": round(unit.people * times)
            for name, unit in units.items() if unit.level == "district"
        },
    })  # fmt: skip


class Measured(NamedTuple):
    """One run in a process of its own."""

    days: int
    incidents: int
    events: int
    set_up_s: float
    run_s: float
    peak_gb: float
    without_gb: float
    """At the peak before the first run: libraries and the ground."""


def median_of(days: int) -> Measured:
    """Of some runs of so many days, the one of median time."""
    return sorted((measure(days) for _ in range(TURNS)), key=lambda run: run.run_s)[TURNS // 2]


def measure(days: int) -> Measured:
    """A run of so many days, in a fresh process."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.large_city", str(days)], capture_output=True, text=True, check=True
    ).stdout.split()
    return Measured(int(told[0]), int(told[1]), int(told[2]), *map(float, told[3:]))


def _here(days: int) -> None:
    from sim.compiled import playing
    from sim.run import simulate

    scenario = large_city(days)
    simulate(load(BASE, {"period.days": 1}), 1, "compiled")
    began = perf_counter()
    playing.plan_of(scenario)
    laid_out = perf_counter()
    before = _peak_gb()
    outcome = simulate(scenario, 1, "compiled")
    taken_s = perf_counter() - laid_out
    incidents = len(outcome.record.occurred_h)
    print(days, incidents, outcome.events_count, laid_out - began, taken_s, _peak_gb(), before)


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def study_s() -> float:
    """A study of the city: two staffs, some seeds, over the workers of a dask scheduler on this machine."""
    from distributed import Client, LocalCluster

    from experiments.running.engine import Engine
    from experiments.running.jobs import Job, Work, slim
    from experiments.running.provenance import identity

    began = perf_counter()
    jobs = [
        Job(f"{plan} {seed}", slim(large_city(DAYS[-1], plan)), seed)
        for plan in STUDY_PLANS for seed in range(1, STUDY_SEEDS + 1)
    ]  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=2, threads_per_worker=1, local_directory=folder, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        rows = [row for batch in Engine(client, 2).run(iter(jobs), len(jobs), Work(identity())) for row in batch]
    assert not any(row["error"] for row in rows), rows
    return perf_counter() - began


def report() -> str:
    """The table, as Markdown."""
    runs = [median_of(days) for days in DAYS]
    slope = np.polyfit(np.log([run.incidents for run in runs]), np.log([run.run_s for run in runs]), 1)[0]
    lines = [
        "| days | incidents | events | laid out in s | run s | bytes an incident |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for run in runs:
        each = (run.peak_gb - run.without_gb) * 1024**3 / run.incidents
        lines.append(
            f"| {run.days} | {run.incidents:,} | {run.events:,} | {run.set_up_s:.2f} | {run.run_s:.2f} | {each:.0f} |"
        )
    year = runs[-1]
    hours = year.run_s * CELLS_OF_THE_NATION / CELLS / 3600
    study = f"{len(STUDY_PLANS)} staffs × {STUDY_SEEDS} seeds, a year each"
    return "\n".join([
        *lines, "",
        f"Run time grows as incidents to the power {slope:.2f}; {year.run_s / year.incidents * 1e6:.1f} µs an incident",
        f"with indicators. Peak of the year's process: {year.peak_gb:.2f} GB.", "",
        f"A study of it ({study}) over two dask workers: {study_s():.0f} s, the start of the workers included.", "",
        f"On paper, from this cost: a nation of {CELLS_OF_THE_NATION:,} cells for a year takes {hours:.1f} h of one",
        f"processor, and as a hundred cities side by side on a hundred processors {year.run_s:.0f} s.",
    ]) + "\n"  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _here(int(sys.argv[1]))
    else:
        text = report()
        print(text)
        from benchmarks.pages import put_into_page

        if (Path("docs") / "performance.md").read_text(encoding="utf-8").count("<!-- city: begin -->"):
            put_into_page("city", text)
