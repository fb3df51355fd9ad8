"""What the kernel knows: the built-in rules and the built-in people and offices, themselves and not by their names.

Layer: sim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.agents.centres import CommandCentre, Desk, SupervisionCentre
from sim.agents.departments import Department, Unit
from sim.agents.grid_teams import GridPost, GridTeam
from sim.agents.party import Party, PartyMember
from sim.agents.residents import Neighbourhood, Resident
from sim.agents.supervisors import Beat, Patrol, Supervisor
from sim.calendar import EventCalendar
from sim.case_log import CaseLog
from sim.city import City
from sim.incidents import Category, Incident, WorkTime
from sim.ladder import Ladder
from sim.model import GovernanceModel
from sim.rules import dispatch, escalation, queueing, reporting
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES
from sim.working_grids import Ways
from sim.working_time import DutyRoster, WorkingTime

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


KINDS = frozenset({
    Beat, CommandCentre, Department, Desk, GridPost, GridTeam, Ladder, Neighbourhood, Party, PartyMember, Patrol,
    SupervisionCentre, Supervisor,
})  # fmt: skip
"""The kinds of people and offices that there are."""


def _deeds(kind: type) -> dict[str, Any]:
    """What a kind does: its methods and properties."""
    return {name: one for name, one in vars(kind).items() if callable(one) or hasattr(one, "__get__")}


DEEDS = {
    kind: _deeds(kind)
    for kind in (
        *KINDS, Unit, Resident, Incident, Category, WorkTime, CaseLog, EventCalendar, WorkingTime, DutyRoster, Ways,
        City, GovernanceModel,
    )
}  # fmt: skip
"""What each does, as it is built in."""


class NotBuiltInError(ValueError):
    """A city has people or offices of a kind that is not built in: what they do, the kernel cannot know."""


def changed_deeds() -> Iterator[str]:
    """What somebody has put in the place of, or beside, what is built in, while the program runs."""
    for kind, built_in in DEEDS.items():
        now = _deeds(kind)
        for name in now.keys() | built_in.keys():
            if now.get(name) is not built_in.get(name):
                yield f"{kind.__name__}.{name}"


def refuse_others(city: City) -> None:
    """Raise NotBuiltInError if anybody in the city is of a kind that is not built in."""
    everybody = (
        city.neighbourhood, city.party, city.patrol, city.ladder, city.supervision_centre, city.command_centre,
        *city.desks, *city.units, *city.grid_teams.values(), *city.patrol.beats, *city.patrol.supervisors,
        *city.party.members,
    )  # fmt: skip
    for kind in dict.fromkeys(type(one) for one in everybody):
        if kind not in KINDS:
            raise NotBuiltInError(f"{kind.__module__}.{kind.__qualname__}")


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
