"""Which rules the kernel knows: the built-in functions themselves, whatever name a scenario lists them under.

Layer: sim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.rules import dispatch, escalation, queueing, reporting
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.loading import Scenario

KNOWN: tuple[tuple[Callable[..., Any], ...], ...] = (
    (escalation.ladder, escalation.by_severity, escalation.direct, escalation.none),
    (reporting.trusting, reporting.steady, reporting.silent),
    (dispatch.least_loaded, dispatch.nearest, dispatch.first_listed),
    (queueing.first_come, queueing.earliest_deadline, queueing.most_severe),
)
"""The rules of each family, in the order in which the kernel numbers them."""
CODE_OF = {rule: code for family in KNOWN for code, rule in enumerate(family)}
"""A rule, and the kernel's number for it. Rules of patrol run once, at set-up, and may be anybody's."""


class NotBuiltInError(ValueError):
    """A city has people or offices of a kind that is not built in: what they do, the kernel cannot know."""


def unknown_rules(scenario: Scenario) -> Iterator[str]:
    """Where the scenario names a rule that the kernel does not know: another function, whatever it is called."""
    rules = scenario.parameters.rules
    named: list[tuple[str, Any]] = [
        (f'rules.escalation = "{rules.escalation}"', ESCALATION_RULES.get(rules.escalation)),
        (f'rules.reporting = "{rules.reporting}"', REPORTING_RULES.get(rules.reporting)),
        (f'rules.dispatch = "{rules.dispatch}"', DISPATCH_RULES.get(rules.dispatch)),
    ]
    for name, unit in scenario.parameters.units.items():
        named.append((f'units.{name}.queue_rule = "{unit.queue_rule}"', QUEUE_RULES.get(unit.queue_rule)))
    for where, rule in named:
        if rule not in CODE_OF:
            yield where
