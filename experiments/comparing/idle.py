"""Levers that cannot act: what one plan sets otherwise than another, and what in the place keeps it from mattering.

Layer: experiments.  What cannot matter follows from the parameters; that no case came its way, from the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import NamedTuple

from scenarios.loading import Scenario
from scenarios.parameters import walk
from scenarios.schema import Parameters


class Idle(Enum):
    """Why a lever cannot act."""

    ONE_LEVEL = auto()
    """Every class has competent units at one level only: there is nowhere to climb."""
    ONE_UNIT = auto()
    """No class has two competent units at one level: there is nobody to choose from."""
    NOTHING_TO_SEE = auto()
    """No class can be seen by whoever passes: supervisors find nothing, and only verify and check."""
    NOBODY_PATROLS = auto()
    """There are no supervisors."""
    NOBODY_THERE = auto()
    """The unit has no people."""
    NO_MEMBERS = auto()
    """There are no party members."""
    SWITCHED_OFF = auto()
    """Another parameter turns off, at 0, what it belongs to."""
    NO_CASE = auto()
    """It could, but in no run at hand did an incident come where it decides."""


SWITCHES = {
    "learning.experience_cases": "exponent",
    "learning.start_up_days": "start_up_slowness",
    "learning.running_days": "start_up_slowness",
    "learning.scoring_target": "scoring_response",
    "learning.scoring_memory_cases": "scoring_response",
    "categories.*.comes_back_mean_h": "comes_back_prob",
    "categories.*.hang_mean_h": "hang_prob",
    "units.*.rounds_households_per_h": "rounds_share",
    "units.*.rounds_visits_per_year": "rounds_share",
}
"""Path → the parameter of the same section that turns it off at 0."""


class IdleLever(NamedTuple):
    """A parameter that two plans have otherwise, and that cannot make a difference."""

    path: str
    why: Idle
    switch: str = ""
    """The parameter that is 0 and turns it off."""


def idle_levers(first: Scenario, other: Scenario, *, same_history: bool) -> tuple[IdleLever, ...]:
    """What differs between two plans and does not act, in the order of the schema.

    `same_history`: in no run at hand did an incident go another way.
    """
    before, after = _values(first.parameters), _values(other.parameters)
    changed = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    found = []
    for path in (path for path in changed if not _only_costs(path)):
        in_first, why = _idle(first.parameters, path), _idle(other.parameters, path)
        if in_first and why:
            found.append(IdleLever(path, why, switch_of(path) if why is Idle.SWITCHED_OFF else ""))
        elif same_history:
            found.append(IdleLever(path, Idle.NO_CASE))
    return tuple(found)


def switch_of(path: str) -> str:
    """The parameter that turns off, at 0, what `path` belongs to; empty: none."""
    section, _, _ = path.rpartition(".")
    for pattern, switch in SWITCHES.items():
        if fnmatchcase(path, pattern):
            return f"{section}.{switch}"
    return ""


def _values(parameters: Parameters) -> Mapping[str, object]:
    return {path: value for path, _, _, value in walk(parameters)}


def _idle(parameters: Parameters, path: str) -> Idle | None:
    """Why a path cannot act under some parameters; None: it may."""
    section, _, _ = path.rpartition(".")
    if (switch := switch_of(path)) and _values(parameters).get(switch) == 0.0:
        return Idle.SWITCHED_OFF
    if path == "rules.escalation" and not _rungs(parameters):
        return Idle.ONE_LEVEL
    if path == "rules.dispatch" and not _choices(parameters):
        return Idle.ONE_UNIT
    if section == "supervisors" or path == "rules.patrol":
        if not any(category.seen_per_pass_prob for category in parameters.categories.values()):
            return Idle.NOTHING_TO_SEE
        return None if parameters.supervisors.count else Idle.NOBODY_PATROLS
    if section == "party":
        return None if parameters.party.members_count else Idle.NO_MEMBERS
    unit = parameters.units.get(section.removeprefix("units."))
    return Idle.NOBODY_THERE if unit and not unit.people else None


def _only_costs(path: str) -> bool:
    """Whether a parameter is a price: it acts on what a plan costs, and is meant to act on nothing else."""
    return path.startswith("costs.") or path.endswith(".wage_yuan_per_month")


def _rungs(parameters: Parameters) -> bool:
    """Whether some class has competent units at two levels."""
    competent = {(category, unit.level) for unit in parameters.units.values() for category in unit.categories}
    return len({category for category, _ in competent}) < len(competent)


def _choices(parameters: Parameters) -> bool:
    """Whether some class has two competent units at one level."""
    competent = [(category, unit.level) for unit in parameters.units.values() for category in unit.categories]
    return len(set(competent)) < len(competent)
