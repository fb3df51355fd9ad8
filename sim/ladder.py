"""The ladder: which units there are at each level, and how a case gets to one of them.

Layer: sim.  The rules decide; this carries the decision out.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from languages.speaking import listed, say
from scenarios.people import OFFICE_HOURS
from sim.incidents import Deed, Level, Stage
from sim.randomness import Luck
from sim.rules import find_rule
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES, Reason

if TYPE_CHECKING:
    from sim.agents.departments import Unit
    from sim.incidents import Category, Incident
    from sim.world import World


class Ladder:
    """All units by level, area and category."""

    def __init__(self, world: World, units: list[Unit]) -> None:
        """Note which unit is competent for what, in the order of the scenario."""
        rules = world.params.rules
        self.world = world
        self.limits, self.centre = world.params.escalation, world.params.command_centre
        self.escalation = find_rule(ESCALATION_RULES, rules.escalation, "rules.escalation")
        self.dispatch = find_rule(DISPATCH_RULES, rules.dispatch, "rules.dispatch")
        self.office_hours = world.roster(OFFICE_HOURS)
        self._competent: dict[tuple[str, Level, int], list[Unit]] = {}
        self._rungs: dict[str, list[Level]] = {}
        for unit in units:
            for category in unit.data.categories:
                for area in unit.areas:
                    self._competent.setdefault((category, unit.level, area), []).append(unit)
                rungs = self._rungs.setdefault(category, [])
                if unit.level not in rungs:
                    rungs.append(unit.level)
                    rungs.sort()
        self._limit_h = {
            Level.GRID: self.limits.grid_limit_h,
            Level.COMMUNITY: self.limits.community_limit_h,
            Level.SUBDISTRICT: self.limits.subdistrict_limit_h,
        }

    def first_level(self, incident: Incident) -> Level:
        """The level that the escalation rule names for a new case; the lowest, if it names none."""
        rungs = self._rungs[incident.category.name]
        if len(rungs) == 1:  # nothing to choose, whatever the rule
            return rungs[0]
        named = self._named_level(incident, Reason.NEW)
        return rungs[0] if named is None else named

    def limit_h(self, level: Level) -> float:
        """How long a case may wait at a level before it climbs: at the district's for ever, whatever the rule says."""
        return self._limit_h.get(level, inf)

    def bring(self, incident: Incident) -> None:
        """Bring a case to its level (a new one to its first): to a unit, or before that to a wrong one and back."""
        if incident.level is None:
            incident.level = self.first_level(incident)
        if self._goes_astray(incident):
            incident.returns += 1
            back_h = self.office_hours.after(self.world.now_h, self.centre.return_delay_h)
            self.world.enter(incident, Stage.DISPATCHED)
            self.world.at(back_h, self.come_back, incident)
        else:
            self.arrive(incident)

    def arrive(self, incident: Incident) -> None:
        """A case is at its level: give it to a unit, or hand it on at once if it is too severe for all of them."""
        now_h = self.world.now_h
        units, severity = self._units(incident), incident.severity_at(now_h)
        if len(units) > 1:
            units = [unit for unit in units if unit.max_severity >= severity] or units
        if units[0].max_severity < severity and self._climb(incident, Reason.TOO_SEVERE):
            return
        if incident.due_h is None:
            incident.due_h = incident.category.due_h(now_h)
        (units[0] if len(units) == 1 else self.dispatch(incident.site, units)).receive(incident)

    def come_back(self, incident: Incident) -> None:
        """A wrongly sent case is back (回退): dispatch it anew."""
        if incident.filed_h is None:
            self.bring(incident)
        else:
            self.world.dispatch(incident)

    def give_back(self, incident: Incident) -> None:
        """Bring a case back to the unit that has had it."""
        if incident.unit:
            incident.unit.receive(incident)

    def climb_if_late(self, incident: Incident) -> bool:
        """A case has waited too long at its level: it climbs if the rule still says so; returns whether it does."""
        return self._climb(incident, Reason.TOO_LATE)

    def try_again_or_climb(self, incident: Incident) -> None:
        """An attempt has failed: try again here after a pause, or climb once the attempts are used up."""
        used_up = incident.attempts_here >= self.limits.attempts_max
        if not (used_up and self._climb(incident, Reason.ATTEMPTS_USED_UP)):
            self.world.at(self.world.now_h + self.limits.retry_after_h, self.give_back, incident)

    def may_climb(self, incident: Incident) -> bool:
        """Whether the escalation rule knows a further level for a case that waits too long where it is."""
        rungs = self._rungs[incident.category.name]
        return len(rungs) > 1 and self._named_level(incident, Reason.TOO_LATE) is not None

    def _named_level(self, incident: Incident, reason: Reason) -> Level | None:
        """The level that the escalation rule names; None: it names none.

        Raises ValueError if it names one that has no competent unit.
        """
        rungs = self._rungs[incident.category.name]
        level = self.escalation(incident, incident.severity_at(self.world.now_h), reason, rungs)
        if level is None or level in rungs:
            return level
        known = listed(rung.label for rung in rungs)
        rule, category = self.world.params.rules.escalation, incident.category.name
        raise ValueError(
            say(
                'rules.escalation = "{rule}" names {level!r} for {category}, which must be one of {known}, or None',
                rule=rule,
                level=level,
                category=category,
                known=known,
            )
        )

    def _climb(self, incident: Incident, reason: Reason) -> bool:
        """Hand the case on to the level that the rule names, if it names one; a case that leaves the grid is filed.

        A filed case is brought from hand to hand: nobody dispatches it, so it cannot go astray again.
        """
        level = self._named_level(incident, reason)
        if level is None:
            return False
        incident.level, incident.unit = level, None
        incident.escalations += 1
        incident.attempts_here = 0
        incident.ticket += 1
        self.world.note(incident, Deed.CLIMB, level)
        arrives_h = self.office_hours.after(self.world.now_h, self.limits.step_up_h)
        self.world.at(arrives_h, self.world.ask_to_file if incident.filed_h is None else self.arrive, incident)
        return True

    def _goes_astray(self, incident: Incident) -> bool:
        """A wrong department, or a place near a border that neighbours dispute.

        Rule:    chance 1 - (1 - p_m if it was filed) (1 - p_b if it lies near a border).  (Eq. 19)

        One number decides on both: below p_b the border is disputed, in the next p_m (1 - p_b) the department is
        wrong. The number is drawn anew after each return and at no other time. So a case that climbs out of the grid
        is judged by the number with which it arrived there: that number is not below p_b, the border is settled,
        and the case goes astray with chance p_m (1 - p_b) / (1 - p_b) = p_m.
        """
        wrong = self.centre.misdispatch_prob if incident.filed_h is not None else 0.0
        if self.world.near_border(incident):
            wrong += (1.0 - wrong) * self.centre.boundary_dispute_prob
        number = incident.luck(Luck.WRONG_UNIT, incident.returns + 1)  # the same until it has come back once more
        return number < wrong

    def _units(self, incident: Incident) -> list[Unit]:
        """The competent units of the level and area that the case is at."""
        level = self.first_level(incident) if incident.level is None else incident.level
        return self.competent(incident.category, level, self.world.area_of(incident.site, level))

    def competent(self, category: Category, level: Level, area: int) -> list[Unit]:
        """The units of a level and area that a category is for, in the order of the scenario."""
        return self._competent[category.name, level, area]

    def rungs_of(self, category: Category) -> list[Level]:
        """The levels that have a unit for a category, lowest first; none if it has none."""
        return self._rungs.get(category.name, [])
