"""What sweeps, pilots and queries print, for people.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.words.findings import answer_in_words, fact_in_words
from experiments.words.names import indicator
from experiments.words.numbers import number, shown_unit, with_unit
from experiments.words.resting import study_rests_in_words
from experiments.words.studies import (
    effort_in_words,
    next_step_in_words,
    settled_in_words,
    size_in_words,
    swept_in_words,
    undefined_in_pilot,
)
from languages.speaking import marked, say
from sim.indicators import INDICATORS

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.findings.runs import Findings

WIDTH = 80
"""Columns that a first table takes at most."""
MOST_SHOWN = 5
"""Plans on the first screen; the report has more."""
PLAN_COLUMNS = {
    marked("unseen, %"): "unseen_share", marked("yuan/year"): "cost_yuan_per_year",
    marked("grids"): "grids_count", marked("posts"): "posts_count", marked("people"): "employed_count",
}  # fmt: skip
"""What is shown beside each plan, by the indicator that says so."""


def print_sweep(summary: Mapping[str, Any], findings: Findings | None = None) -> None:
    """What a study found, if all of it has been run; what to do next; and what the sweep has done."""
    page = console()
    if findings is not None:
        for line in (*answer_in_words(findings), *study_rests_in_words(findings)[:1]):
            page.print(Text(line))
        page.print("", _plans_table(findings), width=min(WIDTH, page.width))
        page.print("", Text(next_step_in_words(summary["folder"])))
    for line in (swept_in_words(summary), *settled_in_words(summary)):
        page.print(Text(line))
    page.print(Text(say("Checksum of the results: {checksum}.", checksum=summary["checksum"])))


def _plans_table(findings: Findings) -> Table:
    """The best plans by the first objective: what they come to, what stays unseen, what they cost, what they are."""
    name = findings.a_year(findings.objectives[0].indicator)
    unit = INDICATORS[name].unit
    facts = [(heading, fact, findings.means_of(fact)) for heading, fact in PLAN_COLUMNS.items() if fact != name]
    facts = [fact for fact in facts if fact[2]]
    heading = with_unit(indicator(name), unit)
    table = plain_table(
        "", left("plan", wraps=True), right(heading, wraps=True), *(right(heading) for heading, _, _ in facts)
    )
    for _, row in findings.ranking.head(MOST_SHOWN).iterrows():
        cells = [fact_in_words(means.get(row["plan"]), fact) for _, fact, means in facts]
        table.add_row(Text(row["name"]), number(row[name], unit), *cells)
    return table


def print_plan(pilot: Mapping[str, Any]) -> None:
    """What a study will cost, and how narrow its intervals will be."""
    page = console()
    page.print(Text(say("{name}: {title}", name=pilot["study"], title=say(pilot["title"])), "bold"))
    page.print(Text(size_in_words(pilot)))
    page.print(Text(effort_in_words(pilot)))
    table = plain_table("Expected half-widths of 95 % intervals", left("indicator"), right("mean in the pilot"),
                        right("of a plan's mean"), right("of a difference of two plans"), left("unit"))  # fmt: skip
    for name, entry in pilot["indicators"].items():
        unit = entry["unit"]
        halves = (_plus_minus(entry[half], unit) for half in ("half_width", "half_width_of_difference"))
        table.add_row(say(name), number(entry["mean"], unit), *halves, shown_unit(unit))
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
        page.print(
            Text(say("… only the first {count:,} rows are shown; --csv prints all, or add a LIMIT.", count=len(rows)))
        )
