"""What the commands share: options, loading, printing for machines, and failing in one line.

Layer: experiments.  Only click is imported at the top: `--help` comes at once.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from experiments.commands.encoding import encodes_everything
from languages.speaking import say

if TYPE_CHECKING:
    from experiments.running.engine import Engine
    from scenarios.loading import Scenario
    from sim.run import ModelEngine


FAILED, INTERRUPTED = 2, 130
SEED_MAX = 2**31 - 1
SET = click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a parameter; repeatable.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
ALL = click.option("--all", "everything", is_flag=True, help="Show every table, not only the first.")


CRS = click.option("--crs", type=click.Choice(["wgs84", "gcj02", "bd09"]), help="What the degrees of the site file "
                   "are; as --set territory.sites_crs=….")  # fmt: skip


def load_scenario(name: str, overrides: Iterable[str], days: int | None = None, crs: str | None = None) -> Scenario:
    """The scenario with its overrides; whatever is wrong, one line each and exit status 2.

    What was derived or left out in reading it is said, once each.
    """
    from scenarios.loading import ScenarioError, load, parse_override

    problems: list[str] = []
    values: dict[str, object] = {}
    for text in overrides:
        try:
            path, value = parse_override(text)
            values[path] = value
        except ScenarioError as error:
            problems += error.problems
    if days is not None:
        if "period.days" in values:
            problems.append(say("--days: and --set period.days say the same thing; give one of them"))
        values["period.days"] = days
    if crs is not None:
        values["territory.sites_crs"] = crs
    try:
        scenario = load(name, values)
    except ScenarioError as error:
        problems += [_a_study(name)] if _a_study(name) else [_named(problem, days) for problem in error.problems]
    except OSError as error:
        problems.append(say("{name}: cannot be read: {reason}", name=name, reason=error.strerror or error))
    if problems:
        fail(problems)
    for remark in scenario.remarks:
        if remark not in _SAID:
            _SAID.add(remark)
            click.echo(remark, err=True)
    return scenario


def plan_in_words(text: str, where: str) -> tuple[str, tuple[str, ...]]:
    """A plan of the command line, NAME or NAME --set PATH=VALUE …: its name, and what it sets.

    Anything else ends the command in one line that begins with `where`.
    """
    try:
        name, *words = shlex.split(text)
    except ValueError:
        name, words = "", []
    if not name or words[::2] != ["--set"] * (len(words) // 2):
        fail([say("{where}: {plan!r} must be NAME or NAME --set PATH=VALUE …", where=where, plan=text)])
    return name, tuple(words[1::2])


def _a_study(name: str) -> str:
    """What is said if a study of the library is named where a scenario is wanted; empty: it is none."""
    from experiments.studies.reading import study_names
    from scenarios.toml_files import A_SCENARIO, A_STUDY, INSTEAD

    if name not in study_names():
        return ""
    return say(INSTEAD[A_STUDY], file=name, path=name, wanted=say(A_SCENARIO))


_SAID: set[str] = set()
"""Remarks that stand on the screen already: plans of one file share them."""


def _named(problem: str, days: int | None) -> str:
    """A problem in the words of the option that it came from."""
    from scenarios.wording import Problem

    if days is not None and isinstance(problem, Problem) and problem.path == "period.days":
        return f"--days{problem.what.removeprefix(problem.path)}"
    return problem


def print_json(content: Any) -> None:
    """Exactly one JSON object on standard output."""
    import json

    text = json.dumps(content, indent=2, ensure_ascii=not encodes_everything(), allow_nan=False, default=str)
    click.echo(text)


def fail(problems: Iterable[str]) -> NoReturn:
    """Each problem in one line on standard error; exit status 2."""
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(FAILED)


WORKERS = click.option("--workers", type=click.IntRange(1, 1024), help="Processes on this machine; default: all of it.")
SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Use the workers of a dask scheduler, such as "
                                                                "tcp://127.0.0.1:8786.")  # fmt: skip
MODEL_ENGINE = click.option("--engine", "model_engine", type=click.Choice(["auto", "mesa", "compiled"]), default="auto",
                            show_default=True, help="What runs the model; the numbers are the same.")  # fmt: skip
ENSEMBLE = click.option("--ensemble", metavar="FILE", help="Over the sets of parameters that the published figures "
                        "allow: a scenario's name, or a CSV that `calibrate` wrote.")  # fmt: skip


@contextmanager
def refusing() -> Iterator[None]:
    """What cannot be done is said in one line each, with exit status 2."""
    try:
        yield
    except ValueError as error:
        fail(getattr(error, "problems", None) or str(error).splitlines())
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail([f"{place}{error.strerror or ' '.join(str(error).split())}"])
    except Exception as error:
        if not _of_the_database(error):
            raise
        fail([say("the folder cannot be read: {reason}", reason=str(error).splitlines()[0])])


def _of_the_database(error: Exception) -> bool:
    import duckdb

    return isinstance(error, duckdb.Error)


def engine_starter(
    workers: int | None, scheduler: str | None, model_engine: str = "auto"
) -> Callable[[], AbstractContextManager[Engine]]:
    """What starts the engine, when it is wanted."""
    if workers and scheduler:
        fail([say("--workers: the workers of a --scheduler are its own; give one of them")])
    if scheduler:
        from experiments.running.engine import refuse_unreachable

        with refusing():
            refuse_unreachable(scheduler)

    def start() -> AbstractContextManager[Engine]:
        from experiments.running.engine import engine

        _prepare(model_engine)
        return engine(workers, scheduler, cast("ModelEngine", model_engine))

    return start


def _prepare(model_engine: str) -> None:
    """Say once what cannot be had, and make what was asked for."""
    from sim.compiled import readiness

    state = readiness.state()
    if model_engine == "compiled" and state is readiness.State.NOT_COMPILED:
        click.echo(say("compiling the engine, about 20 s, once …"), err=True)
        readiness.compile_now(readiness.WAITING_S)
        state = readiness.state()
    if model_engine == "compiled" and state is not readiness.State.READY:
        fail([say("--engine compiled: {why}; use mesa or auto", why=say(state.value))])
    if model_engine == "auto" and state not in (readiness.State.READY, readiness.State.NOT_COMPILED):
        click.echo(say("the compiled engine is not used ({why}): the Mesa model gives the same numbers, later",
                       why=say(state.value)), err=True)  # fmt: skip
