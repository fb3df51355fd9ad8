"""What a history has left, in the words of the Mesa model: columns, people's doings, totals.

Layer: sim.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.closed_forms import bits, draw, exponential
from sim.compiled.kernel import running
from sim.compiled.layout import CASE, TOTALS
from sim.incidents import Stage
from sim.randomness import Luck
from sim.recording import Doings, UnitDoings
from sim.tables import CODES, COUNTS, TIMES, worsens_h_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.compiled.history import History

WHOLE_NUMBERS = ("site", "category", "severity", "stage", *COUNTS, *CODES)


def columns_of(history: History) -> dict[str, NDArray[np.generic]]:
    """As `sim.tables.columns_of`, to the last bit."""
    city, progress = history.plan.city, history.world[0]
    cases = history.arrays["cases"][: progress["cases_count"]]
    if city.comes_back:
        cases = np.concatenate([cases, _back_while_open(history, cases)])
    columns: dict[str, NDArray[np.generic]] = {
        name: np.ascontiguousarray(cases[name]) for name in ("occurred_h", "gone_h", *TIMES)
    }
    columns |= {name: cases[name].astype(np.int64) for name in WHOLE_NUMBERS}
    columns["came_back_of"] = cases["before"].astype(np.int64)
    columns["worsens_h"] = worsens_h_of(
        city.categories, cases["key"], cases["occurred_h"], columns["category"], columns["severity"]
    )
    return columns


def _back_while_open(history: History, cases: NDArray[np.void]) -> NDArray[np.void]:
    """What is back by now while its case is open: it stands, and has not been noted yet."""
    now_h, again = float(history.world["now_h"][0]), []
    comes_back = np.array([category.comes_back for category in history.plan.city.categories])[cases["category"]]
    handled = np.flatnonzero(comes_back & np.isin(cases["stage"], (Stage.HANDLED, Stage.CHECKED)))
    for row in handled.tolist():
        case, data = cases[row], history.plan.city.categories[cases["category"][row]].data
        key = int(case["key"])
        if np.isnan(case["remedied_h"]) or draw(key, Luck.COMES_BACK) >= data.comes_back_prob:
            continue
        back_h = float(case["remedied_h"]) + exponential(draw(key, Luck.BACK_AFTER), data.comes_back_mean_h)
        if back_h < case["gone_h"] and back_h <= now_h:
            again.append((row, back_h, bits(key, Luck.KEY_WHEN_BACK, 1)))
    rows = np.zeros(len(again), CASE)
    running.clear(rows)
    for one, (row, back_h, key) in zip(rows, again, strict=True):
        before = cases[row]
        one["occurred_h"], one["key"], one["before"] = back_h, key, row
        for name in ("gone_h", "site", "category", "severity"):
            one[name] = before[name]
        one["stage"] = Stage.VANISHED if before["gone_h"] <= now_h else Stage.OCCURRED
    return rows


def doings_of(history: History) -> Doings:
    """What people have done by the end."""
    city, world, arrays = history.plan.city, history.world[0], history.arrays
    now_h = float(world["now_h"])
    duty_h = city.patrol.hours.worked_h(now_h)
    beats, started = arrays["beats"], history.plan.arrays["beats"]["lag_h"]
    ahead_h = np.maximum(0.0, beats["free_at_h"] - duty_h)
    count = world["residents_count"]
    return Doings(
        now_h,
        (beats["lag_h"] - started - ahead_h)[: len(city.patrol.beats)].tolist(),
        _unit_doings(history, now_h),
        _desks_busy_h(history, now_h),
        arrays["finds"]["value"][: len(city.patrol.supervisors)],
        float(world["trust_sum"] / count) if count else float("nan"),
    )


def _unit_doings(history: History, now_h: float) -> list[UnitDoings]:
    cases = history.arrays["cases"][: history.world["cases_count"][0]]
    in_hand = np.flatnonzero(cases["in_hand"])
    until_h: dict[int, list[float]] = {}
    for unit, until in zip(cases["unit"][in_hand].tolist(), cases["until_h"][in_hand].tolist(), strict=True):
        until_h.setdefault(unit, []).append(until)
    doings = []
    for number, (unit, row) in enumerate(zip(history.plan.city.units, history.arrays["units"], strict=False)):
        worked_h = unit.hours.worked_h(now_h)
        ahead_h = fsum(max(0.0, until - worked_h) for until in until_h.get(number, ()))
        waiting = int(row["waiting"] - row["void"])
        waited_h = float(row["waited_h"]) + waiting * (now_h - float(row["noted_h"]))
        doings.append(UnitDoings(float(row["taken_on_h"]) - ahead_h, waited_h, int(row["most_waiting"])))
    return doings


def _desks_busy_h(history: History, now_h: float) -> list[float]:
    free_at_h = history.arrays["operators"]["value"].tolist()
    busy_h = []
    for desk, row in zip(history.plan.city.desks, history.arrays["desks"], strict=True):
        duty_h, first = desk.hours.worked_h(now_h), int(row["operators_first"])
        mine = free_at_h[first : first + desk.operators_count]
        busy_h.append(float(row["served_h"]) - fsum(max(0.0, free_at - duty_h) for free_at in mine))
    return busy_h


def totals_of(history: History) -> pd.DataFrame:
    """The running totals at every midnight, as the Mesa model's data collector has them."""
    days = history.arrays["days"]
    return pd.DataFrame({name: days[name] if name == "trust" else days[name].astype(np.int64) for name in TOTALS})


def events_count(history: History) -> int:
    """Events that have happened; the next arrival is entered, and has not."""
    world = history.world[0]
    awaited = world["next_arrival"] < world["arrivals_count"]
    return int(world["entered_count"] - world["pending_count"] - awaited)
