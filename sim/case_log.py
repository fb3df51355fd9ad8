"""What happened to every incident, as columns; and how many incidents stand in each stage.

Layer: sim.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.incidents import Finder, Level, Severity, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.incidents import Incident
    from sim.model import GovernanceModel

TIMES = ("found_h", "filed_h", "due_h", "dispatched_h", "handled_h", "closed_h")
COUNTS = ("returns", "reworks", "extensions", "escalations", "duplicates", "attempts")
CODES = ("level", "found_by")
RECORDED = (*TIMES, *COUNTS, *CODES)


class CaseLog:
    """Keeps every incident that has occurred, and counts them by stage."""

    def __init__(self) -> None:
        """Nothing has occurred yet."""
        self.incidents: list[Incident] = []
        self.standing = [0] * len(Stage)
        """Incidents that are in each stage now."""
        self.found_count = self.filed_count = 0

    def occur(self, incident: Incident) -> None:
        """A new incident; it is in the stage it was made in."""
        self.incidents.append(incident)
        self.standing[Stage.OCCURRED] += 1

    def enter(self, incident: Incident, stage: Stage) -> None:
        """An incident goes from its stage to another."""
        self.standing[incident.stage] -= 1
        self.standing[stage] += 1
        incident.stage = stage

    @property
    def backlog_count(self) -> int:
        """Incidents that somebody has found and nobody has brought to an end."""
        return sum(self.standing[stage] for stage in Stage if stage is not Stage.OCCURRED and not stage.ended)


def columns_of(model: GovernanceModel) -> dict[str, NDArray[np.generic]]:
    """Every incident that has occurred, as arrays by name: times in hours (NaN: not yet), counts, codes (-1: none)."""
    log, arrivals = model.log.incidents, model.arrivals
    columns: dict[str, NDArray[np.generic]] = {
        name: getattr(arrivals, name)[: len(log)] for name in ("occurred_h", "site", "category", "severity")
    }
    columns["stage"] = np.array([incident.stage for incident in log], dtype=np.int64)
    # Nothing but its stage is recorded of an incident that nobody found, and most are such.
    found = [incident for incident in log if incident.found_h is not None]
    rows = np.array([incident.number for incident in found], dtype=np.int64)
    for name in RECORDED:
        values = list(map(attrgetter(name), found))
        empty: float = np.nan if name in TIMES else -1 if name in CODES else 0
        column = np.full(len(log), empty, dtype=float if name in TIMES else np.int64)
        column[rows] = [-1 if value is None else value for value in values] if name in CODES else values
        columns[name] = column
    return columns


def case_table(model: GovernanceModel, columns: Mapping[str, NDArray[np.generic]]) -> pd.DataFrame:
    """All incidents that have occurred, a row each; times in hours since the start, NaN where nothing happened.

    `level` is the last level that had the case, `severity` the one at its occurrence, `grid` the grid of the
    partition by which its category is known.
    """
    ground, site, category = model.territory, columns["site"], columns["category"]
    by_cell = np.array([known.known_by_cell for known in model.categories], dtype=bool)[category]
    words = {
        "category": [known.name for known in model.categories],
        "severity": [severity.label for severity in Severity],
        "found_by": [finder.label for finder in Finder],
        "stage": [stage.label for stage in Stage],
        "level": [level.label for level in Level],
    }
    table = {
        **columns,
        **{name: pd.Categorical.from_codes(columns[name], categories=labels) for name, labels in words.items()},
        "incident": np.arange(len(site)),
        "x_m": ground.site_x_m[site],
        "y_m": ground.site_y_m[site],
        "grid": np.where(by_cell, ground.cells.of_site[site], ground.social.of_site[site]),
    }
    return pd.DataFrame({name: table[name] for name in COLUMNS})


COLUMNS = (
    "incident", "occurred_h", "site", "x_m", "y_m", "category", "severity", "grid", "found_h", "found_by", "filed_h",
    "due_h", "dispatched_h", "handled_h", "closed_h", "stage", "level", *COUNTS,
)  # fmt: skip
