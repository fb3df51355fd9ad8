"""The commands that fit and judge the model: calibrate, validate, levers.

Layer: calibration.  Only click is imported at the top: whatever else a command needs, it imports itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
    from calibration.fitting.calibrating import Step, Tell
    from experiments.studies.sweeping import SweepState

OUT = Path("results") / "calibration"
NO_ANSWER = 1
"""Exit status of a calibration that is in doubt, so that nothing was handed over."""


@click.command()
@click.argument("place")
@click.option("--out", type=click.Path(), metavar="DIR", help=f"Folder; default: {OUT}/PLACE. Its runs are kept.")
@click.option("--ship", is_flag=True, help="Put the ensembles into the library, where `--ensemble` finds them by name.")
@click.option(
    "--figures",
    "figures_file",
    type=click.Path(),
    metavar="FILE",
    help="Published figures of your own, in place of those of the project.",
)
@click.option("--even-in-doubt", is_flag=True, help="Hand over ensembles and scenarios of a calibration in doubt too; "
                                                    "they then say so themselves.")  # fmt: skip
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@ALL
@JSON
def calibrate(place: str, out: str | None, ship: bool, figures_file: str | None, even_in_doubt: bool,
              workers: int | None, scheduler: str | None, model_engine: str, everything: bool,
              as_json: bool) -> None:  # fmt: skip
    """Fit what nobody knows about a PLACE to its published figures; say what they tell and what they do not.

    PLACE is changning, changning_111, changning_learning, dongcheng, dongcheng_2015, junmen, or the path of a TOML
    file. On two processors a place takes one to two and a half minutes; the same call again makes no run.
    DIR then holds an ensemble of parameter sets for each scenario, a scenario with the values of a central
    set, pictures, and result.json. A calibration in doubt hands over neither ensemble nor scenario, and ends with
    exit status 1. The verdict comes first, in a few sentences and one table; --all shows the rest.

    \b
    Examples:
      python run_experiment.py calibrate junmen
      python run_experiment.py calibrate changning --out results/changning --workers 8
      python run_experiment.py compare junmen_2012 "junmen_2012 --set rules.escalation=direct" \\
          --ensemble results/calibration/junmen/junmen_2012.csv
    """  # noqa: D301
    with refusing():
        from calibration.fitting.places import read_place
        from calibration.keeping import calibrate_into
        from calibration.keeping import ship as put_into_library
        from experiments.published.figures import FIGURES

        loaded = read_place(place, Path(figures_file) if figures_file else FIGURES)
        if figures_file and ship:
            raise ValueError(say("--ship: the library is calibrated to its own figures; leave out --figures or --ship"))
        folder = Path(out) if out else OUT / (f"{loaded.name}_own_figures" if figures_file else loaded.name)
        with _telling() as tell, _one_thread():
            found = calibrate_into(
                loaded, folder, engine_starter(workers, scheduler, model_engine), tell, even_in_doubt
            )
        if ship:
            put_into_library(loaded, folder)
    from calibration.tables import print_calibration
    from calibration.words import answer_in_words

    if as_json:
        print_json(found)
    else:
        print_calibration(found, folder, everything)
    if found["doubts"] and not found["handed_over"]:
        click.echo(answer_in_words(found), err=True)
        sys.exit(NO_ANSWER)


@click.command()
@click.option("--out", type=click.Path(), default=str(OUT), show_default=True, metavar="DIR",
              help="Where the places' calibrations lie, and the runs of the validation go.")  # fmt: skip
@click.option("--page", type=click.Path(), metavar="FILE", help="Write the page here; default: validation.md in DIR.")
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@ALL
@JSON
def validate(out: str, page: str | None, workers: int | None, scheduler: str | None, model_engine: str,
             everything: bool, as_json: bool) -> None:  # fmt: skip
    """Hold the calibrated model against every published figure, fitted or not, and write the page that says so.

    Calibrates what is not calibrated in DIR, runs what is missing, and nothing twice: the calibrations of an
    empty DIR alone take ten minutes on two processors. The verdict comes first; --all shows every figure.

    \b
    Examples:
      python run_experiment.py validate
      python run_experiment.py validate --page docs/validation.md
    """  # noqa: D301
    with refusing():
        from calibration.validating import validate_into

        with _telling() as tell, _one_thread():
            found = validate_into(
                Path(out), Path(page) if page else None, engine_starter(workers, scheduler, model_engine), tell
            )
    if as_json:
        print_json(found)
        return
    from calibration.tables import print_validation

    print_validation(found, everything)


@click.command()
@click.option("--page", type=click.Path(), metavar="FILE", help="Write a page, with pictures in a folder beside it.")
@click.option("--only", default="", metavar="TEXT", help="Only curves whose name holds this.")
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@JSON
def levers(
    page: str | None, only: str, workers: int | None, scheduler: str | None, model_engine: str, as_json: bool
) -> None:
    """Say what each lever of the library's places does over its range, and whether that was expected.

    The curves stand in calibration/levers.toml: settings, and what somebody who knows the service expects. On two
    processors all of them take about three minutes.

    \b
    Examples:
      python run_experiment.py levers --page docs/levers.md
      python run_experiment.py levers --only "Junmen: grids"
    """  # noqa: D301
    with refusing():
        from calibration.levers import as_json as curve_as_json
        from calibration.levers import curves, draw, write_page
        from experiments.showing.progress import progress

    wanted = [curve for curve in curves() if only in curve.name]
    if not wanted:
        fail([say("--only: no curve is called like {only!r}; calibration/levers.toml has them", only=only)])
    drawn = []
    with refusing(), engine_starter(workers, scheduler, model_engine)() as engine:
        try:
            for curve in wanted:
                with progress(say(curve.name), 1) as advance:
                    each = draw(curve, engine, advance)
                if each is None:
                    break
                drawn.append(each)
        finally:  # whatever ends it, the curves that are drawn are not lost
            if page and drawn:
                write_page(drawn, Path(page))
    if as_json:
        print_json({"curves": [curve_as_json(each) for each in drawn]})
        return
    from calibration.levers import drawn_in_words
    from calibration.tables import print_levers

    print_levers(drawn_in_words(drawn), page)
    if len(drawn) < len(wanted):
        line = say("interrupted: {done} of {total} curves are drawn", done=len(drawn), total=len(wanted))
        click.echo(line, err=True)
        sys.exit(INTERRUPTED)


def _one_thread() -> AbstractContextManager[object]:
    """One thread for linear algebra in this process: its workers have the cores, and more threads wait for each other.

    To be called when everything is imported: it holds for the libraries that are loaded.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


@contextmanager
def _telling() -> Iterator[Tell]:
    """What is done now, and on a terminal how far its runs are; a Ctrl-C keeps what is finished."""
    from calibration.fitting.calibrating import Interrupted
    from calibration.words import step_in_words
    from experiments.showing.progress import progress

    now: Step | None = None
    try:
        with progress(say("calibration"), 1) as watcher:

            def tell(step: Step, state: SweepState | None) -> None:
                nonlocal now
                if step != now:
                    now = step
                    watcher.say(f"{step_in_words(step)} …")
                if state is not None:
                    watcher(state.done, max(1, state.wanted - state.before))

            yield tell
    except (Interrupted, KeyboardInterrupt):
        click.echo(say("interrupted: the runs that are finished are kept; the same command continues"), err=True)
        sys.exit(INTERRUPTED)


CALIBRATION_COMMANDS = (calibrate, validate, levers)
