"""What is to be fitted to what: a place's scenarios, its figures, what is unknown, how far the model may err.

Layer: calibration.  A place is data (`places/*.toml`); its runs are a study's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from experiments.published.figures import FIGURES, Figure, part_cut, read_figures
from experiments.running.forms import rule_in_words
from experiments.running.parts import Form, Part, days_of, tellable, unknown_classes, why_untellable
from experiments.studies.design import Study, make_study
from experiments.studies.form import Objective, Plan, Replications, StudyFile, Uncertain, Worlds
from experiments.studies.wholes import has_whole, is_whole
from languages.speaking import listed, say
from scenarios.lineage import named_scenario
from scenarios.loading import ScenarioError, load, names
from scenarios.parameters import walk
from scenarios.schema import Parameters
from scenarios.toml_files import A_PLACE, read_toml
from scenarios.wording import shown, suggest
from sim.indicators import INDICATORS, suggest_indicator

type Numbers = NDArray[np.float64]

PLACES = Path(__file__).resolve().parents[1] / "places"


class PlaceError(ValueError):
    """A place cannot be read; one line for each problem."""


class Target(Form):
    """A figure, and the plan that is held against it."""

    figure: str
    plan: str
    use: Literal["fit", "predict", "reading"] = "fit"
    """reading: it is another reading of a figure, and its prediction no test."""
    suits: bool = False
    """Of a reading: it can be right together with the figure, so that the central set should lie near both."""


class Discrepancy(Form):
    """How far the model may be from the city though its parameters are right: a standard deviation each."""

    count: Annotated[float, Field(gt=0, lt=1)]
    """Counts, as a share of the value."""
    hours: Annotated[float, Field(gt=0, lt=1)]
    """Hours, as a share of the value."""
    share: Annotated[float, Field(gt=0, lt=0.5)]
    """Shares, in points of 1."""
    why: str

    def times(self, by: float) -> Discrepancy:
        """So many times as much."""
        return self.model_copy(update={name: by * getattr(self, name) for name in ("count", "hours", "share")})

    def of(self, figure: Figure, values: Numbers) -> Numbers:
        """In the unit of the figure, at values of it, one for each."""
        if figure.unit == "share":
            return np.full(np.shape(values), self.share)
        return np.asarray(values * (self.hours if figure.unit == "h" else self.count))


def is_own(scenario: str) -> bool:
    """Whether a scenario is a file of one's own, and not of the library."""
    return scenario.endswith(".toml")


class HandOver(Form):
    """A scenario, of the library or beside the place's file, that the ensemble of a plan is written for."""

    scenario: str
    plan: str
    times: dict[str, str] = Field(default={})
    """Parameters that are multiplied by another parameter of the plan."""

    @property
    def name(self) -> str:
        """The scenario's name, by which files are called."""
        return Path(self.scenario).stem if is_own(self.scenario) else self.scenario


class Reading(Form):
    """Another way to read the figures: some with other bounds, some left out, some fitted instead."""

    name: str
    figures: dict[str, tuple[float, float]] = Field(default={})
    """Figure → lowest and highest, instead of what is published."""
    without: list[str] = Field(default=[])
    also: list[str] = Field(default=[])
    """Figures that are only foretold otherwise."""


class Ratio(Form):
    """What is published of two plans against each other: so many times as much."""

    name: str
    top: str
    bottom: str
    indicator: str
    published: float


class PlaceFile(Form):
    """A place as it is written."""

    title: str
    question: str
    plans: list[Plan] = Field(min_length=1)
    targets: list[Target] = Field(min_length=1)
    unknown: list[Uncertain] = Field(min_length=1)
    discrepancy: Discrepancy
    hand_over: list[HandOver] = Field(default=[])
    explained: dict[str, str] = Field(default={})
    """Figure → why it lies outside its prediction; for the page."""
    readings: list[Reading] = Field(default=[])
    ratios: list[Ratio] = Field(default=[])
    worlds: Annotated[int, Field(ge=60, le=5000)] = 200
    held_back: Annotated[int, Field(ge=40, le=1000)] = 48
    """Of the worlds, those that the emulators never see: their error is measured there, and the coverage."""
    seeds: Annotated[int, Field(ge=2, le=100)] = 2
    central_days: dict[str, Annotated[int, Field(ge=1)]] = Field(default={})
    """Plan → days for which the candidates for the central set are run, where the sets are run for fewer."""
    sets: Annotated[int, Field(ge=50, le=1000)] = 60
    """Sets of parameters in the ensemble, both waves together."""

    @model_validator(mode="after")
    def _fits_together(self) -> PlaceFile:
        if self.held_back > self.worlds - 40:
            raise ValueError(say(
                "has {worlds} worlds, {held_back} held back; the emulators need 40 at least", worlds=self.worlds,
                held_back=self.held_back,
            ))  # fmt: skip
        return self


class Place:
    """A place, ready to be calibrated."""

    def __init__(self, name: str, file: PlaceFile, figures: dict[str, Figure]) -> None:
        """Take what was read and checked."""
        self.name, self.file, self.figures = name, file, figures

    def unknown_in(self, plan: str) -> list[str]:
        """Paths of what is unknown under a plan."""
        return [u.path for u in self.file.unknown if not u.only or plan in u.only]

    def plan_number(self, name: str) -> int:
        """What a plan is called in the runs."""
        return next(plan.number for plan in self.design.plans if plan.name == name)

    def column(self, target: Target) -> str:
        """The column of the runs that is held against a figure: an indicator, or one of a part of the period."""
        figure = self.figures[target.figure]
        return str(figure.quantity) if self._part(target) is None else figure.id

    def runs(self, plan: str) -> list[tuple[date, date]]:
        """First and last day of each run of a plan: of its sets, and of the candidates where they run for longer."""
        period = self.parameters[plan].period
        days = [period.days, *filter(None, [self.file.central_days.get(plan)])]
        return [days_of(period.model_copy(update={"days": count})) for count in days]

    @cached_property
    def parameters(self) -> dict[str, Parameters]:
        """Plan → what its scenario says, but for what is unknown."""
        return {plan.name: load(plan.base, plan.set).parameters for plan in self.file.plans}

    def _part(self, target: Target) -> Part | None:
        """The part of the run that a figure is of; None: all of it."""
        dated = not self._holds_all(target)
        return part_cut(self.figures[target.figure], self.parameters[target.plan], dated=dated)

    def _holds_all(self, target: Target) -> bool:
        """Whether the figure's days, if it has any, hold every run of the plan."""
        start, end = self.figures[target.figure].start, self.figures[target.figure].end
        if start is None or end is None:
            return True
        return all(start <= first and last <= end for first, last in self.runs(target.plan))

    def study(
        self, worlds: Worlds, seeds: int, first_seed: int = 1, days: Mapping[str, int] | None = None
    ) -> StudyFile:
        """The place's plans in worlds, with as many histories of each; plans named in `days` are run for so many."""
        plans = [
            plan.model_copy(update={"set": {**plan.set, "period.days": days[plan.name]}})
            if days and plan.name in days else plan
            for plan in self.file.plans
        ]  # fmt: skip
        quantities = [str(self.figures[target.figure].quantity) for target in self.file.targets]
        quantities += [ratio.indicator for ratio in self.file.ratios]
        parts: dict[str, Part] = {}
        for target in self.file.targets:
            if part := self._part(target):
                only = [*parts[part.name].only, target.plan] if part.name in parts else [target.plan]
                parts[part.name] = part.model_copy(update={"only": only})
        return StudyFile.model_validate({
            "title": self.file.title, "question": self.file.question, "base": self.file.plans[0].base,
            "design": {"kind": "list"}, "plans": [plan.model_dump(exclude_unset=True) for plan in plans],
            "uncertain": [entry.model_dump(exclude_unset=True) for entry in self.file.unknown],
            "worlds": worlds,
            "replications": Replications(rule="fixed", count=seeds, first_seed=first_seed, own_seeds=True),
            "objectives": [Objective(indicator=quantities[0], better="high")],
            "outcomes": list(dict.fromkeys(quantities)),
            "parts": [part.model_dump(exclude_defaults=True) for part in parts.values()],
        })  # fmt: skip

    @cached_property
    def design(self) -> Study:
        """Every world of the design under every plan."""
        worlds = Worlds(method="latin_hypercube", draws=self.file.worlds)
        return make_study(self.study(worlds, self.file.seeds), PLACES / f"{self.name}.toml")


def place_names() -> list[str]:
    """The places of the library."""
    return sorted(path.stem for path in PLACES.glob("*.toml"))


def read_place(name_or_path: str | Path, figures_file: Path = FIGURES) -> Place:
    """Read a place of the library by name, or any by the path of its file.

    Raises PlaceError or FigureError, with one line for each problem.
    """
    text = str(name_or_path)
    path = Path(text) if text.endswith(".toml") or "/" in text else PLACES / f"{text}.toml"
    if not path.is_file():
        raise PlaceError(named_scenario(text, A_PLACE) or say(
            "{text}: there is no such place{hint} (there are {known})", text=shown(text),
            hint=suggest(text, place_names()), known=listed(place_names()),
        ))  # fmt: skip
    try:
        file = PlaceFile.model_validate(read_toml(path, A_PLACE))
    except ValidationError as error:
        found = error.errors(include_url=False)
        lacks = [str(e["loc"][0]) for e in found if e["type"] == "missing" and len(e["loc"]) == 1]
        lines = [say("lacks {keys}", keys=listed(lacks))] * bool(lacks)
        lines += [_worded(dict(e)) for e in found if e["type"] != "missing" or len(e["loc"]) > 1]
        raise PlaceError("\n".join(f"{path.name}: {line}" for line in lines)) from None
    except ValueError as error:
        raise PlaceError(str(error)) from None
    file = _beside(file, path.parent)
    place = Place(path.stem, file, {figure.id: figure for figure in read_figures(figures_file)[0]})
    if figures_file != FIGURES and (lacking := [t.figure for t in file.targets if t.figure not in place.figures]):
        of = {"figures": figures_file.name, "figure": lacking[0], "place": path.name}
        raise PlaceError(
            say(
                "{figures}: lacks {figure} and {count} more, which {place} is held against",
                count=len(lacking) - 1,
                **of,
            )
            if len(lacking) > 1
            else say("{figures}: lacks {figure}, which {place} is held against", **of)
        )
    if problems := list(dict.fromkeys(_problems(place))):
        if (
            figures_file == FIGURES
            and path.parent != PLACES
            and any(t.figure not in place.figures for t in file.targets)
        ):
            problems.append(say("its figures are looked for among the project's own; is --figures FILE missing?"))
        raise PlaceError("\n".join(f"{path.name}: {problem}" for problem in problems))
    return place


def _beside(file: PlaceFile, folder: Path) -> PlaceFile:
    """The same with scenarios that lie beside the place's file by their paths; all others are of the library."""

    def found(name: str) -> str:
        own = folder / f"{name.removesuffix('.toml')}.toml"
        return str(own) if folder != PLACES and own.is_file() else name

    return file.model_copy(update={
        "plans": [plan.model_copy(update={"base": found(plan.base)}) for plan in file.plans],
        "hand_over": [each.model_copy(update={"scenario": found(each.scenario)}) for each in file.hand_over],
    })  # fmt: skip


def _worded(error: dict[str, Any]) -> str:
    """One of pydantic's errors in one line, with the place in the file if it has one."""
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        hint = suggest(key, PlaceFile.model_fields)
        return say("{key} is not a key that is known there{hint}", key=where, hint=hint)
    said = str(error["ctx"]["error"]) if error["type"] == "value_error" else rule_in_words(error)
    return f"{where}: {said}" if where else said


class _Known(NamedTuple):
    """What the plans of a place say of each parameter, by path."""

    roles: dict[str, str]
    published: dict[str, str]
    """The source of what is published."""
    spans: dict[str, tuple[float, float] | None]
    values: dict[str, Any]
    days: dict[str, int]
    """By plan: the length of its run."""


def _known(plans: Iterable[Plan]) -> _Known:
    """Raises ScenarioError if a plan cannot be loaded."""
    known = _Known({}, {}, {}, {}, {})
    for plan in plans:
        scenario = load(plan.base, plan.set)
        for path, section, name, value in walk(scenario.parameters):
            known.roles[path], known.spans[path] = section.science(name).role, section.science(name).span
            known.values[path] = value
            source = scenario.provenance[path].source
            if scenario.sources[source].kind == "published":
                known.published[path] = source
        known.days[plan.name] = scenario.parameters.period.days
    return known


def _wrong_prior(entry: Uncertain, known: _Known) -> Iterator[str]:
    """What is wrong with one unknown: it is none, it is known, or its prior does not fit it."""
    path = entry.path
    if path not in known.roles:
        yield say("unknown: {path} is not a parameter{hint}", path=shown(path), hint=suggest(path, known.roles))
    elif known.roles[path] == "fixed":
        yield say("unknown: {path} is fixed; only what is not known has a prior", path=path)
    elif known.roles[path] == "lever" and path in known.published:
        yield say("unknown: {path} is published ({source}); only what is not known has a prior", path=path,
                  source=known.published[path])  # fmt: skip
    elif words := [value for value in entry.values if isinstance(value, (bool, str, list))]:
        yield say("unknown: {path} may be {word}; only numbers can be fitted", path=path, word=shown(words[0]))
    elif not isinstance(known.values[path], (int, float)) or isinstance(known.values[path], bool):
        yield say("unknown: {path} is no number; only numbers can be fitted", path=path)
    elif is_whole(known.values[path]) and not has_whole(entry.low, entry.high):
        yield say("unknown: {path} has whole numbers, and there is none from {low:g} to {high:g}", path=path,
                  low=entry.low, high=entry.high)  # fmt: skip
    elif span := known.spans[path]:
        ends = [end for end in (entry.low, entry.high) if end is not None]
        if any(not span[0] <= end <= span[1] for end in ends):
            of = {"path": path, "low": span[0], "high": span[1]}
            yield (
                say("unknown: {path} may be {low:g} to {high:g}; its prior goes {end:g}", end=ends[0], **of)
                if len(ends) == 1
                else say("unknown: {path} may be {low:g} to {high:g}; its prior goes {first:g} to {last:g}",
                         first=ends[0], last=ends[1], **of)
            )  # fmt: skip


def _problems(place: Place) -> Iterator[str]:
    """What does not fit together: names that do not exist, figures that must not be fitted, priors on no unknown."""
    plans = {plan.name: plan for plan in place.file.plans}
    try:
        known = _known(plans.values())
    except ScenarioError as error:
        yield from error.problems
        return
    days = known.days
    for target in place.file.targets:
        yield from _wrong_target(target, place, days)
        yield from _unknown_name("targets", [target.plan], plans)
    if all(target.use != "fit" for target in place.file.targets):
        yield say("targets: nothing is fitted; leave out the use of a figure that may be")
    paths = [entry.path for entry in place.file.unknown]
    for entry in place.file.unknown:
        yield from _wrong_prior(entry, known)
        if paths.count(entry.path) > 1:
            yield say("unknown: {path} stands there more than once", path=entry.path)
        yield from _unknown_name("unknown", entry.only, plans)
    targets = [target.figure for target in place.file.targets]
    fitted = [target.figure for target in place.file.targets if target.use == "fit"]
    for figure in (place.figures[name] for name in fitted if name in place.figures):
        if figure.reading_of in fitted:
            yield say("targets: {figure} and {other} are readings of one figure; only one may be fitted",
                      figure=figure.id, other=figure.reading_of)  # fmt: skip
    yield from _unknown_name("central_days", place.file.central_days, plans)
    for reading in place.file.readings:
        yield from _unknown_name("readings", [*reading.figures, *reading.without, *reading.also], targets)
        for name, (low, high) in reading.figures.items():
            if low > high:
                yield say("readings: {reading}: {figure} goes from {low:g} down to {high:g}", reading=reading.name,
                          figure=name, low=low, high=high)  # fmt: skip
        for target in place.file.targets:
            if target.figure in reading.also:
                yield from _wrong_target(target.model_copy(update={"use": "fit"}), place, days)
    for ratio in place.file.ratios:
        yield from _unknown_name("ratios", [ratio.top, ratio.bottom], plans)
        if ratio.indicator not in INDICATORS:
            yield say("ratios: {indicator} is no indicator{hint}", indicator=shown(ratio.indicator),
                      hint=suggest_indicator(ratio.indicator))  # fmt: skip
    for handed in place.file.hand_over:
        yield from _unknown_name("hand_over", [handed.plan], plans)
        yield from _unknown_name("hand_over", [] if is_own(handed.scenario) else [handed.scenario], names())
        yield from _unknown_name("hand_over", [*handed.times, *handed.times.values()], paths)


def _unknown_name(where: str, given: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """A line for each name that is not among those that are known."""
    right = list(known)
    yield from (
        say("{key}: {name} is not there{hint}", key=where, name=shown(name), hint=suggest(name, right))
        for name in given if name not in right
    )  # fmt: skip


def _wrong_target(target: Target, place: Place, days: Mapping[str, int]) -> Iterator[str]:
    figure = place.figures.get(target.figure)
    if figure is None:
        hint = suggest(target.figure, place.figures)
        yield say("targets: {figure} is no figure{hint}", figure=shown(target.figure), hint=hint)
    elif figure.quantity is None:
        yield say("targets: {figure} has no indicator to be held against", figure=figure.id)
    elif target.use == "fit" and figure.standing == "check":
        yield say("targets: {figure} is a check and must not be fitted", figure=figure.id)
    elif target.use == "fit" and figure.standing == "contested" and figure.kind != "range":
        yield say("targets: {figure} is contested and may be fitted as a range only", figure=figure.id)
    elif target.use == "predict" and figure.reading_of:
        yield say('targets: {figure} is a reading of {other} and no test; its use is "reading"', figure=figure.id,
                  other=figure.reading_of)  # fmt: skip
    elif target.use == "reading" and not figure.reading_of:
        yield say(
            "targets: {figure} is no reading of another figure; give it reading_of in the figures", figure=figure.id
        )
    elif target.plan in days:
        yield from _wrong_period(figure, target.plan, place)
        yield from _wrong_part(figure, target.plan, place)


def _wrong_period(figure: Figure, plan: str, place: Place) -> Iterator[str]:
    """A figure is of the whole run, or of days in it by which its indicator can be told; or, if no count, of more."""
    if figure.start is None or figure.end is None:
        return
    runs, quantity = place.runs(plan), str(figure.quantity)
    of_all = all(figure.start <= first and last <= figure.end for first, last in runs)
    for first, last in runs:
        of = {"figure": figure.id, "start": figure.start, "end": figure.end, "plan": plan, "first": first, "last": last}
        days = (last - first).days + 1
        if of_all and figure.is_count and (figure.days or 0) > days:
            yield say("targets: {figure} counts {counted} days; {plan} runs for {days} only", figure=figure.id,
                      counted=figure.days, plan=plan, days=days)  # fmt: skip
        elif not of_all and not first <= figure.start <= figure.end <= last:
            yield (
                say(
                    "targets: {figure} is of {start} to {end}, partly outside the run of {plan}, {first} to {last}",
                    **of,
                )
                if figure.start <= last and first <= figure.end
                else say("targets: {figure} is of {start} to {end}, outside the run of {plan}, {first} to {last}", **of)
            )
        elif not of_all and not tellable(quantity):
            yield say("targets: {figure} is of {start} to {end}, a part of the run of {plan}, {first} to {last}: {why}",
                      why=why_untellable(quantity), **of)  # fmt: skip


def _wrong_part(figure: Figure, plan: str, place: Place) -> Iterator[str]:
    """A figure's classes and subdistricts are there in the plan's scenario."""
    parameters = place.parameters[plan]
    yield from (
        say("targets: {figure}: classes: {line}", figure=figure.id, line=line)
        for line in unknown_classes(figure.classes, parameters)
    )
    if figure.subdistricts > (there := parameters.territory.subdistricts_count):
        yield say("targets: {figure} is of {count} subdistricts; {plan} has {there}", figure=figure.id,
                  count=figure.subdistricts, plan=plan, there=there)  # fmt: skip
