"""What the page says of a planner's own community: what may be wished for, and what moving a building does.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.words.names import indicator
from experiments.words.numbers import in_percent, interval, points, shown_unit, signed
from languages.speaking import listed, marked, say, say_many

ABOUT_SOMETHING = marked("{about}: {name}")
WISHES = {
    "community": marked("what the community is called"),
    "crs": marked("what the coordinates of the list are"),
    "residents_per_household": marked("people in a household, where the list does not say"),
    "grids.households": marked("how large a grid may be, in households, from and to"),
    "grids.counts": marked("or how many grids there may be, from and to"),
    "people_per_grid": marked("in each grid, the numbers to be tried"),
    "people_now": marked("today, in all grids together"),
    "people_above": marked("above the grid, for this community"),
    "wages_yuan_per_month": marked("cost of a month, with insurance"),
    "volunteers": marked("party members who volunteer, the numbers to be tried"),
    "escalation": marked("how a case goes up that a grid cannot settle"),
    "targets": marked("what the plan must reach"),
    "probability": marked("how surely it must reach it"),
    "budget_yuan_per_year": marked("what it may cost"),
    "price_of_a_problem_hour_yuan": marked("what an hour is worth that a problem stands"),
    "days": marked("how many days each plan is run for"),
    "sets": marked("how many sets of what nobody knows each plan is run under"),
}
"""What may be wished for, by key."""
STAGES = {
    "list": marked("reading the list"),
    "cuts": marked("cutting into grids"),
    "files": marked("writing the report"),
}
"""What the page works at beside what `size` does."""


ALSO, THOUGH = marked("More than chance, too: {changes}."), marked("This, though, is more than chance: {changes}.")
MINUS = "−"


def verdict_in_words(
    measures: Sequence[Mapping[str, Any]], pairs_count: int, moved: Sequence[str], indifferent: float
) -> list[str]:
    """What a change comes to: problem-hours first, and whether that is more than chance; then whatever else is clear.

    Within `indifferent` of each other two plans count as equally good.
    """
    if not moved:
        return [say("No building is in another grid, so nothing changes: every difference is exactly zero.")]
    first, *others = measures
    lines = [_first_in_words(first, pairs_count)]
    if first["verdict"] in ("better", "worse") and abs(first["relative"]) < indifferent:
        lines.append(say("It is {size} of all problem-hours; plans within {indifferent} of each other count as equally good.",
                         size=in_percent(abs(first["relative"]), ".2f"), indifferent=in_percent(indifferent)))  # fmt: skip
    clear = [measure for measure in others if measure["verdict"] in ("better", "worse", "differs")]
    if clear:
        also = say(
            ALSO if first["verdict"] in ("better", "worse") else THOUGH, changes=listed(map(change_in_words, clear))
        )
        lines.append(also)
    elif others:
        lines.append(say("Nothing else that is counted differs by more than chance."))
    return lines


def _first_in_words(first: Mapping[str, Any], pairs_count: int) -> str:
    told = {"change": change_in_words(first), "pairs": pairs_count}
    if first["verdict"] == "same":
        return say("On {pairs} pairs of the same incidents every problem stands as long as before.", **told)
    if first["verdict"] == "better":
        return say(
            "The change is for the better, and that is more than chance: {change}, on {pairs} pairs of the same incidents.",
            **told,
        )
    if first["verdict"] == "worse":
        return say(
            "The change is for the worse, and that is more than chance: {change}, on {pairs} pairs of the same incidents.",
            **told,
        )
    return say(
        "Problem-hours show no difference beyond chance: {change}, on {pairs} pairs of the same incidents.", **told
    )


def intervals_in_words(pairs_count: int) -> str:
    """What the intervals are."""
    return say(
        "Both cuts meet the same incidents with the same luck, {pairs} times under sets of what nobody knows; intervals hold together with 95 % confidence (Student, paired, Bonferroni). Other sets than those of the table may be among them, so its figures differ a little.",
        pairs=pairs_count,
    )


def change_in_words(measure: Mapping[str, Any]) -> str:
    """By how much a measure differs, with its interval."""
    apart, unit = measure["difference"], measure["unit"]
    if apart is None:
        return say("{name} is not defined", name=measure["name"])
    by = signed(apart["mean"], unit)
    return say(
        "{name} {by} ({interval})",
        name=measure["name"],
        by=by if measure["key"].startswith("problem_hours") else _by(by, unit),  # whose name says the unit
        interval=interval(apart["lo"], apart["hi"], unit).replace("-", MINUS),
    )


def _by(value: str, unit: str) -> str:
    return f"{value} {points(unit) if unit == 'share' else shown_unit(unit)}".rstrip()


def measure_in_words(key: str, days: float | None = None, *, a_year: bool = False) -> str:
    """What a measure is called."""
    if days is not None:
        return say("solved within {days:g} days of being found", days=days)
    if key == "targets_met":
        return say("all targets met")
    return say("{name} a year", name=indicator(key)) if a_year else indicator(key)


def warnings_in_words(
    pieces: Sequence[str], empty: Sequence[str], outside: Sequence[tuple[str, int, float, float]]
) -> list[str]:
    """What is odd about a cut that somebody made; `outside` has grids with households, and from and to as wished."""
    lines = [say("Grid “{grid}” now lies in more than one piece.", grid=grid) for grid in pieces]
    lines += [
        say("Grid “{grid}” has no building left: its people are not counted any more.", grid=grid) for grid in empty
    ]
    lines += [
        say_many("Grid “{grid}” has {count:,} household, outside the {low:,.0f} to {high:,.0f} that are wished for.",
                 "Grid “{grid}” has {count:,} households, outside the {low:,.0f} to {high:,.0f} that are wished for.",
                 count, grid=grid, low=low, high=high)
        for grid, count, low, high in outside
    ]  # fmt: skip
    return lines
