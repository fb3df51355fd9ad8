"""The recorded run: its incidents as arrays, everybody's hours, and what it has cost.

Layer: sim.  What may be asked of one incident stands here; what is counted of all of them, in `sim.indicators`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.incidents import Level, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.working_time import WorkingTime

type Mask = NDArray[np.bool_]
type Hours = NDArray[np.float64]

RECORDED = (
    "occurred_h", "gone_h", "worsens_h", "found_h", "filed_h", "due_h", "dispatched_h", "handled_h", "remedied_h",
    "closed_h", "hung", "gone_on_arrival", "severity", "stage", "level", "found_by", "site", "category", "returns",
    "reworks", "extensions", "escalations", "duplicates", "came_back_of",
)  # fmt: skip
"""What is recorded of every incident: the columns of a `Record`."""


def _among(*stages: Stage) -> Mask:
    """For each stage, whether it is one of these."""
    return np.isin(np.arange(len(Stage)), stages)


_IS_HANDLED = _among(Stage.HANDLED, Stage.CHECKED, Stage.CLOSED)
_IS_SOLVED_IN_PASSING = _among(Stage.SOLVED_ON_THE_SPOT, Stage.SOLVED_IN_GRID)


def ratio(part: float, whole: float) -> float:
    """Quotient; not a number when `whole` is 0."""
    return part / whole if whole else float("nan")


class UnitUse(NamedTuple):
    """What a unit has done in a run, all its areas together."""

    name: str
    people: int
    """On duty together."""
    duty_h: float
    """Hours on duty that go to cases."""
    busy_h: float
    """Of these, hours spent on cases."""
    waited_h: float
    """Hours that cases waited in its queues."""
    most_waiting: int
    """The longest that a queue of one area was."""

    @property
    def utilisation(self) -> float:
        """Share of the hours for cases that was spent on them; not a number where there are none."""
        return ratio(self.busy_h, self.duty_h)


@dataclass(frozen=True, eq=False)
class Record:
    """A run as the statistics see it: arrays with one entry an incident, times in hours, NaN for "not yet".

    What several indicators ask for is reckoned once.
    """

    end_h: float
    occurred_h: Hours
    gone_h: Hours
    """When it goes by itself, whatever anybody does; infinity: never."""
    worsens_h: Hours
    """When it is one step more severe than at first; infinity: never."""
    found_h: Hours
    filed_h: Hours
    due_h: Hours
    dispatched_h: Hours
    handled_h: Hours
    remedied_h: Hours
    """When somebody has remedied what was still there."""
    closed_h: Hours
    hung: NDArray[np.int64]
    """1: it has been set aside for want of money or authority."""
    gone_on_arrival: NDArray[np.int64]
    """1: at the last attempt it had gone by itself before anybody set out."""
    severity: NDArray[np.int64]
    """As it occurred, as a `Severity`."""
    stage: NDArray[np.int64]
    level: NDArray[np.int64]
    """The last level that had the incident, as a `Level`; -1: none."""
    found_by: NDArray[np.int64]
    """Who found it, as a `Finder`; -1: nobody."""
    site: NDArray[np.int64]
    category: NDArray[np.int64]
    returns: NDArray[np.int64]
    reworks: NDArray[np.int64]
    extensions: NDArray[np.int64]
    escalations: NDArray[np.int64]
    duplicates: NDArray[np.int64]
    came_back_of: NDArray[np.int64]
    """What it was before it was done away with and came back; -1: it occurred of itself."""
    office: WorkingTime
    patrol_duty_h: float
    """Hours on duty of all posts together, and of them on errands; likewise for operators."""
    patrol_errands_h: float
    units: tuple[UnitUse, ...]
    operators_duty_h: float
    operators_busy_h: float
    severity_weights: Sequence[float]
    """What an hour of a problem counts, by its severity."""
    residents_count: float
    supervisor_finds: NDArray[np.int64]
    """Finds of each supervisor: one entry a person."""
    grids_count: int
    """Grids in use: cells that somebody patrols, social grids that have a post."""
    posts_count: int
    """Beats, and people of the grids' posts on duty together."""
    staffed_h: float
    """Hours on duty of everybody who is employed."""
    employed_count: float
    trust: float
    cost_yuan: float

    def between(self, moment: str, start_h: float, end_h: float) -> Record:
        """What occurred, was found or was filed (`moment`: a column) in [start, end), as it stood when the run ended.

        For counts, shares and hours of incidents; what is told of people and hours on duty stays that of the whole run.
        """
        when_h = getattr(self, moment)
        chosen = np.greater_equal(when_h, start_h) & np.less(when_h, end_h)
        return self.only(chosen)

    def only(self, chosen: Mask) -> Record:
        """Some of its incidents; what is told of people and hours on duty stays that of the whole run."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in RECORDED})

    def ended_as(self, stage: Stage) -> Mask:
        """Which incidents are in that stage."""
        return np.equal(self.stage, stage)

    @cached_property
    def occurred(self) -> Mask:
        """Occurred of itself, the same under every plan: not what came back after somebody had done away with it."""
        return np.less(self.came_back_of, 0)

    @cached_property
    def found(self) -> Mask:
        """Found by anybody."""
        return ~np.isnan(self.found_h)

    @cached_property
    def filed(self) -> Mask:
        """Filed (立案)."""
        return ~np.isnan(self.filed_h)

    @cached_property
    def closed(self) -> Mask:
        """Filed and closed (结案)."""
        return self.filed & self.ended_as(Stage.CLOSED)

    @cached_property
    def handled(self) -> Mask:
        """Filed and handled, checked or not."""
        return self.filed & _IS_HANDLED[self.stage]

    @cached_property
    def due(self) -> Mask:
        """Due (应结案): handled, or past its deadline by the end of the run."""
        return self.handled | (self.filed & (self.due_h < self.end_h))

    @cached_property
    def on_time(self) -> Mask:
        """Closed, and handled by the deadline: the handling stage alone is judged."""
        return self.closed & np.less_equal(self.handled_h, self.due_h)

    @cached_property
    def remedied(self) -> Mask:
        """Somebody has done away with what was still there, and no check has found fault with it."""
        return ~np.isnan(self.remedied_h)

    @cached_property
    def stood_until_h(self) -> Hours:
        """When each stood no longer: remedied or gone, whichever was first; if neither, the end of the run."""
        return np.minimum(np.fmin(self.gone_h, self.remedied_h), self.end_h)

    @cached_property
    def stood_h(self) -> Hours:
        """Hours that each stood, seen or not.  (Eq. 27)"""
        return np.subtract(self.stood_until_h, self.occurred_h)

    @cached_property
    def has_deadline(self) -> Mask:
        """Was given a deadline: what is solved on the spot never is."""
        return ~np.isnan(self.due_h)

    @cached_property
    def handled_by_deadline(self) -> Mask:
        """Handled no later than its deadline, filed or not."""
        return np.less_equal(self.handled_h, self.due_h)

    @cached_property
    def solved(self) -> Mask:
        """Brought to a good end by anybody."""
        return self.closed | _IS_SOLVED_IN_PASSING[self.stage]

    @cached_property
    def in_grid(self) -> Mask:
        """Solved inside the grid: never filed, or filed and closed by a unit of the grid."""
        return self.ended_as(Stage.SOLVED_IN_GRID) | (self.closed & np.equal(self.level, Level.GRID))

    @cached_property
    def filed_to_closed_h(self) -> Hours:
        """Continuous hours from filing to closing, closed cases only."""
        return np.subtract(self.closed_h[self.closed], self.filed_h[self.closed])

    @cached_property
    def found_to_closed_h(self) -> Hours:
        """Continuous hours from finding to the end, over all that was solved, on the spot and in the grid included."""
        return np.subtract(self.closed_h[self.solved], self.found_h[self.solved])
