"""What a plan is made of: its grids, and who works there.

Layer: experiments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scenarios.counting import areas_count
from scenarios.labour import centres, people_per_post, posts_count, working_grids_count
from scenarios.schema import Parameters

if TYPE_CHECKING:
    from scenarios.loading import Scenario
    from sim.territory import Territory


class People(NamedTuple):
    """Staff of one kind."""

    name: str
    """As the scenario calls them: supervisors, operators, or the name of a unit."""
    level: str
    """Where they work: patrol, centre, or the level of a unit."""
    on_duty: float
    """Together, during their hours."""
    employed: float
    """So that they are, leave included."""


class PlanFacts(NamedTuple):
    """What a plan is made of."""

    social_grids: tuple[int, ...]
    """Households of each social grid; empty: nobody works in them."""
    working_grids_count: int
    """Beats that supervisors walk; 0: nobody patrols."""
    cells_count: int
    people: tuple[People, ...]
    members_count: int
    """Party members who volunteer."""

    def as_plain(self) -> dict[str, Any]:
        """As plain objects, for machines."""
        return {
            "social_grids_count": len(self.social_grids),
            "households_per_grid": [min(self.social_grids), max(self.social_grids)] if self.social_grids else [],
            "working_grids_count": self.working_grids_count, "cells_count": self.cells_count,
            "people": [each._asdict() for each in self.people], "party_members_count": self.members_count,
        }  # fmt: skip


def facts_of(scenario: Scenario, territory: Territory) -> PlanFacts:
    """What a plan is made of, on its ground."""
    parameters = scenario.parameters
    at_grids = any(unit.level == "grid" and unit.people for unit in parameters.units.values())
    walked = working_grids_count(parameters.supervisors)
    return PlanFacts(
        tuple(int(households) for households in territory.social.households) if at_grids else (),
        walked, territory.cells.count if walked else 0, tuple(_people(scenario, parameters)),
        parameters.party.members_count,
    )  # fmt: skip


def _people(scenario: Scenario, parameters: Parameters) -> list[People]:
    """Everybody who is employed, by kind; kinds without anybody are left out."""
    areas = areas_count(parameters.territory, scenario.sites)
    patrol = parameters.supervisors
    desks = centres(parameters)
    found = [
        People("supervisors", "patrol", posts_count(patrol), patrol.count),
        People("operators", "centre", sum(desk.operators_count for desk in desks),
               sum(desk.operators_count * people_per_post(desk) for desk in desks)),
    ]  # fmt: skip
    for name, unit in parameters.units.items():
        on_duty = unit.people * (areas[unit.level] if unit.people_basis == "per_area" else 1)
        found.append(People(name, unit.level, on_duty, on_duty * people_per_post(unit)))
    return [each for each in found if each.on_duty or each.employed]
