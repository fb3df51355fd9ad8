"""The report of a sizing: one HTML page that works offline, prints well, and says first what it rests on.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from rich.table import Table

from experiments.running.files import StorageError, write_whole
from experiments.running.provenance import identity
from experiments.showing.report import HERE as SHOWING
from experiments.showing.report import PAGE_LANGUAGES, svg, with_its_font
from experiments.showing.sizing_tables import beside_table, cuts_table, grids_table, power_table
from experiments.sizing.answering import Sized
from experiments.sizing.cuts.cutting import Method
from experiments.sizing.maps import map_of
from experiments.sizing.pictures import by_number_of_grids, service_against_cost
from experiments.words.pilots import pilot_of_sizing_in_words
from experiments.words.sizing import (
    against_today_in_words,
    answer_in_words,
    cautions_in_words,
    grids_in_words,
    impossible_in_words,
    key_to_plans,
    read_as_in_words,
    target_in_words,
    turned_in_words,
)
from languages.speaking import say, say_many, spoken

HERE = Path(__file__).parent


def write_report(folder: Path, sized: Sized, result: Mapping[str, Any]) -> Path:
    """Write the page; the same runs give the same page, byte for byte.

    Raises StorageError if it cannot be written.
    """
    environment = Environment(
        loader=FileSystemLoader([HERE, SHOWING]), autoescape=select_autoescape(["j2"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {"say": say, "say_many": say_many, "language": PAGE_LANGUAGES.get(spoken(), spoken())}
    page = environment.get_template("sizing.html.j2").render(**contents(sized, result))
    file = folder / "report.html"
    try:
        write_whole(file, with_its_font(page))
    except OSError as error:
        raise StorageError(say("--out: {file} cannot be written: {reason}", file=file, reason=error.strerror)) from None
    return file


def contents(sized: Sized, result: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the page shows."""
    return {
        "result": result, "title": say("{community}: how many grids, and whom they need", **result),
        "answer": answer_in_words(result),
        "further": [*against_today_in_words(result), *turned_in_words(result), *cautions_in_words(result)],
        "pilot": pilot_of_sizing_in_words(result),
        "powers": of_table(power_table(result["pilot"], True)) if result["pilot"] else None,
        "read_as": read_as_in_words(result), "remarks": result["remarks"], "key": key_to_plans(result),
        "targets": [target_in_words(target) for target in result["targets"]],
        "maps": [Markup(svg(map_of(sized.question, sized.question.cuts[cut], title), f"map{cut}"))
                 for cut, title in maps_of(sized, result)],
        "curves": [Markup(svg(service_against_cost(sized), "cost")), Markup(svg(by_number_of_grids(sized), "grids"))],
        "beside": of_table(beside_table(result, False)), "plans": of_table(beside_table(result, True)),
        "cuts": of_table(cuts_table(result)), "grids": of_table(grids_table(result)),
        "unequal": [(say_many("{count:,} grid", "{count:,} grids", cut["grids"]),
                     [impossible_in_words(**reason) for reason in cut["impossible"]])
                    for cut in result["cuts"] if cut["impossible"]],
        "identity": identity(),
    }  # fmt: skip


def maps_of(sized: Sized, result: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The cuts that are shown, each once, with what it is: the recommended one, the next, and today's."""
    cuts = sized.question.cuts
    shown = {sized.question.plans[sized.best].cut: say("Recommended: {cut}")}
    if sized.choice.runner_up:
        shown.setdefault(sized.question.plans[sized.choice.runner_up.plan].cut, say("Next: {cut}"))
    for number, cut in enumerate(cuts):
        if cut.method is Method.TODAY:
            shown.setdefault(number, say("Today: {cut}"))
    return [(cut, title.format(cut=grids_in_words(result["cuts"][cut]))) for cut, title in shown.items()]


def of_table(table: Table) -> dict[str, Any]:
    """A table of the screen for the page: headings, rows, and which columns are numbers."""
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return {
        "headings": [str(column.header) for column in table.columns],
        "numbers": [column.justify == "right" for column in table.columns],
        "rows": list(zip(*columns, strict=True)),
    }  # fmt: skip
