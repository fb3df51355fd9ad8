"""Measure everything side by side, print the table, and keep it: build/bench/{results.json, table.md, growth.png}.

    make bench                      everything: about a quarter of an hour
    make bench ARGS=--quick         a first look: shorter periods, fewer repeats
    make bench ARGS=--write-docs    and put table and picture into docs/performance.md

Runs that are compared are interleaved, so that a slow minute of the machine hits all alike; reported are medians and
their ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from rich.console import Console
from rich.progress import Progress

from benchmarks.floor import bare_heap, compiled_heap, record
from benchmarks.growth import Curve, LongRun, curves, five_years
from benchmarks.pages import DOCS, KEPT, ROOT, put_into_page
from benchmarks.peers import mesa_peer, simpy_peer
from benchmarks.peers.city import benchmark_scenario, city_of
from scenarios.loading import Scenario, load
from sim.run import simulate

if TYPE_CHECKING:
    from collections.abc import Callable

AGREED = ("found_count", "filed_count", "on_time_share_of_filed", "filed_to_closed_mean_h", "found_to_closed_mean_h")
OURS, OURS_MESA = "this model, compiled", "this model, Mesa engine"
SIMPY, MESA, MESA_MANY = "SimPy", "Mesa, tick by tick", "Mesa, 20,000 resident agents"
JUNMEN, JUNMEN_MESA = "Junmen's half year, compiled", "Junmen's half year, Mesa engine"
HEAP, COMPILED = "the same events, bare heapq", "the same events, numba"
OURS_MANY = "this model, compiled, 20,000 resident agents"
RESIDENTS_PER_AGENT_MANY = 31.0


def main() -> None:
    """Measure, print, keep."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="shorter periods and fewer repeats")
    arguments.add_argument("--write-docs", action="store_true", help="put table and picture into docs/performance.md")
    given = arguments.parse_args()
    days, repeats = (14, 3) if given.quick else (92, 5)
    console = Console(width=150)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("side by side", total=repeats + 3)
        seconds, numbers = side_by_side(days, repeats, lambda: progress.advance(task))
        progress.update(task, description="growth")
        grown = curves(2 if given.quick else 5)
        progress.update(task, advance=1, description="five years of Dongcheng")
        years = None if given.quick else five_years()
        progress.advance(task)
    text = report(days, repeats, seconds, numbers, grown, years)
    console.print(text, markup=False, highlight=False)
    keep(text, seconds, numbers, grown, years)
    picture(grown, KEPT / "growth.png")
    console.print(f"kept in {KEPT.relative_to(ROOT)}")
    if given.write_docs:
        write_docs(text, grown)


type Seconds = dict[str, list[float]]
type Numbers = dict[str, dict[str, list[float]]]


def side_by_side(days: int, repeats: int, tick: Callable[[], None]) -> tuple[Seconds, Numbers]:
    """Time the model, its peers and the floor in turns; a seed for each turn, the same for all."""
    scenario = benchmark_scenario(days)
    crowded = load("changning_2005q4", {
        "period.days": days, "party.members_count": 0, "residents.residents_per_agent": RESIDENTS_PER_AGENT_MANY,
    })  # fmt: skip
    junmen = load("junmen_2012")
    recording = record(scenario, seed=0)
    bare, compiled = bare_heap(recording), compiled_heap(recording)
    for given in (scenario, crowded, junmen):
        simulate(given, 0, "compiled")
    simulate(junmen, 0, "mesa")
    seconds: Seconds = {}
    numbers: Numbers = {}
    for seed in range(1, repeats + 1):
        for name, result, taken_s in _a_turn(scenario, crowded, junmen, seed, bare, compiled):
            seconds.setdefault(name, []).append(taken_s)
            if result:
                for key in AGREED:
                    numbers.setdefault(name, {}).setdefault(key, []).append(result[key])
        tick()
    return seconds, numbers


def _a_turn(
    scenario: Scenario,
    crowded: Scenario,
    junmen: Scenario,
    seed: int,
    bare: Callable[[], int],
    compiled: Callable[[], int],
) -> list[tuple[str, dict[str, float] | None, float]]:
    turns = []
    for name, given, engine in (
        (OURS, scenario, "compiled"), (OURS_MANY, crowded, "compiled"), (OURS_MESA, scenario, "mesa"),
    ):  # fmt: skip
        began = perf_counter()
        outcome = simulate(given, seed, engine)
        turns.append((name, outcome.indicators, perf_counter() - began))
    # The peers' ground and incidents are laid out before their clocks start: their time is the run alone.
    for name, peer, given in (
        (SIMPY, simpy_peer, scenario),
        (MESA, mesa_peer, scenario),
        (MESA_MANY, mesa_peer, crowded),
    ):
        city = city_of(given, seed)
        began = perf_counter()
        numbers = peer.run(given, seed, city)
        turns.append((name, numbers, perf_counter() - began))
    for name, engine in ((JUNMEN, "compiled"), (JUNMEN_MESA, "mesa")):
        began = perf_counter()
        simulate(junmen, seed, engine)
        turns.append((name, None, perf_counter() - began))
    for name, play in ((HEAP, bare), (COMPILED, compiled)):
        began = perf_counter()
        play()
        turns.append((name, None, perf_counter() - began))
    return turns


def report(
    days: int, repeats: int, seconds: Seconds, numbers: Numbers, grown: list[Curve], years: LongRun | None
) -> str:
    """The tables, as Markdown."""
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    ours = medians[OURS]
    lines = [
        f"{machine()}",
        "",
        f"Changning, {days} days, {repeats} interleaved turns, each with its own seed:",
        "",
        "| | median s | range s | of this model's time |",
        "|---|---:|---:|---:|",
    ]
    for name, taken in seconds.items():
        lines.append(
            f"| {name} | {medians[name]:.4f} | {min(taken):.4f}–{max(taken):.4f} | × {medians[name] / ours:.2f} |"
        )
    lines += ["", "Do they do the same work? Means over the turns, with their standard errors:", ""]
    lines += ["| | " + " | ".join(AGREED) + " |", "|---|" + "---:|" * len(AGREED)]
    for name, columns in numbers.items():
        cells = (
            f"{np.mean(values):.4g} ± {np.std(values, ddof=1) / len(values) ** 0.5:.2g}" for values in columns.values()
        )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "Growth (medians; run time without set-up):", ""]
    lines += ["| grows | size | incidents | set-up s | run s |", "|---|---:|---:|---:|---:|"]
    for curve in grown:
        for size, incidents, set_up_s, run_s in zip(
            curve.sizes, curve.incidents, curve.set_up_s, curve.run_s, strict=True
        ):
            shown = f"{size:,.0f}" if curve.grows == "incidents" else f"× {size:.0f}"
            lines.append(f"| {curve.grows} | {shown} | {incidents:,} | {set_up_s:.3f} | {run_s:.3f} |")
    for curve in grown:
        lines.append("")
        if curve.grows == "incidents":
            lines.append(f"Run time grows as incidents to the power {curve.slope:.2f}.")
        else:
            cost = f"{curve.a_doubling_costs:+.1%}"
            lines.append(f"A doubling of {curve.grows} at the same incidents costs {cost} of the run.")
    if years:
        did = f"{years.filed:,} cases filed, {years.events:,} events"
        lines += [
            "",
            f"Five years of Dongcheng: {did}, {years.wall_s:.1f} s, {years.peak_gb:.2f} GB at the peak, one process.",
        ]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """What this was measured on."""
    import mesa
    import simpy

    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"Mesa {mesa.__version__}, SimPy {simpy.__version__}, numpy {np.__version__}"
    )


def keep(text: str, seconds: Seconds, numbers: Numbers, grown: list[Curve], years: LongRun | None) -> None:
    """Keep the table and all single measurements."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "table.md").write_text(text)
    results = {
        "machine": machine(), "seconds": seconds, "numbers": numbers, "growth": [asdict(curve) for curve in grown],
        "five_years": years._asdict() if years else None,
    }  # fmt: skip
    (KEPT / "results.json").write_text(json.dumps(results, indent=1))


def picture(grown: list[Curve], path: Path) -> None:
    """Run time against each thing that grows."""
    sns.set_theme(style="whitegrid", font_scale=0.9)
    figure, axes = plt.subplots(1, len(grown), figsize=(10.5, 3.4), sharey=True, layout="constrained")
    labels = {
        "incidents": "incidents",
        "residents": "residents (times Changning's)",
        "grids": "cells (times Changning's)",
    }
    for axis, curve in zip(axes, grown, strict=True):
        axis.loglog(curve.sizes, curve.run_s, "o-", label="run")
        axis.loglog(curve.sizes, curve.set_up_s, "s--", color="0.5", label="set-up")
        sizes = np.array(curve.sizes)
        if curve.grows == "incidents":
            axis.loglog(sizes, curve.run_s[0] * sizes / sizes[0], ":", color="0.3", label="in proportion")
        axis.set_xlabel(labels[curve.grows])
        axis.set_xticks(curve.sizes, [f"{size:,.0f}" for size in curve.sizes], fontsize=8)
        axis.minorticks_off()
    axes[0].set_ylabel("seconds (median)")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def write_docs(text: str, grown: list[Curve]) -> None:
    """Put table and picture into the documentation."""
    put_into_page("measured", text)
    picture(grown, DOCS / "pictures" / "performance.png")


if __name__ == "__main__":
    main()
