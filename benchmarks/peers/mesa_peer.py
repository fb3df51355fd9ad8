"""The benchmark's city as a plain Mesa model that goes tick by tick, as Mesa's tutorials do it.

A tick is a quarter of an hour; whoever works has that much time in it, and carries over what does not fit. Everybody
is asked in every tick: residents whether they have something to report, supervisors, desks, crews.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import mesa

from benchmarks.peers.city import Case, City, Shifts, city_of, summary
from scenarios.people import OFFICE_HOURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.loading import Scenario
    from scenarios.people import Unit

TICK_H = 0.25
MINOR, ORDINARY = 0, 1


class Resident(mesa.Agent):
    """Remembers what was seen, and reports it when the time has come."""

    def __init__(self, model: TickCity) -> None:
        super().__init__(model)
        self.trust = model.params.residents.trust_initial
        self.noticed: list[tuple[float, float, Case]] = []

    def step(self) -> None:
        """Report what is due."""
        if not self.noticed:
            return
        now_h = self.model.now_h
        for item in [item for item in self.noticed if item[0] <= now_h]:
            self.noticed.remove(item)
            _, luck, case = item
            if luck >= case.category.salience_prob * self.trust / self.model.params.residents.trust_initial:
                continue
            if case.found_h is not None:
                self.model.supervision.ask(self.model.params.supervision_centre.intake_h, _nothing, case)
            elif not case.over:
                case.found_h, case.by_resident = now_h, True
                self.model.open_in[case.cell].remove(case)
                self.model.supervision.ask(self.model.params.supervision_centre.intake_h, self.model.verify, case)


class Supervisor(mesa.Agent):
    """Holds a post: walks its cells, looks, runs errands."""

    def __init__(self, model: TickCity, route: tuple[int, ...]) -> None:
        super().__init__(model)
        self.route, self.place = route, int(model.city.chance() * len(route))
        self.to_walk_h = model.city.pass_h
        self.errands: deque[tuple[float, Callable[[Case], None], Case]] = deque()

    def step(self) -> None:
        """Spend a quarter of an hour of duty."""
        model, time_h = self.model, TICK_H
        if not model.patrolling:
            return
        while time_h > 1e-9:
            if self.errands:
                hours, then, case = self.errands.popleft()
                if hours > time_h:
                    self.errands.appendleft((hours - time_h, then, case))
                    return
                time_h -= hours
                then(case)
            elif self.to_walk_h > time_h:
                self.to_walk_h -= time_h
                return
            else:
                time_h -= self.to_walk_h
                self.look(self.route[self.place])
                self.place = (self.place + 1) % len(self.route)
                self.to_walk_h = model.city.pass_h

    def look(self, cell: int) -> None:
        """See what is open in a cell: each find is an errand of its own."""
        model = self.model
        open_here = model.open_in.get(cell)
        if not open_here:
            return
        task = model.params.supervisors
        for case in [case for case in open_here if model.city.chance() < case.category.seen_per_pass_prob]:
            open_here.remove(case)
            case.found_h = model.now_h
            if model.city.chance() < case.category.on_the_spot_prob:
                self.errands.append((task.on_the_spot_h, model.solved_on_the_spot, case))
            else:
                self.errands.append((task.report_h, model.file, case))


class Desk(mesa.Agent):
    """Operators who work off one queue."""

    def __init__(self, model: TickCity, operators: int) -> None:
        super().__init__(model)
        self.operators = operators
        self.queue: deque[tuple[float, Callable[[Case], None], Case]] = deque()

    def ask(self, hours: float, then: Callable[[Case], None], case: Case) -> None:
        """Queue up."""
        self.queue.append((hours, then, case))

    def step(self) -> None:
        """Serve for a quarter of an hour."""
        time_h = self.operators * TICK_H
        while self.queue and time_h > 1e-9:
            hours, then, case = self.queue.popleft()
            if hours > time_h:
                self.queue.appendleft((hours - time_h, then, case))
                return
            time_h -= hours
            then(case)


class Crews(mesa.Agent):
    """The people of one unit in one area; each works a quarter of an hour per tick."""

    def __init__(self, model: TickCity, unit: Unit, base: tuple[float, float]) -> None:
        super().__init__(model)
        self.unit, self.base = unit, base
        self.shifts = model.shifts(unit.hours)
        self.waiting: list[tuple[float, int, float, Case]] = []
        self.busy: list[tuple[float, Case]] = []
        self.joined = 0

    def receive(self, case: Case, limit_h: float) -> None:
        """Wait for somebody who is free, until `limit_h` at most."""
        self.joined += 1
        heappush(self.waiting, (case.due_h, self.joined, limit_h, case))

    def step(self) -> None:
        """Work on what is in hand, and take up what waits."""
        if not self.waiting and not self.busy:
            return
        model = self.model
        if self.waiting and self.unit.level == "community":
            late = [entry for entry in self.waiting if entry[2] <= model.now_h]
            for entry in late:
                self.waiting.remove(entry)
                model.climb(entry[3])
            self.waiting.sort()
        if self.shifts.opening(model.now_h) != model.now_h:
            return
        times = [TICK_H] * max(1, self.unit.people)
        busy, self.busy = self.busy, []
        for person, (hours, case) in enumerate(busy):
            times[person] = self.go_on(hours, case, TICK_H)
        for time_h in times:
            left_h = time_h
            while left_h > 1e-9 and self.waiting:
                case = heappop(self.waiting)[3]
                hours = model.city.hours_needed(case, self.unit, self.base, model.now_h)
                done_h = self.shifts.after(model.now_h, hours)
                if done_h > case.due_h and not case.extended:
                    case.extended = model.city.chance() < model.params.command_centre.extension_prob
                    if case.extended:
                        case.due_h = model.deadline(case, case.due_h)
                left_h = self.go_on(hours, case, left_h)

    def go_on(self, hours: float, case: Case, time_h: float) -> float:
        """Work on a case; returns the time that is left."""
        if hours > time_h:
            self.busy.append((hours - time_h, case))
            return 0.0
        if self.model.city.chance() < self.unit.settle_prob:
            case.handled_h = self.model.now_h
            self.model.order(case, self.model.params.supervisors.check_h, self.model.checked)
        else:
            self.model.try_again(case, self)
        return time_h - hours


class TickCity(mesa.Model):
    """The whole city; a step is a quarter of an hour."""

    def __init__(self, city: City, seed: int) -> None:
        super().__init__(rng=seed)
        self.city, self.params = city, city.scenario.parameters
        self.now_h = 0.0
        self._shifts: dict[str, Shifts] = {}
        self.patrol_hours = self.shifts(self.params.supervisors.hours)
        self.office = self.shifts(OFFICE_HOURS)
        self.channels = [(c.share, c.delay_h, self.shifts(c.hours)) for c in self.params.residents.channels.values()]
        self.residents = [Resident(self) for _ in range(city.residents)]
        self.posts = [Supervisor(self, route) for route in city.beats]
        self.post_of = {cell: post for post in self.posts for cell in post.route}
        self.supervision = Desk(self, self.params.supervision_centre.operators_count)
        self.command = Desk(self, self.params.command_centre.operators_count)
        self.district: dict[str, Crews] = {}
        self.community: dict[str, list[Crews]] = {}
        for unit in self.params.units.values():
            if unit.level == "district":
                crews = Crews(self, unit, city.middle)
                self.district |= dict.fromkeys(unit.categories, crews)
            else:
                all_crews = [Crews(self, unit, base) for base in city.middles]
                self.community |= dict.fromkeys(unit.categories, all_crews)
        self.open_in: dict[int, list[Case]] = {}
        self.past_community: set[int] = set()
        self.later: list[tuple[float, Callable[[Case], None], Case]] = []
        self.coming = 0
        self.patrolling = False

    def shifts(self, hours: str) -> Shifts:
        """Equal hours share one list."""
        if hours not in self._shifts:
            self._shifts[hours] = Shifts(hours, self.city.scenario)
        return self._shifts[hours]

    def step(self) -> None:
        """Let a quarter of an hour pass."""
        self.occur()
        self.go_away()
        due = [item for item in self.later if item[0] <= self.now_h]
        if due:
            self.later = [item for item in self.later if item[0] > self.now_h]
            for _, then, case in due:
                then(case)
        self.patrolling = self.patrol_hours.opening(self.now_h) == self.now_h
        for kind in (Resident, Supervisor, Desk, Crews):
            self.agents_by_type[kind].do("step")
        self.now_h += TICK_H

    def occur(self) -> None:
        """New incidents, and who will have seen them."""
        cases, city = self.city.cases, self.city
        while self.coming < len(cases) and cases[self.coming].occurred_h <= self.now_h:
            case = cases[self.coming]
            self.coming += 1
            self.open_in.setdefault(case.cell, []).append(case)
            luck = city.chance()
            if luck < case.category.salience_prob / self.params.residents.trust_initial:
                self.will_notice(case, luck)

    def will_notice(self, case: Case, luck: float) -> None:
        """A resident near by notices it after a while, and reports when a channel is open."""
        notices_h = case.occurred_h + self.city.exponential(self.params.residents.report_delay_mean_h)
        which = self.city.chance()
        for share, delay_h, shifts in self.channels:
            which -= share
            if which < 0.0:
                received_h = shifts.after(shifts.opening(notices_h), delay_h)
                self.residents[self.city.home_of[case.site]].noticed.append((received_h, luck, case))
                return

    def go_away(self) -> None:
        """Some incidents go away by themselves."""
        for open_here in self.open_in.values():
            for case in open_here:
                if case.gone_h <= self.now_h:
                    case.over = True
            if open_here and any(case.over for case in open_here):
                open_here[:] = [case for case in open_here if not case.over]

    # What happens to a case ---------------------------------------------------------------------------------

    def order(self, case: Case, hours: float, then: Callable[[Case], None]) -> None:
        """Send the post of its cell to look."""
        self.post_of[case.cell].errands.append((hours, then, case))

    def solved_on_the_spot(self, case: Case) -> None:
        """Done by the supervisor who found it."""
        case.handled_h = case.closed_h = self.now_h
        case.over = True

    def verify(self, case: Case) -> None:
        """A report is taken down: somebody goes to look."""
        self.order(case, self.params.supervisors.verify_h, self.verified)

    def verified(self, case: Case) -> None:
        """File it, unless it has gone or is rejected."""
        if case.gone_h <= self.now_h or self.city.chance() < self.params.supervision_centre.reject_prob:
            self.end(case, in_time=False)
        else:
            self.file(case)

    def file(self, case: Case) -> None:
        """Queue up to be filed."""
        self.supervision.ask(self.params.supervision_centre.filing_h, self.filed, case)

    def filed(self, case: Case) -> None:
        """It is filed, and goes to the command centre."""
        case.filed_h = self.now_h
        self.ask_dispatch(case)

    def ask_dispatch(self, case: Case) -> None:
        """Queue up to be dispatched."""
        self.command.ask(self.params.command_centre.dispatch_h, self.dispatch, case)

    def dispatch(self, case: Case) -> None:
        """To its unit, or first to a wrong one."""
        if self.city.wrong_unit(case):
            back_h = self.office.after(self.now_h, self.params.command_centre.return_delay_h)
            self.later.append((back_h, self.ask_dispatch, case))
            return
        to_community = case.name in self.community and case.severity <= ORDINARY and id(case) not in self.past_community
        if to_community and case.severity > MINOR:
            self.climb(case)
            return
        if case.due_h is None:
            case.due_h = self.deadline(case, self.now_h)
        if to_community:
            self.community[case.name][self.city.community_of[case.site]].receive(
                case, self.now_h + self.params.escalation.community_limit_h
            )
        else:
            self.district[case.name].receive(case, float("inf"))

    def climb(self, case: Case) -> None:
        """On to the district."""
        self.past_community.add(id(case))
        up_h = self.office.after(self.now_h, self.params.escalation.step_up_h)
        self.later.append((up_h, self.dispatch, case))

    def try_again(self, case: Case, crews: Crews) -> None:
        """An attempt has failed: try once more after a pause, then climb."""
        case.attempts += 1
        if case.attempts >= self.params.escalation.attempts_max:
            self.climb(case)
            return
        limit_h = self.now_h + self.params.escalation.retry_after_h + self.params.escalation.community_limit_h
        again_h = self.now_h + self.params.escalation.retry_after_h
        self.later.append((again_h, lambda waiting: crews.receive(waiting, limit_h), case))

    def checked(self, case: Case) -> None:
        """Good work is closed; bad work goes back."""
        if self.city.chance() < self.params.supervision_centre.check_fail_prob:
            self.command.ask(self.params.command_centre.dispatch_h, self.send_back, case)
        else:
            self.supervision.ask(self.params.supervision_centre.closing_h, self.closed, case)

    def send_back(self, case: Case) -> None:
        """To the unit that has had it."""
        if case.name in self.community and case.severity == MINOR and id(case) not in self.past_community:
            crews = self.community[case.name][self.city.community_of[case.site]]
            crews.receive(case, self.now_h + self.params.escalation.community_limit_h)
        else:
            self.district[case.name].receive(case, float("inf"))

    def closed(self, case: Case) -> None:
        """Closed."""
        case.closed_h = self.now_h
        self.end(case, in_time=case.handled_h <= case.due_h)

    def end(self, case: Case, *, in_time: bool) -> None:
        """Nothing more happens; a resident who reported it learns how it ended."""
        case.over = True
        if case.by_resident:
            data, resident = self.params.residents, self.residents[self.city.home_of[case.site]]
            change = data.trust_gain * (1.0 - resident.trust) if in_time else -data.trust_loss * resident.trust
            resident.trust += change / data.residents_per_agent

    def deadline(self, case: Case, from_h: float) -> float:
        """When the time allowed is over."""
        if case.category.deadline_clock == "office":
            return self.office.after(from_h, case.category.deadline_h)
        return from_h + case.category.deadline_h


def _nothing(_: Case) -> None:
    """A report of what is known already: nothing comes of it."""


def run(scenario: Scenario, seed: int, city: City | None = None) -> dict[str, float]:
    """Run a scenario; the numbers of `summary`."""
    model = TickCity(city or city_of(scenario, seed), seed)
    for _ in range(round(scenario.parameters.period.days * 24 / TICK_H)):
        model.step()
    return summary(model.city.cases)
