"""What is going to happen: as `sim.calendar`, a heap of events.

Layer: sim.
"""

from __future__ import annotations

from math import inf

from sim.compiled.compiling import compiled
from sim.compiled.kernel.numbers import IN_THE_PAST, ORDER_BIT, WHAT_BIT, event_at


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
