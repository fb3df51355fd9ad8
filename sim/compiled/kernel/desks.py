"""The desks of both centres, and checks: as `sim.agents.centres`.

Layer: sim.
"""

from __future__ import annotations

from math import isnan, nan

import numpy as np

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.chances import ended
from sim.compiled.kernel.incidents import enter, note, on_time
from sim.compiled.kernel.numbers import (
    CHECKED,
    CLOSE,
    CLOSED,
    COMMAND,
    D_CHECK,
    D_REPORTED_AGAIN,
    DISPATCH,
    DISPATCH_AGAIN,
    FILE,
    FILED,
    HANDLED,
    HEAR_CHECK,
    L_CHECK,
    NOTHING,
    SOLVED_IN_GRID,
    SUPERVISION,
    case_at,
    desk_at,
    operator_at,
    unit_at,
)
from sim.compiled.kernel.residents import would_report
from sim.compiled.kernel.supervisors import go_on_errand, post_of
from sim.compiled.kernel.working_time import done_at, worked_now


@compiled
def report_again(w, i):
    case = case_at(w, i)
    if case.stage < CLOSED and would_report(w, case):
        case.duplicates += 1
        note(w, i, D_REPORTED_AGAIN, NOTHING, nan)
        desk_done_at(w, SUPERVISION, w.intake_h)


@compiled
def work_done(w, i):
    case = case_at(w, i)
    if isnan(case.filed_h):
        solved_in_grid(w, i)
    else:
        enter(w, i, case, HANDLED)
        order_check(w, i)


@compiled
def solved_in_grid(w, i):
    case = case_at(w, i)
    case.closed_h = case.handled_h
    ended(w, i, SOLVED_IN_GRID)


@compiled
def slowness(w):
    if not w.starts_up:
        return 1.0
    return forms.slowness(w.running_days + w.now_h / 24.0, w.start_up_slowness, w.start_up_days)


@compiled
def desk_done_at(w, centre, service_h):
    """The operators' times stand in order, so that whoever is free first stands first."""
    desk = desk_at(w, centre)
    if desk.operators_count == 0:
        return w.now_h
    service_h *= slowness(w)
    first, duty_h = desk.operators_first, worked_now(w, desk.clock)
    free_at_h = operator_at(w, first).value
    done_h = (duty_h if duty_h >= free_at_h else free_at_h) + service_h
    place, last = first, first + desk.operators_count - 1
    while place < last and operator_at(w, place + 1).value < done_h:
        operator_at(w, place).value = operator_at(w, place + 1).value
        place += 1
    operator_at(w, place).value = done_h
    desk.served_h += service_h
    return done_at(w, desk.clock, done_h)


@compiled
def take_case(w, i):
    at(w, desk_done_at(w, SUPERVISION, w.filing_h), FILE, i)


@compiled
def file(w, i):
    case = case_at(w, i)
    case.filed_h = w.now_h
    enter(w, i, case, FILED)
    w.filed_count += 1
    take(w, i)


@compiled
def order_check(w, i):
    b = post_of(w, case_at(w, i))
    if b >= 0:
        at(w, go_on_errand(w, b, i, w.check_h, D_CHECK), HEAR_CHECK, i)
    else:
        at(w, desk_done_at(w, SUPERVISION, w.closing_h), CLOSE, i)


@compiled
def hear_check(w, i):
    case = case_at(w, i)
    enter(w, i, case, CHECKED)
    if forms.draw(case.key, L_CHECK, np.int64(case.attempts)) < w.check_fail_prob:
        case.reworks += 1
        case.remedied_h = nan
        at(w, desk_done_at(w, COMMAND, w.dispatch_h), DISPATCH_AGAIN, i)
    else:
        at(w, desk_done_at(w, SUPERVISION, w.closing_h), CLOSE, i)


@compiled
def close(w, i):
    case = case_at(w, i)
    case.closed_h = w.now_h
    if case.unit >= 0:
        unit = unit_at(w, case.unit)
        if unit.is_scored:
            unit.score = forms.score_after(unit.score, 1.0 if on_time(case) else 0.0, w.memory_cases)
    ended(w, i, CLOSED)


@compiled
def take(w, i):
    at(w, desk_done_at(w, COMMAND, w.dispatch_h), DISPATCH, i)
