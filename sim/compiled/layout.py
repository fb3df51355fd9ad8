"""How a city and its history lie in memory: a record type per kind of thing, with the names that the agents use.

Layer: sim.  Whole numbers that say "none" are -1, times that have not come are not a number.
"""

from __future__ import annotations

import numpy as np

from sim.incidents import Level, Stage

LEVELS, STAGES = len(Level), len(Stage)
MOST_RUNGS = LEVELS
BY_GRID = 2
"""Something known once for the social grid (0) and once for the cell (1)."""
F, INT, SHORT, BYTE = "f8", "i8", "i4", "i1"

SCENARIO = np.dtype([
    ("end_h", F), ("arrivals_count", INT), ("office", INT), ("starts_up", BYTE),
    ("start_up_slowness", F), ("start_up_days", F), ("running_days", F), ("search_m2_per_h", F),
    ("patrol_clock", INT), ("patrol_at_random", BYTE), ("shift_h", F), ("on_the_spot_h", F), ("report_h", F),
    ("verify_h", F), ("check_h", F), ("seen_to_m", F), ("component_to_m", F), ("neighbours_to_m", F),
    ("errand_h_per_km", F), ("task_per_day", F), ("beats_count", INT),
    ("intake_h", F), ("filing_h", F), ("closing_h", F), ("reject_prob", F), ("check_fail_prob", F),
    ("dispatch_h", F), ("forward_h", F), ("misdispatch_prob", F), ("boundary_dispute_prob", F),
    ("return_delay_h", F), ("extension_prob", F),
    ("limit_h", F, (LEVELS,)), ("attempts_max", INT), ("retry_after_h", F), ("step_up_h", F),
    ("experience_cases", F), ("exponent", F), ("scoring_response", F), ("scoring_target", F), ("memory_cases", F),
    ("trust_initial", F), ("trust_gain", F), ("trust_loss", F), ("stands_for", F), ("residents_count", INT),
    ("chances_most", INT), ("members_count", INT), ("weekly_h", F), ("step_up_delay_h", F),
    ("starts_most", INT), ("escalation", INT), ("reporting", INT), ("dispatch_rule", INT), ("gamma_address", INT),
], align=True)  # fmt: skip
"""What the scenario says once for all. `seen_to_m`, `component_to_m` and `neighbours_to_m` are how precisely
supervisors and neighbours tell a place."""

PROGRESS = np.dtype([
    ("now_h", F), ("entered_count", INT), ("pending_count", INT), ("next_arrival", INT), ("next_entered", INT),
    ("cases_count", INT), ("found_count", INT), ("filed_count", INT), ("standing", INT, (STAGES,)), ("trust_sum", F),
    ("day", INT), ("queue_top", INT), ("queue_need", INT), ("wait_top", INT), ("wait_free", INT), ("chance_top", INT),
    ("chance_free", INT), ("keeps_steps", BYTE), ("steps_count", INT), ("fault", INT), ("fault_index", INT),
], align=True)  # fmt: skip
"""How far the history has come. Of waits and chances that are over, the places are used again: a list of free ones."""

CASE = np.dtype([
    ("occurred_h", F), ("gone_h", F), ("key", "u8"), ("found_h", F), ("filed_h", F), ("due_h", F),
    ("dispatched_h", F), ("handled_h", F), ("remedied_h", F), ("closed_h", F), ("until_h", F), ("place_m", F),
    ("site", SHORT), ("unit", SHORT), ("reporter", SHORT), ("ticket", SHORT), ("chance", SHORT), ("witness", SHORT),
    ("noticed", SHORT), ("before", SHORT), ("returns", SHORT), ("reworks", SHORT), ("extensions", SHORT),
    ("escalations", SHORT), ("duplicates", SHORT), ("attempts", SHORT), ("attempts_here", SHORT), ("passed_by", SHORT),
    ("category", SHORT), ("severity", BYTE), ("stage", BYTE), ("level", BYTE), ("found_by", BYTE), ("offered", BYTE),
    ("hung", BYTE), ("gone_on_arrival", BYTE), ("in_hand", BYTE),
], align=True)  # fmt: skip
"""An incident and what has happened to it; `chance` is the soonest, `until_h` the duty hours at which work is done."""

CATEGORY = np.dtype([
    ("by_cell", BYTE), ("checked_on_site", BYTE), ("is_component", BYTE), ("comes_back", BYTE), ("all_taken_up", BYTE),
    ("seen_per_pass", F), ("seen_per_visit", F), ("salience", F), ("take_up_prob", F), ("worsens_mean_h", F),
    ("on_the_spot_prob", F), ("volunteer_prob", F), ("hang_prob", F), ("hang_mean_h", F), ("comes_back_prob", F),
    ("comes_back_mean_h", F), ("deadline_h", F), ("deadline_clock", INT), ("work", INT), ("work_mean_h", F),
    ("location", F), ("scale", F), ("shape", F), ("rungs_count", INT), ("rungs", INT, (MOST_RUNGS,)),
    ("crews_first", INT, (LEVELS,)),
], align=True)  # fmt: skip
"""A class of incidents. Its crews of a level stand from `crews_first` on, area by area."""

SITE = np.dtype([
    ("x_m", F), ("y_m", F), ("cell", INT), ("way_share", F), ("area", INT, (LEVELS,)),
    ("near_border", BYTE, (BY_GRID,)),
    ("known_within_m2", F, (BY_GRID,)), ("group", INT), ("door_before", F), ("door_inside", F),
], align=True)  # fmt: skip

UNIT = np.dtype([
    ("level", INT), ("max_severity", INT), ("clock", INT), ("people", INT), ("is_scored", BYTE), ("queue_rule", INT),
    ("casework_share", F), ("mobilise_h", F), ("speed", F), ("search_share", F), ("settle_prob", F),
    ("x_m", F), ("y_m", F), ("number", INT), ("knowledge", F), ("households", F), ("visits_per_h", F),
    ("waiting", INT), ("void", INT), ("joined", INT), ("queue_first", INT), ("queue_room", INT), ("in_hand", INT),
    ("taken_on_h", F), ("awaited_h", F), ("score", F), ("attempts", INT), ("waited_h", F), ("noted_h", F),
    ("most_waiting", INT),
], align=True)  # fmt: skip
"""People who work from one queue, which begins at `queue_first`; `void` of its entries no longer hold."""

BEAT = np.dtype([
    ("route", INT), ("visits_first", INT), ("visits_count", INT), ("people", INT), ("cycle_h", F), ("free_at_h", F),
    ("lag_h", F), ("task_day", INT), ("task_count", INT),
], align=True)  # fmt: skip
"""A post on its round. Beats of equal `route` walk the same working grid; `task_count` were taken up on `task_day`."""

CELL = np.dtype([("pass_h", F), ("x_m", F), ("y_m", F), ("passings_first", INT), ("passings_count", INT)], align=True)
PASSING = np.dtype([("beat", INT), ("starts_first", INT), ("starts_count", INT)], align=True)
"""A beat that passes a cell, and when in its round."""
VISIT = np.dtype([("entered_h", F), ("cell", INT), ("passing", INT)], align=True)
"""A visit of a round: when it begins, and the passing that it belongs to."""
CLOCK = np.dtype([("spans_first", INT), ("spans_count", INT), ("span", INT)], align=True)
"""Hours of duty; `span` is the last that has opened by now, -1: none."""
SPAN = np.dtype([("opens_h", F), ("closes_h", F), ("before_h", F)], align=True)
DESK = np.dtype([("clock", INT), ("operators_first", INT), ("operators_count", INT), ("served_h", F)], align=True)
CHANCE = np.dtype([("time_h", F), ("target", F), ("rank", SHORT), ("who", SHORT), ("later", SHORT)], align=True)
"""A coming occasion on which somebody may find an incident, and the next one of the same incident."""
WAITING = np.dtype([("place", F), ("joined", INT), ("case", SHORT), ("ticket", SHORT)], align=True)
WAIT = np.dtype([("case", SHORT), ("ticket", SHORT)], align=True)
"""A case that climbs if it waits too long; of one that is over, `case` is the next free place."""
WITNESS = np.dtype([("heard_h", F), ("precision_m", F), ("resident", INT)], align=True)
NOTICE = np.dtype([("time_h", F)], align=True)
GROUP = np.dtype([("first", INT, (3,)), ("count", INT, (3,))], align=True)
"""Members in the group, in its branch, and in all: where they stand in the list of `below`, and how many."""
MEMBER = np.dtype([("week", INT), ("given_h", F)], align=True)
ROUND = np.dtype([("unit", INT), ("before", F)], align=True)
"""A post that goes from door to door in a grid, and the households that its round has passed when it comes there."""
PART = np.dtype([("first", INT), ("count", INT)], align=True)
"""Some of a list: from where, and how many."""
EVENT = np.dtype([("time_h", F), ("tag", INT)], align=True)
"""Something that is going to happen: order of entering × 2^32 + what × 2^27 + to whom."""
STEP = np.dtype([("time_h", F), ("until_h", F), ("case", SHORT), ("who", SHORT), ("what", SHORT)], align=True)
"""As in `sim.steps.Steps`."""
REAL, WHOLE = np.dtype([("value", F)]), np.dtype([("value", INT)])
TOTALS = ("occurred", "found", "filed", "closed", "solved_on_the_spot", "solved_in_grid", "vanished", "rejected",
          "backlog", "open_unseen", "trust")  # fmt: skip
DAY = np.dtype([(name, F) for name in TOTALS])

ARRAYS = {
    "cases": CASE, "sites": SITE, "units": UNIT, "categories": CATEGORY, "cells": CELL, "passings": PASSING,
    "visits": VISIT, "starts": REAL, "beats": BEAT, "clocks": CLOCK, "spans": SPAN, "desks": DESK, "operators": REAL,
    "groups": GROUP, "below": WHOLE, "members": MEMBER, "queues": WAITING, "waits": WAIT, "chances": CHANCE,
    "events": EVENT, "finds": WHOLE, "trust": REAL, "grid_rounds": PART, "rounds": ROUND, "crews": PART,
    "crew_units": WHOLE, "witnesses": WITNESS, "noticed": NOTICE, "days": DAY, "steps": STEP,
}  # fmt: skip
"""By name: what it is made of."""


def _fields(record: np.dtype) -> list[tuple[str, np.dtype]]:
    assert record.fields is not None
    return [(name, record.fields[name][0]) for name in record.names or ()]


WORLD = np.dtype(
    [
        *_fields(SCENARIO), *_fields(PROGRESS),
        *((f"{name}_at", np.dtype(INT)) for name in ARRAYS), *((f"{name}_room", np.dtype(INT)) for name in ARRAYS),
    ],
    align=True,
)  # fmt: skip
"""One history: what its scenario says, how far it has come, and of each array the address and the room in it."""
