"""The tables of costs, pay-back and the published appraisal, for people; and the same as plain objects.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.statistics.intervals import ROUNDING
from experiments.words.appraisal import (
    CAUTION,
    DISTRICTS,
    PER,
    about,
    bound_in_words,
    counted_over,
    printed,
    reason_in_words,
    reproduced_in_words,
    why_in_words,
)
from experiments.words.economics import LABELS
from experiments.words.numbers import interval, number

if TYPE_CHECKING:
    from experiments.economics.appraisal import Appraisal


def print_economics(summary: Mapping[str, Any]) -> None:
    """What `economics --json` prints, for people."""
    page = console()
    count = len(summary["seeds"])
    title = f"{summary['title']}: {summary['days']:,} days, {summary['households']:,.0f} households"
    page.print(Text(title, "bold"), _split_table(summary), "", sep="\n")
    many = summary["over"] == "worlds"
    each = f"{count} sets of parameters" if many else f"{count} replications"
    page.print(_estimate_table(summary["costs"], f"What it costs ({each})", summary["over"]), "")
    against = summary["against"]
    if against:
        title = f"Against {summary['without']}, a year ({against['pairs']} {'sets' if many else 'pairs'})"
        page.print(_estimate_table(against["extras"], title, summary["over"]), "")
        how = "interval of one more set" if many else "Fieller's interval over pairs"
        page.print(Text(f"Break-even, {how}:", "bold"))
        page.print(Padding(Text(against["break_even"]["words"]), (0, 0, 0, 2), expand=False))
        if against["payback"]:
            _print_payback(page, against["payback"])
        page.print()
    for line in summary["notes"]:
        page.print(Text(f"Note: {line}"))


def _print_payback(page: Any, payback: Mapping[str, Any]) -> None:
    benefit = payback["assumed_benefit"]
    page.print(Text("Pay-back, undiscounted:", "bold"))
    page.print(Padding(Text(
        f"Assumed: {number(benefit['yuan_per_solved'], 'yuan')} yuan for each further incident solved, "
        f"{number(benefit['yuan_per_hour'], 'yuan')} yuan for each hour avoided; investment "
        f"{number(payback['investment_yuan'], 'yuan')} yuan."
    ), (0, 0, 0, 2), expand=False))  # fmt: skip
    page.print(Padding(Text(payback["words"]), (0, 0, 0, 2), expand=False))


def _split_table(summary: Mapping[str, Any]) -> Table:
    """Each kind of cost, and its share."""
    table = plain_table("", left("cost"), right("yuan over the run"), right("%"))
    split = summary["cost_split"]
    for name, yuan in split.items():
        share = yuan / split["total_yuan"] if split["total_yuan"] else None
        table.add_row(name.removesuffix("_yuan"), number(yuan, "yuan"), number(share, "share"))
    return table


def _estimate_table(entries: Mapping[str, Mapping[str, Any]], title: str, over: str) -> Table:
    heading = "one more set, 95 %" if over == "worlds" else "95 % interval"
    table = plain_table(title, left(""), right("mean"), right(heading), left("unit"))
    for name, entry in entries.items():
        label, unit = LABELS[name]
        fixed = entry["lo"] is not None and entry["hi"] - entry["lo"] <= ROUNDING * abs(entry["mean"])
        ends = "the same in all" if fixed else interval(entry["lo"], entry["hi"], unit)
        table.add_row(label, number(entry["mean"], unit), ends, unit)
    return table


def print_appraisal(found: Appraisal) -> None:
    """The published appraisal, its arithmetic, the reasons against it, and the bound; for people."""
    page = console()
    page.print(_input_table(found), "")
    for again in found.reproductions:
        page.print(Text(reproduced_in_words(again)))
    gross, net = found.payback_gross_years, found.payback_net_years
    page.print(Text(f"Its own pay-back: {gross:.1f} years; {net:.1f} after the pay of posts."))
    page.print()
    page.print(Text("Why it must not be used", "bold"))
    for number_of_reason, reason in enumerate(found.reasons, 1):
        line = f"{number_of_reason}. {reason_in_words(reason)}"
        page.print(Padding(Text(line), (0, 0, 0, 2), expand=False))
    page.print()
    page.print(_bound_table(found))
    page.print(Text(bound_in_words(found)))


def _input_table(found: Appraisal) -> Table:
    columns = (left("name"), right("published"), left("unit"), left("what it counts", wraps=True))
    table = plain_table("What is published, and what else goes in", *columns, left("source"))
    for entry in found.inputs:
        table.add_row(entry.name, printed(entry), entry.unit, Text(counted_over(entry)), entry.source)
    return table


def _bound_table(found: Appraisal) -> Table:
    title = "What could be said instead: the saving scaled by people or built-up area"
    columns = ("gross, bn yuan", "times smaller", "net, bn yuan", "times smaller ", "jobs", "times smaller  ")
    table = plain_table(title, left("district"), left("per"), *map(right, columns))
    for bound in found.bounds:
        table.add_row(
            DISTRICTS[bound.district], PER[bound.per], f"{bound.gross_yuan_per_year / 1e9:,.1f}",
            f"{bound.gross_times_smaller:,.0f}", f"{bound.net_yuan_per_year / 1e9:,.1f}",
            f"{bound.net_times_smaller:,.0f}", f"{bound.jobs:,.0f}", f"{bound.jobs_times_smaller:,.0f}",
        )  # fmt: skip
    return table


def appraisal_as_json(found: Appraisal) -> dict[str, Any]:
    """What `economics --appraisal --json` prints."""
    return {
        "inputs": [
            {**entry._asdict(), "printed": printed(entry), "per": counted_over(entry)} for entry in found.inputs
        ],
        "reproductions": [
            {
                "name": again.name, "printed": again.printed, "unit": again.unit, "factor_unit": again.factor_unit,
                "attempts": [attempt._asdict() for attempt in again.attempts],
            }
            for again in found.reproductions
        ],
        "reasons": [
            {"key": reason.why, "why": why_in_words(reason), "number": reason.number, "unit": reason.unit,
             "about": about(reason)}
            for reason in found.reasons
        ],
        "bounds": [{**bound._asdict(), "district": DISTRICTS[bound.district], "per": PER[bound.per]}
                   for bound in found.bounds],
        "low_yuan_per_year": found.low_yuan_per_year, "high_yuan_per_year": found.high_yuan_per_year,
        "caution": CAUTION,
        "payback_gross_years": found.payback_gross_years, "payback_net_years": found.payback_net_years,
    }  # fmt: skip
