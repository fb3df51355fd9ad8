"""The steps of `run`: its folder, its replications, what nobody knows, what is kept, and what is shown.

Layer: experiments.  `run` imports it when it runs, so that `--help` comes at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.text import Text

from experiments.commands.shared import INTERRUPTED, engine_starter, fail, refusing
from languages.speaking import say

if TYPE_CHECKING:
    from experiments.findings.unknowns import Unknowns
    from experiments.running.interrupts import Interrupts
    from experiments.running.replications import Replications
    from experiments.running.run_folder import Store
    from scenarios.loading import Scenario

NO_ENSEMBLE = "none"
LONGEST_UNASKED_MIN = 1.0
"""What takes longer is done only if it is asked for."""


def figures_in(name: str | None) -> Path | None:
    """A file of figures of one's own, read once so that what is wrong with it is said before anything runs."""
    if name is None:
        return None
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
    from experiments.showing.console import console
    from experiments.showing.run_tables import print_run
    from experiments.words.runs import title_in_words

    print_run(result, title_in_words(done.scenario.title, result["days"], done.seeds), everything)
    page = console()
    if out and drawn:
        page.print(Text(say(
            "Written to {out}: case log, daily series, indicators, manifest, pictures; tables/run.xlsx for Excel.",
            out=out,
        )))  # fmt: skip
    elif out:
        page.print(Text(say(
            "Written to {out}: case log, daily series, indicators, manifest; not all pictures and tables were made.",
            out=out,
        )))  # fmt: skip
    page.print(Text(say("It took {seconds:.1f} s.", seconds=result["elapsed_s"])))
