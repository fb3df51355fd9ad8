"""Following each incident from one plan to another: how it ended, and whether otherwise.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.running.measures import Row
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
    area: NDArray[np.int64]
    category: NDArray[np.int8]
    categories: tuple[str, ...]


def ends_of(outcome: Outcome) -> Row:
    """How every incident ended, for `Work.measure`."""
    cases = outcome.cases
    category = cases["category"].cat
    digest = sha256()
    for name in ("occurred_h", "site"):
        digest.update(np.ascontiguousarray(cases[name].to_numpy()))
    return {
        "ends": Ends(
            digest.hexdigest()[:16], cases["stage"].cat.codes.to_numpy(dtype=np.int8), cases["closed_h"].to_numpy(),
            cases["site"].to_numpy(), category.codes.to_numpy(dtype=np.int8), tuple(category.categories),
        )
    }  # fmt: skip


@dataclass
class Otherwise:
    """Incidents that ended otherwise under another plan, summed over the replications."""

    same_incidents: bool = True
    """False: the plans do not have the same incidents, so none can be followed from one to the other."""
    incidents: int = 0
    stage: int = 0
    later: int = 0
    sooner: int = 0
    moves: dict[str, int] = field(default_factory=dict)
    """How many went from one end to another."""
    by_area: dict[int, list[int]] = field(default_factory=dict)
    """Area → incidents there, and those that ended otherwise."""
    by_category: dict[str, list[int]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """Incidents with another end, or the same more than an hour later or sooner."""
        return self.stage + self.later + self.sooner


def _follow(rows: dict[int, Row], otherwise: Sequence[Otherwise], areas: NDArray[np.int64]) -> None:
    """Follow every incident of one seed from the first plan to the others; then forget them."""
    first: Ends | None = rows[0].pop("ends", None)
    for place, told in enumerate(otherwise, 1):
        other: Ends | None = rows[place].pop("ends", None)
        if first is None or other is None:
            continue
        if first.digest != other.digest or first.categories != other.categories:
            told.same_incidents = False
            continue
        _count(first, other, told, areas)


def _count(first: Ends, other: Ends, told: Otherwise, areas: NDArray[np.int64]) -> None:
    moved = first.stage != other.stage
    by_h = np.where(moved, 0.0, np.nan_to_num(other.end_h - first.end_h))
    changed = moved | (np.abs(by_h) > LATER_H)
    told.incidents += len(moved)
    told.stage += int(moved.sum())
    told.later += int((by_h > LATER_H).sum())
    told.sooner += int((by_h < -LATER_H).sum())
    for before, after in zip(first.stage[moved], other.stage[moved], strict=True):
        move = f"{Stage(before).label} → {Stage(after).label}"
        told.moves[move] = told.moves.get(move, 0) + 1
    area = areas[first.area]
    for number in np.unique(area):
        here = area == number
        entry = told.by_area.setdefault(int(number), [0, 0])
        entry[0] += int(here.sum())
        entry[1] += int(changed[here].sum())
    for code, name in enumerate(first.categories):
        here = first.category == code
        entry = told.by_category.setdefault(name, [0, 0])
        entry[0] += int(here.sum())
        entry[1] += int(changed[here].sum())
