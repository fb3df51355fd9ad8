"""Every parameter of the model, with unit, symbol, range, role and source.

Layer: scenarios.  Gathers the sections; the ground and the people have files of their own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenarios.ground import Category, Demand, Period, Territory
from scenarios.parameters import Section, param
from scenarios.people import (
    CommandCentre,
    Escalation,
    Party,
    Residents,
    SupervisionCentre,
    Supervisors,
    Unit,
)

# One parameter reads as one sentence over two or three lines; the formatter would make seven of it.
# fmt: off


class LocalKnowledge(Section):
    """What grid workers and neighbours know: less of each household the more there are, and places by their house."""

    whole_grid_share: float = param(
        0.0, "0: colleagues in a grid each know a share of its households; 1: each must know all; or between",
        unit="1", symbol="κ", span=(0, 1), role="uncertain", source="assumption-whole-grid",
    )

    half_households: float = param(
        1500.0, "households per grid worker at which half as much is noticed and settled", unit="households",
        symbol="H_½", span=(1, 1e7), role="uncertain", source="assumption-local-knowledge",
    )
    place_precision_m: float = param(
        15.0, "how precisely a party member or a grid worker tells a place: by the house", unit="m", symbol="r_n",
        span=(0, 5000), role="uncertain", source="assumption-address",
    )


class Learning(Section):
    """How departments change: with practice, and under scoring. Off unless a scenario turns it on."""

    exponent: float = param(
        0.0, "work shrinks as (1 + cases / experience) to minus this; 0: no learning", unit="1", symbol="β",
        span=(0, 2), role="uncertain", source="assumption-learning",
    )
    experience_cases: float = param(
        500.0, "cases a person handles to count as one unit of experience", unit="cases/person", symbol="n_0",
        span=(1, 1e6), role="uncertain", source="assumption-learning",
    )
    start_up_slowness: float = param(
        0.0, "by how much a desk's steps and a unit's work take longer on the first day of a new system; 0: not at all",
        unit="1", symbol="x_0", span=(0, 20), role="uncertain", source="assumption-start-up",
    )
    start_up_days: float = param(
        30.0, "after so many days a new system's slowness is down to a third (1/e)", unit="days", symbol="T_x",
        span=(0.5, 3650), role="uncertain", source="assumption-start-up",
    )
    running_days: float = param(
        0.0, "days that the system has been running when the run begins", unit="days", symbol="t_x",
        span=(0, 7320), role="fixed", source="assumption-start-up",
    )
    scoring_response: float = param(
        0.0, "share of the work saved by hurrying when nothing is on time; 0: no response", unit="1", symbol="η",
        span=(0, 0.9), role="uncertain", source="assumption-learning",
    )
    scoring_target: float = param(
        0.95, "on-time share below which a unit hurries", unit="1", symbol="ω", span=(0.01, 1), role="lever",
        source="assumption-learning",
    )
    scoring_memory_cases: float = param(
        100.0, "cases over which the score remembers", unit="cases", symbol="M", span=(1, 1e6), role="lever",
        source="assumption-learning",
    )


class Costs(Section):
    """What the service costs; units name their own wages."""

    supervisor_yuan_per_month: float = param(
        2000.0, "cost of one supervisor", unit="yuan/month", symbol="w_s", span=(0, 1e6), role="uncertain",
        source="assumption-costs",
    )
    operator_yuan_per_month: float = param(
        2200.0, "cost of one operator", unit="yuan/month", symbol="w_o", span=(0, 1e6),
        role="uncertain", source="assumption-costs",
    )
    overtime_pay: float = param(
        0.0, "what an hour beyond 40 a week costs, over other hours; 0: none is paid, and none beyond the law worked",
        unit="1", symbol="ϖ", span=(0, 5), role="lever", source="labour-law",
    )
    grid_yuan_per_year: float = param(
        500.0, "fixed cost of one grid in use: data, signs, meetings", unit="yuan/year", symbol="c_g",
        span=(0, 1e7), role="uncertain", source="assumption-costs",
    )
    equipment_yuan: float = param(
        0.0, "investment", unit="yuan", symbol="I", span=(0, 1e11), role="lever", source="definition",
    )
    equipment_life_years: float = param(
        8.0, "over which the investment is spread", unit="years", symbol="y", span=(0.5, 100), role="uncertain",
        source="assumption-costs",
    )


class Valuation(Section):
    """How heavy a problem weighs: a judgement, not a measurement."""

    severity_weights: Annotated[tuple[float, ...], Field(min_length=4, max_length=4)] = param(
        (1.0, 2.0, 4.0, 8.0), "what an hour of a minor, ordinary, prominent and major problem counts", unit="1",
        symbol="ω_k", span=(0, 1000), role="uncertain", source="assumption-severity-weights",
    )


class Rules(Section):
    """What a city may choose, by name; the rules stand in sim/rules."""

    escalation: str = param(
        "by_severity", "which level a case goes to, and where next", unit="name", symbol="-", span=None,
        role="lever", source="escalation-ladder",
    )
    patrol: str = param(
        "cyclic", "how beats are cut and walked", unit="name", symbol="-", span=None, role="lever",
        source="assumption-patrol",
    )
    reporting: str = param(
        "trusting", "whether a witness reports", unit="name", symbol="-", span=None, role="uncertain",
        source="assumption-trust",
    )
    dispatch: str = param(
        "least_loaded", "which of several competent units gets a case", unit="name", symbol="-", span=None,
        role="lever", source="assumption-dispatch",
    )


class Parameters(Section):
    """Everything that may vary."""

    period: Period = Period()
    territory: Territory = Territory()
    demand: Demand = Demand()
    categories: dict[str, Category] = Field(default={}, description="classes of incidents, by name")
    residents: Residents = Residents()
    party: Party = Party()
    supervisors: Supervisors = Supervisors()
    supervision_centre: SupervisionCentre = SupervisionCentre()
    command_centre: CommandCentre = CommandCentre()
    units: dict[str, Unit] = Field(default={}, description="units that handle cases, by name")
    escalation: Escalation = Escalation()
    local_knowledge: LocalKnowledge = LocalKnowledge()
    learning: Learning = Learning()
    costs: Costs = Costs()
    valuation: Valuation = Valuation()
    rules: Rules = Rules()
