"""What governance costs: by kind, per solved incident, per filed case, per household.  Intervals are 95 %.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.economics.appraisal import seed_appraisal as seed_appraisal
from experiments.statistics.intervals import Numbers, half_width, possible
from languages.speaking import say
from scenarios.labour import centres, cost_factor, pay_factor
from scenarios.loading import Scenario
from sim.incidents import Level
from sim.indicators import MONTH_H, YEAR_H
from sim.territory import build_territory

WORLD, SEED, WEAR = "world", "seed", "depreciation_yuan_per_year"
NEEDED = ("cost_yuan", "solved_count", "filed_count")


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval.

    Over runs it is Student's interval of the mean. Over worlds it is where one more world would fall, by Student
    as well: more worlds do not make what nobody knows any better known.
    """

    mean: float | None
    """None: undefined in every run."""
    lo: float | None
    hi: float | None
    """None: fewer than two define it."""
    count: int
    over: str
    """What is counted: "runs", "pairs" or "worlds"."""


class CostSplit(NamedTuple):
    """What a run costs by kind, yuan over the run; sums to the model's `cost_yuan`."""

    supervisors_yuan: float
    operators_yuan: float
    units_yuan: float
    grids_yuan: float
    equipment_yuan: float
    """The share of the investment that wears off."""

    @property
    def staff_yuan(self) -> float:
        """Supervisors, operators and units."""
        return self.supervisors_yuan + self.operators_yuan + self.units_yuan

    @property
    def total_yuan(self) -> float:
        """All costs together."""
        return math.fsum(self)


class Basis(NamedTuple):
    """What a scenario says that the costs are counted over."""

    years: float
    households: float
    investment_yuan: float
    life_years: float
    split: CostSplit

    @property
    def wear_yuan_per_year(self) -> float:
        """Depreciation of the equipment."""
        return self.investment_yuan / self.life_years


def cost_split(scenario: Scenario) -> CostSplit:
    """The cost of a run by kind, from the parameters alone, yuan over the run.

    Raises ValueError if the territory cannot be divided as asked.
    """
    params, costs = scenario.parameters, scenario.parameters.costs
    months, years = params.period.days * 24 / MONTH_H, params.period.days * 24 / YEAR_H
    ground = build_territory(params.territory, scenario.sites)
    areas = {level: max(of_site) + 1 for level, of_site in ground.area_of.items()}
    wages = teams = 0.0
    for unit in params.units.values():
        level = Level.of(unit.level)
        teams = areas[level] if level is Level.GRID else teams
        people = unit.people * (areas[level] if unit.people_basis == "per_area" else 1)
        wages += people * cost_factor(unit, costs.overtime_pay) * unit.wage_yuan_per_month
    cells = ground.cells.count if params.supervisors.count else 0
    operators = sum(centre.operators_count * cost_factor(centre, costs.overtime_pay) for centre in centres(params))
    supervisors = params.supervisors.count * pay_factor(params.supervisors, costs.overtime_pay)
    return CostSplit(
        months * supervisors * costs.supervisor_yuan_per_month,
        months * operators * costs.operator_yuan_per_month,
        months * wages,
        years * (cells + teams) * costs.grid_yuan_per_year,
        years * costs.equipment_yuan / costs.equipment_life_years,
    )


def basis_of(scenario: Scenario) -> Basis:
    """Years, households and equipment of a scenario.

    Raises ValueError if the territory cannot be divided as asked.
    """
    params = scenario.parameters
    ground = build_territory(params.territory, scenario.sites)
    return Basis(
        params.period.days * 24 / YEAR_H, float(ground.site_households.sum()), params.costs.equipment_yuan,
        params.costs.equipment_life_years, cost_split(scenario),
    )  # fmt: skip


def estimate(values: Numbers, over: str = "runs", *, above_0: bool = False) -> Estimate:
    """Mean and 95 % interval of the values that are defined; `over` worlds, the interval is that of one more.

    `above_0`: they cannot be less than 0, and no more can the ends of the interval (`possible`).
    """
    defined = values[~np.isnan(values)]
    count = len(defined)
    if count == 0:
        return Estimate(None, None, None, 0, over)
    mean = float(defined.mean())
    if count == 1:
        return Estimate(mean, None, None, 1, over)
    half = half_width(defined) * (math.sqrt(count + 1) if over == "worlds" else 1.0)
    lo, hi = possible(mean, half, None) if above_0 else (mean - half, mean + half)
    return Estimate(mean, lo, hi, count, over)


def unit_costs(runs: pd.DataFrame, basis: Basis) -> dict[str, Estimate]:
    """Yuan per incident solved, per case filed, and per household and year.

    `runs` has a row of indicators a run; with a column `world`, the seeds of a world are averaged first and the
    intervals cover what differs between worlds. Raises ValueError if there is no run or a column is missing.
    """
    sample, over = _sample(_checked(runs, NEEDED))
    cost = sample["cost_yuan"]
    per = {
        "per_solved_yuan": cost / sample["solved_count"].where(sample["solved_count"] > 0),
        "per_filed_yuan": cost / sample["filed_count"].where(sample["filed_count"] > 0),
        "per_household_year_yuan": cost / (basis.households * basis.years),
    }
    return {name: estimate(values.to_numpy(dtype=float), over, above_0=True) for name, values in per.items()}


def _checked(runs: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    if runs.empty:
        raise ValueError(say("runs: no run has finished"))
    if missing := [name for name in columns if name not in runs]:
        raise ValueError(say("runs: no column {column}; a row of indicators a run is wanted", column=missing[0]))
    return runs.dropna(subset=list(NEEDED[:2]))


def _sample(runs: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """A row for each that counts as one observation."""
    return (runs.groupby(WORLD).mean(numeric_only=True), "worlds") if WORLD in runs else (runs, "runs")
