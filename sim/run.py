"""The one entrance to the model: a scenario and a seed in, a frozen outcome out.

Layer: sim.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.indicators import compute
from sim.model import GovernanceModel
from sim.record import Record
from sim.recording import record_of
from sim.rules import find_rule
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.patrol import PATROL_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES
from sim.tables import case_table, columns_of, daily_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from scenarios.loading import Scenario
    from sim.territory import Territory


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out of one run, and what was run."""

    scenario_hash: str
    seed: int
    indicators: dict[str, float]
    """Name → value; not a number where a share has nothing to be a share of."""
    cases: pd.DataFrame
    """A row an incident; columns as in `sim.tables.COLUMNS`."""
    daily: pd.DataFrame
    """A row a day: counts of that day, and backlog, open_unseen and trust as of its end."""
    territory: Territory
    events_count: int
    record: Record
    """What the indicators saw: for indicators of a part of the run."""


def check_rules(scenario: Scenario) -> None:
    """Raise ValueError, with the nearest name, if the scenario names a rule that does not exist."""
    params = scenario.parameters
    find_rule(ESCALATION_RULES, params.rules.escalation, "rules.escalation")
    find_rule(PATROL_RULES, params.rules.patrol, "rules.patrol")
    find_rule(REPORTING_RULES, params.rules.reporting, "rules.reporting")
    find_rule(DISPATCH_RULES, params.rules.dispatch, "rules.dispatch")
    for name, unit in params.units.items():
        find_rule(QUEUE_RULES, unit.queue_rule, f"units.{name}.queue_rule")


def simulate(scenario: Scenario, seed: int) -> Outcome:
    """Run a scenario from its start to its end.

    Equal scenarios and seeds give equal outcomes, to the last bit.
    Raises ValueError if a rule is unknown, or the territory cannot be divided as asked.
    """
    with without_garbage_collection():
        model = GovernanceModel(scenario, seed)
        model.run_for(scenario.parameters.period.days * 24)
        return outcome_of(model, scenario, seed)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """A run makes many objects and no rubbish: looking for it again and again costs a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def outcome_of(model: GovernanceModel, scenario: Scenario, seed: int) -> Outcome:
    """What a model has recorded until now."""
    columns = columns_of(model)
    record = record_of(model, columns)
    return Outcome(
        scenario.hash,
        seed,
        compute(record),
        case_table(model, columns),
        daily_table(model),
        model.territory,
        model.calendar.happened_count,
        record,
    )
