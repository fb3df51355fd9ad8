"""Numbers, units and intervals as people read them.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from languages.speaking import listed, marked, say, say_many, spoken

PERCENT = "%"
UNITS = {
    "1/day": marked("1/day"), "1/day per basis": marked("1/day per basis"), "1/year": marked("1/year"),
    "attempts": marked("attempts"), "branches": marked("branches"), "cases": marked("cases"),
    "cases/day": marked("cases/day"), "cases/person": marked("cases/person"), "clusters": marked("clusters"),
    "communities": marked("communities"), "date": marked("date"), "days": marked("days"),
    "file name": marked("file name"), "finds/day": marked("finds/day"), "grids": marked("grids"),
    "groups": marked("groups"), "h/week": marked("h/week"), "hours of duty": marked("hours of duty"),
    "households": marked("households"), "households/h": marked("households/h"), "incidents": marked("incidents"),
    "incidents/day": marked("incidents/day"), "name": marked("name"), "names": marked("names"),
    "people": marked("people"), "people/household": marked("people/household"), "posts": marked("posts"),
    "reports": marked("reports"), "runs": marked("runs"), "sites": marked("sites"),
    "subdistricts": marked("subdistricts"), "years": marked("years"), "yuan": marked("yuan"),
    "yuan/month": marked("yuan/month"), "yuan/year": marked("yuan/year"), "points": marked("points"),
    "h": marked("h"),
}  # fmt: skip
"""Units that are words; signs of units (m², km²) are the same everywhere."""


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


def points(unit: str) -> str:
    """The unit of a difference: that of shares is in points."""
    return say("points") if unit == "share" else shown_unit(unit)


AREAS = {
    "social_grid": marked("social grids"), "community": marked("communities"), "subdistrict": marked("subdistricts"),
}  # fmt: skip
"""What areas are called, by their kind."""


def days_counted(days: int) -> str:
    """So many days."""
    return say_many("{count:,} day", "{count:,} days", days)


def yuan_in_words(yuan: float) -> str:
    """An amount of money as people say it: in Chinese by ten thousands."""
    if spoken() == "zh" and abs(yuan) >= 10_000:
        return say("{amount:,.1f} × 10,000 yuan", amount=yuan / 10_000)
    return say("{amount:,.0f} yuan", amount=yuan)


def quoted(names: Iterable[str], most: int, between: str = ", ") -> str:
    """Names in quotation marks, the first of them if there are more than `most`."""
    listed = list(names)
    return between.join(f"“{name}”" for name in listed[:most]) + (" …" if len(listed) > most else "")


def shown_unit(unit: str) -> str:
    """The unit as the table shows it."""
    return PERCENT if unit == "share" else say(UNITS.get(unit, unit)) if unit else ""


def in_percent(share: float, form: str = ".0f") -> str:
    """A share in percent: English has a space before the sign, Chinese has none."""
    return say("{number} %", number=f"{100 * share:{form}}")


def with_unit(name: str, unit: str) -> str:
    """What is measured, with its unit where its name does not end in that."""
    said = shown_unit(unit)
    return say("{name}, {unit}", name=name, unit=said) if not name.endswith(said) else name


def measured(value: str, unit: str) -> str:
    """A number, or the last of several, with its unit behind it."""
    return say("{number} %", number=value) if unit == "share" else f"{value} {shown_unit(unit)}".rstrip()


def short(value: Any) -> str:
    """A value in a few words: long lists are cut."""
    if isinstance(value, list | tuple):
        items = [short(item) for item in value]
        return listed(items) if len(items) <= 6 else f"{listed([*items[:5], '…'])} ({len(items)})"
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
        return say("{seconds:.0f} s", seconds=seconds)
    if seconds < 5400:
        return say("{minutes:.0f} min", minutes=seconds / 60)
    return say("{hours:.1f} h", hours=seconds / 3600)


def hours_in_words(hours: float) -> str:
    """A length of time as people say it."""
    if hours < 1:
        return say("{minutes:.0f} min", minutes=hours * 60)
    return say("{hours:.1f} h", hours=hours) if hours < 48 else say("{days:.1f} days", days=hours / 24)
