"""Hours of duty written as one line of text, such as "08:00-12:00 14:00-18:00 workdays".

Layer: scenarios.  Only reads the text; what the hours mean on a date is the model's business.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from languages.speaking import marked, say

DAYS = ("daily", "workdays")
_SPAN = re.compile(r"(\d{2}):([0-5]\d)-(\d{2}):([0-5]\d)")
_EXAMPLE = marked("write them as '08:00-12:00 14:00-18:00 workdays' or '19:00-07:00 daily'")


class DutyHours(NamedTuple):
    """Hours of the day on which somebody is on duty."""

    spans_h: tuple[tuple[float, float], ...]
    """Start and end of each span within one day, hours, ascending; a span over midnight comes as two."""
    workdays_only: bool
    """True: only on working days; False: every day of the year."""


@lru_cache(maxsize=256)
def parse_hours(text: str) -> DutyHours:
    """Read hours of duty.

    Raises ValueError, in words that say how to write them, if the text is malformed, names no span,
    or names spans that overlap.
    """
    *spans, days = text.split() or [""]
    if days not in DAYS or not spans:
        raise ValueError(say("hours must end in daily or workdays; {example}", example=say(_EXAMPLE)))
    halves = sorted(half for span in spans for half in _within_one_day(span))
    if any(later[0] < earlier[1] for earlier, later in pairwise(halves)):
        raise ValueError(say("spans overlap; {example}", example=say(_EXAMPLE)))
    return DutyHours(tuple(halves), workdays_only=days == "workdays")


def hours_per_week(text: str) -> float:
    """Hours of duty in a week without holidays; ValueError as from `parse_hours`."""
    hours = parse_hours(text)
    return sum(end - start for start, end in hours.spans_h) * (5 if hours.workdays_only else 7)


def _within_one_day(span: str) -> list[tuple[float, float]]:
    found = _SPAN.fullmatch(span)
    if not found:
        raise ValueError(say("'{span}' is no span of hours; {example}", span=span, example=say(_EXAMPLE)))
    start, end = (int(found[i]) + int(found[i + 1]) / 60 for i in (1, 3))
    if start == end or max(start, end) > 24:
        raise ValueError(
            say(
                "'{span}' must start and end at different times up to 24:00; {example}",
                span=span,
                example=say(_EXAMPLE),
            )
        )
    return [(start, end)] if start < end else [(0.0, end), (start, 24.0)] if end > 0 else [(start, 24.0)]
