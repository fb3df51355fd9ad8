"""A short pilot: what a study will cost, and how narrow its intervals will be.

Layer: experiments.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.designs import Study
from experiments.engine import Engine, Job, Row, slim
from experiments.intervals import quantile
from experiments.progress import in_words
from experiments.provenance import run_key
from experiments.results import flat_row, write_parquet
from experiments.sweeping import blocks, work_of
from sim.indicators import INDICATORS

PILOT_PLANS, PILOT_BLOCKS = 5, 6


def pilot(study: Study, start: Callable[[], AbstractContextManager[Engine]]) -> dict[str, Any]:
    """Run a few plans a few times, and reckon from it.

    Raises ValueError if no run of the pilot comes to its end.
    """
    places = np.unique(np.linspace(0, len(study.plans) - 1, PILOT_PLANS).round().astype(int))
    plans = [study.plans[place] for place in places]
    some = blocks(study, max(3, math.ceil(PILOT_BLOCKS / (1 if study.seeds_in_turn else len(study.worlds)))))
    chosen = [some[place] for place in np.unique(np.linspace(0, len(some) - 1, PILOT_BLOCKS).round().astype(int))]
    jobs, of_plan = [], {}
    for plan in plans:
        for block in chosen:
            scenario = slim(study.scenario(plan, study.worlds[block.world]))
            jobs.append(Job(run_key(scenario.hash, block.seed), scenario, block.seed))
            of_plan[jobs[-1].key] = plan.index, block
    rows: list[Row] = []
    with start() as engine:
        for batch in engine.run(jobs, len(jobs), work_of(study)):
            rows += batch
        workers = engine.workers
    good = [row for row in rows if not row["error"]]
    if not good:
        raise ValueError(f"{study.path.name}: every run of the pilot failed: {rows[0]['error']}")
    run_s = float(np.mean([row["elapsed_s"] for row in good]))
    least, most = _runs(study)
    return {
        "study": study.name, "title": study.file.title, "plans_count": len(study.plans),
        "left_out_count": study.left_out, "worlds_count": len(study.worlds), "runs_count": [least, most],
        "runs_text": f"{least:,} runs" if least == most else f"{least:,} to {most:,} runs, as its stopping rule wants",
        "run_s": run_s, "time_s": most * run_s / workers, "time_text": in_words(most * run_s / workers),
        "workers": workers, "disk_mb": _bytes_a_run(good) * most / 1e6, "pilot_count": len(rows),
        "pilot_failures": [row["error"] for row in rows if row["error"]],
        "indicators": _widths(study, good, of_plan),
    }  # fmt: skip


def _runs(study: Study) -> tuple[int, int]:
    """Runs at least and at most."""
    rule, plans = study.file.replications, len(study.plans)
    if study.seeds_in_turn:
        return plans * rule.count, plans * (rule.at_most or rule.count)
    return (plans * rule.count * len(study.worlds),) * 2


def _bytes_a_run(rows: list[Row]) -> float:
    """Disk for a run, from a table of many like these but not the same: a small one is mostly its own head."""
    with tempfile.TemporaryDirectory() as folder:
        table = pd.DataFrame([flat_row(row) for row in rows])
        chance = np.random.default_rng(1)
        numbers = table.select_dtypes("float").columns
        many = pd.concat([
            table.assign(**{name: table[name] * chance.uniform(0.9, 1.1) for name in numbers},
                         key=[str(key) for key in chance.random(len(table))])
            for _ in range(20)
        ])  # fmt: skip
        file = Path(folder) / "pilot.parquet"
        write_parquet(many, file)
        return file.stat().st_size / len(many)


def _widths(study: Study, rows: list[Row], of_plan: dict[str, Any]) -> dict[str, Any]:
    """Half-widths to expect of a plan's mean and of a paired difference, at the fewest replications."""
    count = study.file.replications.count * (1 if study.seeds_in_turn else len(study.worlds))
    names = [objective.indicator for objective in study.file.objectives]
    names += [name for name in study.file.replications.widths if name not in names]
    told = {}
    for name in names:
        table = pd.DataFrame(
            [(*of_plan[row["key"]], row["indicators"][name]) for row in rows], columns=["plan", "block", "value"]
        ).pivot_table(index="block", columns="plan", values="value")
        spread = float(table.std(ddof=1).mean())
        paired = [
            float((table[a] - table[b]).std(ddof=1)) for a in table.columns for b in table.columns if a < b
        ]  # fmt: skip
        scale = quantile(count) / math.sqrt(count) if count > 1 else math.nan
        told[name] = {
            "unit": INDICATORS[name].unit, "mean": float(table.mean().mean()), "half_width": scale * spread,
            "half_width_of_difference": scale * float(np.mean(paired)) if paired else math.nan,
        }  # fmt: skip
    return told
