"""A city laid out in arrays: whatever no seed changes, shared by all its histories.

Layer: sim.  Reads what the agents know as they were set up; nothing is reckoned here that they reckon.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import get_cython_function_address

from sim.agents.departments import Department
from sim.agents.grid_teams import GridPost
from sim.city import City
from sim.compiled.built_in import CODE_OF, refuse_others
from sim.compiled.kernel import numbers
from sim.compiled.layout import (
    BEAT,
    CATEGORY,
    CELL,
    CLOCK,
    DESK,
    GROUP,
    MEMBER,
    PART,
    PASSING,
    REAL,
    ROUND,
    SCENARIO,
    SITE,
    SPAN,
    UNIT,
    VISIT,
    WHOLE,
)  # fmt: skip
from sim.incidents import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from scenarios.loading import Scenario
    from sim.working_time import WorkingTime

WORK_CODES = {"fixed": numbers.FIXED, "lognormal": numbers.LOGNORMAL, "gamma": numbers.GAMMA}


class Clocks:
    """Working times by number, laid out one after the other; none twice."""

    def __init__(self) -> None:
        """No clock is known yet."""
        self._known: dict[int, tuple[int, WorkingTime]] = {}
        self._spans: list[NDArray[np.void]] = []

    def number(self, hours: WorkingTime) -> int:
        """The number of a working time."""
        if id(hours) not in self._known:
            self._known[id(hours)] = (len(self._known), hours)
            opens_h, closes_h, before_h = hours.spans
            spans = np.zeros(len(opens_h) + 1, SPAN)
            spans["opens_h"], spans["closes_h"], spans["before_h"] = [*opens_h, inf], [*closes_h, inf], before_h
            self._spans.append(spans)
        return self._known[id(hours)][0]

    def laid_out(self) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """All clocks, and all spans."""
        clocks = np.zeros(len(self._spans), CLOCK)
        lengths = [len(spans) for spans in self._spans]
        clocks["spans_first"] = np.cumsum([0, *lengths[:-1]])
        clocks["spans_count"], clocks["span"] = np.array(lengths) - 1, -1
        return clocks, np.concatenate(self._spans)


class Plan:
    """Everything of a scenario that no seed changes."""

    def __init__(self, scenario: Scenario) -> None:
        """Set up the city and lay it out.

        Raises ValueError if a rule is unknown, or the territory cannot be divided as asked.
        """
        self.scenario, self.city = scenario, City(scenario, 0)
        refuse_others(self.city)
        self._clocks = Clocks()
        self.arrays: dict[str, NDArray[np.void]] = {}
        """By name, as in `sim.compiled.layout.ARRAYS`: what is there before anything happens."""
        self._lay_out_sites()
        self._lay_out_units()
        self._lay_out_patrol()
        self._lay_out_party()
        self._lay_out_centres()
        self._lay_out_categories()
        self.says = self._what_the_scenario_says()
        self.arrays["clocks"], self.arrays["spans"] = self._clocks.laid_out()

    def _lay_out_sites(self) -> None:
        city, ground = self.city, self.city.territory
        sites = self.arrays["sites"] = np.zeros(len(ground.site_x_m), SITE)
        sites["x_m"], sites["y_m"] = ground.site_x_m, ground.site_y_m
        sites["cell"], sites["way_share"] = ground.cells.of_site, ground.way_through_cell
        for level in Level:
            sites["area"][:, level] = ground.area_of[level]
        for by_cell in (False, True):
            sites["near_border"][:, int(by_cell)] = city.near_border_of[by_cell]
            sites["known_within_m2"][:, int(by_cell)] = city.known_within_m2[by_cell]
        sites["door_before"], sites["door_inside"] = np.array(ground.door_of).T

    def _lay_out_units(self) -> None:
        city = self.city
        units = self.arrays["units"] = np.zeros(len(city.units), UNIT)
        for row, unit in zip(units, city.units, strict=True):
            data = unit.data
            row["level"], row["max_severity"], row["clock"] = unit.level, unit.max_severity, self._clock(unit.hours)
            row["people"], row["is_scored"] = unit.people, isinstance(unit, Department)
            row["queue_rule"], row["casework_share"] = CODE_OF[unit.place_in_queue], unit.casework_share
            row["mobilise_h"], row["speed"], row["search_share"] = (
                data.mobilise_h, data.travel_speed_m_per_h, data.search_share
            )  # fmt: skip
            row["settle_prob"], row["x_m"], row["y_m"] = unit.settle_prob, unit.base_x_m, unit.base_y_m
            row["score"], row["awaited_h"] = 1.0, -1.0
            if isinstance(unit, GridPost):
                row["number"], row["knowledge"], row["households"], row["visits_per_h"] = (
                    unit.number, unit.knowledge, unit.households, unit.visits_per_h
                )  # fmt: skip
        rounds: list[tuple[int, float]] = []
        grid_rounds = self.arrays["grid_rounds"] = np.zeros(city.territory.social.count, PART)
        place = {unit: number for number, unit in enumerate(city.units)}
        for grid, team in city.grid_teams.items():
            grid_rounds[grid] = (len(rounds), len(team.making_rounds))
            rounds += [(place[post], post.passed_before(grid)) for post in team.making_rounds]
        self.arrays["rounds"] = np.array(rounds, ROUND)

    def _lay_out_patrol(self) -> None:
        city, patrol = self.city, self.city.patrol
        cells = self.arrays["cells"] = np.zeros(city.territory.cells.count, CELL)
        cells["pass_h"] = city.pass_h
        cells["x_m"], cells["y_m"] = np.array(city.territory.cell_middles).T
        beats = self.arrays["beats"] = np.zeros(len(patrol.beats), BEAT)
        passings: list[list[tuple[int, int, int]]] = [[] for _ in cells]
        starts: list[float] = []
        visits: list[tuple[float, int, int]] = []
        routes: dict[int, int] = {}
        for number, (row, beat) in enumerate(zip(beats, patrol.beats, strict=True)):
            row["route"] = routes.setdefault(id(beat.route), len(routes))
            row["people"], row["cycle_h"], row["lag_h"] = len(beat.supervisors), beat.cycle_h, beat.lag_h
            row["visits_first"], row["visits_count"], row["task_day"] = len(visits), len(beat.route.visits), -1
            for cell, of_cell in beat.starts_h.items():
                passings[cell].append((number, len(starts), len(of_cell)))
                starts += of_cell
            visits += [(at_h, cell, len(passings[cell]) - 1) for cell, at_h in beat.visits]
        counts = np.array([len(of_cell) for of_cell in passings])
        cells["passings_count"], cells["passings_first"] = counts, np.cumsum(counts) - counts
        self.arrays["passings"] = _records([one for of_cell in passings for one in of_cell], PASSING)
        self.arrays["starts"] = _records([(start,) for start in starts], REAL)
        self.arrays["visits"] = _records(visits, VISIT)
        self.arrays["visits"]["passing"] += cells["passings_first"][self.arrays["visits"]["cell"]]

    def _lay_out_party(self) -> None:
        party = self.city.party
        members = self.arrays["members"] = np.zeros(len(party.members), MEMBER)
        members["week"] = -1
        if not party.members:
            self.arrays["groups"], self.arrays["below"] = np.zeros(0, GROUP), np.zeros(0, WHOLE)
            return
        found = party.organisation
        self.arrays["sites"]["group"] = found.group_of
        groups = self.arrays["groups"] = np.zeros(int(found.group_of.max()) + 1, GROUP)
        below: list[int] = []
        place: dict[int, int] = {}  # by identity: the list of a branch, and of the committee, is one for all its groups
        for group, row in enumerate(groups):
            asked_in_turn = found.asked_in_turn(group)
            for asked in asked_in_turn:
                if id(asked) not in place:
                    place[id(asked)] = len(below)
                    below += asked
            row["first"] = [place[id(asked)] for asked in asked_in_turn]
            row["count"] = [len(asked) for asked in asked_in_turn]
        self.arrays["below"] = _records([(member,) for member in below], WHOLE)

    def _lay_out_centres(self) -> None:
        desks = self.arrays["desks"] = np.zeros(2, DESK)
        counts = [desk.operators_count for desk in self.city.desks]
        desks["clock"] = [self._clock(desk.hours) for desk in self.city.desks]
        desks["operators_count"], desks["operators_first"] = counts, [0, counts[0]]
        self.arrays["operators"] = np.zeros(sum(counts), REAL)

    def _lay_out_categories(self) -> None:
        city = self.city
        categories = self.arrays["categories"] = np.zeros(len(city.categories), CATEGORY)
        crews: list[tuple[int, int]] = []
        crew_units: list[int] = []
        place = {unit: number for number, unit in enumerate(city.units)}
        for row, category in zip(categories, city.categories, strict=True):
            data, work = category.data, category.work
            row["by_cell"], row["checked_on_site"] = category.known_by_cell, category.checked_on_site
            row["is_component"], row["comes_back"] = data.domain == "component", category.comes_back
            row["all_taken_up"], row["take_up_prob"] = category.all_taken_up, data.take_up_prob
            row["seen_per_pass"], row["seen_per_visit"] = data.seen_per_pass_prob, data.seen_per_visit_prob
            row["salience"], row["on_the_spot_prob"] = data.salience_prob, data.on_the_spot_prob
            row["worsens_mean_h"] = 24.0 / data.worsens_per_day if data.worsens_per_day > 0.0 else 0.0
            row["volunteer_prob"], row["hang_prob"], row["hang_mean_h"] = (
                data.volunteer_prob, data.hang_prob, data.hang_mean_h
            )  # fmt: skip
            row["comes_back_prob"], row["comes_back_mean_h"] = data.comes_back_prob, data.comes_back_mean_h
            row["deadline_h"], row["deadline_clock"] = data.deadline_h, self._clock(category.deadline_clock)
            row["work"], row["work_mean_h"] = WORK_CODES[work.kind], work.mean_h
            row["location"], row["scale"], row["shape"] = work.location, work.scale, work.shape
            rungs = city.ladder.rungs_of(category)
            row["rungs_count"], row["rungs"][: len(rungs)] = len(rungs), rungs
            for level in rungs:
                row["crews_first"][level] = len(crews)
                for area in range(max(city.territory.area_of[level]) + 1):
                    competent = city.ladder.competent(category, level, area)
                    crews.append((len(crew_units), len(competent)))
                    crew_units += [place[unit] for unit in competent]
        self.arrays["crews"] = _records(crews, PART)
        self.arrays["crew_units"] = _records([(unit,) for unit in crew_units], WHOLE)

    def _what_the_scenario_says(self) -> NDArray[np.void]:
        city, params = self.city, self.city.params
        staff, supervision, command = params.supervisors, params.supervision_centre, params.command_centre
        limits, learning, residents, party = params.escalation, params.learning, params.residents, params.party
        cells, most_rounds = self.arrays["cells"], self.arrays["grid_rounds"]["count"].max(initial=0)
        says: dict[str, Any] = {
            "end_h": params.period.days * 24.0, "office": self._clock(city.ladder.office_hours),
            "starts_up": learning.start_up_slowness > 0.0, "start_up_slowness": learning.start_up_slowness,
            "start_up_days": learning.start_up_days, "running_days": learning.running_days,
            "search_m2_per_h": params.territory.search_m2_per_h,
            "patrol_clock": self._clock(city.patrol.hours), "patrol_at_random": city.patrol.at_random,
            "shift_h": staff.shift_h, "on_the_spot_h": staff.on_the_spot_h, "report_h": staff.report_h,
            "verify_h": staff.verify_h, "check_h": staff.check_h, "seen_to_m": staff.place_precision_m,
            "component_to_m": staff.component_precision_m,
            "neighbours_to_m": params.local_knowledge.place_precision_m,
            "errand_h_per_km": staff.errand_h_per_km, "task_per_day": staff.task_per_day,
            "beats_count": len(city.patrol.beats),
            "intake_h": supervision.intake_h, "filing_h": supervision.filing_h, "closing_h": supervision.closing_h,
            "reject_prob": supervision.reject_prob, "check_fail_prob": supervision.check_fail_prob,
            "dispatch_h": command.dispatch_h, "forward_h": command.forward_h,
            "misdispatch_prob": command.misdispatch_prob, "boundary_dispute_prob": command.boundary_dispute_prob,
            "return_delay_h": command.return_delay_h, "extension_prob": command.extension_prob,
            "limit_h": [city.ladder.limit_h(level) for level in Level], "attempts_max": limits.attempts_max,
            "retry_after_h": limits.retry_after_h, "step_up_h": limits.step_up_h,
            "experience_cases": learning.experience_cases, "exponent": learning.exponent,
            "scoring_response": learning.scoring_response, "scoring_target": learning.scoring_target,
            "memory_cases": learning.scoring_memory_cases,
            "trust_initial": residents.trust_initial, "trust_gain": residents.trust_gain,
            "trust_loss": residents.trust_loss, "stands_for": city.neighbourhood.stands_for,
            "residents_count": city.neighbourhood.count,
            "chances_most": int(cells["passings_count"].max(initial=0)) + int(most_rounds) + 2,
            "members_count": len(city.party.members), "weekly_h": party.weekly_h,
            "step_up_delay_h": party.step_up_delay_h,
            "starts_most": int(self.arrays["units"]["people"].max(initial=0)),
            "escalation": CODE_OF[city.ladder.escalation], "reporting": CODE_OF[city.neighbourhood.rule],
            "dispatch_rule": CODE_OF[city.ladder.dispatch],
            "gamma_address": get_cython_function_address("scipy.special.cython_special", "gammaincinv"),
        }  # fmt: skip
        record = np.zeros((), SCENARIO)
        for name, value in says.items():
            record[name] = value
        return record

    def _clock(self, hours: WorkingTime) -> int:
        return self._clocks.number(hours)


def _records(rows: Sequence[tuple[Any, ...]], of: np.dtype) -> NDArray[np.void]:
    """Rows as records; none is an array without rows."""
    return np.array(rows, of) if rows else np.zeros(0, of)
