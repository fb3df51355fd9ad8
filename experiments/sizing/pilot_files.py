"""What a pilot's results go into, so that `calibrate` takes them as figures: scenarios, figures to fill in, a place.

Layer: experiments.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from experiments.running.files import StorageError, write_whole
from experiments.sizing.pilot import Design, halves
from experiments.sizing.plans import Question, in_grids, plan_as_scenario, sites_as_csv
from languages.speaking import marked, say

ARMS = (("a", 0, 1), ("b", 1, 1), ("a", 1, 2), ("b", 0, 2))
"""Which plan which half has in which phase."""
MEASURED = {
    "found_count": ("incidents", marked("found by anybody")),
    "in_grid_share_of_solved": ("share", marked("settled inside the grid, of all solved: count and of")),
}
DISCREPANCY = {"count": 0.05, "hours": 0.10, "share": 0.01}
"""As of the library's places: how far the model may be off though its parameters are right."""
DAYS_OF_A_MONTH = 30


def write_pilot(folder: Path, question: Question, design: Design, start: date) -> list[Path]:
    """Write a scenario for each half in each phase, the figures to be filled in, and the place that fits to them.

    Raises StorageError if the disk does not take them.
    """
    half_of = np.array(halves(question))
    texts: dict[str, str] = {}
    figures: list[str] = [
        f"# {say('Fill in the numbers when the pilot is over, and take the # away; then calibrate takes this file.')}\n"
    ]
    for letter, half, phase in ARMS:
        name = f"pilot_{letter}{phase}"
        first = start + timedelta(days=(phase - 1) * design.months * DAYS_OF_A_MONTH)
        texts |= _arm(question, letter, half_of == half, name, first, design.months * DAYS_OF_A_MONTH)
        figures += _figures(name, first, design.months * DAYS_OF_A_MONTH)
    texts["pilot_figures.toml"] = "\n".join(figures)
    texts["pilot_place.toml"] = tomlkit.dumps(_place(question))
    try:
        for name, text in texts.items():
            write_whole(folder / name, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(say("--out: {target} cannot be written: {reason}", target=folder, reason=reason)) from None
    return [folder / name for name in texts]


def _arm(question: Question, letter: str, inside: np.ndarray, name: str, first: date, days: int) -> dict[str, str]:
    """One half under one plan in one phase, as a scenario with its list of buildings."""
    plan = question.plans["ab".index(letter)]
    cut = question.cuts[plan.cut]
    sites = tuple(site for site, here in zip(in_grids(question.listed.sites, cut), inside, strict=True) if here)
    listed = question.listed._replace(sites=sites)
    wishes = question.wishes.model_copy(update={"start": first, "days": days})
    whole = sum(site.households for site in question.listed.sites)
    share = sum(site.households for site in sites) / max(1, whole)
    half = replace(question, listed=listed, wishes=wishes)
    scenario = plan_as_scenario(half, plan._replace(members_count=round(plan.members_count * share)), f"{name}.csv")
    return {f"{name}.csv": sites_as_csv(sites), f"{name}.toml": tomlkit.dumps(scenario)}


def _figures(name: str, first: date, days: int) -> list[str]:
    """The figures of one arm, without their numbers."""
    lines = []
    for quantity, (unit, definition) in MEASURED.items():
        number = "# count = \n# of = " if unit == "share" else "# value = "
        last = first + timedelta(days=days - 1)
        lines.append(
            f'[[figure]]\nid = "{name}-{quantity}"\nplace = "{name}"\nscenarios = ["{name}"]\n'
            f'start = {first}\nend = {last}\nquantity = "{quantity}"\n{number}\n'
            f'published = "{say("the pilot")}"\nunit = "{unit}"\n'
            f'definition = "{say(definition)}"\nstanding = "fit"\nsource = "planners-list"\n'
        )
    return lines


def _place(question: Question) -> dict[str, Any]:
    """What is fitted to the pilot: what the sets leave open, between the ends that they allow."""
    names = [f"pilot_{letter}{phase}" for letter, _, phase in ARMS]
    sets = question.ensemble.sets
    unknown = []
    for path in question.ensemble.paths:
        values = [one[path] for one in sets]
        if all(isinstance(value, float) for value in values) and min(values) < max(values):
            unknown.append({
                "path": path, "distribution": "loguniform" if min(values) > 0.0 and max(values) > 10.0 * min(values)
                else "uniform", "low": min(values), "high": max(values),
                "why": say("what the figures of {ensemble} allow", ensemble=question.ensemble.name),
            })  # fmt: skip
    return {
        "title": say("What the pilot tells"),
        "question": say("Which values of what nobody knows are compatible with the pilot?"),
        "worlds": 280, "held_back": 80, "seeds": 2, "sets": 80,
        "plans": [{"name": name, "base": name} for name in names],
        "targets": [{"figure": f"{name}-{quantity}", "plan": name} for name in names for quantity in MEASURED],
        "discrepancy": {**DISCREPANCY, "why": say("as of the library's communities")},
        "unknown": unknown, "hand_over": [{"scenario": name, "plan": name} for name in names],
    }  # fmt: skip
