"""What calibrations and validations say, as tables for people.

Layer: calibration.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from experiments.showing.console import console, left, plain_table, right
from experiments.words.numbers import number, shown_unit

USES = {"fit": "fitted", "predict": "not fitted", "reading": "other reading of a fitted one"}
"""Of a figure, in words."""


def print_calibration(told: dict[str, Any], folder: Path) -> None:
    """What `calibrate` prints: the verdict, figures, parameters, trade-offs, emulators, coverage."""
    out = console()
    out.print(Text(told["title"]), Text(verdict_of(told), "yellow" if told["doubts"] else ""), "")
    cover, sampling, ensemble = told["coverage"], told["sampling"], told["ensemble"]
    out.print(emulator_table(told), "")
    out.print(Text(
        f"Coverage on {cover['truths']} made-up cities: 50 % intervals hold {cover['mean_50']:.0%}, 90 % intervals "
        f"{cover['mean_90']:.0%} of the true parameters; the least even ranks have p = {cover['even_p']:.2f}."
    ))  # fmt: skip
    for doubt in told["doubts"]:
        out.print(Text(f"In doubt, so no posterior is given: {doubt}.", "yellow"))
    out.print("", figure_table(told), "", parameter_table(told))
    for first, other, correlation in told["trade_offs"][: 0 if told["doubts"] else 6]:
        out.print(Text(f"  {first} and {other} trade off (rank correlation {correlation:+.2f})."))
    out.print(Text(
        f"{told['runs_count']:,} runs ({told['done_count']:,} made now); {sampling['effective_count']:,.0f} "
        f"independent draws of the posterior; {ensemble['sets']} sets in the ensemble, worth "
        f"{ensemble['effective_count']:.0f} of equal weight."
    ))  # fmt: skip
    handed = "ensembles (CSV), central scenarios (TOML), " if told["handed_over"] else ""
    out.print(Text(f"In {folder}: {handed}pictures, result.json."))


def verdict_of(told: dict[str, Any]) -> str:
    """Whether the calibration may be given as an answer, and what was handed over, in one line."""
    if not told["doubts"]:
        return "It may be given as an answer: nothing that was checked speaks against it."
    handed = (
        "what it hands over says so itself" if told["handed_over"] else
        "neither ensemble nor scenario is handed over (--even-in-doubt hands them over, marked)"
    )  # fmt: skip
    return f"IN DOUBT, so it is no answer, and {handed}: {told['doubts'][0]}."


def figure_table(told: dict[str, Any]) -> Any:
    """Published figures beside what the calibrated model foretells of them."""
    table = plain_table("Published figures and what the calibrated model foretells", left("figure", wraps=True),
                        left("published", wraps=True), right("median"), right("90 % interval"), left("unit"),
                        left("use"), left("inside"))  # fmt: skip
    for figure in told["figures"]:
        unit = figure["unit"]
        table.add_row(
            figure["id"], figure["published"], number(figure["middle"], unit),
            f"{number(figure['low'], unit)} … {number(figure['high'], unit)}", shown_unit(unit),
            USES[figure["use"]], "yes" if figure["inside"] else f"no: {figure['why']}",
        )  # fmt: skip
    return table


def parameter_table(told: dict[str, Any]) -> Any:
    """What the figures say about each parameter."""
    table = plain_table("What the figures say about what nobody knows", left("parameter"), right("prior 90 %"),
                        right("posterior median"), right("posterior 90 %"), right("spread left"),
                        left("said to be"))  # fmt: skip
    for parameter in told["parameters"]:
        before, after = parameter["prior"], parameter["posterior"]
        known = [f"{after[1]:.3g}", f"{after[0]:.3g} … {after[2]:.3g}", f"{parameter['ratio']:.0%}", parameter["word"]]
        table.add_row(
            parameter["path"], f"{before[0]:.3g} … {before[2]:.3g}", *(["–"] * 4 if told["doubts"] else known)
        )
    return table


def emulator_table(told: dict[str, Any]) -> Any:
    """How good the emulators are on runs that they have not seen."""
    table = plain_table("Emulators, on worlds that they have not seen", left("indicator | plan"),
                        right("worlds"), right("off by (rms)"), right("variance explained"),
                        right("in 95 % interval"))  # fmt: skip
    for name, error in told["emulators"].items():
        explained = f"{error['explained']:.1%}" if error["explained"] >= 0 else "–"  # worlds differ by chance only
        unit = "points" if error["unit"] == "share" else error["unit"]
        off = f"{number(error['rms'], error['unit'])} {unit}" if error["rms"] else "less than seeds differ"
        table.add_row(name, str(error["worlds"]), off, explained, f"{error['inside_95']:.0%}")
    return table


def print_validation(told: dict[str, Any]) -> None:
    """What `validate` prints: every figure with its verdict, and the answers in words."""
    out = console()
    table = plain_table("Every published figure", left("figure", wraps=True), left("published", wraps=True),
                        right("predicted 90 %"), left("unit"), left("standing"),
                        left("verdict"))  # fmt: skip
    for row in told["figures"]:
        unit, bounds = row["unit"], (row["low"], row["high"])
        interval = "–" if None in bounds else " … ".join(number(bound, unit) for bound in bounds)
        table.add_row(row["id"], row["published"], interval, shown_unit(unit), row["standing"], row["verdict"])
    out.print(table, "")
    for line in told["answers"]:
        out.print(Text(f"  {line}"))
    out.print(Text(f"Written to {told['page']}."))
