"""The model: builds the world, advances it, and hands out what it recorded.

Layer: sim.
"""

from __future__ import annotations

from math import exp, inf, pi
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
from sim.calendar import EventCalendar
from sim.case_log import CaseLog
from sim.demand import draw_arrivals
from sim.incidents import NO_CHANCES, Category, Chance, Finder, Incident, Level, Noticed, Stage
from sim.ladder import Ladder
from sim.partition import apportion
from sim.randomness import Streams
from sim.rules import find_rule
from sim.rules.patrol import PATROL_RULES, Ground
from sim.territory import build_territory
from sim.working_grids import Walk, man
from sim.working_time import DutyRoster

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.loading import Scenario
    from scenarios.people import Unit as UnitData
    from sim.world import World

CONTINUOUS = "00:00-24:00 daily"


class GovernanceModel(mesa.Model):
    """A district, its people and offices, and the incidents that befall it.

    One step is one hour. The agents' doings are events on a calendar; `step` lets those of the hour happen.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        """Build the world of a scenario; all chance of the run grows from `seed`.

        Raises ValueError if a rule is unknown, or the territory cannot be divided as asked.
        """
        super().__init__(rng=seed)
        self.params = scenario.parameters
        self._start_up = self.params.learning if self.params.learning.start_up_slowness > 0.0 else None
        self.calendar = EventCalendar()
        self.at = self.calendar.at
        self.log = CaseLog()
        self.enter = self.log.enter
        self.roster = DutyRoster(self.params.period)
        self.territory = build_territory(self.params.territory, scenario.sites)
        self.categories = self._categories()
        self._index_sites()
        self.space = Network(self.territory.neighbourhood, random=self.random, layout=None)
        self._bring_in_people()
        self._mark_out_grids()
        self._connect()
        self.arrivals = draw_arrivals(self.params, self.territory, self.categories, Streams(seed))
        self._noticed: Noticed = {}
        self.neighbourhood.watch(self.arrivals, self.categories, self._noticed)
        self.party.watch(self.arrivals, self.categories, self._noticed)
        self.patrol.watch(self.arrivals, self.categories)
        self._coming = self.arrivals.incidents(self.categories)
        self._await_next()
        self.datacollector = mesa.DataCollector(model_reporters=DAILY)
        self.datacollector.collect(self)

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
        self._near_border = {
            True: (ground.cells.border_m <= width_m).tolist(),
            False: (ground.social.border_m <= width_m).tolist(),
        }

    def _bring_in_people(self) -> None:
        """Bring in the people and offices."""
        world: World = self
        self.neighbourhood = Neighbourhood(world, self.territory)
        self.party = Party(world, self.territory, self.params.party)
        self.patrol = Patrol(world, self.territory, self.params.supervisors, *self._walks())
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
        self._known_within_m2 = {
            True: cells.area_m2[cells.of_site].tolist() if self.patrol.beats else boundless,
            False: social.area_m2[social.of_site].tolist() if self.grid_teams else boundless,
        }

    def _connect(self) -> None:
        """Whatever agents say to the world (see `sim.world`) goes straight to whom it concerns."""
        self.reporting_rule, self.trust_moved = self.neighbourhood.rule, self.neighbourhood.trust_moved
        self.told_precision_m = self.neighbourhood.told_precision_m
        self.post_of = self.patrol.post_of
        supervision, command, ladder = self.supervision_centre, self.command_centre, self.ladder
        self.report, self.report_again = supervision.take_report, supervision.take_duplicate
        self.ask_to_file = supervision.take_case
        self.verified, self.checked = supervision.hear_verification, supervision.hear_check
        self.dispatch, self.order_rework = command.take, command.order_rework
        self.grants_extension = command.grants_extension
        self.first_level, self.bring, self.give_back = ladder.first_level, ladder.bring, ladder.give_back
        self.limit_h, self.may_climb, self.climb_if_late = ladder.limit_h, ladder.may_climb, ladder.climb_if_late
        self.try_again_or_climb = ladder.try_again_or_climb

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
            weights = np.diff(ground.cumulative_weights(category.name, data.basis, data.hotspot_cv), prepend=0.0)
            size = ground.area_km2 if data.basis == "per_km2" else ground.residents_count / 1000.0
            total += np.bincount(ground.cells.of_site, weights / weights.sum(), len(total)) * data.rate * size
        return total

    @property
    def now_h(self) -> float:
        """Hours since the start of the run: the time of the event that is happening."""
        return self.calendar.now_h

    # Advancing ----------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let one hour pass: what is due in it happens, in the order of time."""
        self.calendar.run_until(self.calendar.now_h + 1.0)
        if self.now_h % 24.0 == 0.0:
            self.datacollector.collect(self)

    def _await_next(self) -> None:
        """Let the next incident of the stream occur when its time comes."""
        incident = next(self._coming, None)
        if incident:
            self.calendar.at(incident.occurred_h, self.occur, incident)

    def _await_return(self, incident: Incident) -> None:
        """What was done away with may come back; while its case is open, whoever sees it takes it for what is known."""
        back_h = incident.back_h
        if back_h < inf:
            self.calendar.at(max(self.now_h, back_h), self.come_back, incident)

    # What happens to an incident ----------------------------------------------------------------------------

    def occur(self, incident: Incident) -> None:
        """Something goes wrong: from now on it may be found, or go away by itself."""
        self._await_next()
        self.stand(incident)

    def come_back(self, before: Incident) -> None:
        """What was done away with is there again, or was, and has gone while its case was open."""
        again = before.come_back(len(self.arrivals.key) + len(self.log.returned))
        if again.gone_h > self.now_h:
            self.stand(again)
        else:
            self.log.occur(again)
            self.vanish(again)

    def stand(self, incident: Incident) -> None:
        """An incident is there, for whoever comes by."""
        self.log.occur(incident)
        incident.chances = _soonest_last(self._chances(incident))
        self.await_chance(incident)

    def _chances(self, incident: Incident) -> list[Chance]:
        """Everybody's coming occasion to find it: patrols, its witness, party members, household rounds."""
        chances = self.patrol.chances(incident)
        chances += self._noticed.get(incident.number, ())
        if self.grid_teams:
            chances += self.grid_teams[self.territory.social.grid_of[incident.site]].chances(incident)
        return chances

    def await_chance(self, incident: Incident) -> None:
        """Wait for whatever comes first: somebody's chance to find the incident, or its going away.

        Rule:    a race; whoever is first has it, and ties go to the finder listed first.  (Eq. 25)
        """
        soonest = incident.chances[-1] if incident.chances else None
        if soonest is None or soonest.time_h >= incident.gone_h:
            self.calendar.at(incident.gone_h, self.vanish, incident)
        else:
            self.calendar.at(soonest.time_h, self.meet, incident)

    def meet(self, incident: Incident) -> None:
        """Somebody's chance has come: they find the incident, or must wait for another."""
        soonest = incident.chances.pop()
        again = soonest.meet(incident, soonest.target)
        if again:
            incident.chances = _soonest_last([*incident.chances, again])
        if incident.stage is Stage.OCCURRED:
            self.await_chance(incident)

    def vanish(self, incident: Incident) -> None:
        """It goes away, and nobody has seen it."""
        self.ended(incident, Stage.VANISHED)

    def found(self, incident: Incident, finder: Finder) -> None:
        """Somebody has found it."""
        incident.found_h, incident.found_by = self.now_h, finder
        self.log.enter(incident, Stage.FOUND)
        self.log.found_count += 1
        self.neighbourhood.expect_duplicate(incident)

    def filed(self, incident: Incident) -> None:
        """The supervision centre has filed it; the command centre is to dispatch it."""
        self.log.enter(incident, Stage.FILED)
        self.log.filed_count += 1
        self.command_centre.take(incident)

    def hand_on(self, incident: Incident) -> None:
        """An incident found by neighbours: a volunteer or the grid's own people take it, or it is filed."""
        if self.party.try_to_settle(incident):
            return
        if self.ladder.first_level(incident) == Level.GRID:
            self.ladder.bring(incident)
        else:
            self.supervision_centre.take_case(incident)

    def work_done(self, incident: Incident) -> None:
        """A unit has done its work: a filed case is checked and closed, others are simply settled."""
        if incident.filed_h is None:
            self.solved_in_grid(incident)
        else:
            self.log.enter(incident, Stage.HANDLED)
            self.supervision_centre.order_check(incident)

    def solved_in_grid(self, incident: Incident) -> None:
        """It is settled among neighbours, and was never filed."""
        incident.closed_h = incident.handled_h
        self.ended(incident, Stage.SOLVED_IN_GRID)

    def ended(self, incident: Incident, stage: Stage) -> None:
        """Nothing more will happen to it; whoever reported it hears how it ended."""
        self.log.enter(incident, stage)
        incident.chances = NO_CHANCES
        if incident.category.comes_back:
            self._await_return(incident)
        if incident.reporter:
            solved = stage is not Stage.VANISHED and stage is not Stage.REJECTED
            incident.reporter.hear(solved_in_time=solved and incident.on_time)

    @property
    def desks(self) -> tuple[Desk, Desk]:
        """The desks of both centres."""
        return self.supervision_centre.desk, self.command_centre.desk

    # What agents ask (see `sim.world`) ----------------------------------------------------------------------

    def near_border(self, incident: Incident) -> bool:
        """Whether its place is near the border of the grid it is known by."""
        return self._near_border[incident.category.known_by_cell][incident.site]

    def search_h(self, incident: Incident) -> float:
        """Hours to search all the ground where it may be: about the place told, and no further than its grid.

        Rule:    min(π r², area of the grid) / v_s.  (Eq. 20)
        """
        grid_m2 = self._known_within_m2[incident.category.known_by_cell][incident.site]
        return min(pi * incident.place_precision_m**2, grid_m2) / self.params.territory.search_m2_per_h

    def slowness(self) -> float:
        """What desks and units take now, over what they take when the system has settled down.

        Rule:    1 + x_0 · exp(-days since the system began / T_x).  (Eq. 33)
        """
        data = self._start_up
        if data is None:
            return 1.0
        return 1.0 + data.start_up_slowness * exp(-(data.running_days + self.now_h / 24.0) / data.start_up_days)

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


def _soonest_last(chances: list[Chance]) -> list[Chance]:
    """In reversed order of time; ties go to the finder listed first, and then to the chance listed first."""
    if len(chances) > 1:
        chances.sort(key=lambda chance: (chance.time_h, chance.rank))
        chances.reverse()
    return chances


def _standing(stage: Stage) -> Callable[[GovernanceModel], int]:
    def count(model: GovernanceModel) -> int:
        return model.log.standing[stage]

    return count


DAILY: dict[str, Callable[[GovernanceModel], float]] = {
    "occurred": lambda model: len(model.log.incidents),
    "found": lambda model: model.log.found_count,
    "filed": lambda model: model.log.filed_count,
    "closed": _standing(Stage.CLOSED),
    "solved_on_the_spot": _standing(Stage.SOLVED_ON_THE_SPOT),
    "solved_in_grid": _standing(Stage.SOLVED_IN_GRID),
    "vanished": _standing(Stage.VANISHED),
    "rejected": _standing(Stage.REJECTED),
    "backlog": lambda model: model.log.backlog_count,
    "open_unseen": _standing(Stage.OCCURRED),
    "trust": lambda model: model.neighbourhood.trust_mean,
}
"""The daily series: running totals since the start, but for the last three, which are as of that midnight.

What comes back is found, filed and closed anew, and has not occurred anew.
"""
