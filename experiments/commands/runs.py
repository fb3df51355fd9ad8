"""The commands for scenarios: list them, show one, run one beside its published figures.

Layer: experiments.  Only click is imported at the top: whatever else a command needs, it imports itself.
"""

from __future__ import annotations

import sys

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
    fail,
    load_scenario,
    print_json,
)  # fmt: skip
from languages.speaking import say


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
    of = {"name": scenario.name, "title": say(scenario.title), "place": say(scenario.place)}
    out.print(Text(say("{name}: {title} ({place})", **of)))
    out.print(Text(say(scenario.question)), "")
    for table in parameter_tables(row for row in parameter_rows(scenario) if row["role"] == "lever" or not levers):
        out.print(table, "")
    if levers:
        return
    parent = scenario.parents[0] if scenario.parents else say("the defaults")
    changes = change_rows(scenario)
    title = say("What it changes from {parent}", parent=parent)
    out.print(
        change_table(changes, title) if changes else Text(say("It changes nothing from {parent}.", parent=parent))
    )


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

    from experiments.commands import one_run

    scenario = load_scenario(name, overrides, days, crs)
    figures = one_run.figures_in(figures_file)
    if scenario.abstract:
        fail([say("{name}: is a base that other scenarios extend and cannot be run; `list` shows those that can",
                  name=name)])  # fmt: skip
    store = one_run.open_store(out)
    import experiments.running.replications  # noqa: F401 -- the libraries load before the clock starts: elapsed_s is work
    from experiments.running.interrupts import Interrupts

    started, unknowns = perf_counter(), None
    try:
        with Interrupts() as interrupts:
            done = one_run.replicate(scenario, seed, replications, store, interrupts, workers, model_engine, figures)
            if done.first is None:
                one_run.abandon(store, replications)
            if not done.interrupted:
                unknowns = one_run.unknowns_of_run(done, ensemble, interrupts, workers, model_engine)
            result = one_run.result_of(done, unknowns, perf_counter() - started, figures)
            drawn = one_run.keep(store, done, result) if store else True
            done.interrupted |= interrupts.came or not drawn
    except ValueError as error:
        if store:
            store.discard()
        fail(str(error).splitlines())
    except BaseException:
        if store:
            store.discard()
        raise
    print_json(result) if as_json else one_run.print_tables(done, result, out, drawn, everything)
    if done.interrupted:
        click.echo(say("interrupted: {done} of {total} replications finished and are kept", done=len(done.seeds),
                       total=replications), err=True)  # fmt: skip
        sys.exit(INTERRUPTED)


RUN_COMMANDS = (list_scenarios, show, run)
