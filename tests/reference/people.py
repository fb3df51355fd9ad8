"""Cases of the blind double, and whoever has them in hand: desks, units and posts, who count down tick by tick."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .ground import Place

NEVER = float("inf")
TINY_H = 1e-9


@dataclass(eq=False)
class Case:
    """An incident, and what has become of it."""

    occurred_h: float
    site: Place
    category: str
    severity: int
    gone_h: float
    worse_h: float
    stage: str = "occurred"
    found_h: float = float("nan")
    found_by: str = ""
    filed_h: float = float("nan")
    due_h: float = float("nan")
    dispatched_h: float = float("nan")
    handled_h: float = float("nan")
    closed_h: float = float("nan")
    level: str = ""
    unit: Unit | None = None
    returns: int = 0
    reworks: int = 0
    extensions: int = 0
    escalations: int = 0
    duplicates: int = 0
    attempts: int = 0
    attempts_here: int = 0
    hung: bool = False
    there: bool = True
    looked_at: bool = False
    small: bool = False
    """Nothing that a supervisor makes a case of who has brought in enough today."""
    came_back: bool = False
    reworked: bool = False
    border_settled: bool = False
    """True from when it has got past the border in the grid until it next goes astray: whose place it is, is known."""
    asked: bool = False
    """True from the first time an extension was asked for."""
    joined: int = 0
    ready_h: float = 0.0
    within_m: float = NEVER
    """How near to the place told it lies."""

    @property
    def filed(self) -> bool:
        """True from filing on."""
        return self.filed_h == self.filed_h

    def severity_at(self, now_h: float) -> int:
        """Eq. 5."""
        return min(self.severity + (now_h >= self.worse_h), 3)


@dataclass(eq=False)
class Task:
    """Something that a person does: so many hours, and what then happens."""

    ready_h: float
    remaining_h: float
    then: Callable[[float], None]


@dataclass(eq=False)
class Person:
    """An operator, or one of a unit's people, with what is in hand."""

    task: Task | None = None

    def work(self, start_h: float, end_h: float, next_task: Callable[[float], Task | None]) -> None:
        """Work through one tick on duty, taking up the next task whenever one is done."""
        now_h = start_h
        while now_h < end_h - TINY_H:
            if self.task is None:
                self.task = next_task(now_h)
                if self.task is None:
                    return
                now_h = max(now_h, min(self.task.ready_h, end_h))
            used_h = min(self.task.remaining_h, end_h - now_h)
            now_h += used_h
            self.task.remaining_h -= used_h
            if self.task.remaining_h <= TINY_H:
                done, self.task = self.task, None
                done.then(now_h)


class Desk:
    """Operators of a centre: first come, first served (Eq. 18)."""

    def __init__(self, operators: int, ticks: list[bool]) -> None:
        self.people = [Person() for _ in range(operators)]
        self.ticks = ticks
        self.queue: deque[Task] = deque()

    def ask(self, now_h: float, hours: float, then: Callable[[float], None]) -> None:
        """Wait for an operator; without operators it takes no time."""
        if self.people:
            self.queue.append(Task(now_h, hours, then))
        else:
            then(now_h)

    def run(self, tick: int, start_h: float, end_h: float) -> None:
        """One tick of all operators."""
        if self.ticks[tick]:
            for person in self.people:
                if person.task or self.queue:
                    person.work(start_h, end_h, lambda _: self.queue.popleft() if self.queue else None)


@dataclass(eq=False)
class Unit:
    """The people of one unit in one area, with those who wait."""

    name: str
    rule: object
    area: int
    x_m: float
    y_m: float
    households: int
    ticks: list[bool]
    people: list[Person]
    waiting: list[Case] = field(default_factory=list)
    household: float = 0.0
    """Where the post is on its rounds."""

    @property
    def load(self) -> float:
        """Eq. 11."""
        in_hand = sum(person.task is not None for person in self.people)
        return (len(self.waiting) + in_hand) / len(self.people) if self.people else NEVER

    @property
    def knowledge(self) -> float:
        """Households to each person, for Eq. 23."""
        return self.households / max(len(self.people), 1)


class Post:
    """One supervisor who is on duty on a beat: walks, and stands while there are errands (Eq. 15, 16)."""

    def __init__(self, stops: list[tuple[float, int]], cycle_h: float, start_h: float, round_: list[int]) -> None:
        self.stops, self.cycle_h, self.position_h = sorted(stops), cycle_h, start_h
        self.next = sum(offset <= start_h for offset, _ in self.stops) % max(len(self.stops), 1)
        self.errands: deque[Task] = deque()
        self.finds_on: Counter[int] = Counter()
        """By day: what was taken up."""
        self.round, self.free_since_h = round_, 0.0
        self.here: deque[Case] = deque()
        """What lies at the site where the supervisor stands, and has not been looked at yet."""

    @property
    def cell(self) -> int:
        """Where the walk stands; every cell takes equally long."""
        return self.round[int(self.position_h % self.cycle_h / self.cycle_h * len(self.round))]

    @property
    def busy_h(self) -> float:
        """Hours of errands that are still to be done."""
        return sum(errand.remaining_h for errand in self.errands)

    def run(
        self,
        start_h: float,
        end_h: float,
        lying: Callable[[int], list[Case]],
        look: Callable[[Post, Case, float], None],
    ) -> None:
        """One tick on duty: errands first, then what lies here, then the walk."""
        now_h = start_h
        while now_h < end_h - TINY_H:
            if self.errands:
                errand = self.errands[0]
                now_h = max(now_h, min(errand.ready_h, end_h))
                used_h = min(errand.remaining_h, end_h - now_h)
                now_h += used_h
                errand.remaining_h -= used_h
                if errand.remaining_h <= TINY_H:
                    self.errands.popleft()
                    self.free_since_h = now_h
                    errand.then(now_h)
                continue
            if self.here:
                look(self, self.here.popleft(), now_h)
                continue
            if not self.stops:
                return
            offset_h, site = self.stops[self.next]
            gap_h = (offset_h - self.position_h) % self.cycle_h
            if gap_h > end_h - now_h:
                self.position_h = (self.position_h + end_h - now_h) % self.cycle_h
                return
            now_h += gap_h
            self.position_h = offset_h
            self.next = (self.next + 1) % len(self.stops)
            if len(self.stops) == 1:
                self.position_h += TINY_H
            self.here.extend(lying(site))
