"""What is run to validate: figures elsewhere, transfer between cities, conclusions over ensembles, sensitivity to all.

Layer: calibration.  Every check is a study of the study engine: resumable, and nothing runs twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from scipy import stats

from calibration.fitting.calibrating import Doing, Start, Step, Tell, run_study
from calibration.fitting.foretelling import INTERVAL, Foretold, judge, published_like
from calibration.fitting.places import Place, Target, place_names, read_place
from experiments.findings.runs import Findings, read_findings
from experiments.findings.sensitivity import Indices, analysed
from experiments.published.figures import cut_to, figures_of
from experiments.running.parts import Form, Part
from experiments.statistics.agreement import Agreement, agreement
from experiments.statistics.resting import Differences, Rest, rest_of
from experiments.studies.design import Study, before_the_figures, make_study
from experiments.studies.ensembles import read_ensemble, write_ensemble
from experiments.studies.form import Objective, Plan, Replications, StudyFile, Uncertain, Worlds
from experiments.studies.worlds import changes_at, world_shares
from languages.speaking import marked, say
from scenarios.loading import Scenario, load
from scenarios.parameters import walk
from scenarios.toml_files import read_toml
from sim.indicators import INDICATORS

FILE = Path(__file__).with_name("validation.toml")
CALIBRATED = "calibration-"
"""What the source of a calibrated value begins with; the place's name follows."""
FACTOR = 1.5
"""Sensitivity: what is uncertain goes from its value over this to its value times this."""
SHUFFLES = 10
"""Sensitivity: what chance does to an index is told by giving the outcomes to other worlds, so many times."""


class Elsewhere(Form):
    """A scenario that was not calibrated, under sets that were fitted somewhere else."""

    scenario: str
    ensemble: str
    set: dict[str, Any] = Field(default={})
    without: list[str] = Field(default=[])
    given: list[str] = Field(default=[])
    """Figures that went into the scenario by hand."""
    unknown: list[Uncertain] = Field(default=[])
    """What is drawn anew where the scenario has no calibration that says what it may be: its crews, above all."""
    note: str = ""

    @property
    def place(self) -> str:
        """Whose calibration wrote the ensemble: PLACE of PLACE/SCENARIO."""
        return self.ensemble.partition("/")[0]


class Volume(Form):
    """How much a city filed at a time, as somebody published it."""

    place: str
    year: float
    cases_per_day: float = Field(gt=0)
    supervisors: float = Field(default=1.0, gt=0)
    """1: the rate of one supervisor is published."""
    source: str
    why: str


class Between(NamedTuple):
    """How far volumes per supervisor and day differ between cities of the same time."""

    sd: float
    """Standard deviation of their logarithm about its trend over the years, two degrees of freedom taken for that."""
    growth: float
    """By which the trend grows in a year, in logarithms."""
    rates_count: int

    @property
    def factor(self) -> float:
        """Within this factor, up or down, lie 9 cities in 10."""
        return float(np.exp(stats.norm.ppf(0.95) * self.sd))


def between_cities(volumes: Sequence[Volume]) -> Between:
    """What published rates say of how far one city's volume is from another's with as many supervisors.

    Rule:    residual standard deviation of ln(cases / supervisor / day) on the year. Rates grew several times in ten
             years, which is no difference between cities; a transfer over years does not carry that growth.
    Raises ValueError if there are fewer than four.
    """
    if len(volumes) < 4:
        raise ValueError(say(
            "{file}: volumes: {count} rates do not tell how cities differ; it takes four", file=FILE.name,
            count=len(volumes),
        ))  # fmt: skip
    years = np.array([volume.year for volume in volumes])
    logs = np.log([volume.cases_per_day / volume.supervisors for volume in volumes])
    growth, start = np.polyfit(years - years.mean(), logs, 1)
    rest = logs - (start + growth * (years - years.mean()))
    return Between(float(np.sqrt((rest**2).sum() / (len(volumes) - 2))), float(growth), len(volumes))


class Conclusions(Form):
    """Plans that are compared with the first of them, over an ensemble."""

    name: str
    base: str
    ensemble: str
    set: dict[str, Any] = Field(default={})
    """Changes to the base; `period.days` is among them."""
    indicators: list[str]
    supervisors: int | None = None
    """Which reading of the place's staff it is under; None: there is one only."""
    counted: list[str] = Field(default=[])
    """Plans of which every definition is shown."""
    plans: list[Plan]

    @property
    def days(self) -> int:
        """How many days are run."""
        return load(self.base, self.set).parameters.period.days


class Difference(Form):
    """What a plan does to an indicator, against the first plan."""

    name: str
    plan: str
    indicator: str


class Sensitive(Form):
    """Differences between plans, and every parameter that is uncertain."""

    name: str
    base: str
    set: dict[str, Any] = Field(default={})
    plans: list[Plan]
    differences: list[Difference]
    draws: int
    seeds: int


class Varied(Form):
    """How a parameter is varied that has no value to be varied about: it is 0, a list, or a word."""

    name: str
    """Of the parameter; `*` stands for anything."""
    high: float | None = None
    """It is varied from 0 to this."""
    values: list[Any] = Field(default=[])
    """One of these, or as it is."""
    shape: Literal["steeper", "worse", ""] = ""
    """Of a list: flatter and steeper, or a part of each of its shares one step down and up."""
    why: str


class Checks(Form):
    """All that is checked."""

    elsewhere: list[Elsewhere]
    transfer: list[Elsewhere]
    conclusions: list[Conclusions]
    sensitivity: list[Sensitive]
    varied: list[Varied]
    volumes: list[Volume]
    """From which it is reckoned how far cities differ."""


@lru_cache(maxsize=1)
def checks() -> Checks:
    """What `validation.toml` asks for; ValueError, with a line for each problem, if it cannot be read."""
    try:
        return Checks.model_validate(read_toml(FILE))
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
        raise ValueError("\n".join(f"{FILE.name}: {problem}" for problem in problems)) from None


class Seen(NamedTuple):
    """A figure and what sets that never saw it foretell."""

    foretold: Foretold
    note: str
    given: bool
    """The figure is no prediction: it went into the scenario by hand."""
    redrawn: tuple[str, ...]
    """Parameters that the scenario has from its own calibration, and that were drawn from their priors instead."""
    days: int
    """How many days were run."""
    refused: str = ""
    """Why nothing is foretold of it; empty: something is."""


UNITS, PEOPLE = "units.", ".people"
REST_ON_CREWS = ("on_time_share", "closing_share", "filed_to_closed", "found_to_closed", "handling")
"""Indicators that begin so follow from how many crews there are: where nobody knows that, they are not foretold."""


def foretell_elsewhere(check: Elsewhere, out: Path, start: Start, tell: Tell) -> list[Seen]:
    """Every figure of a scenario that was not calibrated with it, in the 90 % interval of one more history.

    Of another city, the interval of a count and of hours holds how far cities differ (`between_cities`) as well.
    """
    scenario = load(check.scenario, check.set)
    shown = [figure for figure in figures_of(load(check.scenario)) if figure.quantity]
    place = read_place(check.place)
    ensemble, redrawn = ensemble_for(check, scenario, out)
    at_home = scenario.place == load(place.file.plans[0].base).place
    between = 0.0 if at_home else between_cities(checks().volumes).sd
    crews = any(path.startswith(UNITS) and path.endswith(PEOPLE) for path in redrawn)
    name = f"{check.scenario} with {check.ensemble.replace('/', ' ')}"
    study = _study_over(
        check.scenario, check.set, [Plan(name="as it was")], sorted({str(figure.quantity) for figure in shown}),
        ensemble, out, name, [part for part in (cut_to(figure, scenario) for figure in shown) if part],
    )  # fmt: skip
    findings = _run(study, out, name, start, tell)
    seen, days = [], scenario.parameters.period.days
    for figure in shown:
        cut = cut_to(figure, scenario)
        values = findings.runs[figure.id if cut else str(figure.quantity)].dropna().to_numpy(dtype=float)
        if not len(values):
            continue
        by = figure.days / days if figure.days and figure.is_count and not (cut and cut.start) else 1.0
        like = published_like(figure, values * by, place, between=between)
        judged = judge(figure, Target(figure=figure.id, plan="as it was", use="predict"), like, np.ones(len(like)))
        rests = not crews and str(figure.quantity).startswith(REST_ON_CREWS)
        refused = say("nobody knows the crews of {scenario}", scenario=check.scenario) if rests else ""
        seen.append(Seen(judged, check.note, figure.id in check.given, redrawn, days, refused))
    return seen


def ensemble_for(check: Elsewhere, scenario: Scenario, out: Path) -> tuple[str, tuple[str, ...]]:
    """An ensemble of another place without what it must not say here, and what was drawn anew in it.

    What the scenario has from its own calibration, and the ensemble does not set, would tell it what it is to foretell:
    each set gets a draw from that parameter's prior instead. The units of another city say nothing of those here:
    theirs are taken out, and those here are drawn from the prior of the scenario's own place, or of the check.
    """
    whole = read_ensemble(out / f"{check.ensemble}.csv")
    without = {*check.without, *(path for path in whole.paths if path.startswith(UNITS))}
    told = set(whole.paths) - without
    own = _own_priors(check, scenario, told)
    values = {path: value for path, _, _, value in walk(scenario.parameters)}
    shares = stats.qmc.LatinHypercube(max(1, len(own)), rng=np.random.default_rng(1)).random(len(whole.sets))
    drawn = changes_at(own, shares[:, : len(own)], values) if own else [{}] * len(whole.sets)
    sets = [
        {path: value for path, value in given.items() if path in told} | other
        for given, other in zip(whole.sets, drawn, strict=True)
    ]
    name = f"{check.scenario}-{check.ensemble.replace('/', '-')}.csv"
    write_ensemble(out / name, sets, whole.weights, whole.doubt)
    return name, tuple(entry.path for entry in own)


def _own_priors(check: Elsewhere, scenario: Scenario, told: Collection[str]) -> list[Uncertain]:
    """Of what a scenario has from its own calibration, and of its units, the priors, but for what sets tell."""
    found = {entry.path: entry for entry in check.unknown}
    for path, known in scenario.provenance.items():
        if known.source.startswith(CALIBRATED) and path not in told:
            place = read_place(known.source.removeprefix(CALIBRATED))
            found.setdefault(path, next(entry for entry in place.file.unknown if entry.path == path))
    for place, plan in _calibrated_for(check.scenario):
        ours = [entry for entry in place.file.unknown if entry.path in place.unknown_in(plan)]
        for entry in ours:
            if entry.path.startswith(UNITS) and entry.path in scenario.provenance:
                found.setdefault(entry.path, entry)
    return [entry.model_copy(update={"only": []}) for entry in found.values() if entry.path not in check.without]


def _calibrated_for(scenario: str) -> Iterator[tuple[Place, str]]:
    """The places whose calibration hands over to a scenario, each with the plan that it is."""
    for place in map(read_place, place_names()):
        yield from ((place, handed.plan) for handed in place.file.hand_over if handed.scenario == scenario)


class Concluded(NamedTuple):
    """A difference between two plans over the sets of an ensemble."""

    check: str
    plan: str
    indicator: str
    low: float
    middle: float
    high: float
    agreement: Agreement
    """In how many of the sets the plan has more of it, or less."""
    supervisors: int | None = None
    rest: Rest | None = None
    """What it rests on; None: too few sets tell."""


def conclude(check: Conclusions, out: Path, start: Start, tell: Tell) -> tuple[list[Concluded], Findings]:
    """How far each plan differs from the first, set by set, on the same incidents, on what it rests; and the runs."""
    study = _study_over(check.base, check.set, check.plans, check.indicators, f"{check.ensemble}.csv", out, check.name)
    findings = _run(study, out, check.name, start, tell)
    earlier = before_the_figures(study)
    before = _run(earlier, out, f"{check.name} before the figures", start, tell) if earlier else None
    worlds, concluded = findings.worlds.set_index("world"), []
    for indicator in check.indicators:
        table, possible = findings.table(indicator), before.table(indicator) if before else None
        sets, unit = worlds.loc[table.index].to_dict("records"), INDICATORS[indicator].unit
        for number, plan in enumerate(check.plans[1:], 1):
            differences = (table[number] - table[0]).dropna().to_numpy()
            low, middle, high = np.quantile(differences, INTERVAL)
            told = possible is not None
            rest = rest_of(indicator, unit, _apart(table, number), _apart(possible, number), sets) if told else None
            concluded.append(Concluded(check.name, plan.name, indicator, low, middle, high, agreement(differences),
                                   check.supervisors, rest))  # fmt: skip
    return concluded, findings


def _apart(table: pd.DataFrame, plan: int) -> Differences:
    """A plan against the first, over sets."""
    return Differences((table[plan] - table[0]).to_numpy(dtype=float), table[0].to_numpy(dtype=float))


def _study_over(
    base: str, settings: dict[str, Any], plans: list[Plan], outcomes: list[str], ensemble: str, out: Path, name: str,
    parts: Sequence[Part] = (),
) -> Study:  # fmt: skip
    """A study over the sets of an ensemble, one history of each."""
    file = StudyFile.model_validate({
        "title": name, "question": "What do the sets say that the figures allow?", "base": base, "set": settings,
        "design": {"kind": "list"}, "plans": plans, "ensemble": ensemble,
        "replications": Replications(rule="fixed", count=1, own_seeds=True),
        "objectives": [Objective(indicator=outcomes[0], better="high")], "outcomes": outcomes,
        "parts": [part.model_dump(exclude_unset=True) for part in parts],
    })  # fmt: skip
    return make_study(file, out / f"{name.replace(',', '').replace(' ', '_')}.toml")


def _run(study: Study, out: Path, name: str, start: Start, tell: Tell) -> Findings:
    """A study's runs; those that are stored are not made again."""
    folder = out / "checks" / name.replace(",", "").replace(" ", "_")
    run_study(study, folder, start, lambda state: tell(Step(Doing.CHECK, name), state))
    return read_findings(folder)


class Dependence(NamedTuple):
    """How a difference between two plans depends on what is uncertain."""

    name: str
    file: Sensitive
    found: Indices
    table: pd.DataFrame
    """path, share, half, way, kind: a parameter's share of the variance alone, its 95 % half-width, its rank
    correlation with the difference, and what it is in the scenario; the largest share first."""
    linear: float
    """Share of the variance that straight lines in all of them explain together (adjusted R²)."""
    chance: float
    """The largest share that any parameter had when the outcomes were given to other worlds."""

    @property
    def above(self) -> pd.DataFrame:
        """Of the table, what is more than chance does."""
        return self.table[self.table["share"] > self.chance]


def sensitive(check: Sensitive, out: Path, start: Start, tell: Tell) -> list[Dependence]:
    """How much of the variance of some differences each uncertain parameter explains alone, all varied at once."""
    file = StudyFile.model_validate({
        "title": check.name, "question": "Which of all that is uncertain matters?", "base": check.base,
        "set": check.set, "design": {"kind": "list"}, "plans": check.plans,
        "uncertain": [entry.model_dump(exclude_unset=True) for entry in everything_uncertain(check.base, check.set)],
        "worlds": Worlds(method="latin_hypercube", draws=check.draws),
        "replications": Replications(rule="fixed", count=check.seeds),
        "objectives": [Objective(indicator=check.differences[0].indicator, better="high")],
        "outcomes": list(dict.fromkeys(difference.indicator for difference in check.differences)),
    })  # fmt: skip
    study = make_study(file, out / f"sensitivity_{check.name.lower()}.toml")
    run_study(study, out / "checks" / study.name, start, lambda state: tell(Step(Doing.SENSITIVITY, check.name), state))
    findings = read_findings(out / "checks" / study.name)
    return [_dependence(check, difference, findings) for difference in check.differences]


def _dependence(check: Sensitive, difference: Difference, findings: Findings) -> Dependence:
    grid = findings.grid(difference.indicator)
    plan = next(number for number, plan in enumerate(check.plans) if plan.name == difference.plan)
    values = grid[plan] - grid[0]
    if not values.notna().to_numpy().all():
        raise ValueError(say(
            "{difference}: {indicator} is undefined in some world; lengthen the period", difference=difference.name,
            indicator=difference.indicator,
        ))  # fmt: skip
    if values.mean(axis=1).std() == 0.0:
        raise ValueError(say(
            "{difference}: never varies; name a plan or an indicator that makes a difference",
            difference=difference.name,
        ))  # fmt: skip
    found, chance = analysed(findings, values), np.random.default_rng(1)
    shuffled = [max(analysed(findings, values.iloc[chance.permutation(len(values))]).first) for _ in range(SHUFFLES)]
    shares, means = world_shares(findings.file), values.mean(axis=1).to_numpy()
    ways = [float(stats.spearmanr(column, means).statistic) for column in shares.T]
    kinds = {path: _kind(value) for path, _, _, value in walk(load(check.base, check.set).parameters)}
    table = pd.DataFrame({
        "path": found.names, "share": found.first, "half": found.first_half, "way": ways,
        "kind": [kinds[name] for name in found.names],
    }).sort_values("share", ascending=False, ignore_index=True)  # fmt: skip
    return Dependence(difference.name, check, found, table, straight(shares, means), max(shuffled))


class Variable(StrEnum):
    """What a parameter that is varied is in the scenario."""

    NUMBER = "number"
    OFF = "off"
    """A number of 0: to vary it is to switch something on."""
    WORD = "word"
    LIST = "list"


def _kind(value: Any) -> Variable:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Variable.NUMBER if value else Variable.OFF
    return Variable.WORD if isinstance(value, str) else Variable.LIST


def straight(shares: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """Adjusted R² of a regression of `means` (worlds,) on `shares` (worlds, parameters)."""
    worlds, parameters = shares.shape
    design = np.column_stack([np.ones(worlds), shares])
    rest = means - design @ np.linalg.lstsq(design, means, rcond=None)[0]
    return float(1.0 - rest.var() / means.var() * (worlds - 1) / (worlds - parameters - 1))


def everything_uncertain(base: str, settings: dict[str, Any], rules: Iterable[Varied] | None = None) -> list[Uncertain]:
    """Every uncertain parameter of a scenario with what it is varied between.

    A number goes from its value over FACTOR to its value times FACTOR, within its range; what is 0, a list or a word
    goes as the first of `rules` says that knows its name (those of `validation.toml`, if none are given).
    Raises ValueError if nothing says how to vary a parameter.
    """
    known = list(checks().varied if rules is None else rules)
    varied = []
    for path, section, name, value in walk(load(base, settings).parameters):
        science = section.science(name)
        if science.role != "uncertain":
            continue
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value != 0:
            low, high = science.span or (-np.inf, np.inf)
            ends = max(low, value / FACTOR), min(high, value * FACTOR)
            varied.append(
                Uncertain(path=path, distribution="uniform", low=ends[0], high=ends[1], why=marked("about its value"))
            )
            continue
        rule = next((rule for rule in known if fnmatch(path, rule.name)), None)
        if rule is None:
            raise ValueError(say(
                "{file}: varied: says nothing of {path} of {base}, which is {value!r}", file=FILE.name, path=path,
                base=base, value=value,
            ))  # fmt: skip
        varied.append(_varied(path, value, rule))
    return varied


def _varied(path: str, value: Any, rule: Varied) -> Uncertain:
    """A parameter without a value to be varied about, as its rule says."""
    if rule.high is not None:
        return Uncertain(path=path, distribution="uniform", low=0.0, high=rule.high, why=rule.why)
    shapes = {"steeper": steeper, "worse": worse}
    values = rule.values
    if rule.shape:
        ends = [shapes[rule.shape](value, by) for by in (-1, 1)]
        values = [ends[0], list(value), ends[1]]
    elif value not in values:
        values = [value, *values]
    return Uncertain(path=path, distribution="choice", values=values, why=rule.why)


def steeper(weights: Sequence[float], by: int) -> list[float]:
    """Weights that differ more (`by` 1: to the power of FACTOR) or less (-1) than they do, of the same sum."""
    powers = np.array(weights) ** FACTOR**by
    return (powers * np.sum(weights) / powers.sum()).tolist()


def worse(shares: Sequence[float], by: int) -> list[float]:
    """Shares of steps, of which a third (what is left of 1 over FACTOR) goes one step up (`by` 1) or down (-1)."""
    given = np.array(shares)
    moved = given * (1.0 - 1.0 / FACTOR)
    moved[-1 if by > 0 else 0] = 0.0
    return (given - moved + np.roll(moved, by)).tolist()
