"""Labour: who is employed so that posts are manned, and what that costs; hours are conserved because it is said once.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.hours import hours_per_week
from scenarios.people import CommandCentre, Staff, SupervisionCentre, Supervisors
from scenarios.schema import Parameters

STANDARD_WEEK_H = 40.0
"""The week that a wage pays for.  Source: labour-law"""
LONGEST_WEEK_H = 44.0
"""More, on average, is refused unless overtime is paid.  Source: labour-law"""
LEAST_OVERTIME_PAY = 1.5
"""Less, for an hour beyond the standard week, is no lawful pay.  Source: labour-law"""


def posts_count(staff: Supervisors) -> int:
    """Posts that so many supervisors keep manned over their hours, to the nearest whole post.  (Eq. 31)"""
    return round(staff.count / people_per_post(staff))


def working_grids_count(staff: Supervisors) -> int:
    """Working grids that the posts walk: as many as are wanted, otherwise one for every post; none if nobody walks."""
    posts = posts_count(staff)
    return (staff.working_grids_count or posts) if posts else 0


def people_per_post(staff: Staff) -> float:
    """People employed for one who is on duty during all of the hours, one at least, leave included.  (Eq. 31)"""
    return max(1.0, hours_per_week(staff.hours) / hours_on_duty(staff))


def hours_on_duty(staff: Staff) -> float:
    """Hours of a week that one person is really on duty, on average over a year."""
    return staff.weekly_h * (1.0 - staff.away_share)


def pay_factor(staff: Staff, overtime_pay: float) -> float:
    """What a month costs, over the wage: hours beyond the standard week are paid `overtime_pay` times."""
    overtime_h = max(0.0, staff.weekly_h - STANDARD_WEEK_H)
    return (min(staff.weekly_h, STANDARD_WEEK_H) + overtime_pay * overtime_h) / STANDARD_WEEK_H


def cost_factor(staff: Staff, overtime_pay: float) -> float:
    """Monthly wages that one who is on duty during all of the hours costs, leave and overtime included."""
    return people_per_post(staff) * pay_factor(staff, overtime_pay)


def centres(parameters: Parameters) -> tuple[SupervisionCentre, CommandCentre]:
    """Both centres."""
    return parameters.supervision_centre, parameters.command_centre


def staffs(parameters: Parameters) -> Iterator[tuple[str, Staff]]:
    """Everybody who is employed: path and staff."""
    yield "supervisors", parameters.supervisors
    yield "supervision_centre", parameters.supervision_centre
    yield "command_centre", parameters.command_centre
    for name, unit in parameters.units.items():
        yield f"units.{name}", unit
