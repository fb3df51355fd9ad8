"""The model: a city in which incidents occur, and in which its people and offices do something about them.

Layer: sim.  The specification of what happens, event by event; `sim.compiled` repeats it to the last bit.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import mesa

from sim.calendar import EventCalendar
from sim.case_log import CaseLog
from sim.city import City
from sim.closed_forms import slowness
from sim.demand import draw_arrivals
from sim.incidents import NO_CHANCES, Chance, Finder, Incident, Level, Noticed, Stage
from sim.randomness import Streams
from sim.steps import StepLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.loading import Scenario


class GovernanceModel(City):
    """A district, its people and offices, and the incidents that befall it.

    One step is one hour. The agents' doings are events on a calendar; `step` lets those of the hour happen.
    """

    def __init__(self, scenario: Scenario, seed: int, *, keeps_steps: bool = False) -> None:
        """Set up the city of a scenario; all chance of the run grows from `seed`. Steps are kept for whoever watches.

        Raises ValueError if a rule is unknown, or the territory cannot be divided as asked.
        """
        self.calendar = EventCalendar()
        self.at = self.calendar.at
        self.log = StepLog(self.calendar) if keeps_steps else CaseLog()
        self.enter, self.note = self.log.enter, self.log.note
        super().__init__(scenario, seed)
        self._start_up = self.params.learning if self.params.learning.start_up_slowness > 0.0 else None
        self._connect()
        self._foresee(seed)
        self._await_next()
        self.datacollector = mesa.DataCollector(model_reporters=DAILY)
        self.datacollector.collect(self)

    def _foresee(self, seed: int) -> None:
        """Draw what will occur, and who will be there to see it."""
        self.arrivals = draw_arrivals(self.params, self.territory, self.categories, Streams(seed))
        self._noticed: Noticed = {}
        self.neighbourhood.watch(self.neighbourhood.sightings(self.arrivals, self.categories), self._noticed)
        self.party.watch(self.party.notices(self.arrivals, self.categories), self._noticed)
        self._coming = self.arrivals.incidents(self.categories)

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

    def pass_days(self, days: int) -> None:
        """Let so many days pass; quicker than hour by hour, where nobody watches."""
        for _ in range(days):
            self.calendar.run_until(self.calendar.now_h + 24.0)
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
            incident.chances = _soonest_last([*reversed(incident.chances), again])
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

    def slowness(self) -> float:
        """What desks and units take now, over what they take when the system has settled down.  (Eq. 33)"""
        data = self._start_up
        if data is None:
            return 1.0
        return slowness(data.running_days + self.now_h / 24.0, data.start_up_slowness, data.start_up_days)


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
