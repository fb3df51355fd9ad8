"""What the statistics may know of a run: its incidents, everybody's hours, and what it has cost.

Layer: sim.  Reads a model as it stands and changes nothing.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.labour import centres, cost_factor, pay_factor, people_per_post
from sim.incidents import Level
from sim.indicators import MONTH_H, YEAR_H
from sim.record import RECORDED, Record, UnitUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.agents.departments import Unit
    from sim.model import GovernanceModel


def record_of(model: GovernanceModel, columns: Mapping[str, Any]) -> Record:
    """What the statistics may know of a model, as it stands; `columns` as from `sim.tables.columns_of`."""
    now_h = model.now_h
    return Record(
        end_h=now_h,
        **{name: columns[name] for name in RECORDED},
        office=model.ladder.office_hours,
        patrol_duty_h=sum(beat.hours.worked_h(now_h) for beat in model.patrol.beats),
        patrol_errands_h=sum(beat.errands_done_h(now_h) for beat in model.patrol.beats),
        units=tuple(_use_of(name, list(units), now_h) for name, units in groupby(model.units, lambda unit: unit.name)),
        operators_duty_h=sum(d.operators_count * d.hours.worked_h(now_h) for d in model.desks),
        operators_busy_h=sum(d.busy_h(now_h) for d in model.desks),
        supervisor_finds=np.array([person.finds_count for person in model.patrol.supervisors], dtype=np.int64),
        severity_weights=model.params.valuation.severity_weights,
        residents_count=model.territory.residents_count,
        grids_count=grids_count(model),
        posts_count=len(model.patrol.beats) + sum(unit.people for unit in model.units if unit.level is Level.GRID),
        staffed_h=(
            sum(beat.hours.worked_h(now_h) for beat in model.patrol.beats)
            + sum(desk.operators_count * desk.hours.worked_h(now_h) for desk in model.desks)
            + sum(unit.people * unit.hours.worked_h(now_h) for unit in model.units)
        ),
        employed_count=employed_count(model),
        trust=model.neighbourhood.trust_mean,
        cost_yuan=cost_yuan(model),
    )


def _use_of(name: str, units: Sequence[Unit], now_h: float) -> UnitUse:
    """The units of one name, one in each area, together."""
    return UnitUse(
        name,
        people=sum(unit.people for unit in units),
        duty_h=sum(unit.people * unit.casework_share * unit.hours.worked_h(now_h) for unit in units),
        busy_h=sum(unit.casework_share * unit.busy_h(now_h) for unit in units),
        waited_h=sum(unit.waited_h(now_h) for unit in units),
        most_waiting=max(unit.most_waiting for unit in units),
    )


def grids_count(model: GovernanceModel) -> int:
    """Grids in use: cells if somebody patrols, and social grids that have a post."""
    return (model.territory.cells.count if model.patrol.beats else 0) + len(model.grid_teams)


def employed_count(model: GovernanceModel) -> float:
    """People employed so that everybody is on duty who should be; parts of people are kept.  (Eq. 31)"""
    params = model.params
    return (
        params.supervisors.count
        + sum(centre.operators_count * people_per_post(centre) for centre in centres(params))
        + sum(unit.people * people_per_post(unit.data) for unit in model.units)
    )


def cost_yuan(model: GovernanceModel) -> float:
    """What the run has cost: wages, grids in use, and the share of the investment that it has worn off.  (Eq. 26)"""
    params, costs = model.params, model.params.costs
    months, years = model.now_h / MONTH_H, model.now_h / YEAR_H
    supervisors = params.supervisors.count * pay_factor(params.supervisors, costs.overtime_pay)
    operators = sum(centre.operators_count * cost_factor(centre, costs.overtime_pay) for centre in centres(params))
    wages = (
        supervisors * costs.supervisor_yuan_per_month
        + operators * costs.operator_yuan_per_month
        + sum(u.people * cost_factor(u.data, costs.overtime_pay) * u.data.wage_yuan_per_month for u in model.units)
    )
    return months * wages + years * (
        grids_count(model) * costs.grid_yuan_per_year + costs.equipment_yuan / costs.equipment_life_years
    )
