"""What calibrations and validations say, as tables for people.

Layer: calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from calibration.answers import Verdict, verdict_of
from calibration.words import (
    STANDINGS,
    USES,
    VERDICTS,
    answer_in_words,
    calibration_in_short,
    doubt_in_words,
    knowledge_in_words,
    validation_in_short,
    verdict_in_words,
    verdict_of_a_place,
)
from experiments.showing.console import console, left, plain_table, right
from experiments.words.numbers import in_percent, measured, number, points, shown_unit
from languages.speaking import say

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 80
"""Columns that a first table takes at most."""
JUDGED = (Verdict.INSIDE, Verdict.OUTSIDE)


def print_calibration(result: dict[str, Any], folder: Path, everything: bool = True) -> None:
    """What `calibrate` prints: the answer and the figures; or parameters, emulators and coverage as well."""
    out = console()
    for line in calibration_in_short(result):
        out.print(Text(line, "yellow" if result["doubts"] and line == answer_in_words(result) else ""))
    out.print()
    if everything:
        _print_everything(out, result)
    else:
        out.print(short_figure_table(result), "", width=min(WIDTH, out.width))
    if result["handed_over"]:
        line = say("In {folder}: ensembles (CSV), central scenarios (TOML), pictures, result.json.", folder=folder)
    else:
        line = say("In {folder}: pictures, result.json.", folder=folder)
    out.print(Text(line))
    if not everything:
        out.print(Text(say("--all shows every parameter, the emulators and how the intervals did on made-up cities.")))


def _print_everything(out: Console, result: dict[str, Any]) -> None:
    """Emulators, coverage, doubts, figures, parameters, trade-offs, and what was run."""
    cover, sampling, ensemble = result["coverage"], result["sampling"], result["ensemble"]
    out.print(emulator_table(result), "")
    out.print(Text(say(
        "Coverage on {truths} made-up cities: 50 % intervals hold {of_50}, 90 % intervals {of_90} of the true "
        "parameters; the least even ranks have p = {p:.2f}.", truths=cover["truths"],
        of_50=in_percent(cover["mean_50"]), of_90=in_percent(cover["mean_90"]), p=cover["even_p"],
    )))  # fmt: skip
    for doubt in result["doubts"]:
        line = say("In doubt, so no posterior is given: {doubt}.", doubt=doubt_in_words(doubt))
        out.print(Text(line, "yellow"))
    out.print("", figure_table(result), "", parameter_table(result))
    for first, other, correlation in result["trade_offs"][: 0 if result["doubts"] else 6]:
        pair = {"first": first, "other": other, "correlation": correlation}
        out.print(Text("  " + say("{first} and {other} trade off (rank correlation {correlation:+.2f}).", **pair)))
    out.print(Text(say(
        "{runs:,} runs ({made:,} made now); {draws:,.0f} independent draws of the posterior; {sets} sets in the "
        "ensemble, worth {worth:.0f} of equal weight.", runs=result["runs_count"], made=result["done_count"],
        draws=sampling["effective_count"], sets=ensemble["sets"], worth=ensemble["effective_count"],
    )))  # fmt: skip


def short_figure_table(result: dict[str, Any]) -> Any:
    """Published figures beside what is foretold of them, on a narrow screen."""
    table = plain_table("", left("figure", wraps=True), left("published", wraps=True),
                        right("foretold: 90 %", wraps=True), left("verdict"))  # fmt: skip
    for figure in result["figures"]:
        unit = figure["unit"]
        verdict = VERDICTS[Verdict.READING if figure["use"] == "reading" else verdict_of(figure["inside"])]
        ends = f"{number(figure['low'], unit)} … {measured(number(figure['high'], unit), unit)}"
        table.add_row(Text(figure["id"]), say(figure["published"]), ends, say(verdict))
    return table


def figure_table(result: dict[str, Any]) -> Any:
    """Published figures beside what the calibrated model foretells of them."""
    table = plain_table("Published figures and what the calibrated model foretells", left("figure", wraps=True),
                        left("published", wraps=True), right("median"), right("90 % interval"), left("unit"),
                        left("use"), left("verdict", wraps=True))  # fmt: skip
    for figure in result["figures"]:
        unit = figure["unit"]
        table.add_row(
            figure["id"], say(figure["published"]), number(figure["middle"], unit),
            f"{number(figure['low'], unit)} … {number(figure['high'], unit)}", shown_unit(unit),
            say(USES[figure["use"]]), verdict_of_a_place(figure),
        )  # fmt: skip
    return table


def parameter_table(result: dict[str, Any]) -> Any:
    """What the figures say about each parameter."""
    table = plain_table("What the figures say about what nobody knows", left("parameter"), right("prior 90 %"),
                        right("posterior median"), right("posterior 90 %"), right("spread left"),
                        left("said to be"))  # fmt: skip
    for parameter in result["parameters"]:
        before, after = parameter["prior"], parameter["posterior"]
        known = [
            f"{after[1]:.3g}",
            f"{after[0]:.3g} … {after[2]:.3g}",
            in_percent(parameter["ratio"]),
            knowledge_in_words(parameter),
        ]
        table.add_row(
            parameter["path"], f"{before[0]:.3g} … {before[2]:.3g}", *(["–"] * 4 if result["doubts"] else known)
        )
    return table


def emulator_table(result: dict[str, Any]) -> Any:
    """How good the emulators are on runs that they have not seen."""
    table = plain_table("Emulators, on worlds that they have not seen", left("indicator"), left("plan"),
                        right("worlds"), right("off by (rms)"), right("variance explained"),
                        right("in 95 % interval"))  # fmt: skip
    for error in result["emulators"]:
        by_chance_only = error["explained"] < 0
        explained = "–" if by_chance_only else in_percent(error["explained"], ".1f")
        off = f"{number(error['rms'], error['unit'])} {points(error['unit'])}"
        off = off if error["rms"] else say("less than seeds differ")
        table.add_row(
            say(error["column"]), say(error["plan"]), str(error["worlds"]), off, explained,
            in_percent(error["inside_95"]),
        )  # fmt: skip
    return table


def print_levers(lines: Sequence[str], page: str | None) -> None:
    """What `levers` prints: how many expectations held and how each indicator went, and where it is written."""
    out = console()
    for line in lines:
        out.print(Text(line))
    if page:
        out.print(Text(say("Written to {page}.", page=page)))


def print_validation(result: dict[str, Any], everything: bool = True) -> None:
    """What `validate` prints: the verdict, and how each place stands; or every figure, and the answers in words."""
    out = console()
    for line in validation_in_short(result["figures"], result["places"]):
        out.print(Text(line))
    out.print(Text(say("Written to {page}.", page=result["page"])), "")
    if everything:
        _print_every_figure(out, result)
    else:
        out.print(place_table(result), "", width=min(WIDTH, out.width))
        out.print(Text(say("--all shows every figure with its verdict, and what the figures answer.")))


def place_table(result: dict[str, Any]) -> Any:
    """Of each place, how many figures were fitted and foretold, and how many of them lie inside."""
    table = plain_table("", left("place", wraps=True), right("fitted", wraps=True), right("inside", wraps=True),
                        right("only foretold", wraps=True), right("inside", wraps=True), left("in doubt"))  # fmt: skip
    for name, place in result["places"].items():
        doubt = say("yes") if place["doubts"] else say("no")
        table.add_row(name, *_inside(place["figures"], "fit"), *_inside(place["figures"], "predict"), doubt)
    elsewhere = [row for row in result["figures"] if row["elsewhere"] and row["verdict"] in JUDGED]
    inside = sum(row["verdict"] == Verdict.INSIDE for row in elsewhere)
    table.add_row(say("elsewhere"), "–", "–", str(len(elsewhere)), str(inside), "–")
    return table


def _inside(figures: Sequence[Mapping[str, Any]], use: str) -> tuple[str, str]:
    """How many figures are of a use, and how many of them lie inside."""
    used = [figure for figure in figures if figure["use"] == use]
    return str(len(used)), str(sum(figure["inside"] for figure in used))


def _print_every_figure(out: Console, result: dict[str, Any]) -> None:
    """Every figure with its verdict, and the answers in words."""
    table = plain_table("Every published figure", left("figure", wraps=True), left("published", wraps=True),
                        right("predicted 90 %"), left("unit"), left("standing"),
                        left("verdict", wraps=True))  # fmt: skip
    for row in result["figures"]:
        unit, bounds = row["unit"], (row["low"], row["high"])
        interval = "–" if None in bounds else " … ".join(number(bound, unit) for bound in bounds)
        table.add_row(row["id"], say(row["published"]), interval, shown_unit(unit), say(STANDINGS[row["standing"]]),
                      verdict_in_words(row["verdict"], row["why"]))  # fmt: skip
    out.print(table, "")
    for line in result["answers"]:
        out.print(Text(f"  {line}"))
