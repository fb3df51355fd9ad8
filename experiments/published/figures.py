"""The published figures as objects: what was counted, how exactly, and what a run says beside them.

Layer: experiments.  Figures are shown beside a run; the model never sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from experiments.running.forms import rule_in_words
from experiments.running.parts import Part, categories_of, days_of, tellable, unknown_classes, why_untellable
from languages.speaking import listed, marked, say
from scenarios.lineage import find, named_scenario
from scenarios.loading import ScenarioError, load, names
from scenarios.toml_files import PUBLISHED, read_toml
from scenarios.wording import shown, suggest
from sim.indicators import INDICATORS, most_of, suggest_indicator

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from scenarios.loading import Scenario
    from scenarios.schema import Parameters


FIGURES = Path(__file__).parent / "figures.toml"

type Kind = Literal["measured", "share", "estimate", "range"]
"""measured: counted or reckoned exactly (but for rounding); share: a count of a known denominator; estimate: with an
error of its own; range: "over 500", "between"."""


class FigureError(ValueError):
    """The file of figures cannot be read; one line for each reason."""


class Figure(BaseModel):
    """One published figure: a value, a count of a known denominator, or a range whose open end is None."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    id: str
    place: str
    scenarios: tuple[str, ...]
    start: date | None = None
    end: date | None = None
    quantity: str | None = None
    classes: tuple[str, ...] = ()
    """Categories that it counts, or domains that stand for all of theirs; none named: all that the run has."""
    subdistricts: int = Field(default=0, ge=0)
    """It counts so many of the place's subdistricts, in the run those with the lowest numbers; 0: all."""
    reading_of: str = ""
    """The figure that it is another reading of, or is counted from once more: it is no test of its own."""
    value: float | None = None
    count: int | None = None
    of: int | None = None
    """The denominator of `count`."""
    low: float | None = None
    high: float | None = None
    rounding: float = Field(default=0.0, ge=0.0)
    """Width of the last digit that is printed, in `unit`; 0: exact."""
    relative_error: float = Field(default=0.0, ge=0.0, le=1.0)
    """Standard error of an estimate, as a share of its value; 0: it was counted."""
    published: str
    unit: str
    definition: str
    standing: Literal["fit", "check", "contested"]
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Figure:
        """What must hold between the keys of one figure."""
        for problem in (
            *_wrong_name(self),
            *_wrong_numbers(self),
            *_wrong_dates(self),
            *_wrong_standing(self),
            *_wrong_cut(self),
        ):
            raise ValueError(problem)
        return self

    @property
    def is_count(self) -> bool:
        """True if it counts something over its period, so that it grows with the days."""
        return self.quantity is not None and self.quantity.endswith("_count")

    @property
    def days(self) -> int | None:
        """Length of its period, both ends included; None: it has no dates."""
        return (self.end - self.start).days + 1 if self.start and self.end else None

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Lowest and highest published number; None: open."""
        return (self.low, self.high) if self.number is None else (self.number, self.number)

    @property
    def number(self) -> float | None:
        """The value, or the share that the count is of its denominator; None: a range, or no number."""
        return self.value if self.count is None or not self.of else self.count / self.of

    @property
    def kind(self) -> Kind:
        """What its likelihood follows from."""
        if self.number is None:
            return "range"
        if self.of is not None:
            return "share"
        return "estimate" if self.relative_error else "measured"


LONGEST_NAME = 100


def _wrong_name(figure: Figure) -> Iterator[str]:
    """A figure's name is a column of the runs where the figure is told of a part of them."""
    if not figure.id.strip() or not figure.id.isprintable() or len(figure.id) > LONGEST_NAME:
        yield say("has an id that is not words in one line, {most} characters at most", most=LONGEST_NAME)
    if figure.id in INDICATORS:
        yield say("has the name of an indicator as its id; give it another")


def _wrong_numbers(figure: Figure) -> Iterator[str]:
    low, high, value = figure.low, figure.high, figure.value
    bounded = low is not None or high is not None
    if (value is not None) + (figure.count is not None) + bounded > 1:
        yield say("has both a value and a range, or a count besides; give one")
    if (figure.count is None) != (figure.of is None):
        yield say("has only one of count and of; a share is a count of a known denominator")
    if figure.of is not None and figure.of < 1:
        yield say("has of = {of:,}; a denominator is at least 1", of=figure.of)
    elif figure.count is not None and figure.of is not None and not 0 <= figure.count <= figure.of:
        yield say("has count = {count:,} of {of:,}; a count lies between 0 and its denominator", count=figure.count,
                  of=figure.of)  # fmt: skip
    if low is not None and high is not None and low > high:
        yield say("has low = {low:g} above high = {high:g}", low=low, high=high)
    if figure.quantity is None:
        return
    if figure.quantity not in INDICATORS:
        hint = suggest_indicator(figure.quantity)
        yield say('has the quantity "{indicator}", which is no indicator{hint}', indicator=figure.quantity, hint=hint)
    elif figure.unit != INDICATORS[figure.quantity].unit:
        own = INDICATORS[figure.quantity].unit
        yield say('has the unit "{unit}"; the indicator {indicator} has "{own}"', unit=figure.unit,
                  indicator=figure.quantity, own=own)  # fmt: skip
    if figure.number is None and not bounded:
        yield say("has a quantity and no number; give value, count and of, or low and high")
    for number in filter(None, (value, low, high)):
        if number < 0.0:
            yield say("has {number:g}; what is counted or measured cannot be negative", number=number)
        if figure.unit == "share" and number > 1.0:
            yield say("has {number:g}; a share cannot be above 1 (92 % is 0.92)", number=number)


def _wrong_dates(figure: Figure) -> Iterator[str]:
    if (figure.start is None) != (figure.end is None):
        yield say("has only one of start and end; give both or neither")
    if figure.start and figure.end and figure.end < figure.start:
        yield say("ends on {end}, before it starts", end=figure.end)


def _wrong_cut(figure: Figure) -> Iterator[str]:
    """Classes and subdistricts are told by an indicator, and not by one that is of whole runs only."""
    if not figure.classes and not figure.subdistricts:
        return
    if figure.quantity is None:
        yield say("has classes or subdistricts and no quantity; without an indicator nothing is counted of them")
    elif figure.quantity in INDICATORS and not tellable(figure.quantity):
        yield say("is of some classes or subdistricts: {why}", why=why_untellable(figure.quantity))


def _wrong_standing(figure: Figure) -> Iterator[str]:
    if not figure.note and (figure.quantity is None or figure.standing == "contested"):
        yield say("needs a note: a figure that is contested or not simulated says why")


@dataclass(frozen=True)
class FigureBeside:
    """A published figure beside what one more run would show."""

    id: str
    published: float | tuple[float | None, float | None] | None
    """The number, brought to the length of the run; or (low, high), None for an open end; None: no number."""
    published_text: str
    """As the source prints it."""
    quantity: str | None
    """The indicator beside it; None: not simulated."""
    simulated: float | None
    """Mean over the replications."""
    lo: float | None
    hi: float | None
    """Within these, one more run falls in 95 cases of 100; None: fewer than two replications."""
    inside: bool | None
    """Whether the published figure meets that interval; None: cannot be said."""
    standing: str
    reading_of: str
    """The figure that it is another reading of; empty: of none."""
    note: str
    unit: str
    definition: str
    source: str


def figures() -> tuple[Figure, ...]:
    """Every published figure, in the order of the file."""
    return read_figures(FIGURES)[0]


@lru_cache(maxsize=4)
def read_figures(path: Path) -> tuple[tuple[Figure, ...], dict[str, str]]:
    """The figures of a file, and the places that have none with the reason.

    Raises FigureError, with one line for each problem.
    """
    try:
        tree = read_toml(path, PUBLISHED)
    except ValueError as error:
        raise FigureError(named_scenario(str(path), PUBLISHED) or str(error)) from None
    entries, without = tree.get("figure", []), tree.get("without", {})
    problems = [say("{key} is not a key; there are figure and without", key=shown(key)) for key in tree
                if key not in ("figure", "without")]  # fmt: skip
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append(say("figure must be a list of tables; each begins with [[figure]]"))
        entries = []
    if not isinstance(without, dict) or not all(isinstance(reason, str) for reason in without.values()):
        problems.append(say('without must be a table of scenarios, each with its reason: NAME = "…"'))
    read: list[Figure] = []
    for number, entry in enumerate(entries, start=1):
        named = isinstance(entry.get("id"), str) and entry["id"].isprintable()
        name = entry["id"] if named else say("figure {number}", number=number)
        if name in [figure.id for figure in read]:
            problems.append(say("{name} stands there twice", name=name))
        listed = {key: tuple(entry[key]) for key in ("scenarios", "classes") if isinstance(entry.get(key), list)}
        try:
            read.append(Figure.model_validate(entry | listed))
        except ValidationError as error:
            problems += [f"{name} {_worded(dict(e))}" for e in error.errors(include_url=False)]
    problems += [f"{figure.id} {line}" for figure in read for line in _outside_its_scenarios(figure, path.parent)]
    problems += [f"{figure.id} {line}" for figure in read for line in _wrong_reading(figure, read)]
    if problems:
        raise FigureError("\n".join(f"{path.name}: {problem}" for problem in problems))
    return tuple(read), without


def _outside_its_scenarios(figure: Figure, folder: Path) -> Iterator[str]:
    """A figure is shown beside scenarios that exist, beside its file or in the library, and cover its period."""
    outside = []
    for name in figure.scenarios:
        try:
            parameters = _parameters(name, folder)
        except ScenarioError:
            hint = suggest(name, names())
            yield say('is shown beside "{scenario}", which is no scenario{hint}', scenario=name, hint=hint)
            continue
        yield from (
            say("has classes: {line} ({scenario})", line=line, scenario=name)
            for line in unknown_classes(figure.classes, parameters)
        )
        if figure.subdistricts > (there := parameters.territory.subdistricts_count):
            yield say("is of {count} subdistricts; {scenario} has {there}", count=figure.subdistricts, scenario=name,
                      there=there)  # fmt: skip
        start, end = days_of(parameters.period)
        if figure.start and figure.end and not start <= figure.start <= figure.end <= end:
            outside.append(say("{scenario} ({start} to {end})", scenario=name, start=start, end=end))
    if outside:
        yield say("has the period {start} to {end}, outside {scenarios}", start=figure.start, end=figure.end,
                  scenarios=say(" and ").join(outside))  # fmt: skip


def _wrong_reading(figure: Figure, among: list[Figure]) -> Iterator[str]:
    """Another reading is one of a figure that stands there, and that is none itself."""
    if not figure.reading_of:
        return
    others = {other.id: other for other in among if other is not figure}
    if figure.reading_of not in others:
        nearest = suggest(figure.reading_of, others)
        yield say(
            "is a reading of {figure}, which is no other figure{hint}", figure=shown(figure.reading_of), hint=nearest
        )
    elif first := others[figure.reading_of].reading_of:
        yield say("is a reading of {figure}, itself a reading of {first}; name that one", figure=figure.reading_of,
                  first=first)  # fmt: skip


@lru_cache(maxsize=64)
def _parameters(scenario: str, folder: Path) -> Parameters:
    """The values of a scenario beside a file of figures, or of the library."""
    return load(find(scenario, beside=folder)).parameters


WANTED = {
    "tuple_type": marked("a list of names"), "string_type": marked("text"),
    "date_type": marked("a date such as 2005-10-01"), "float_type": marked("a number"),
    "int_type": marked("a whole number"),
}  # fmt: skip
"""Which type is wanted, in our words."""


def _worded(error: dict[str, Any]) -> str:
    """One of pydantic's errors in our words."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "missing":
        return say("lacks {key}", key=key)
    if error["type"] == "extra_forbidden":
        return say("has {key}, which is not a key of a figure{hint}", key=key, hint=suggest(key, Figure.model_fields))
    if error["type"] in WANTED:
        rule = say(WANTED[error["type"]])
        return say("has {key} = {value}; it must be {rule}", key=key, value=shown(error["input"]), rule=rule)
    return say("has {key} = {value}; it {rule}", key=key, value=shown(error["input"]), rule=rule_in_words(error))


def figures_of(scenario: Scenario, file: Path = FIGURES) -> tuple[Figure, ...]:
    """The figures of a file that a scenario is shown beside: its own, or those of the nearest scenario it extends.

    Those of another place are none of its own.
    """
    known = _relative(scenario, file)
    return tuple(figure for figure in read_figures(file)[0] if known and known in _names_of(figure))


def why_none(scenario: Scenario, file: Path = FIGURES) -> str:
    """In words, why there is no figure to show beside a scenario."""
    known = _relative(scenario, file)
    if reason := read_figures(file)[1].get(known or ""):
        return say(reason)
    if file != FIGURES:
        return say("{file} has no figure whose scenarios name {scenario} or a scenario it extends.", file=file.name,
                   scenario=scenario.name)  # fmt: skip
    if other := next((name for name in scenario.parents if name in _known(file)), None):
        return say(
            "Those of {other} are of another place; `run {scenario} --figures FILE` shows figures of one's own.",
            other=other, scenario=scenario.path or scenario.name,
        )  # fmt: skip
    return say("No published figure belongs to {scenario} or to a scenario it extends.", scenario=scenario.name)


def _relative(scenario: Scenario, file: Path) -> str | None:
    """The scenario, or the nearest it extends that is of the same place, that a file knows."""
    if scenario.name in _known(file):
        return scenario.name
    nearest = next((name for name in scenario.parents if name in _known(file)), None)
    same_place = nearest is not None and (file != FIGURES or scenario.place in ("", load(nearest).place))
    return nearest if same_place else None


def _known(file: Path) -> set[str]:
    """The scenarios that a file knows, with figures or without."""
    found, without = read_figures(file)
    return {name for figure in found for name in _names_of(figure)} | {*without}


def _names_of(figure: Figure) -> list[str]:
    """The scenarios of a figure by name, where it gives a file of one's own."""
    return [Path(name).stem if name.endswith(".toml") else name for name in figure.scenarios]


def parts_of(scenario: Scenario, file: Path = FIGURES) -> tuple[Part, ...]:
    """What is to be told of a part of a run, so that figures of some of it are held against that."""
    return tuple(filter(None, (cut_to(figure, scenario) for figure in figures_of(scenario, file))))


def cut_to(figure: Figure, scenario: Scenario) -> Part | None:
    """The part of the run that a figure is of, by the figure's name; None if it is of no part of which it can be told.

    Its days are cut out if they lie in the run and are not all of it; classes and subdistricts if there are others.
    """
    if figure.quantity is None or not tellable(figure.quantity):
        return None
    parameters = scenario.parameters
    first, last = days_of(parameters.period)
    dated = bool(figure.start and figure.end and first <= figure.start <= figure.end <= last)
    whole = not dated or (figure.start, figure.end) == (first, last)
    return part_cut(figure, parameters, dated=not whole)


def part_cut(figure: Figure, parameters: Parameters, *, dated: bool) -> Part | None:
    """The part of a run that a figure is of, with its days or of the whole run; None: that is all of it."""
    all_classes = categories_of(figure.classes, parameters) == [*parameters.categories]
    classes = [] if all_classes else list(figure.classes)
    subdistricts = figure.subdistricts if figure.subdistricts < parameters.territory.subdistricts_count else 0
    if not (dated or classes or subdistricts):
        return None
    days = {"start": figure.start, "end": figure.end} if dated else {}
    given = {"name": figure.id, "indicator": figure.quantity, **days}
    return Part.model_validate(given | {"classes": classes, "subdistricts": subdistricts})


def figures_beside(scenario: Scenario, runs: pd.DataFrame, file: Path = FIGURES) -> list[FigureBeside]:
    """Every figure of the scenario's place beside the runs: a row for each replication.

    Of indicators, and if there is a column by the name of a figure, of its indicator in the figure's part of the run.
    """
    return [_compared(figure, scenario, runs, file) for figure in figures_of(scenario, file)]


def _compared(figure: Figure, scenario: Scenario, runs: pd.DataFrame, file: Path) -> FigureBeside:
    days, part = scenario.parameters.period.days, cut_to(figure, scenario)
    cut = part if figure.id in runs else None
    scale = days / figure.days if figure.days and figure.is_count and not (cut and cut.start) else 1.0
    low, high = (None if bound is None else bound * scale for bound in figure.bounds)
    of_others = part is not None and bool(part.classes or part.subdistricts) and cut is None
    column = figure.id if cut else figure.quantity
    most = 1.0 if figure.unit == "share" else None
    most = most_of(figure.quantity) if figure.quantity else None
    simulated, lo, hi = prediction(runs[column], most) if column and not of_others else (None, None, None)
    return FigureBeside(
        id=figure.id,
        published=low if low == high else (low, high),
        published_text=say(figure.published),
        quantity=figure.quantity,
        simulated=simulated,
        lo=lo,
        hi=hi,
        inside=_meets(low, high, lo, hi),
        standing=figure.standing,
        reading_of=figure.reading_of,
        note=say("; ").join(filter(None, [*_remarks(figure, scenario, days, cut, file), say(figure.note)])),
        unit=figure.unit,
        definition=say(figure.definition),
        source=figure.source,
    )


def _remarks(figure: Figure, scenario: Scenario, days: int, cut: Part | None, file: Path) -> list[str]:
    """What a reader must know because the run is not the one that the figure describes."""
    remarks = []
    if scenario.name not in _names_of(figure):
        relative = _relative(scenario, file)
        remarks.append(say("published for {scenario}, which this scenario extends", scenario=relative))
    if cut and cut.classes:
        classes = listed(categories_of(cut.classes, scenario.parameters))
        remarks.append(say("held against {classes} only", classes=classes))
    if cut and cut.subdistricts:
        of = {"count": cut.subdistricts, "there": scenario.parameters.territory.subdistricts_count}
        remarks.append(say("held against {count} of {there} subdistricts, those with the lowest numbers", **of))
    if figure.reading_of:
        remarks.append(say("another reading of what {figure} says, and no test of its own", figure=figure.reading_of))
    dated = cut is not None and cut.start is not None
    dates = {"start": figure.start, "end": figure.end}
    lengths = {"published": figure.days, "run": days}
    if dated:
        remarks.append(
            say("held against {start} to {end}, {published:,} days of the run's {run:,}", **dates, **lengths)
        )
    elif figure.quantity and figure.days and figure.days != days:
        if figure.is_count:
            bounds = [bound * days / figure.days for bound in dict.fromkeys(figure.bounds) if bound]
            scaled = (
                say("{low:,.1f} to {high:,.1f}", low=bounds[0], high=bounds[1]) if len(bounds) > 1
                else "".join(f"{bound:,.1f}" for bound in bounds)
            )  # fmt: skip
            remarks.append(
                say("published for {published:,} days, scaled to {run:,}: {scaled}", scaled=scaled, **lengths)
            )
        else:
            remarks.append(say("published for {published:,} days, run for {run:,}", **lengths))
    first, last = days_of(scenario.parameters.period)
    if figure.quantity and figure.start and figure.end and not dated and (figure.start > first or figure.end < last):
        remarks.append(
            say("published for {start} to {end}, run from {first} to {last}", first=first, last=last, **dates)
        )
    return remarks


def _meets(low: float | None, high: float | None, lo: float | None, hi: float | None) -> bool | None:
    """Whether [low, high] and [lo, hi] have a point in common."""
    if lo is None or hi is None or (low is None and high is None):
        return None
    return (low is None or low <= hi) and (high is None or high >= lo)


def prediction(values: pd.Series, most: float | None = None) -> tuple[float | None, float | None, float | None]:
    """Mean, and the 95 % interval in which one more run would fall: of mean ± t·s·√(1 + 1/n), within what is possible.

    A published figure is one history, so it is held against one more run, not against the mean of many. `most`: the
    most that the values can be.
    """
    known = values.dropna()
    if len(known) == 0:
        return None, None, None
    mean = float(known.mean())
    if len(known) == 1:
        return mean, None, None
    from experiments.statistics.intervals import possible, quantile

    half = quantile(len(known)) * float(known.std(ddof=1)) * (1 + 1 / len(known)) ** 0.5
    return mean, *possible(mean, half, most)
