"""What is a number here: stages, levels, luck, events, rules; and how a record is come by.

Layer: sim.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from sim.compiled.memory import accessor
from sim.incidents import Deed, Finder, Level, Severity, Stage
from sim.randomness import Luck


def codes(members: type[IntEnum] | range) -> list[np.int64]:
    """Numbers that numba does not take for literals: otherwise it compiles a function anew for each of them."""
    return [np.int64(member) for member in members]


(OCCURRED, FOUND, VERIFIED, FILED, DISPATCHED, HANDLING, HANDLED, CHECKED, CLOSED, VANISHED, REJECTED,
 SOLVED_ON_THE_SPOT, SOLVED_IN_GRID) = codes(Stage)  # fmt: skip
GRID, COMMUNITY, SUBDISTRICT, DISTRICT = codes(Level)
MINOR, ORDINARY, PROMINENT, MAJOR = codes(Severity)
SUPERVISOR, RESIDENT, PARTY_MEMBER, GRID_TEAM = codes(Finder)
(L_SEVERITY, L_GONE, L_WORSENS, L_PASSES, L_ON_THE_SPOT, L_REPORT, L_WITNESS_DISTANCE, L_WITNESS_DIRECTION, L_WITNESS,
 L_NOTICE_DELAY, L_CHANNEL, L_HOUSEHOLD, L_VISITS, L_MEMBER, L_MEMBER_NOTICES, L_MEMBER_DELAY, L_VOLUNTEER, L_REJECT,
 L_WRONG_UNIT, L_WORK, L_SETTLE, L_EXTENSION, L_CHECK, L_HANG, L_HANG_TIME, L_TAKE_UP, L_SEEN_AGAIN, L_COMES_BACK,
 L_BACK_AFTER, L_KEY_WHEN_BACK) = codes(Luck)  # fmt: skip
D_FIND, D_VERIFY, D_CHECK, D_VISIT, D_CLIMB, D_SET_ASIDE, D_EXTENSION, D_REPORTED_AGAIN = codes(Deed)
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
NOTHING = np.int64(-1)
"""No beat, no level, nobody in particular."""
DONE, MORE_EVENTS, MORE_QUEUES, MORE_WAITS, MORE_CHANCES, MORE_CASES, MORE_STEPS, FAILED = codes(range(8))
"""With what the kernel comes back: the end is reached, more room is needed, or something is wrong."""
IN_THE_PAST, TOO_MANY_EVENTS = 1, 2
"""Faults: an event was entered for a time that has passed; there are more than can be told apart."""
LAST_ORDER = np.int64((1 << 31) - 1)
STEPS_NEAR_NOW = 8
EVENTS_AT_ONCE = 8
"""No event enters more, beside one for each case that a unit starts on."""
STEPS_AT_ONCE = 16
"""Likewise; a case that is started on may bring two."""
WHAT_BIT, ORDER_BIT = np.int64(27), np.int64(32)
WHOM_MASK, WHAT_MASK = np.int64((1 << 27) - 1), np.int64(31)

case_at, site_at, unit_at, category_at = (accessor(name) for name in ("cases", "sites", "units", "categories"))
cell_at, passing_at, visit_at, start_at = (accessor(name) for name in ("cells", "passings", "visits", "starts"))
beat_at, clock_at, span_of, desk_at = (accessor(name) for name in ("beats", "clocks", "spans", "desks"))
operator_at, group_at, below_at, member_at = (accessor(name) for name in ("operators", "groups", "below", "members"))
waiting_at, wait_at, chance_at, event_at = (accessor(name) for name in ("queues", "waits", "chances", "events"))
finds_at, trust_at, grid_rounds_at, round_at = (accessor(name) for name in ("finds", "trust", "grid_rounds", "rounds"))
crews_at, crew_unit_at, witness_at = (accessor(name) for name in ("crews", "crew_units", "witnesses"))
notice_at, day_at, step_at = (accessor(name) for name in ("noticed", "days", "steps"))
