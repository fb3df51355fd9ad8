"""Which level a case goes to: the built-in rules, and the way up.

Layer: sim.
"""

from __future__ import annotations

from math import isnan, nan

import numpy as np

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.incidents import note, severity_at
from sim.compiled.kernel.numbers import (
    ARRIVE,
    ATTEMPTS_USED_UP,
    BY_SEVERITY,
    D_CLIMB,
    DIRECT,
    GIVE_BACK,
    L_WRONG_UNIT,
    LADDER,
    MAJOR,
    NEW,
    NOTHING,
    TAKE_CASE,
    TOO_LATE,
    case_at,
    category_at,
    site_at,
)
from sim.compiled.kernel.working_time import after_now


@compiled
def next_above(category, level):
    rungs = category.rungs
    for n in range(category.rungs_count):
        if rungs[n] > level:
            return rungs[n]
    return NOTHING


@compiled
def named_level(w, case, reason):
    """-1: none."""
    category = category_at(w, case.category)
    rungs = category.rungs
    lowest, highest, level = rungs[0], rungs[category.rungs_count - 1], np.int64(case.level)
    if w.escalation == LADDER:
        if severity_at(w, case) == MAJOR and level != highest:
            return highest
        return lowest if reason == NEW else next_above(category, level)
    if w.escalation == BY_SEVERITY:
        if reason != NEW:
            return next_above(category, level)
        meant_for = next_above(category, severity_at(w, case) - 1)
        return highest if meant_for < 0 else meant_for
    if reason != NEW:
        return NOTHING
    return highest if w.escalation == DIRECT else lowest


@compiled
def first_level(w, case):
    category = category_at(w, case.category)
    rungs = category.rungs
    if category.rungs_count == 1:
        return rungs[0]
    named = named_level(w, case, NEW)
    return rungs[0] if named < 0 else named


@compiled
def try_again_or_climb(w, i):
    used_up = case_at(w, i).attempts_here >= w.attempts_max
    if not (used_up and climb(w, i, ATTEMPTS_USED_UP)):
        at(w, w.now_h + w.retry_after_h, GIVE_BACK, i)


@compiled
def may_climb(w, case):
    return category_at(w, case.category).rungs_count > 1 and named_level(w, case, TOO_LATE) >= 0


@compiled
def climb(w, i, reason):
    case = case_at(w, i)
    level = named_level(w, case, reason)
    if level < 0:
        return False
    case.level, case.unit = level, -1
    case.escalations += 1
    case.attempts_here = 0
    case.ticket += 1
    note(w, i, D_CLIMB, level, nan)
    at(w, after_now(w, w.office, w.step_up_h), TAKE_CASE if isnan(case.filed_h) else ARRIVE, i)
    return True


@compiled
def goes_astray(w, case):
    wrong = 0.0 if isnan(case.filed_h) else w.misdispatch_prob
    near_border = site_at(w, case.site).near_border
    if near_border[category_at(w, case.category).by_cell]:
        wrong += (1.0 - wrong) * w.boundary_dispute_prob
    return forms.draw(case.key, L_WRONG_UNIT, np.int64(case.returns + 1)) < wrong
