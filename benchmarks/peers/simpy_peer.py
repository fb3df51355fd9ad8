"""The benchmark's city as SimPy processes: one for each incident, one for each supervisor's post.

People are SimPy resources; hours of duty are waited out; whatever a process waits for is an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from benchmarks.peers.city import Case, City, Shifts, city_of, summary
from scenarios.people import OFFICE_HOURS

if TYPE_CHECKING:
    from collections.abc import Generator

    from scenarios.loading import Scenario
    from scenarios.people import Unit

    type Process = Generator[simpy.Event, object, object]

MINOR, ORDINARY = 0, 1


class Crews:
    """The people of one unit in one area."""

    def __init__(self, env: simpy.Environment, unit: Unit, shifts: Shifts, base: tuple[float, float]) -> None:
        self.unit, self.shifts, self.base = unit, shifts, base
        self.people = simpy.PriorityResource(env, capacity=max(1, unit.people))


class SimpyCity:
    """Everybody in the city, as processes and resources."""

    def __init__(self, city: City) -> None:
        self.city, self.params = city, city.scenario.parameters
        self.env = simpy.Environment()
        self.supervision = simpy.Resource(self.env, self.params.supervision_centre.operators_count)
        self.command = simpy.Resource(self.env, self.params.command_centre.operators_count)
        self.patrol_hours = Shifts(self.params.supervisors.hours, city.scenario)
        self.office = Shifts(OFFICE_HOURS, city.scenario)
        self.always = Shifts("00:00-24:00 daily", city.scenario)
        self.channels = [
            (c.share, c.delay_h, Shifts(c.hours, city.scenario)) for c in self.params.residents.channels.values()
        ]
        self.trust = [self.params.residents.trust_initial] * city.residents
        self.open_in: dict[int, list[Case]] = {}
        self.found: dict[int, simpy.Event] = {}
        self.post_of = {cell: post for post, route in enumerate(city.beats) for cell in route}
        self.errands: list[list[tuple[float, simpy.Event]]] = [[] for _ in city.beats]
        self.district: dict[str, Crews] = {}
        self.community: dict[str, list[Crews]] = {}
        for unit in self.params.units.values():
            shifts = Shifts(unit.hours, city.scenario)
            if unit.level == "district":
                crews = Crews(self.env, unit, shifts, city.middle)
                self.district |= dict.fromkeys(unit.categories, crews)
            else:
                all_crews = [Crews(self.env, unit, shifts, base) for base in city.middles]
                self.community |= dict.fromkeys(unit.categories, all_crews)

    def run(self) -> None:
        """Let the whole period pass."""
        self.env.process(self.occurrences())
        for post in range(len(self.city.beats)):
            self.env.process(self.supervisor(post))
        self.env.run(until=self.params.period.days * 24.0)

    def occurrences(self) -> Process:
        """Incidents occur one after another."""
        for case in self.city.cases:
            yield self.env.timeout(case.occurred_h - self.env.now)
            self.env.process(self.incident(case))

    # An incident --------------------------------------------------------------------------------------------

    def incident(self, case: Case) -> Process:
        """From its occurrence to its end."""
        found = self.found[id(case)] = self.env.event()
        self.open_in.setdefault(case.cell, []).append(case)
        luck = self.city.chance()
        if luck < case.category.salience_prob / self.params.residents.trust_initial:
            self.env.process(self.witness(case, luck))
        if case.gone_h < float("inf"):
            yield found | self.env.timeout(case.gone_h - self.env.now)
            if case.found_h is None:
                self.open_in[case.cell].remove(case)
                case.over = True
                return
        how = yield found
        if how == "on the spot":
            case.handled_h = case.closed_h = self.env.now
            case.over = True
            return
        if how == "call":
            yield from self.serve(self.supervision, self.params.supervision_centre.intake_h)
            yield self.errand(case, self.params.supervisors.verify_h)
            if case.gone_h <= self.env.now or self.city.chance() < self.params.supervision_centre.reject_prob:
                self.end(case, in_time=False)
                return
        yield from self.serve(self.supervision, self.params.supervision_centre.filing_h)
        case.filed_h = self.env.now
        yield from self.settle(case)

    def witness(self, case: Case, luck: float) -> Process:
        """A resident sees it, and may report it when a channel is open."""
        yield self.env.timeout(self.city.exponential(self.params.residents.report_delay_mean_h))
        which = self.city.chance()
        for share, delay_h, shifts in self.channels:
            which -= share
            if which < 0.0:
                received_h = shifts.after(shifts.opening(self.env.now), delay_h)
                yield self.env.timeout(received_h - self.env.now)
                break
        else:
            return
        trust = self.trust[self.city.home_of[case.site]]
        would = luck < case.category.salience_prob * trust / self.params.residents.trust_initial
        if would and case.found_h is not None:
            yield from self.serve(self.supervision, self.params.supervision_centre.intake_h)
        elif would and not case.over:
            case.found_h, case.by_resident = self.env.now, True
            self.open_in[case.cell].remove(case)
            self.found[id(case)].succeed("call")

    def settle(self, case: Case) -> Process:
        """Dispatch, handle, check, as often as it takes; then close."""
        level = "community" if case.name in self.community and case.severity <= ORDINARY else "district"
        attempts = 0
        crews: Crews | None = None
        while True:
            if crews is None:
                crews = yield from self.dispatch(case, level)
                if crews is None:
                    level, attempts = "district", 0
                    continue
            limit_h = self.params.escalation.community_limit_h if level == "community" else None
            outcome = yield from self.work(case, crews, limit_h)
            if outcome == "failed" and level == "community":
                attempts += 1
                if attempts < self.params.escalation.attempts_max:
                    yield self.env.timeout(self.params.escalation.retry_after_h)
                    continue
            if outcome != "done":
                yield from self.rest(self.office, self.params.escalation.step_up_h)
                level, attempts, crews = "district", 0, None
                continue
            yield self.errand(case, self.params.supervisors.check_h)
            if self.city.chance() >= self.params.supervision_centre.check_fail_prob:
                break
            yield from self.serve(self.command, self.params.command_centre.dispatch_h)
        yield from self.serve(self.supervision, self.params.supervision_centre.closing_h)
        case.closed_h = self.env.now
        self.end(case, in_time=case.handled_h <= case.due_h)

    def dispatch(self, case: Case, level: str) -> Generator[simpy.Event, object, Crews | None]:
        """Send it to its unit, perhaps to a wrong one first; None: it is too severe for its level."""
        yield from self.serve(self.command, self.params.command_centre.dispatch_h)
        while self.city.wrong_unit(case):
            yield from self.rest(self.office, self.params.command_centre.return_delay_h)
            yield from self.serve(self.command, self.params.command_centre.dispatch_h)
        if level == "community" and case.severity > MINOR:
            yield from self.rest(self.office, self.params.escalation.step_up_h)
            return None
        if case.due_h is None:
            case.due_h = self.deadline(case, self.env.now)
        if level == "community":
            return self.community[case.name][self.city.community_of[case.site]]
        return self.district[case.name]

    def work(self, case: Case, crews: Crews, limit_h: float | None) -> Process:
        """Wait for somebody who is free and on duty; then travel, search and work."""
        request = crews.people.request(priority=case.due_h)
        if limit_h is None:
            yield request
        else:
            yield request | self.env.timeout(limit_h)
            if not request.triggered:
                request.cancel()
                return "late"
        opens_h = crews.shifts.opening(self.env.now)
        if opens_h > self.env.now:
            yield self.env.timeout(opens_h - self.env.now)
        hours = self.city.hours_needed(case, crews.unit, crews.base, self.env.now)
        done_h = crews.shifts.after(self.env.now, hours)
        if done_h > case.due_h and not case.extended:
            case.extended = self.city.chance() < self.params.command_centre.extension_prob
            if case.extended:
                case.due_h = self.deadline(case, case.due_h)
        yield self.env.timeout(done_h - self.env.now)
        crews.people.release(request)
        if self.city.chance() >= crews.unit.settle_prob:
            return "failed"
        case.handled_h = self.env.now
        return "done"

    def deadline(self, case: Case, from_h: float) -> float:
        """When the time allowed is over."""
        clock = self.office if case.category.deadline_clock == "office" else self.always
        return clock.after(from_h, case.category.deadline_h)

    def end(self, case: Case, *, in_time: bool) -> None:
        """Nothing more happens; a resident who reported it learns how it ended."""
        case.over = True
        if case.by_resident:
            data, who = self.params.residents, self.city.home_of[case.site]
            change = data.trust_gain * (1.0 - self.trust[who]) if in_time else -data.trust_loss * self.trust[who]
            self.trust[who] += change / data.residents_per_agent

    # People -------------------------------------------------------------------------------------------------

    def serve(self, desk: simpy.Resource, hours: float) -> Process:
        """Wait for an operator, and be served."""
        with desk.request() as turn:
            yield turn
            yield self.env.timeout(hours)

    def rest(self, shifts: Shifts, hours: float) -> Process:
        """Lie on somebody's desk for so many hours of duty."""
        yield self.env.timeout(shifts.after(self.env.now, hours) - self.env.now)

    def errand(self, case: Case, hours: float) -> simpy.Event:
        """Ask the post of its cell to go and look; the event tells when that is done."""
        done = self.env.event()
        self.errands[self.post_of[case.cell]].append((hours, done))
        return done

    def supervisor(self, post: int) -> Process:
        """Walk the beat cell by cell, look at each, and run the errands that have come in."""
        route, task = self.city.beats[post], self.params.supervisors
        errands = self.errands[post]
        place = int(self.city.chance() * len(route))
        while True:
            cell = route[place]
            yield from self.on_duty(self.city.pass_h)
            open_here = self.open_in.get(cell)
            if open_here:
                for case in [c for c in open_here if self.city.chance() < c.category.seen_per_pass_prob]:
                    if case.found_h is not None or case.over:
                        continue
                    case.found_h = self.env.now
                    open_here.remove(case)
                    if self.city.chance() < case.category.on_the_spot_prob:
                        yield from self.on_duty(task.on_the_spot_h)
                        self.found[id(case)].succeed("on the spot")
                    else:
                        yield from self.on_duty(task.report_h)
                        self.found[id(case)].succeed("report")
            while errands:
                hours, done = errands.pop(0)
                yield from self.on_duty(hours)
                done.succeed()
            place = (place + 1) % len(route)

    def on_duty(self, hours: float) -> Process:
        """Do something that takes so long, resting off duty."""
        while True:
            opens_h = self.patrol_hours.opening(self.env.now)
            if opens_h > self.env.now:
                yield self.env.timeout(opens_h - self.env.now)
            left_h = self.patrol_hours.closing(self.env.now) - self.env.now
            if hours <= left_h:
                yield self.env.timeout(hours)
                return
            yield self.env.timeout(left_h)
            hours -= left_h


def run(scenario: Scenario, seed: int, city: City | None = None) -> dict[str, float]:
    """Run a scenario; the numbers of `summary`."""
    model = SimpyCity(city or city_of(scenario, seed))
    model.run()
    return summary(model.city.cases)
