"""Volunteers: as `sim.agents.party`.

Layer: sim.
"""

from __future__ import annotations

from math import inf

import numpy as np

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.incidents import due_h, enter, severity_at, work_h
from sim.compiled.kernel.numbers import (
    COMMUNITY,
    FIRST,
    GRID,
    HANDLING,
    MINOR,
    PARTY_FINISH,
    below_at,
    case_at,
    category_at,
    group_at,
    member_at,
    site_at,
)


@compiled
def hours_left(w, m):
    member = member_at(w, m)
    given_h = member.given_h if np.int64(w.now_h // forms.WEEK_H) == member.week else 0.0
    return w.weekly_h - given_h


@compiled
def give(w, m, hours):
    member, left_h = member_at(w, m), hours_left(w, m)
    member.week = np.int64(w.now_h // forms.WEEK_H)
    member.given_h = w.weekly_h - left_h + hours


@compiled
def try_to_settle(w, i):
    case = case_at(w, i)
    category = category_at(w, case.category)
    minor = severity_at(w, case) == MINOR
    if case.offered or not minor or w.members_count == 0 or category.volunteer_prob <= 0.0:
        return False
    case.offered = 1
    work = work_h(w, case, FIRST)
    if work > w.weekly_h:
        return False
    group = group_at(w, site_at(w, case.site).group)
    for steps in range(3):
        best, most_h = np.int64(-1), -inf
        first, count = group.first, group.count
        for n in range(count[steps]):
            m = below_at(w, first[steps] + n).value
            left_h = hours_left(w, m)
            if left_h > most_h:
                best, most_h = m, left_h
        if best >= 0 and most_h >= work:
            give(w, best, work)
            case.level = GRID if steps < 2 else COMMUNITY
            case.dispatched_h = w.now_h
            case.due_h = due_h(w, case, w.now_h)
            case.gone_on_arrival = case.gone_h <= w.now_h
            enter(w, i, case, HANDLING)
            at(w, w.now_h + steps * w.step_up_delay_h + work, PARTY_FINISH, i)
            return True
    return False
