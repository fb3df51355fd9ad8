"""Beats and supervisors: as `sim.agents.supervisors`.

Layer: sim.
"""

from __future__ import annotations

from math import inf

import numpy as np

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.chances import add_chance, ended, found
from sim.compiled.kernel.incidents import handle, note, taken_up, told_place
from sim.compiled.kernel.numbers import (
    D_FIND,
    FIRST,
    L_ON_THE_SPOT,
    L_PASSES,
    L_SEEN_AGAIN,
    NOTHING,
    SOLVE_ON_THE_SPOT,
    SOLVED_ON_THE_SPOT,
    SUPERVISOR,
    TAKE_CASE,
    beat_at,
    case_at,
    category_at,
    cell_at,
    finds_at,
    passing_at,
    site_at,
    start_at,
    visit_at,
)
from sim.compiled.kernel.working_time import done_at, when, worked_now


@compiled
def walked_h(beat, duty_h):
    return forms.walked_h(duty_h, beat.free_at_h, beat.lag_h)


@compiled
def visit_in_round(w, beat, position_h):
    """The visit that a walk is on, so far into its round, among all visits."""
    low, high = beat.visits_first, beat.visits_first + beat.visits_count
    while low < high:
        middle = (low + high) >> 1
        if position_h < visit_at(w, middle).entered_h:
            high = middle
        else:
            low = middle + 1
    return low - 1


@compiled
def way_h(w, beat, site, duty_h):
    if w.errand_h_per_km == 0.0:
        return 0.0
    visit = visit_in_round(w, beat, walked_h(beat, duty_h) % beat.cycle_h)
    cell = cell_at(w, visit_at(w, visit).cell)
    return forms.way_h(forms.distance_m(cell.x_m, cell.y_m, site.x_m, site.y_m), w.errand_h_per_km)


@compiled
def spend(w, beat, errand_h):
    duty_h = worked_now(w, w.patrol_clock)
    beat.free_at_h = (duty_h if duty_h > beat.free_at_h else beat.free_at_h) + errand_h
    beat.lag_h += errand_h
    return done_at(w, w.patrol_clock, beat.free_at_h)


@compiled
def go_on_errand(w, b, i, errand_h, what):
    beat = beat_at(w, b)
    way = way_h(w, beat, site_at(w, case_at(w, i).site), worked_now(w, w.patrol_clock))
    done_h = spend(w, beat, way + errand_h)
    if way != 0.0:
        beat.free_at_h += way
        beat.lag_h += way
    note(w, i, what, b, beat.free_at_h)
    return done_h


@compiled
def time_of(w, beat, target):
    """When the walk will have come to `target`, if no further errand holds it up."""
    time_h = when(w, w.patrol_clock, target + beat.lag_h)
    return time_h if time_h > w.now_h else w.now_h


@compiled
def pass_after(w, passing, pass_h, way_share, nth, walked):
    """What the walk must have come to."""
    beat = beat_at(w, passing.beat)
    here, position_h = way_share * pass_h, walked % beat.cycle_h
    first, count = passing.starts_first, passing.starts_count
    low, high, before = first, first + count, position_h - here
    while low < high:
        middle = (low + high) >> 1
        if before < start_at(w, middle).value:
            high = middle
        else:
            low = middle + 1
    passed = low - first + nth - 1
    cycles = passed // count
    start_h = start_at(w, first + passed - cycles * count).value
    return forms.target_of_pass(walked, position_h, cycles, beat.cycle_h, start_h, here)


@compiled
def patrol_chances(w, i):
    case = case_at(w, i)
    site, category = site_at(w, case.site), category_at(w, case.category)
    cell, prob = cell_at(w, site.cell), category.seen_per_pass
    if cell.passings_count == 0 or prob <= 0.0:
        return
    duty_h = worked_now(w, w.patrol_clock)
    for n in range(cell.passings_count):
        passing = passing_at(w, cell.passings_first + n)
        beat, u = beat_at(w, passing.beat), forms.draw(case.key, L_PASSES, n + 1)
        walked = walked_h(beat, duty_h)
        if w.patrol_at_random:
            target = walked + forms.exponential(u, beat.cycle_h / prob)
        else:
            target = pass_after(w, passing, cell.pass_h, site.way_share, forms.tries_until_success(u, prob), walked)
        add_chance(w, case, time_of(w, beat, target), SUPERVISOR, passing.beat, target)


@compiled
def patrol_meet(w, i, b, target):
    case, beat = case_at(w, i), beat_at(w, b)
    duty_h = target + beat.lag_h
    if when(w, w.patrol_clock, duty_h) > w.now_h + forms.JUST_H:
        add_chance(w, case, time_of(w, beat, target), SUPERVISOR, b, target)
        return
    category = category_at(w, case.category)
    today = np.int64(w.now_h // 24.0)
    if today != beat.task_day:
        beat.task_day, beat.task_count = today, 0
    if not (category.all_taken_up or taken_up(case, category, beat.task_count >= w.task_per_day)):
        see_again(w, case, category, b, target)
        return
    beat.task_count += 1
    find(w, i, b, np.int64(duty_h / w.shift_h) % beat.people)


@compiled
def see_again(w, case, category, b, target):
    if category.take_up_prob <= 0.0 or w.task_per_day <= 0.0:
        return
    case.passed_by += 1
    beat, u = beat_at(w, b), forms.draw(case.key, L_SEEN_AGAIN, np.int64(case.passed_by))
    if w.patrol_at_random:
        later = target + forms.exponential(u, beat.cycle_h / category.seen_per_pass)
    else:
        position_h = target % beat.cycle_h + forms.JUST_H
        visit = visit_at(w, visit_in_round(w, beat, position_h))
        pass_h, nth = cell_at(w, visit.cell).pass_h, forms.tries_until_success(u, category.seen_per_pass)
        way_share = max(0.0, (position_h - forms.JUST_H - visit.entered_h) / pass_h)
        later = pass_after(w, passing_at(w, visit.passing), pass_h, way_share, nth, target + forms.JUST_H)
    add_chance(w, case, time_of(w, beat, later), SUPERVISOR, b, later)


@compiled
def find(w, i, b, turn):
    """`turn`: whose turn it is, of the people of the beat."""
    finds_at(w, b + turn * w.beats_count).value += 1
    case, beat = case_at(w, i), beat_at(w, b)
    category = category_at(w, case.category)
    found(w, i, SUPERVISOR)
    tell_place(w, case)
    if forms.draw(case.key, L_ON_THE_SPOT, FIRST) < category.on_the_spot_prob:
        at(w, spend(w, beat, w.on_the_spot_h), SOLVE_ON_THE_SPOT, i)
    else:
        at(w, spend(w, beat, w.report_h), TAKE_CASE, i)
    note(w, i, D_FIND, b, beat.free_at_h)


@compiled
def solve_on_the_spot(w, i):
    case = case_at(w, i)
    handle(w, case)
    case.closed_h = case.handled_h
    ended(w, i, SOLVED_ON_THE_SPOT)


@compiled
def tell_place(w, case):
    told_place(case, w.component_to_m if category_at(w, case.category).is_component else w.seen_to_m)


@compiled
def post_of(w, case):
    """The beat that is sent to look; -1: nobody, or there is nothing to look at."""
    site = site_at(w, case.site)
    cell = cell_at(w, site.cell)
    if cell.passings_count == 0 or not category_at(w, case.category).checked_on_site:
        return NOTHING
    sent = passing_at(w, cell.passings_first).beat
    if cell.passings_count > 1:
        route, duty_h = beat_at(w, sent).route, worked_now(w, w.patrol_clock)
        soonest_h, longest_free_h = inf, inf
        for n in range(cell.passings_count):
            b = passing_at(w, cell.passings_first + n).beat
            beat = beat_at(w, b)
            if beat.route == route:
                free_at_h = beat.free_at_h
                there_h = (duty_h if duty_h >= free_at_h else free_at_h) + way_h(w, beat, site, duty_h)
                if n == 0 or there_h < soonest_h or (there_h == soonest_h and free_at_h < longest_free_h):
                    sent, soonest_h, longest_free_h = b, there_h, free_at_h
    return sent
