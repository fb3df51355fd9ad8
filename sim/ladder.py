"""The ladder: which units there are at each level, and how a case gets to one of them.

Layer: sim.  The rules decide; this carries the decision out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.people import OFFICE_HOURS
from sim.incidents import Level, Stage
from sim.randomness import Luck
from sim.rules import find_rule
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES, Reason

if TYPE_CHECKING:
    from sim.agents.departments import Unit
    from sim.incidents import Incident
    from sim.model import GovernanceModel


class Ladder:
    """All units by level, area and category."""

    def __init__(self, model: GovernanceModel, units: list[Unit]) -> None:
        """Note which unit is competent for what, in the order of the scenario."""
        rules = model.params.rules
        self.model = model
        self._escalation = find_rule(ESCALATION_RULES, rules.escalation, "rules.escalation")
        self._dispatch = find_rule(DISPATCH_RULES, rules.dispatch, "rules.dispatch")
        self.office = model.roster(OFFICE_HOURS)
        self._competent: dict[tuple[str, Level, int], list[Unit]] = {}
        self._rungs: dict[str, list[Level]] = {}
        for unit in units:
            for category in unit.data.categories:
                self._competent.setdefault((category, unit.level, unit.area), []).append(unit)
                rungs = self._rungs.setdefault(category, [])
                if unit.level not in rungs:
                    rungs.append(unit.level)
                    rungs.sort()
        limits = model.params.escalation
        self.limit_h = {
            Level.GRID: limits.grid_limit_h,
            Level.COMMUNITY: limits.community_limit_h,
            Level.SUBDISTRICT: limits.subdistrict_limit_h,
        }

    def next_level(self, incident: Incident, reason: Reason) -> Level | None:
        """The level that the escalation rule names; None: stay."""
        rungs = self._rungs[incident.category.name]
        if reason is Reason.NEW and len(rungs) == 1:  # nothing to choose, whatever the rule
            return rungs[0]
        return self._escalation(incident, incident.severity_at(self.model.now_h), reason, rungs)

    def send(self, incident: Incident) -> None:
        """Bring a case to its level (the lowest, if it has none): to a unit, or first to a wrong one and back."""
        if incident.level is None:
            incident.level = self.next_level(incident, Reason.NEW)
        if self._goes_astray(incident):
            incident.returns += 1
            back_h = self.office.after(self.model.now_h, self.model.params.command_centre.return_delay_h)
            self.model.log.enter(incident, Stage.DISPATCHED)
            self.model.calendar.at(back_h, self.come_back, incident)
        else:
            self.arrive(incident)

    def arrive(self, incident: Incident) -> None:
        """A case is at its level: give it to a unit, or hand it on at once if it is too severe for all of them."""
        now_h = self.model.now_h
        units, severity = self._units(incident), incident.severity_at(now_h)
        if len(units) > 1:
            units = [unit for unit in units if unit.max_severity >= severity] or units
        if units[0].max_severity < severity and self._climb(incident, Reason.TOO_SEVERE):
            return
        if incident.due_h is None:
            incident.due_h = incident.category.due_h(now_h)
        (units[0] if len(units) == 1 else self._dispatch(incident.site, units)).receive(incident)

    def come_back(self, incident: Incident) -> None:
        """A wrongly sent case is back (回退): dispatch it anew."""
        if incident.filed_h is None:
            self.send(incident)
        else:
            self.model.command_centre.take(incident)

    def send_back(self, incident: Incident) -> None:
        """Bring a case back to the unit that has had it."""
        if incident.unit:
            incident.unit.receive(incident)

    def climb_if_late(self, incident: Incident) -> None:
        """A case has waited too long at its level."""
        self._climb(incident, Reason.TOO_LATE)

    def try_elsewhere(self, incident: Incident) -> None:
        """An attempt has failed: try again here after a pause, or climb once the attempts are used up."""
        limits = self.model.params.escalation
        if incident.attempts_here >= limits.attempts_max and self._climb(incident, Reason.ATTEMPTS_USED_UP):
            return
        self.model.calendar.at(self.model.now_h + limits.retry_after_h, self.send_back, incident)

    def may_climb(self, incident: Incident) -> bool:
        """Whether the escalation rule knows a further level for a case that waits too long where it is."""
        rungs = self._rungs[incident.category.name]
        return len(rungs) > 1 and self.next_level(incident, Reason.TOO_LATE) is not None

    def _climb(self, incident: Incident, reason: Reason) -> bool:
        """Hand the case one level on, if the rule names one; a case that leaves the grid is filed.

        A filed case is brought from hand to hand: nobody dispatches it, so it cannot go astray again.
        """
        level = self.next_level(incident, reason)
        if level is None:
            return False
        incident.level, incident.unit = level, None
        incident.escalations += 1
        incident.attempts_here = 0
        incident.ticket += 1
        arrives_h = self.office.after(self.model.now_h, self.model.params.escalation.step_up_h)
        filed = incident.filed_h is not None
        self.model.calendar.at(arrives_h, self.arrive if filed else self.model.supervision_centre.take_find, incident)
        return True

    def _goes_astray(self, incident: Incident) -> bool:
        """A wrong department, or a place near a border that neighbours dispute.

        Rule:    chance 1 - (1 - p_m if it was filed) (1 - p_b if it lies near a border).  (Eq. 19)
        """
        centre = self.model.params.command_centre
        wrong = centre.misdispatch_prob if incident.filed_h is not None else 0.0
        if self.model.near_border(incident):
            wrong += (1.0 - wrong) * centre.boundary_dispute_prob
        return incident.luck(Luck.WRONG_UNIT, incident.returns + 1) < wrong

    def _units(self, incident: Incident) -> list[Unit]:
        level = Level.DISTRICT if incident.level is None else incident.level
        return self._competent[incident.category.name, level, self.model.area_of(incident.site, level)]
