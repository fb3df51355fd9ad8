"""Whole scenarios drawn by chance: grids, people, shifts, rules, surges, and the extremes of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil

from hypothesis import strategies as st

from scenarios.counting import cells_count
from scenarios.labour import people_per_post, posts_count
from scenarios.loading import Scenario, ScenarioError, load
from scenarios.people import Supervisors
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.patrol import PATROL_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES

MOST_INCIDENTS = 600
BASES = ("dongcheng_2010", "junmen_2012", "changning_2005q4", "expo_2010")

HOURS = st.sampled_from([
    "00:00-24:00 daily", "08:00-12:00 14:00-18:00 workdays", "07:00-19:00 daily", "22:00-06:00 daily",
    "09:00-09:01 workdays", "00:00-08:00 16:00-24:00 workdays",
])  # fmt: skip
SEVERITIES = st.sampled_from(["minor", "ordinary", "prominent", "major"])
SHARES = st.sampled_from([(1.0, 0.0, 0.0, 0.0), (0.25, 0.25, 0.25, 0.25), (0.0, 0.0, 0.0, 1.0), (0.6, 0.3, 0.1, 0.0)])
STARTS = st.sampled_from([date(2005, 9, 30), date(2006, 1, 27), date(2010, 5, 1), date(2012, 12, 31)])


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """A number of the range, its ends as often as what lies between."""
    return st.sampled_from([low, high]) | st.floats(low, high)


PROB = numbers(0.0, 1.0)
PROB_95 = numbers(0.0, 0.95)

EVERYWHERE: dict[str, st.SearchStrategy] = {
    "period.start": STARTS,
    "period.public_holidays": st.sampled_from(["china", "none"]),
    "territory.aspect_ratio": numbers(0.1, 10.0),
    "territory.seed": st.integers(0, 50),
    "territory.street_share": numbers(0.0, 0.95),
    "territory.clusters_count": st.integers(1, 12),
    "territory.clustered_share": PROB,
    "territory.cluster_spread_m": numbers(1.0, 5000.0),
    "territory.households_cv": numbers(0.0, 5.0),
    "territory.residents_per_household": numbers(1.0, 10.0),
    "territory.cell_area_m2": st.sampled_from([400.0, 1e8]) | st.floats(2.7, 6.0).map(lambda power: 10**power),
    "territory.boundary_width_m": numbers(0.0, 1000.0),
    "territory.search_m2_per_h": numbers(100.0, 1e7),
    "demand.month_weights": st.sampled_from([(1.0,) * 12, tuple(float(month) for month in range(12))]),
    "residents.residents_per_agent": numbers(1.0, 1e5),
    "residents.sight_m": numbers(0.0, 5000.0),
    "residents.channels.hotline.place_precision_m": numbers(0.0, 5000.0),
    "residents.report_delay_mean_h": numbers(0.01, 100.0),
    "residents.trust_initial": numbers(0.01, 1.0),
    "residents.trust_gain": PROB,
    "residents.trust_loss": PROB,
    "party.weekly_h": numbers(0.0, 60.0),
    "party.attention": numbers(0.0, 100.0),
    "party.sight_m": numbers(0.0, 5000.0),
    "party.notice_delay_mean_h": numbers(0.01, 100.0),
    "party.step_up_delay_h": numbers(0.0, 100.0),
    "supervisors.count": st.sampled_from([0, 1]) | st.integers(0, 60),
    "supervisors.weekly_h": numbers(20.0, 44.0),
    "supervisors.away_share": numbers(0.0, 0.4),
    "supervisors.hours": HOURS,
    "supervisors.working_grids_count": st.sampled_from([0, 1]) | st.integers(0, 80),
    "supervisors.working_grid_shape": st.sampled_from(["strips", "blocks"]),
    "supervisors.errand_h_per_km": st.just(0.0) | numbers(0.0, 10.0),
    "supervisors.shift_h": numbers(1.0, 24.0),
    "supervisors.patrol_speed_m_per_h": numbers(100.0, 60_000.0),
    "supervisors.sight_m": numbers(1.0, 500.0),
    "supervisors.cell_overhead_h": numbers(0.0, 10.0),
    "supervisors.task_per_day": st.sampled_from([0.0, 1.0, 20.0]),
    "supervisors.on_the_spot_h": numbers(0.0, 24.0),
    "supervisors.report_h": numbers(0.0, 24.0),
    "supervisors.place_precision_m": numbers(0.0, 5000.0),
    "supervisors.component_precision_m": numbers(0.0, 5000.0),
    "supervisors.verify_h": numbers(0.0, 24.0),
    "supervisors.check_h": numbers(0.0, 24.0),
    "supervision_centre.operators_count": st.integers(0, 4),
    "supervision_centre.hours": HOURS,
    "supervision_centre.intake_h": numbers(0.0, 10.0),
    "supervision_centre.filing_h": numbers(0.0, 10.0),
    "supervision_centre.closing_h": numbers(0.0, 10.0),
    "supervision_centre.reject_prob": PROB,
    "supervision_centre.check_fail_prob": PROB_95,
    "command_centre.operators_count": st.integers(0, 4),
    "command_centre.hours": HOURS,
    "command_centre.dispatch_h": numbers(0.0, 10.0),
    "command_centre.forward_h": numbers(0.0, 100.0),
    "command_centre.misdispatch_prob": PROB_95,
    "command_centre.boundary_dispute_prob": PROB_95,
    "command_centre.return_delay_h": numbers(0.0, 100.0),
    "command_centre.extension_prob": PROB,
    "escalation.grid_limit_h": st.sampled_from([0.1, 2.0, 24.0, 500.0]),
    "escalation.community_limit_h": st.sampled_from([0.1, 2.0, 24.0, 500.0]),
    "escalation.subdistrict_limit_h": st.sampled_from([0.1, 2.0, 24.0, 500.0]),
    "escalation.attempts_max": st.integers(1, 4),
    "escalation.retry_after_h": numbers(0.5, 100.0),
    "escalation.step_up_h": numbers(0.0, 50.0),
    "local_knowledge.half_households": numbers(1.0, 1e7),
    "local_knowledge.place_precision_m": numbers(0.0, 5000.0),
    "learning.exponent": numbers(0.0, 2.0),
    "learning.experience_cases": numbers(1.0, 1e3),
    "learning.start_up_slowness": numbers(0.0, 20.0),
    "learning.start_up_days": numbers(0.5, 3650.0),
    "learning.running_days": numbers(0.0, 365.0),
    "learning.scoring_response": numbers(0.0, 0.9),
    "learning.scoring_target": numbers(0.01, 1.0),
    "learning.scoring_memory_cases": numbers(1.0, 1e3),
    "rules.escalation": st.sampled_from(list(ESCALATION_RULES)),
    "rules.patrol": st.sampled_from(list(PATROL_RULES)),
    "rules.reporting": st.sampled_from(list(REPORTING_RULES)),
    "rules.dispatch": st.sampled_from(list(DISPATCH_RULES)),
}
PER_CATEGORY: dict[str, st.SearchStrategy] = {
    "grid": st.sampled_from(["cell", "social"]),
    "rate": st.just(0.0) | numbers(0.0, 5.0),
    "hotspot_cv": numbers(0.0, 20.0),
    "severity_shares": SHARES,
    "seen_per_pass_prob": PROB,
    "seen_per_visit_prob": PROB,
    "salience_prob": PROB,
    "gone_per_day": st.sampled_from([0.0, 0.5, 8.0, 1000.0]),
    "worsens_per_day": numbers(0.0, 100.0),
    "on_the_spot_prob": PROB,
    "comes_back_prob": PROB,
    "comes_back_mean_h": numbers(0.05, 100.0),
    "take_up_prob": PROB,
    "hang_prob": PROB,
    "hang_mean_h": numbers(1.0, 1e3),
    "volunteer_prob": PROB,
    "deadline_h": numbers(0.1, 10_000.0),
    "deadline_clock": st.sampled_from(["office", "continuous"]),
    "work_mean_h": numbers(0.001, 200.0),
    "work_cv": numbers(0.0, 10.0),
    "work_distribution": st.sampled_from(["lognormal", "gamma"]),
}
PER_UNIT: dict[str, st.SearchStrategy] = {
    "people": st.sampled_from([0, 1]) | st.integers(0, 20),
    "people_basis": st.sampled_from(["per_area", "total"]),
    "hours": HOURS,
    "casework_share": numbers(0.001, 0.5),
    "max_severity": SEVERITIES,
    "queue_rule": st.sampled_from(list(QUEUE_RULES)),
    "mobilise_h": numbers(0.0, 100.0),
    "travel_speed_m_per_h": numbers(100.0, 120_000.0),
    "search_share": PROB,
    "settle_prob": PROB,
    "rounds_visits_per_year": st.sampled_from([0.0, 4.0, 366.0]),
}


@dataclass(frozen=True)
class World:
    """A scenario by what makes it: short to print, and to repeat with `load(base, changes)`."""

    base: str
    changes: dict[str, object]

    def scenario(self) -> Scenario:
        """Load it; whatever is drawn here must load."""
        try:
            return load(self.base, self.changes)
        except ScenarioError as error:
            raise AssertionError(f"drew a scenario that does not load: {error.problems}") from error


@st.composite
def worlds(draw: st.DrawFn, base: str) -> World:
    """A base of the library, cut down to a small ground, with much of it drawn anew."""
    start = load(base)
    changes = draw(_ground())
    changes |= draw(st.fixed_dictionaries({}, optional=EVERYWHERE))
    for kind, named, knobs in (
        ("categories", start.parameters.categories, PER_CATEGORY),
        ("units", start.parameters.units, PER_UNIT),
    ):
        for name in draw(st.lists(st.sampled_from(sorted(named)), max_size=5, unique=True)):
            drawn = draw(st.fixed_dictionaries({}, optional=knobs))
            changes |= {f"{kind}.{name}.{knob}": value for knob, value in drawn.items()}
    if draw(st.booleans()):
        first = changes.get("period.start", start.parameters.period.start)
        surge = {"start": first, "end": first, "factor": draw(numbers(0.0, 20.0))}
        changes |= {f"demand.surges.fair.{key}": value for key, value in surge.items()}
    changes |= _enough_to_man_a_post(start.parameters.supervisors, changes)
    if wanted := changes.pop("supervisors.working_grids_count", 0):
        ground = World(base, changes | {"demand.scale": 0.0}).scenario()
        cells = cells_count(ground.parameters.territory, ground.sites)
        changes["supervisors.working_grids_count"] = min(wanted, cells)
    return _of_bearable_size(base, changes, draw(st.sampled_from([0, 50, 200, MOST_INCIDENTS, MOST_INCIDENTS])))


def _enough_to_man_a_post(staff: Supervisors, changes: dict[str, object]) -> dict[str, object]:
    """The number of supervisors, if those drawn cannot man a single post over its hours."""
    drawn = {
        name.removeprefix("supervisors."): value for name, value in changes.items() if name.startswith("supervisors.")
    }
    patrol = staff.model_copy(update=drawn)
    few = patrol.count and not posts_count(patrol)
    return {"supervisors.count": ceil(people_per_post(patrol))} if few else {}


@st.composite
def _ground(draw: st.DrawFn) -> dict[str, object]:
    """A ground whose numbers fit together: one grid or many, one community or several, a party or none."""
    subdistricts = draw(st.integers(1, 3))
    communities = subdistricts + draw(st.integers(0, 4))
    grids = communities + draw(st.integers(0, 20))
    sites = grids + draw(st.integers(0, 200))
    households = grids * draw(st.integers(2, 60))
    groups = draw(st.integers(0, 8))
    return {
        "period.days": draw(st.sampled_from([1, 4, 10, 15])),
        "territory.area_km2": draw(numbers(0.01, 2.0)),
        "territory.sites_count": sites,
        "territory.households": households,
        "territory.households_per_social_grid": households / grids,
        "territory.subdistricts_count": subdistricts,
        "territory.communities_count": communities,
        "party.members_count": groups * draw(st.integers(1, 5)) if groups <= sites else 0,
        "party.groups_count": max(1, min(groups, sites)),
        "party.branches_count": 1 if groups < 2 else draw(st.integers(1, min(groups, sites))),
    }


def _of_bearable_size(base: str, changes: dict[str, object], incidents: float) -> World:
    """Scale the demand so that about so many incidents are expected."""
    parameters = World(base, changes | {"demand.scale": 0.0}).scenario().parameters
    ground, surges = parameters.territory, parameters.demand.surges.values()
    residents = ground.households * ground.residents_per_household
    sizes = {"per_km2": ground.area_km2, "per_1000_residents": residents / 1000.0}
    a_day = sum(category.rate * sizes[category.basis] for category in parameters.categories.values())
    most = a_day * parameters.period.days * max([1.0, *(surge.factor for surge in surges)])
    return World(base, changes | {"demand.scale": min(1000.0, incidents / most) if most else 0.0})
