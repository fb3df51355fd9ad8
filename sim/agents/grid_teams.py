"""Grid teams: the people of one social grid, by role; their rounds bring social problems to light.

Layer: sim.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from mesa.discrete_space import FixedAgent

from sim.agents.departments import Unit
from sim.incidents import Chance, Finder
from sim.randomness import Luck, tries_until_success

if TYPE_CHECKING:
    from scenarios.people import Unit as UnitData
    from sim.incidents import Incident
    from sim.world import World


class GridPost(Unit):
    """One role in one social grid, such as its manager: settles what it can, and makes rounds of the households."""

    def __init__(self, world: World, name: str, data: UnitData, area: int, people: int) -> None:
        """Know the grid as well as its size allows."""
        super().__init__(world, name, data, area, people)
        self.households = world.households_in(area)
        local = world.params.local_knowledge
        self.knows_places_m = local.place_precision_m
        self.knowledge = 1.0 / (1.0 + self.households / max(people, 1) / local.half_households)
        """How much of what there is to know about the grid its people know.  (Eq. 23)"""
        self.settle_prob = data.settle_prob * self.knowledge
        self._number = world.unit_number(name)
        self.visits_per_h = data.rounds_households_per_h * data.rounds_share * people

    @property
    def makes_rounds(self) -> bool:
        """Whether anybody here goes from door to door, and there are doors."""
        return self.visits_per_h > 0.0 and self.households > 0.0

    def chance(self, incident: Incident) -> Chance | None:
        """The visit on which the rounds would bring the incident to light, if ever (only where rounds are made).

        The rounds go through the households in a fixed order, over and over; casework does not hold them up.
        """
        prob = incident.category.data.seen_per_visit_prob * self.knowledge
        if prob <= 0.0:
            return None
        visits = tries_until_success(incident.luck(Luck.VISITS, 1 + self._number), prob)
        before, inside = self.world.door_of(incident.site)
        door = before + inside * incident.luck(Luck.HOUSEHOLD)
        passed = self.hours.worked_h(self.world.now_h) * self.visits_per_h
        rounds = ceil((passed - door) / self.households) + visits - 1
        time_h = self.hours.when((door + rounds * self.households) / self.visits_per_h)
        return Chance(max(time_h, self.world.now_h), Finder.GRID_TEAM, self.meet)

    def meet(self, incident: Incident, _: float) -> Chance | None:
        """A visit brings the incident to light: see who can settle it."""
        self.world.found(incident, Finder.GRID_TEAM)
        incident.told_place(self.knows_places_m)
        self.world.hand_on(incident)
        return None


class GridTeam(FixedAgent):
    """The people of one social grid, role by role."""

    def __init__(self, world: World, grid: int, posts: list[GridPost]) -> None:
        """Look after a grid with these posts."""
        super().__init__(world)
        self._making_rounds = [post for post in posts if post.makes_rounds]
        self.cell = world.cell("social", grid)

    def chances(self, incident: Incident) -> list[Chance]:
        """When each role's rounds would bring an incident of this grid to light."""
        return [chance for post in self._making_rounds if (chance := post.chance(incident))]
