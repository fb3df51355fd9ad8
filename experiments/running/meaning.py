"""Indicators that mean nothing in some place: what they count cannot happen there.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from scenarios.schema import Parameters


class Condition(NamedTuple):
    """What a place must have for some indicators to mean something."""

    holds: Callable[[Parameters], bool]
    indicators: tuple[str, ...]


def _works_at(level: str, parameters: Parameters) -> bool:
    return any(unit.level == level and unit.people for unit in parameters.units.values())


CONDITIONS = (
    Condition(lambda p: p.supervisors.count > 0, (
        "supervisor_share_of_found", "solved_on_the_spot_count", "on_the_spot_share_of_found",
        "supervisor_utilisation", "supervisor_finds_cv",
    )),
    Condition(lambda p: p.party.members_count > 0, ("party_share_of_found",)),
    Condition(lambda p: any(unit.rounds_share and unit.people for unit in p.units.values()), (
        "grid_team_share_of_found",
    )),
    Condition(lambda p: p.party.members_count > 0 or _works_at("grid", p), (
        "solved_in_grid_count", "in_grid_share_of_solved", "in_grid_share_of_raised",
    )),
    Condition(lambda p: any(category.comes_back_prob for category in p.categories.values()), ("came_back_count",)),
    Condition(lambda p: any(category.hang_prob for category in p.categories.values()), ("hung_share_of_filed",)),
    Condition(lambda p: p.supervision_centre.reject_prob > 0.0, ("rejected_count",)),
    Condition(lambda p: p.command_centre.extension_prob > 0.0, ("extended_share",)),
    Condition(lambda p: p.supervision_centre.check_fail_prob > 0.0, ("rework_share",)),
    Condition(lambda p: p.supervision_centre.operators_count + p.command_centre.operators_count > 0, (
        "operator_utilisation",
    )),
    *(
        Condition(partial(_works_at, level), (f"{level}_share_of_solved",))
        for level in ("community", "subdistrict", "district")
    ),
)  # fmt: skip


def without_meaning(parameters: Parameters) -> frozenset[str]:
    """The indicators that mean nothing under these parameters."""
    return frozenset(
        name for condition in CONDITIONS if not condition.holds(parameters) for name in condition.indicators
    )
