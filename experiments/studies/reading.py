"""Reading a study file: TOML in, a study as it is written out, and what is wrong with it in our words.

Layer: experiments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from experiments.running.forms import hint_of_indicator, rule_in_words
from experiments.running.parts import Part
from experiments.studies.form import (
    Constraint,
    Design,
    Level,
    Lever,
    Objective,
    Plan,
    Replications,
    StudyError,
    StudyFile,
    Target,
    Uncertain,
    Worlds,
)
from languages.speaking import listed, marked, say
from scenarios.lineage import in_one_word, is_file, named_scenario
from scenarios.loading import OVERRIDE
from scenarios.toml_files import A_STUDY, TABLES, a_table, read_toml
from scenarios.wording import MOST_PROBLEMS, Problem, ScenarioError, shown, suggest

STUDIES = Path(__file__).parent / "library"
TOO_LARGE = marked("{file}: is larger than 1 MB; many plans go into a CSV file")


def read_study(name_or_path: str | Path) -> tuple[StudyFile, Path]:
    """Read a study of the library by name, or any by the path of its file.

    Raises StudyError, with one line for each problem.
    """
    path = find_study(name_or_path)
    raw = _parse(path)
    try:
        file = StudyFile.model_validate(raw)
    except ValidationError as error:
        lines = [_worded(dict(entry), path.name) for entry in error.errors(include_url=False)]
        raise StudyError(lines[:MOST_PROBLEMS]) from None
    if problems := list(_wrong_names(file, path.name)):
        raise StudyError(problems)
    return file, path


def study_names() -> list[str]:
    """The studies of the library."""
    return sorted(path.stem for path in STUDIES.glob("*.toml"))


def studies() -> list[dict[str, str]]:
    """The studies of the library, with title, question and base."""
    raw = {name: _parse(STUDIES / f"{name}.toml") for name in study_names()}
    return [{"name": name, **{key: file[key] for key in ("title", "question", "base")}} for name, file in raw.items()]


def find_study(name_or_path: str | Path) -> Path:
    """The file of a study; StudyError if there is none."""
    text = str(name_or_path)
    if text.lower().endswith(TABLES):
        raise StudyError([a_table(text)])
    path = Path(text) if text.endswith(".toml") or "/" in text else STUDIES / f"{text}.toml"
    if is_file(path):
        return path
    if problem := in_one_word(text) or named_scenario(text, A_STUDY):
        raise StudyError([problem])
    raise StudyError([say(
        "{text}: there is no such study{hint} (there are {known})", text=shown(text),
        hint=suggest(path.stem, study_names()), known=listed(study_names()),
    )])  # fmt: skip


def _parse(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path, A_STUDY, too_large=TOO_LARGE)
    except ScenarioError as error:
        raise StudyError(error.problems) from None


def _worded(error: Mapping[str, Any], name: str) -> str:
    """One of pydantic's errors in our words."""
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        hint = suggest(str(error["loc"][-1]), _keys(StudyFile))
        return say("{file}: {key} is not a key of a study{hint}", file=name, key=place, hint=hint)
    if error["type"] == "missing":
        return say("{file}: {key} is missing", file=name, key=place)
    if error["type"] == "value_error":
        return f"{name}: {place} {error['ctx']['error']}".replace(":  ", ": ")
    return f"{name}: {place} = {shown(error['input'])} {rule_in_words(error)}"


def _keys(form: type[BaseModel]) -> list[str]:
    """Every key that a study may have, at any depth."""
    parts = (Design, Lever, Level, Plan, Constraint, Uncertain, Worlds, Replications, Objective, Target, Part)
    return [*form.model_fields, *(key for part in parts for key in part.model_fields)]


def _wanted(file: StudyFile) -> list[tuple[str, str]]:
    """The indicators that a study names, each with the place where it does."""
    wanted = [("objectives", objective.indicator) for objective in file.objectives]
    wanted += [("outcomes", outcome) for outcome in file.outcomes]
    wanted += [("replications.widths", indicator) for indicator in file.replications.widths]
    return wanted + ([("target", file.target.indicator)] if file.target else [])


def unknown_indicators(file: StudyFile) -> Iterator[str]:
    """A line for each indicator that a study names and that does not exist, with what would be right."""
    from sim.indicators import INDICATORS

    for place, indicator in _wanted(file):
        if indicator not in INDICATORS:
            yield say(
                "{key}: {indicator} is no indicator{hint}", key=place, indicator=shown(indicator),
                hint=hint_of_indicator(indicator),
            )  # fmt: skip


def _wrong_names(file: StudyFile, name: str) -> Iterator[str]:
    """Indicators that do not exist, levers and plans of one name."""
    yield from (f"{name}: {line}" for line in unknown_indicators(file))
    for place, indicator in _wanted(file):
        if place != "outcomes" and file.outcomes and indicator not in file.outcomes:
            yield say(
                "{file}: outcomes: {indicator} is wanted by {key} and must be among them", file=name,
                indicator=indicator, key=place,
            )  # fmt: skip
    yield from (f"{name}: {line}" for line in _wrong_columns(file))
    for place, names in (
        ("levers", [lever.name for lever in file.levers]),
        ("plans", [plan.name for plan in file.plans]),
        ("uncertain", [entry.path for entry in file.uncertain]),
        ("objectives", [objective.indicator for objective in file.objectives]),
        ("parts", [part.name for part in file.parts]),
    ):
        yield from (
            say("{file}: {key}: {twice} stands there more than once", file=name, key=place, twice=shown(twice))
            for twice in _twice(names)
        )
    plans = [plan.name for plan in file.plans]
    for part in file.parts:
        yield from (
            say('{file}: part "{part}": only: {plan} is no plan{hint}', file=name, part=part.name, plan=shown(plan),
                hint=suggest(plan, plans))
            for plan in part.only if plans and plan not in plans
        )  # fmt: skip
    known = [lever.name for lever in file.levers]
    for lever in (lever for group in file.design.zip for lever in group):
        if lever not in known:
            hint = suggest(lever, known)
            yield say("{file}: design.zip: {lever} is no lever{hint}", file=name, lever=shown(lever), hint=hint)
    yield from (
        say("{file}: design.zip: {twice} is zipped more than once", file=name, twice=shown(twice))
        for twice in _twice([lever for group in file.design.zip for lever in group])
    )


COLUMNS = ("plan", "name", "world", "scenario", "seed", "key", "error", "elapsed_s", "area_cases", "area_hours")
"""What the tables of every study have: nothing that a study names may be called so."""


def _wrong_columns(file: StudyFile) -> Iterator[str]:
    """Levers and parts that would be called as something else in the tables."""
    from sim.indicators import INDICATORS

    taken = {*COLUMNS, *INDICATORS}
    for message, names in (
        (marked('lever "{name}" must have another name: a column of the results is called {column}'),
         [lever.name for lever in file.levers]),
        (marked('part "{name}" must have another name: a column of the results is called {column}'),
         [part.name for part in file.parts]),
    ):  # fmt: skip
        for name in dict.fromkeys(names):
            if name.casefold() in taken:
                yield say(message, name=name, column=name.casefold())
            taken.add(name.casefold())


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def problems_of(error: ScenarioError) -> list[str]:
    """What is wrong with a scenario; that a study changed it is said by the study's own name."""
    return [
        problem.what if isinstance(problem, Problem) and problem.where == OVERRIDE else problem
        for problem in error.problems
    ]
