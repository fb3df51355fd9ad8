"""An auditor who watches a running model from outside: stages, people, desks, errands, and that nobody is forgotten."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.agents.centres import Desk
from sim.agents.departments import Unit
from sim.agents.party import PartyMember
from sim.agents.supervisors import Beat, Supervisor
from sim.calendar import EventCalendar
from sim.case_log import CaseLog
from sim.incidents import Incident, Stage
from sim.model import GovernanceModel
from sim.run import outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.loading import Scenario
    from sim.run import Outcome

MAY_FOLLOW = {
    Stage.OCCURRED: {Stage.FOUND, Stage.VANISHED},
    Stage.FOUND: {
        Stage.SOLVED_ON_THE_SPOT, Stage.VERIFIED, Stage.REJECTED, Stage.VANISHED, Stage.FILED, Stage.DISPATCHED,
        Stage.HANDLING,
    },
    Stage.VERIFIED: {Stage.FILED},
    Stage.FILED: {Stage.DISPATCHED},
    Stage.DISPATCHED: {Stage.DISPATCHED, Stage.HANDLING, Stage.FILED},
    Stage.HANDLING: {Stage.HANDLED, Stage.SOLVED_IN_GRID, Stage.DISPATCHED, Stage.FOUND},
    Stage.HANDLED: {Stage.CHECKED, Stage.CLOSED},
    Stage.CHECKED: {Stage.CLOSED, Stage.DISPATCHED},
}  # fmt: skip
"""Which stage may come after which; nothing comes after an end."""
NEARLY_H = 1e-6


class Auditor:
    """Keeps own books of what every person does, and compares them with what must hold."""

    def __init__(self) -> None:
        self.stage: dict[int, Stage] = {}
        self.services: dict[Desk, list[tuple[float, float]]] = defaultdict(list)
        self.errand_until: dict[Beat, float] = defaultdict(lambda: -inf)
        self.in_hand: dict[int, Unit] = {}
        self.given_h: dict[tuple[PartyMember, int], float] = defaultdict(float)
        self.never: set[int] = set()
        """Incidents whose next event lies beyond every time that is laid out."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look over everybody's shoulder while the block runs."""
        with pytest.MonkeyPatch.context() as patch:
            for owner, name, look in (
                (CaseLog, "occur", self._occurs), (CaseLog, "enter", self._enters), (Unit, "start", self._starts),
                (Unit, "finish", self._finishes), (Supervisor, "find", self._finds), (PartyMember, "give", self._gives),
            ):  # fmt: skip
                patch.setattr(owner, name, self._before(getattr(owner, name), look))
            patch.setattr(EventCalendar, "at", self._before(EventCalendar.at, self._awaits))
            patch.setattr(Beat, "spend", self._after(Beat.spend, self._spends))
            patch.setattr(Desk, "done_at", self._after(Desk.done_at, self._serves))
            yield

    @staticmethod
    def _before(original, look):
        def looked_at(self, *args):
            look(self, *args)
            return original(self, *args)

        return looked_at

    @staticmethod
    def _after(original, look):
        def looked_at(self, *args):
            result = original(self, *args)
            look(self, *args, result)
            return result

        return looked_at

    def _awaits(self, _, time_h, __, payload):
        if time_h == inf and isinstance(payload, Incident):
            self.never.add(payload.number)

    def _occurs(self, _, incident):
        assert incident.number not in self.stage, "it occurs twice"
        if incident.before:
            assert self.stage[incident.before.number].ended, "it is back while the first is open"
        self.stage[incident.number] = Stage.OCCURRED

    def _enters(self, _, incident, stage):
        before = self.stage[incident.number]
        assert incident.stage is before, "its stage changed behind the log's back"
        assert stage in MAY_FOLLOW.get(before, ()), f"{before.label} → {stage.label}"
        self.stage[incident.number] = stage

    def _starts(self, unit, incident):
        assert unit.hours.on_duty(unit.model.now_h), "taken up off duty"
        assert incident.number not in self.in_hand, "two people work on one case"
        assert sum(by is unit for by in self.in_hand.values()) < unit.people, "somebody works two cases at once"
        assert incident.unit is unit
        self.in_hand[incident.number] = unit

    def _finishes(self, unit, incident):
        assert _on_duty_until(unit.hours, unit.model.now_h), "finished off duty"
        assert self.in_hand.pop(incident.number) is unit

    def _finds(self, supervisor, _):
        assert _on_duty_until(supervisor.beat.hours, supervisor.model.now_h), "found off duty"

    def _gives(self, member, hours, now_h):
        week = member, int(now_h // 168.0)
        self.given_h[week] += hours
        assert self.given_h[week] <= member.model.params.party.weekly_h + NEARLY_H

    def _spends(self, beat, now_h, errand_h, done_h):
        assert done_h >= now_h
        if done_h < inf:
            end_h = beat.hours.worked_h(done_h)
            assert end_h - errand_h >= max(self.errand_until[beat], beat.hours.worked_h(now_h)) - NEARLY_H
            self.errand_until[beat] = end_h

    def _serves(self, desk, now_h, service_h, done_h):
        assert done_h >= now_h
        if desk.operators_count and done_h < inf:
            end_h = desk.hours.worked_h(done_h)
            assert end_h - service_h >= desk.hours.worked_h(now_h) - NEARLY_H
            self.services[desk].append((end_h - service_h, end_h))

    def check(self, model: GovernanceModel) -> None:
        """Compare the books with the model as it stands between two events."""
        counts = Counter(self.stage.values())
        assert [counts[stage] for stage in Stage] == model.log.standing
        occurred = int(np.searchsorted(model.arrivals.occurred_h, model.now_h, side="right"))
        numbers = [*range(occurred), *range(len(model.arrivals.key), len(model.arrivals.key) + len(model.log.returned))]
        assert sorted(self.stage) == numbers
        in_units = {number for unit in model.units for number in unit._in_hand}
        assert in_units == set(self.in_hand)
        assert {unit: unit.load for unit in model.units} == loads(model)
        volunteers = [i for i in model.log.everything if i.stage is Stage.HANDLING and i.number not in in_units]
        assert all(incident.unit is None or incident.offered for incident in volunteers)

    def check_end(self, model: GovernanceModel) -> None:
        """No desk served more at once than it has operators, and no open incident has been forgotten."""
        for desk, services in self.services.items():
            # An end counts before a start at the same moment, give or take the last bits.
            turns = sorted([(start + NEARLY_H, 1) for start, _ in services] + [(end, -1) for _, end in services])
            assert max(np.cumsum([turn for _, turn in turns]), default=0) <= desk.operators_count
        coming = [payload for _, _, _, payload in model.calendar._heap]
        awaited = self.never | {payload.number for payload in coming if isinstance(payload, Incident)}
        for unit in model.units:
            live = [case for _, _, case, ticket in unit._waiting if case.ticket == ticket]
            assert unit.load == len(live) + len(unit._in_hand)
            assert all(case.stage is Stage.DISPATCHED and case.unit is unit for case in live)
            awaited.update(case.number for case in live)
        for incident in model.log.everything:
            assert incident.stage.ended or incident.number in awaited, incident.stage.label


def loads(model: GovernanceModel) -> dict[Unit, int]:
    """The cases that wait or are in hand at each unit, counted from the incidents: those in a pause are neither."""
    pausing = {case for _, _, handler, case in model.calendar._heap if handler.__name__ == "give_back"}
    with_a_unit = (Stage.DISPATCHED, Stage.HANDLING)
    there = Counter(case.unit for case in model.log.everything if case.stage in with_a_unit and case not in pausing)
    return {unit: there[unit] for unit in model.units}


def _on_duty_until(hours, now_h: float) -> bool:
    """On duty now, or until just now."""
    return hours.worked_h(now_h + NEARLY_H) > hours.worked_h(now_h - NEARLY_H)


def audited_run(scenario: Scenario, seed: int) -> tuple[Outcome, GovernanceModel, Auditor]:
    """Run a scenario hour by hour under the auditor's eyes."""
    auditor = Auditor()
    with auditor.watching():
        model = GovernanceModel(scenario, seed)
        for _ in range(scenario.parameters.period.days * 24):
            model.step()
            auditor.check(model)
        auditor.check_end(model)
    return outcome_of(model, scenario, seed), model, auditor
