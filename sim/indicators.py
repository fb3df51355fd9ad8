"""Indicators: every published definition, one function each; each sees the recorded run and nothing else.

Layer: sim.  The three denominators in use are kept apart: filed, due (handled or overdue), closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from languages.speaking import say
from scenarios.wording import suggest
from sim.incidents import Finder, Level, Severity, Stage
from sim.record import Hours, Mask, Record, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray


MONTH_H = 365.25 / 12 * 24
YEAR_H = 365.25 * 24
REPEAT_H = 30 * 24.0
SATURATED = 0.95
"""A unit that is busier than this decides how a plan does: what it is given more waits."""
DISCOVERY_LIMIT_H = 7 * 24.0
"""What is found later than this after it has occurred, or never, counts as found then in the restricted mean."""
INSPECTION_HOUR, INSPECTION_WAIT_H = 10.0, 24.0
"""The hour of each day at which an inspector lists what stands, and how long the city has to know of it."""


class Indicator(NamedTuple):
    """One published way of counting."""

    unit: str
    definition: str
    of: Callable[[Record], float]


def share(part: Mask, whole: Mask) -> float:
    """Share of `whole` that is also in `part`; not a number when `whole` is empty."""
    count = int(whole.sum())
    return float((part & whole).sum()) / count if count else float("nan")


def mean(hours: Hours) -> float:
    """Mean; not a number when there is nothing to average."""
    return float(hours.mean()) if len(hours) else float("nan")


def quantile(hours: Hours, q: float) -> float:
    """Quantile; not a number when there is nothing to order."""
    return float(np.quantile(hours, q)) if len(hours) else float("nan")


def spread(counts: NDArray[np.int64]) -> float:
    """Standard deviation over mean; not a number when there is nothing to spread."""
    return ratio(float(counts.std()), float(counts.mean())) if len(counts) else float("nan")


def filed_to_closed_working_h(record: Record) -> Hours:
    """Office hours from filing to closing, closed cases only."""
    worked = record.office.worked_each_h
    return np.subtract(worked(record.closed_h[record.closed]), worked(record.filed_h[record.closed]))


def handling_h(record: Record) -> Hours:
    """Continuous hours from filing, or the first dispatch if that was later, to the last handling; closed cases only.

    A case that a post of the grid had before it was filed was dispatched before it was filed; what was done about it
    until then is no part of its way from filing to closing.
    """
    return np.subtract(record.handled_h, np.maximum(record.filed_h, record.dispatched_h))[record.closed]


def backlog_count(record: Record) -> float:
    """Found, and neither solved, rejected nor gone, by the end of the run."""
    return float((record.found & (record.stage < Stage.CLOSED)).sum())


def problem_hours_weighted(record: Record) -> float:
    """Hours that all incidents stood, each by the weight of its severity then.  (Eq. 28)"""
    weights = np.asarray(record.severity_weights)
    first, then = weights[record.severity], weights[np.minimum(record.severity + 1, Severity.MAJOR)]
    worse_h = np.maximum(record.stood_until_h - np.maximum(record.worsens_h, record.occurred_h), 0.0)
    return float((record.stood_h * first + worse_h * (then - first)).sum())


def occurred_to_found_restricted_h(record: Record) -> Hours:
    """Hours until each was found, at most the limit, whatever became of it; of those old enough to tell.  (Eq. 29)

    Source:  irwin-1949
    """
    old_enough = record.occurred & (record.occurred_h <= record.end_h - DISCOVERY_LIMIT_H)
    waited_h = np.where(record.found, record.found_h - record.occurred_h, np.inf)
    return np.minimum(waited_h, DISCOVERY_LIMIT_H)[old_enough]


def known_share_of_standing(record: Record) -> float:
    """Of what an inspector finds standing at a fixed hour of each day, the share known a day later.  (Eq. 30)"""
    until_h = np.minimum(record.stood_until_h, record.end_h - INSPECTION_WAIT_H)
    known_from_h = np.fmax(record.found_h - INSPECTION_WAIT_H, record.occurred_h)
    standing = inspections_between(record.occurred_h, until_h)
    known = np.where(record.found, inspections_between(known_from_h, until_h), 0.0)
    return ratio(float(known.sum()), float(standing.sum()))


def inspections_between(start_h: Hours, end_h: Hours) -> Hours:
    """How many inspections fall into each span [start, end)."""
    first, last = (np.ceil(np.maximum((h - INSPECTION_HOUR) / 24.0, 0.0)) for h in (start_h, end_h))
    return np.maximum(last - first, 0.0)


def repeat_share_of_filed(record: Record) -> float:
    """Share of filed cases that repeat a filed case of the same category and site within 30 days."""
    rows = np.flatnonzero(record.filed)
    if len(rows) < 2:
        return float("nan")
    filed_h, site, category = record.filed_h[rows], record.site[rows], record.category[rows]
    kind = category * (site.max() + 1) + site
    order = np.lexsort((filed_h, kind))
    again = (np.diff(kind[order]) == 0) & (np.diff(filed_h[order]) <= REPEAT_H)
    return float(again.sum() / len(order))


def _count(unit: str, definition: str, of: Callable[[Record], Mask]) -> Indicator:
    return Indicator(unit, definition, lambda record: float(of(record).sum()))


def _per_day(of: Callable[[Record], Mask]) -> Callable[[Record], float]:
    return lambda record: float(of(record).sum()) / (record.end_h / 24.0)


INDICATORS: dict[str, Indicator] = {
    "problem_hours": Indicator(
        "h", "hours that all incidents stood, seen or not, until remedied, gone, or the end",
        lambda r: float(r.stood_h.sum()),
    ),
    "problem_hours_weighted": Indicator(
        "h", "the same, each hour by the weight of its severity", problem_hours_weighted
    ),
    "problem_hours_per_incident": Indicator(
        "h", "hours that an incident stood, whenever it came back too, mean of all that occurred",
        lambda r: ratio(float(r.stood_h.sum()), float(r.occurred.sum())),
    ),
    "problem_hours_per_resident": Indicator(
        "h", "hours that all incidents stood, over the residents",
        lambda r: ratio(float(r.stood_h.sum()), r.residents_count),
    ),
    "remedied_count": _count(
        "incidents", "done away with by somebody before they went by themselves", lambda r: r.remedied
    ),
    "remedied_share_of_occurred": Indicator(
        "share", "remedied, of all that occurred", lambda r: share(r.remedied, r.occurred)
    ),
    "on_time_share_of_remedied": Indicator(
        "share", "remedied by the deadline, of all remedied that had one",
        lambda r: share(r.handled_by_deadline, r.remedied & r.has_deadline),
    ),
    "gone_on_arrival_share": Indicator(
        "share", "gone by itself before anybody set out, of all closed",
        lambda r: share(r.gone_on_arrival > 0, r.closed),
    ),
    "occurred_count": _count("incidents", "incidents that happened, seen or not", lambda r: r.occurred),
    "came_back_count": _count(
        "incidents", "came back after they had been done away with", lambda r: ~r.occurred
    ),
    "found_count": _count("incidents", "found by anybody (raised)", lambda r: r.found),
    "filed_count": _count("cases", "filed", lambda r: r.filed),
    "filed_per_day": Indicator("cases/day", "filed, per day of the run", _per_day(lambda r: r.filed)),
    "solved_on_the_spot_count": _count(
        "incidents", "solved by the supervisor who found them, never filed",
        lambda r: r.ended_as(Stage.SOLVED_ON_THE_SPOT),
    ),
    "solved_in_grid_count": _count(
        "incidents", "settled inside the grid by its own people: never filed, or filed and closed there",
        lambda r: r.in_grid,
    ),
    "closed_count": _count("cases", "filed and closed", lambda r: r.closed),
    "solved_count": _count("incidents", "solved: closed, on the spot, or in the grid", lambda r: r.solved),
    "solved_per_day": Indicator("incidents/day", "solved, per day of the run", _per_day(lambda r: r.solved)),
    "vanished_count": _count(
        "incidents", "went away by themselves before anybody acted", lambda r: r.ended_as(Stage.VANISHED)
    ),
    "rejected_count": _count("incidents", "reports rejected", lambda r: r.ended_as(Stage.REJECTED)),
    "backlog_count": Indicator("incidents", "found and still open at the end of the run", backlog_count),
    "duplicates_count": Indicator(
        "reports", "further reports of an incident that was known already", lambda r: float(r.duplicates.sum())
    ),
    "unseen_share": Indicator(
        "share", "never found, of all that occurred", lambda r: share(~r.found, r.occurred)
    ),
    "public_share_of_found": Indicator(
        "share", "found by residents, of all found", lambda r: share(r.found_by == Finder.RESIDENT, r.found)
    ),
    "supervisor_share_of_found": Indicator(
        "share", "found by supervisors, of all found", lambda r: share(r.found_by == Finder.SUPERVISOR, r.found)
    ),
    "party_share_of_found": Indicator(
        "share", "found by party members, of all found", lambda r: share(r.found_by == Finder.PARTY_MEMBER, r.found)
    ),
    "grid_team_share_of_found": Indicator(
        "share", "found by grid teams on their rounds, of all found",
        lambda r: share(r.found_by == Finder.GRID_TEAM, r.found),
    ),
    "public_share_of_filed": Indicator(
        "share", "found by residents, of all filed", lambda r: share(r.found_by == Finder.RESIDENT, r.filed)
    ),
    "filed_share_of_found": Indicator("share", "filed, of all found", lambda r: share(r.filed, r.found)),
    "on_time_share_of_filed": Indicator(
        "share", "closed and handled by the deadline, of all filed", lambda r: share(r.on_time, r.filed)
    ),
    "on_time_share_of_due": Indicator(
        "share", "closed and handled by the deadline, of those due (handled or overdue)",
        lambda r: share(r.on_time, r.due),
    ),
    "on_time_share_of_closed": Indicator(
        "share", "handled by the deadline, of all closed", lambda r: share(r.on_time, r.closed)
    ),
    "on_time_share_of_solved": Indicator(
        "share", "handled by the deadline, of all solved that had one (closed, or in the grid)",
        lambda r: share(r.handled_by_deadline, r.solved & r.has_deadline),
    ),
    "overdue_when_filed_share": Indicator(
        "share", "past the deadline when filed (it began in the grid), of all filed",
        lambda r: share(np.less(r.due_h, r.filed_h), r.filed),
    ),
    "closing_share_of_filed": Indicator("share", "closed, of all filed", lambda r: share(r.closed, r.filed)),
    "closing_share_of_due": Indicator(
        "share", "closed, of those due (handled or overdue)", lambda r: share(r.closed, r.due)
    ),
    "solved_share_of_raised": Indicator(
        "share", "solved (closed, on the spot, in the grid), of all raised (found)", lambda r: share(r.solved, r.found)
    ),
    "in_grid_share_of_solved": Indicator(
        "share", "solved inside the grid, of all solved", lambda r: share(r.in_grid, r.solved)
    ),
    "in_grid_share_of_raised": Indicator(
        "share", "solved inside the grid, of all raised (found)", lambda r: share(r.in_grid, r.found)
    ),
    "on_the_spot_share_of_found": Indicator(
        "share", "solved on the spot, of all found", lambda r: share(r.ended_as(Stage.SOLVED_ON_THE_SPOT), r.found)
    ),
    "community_share_of_solved": Indicator(
        "share", "solved at the level of the community, of all solved",
        lambda r: share((r.level == Level.COMMUNITY) & ~r.in_grid, r.solved),
    ),
    "subdistrict_share_of_solved": Indicator(
        "share", "solved at the level of the subdistrict, of all solved",
        lambda r: share(r.level == Level.SUBDISTRICT, r.solved),
    ),
    "district_share_of_solved": Indicator(
        "share", "solved at the level of the district, of all solved",
        lambda r: share(r.level == Level.DISTRICT, r.solved),
    ),
    "occurred_to_found_mean_h": Indicator(
        "h", "occurrence to finding, all found", lambda r: mean((r.found_h - r.occurred_h)[r.found])
    ),
    "occurred_to_found_restricted_mean_h": Indicator(
        "h", "occurrence to finding, all that occurred; a week if later or never",
        lambda r: mean(occurred_to_found_restricted_h(r)),
    ),
    "known_share_of_standing": Indicator(
        "share", "known within 24 h, of what an inspector finds standing at ten o'clock", known_share_of_standing
    ),
    "filed_to_closed_mean_h": Indicator(
        "h", "filing to closing, continuous clock, mean of closed cases", lambda r: mean(r.filed_to_closed_h)
    ),
    "filed_to_closed_median_h": Indicator(
        "h", "filing to closing, continuous clock, median", lambda r: quantile(r.filed_to_closed_h, 0.5)
    ),
    "filed_to_closed_p90_h": Indicator(
        "h", "filing to closing, continuous clock, 90 % are shorter", lambda r: quantile(r.filed_to_closed_h, 0.9)
    ),
    "filed_to_closed_working_mean_h": Indicator(
        "h", "filing to closing, office hours only, mean", lambda r: mean(filed_to_closed_working_h(r))
    ),
    "found_to_closed_mean_h": Indicator(
        "h", "finding to the end, all solved, continuous clock, mean", lambda r: mean(r.found_to_closed_h)
    ),
    "found_to_closed_median_h": Indicator(
        "h", "finding to the end, all solved, continuous clock, median", lambda r: quantile(r.found_to_closed_h, 0.5)
    ),
    "found_to_closed_p90_h": Indicator(
        "h", "finding to the end, all solved, 90 % are shorter", lambda r: quantile(r.found_to_closed_h, 0.9)
    ),
    "handling_mean_h": Indicator(
        "h", "filing (or first dispatch, if later) to last handling, closed cases, mean", lambda r: mean(handling_h(r))
    ),
    "rework_share": Indicator(
        "share", "failed a check and went back to the same unit, of all filed",
        lambda r: share(r.reworks > 0, r.filed),
    ),
    "returned_share": Indicator(
        "share", "went to the wrong unit and came back, of all filed", lambda r: share(r.returns > 0, r.filed)
    ),
    "extended_share": Indicator(
        "share", "granted an extension, of all filed", lambda r: share(r.extensions > 0, r.filed)
    ),
    "hung_share_of_filed": Indicator(
        "share", "set aside for want of money or authority, of all filed", lambda r: share(r.hung > 0, r.filed)
    ),
    "escalated_share": Indicator(
        "share", "climbed at least one level, of all found", lambda r: share(r.escalations > 0, r.found)
    ),
    "repeat_share_of_filed": Indicator(
        "share", "repeat the same category and site within 30 days, of all filed", repeat_share_of_filed
    ),
    "supervisor_utilisation": Indicator(
        "share", "duty hours of the posts spent on errands and finds rather than on patrol",
        lambda r: ratio(r.patrol_errands_h, r.patrol_duty_h),
    ),
    "supervisor_finds_cv": Indicator(
        "1", "finds of each supervisor: standard deviation over mean", lambda r: spread(r.supervisor_finds)
    ),
    "unit_utilisation": Indicator(
        "share", "duty hours of units' people spent on cases",
        lambda r: ratio(sum(unit.busy_h for unit in r.units), sum(unit.duty_h for unit in r.units)),
    ),
    "busiest_unit_utilisation": Indicator(
        "share", "duty hours spent on cases, of the unit that is busiest",
        lambda r: max((u.utilisation for u in r.units if u.duty_h), default=float("nan")),
    ),
    "operator_utilisation": Indicator(
        "share", "duty hours of operators spent on cases", lambda r: ratio(r.operators_busy_h, r.operators_duty_h)
    ),
    "grids_count": Indicator(
        "grids", "grids in use: cells patrolled, social grids with a post", lambda r: float(r.grids_count)
    ),
    "posts_count": Indicator(
        "posts", "beats, and people of the grids' posts on duty together", lambda r: float(r.posts_count)
    ),
    "staffed_hours": Indicator("h", "hours on duty of everybody who is employed", lambda r: r.staffed_h),
    "employed_count": Indicator(
        "people", "employed so that all posts, desks and units are manned, leave included", lambda r: r.employed_count
    ),
    "trust_mean": Indicator("0-1", "residents' mean trust at the end of the run", lambda r: r.trust),
    "cost_yuan": Indicator("yuan", "staff, grids and equipment over the run", lambda r: r.cost_yuan),
    "cost_yuan_per_year": Indicator(
        "yuan/year", "staff, grids and equipment, by the year", lambda r: r.cost_yuan * YEAR_H / r.end_h
    ),
    "cost_per_case_yuan": Indicator(
        "yuan", "cost of the run over all that was solved", lambda r: ratio(r.cost_yuan, float(r.solved.sum()))
    ),
}  # fmt: skip

FORMER_NAMES = {"handled_count": "solved_count", "handled_per_day": "solved_per_day"}
"""What an indicator is called now, by what it was called."""


def suggest_indicator(name: str) -> str:
    """What to say to somebody who names an indicator that does not exist: its present name, or the nearest one."""
    now = FORMER_NAMES.get(name)
    return say("; it is called {name} now", name=now) if now else suggest(name, INDICATORS)


def compute(record: Record) -> dict[str, float]:
    """Every indicator of a run."""
    return {name: indicator.of(record) for name, indicator in INDICATORS.items()}


def most_of(name: str) -> float | None:
    """The most that an indicator can be; None: there is no upper end, or it is none of ours. None can be below 0."""
    return 1.0 if name in INDICATORS and INDICATORS[name].unit in ("share", "0-1") else None
