"""The tables that a run and a scenario print, for people.

Layer: experiments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH_OF_A_FILE = 132
"""Columns when the output goes to a file or a pipe."""
WIDTH_FOR_DEFINITIONS = 115
"""A narrower terminal shows the indicators without what they count."""
MOST_LINES = 15
PERCENT = "%"
WRAPPED = {
    "figure",
    "why",
    "what it counts",
    "question",
    "assumed",
    "published",
    "value",
    "was",
    "is",
    "place",
    "plan",
    "replications without pairing, for each with it",
    "for this interval: with",
}
"""Columns whose words may go on in the next line."""


def console() -> Console:
    """Standard output: as wide as the terminal, or as a wide page."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDTH_OF_A_FILE)


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


def print_run(result: Mapping[str, Any], title: str) -> None:
    """A run for people: its indicators, what is assumed, the published figures. `result` is what --json prints."""
    page = console()
    count = result["replications"]
    over = f"{count} replications" if count > 1 else "one replication, so no intervals"
    page.print(indicator_table(result["indicators"], f"{title} ({over})", page.width >= WIDTH_FOR_DEFINITIONS), "")
    assumed = result["assumptions"]
    table, left = assumption_table(assumed["given"])
    page.print(Text(basis_in_words(assumed["counts"])))
    page.print(table)
    more = f"… and {left} more; " if left else ""
    page.print(Text(f"{more}`show {result['scenario']}` lists every parameter with its source and why."), "")
    if not result["figures"]:
        page.print(Text(f"Published figures: none. {result['figures_note']}"), "")
        return
    page.print(figure_table(result["figures"]))
    page.print(Text("One more run: 95 of 100 further runs would fall there; a published figure is one history."))
    for figure in result["figures"]:
        if figure["note"]:
            page.print(Padding(Text.assemble((figure["id"], "italic"), ": ", figure["note"]), (0, 0, 0, 2)))
    page.print()


def basis_in_words(counts: Mapping[str, int]) -> str:
    """How many parameters rest on what."""
    words = {"assumption": "assumed", "definition": "by definition", "standard": "from standards"}
    parts = ", ".join(f"{count} {words.get(kind, kind)}" for kind, count in counts.items())
    return f"What the {sum(counts.values())} parameters rest on: {parts}."


def indicator_table(indicators: Mapping[str, Mapping[str, Any]], title: str, defined: bool) -> Table:
    """Every indicator: mean, 95 % interval of the mean, unit; and if `defined`, what it counts."""
    columns = [("indicator", "left"), ("mean", "right"), ("95 % interval", "right"), ("unit", "left")]
    table = plain_table(title, *columns, *([("what it counts", "left")] if defined else []))
    for name, entry in indicators.items():
        unit = entry["unit"]
        row = [name, number(entry["mean"], unit), interval(entry["lo"], entry["hi"], unit), shown_unit(unit)]
        table.add_row(*row, *([Text(entry["definition"])] if defined else []))
    return table


def figure_table(figures: Sequence[Mapping[str, Any]]) -> Table:
    """The published figures beside the run."""
    columns = ("figure", "left"), ("published", "left"), ("simulated", "right"), ("one more run", "right")
    table = plain_table("Beside the published figures", *columns, ("inside", "left"), ("standing", "left"))
    for figure in figures:
        unit = figure["unit"]
        simulated = "–" if figure["simulated"] is None else f"{number(figure['simulated'], unit)} {shown_unit(unit)}"
        inside = {True: "yes", False: "no", None: "–"}[figure["inside"]]
        table.add_row(
            figure["id"], Text(figure["published_text"]), simulated, interval(figure["lo"], figure["hi"], unit), inside,
            figure["standing"],
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
        values.setdefault(f"{name} = {_named(name, entry['value'])}", []).append(".".join(middle))
    table = plain_table(
        "What is assumed", ("section", "left"), ("assumed", "left"), ("why", "left"), ("given in", "left")
    )
    for (origin, top, why), values in list(groups.items())[:MOST_LINES]:
        assumed = _in_words(values)
        table.add_row(top, Text(assumed), Text(why), origin)
    return table, sum(len(whose) for values in list(groups.values())[MOST_LINES:] for whose in values.values())


def _in_words(values: Mapping[str, Sequence[str]]) -> str:
    """Values, and which units or categories they belong to: said once if it is the same for all."""
    whose = [", ".join(filter(None, names)) for names in values.values()]
    if len(set(whose)) == 1:
        return (f"{whose[0]}: " if whose[0] else "") + ", ".join(values)
    return "; ".join(f"{names}: {value}" if names else value for value, names in zip(values, whose, strict=True))


def parameter_tables(rows: Iterable[Mapping[str, Any]]) -> list[Table]:
    """The resolved parameters, a table for each section."""
    tables: dict[str, Table] = {}
    for row in rows:
        section, _, name = row["path"].rpartition(".")
        if section not in tables:
            tables[section] = plain_table(section, ("parameter", "left"), ("value", "right"), ("unit", "left"),
                                     ("role", "left"), ("source", "left"), ("why", "left"))  # fmt: skip
        why = row["why"] or ("default" if row["origin"] == "default" else "")
        value, unit = Text(_named(name, row["value"])), Text(row["unit"])
        tables[section].add_row(name, value, unit, row["role"], row["source"], Text(why))
    return list(tables.values())


def change_table(changes: Iterable[Mapping[str, Any]], title: str) -> Table:
    """What a scenario changes."""
    table = plain_table(
        title, ("parameter", "left"), ("was", "right"), ("is", "right"), ("why", "left"), ("source", "left")
    )
    for change in changes:
        was = "–" if change["old"] is None else short(change["old"])
        table.add_row(change["path"], Text(was), Text(short(change["new"])), Text(change["why"]), change["source"])
    return table


def scenario_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The library."""
    columns = (("name", "left"), ("place", "left"), ("from", "left"), ("days", "right"), ("question", "left"))
    table = plain_table("Scenarios", *columns)
    for row in rows:
        table.add_row(row["name"], Text(row["place"]), row["start"], f"{row['days']:,}", Text(row["question"]))
    return table


def study_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The studies."""
    table = plain_table("Studies", ("name", "left"), ("base", "left"), ("question", "left"))
    for row in rows:
        table.add_row(row["name"], row["base"], Text(row["question"]))
    return table


def _named(name: str, value: Any) -> str:
    """A value in a few words; a seed is a name, not an amount."""
    return str(value) if name == "seed" else short(value)


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


def plain_table(title: str, *columns: tuple[str, str]) -> Table:
    """A table without lines; only the columns of WRAPPED may go on in the next line."""
    table = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=name not in WRAPPED, overflow="fold", header_style="dim")  # type: ignore[arg-type]
    return table
