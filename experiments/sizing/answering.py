"""Sizing from end to end: a list of buildings and a planner's wishes in, a recommendation and what it rests on out.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.running.engine import Engine
from experiments.sizing.choosing import (
    Choice,
    Rival,
    Standing,
    choose,
    near_rivals,
    price_at,
    rival,
    standing,
    untold,
)
from experiments.sizing.cuts.cutting import Cut
from experiments.sizing.cuts.neighbourhood import Floats
from experiments.sizing.cuts.quality import impossible
from experiments.sizing.inputs.reading import Listed
from experiments.sizing.inputs.wishes import Target
from experiments.sizing.kept import Kept
from experiments.sizing.pilot import CHECKED, INDIFFERENT, Pilot, Power, design_pilot
from experiments.sizing.plans import Plan, Question
from experiments.sizing.robustness import GridWork, Robustness, robustness
from experiments.sizing.running import HOURS, OCCURRED, Advance, Run, Runs, run_plans, values_of
from scenarios.parameters import walk
from scenarios.projecting import Point

SEED = 1
HISTORIES = 4
FURTHER = 10_000
"""Between the seeds of two histories of a set."""
GROWN = Path("cuts") / "more_households"
"""Where the scenario with more households goes."""


@dataclass(frozen=True, eq=False)
class Sized:
    """A question, all that was run for it, and the answer."""

    runs: Runs
    choice: Choice
    robustness: Robustness
    untold: tuple[Rival, ...]
    """Plans with other numbers of grids, the best of each, of which the figures do not tell whether they are better."""
    pilot: Pilot | None
    """That would tell the recommended plan apart from that of these of which it is worth most; None: there is none."""

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.runs.question

    @property
    def best(self) -> int:
        """The recommended plan."""
        return self.choice.standing.plan


def size(
    question: Question, engine: Engine, folder: Path, seed: int = SEED,
    on_progress: Callable[[str], Advance] = lambda _: lambda done, total: None,
) -> Sized:  # fmt: skip
    """Run all plans of a question, choose among them, and try the chosen one where the world turns out otherwise.

    `on_progress` is told the name of each stage, and gives what is told how far it is.
    Raises EngineError if a run fails.
    """
    kept = Kept(folder)
    runs = run_plans(question, engine, seed, kept, on_progress("plans"))
    choice = choose(runs)
    best = choice.standing.plan
    tried = robustness(runs, best, engine, seed, kept, folder / GROWN, on_progress("robustness"))
    rivals = untold(runs, best, _in_several_histories(runs, best, engine, seed, kept, on_progress("rivals")))
    if not rivals:
        return Sized(runs, choice, tried, rivals, None)
    other = max(rivals, key=lambda each: each.worth_knowing_h).plan
    dearer = (runs.cost[other] - runs.cost[best]) / price_at(runs, best)
    pilot = design_pilot(
        question, question.plans[best], question.plans[other], engine, seed, on_progress("pilot"), (best, other), dearer
    )
    return Sized(runs, choice, tried, rivals, pilot)


def _in_several_histories(
    runs: Runs, best: int, engine: Engine, seed: int, kept: Kept, on_progress: Advance
) -> dict[int, Floats]:
    """Problem-hours a year of the recommended plan and its nearest rivals, the mean of several histories of each set.

    One history of each would leave much of what differs to chance. Raises as `size`.
    """
    question, sets = runs.question, runs.question.sets()
    plans = [best, *near_rivals(runs, best)]
    wanted = [
        Run(question.scenario(question.plans[plan], values), seed + turn + FURTHER * history)
        for plan in plans for history in range(HISTORIES) for turn, values in enumerate(sets)
    ]  # fmt: skip
    found = np.array([row[HOURS] for row in values_of(wanted, question.wishes, engine, kept, on_progress)])
    kept.write()
    means = found.reshape(len(plans), HISTORIES, len(sets)).mean(axis=1) * runs.a_year
    return dict(zip(plans, means, strict=True))


def as_plain(sized: Sized) -> dict[str, Any]:
    """Everything that is found, as plain objects: for machines, for the sentences and for the report."""
    question, choice, runs = sized.question, sized.choice, sized.runs
    wishes, listed = question.wishes, question.listed
    about = _about(question)
    return {
        "community": wishes.community or Path(listed.file).stem, "file": listed.file, "crs": listed.crs,
        "buildings": sum(site.households > 0 for site in listed.sites), "sites": len(listed.sites),
        "households": question.households, "residents": sum(site.residents for site in listed.sites),
        "extent_m": extent_of(listed), "middle": _middle(listed), "remarks": list(listed.remarks),
        "base": question.base.name, "ensemble": question.ensemble.name,
        "elsewhere": not wishes.own_figures, "doubt": question.ensemble.doubt,
        "sets": len(question.sets()), "days": wishes.days,
        "wished_probability": wishes.probability, "budget_yuan": wishes.budget_yuan_per_year,
        "price_yuan": wishes.price_of_a_problem_hour_yuan,
        "targets": [_target(target) for target in wishes.targets],
        "cuts": [_cut(question, cut) for cut in question.cuts],
        "plans": [_plan(runs, number) for number in range(len(question.plans))],
        "runs": int(runs.done.sum()), "ground": str(choice.ground), "recommended": sized.best,
        "runner_up": _rival(choice.runner_up), "untold": [_rival(each) for each in sized.untold],
        "frontier": [
            {"plan": step.plan, "from_yuan": step.from_yuan,
             "to_yuan": step.to_yuan if np.isfinite(step.to_yuan) else None} for step in choice.frontier
        ],
        "price_at_yuan": price_at(runs, sized.best),
        "missed": [
            {"target": place, "share": miss.share, "within_reach": _plain(miss.within_reach)}
            for place, miss in enumerate(choice.missed)
        ],
        "hinges": [{**hinge._asdict(), "about": about.get(hinge.path, hinge.path)} for hinge in choice.hinges],
        "robustness": [
            {"turn": str(each.turn), **_standing(each.standing), "best": each.best} for each in sized.robustness.turned
        ],
        "grids": [grid._asdict() for grid in sorted(sized.robustness.grids, key=_in_order)],
        "against_today": _rival(_against_today(sized)),
        "pilot": None if sized.pilot is None else pilot_as_plain(sized.pilot),
    }  # fmt: skip


def pilot_as_plain(pilot: Pilot) -> dict[str, Any]:
    """A pilot as plain objects."""
    return {
        **pilot._asdict(), "checked_count": CHECKED, "indifferent": INDIFFERENT,
        "powers": [_power(power) for power in pilot.powers],
        "chosen": pilot.chosen and _power(pilot.chosen), "checked": pilot.checked and _power(pilot.checked),
    }  # fmt: skip


def _power(power: Power) -> dict[str, Any]:
    plain = power._asdict()
    design = plain.pop("design")
    return {**plain, "records": str(design.records), "months": design.months, "communities": design.communities}


def extent_of(listed: Listed) -> tuple[float, float]:
    """How wide and how high a community is, m."""
    xs, ys = [site.x_m for site in listed.sites], [site.y_m for site in listed.sites]
    return max(xs) - min(xs), max(ys) - min(ys)


def _middle(listed: Listed) -> Point | None:
    """The middle by GPS; None: the list is in metres."""
    if listed.back is None:
        return None
    xs, ys = [site.x_m for site in listed.sites], [site.y_m for site in listed.sites]
    return listed.back([((min(xs) + max(xs)) / 2.0, (min(ys) + max(ys)) / 2.0)])[0]


def _in_order(grid: GridWork) -> tuple[int, str]:
    """By number where a grid has one, otherwise by name."""
    return (int(grid.name) if grid.name.isdecimal() else 0, grid.name)


def _against_today(sized: Sized) -> Rival | None:
    now = next((number for number, plan in enumerate(sized.question.plans) if plan.today), None)
    return None if now is None or now == sized.best else rival(sized.runs, sized.best, now)


def _about(question: Question) -> dict[str, str]:
    """What each parameter is."""
    return {
        path: str(section.model_fields[name].description)
        for path, section, name, _ in walk(question.base.parameters)
    }  # fmt: skip


def _target(target: Target) -> dict[str, Any]:
    return {
        "indicator": target.indicator, "days": target.days, "bound": target.bound, "unit": target.unit,
        "at_least": target.at_least is not None,
    }  # fmt: skip


def _cut(question: Question, cut: Cut) -> dict[str, Any]:
    found = cut.quality
    reasons = [] if not found.excess else impossible(question.of, found.grids_count)
    return {
        "method": str(cut.method), "grids": found.grids_count, "households": households_of(question, cut),
        "largest_deviation": found.largest_deviation, "contiguous": found.contiguous,
        "compactness": None if np.isnan(found.compactness) else found.compactness,
        "compounds_cut": found.compounds_cut_count, "barriers_crossed": found.barriers_crossed_count,
        "impossible": [{**reason._asdict(), "why": str(reason.why)} for reason in reasons],
    }  # fmt: skip


def households_of(question: Question, cut: Cut) -> list[int]:
    """Households of each grid of a cut."""
    households = [site.households for site in question.listed.sites]
    return [int(count) for count in np.bincount(cut.grid_of, households)]


def _plan(runs: Runs, number: int) -> dict[str, Any]:
    question = runs.question
    plan: Plan = question.plans[number]
    occurred = float(np.nansum(runs.values[OCCURRED][number]))
    return {
        "number": number, "cut": plan.cut, "grids": question.grids_count(plan), "people": dict(plan.people),
        "members": plan.members_count, "escalation": plan.escalation, "today": plan.today,
        "posts": plan.posts_count(question.grids_count(plan)), "runs": int(runs.done[number].sum()),
        "occurred": occurred, **_standing(standing(runs, number)),
    }  # fmt: skip


def _standing(found: Standing) -> dict[str, Any]:
    plain: dict[str, Any] = found._asdict()
    plain.pop("plan")
    plain["people_count"] = plain.pop("people")
    return {name: _plain(value) for name, value in plain.items()}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def _rival(found: Rival | None) -> dict[str, Any] | None:
    return None if found is None else found._asdict()
