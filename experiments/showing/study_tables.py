"""What sweeps, pilots and queries print, for people.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.words.numbers import number, shown_unit
from experiments.words.studies import (
    effort_in_words,
    settled_in_words,
    size_in_words,
    swept_in_words,
    undefined_in_pilot,
)


def print_sweep(summary: Mapping[str, Any]) -> None:
    """What a sweep has done."""
    page = console()
    for line in (swept_in_words(summary), *settled_in_words(summary)):
        page.print(Text(line))
    page.print(Text(f"Checksum of the results: {summary['checksum']}."))


def print_plan(pilot: Mapping[str, Any]) -> None:
    """What a study will cost, and how narrow its intervals will be."""
    page = console()
    page.print(Text(f"{pilot['study']}: {pilot['title']}", "bold"))
    page.print(Text(size_in_words(pilot)))
    page.print(Text(effort_in_words(pilot)))
    table = plain_table("Expected half-widths of 95 % intervals", left("indicator"), right("mean in the pilot"),
                        right("of a plan's mean"), right("of a difference of two plans"), left("unit"))  # fmt: skip
    for name, entry in pilot["indicators"].items():
        unit = entry["unit"]
        halves = (_plus_minus(entry[half], unit) for half in ("half_width", "half_width_of_difference"))
        table.add_row(name, number(entry["mean"], unit), *halves, shown_unit(unit))
    page.print("", table)
    for line in undefined_in_pilot(pilot):
        page.print(Text(line))


def _plus_minus(half: float | None, unit: str) -> str:
    text = number(half, unit)
    return text if text == "–" else f"± {text}"


def print_query(columns: Sequence[str], rows: Sequence[Sequence[Any]], more: bool) -> None:
    """The rows of a query."""
    table = plain_table("", *(left(name) for name in columns))
    for row in rows:
        table.add_row(*(Text("–" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell))
                        for cell in row))  # fmt: skip
    page = console()
    page.print(table)
    if more:
        page.print(Text(f"… only the first {len(rows):,} rows are shown; --csv prints all, or add a LIMIT."))
