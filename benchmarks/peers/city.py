"""What both peers are given: the incidents, the ground, the beats, the parameters; and how a run is summed up."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import hypot, log, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from scenarios.hours import parse_hours
from scenarios.loading import load
from sim.model import GovernanceModel
from sim.working_time import MARGIN_DAYS, working_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.ground import Category
    from scenarios.loading import Scenario
    from scenarios.people import Unit

WITHOUT_PARTY = {"party.members_count": 0}
"""Party members find one incident in a thousand in Changning: neither peer has any."""


def benchmark_scenario(days: int = 92) -> Scenario:
    """Changning's quarter, without party members."""
    return load("changning_2005q4", {"period.days": days, **WITHOUT_PARTY})


@dataclass
class Case:
    """One incident, and what has happened to it."""

    occurred_h: float
    category: Category
    name: str
    site: int
    cell: int
    severity: int
    gone_h: float
    found_h: float | None = None
    filed_h: float | None = None
    due_h: float | None = None
    handled_h: float | None = None
    closed_h: float | None = None
    by_resident: bool = False
    extended: bool = False
    attempts: int = 0
    over: bool = False
    """Vanished, rejected or solved: nothing more happens."""


class Shifts:
    """Hours of duty as a plain list of (opens, closes)."""

    def __init__(self, hours: str, scenario: Scenario) -> None:
        period, duty = scenario.parameters.period, parse_hours(hours)
        workdays = working_days(period.start, period.days + MARGIN_DAYS, period.public_holidays)
        days = [day for day, work in enumerate(workdays) if work or not duty.workdays_only]
        self.spans = [(day * 24.0 + start, day * 24.0 + end) for day in days for start, end in duty.spans_h]
        self._closes = [closes for _, closes in self.spans]

    def opening(self, now_h: float) -> float:
        """Now if somebody is on duty, otherwise when the next span begins."""
        return max(now_h, self.spans[self._near(now_h)][0])

    def closing(self, now_h: float) -> float:
        """When the span that is on, or comes next, ends."""
        return self.spans[self._near(now_h)][1]

    def after(self, now_h: float, work_h: float) -> float:
        """When work that is taken up now is done, if it rests off duty."""
        span = self._near(now_h)
        while True:
            opens, closes = self.spans[span]
            start = max(now_h, opens)
            if work_h <= closes - start:
                return start + work_h
            work_h -= closes - start
            span += 1

    def _near(self, now_h: float) -> int:
        """Number of the span that is on, or comes next."""
        return bisect_right(self._closes, now_h)


@dataclass
class City:
    """The ground and the demand of one scenario and seed."""

    scenario: Scenario
    cases: list[Case]
    beats: list[tuple[int, ...]]
    pass_h: float
    site_at: list[tuple[float, float]]
    community_of: list[int]
    middles: list[tuple[float, float]]
    """Of each community."""
    near_border: list[bool]
    home_of: list[int]
    """Resident agent who lives nearest to each site."""
    residents: int
    cell_m2: float
    rng: np.random.Generator
    middle: tuple[float, float] = (0.0, 0.0)
    _uniforms: list[float] = field(default_factory=list)

    def chance(self) -> float:
        """A uniform number; drawn by the thousand, as single draws from numpy are slow."""
        if not self._uniforms:
            self._uniforms = self.rng.random(10_000).tolist()
        return self._uniforms.pop()

    def exponential(self, mean: float) -> float:
        """An exponential waiting time."""
        return -mean * log(1.0 - self.chance())

    def work_h(self, category: Category) -> float:
        """Work on the spot: lognormal of the category's mean and spread."""
        variance = log(1.0 + category.work_cv**2)
        return float(self.rng.lognormal(log(category.work_mean_h) - variance / 2, sqrt(variance)))

    def hours_needed(self, case: Case, unit: Unit, base: tuple[float, float], now_h: float) -> float:
        """Travel, search and work of one person for one case."""
        x, y = self.site_at[case.site]
        travel_h = unit.mobilise_h + hypot(x - base[0], y - base[1]) / unit.travel_speed_m_per_h
        work_h = self.work_h(case.category) if case.gone_h > now_h else 0.0
        return (travel_h + unit.search_share * self.search_h(case) + work_h) / unit.casework_share

    def search_h(self, case: Case) -> float:
        """To search where it may be; whatever is filed has been seen by a supervisor."""
        parameters = self.scenario.parameters
        staff, is_component = parameters.supervisors, case.category.domain == "component"
        precision_m = staff.component_precision_m if is_component else staff.place_precision_m
        return min(pi * precision_m**2, self.cell_m2) / parameters.territory.search_m2_per_h

    def wrong_unit(self, case: Case) -> bool:
        """Whether a dispatch goes astray."""
        centre = self.scenario.parameters.command_centre
        right = 1.0 - centre.misdispatch_prob
        if self.near_border[case.site]:
            right *= 1.0 - centre.boundary_dispute_prob
        return self.chance() >= right


def city_of(scenario: Scenario, seed: int) -> City:
    """Lay out the ground and draw the incidents, as our model does; both take these over as input data."""
    model = GovernanceModel(scenario, seed)
    arrivals, ground = model.arrivals, model.territory
    categories = list(scenario.parameters.categories.items())
    cells = ground.cells.grid_of
    columns = (arrivals.occurred_h, arrivals.category, arrivals.site, arrivals.severity, arrivals.gone_h)
    cases = [
        Case(occurred_h, categories[c][1], categories[c][0], site, cells[site], severity, gone_h)
        for occurred_h, c, site, severity, gone_h in zip(*(column.tolist() for column in columns), strict=True)
    ]
    homes = np.cumsum(ground.site_residents)
    stands_for = scenario.parameters.residents.residents_per_agent
    residents = max(1, round(float(homes[-1]) / stands_for))
    middles = model._middles
    levels = list(middles)
    return City(
        scenario, cases, [beat.route.visits for beat in model.patrol.beats], model.patrol.beats[0].pass_h[0],
        model.site_at, ground.community.tolist(), middles[levels[1]],
        (ground.cells.border_m <= scenario.parameters.territory.boundary_width_m).tolist(),
        np.minimum(homes / homes[-1] * residents, residents - 1).astype(int).tolist(), residents,
        float(ground.cells.area_m2[0]),
        np.random.default_rng(seed), middle=middles[levels[3]][0],
    )  # fmt: skip


def summary(cases: Sequence[Case]) -> dict[str, float]:
    """The numbers on which the peers and the model must agree."""
    filed = [case for case in cases if case.filed_h is not None]
    closed = [case for case in filed if case.closed_h is not None]
    ended = [case for case in cases if case.closed_h is not None and case.found_h is not None]
    on_time = sum(case.handled_h <= case.due_h for case in closed)
    to_close = np.array([case.closed_h - case.filed_h for case in closed])
    return {
        "occurred_count": len(cases),
        "found_count": sum(case.found_h is not None for case in cases),
        "filed_count": len(filed),
        "closed_count": len(closed),
        "on_time_share_of_filed": on_time / len(filed),
        "filed_to_closed_mean_h": float(to_close.mean()),
        "filed_to_closed_p90_h": float(np.quantile(to_close, 0.9)),
        "found_to_closed_mean_h": float(np.mean([case.closed_h - case.found_h for case in ended])),
    }
