"""Which plans a study leaves out: bounds on sums of parameters, staff and grids.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experiments.studies.form import Constraint, StudyError, StudyFile
from experiments.studies.plans import PlanPoint, flat
from experiments.studies.reading import _lines
from scenarios.loading import Family, ScenarioError
from scenarios.parameters import walk
from scenarios.schema import Parameters

DERIVED = ("staff_total", "social_grids_count")
"""What a constraint may name beside the paths of parameters."""


def _allowed(plan: PlanPoint, file: StudyFile, families: Mapping[str, Family], path: Path) -> bool:
    """True if a plan breaks no constraint."""
    if not file.constraints:
        return True
    try:
        parameters = families[plan.base].load(flat(file.set) | plan.changes).parameters
    except ScenarioError as error:
        raise StudyError(f'{path.name}: plan "{plan.name}": {line}' for line in _lines(error)) from None
    return all(_within(constraint, parameters) for constraint in file.constraints)


def _within(constraint: Constraint, parameters: Parameters) -> bool:
    values = {path: value for path, _, _, value in walk(parameters)}
    values |= {"staff_total": staff_total(parameters), "social_grids_count": _areas(parameters)["grid"]}
    total = sum(values[path] for path in constraint.of)
    low = -np.inf if constraint.at_least is None else constraint.at_least
    return bool(low <= total <= (np.inf if constraint.at_most is None else constraint.at_most))


def staff_total(parameters: Parameters) -> int:
    """Everybody on the payroll: supervisors, operators' posts, and the people of every unit in every area."""
    areas = _areas(parameters)
    units = sum(
        unit.people * (areas[unit.level] if unit.people_basis == "per_area" else 1)
        for unit in parameters.units.values()
    )
    operators = parameters.supervision_centre.operators_count + parameters.command_centre.operators_count
    return parameters.supervisors.count + operators + units


def _areas(parameters: Parameters) -> dict[str, int]:
    """How many areas each level has."""
    ground = parameters.territory
    grids = max(1, round(ground.households / ground.households_per_social_grid))
    return {
        "grid": grids, "community": ground.communities_count, "subdistrict": ground.subdistricts_count, "district": 1,
    }  # fmt: skip
