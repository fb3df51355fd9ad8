"""How a case gets to a unit: as `sim.ladder`; the built-in rules of dispatch.

Layer: sim.
"""

from __future__ import annotations

from math import inf, isnan

import numpy as np

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.departments import receive
from sim.compiled.kernel.desks import take
from sim.compiled.kernel.escalation import climb, first_level, goes_astray
from sim.compiled.kernel.incidents import due_h, enter, severity_at
from sim.compiled.kernel.numbers import (
    COME_BACK_FROM_WRONG_UNIT,
    DISPATCHED,
    LEAST_LOADED,
    NEAREST,
    TOO_SEVERE,
    case_at,
    category_at,
    crew_unit_at,
    crews_at,
    site_at,
    unit_at,
)
from sim.compiled.kernel.working_time import after_now


@compiled
def bring(w, i):
    case = case_at(w, i)
    if case.level < 0:
        case.level = first_level(w, case)
    if goes_astray(w, case):
        case.returns += 1
        back = after_now(w, w.office, w.return_delay_h)
        enter(w, i, case, DISPATCHED)
        at(w, back, COME_BACK_FROM_WRONG_UNIT, i)
    else:
        arrive(w, i)


@compiled
def arrive(w, i):
    case = case_at(w, i)
    severity, level = severity_at(w, case), np.int64(case.level)
    area, crews_first = site_at(w, case.site).area, category_at(w, case.category).crews_first
    crews = crews_at(w, crews_first[level] + area[level])
    meant = False
    for n in range(crews.count):
        if unit_at(w, crew_unit_at(w, crews.first + n).value).max_severity >= severity:
            meant = True
    if not meant and climb(w, i, TOO_SEVERE):
        return
    if isnan(case.due_h):
        case.due_h = due_h(w, case, w.now_h)
    receive(w, chosen_of(w, case, crews, meant, severity), i)


@compiled
def chosen_of(w, case, crews, meant, severity):
    """The rules of dispatch: of several competent units, those meant for the severity if there are any."""
    chosen, least_empty, least = np.int64(-1), False, inf
    for n in range(crews.count):
        u = crew_unit_at(w, crews.first + n).value
        unit = unit_at(w, u)
        if meant and unit.max_severity < severity:
            continue
        empty, size = False, 0.0
        if w.dispatch_rule == LEAST_LOADED:
            empty, size = unit.people == 0, (unit.waiting - unit.void + unit.in_hand) / max(unit.people, 1)
        elif w.dispatch_rule == NEAREST:
            site = site_at(w, case.site)
            size = forms.distance_m(unit.x_m, unit.y_m, site.x_m, site.y_m)
        if chosen < 0 or (least_empty and not empty) or (empty == least_empty and size < least):
            chosen, least_empty, least = u, empty, size
    return chosen


@compiled
def come_back_from_wrong_unit(w, i):
    if isnan(case_at(w, i).filed_h):
        bring(w, i)
    else:
        take(w, i)


@compiled
def give_back(w, i):
    case = case_at(w, i)
    if case.unit >= 0:
        receive(w, np.int64(case.unit), i)
