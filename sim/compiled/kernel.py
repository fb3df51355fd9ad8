"""The model once more, event by event, over records: what numba compiles.

Layer: sim.  A section for each file of the Mesa model, a function for each of its methods, of the same name: that model is
the specification, and the history is the same to the last bit. What the agents know as objects are numbers here: `i` is an
incident, `u` a unit, `b` a beat, `c` a clock. What both reckon alike is written once, in `sim.closed_forms`.
"""

from __future__ import annotations

from enum import IntEnum
from math import inf, isnan, nan

import numpy as np

from sim.compiled.compiling import compiled, entrance, forms
from sim.compiled.memory import accessor, call
from sim.incidents import Finder, Level, Severity, Stage
from sim.randomness import Luck


def codes(members: type[IntEnum] | range) -> list[np.int64]:
    """Numbers that numba does not take for literals: otherwise it compiles a function anew for each of them."""
    return [np.int64(int(member)) for member in members]


(OCCURRED, FOUND, VERIFIED, FILED, DISPATCHED, HANDLING, HANDLED, CHECKED, CLOSED, VANISHED, REJECTED,
 SOLVED_ON_THE_SPOT, SOLVED_IN_GRID) = codes(Stage)  # fmt: skip
GRID, COMMUNITY, SUBDISTRICT, DISTRICT = codes(Level)
MINOR, ORDINARY, PROMINENT, MAJOR = codes(Severity)
SUPERVISOR, RESIDENT, PARTY_MEMBER, GRID_TEAM = codes(Finder)
LUCK = {luck: np.int64(luck) for luck in Luck}
L_WORSENS, L_PASSES, L_ON_THE_SPOT = LUCK[Luck.WORSENS], LUCK[Luck.PASSES], LUCK[Luck.ON_THE_SPOT]
L_REPORT, L_HOUSEHOLD, L_VISITS, L_VOLUNTEER = (
    LUCK[Luck.REPORT], LUCK[Luck.HOUSEHOLD], LUCK[Luck.VISITS], LUCK[Luck.VOLUNTEER]
)  # fmt: skip
L_REJECT, L_WRONG_UNIT, L_WORK, L_SETTLE = (
    LUCK[Luck.REJECT], LUCK[Luck.WRONG_UNIT], LUCK[Luck.WORK], LUCK[Luck.SETTLE]
)  # fmt: skip
L_EXTENSION, L_CHECK, L_HANG, L_HANG_TIME = (
    LUCK[Luck.EXTENSION], LUCK[Luck.CHECK], LUCK[Luck.HANG], LUCK[Luck.HANG_TIME]
)  # fmt: skip
L_TAKE_UP, L_SEEN_AGAIN, L_COMES_BACK, L_BACK_AFTER, L_KEY_WHEN_BACK = (
    LUCK[Luck.TAKE_UP], LUCK[Luck.SEEN_AGAIN], LUCK[Luck.COMES_BACK], LUCK[Luck.BACK_AFTER], LUCK[Luck.KEY_WHEN_BACK]
)  # fmt: skip
(MEET, VANISH, TAKE_CASE, SOLVE_ON_THE_SPOT, ORDER_VERIFICATION, HEAR_VERIFICATION, FILE, HEAR_CHECK, CLOSE, DISPATCH,
 DISPATCH_AGAIN, BRING, GIVE_BACK, COME_BACK_FROM_WRONG_UNIT, ARRIVE, FINISH, SET_OUT, TIME_IS_UP, REPORT_AGAIN,
 PARTY_FINISH, COME_BACK) = codes(range(21))  # fmt: skip
"""What an event is."""
NEW, TOO_SEVERE, TOO_LATE, ATTEMPTS_USED_UP = codes(range(4))
LADDER, BY_SEVERITY, DIRECT, NONE = codes(range(4))
TRUSTING, STEADY, SILENT = codes(range(3))
LEAST_LOADED, NEAREST, FIRST_LISTED = codes(range(3))
FIRST_COME, EARLIEST_DEADLINE, MOST_SEVERE = codes(range(3))
FIXED, LOGNORMAL, GAMMA = codes(range(3))
SUPERVISION, COMMAND = codes(range(2))
FIRST = np.int64(1)
"""The first attempt."""
NO_RANK = np.int64(-1)
DONE, MORE_EVENTS, MORE_QUEUES, MORE_WAITS, MORE_CHANCES, MORE_CASES, FAILED = codes(range(7))
"""With what the kernel comes back: the end is reached, more room is needed, or something is wrong."""
IN_THE_PAST = 1
"""The fault of an event that was entered for a time that has passed."""
STEPS_NEAR_NOW = 8
EVENTS_AT_ONCE = 8
"""More than one event ever enters."""
WHAT_BIT, ORDER_BIT = np.int64(27), np.int64(32)
WHOM_MASK, WHAT_MASK = np.int64((1 << 27) - 1), np.int64(31)

case_at, site_at, unit_at, category_at = (accessor(name) for name in ("cases", "sites", "units", "categories"))
cell_at, passing_at, visit_at, start_at = (accessor(name) for name in ("cells", "passings", "visits", "starts"))
beat_at, clock_at, span_of, desk_at = (accessor(name) for name in ("beats", "clocks", "spans", "desks"))
operator_at, group_at, below_at, member_at = (accessor(name) for name in ("operators", "groups", "below", "members"))
waiting_at, wait_at, chance_at, event_at = (accessor(name) for name in ("queues", "waits", "chances", "events"))
finds_at, trust_at, grid_rounds_at, round_at = (accessor(name) for name in ("finds", "trust", "grid_rounds", "rounds"))
crews_at, crew_unit_at, witness_at = (accessor(name) for name in ("crews", "crew_units", "witnesses"))
notice_at, day_at = accessor("noticed"), accessor("days")

draw, bits, exponential, tries_until_success, lognormal = (
    forms.draw, forms.bits, forms.exponential, forms.tries_until_success, forms.lognormal
)  # fmt: skip
worked_in_span, when_in_span, distance_m = forms.worked_in_span, forms.when_in_span, forms.distance_m


# working time -----------------------------------------------------------------------------------------------------


@compiled
def span_at(w, c, time_h):
    """The last span that has opened by a time, counted from the clock's first; -1: none."""
    clock = clock_at(w, c)
    low, high = clock.spans_first, clock.spans_first + clock.spans_count
    while low < high:
        middle = (low + high) >> 1
        if time_h < span_of(w, middle).opens_h:
            high = middle
        else:
            low = middle + 1
    return low - 1 - clock.spans_first


@compiled
def span_now(w, c):
    """The same for the present, which never goes back."""
    clock = clock_at(w, c)
    span = clock.span
    while span_of(w, clock.spans_first + span + 1).opens_h <= w.now_h:
        span += 1
    clock.span = span
    return span


@compiled
def worked_until(w, c, span, time_h):
    if span < 0:
        return 0.0
    on_duty = span_of(w, clock_at(w, c).spans_first + span)
    return worked_in_span(on_duty.before_h, on_duty.opens_h, on_duty.closes_h, time_h)


@compiled
def worked_now(w, c):
    return worked_until(w, c, span_now(w, c), w.now_h)


@compiled
def when(w, c, worked_h):
    """Found from the present on, where it mostly is."""
    clock = clock_at(w, c)
    first = clock.spans_first
    low, high = first, first + clock.spans_count + 1
    near = first + max(clock.span, 0)
    if span_of(w, near).before_h < worked_h:
        low = near + 1
        steps = 0
        while low < high and steps < STEPS_NEAR_NOW:
            if span_of(w, low).before_h >= worked_h:
                high = low
                break
            low += 1
            steps += 1
    while low < high:
        middle = (low + high) >> 1
        if span_of(w, middle).before_h < worked_h:
            low = middle + 1
        else:
            high = middle
    if low == first:
        return 0.0
    on_duty = span_of(w, low - 1)
    return when_in_span(on_duty.before_h, on_duty.opens_h, worked_h)


@compiled
def opening_in(w, c, span, time_h):
    first = clock_at(w, c).spans_first
    if span >= 0 and time_h < span_of(w, first + span).closes_h:
        return time_h
    return span_of(w, first + span + 1).opens_h


@compiled
def opening_now(w, c):
    return opening_in(w, c, span_now(w, c), w.now_h)


@compiled
def done_at(w, c, worked_h):
    done_h = when(w, c, worked_h)
    return done_h if done_h > w.now_h else opening_now(w, c)


@compiled
def after_now(w, c, duration_h):
    return done_at(w, c, worked_now(w, c) + duration_h)


@compiled
def after(w, c, time_h, duration_h):
    span = span_at(w, c, time_h)
    done_h = when(w, c, worked_until(w, c, span, time_h) + duration_h)
    return done_h if done_h > time_h else opening_in(w, c, span, time_h)


# calendar ---------------------------------------------------------------------------------------------------------


@compiled
def is_before(w, one, time_h, tag):
    event = event_at(w, one)
    return event.time_h < time_h or (event.time_h == time_h and event.tag < tag)


@compiled
def put_event(w, place, time_h, tag):
    event = event_at(w, place)
    event.time_h, event.tag = time_h, tag


@compiled
def at(w, time_h, what, whom):
    if w.now_h <= time_h and time_h < inf:
        w.entered_count += 1
        tag = (w.entered_count << ORDER_BIT) | (what << WHAT_BIT) | whom
        place = w.pending_count
        w.pending_count += 1
        while place > 0:
            parent = (place - 1) >> 1
            if is_before(w, parent, time_h, tag):
                break
            above = event_at(w, parent)
            put_event(w, place, above.time_h, above.tag)
            place = parent
        put_event(w, place, time_h, tag)
    elif time_h != inf and w.fault == 0:
        w.fault, w.fault_index = IN_THE_PAST, whom


@compiled
def drop_first(w):
    """Take the first event off the heap."""
    w.pending_count -= 1
    count = w.pending_count
    last = event_at(w, count)
    time_h, tag = last.time_h, last.tag
    place, child = 0, 1
    while child < count:
        lower = event_at(w, child)
        if child + 1 < count and is_before(w, child + 1, lower.time_h, lower.tag):
            child += 1
            lower = event_at(w, child)
        if not is_before(w, child, time_h, tag):
            break
        put_event(w, place, lower.time_h, lower.tag)
        place, child = child, 2 * child + 1
    put_event(w, place, time_h, tag)


# incidents, case log ----------------------------------------------------------------------------------------------


@compiled
def enter(w, case, stage):
    standing = w.standing
    standing[case.stage] -= 1
    standing[stage] += 1
    case.stage = stage


@compiled
def severity_at(w, case):
    """Now."""
    severity, category = np.int64(case.severity), category_at(w, case.category)
    if category.worsens_mean_h > 0.0 and severity < MAJOR:
        worsens_h = case.occurred_h + exponential(draw(case.key, L_WORSENS, FIRST), category.worsens_mean_h)
        if w.now_h >= worsens_h:
            severity += 1
    return severity


@compiled
def work_h(w, case, attempt):
    category = category_at(w, case.category)
    if category.work == FIXED:
        return category.work_mean_h
    u = draw(case.key, L_WORK, attempt)
    if category.work == LOGNORMAL:
        return lognormal(u, category.location, category.scale)
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
    return prob > 0.0 and (not task_is_done or draw(case.key, L_TAKE_UP, FIRST) < prob)


@compiled
def back_h(w, case):
    category = category_at(w, case.category)
    if isnan(case.remedied_h) or draw(case.key, L_COMES_BACK, FIRST) >= category.comes_back_prob:
        return inf
    back = case.remedied_h + exponential(draw(case.key, L_BACK_AFTER, FIRST), category.comes_back_mean_h)
    return back if back < case.gone_h else inf


@compiled
def hangs(w, case):
    prob = category_at(w, case.category).hang_prob
    return prob > 0.0 and not (case.hung or case.gone_on_arrival) and draw(case.key, L_HANG, FIRST) < prob


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


# supervisors ------------------------------------------------------------------------------------------------------


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
    return forms.way_h(distance_m(cell.x_m, cell.y_m, site.x_m, site.y_m), w.errand_h_per_km)


@compiled
def spend(w, beat, errand_h):
    duty_h = worked_now(w, w.patrol_clock)
    beat.free_at_h = (duty_h if duty_h > beat.free_at_h else beat.free_at_h) + errand_h
    beat.lag_h += errand_h
    return done_at(w, w.patrol_clock, beat.free_at_h)


@compiled
def go_on_errand(w, b, i, errand_h):
    beat = beat_at(w, b)
    way = way_h(w, beat, site_at(w, case_at(w, i).site), worked_now(w, w.patrol_clock))
    done_h = spend(w, beat, way + errand_h)
    if way != 0.0:
        beat.free_at_h += way
        beat.lag_h += way
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
        beat, u = beat_at(w, passing.beat), draw(case.key, L_PASSES, n + 1)
        walked = walked_h(beat, duty_h)
        if w.patrol_at_random:
            target = walked + exponential(u, beat.cycle_h / prob)
        else:
            target = pass_after(w, passing, cell.pass_h, site.way_share, tries_until_success(u, prob), walked)
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
    beat, u = beat_at(w, b), draw(case.key, L_SEEN_AGAIN, np.int64(case.passed_by))
    if w.patrol_at_random:
        later = target + exponential(u, beat.cycle_h / category.seen_per_pass)
    else:
        position_h = target % beat.cycle_h + forms.JUST_H
        visit = visit_at(w, visit_in_round(w, beat, position_h))
        pass_h, nth = cell_at(w, visit.cell).pass_h, tries_until_success(u, category.seen_per_pass)
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
    if draw(case.key, L_ON_THE_SPOT, FIRST) < category.on_the_spot_prob:
        at(w, spend(w, beat, w.on_the_spot_h), SOLVE_ON_THE_SPOT, i)
    else:
        at(w, spend(w, beat, w.report_h), TAKE_CASE, i)


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
        return NO_RANK
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


# residents --------------------------------------------------------------------------------------------------------


@compiled
def would_report(w, case):
    salience = category_at(w, case.category).salience
    prob = salience
    if w.reporting == TRUSTING:
        prob = min(1.0, salience * trust_at(w, witness_at(w, case.witness).resident).value / w.trust_initial)
    elif w.reporting == SILENT:
        prob = 0.0
    return draw(case.key, L_REPORT, FIRST) < prob


@compiled
def resident_meet(w, i):
    case = case_at(w, i)
    if would_report(w, case):
        witness = witness_at(w, case.witness)
        case.reporter = witness.resident
        found(w, i, RESIDENT)
        told_place(case, witness.precision_m)
        take_report(w, i)


@compiled
def report_again(w, i):
    case = case_at(w, i)
    if case.stage < CLOSED and would_report(w, case):
        case.duplicates += 1
        desk_done_at(w, SUPERVISION, w.intake_h)


@compiled
def hear(w, resident, solved_in_time):
    trust = trust_at(w, resident)
    before = trust.value
    if solved_in_time:
        trust.value = forms.trust_after_success(before, w.trust_gain, w.stands_for)
    else:
        trust.value = forms.trust_after_failure(before, w.trust_loss, w.stands_for)
    w.trust_sum += trust.value - before


@compiled
def expect_duplicate(w, i):
    case = case_at(w, i)
    if case.witness < 0:
        return
    witness = witness_at(w, case.witness)
    if witness.resident != case.reporter and w.now_h <= witness.heard_h and witness.heard_h < case.gone_h:
        at(w, witness.heard_h, REPORT_AGAIN, i)


# party ------------------------------------------------------------------------------------------------------------


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
            enter(w, case, HANDLING)
            at(w, w.now_h + steps * w.step_up_delay_h + work, PARTY_FINISH, i)
            return True
    return False


@compiled
def party_finish(w, i):
    case = case_at(w, i)
    if draw(case.key, L_VOLUNTEER, FIRST) < category_at(w, case.category).volunteer_prob:
        handle(w, case)
        solved_in_grid(w, i)
    else:
        case.level = -1
        case.dispatched_h = case.due_h = nan
        enter(w, case, FOUND)
        hand_on(w, i)


# grid teams -------------------------------------------------------------------------------------------------------


@compiled
def grid_team_chances(w, case):
    site = site_at(w, case.site)
    area = site.area
    rounds = grid_rounds_at(w, area[GRID])
    for n in range(rounds.count):
        making = round_at(w, rounds.first + n)
        unit = unit_at(w, making.unit)
        prob = category_at(w, case.category).seen_per_visit * unit.knowledge
        if prob > 0.0:
            visits = tries_until_success(draw(case.key, L_VISITS, 1 + unit.number), prob)
            door = making.before + site.door_before + site.door_inside * draw(case.key, L_HOUSEHOLD, FIRST)
            passed = worked_now(w, unit.clock) * unit.visits_per_h
            comes_h = forms.round_comes_h(passed, door, unit.households, visits, unit.visits_per_h)
            time_h = when(w, unit.clock, comes_h)
            add_chance(w, case, time_h if time_h > w.now_h else w.now_h, GRID_TEAM, making.unit, 0.0)


# the model: what happens to an incident ---------------------------------------------------------------------------


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
    while later >= 0:
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
def await_next(w):
    if w.next_arrival < w.arrivals_count:
        w.entered_count += 1
        w.next_entered = w.entered_count


@compiled
def await_return(w, i):
    back = back_h(w, case_at(w, i))
    if back < inf:
        at(w, max(w.now_h, back), COME_BACK, i)


@compiled
def occur(w, i):
    await_next(w)
    stand(w, i)


@compiled
def come_back(w, i):
    """Its row is the next that is free: after all that is drawn, and what has come back before."""
    before, row = case_at(w, i), w.cases_count
    w.cases_count += 1
    again = case_at(w, row)
    as_drawn(again)
    again.occurred_h, again.gone_h, again.key = (
        back_h(w, before),
        before.gone_h,
        bits(before.key, L_KEY_WHEN_BACK, FIRST),
    )
    again.site, again.category, again.severity, again.before = before.site, before.category, before.severity, i
    if again.gone_h > w.now_h:
        stand(w, row)
    else:
        standing = w.standing
        standing[OCCURRED] += 1
        ended(w, row, VANISHED)


@compiled
def stand(w, i):
    case = case_at(w, i)
    standing = w.standing
    standing[OCCURRED] += 1
    patrol_chances(w, i)
    if case.witness >= 0:
        add_chance(w, case, witness_at(w, case.witness).heard_h, RESIDENT, NO_RANK, 0.0)
    if case.noticed >= 0:
        add_chance(w, case, notice_at(w, case.noticed).time_h, PARTY_MEMBER, NO_RANK, 0.0)
    grid_team_chances(w, case)
    await_chance(w, i)


@compiled
def await_chance(w, i):
    case = case_at(w, i)
    if case.chance < 0 or chance_at(w, case.chance).time_h >= case.gone_h:
        at(w, case.gone_h, VANISH, i)
    else:
        at(w, chance_at(w, case.chance).time_h, MEET, i)


@compiled
def meet(w, i):
    case = case_at(w, i)
    soonest = chance_at(w, case.chance)
    rank, who, target = np.int64(soonest.rank), np.int64(soonest.who), soonest.target
    drop_chance(w, case)
    if rank == SUPERVISOR:
        patrol_meet(w, i, who, target)
    elif rank == RESIDENT:
        resident_meet(w, i)
    else:
        found(w, i, rank)
        told_place(case, w.neighbours_to_m)
        hand_on(w, i)
    if case.stage == OCCURRED:
        await_chance(w, i)


@compiled
def found(w, i, finder):
    case = case_at(w, i)
    case.found_h, case.found_by = w.now_h, finder
    enter(w, case, FOUND)
    w.found_count += 1
    while case.chance >= 0:
        drop_chance(w, case)
    expect_duplicate(w, i)


@compiled
def hand_on(w, i):
    if try_to_settle(w, i):
        return
    if first_level(w, case_at(w, i)) == GRID:
        bring(w, i)
    else:
        take_case(w, i)


@compiled
def work_done(w, i):
    case = case_at(w, i)
    if isnan(case.filed_h):
        solved_in_grid(w, i)
    else:
        enter(w, case, HANDLED)
        order_check(w, i)


@compiled
def solved_in_grid(w, i):
    case = case_at(w, i)
    case.closed_h = case.handled_h
    ended(w, i, SOLVED_IN_GRID)


@compiled
def ended(w, i, stage):
    case = case_at(w, i)
    enter(w, case, stage)
    while case.chance >= 0:
        drop_chance(w, case)
    if category_at(w, case.category).comes_back:
        await_return(w, i)
    if case.reporter >= 0:
        hear(w, case.reporter, stage != VANISHED and stage != REJECTED and on_time(case))


@compiled
def search_h(w, case):
    grid_m2 = site_at(w, case.site).known_within_m2
    return forms.search_h(case.place_m, grid_m2[category_at(w, case.category).by_cell], w.search_m2_per_h)


@compiled
def slowness(w):
    if not w.starts_up:
        return 1.0
    return forms.slowness(w.running_days + w.now_h / 24.0, w.start_up_slowness, w.start_up_days)


# centres ----------------------------------------------------------------------------------------------------------


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
def take_report(w, i):
    if desk_at(w, SUPERVISION).operators_count == 0:
        hand_on(w, i)
    else:
        at(w, desk_done_at(w, SUPERVISION, w.intake_h), ORDER_VERIFICATION, i)


@compiled
def order_verification(w, i):
    case = case_at(w, i)
    b = post_of(w, case)
    if b >= 0:
        tell_place(w, case)
        at(w, go_on_errand(w, b, i, w.verify_h), HEAR_VERIFICATION, i)
    else:
        hear_verification(w, i)


@compiled
def hear_verification(w, i):
    case = case_at(w, i)
    if w.now_h >= case.gone_h:
        ended(w, i, VANISHED)
    elif draw(case.key, L_REJECT, FIRST) < w.reject_prob:
        ended(w, i, REJECTED)
    else:
        enter(w, case, VERIFIED)
        take_case(w, i)


@compiled
def take_case(w, i):
    at(w, desk_done_at(w, SUPERVISION, w.filing_h), FILE, i)


@compiled
def file(w, i):
    case = case_at(w, i)
    case.filed_h = w.now_h
    enter(w, case, FILED)
    w.filed_count += 1
    take(w, i)


@compiled
def order_check(w, i):
    b = post_of(w, case_at(w, i))
    if b >= 0:
        at(w, go_on_errand(w, b, i, w.check_h), HEAR_CHECK, i)
    else:
        at(w, desk_done_at(w, SUPERVISION, w.closing_h), CLOSE, i)


@compiled
def hear_check(w, i):
    case = case_at(w, i)
    enter(w, case, CHECKED)
    if draw(case.key, L_CHECK, np.int64(case.attempts)) < w.check_fail_prob:
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


@compiled
def dispatch(w, i):
    case = case_at(w, i)
    if case.level < 0:
        case.level = first_level(w, case)
    if w.forward_h > 0.0:
        at(w, after_now(w, desk_at(w, COMMAND).clock, w.forward_h), BRING, i)
    else:
        bring(w, i)


@compiled
def dispatch_again(w, i):
    if w.forward_h > 0.0:
        at(w, after_now(w, desk_at(w, COMMAND).clock, w.forward_h), GIVE_BACK, i)
    else:
        give_back(w, i)


# rules of escalation ----------------------------------------------------------------------------------------------


@compiled
def next_above(category, level):
    rungs = category.rungs
    for n in range(category.rungs_count):
        if rungs[n] > level:
            return rungs[n]
    return NO_RANK


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
        return NO_RANK
    return highest if w.escalation == DIRECT else lowest


# the ladder -------------------------------------------------------------------------------------------------------


@compiled
def first_level(w, case):
    category = category_at(w, case.category)
    rungs = category.rungs
    if category.rungs_count == 1:
        return rungs[0]
    named = named_level(w, case, NEW)
    return rungs[0] if named < 0 else named


@compiled
def bring(w, i):
    case = case_at(w, i)
    if case.level < 0:
        case.level = first_level(w, case)
    if goes_astray(w, case):
        case.returns += 1
        back = after_now(w, w.office, w.return_delay_h)
        enter(w, case, DISPATCHED)
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
            size = distance_m(unit.x_m, unit.y_m, site.x_m, site.y_m)
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
    at(w, after_now(w, w.office, w.step_up_h), TAKE_CASE if isnan(case.filed_h) else ARRIVE, i)
    return True


@compiled
def goes_astray(w, case):
    wrong = 0.0 if isnan(case.filed_h) else w.misdispatch_prob
    near_border = site_at(w, case.site).near_border
    if near_border[category_at(w, case.category).by_cell]:
        wrong += (1.0 - wrong) * w.boundary_dispute_prob
    return draw(case.key, L_WRONG_UNIT, np.int64(case.returns + 1)) < wrong


# departments ------------------------------------------------------------------------------------------------------


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
    enter(w, case, DISPATCHED)
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
    enter(w, case, HANDLING)
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
        ask_for_time(w, case)
    at(w, done_h, FINISH, i)


@compiled
def ask_for_time(w, case):
    if case.extensions == 0 and not isnan(case.filed_h) and draw(case.key, L_EXTENSION, FIRST) < w.extension_prob:
        case.extensions += 1
        case.due_h = due_h(w, case, case.due_h)


@compiled
def hours_needed(w, unit, case):
    site = site_at(w, case.site)
    travel_h = unit.mobilise_h + distance_m(unit.x_m, unit.y_m, site.x_m, site.y_m) / unit.speed
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
    elif unit.settle_prob >= 1.0 or draw(case.key, L_SETTLE, np.int64(case.attempts)) < unit.settle_prob:
        handle(w, case)
        work_done(w, i)
    else:
        case.ticket += 1
        enter(w, case, DISPATCHED)
        try_again_or_climb(w, i)
    set_out(w, u)


@compiled
def set_aside(w, i):
    case = case_at(w, i)
    case.hung = 1
    case.ticket += 1
    enter(w, case, DISPATCHED)
    hangs_for_h = exponential(draw(case.key, L_HANG_TIME, FIRST), category_at(w, case.category).hang_mean_h)
    at(w, w.now_h + hangs_for_h, GIVE_BACK, i)


# advancing --------------------------------------------------------------------------------------------------------


@compiled
def collect(w):
    """The totals of a midnight."""
    standing, day = w.standing, day_at(w, w.day)
    day.occurred, day.found, day.filed, day.closed = w.next_arrival, w.found_count, w.filed_count, standing[CLOSED]
    day.solved_on_the_spot, day.solved_in_grid = standing[SOLVED_ON_THE_SPOT], standing[SOLVED_IN_GRID]
    day.vanished, day.rejected, day.open_unseen = standing[VANISHED], standing[REJECTED], standing[OCCURRED]
    backlog = 0
    for stage in range(FOUND, CLOSED):
        backlog += standing[stage]
    day.backlog = backlog
    day.trust = w.trust_sum / w.residents_count if w.residents_count > 0 else nan
    w.day += 1


@compiled
def happen(w, what, whom):
    if what == MEET:
        meet(w, whom)
    elif what == VANISH:
        ended(w, whom, VANISHED)
    elif what == TAKE_CASE:
        take_case(w, whom)
    elif what == SOLVE_ON_THE_SPOT:
        solve_on_the_spot(w, whom)
    elif what == FILE:
        file(w, whom)
    elif what == DISPATCH:
        dispatch(w, whom)
    elif what == FINISH:
        finish(w, whom)
    elif what == HEAR_CHECK:
        hear_check(w, whom)
    elif what == CLOSE:
        close(w, whom)
    elif what == SET_OUT:
        set_out(w, whom)
    elif what == TIME_IS_UP:
        time_is_up(w, whom)
    elif what == ORDER_VERIFICATION:
        order_verification(w, whom)
    elif what == HEAR_VERIFICATION:
        hear_verification(w, whom)
    elif what == DISPATCH_AGAIN:
        dispatch_again(w, whom)
    elif what == BRING:
        bring(w, whom)
    elif what == GIVE_BACK:
        give_back(w, whom)
    elif what == COME_BACK_FROM_WRONG_UNIT:
        come_back_from_wrong_unit(w, whom)
    elif what == ARRIVE:
        arrive(w, whom)
    elif what == REPORT_AGAIN:
        report_again(w, whom)
    elif what == PARTY_FINISH:
        party_finish(w, whom)
    elif what == COME_BACK:
        come_back(w, whom)


@compiled
def room_wanted(w):
    """What there may not be room enough for in the next event."""
    if w.pending_count + EVENTS_AT_ONCE > w.events_room:
        return MORE_EVENTS
    if w.queue_top + w.queue_need > w.queues_room:
        return MORE_QUEUES
    if w.wait_top + 2 > w.waits_room:
        return MORE_WAITS
    if w.chance_top + w.chances_most > w.chances_room:
        return MORE_CHANCES
    if w.cases_count + 1 > w.cases_room:
        return MORE_CASES
    return DONE


@entrance
def run(w):
    """Until the end, or until more room is needed: then give more and call again."""
    while True:
        wanted = room_wanted(w)
        if wanted != DONE:
            return wanted
        time_h, tag = inf, np.int64(0)
        if w.pending_count > 0:
            first = event_at(w, 0)
            time_h, tag = first.time_h, first.tag
        arrives = False
        if w.next_arrival < w.arrivals_count:
            occurs_h = case_at(w, w.next_arrival).occurred_h
            arrives = occurs_h < time_h or (occurs_h == time_h and w.next_entered < (tag >> ORDER_BIT))
            if arrives:
                time_h = occurs_h
        while 24.0 * w.day < time_h and 24.0 * w.day <= w.end_h:
            collect(w)
        if not time_h <= w.end_h:
            w.now_h = w.end_h
            return DONE
        w.now_h = time_h
        if arrives:
            i = w.next_arrival
            w.next_arrival += 1
            occur(w, i)
        else:
            drop_first(w)
            happen(w, (tag >> WHAT_BIT) & WHAT_MASK, tag & WHOM_MASK)
        if w.fault != 0:
            return FAILED


@entrance
def fill(cases, occurred_h, category, site, key, severity, gone_h):
    """Enter what is drawn, in order of time."""
    for i in range(len(occurred_h)):
        case = cases[i]
        as_drawn(case)
        case.occurred_h, case.gone_h, case.key = occurred_h[i], gone_h[i], key[i]
        case.category, case.site, case.severity = category[i], site[i], severity[i]


@entrance
def clear(cases):
    """Make room for what comes back: nothing has happened to any of these."""
    for i in range(len(cases)):
        as_drawn(cases[i])
