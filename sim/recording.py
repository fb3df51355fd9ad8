"""What the statistics may know of a run: its incidents, everybody's hours, and what it has cost.

Layer: sim.  Reads a city and what its people have done, whichever engine let them, and changes nothing.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scenarios.labour import centres, cost_factor, pay_factor, people_per_post
from sim.incidents import Level
from sim.indicators import MONTH_H, YEAR_H
from sim.record import RECORDED, Record, UnitUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.agents.departments import Unit
    from sim.city import City
    from sim.model import GovernanceModel


class UnitDoings(NamedTuple):
    """What a unit of one area has done."""

    busy_h: float
    """Hours on duty that were worked on cases, all people together."""
    waited_h: float
    """Hours that cases have waited."""
    most_waiting: int


class Doings(NamedTuple):
    """What people have done by some hour, in the order in which the city lists them."""

    now_h: float
    errands_h: Sequence[float]
    """Of each beat."""
    units: Sequence[UnitDoings]
    desks_busy_h: Sequence[float]
    finds: NDArray[np.int64]
    """Of each supervisor."""
    trust: float
    """Mean of all residents."""


def doings_of(model: GovernanceModel) -> Doings:
    """What the people of a model have done by now."""
    now_h = model.now_h
    return Doings(
        now_h,
        [beat.errands_done_h(now_h) for beat in model.patrol.beats],
        [UnitDoings(unit.busy_h(now_h), unit.waited_h(now_h), unit.most_waiting) for unit in model.units],
        [desk.busy_h(now_h) for desk in model.desks],
        np.array([person.finds_count for person in model.patrol.supervisors], dtype=np.int64),
        model.neighbourhood.trust_mean,
    )


def record_of(city: City, columns: Mapping[str, Any], doings: Doings) -> Record:
    """What the statistics may know of a run; `columns` as from `sim.tables.columns_of`."""
    now_h, beats = doings.now_h, city.patrol.beats
    patrol_duty_h = len(beats) * city.patrol.hours.worked_h(now_h)
    desks_duty_h = [desk.operators_count * desk.hours.worked_h(now_h) for desk in city.desks]
    units_duty_h = [unit.people * unit.hours.worked_h(now_h) for unit in city.units]
    return Record(
        end_h=now_h,
        **{name: columns[name] for name in RECORDED},
        office=city.ladder.office_hours,
        patrol_duty_h=patrol_duty_h,
        patrol_errands_h=sum(doings.errands_h),
        units=_use_by_name(zip(city.units, units_duty_h, doings.units, strict=True)),
        operators_duty_h=sum(desks_duty_h),
        operators_busy_h=sum(doings.desks_busy_h),
        supervisor_finds=doings.finds,
        severity_weights=city.params.valuation.severity_weights,
        residents_count=city.territory.residents_count,
        grids_count=grids_count(city),
        posts_count=len(beats) + sum(unit.people for unit in city.units if unit.level is Level.GRID),
        staffed_h=patrol_duty_h + sum(desks_duty_h) + sum(units_duty_h),
        employed_count=employed_count(city),
        trust=doings.trust,
        cost_yuan=cost_yuan(city, now_h),
    )


def _use_by_name(units: Iterable[tuple[Unit, float, UnitDoings]]) -> tuple[UnitUse, ...]:
    """The units of one name, one in each area, together."""
    uses = []
    for name, of_name in groupby(units, lambda one: one[0].name):
        areas, duty_h, done = zip(*of_name, strict=True)
        uses.append(
            UnitUse(
                name,
                people=sum(unit.people for unit in areas),
                duty_h=sum(unit.casework_share * hours for unit, hours in zip(areas, duty_h, strict=True)),
                busy_h=sum(unit.casework_share * one.busy_h for unit, one in zip(areas, done, strict=True)),
                waited_h=sum(one.waited_h for one in done),
                most_waiting=max(one.most_waiting for one in done),
            )
        )
    return tuple(uses)


def grids_count(city: City) -> int:
    """Grids in use: cells if somebody patrols, and social grids that have a post."""
    return (city.territory.cells.count if city.patrol.beats else 0) + len(city.grid_teams)


def employed_count(city: City) -> float:
    """People employed so that everybody is on duty who should be; parts of people are kept.  (Eq. 31)"""
    params = city.params
    return (
        params.supervisors.count
        + sum(centre.operators_count * people_per_post(centre) for centre in centres(params))
        + sum(unit.people * people_per_post(unit.data) for unit in city.units)
    )


def cost_yuan(city: City, now_h: float) -> float:
    """What a run has cost by some hour: wages, grids in use, and what of the investment is worn off.  (Eq. 26)"""
    params, costs = city.params, city.params.costs
    months, years = now_h / MONTH_H, now_h / YEAR_H
    supervisors = params.supervisors.count * pay_factor(params.supervisors, costs.overtime_pay)
    operators = sum(centre.operators_count * cost_factor(centre, costs.overtime_pay) for centre in centres(params))
    wages = (
        supervisors * costs.supervisor_yuan_per_month
        + operators * costs.operator_yuan_per_month
        + sum(u.people * cost_factor(u.data, costs.overtime_pay) * u.data.wage_yuan_per_month for u in city.units)
    )
    return months * wages + years * (
        grids_count(city) * costs.grid_yuan_per_year + costs.equipment_yuan / costs.equipment_life_years
    )
