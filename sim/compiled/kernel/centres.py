"""Reports, verification and dispatch: as `sim.agents.centres`.

Layer: sim.
"""

from __future__ import annotations

from math import nan

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.chances import ended
from sim.compiled.kernel.desks import desk_done_at, solved_in_grid, take_case
from sim.compiled.kernel.escalation import first_level
from sim.compiled.kernel.incidents import enter, handle
from sim.compiled.kernel.ladder import bring, give_back
from sim.compiled.kernel.numbers import (
    BRING,
    COMMAND,
    D_VERIFY,
    FIRST,
    FOUND,
    GIVE_BACK,
    GRID,
    HEAR_VERIFICATION,
    L_REJECT,
    L_VOLUNTEER,
    ORDER_VERIFICATION,
    REJECTED,
    SUPERVISION,
    VANISHED,
    VERIFIED,
    case_at,
    category_at,
    desk_at,
)
from sim.compiled.kernel.party import try_to_settle
from sim.compiled.kernel.supervisors import go_on_errand, post_of, tell_place
from sim.compiled.kernel.working_time import after_now


@compiled
def party_finish(w, i):
    case = case_at(w, i)
    if forms.draw(case.key, L_VOLUNTEER, FIRST) < category_at(w, case.category).volunteer_prob:
        handle(w, case)
        solved_in_grid(w, i)
    else:
        case.level = -1
        case.dispatched_h = case.due_h = nan
        enter(w, i, case, FOUND)
        hand_on(w, i)


@compiled
def hand_on(w, i):
    if try_to_settle(w, i):
        return
    if first_level(w, case_at(w, i)) == GRID:
        bring(w, i)
    else:
        take_case(w, i)


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
        at(w, go_on_errand(w, b, i, w.verify_h, D_VERIFY), HEAR_VERIFICATION, i)
    else:
        hear_verification(w, i)


@compiled
def hear_verification(w, i):
    case = case_at(w, i)
    if w.now_h >= case.gone_h:
        ended(w, i, VANISHED)
    elif forms.draw(case.key, L_REJECT, FIRST) < w.reject_prob:
        ended(w, i, REJECTED)
    else:
        enter(w, i, case, VERIFIED)
        take_case(w, i)


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
