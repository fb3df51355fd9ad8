"""The tables that a run and a scenario print, for people.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.words.names import indicator, unit_beside, worded
from experiments.words.numbers import interval, measured, number, short, shown_unit
from experiments.words.runs import basis_in_words, saturated_in_words, undefined_in_words
from languages.speaking import listed, marked, say

WIDTH_FOR_DEFINITIONS = 115
"""A narrower terminal shows the indicators without what they count."""
MOST_LINES = 15
STANDING = {"fit": marked("fit"), "check": marked("check"), "contested": marked("contested")}
ROLES = {"lever": marked("lever"), "uncertain": marked("uncertain"), "fixed": marked("fixed")}
GROUPS = {
    marked("seen"): (
        "occurred_count", "found_count", "unseen_share", "occurred_to_found_restricted_mean_h",
    ),
    marked("solved"): (
        "problem_hours_per_incident", "remedied_share_of_occurred", "in_grid_share_of_solved", "backlog_count",
    ),
    marked("in time"): (
        "on_time_share_of_remedied", "on_time_share_of_filed", "found_to_closed_median_h",
    ),
    marked("cost"): (
        "cost_yuan_per_year", "cost_per_case_yuan", "busiest_unit_utilisation",
    ),
}  # fmt: skip
"""What the first screen shows, first what no plan betters by looking away or by waiting."""


def print_run(result: Mapping[str, Any], title: str, everything: bool) -> None:
    """A run for people: the answer and one table, or every table. `result` is what --json prints."""
    page = console()
    page.print(Text(title, "bold"))
    for line in result["answer"]:
        page.print(Text(line))
    page.print("", short_table(result), "")
    if not everything:
        shown = {name: result["indicators"][name] for names in GROUPS.values() for name in names}
        for line in undefined_in_words({n: e for n, e in shown.items() if e["defined_count"]}, result["replications"]):
            page.print(Text(line))
        page.print(Text(say("All {count} indicators, the units, what is assumed and the published figures: --all.",
                            count=len(result["indicators"]))))  # fmt: skip
        return
    page.print(indicator_table(result["indicators"], say("Every indicator"), page.width >= WIDTH_FOR_DEFINITIONS))
    for line in undefined_in_words(result["indicators"], result["replications"]):
        page.print(Text(line))
    page.print("", unit_table(result["units"]))
    for line in saturated_in_words(result["units"]):
        page.print(Text(line, "yellow"))
    page.print()
    assumed = result["assumptions"]
    table, left_off = assumption_table(assumed["given"])
    page.print(Text(basis_in_words(assumed["counts"])))
    page.print(table)
    listing = f"show {result['called']}"
    page.print(Text(
        say("… and {count} more; `{listing}` lists every parameter with its source and why.", count=left_off,
            listing=listing)
        if left_off else say("`{listing}` lists every parameter with its source and why.", listing=listing)
    ), "")  # fmt: skip
    if not result["figures"]:
        page.print(Text(say("Published figures: none. {why}", why=result["figures_note"])), "")
        return
    page.print(figure_table(result["figures"]))
    page.print(Text(say("One more run: 95 of 100 further runs would fall there; a published figure is one history.")))
    for figure in result["figures"]:
        if figure["note"]:
            page.print(Text(say("  {figure}: {note}", figure=figure["id"], note=figure["note"])))
    page.print()


def short_table(result: Mapping[str, Any]) -> Table:
    """A dozen indicators in four groups: the mean, how far chance moves it, and how far what nobody knows does."""
    ranges = result["unknowns"]["ranges"] if result["unknowns"] else None
    columns = [left("", wraps=True), left(""), right("mean"), right("by chance, 95 %")]
    table = plain_table("", *columns, *([right("what nobody knows")] if ranges else []))
    for group, names in GROUPS.items():
        table.add_row(Text(say(group), "bold"), *[""] * (len(table.columns) - 1))
        for name in names:
            entry = result["indicators"][name]
            unit = entry["unit"]
            row = [unit_beside(unit), number(entry["mean"], unit), _between((entry["lo"], entry["hi"]), unit)]
            if ranges is not None:
                row.append(_between(ranges.get(name, (None, None)) if entry["has_meaning"] else (None, None), unit))
            table.add_row(Text(f"  {indicator(name)}"), *row)
    return table


def _between(ends: Sequence[float | None], unit: str) -> str:
    """Two ends, or one number where nothing varies."""
    low, high = ends
    return number(low, unit) if number(low, unit) == number(high, unit) else interval(low, high, unit)


def indicator_table(indicators: Mapping[str, Mapping[str, Any]], title: str, defined: bool) -> Table:
    """Every indicator: mean, 95 % interval of the mean, unit; and if `defined`, what it counts."""
    columns = [left("indicator"), right("mean"), right("95 % interval"), left("unit")]
    table = plain_table(title, *columns, *([left("what it counts", wraps=True)] if defined else []))
    for name, entry in indicators.items():
        unit = entry["unit"]
        row = [say(name), number(entry["mean"], unit), _between((entry["lo"], entry["hi"]), unit), shown_unit(unit)]
        table.add_row(*row, *([Text(say(entry["definition"]))] if defined else []))
    return table


def unit_table(units: Iterable[Mapping[str, Any]]) -> Table:
    """How busy each unit is, and what waits for it."""
    columns = right("on duty"), right("busy"), right("waiting, mean"), right("longest queue")
    table = plain_table("Units", left("unit"), *columns)
    for unit in units:
        busy, waiting = number(unit["utilisation"], "share"), number(unit["waiting_mean"], "cases")
        table.add_row(worded(unit["unit"]), f"{unit['people']:,}", busy, waiting, f"{unit['waiting_most']:,}")
    return table


def figure_table(figures: Sequence[Mapping[str, Any]]) -> Table:
    """The published figures beside the run."""
    columns = left("figure", wraps=True), left("published", wraps=True), right("simulated"), right("one more run")
    table = plain_table("Beside the published figures", *columns, left("inside"), left("standing"))
    for figure in figures:
        unit = figure["unit"]
        simulated = "–" if figure["simulated"] is None else measured(number(figure["simulated"], unit), unit)
        inside = {True: say("yes"), False: say("no"), None: "–"}[figure["inside"]]
        table.add_row(
            figure["id"], Text(say(figure["published_text"])), simulated, interval(figure["lo"], figure["hi"], unit),
            inside, say(STANDING[figure["standing"]]),
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
        "What is assumed", left("section"), left("assumed", wraps=True), left("why", wraps=True), left("given in")
    )
    for (origin, top, why), values in list(groups.items())[:MOST_LINES]:
        assumed = _in_words(values)
        table.add_row(top, Text(assumed), Text(say(why)), origin)
    return table, sum(len(whose) for values in list(groups.values())[MOST_LINES:] for whose in values.values())


def _in_words(values: Mapping[str, Sequence[str]]) -> str:
    """Values, and which units or categories they belong to: said once if it is the same for all."""
    whose = [listed(filter(None, names)) for names in values.values()]
    if len(set(whose)) == 1:
        return (f"{whose[0]}: " if whose[0] else "") + listed(values)
    return "; ".join(f"{names}: {value}" if names else value for value, names in zip(values, whose, strict=True))


def parameter_tables(rows: Iterable[Mapping[str, Any]]) -> list[Table]:
    """The resolved parameters, a table for each section."""
    tables: dict[str, Table] = {}
    for row in rows:
        section, _, name = row["path"].rpartition(".")
        if section not in tables:
            tables[section] = plain_table(
                f"[{section}]", left("parameter"), left("what it is", wraps=True), right("value", wraps=True),
                left("unit"), left("role"), left("source"), left("why", wraps=True),
            )  # fmt: skip
        why = say(row["why"]) or (say("default") if row["origin"] == "default" else "")
        value, unit = Text(_named(name, row["value"])), Text(shown_unit(row["unit"]))
        about, role = Text(say(row["about"])), say(ROLES[row["role"]])
        tables[section].add_row(name, about, value, unit, role, row["source"], Text(why))
    return list(tables.values())


def change_table(changes: Iterable[Mapping[str, Any]], title: str) -> Table:
    """What a scenario changes."""
    table = plain_table(
        title,
        left("parameter"),
        right("was", wraps=True),
        right("is", wraps=True),
        left("why", wraps=True),
        left("source"),
    )
    for change in changes:
        was = "–" if change["old"] is None else short(change["old"])
        table.add_row(change["path"], Text(was), Text(short(change["new"])), Text(say(change["why"])), change["source"])
    return table


def scenario_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The library."""
    columns = (left("name"), left("place", wraps=True), left("from"), right("days"), left("question", wraps=True))
    table = plain_table("Scenarios", *columns)
    for row in rows:
        place, question = Text(say(row["place"])), Text(say(row["question"]))
        table.add_row(row["name"], place, row["start"], f"{row['days']:,}", question)
    return table


def study_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The studies."""
    table = plain_table("Studies", left("name"), left("base"), left("question", wraps=True))
    for row in rows:
        table.add_row(row["name"], row["base"], Text(say(row["question"])))
    return table


def _named(name: str, value: Any) -> str:
    """A value in a few words; a seed is a name, not an amount."""
    return str(value) if name == "seed" else short(value)
