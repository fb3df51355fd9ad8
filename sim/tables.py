"""The tables of a run: its incidents, a row each, and its days.

Layer: sim.  Reads what a run has left, and changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.demand import Arrivals
from sim.incidents import Finder, Level, Severity, Stage
from sim.randomness import Luck, draw_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from sim.incidents import Category, Incident
    from sim.model import GovernanceModel
    from sim.territory import Territory

AS_OF_MIDNIGHT = ("backlog", "open_unseen", "trust")
TIMES = ("found_h", "filed_h", "due_h", "dispatched_h", "handled_h", "remedied_h", "closed_h")
COUNTS = ("returns", "reworks", "extensions", "escalations", "duplicates", "attempts", "hung", "gone_on_arrival")
"""`hung` and `gone_on_arrival` are 1 or 0."""
CODES = ("level", "found_by")
NOTED = (*TIMES, *COUNTS, *CODES)


def columns_of(model: GovernanceModel) -> dict[str, NDArray[np.generic]]:
    """Every incident that has occurred, as arrays by name: times in hours (NaN: not yet), counts, codes (-1: none)."""
    arrivals, of_stream = model.arrivals, len(model.log.incidents)
    returned = [*model.log.returned, *_back_while_open(model)]
    log = [*model.log.incidents, *returned]
    row_of = {incident: row for row, incident in enumerate(log)} if returned else {}
    again = _as_arrivals(returned)
    columns: dict[str, NDArray[np.generic]] = {
        name: np.concatenate([getattr(arrivals, name)[:of_stream], getattr(again, name)])
        for name in ("occurred_h", "site", "category", "severity", "gone_h")
    }
    keys = np.concatenate([arrivals.key[:of_stream], again.key])
    columns["worsens_h"] = worsens_h_of(
        model.categories, keys, columns["occurred_h"], columns["category"], columns["severity"]
    )
    columns["came_back_of"] = np.full(len(log), -1)
    columns["came_back_of"][of_stream:] = [row_of[incident.before] for incident in returned if incident.before]
    columns["stage"] = np.array([incident.stage for incident in log], dtype=np.int64)
    # Nothing but its stage is recorded of an incident that nobody found, and most are such.
    rows = np.array([row for row, incident in enumerate(log) if incident.found_h is not None], dtype=np.int64)
    found = [log[row] for row in rows]
    for name in NOTED:
        values = list(map(attrgetter(name), found))
        empty: float = np.nan if name in TIMES else -1 if name in CODES else 0
        column = np.full(len(log), empty, dtype=float if name in TIMES else np.int64)
        column[rows] = [-1 if value is None else value for value in values] if name in CODES else values
        columns[name] = column
    return columns


def _back_while_open(model: GovernanceModel) -> list[Incident]:
    """What is back by now while its case is open: it stands, and has not been noted yet."""
    if not any(category.comes_back for category in model.categories):
        return []
    handled = (i for i in model.log.everything if i.stage in (Stage.HANDLED, Stage.CHECKED) and i.category.comes_back)
    again = [incident.come_back(-1) for incident in handled if incident.back_h <= model.now_h]
    for incident in again:
        incident.stage = Stage.VANISHED if incident.gone_h <= model.now_h else Stage.OCCURRED
    return again


def _as_arrivals(incidents: Sequence[Incident]) -> Arrivals:
    """Incidents as what occurs: arrays with one entry each."""
    return Arrivals(
        np.array([incident.occurred_h for incident in incidents], dtype=np.float64),
        np.array([incident.category.index for incident in incidents], dtype=np.int64),
        np.array([incident.site for incident in incidents], dtype=np.int64),
        np.array([incident.key for incident in incidents], dtype=np.uint64),
        np.array([incident.severity for incident in incidents], dtype=np.int64),
        np.array([incident.gone_h for incident in incidents], dtype=np.float64),
    )


def worsens_h_of(
    categories: Sequence[Category], key: NDArray[np.uint64], occurred_h: NDArray[Any], category: NDArray[Any],
    severity: NDArray[Any],
) -> NDArray[np.float64]:  # fmt: skip
    """When each incident is more severe by one step than at first; infinity: never.  (Eq. 5)"""
    rates = np.array([one.data.worsens_per_day for one in categories])[category] / 24.0
    worsens_h = np.full(len(rates), np.inf)
    may = (rates > 0.0) & (severity < Severity.MAJOR)
    with np.errstate(over="ignore"):  # a rate next to nothing: later than any number
        after_h = -np.log1p(-draw_column(key[may], Luck.WORSENS)) / rates[may]
    worsens_h[may] = occurred_h[may] + after_h
    return worsens_h


def case_table(
    ground: Territory, categories: Sequence[Category], columns: Mapping[str, NDArray[np.generic]]
) -> pd.DataFrame:
    """All incidents that have occurred, a row each; times in hours since the start, NaN where nothing happened.

    First what occurred, in order of time, then what came back after it was done away with: `came_back_of` is the row of
    the incident before (-1: it occurred of itself).
    `gone_h` is when an incident goes by itself (infinity: never), whoever saw it or did something about it.
    `level` is the last level that had the case, `severity` the one at its occurrence, `grid` the grid of the
    partition by which its category is known.
    """
    site, code = columns["site"], columns["category"]
    by_cell = np.array([category.known_by_cell for category in categories], dtype=bool)[code]
    words = {
        "category": [category.name for category in categories],
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
    "due_h", "dispatched_h", "handled_h", "remedied_h", "closed_h", "gone_h", "stage", "level", *COUNTS, "came_back_of",
)  # fmt: skip


def daily_table(start: date, running: Mapping[str, NDArray[np.generic]]) -> pd.DataFrame:
    """The daily series, from the running totals at every midnight, the first included."""
    totals = pd.DataFrame(running)
    days = totals.diff().iloc[1:].astype(int, errors="ignore").reset_index(drop=True)
    for name in AS_OF_MIDNIGHT:
        days[name] = totals[name].iloc[1:].to_numpy()
    days.insert(0, "day", range(len(days)))
    days.insert(1, "date", [pd.Timestamp(start + timedelta(day)) for day in range(len(days))])
    return days
