"""What `size` prints: the recommendation in sentences, and the plans that stand beside it.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.words.numbers import number
from experiments.words.pilots import pilot_files_in_words, pilot_in_words, pilot_of_sizing_in_words
from experiments.words.sizing import (
    against_today_in_words,
    answer_in_words,
    cautions_in_words,
    key_to_plans,
    plan_of,
    price_in_words,
    short_plan,
    taken_home_in_words,
    turned_in_words,
)
from languages.speaking import marked, say, say_many

if TYPE_CHECKING:
    from rich.table import Table

ROLES = {"recommended": "★", "runner_up": "☆", "today": "", "": ""}
"""How a plan is marked in a table."""


def print_sized(result: Mapping[str, Any], folder: str, everything: bool) -> None:
    """The recommendation, the plans beside it, what becomes of it otherwise, and where the files are."""
    page = console()
    page.print(Text(say("{community}: {households:,} households in {buildings:,} buildings", **result), "bold"))
    for line in answer_in_words(result):
        page.print(Text(line))
    page.print("", beside_table(result, everything))
    page.print(Text(key_to_plans(result), "dim"), "")
    for line in (*against_today_in_words(result), *turned_in_words(result), *cautions_in_words(result)):
        page.print(Text(line))
    page.print()
    for line in pilot_of_sizing_in_words(result):
        page.print(Text(line))
    if everything:
        page.print("", cuts_table(result), "", grids_table(result))
    page.print("", Text(taken_home_in_words(folder)))


def plans_beside(result: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], str]]:
    """The recommended plan, the next, today's, and those of the frontier, each with its part."""
    named = [(result["recommended"], "recommended")]
    if result["runner_up"]:
        named.append((result["runner_up"]["plan"], "runner_up"))
    named += [(plan["number"], "today") for plan in result["plans"] if plan["today"]]
    named += [(step["plan"], "") for step in result["frontier"]]
    parts: dict[int, str] = {}
    for plan, part in named:
        parts.setdefault(plan, part)
    return [(plan_of(result, plan), part) for plan, part in parts.items()]


def beside_table(result: Mapping[str, Any], everything: bool) -> Table:
    """Plans with what they come to."""
    parts = {plan["number"]: part for plan, part in plans_beside(result)}
    shown = result["plans"] if everything else [plan for plan, _ in plans_beside(result)]
    prices = {step["plan"]: price_in_words(step) for step in result["frontier"]}
    met = [right("met, %")] if result["targets"] else []
    table = plain_table("", left("plan"), right("people"), right("yuan/year"), *met, right("hours/year"),
                        right("unseen, %"), right("at yuan/h"))  # fmt: skip
    for plan in shown:
        reached = [number(plan["probability"], "share")] if result["targets"] else []
        name = short_plan(plan, result)
        name = f"{name} {ROLES[parts.get(plan['number'], '')]}".rstrip()
        table.add_row(
            Text(name), f"{plan['people_count']:,.1f}", number(plan["cost_yuan"], "yuan"), *reached,
            number(plan["hours"], "h"), number(plan["unseen"], "share"), prices.get(plan["number"], "–"),
        )  # fmt: skip
    return table


def cuts_table(result: Mapping[str, Any]) -> Table:
    """Every cut with its measures."""
    table = plain_table("Cuts", right("grids"), left("cut by"), right("homes"), right("largest deviation, %"),
                        right("compactness"), right("compounds cut"), right("barriers crossed"))  # fmt: skip
    for cut in result["cuts"]:
        low, high = min(cut["households"]), max(cut["households"])
        table.add_row(
            str(cut["grids"]), say(METHODS[cut["method"]]), f"{low:,} … {high:,}",
            number(cut["largest_deviation"], "share"), number(cut["compactness"], "1"), str(cut["compounds_cut"]),
            str(cut["barriers_crossed"]),
        )  # fmt: skip
    return table


METHODS = {
    "today": marked("today"), "bisection": marked("bisection"), "recombination": marked("recombination"),
    "by_hand": marked("hand"),
}  # fmt: skip


def grids_table(result: Mapping[str, Any]) -> Table:
    """The grids of the recommended plan and their work by the month."""
    table = plain_table("Grids of the recommended plan, by the month", left("grid"), right("homes"),
                        right("residents"), right("occurred"), right("found"), right("settled in it"),
                        right("hours on cases"), right("busy, %"))  # fmt: skip
    for row in grid_rows(result):
        table.add_row(*row)
    return table


def grid_rows(result: Mapping[str, Any]) -> list[Sequence[str]]:
    """Of each grid its work, as it is shown."""
    return [
        (
            grid["name"], f"{grid['households']:,}", f"{grid['residents']:,}", number(grid["occurred"], "incidents"),
            number(grid["found"], "incidents"), number(grid["settled"], "incidents"), number(grid["hours"], "h"),
            number(grid["busy_share"], "share"),
        )
        for grid in result["grids"]
    ]  # fmt: skip


# Pilots -----------------------------------------------------------------------------------------------------------
def print_pilot(pilot: Mapping[str, Any], first: str, other: str, folder: str, everything: bool) -> None:
    """What a pilot of two plans can tell."""
    page = console()
    for line in pilot_in_words(pilot, first, other):
        page.print(Text(line))
    page.print("", power_table(pilot, everything), "")
    page.print(Text(pilot_files_in_words(folder)))


def power_table(pilot: Mapping[str, Any], everything: bool) -> Table:
    """How often pilots of each length tell which plan is better: a column for each number of communities."""
    counts = sorted({power["communities"] for power in pilot["powers"]})
    table = plain_table(
        "Right about which plan is better, % of pilots", left("written down"), right("months"),
        *(right(say_many("{count} community", "{count} communities", count)) for count in counts),
    )  # fmt: skip
    kinds = list(dict.fromkeys(power["records"] for power in pilot["powers"]))
    found = {(power["records"], power["months"], power["communities"]): power for power in pilot["powers"]}
    for records in kinds:
        for months in sorted({power["months"] for power in pilot["powers"]}):
            cells = [found[records, months, count] for count in counts]
            told = [number(power["right"], "share") for power in cells]
            if everything:
                told = [
                    f"{right_} ({number(power['wrong'], 'share')})" for right_, power in zip(told, cells, strict=True)
                ]
            table.add_row(say(BOOKS[records]), f"2 × {months}", *told)
    return table


BOOKS = {"books": marked("the books"), "inspected": marked("and a weekly inspection")}
