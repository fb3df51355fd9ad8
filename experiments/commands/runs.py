"""The commands for scenarios: list them, show one, run one beside its published figures.

Layer: experiments.  Only click is imported at the top: whatever else a command needs, it imports itself.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from experiments.commands.shared import (
    ALL,
    CRS,
    INTERRUPTED,
    JSON,
    MODEL_ENGINE,
    SEED_MAX,
    SET,
    WORKERS,
    engine_starter,
    fail,
    load_scenario,
    print_json,
    refusing,
)  # fmt: skip
from languages.speaking import say

if TYPE_CHECKING:
    from pathlib import Path

    from experiments.findings.unknowns import Unknowns
    from experiments.running.interrupts import Interrupts
    from experiments.running.replications import Replications
    from experiments.running.run_folder import Store
    from scenarios.loading import Scenario


@click.command("list")
@JSON
def list_scenarios(as_json: bool) -> None:
    """List the scenarios and the studies of the library, with their questions.

    \b
    Examples:
      python run_experiment.py list
      python run_experiment.py list --json
    """  # noqa: D301
    from scenarios.loading import load, names

    rows = []
    for name in names():
        scenario = load(name)
        period = scenario.parameters.period
        rows.append({
            "name": name, "title": scenario.title, "place": scenario.place, "start": period.start.isoformat(),
            "days": period.days, "question": scenario.question,
        })  # fmt: skip
    from experiments.studies.reading import studies

    listed = studies()
    if as_json:
        print_json({"scenarios": rows, "studies": listed})
        return
    from experiments.showing.console import console
    from experiments.showing.run_tables import scenario_table, study_table

    console().print(scenario_table(rows), "", study_table(listed))


@click.command()
@click.argument("name", required=False)
@SET
@CRS
@click.option("--levers", is_flag=True, help="Show only what a city may choose.")
@JSON
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files, for editors; needs no NAME.")
def show(name: str | None, overrides: tuple[str, ...], crs: str | None, levers: bool, as_json: bool,
         schema: bool) -> None:  # fmt: skip
    """Show every parameter of a scenario with unit, role and source, and what it changes from its parent.

    NAME is a scenario of the library or the path of a TOML file.

    \b
    Roles: lever (a city may choose it), uncertain (nobody knows it), fixed (given by place, law or form).
    Examples:
      python run_experiment.py show junmen_2012
      python run_experiment.py show changning_111 --set supervisors.count=200
      python run_experiment.py show my_city.toml --json
      python run_experiment.py show --schema > scenario.schema.json
    """  # noqa: D301
    if schema:
        from scenarios.loading import json_schema

        print_json(json_schema())
        return
    if name is None:
        raise click.UsageError(say("NAME is missing; `list` shows the names."))
    from experiments.showing.describing import change_rows, description, parameter_rows

    scenario = load_scenario(name, overrides, crs=crs)
    if as_json:
        print_json(description(scenario))
        return
    from rich.text import Text

    from experiments.showing.console import console
    from experiments.showing.run_tables import change_table, parameter_tables

    out = console()
    out.print(Text(f"{scenario.name}: {say(scenario.title)} ({say(scenario.place)})"))
    out.print(Text(say(scenario.question)), "")
    for table in parameter_tables(row for row in parameter_rows(scenario) if row["role"] == "lever" or not levers):
        out.print(table, "")
    if levers:
        return
    parent = scenario.parents[0] if scenario.parents else say("the defaults")
    changes = change_rows(scenario)
    title = say("What it changes from {parent}", parent=parent)
    out.print(change_table(changes, title) if changes else say("It changes nothing from {parent}.", parent=parent))


@click.command()
@click.argument("name")
@click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, help="Seed of the first one.")
@click.option("--replications", type=click.IntRange(1, 100_000), default=5, show_default=True,
              help="How many; they have the seeds SEED, SEED + 1, …")  # fmt: skip
@SET
@click.option("--days", type=int, help="Length of the run in days; the same as --set period.days=DAYS.")
@click.option("--out", type=click.Path(), metavar="DIR",
              help="Folder for Parquet, indicators, manifest, pictures, tables for Excel. Made if absent; replaced "
                   "as a whole if empty or an earlier run and nothing else; otherwise refused.")  # fmt: skip
@click.option(
    "--ensemble",
    metavar="FILE",
    help="Sets of parameters that say how far what nobody knows moves the answer: "
    "a scenario's name, a CSV that `calibrate` wrote, or none. Default: the library's own, if there is one.",
)
@click.option("--figures", "figures_file", type=click.Path(), metavar="FILE",
              help="Published figures of your own, in place of those of the project.")  # fmt: skip
@CRS
@WORKERS
@MODEL_ENGINE
@ALL
@JSON
def run(name: str, seed: int, replications: int, overrides: tuple[str, ...], days: int | None, out: str | None,
        ensemble: str | None, figures_file: str | None, crs: str | None, workers: int | None, model_engine: str,
        everything: bool, as_json: bool) -> None:  # fmt: skip
    """Run a scenario: what the plan is, what happened, how sure that is, and the published figures beside it.

    NAME is a scenario of the library or the path of a TOML file. The same command gives the same numbers.
    Ctrl-C ends early and keeps the replications that are finished.

    \b
    Examples:
      python run_experiment.py run junmen_2012
      python run_experiment.py run changning_2005q4 --replications 10 --json
      python run_experiment.py run changning_2005q4 --set supervisors.count=200 --set territory.cell_area_m2=40000
      python run_experiment.py run dongcheng_2004 --days 365 --out results/dongcheng
    """  # noqa: D301
    from time import perf_counter

    scenario = load_scenario(name, overrides, days, crs)
    figures = figures_in(figures_file)
    if scenario.abstract:
        fail(
            [
                say(
                    "{name}: is a base that other scenarios extend and cannot be run; `list` shows those that can",
                    name=name,
                )
            ]
        )
    store = open_store(out)
    import experiments.running.replications  # noqa: F401 -- the libraries load before the clock starts: elapsed_s is work
    from experiments.running.interrupts import Interrupts

    started = perf_counter()
    try:
        with Interrupts() as interrupts:
            done = replicate(scenario, seed, replications, store, interrupts, workers, model_engine, figures)
            if done.first is None:
                abandon(store, replications)
            unknowns = None if done.interrupted else unknowns_of_run(done, ensemble, interrupts, workers, model_engine)
            result = result_of(done, unknowns, perf_counter() - started, figures)
            drawn = keep(store, done, result) if store else True
            done.interrupted |= interrupts.came or not drawn
    except ValueError as error:
        if store:
            store.discard()
        fail(str(error).splitlines())
    except BaseException:
        if store:
            store.discard()
        raise
    print_json(result) if as_json else print_tables(done, result, out, drawn, everything)
    if done.interrupted:
        click.echo(say("interrupted: {done} of {total} replications finished and are kept", done=len(done.seeds),
                       total=replications), err=True)  # fmt: skip
        sys.exit(INTERRUPTED)


def figures_in(name: str | None) -> Path | None:
    """A file of figures of one's own, read once so that what is wrong with it is said before anything runs."""
    if name is None:
        return None
    from pathlib import Path

    from experiments.published.figures import read_figures

    with refusing():
        read_figures(Path(name))
    return Path(name)


def open_store(out: str | None) -> Store | None:
    """The folder to write into, made before the run so that a refusal costs nothing."""
    if out is None:
        return None
    from experiments.running.files import StorageError
    from experiments.running.run_folder import Store

    try:
        return Store(out)
    except StorageError as error:
        fail([str(error)])


def replicate(
    scenario: Scenario, seed: int, count: int, store: Store | None, interrupts: Interrupts, workers: int | None,
    model_engine: str, figures: Path | None,
) -> Replications:  # fmt: skip
    """Run all replications, with a progress bar on a terminal."""
    from experiments.published.figures import FIGURES, parts_of
    from experiments.running.engine import processors
    from experiments.running.replications import run_replications, seeds_from
    from experiments.showing.progress import progress

    with progress(scenario.name, count) as advance:
        return run_replications(
            scenario, seeds_from(seed, count), advance, store.add if store else None,
            parts_of(scenario, figures or FIGURES), interrupts,
            engine_starter(min(workers or processors(), count), None, model_engine),
        )  # fmt: skip


NO_ENSEMBLE = "none"
LONGEST_UNASKED_MIN = 1.0
"""What takes longer is done only if it is asked for."""


def unknowns_of_run(
    done: Replications, ensemble: str | None, interrupts: Interrupts, workers: int | None, model_engine: str
) -> Unknowns | None:
    """Where the indicators lie over what the figures allow; None if there are no such sets, or Ctrl-C came."""
    from experiments.findings.unknowns import MOST_SETS, ensemble_for, unknowns_of
    from experiments.showing.progress import progress
    from experiments.studies.ensembles import LIBRARY, read_ensemble
    from scenarios.loading import load

    sets = None if ensemble == NO_ENSEMBLE else read_ensemble(ensemble) if ensemble else ensemble_for(done.scenario)
    if sets is None:
        return None
    if ensemble is None and (minutes := minutes_on_mesa(done, MOST_SETS, workers, model_engine)) > LONGEST_UNASKED_MIN:
        click.echo(say(
            "What nobody knows is left out: on the Mesa model it takes about {minutes:.0f} min; --ensemble {name} "
            "asks for it.", minutes=minutes, name=sets.name,
        ), err=True)  # fmt: skip
        return None
    of_library = sets.path is not None and sets.path.parent == LIBRARY
    elsewhere = of_library and load(sets.name).place != done.scenario.place
    if sets.doubt:
        click.echo(say("Warning: {line}.", line=sets.warning), err=True)
    start = engine_starter(workers, None, model_engine)
    try:
        with progress(sets.name, MOST_SETS) as advance, start() as engine:

            def heed(done_count: int, total: int) -> None:
                """Tell how far it is; a Ctrl-C that came meanwhile ends it, and nothing else."""
                if interrupts.came:
                    raise KeyboardInterrupt
                advance(done_count, total)

            return unknowns_of(done.scenario, sets, elsewhere, done.seeds[0], engine, heed)
    except KeyboardInterrupt:
        interrupts.hold()
        return None


def minutes_on_mesa(done: Replications, runs: int, workers: int | None, model_engine: str) -> float:
    """How long so many more runs take where the compiled engine cannot serve; 0 where it can."""
    from experiments.running.engine import processors
    from scenarios.counting import expected_incidents
    from sim.compiled.readiness import State, state
    from sim.run import MESA_S_PER_INCIDENT

    if model_engine != "mesa" and state() in (State.READY, State.NOT_COMPILED):
        return 0.0
    incidents = expected_incidents(done.scenario.parameters, done.scenario.sites)
    return MESA_S_PER_INCIDENT * incidents * runs / (workers or processors()) / 60.0


def abandon(store: Store | None, count: int) -> NoReturn:
    """Interrupted before anything was finished."""
    if store:
        store.discard()
    click.echo(say("interrupted: 0 of {total} replications finished; nothing is kept", total=count), err=True)
    sys.exit(INTERRUPTED)


def result_of(
    done: Replications, unknowns: Unknowns | None, elapsed_s: float, figures_file: Path | None = None
) -> dict[str, Any]:
    """The one object that --json prints; the tables show the same."""
    from experiments.published.figures import FIGURES, figures_beside, why_none
    from experiments.showing.describing import assumptions, result

    file = figures_file or FIGURES
    figures = [vars(figure) for figure in figures_beside(done.scenario, done.indicators.join(done.parts), file)]
    reason = "" if figures else why_none(done.scenario, file)
    return result(done, figures, reason, assumptions(done.scenario), unknowns, elapsed_s)


def keep(store: Store, done: Replications, result: dict[str, Any]) -> bool:
    """Pictures, manifest and tables into the folder, which then appears at once; whether all pictures are there.

    The replications are finished by then: a Ctrl-C meanwhile leaves out pictures, and tables that are half written.
    """
    from shutil import rmtree

    from experiments.showing.describing import manifest
    from experiments.showing.run_files import write_tables
    from experiments.showing.run_pictures import draw_all

    drawn, tables, written = True, store.folder / "tables", False
    try:
        write_tables(tables, result, done)
        written = True
        if done.first:
            draw_all(done.first, done.scenario, store.pictures)
    except KeyboardInterrupt:
        drawn, result["interrupted"] = False, True
        if not written:
            rmtree(tables, ignore_errors=True)
    store.finish(done.indicators, result, manifest(done, sys.argv, result["elapsed_s"]))
    return drawn


def print_tables(done: Replications, result: dict[str, Any], out: str | None, drawn: bool, everything: bool) -> None:
    """The answer and a table, or every table; for people."""
    from experiments.showing.run_tables import print_run
    from experiments.words.runs import title_in_words

    print_run(result, title_in_words(done.scenario.title, result["days"], done.seeds), everything)
    if out and drawn:
        click.echo(say(
            "Written to {out}: case log, daily series, indicators, manifest, pictures; tables/run.xlsx for Excel.",
            out=out,
        ))  # fmt: skip
    elif out:
        click.echo(say(
            "Written to {out}: case log, daily series, indicators, manifest; not all pictures and tables were made.",
            out=out,
        ))  # fmt: skip
    click.echo(say("It took {seconds:.1f} s.", seconds=result["elapsed_s"]))


RUN_COMMANDS = (list_scenarios, show, run)
