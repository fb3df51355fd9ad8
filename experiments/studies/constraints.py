"""Which plans a study leaves out: bounds on sums of parameters, staff and grids.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experiments.studies.form import Constraint, StudyError, StudyFile
from experiments.studies.plans import PlanPoint, flat
from experiments.studies.reading import problems_of
from languages.speaking import say
from scenarios.counting import areas_count, households_count, sites_count
from scenarios.loading import Family, Scenario, ScenarioError
from scenarios.parameters import walk

DERIVED = ("staff_total", "social_grids_count")
"""What a constraint may name beside the paths of parameters."""


def allowed(plan: PlanPoint, file: StudyFile, families: Mapping[str, Family], path: Path) -> bool:
    """True if a plan breaks no constraint.

    Raises StudyError, with one line for each problem, if it does not make a scenario.
    """
    if not file.constraints:
        return True
    try:
        scenario = families[plan.base].load(flat(file.set) | plan.changes)
    except ScenarioError as error:
        raise StudyError(
            say('{file}: plan "{plan}": {line}', file=path.name, plan=plan.name, line=line)
            for line in problems_of(error)
        ) from None
    return all(within(constraint, scenario) for constraint in file.constraints)


def within(constraint: Constraint, scenario: Scenario) -> bool:
    """True if a scenario keeps a constraint; a list of sites says how many sites and households there are."""
    parameters, ground = scenario.parameters, scenario.parameters.territory
    values = {path: value for path, _, _, value in walk(parameters)}
    values |= {
        "territory.households": households_count(ground, scenario.sites),
        "territory.sites_count": sites_count(ground, scenario.sites),
        "staff_total": staff_total(scenario),
        "social_grids_count": areas_count(ground, scenario.sites)["grid"],
    }
    total = sum(values[path] for path in constraint.of)
    low = -np.inf if constraint.at_least is None else constraint.at_least
    return bool(low <= total <= (np.inf if constraint.at_most is None else constraint.at_most))


def staff_total(scenario: Scenario) -> int:
    """Everybody on the payroll: supervisors, operators' posts, and the people of every unit in every area."""
    parameters = scenario.parameters
    areas = areas_count(parameters.territory, scenario.sites)
    units = sum(
        unit.people * (areas[unit.level] if unit.people_basis == "per_area" else 1)
        for unit in parameters.units.values()
    )
    operators = parameters.supervision_centre.operators_count + parameters.command_centre.operators_count
    return parameters.supervisors.count + operators + units
