"""What a history has left, in the words of the Mesa model: columns, people's doings, totals.

Layer: sim.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.closed_forms import back_h, bits, draw
from sim.compiled.kernel import running
from sim.compiled.layout import CASE, TOTALS
from sim.incidents import Stage
from sim.randomness import Luck
from sim.recording import Doings, UnitDoings
from sim.steps import Steps
from sim.tables import CODES, COUNTS, TIMES, worsens_h_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.compiled.history import History


def columns_of(history: History) -> dict[str, NDArray[np.generic]]:
    """As `sim.tables.columns_of`, to the last bit."""
    city, arrays = history.plan.city, history.arrays
    cases = arrays["cases"][: history.world["cases_count"][0]]
    again = _back_while_open(history, cases)

    def column(name: str, kind: type[np.generic]) -> NDArray[Any]:
        found = np.empty(len(cases) + len(again), kind)
        found[: len(cases)], found[len(cases) :] = cases[name], again[name]
        return found

    occurred_h, category, severity = (
        column("occurred_h", np.float64), column("category", np.int64), column("severity", np.int64)
    )  # fmt: skip
    # First what needs room for the reckoning, so that it is free again for the columns.
    worsens_h = worsens_h_of(city.categories, column("key", np.uint64), occurred_h, category, severity)
    given = {"occurred_h": occurred_h, "category": category, "severity": severity, "worsens_h": worsens_h}
    return (
        given
        | {name: column(name, np.float64) for name in ("gone_h", *TIMES)}
        | {name: column(name, np.int64) for name in ("site", "stage", *COUNTS, *CODES)}
        | {"came_back_of": column("before", np.int64)}
    )


def _back_while_open(history: History, cases: NDArray[np.void]) -> NDArray[np.void]:
    """What is back by now while its case is open: it stands, and has not been noted yet."""
    now_h, again = float(history.world["now_h"][0]), []
    if not history.plan.city.comes_back:
        return np.zeros(0, CASE)
    comes_back = np.array([category.comes_back for category in history.plan.city.categories])[cases["category"]]
    handled = np.flatnonzero(comes_back & np.isin(cases["stage"], (Stage.HANDLED, Stage.CHECKED)))
    for row in handled.tolist():
        case, data = cases[row], history.plan.city.categories[cases["category"][row]].data
        key = int(case["key"])
        if np.isnan(case["remedied_h"]) or draw(key, Luck.COMES_BACK) >= data.comes_back_prob:
            continue
        back = back_h(
            float(case["remedied_h"]), draw(key, Luck.BACK_AFTER), data.comes_back_mean_h, float(case["gone_h"])
        )
        if back <= now_h:
            again.append((row, back, bits(key, Luck.KEY_WHEN_BACK, 1)))
    rows = np.zeros(len(again), CASE)
    running.clear(rows)
    for one, (row, back, key) in zip(rows, again, strict=True):
        before = cases[row]
        one["occurred_h"], one["key"], one["before"] = back, key, row
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
    units, doings = history.arrays["units"], []
    told = ("waiting", "void", "waited_h", "noted_h", "taken_on_h", "most_waiting")
    rows = zip(*(units[name].tolist() for name in told), strict=True)
    for number, (unit, row) in enumerate(zip(history.plan.city.units, rows, strict=False)):
        waiting, void, waited_h, noted_h, taken_on_h, most_waiting = row
        worked_h = unit.hours.worked_h(now_h)
        ahead_h = fsum(max(0.0, until - worked_h) for until in until_h.get(number, ()))
        waited_h += (waiting - void) * (now_h - noted_h)
        doings.append(UnitDoings(taken_on_h - ahead_h, waited_h, most_waiting))
    return doings


def _desks_busy_h(history: History, now_h: float) -> list[float]:
    free_at_h = history.arrays["operators"]["value"].tolist()
    busy_h = []
    for desk, row in zip(history.plan.city.desks, history.arrays["desks"], strict=True):
        duty_h, first = desk.hours.worked_h(now_h), int(row["operators_first"])
        mine = free_at_h[first : first + desk.operators_count]
        busy_h.append(float(row["served_h"]) - fsum(max(0.0, free_at - duty_h) for free_at in mine))
    return busy_h


def steps_of(history: History) -> Steps:
    """As `sim.steps.StepLog.steps`, to the last bit."""
    steps = history.arrays["steps"][: history.world["steps_count"][0]]
    incident, what, who = (steps[name].astype(np.int64) for name in ("case", "what", "who"))
    return Steps(steps["time_h"].copy(), incident, what, who, steps["until_h"].copy())


def totals_of(history: History) -> dict[str, NDArray[np.generic]]:
    """The running totals at every midnight, as the Mesa model's data collector has them."""
    days = history.arrays["days"]
    return {name: days[name] if name == "trust" else days[name].astype(np.int64) for name in TOTALS}


def events_count(history: History) -> int:
    """Events that have happened; the next arrival is entered, and has not."""
    world = history.world[0]
    awaited = world["next_arrival"] < world["arrivals_count"]
    return int(world["entered_count"] - world["pending_count"] - awaited)
