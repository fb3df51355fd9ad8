"""What becomes of the recommended plan if the world is not as it was thought; and how its work falls on its grids.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.running.engine import Engine
from experiments.running.jobs import EngineError, Job, Work, slim
from experiments.running.measures import Row
from experiments.running.provenance import identity
from experiments.sizing.choosing import Standing, ranked, standing
from experiments.sizing.kept import Kept, Values
from experiments.sizing.plans import Plan, Question, write_cut
from experiments.sizing.running import Advance, Run, Runs, values_of
from sim.incidents import Level
from sim.indicators import MONTH_H
from sim.run import Outcome

MORE_HOUSEHOLDS = 1.1


class Turn(StrEnum):
    """In what way the world may turn out otherwise."""

    MORE_HOUSEHOLDS = "more_households"
    """A tenth more, in every building."""
    VACANT_POST = "vacant_post"
    """One person less of the post that most people have; the hours of the others are as before."""
    PESSIMISTIC_HALF = "pessimistic_half"
    """Only that half of the sets under which more problem-hours remain."""


class Turned(NamedTuple):
    """The recommended plan where the world turns out otherwise."""

    turn: Turn
    standing: Standing
    best: int | None
    """Which plan would be recommended then; None: not asked."""


class GridWork(NamedTuple):
    """A grid of the recommended plan: means over the sets, by the month."""

    name: str
    households: int
    residents: int
    occurred: float
    found: float
    settled: float
    """In the grid, by its own people."""
    hours: float
    """Hours that its own people spend on cases; those of all grids, shared by the cases that each has settled."""
    busy_share: float
    """Of the hours that its people have for cases."""
    problem_hours: float


@dataclass(frozen=True)
class Robustness:
    """What the recommended plan is worth where things turn out otherwise, and the work of its grids."""

    turned: tuple[Turned, ...]
    grids: tuple[GridWork, ...]


def robustness(
    runs: Runs, best: int, engine: Engine, seed: int, kept: Kept, folder: Path, on_progress: Advance
) -> Robustness:
    """Run the recommended plan with more households and with a post vacant, look at half of its sets and at its grids.

    Raises EngineError if a run fails.
    """
    question, plan, sets = runs.question, runs.question.plans[best], runs.question.sets()
    grown, vacant = _grown(question, plan, folder), _vacant(question, plan)
    turned = {
        Turn.MORE_HOUSEHOLDS: [grown.scenario(grown.plans[0], values) for values in sets],
        Turn.VACANT_POST: [
            question.scenario(plan, values, vacant) for values in sets
        ],
    }  # fmt: skip
    wanted = [Run(one, seed + turn) for each in turned.values() for turn, one in enumerate(each)]
    found = values_of(wanted, question.wishes, engine, kept, on_progress)
    told = [
        Turned(turn, standing(_instead(runs, best, found[place * len(sets) : (place + 1) * len(sets)]), best), None)
        for place, turn in enumerate(turned)
    ]
    kept.write()
    as_planned = [Run(question.scenario(plan, values), seed + turn) for turn, values in enumerate(sets)]
    return Robustness((*told, _pessimistic(runs, best)), grids_of(question, plan, as_planned, engine))


def _pessimistic(runs: Runs, best: int) -> Turned:
    hours = runs.hours_a_year[best]
    half = hours >= np.nanmedian(hours)
    only = replace(
        runs, values={name: values[:, half] for name, values in runs.values.items()}, done=runs.done[:, half]
    )
    return Turned(Turn.PESSIMISTIC_HALF, standing(runs, best, half), ranked(only)[1][0])


def _grown(question: Question, plan: Plan, folder: Path) -> Question:
    """The same question of a community in which every building has a tenth more households."""
    cut = question.cuts[plan.cut]
    sites = tuple(
        site._replace(households=round(site.households * MORE_HOUSEHOLDS),
                      residents=round(site.residents * MORE_HOUSEHOLDS)) for site in question.listed.sites
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    family = write_cut(folder, question.listed._replace(sites=sites), question.wishes, question.base, cut)
    return replace(question, cuts=(cut,), families=(family,), plans=(plan._replace(cut=0),))


def _vacant(question: Question, plan: Plan) -> dict[str, Any]:
    """One person less of the post that most people have; of equal ones the first."""
    grids = 1 if plan.today else question.grids_count(plan)
    name, count = max(plan.people, key=lambda entry: entry[1])
    return {f"units.{name}.people": max(0, count * grids - 1), f"units.{name}.people_basis": "total"}


def _instead(runs: Runs, best: int, values: Sequence[Values]) -> Runs:
    """The runs with other ones of the recommended plan in place of its own."""
    other = Runs(runs.question, {name: column.copy() for name, column in runs.values.items()}, runs.done.copy())
    for turn, each in enumerate(values):
        other.take(best, turn, each)
    return other


# Grids ------------------------------------------------------------------------------------------------------------
def grids_of(question: Question, plan: Plan, runs: Sequence[Run], engine: Engine) -> tuple[GridWork, ...]:
    """The work of each grid by the month, on average over runs of a plan."""
    jobs = (Job(str(number), slim(run.scenario), run.seed) for number, run in enumerate(runs))
    rows = [row for batch in engine.run(jobs, len(runs), Work(identity(), measure=grid_work)) for row in batch]
    if failed := [row["error"] for row in rows if row["error"]]:
        raise EngineError(failed[0])
    return _grids(question, plan, sorted(rows, key=lambda row: int(row["key"])))


def grid_work(outcome: Outcome) -> Row:
    """What is measured of an outcome for the work of its grids."""
    return {
        "grids": by_grid(outcome), "busy_h": {unit.name: (unit.busy_h, unit.duty_h) for unit in outcome.record.units},
    }  # fmt: skip


def by_grid(outcome: Outcome) -> list[list[float]]:
    """Of each grid: incidents that occurred, were found, were settled in it, and problem-hours; (4, grids)."""
    record, ground = outcome.record, outcome.territory
    grid = ground.social.of_site[record.site]
    ended_h = np.fmin(np.fmin(record.remedied_h, record.gone_h), record.end_h)
    stood_h = np.maximum(0.0, ended_h - record.occurred_h)
    settled = ~np.isnan(record.closed_h) & (record.level == Level.GRID)
    return [
        np.bincount(grid, weights, minlength=ground.social.count).tolist()
        for weights in (np.ones(len(grid)), ~np.isnan(record.found_h), settled, stood_h)
    ]


def _grids(question: Question, plan: Plan, rows: Sequence[Row]) -> tuple[GridWork, ...]:
    """The work of each grid by the month, on average over the sets."""
    months = question.wishes.days * 24.0 / MONTH_H
    occurred, found, settled, stood = np.mean([row["grids"] for row in rows], axis=0) / months
    posts = {name for name, count in plan.people if count}
    busy_h, duty_h = (
        sum(float(np.mean([row["busy_h"][name][place] for row in rows])) for name in posts) / months for place in (0, 1)
    )
    names, households, residents = _peopled(question, plan)
    each = settled / max(settled.sum(), 1e-9)
    return tuple(
        GridWork(name, households[number], residents[number], float(occurred[number]), float(found[number]),
                 float(settled[number]), float(busy_h * each[number]),
                 float(busy_h * each[number] / (duty_h / len(names))) if duty_h else 0.0, float(stood[number]))
        for number, name in enumerate(names)
    )  # fmt: skip


def _peopled(question: Question, plan: Plan) -> tuple[list[str], list[int], list[int]]:
    """The grids of a plan in the model's order: names, households and residents."""
    sites = question.families[plan.cut].load().sites or ()
    names = list(dict.fromkeys(site.grid for site in sites))
    households: Mapping[str, int] = {
        name: sum(site.households for site in sites if site.grid == name) for name in names
    }
    residents: Mapping[str, int] = {name: sum(site.residents for site in sites if site.grid == name) for name in names}
    return names, [households[name] for name in names], [residents[name] for name in names]
