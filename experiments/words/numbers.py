"""Numbers, units and intervals as people read them.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

PERCENT = "%"


def number(value: float | None, unit: str) -> str:
    """A number with as many digits as somebody reads; shares as percentages; a dash for undefined."""
    if value is None or math.isnan(value):
        return "–"
    if unit == "share":
        return f"{round(value * 100, 1) + 0.0:.1f}"
    if value == 0:
        return "0"
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:,.1f}" if size >= 10 else f"{value:.2f}"


def interval(lo: float | None, hi: float | None, unit: str) -> str:
    """Two ends, or a dash."""
    return "–" if lo is None or hi is None else f"{number(lo, unit)} … {number(hi, unit)}"


def signed(value: float, unit: str) -> str:
    """A difference: its sign is always shown."""
    text = number(abs(value), unit)
    return text if text in ("–", "0", "0.0", "0.00") else f"{'−' if value < 0 else '+'}{text}"


def plus_minus(half: float, unit: str) -> str:
    """Plus or minus a half-width; nothing if there is none, or nothing varies."""
    if not math.isfinite(half):
        return ""
    text = number(half, unit)
    return f" ± {text}" if float(text.replace(",", "")) else ""


def points(unit: str) -> str:
    """The unit of a difference: that of shares is in points."""
    return "points" if unit == "share" else unit


AREAS = {"social_grid": "social grids", "community": "communities", "subdistrict": "subdistricts"}
"""What areas are called, by their kind."""


def counted(count: float, one: str, many: str = "") -> str:
    """So many of something: "1 day", "1,200 days", "1.5 years"."""
    shown = f"{count:,}" if isinstance(count, int) else f"{count:g}"
    return f"{shown} {one if count == 1 else many or one + 's'}"


def quoted(names: Iterable[str], most: int, between: str = ", ") -> str:
    """Names in quotation marks, the first of them if there are more than `most`."""
    listed = list(names)
    return between.join(f"“{name}”" for name in listed[:most]) + (" …" if len(listed) > most else "")


def shown_unit(unit: str) -> str:
    """The unit as the table shows it."""
    return PERCENT if unit == "share" else unit


def short(value: Any) -> str:
    """A value in a few words: long lists are cut."""
    if isinstance(value, list | tuple):
        items = [short(item) for item in value]
        return ", ".join(items) if len(items) <= 6 else f"{', '.join(items[:5])}, … ({len(items)})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1000 and value == int(value) else f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}" if value >= 10_000 else str(value)
    return str(value) or '""'


def waiting_in_words(seconds: float) -> str:
    """A length of time for somebody who waits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def hours_in_words(hours: float) -> str:
    """A length of time as people say it."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"
