"""What is run to validate: figures elsewhere, transfer between cities, conclusions over ensembles, sensitivity to all.

Layer: calibration.  Every check is a study of the study engine: resumable, and nothing runs twice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from calibration.calibrating import INTERVAL, Foretold, Start, judge, published_like, run_study
from calibration.figures import figures_of
from calibration.places import Target, read_place
from experiments.designs import make_study
from experiments.ensembles import read_ensemble, write_ensemble
from experiments.findings import Findings, Sensitivity, read_findings, sensitivity
from experiments.study import Form, Objective, Plan, Replications, StudyFile, Uncertain, Worlds
from experiments.sweeping import Told
from scenarios.loading import load
from scenarios.parameters import walk

FILE = Path(__file__).with_name("validation.toml")
FACTOR = 1.5
"""Sensitivity: what is uncertain goes from its value over this to its value times this."""
ALL, MOST = 0.975, 0.8
"""Weight of the sets from which a conclusion is said to hold for all of them, or for most."""

type Tell = Callable[[str, Told | None], None]


class Elsewhere(Form):
    """A scenario that was not calibrated, under sets that were fitted somewhere else."""

    scenario: str
    ensemble: str
    set: dict[str, Any] = Field(default={})
    without: list[str] = Field(default=[])
    given: list[str] = Field(default=[])
    """Figures that went into the scenario by hand."""
    note: str = ""


class Conclusions(Form):
    """Plans that are compared with the first of them, over an ensemble."""

    name: str
    base: str
    ensemble: str
    set: dict[str, Any] = Field(default={})
    indicators: list[str]
    plans: list[Plan]


class Sensitive(Form):
    """A difference of two plans, and every parameter that is uncertain."""

    name: str
    base: str
    set: dict[str, Any] = Field(default={})
    indicator: str
    better: Literal["high", "low"]
    plans: list[Plan]
    trajectories: int
    seeds: int
    off: dict[str, float] = Field(default={})
    """What is off (0) in the scenario, and up to where it is varied."""


class Checks(Form):
    """All that is checked."""

    elsewhere: list[Elsewhere]
    transfer: list[Elsewhere]
    conclusions: list[Conclusions]
    sensitivity: list[Sensitive]


@lru_cache(maxsize=1)
def checks() -> Checks:
    """What `validation.toml` asks for."""
    return Checks.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))


class Seen(NamedTuple):
    """A figure and what sets that never saw it foretell."""

    told: Foretold
    note: str
    given: bool
    """The figure is no prediction: it went into the scenario by hand."""


def foretell_elsewhere(check: Elsewhere, out: Path, start: Start, tell: Tell) -> list[Seen]:
    """Every figure of a scenario from an ensemble of another place, in the 90 % interval of one more history."""
    shown = [figure for figure in figures_of(load(check.scenario)) if figure.quantity]
    place = read_place(check.ensemble.partition("/")[0])
    findings = _over_ensemble(
        check.scenario, check.set, [Plan(name="as it was")], sorted({str(figure.quantity) for figure in shown}),
        _ensemble(check, out), out, f"{check.scenario} with {check.ensemble.replace('/', ' ')}", start, tell,
    )  # fmt: skip
    told = []
    days = load(check.scenario, check.set).parameters.period.days
    for figure in shown:
        values = findings.runs[str(figure.quantity)].dropna().to_numpy(dtype=float)
        if not len(values):
            continue
        by = figure.days / days if figure.days and str(figure.quantity).endswith("_count") else 1.0
        like = published_like(figure, values * by, place)
        judged = judge(figure, Target(figure=figure.id, plan="as it was", use="predict"), like, np.ones(len(like)))
        told.append(Seen(judged, check.note, figure.id in check.given))
    return told


def _ensemble(check: Elsewhere, out: Path) -> str:
    """The ensemble without what it must not say here."""
    if not check.without:
        return f"{check.ensemble}.csv"
    whole = read_ensemble(out / f"{check.ensemble}.csv")
    left = [{path: value for path, value in values.items() if path not in check.without} for values in whole.sets]
    name = f"{check.scenario}-without.csv"
    write_ensemble(out / name, left, whole.weights)
    return name


class Concluded(NamedTuple):
    """A difference between two plans over the sets of an ensemble."""

    check: str
    plan: str
    indicator: str
    low: float
    middle: float
    high: float
    more: float
    """Share of the sets in which the plan has more of it."""

    @property
    def word(self) -> str:
        """For how many of the sets the sign holds."""
        if self.low == self.high == 0.0:
            return "the same in all sets"
        share = max(self.more, 1.0 - self.more)
        way = "more" if self.more >= 0.5 else "less"
        return f"{way} in {'all' if share >= ALL else 'most' if share >= MOST else 'some'} sets"


def conclude(check: Conclusions, out: Path, start: Start, tell: Tell) -> list[Concluded]:
    """How far each plan differs from the first, set by set, on the same incidents."""
    findings = _over_ensemble(
        check.base, check.set, check.plans, check.indicators, f"{check.ensemble}.csv", out, check.name, start, tell
    )
    told = []
    for indicator in check.indicators:
        table = findings.table(indicator)
        for number, plan in enumerate(check.plans[1:], 1):
            differences = (table[number] - table[0]).dropna().to_numpy()
            low, middle, high = np.quantile(differences, INTERVAL)
            more = float((differences > 0).mean() + 0.5 * (differences == 0).mean())
            told.append(Concluded(check.name, plan.name, indicator, low, middle, high, more))
    return told


def _over_ensemble(
    base: str, settings: dict[str, Any], plans: list[Plan], outcomes: list[str], ensemble: str, out: Path, name: str,
    start: Start, tell: Tell,
) -> Findings:  # fmt: skip
    """A study over the sets of an ensemble, one history of each."""
    file = StudyFile.model_validate({
        "title": name, "question": "What do the sets say that the figures allow?", "base": base, "set": settings,
        "design": {"kind": "list"}, "plans": plans, "ensemble": ensemble,
        "replications": Replications(rule="fixed", count=1, own_seeds=True),
        "objectives": [Objective(indicator=outcomes[0], better="high")], "outcomes": outcomes,
    })  # fmt: skip
    study = make_study(file, out / f"{name.replace(',', '').replace(' ', '_')}.toml")
    run_study(study, out / "checks" / study.name, start, lambda told: tell(name, told))
    return read_findings(out / "checks" / study.name)


def sensitive(check: Sensitive, out: Path, start: Start, tell: Tell) -> tuple[Sensitivity, list[str]]:
    """Morris' effects of every uncertain parameter on the difference of two plans; and what was left out, in words."""
    varied, left = everything_uncertain(check.base, check.set, check.off)
    file = StudyFile.model_validate({
        "title": check.name, "question": "Which of all that is uncertain matters?", "base": check.base,
        "set": check.set, "design": {"kind": "list"}, "plans": check.plans,
        "uncertain": [entry.model_dump(exclude_unset=True) for entry in varied],
        "worlds": Worlds(method="morris", draws=check.trajectories),
        "replications": Replications(rule="fixed", count=check.seeds),
        "objectives": [Objective(indicator=check.indicator, better=check.better)], "outcomes": [check.indicator],
    })  # fmt: skip
    name = "sensitivity_" + "".join(letter if letter.isalnum() else "_" for letter in check.name)[:60]
    study = make_study(file, out / f"{name}.toml")
    run_study(study, out / "checks" / name, start, lambda told: tell(check.name, told))
    found = [told for told in sensitivity(read_findings(out / "checks" / name)) if " minus " in told.outcome]
    if not found:
        raise ValueError(
            f"{check.name}: the difference of the two plans is not defined in every world, or never varies"
        )
    return found[0], left


def everything_uncertain(
    base: str, settings: dict[str, Any], off: Mapping[str, float] | None = None
) -> tuple[list[Uncertain], list[str]]:
    """Every uncertain number of a scenario with a range about its value; and those that have none.

    `off` says how far to vary what is 0.
    """
    varied = [
        Uncertain(path=path, distribution="uniform", low=0.0, high=high, why="off in the scenario")
        for path, high in (off or {}).items()
    ]
    left = []
    for path, section, name, value in walk(load(base, settings).parameters):
        science = section.science(name)
        if science.role != "uncertain" or path in (off or {}):
            continue
        low, high = science.span or (0.0, 0.0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value == 0:
            left.append(path)
            continue
        ends = max(low, value / FACTOR), min(high, value * FACTOR)
        varied.append(Uncertain(path=path, distribution="uniform", low=ends[0], high=ends[1], why="about its value"))
    return varied, left


def effects(found: Sensitivity) -> pd.DataFrame:
    """Parameters by their mean absolute effect, the largest first."""
    frame = pd.DataFrame({"path": found.names, "effect": found.first, "spread": found.total})
    return frame.sort_values("effect", ascending=False, ignore_index=True)
