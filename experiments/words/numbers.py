"""Numbers, units and intervals as people read them.

Layer: experiments.
"""

from __future__ import annotations

from typing import Any

PERCENT = "%"


def number(value: float | None, unit: str) -> str:
    """A number with as many digits as somebody reads; shares as percentages; a dash for undefined."""
    if value is None:
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
