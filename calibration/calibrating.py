"""Calibrating a place: runs of a design, emulators, posterior, runs again, and what may be said of it.

Layer: calibration.  Two waves: what the first posterior proposes is run, learnt from, and weighed again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from calibration.emulators import Emulator, Error, error_of, learn
from calibration.figures import Figure
from calibration.likelihood import Observation, observed
from calibration.places import Place, Ratio, Reading, Target
from calibration.posterior import (
    Coverage,
    Evidence,
    Identified,
    Sampled,
    Weighted,
    coverage,
    identifiability,
    sample,
    trade_offs,
    weigh,
    weighted,
)
from experiments.designs import Study, World, changes_at, make_study, world_shares
from experiments.engine import Engine
from experiments.findings import read_findings
from experiments.results import open_results
from experiments.study import Worlds
from experiments.sweeping import Told, sweep
from scenarios.loading import load
from scenarios.parameters import walk

type Numbers = NDArray[np.float64]
type Start = Callable[[], AbstractContextManager[Engine]]

AGAIN_SEED = 1_000_001
"""First seed of the runs of the second wave: none of the first is among them."""
NOISE_DRAWS = 200
"""Draws of the discrepancy for each run, where the figure that a city would publish is foretold."""
KEPT_DRAWS = 2_000
INTERVAL = (0.05, 0.5, 0.95)
LEAST_MASS = 0.1
"""Of a prediction that a range must hold, and two tails of a number, not to be called outside."""


class Interrupted(Exception):  # noqa: N818 -- it is no error
    """Ctrl-C came while runs were made; what is finished is kept."""


@dataclass(frozen=True)
class Foretold:
    """A figure, and what the calibrated model says that the city would have published."""

    figure: Figure
    target: Target
    low: float
    """90 % interval: history, parameters, discrepancy and rounding are all in it."""
    middle: float
    high: float
    mass: float
    """Of the prediction: of a range, how much lies in it; of a number, on the side of it with less, twice."""
    inside: bool
    """A number lies in the 90 % interval, a range holds a tenth of the prediction at least."""


@dataclass(frozen=True)
class ReadOtherwise:
    """The posterior under another reading of the figures: 5 %, 50 % and 95 % of each parameter."""

    name: str
    parameters: Mapping[str, tuple[float, ...]]
    effective_count: float


@dataclass(frozen=True)
class Compared:
    """How many times as much one plan has of an indicator as another, over the ensemble."""

    ratio: Ratio
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Calibrated:
    """What came of a calibration."""

    place: Place
    evidence: Evidence
    """Of the figures that are fitted, after both waves."""
    paths: tuple[str, ...]
    values: Mapping[str, Numbers]
    """Parameter → posterior draws, (draws,), in its own unit."""
    prior_values: Mapping[str, Numbers]
    sampled: Sampled
    sets: tuple[Mapping[str, Any], ...]
    set_shares: Numbers
    weights: Numbers
    runs: pd.DataFrame
    """Runs of the sets: world, plan, seed and the columns of the targets."""
    foretold: tuple[Foretold, ...]
    errors: Mapping[str, Error]
    """Of each column under its plan, on worlds that the emulators never saw."""
    held_back: tuple[Numbers, Mapping[str, Numbers]]
    """Shares (worlds, parameters), and of each column its values (worlds, seeds)."""
    identified: tuple[Identified, ...]
    trades: tuple[tuple[str, str, float], ...]
    coverage: Coverage
    emulators: Mapping[str, Emulator]
    log_evidence: float
    """Log of the mean likelihood of what is fitted, over the prior."""
    densities: Mapping[str, float]
    """Of each figure that is not fitted, the log of the density that was foretold where it was published."""
    readings: tuple[ReadOtherwise, ...]
    ratios: tuple[Compared, ...]
    central: int
    """The set that the figures like best."""
    runs_count: int
    done_count: int
    """Runs that were made now; the others were stored."""


def calibrate(place: Place, out: Path, start: Start, tell: Callable[[str, Told | None], None]) -> Calibrated:
    """Calibrate a place; runs that are stored in `out` are not made again.

    `tell` is told what is done now, and how a sweep stands.
    Raises ValueError, StorageError or EngineError; Interrupted if Ctrl-C came while runs were made.
    """
    study = place.design
    done = run_study(study, out / "design", start, lambda told: tell("runs of the design", told))
    shares, table = world_shares(study.file), _tables(place, study, out / "design")
    seen = np.arange(len(shares)) < len(shares) - place.file.held_back
    tell("learning from the runs", None)
    learnt = _learnt(place, shares[seen], {name: values[seen] for name, values in table.items()})
    first = _evidence(place, learnt)
    proposed = weighted(first, first.observations, shares.shape[1])
    if np.count_nonzero(proposed.weights) < place.file.sets:
        raise ValueError(f"{place.name}: no parameters come near the figures; are the priors wide enough?")
    chance = np.random.default_rng(1)
    chosen = chance.choice(len(proposed.shares), place.file.sets, replace=False, p=proposed.weights)
    set_shares = proposed.shares[chosen]
    again = _study_of(place, set_shares)
    done += run_study(again, out / "sets", start, lambda told: tell("runs of the sets", told))
    told_again = _tables(place, again, out / "sets")
    tell("learning from those runs too", None)
    both = np.vstack([shares[seen], set_shares])
    joined = {name: np.vstack([table[name][seen], told_again[name]]) for name in table}
    learnt = _learnt(place, both, joined, learnt)
    second = _evidence(place, learnt)
    observations = second.observations
    logs = [evidence.log_likelihood(evidence.predict(set_shares), observations) for evidence in (first, second)]
    weights = weigh(set_shares, logs[1] - logs[0]).weights
    tell("sampling the posterior", None)
    sampled = sample(second, shares.shape[1], seed=2)
    tell("calibrating to made-up cities", None)
    unseen = shares[~seen], {name: values[~seen] for name, values in table.items()}
    return _gathered(place, learnt, sampled, again, set_shares, weights, logs[1], unseen, out, done)


def _gathered(
    place: Place, learnt: Mapping[str, Emulator], sampled: Sampled, again: Study, set_shares: Numbers,
    weights: Numbers, logs: Numbers, unseen: tuple[Numbers, Mapping[str, Numbers]], out: Path, done: int,
) -> Calibrated:  # fmt: skip
    """Everything that may be said, from what has been run and sampled."""
    study, known, evidence = place.design, known_values(place), _evidence(place, learnt)
    paths = tuple(entry.path for entry in study.file.uncertain)
    kept = np.random.default_rng(2).choice(len(sampled.shares), KEPT_DRAWS)
    draws = sampled.shares[kept]
    fitted = [target for target in place.file.targets if target.use == "fit"]
    one_run = {number: unseen[1][key(place, target)][:, 0] for number, target in enumerate(fitted)}
    runs = read_findings(out / "sets").runs
    prior = weighted(evidence, evidence.observations, len(paths))
    return Calibrated(
        place, evidence, paths, by_path(changes_at(study.file, draws, known)),
        by_path(changes_at(study.file, np.random.default_rng(3).random(draws.shape), known)), sampled,
        tuple(world.changes for world in again.worlds), set_shares, weights, runs,
        tuple(foretell(place, target, runs, weights, again) for target in place.file.targets),
        {name: error_of(emulator, unseen[0], unseen[1][name]) for name, emulator in learnt.items()}, unseen,
        tuple(identifiability(paths, draws)), tuple(trade_offs(paths, draws)),
        coverage(evidence, unseen[0], one_run), learnt, prior.log_evidence, densities(place, learnt, prior),
        tuple(read_otherwise(place, learnt, study, reading, known) for reading in place.file.readings),
        tuple(compared(ratio, runs, weights, again) for ratio in place.file.ratios), int(np.argmax(logs)),
        len(study.worlds) * len(study.plans) * place.file.seeds + len(runs), done,
    )  # fmt: skip


def densities(place: Place, learnt: Mapping[str, Emulator], prior: Weighted) -> dict[str, float]:
    """Of each figure that was not fitted, the log of the density that was foretold where it was published."""
    told = {}
    for target in place.file.targets:
        if target.use == "predict":
            alone = _evidence_of(place, learnt, [target])
            logs = alone.log_likelihood(alone.predict(prior.shares), alone.observations)
            told[target.figure] = float(logsumexp(logs, b=prior.weights))
    return told


def read_otherwise(
    place: Place, learnt: Mapping[str, Emulator], study: Study, reading: Reading, known: Mapping[str, Any]
) -> ReadOtherwise:
    """The posterior if the figures are read otherwise; no run is needed for it."""
    chosen = [
        target for target in place.file.targets
        if (target.use == "fit" and target.figure not in reading.without) or target.figure in reading.also
    ]  # fmt: skip
    part = _evidence_of(place, learnt, chosen)
    observations = [
        Observation("range", low=reading.figures[figure.id][0], high=reading.figures[figure.id][1])
        if figure.id in reading.figures else observed(figure)
        for figure in part.figures
    ]  # fmt: skip
    found = weighted(part, observations, len(study.file.uncertain))
    draws = np.random.default_rng(5).choice(len(found.shares), KEPT_DRAWS, p=found.weights)
    values = by_path(changes_at(study.file, found.shares[draws], known))
    return ReadOtherwise(
        reading.name, {path: tuple(np.quantile(value, INTERVAL).tolist()) for path, value in values.items()},
        found.effective_count,
    )  # fmt: skip


def compared(ratio: Ratio, runs: pd.DataFrame, weights: Numbers, study: Study) -> Compared:
    """The ratio of two plans in each set, both under the same luck."""
    numbers = {plan.name: plan.index for plan in study.plans}
    wide = runs.pivot_table(index="world", columns="plan", values=ratio.indicator)
    ratios = (wide[numbers[ratio.top]] / wide[numbers[ratio.bottom]]).dropna()
    of_world = weights[ratios.index.to_numpy(dtype=int)]
    return Compared(ratio, *quantiles(ratios.to_numpy(), of_world, INTERVAL))


def key(place: Place, target: Target) -> str:
    """What the values that are held against a figure are called: a column under a plan."""
    return f"{place.column(target)} | {target.plan}"


def known_values(place: Place) -> dict[str, Any]:
    """A value of every parameter of any of the place's plans."""
    return {
        path: value for plan in place.file.plans for path, _, _, value in walk(load(plan.base, plan.set).parameters)
    }


def by_path(changes: list[dict[str, Any]]) -> dict[str, Numbers]:
    """Sets of parameters as a column each."""
    return {path: np.array([values[path] for values in changes], dtype=float) for path in changes[0]}


def run_study(study: Study, folder: Path, start: Start, on_progress: Callable[[Told], None]) -> int:
    """Run what is missing of a study; how many runs that were."""
    told = sweep(study, open_results(study, folder), start, on_progress=on_progress)
    if told.interrupted:
        raise Interrupted
    return told.done


def _study_of(place: Place, shares: Numbers) -> Study:
    """The place's plans under chosen sets of parameters."""
    file = place.study(Worlds(method="random", draws=len(shares)), seed=AGAIN_SEED)
    worlds = changes_at(file, shares, known_values(place))
    study = make_study(file, place.design.path.with_name(f"{place.name}_sets.toml"))
    return replace(study, worlds=tuple(World(index, changes) for index, changes in enumerate(worlds)), _hashes={})


def _tables(place: Place, study: Study, folder: Path) -> dict[str, Numbers]:
    """Of each target its values, (worlds, seeds), NaN where a run failed or an indicator is undefined."""
    runs = read_findings(folder).runs
    numbers = {plan.name: plan.index for plan in study.plans}
    tables = {}
    for target in place.file.targets:
        of_plan = runs[runs["plan"] == numbers[target.plan]]
        wide = of_plan.assign(turn=of_plan.groupby("world").cumcount()).pivot_table(
            index="world", columns="turn", values=place.column(target), dropna=False
        )
        tables[key(place, target)] = wide.reindex(range(len(study.worlds))).to_numpy(dtype=float)
    return tables


def _learnt(
    place: Place, shares: Numbers, tables: Mapping[str, Numbers], before: Mapping[str, Emulator] | None = None
) -> dict[str, Emulator]:
    """An emulator of each column that a figure is held against; those of fewer runs are what they start from."""
    learnt: dict[str, Emulator] = {}
    for target in place.file.targets:
        name = key(place, target)
        if name not in learnt:
            kind = "share" if place.figures[target.figure].unit == "share" else "positive"
            learnt[name] = learn(shares, tables[name], kind, before[name] if before else None)
    return learnt


def _evidence(place: Place, learnt: Mapping[str, Emulator]) -> Evidence:
    """The figures that are fitted, with their emulators."""
    return _evidence_of(place, learnt, [target for target in place.file.targets if target.use == "fit"])


def _evidence_of(place: Place, learnt: Mapping[str, Emulator], targets: Sequence[Target]) -> Evidence:
    figures = tuple(place.figures[target.figure] for target in targets)
    return Evidence(figures, tuple(learnt[key(place, target)] for target in targets), place.file.discrepancy)


def foretell(place: Place, target: Target, runs: pd.DataFrame, weights: Numbers, study: Study) -> Foretold:
    """What the city would have published, if the model is right but for its discrepancy."""
    figure = place.figures[target.figure]
    plan = next(plan.index for plan in study.plans if plan.name == target.plan)
    chosen = runs[runs["plan"] == plan].dropna(subset=[place.column(target)])
    values = chosen[place.column(target)].to_numpy(dtype=float)
    of_world = weights[chosen["world"].to_numpy(dtype=int)]
    return judge(figure, target, published_like(figure, values, place), np.tile(of_world, NOISE_DRAWS))


def judge(figure: Figure, target: Target, told: Numbers, weights: Numbers) -> Foretold:
    """A figure beside draws of what would be published, weighted."""
    low, middle, high = quantiles(told, weights, INTERVAL)
    bottom, top = (math.nan if bound is None else bound for bound in figure.bounds)
    above, below = (float(weights[chosen].sum() / weights.sum()) for chosen in (told >= bottom, told <= top))
    mass = 2.0 * min(above, below) if bottom == top else above + below - 1.0
    if math.isnan(bottom) or math.isnan(top):
        mass = below if math.isnan(bottom) else above
    return Foretold(figure, target, low, middle, high, min(1.0, mass), mass >= LEAST_MASS)


def published_like(figure: Figure, values: Numbers, place: Place, seed: int = 4) -> Numbers:
    """What would be published of histories, discrepancy, error and rounding included, (NOISE_DRAWS · values,)."""
    chance = np.random.default_rng(seed)
    sd = np.array([place.file.discrepancy.of(figure, value) for value in values])
    error = figure.relative_error * np.abs(values)
    noise = chance.standard_normal((NOISE_DRAWS, len(values))) * np.hypot(sd, error)
    told = values + noise + figure.rounding * (chance.random(noise.shape) - 0.5)
    return (np.clip(told, 0.0, 1.0) if figure.unit == "share" else told).ravel()


def quantiles(values: Numbers, weights: Numbers, at: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of weighted values."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return tuple(float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)]) for share in at)
