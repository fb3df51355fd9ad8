"""The model: what happens to an incident, event by event, to the end.

Layer: sim.
"""

from __future__ import annotations

from math import inf, nan

import numpy as np

from sim.compiled.compiling import compiled, entrance, forms
from sim.compiled.kernel.calendar import at, drop_first
from sim.compiled.kernel.centres import (
    dispatch,
    dispatch_again,
    hand_on,
    hear_verification,
    order_verification,
    party_finish,
    take_report,
)
from sim.compiled.kernel.chances import add_chance, drop_chance, ended, found
from sim.compiled.kernel.departments import finish, set_out, time_is_up
from sim.compiled.kernel.desks import close, file, hear_check, report_again, take_case
from sim.compiled.kernel.grid_teams import grid_team_chances
from sim.compiled.kernel.incidents import as_drawn, back_h, note, told_place
from sim.compiled.kernel.ladder import arrive, bring, come_back_from_wrong_unit, give_back
from sim.compiled.kernel.numbers import (
    ARRIVE,
    BRING,
    CLOSE,
    CLOSED,
    COME_BACK,
    COME_BACK_FROM_WRONG_UNIT,
    D_VISIT,
    DISPATCH,
    DISPATCH_AGAIN,
    DONE,
    EVENTS_AT_ONCE,
    FAILED,
    FILE,
    FINISH,
    FIRST,
    FOUND,
    GIVE_BACK,
    GRID_TEAM,
    HEAR_CHECK,
    HEAR_VERIFICATION,
    L_KEY_WHEN_BACK,
    LAST_ORDER,
    MEET,
    MORE_CASES,
    MORE_CHANCES,
    MORE_EVENTS,
    MORE_QUEUES,
    MORE_STEPS,
    MORE_WAITS,
    NOTHING,
    OCCURRED,
    ORDER_BIT,
    ORDER_VERIFICATION,
    PARTY_FINISH,
    PARTY_MEMBER,
    REJECTED,
    REPORT_AGAIN,
    RESIDENT,
    SET_OUT,
    SOLVE_ON_THE_SPOT,
    SOLVED_IN_GRID,
    SOLVED_ON_THE_SPOT,
    STEPS_AT_ONCE,
    SUPERVISOR,
    TAKE_CASE,
    TIME_IS_UP,
    TOO_MANY_EVENTS,
    VANISH,
    VANISHED,
    WHAT_BIT,
    WHAT_MASK,
    WHOM_MASK,
    case_at,
    chance_at,
    day_at,
    event_at,
    notice_at,
    witness_at,
)
from sim.compiled.kernel.residents import would_report
from sim.compiled.kernel.supervisors import patrol_chances, patrol_meet, solve_on_the_spot


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
def await_next(w):
    if w.next_arrival < w.arrivals_count:
        w.entered_count += 1
        w.next_entered = w.entered_count


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
        forms.bits(before.key, L_KEY_WHEN_BACK, FIRST),
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
        add_chance(w, case, witness_at(w, case.witness).heard_h, RESIDENT, NOTHING, 0.0)
    if case.noticed >= 0:
        add_chance(w, case, notice_at(w, case.noticed).time_h, PARTY_MEMBER, NOTHING, 0.0)
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
        if rank == GRID_TEAM:
            note(w, i, D_VISIT, who, nan)
        found(w, i, rank)
        told_place(case, w.neighbours_to_m)
        hand_on(w, i)
    if case.stage == OCCURRED:
        await_chance(w, i)


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
    events_most = EVENTS_AT_ONCE + w.starts_most
    if w.entered_count + events_most > LAST_ORDER:
        w.fault, w.fault_index = TOO_MANY_EVENTS, w.entered_count
        return FAILED
    if w.pending_count + events_most > w.events_room:
        return MORE_EVENTS
    if w.queue_top + w.queue_need > w.queues_room:
        return MORE_QUEUES
    if w.wait_top + 2 > w.waits_room:
        return MORE_WAITS
    if w.chance_top + w.chances_most > w.chances_room:
        return MORE_CHANCES
    if w.cases_count + 1 > w.cases_room:
        return MORE_CASES
    if w.keeps_steps and w.steps_count + STEPS_AT_ONCE + 2 * w.starts_most > w.steps_room:
        return MORE_STEPS
    return DONE


@entrance
def run(w):
    """Until the end, or until more room is needed: then give more and call again."""
    if w.day == 0:  # the first midnight comes before everything, the others after what happens on their stroke
        collect(w)
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
