"""The one entrance to the model: a scenario and a seed in, a frozen outcome out, by either engine.

Layer: sim.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from languages.speaking import listed, marked, say
from scenarios.counting import expected_incidents
from sim.compiled import readiness
from sim.compiled.built_in import NotBuiltInError, changed_deeds, unknown_rules
from sim.indicators import compute
from sim.model import GovernanceModel
from sim.recording import doings_of, record_of
from sim.rules import find_rule
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.patrol import PATROL_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES
from sim.steps import NO_STEPS, StepLog
from sim.tables import case_table, columns_of, daily_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

    from scenarios.loading import Scenario
    from sim.city import City
    from sim.incidents import Category
    from sim.record import Record
    from sim.steps import Steps
    from sim.territory import Territory

type ModelEngine = Literal["auto", "mesa", "compiled"]
"""Which engine is asked for; all give the same history, to the last bit."""
ENGINES: tuple[ModelEngine, ...] = ("auto", "mesa", "compiled")
NOT_BUILT_IN = marked(
    'engine = "compiled" knows the built-in people and offices only, and {deed} is another; use "mesa" or "auto"'
)
WHY_NOT_COMPILED = (
    marked("not compiled yet"), marked("numba cannot be imported"),
    marked("its arithmetic differs from Python's on this machine"),
    marked("there is nowhere to keep what is compiled"), marked("numba is told not to compile (NUMBA_DISABLE_JIT)"),
    marked("it could not be compiled or loaded"),
)  # fmt: skip
"""The states of the compiled engine (`sim.compiled.readiness`) that keep it from serving, to be said."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out of one run, and what was run. Tables are made when they are first asked for."""

    scenario_hash: str
    seed: int
    engine: ModelEngine
    """Which one it was: "mesa" or "compiled"."""
    indicators: dict[str, float]
    """Name → value; not a number where a share has nothing to be a share of."""
    record: Record
    """What the indicators saw: for indicators of a part of the run."""
    events_count: int
    territory: Territory
    """The ground it happened on."""
    _categories: Sequence[Category]
    _start: date
    _columns: Mapping[str, NDArray[np.generic]]
    _totals: Mapping[str, NDArray[np.generic]]

    @cached_property
    def cases(self) -> pd.DataFrame:
        """A row an incident; columns as in `sim.tables.COLUMNS`."""
        return case_table(self.territory, self._categories, self._columns)

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row a day: counts of that day, and backlog, open_unseen and trust as of its end."""
        return daily_table(self._start, self._totals)


class Watched(NamedTuple):
    """A run, and how everything in it came about."""

    outcome: Outcome
    steps: Steps
    city: City
    """Where it happened, and who was there. What they have done stands in the steps, and nowhere else for certain."""


def check_rules(scenario: Scenario) -> None:
    """Raise ValueError, with the nearest name, if the scenario names a rule that does not exist."""
    params = scenario.parameters
    find_rule(ESCALATION_RULES, params.rules.escalation, "rules.escalation")
    find_rule(PATROL_RULES, params.rules.patrol, "rules.patrol")
    find_rule(REPORTING_RULES, params.rules.reporting, "rules.reporting")
    find_rule(DISPATCH_RULES, params.rules.dispatch, "rules.dispatch")
    for name, unit in params.units.items():
        find_rule(QUEUE_RULES, unit.queue_rule, f"units.{name}.queue_rule")


def simulate(scenario: Scenario, seed: int, engine: ModelEngine = "auto") -> Outcome:
    """Run a scenario from its start to its end.

    Equal scenarios and seeds give equal outcomes, to the last bit, whichever engine runs them. "auto" takes the
    compiled one where it is at hand and knows every rule, and fetches it, if it is ready, for a run that is long or
    after a second of runs; otherwise the Mesa model.
    Raises ValueError if a rule is unknown, the territory cannot be divided as asked, or the compiled engine is
    asked for and cannot serve.
    """
    return _run(scenario, seed, engine, keeps_steps=False).outcome


def watch(scenario: Scenario, seed: int, engine: ModelEngine = "auto") -> Watched:
    """As `simulate`, and with every step; it takes a little longer, and the memory of some forty bytes a step."""
    return _run(scenario, seed, engine, keeps_steps=True)


def _run(scenario: Scenario, seed: int, engine: ModelEngine, *, keeps_steps: bool) -> Watched:
    if engine not in ENGINES:
        raise ValueError(say('engine = "{engine}" must be one of {engines}', engine=engine, engines=listed(ENGINES)))
    if engine == "compiled":
        return _on_compiled_only(scenario, seed, keeps_steps)
    if engine == "auto" and _compiled_serves(scenario):
        with suppress(NotBuiltInError):
            return _on_compiled(scenario, seed, keeps_steps)
    return _on_mesa(scenario, seed, keeps_steps)


_mesa_s = 0.0
"""Time that this process has spent on the Mesa engine."""
MESA_S_PER_INCIDENT = 3.5e-5
"""As Changning's quarter takes, with all that follows from an incident."""


def _compiled_serves(scenario: Scenario) -> bool:
    """Whether the compiled engine is at hand, or worth fetching, and knows what the scenario names.

    Fetching is worth it for a run that would take longer on the Mesa engine. It is too in a process that has run so
    long already, since it will mostly go on: so nobody waits more than twice the least.
    """
    if any(unknown_rules(scenario)) or any(changed_deeds()):
        return False
    if readiness.is_loaded():
        return True
    expected_s = MESA_S_PER_INCIDENT * expected_incidents(scenario.parameters, scenario.sites)
    return max(_mesa_s, expected_s) >= readiness.LOADING_S and readiness.load()


def _on_compiled_only(scenario: Scenario, seed: int, keeps_steps: bool) -> Watched:
    """Raises ValueError if the compiled engine cannot serve this scenario."""
    check_rules(scenario)
    for where in unknown_rules(scenario):
        raise ValueError(
            say(
                'engine = "compiled" knows the built-in rules only, and {rule} is another; use "mesa" or "auto"',
                rule=where,
            )
        )
    for deed in changed_deeds():
        raise ValueError(say(NOT_BUILT_IN, deed=deed))
    if not (readiness.is_loaded() or (readiness.compile_now(readiness.WAITING_S) and readiness.load())):
        raise ValueError(
            say('engine = "compiled" cannot serve: {reason}; use "mesa" or "auto"', reason=say(readiness.state()))
        )
    try:
        return _on_compiled(scenario, seed, keeps_steps)
    except NotBuiltInError as error:
        raise ValueError(say(NOT_BUILT_IN, deed=error)) from None


def _on_mesa(scenario: Scenario, seed: int, keeps_steps: bool) -> Watched:
    global _mesa_s
    began_s = perf_counter()
    with without_garbage_collection():
        model = GovernanceModel(scenario, seed, keeps_steps=keeps_steps)
        model.pass_days(scenario.parameters.period.days)
        outcome = outcome_of(model, scenario, seed)
    _mesa_s += perf_counter() - began_s
    steps = model.log.steps(model) if isinstance(model.log, StepLog) else NO_STEPS
    return Watched(outcome, steps, model)


def _on_compiled(scenario: Scenario, seed: int, keeps_steps: bool) -> Watched:
    from sim.compiled import outcome, playing

    history = playing.play(scenario, seed, keeps_steps=keeps_steps)
    steps = outcome.steps_of(history)
    city, doings, totals = history.plan.city, outcome.doings_of(history), outcome.totals_of(history)
    events_count = outcome.events_count(history)
    history.let_go()
    columns = outcome.columns_of(history)
    del history  # half of what an incident takes: the indicators need it no longer
    record = record_of(city, columns, doings)
    came_out = Outcome(
        scenario.hash, seed, "compiled", compute(record), record, events_count, city.territory, city.categories,
        city.params.period.start, columns, totals,
    )  # fmt: skip
    return Watched(came_out, steps, city)


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
    record = record_of(model, columns, doings_of(model))
    return Outcome(
        scenario.hash, seed, "mesa", compute(record), record, model.calendar.happened_count, model.territory,
        model.categories, model.params.period.start, columns,
        {name: np.asarray(values) for name, values in model.datacollector.model_vars.items()},
    )  # fmt: skip
