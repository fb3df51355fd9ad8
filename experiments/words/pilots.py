"""What a pilot of two plans can tell, in sentences.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.words.numbers import in_percent, measured, signed
from experiments.words.sizing import plan_of, short_plan
from languages.speaking import marked, say, say_many

ALIKE = 0.8
"""Plans that are as good as each other under so large a share of the sets need no pilot."""


def pilot_of_sizing_in_words(result: Mapping[str, Any]) -> list[str]:
    """The pilot with which a sizing ends; or that the figures decide without one."""
    pilot = result["pilot"]
    if pilot is None:
        return (
            [say("No pilot is needed: the figures tell this number of grids from every other.")]
            if result["runner_up"]
            else []
        )
    first, other = (short_plan(plan_of(result, pilot[place]), result) for place in ("first", "other"))
    return pilot_in_words(pilot, first, other, result["price_at_yuan"])


def pilot_in_words(pilot: Mapping[str, Any], first: str, other: str, price_yuan: float | None = None) -> list[str]:
    """What is known without a pilot, and the one that would tell two plans apart; or that none would."""
    told = {"first": first, "other": other, "less": in_percent(pilot["before"]), "low": measured(signed(pilot["apart_low"], "share"), "share"),
            "high": measured(signed(pilot["apart_high"], "share"), "share"), "indifferent": in_percent(pilot["indifferent"]), "alike": in_percent(pilot["alike"])}  # fmt: skip
    lines = [
        say(
            "Without a pilot: against {first}, {other} has {low} to {high} problem-hours, and fewer under {less} of the sets; under {alike} they are as good as each other (within {indifferent}).",
            **told,
        )
    ]
    if price_yuan is not None:
        lines.append(
            say(
                "What one of them costs more is counted in problem-hours, at {yuan} each.",
                yuan=say("{amount:,.2f} yuan", amount=price_yuan),
            )
        )
    if not 0.1 < pilot["before"] < 0.9:
        lines.append(say("So the figures decide already which is better; a pilot would only tell by how much."))
    chosen, checked = pilot["chosen"], pilot["checked"]
    if chosen is None:
        if pilot["alike"] >= ALIKE:
            lines.append(say("So no pilot is worth its while: choose by what the figures cannot see."))
            return lines
        best = max(pilot["powers"], key=lambda power: power["right"])
        lines.append(
            say("No pilot of up to {months} months in {communities} communities would tell them apart often enough: the best of them does so in {right} of the cases where it makes a difference ({design}). So do not wait for one; choose by what it cannot see.",
                months=_longest(pilot), communities=max(power["communities"] for power in pilot["powers"]), right=in_percent(best["right"]),
                design=design_in_words(best))
        )  # fmt: skip
        return lines
    lines.append(
        say("The pilot that would tell them apart: {design}. Where it makes a difference, it tells which is better in {right} of all cases, and tells wrongly in {wrong}; of {pilots} further pilots that were simulated {checked} were right. It narrows what is thought of the difference by {narrowed}.",
            design=design_in_words(chosen), right=in_percent(chosen["right"]), wrong=in_percent(chosen["wrong"]), narrowed=in_percent(max(0.0, chosen["narrowed"])),
            pilots=pilot["checked_count"], checked=in_percent(checked["right"]))
    )  # fmt: skip
    return lines


def _longest(pilot: Mapping[str, Any]) -> int:
    return 2 * max(power["months"] for power in pilot["powers"])


def design_in_words(power: Mapping[str, Any]) -> str:
    """How a pilot is held: where, how long, and what is written down."""
    where = say_many(
        "{count} community like this one, in two halves with one plan each",
        "{count} communities like this one, each in two halves with one plan each", power["communities"],
    )  # fmt: skip
    long = say_many(
        "{count} month, then the halves change plans for as long",
        "{count} months, then the halves change plans for as long",
        power["months"],
    )
    return say("{where}, {long}; {written}", where=where, long=long, written=say(WRITTEN[power["records"]]))


WRITTEN = {
    "books": marked("written down are what is found, and what of it is settled in the grid and within a week"),
    "inspected": marked(
        "written down are what is found, what of it is settled in the grid and within a week, and once a week what an inspector sees standing"
    ),
}
"""What is written down in a pilot."""


def pilot_files_in_words(folder: str) -> str:
    """What a pilot has written, and what becomes of it."""
    return say(
        "In {folder}: what the results go into. When the pilot is over, fill in pilot_figures.toml; then calibrate {folder}/pilot_place.toml --figures {folder}/pilot_figures.toml.",
        folder=folder,
    )  # fmt: skip
