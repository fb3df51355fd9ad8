"""Levers that cannot act: what one plan sets otherwise than another, and what in the place keeps it from mattering.

Layer: experiments.  What cannot matter follows from the parameters; that no case came its way, from the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
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
    NO_CASE = auto()
    """It could, but in no run at hand did an incident come where it decides."""


class IdleLever(NamedTuple):
    """A parameter that two plans have otherwise, and that cannot make a difference."""

    path: str
    why: Idle


def idle_levers(first: Scenario, other: Scenario, *, same_history: bool) -> tuple[IdleLever, ...]:
    """What differs between two plans and does not act, in the order of the schema.

    `same_history`: in no run at hand did an incident go another way.
    """
    before, after = _values(first), _values(other)
    changed = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    found = []
    for path in (path for path in changed if not _only_costs(path)):
        why = _idle(first.parameters, path), _idle(other.parameters, path)
        if all(why):
            found.append(IdleLever(path, why[1] or Idle.NO_CASE))
        elif same_history:
            found.append(IdleLever(path, Idle.NO_CASE))
    return tuple(found)


def _values(scenario: Scenario) -> Mapping[str, object]:
    return {path: value for path, _, _, value in walk(scenario.parameters)}


def _idle(parameters: Parameters, path: str) -> Idle | None:
    """Why a path cannot act under some parameters; None: it may."""
    section, _, _ = path.rpartition(".")
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
