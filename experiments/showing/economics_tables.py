"""The tables of costs, pay-back and the published appraisal, for people; and the same as plain objects.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.statistics.intervals import ROUNDING
from experiments.words.appraisal import (
    CAUTION,
    DISTRICTS,
    NAMES,
    PER,
    about,
    appraisal_in_short,
    bound_in_words,
    counted_over,
    large_yuan,
    printed,
    reason_in_words,
    reproduced_in_words,
    why_in_words,
)
from experiments.words.economics import COSTS, LABELS, economics_in_short
from experiments.words.numbers import interval, number, shown_unit
from languages.speaking import say, say_many

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.economics.appraisal import Appraisal

WIDTH = 80
"""Columns that a first table takes at most."""


def print_economics(summary: Mapping[str, Any], everything: bool = True) -> None:
    """What `economics --json` prints, for people: the answer and one table, or everything."""
    page = console()
    for line in economics_in_short(summary):
        page.print(Text(line))
    page.print()
    if not everything:
        page.print(_first_table(summary), width=min(WIDTH, page.width))
        page.print(Text(say_many(
            "--all shows the kinds of cost, break-even and pay-back, and {count} note on what to mind.",
            "--all shows the kinds of cost, break-even and pay-back, and {count} notes on what to mind.",
            len(summary["notes"]),
        )))  # fmt: skip
        return
    _print_everything(page, summary)


def _print_everything(page: Console, summary: Mapping[str, Any]) -> None:
    """Each kind of cost, each estimate, break-even and pay-back, and the notes."""
    count, over = len(summary["seeds"]), summary["over"]
    title = say("{title}: {days:,} days, {households:,.0f} households", **{
        key: summary[key] for key in ("title", "days", "households")
    })  # fmt: skip
    page.print(Text(title, "bold"), _split_table(summary), "", sep="\n")
    many = over == "worlds"
    title = (
        say("What it costs ({count} sets of parameters)", count=count) if many
        else say("What it costs ({count} replications)", count=count)
    )  # fmt: skip
    page.print(_estimate_table(summary["costs"], title, over), "")
    if summary["against"]:
        _print_against(page, summary)
    for line in summary["notes"]:
        page.print(Text(say("Note: {note}", note=line)))


def _print_against(page: Console, summary: Mapping[str, Any]) -> None:
    """The scenario set against another."""
    against, over, many = summary["against"], summary["over"], summary["over"] == "worlds"
    of = {"without": summary["without"], "count": against["pairs"]}
    title = (
        say("Against {without}, a year ({count} sets)", **of) if many
        else say("Against {without}, a year ({count} pairs)", **of)
    )  # fmt: skip
    page.print(_estimate_table(against["extras"], title, over), "")
    heading = (
        say("Break-even, interval of one more set:") if many else say("Break-even, Fieller's interval over pairs:")
    )
    page.print(Text(heading, "bold"))
    page.print(Text(f"  {against['break_even']['words']}"))
    if against["payback"]:
        _print_payback(page, against["payback"])
    page.print()


def _print_payback(page: Console, payback: Mapping[str, Any]) -> None:
    benefit = payback["assumed_benefit"]
    page.print(Text(say("Pay-back, undiscounted:"), "bold"))
    assumed = say(
        "Assumed: {per_case} yuan for each further incident solved, {per_hour} yuan for each hour avoided; investment "
        "{investment} yuan.", per_case=number(benefit["yuan_per_solved"], "yuan"),
        per_hour=number(benefit["yuan_per_hour"], "yuan"), investment=number(payback["investment_yuan"], "yuan"),
    )  # fmt: skip
    page.print(Text(f"  {assumed}"))
    page.print(Text(f"  {payback['words']}"))


def _split_table(summary: Mapping[str, Any]) -> Table:
    """Each kind of cost, and its share."""
    table = plain_table("", left("cost"), right("yuan over the run"), right("%"))
    split = summary["cost_split"]
    for name, yuan in split.items():
        share = yuan / split["total_yuan"] if split["total_yuan"] else None
        table.add_row(say(COSTS[name]), number(yuan, "yuan"), number(share, "share"))
    return table


def _first_table(summary: Mapping[str, Any]) -> Table:
    """All estimates in one table: what it costs, and against the other scenario, a year."""
    against, over = summary["against"], summary["over"]
    entries = {**summary["costs"], **(against["extras"] if against else {})}
    title = say("What it costs, and against {without}, a year", without=summary["without"]) if against else ""
    return _estimate_table(entries, title or say("What it costs"), over)


def _estimate_table(entries: Mapping[str, Mapping[str, Any]], title: str, over: str) -> Table:
    heading = say("one more set, 95 %") if over == "worlds" else say("95 % interval")
    table = plain_table(title, left("", wraps=True), right("mean"), right(heading), left("unit"))
    for name, entry in entries.items():
        label, unit = LABELS[name]
        fixed = entry["lo"] is not None and entry["hi"] - entry["lo"] <= ROUNDING * abs(entry["mean"])
        ends = say("the same in all") if fixed else interval(entry["lo"], entry["hi"], unit)
        table.add_row(say(label), number(entry["mean"], unit), ends, shown_unit(unit))
    return table


def print_appraisal(found: Appraisal, everything: bool = True) -> None:
    """The published appraisal: the bound that can be defended; and its arithmetic, and the reasons against it."""
    page = console()
    for line in appraisal_in_short(found):
        page.print(Text(line))
    page.print()
    if not everything:
        page.print(_bound_table(found), width=min(WIDTH, page.width))
        page.print(Text(say("--all shows what was published, its arithmetic done again, and why it must not be used.")))
        return
    page.print(_input_table(found), "")
    for again in found.reproductions:
        page.print(Text(reproduced_in_words(again)))
    page.print(Text(say("Its own pay-back: {gross:.1f} years; {net:.1f} after the pay of posts.",
                        gross=found.payback_gross_years, net=found.payback_net_years)))  # fmt: skip
    page.print()
    page.print(Text(say("Why it must not be used"), "bold"))
    for number_of_reason, reason in enumerate(found.reasons, 1):
        page.print(Text(f"  {number_of_reason}. {reason_in_words(reason)}"))
    page.print()
    page.print(_bound_table(found))
    page.print(Text(bound_in_words(found)))


def _input_table(found: Appraisal) -> Table:
    columns = (left("name"), right("published"), left("unit"), left("what it counts", wraps=True))
    table = plain_table("What is published, and what else goes in", *columns, left("source"))
    for entry in found.inputs:
        table.add_row(say(NAMES[entry.name]), printed(entry), shown_unit(entry.unit), Text(counted_over(entry)),
                      say(entry.source))  # fmt: skip
    return table


def _bound_table(found: Appraisal) -> Table:
    by = large_yuan()
    columns = (
        right("gross, bn yuan", wraps=True), right("times smaller", wraps=True), right("net, bn yuan", wraps=True),
        right("times smaller", wraps=True), right("jobs"), right("times smaller", wraps=True),
    )  # fmt: skip
    table = plain_table("What could be said instead: the saving scaled by people or built-up area",
                        left("district", wraps=True), left("per", wraps=True), *columns)  # fmt: skip
    for bound in found.bounds:
        table.add_row(
            say(DISTRICTS[bound.district]), say(PER[bound.per]), f"{bound.gross_yuan_per_year / by:,.1f}",
            f"{bound.gross_times_smaller:,.0f}", f"{bound.net_yuan_per_year / by:,.1f}",
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
        "bounds": [{**bound._asdict(), "district": say(DISTRICTS[bound.district]), "per": say(PER[bound.per])}
                   for bound in found.bounds],
        "low_yuan_per_year": found.low_yuan_per_year, "high_yuan_per_year": found.high_yuan_per_year,
        "caution": say(CAUTION),
        "payback_gross_years": found.payback_gross_years, "payback_net_years": found.payback_net_years,
    }  # fmt: skip
