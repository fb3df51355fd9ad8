"""A blind double of the model: the core process a second time, from sim/MODEL.md alone, plainly, tick by tick.

Nothing here is computed ahead that could be counted out: supervisors walk from site to site, people at desks and in
units count down the work they have in hand, and only on ticks on which they are on duty.  Within a tick, times are
kept as real numbers, so that the length of the tick adds little.  Party members, trust and learning are left out.
"""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from math import exp, hypot, log, pi, sqrt

import numpy as np

from scenarios.loading import Scenario
from scenarios.people import OFFICE_HOURS, Supervisors

from .ground import LEVELS, TICK_H, TICKS_PER_H, Calendar, Ground, later, stream
from .people import NEVER, Case, Desk, Person, Post, Task, Unit

SEVERITIES = ("minor", "ordinary", "prominent", "major")
GOLDEN = 0.6180339887498949


def evenly(things: Sequence, parts: int) -> list[Sequence]:
    """Things that follow one another, shared evenly; the first parts get one more."""
    things, shares = list(things), []
    for left in range(parts, 0, -1):
        size = -(-len(things) // left)
        shares.append(things[:size])
        things = things[size:]
    return shares


class Double:
    """The whole, for one scenario and one seed."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.p = p = scenario.parameters
        self.rng = np.random.default_rng([seed, 20051001])
        self.calendar = Calendar(p)
        self.office = self.calendar.ticks(OFFICE_HOURS)
        self.always = self.calendar.ticks("00:00-24:00 daily")
        self.ground = Ground(p, self.rng)
        self.stream = deque(stream(p, self.ground, self.calendar.days, self.rng))
        self.cases: list[Case] = []
        self.open_at: dict[int, list[Case]] = defaultdict(list)
        self.at_door: dict[tuple[int, int], list[Case]] = defaultdict(list)
        self.diary: dict[int, list[tuple[float, Callable[[float], None]]]] = defaultdict(list)
        self.end_h = 0.0
        centre, command = p.supervision_centre, p.command_centre
        self.supervision = Desk(centre.operators_count, self.calendar.ticks(centre.hours))
        self.command = Desk(command.operators_count, self.calendar.ticks(command.hours))
        self._posts()
        self._units()

    def _posts(self) -> None:
        staff, ground = self.p.supervisors, self.ground
        posts = self._posts_manned(staff)
        pass_h = self.p.territory.cell_area_m2 / (staff.patrol_speed_m_per_h * staff.sight_m) + staff.cell_overhead_h
        self.patrol_ticks = self.calendar.ticks(staff.hours)
        self.posts: list[Post] = []
        self.posts_of_cell: dict[int, list[Post]] = {}
        grids = ground.working_grids(staff.working_grids_count or posts, staff.working_grid_shape) if posts else []
        if posts < len(grids):
            grids = [[*itertools.chain(*some)] for some in evenly(grids, posts)]
        for i, beat in enumerate(grids):
            place = {cell: n for n, cell in enumerate(beat)}
            stops = [((place[s.cell] + s.z) * pass_h, s.number) for s in ground.sites if s.cell in place]
            cycle_h = max(len(beat), 1) * pass_h
            together = len(evenly(range(posts), len(grids))[i])
            starts = [(i * GOLDEN + turn / together) % 1.0 * cycle_h for turn in range(together)]
            manned = [Post(stops, cycle_h, start_h, beat) for start_h in starts]
            self.posts += manned
            self.posts_of_cell |= dict.fromkeys(beat, manned)

    def _posts_manned(self, staff: Supervisors) -> int:
        """Hours that people can give in a week over the hours of the post in a week."""
        given = staff.count * staff.weekly_h * (1 - staff.away_share)
        return round(given / self._hours_a_week(staff.hours))

    @staticmethod
    def _hours_a_week(hours: str) -> float:
        *spans, days = hours.split()
        a_day = 0.0
        for span in spans:
            start, end = (int(time[:2]) + int(time[3:]) / 60 for time in span.split("-"))
            a_day += (end - start) % 24 or 24.0
        return a_day * {"daily": 7, "workdays": 5}[days]

    def _units(self) -> None:
        self.units: dict[tuple[str, int], list[Unit]] = defaultdict(list)
        for name, rule in self.p.units.items():
            for area, sites in self.ground.members[rule.level].items():
                x_m, y_m = np.mean([s.x_m for s in sites]), np.mean([s.y_m for s in sites])
                people = [Person() for _ in range(rule.people)]
                homes = sum(s.households for s in sites)
                ticks = self.calendar.ticks(rule.hours)
                unit = Unit(name, rule, area, float(x_m), float(y_m), homes, ticks, people)
                self.units[rule.level, area].append(unit)
        self.competent = {
            name: [level for level in LEVELS if any(self._can(u, name, level) for u in self.p.units.values())]
            for name in self.p.categories
        }

    @staticmethod
    def _can(unit: object, category: str, level: str) -> bool:
        return unit.level == level and category in unit.categories

    # Time -----------------------------------------------------------------------------------------------------

    def run(self) -> list[Case]:
        """All ticks, one after another."""
        units = [unit for group in self.units.values() for unit in group]
        for tick in range(self.p.period.days * 24 * TICKS_PER_H):
            start_h, self.end_h = tick / TICKS_PER_H, (tick + 1) / TICKS_PER_H
            while self.stream and self.stream[0][0] < self.end_h:
                self.occur(*self.stream.popleft())
            for when_h, then in sorted(self.diary.pop(tick, []), key=lambda entry: entry[0]):
                then(when_h)
            if self.patrol_ticks[tick]:
                for post in self.posts:
                    post.run(start_h, self.end_h, self.open_at.__getitem__, self.look)
            self.supervision.run(tick, start_h, self.end_h)
            self.command.run(tick, start_h, self.end_h)
            for unit in units:
                if unit.ticks[tick]:
                    self.make_rounds(unit, self.end_h)
                    for person in unit.people:
                        if person.task or unit.waiting:
                            person.work(start_h, self.end_h, lambda now_h, unit=unit: self.take_up(unit, now_h))
        return self.cases

    def at(self, when_h: float, then: Callable[[float], None]) -> None:
        """Do it in the tick in which that time lies; in this tick still if it is now."""
        if when_h < self.end_h:
            then(when_h)
        elif when_h < NEVER:
            self.diary[int(when_h * TICKS_PER_H + 1e-9)].append((when_h, then))

    def slow(self, now_h: float) -> float:
        """Eq. 33."""
        new = self.p.learning
        return 1.0 + new.start_up_slowness * exp(-(now_h / 24.0 + new.running_days) / new.start_up_days)

    def luck(self, probability: float) -> bool:
        """True with that probability."""
        return self.rng.random() < probability

    def within(self, rate_per_day: float) -> float:
        """An exponential time, in hours."""
        return float(self.rng.exponential(24.0 / rate_per_day)) if rate_per_day > 0.0 else NEVER

    # Occurring and finding --------------------------------------------------------------------------------------

    def occur(self, now_h: float, site: int, name: str) -> None:
        """Step 1: there it is, for whoever comes by."""
        category, place = self.p.categories[name], self.ground.sites[site]
        severity = int(self.rng.choice(4, p=np.array(category.severity_shares) / sum(category.severity_shares)))
        gone_h, worse_h = now_h + self.within(category.gone_per_day), now_h + self.within(category.worsens_per_day)
        case = Case(now_h, place, name, severity, gone_h, worse_h)
        self.stand(case)
        drawn = self.rng.random()
        would_h = now_h + float(self.rng.exponential(self.p.residents.report_delay_mean_h))
        for channel in self.p.residents.channels.values():
            drawn -= channel.share
            if drawn < 0.0:
                ticks = self.calendar.ticks(channel.hours)
                self.at(
                    later(ticks, would_h, channel.delay_h), lambda t, r=channel.place_precision_m: self.hear(case, r, t)
                )
                break

    def stand(self, case: Case) -> None:
        """It is there, at its site and behind one of its doors."""
        place = case.site
        case.small = self.luck(1.0 - self.p.categories[case.category].take_up_prob)
        self.cases.append(case)
        self.open_at[place.number].append(case)
        if place.households:
            door = place.first_household + int(self.rng.integers(place.households))
            self.at_door[place.area["grid"], door].append(case)
        self.at(case.gone_h, lambda t: self.go_away(case))

    def come_back(self, case: Case, now_h: float) -> None:
        """Somebody who was sent away is there again since then (Eq. 35)."""
        worse_h = now_h + self.within(self.p.categories[case.category].worsens_per_day)
        self.stand(Case(now_h, case.site, case.category, case.severity, case.gone_h, worse_h, came_back=True))

    def go_away(self, case: Case) -> None:
        """Nobody has found it in time."""
        if case.stage == "occurred":
            case.stage = "vanished"
            self.open_at[case.site.number].remove(case)

    def find(self, case: Case, now_h: float, by: str, within_m: float) -> None:
        """Step 2."""
        case.within_m = within_m
        case.stage, case.found_h, case.found_by = "found", now_h, by
        self.open_at[case.site.number].remove(case)

    def look(self, post: Post, case: Case, now_h: float) -> None:
        """A supervisor passes an incident, and sees it or misses it (step 3)."""
        staff, category = self.p.supervisors, self.p.categories[case.category]
        lies_there = case.stage == "occurred" and case.occurred_h <= now_h < case.gone_h
        if not (lies_there and self.luck(category.seen_per_pass_prob)):
            return
        today = int(now_h // 24)
        short_of_task = post.finds_on[today] < staff.task_per_day and category.take_up_prob > 0.0
        if case.small and not short_of_task:
            return
        post.finds_on[today] += 1
        self.find(case, now_h, "supervisor", self.on_site_m(case))
        if self.luck(category.on_the_spot_prob):
            post.errands.append(Task(now_h, staff.on_the_spot_h, lambda t: self.end(case, t, "solved_on_the_spot")))
        else:
            post.errands.append(Task(now_h, staff.report_h, lambda t: self.ask_to_file(case, t)))

    def on_site_m(self, case: Case) -> float:
        """How precisely a supervisor who has been there tells the place (Eq. 20)."""
        component, staff = self.p.categories[case.category].domain == "component", self.p.supervisors
        return staff.component_precision_m if component else staff.place_precision_m

    def ask_to_file(self, case: Case, now_h: float) -> None:
        """An operator of the supervision centre will file it."""
        filing_h = self.p.supervision_centre.filing_h * self.slow(now_h)
        self.supervision.ask(now_h, filing_h, lambda t: self.file(case, t))

    def hear(self, case: Case, within_m: float, now_h: float) -> None:
        """The witness reports, or does not (Eq. 9 at constant trust)."""
        centre = self.p.supervision_centre
        over = case.closed_h == case.closed_h or case.stage in ("vanished", "rejected")
        if over or not self.luck(min(1.0, self.p.categories[case.category].salience_prob)):
            return
        if case.stage != "occurred":
            if now_h < case.gone_h:
                case.duplicates += 1
                self.supervision.ask(now_h, centre.intake_h * self.slow(now_h), lambda _: None)
            return
        self.find(case, now_h, "resident", within_m)
        if centre.operators_count:
            self.supervision.ask(now_h, centre.intake_h * self.slow(now_h), lambda t: self.verify(case, t))
        else:
            self.give(case, now_h)

    def verify(self, case: Case, now_h: float) -> None:
        """Step 4: somebody goes and looks whether it is so."""
        if self.send_somebody(case, now_h, self.p.supervisors.verify_h, lambda t: self.judge(case, t)):
            case.within_m = min(case.within_m, self.on_site_m(case))
        else:
            self.judge(case, now_h)

    def send_somebody(self, case: Case, now_h: float, task_h: float, then: Callable[[float], None]) -> bool:
        """Whoever of the working grid can be there first goes, does it, and comes back (Eq. 36); False: nobody goes."""
        posts = self.posts_of_cell.get(case.site.cell)
        if not posts or self.p.categories[case.category].domain == "social":
            return False
        ways_h = [self.way_h(post, case) for post in posts]
        ranked = [(post.busy_h + way_h, post.free_since_h) for post, way_h in zip(posts, ways_h, strict=True)]
        chosen = ranked.index(min(ranked))
        posts[chosen].errands.append(Task(now_h, ways_h[chosen] + task_h, then))
        if ways_h[chosen]:
            posts[chosen].errands.append(Task(now_h, ways_h[chosen], lambda _: None))
        return True

    def way_h(self, post: Post, case: Case) -> float:
        """From the middle of the cell where the walk stands."""
        x_m, y_m = self.ground.middle_of(post.cell)
        return hypot(case.site.x_m - x_m, case.site.y_m - y_m) / 1000.0 * self.p.supervisors.errand_h_per_km

    def judge(self, case: Case, now_h: float) -> None:
        """A report is found gone, rejected, or filed."""
        centre = self.p.supervision_centre
        if case.gone_h <= now_h:
            case.stage = "vanished"
        elif self.luck(centre.reject_prob):
            case.stage = "rejected"
        else:
            case.stage = "verified"
            self.ask_to_file(case, now_h)

    def make_rounds(self, unit: Unit, now_h: float) -> None:
        """A post goes on from door to door (household rounds, §7.5)."""
        rule = unit.rule
        if rule.rounds_share <= 0.0 or rule.rounds_households_per_h <= 0.0 or not unit.households:
            return
        before = int(unit.household)
        unit.household += rule.rounds_households_per_h * self.rounds_share(unit) * len(unit.people) * TICK_H
        for visit in range(before + 1, int(unit.household) + 1):
            door = (unit.area, visit % unit.households)
            for case in list(self.at_door.get(door, ())):
                if case.stage != "occurred":
                    self.at_door[door].remove(case)
                elif case.gone_h > now_h and self.luck(
                    self.p.categories[case.category].seen_per_visit_prob * self.known(unit)
                ):
                    self.find(case, now_h, "grid_team", self.p.local_knowledge.place_precision_m)
                    self.give(case, now_h)

    def rounds_share(self, unit: Unit) -> float:
        """Eq. 37: of the hours set apart, as many as the visits of a year take."""
        rule = unit.rule
        if not rule.rounds_visits_per_year:
            return rule.rounds_share
        in_a_week = self._hours_a_week(rule.hours) * len(unit.people) * rule.rounds_households_per_h
        visits = rule.rounds_visits_per_year * unit.households
        return min(rule.rounds_share, visits / (in_a_week * 365.25 / 7)) if in_a_week else rule.rounds_share

    def known(self, unit: Unit) -> float:
        """Eq. 23."""
        return 1.0 / (1.0 + unit.knowledge / self.p.local_knowledge.half_households)

    def give(self, case: Case, now_h: float) -> None:
        """Step 5: to a post of the grid without filing, if the rule names the grid; otherwise it is filed."""
        if self.first_level(case, now_h) == "grid":
            case.level = "grid"
            self.arrive(case, now_h)
        else:
            self.ask_to_file(case, now_h)

    # Filing, dispatch, climbing ---------------------------------------------------------------------------------

    def file(self, case: Case, now_h: float) -> None:
        """The case is filed, and goes to the command centre."""
        case.filed_h, case.stage = now_h, "filed"
        self.dispatch(case, now_h)

    def dispatch(self, case: Case, now_h: float) -> None:
        """Step 6: an operator sends it; it travels, and arrives."""
        dispatch_h = self.p.command_centre.dispatch_h * self.slow(now_h)
        self.command.ask(now_h, dispatch_h, lambda t: self.send(case, t))

    def send(self, case: Case, now_h: float) -> None:
        """On its way."""
        case.stage = "dispatched"
        case.level = case.level or self.first_level(case, now_h)
        forward_h = self.p.command_centre.forward_h
        there_h = later(self.command.ticks, now_h, forward_h) if forward_h else now_h
        self.at(there_h, lambda t: self.arrive(case, t))

    def arrive(self, case: Case, now_h: float) -> None:
        """At the right unit, or astray (Eq. 19)."""
        command, category = self.p.command_centre, self.p.categories[case.category]
        if case.reworked:
            case.reworked = False
            self.join(case, now_h)
            return
        near = case.site.near_cell if category.grid == "cell" else case.site.near_social
        disputed = near and not case.border_settled
        right = (1.0 - command.misdispatch_prob * case.filed) * (1.0 - command.boundary_dispute_prob * disputed)
        case.border_settled = not self.luck(1.0 - right)
        if not case.border_settled:
            case.returns += 1
            back = self.dispatch if case.filed else self.arrive
            self.at(later(self.office, now_h, command.return_delay_h), lambda t: back(case, t))
            return
        self.place(case, now_h)

    def place(self, case: Case, now_h: float) -> None:
        """At the right level: one of its units takes the case, or it is too severe for all of them."""
        category = self.p.categories[case.category]
        units = [u for u in self.units[case.level, case.site.area[case.level]] if case.category in u.rule.categories]
        able = [u for u in units if SEVERITIES.index(u.rule.max_severity) >= case.severity_at(now_h)]
        if not able and self.further(case):
            self.climb(case, now_h)
            return
        case.unit = min(able or units, key=lambda u: u.load)
        if case.due_h != case.due_h:
            case.dispatched_h = now_h
            clock = self.office if category.deadline_clock == "office" else self.always
            case.due_h = later(clock, now_h, category.deadline_h)
        self.join(case, now_h)

    def join(self, case: Case, now_h: float) -> None:
        """Wait at the unit; an unstarted case may climb when the level's limit is over."""
        case.ready_h = now_h
        case.joined += 1
        case.unit.waiting.append(case)
        limits = self.p.escalation
        limit_h = {
            "grid": limits.grid_limit_h,
            "community": limits.community_limit_h,
            "subdistrict": limits.subdistrict_limit_h,
        }.get(case.level, NEVER)
        if self.further(case):
            self.at(now_h + limit_h, lambda t, joined=case.joined: self.too_late(case, joined, t))

    def too_late(self, case: Case, joined: int, now_h: float) -> None:
        """Step 8."""
        if case.joined == joined and case.unit and case in case.unit.waiting:
            case.unit.waiting.remove(case)
            self.climb(case, now_h)

    def climb(self, case: Case, now_h: float) -> None:
        """One step up; who leaves the grid is filed on the way."""
        case.level = self.further(case) or case.level
        case.escalations += 1
        case.attempts_here = 0
        case.unit = None
        up_h = later(self.office, now_h, self.p.escalation.step_up_h)
        if case.filed:
            self.at(up_h, lambda t: self.place(case, t))
        else:
            self.at(up_h, lambda t: self.ask_to_file(case, t))

    def first_level(self, case: Case, now_h: float) -> str:
        """The level that the escalation rule names first (§7.7)."""
        levels, rule, severity = self.competent[case.category], self.p.rules.escalation, case.severity_at(now_h)
        if rule == "by_severity":
            return next((level for level in levels if LEVELS.index(level) >= severity), levels[-1])
        if rule == "direct" or (rule == "ladder" and severity == 3):
            return levels[-1]
        return levels[0]

    def further(self, case: Case) -> str | None:
        """The next level, or none."""
        if self.p.rules.escalation in ("direct", "none"):
            return None
        levels = self.competent[case.category]
        return next((level for level in levels if LEVELS.index(level) > LEVELS.index(case.level)), None)

    # Handling ---------------------------------------------------------------------------------------------------

    def take_up(self, unit: Unit, now_h: float) -> Task | None:
        """Step 7: somebody who is free sets out for the next case of the queue."""
        rule, waiting = unit.rule, [case for case in unit.waiting if case.ready_h < self.end_h]
        if not waiting:
            return None
        orders = {
            "earliest_deadline": lambda case: case.due_h,
            "first_come": lambda case: 0.0,
            "most_severe": lambda case: -case.severity_at(now_h),
        }
        present = [case for case in waiting if case.ready_h <= now_h]
        case = min(present, key=orders[rule.queue_rule]) if present else min(waiting, key=lambda case: case.ready_h)
        now_h = max(now_h, case.ready_h)
        unit.waiting.remove(case)
        case.stage = "handling"
        case.attempts += 1
        case.attempts_here += 1
        category = self.p.categories[case.category]
        search_h = rule.search_share * self.ground_to_search_m2(case) / self.p.territory.search_m2_per_h
        travel_h = hypot(case.site.x_m - unit.x_m, case.site.y_m - unit.y_m) / rule.travel_speed_m_per_h
        case.there = case.gone_h > now_h
        work_h = self.draw_work(category) * self.slow(now_h) if case.there else 0.0
        casework_share = rule.casework_share + rule.rounds_share - self.rounds_share(unit)
        needed_h = (rule.mobilise_h + travel_h + search_h + work_h) / casework_share
        if case.filed and not case.asked and later(unit.ticks, now_h, needed_h) > case.due_h:
            case.asked = True
            if self.luck(self.p.command_centre.extension_prob):
                case.extensions = 1
                clock = self.office if category.deadline_clock == "office" else self.always
                case.due_h = later(clock, case.due_h, category.deadline_h)
        return Task(now_h, needed_h, lambda t: self.attempt(case, unit, t))

    def ground_to_search_m2(self, case: Case) -> float:
        """Where it may be: near the place told, and in its grid if grids of that kind are in use (Eq. 20)."""
        near_m2, ground = pi * case.within_m**2, self.ground
        if self.p.categories[case.category].grid == "cell":
            return min(near_m2, ground.cell_m2) if self.posts else near_m2
        if not any(rule.level == "grid" for rule in self.p.units.values()):
            return near_m2
        return min(near_m2, ground.area_m2 / len(ground.sites) * len(ground.members["grid"][case.site.area["grid"]]))

    def draw_work(self, category: object) -> float:
        """Eq. 13."""
        mean_h, cv = category.work_mean_h, category.work_cv
        if cv == 0.0:
            return mean_h
        if category.work_distribution == "gamma":
            return float(self.rng.gamma(cv**-2, mean_h * cv**2))
        spread = sqrt(log(1.0 + cv**2))
        return mean_h * exp(self.rng.normal(-0.5 * spread**2, spread))

    def attempt(self, case: Case, unit: Unit, now_h: float) -> None:
        """The work is done: it succeeded, is tried again, or climbs."""
        in_grid, category = unit.rule.level == "grid", self.p.categories[case.category]
        first, case.looked_at = case.there and not case.looked_at, case.looked_at or case.there
        if first and self.luck(category.hang_prob):
            case.hung = True
            self.at(now_h + float(self.rng.exponential(category.hang_mean_h)), lambda t: self.join(case, t))
        elif self.luck(unit.rule.settle_prob * (self.known(unit) if in_grid else 1.0)):
            case.handled_h, case.stage = now_h, "handled"
            if case.filed:
                self.check(case, now_h)
            else:
                self.end(case, now_h, "solved_in_grid")
        elif case.attempts_here >= self.p.escalation.attempts_max and self.further(case):
            self.climb(case, now_h)
        else:
            self.at(now_h + self.p.escalation.retry_after_h, lambda t: self.join(case, t))

    def check(self, case: Case, now_h: float) -> None:
        """Step 9."""
        if not self.send_somebody(case, now_h, self.p.supervisors.check_h, lambda t: self.checked(case, t)):
            self.close(case, now_h)

    def checked(self, case: Case, now_h: float) -> None:
        """What the supervisor has found: well done, or to be done again by the same unit."""
        if self.luck(self.p.supervision_centre.check_fail_prob):
            case.reworks += 1
            case.reworked = True
            self.dispatch(case, now_h)
        else:
            case.stage = "checked"
            self.close(case, now_h)

    def close(self, case: Case, now_h: float) -> None:
        """An operator closes the case."""
        closing_h = self.p.supervision_centre.closing_h * self.slow(now_h)
        self.supervision.ask(now_h, closing_h, lambda t: self.end(case, t, "closed"))

    def end(self, case: Case, now_h: float, stage: str) -> None:
        """Solved."""
        case.stage, case.closed_h = stage, now_h
        if stage == "solved_on_the_spot":
            case.handled_h = now_h
        category = self.p.categories[case.category]
        if case.there and self.luck(category.comes_back_prob):
            back_h = case.handled_h + float(self.rng.exponential(category.comes_back_mean_h))
            if back_h < case.gone_h:
                self.at(max(now_h, back_h), lambda _: self.come_back(case, back_h))
