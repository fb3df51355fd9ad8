"""Supervisors and their beats: patrol, find, solve on the spot or report, verify, check.

Layer: sim.  The patrol is lazy: where it is follows from the hours walked, so nothing happens per cell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from mesa.discrete_space import CellAgent

from sim.closed_forms import JUST_H, exponential, target_of_pass, tries_until_success, walked_h
from sim.incidents import Chance, Deed, Finder, Stage
from sim.randomness import Luck
from sim.working_grids import Ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.people import Supervisors as SupervisorsData
    from sim.incidents import Incident
    from sim.rules.patrol import Route
    from sim.territory import Territory
    from sim.working_grids import Walk
    from sim.working_time import WorkingTime
    from sim.world import Clock, World

GOLDEN_SHARE = 0.6180339887498949
"""Rounds of working grids start at different places: number i at the fraction i × this, modulo 1."""


class Beat:
    """One supervisor's post: the cells walked (a working grid or several), and how far the walk has come.

    Two clocks: duty hours worked by the post, and, less by the errands, patrol hours walked.
    """

    def __init__(
        self,
        number: int,
        route: Route,
        pass_h: list[float],
        hours: WorkingTime,
        shift_h: float,
        clock: Clock,
        ahead_share: float = 0.0,
        ways: Ways | None = None,
        task_per_day: float = 0.0,
    ) -> None:
        """Walk the cells of `route`, each in its `pass_h` hours, during `hours`, changing over every `shift_h`.

        The round of working grid `number` is begun further on by `ahead_share` of it. Without `ways` none takes time.
        """
        self.task_per_day = task_per_day
        self.finds_by_day: Counter[int] = Counter()
        self.route, self.hours, self.shift_h = route, hours, shift_h
        self._clock = clock
        self.supervisors: list[Supervisor] = []
        self.pass_h = pass_h
        starts = np.concatenate([[0.0], np.cumsum([pass_h[cell] for cell in route.visits])]).tolist()
        self.cycle_h: float = starts.pop()
        self._entered_h, self._ways = starts, ways
        self.starts_h: dict[int, list[float]] = {}
        for cell, start in zip(route.visits, starts, strict=True):
            self.starts_h.setdefault(cell, []).append(start)
        self._free_at = 0.0
        """Duty hours at which the last errand will be done; until then the walk stands still."""
        self.lag_h = self.head_start_h = -((number * GOLDEN_SHARE + ahead_share) % 1.0) * self.cycle_h
        """By how much the walk lags behind the hours on duty; at first, and for ever as `head_start_h`, it is ahead."""

    @property
    def visits(self) -> Iterator[tuple[int, float]]:
        """The cells of its round, and when in it each visit begins."""
        return zip(self.route.visits, self._entered_h, strict=True)

    def walked_h(self, duty_h: float) -> float:
        """Patrol hours walked after so many hours on duty: the hours on duty, less the errands.  (Eq. 15)"""
        return walked_h(duty_h, self._free_at, self.lag_h)

    def way_h(self, site: int, duty_h: float) -> float:
        """Hours of the way to a place from the cell where the walk stands; errands do not move it.  (Eq. 36)"""
        if self._ways is None:
            return 0.0
        visit = self._visit_at(self.walked_h(duty_h) % self.cycle_h)
        return self._ways.way_h(self.route.visits[visit], site)

    def _visit_at(self, position_h: float) -> int:
        """Which visit of its round the walk is on, so far into it."""
        return bisect_right(self._entered_h, position_h) - 1

    @property
    def free_at(self) -> float:
        """Hours on duty at which the post is done with all errands that it has taken on."""
        return self._free_at

    def there_h(self, site: int, duty_h: float) -> tuple[float, float]:
        """When the post could be at a place, in duty hours; and, of equals, since when it has been free."""
        return max(duty_h, self._free_at) + self.way_h(site, duty_h), self._free_at

    def go_on_errand(self, site: int, now_h: float, errand_h: float) -> float:
        """Leave the walk for an errand at a place, and come back to it; returns when the errand is done."""
        way_h = self.way_h(site, self.hours.worked_h(now_h))
        done_h = self.spend(now_h, way_h + errand_h)
        if way_h:
            self._free_at += way_h
            self.lag_h += way_h
        return done_h

    def spend(self, now_h: float, errand_h: float) -> float:
        """Leave the walk for an errand, after those already taken on; returns when it is done."""
        duty_h = self.hours.worked_h(now_h)
        self._free_at = (duty_h if duty_h > self._free_at else self._free_at) + errand_h
        self.lag_h += errand_h
        return self.hours.done_at(now_h, self._free_at)

    def errands_done_h(self, now_h: float) -> float:
        """Hours of errands that are behind the post by now."""
        ahead_h = max(0.0, self._free_at - self.hours.worked_h(now_h))
        return self.lag_h - self.head_start_h - ahead_h

    def pass_after(self, cell: int, way_share: float, nth: int, now_h: float, walked: float) -> Chance:
        """The `nth`-th pass from now at a place that lies the share `way_share` of the way through a cell (0-1).

        Rule:    the smallest W > walked with W = start + way_share × pass (mod cycle), and nth - 1 more.  (Eq. 16)
        """
        starts, here = self.starts_h[cell], way_share * self.pass_h[cell]
        position = walked % self.cycle_h
        passed = bisect_right(starts, position - here) + nth - 1
        cycles, visit = divmod(passed, len(starts))
        return self._chance(target_of_pass(walked, position, cycles, self.cycle_h, starts[visit], here), now_h)

    def pass_at_random(self, u: float, prob: float, now_h: float, duty_h: float) -> Chance:
        """The pass that sees a place when cells are drawn at random: the wait has no memory."""
        return self._chance(self.walked_h(duty_h) + exponential(u, self.cycle_h / prob), now_h)

    def _chance(self, target: float, now_h: float) -> Chance:
        """When the walk will have come to `target`, if no further errand holds it up."""
        time_h = self.hours.when(target + self.lag_h)
        return Chance(time_h if time_h > now_h else now_h, Finder.SUPERVISOR, self.meet, target)

    def meet(self, incident: Incident, target: float) -> Chance | None:
        """The walk should have come to the incident by now; errands may have held it up."""
        now_h = self._clock.now_h
        duty_h = target + self.lag_h
        if self.hours.when(duty_h) > now_h + JUST_H:
            return self._chance(target, now_h)
        supervisor = self.whose_turn(duty_h)
        if not (incident.category.all_taken_up or incident.taken_up(task_is_done=self.task_is_done(now_h))):
            return self._see_again(incident, target, now_h)
        if self.task_per_day > 0.0:
            self.finds_by_day[int(now_h // 24.0)] += 1
        supervisor.find(incident)
        return None

    def task_is_done(self, now_h: float) -> bool:
        """Whether the post has taken up as many on this day as are asked of it."""
        return self.finds_by_day[int(now_h // 24.0)] >= self.task_per_day

    def _see_again(self, incident: Incident, target: float, now_h: float) -> Chance | None:
        """The next pass that sees what was passed by, where another day's task may change the answer.  (Eq. 34)"""
        data = incident.category.data
        if data.take_up_prob <= 0.0 or self.task_per_day <= 0.0:
            return None
        incident.passed_by += 1
        u = incident.luck(Luck.SEEN_AGAIN, incident.passed_by)
        if not self.route.in_order:
            return self._chance(target + exponential(u, self.cycle_h / data.seen_per_pass_prob), now_h)
        position = target % self.cycle_h + JUST_H
        visit = self._visit_at(position)
        cell, nth = self.route.visits[visit], tries_until_success(u, data.seen_per_pass_prob)
        way_share = (position - JUST_H - self._entered_h[visit]) / self.pass_h[cell]
        return self.pass_after(cell, max(0.0, way_share), nth, now_h, target + JUST_H)

    def whose_turn(self, duty_h: float) -> Supervisor:
        """Whoever has the post after so many hours on duty: its people take turns, shift by shift."""
        return self.supervisors[int(duty_h / self.shift_h) % len(self.supervisors)]


class Supervisor(CellAgent):
    """One person who takes turns on a post: finds, solves or reports, verifies, checks.

    Does what the beat's walk or a centre's order brings; where to walk is the patrol rule's business.
    """

    def __init__(self, world: World, beat: Beat) -> None:
        """Join the people of a beat."""
        super().__init__(world)
        self.world, self.data = world, world.params.supervisors
        self.beat = beat
        self.finds_count = 0
        self.cell = world.cell("cell", beat.route.visits[0])
        beat.supervisors.append(self)

    def find(self, incident: Incident) -> None:
        """See an incident while walking: solve it on the spot, or photograph and report it."""
        self.finds_count += 1
        self.world.found(incident, Finder.SUPERVISOR)
        self.tell_place(incident)
        if incident.luck(Luck.ON_THE_SPOT) < incident.category.data.on_the_spot_prob:
            self.world.at(self.take_time(self.data.on_the_spot_h), self.solve_on_the_spot, incident)
        else:
            self.world.at(self.take_time(self.data.report_h), self.world.ask_to_file, incident)
        self.note_errand(incident, Deed.FIND)

    def solve_on_the_spot(self, incident: Incident) -> None:
        """The problem is dealt with there and then; it is never filed."""
        incident.handle(self.world.now_h)
        incident.closed_h = incident.handled_h
        self.world.ended(incident, Stage.SOLVED_ON_THE_SPOT)

    def tell_place(self, incident: Incident) -> None:
        """Send where it is, as precisely as the equipment allows; a component has its code."""
        is_component = incident.category.data.domain == "component"
        incident.told_place(self.data.component_precision_m if is_component else self.data.place_precision_m)

    def verify(self, incident: Incident) -> None:
        """Go and see whether a resident's report is true, and where; the centre hears when that is done."""
        self.tell_place(incident)
        done_h = self.beat.go_on_errand(incident.site, self.world.now_h, self.data.verify_h)
        self.note_errand(incident, Deed.VERIFY)
        self.world.at(done_h, self.world.verified, incident)

    def check(self, incident: Incident) -> None:
        """Go and see whether handled work is good; the centre hears when that is done."""
        done_h = self.beat.go_on_errand(incident.site, self.world.now_h, self.data.check_h)
        self.note_errand(incident, Deed.CHECK)
        self.world.at(done_h, self.world.checked, incident)

    def take_time(self, hours: float) -> float:
        """Leave the walk for so long; returns when that is done."""
        return self.beat.spend(self.world.now_h, hours)

    def note_errand(self, incident: Incident, what: Deed) -> None:
        """Tell whoever watches that the post has taken on an errand, and when it will be back."""
        self.world.note(incident, what, self.beat, self.beat.free_at)


class Patrol:
    """All the beats of the district; tells an incident when somebody will pass."""

    def __init__(
        self, world: World, ground: Territory, data: SupervisorsData, walks: list[Walk], pass_h: list[float]
    ) -> None:
        """Man the walks: people are shared out over the beats in turn."""
        hours = world.roster(data.hours)
        self.world, self.hours = world, hours
        self.cells, self._way_through_cell = ground.cells, ground.way_through_cell
        ways = Ways(ground.cell_middles, ground.site_at, data.errand_h_per_km) if data.errand_h_per_km else None
        self.beats = [
            Beat(grid, route, pass_h, hours, data.shift_h, world, ahead_share, ways, data.task_per_day)
            for route, grid, ahead_share in walks
        ]
        self.supervisors = [Supervisor(world, self.beats[i % len(walks)]) for i in range(data.count if walks else 0)]
        self._beats_of: dict[int, list[Beat]] = {}
        for beat in self.beats:
            for cell in beat.starts_h:
                self._beats_of.setdefault(cell, []).append(beat)

    @property
    def at_random(self) -> bool:
        """Whether cells are drawn at random instead of walked in order."""
        return bool(self.beats) and not self.beats[0].route.in_order

    def post_of(self, site: int) -> Supervisor | None:
        """The supervisor on duty (or next on duty) for a site; None if nobody patrols it.

        Rule:    of the posts of its first working grid, whoever can be there first; of these, who has been free
                 longest; of these, the one listed first.
        """
        beats = self._beats_of.get(self.cells.grid_of[site])
        if not beats:
            return None
        duty_h, sent = self.hours.worked_h(self.world.now_h), beats[0]
        if len(beats) > 1:
            together = [beat for beat in beats if beat.route is sent.route]
            sent = min(together, key=lambda beat: beat.there_h(site, duty_h))
        return sent.whose_turn(duty_h)

    def chances(self, incident: Incident) -> list[Chance]:
        """When each beat that passes the incident would see it."""
        cell, prob = self.cells.grid_of[incident.site], incident.category.data.seen_per_pass_prob
        beats = self._beats_of.get(cell)
        if not beats or prob <= 0.0:
            return []
        now_h = self.world.now_h
        duty_h = self.hours.worked_h(now_h)
        way_share = self._way_through_cell[incident.site]
        if self.at_random:
            draws = enumerate(beats, start=1)
            return [beat.pass_at_random(incident.luck(Luck.PASSES, n), prob, now_h, duty_h) for n, beat in draws]
        chances = []
        for attempt, beat in enumerate(beats, start=1):
            nth = tries_until_success(incident.luck(Luck.PASSES, attempt), prob)
            chances.append(beat.pass_after(cell, way_share, nth, now_h, beat.walked_h(duty_h)))
        return chances
