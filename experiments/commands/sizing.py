"""The commands of planners: size a community, and design the pilot that would tell two plans apart.

Layer: experiments.  Only click is imported at the top: whatever else a command needs, it imports itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.shared import (
    ALL,
    INTERRUPTED,
    JSON,
    MODEL_ENGINE,
    SCHEDULER,
    WORKERS,
    engine_starter,
    fail,
    print_json,
    refusing,
)
from languages.speaking import say

if TYPE_CHECKING:
    from experiments.sizing.answering import Sized
    from experiments.sizing.inputs.reading import Listed
    from experiments.sizing.inputs.wishes import Wishes


@click.command()
@click.argument("file", required=False, type=click.Path())
@click.option("--out", type=click.Path(), metavar="DIR", help="Where the report and the grids go.")
@click.option("--wishes", "wishes_file", type=click.Path(), metavar="FILE",
              help="What is wished for, a TOML file; default: the one beside FILE that is called like it.")  # fmt: skip
@click.option("--crs", type=click.Choice(["metres", "wgs84", "gcj02", "bd09"]),
              help="What the coordinates are: metres, or degrees of GPS, of Chinese maps, of Baidu.")  # fmt: skip
@click.option("--template", type=click.Path(), metavar="DIR",
              help="Write a list, wishes and questions to begin with into DIR, and do nothing else.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Of the first set.")
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@ALL
@JSON
def size(file: str | None, out: str | None, wishes_file: str | None, crs: str | None, template: str | None, seed: int,
         workers: int | None, scheduler: str | None, model_engine: str, everything: bool,
         as_json: bool) -> None:  # fmt: skip
    """Say into how many grids a community should be cut, and whom they need.

    FILE is the list of its buildings: CSV, Excel or GeoJSON, with columns such as site (楼栋), x_m and y_m, or lon and
    lat (经度, 纬度), and households (户数). What is wished for stands in a TOML file beside it; without one, grids of
    250 to 400 households are to settle most of what they find. Plans are run under the sets of parameters that the
    published figures allow. DIR then holds report.html, and the chosen grids as GeoJSON, CSV and Excel.

    \b
    Examples:
      python run_experiment.py size --template mine
      python run_experiment.py size mine/nanhu.csv --out results/nanhu
      python run_experiment.py size 楼栋.xlsx --crs gcj02 --wishes wishes.toml --out results/ours
    """  # noqa: D301
    if template is not None:
        _write_template(template)
        return
    if file is None or out is None:
        lacking = "FILE" if file is None else "--out DIR"
        fail([say("{lacking} is missing: size FILE --out DIR, or size --template DIR to begin with", lacking=lacking)])
    with refusing():
        from experiments.showing.progress import progress
        from experiments.sizing.answering import size as answer
        from experiments.sizing.plans import ask
        from experiments.words.sizing import STAGES

        listed, wishes = _read(Path(file), wishes_file, crs)
        folder = Path(out)
        question = ask(listed, wishes, folder / "cuts")
        try:
            with engine_starter(workers, scheduler, model_engine)() as engine, progress(listed.file, 1) as watcher:

                def on_progress(stage: str) -> Any:
                    watcher.say(f"{say(STAGES[stage])} …")
                    return watcher

                sized = answer(question, engine, folder, seed, on_progress)
        except KeyboardInterrupt:
            click.echo(say("interrupted: the runs that are finished are kept; the same command continues"), err=True)
            sys.exit(INTERRUPTED)
        found = _written(sized, folder)
    if as_json:
        print_json(found)
        return
    from experiments.showing.sizing_tables import print_sized

    print_sized(found, out, everything)


def _write_template(folder: str) -> None:
    """Write what a planner begins with, and say what to do next."""
    with refusing():
        from experiments.sizing.inputs.template import write_template

        files = write_template(Path(folder))
    from experiments.words.sizing import template_in_words

    command = " ".join(["python", "run_experiment.py", "size", str(files[0]), "--out", str(Path(folder) / "results")])
    for line in template_in_words([file.name for file in files], command):
        click.echo(line)


def _read(file: Path, wishes_file: str | None, crs: str | None) -> tuple[Listed, Wishes]:
    """The list and the wishes; what was derived is said. Raises ScenarioError with every problem."""
    from experiments.sizing.inputs.given import notes_on, read_with
    from experiments.sizing.inputs.wishes import read_wishes, usual_wishes

    beside = file.with_suffix(".toml")
    path = Path(wishes_file) if wishes_file else beside if beside.is_file() else None
    wishes = read_wishes(path) if path else usual_wishes()
    folder = (path or file).parent
    listed = read_with(
        wishes, file, crs,  # type: ignore[arg-type]
        folder / wishes.barriers if wishes.barriers else None, folder / wishes.compounds if wishes.compounds else None,
    )  # fmt: skip
    for note in notes_on(listed, wishes):
        click.echo(note, err=True)
    return listed, wishes


def _written(sized: Sized, folder: Path) -> dict[str, Any]:
    """Write everything that a planner takes home; what was found, as plain objects."""
    from experiments.running.files import finite
    from experiments.sizing.answering import as_plain
    from experiments.sizing.exports import write_plan
    from experiments.sizing.report import write_report

    result: dict[str, Any] = finite(as_plain(sized))
    write_plan(folder, sized, result)
    write_report(folder, sized, result)
    return result


@click.command()
@click.argument("file", type=click.Path())
@click.option("--plan", "plans", multiple=True, metavar="PLAN",
              help='One of the two plans: grids, and people of each kind in each, such as "8 x 1+1+1"; "today x 1+1+1" '
                   "has the grids of the list.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Where the pilot's files go.")
@click.option("--wishes", "wishes_file", type=click.Path(), metavar="FILE", help="As for `size`.")
@click.option("--crs", type=click.Choice(["metres", "wgs84", "gcj02", "bd09"]), help="As for `size`.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Of the first set.")
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@ALL
@JSON
def pilot(file: str, plans: tuple[str, ...], out: str, wishes_file: str | None, crs: str | None, seed: int,
          workers: int | None, scheduler: str | None, model_engine: str, everything: bool,
          as_json: bool) -> None:  # fmt: skip
    """Design the pilot that would tell two plans for a community apart, and say with what chance it does.

    FILE is the list of its buildings, as for `size`. Pilots are simulated under the sets of parameters that the
    published figures allow: two halves of a community with a plan each, which change plans after half of the time.
    DIR then holds the files into which the results go, so that `calibrate` takes them as figures.

    \b
    Examples:
      python run_experiment.py pilot mine/nanhu.csv --plan "10 x 1+1+0" --plan "5 x 2+2+0" --out results/pilot
      python run_experiment.py pilot mine/nanhu.csv --plan "today x 1+1+1" --plan "8 x 1+1+0" --out results/pilot
    """  # noqa: D301
    if len(plans) != COMPARED:
        fail([say("--plan: give two plans, not {count}", count=len(plans))])
    with refusing():
        from experiments.running.files import finite
        from experiments.showing.progress import progress
        from experiments.sizing.answering import pilot_as_plain
        from experiments.sizing.pilot import design_pilot
        from experiments.sizing.pilot_files import write_pilot
        from experiments.sizing.plans import ask_of_two

        listed, wishes = _read(Path(file), wishes_file, crs)
        folder = Path(out)
        question = ask_of_two(listed, wishes, plans, folder / "cuts")
        try:
            with engine_starter(workers, scheduler, model_engine)() as engine, progress(listed.file, 1) as watcher:
                found = design_pilot(question, question.plans[0], question.plans[1], engine, seed, watcher)
        except KeyboardInterrupt:
            click.echo(say("interrupted: nothing of a pilot is kept"), err=True)
            sys.exit(INTERRUPTED)
        best = found.chosen or max(found.powers, key=lambda power: power.right)
        write_pilot(folder, question, best.design, wishes.start or question.base.parameters.period.start)
    plain: dict[str, Any] = finite(pilot_as_plain(found))
    if as_json:
        print_json(plain)
        return
    from experiments.showing.sizing_tables import print_pilot

    print_pilot(plain, plans[0], plans[1], out, everything)


COMPARED = 2
"""A pilot tells two plans apart."""
SIZING_COMMANDS = (size, pilot)
