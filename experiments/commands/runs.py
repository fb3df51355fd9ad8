"""The commands for scenarios: list them, show one, run one beside its published figures.

Layer: experiments.  Only click is imported at the top: whatever else a command needs, it imports itself.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from experiments.commands.shared import (
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
)  # fmt: skip

if TYPE_CHECKING:
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
@JSON
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files, for editors; needs no NAME.")
def show(name: str | None, overrides: tuple[str, ...], as_json: bool, schema: bool) -> None:
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
        raise click.UsageError("NAME is missing; `list` shows the names.")
    from experiments.showing.describing import change_rows, description, parameter_rows

    scenario = load_scenario(name, overrides)
    if as_json:
        print_json(description(scenario))
        return
    from experiments.showing.console import console
    from experiments.showing.run_tables import change_table, parameter_tables

    out = console()
    out.print(f"{scenario.name}: {scenario.title} ({scenario.place})\n{scenario.question}\n", markup=False)
    for table in parameter_tables(parameter_rows(scenario)):
        out.print(table, "")
    parent = " and ".join(scenario.parents[:1]) or "the defaults"
    changes = change_rows(scenario)
    title = f"What it changes from {parent}"
    out.print(change_table(changes, title) if changes else f"It changes nothing from {parent}.")


@click.command()
@click.argument("name")
@click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, help="Seed of the first one.")
@click.option("--replications", type=click.IntRange(1, 100_000), default=5, show_default=True,
              help="How many; they have the seeds SEED, SEED + 1, …")  # fmt: skip
@SET
@click.option("--days", type=int, help="Length of the run in days; the same as --set period.days=DAYS.")
@click.option("--out", type=click.Path(), metavar="DIR",
              help="Folder for Parquet, indicators, manifest and pictures. Made if absent; replaced as a whole if "
                   "it is empty or holds an earlier run and nothing else; otherwise refused.")  # fmt: skip
@WORKERS
@MODEL_ENGINE
@JSON
def run(name: str, seed: int, replications: int, overrides: tuple[str, ...], days: int | None, out: str | None,
        workers: int | None, model_engine: str, as_json: bool) -> None:  # fmt: skip
    """Run a scenario and show its indicators beside the published figures of its place.

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

    scenario = load_scenario(name, overrides, days)
    if scenario.abstract:
        fail([f"{name}: is a base that other scenarios extend and cannot be run; `list` shows those that can"])
    store = open_store(out)
    import experiments.running.replications  # noqa: F401 -- the libraries load before the clock starts: elapsed_s is work
    from experiments.running.interrupts import Interrupts

    started = perf_counter()
    try:
        with Interrupts() as interrupts:
            done = replicate(scenario, seed, replications, store, interrupts, workers, model_engine)
            if done.first is None:
                abandon(store, replications)
            result = result_of(done, perf_counter() - started)
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
    print_json(result) if as_json else print_tables(done, result, out, drawn)
    if done.interrupted:
        click.echo(f"interrupted: {len(done.seeds)} of {replications} replications finished and are kept", err=True)
        sys.exit(INTERRUPTED)


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
    model_engine: str,
) -> Replications:  # fmt: skip
    """Run all replications, with a progress bar on a terminal."""
    from experiments.published.figures import parts_of
    from experiments.running.engine import processors
    from experiments.running.replications import run_replications, seeds_from
    from experiments.showing.progress import progress

    with progress(scenario.name, count) as advance:
        return run_replications(
            scenario, seeds_from(seed, count), advance, store.add if store else None, parts_of(scenario), interrupts,
            engine_starter(min(workers or processors(), count), None, model_engine),
        )  # fmt: skip


def abandon(store: Store | None, count: int) -> NoReturn:
    """Interrupted before anything was finished."""
    if store:
        store.discard()
    click.echo(f"interrupted: 0 of {count} replications finished; nothing is kept", err=True)
    sys.exit(INTERRUPTED)


def result_of(done: Replications, elapsed_s: float) -> dict[str, Any]:
    """The one object that --json prints; the tables show the same."""
    from experiments.published.figures import figures_beside, why_none
    from experiments.showing.describing import assumptions, result

    figures = [vars(figure) for figure in figures_beside(done.scenario, done.indicators.join(done.parts))]
    reason = "" if figures else why_none(done.scenario)
    return result(done, figures, reason, assumptions(done.scenario), elapsed_s)


def keep(store: Store, done: Replications, result: dict[str, Any]) -> bool:
    """Pictures, manifest and tables into the folder, which then appears at once; whether all pictures are there.

    The replications are finished by then: a Ctrl-C while pictures are drawn leaves out pictures, and nothing else.
    """
    from experiments.showing.describing import manifest
    from experiments.showing.run_pictures import draw_all

    drawn = True
    try:
        if done.first:
            draw_all(done.first, done.scenario, store.pictures)
    except KeyboardInterrupt:
        drawn, result["interrupted"] = False, True
    store.finish(done.indicators, result, manifest(done, sys.argv, result["elapsed_s"]))
    return drawn


def print_tables(done: Replications, result: dict[str, Any], out: str | None, drawn: bool) -> None:
    """Indicators, published figures, assumptions; for people."""
    from experiments.showing.run_tables import print_run
    from experiments.words.runs import title_in_words

    print_run(result, title_in_words(done.scenario.title, result["days"], done.seeds))
    if out:
        pictures = ", pictures" if drawn else "; not all pictures were drawn"
        click.echo(f"Written to {out}: case log, daily series, indicators, manifest{pictures}.")
    click.echo(f"It took {result['elapsed_s']:.1f} s.")


RUN_COMMANDS = (list_scenarios, show, run)
