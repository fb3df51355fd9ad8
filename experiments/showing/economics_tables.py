"""The tables of costs, pay-back and the published appraisal, for people; and the same as plain objects.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.statistics.intervals import ROUNDING
from experiments.words.numbers import interval, number

if TYPE_CHECKING:
    from experiments.economics.appraisal import Appraisal, Reproduction


LABELS = {
    "per_solved_yuan": ("cost per solved incident", "yuan"),
    "per_filed_yuan": ("cost per filed case", "yuan"),
    "per_household_year_yuan": ("cost per household and year", "yuan"),
    "extra_cost_yuan": ("extra cost, equipment's wear included", "yuan/year"),
    "extra_running_yuan": ("extra running cost, without wear", "yuan/year"),
    "extra_solved": ("extra incidents solved", "incidents/year"),
    "avoided_h": ("hours by which what is solved anyway is solved sooner", "h/year"),
}
YI = 1e8


def print_economics(told: Mapping[str, Any]) -> None:
    """What `economics --json` prints, for people."""
    page = console()
    count = len(told["seeds"])
    title = f"{told['title']}: {told['days']:,} days, {told['households']:,.0f} households"
    page.print(Text(title, "bold"), _split_table(told), "", sep="\n")
    many = told["over"] == "worlds"
    each = f"{count} sets of parameters" if many else f"{count} replications"
    page.print(_estimate_table(told["costs"], f"What it costs ({each})", told["over"]), "")
    against = told["against"]
    if against:
        title = f"Against {told['without']}, a year ({against['pairs']} {'sets' if many else 'pairs'})"
        page.print(_estimate_table(against["extras"], title, told["over"]), "")
        how = "interval of one more set" if many else "Fieller's interval over pairs"
        page.print(Text(f"Break-even, {how}:", "bold"))
        page.print(Padding(Text(against["break_even"]["words"]), (0, 0, 0, 2), expand=False))
        if against["payback"]:
            _print_payback(page, against["payback"])
        page.print()
    for line in told["notes"]:
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


def _split_table(told: Mapping[str, Any]) -> Table:
    """Each kind of cost, and its share."""
    table = plain_table("", left("cost"), right("yuan over the run"), right("%"))
    split = told["cost_split"]
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


def print_appraisal(told: Appraisal) -> None:
    """The published appraisal, its arithmetic, the reasons against it, and the bound; for people."""
    page = console()
    page.print(_input_table(told), "")
    for again in told.reproductions:
        page.print(Text(_reproduced_in_words(again)))
    page.print(Text(
        f"Its own pay-back: {told.payback_gross_years:.1f} years; {told.payback_net_years:.1f} after the pay of posts."
    ))  # fmt: skip
    page.print()
    page.print(Text("Why it must not be used", "bold"))
    for place, reason in enumerate(told.reasons, 1):
        figure = f"{number(reason.number, '') if reason.number % 1 else f'{reason.number:.0f}'} {reason.unit}"
        page.print(Padding(Text(f"{place}. {reason.why} {figure} {reason.about}."), (0, 0, 0, 2), expand=False))
    page.print()
    page.print(_bound_table(told))
    page.print(Text(
        f"A bound: {told.low_yuan_per_year / 1e9:,.0f} to {told.high_yuan_per_year / 1e9:,.0f} bn yuan a year "
        f"({told.low_yuan_per_year / YI:,.0f} to {told.high_yuan_per_year / YI:,.0f} 亿). {told.caution}"
    ))  # fmt: skip


def _input_table(told: Appraisal) -> Table:
    columns = (left("name"), right("published", wraps=True), left("unit"), left("what it counts", wraps=True))
    table = plain_table("What is published, and what else goes in", *columns, left("source"))
    for entry in told.inputs:
        table.add_row(entry.name, entry.printed, entry.unit, Text(entry.per), entry.source)
    return table


def _reproduced_in_words(again: Reproduction) -> str:
    """Which operands give the printed figure."""
    found: Sequence[Any] = again.found
    head = f"{again.name}: {again.printed:,.0f} {again.unit} is"
    if not found:
        return f"{head} not reproduced by any of {len(again.attempts)} ways of rounding."
    first = found[0]
    ways = (
        f"{len(found)} of {len(again.attempts)} ways of rounding the operands give{'s' if len(found) == 1 else ''} it"
    )
    factor = f"{first.factor:g} {again.factor_unit}".strip()
    return f"{head} {factor} × {first.area_wan_km2:g} 万 km² = {_exact(first)}, rounded; {ways}."


def _exact(attempt: Any) -> str:
    """The product before it is rounded to the printed figure."""
    return f"{attempt.factor * attempt.area_wan_km2:,.2f}".rstrip("0").rstrip(".")


def _bound_table(told: Appraisal) -> Table:
    title = "What could be said instead: the saving scaled by people or built-up area"
    columns = ("district", "per", "gross, bn yuan", "times smaller", "net, bn yuan", "times smaller ", "jobs")
    table = plain_table(title, *(left(name) if name in ("district", "per") else right(name) for name in columns),
                        right("times smaller  "))  # fmt: skip
    for bound in told.bounds:
        table.add_row(
            bound.district, bound.per, f"{bound.gross_yuan_per_year / 1e9:,.1f}", f"{bound.gross_times_smaller:,.0f}",
            f"{bound.net_yuan_per_year / 1e9:,.1f}", f"{bound.net_times_smaller:,.0f}", f"{bound.jobs:,.0f}",
            f"{bound.jobs_times_smaller:,.0f}",
        )  # fmt: skip
    return table
