"""Units: whoever can be sent a case. Departments, offices and property companies differ in data, not in code.

Layer: sim.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import fsum
from typing import TYPE_CHECKING

import mesa

from sim.closed_forms import distance_m, pace, score_after
from sim.incidents import Deed, Level, Severity, Stage
from sim.randomness import Luck
from sim.rules import find_rule
from sim.rules.queueing import QUEUE_RULES

if TYPE_CHECKING:
    from scenarios.people import Unit as UnitData
    from sim.incidents import Incident
    from sim.world import World


class Unit(mesa.Agent):
    """People who work side by side from one queue: receive, set out, work, report it handled.

    It serves one area, or several where there are fewer people than areas, and takes what it is sent; whom to send
    what is the ladder's business.
    """

    def __init__(self, world: World, name: str, data: UnitData, areas: tuple[int, ...], people: int) -> None:
        """Take up work in areas of the unit's level, with so many people."""
        super().__init__(world)
        self.world = world
        self.name, self.data, self.areas, self.people = name, data, areas, people
        self.level, self.max_severity = Level.of(data.level), Severity.of(data.max_severity)
        self.hours = world.roster(data.hours)
        self.base_x_m, self.base_y_m = world.middle_of(self.level, areas)
        self.attempts_count = 0
        """Attempts that are over: what its people have practised on."""
        self.settle_prob = data.settle_prob
        self.casework_share = data.casework_share
        """Share of its hours that goes to cases."""
        self.place_in_queue = find_rule(QUEUE_RULES, data.queue_rule, f"units.{name}.queue_rule")
        self._waiting: list[tuple[float, int, Incident, int]] = []
        """A heap of (place, order of joining, case, the case's ticket then)."""
        self._joined_count = 0
        self._void_count = 0
        """Entries of cases that have left the queue unserved; they are dropped when their turn comes."""
        self._waited_h = self._noted_h = 0.0
        """Hours that cases have waited, until the queue was last looked at; and when that was."""
        self.most_waiting = 0
        """The longest that the queue has been."""
        self._in_hand: dict[int, float] = {}
        """By number of the case: the duty hours at which the work on it will be done."""
        self._taken_on_h = 0.0
        """Hours of work on all cases that have been taken up, done or still to be done."""
        self._awaited_opening_h = -1.0
        """The opening at which the next look at the queue is entered already."""

    @property
    def load(self) -> int:
        """Cases waiting and in hand."""
        return self._waiting_count + len(self._in_hand)

    @property
    def _waiting_count(self) -> int:
        return len(self._waiting) - self._void_count

    def waited_h(self, now_h: float) -> float:
        """Hours that cases have waited in the queue until now, all cases together."""
        return self._waited_h + self._waiting_count * (now_h - self._noted_h)

    def _note_waiting(self) -> None:
        """Before the queue changes: what has been waited since it last did."""
        now_h = self.world.now_h
        self._waited_h, self._noted_h = self.waited_h(now_h), now_h

    def distance_m(self, site: int) -> float:
        """From the middle of the unit's area to a site."""
        return distance_m(self.base_x_m, self.base_y_m, *self.world.site_at[site])

    def busy_h(self, now_h: float) -> float:
        """Hours worked on cases until now, all people together."""
        worked_h = self.hours.worked_h(now_h)
        return self._taken_on_h - fsum(max(0.0, until - worked_h) for until in self._in_hand.values())

    def receive(self, incident: Incident) -> None:
        """A case is sent here: start on it, or let it wait its turn."""
        now_h = self.world.now_h
        incident.unit, incident.level = self, self.level
        incident.ticket += 1
        if incident.dispatched_h is None:
            incident.dispatched_h = now_h
        self.world.enter(incident, Stage.DISPATCHED)
        if not self._waiting and len(self._in_hand) < self.people and self.hours.on_duty(now_h):
            self.start(incident)
            return
        self._note_waiting()
        self._joined_count += 1
        place = self.place_in_queue(incident, incident.severity_at(now_h))
        heappush(self._waiting, (place, self._joined_count, incident, incident.ticket))
        self.most_waiting = max(self.most_waiting, self._waiting_count)
        self.set_out()
        if incident.stage is Stage.DISPATCHED and self.world.may_climb(incident):
            self.watch_the_wait(incident)

    def watch_the_wait(self, incident: Incident) -> None:
        """Climb if the case still waits when its time at this level is up."""
        ticket = incident.ticket

        def time_is_up(waiting: Incident) -> None:
            if waiting.ticket == ticket and waiting.stage is Stage.DISPATCHED:
                # Only a case that climbs leaves the queue: the rule may have thought better of it since it was asked.
                self._note_waiting()
                self._void_count += self.world.climb_if_late(waiting)

        self.world.at(self.world.now_h + self.world.limit_h(self.level), time_is_up, incident)

    def set_out(self) -> None:
        """Whoever is free takes the next case, if it is a time to work."""
        while self._waiting and len(self._in_hand) < self.people:
            opens_h = self.hours.opening(self.world.now_h)
            if opens_h > self.world.now_h:
                self.wait_for_opening(opens_h)
                return
            self._note_waiting()
            _, _, incident, ticket = heappop(self._waiting)
            if incident.ticket == ticket:
                self.start(incident)
            else:
                self._void_count -= 1

    def wait_for_opening(self, opens_h: float) -> None:
        """Nobody is on duty: look again when the next hours begin."""
        if opens_h > self._awaited_opening_h:
            self._awaited_opening_h = opens_h
            self.world.at(opens_h, Unit.set_out, self)

    def start(self, incident: Incident) -> None:
        """Somebody sets out for the case, and can tell how long it will take."""
        now_h = self.world.now_h
        self.world.enter(incident, Stage.HANDLING)
        incident.attempts += 1
        incident.attempts_here += 1
        incident.set_out_for(now_h)
        takes_h = self.hours_needed(incident)
        until = self.hours.worked_h(now_h) + takes_h
        self._in_hand[incident.number] = until
        self._taken_on_h += takes_h
        done_h = max(now_h, self.hours.when(until))
        if incident.due_h is not None and done_h > incident.due_h:
            self.ask_for_time(incident)
        self.world.at(done_h, self.finish, incident)

    def ask_for_time(self, incident: Incident) -> None:
        """The case will be late: ask the command centre for an extension."""
        if self.world.grants_extension(incident) and incident.due_h is not None:
            incident.extensions += 1
            incident.due_h = incident.category.due_h(incident.due_h)
            self.world.note(incident, Deed.EXTENSION, until_h=incident.due_h)

    def hours_needed(self, incident: Incident) -> float:
        """Duty hours that one person needs for the case: travel, search, work.  (Eq. 20)

        If the thing has gone by itself meanwhile, nothing is left but to see that.
        """
        data = self.data
        travel_h = data.mobilise_h + self.distance_m(incident.site) / data.travel_speed_m_per_h
        search_h = data.search_share * self.world.search_h(incident)
        work_h = 0.0
        if not incident.gone_on_arrival:
            work_h = incident.category.work_h(incident.luck(Luck.WORK, incident.attempts)) * self.pace
            work_h *= self.world.slowness()
        return (travel_h + search_h + work_h) / self.casework_share

    @property
    def pace(self) -> float:
        """What the work takes here, over what it takes elsewhere."""
        return 1.0

    def finish(self, incident: Incident) -> None:
        """The work is done, well or in vain; whoever did it is free."""
        del self._in_hand[incident.number]
        self.attempts_count += 1
        if incident.hangs:
            self.set_aside(incident)
        elif self.settle_prob >= 1.0 or incident.luck(Luck.SETTLE, incident.attempts) < self.settle_prob:
            incident.handle(self.world.now_h)
            self.world.work_done(incident)
        else:
            incident.ticket += 1
            self.world.enter(incident, Stage.DISPATCHED)
            self.world.try_again_or_climb(incident)
        self.set_out()

    def set_aside(self, incident: Incident) -> None:
        """The case needs what the unit has not (挂账): until it is there, the case neither waits nor is in hand."""
        incident.hung = True
        incident.ticket += 1
        self.world.note(incident, Deed.SET_ASIDE, self)
        self.world.enter(incident, Stage.DISPATCHED)
        self.world.at(self.world.now_h + incident.hangs_for_h, self.world.give_back, incident)

    def hear_score(self, *, on_time: bool) -> None:
        """The supervision centre has judged a case of this unit."""


class Department(Unit):
    """A unit that is scored, may respond to its score, and may learn; both are off unless a scenario says so."""

    def __init__(self, world: World, name: str, data: UnitData, areas: tuple[int, ...], people: int) -> None:
        """Start with a full score and no experience."""
        super().__init__(world, name, data, areas, people)
        self.learning = world.params.learning
        self.score = 1.0

    def hear_score(self, *, on_time: bool) -> None:
        """Remember the on-time share of the last cases: an exponentially fading mean.  (Eq. 21)"""
        self.score = score_after(self.score, float(on_time), self.learning.scoring_memory_cases)

    @property
    def pace(self) -> float:
        """Practice and hurry shorten the work.  (Eq. 22)"""
        data = self.learning
        shortfall = max(0.0, 1.0 - self.score / data.scoring_target)
        return pace(
            self.attempts_count, self.people, data.experience_cases, data.exponent, shortfall, data.scoring_response
        )
