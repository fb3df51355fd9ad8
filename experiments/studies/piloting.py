"""A short pilot: what a study will cost, and how narrow its intervals will be.

Layer: experiments.
"""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.running.engine import Engine
from experiments.running.jobs import Job, slim
from experiments.running.measures import Row
from experiments.running.provenance import run_key
from experiments.statistics.intervals import quantile, variances
from experiments.studies.design import Study, before_the_figures
from experiments.studies.folder import flat_row, write_parquet
from experiments.studies.sweeping import Block, blocks, work_of
from languages.speaking import say
from sim.indicators import INDICATORS

PILOT_PLANS, PILOT_BLOCKS, PILOT_SEEDS = 5, 6, 2
"""So many plans, on so many replications or worlds; with worlds, on so many seeds in each."""


def pilot(study: Study, start: Callable[[], AbstractContextManager[Engine]]) -> dict[str, Any]:
    """Run a few plans a few times, and reckon from it.

    Raises ValueError if no run of the pilot comes to its end.
    """
    places = np.unique(np.linspace(0, len(study.plans) - 1, PILOT_PLANS).round().astype(int))
    plans = [study.plans[place] for place in places]
    chosen = _chosen_blocks(study)
    jobs, of_plan = [], dict[str, tuple[int, Block]]()
    for plan in plans:
        for block in chosen:
            scenario = slim(study.scenario(plan, study.worlds[block.world]))
            jobs.append(Job(run_key(scenario.hash, block.seed), scenario, block.seed))
            of_plan[jobs[-1].key] = plan.number, block
    rows: list[Row] = []
    with start() as engine:
        for batch in engine.run(jobs, len(jobs), work_of(study)):
            rows += batch
        workers = engine.workers
    good = [row for row in rows if not row["error"]]
    if not good:
        raise ValueError(
            say("{file}: every run of the pilot failed: {error}", file=study.path.name, error=rows[0]["error"])
        )
    run_s = float(np.mean([row["elapsed_s"] for row in good]))
    least, most = _runs(study)
    before = before_the_figures(study)
    earlier = len(before.plans) * len(before.worlds) if before else 0
    return {
        "study": study.name, "title": study.file.title, "plans_count": len(study.plans),
        "left_out_count": study.left_out, "worlds_count": len(study.worlds), "runs_count": [least, most],
        "before_count": earlier, "run_s": run_s, "time_s": (most + earlier) * run_s / workers,
        "workers": workers, "disk_mb": _bytes_a_run(good) * (most + earlier) / 1e6, "pilot_count": len(rows),
        "pilot_failures": [row["error"] for row in rows if row["error"]],
        "indicators": widths(study, [(*of_plan[row["key"]], row["indicators"]) for row in good]),
    }  # fmt: skip


def _chosen_blocks(study: Study) -> list[Block]:
    """What the pilot runs each of its plans on: a few worlds with two seeds each, or a few replications."""
    if not _crossed(study):
        some = blocks(study, max(3, PILOT_BLOCKS))
        return [some[place] for place in np.unique(np.linspace(0, len(some) - 1, PILOT_BLOCKS).round().astype(int))]
    worlds = set(np.linspace(0, len(study.worlds) - 1, PILOT_BLOCKS).round().astype(int).tolist())
    some = blocks(study, min(PILOT_SEEDS, study.file.replications.count))
    return [block for block in some if block.world in worlds]


def _crossed(study: Study) -> bool:
    """True if every world has every seed, so that a world is what replicates."""
    return len(study.worlds) > 1 and not study.seeds_in_turn


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


def widths(study: Study, runs: Sequence[tuple[int, Block, Mapping[str, float]]]) -> dict[str, Any]:
    """Half-widths to expect of a plan's mean and of a paired difference, at the fewest replications.

    `runs` are plan, block and indicators. They are reckoned as the report does: over worlds, each the mean of its
    seeds, where every world has every seed; else over replications.
    """
    crossed = _crossed(study)
    count = len(study.worlds) if crossed else study.file.replications.count
    scale = quantile(count) / math.sqrt(count) if count > 1 else math.nan
    names = [objective.indicator for objective in study.file.objectives]
    names += [name for name in study.file.replications.widths if name not in names]
    found = {}
    for name in names:
        values = pd.DataFrame(
            [(plan, *block, indicators[name]) for plan, block, indicators in runs],
            columns=["plan", "world", "seed", "value"],
        )
        table = values.pivot_table(index=["world", "seed"], columns="plan", values="value")
        spreads = [_spread(table[plan], study) for plan in table]
        paired = [_spread(table[a] - table[b], study) for a, b in itertools.combinations(table, 2)]
        found[name] = {
            "unit": INDICATORS[name].unit, "mean": float(values["value"].groupby(values["plan"]).mean().mean()),
            "runs_count": len(values), "defined_count": int(values["value"].notna().sum()),
            "half_width": scale * _mean(spreads), "half_width_of_difference": scale * _mean(paired),
        }  # fmt: skip
    return found


def _mean(spreads: Sequence[float]) -> float:
    """Of those that are defined; not a number if none is."""
    defined = [spread for spread in spreads if not math.isnan(spread)]
    return float(np.mean(defined)) if defined else math.nan


def _spread(values: pd.Series, study: Study) -> float:
    """Standard deviation of what replicates: a run, or the mean of a world over all its seeds.

    The pilot has fewer seeds in a world than the study, so its worlds vary more: by the seed's variance over the
    number of seeds, which is exchanged for that of the study.
    """
    if not _crossed(study):
        return float(values.std(ddof=1))
    rule = study.file.replications
    numbers = values.groupby("world").cumcount()
    grid = values.droplevel("seed").to_frame("value").assign(number=numbers.to_numpy())
    grid = grid.pivot_table(index="world", columns="number", values="value").dropna()
    worlds, seeds = grid.shape
    if worlds < 2:
        return math.nan
    if seeds < 2:
        return float(grid.to_numpy().std(ddof=1))
    of_means, of_seed = variances(grid.to_numpy(), common=not rule.own_seeds)
    return math.sqrt(max(0.0, of_means - of_seed / seeds) + of_seed / rule.count)
