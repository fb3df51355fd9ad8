"""A study file: which plans, under which worlds, how often, and what is wanted of them.

Layer: experiments.  Knows the form of the file; `experiments.designs` makes plans and worlds of it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scenarios.reading import one_line
from scenarios.wording import MOST_PROBLEMS, ScenarioError, shown, suggest

STUDIES = Path(__file__).parent / "studies"
LARGEST_FILE_BYTES = 1_000_000
MOST_LEVELS, MOST_SAMPLES = 1_000, 100_000

type Value = bool | int | float | str | list[Any]
type Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
type Count = Annotated[int, Field(ge=1, le=MOST_SAMPLES)]


class StudyError(ScenarioError):
    """A study cannot be read or made; `problems` has one line for each reason."""


class Form(BaseModel):
    """A part of a study file; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Level(Form):
    """One setting of a lever that changes more than one parameter."""

    name: str
    set: dict[str, Any] = {}


class Lever(Form):
    """Something that a city may choose: by listed values, by named levels, or from a range."""

    name: str
    path: str = ""
    values: list[Value] = Field(default=[], max_length=MOST_LEVELS)
    levels: list[Level] = Field(default=[], max_length=MOST_LEVELS)
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _one_way_to_vary(self) -> Lever:
        ranged = self.low is not None or self.high is not None
        if bool(self.values) + bool(self.levels) + ranged != 1:
            raise ValueError("must have one of values, levels, or low and high")
        if bool(self.path) == bool(self.levels):
            raise ValueError("must have a path for values or a range, and none for levels, which name their own")
        if ranged:
            _check_range(self.low, self.high, self.scale == "log")
        return self

    @property
    def ranged(self) -> bool:
        """True if it may take any value between two."""
        return self.low is not None


class Plan(Form):
    """A plan that is written out; with a base of its own, it is another scenario."""

    name: str
    base: str = ""
    set: dict[str, Any] = {}


class Design(Form):
    """How levers make plans."""

    kind: Literal["factorial", "latin_hypercube", "sobol", "list"]
    samples: Count | None = None
    seed: Whole = 1
    zip: list[list[str]] = []
    file: str = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Design:
        sampled = self.kind in ("latin_hypercube", "sobol")
        if sampled != (self.samples is not None):
            raise ValueError(f"of kind {self.kind} must {'have' if sampled else 'not have'} samples")
        if self.zip and self.kind != "factorial":
            raise ValueError("may zip levers in a factorial only")
        if self.file and self.kind != "list":
            raise ValueError("may read a file of plans for a list only")
        return self


class Constraint(Form):
    """A bound on the sum of some parameters or quantities of a plan; plans outside are left out."""

    name: str
    of: list[str] = Field(min_length=1)
    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Constraint:
        if self.at_most is None and self.at_least is None:
            raise ValueError("must have at_most, at_least, or both")
        return self


class Uncertain(Form):
    """A parameter that nobody knows, and how likely its values are thought to be."""

    path: str
    distribution: Literal["uniform", "loguniform", "triangular", "normal", "lognormal", "choice"]
    low: float | None = None
    high: float | None = None
    mode: float | None = None
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    cv: float | None = None
    values: list[Value] = Field(default=[], max_length=MOST_LEVELS)
    why: str
    only: list[str] = []
    """Plans in which it is unknown; in the others it keeps its value. None named: all."""

    @model_validator(mode="after")
    def _is_complete(self) -> Uncertain:
        wanted, allowed = SHAPES[self.distribution]
        given = self.model_fields_set - {"path", "distribution", "why", "only"}
        if lacking := [name for name in wanted if name not in given]:
            raise ValueError(f"of {self.distribution} lacks {', '.join(lacking)}")
        if extra := sorted(given - {*wanted, *allowed}):
            raise ValueError(f"of {self.distribution} has no {', '.join(extra)}")
        if self.distribution == "choice" and not self.values:
            raise ValueError("of choice must have a value at least")
        if self.low is not None and self.high is not None:
            _check_range(self.low, self.high, self.distribution == "loguniform")
        if self.mode is not None and not (self.low or 0.0) <= self.mode <= (self.high or 0.0):
            raise ValueError("must have its mode between low and high")
        if any(size is not None and size <= 0.0 for size in (self.sd, self.median, self.cv)):
            raise ValueError("must have sd, median and cv above 0")
        return self


SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uniform": (("low", "high"), ()),
    "loguniform": (("low", "high"), ()),
    "triangular": (("low", "mode", "high"), ()),
    "normal": (("mean", "sd"), ("low", "high")),
    "lognormal": (("median", "cv"), ()),
    "choice": (("values",), ()),
}
"""Which numbers each distribution wants, and which it takes besides."""


class Worlds(Form):
    """How the uncertain parameters are drawn: one world is one draw of all of them."""

    method: Literal["latin_hypercube", "random", "sobol", "morris"] = "latin_hypercube"
    draws: Annotated[int, Field(ge=1, le=10_000)] = 20
    seed: Whole = 1


class Replications(Form):
    """How often every plan is run."""

    rule: Literal["fixed", "narrow", "ranking"] = "fixed"
    count: Annotated[int, Field(ge=1, le=MOST_SAMPLES)] = 10
    first_seed: Whole = 1
    own_seeds: bool = False
    """True: every world has seeds of its own, so that what chance does is not the same in all of them."""
    at_most: Count | None = None
    widths: dict[str, Annotated[float, Field(gt=0)]] = {}
    error: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    indifference: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _fits_its_rule(self) -> Replications:
        given = self.model_fields_set
        wanted = {"fixed": set(), "narrow": {"at_most", "widths"}, "ranking": {"at_most", "indifference"}}[self.rule]
        allowed = {"rule", "count", "first_seed", "own_seeds", *wanted} | (
            {"error"} if self.rule == "ranking" else set()
        )
        if lacking := sorted(wanted - given):
            raise ValueError(f"by the rule {self.rule} lack {', '.join(lacking)}")
        if extra := sorted(given - allowed):
            raise ValueError(f"by the rule {self.rule} have no {', '.join(extra)}")
        if self.rule != "fixed" and not 3 <= self.count <= (self.at_most or 0):
            raise ValueError(f"by the rule {self.rule} must have a count of at least 3, and at_most no less than it")
        return self


class Objective(Form):
    """An indicator and which way is better."""

    indicator: str
    better: Literal["high", "low"]


class Target(Form):
    """A line that an indicator should not cross; the report looks for where it does."""

    indicator: str
    below: float | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Target:
        if (self.below is None) == (self.above is None):
            raise ValueError("must have one of below and above: the side on which things go wrong")
        return self


class Part(Form):
    """An indicator of a part of the period: what was filed from its first to its last day."""

    name: str
    indicator: str
    start: date
    end: date

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Part:
        if self.end < self.start:
            raise ValueError("must end no sooner than it starts")
        if self.indicator not in OF_PARTS:
            raise ValueError(f"must have an indicator that can be told for a part of a run: {', '.join(OF_PARTS)}")
        return self


OF_PARTS = (
    "filed_count", "closed_count", "on_time_share_of_filed", "on_time_share_of_due", "on_time_share_of_closed",
    "closing_share_of_filed", "closing_share_of_due", "filed_to_closed_mean_h", "filed_to_closed_working_mean_h",
)  # fmt: skip
"""Indicators of filed cases, which are told apart by the day on which they were filed."""


class StudyFile(Form):
    """A study as it is written."""

    title: str
    question: str
    base: str
    set: dict[str, Any] = {}
    design: Design
    levers: list[Lever] = []
    plans: list[Plan] = []
    constraints: list[Constraint] = []
    uncertain: list[Uncertain] = []
    ensemble: str = ""
    """Instead of uncertain parameters: sets of them that the published figures allow, by name or file."""
    worlds: Worlds = Worlds()
    replications: Replications = Replications()
    objectives: list[Objective] = Field(min_length=1)
    target: Target | None = None
    outcomes: list[str] = []
    """Indicators to keep; none named: all."""
    parts: list[Part] = []
    """Indicators of a part of the period, kept beside them."""

    @model_validator(mode="after")
    def _design_has_what_it_needs(self) -> StudyFile:
        if self.design.kind == "list":
            if self.levers or not (self.plans or self.design.file):
                raise ValueError("a design of kind list needs plans (or a file of them) and no levers")
        elif self.plans or not self.levers:
            raise ValueError(f"a design of kind {self.design.kind} needs levers and no plans")
        if self.design.kind == "factorial" and any(lever.ranged for lever in self.levers):
            raise ValueError("a factorial needs values or levels for every lever, not a range")
        if self.ensemble and self.uncertain:
            raise ValueError("has both an ensemble and uncertain parameters; the ensemble says what is uncertain")
        if not self.uncertain and "worlds" in self.model_fields_set:
            raise ValueError("worlds are drawn from uncertain parameters, and there are none")
        method, draws = self.worlds.method, self.worlds.draws
        if self.uncertain and self.replications.rule != "fixed" and method in ("sobol", "morris"):
            raise ValueError(f"the rule {self.replications.rule} needs worlds of the method random or latin_hypercube")
        if self.uncertain and method == "sobol" and draws & (draws - 1):
            raise ValueError(f"worlds.draws = {draws} must be a power of 2 for the method sobol, such as 32")
        return self


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
    path = Path(text) if text.endswith(".toml") or "/" in text else STUDIES / f"{text}.toml"
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):
        pass
    known = ", ".join(study_names())
    raise StudyError([f"{shown(text)}: there is no such study{suggest(path.stem, study_names())} (there are {known})"])


def _parse(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise StudyError([f"{path.name}: is larger than 1 MB; many plans go into a CSV file"])
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise StudyError([f"{path.name}: is not UTF-8 text; save it as UTF-8"]) from None
    except RecursionError:
        raise StudyError([f"{path.name}: is nested too deeply"]) from None
    except ValueError as error:
        if isinstance(error, StudyError):
            raise
        raise StudyError([f"{path.name}: is not valid TOML: {one_line(error)}"]) from None
    except OSError as error:
        raise StudyError([f"{path.name}: cannot be read: {error.strerror}"]) from None


def _worded(error: Mapping[str, Any], name: str) -> str:
    """One of pydantic's errors in our words."""
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{name}: {place} is not a key of a study{suggest(str(error['loc'][-1]), _keys(StudyFile))}"
    if error["type"] == "missing":
        return f"{name}: {place} is missing"
    if error["type"] == "value_error":
        return f"{name}: {place} {error['ctx']['error']}".replace(":  ", ": ")
    rule = str(error["msg"]).replace("Input should be", "must be").replace("Value should", "must")
    return f"{name}: {place} = {shown(error['input'])} {rule[0].lower()}{rule[1:]}"


def _keys(form: type[BaseModel]) -> list[str]:
    """Every key that a study may have, at any depth."""
    parts = (Design, Lever, Level, Plan, Constraint, Uncertain, Worlds, Replications, Objective, Target, Part)
    return [*form.model_fields, *(key for part in parts for key in part.model_fields)]


def _wrong_names(file: StudyFile, name: str) -> Iterator[str]:
    """Indicators that do not exist, levers and plans of one name."""
    from sim.indicators import INDICATORS

    wanted = [("objectives", objective.indicator) for objective in file.objectives]
    wanted += [("outcomes", outcome) for outcome in file.outcomes]
    wanted += [("replications.widths", indicator) for indicator in file.replications.widths]
    wanted += [("target", file.target.indicator)] if file.target else []
    for place, indicator in wanted:
        if indicator not in INDICATORS:
            yield f"{name}: {place}: {shown(indicator)} is no indicator{suggest(indicator, INDICATORS)}"
    for place, indicator in wanted:
        if place != "outcomes" and file.outcomes and indicator not in file.outcomes:
            yield f"{name}: outcomes: {indicator} is wanted by {place} and must be among them"
    yield from (f"{name}: {line}" for line in _wrong_columns(file))
    for place, names in (
        ("levers", [lever.name for lever in file.levers]),
        ("plans", [plan.name for plan in file.plans]),
        ("uncertain", [entry.path for entry in file.uncertain]),
        ("objectives", [objective.indicator for objective in file.objectives]),
        ("parts", [part.name for part in file.parts]),
    ):
        yield from (f"{name}: {place}: {shown(twice)} stands there more than once" for twice in _twice(names))
    known = [lever.name for lever in file.levers]
    for lever in (lever for group in file.design.zip for lever in group):
        if lever not in known:
            yield f"{name}: design.zip: {shown(lever)} is no lever{suggest(lever, known)}"
    yield from (
        f"{name}: design.zip: {shown(twice)} is zipped more than once"
        for twice in _twice([lever for group in file.design.zip for lever in group])
    )


COLUMNS = ("plan", "name", "world", "scenario", "seed", "key", "error", "elapsed_s", "area_cases", "area_hours")
"""What the tables of every study have: nothing that a study names may be called so."""
CROSSED = " × "
"""Between the names of two levers that work together, in a report."""


def _wrong_columns(file: StudyFile) -> Iterator[str]:
    """Levers and parts that would be called as something else in the tables."""
    from sim.indicators import INDICATORS

    taken = {*COLUMNS, *INDICATORS}
    for place, names in (
        ("lever", [lever.name for lever in file.levers]),
        ("part", [part.name for part in file.parts]),
    ):
        for name in dict.fromkeys(names):
            if name.casefold() in taken:
                yield f'{place} "{name}" must have another name: a column of the results is called {name.casefold()}'
            taken.add(name.casefold())
    yield from (f'lever "{lever.name}" must not have "{CROSSED}" in its name' for lever in file.levers
                if CROSSED in lever.name)  # fmt: skip


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def _check_range(low: float | None, high: float | None, positive: bool) -> None:
    if low is None or high is None or not low < high:
        raise ValueError("must have low and high, and low below high")
    if positive and low <= 0.0:
        raise ValueError("on a log scale must have low above 0")
