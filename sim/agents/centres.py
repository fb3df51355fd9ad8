"""The two centres: supervision (takes, files, orders checks, closes, scores) and command (dispatches).

Layer: sim.
"""

from __future__ import annotations

from heapq import heapreplace
from math import fsum
from typing import TYPE_CHECKING

import mesa

from sim.incidents import Deed, Stage
from sim.randomness import Luck

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.incidents import Incident, Level
    from sim.working_time import WorkingTime
    from sim.world import World

    type Step = Callable[[Incident], None]


class Desk:
    """Operators side by side who serve in the order of coming; without operators there is no desk to wait at."""

    def __init__(self, operators_count: int, hours: WorkingTime) -> None:
        """Man the desk; all operators are free."""
        self.operators_count, self.hours = operators_count, hours
        self.served_h = 0.0
        self._free_at = [0.0] * operators_count

    def done_at(self, now_h: float, service_h: float) -> float:
        """When a service asked for now is done: first come, first served, by whoever is free first.  (Eq. 18)"""
        if not self.operators_count:
            return now_h
        duty_h = self.hours.worked_h(now_h)
        done_at = max(duty_h, self._free_at[0]) + service_h
        heapreplace(self._free_at, done_at)
        self.served_h += service_h
        return self.hours.done_at(now_h, done_at)

    def busy_h(self, now_h: float) -> float:
        """Hours of service that lie behind the operators by now."""
        duty_h = self.hours.worked_h(now_h)
        return self.served_h - fsum(max(0.0, free_at - duty_h) for free_at in self._free_at)


class SupervisionCentre(mesa.Agent):
    """Takes reports and finds, files them, orders verification and checks, closes cases and scores units.

    Judges whether and how well; who handles a case is the command centre's business.
    """

    def __init__(self, world: World) -> None:
        """Set up the desk of operators, with their hours."""
        super().__init__(world)
        self.world = world
        self.data = world.params.supervision_centre
        self.desk = Desk(self.data.operators_count, world.roster(self.data.hours))

    @property
    def exists(self) -> bool:
        """Whether anybody works here."""
        return self.data.operators_count > 0

    def take_report(self, incident: Incident) -> None:
        """A resident reports; without a centre, the neighbours' own people hear it."""
        if not self.exists:
            self.world.hand_on(incident)
            return
        self._then(self.data.intake_h, self.order_verification, incident)

    def take_duplicate(self, incident: Incident) -> None:
        """A resident reports what is known already: it costs an operator's time and nothing else comes of it."""
        incident.duplicates += 1
        self.world.note(incident, Deed.REPORTED_AGAIN)
        self.desk.done_at(self.world.now_h, self.data.intake_h * self.world.slowness())

    def order_verification(self, incident: Incident) -> None:
        """A report is taken down: somebody goes to look, where somebody patrols."""
        post = self.world.post_of(incident.site) if incident.category.checked_on_site else None
        if post:
            post.verify(incident)
        else:
            self.hear_verification(incident)

    def hear_verification(self, incident: Incident) -> None:
        """It is known whether the report holds: file it, reject it, or drop it because the thing has gone."""
        if self.world.now_h >= incident.gone_h:
            self.world.ended(incident, Stage.VANISHED)
        elif incident.luck(Luck.REJECT) < self.data.reject_prob:
            self.world.ended(incident, Stage.REJECTED)
        else:
            self.world.enter(incident, Stage.VERIFIED)
            self.take_case(incident)

    def take_case(self, incident: Incident) -> None:
        """A case to be filed comes in: from a supervisor, from a grid, or as a verified report."""
        self._then(self.data.filing_h, self.file, incident)

    def file(self, incident: Incident) -> None:
        """The case is filed (立案) and goes to the command centre."""
        incident.filed_h = self.world.now_h
        self.world.filed(incident)

    def order_check(self, incident: Incident) -> None:
        """A unit reports a case handled: somebody goes to look, where somebody patrols."""
        post = self.world.post_of(incident.site) if incident.category.checked_on_site else None
        if post:
            post.check(incident)
        else:
            self._then(self.data.closing_h, self.close, incident)

    def hear_check(self, incident: Incident) -> None:
        """It is known whether the work is good: close the case, or send it back to the same unit."""
        self.world.enter(incident, Stage.CHECKED)
        if incident.luck(Luck.CHECK, incident.attempts) < self.data.check_fail_prob:
            incident.reworks += 1
            incident.remedied_h = None
            self.world.order_rework(incident)
        else:
            self._then(self.data.closing_h, self.close, incident)

    def close(self, incident: Incident) -> None:
        """The case is closed (结案); the unit is scored."""
        incident.closed_h = self.world.now_h
        if incident.unit:
            incident.unit.hear_score(on_time=incident.on_time)
        self.world.ended(incident, Stage.CLOSED)

    def _then(self, service_h: float, step: Step, incident: Incident) -> None:
        self.world.at(self.desk.done_at(self.world.now_h, service_h * self.world.slowness()), step, incident)


class CommandCentre(mesa.Agent):
    """Dispatches cases to units, sometimes wrongly, and grants extensions.

    Chooses the unit by the rules of escalation and dispatch; how well the work is done is not judged here.
    """

    def __init__(self, world: World) -> None:
        """Set up the desk of operators, with their hours."""
        super().__init__(world)
        self.world = world
        self.data = world.params.command_centre
        self.desk = Desk(self.data.operators_count, world.roster(self.data.hours))

    def take(self, incident: Incident) -> None:
        """A filed case comes in: dispatch it when an operator is free."""
        self._then(self.dispatch, incident)

    def order_rework(self, incident: Incident) -> None:
        """Work failed its check: a new dispatch to the same unit."""
        self._then(self.dispatch_again, incident)

    def dispatch(self, incident: Incident) -> None:
        """Choose the level and send the case on its way (派遣)."""
        level = incident.level
        if level is None:
            level = self.world.first_level(incident)
        self._forward(self.world.bring, incident, level)

    def dispatch_again(self, incident: Incident) -> None:
        """Send the case back to the unit that has had it."""
        self._forward(self.world.give_back, incident, incident.level)

    def grants_extension(self, incident: Incident) -> bool:
        """A crew sees that it will be late and asks for more time (延期): once a case."""
        if incident.extensions or incident.filed_h is None:
            return False
        return incident.luck(Luck.EXTENSION) < self.data.extension_prob

    def _forward(self, step: Step, incident: Incident, level: Level | None) -> None:
        incident.level = level
        if self.data.forward_h > 0.0:
            arrives_h = self.desk.hours.after(self.world.now_h, self.data.forward_h)
            self.world.at(arrives_h, step, incident)
        else:
            step(incident)

    def _then(self, step: Step, incident: Incident) -> None:
        service_h = self.data.dispatch_h * self.world.slowness()
        self.world.at(self.desk.done_at(self.world.now_h, service_h), step, incident)
