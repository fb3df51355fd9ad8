"""Hours on duty: as `sim.working_time`, sought from the present on.

Layer: sim.
"""

from __future__ import annotations

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.numbers import STEPS_NEAR_NOW, clock_at, span_of


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
    while span_of(w, clock.spans_first + span + 1).opens_h <= w.now_h and w.fault == 0:
        span += 1
    clock.span = span
    return span


@compiled
def worked_until(w, c, span, time_h):
    if span < 0:
        return 0.0
    on_duty = span_of(w, clock_at(w, c).spans_first + span)
    return forms.worked_in_span(on_duty.before_h, on_duty.opens_h, on_duty.closes_h, time_h)


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
    return forms.when_in_span(on_duty.before_h, on_duty.opens_h, worked_h)


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
