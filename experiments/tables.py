"""Tables for the terminal.

Layer: experiments.  Takes what was computed, computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

MOST_ASSUMPTIONS = 24


def number(value: float | None, unit: str = "") -> str:
    """A number as a reader wants it: shares in per cent, counts whole, the rest to three figures."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:.1%}"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def interval(lo: float | None, hi: float | None, unit: str = "") -> str:
    """An interval, or a dash."""
    return "–" if lo is None or hi is None else f"{number(lo, unit)} … {number(hi, unit)}"


def _range(low: float | None, high: float | None, unit: str) -> str:
    """A published range; an open end in words."""
    if low is None or high is None:
        return f"≥ {number(low, unit)}" if high is None else f"≤ {number(high, unit)}"
    return interval(low, high, unit)


def print_scenarios(console: Console, rows: Sequence[Mapping[str, str]]) -> None:
    """The library, a line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("scenario", "place", "time", "question"):
        table.add_column(name, overflow="fold", no_wrap=name in ("scenario",))
    for row in rows:
        table.add_row(row["name"], row["place"], row["time"], row["question"])
    console.print(table)


def print_parameters(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Every parameter, section by section."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("parameter", "value", "unit", "symbol", "role", "source"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[key]) for key in ("path", "shown", "unit", "symbol", "role", "source")))
    console.print(table)


def print_changes(console: Console, parents: str, rows: Sequence[Mapping[str, str]]) -> None:
    """What a scenario changes, and why."""
    console.print(f"\n[bold]Changes from {parents}[/bold]" if rows else f"\nNothing is changed from {parents}.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("parameter", "from", "to", "why", "source"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row["path"], row["from"], row["to"], row["why"], row["source"])
    if rows:
        console.print(table)


def print_indicators(console: Console, result: Mapping[str, Any]) -> None:
    """Every indicator: mean, interval of the mean, unit."""
    runs = result["replications"]
    console.print(f"\n[bold]{result['title']}[/bold]")
    console.print(
        f"{result['scenario']} · {result['days']} days · {runs} replication{'s' if runs != 1 else ''}, "
        f"seeds {result['seeds'][0]}–{result['seeds'][-1]} · {result['elapsed_s']:.1f} s",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("indicator", no_wrap=True)
    table.add_column("mean", justify="right", no_wrap=True)
    table.add_column("95 % interval of the mean", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("definition", overflow="fold")
    for name, row in result["indicators"].items():
        unit = row["unit"]
        shown_unit = "%" if unit == "share" else unit
        if row["mean"] is None:
            continue
        table.add_row(
            name, number(row["mean"], unit), interval(row["lo"], row["hi"], unit), shown_unit, row["definition"]
        )
    console.print(table)
    silent = [name for name, row in result["indicators"].items() if row["mean"] is None]
    if silent:
        console.print(f"[dim]without a value here, as there is nothing to count: {', '.join(silent)}[/dim]")


def print_figures(console: Console, place: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Published figures beside what was simulated."""
    if not rows:
        console.print(f"\n[bold]Published figures[/bold]: there are none for {place}.")
        return
    console.print("\n[bold]Beside the published figures[/bold] (interval: where one more run would fall, 95 %)")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in (("figure", "left"), ("published", "right"), ("simulated", "right"), ("interval", "right")):
        table.add_column(name, justify=side, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("verdict", no_wrap=True)
    table.add_column("standing", no_wrap=True)
    table.add_column("what it is; what is in doubt", overflow="fold")
    for row in rows:
        unit, note = row["unit"], row["note"]
        published = row["published"]
        shown = _range(*published, unit) if isinstance(published, tuple) else number(published, unit)
        about = f"{row['definition']}; {note}" if note else row["definition"]
        table.add_row(
            row["id"], shown, number(row["simulated"], unit), interval(row["lo"], row["hi"], unit), _verdict(row),
            row["standing"], about,
        )  # fmt: skip
    console.print(table)


def _verdict(row: Mapping[str, Any]) -> str:
    if row["simulated"] is None:
        return "not simulated"
    if row["inside"] is None:
        return "one run: no interval"
    return "[green]inside[/green]" if row["inside"] else "[red]outside[/red]"


def print_assumptions(console: Console, summary: Mapping[str, Any]) -> None:
    """How much of it is assumed, and what the scenario assumes on purpose."""
    console.print(
        f"\n[bold]What is assumed[/bold]: {summary['assumed_count']} of {summary['parameters_count']} parameters rest on "
        f"assumptions or trial values, {summary['published_count']} on published figures or standards.",
        highlight=False,
    )
    rows = summary["changed"]
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=False, overflow="fold")
    table.add_column(overflow="fold")
    for row in rows[:MOST_ASSUMPTIONS]:
        table.add_row(f"  {row['path']}", row["shown"], row["why"])
    console.print(table)
    hidden = len(rows) - MOST_ASSUMPTIONS
    if hidden > 0:
        console.print(f"  … and {hidden} more: python run_experiment.py show {summary['scenario']}", highlight=False)
