"""Does stopping when the ranking is safe save runs, and is it right as often as it promises?

    python -m benchmarks.stopping                    ten minutes
    python -m benchmarks.stopping --repetitions 40   a first look

Six plans for Junmen, many repetitions of "find the best", each with seeds of its own. Three ways:

- dropping plans that are clearly worse (`rule = "ranking"`);
- equal allocation under the same promise: all plans are run until only one is left that may be the best;
- equal allocation of a fixed size, chosen afterwards so that it is wrong as rarely as the first way: no real
  study could know that size.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.pages import KEPT, put_into_page
from experiments.findings.runs import read_findings
from experiments.running.engine import engine
from experiments.studies.design import load_study
from experiments.studies.folder import open_results
from experiments.studies.form import StudyFile
from experiments.studies.stopping import survivors, until_ranking_is_safe
from experiments.studies.sweeping import sweep

INDICATOR, ERROR, INDIFFERENCE, FIRST, AT_MOST = "solved_share_of_raised", 0.05, 0.01, 10, 200
STUDY = """
title = "Six plans for Junmen"
question = "Which solves most of what is raised?"
base = "junmen_2012"
outcomes = ["solved_share_of_raised"]
[set]
"period.days" = 10
"demand.scale" = 4.8
"residents.residents_per_agent" = 50.0
[design]
kind = "factorial"
[[levers]]
name = "households per grid"
path = "territory.households_per_social_grid"
values = [300.0, 750.0, 1500.0]
[[levers]]
name = "hours before the next try"
path = "escalation.retry_after_h"
values = [24.0, 120.0]
[replications]
count = {count}
[[objectives]]
indicator = "solved_share_of_raised"
better = "high"
"""

type Pool = NDArray[np.float64]
"""(seeds, plans)"""


def main() -> None:
    """Run the pool, repeat the three ways on it, print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repetitions", type=int, default=110)
    arguments.add_argument("--seeds", type=int, default=3_500, help="the pool; a repetition never uses another's seeds")
    arguments.add_argument("--write-docs", action="store_true", help="put the table into docs/performance.md")
    given = arguments.parse_args()
    text = measured(given.repetitions, given.seeds)
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "stopping.md").write_text(text)
    print(text)
    if given.write_docs:
        put_into_page("stopping", text)


def measured(repetitions: int, seeds: int) -> str:
    """The table."""
    pool = pool_of(seeds)
    truth = pool.mean(axis=0)
    best = truth.max()
    ours, equal, taken = [], [], 0
    while len(ours) < repetitions and taken + AT_MOST <= len(pool):
        rows = pool[taken : taken + AT_MOST]
        ours.append(until_safe(rows, dropping=True))
        equal.append(until_safe(rows, dropping=False))
        taken += max(ours[-1].longest, equal[-1].longest)
    wrong = [[truth[found.plan] < best - INDIFFERENCE for found in way] for way in (ours, equal)]
    known_runs, known_wrong = as_rarely_wrong(pool, truth, float(np.mean(wrong[0])))
    ours_runs, equal_runs = (np.mean([found.runs for found in way]) for way in (ours, equal))
    lines = [
        f"Finding the best of six plans, {len(ours)} repetitions with seeds of their own. Promised: wrong by "
        f"{INDIFFERENCE:g} or more in at most {ERROR:.0%}.",
        "",
        f"Means over all {len(pool):,} seeds: {', '.join(f'{mean:.4f}' for mean in truth)}.",
        "",
        "| way | mean runs | wrong |",
        "|---|---:|---:|",
        f"| dropped when clearly worse | {ours_runs:,.0f} | {np.mean(wrong[0]):.1%} |",
        f"| equal allocation, same promise | {equal_runs:,.0f} | {np.mean(wrong[1]):.1%} |",
        f"| equal allocation, its size known beforehand | {known_runs:,} | {known_wrong:.1%} |",
    ]
    return "\n".join(lines) + "\n"


def pool_of(seeds: int) -> Pool:
    """The outcome of every plan under every seed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "six.toml"
        file.write_text(STUDY.replace("{count}", str(seeds)))
        study = load_study(file)
        sweep(study, open_results(study, Path(folder) / "out"), engine)
        return read_findings(Path(folder) / "out").table(INDICATOR).to_numpy(float)


class Found(NamedTuple):
    """How one repetition ended."""

    plan: int
    runs: int
    longest: int
    """Seeds used."""


def until_safe(rows: Pool, dropping: bool) -> Found:
    """Run until one plan is left that may be the best, or no more may be run."""
    study = ranking_study()
    counts = [FIRST] * rows.shape[1]
    while True:
        values = {INDICATOR: [rows[:count, plan] for plan, count in enumerate(counts)]}
        more = until_ranking_is_safe(study, values)
        if more == counts:
            alive = survivors(values[INDICATOR], study.replications)
            best = max(alive, key=lambda plan: values[INDICATOR][plan].mean())
            return Found(best, sum(counts), max(counts))
        counts = more if dropping else [max(more)] * len(more)


def ranking_study() -> StudyFile:
    """The stopping rule as a study states it."""
    rule = {"rule": "ranking", "count": FIRST, "at_most": AT_MOST, "error": ERROR, "indifference": INDIFFERENCE}
    return StudyFile.model_validate({
        "title": "six", "question": "?", "base": "junmen_2012", "design": {"kind": "list"}, "plans": [{"name": "p"}],
        "objectives": [{"indicator": INDICATOR, "better": "high"}], "replications": rule,
    })  # fmt: skip


def as_rarely_wrong(pool: Pool, truth: NDArray[np.float64], error: float) -> tuple[int, float]:
    """The smallest equal allocation that is wrong no more often; its runs and how often it is wrong."""
    for count in range(2, AT_MOST + 1):
        chunks = [pool[start : start + count] for start in range(0, len(pool) - count + 1, count)]
        wrong = np.mean([truth[chunk.mean(axis=0).argmax()] < truth.max() - INDIFFERENCE for chunk in chunks])
        if wrong <= error:
            return count * pool.shape[1], float(wrong)
    return AT_MOST * pool.shape[1], math.nan


if __name__ == "__main__":
    main()
