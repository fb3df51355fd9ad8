"""The commands for plans and studies: compare, plan, sweep, merge, report, figure, query.

Layer: experiments.  Only click is imported at the top: whatever else a command needs, it imports itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.shared import (
    ALL,
    CRS,
    ENSEMBLE,
    INTERRUPTED,
    JSON,
    MODEL_ENGINE,
    SCHEDULER,
    SEED_MAX,
    SET,
    WORKERS,
    engine_starter,
    fail,
    load_scenario,
    plan_in_words,
    print_json,
    refusing,
)
from languages.speaking import listed, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from experiments.comparing.comparing import Comparison
    from experiments.comparing.resting import Rests
    from experiments.findings.runs import Findings
    from experiments.running.engine import Engine
    from experiments.studies.design import Study
    from experiments.studies.ensembles import Ensemble
    from experiments.studies.folder import Results
    from experiments.studies.sweeping import Shard, SweepState
    from scenarios.loading import Scenario

MOST_ROWS_SHOWN = 200
MOST_COMPARED = 26
"""As many plans as there are letters for them."""
MOST_NAMED = 3
EVERY = "all"
"""In place of an indicator: all of them."""


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("plans", nargs=-1, required=True, metavar="A B [C…]")
@click.option("--replications", type=click.IntRange(2, 100_000), default=20, show_default=True)
@click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, help="Seed of the first one.")
@SET
@click.option("--indicator", "indicators", multiple=True, help="Compare this indicator instead of the usual ones; all "
              "compares every one, and every interval grows wider.")  # fmt: skip
@ALL
@CRS
@ENSEMBLE
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@JSON
def compare(plans: tuple[str, ...], replications: int, seed: int, overrides: tuple[str, ...],
            indicators: tuple[str, ...], everything: bool, crs: str | None, ensemble: str | None, workers: int | None,
            scheduler: str | None, model_engine: str, as_json: bool) -> None:  # fmt: skip
    """Compare plans with the first of them, on the same incidents and with the same luck.

    A plan is a scenario's name or file, or a variant of it in quotes: "NAME --set PATH=VALUE …". A --set
    outside the quotes holds for all plans. With --ensemble, every replication is under another of the sets of
    parameters that the published figures allow, and each difference says how many of the sets agree.

    \b
    Examples:
      python run_experiment.py compare junmen_2012 "junmen_2012 --set party.members_count=0" --ensemble junmen_2012
      python run_experiment.py compare changning_2005q4 "changning_2005q4 --set supervisors.count=251"
      python run_experiment.py compare junmen_2012 "junmen_2012 --set rules.escalation=direct" --replications 50
      python run_experiment.py compare dongcheng_before dongcheng_2004 --set period.days=60 --json
    """  # noqa: D301
    if len(plans) < 2:
        fail([say("compare: needs two plans at least; a variant goes in quotes: "
                  '"junmen_2012 --set rules.patrol=cyclic"')])  # fmt: skip
    if len(plans) > MOST_COMPARED:
        fail([say("compare: {count} plans are too many; the most is {most}, and a study takes more", count=len(plans),
                  most=MOST_COMPARED)])  # fmt: skip
    drawn = _drawn(ensemble, replications) if ensemble else None
    overrides = (*overrides, f"territory.sites_crs={crs}") if crs else overrides
    chosen = [(text, _variant(text, overrides, drawn)) for text in plans]
    replications = len(drawn[1]) if drawn else replications
    names = _indicators(indicators)
    from experiments.comparing.comparing import compare as compare_plans
    from experiments.running.replications import seeds_from
    from experiments.showing.progress import progress

    prior = drawn[0].prior() if drawn else None
    total = replications * len(chosen) * (2 if prior else 1)
    doubt = drawn[0].doubt if drawn else ""
    with (
        refusing(),
        progress(say("comparison"), total) as advance,
        engine_starter(workers, scheduler, model_engine)() as engine,
    ):
        seeds = seeds_from(seed, replications)
        found = compare_plans(chosen, seeds, names, engine, advance, ensemble or "", doubt)
        rests = None
        if drawn and not found.interrupted:
            rests = _rests(found, plans, overrides, drawn, prior, seeds, engine, advance)
    from experiments.showing.comparison_tables import comparison_as_json, print_comparison

    if as_json:
        print_json(comparison_as_json(found, rests))
    else:
        print_comparison(found, rests, everything, overrides)
    for line in found.failures:
        click.echo(line, err=True)
    if found.interrupted:
        done = len(found.seeds)
        line = say("interrupted: {done} of {total} replications are compared", done=done, total=replications)
        click.echo(line, err=True)
        sys.exit(INTERRUPTED)


def _variant(text: str, common: tuple[str, ...], drawn: tuple[Ensemble, list[int]] | None) -> Scenario | list[Scenario]:
    """A plan of the command line: a name, or a name with --set; with an ensemble, under each of the sets drawn."""
    name, given = plan_in_words(text, "compare")
    scenario = load_scenario(name, (*common, *given))
    if scenario.abstract:
        line = say(
            "{name}: is a base that other scenarios extend and cannot be run; `list` shows those that can", name=name
        )
        fail([line])
    if drawn is None:
        return scenario
    from scenarios.loading import Family, parse_override
    from scenarios.parameters import walk

    overrides = dict(map(parse_override, (*common, *given)))
    with refusing():
        own, family = drawn[0].of(scenario.name), Family(name)
        known = {path for path, _, _, _ in walk(scenario.parameters)}
        if unknown := [path for path in own.paths if path not in known]:
            lacks = listed(unknown[:MOST_NAMED]) + (" …" if len(unknown) > MOST_NAMED else "")
            fail([say("--ensemble: {ensemble} is of another kind of place: {scenario} does not have {paths}",
                      ensemble=own.name, scenario=scenario.name, paths=lacks)])  # fmt: skip
        return [family.load({**own.sets[place], **overrides}) for place in drawn[1]]


def _rests(
    under: Comparison, plans: tuple[str, ...], overrides: tuple[str, ...], drawn: tuple[Ensemble, list[int]],
    prior: Ensemble | None, seeds: list[int], engine: Engine, advance: Callable[[int, int], None],
) -> Rests:  # fmt: skip
    """On what the differences rest: the same plans with the same luck, under parameters as they were thought before."""
    from experiments.comparing.comparing import compare as compare_plans
    from experiments.comparing.resting import Rests, rests_of
    from experiments.studies.observed import unobserved

    others = [_plain(text, overrides) for text in plans]
    unseen = tuple(unobserved(others[0], other) for other in others[1:])
    if prior is None:
        return Rests((), unseen)
    before = (prior, prior.places(len(seeds)))
    chosen = [(text, _variant(text, overrides, before)) for text in plans]
    names, total = list(under.values), len(seeds) * len(plans)
    earlier = compare_plans(chosen, seeds, names, engine, lambda done, _: advance(total + done, 2 * total), prior.name)
    sets = {seed: drawn[0].sets[place] for seed, place in zip(seeds, drawn[1], strict=True)}
    return Rests(tuple(tuple(rests_of(under, earlier, plan, sets)) for plan in range(1, len(plans))), unseen)


def _plain(text: str, overrides: tuple[str, ...]) -> Scenario:
    """A plan of the command line, outside any ensemble."""
    found = _variant(text, overrides, None)
    return found[0] if isinstance(found, list) else found


def _drawn(name: str, most: int) -> tuple[Ensemble, list[int]]:
    """An ensemble, and the places of as many of its sets as are asked for at most, each as often as its weight says."""
    with refusing():
        from experiments.studies.ensembles import read_ensemble

        ensemble = read_ensemble(name)
        _warn(ensemble)
        return ensemble, ensemble.places(most)


def _warn(ensemble: Ensemble | None) -> None:
    """Say on standard error that an ensemble is in doubt, if it is."""
    if ensemble and ensemble.warning:
        click.echo(ensemble.warning, err=True)


def _indicators(chosen: tuple[str, ...]) -> list[str]:
    from experiments.comparing.comparing import HEADLINES
    from experiments.running.forms import hint_of_indicator, indicator_called
    from sim.indicators import INDICATORS

    if EVERY in chosen:
        return list(INDICATORS)
    chosen = tuple(name if name in INDICATORS else indicator_called(name) or name for name in chosen)
    if wrong := [name for name in chosen if name not in INDICATORS]:
        fail(say("--indicator: {indicator} is no indicator{hint}", indicator=name, hint=hint_of_indicator(name))
             for name in wrong)  # fmt: skip
    return list(dict.fromkeys(chosen)) or list(HEADLINES)


@click.command()
@click.argument("study")
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@JSON
def plan(study: str, workers: int | None, scheduler: str | None, model_engine: str, as_json: bool) -> None:
    """Say what a study will cost before it is launched: runs, time, disk, and how narrow its intervals will be.

    A short pilot of the study's own runs is made for it, and not kept.

    \b
    Examples:
      python run_experiment.py plan junmen_grids
      python run_experiment.py plan my_study.toml --workers 8
    """  # noqa: D301
    with refusing():
        from experiments.studies.design import load_study
        from experiments.studies.piloting import pilot

        loaded = load_study(study)
        _warn(loaded.ensemble)
        found = pilot(loaded, engine_starter(workers, scheduler, model_engine))
        found["ensemble_doubt"] = loaded.ensemble.doubt if loaded.ensemble else ""
    if as_json:
        from experiments.running.files import finite

        print_json(finite(found))
        return
    from experiments.showing.study_tables import print_plan

    print_plan(found)


@click.command()
@click.argument("study")
@click.option("--out", required=True, type=click.Path(), metavar="DIR",
              help="The study's folder: made if absent, continued if it holds this study.")  # fmt: skip
@WORKERS
@SCHEDULER
@MODEL_ENGINE
@click.option("--shard", default="1/1", metavar="I/N", help="Do only the I-th of N parts; `merge` joins them.")
@click.option("--new-code", is_flag=True, help="Start beside runs that were made by other code or packages.")
@click.option("--retry", is_flag=True, help="Try again what failed before.")
@ENSEMBLE
@JSON
def sweep(study: str, out: str, workers: int | None, scheduler: str | None, model_engine: str,
          shard: str, new_code: bool, retry: bool,
          ensemble: str | None, as_json: bool) -> None:  # fmt: skip
    """Run a study. The same command again continues where it stopped; nothing runs twice.

    STUDY is a study of the library (`list` shows them) or the path of a TOML file. A run that fails is
    recorded with its error and does not stop the rest. Ctrl-C keeps what is finished.

    \b
    Examples:
      python run_experiment.py sweep junmen_grids --out results/junmen
      python run_experiment.py sweep my_study.toml --out results/mine --workers 8
      python run_experiment.py sweep my_study.toml --out results/part1 --shard 1/2
      python run_experiment.py sweep my_study.toml --out results/mine --scheduler tcp://127.0.0.1:8786
      python run_experiment.py sweep my_study.toml --out results/allowed --ensemble junmen_2012
    """  # noqa: D301
    with refusing():
        from experiments.showing.progress import progress
        from experiments.studies.design import load_study
        from experiments.studies.folder import open_results
        from experiments.studies.sweeping import sweep as run_study

        loaded = load_study(study, ensemble or "")
        _warn(loaded.ensemble)
        part = _shard(shard)
        results = open_results(loaded, out, new_code)
        with progress(loaded.name, 1) as watcher:
            state = run_study(
                loaded, results, engine_starter(workers, scheduler, model_engine), shard=part, retry=retry,
                on_progress=lambda state: watcher(state.done, state.wanted - state.before),
                on_failure=lambda row: watcher.say(_failure(row)),
            )  # fmt: skip
        if part.of == 1:
            _run_before(loaded, results, state, engine_starter(workers, scheduler, model_engine), new_code, retry)
        summary = _summary(loaded, results, state)
        if as_json:
            print_json(summary)
        else:
            from experiments.showing.study_tables import print_sweep

            print_sweep(summary, None if part.of > 1 or state.interrupted else _found(results))
    if state.interrupted:
        click.echo(say("interrupted: what is finished is kept; the same command continues"), err=True)
        sys.exit(INTERRUPTED)


def _run_before(
    study: Study, results: Results, state: SweepState, start: Callable[[], Any], new_code: bool, retry: bool
) -> None:
    """Run the same plans under what was thought possible before the figures, where an ensemble says what that was."""
    from experiments.showing.progress import progress
    from experiments.studies.design import before_the_figures
    from experiments.studies.folder import BEFORE, open_results
    from experiments.studies.sweeping import sweep as run_study

    before = before_the_figures(study)
    if before is None or state.interrupted or state.wanted > state.before + state.done:
        return
    folder = open_results(before, results.folder / BEFORE, new_code)
    with progress(say("{study}, before the figures", study=study.name), 1) as watcher:
        earlier = run_study(
            before, folder, start, retry=retry,
            on_progress=lambda state: watcher(state.done, state.wanted - state.before),
            on_failure=lambda row: watcher.say(_failure(row)),
        )  # fmt: skip
    state.interrupted = earlier.interrupted


def _found(results: Results) -> Findings | None:
    """What a study found; None if no run has come to its end."""
    from experiments.findings.runs import read_findings
    from experiments.running.files import StorageError

    try:
        return read_findings(results.folder)
    except StorageError:
        return None


def _failure(row: dict[str, Any]) -> str:
    of = {"run": row["key"], "scenario": row["scenario"], "seed": row["seed"], "error": row["error"]}
    return say("run {run} (scenario {scenario}, seed {seed}) failed: {error}", **of)


def _summary(study: Study, results: Results, state: SweepState) -> dict[str, Any]:
    """What `sweep --json` prints."""
    return {
        "study": study.name, "folder": str(results.folder), "wanted_count": state.wanted,
        "before_count": state.before, "done_count": state.done, "stored_count": state.before + state.done,
        "failed_count": state.failed, "rounds": state.rounds, "replications": state.counts,
        "settled": state.settled, "survivors": [study.plans[plan].name for plan in state.survivors],
        "unmet": state.unmet, "interrupted": state.interrupted, "checksum": results.checksum(),
        "elapsed_s": round(state.elapsed_s, 3), "ensemble_doubt": study.ensemble.doubt if study.ensemble else "",
    }  # fmt: skip


def _shard(text: str) -> Shard:
    from experiments.studies.sweeping import Shard

    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 10_000):
        fail([say("--shard: {shard} must be I/N with I from 1 to N, such as 1/4", shard=text)])
    return Shard(int(number), int(of))


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR…")
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Where all runs go together.")
@JSON
def merge(folders: tuple[str, ...], out: str, as_json: bool) -> None:
    """Join the folders of one study that was run in parts, on several machines for instance.

    \b
    Example:
      python run_experiment.py merge results/part1 results/part2 --out results/all
    """  # noqa: D301
    with refusing():
        from experiments.studies.merging import merge as join

        joined = join([Path(folder) for folder in folders], Path(out))
    if as_json:
        print_json(joined)
    else:
        from experiments.words.studies import merged_in_words

        click.echo(merged_in_words(joined, out))


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--out", type=click.Path(), metavar="FILE", help="The page; default: report.html in DIR.")
def report(folder: str, out: str | None) -> None:
    """Write what a study found into one HTML page that works offline and prints well.

    \b
    Example:
      python run_experiment.py report results/junmen
    """  # noqa: D301
    with refusing():
        from experiments.showing.report import write_report

        file = write_report(Path(folder), Path(out) if out else None)
    click.echo(say("Written to {file}.", file=file))


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("name", required=False)
@JSON
def figure(folder: str, name: str | None, as_json: bool) -> None:
    """Make one picture of a study again from its stored runs, and say which runs it used.

    Without NAME it lists the pictures that the study has. SVG, PNG and the keys of the runs go to DIR/figures.

    \b
    Examples:
      python run_experiment.py figure results/junmen
      python run_experiment.py figure results/junmen pareto
    """  # noqa: D301
    with refusing():
        from experiments.showing.report import draw_figure, figure_names

        if name is None:
            names = figure_names(Path(folder))
            print_json({"figures": names}) if as_json else click.echo("\n".join(names))
            return
        drawn = draw_figure(Path(folder), name)
    if as_json:
        print_json(drawn)
    else:
        of = {"svg": drawn["svg"], "png": drawn["png"], "count": len(drawn["keys"]), "list": drawn["list"]}
        click.echo(say("{svg} and {png}, from {count:,} runs; their keys are in {list}.", **of))


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("sql", metavar="SELECT…")
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV.")
@JSON
def query(folder: str, sql: str, as_csv: bool, as_json: bool) -> None:
    """Ask the results of a study with SQL (DuckDB).

    \b
    Tables:
      runs     a row a run that is stored: key, scenario, seed, error, elapsed_s, every indicator, area_cases,
               area_hours
      plans    plan, name, and a column a lever
      worlds   world, and a column an uncertain parameter
      points   plan, world, scenario: which scenario a plan makes in a world
      wanted   plan, world, seed, key: the runs that the study asks for
      results  plans, worlds and the wanted runs joined; runs that failed are left out
    Examples:
      python run_experiment.py query results/junmen "SELECT name, avg(cost_yuan) FROM results GROUP BY name"
      python run_experiment.py query results/junmen "SELECT * FROM runs WHERE error <> ''" --csv
    """  # noqa: D301
    with refusing():
        from experiments.studies.querying import ask

        columns, rows = ask(Path(folder), sql)
    if as_json:
        from experiments.running.files import finite

        print_json({"columns": columns, "rows": finite([list(row) for row in rows])})
    elif as_csv:
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([columns, *rows])
    else:
        from experiments.showing.study_tables import print_query

        print_query(columns, rows[:MOST_ROWS_SHOWN], len(rows) > MOST_ROWS_SHOWN)


STUDY_COMMANDS = (compare, plan, sweep, merge, report, figure, query)
