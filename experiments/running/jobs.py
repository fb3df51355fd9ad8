"""One run as a worker does it: a job in, a row out.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import NamedTuple

from experiments.running.measures import Row, hours_by_area, part_of
from experiments.running.parts import Part
from experiments.running.provenance import identity
from languages.speaking import say
from scenarios.loading import Scenario
from sim.run import ModelEngine, Outcome, simulate


class EngineError(ValueError):
    """The workers cannot be reached, or run other code; one line that says why."""


class Job(NamedTuple):
    """One run."""

    key: str
    scenario: Scenario
    seed: int


@dataclass(frozen=True)
class Work:
    """What every batch of one piece of work has in common."""

    identity: str
    """Of the code and the packages here: a worker with other ones must not answer."""
    areas_of: Scenario | None = None
    """Whose areas hours are summed over, so that plans with other grids can be compared."""
    parts: tuple[Part, ...] = ()
    """Indicators of a part of the period that are kept beside them."""
    engine: ModelEngine = "auto"
    """Which engine of the model is to run them."""
    measure: Callable[[Outcome], Row] | None = None
    """What else is to be kept of an outcome; a function of a module, so that it can be sent."""


def slim(scenario: Scenario) -> Scenario:
    """A scenario without the reasons for its values: all that a run needs, a quarter of the size."""
    return replace(scenario, provenance={})


def run_batch(jobs: Sequence[Job], work: Work) -> list[Row]:
    """Run some jobs, one after the other; a run that raises becomes a row that says so."""
    if identity() != work.identity:
        raise EngineError(say(
            "a worker runs other code or other packages ({there}, not {here})", there=identity(), here=work.identity,
        ))  # fmt: skip
    return [_run(job, work) for job in jobs]


def _run(job: Job, work: Work) -> Row:
    started = perf_counter()
    row: Row = {"key": job.key, "scenario": job.scenario.hash, "seed": job.seed, "error": "", "indicators": {}}
    try:
        outcome = simulate(job.scenario, job.seed, work.engine)
        row["indicators"] = dict(outcome.indicators)
        row["indicators"] |= {part.name: part_of(outcome, job.scenario, part) for part in work.parts}
        row |= hours_by_area(outcome, work.areas_of) if work.areas_of else {}
        row |= work.measure(outcome) if work.measure else {}
    except Exception as error:  # whatever a run raises is recorded, and must not stop the others
        row["error"] = said(error)
    row["elapsed_s"] = perf_counter() - started
    return row


def said(error: BaseException) -> str:
    """An error in one line of bounded length; a ValueError is in words already."""
    kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
    text = " ".join(f"{kind}{error}".split())
    return text if len(text) <= 300 else text[:299] + "…"
