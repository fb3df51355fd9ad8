"""What agents may ask of the world, and tell it: all that they see of the model.

Layer: sim.  Protocols only; `sim.model` keeps them. An agent holds a world and says one verb of it at a time.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scenarios.schema import Parameters
    from sim.incidents import Deed, Finder, Incident, Level, Stage
    from sim.rules.reporting import ReportingRule
    from sim.working_time import WorkingTime


class Clock(Protocol):
    """What time it is, in hours of the run."""

    @property
    def now_h(self) -> float:
        """Hours since the start of the run."""


class Post(Protocol):
    """The supervisor who is on duty for a place, as a centre sees them."""

    def verify(self, incident: Incident) -> None:
        """Go and see whether a report is true."""

    def check(self, incident: Incident) -> None:
        """Go and see whether handled work is good."""


class Time(Clock, Protocol):
    """What is known and decided ahead: hours of duty, and what is going to happen."""

    @property
    def params(self) -> Parameters:
        """The scenario's parameters."""

    def at[T](self, time_h: float, handler: Callable[[T], None], payload: T) -> None:
        """Let `handler(payload)` happen at `time_h`; a time of infinity never comes."""

    def roster(self, hours: str) -> WorkingTime:
        """The working time of hours of duty that are written as text."""

    def slowness(self) -> float:
        """What desks and units take now, over what they take when the system has settled down."""


class Places(Protocol):
    """The ground: where sites lie, and in which areas."""

    @property
    def site_at(self) -> Sequence[tuple[float, float]]:
        """Where each site is, m."""

    def area_of(self, site: int, level: Level) -> int:
        """The area of a level that a site lies in."""

    def middle_of(self, level: Level, areas: tuple[int, ...]) -> tuple[float, float]:
        """The middle of some areas: the mean of their sites, m."""

    def door_of(self, site: int) -> tuple[float, float]:
        """Where a round of the social grid reaches a site: households passed before it, and households in it."""

    def households_in(self, grid: int) -> float:
        """Households of a social grid."""

    def near_border(self, incident: Incident) -> bool:
        """Whether its place is near the border of the grid it is known by."""

    def search_h(self, incident: Incident) -> float:
        """Hours to search all the ground where it may be."""

    def cell(self, kind: str, grid: int) -> Any:
        """The grid of that kind ("cell" or "social") as a cell of Mesa's space."""


class Cases(Protocol):
    """What becomes of an incident, as whoever brings it about tells it."""

    def enter(self, incident: Incident, stage: Stage) -> None:
        """It goes from its stage to another."""

    def note(self, incident: Incident, what: Deed, who: object = None, until_h: float = nan) -> None:
        """Something is done about it that changes no stage, by somebody, until some time: for whoever watches."""

    def found(self, incident: Incident, finder: Finder) -> None:
        """Somebody has found it."""

    def hand_on(self, incident: Incident) -> None:
        """Neighbours have found it, or a volunteer has given it up: whoever can settle it shall have it."""

    def filed(self, incident: Incident) -> None:
        """The supervision centre has filed it."""

    def work_done(self, incident: Incident) -> None:
        """A unit has done its work."""

    def solved_in_grid(self, incident: Incident) -> None:
        """It is settled among neighbours, and was never filed."""

    def ended(self, incident: Incident, stage: Stage) -> None:
        """An incident has come to its end, at this stage."""


class Residents(Protocol):
    """What residents do as one."""

    @property
    def reporting_rule(self) -> ReportingRule:
        """How likely a witness is to report."""

    def trust_moved(self, by: float) -> None:
        """The trust of one agent is another now."""

    def told_precision_m(self, incident: Incident) -> float:
        """How precisely the report of its witness tells the place."""


class Centres(Protocol):
    """What one may bring to the supervision centre and the command centre."""

    def report(self, incident: Incident) -> None:
        """A resident reports what nobody has found yet."""

    def report_again(self, incident: Incident) -> None:
        """A resident reports what is known already."""

    def ask_to_file(self, incident: Incident) -> None:
        """Bring in a case that is to be filed."""

    def verified(self, incident: Incident) -> None:
        """Somebody has been to see whether a report is true."""

    def checked(self, incident: Incident) -> None:
        """Somebody has been to see whether handled work is good."""

    def dispatch(self, incident: Incident) -> None:
        """Let a filed case be dispatched."""

    def order_rework(self, incident: Incident) -> None:
        """Let a case whose work has failed its check be dispatched to the same unit again."""

    def grants_extension(self, incident: Incident) -> bool:
        """Ask for more time for a case."""

    def post_of(self, site: int) -> Post | None:
        """The supervisor on duty (or next on duty) for a site; None if nobody patrols it."""


class Rungs(Protocol):
    """What one may ask of the ladder of levels."""

    def unit_number(self, name: str) -> int:
        """The place of a unit among the scenario's units, from 0."""

    def first_level(self, incident: Incident) -> Level:
        """The level that a new case goes to."""

    def bring(self, incident: Incident) -> None:
        """Bring a case to its level."""

    def give_back(self, incident: Incident) -> None:
        """Bring a case back to the unit that has had it."""

    def limit_h(self, level: Level) -> float:
        """How long a case may wait at a level."""

    def may_climb(self, incident: Incident) -> bool:
        """Whether there is a further level for a case that waits too long where it is."""

    def climb_if_late(self, incident: Incident) -> bool:
        """A case has waited too long: it climbs, or it stays; returns whether it climbs."""

    def try_again_or_climb(self, incident: Incident) -> None:
        """An attempt has failed."""


class World(Time, Places, Cases, Residents, Centres, Rungs, Protocol):
    """The whole world as agents see it; the model is one."""
