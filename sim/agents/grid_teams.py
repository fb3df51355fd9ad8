"""Grid teams: the people of one social grid, by role; their rounds bring social problems to light.

Layer: sim.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from mesa.discrete_space import FixedAgent

from scenarios.hours import hours_per_week
from sim.agents.departments import Unit
from sim.closed_forms import round_comes_h, tries_until_success
from sim.incidents import Chance, Deed, Finder, Level
from sim.randomness import Luck

if TYPE_CHECKING:
    from scenarios.people import Unit as UnitData
    from scenarios.schema import LocalKnowledge
    from sim.incidents import Incident
    from sim.world import World

WEEKS_IN_A_YEAR = 365.25 / 7.0


class GridPost(Unit):
    """One role in one social grid or in several, such as a manager: settles what it can, and makes rounds."""

    def __init__(self, world: World, name: str, data: UnitData, areas: tuple[int, ...], people: int) -> None:
        """Know the grids as well as their size allows."""
        super().__init__(world, name, data, areas, people)
        before = [0.0, *accumulate(world.households_in(grid) for grid in areas)]
        self.households = before.pop()
        self._before = dict(zip(areas, before, strict=True))
        local = world.params.local_knowledge
        self.knows_places_m = local.place_precision_m
        self.knowledge = self._knowledge(local)
        self.settle_prob = data.settle_prob * self.knowledge
        self.number = world.unit_number(name)
        rounds_share = self._rounds_share()
        self.visits_per_h = data.rounds_households_per_h * rounds_share * people
        self.casework_share += data.rounds_share - rounds_share

    def _knowledge(self, data: LocalKnowledge) -> float:
        """How much of what there is to know about its households each of its people knows.

        Rule:    1 / (1 + H / people^(1 - κ) / H_½): with κ = 0 each a share of them, with κ = 1 all.  (Eq. 23)
        """
        to_know = self.households / max(self.people, 1) ** (1.0 - data.whole_grid_share)
        return 1.0 / (1.0 + to_know / data.half_households)

    def _rounds_share(self) -> float:
        """Share of its hours that goes to household rounds: what the information base asks for, of what was set apart.

        Rule:    min(s_r, n_v · H / (v_r · people · hours on duty in a year)); all of s_r if n_v = 0.  (Eq. 37)
        """
        data = self.data
        if data.rounds_visits_per_year <= 0.0:
            return data.rounds_share
        visits_in_a_year = data.rounds_households_per_h * self.people * hours_per_week(data.hours) * WEEKS_IN_A_YEAR
        asked_for = data.rounds_visits_per_year * self.households
        return data.rounds_share if asked_for >= data.rounds_share * visits_in_a_year else asked_for / visits_in_a_year

    def passed_before(self, grid: int) -> float:
        """The households that a round has passed when it comes to a grid."""
        return self._before[grid]

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
        visits = tries_until_success(incident.luck(Luck.VISITS, 1 + self.number), prob)
        before, inside = self.world.door_of(incident.site)
        grid = self.world.area_of(incident.site, Level.GRID)
        door = self.passed_before(grid) + before + inside * incident.luck(Luck.HOUSEHOLD)
        passed = self.hours.worked_h(self.world.now_h) * self.visits_per_h
        time_h = self.hours.when(round_comes_h(passed, door, self.households, visits, self.visits_per_h))
        return Chance(max(time_h, self.world.now_h), Finder.GRID_TEAM, self.meet)

    def meet(self, incident: Incident, _: float) -> Chance | None:
        """A visit brings the incident to light: see who can settle it."""
        self.world.note(incident, Deed.VISIT, self)
        self.world.found(incident, Finder.GRID_TEAM)
        incident.told_place(self.knows_places_m)
        self.world.hand_on(incident)
        return None


class GridTeam(FixedAgent):
    """The people of one social grid, role by role."""

    def __init__(self, world: World, grid: int, posts: list[GridPost]) -> None:
        """Look after a grid with these posts."""
        super().__init__(world)
        self.making_rounds = [post for post in posts if post.makes_rounds]
        self.cell = world.cell("social", grid)

    def chances(self, incident: Incident) -> list[Chance]:
        """When each role's rounds would bring an incident of this grid to light."""
        return [chance for post in self.making_rounds if (chance := post.chance(incident))]
