"""What calibrations and validations say, as tables for people.

Layer: calibration.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from calibration.words import (
    USES,
    answer_in_words,
    doubt_in_words,
    knowledge_in_words,
    verdict_in_words,
    verdict_of_a_place,
)
from experiments.showing.console import console, left, plain_table, right
from experiments.words.numbers import number, shown_unit


def print_calibration(result: dict[str, Any], folder: Path) -> None:
    """What `calibrate` prints: the verdict, figures, parameters, trade-offs, emulators, coverage."""
    out = console()
    out.print(Text(result["title"]), Text(answer_in_words(result), "yellow" if result["doubts"] else ""), "")
    cover, sampling, ensemble = result["coverage"], result["sampling"], result["ensemble"]
    out.print(emulator_table(result), "")
    out.print(Text(
        f"Coverage on {cover['truths']} made-up cities: 50 % intervals hold {cover['mean_50']:.0%}, 90 % intervals "
        f"{cover['mean_90']:.0%} of the true parameters; the least even ranks have p = {cover['even_p']:.2f}."
    ))  # fmt: skip
    for doubt in result["doubts"]:
        out.print(Text(f"In doubt, so no posterior is given: {doubt_in_words(doubt)}.", "yellow"))
    out.print("", figure_table(result), "", parameter_table(result))
    for first, other, correlation in result["trade_offs"][: 0 if result["doubts"] else 6]:
        out.print(Text(f"  {first} and {other} trade off (rank correlation {correlation:+.2f})."))
    out.print(Text(
        f"{result['runs_count']:,} runs ({result['done_count']:,} made now); {sampling['effective_count']:,.0f} "
        f"independent draws of the posterior; {ensemble['sets']} sets in the ensemble, worth "
        f"{ensemble['effective_count']:.0f} of equal weight."
    ))  # fmt: skip
    handed = "ensembles (CSV), central scenarios (TOML), " if result["handed_over"] else ""
    out.print(Text(f"In {folder}: {handed}pictures, result.json."))


def figure_table(result: dict[str, Any]) -> Any:
    """Published figures beside what the calibrated model foretells of them."""
    table = plain_table("Published figures and what the calibrated model foretells", left("figure", wraps=True),
                        left("published", wraps=True), right("median"), right("90 % interval"), left("unit"),
                        left("use"), left("verdict"))  # fmt: skip
    for figure in result["figures"]:
        unit = figure["unit"]
        table.add_row(
            figure["id"], figure["published"], number(figure["middle"], unit),
            f"{number(figure['low'], unit)} … {number(figure['high'], unit)}", shown_unit(unit),
            USES[figure["use"]], verdict_of_a_place(figure),
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
            f"{parameter['ratio']:.0%}",
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
        explained = f"{error['explained']:.1%}" if error["explained"] >= 0 else "–"  # worlds differ by chance only
        unit = "points" if error["unit"] == "share" else error["unit"]
        off = f"{number(error['rms'], error['unit'])} {unit}" if error["rms"] else "less than seeds differ"
        table.add_row(error["column"], error["plan"], str(error["worlds"]), off, explained, f"{error['inside_95']:.0%}")
    return table


def print_validation(result: dict[str, Any]) -> None:
    """What `validate` prints: every figure with its verdict, and the answers in words."""
    out = console()
    table = plain_table("Every published figure", left("figure", wraps=True), left("published", wraps=True),
                        right("predicted 90 %"), left("unit"), left("standing"),
                        left("verdict"))  # fmt: skip
    for row in result["figures"]:
        unit, bounds = row["unit"], (row["low"], row["high"])
        interval = "–" if None in bounds else " … ".join(number(bound, unit) for bound in bounds)
        table.add_row(row["id"], row["published"], interval, shown_unit(unit), row["standing"],
                      verdict_in_words(row["verdict"], row["why"]))  # fmt: skip
    out.print(table, "")
    for line in result["answers"]:
        out.print(Text(f"  {line}"))
    out.print(Text(f"Written to {result['page']}."))
