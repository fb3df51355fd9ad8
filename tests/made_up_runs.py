"""An engine whose runs are made up and cost nothing, for tests of how studies are run and kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from experiments.running.jobs import Job, Work
from sim.indicators import INDICATORS

NAN = math.nan
UNKNOWN = '[[uncertain]]\npath = "party.attention"\ndistribution = "uniform"\nlow = 0.1\nhigh = 0.3\nwhy = "x"\n'
RULED = 'count = 3\nrule = "{}"\nat_most = 12\n{}'
FEW = {
    name: INDICATORS[name]
    for name in ("filed_count", "found_count", "solved_share_of_raised", "cost_yuan", "backlog_count")
}


def told_of(job: Job) -> float:
    """What a made-up run comes to: by its households and its seed."""
    ground = job.scenario.parameters.territory
    return (
        ground.households_per_social_grid
        + job.seed
        + (1000.0 if job.scenario.parameters.rules.escalation == "direct" else 0.0)
    )


class Here:
    """An engine that makes its runs up, two at a time."""

    workers = 4

    def __init__(self, value: Callable[[Job], float | str] = told_of, stop_after: int = 10**9) -> None:
        self.value, self.stop_after, self.jobs, self.works, self.open = value, stop_after, [], [], 0

    @contextmanager
    def __call__(self) -> Iterator[Here]:
        self.open += 1
        yield self
        self.open -= 1

    def run(self, jobs: Iterator[Job], count: int, work: Work) -> Iterator[list[dict]]:
        rows: list[dict] = []
        self.works.append(work)
        for number, job in enumerate(jobs, 1):
            self.jobs.append(job)
            found = self.value(job)
            error = found if isinstance(found, str) else ""
            indicators = (
                {}
                if error
                else {
                    **dict.fromkeys(FEW, 1.0),
                    "filed_count": found,
                    "solved_share_of_raised": found / 1e4,
                }
            )
            rows.append({"key": job.key, "scenario": job.scenario.hash, "seed": job.seed, "error": error, "elapsed_s": 0.5,
                         "indicators": indicators, "area_cases": [1.0, 2.0], "area_hours": [3.0, 4.0]})  # fmt: skip
            if number >= self.stop_after:
                yield rows
                raise KeyboardInterrupt
            if len(rows) == 2:
                yield rows
                rows = []
        if rows:
            yield rows
        assert number == count


def row(key: str, error: str = "", **indicators: float) -> dict:
    return {"key": key, "scenario": "s", "seed": 1, "error": error, "elapsed_s": 1.0, "indicators": indicators}
