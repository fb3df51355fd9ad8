"""Following each incident from one plan to another: how it ended, and whether otherwise.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.running.measures import Row, incidents_digest
from sim.incidents import Stage
from sim.run import Outcome

LATER_H = 1.0
"""An incident ends later or sooner if by more than this."""


class Ends(NamedTuple):
    """How every incident of a run ended; arrays with one entry an incident."""

    digest: str
    """Of what happened where and when: equal for equal incidents."""
    stage: NDArray[np.int8]
    end_h: NDArray[np.float64]
    """When it was closed or solved; NaN: it was not."""
    site: NDArray[np.int64]
    category: NDArray[np.int8]
    categories: tuple[str, ...]


def ends_of(outcome: Outcome) -> Row:
    """How every incident ended, and how busy every unit was, for `Work.measure`."""
    cases = outcome.cases[outcome.record.occurred]
    category = cases["category"].cat
    return {
        "units": {unit.name: unit.utilisation for unit in outcome.record.units},
        "ends": Ends(
            incidents_digest(outcome), cases["stage"].cat.codes.to_numpy(dtype=np.int8), cases["closed_h"].to_numpy(),
            cases["site"].to_numpy(), category.codes.to_numpy(dtype=np.int8), tuple(category.categories),
        )
    }  # fmt: skip


class Move(NamedTuple):
    """From which end to which other one an incident went."""

    before: Stage
    after: Stage


@dataclass
class Followed:
    """Incidents followed from the first plan to another, summed over the replications."""

    same_incidents: bool = True
    """False: the plans do not have the same incidents, so none can be followed from one to the other."""
    incidents: int = 0
    other_end: int = 0
    """Those that ended in another stage."""
    later: int = 0
    """Those that ended in the same stage, later by more than LATER_H."""
    sooner: int = 0
    moves: dict[Move, int] = field(default_factory=dict)
    """How many went from one end to another."""
    by_area: dict[int, Changed] = field(default_factory=dict)
    by_category: dict[str, Changed] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """Incidents with another end, or the same more than an hour later or sooner."""
        return self.other_end + self.later + self.sooner


class Changed(NamedTuple):
    """Of some incidents, how many there are and how many ended differently."""

    incidents: int = 0
    changed: int = 0

    @property
    def share(self) -> float:
        """Share that ended differently, 0-1."""
        return self.changed / self.incidents if self.incidents else 0.0

    def and_these(self, changed: NDArray[np.bool_]) -> Changed:
        """These and more: one entry an incident, true if it ended differently."""
        return Changed(self.incidents + len(changed), self.changed + int(changed.sum()))


def follow(rows: Mapping[int, Row], followed: Sequence[Followed], areas: NDArray[np.int64]) -> None:
    """Follow every incident of one seed from plan 0 to each of the others; then forget how they ended.

    `rows` has the row of each plan, `areas` (sites,) the area of each site.
    """
    first: Ends | None = rows[0].pop("ends", None)
    for number, to in enumerate(followed, 1):
        other: Ends | None = rows[number].pop("ends", None)
        if first is None or other is None:
            continue
        if first.digest != other.digest or first.categories != other.categories:
            to.same_incidents = False
            continue
        _count(first, other, to, areas)


def _count(first: Ends, other: Ends, followed: Followed, areas: NDArray[np.int64]) -> None:
    """Add the incidents of one seed to what has been followed."""
    moved = first.stage != other.stage
    by_h = np.where(moved, 0.0, np.nan_to_num(other.end_h - first.end_h))
    changed = moved | (np.abs(by_h) > LATER_H)
    followed.incidents += len(moved)
    followed.other_end += int(moved.sum())
    followed.later += int((by_h > LATER_H).sum())
    followed.sooner += int((by_h < -LATER_H).sum())
    for before, after in zip(first.stage[moved].tolist(), other.stage[moved].tolist(), strict=True):
        move = Move(Stage(before), Stage(after))
        followed.moves[move] = followed.moves.get(move, 0) + 1
    area = areas[first.site]
    for number in np.unique(area).tolist():
        here = changed[area == number]
        followed.by_area[number] = followed.by_area.get(number, Changed()).and_these(here)
    for code, name in enumerate(first.categories):
        here = changed[first.category == code]
        followed.by_category[name] = followed.by_category.get(name, Changed()).and_these(here)
