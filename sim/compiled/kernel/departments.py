"""Units: as `sim.agents.departments`; the built-in rules of queueing.

Layer: sim.
"""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.desks import slowness, work_done
from sim.compiled.kernel.escalation import climb, may_climb, try_again_or_climb
from sim.compiled.kernel.incidents import due_h, enter, handle, hangs, note, severity_at, work_h
from sim.compiled.kernel.numbers import (
    D_EXTENSION,
    D_SET_ASIDE,
    DISPATCHED,
    EARLIEST_DEADLINE,
    FINISH,
    FIRST,
    GIVE_BACK,
    HANDLING,
    L_EXTENSION,
    L_HANG_TIME,
    L_SETTLE,
    MOST_SEVERE,
    NOTHING,
    SET_OUT,
    TIME_IS_UP,
    TOO_LATE,
    case_at,
    category_at,
    site_at,
    unit_at,
    wait_at,
    waiting_at,
)
from sim.compiled.kernel.working_time import opening_now, when, worked_now


@compiled
def search_h(w, case):
    grid_m2 = site_at(w, case.site).known_within_m2
    return forms.search_h(case.place_m, grid_m2[category_at(w, case.category).by_cell], w.search_m2_per_h)


@compiled
def note_waiting(w, unit):
    unit.waited_h = unit.waited_h + (unit.waiting - unit.void) * (w.now_h - unit.noted_h)
    unit.noted_h = w.now_h


@compiled
def put_waiting(w, place, rank, joined, i, ticket):
    waiting = waiting_at(w, place)
    waiting.place, waiting.joined, waiting.case, waiting.ticket = rank, joined, i, ticket


@compiled
def is_served_before(w, place, rank, joined):
    waiting = waiting_at(w, place)
    return waiting.place < rank or (waiting.place == rank and waiting.joined < joined)


@compiled
def move_waiting(w, place, to):
    waiting = waiting_at(w, place)
    put_waiting(w, to, waiting.place, waiting.joined, waiting.case, waiting.ticket)


@compiled
def join_queue(w, unit, rank, i, ticket):
    if unit.waiting == unit.queue_room:  # move to twice the room
        for n in range(unit.waiting):
            move_waiting(w, unit.queue_first + n, w.queue_top + n)
        unit.queue_first, unit.queue_room = w.queue_top, max(4, 2 * unit.queue_room)
        w.queue_top += unit.queue_room
        w.queue_need = max(w.queue_need, 4 * unit.queue_room)
    unit.joined += 1
    first, place = unit.queue_first, unit.waiting
    unit.waiting += 1
    while place > 0:
        parent = (place - 1) >> 1
        if is_served_before(w, first + parent, rank, unit.joined):
            break
        move_waiting(w, first + parent, first + place)
        place = parent
    put_waiting(w, first + place, rank, unit.joined, i, ticket)


@compiled
def leave_queue(w, unit):
    """Take the first off."""
    unit.waiting -= 1
    first, count = unit.queue_first, unit.waiting
    last = waiting_at(w, first + count)
    rank, joined, i, ticket = last.place, last.joined, last.case, last.ticket
    place, child = 0, 1
    while child < count:
        right = waiting_at(w, first + child + 1)
        if child + 1 < count and not is_served_before(w, first + child, right.place, right.joined):
            child += 1
        if not is_served_before(w, first + child, rank, joined):
            break
        move_waiting(w, first + child, first + place)
        place, child = child, 2 * child + 1
    put_waiting(w, first + place, rank, joined, i, ticket)


@compiled
def place_in_queue(w, unit, case):
    """The rules of queueing."""
    if unit.queue_rule == EARLIEST_DEADLINE:
        return inf if isnan(case.due_h) else case.due_h
    if unit.queue_rule == MOST_SEVERE:
        return -np.float64(severity_at(w, case))
    return 0.0


@compiled
def receive(w, u, i):
    unit, case = unit_at(w, u), case_at(w, i)
    case.unit, case.level = u, unit.level
    case.ticket += 1
    if isnan(case.dispatched_h):
        case.dispatched_h = w.now_h
    enter(w, i, case, DISPATCHED)
    if unit.waiting == 0 and unit.in_hand < unit.people and opening_now(w, unit.clock) == w.now_h:
        start(w, u, i)
        return
    note_waiting(w, unit)
    join_queue(w, unit, place_in_queue(w, unit, case), i, case.ticket)
    unit.most_waiting = max(unit.most_waiting, unit.waiting - unit.void)
    set_out(w, u)
    if case.stage == DISPATCHED and may_climb(w, case):
        watch_the_wait(w, unit, i, case.ticket)


@compiled
def watch_the_wait(w, unit, i, ticket):
    limit_h = w.limit_h
    if limit_h[unit.level] == inf:
        return
    place = w.wait_free
    if place >= 0:
        w.wait_free = wait_at(w, place).case
    else:
        place = w.wait_top
        w.wait_top += 1
    wait = wait_at(w, place)
    wait.case, wait.ticket = i, ticket
    at(w, w.now_h + limit_h[unit.level], TIME_IS_UP, place)


@compiled
def time_is_up(w, place):
    wait = wait_at(w, place)
    i, ticket = np.int64(wait.case), wait.ticket
    wait.case = w.wait_free
    w.wait_free = place
    case = case_at(w, i)
    if case.ticket == ticket and case.stage == DISPATCHED:
        unit = unit_at(w, case.unit)
        note_waiting(w, unit)
        if climb(w, i, TOO_LATE):
            unit.void += 1


@compiled
def set_out(w, u):
    unit = unit_at(w, u)
    while unit.waiting > 0 and unit.in_hand < unit.people:
        opens_h = opening_now(w, unit.clock)
        if opens_h > w.now_h:
            if opens_h > unit.awaited_h:
                unit.awaited_h = opens_h
                at(w, opens_h, SET_OUT, u)
            return
        note_waiting(w, unit)
        first = waiting_at(w, unit.queue_first)
        i, ticket = np.int64(first.case), first.ticket
        leave_queue(w, unit)
        if case_at(w, i).ticket == ticket:
            start(w, u, i)
        else:
            unit.void -= 1


@compiled
def start(w, u, i):
    unit, case = unit_at(w, u), case_at(w, i)
    enter(w, i, case, HANDLING)
    case.attempts += 1
    case.attempts_here += 1
    case.gone_on_arrival = case.gone_h <= w.now_h
    takes_h = hours_needed(w, unit, case)
    case.until_h = worked_now(w, unit.clock) + takes_h
    case.in_hand = 1
    unit.in_hand += 1
    unit.taken_on_h += takes_h
    done_h = max(w.now_h, when(w, unit.clock, case.until_h))
    if done_h > case.due_h:  # never without a deadline
        ask_for_time(w, i, case)
    at(w, done_h, FINISH, i)


@compiled
def ask_for_time(w, i, case):
    if case.extensions == 0 and not isnan(case.filed_h) and forms.draw(case.key, L_EXTENSION, FIRST) < w.extension_prob:
        case.extensions += 1
        case.due_h = due_h(w, case, case.due_h)
        note(w, i, D_EXTENSION, NOTHING, case.due_h)


@compiled
def hours_needed(w, unit, case):
    site = site_at(w, case.site)
    travel_h = unit.mobilise_h + forms.distance_m(unit.x_m, unit.y_m, site.x_m, site.y_m) / unit.speed
    searching_h = unit.search_share * search_h(w, case)
    working_h = 0.0
    if not case.gone_on_arrival:
        working_h = work_h(w, case, np.int64(case.attempts)) * pace(w, unit)
        working_h *= slowness(w)
    return (travel_h + searching_h + working_h) / unit.casework_share


@compiled
def pace(w, unit):
    if not unit.is_scored or (w.exponent == 0.0 and w.scoring_response == 0.0):
        return 1.0
    shortfall = max(0.0, 1.0 - unit.score / w.scoring_target)
    return forms.pace(unit.attempts, unit.people, w.experience_cases, w.exponent, shortfall, w.scoring_response)


@compiled
def finish(w, i):
    case = case_at(w, i)
    u = np.int64(case.unit)
    unit = unit_at(w, u)
    case.in_hand = 0
    unit.in_hand -= 1
    unit.attempts += 1
    if hangs(w, case):
        set_aside(w, i)
    elif unit.settle_prob >= 1.0 or forms.draw(case.key, L_SETTLE, np.int64(case.attempts)) < unit.settle_prob:
        handle(w, case)
        work_done(w, i)
    else:
        case.ticket += 1
        enter(w, i, case, DISPATCHED)
        try_again_or_climb(w, i)
    set_out(w, u)


@compiled
def set_aside(w, i):
    case = case_at(w, i)
    case.hung = 1
    case.ticket += 1
    note(w, i, D_SET_ASIDE, np.int64(case.unit), nan)
    enter(w, i, case, DISPATCHED)
    hangs_for_h = forms.exponential(forms.draw(case.key, L_HANG_TIME, FIRST), category_at(w, case.category).hang_mean_h)
    at(w, w.now_h + hangs_for_h, GIVE_BACK, i)
