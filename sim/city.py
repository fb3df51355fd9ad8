"""The city of a scenario, set up and at rest: its ground, people and offices, before anything happens.

Layer: sim.  Both engines start from it: `sim.model` lets things happen in it, `sim.compiled` lays it out in arrays.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.discrete_space import Network

from scenarios.labour import posts_count, working_grids_count
from scenarios.people import OFFICE_HOURS
from sim.agents.centres import CommandCentre, Desk, SupervisionCentre
from sim.agents.departments import Department, Unit
from sim.agents.grid_teams import GridPost, GridTeam
from sim.agents.party import Party
from sim.agents.residents import Neighbourhood
from sim.agents.supervisors import Patrol
from sim.closed_forms import search_h
from sim.incidents import Category, Incident, Level
from sim.ladder import Ladder
from sim.partition import apportion
from sim.rules import find_rule
from sim.rules.patrol import PATROL_RULES, Ground
from sim.territory import build_territory
from sim.working_grids import Walk, man
from sim.working_time import DutyRoster

if TYPE_CHECKING:
    from scenarios.loading import Scenario
    from scenarios.people import Unit as UnitData
    from sim.world import World

CONTINUOUS = "00:00-24:00 daily"


class City(mesa.Model):
    """A district with its people and offices, and what they may ask of the ground."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        """Set up the city of a scenario; `seed` is for those who ask Mesa for chance: nothing here does.

        Raises ValueError if a rule is unknown, or the territory cannot be divided as asked.
        """
        super().__init__(rng=seed)
        self.params = scenario.parameters
        self.roster = DutyRoster(self.params.period)
        self.territory = build_territory(self.params.territory, scenario.sites)
        self.categories = self._categories()
        self._index_sites()
        self.space = Network(self.territory.neighbourhood, random=self.random, layout=None)
        self._bring_in_people()
        self._mark_out_grids()

    # Building -----------------------------------------------------------------------------------------------

    def _categories(self) -> list[Category]:
        clocks = {"office": self.roster(OFFICE_HOURS), "continuous": self.roster(CONTINUOUS)}
        named = enumerate(self.params.categories.items())
        return [Category(i, name, data, clocks[data.deadline_clock]) for i, (name, data) in named]

    def _index_sites(self) -> None:
        """Where each site is, as plain lists: agents ask for one site at a time."""
        ground, width_m = self.territory, self.params.territory.boundary_width_m
        self.site_at = ground.site_at
        self._area_of, self._middles, self._doors = ground.area_of, ground.middle_of, ground.door_of
        self.near_border_of = {
            True: (ground.cells.border_m <= width_m).tolist(),
            False: (ground.social.border_m <= width_m).tolist(),
        }

    def _bring_in_people(self) -> None:
        """Bring in the people and offices."""
        world: World = self
        self.neighbourhood = Neighbourhood(world, self.territory)
        self.party = Party(world, self.territory, self.params.party)
        walks, self.pass_h = self._walks()
        self.patrol = Patrol(world, self.territory, self.params.supervisors, walks, self.pass_h)
        self.supervision_centre = SupervisionCentre(world)
        self.command_centre = CommandCentre(world)
        self.units = [unit for name, data in self.params.units.items() for unit in self._open_units(name, data)]
        posts = [unit for unit in self.units if isinstance(unit, GridPost)]
        self.grid_teams = {
            grid: GridTeam(world, grid, [post for post in posts if grid in post.areas])
            for grid in sorted({grid for post in posts for grid in post.areas})
        }
        self.ladder = Ladder(world, self.units)

    def _mark_out_grids(self) -> None:
        """The ground within which each site is known to be: its grid, or no end where nobody uses such grids."""
        ground, boundless = self.territory, [inf] * len(self.site_at)
        cells, social = ground.cells, ground.social
        self.known_within_m2 = {
            True: cells.area_m2[cells.of_site].tolist() if self.patrol.beats else boundless,
            False: social.area_m2[social.of_site].tolist() if self.grid_teams else boundless,
        }

    def _open_units(self, name: str, data: UnitData) -> list[Unit]:
        """One unit for each area of the level, or for several if there are fewer people than areas."""
        level = Level.of(data.level)
        count = max(self._area_of[level]) + 1
        kind = GridPost if level is Level.GRID else Department
        if data.people_basis == "per_area":
            return [kind(self, name, data, (area,), data.people) for area in range(count)]
        if not 0 < data.people < count:
            people = apportion([1.0] * count, data.people, least=0)
            return [kind(self, name, data, (area,), people[area]) for area in range(count)]
        whose = [area * data.people // count for area in range(count)]
        areas = [tuple(area for area in range(count) if whose[area] == one) for one in range(data.people)]
        return [kind(self, name, data, of_one, 1) for of_one in areas]

    def _walks(self) -> tuple[list[Walk], list[float]]:
        """What each post walks of the working grids that the patrol rule makes, and the time to pass each cell."""
        data, cells = self.params.supervisors, self.territory.cells
        rule = find_rule(PATROL_RULES, self.params.rules.patrol, "rules.patrol")
        pass_h = (cells.area_m2 / (data.patrol_speed_m_per_h * data.sight_m) + data.cell_overhead_h).tolist()
        if not posts_count(data):
            return [], pass_h
        row, column = np.divmod(np.arange(cells.count), cells.columns)
        back_and_forth = np.where(row % 2 == 0, column, -column)
        walk = np.lexsort((back_and_forth, row, cells.community)).tolist()
        neighbours: list[list[int]] = [[] for _ in range(cells.count)]
        for a, b in sorted(cells.touching):
            neighbours[a].append(b)
            neighbours[b].append(a)
        ground = Ground(
            pass_h, self._expected_per_cell().tolist(), cells.community.tolist(), walk, neighbours,
            self.territory.cell_middles, data.working_grid_shape,
        )  # fmt: skip
        return man(rule(ground, working_grids_count(data)), posts_count(data)), pass_h

    def _expected_per_cell(self) -> np.ndarray:
        """Incidents per day that the rates lead to in each cell: what a planner knows from last year's log."""
        ground = self.territory
        total = np.zeros(ground.cells.count)
        for category in self.categories:
            data = category.data
            weights = ground.site_choice(category.name, data.basis, data.hotspot_cv).weights
            size = ground.area_km2 if data.basis == "per_km2" else ground.residents_count / 1000.0
            total += np.bincount(ground.cells.of_site, weights / weights.sum(), len(total)) * data.rate * size
        return total

    @property
    def comes_back(self) -> bool:
        """Whether anything that was done away with may come back."""
        return any(category.comes_back for category in self.categories)

    @property
    def desks(self) -> tuple[Desk, Desk]:
        """The desks of both centres."""
        return self.supervision_centre.desk, self.command_centre.desk

    # What agents ask of the ground (see `sim.world`) --------------------------------------------------------

    def near_border(self, incident: Incident) -> bool:
        """Whether its place is near the border of the grid it is known by."""
        return self.near_border_of[incident.category.known_by_cell][incident.site]

    def search_h(self, incident: Incident) -> float:
        """Hours to search the ground where it may be: about the place told, no further than its grid.  (Eq. 20)"""
        grid_m2 = self.known_within_m2[incident.category.known_by_cell][incident.site]
        return search_h(incident.place_precision_m, grid_m2, self.params.territory.search_m2_per_h)

    def area_of(self, site: int, level: Level) -> int:
        """The area of a level that a site lies in."""
        return self._area_of[level][site]

    def middle_of(self, level: Level, areas: tuple[int, ...]) -> tuple[float, float]:
        """The middle of some areas: the mean of their sites, m."""
        if len(areas) == 1:
            return self._middles[level][areas[0]]
        inside = np.isin(self._area_of[level], areas)
        return float(self.territory.site_x_m[inside].mean()), float(self.territory.site_y_m[inside].mean())

    def door_of(self, site: int) -> tuple[float, float]:
        """Where a round of the social grid reaches a site: households passed before it, and households in it."""
        return self._doors[site]

    def households_in(self, grid: int) -> float:
        """Households of a social grid."""
        return float(self.territory.social.households[grid])

    def unit_number(self, name: str) -> int:
        """The place of a unit among the scenario's units, from 0."""
        return list(self.params.units).index(name)

    def cell(self, kind: str, grid: int) -> Any:
        """The grid of that kind as a cell of Mesa's space."""
        return self.space[kind, grid]
