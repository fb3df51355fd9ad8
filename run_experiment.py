"""The command line: reads arguments, calls, prints.

Everything heavy is imported by the command that needs it, so that --help answers at once.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from experiments.replications import Replications
    from experiments.storage import Store
    from scenarios.loading import Scenario

EXAMPLES = """
\b
Examples:
  python run_experiment.py list
  python run_experiment.py show changning_2005q4
  python run_experiment.py run junmen_2012
  python run_experiment.py run changning_2005q4 --replications 10 --set supervisors.count=251
  python run_experiment.py run dongcheng_2004 --days 365 --out dongcheng
"""


class Refused(click.ClickException):
    """Input that cannot be used: each reason in one line, and exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the lines as they are."""
        click.echo(self.message, err=True)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the layers below refuse into lines on stderr."""
    try:
        yield
    except ValueError as error:
        raise Refused(str(error)) from None


def load_scenario(name: str, settings: tuple[str, ...], days: int | None = None) -> Scenario:
    """Load a scenario with the overrides of the command line."""
    from scenarios.loading import load, parse_override

    with refusals():
        overrides = dict(parse_override(setting) for setting in settings)
        if days is not None:
            overrides["period.days"] = days
        return load(name, overrides)


SET = click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change one parameter, e.g. supervisors.count=251."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")


@click.group(epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Simulate how a city governs itself by grids, and compare plans with published figures."""


@main.command("list", epilog="\b\nExample:\n  python run_experiment.py list")
@AS_JSON
def list_scenarios(as_json: bool) -> None:
    """List the scenarios: place, time, question."""
    from datetime import timedelta

    from scenarios.loading import load, names

    rows = []
    with refusals():
        for name in names():
            scenario = load(name)
            period = scenario.parameters.period
            end = period.start + timedelta(period.days - 1)
            rows.append({"name": name, "place": scenario.place, "time": f"{period.start} to {end}",
                         "question": scenario.question, "title": scenario.title})  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from experiments.tables import print_scenarios

    print_scenarios(Console(), rows)


@main.command(epilog="\b\nExamples:\n  python run_experiment.py show changning_111\n"
              "  python run_experiment.py show nanhu --json\n  python run_experiment.py show --schema > scenario.json")  # fmt: skip
@click.argument("name", required=False)
@SET
@AS_JSON
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files, for editors.")
def show(name: str | None, settings: tuple[str, ...], as_json: bool, schema: bool) -> None:
    """Show every parameter of scenario NAME with unit, role and source, and what it changes from its parent."""
    if schema:
        from scenarios.loading import json_schema

        click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
        return
    if not name:
        raise click.UsageError("NAME is missing; `list` shows the names.")
    scenario = load_scenario(name, settings)
    rows, changed = _parameter_rows(scenario), _change_rows(scenario)
    if as_json:
        document = {"name": scenario.name, "title": scenario.title, "question": scenario.question,
                    "place": scenario.place, "parents": scenario.parents, "scenario_hash": scenario.hash,
                    "parameters": [{key: row[key] for key in row if key != "shown"} for row in rows],
                    "changes": changed}  # fmt: skip
        click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        return
    from rich.console import Console

    from experiments.tables import print_changes, print_parameters

    console = Console()
    console.print(f"[bold]{scenario.title}[/bold]\n{scenario.question}\n", highlight=False)
    print_parameters(console, rows)
    print_changes(console, " and ".join(_direct_parents(scenario)) or "the defaults", changed)


def _direct_parents(scenario: Scenario) -> tuple[str, ...]:
    from scenarios.reading import read_file

    return read_file(scenario.path).extends if scenario.path else ()


def _parameter_rows(scenario: Scenario) -> list[dict[str, Any]]:
    from scenarios.parameters import walk
    from scenarios.wording import plain

    rows = []
    for path, section, name, value in walk(scenario.parameters):
        science, origin = section.science(name), scenario.provenance[path]
        rows.append({
            "path": path, "value": value, "shown": plain(value), "unit": science.unit, "symbol": science.symbol,
            "range": science.span, "role": science.role, "source": origin.source, "why": origin.why,
            "origin": origin.origin, "about": section.model_fields[name].description,
        })  # fmt: skip
    return rows


def _change_rows(scenario: Scenario) -> list[dict[str, str]]:
    from scenarios.loading import changes
    from scenarios.wording import plain

    return [
        {
            "path": c.path,
            "from": "–" if c.old is None else plain(c.old),
            "to": plain(c.new),
            "why": c.why,
            "source": c.source,
        }
        for c in changes(scenario)
    ]


@main.command(epilog="\b\nExamples:\n  python run_experiment.py run junmen_2012 --replications 20\n"
              "  python run_experiment.py run changning_2005q4 --set territory.cell_area_m2=101960 --json\n"
              "  python run_experiment.py run dongcheng_2004 --days 365 --out dongcheng")  # fmt: skip
@click.argument("name")
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0, 2**31 - 1),
    help="Seed of the first replication; the next have seed+1, seed+2, …",
)
@click.option(
    "--replications",
    default=5,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many runs, each with its own luck.",
)
@SET
@click.option("--days", type=click.IntRange(1, 7320), help="Run so many days instead of the scenario's.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="Write cases, daily series, indicators, manifest and pictures; an earlier run there is replaced.",
)
@AS_JSON
def run(
    name: str, seed: int, replications: int, settings: tuple[str, ...], days: int | None, out: str | None, as_json: bool
) -> None:
    """Run scenario NAME (of the library, or a file) and set it beside the published figures.

    Equal commands give equal numbers, to the last digit. Intervals come from the replications.
    """
    scenario = load_scenario(name, settings, days)
    if scenario.abstract:
        raise Refused(f"{scenario.name}: is a base for others and cannot be run; `list` shows what can")
    store = _open_store(out)
    begun, started_at = time.perf_counter(), datetime.now(UTC)
    try:
        done = _replicate(scenario, seed, replications, store)
        if not done.seeds:
            click.echo("Interrupted before the first replication was done; nothing is kept.", err=True)
            sys.exit(130)
        result = _result(done, time.perf_counter() - begun)
        if store:
            _keep(store, done, result, started_at)
    finally:
        if store:
            store.discard()  # what is finished has moved to its place; anything else leaves no trace
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, allow_nan=False))
    else:
        _print_result(scenario, result, out)
    if done.interrupted:
        click.echo(f"Interrupted: {len(done.seeds)} of {replications} replications are done and shown.", err=True)
        sys.exit(130)


def _open_store(out: str | None) -> Store | None:
    """Make sure that the output can be written before anything is run."""
    if out is None:
        return None
    from experiments.storage import Store

    with refusals():
        return Store(out)


def _replicate(scenario: Scenario, seed: int, count: int, store: Store | None) -> Replications:
    with refusals(), progress(f"Running {scenario.name}", count) as advance:
        from experiments.replications import run_replications, seeds_from

        keep = store.add if store else lambda outcome: None
        return run_replications(scenario, seeds_from(seed, count), advance, keep)


def _keep(store: Store, done: Replications, result: dict[str, Any], started_at: datetime) -> None:
    """Draw the first replication, write everything down, and let the folder appear."""
    from experiments.pictures import draw_all
    from experiments.provenance import code_hash
    from experiments.storage import versions

    scenario, first = done.scenario, done.first
    kinds = sorted({category.grid for category in scenario.parameters.categories.values()})
    if first:
        draw_all(store.pictures, scenario.title, first.cases, first.daily, first.territory, kinds)
    manifest = {
        "scenario": scenario.name,
        "scenario_hash": scenario.hash,
        "parameters": scenario.parameters.model_dump(mode="json"),
        "seeds": done.seeds,
        "interrupted": done.interrupted,
        "command": sys.argv[1:],
        "code_hash": code_hash(),
        "versions": versions(),
        "started_at": started_at.isoformat(timespec="seconds"),
        "elapsed_s": result["elapsed_s"],
    }
    with refusals():
        store.finish(done.indicators, result, manifest)


@contextmanager
def progress(what: str, count: int) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on a terminal's stderr; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("left"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=count)
        yield lambda done, total: bar.update(task, completed=done)


def _result(done: Replications, elapsed_s: float) -> dict[str, Any]:
    from calibration.figures import compare
    from experiments.results import result_of

    with refusals():
        compared = compare(done.scenario, done.indicators)
    return result_of(done, [vars(row) for row in compared], elapsed_s)


def _print_result(scenario: Scenario, result: dict[str, Any], out: str | None) -> None:
    from rich.console import Console

    from experiments.tables import print_assumptions, print_figures, print_indicators

    console = Console()
    print_indicators(console, result)
    print_assumptions(console, result["assumptions"])
    print_figures(console, scenario.place, result["figures"])
    if out is not None:
        console.print(
            f"\nWritten to {out}: cases.parquet, daily.parquet, indicators, manifest.json, pictures/", highlight=False
        )


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
