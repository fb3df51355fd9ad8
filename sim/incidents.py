"""What an incident is: its category, severity, stage, and everything that has happened to it.

Layer: sim.
"""

from __future__ import annotations

from enum import IntEnum
from math import inf
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from sim.closed_forms import back_h, bits, draw, exponential, lognormal
from sim.randomness import LEAST_CV, Luck, gamma, lognormal_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scenarios.ground import Category as CategoryData
    from sim.working_time import WorkingTime


class Named(IntEnum):
    """An ordered enumeration whose members are shown by their name in lower case."""

    @property
    def label(self) -> str:
        """The name as it stands in tables and scenario files."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> Self:
        """The member with that label; KeyError if there is none."""
        return cls[label.upper()]


class Severity(Named):
    """How grave an incident is; each has a level of the ladder that is meant for it."""

    MINOR = 0
    ORDINARY = 1
    PROMINENT = 2
    MAJOR = 3


class Level(Named):
    """The rungs of the ladder."""

    GRID = 0
    COMMUNITY = 1
    SUBDISTRICT = 2
    DISTRICT = 3


class Stage(Named):
    """Where in its life an incident is; exactly one at every moment."""

    OCCURRED = 0
    FOUND = 1
    VERIFIED = 2
    FILED = 3
    DISPATCHED = 4
    HANDLING = 5
    HANDLED = 6
    CHECKED = 7
    CLOSED = 8
    VANISHED = 9
    REJECTED = 10
    SOLVED_ON_THE_SPOT = 11
    SOLVED_IN_GRID = 12

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self >= Stage.CLOSED


class Deed(Named):
    """What is done about an incident beside its going from stage to stage; numbers follow those of `Stage`."""

    FIND = 16
    """A supervisor stops for what is seen; who: the beat."""
    VERIFY = 17
    """A post is sent to see whether a report is true; who: the beat."""
    CHECK = 18
    """A post is sent to see whether handled work is good; who: the beat."""
    VISIT = 19
    """A household round brings it to light; who: the unit."""
    CLIMB = 20
    """The case is on its way to another level; who: the level."""
    SET_ASIDE = 21
    """Money or another authority is missing; who: the unit."""
    EXTENSION = 22
    """More time is granted; until: the new deadline."""
    REPORTED_AGAIN = 23
    """A resident reports what is known."""


class Finder(Named):
    """Who can find an incident."""

    SUPERVISOR = 0
    RESIDENT = 1
    PARTY_MEMBER = 2
    GRID_TEAM = 3


class WorkTime(NamedTuple):
    """How long work takes: a distribution, ready for use."""

    kind: str
    """"fixed", "lognormal" or "gamma"."""
    mean_h: float
    location: float = 0.0
    """Mean and standard deviation of the logarithm, of a lognormal one."""
    scale: float = 0.0
    shape: float = 0.0
    """Of a gamma one."""

    @classmethod
    def of(cls, data: CategoryData) -> WorkTime:
        """Of a category, hours without travel and search."""
        mean_h, cv = data.work_mean_h, data.work_cv
        if cv <= LEAST_CV:
            return cls("fixed", mean_h)
        if data.work_distribution == "gamma":
            return cls("gamma", mean_h, shape=1.0 / (cv * cv))
        return cls("lognormal", mean_h, *lognormal_terms(mean_h, cv))

    def quantile_h(self, u: float) -> float:
        """The quantile `u`, hours."""
        if self.kind == "lognormal":
            return lognormal(u, self.location, self.scale)
        return gamma(u, self.mean_h, self.shape) if self.kind == "gamma" else self.mean_h


class Category:
    """A class of incidents: its data, ready for use."""

    def __init__(self, index: int, name: str, data: CategoryData, deadline_clock: WorkingTime) -> None:
        """Keep the data under the name; `deadline_clock` is the clock its deadline runs on."""
        self.index, self.name, self.data = index, name, data
        self.deadline_clock = deadline_clock
        self.known_by_cell = data.grid == "cell"
        self.checked_on_site = data.domain != "social"
        self.comes_back, self.all_taken_up = data.comes_back_prob > 0.0, data.take_up_prob >= 1.0
        self.work = WorkTime.of(data)

    def work_h(self, u: float) -> float:
        """Work of quantile `u`, hours, without travel and search.  (Eq. 13)"""
        return self.work.quantile_h(u)

    def due_h(self, from_h: float) -> float:
        """The end of a deadline that starts at `from_h`.  (Eq. 12)"""
        return self.deadline_clock.after(from_h, self.data.deadline_h)


class CaseHolder(Protocol):
    """Whoever has been given a case, as the case knows them: a unit."""

    def receive(self, incident: Incident) -> None:
        """The case is sent here, for the first time or once more."""

    def hear_score(self, *, on_time: bool) -> None:
        """The supervision centre has judged a case that was handled here."""


class Reporter(Protocol):
    """Whoever reported an incident, as the incident knows them: a resident."""

    def hear(self, *, solved_in_time: bool) -> None:
        """Learn how the incident has ended that was reported, and whether it was solved in time."""


class Chance(NamedTuple):
    """A coming occasion on which somebody may find an incident."""

    time_h: float
    rank: int
    """Breaks ties, in the order of `Finder`."""
    meet: Callable[[Incident, float], Chance | None]
    """What happens then, given the incident and the target: somebody finds it, or there is a later chance, or none."""
    target: float = 0.0
    """What the patrol must have walked by then, hours."""


type Noticed = dict[int, list[Chance]]
"""By number of the incident: the coming occasions on which neighbours notice it."""


NO_CHANCES: list[Chance] = []
"""Shared by all incidents that nobody is about to find; never changed."""


NOT_DRAWN: Mapping[Luck, Sequence[float]] = {}
"""Nothing is drawn ahead for what comes back: nobody knows beforehand that it will."""


class Incident:
    """One thing that went wrong, and its history. What has not happened yet is None."""

    __slots__ = (
        "_drawn_ahead", "attempts", "attempts_here", "before", "category", "chances", "closed_h", "dispatched_h",
        "due_h", "duplicates", "escalations", "extensions", "filed_h", "found_by", "found_h", "gone_h",
        "gone_on_arrival", "handled_h", "hung", "key", "level", "number", "occurred_h", "offered", "passed_by",
        "place_precision_m", "remedied_h", "reporter", "returns", "reworks", "severity", "site", "stage", "ticket",
        "unit",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        key: int,
        occurred_h: float,
        site: int,
        category: Category,
        severity: int,
        gone_h: float,
        drawn_ahead: Mapping[Luck, Sequence[float]],
    ) -> None:
        """An incident that has just been drawn; `gone_h` is when it goes away by itself (infinity: it stays).

        `drawn_ahead` holds, for some decisions, the first attempts of all incidents by number: what `draw` would
        give for their keys, only sooner.
        """
        self._drawn_ahead = drawn_ahead
        self.number, self.key, self.occurred_h = number, key, occurred_h
        self.site, self.category, self.severity, self.gone_h = site, category, severity, gone_h
        self.before: Incident | None = None
        """What has come back in this one: the incident that was done away with."""
        self.stage = Stage.OCCURRED
        self.chances: list[Chance] = NO_CHANCES
        self.found_h: float | None = None
        self.found_by: Finder | None = None
        self.filed_h: float | None = None
        self.due_h: float | None = None
        self.dispatched_h: float | None = None
        self.handled_h: float | None = None
        self.remedied_h: float | None = None
        self.hung = False
        """Whether it has been set aside for want of money or authority: once at most."""
        self.gone_on_arrival = False
        """Whether it had gone by itself before anybody set out, at the last attempt."""
        self.closed_h: float | None = None
        self.level: Level | None = None
        self.unit: CaseHolder | None = None
        self.reporter: Reporter | None = None
        self.passed_by = 0
        """How often a supervisor has seen it and not taken it up."""
        self.place_precision_m = inf
        """How precisely its place is known (infinity: nobody has told it)."""
        self.returns = self.reworks = self.extensions = self.escalations = self.duplicates = 0
        self.attempts = self.attempts_here = 0
        """Attempts at handling: by anybody, and at the present level."""
        self.offered = False
        """Whether volunteers have been asked to settle it: each incident is offered to them once."""
        self.ticket = 0
        """Counts the queues it has stood in: an entry in a queue with an older ticket no longer holds."""

    def luck(self, column: Luck, attempt: int = 1) -> float:
        """This incident's luck in one decision: a uniform number that no plan can change."""
        if attempt == 1 and column in self._drawn_ahead:
            return self._drawn_ahead[column][self.number]
        return draw(self.key, column, attempt)

    def taken_up(self, *, task_is_done: bool) -> bool:
        """Whether a supervisor who sees it makes a case of it: small ones only while the day's task is not done.

        Rule:    with chance ν, the same at every pass; if that fails, only short of the task, and if ν > 0.  (Eq. 34)
        """
        prob = self.category.data.take_up_prob
        return prob > 0.0 and (not task_is_done or self.luck(Luck.TAKE_UP) < prob)

    @property
    def back_h(self) -> float:
        """When it is back, if it was done away with, its case closed or not; infinity: never.

        Rule:    with chance p_z, an exponential time after it was remedied, if it would still be there then.  (Eq. 35)
        """
        data = self.category.data
        if self.remedied_h is None or self.luck(Luck.COMES_BACK) >= data.comes_back_prob:
            return inf
        return back_h(self.remedied_h, self.luck(Luck.BACK_AFTER), data.comes_back_mean_h, self.gone_h)

    def come_back(self, number: int) -> Incident:
        """The same thing at the same place once more, as severe as at first and with luck of its own.

        It goes when it would have gone.
        """
        key, category = bits(self.key, Luck.KEY_WHEN_BACK, 1), self.category
        again = Incident(number, key, self.back_h, self.site, category, self.severity, self.gone_h, NOT_DRAWN)
        again.before = self
        return again

    @property
    def hangs(self) -> bool:
        """Whether the first attempt at what is still there finds that money or another authority is needed."""
        prob = self.category.data.hang_prob
        return prob > 0.0 and not (self.hung or self.gone_on_arrival) and self.luck(Luck.HANG) < prob

    @property
    def hangs_for_h(self) -> float:
        """How long it is set aside then.  (Eq. 32)"""
        return exponential(self.luck(Luck.HANG_TIME), self.category.data.hang_mean_h)

    def set_out_for(self, now_h: float) -> None:
        """Somebody sets out for it: it is still there, or they will find nothing."""
        self.gone_on_arrival = self.gone_h <= now_h

    def handle(self, now_h: float) -> None:
        """Somebody is done with it; it is remedied if there was anything to remedy."""
        self.handled_h = now_h
        if not self.gone_on_arrival:
            self.remedied_h = now_h

    def told_place(self, precision_m: float) -> None:
        """Somebody tells where it is; what was known more precisely stays known."""
        self.place_precision_m = min(self.place_precision_m, precision_m)

    def severity_at(self, time_h: float) -> int:
        """How severe it is by then, as a `Severity`: one step more once it has worsened.  (Eq. 5)"""
        rate = self.category.data.worsens_per_day
        if rate > 0.0 and self.severity < Severity.MAJOR:
            worsens_h = self.occurred_h + exponential(self.luck(Luck.WORSENS), 24.0 / rate)
            return self.severity + (time_h >= worsens_h)
        return self.severity

    @property
    def on_time(self) -> bool:
        """Whether it was handled by its deadline; the handling stage alone is judged."""
        return self.handled_h is not None and self.due_h is not None and self.handled_h <= self.due_h
