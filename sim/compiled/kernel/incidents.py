"""What an incident is: as `sim.incidents`, and the log of stages.

Layer: sim.
"""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.numbers import (
    DISPATCHED,
    FIRST,
    FIXED,
    HANDLING,
    L_BACK_AFTER,
    L_COMES_BACK,
    L_HANG,
    L_TAKE_UP,
    L_WORK,
    L_WORSENS,
    LOGNORMAL,
    MAJOR,
    NOTHING,
    category_at,
    step_at,
)
from sim.compiled.kernel.working_time import after
from sim.compiled.memory import call


@compiled
def note(w, i, what, who, until_h):
    """For whoever watches."""
    if w.keeps_steps:
        step = step_at(w, w.steps_count)
        step.time_h, step.until_h, step.case, step.who, step.what = w.now_h, until_h, i, who, what
        w.steps_count += 1


@compiled
def enter(w, i, case, stage):
    standing = w.standing
    standing[case.stage] -= 1
    standing[stage] += 1
    case.stage = stage
    note(w, i, stage, np.int64(case.unit) if DISPATCHED <= stage <= HANDLING else NOTHING, nan)


@compiled
def severity_at(w, case):
    """Now."""
    severity, category = np.int64(case.severity), category_at(w, case.category)
    if category.worsens_mean_h > 0.0 and severity < MAJOR:
        worsens_h = case.occurred_h + forms.exponential(forms.draw(case.key, L_WORSENS, FIRST), category.worsens_mean_h)
        if w.now_h >= worsens_h:
            severity += 1
    return severity


@compiled
def work_h(w, case, attempt):
    category = category_at(w, case.category)
    if category.work == FIXED:
        return category.work_mean_h
    u = forms.draw(case.key, L_WORK, attempt)
    if category.work == LOGNORMAL:
        return forms.lognormal(u, category.location, category.scale)
    return call(w.gamma_address, category.shape, u) * category.work_mean_h / category.shape


@compiled
def due_h(w, case, from_h):
    category = category_at(w, case.category)
    return after(w, category.deadline_clock, from_h, category.deadline_h)


@compiled
def on_time(case):
    return case.handled_h <= case.due_h


@compiled
def taken_up(case, category, task_is_done):
    prob = category.take_up_prob
    return prob > 0.0 and (not task_is_done or forms.draw(case.key, L_TAKE_UP, FIRST) < prob)


@compiled
def back_h(w, case):
    category = category_at(w, case.category)
    if isnan(case.remedied_h) or forms.draw(case.key, L_COMES_BACK, FIRST) >= category.comes_back_prob:
        return inf
    u = forms.draw(case.key, L_BACK_AFTER, FIRST)
    return forms.back_h(case.remedied_h, u, category.comes_back_mean_h, case.gone_h)


@compiled
def hangs(w, case):
    prob = category_at(w, case.category).hang_prob
    return prob > 0.0 and not (case.hung or case.gone_on_arrival) and forms.draw(case.key, L_HANG, FIRST) < prob


@compiled
def handle(w, case):
    case.handled_h = w.now_h
    if not case.gone_on_arrival:
        case.remedied_h = w.now_h


@compiled
def told_place(case, precision_m):
    if precision_m < case.place_m:
        case.place_m = precision_m


@compiled
def as_drawn(case):
    """What has not happened yet."""
    case.found_h = case.filed_h = case.due_h = case.dispatched_h = nan
    case.handled_h = case.remedied_h = case.closed_h = nan
    case.until_h, case.place_m = 0.0, inf
    case.unit = case.reporter = case.chance = case.witness = case.noticed = case.before = -1
    case.level = case.found_by = -1
    case.ticket = case.passed_by = case.returns = case.reworks = case.extensions = case.escalations = 0
    case.duplicates = case.attempts = case.attempts_here = 0
    case.stage = case.offered = case.hung = case.gone_on_arrival = case.in_hand = 0
