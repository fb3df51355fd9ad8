"""Chances to find an incident, and how it ends: as the model has it.

Layer: sim.
"""

from __future__ import annotations

from math import inf

import numpy as np

from sim.compiled.compiling import compiled
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.incidents import back_h, enter, on_time
from sim.compiled.kernel.numbers import COME_BACK, FOUND, REJECTED, VANISHED, case_at, category_at, chance_at
from sim.compiled.kernel.residents import expect_duplicate, hear


@compiled
def add_chance(w, case, time_h, rank, who, target):
    """A further chance, after those that come before it or with it."""
    place = w.chance_free
    if place >= 0:
        w.chance_free = chance_at(w, place).later
    else:
        place = w.chance_top
        w.chance_top += 1
    before, later = np.int64(-1), np.int64(case.chance)
    while later >= 0 and w.fault == 0:
        other = chance_at(w, later)
        if time_h < other.time_h or (time_h == other.time_h and rank < other.rank):
            break
        before, later = later, np.int64(other.later)
    chance = chance_at(w, place)
    chance.time_h, chance.target, chance.rank, chance.who, chance.later = time_h, target, rank, who, later
    if before < 0:
        case.chance = place
    else:
        chance_at(w, before).later = place


@compiled
def drop_chance(w, case):
    """The soonest is over."""
    place = np.int64(case.chance)
    chance = chance_at(w, place)
    case.chance = chance.later
    chance.later = w.chance_free
    w.chance_free = place


@compiled
def await_return(w, i):
    back = back_h(w, case_at(w, i))
    if back < inf:
        at(w, max(w.now_h, back), COME_BACK, i)


@compiled
def found(w, i, finder):
    case = case_at(w, i)
    case.found_h, case.found_by = w.now_h, finder
    enter(w, i, case, FOUND)
    w.found_count += 1
    while case.chance >= 0 and w.fault == 0:
        drop_chance(w, case)
    expect_duplicate(w, i)


@compiled
def ended(w, i, stage):
    case = case_at(w, i)
    enter(w, i, case, stage)
    while case.chance >= 0 and w.fault == 0:
        drop_chance(w, case)
    if category_at(w, case.category).comes_back:
        await_return(w, i)
    if case.reporter >= 0:
        hear(w, case.reporter, stage != VANISHED and stage != REJECTED and on_time(case))
