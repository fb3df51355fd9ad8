"""The tables that a run and a scenario print, for people.

Layer: experiments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_OF_A_FILE = 132
"""Columns when the output goes to a file or a pipe."""
MOST_LINES = 25
PERCENT = "%"


def console() -> Console:
    """Standard output: as wide as the terminal, or as a wide page."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDTH_OF_A_FILE)


def number(value: float | None, unit: str) -> str:
    """A number with as many digits as somebody reads; shares as percentages; a dash for undefined."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{value * 100:.1f}"
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


def print_run(result: Mapping[str, Any], title: str) -> None:
    """A run for people: its indicators, the published figures, what is assumed. `result` is what --json prints."""
    page = console()
    count = result["replications"]
    over = f"{count} replications" if count > 1 else "one replication, so no intervals"
    page.print(indicator_table(result["indicators"], f"{title} ({over})"), "")
    if result["figures"]:
        page.print(figure_table(result["figures"]))
        page.print("One more run: 95 of 100 further runs would fall there; a published figure is one history.", "")
    else:
        page.print(Text(f"Published figures: none. {result['figures_note']}"), "")
    assumed = result["assumptions"]
    table, left = assumption_table(assumed["given"])
    page.print(Text(basis_in_words(assumed["counts"])))
    page.print(table)
    more = f"… and {left} more; " if left else ""
    page.print(Text(f"{more}`show {result['scenario']}` lists every parameter with its source and why."), "")


def basis_in_words(counts: Mapping[str, int]) -> str:
    """How many parameters rest on what."""
    words = {
        "assumption": "are assumed", "published": "are published", "standard": "come from a standard",
        "definition": "follow from a definition", "calibrated": "are calibrated", "set by hand": "are set by --set",
    }  # fmt: skip
    return f"Of {sum(counts.values())} parameters, " + ", ".join(f"{n} {words[kind]}" for kind, n in counts.items()) + "."


def indicator_table(indicators: Mapping[str, Mapping[str, Any]], title: str) -> Table:
    """Every indicator: mean, 95 % interval of the mean, unit, what it counts."""
    table = _table(title, ("indicator", "left"), ("mean", "right"), ("95 % interval", "right"), ("unit", "left"),
                   ("what it counts", "left"))  # fmt: skip
    for name, entry in indicators.items():
        unit = entry["unit"]
        ends = interval(entry["lo"], entry["hi"], unit)
        table.add_row(name, number(entry["mean"], unit), ends, shown_unit(unit), Text(entry["definition"]))
    return table


def figure_table(figures: Sequence[Mapping[str, Any]]) -> Table:
    """The published figures beside the run."""
    table = _table("Beside the published figures", ("figure", "left"), ("published", "left"), ("simulated", "right"),
                   ("one more run", "right"), ("inside", "left"), ("standing", "left"), ("note", "left"))  # fmt: skip
    for figure in figures:
        unit = figure["unit"]
        simulated = "–" if figure["simulated"] is None else f"{number(figure['simulated'], unit)} {shown_unit(unit)}"
        inside = {True: "yes", False: "no", None: "–"}[figure["inside"]]
        table.add_row(
            figure["id"], Text(figure["published_text"]), simulated, interval(figure["lo"], figure["hi"], unit), inside,
            figure["standing"], Text(figure["note"]),
        )  # fmt: skip
    return table


def assumption_table(given: Iterable[Mapping[str, Any]]) -> tuple[Table, int]:
    """Assumed values with their reason, those of one section and reason in one line; and how many are left off.

    The scenario's own come first, then those of the files it extends.
    """
    groups: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for entry in given:
        top, *middle, name = entry["path"].split(".")
        values = groups.setdefault((entry["origin"], top, entry["why"]), {})
        values.setdefault(f"{name} = {short(entry['value'])}", []).append(".".join(middle))
    table = _table("What is assumed", ("section", "left"), ("assumed", "left"), ("why", "left"), ("given in", "left"))
    for (origin, top, why), values in list(groups.items())[:MOST_LINES]:
        table.add_row(top, Text("; ".join(_of_whom(value, whose) for value, whose in values.items())), Text(why), origin)
    return table, sum(len(whose) for values in list(groups.values())[MOST_LINES:] for whose in values.values())


def _of_whom(value: str, whose: Sequence[str]) -> str:
    """A value, and which units or categories it belongs to."""
    named = [name for name in whose if name]
    return f"{value} ({', '.join(named)})" if named else value


def parameter_tables(rows: Iterable[Mapping[str, Any]]) -> list[Table]:
    """The resolved parameters, a table for each section."""
    tables: dict[str, Table] = {}
    for row in rows:
        section, _, name = row["path"].rpartition(".")
        if section not in tables:
            tables[section] = _table(section, ("parameter", "left"), ("value", "right"), ("unit", "left"),
                                     ("role", "left"), ("source", "left"), ("why", "left"))  # fmt: skip
        why = row["why"] or ("default" if row["origin"] == "default" else "")
        tables[section].add_row(name, Text(short(row["value"])), Text(row["unit"]), row["role"], row["source"], Text(why))
    return list(tables.values())


def change_table(changes: Iterable[Mapping[str, Any]], title: str) -> Table:
    """What a scenario changes."""
    table = _table(title, ("parameter", "left"), ("was", "right"), ("is", "right"), ("why", "left"), ("source", "left"))
    for change in changes:
        was = "–" if change["old"] is None else short(change["old"])
        table.add_row(change["path"], Text(was), Text(short(change["new"])), Text(change["why"]), change["source"])
    return table


def scenario_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The library."""
    table = _table("Scenarios", ("name", "left"), ("place", "left"), ("from", "left"), ("days", "right"), ("question", "left"))
    for row in rows:
        table.add_row(row["name"], Text(row["place"]), row["start"], f"{row['days']:,}", Text(row["question"]))
    return table


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


def _table(title: str, *columns: tuple[str, str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, (name, justify) in enumerate(columns):
        wide = name in ("why", "note", "what it counts", "question", "assumed", "published", "value", "was", "is", "place")
        table.add_column(name, justify=justify, no_wrap=index == 0 or not wide, header_style="dim")  # type: ignore[arg-type]
    return table
