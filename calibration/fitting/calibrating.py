"""Calibrating a place: runs of a design, emulators, posterior, runs again, and what may be said of it.

Layer: calibration.  After the design come two waves: what the posterior so far proposes is run, and learnt from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from calibration.fitting.emulators import Emulator, Error, error_of, learn
from calibration.fitting.foretelling import INTERVAL, Compared, Foretold, compared, foretell
from calibration.fitting.likelihood import Observation, observed
from calibration.fitting.places import Place, Reading, Target
from calibration.fitting.posterior import (
    LEAST_EFFECTIVE,
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
from experiments.findings.runs import read_findings
from experiments.running.engine import Engine
from experiments.studies.design import Study, make_study
from experiments.studies.folder import open_results
from experiments.studies.form import Worlds
from experiments.studies.sweeping import SweepState, sweep
from experiments.studies.worlds import World, changes_at, world_shares
from languages.speaking import say
from scenarios.loading import load
from scenarios.parameters import walk

type Numbers = NDArray[np.float64]
type Start = Callable[[], AbstractContextManager[Engine]]


class Doing(StrEnum):
    """What is being done, for whoever waits."""

    DESIGN = "design"
    LEARNING = "learning"
    SETS = "sets"
    """Runs of a wave of sets, by its number."""
    LEARNING_MORE = "learning_more"
    SAMPLING = "sampling"
    CANDIDATES = "candidates"
    MADE_UP_CITIES = "made_up_cities"
    WRITING = "writing"
    CHECK = "check"
    """A check of the validation, by its name."""
    SENSITIVITY = "sensitivity"


class Step(NamedTuple):
    """What is being done, and of what."""

    doing: Doing
    name: str = ""


type Tell = Callable[[Step, SweepState | None], None]
"""Is told what is done now, and how a sweep stands."""

WAVES = 2
"""In how many goes the sets of the ensemble are proposed, each by the posterior of all runs before it."""
SEEDS_APART = 1_000_000
"""Between the seeds of the design, of each wave, and of the candidates: no history is used twice."""


class Assumption(StrEnum):
    """Under what it is told how well a figure was foretold."""

    AS_CALIBRATED = "as_calibrated"
    EXACT_EMULATORS = "exact_emulators"
    THIRD_OF_DISCREPANCY = "third_of_discrepancy"
    TWICE_THE_DISCREPANCY = "twice_the_discrepancy"


ASSUMPTIONS = {
    Assumption.AS_CALIBRATED: (1.0, False),
    Assumption.EXACT_EMULATORS: (1.0, True),
    Assumption.THIRD_OF_DISCREPANCY: (1 / 3, False),
    Assumption.TWICE_THE_DISCREPANCY: (2.0, False),
}
"""Of each, times the discrepancy, and whether emulators have no doubt."""
CLOSE = 0.5
"""Standard deviations that model and figure may err by, in which a central set lies to the figures."""
CANDIDATES, CANDIDATE_SEEDS = 8, 6
"""So many sets whose own runs lie nearest to the figures are run again, with so many new histories each."""
KEPT_DRAWS = 2_000


class Interrupted(Exception):  # noqa: N818 -- it is no error
    """Ctrl-C came while runs were made; what is finished is kept."""


@dataclass(frozen=True)
class ReadOtherwise:
    """The posterior under another reading of the figures: 5 %, 50 % and 95 % of each parameter."""

    name: str
    parameters: Mapping[str, tuple[float, ...]]
    effective_count: float
    log_evidence: float
    """Log of the mean likelihood over the prior: to be set beside that of other readings of the same figures."""


class Unseen(NamedTuple):
    """Worlds that the emulators never see."""

    shares: Numbers
    """(worlds, parameters)"""
    tables: Mapping[Emulated, Numbers]
    """Of each target its values, (worlds, seeds)."""


class Sets(NamedTuple):
    """The ensemble, and its runs."""

    shares: Numbers
    """(sets, parameters)"""
    changes: tuple[Mapping[str, Any], ...]
    """The values of each set."""
    weights: Numbers
    """(sets,)"""
    runs: pd.DataFrame
    """World, plan, seed and the columns of the targets; the world is the set's place."""


@dataclass(frozen=True)
class Central:
    """The set for a scenario with one value of each parameter."""

    place: int
    """Among the sets."""
    means: Mapping[str, float]
    """Figure → mean of its indicator over new histories of this set."""
    off: float
    """Root of the mean square of what those are off the fitted figures by, each in what model and figure may err by."""


@dataclass(frozen=True)
class Calibrated:
    """What came of a calibration."""

    place: Place
    evidence: Evidence
    """Of the figures that are fitted, after all waves."""
    paths: tuple[str, ...]
    values: Mapping[str, Numbers]
    """Parameter → posterior draws, (draws,), in its own unit."""
    prior_values: Mapping[str, Numbers]
    sampled: Sampled
    sets: Sets
    foretold: tuple[Foretold, ...]
    errors: Mapping[Emulated, Error]
    """Of each column under its plan, on worlds that the emulators never saw."""
    unseen: Unseen
    identified: tuple[Identified, ...]
    trades: tuple[tuple[str, str, float], ...]
    coverage: Coverage
    emulators: Mapping[Emulated, Emulator]
    densities: Mapping[str, Mapping[str, float]]
    """Of each figure that is only foretold: assumption → log of the density that was foretold at what was published."""
    reached: Mapping[str, tuple[float, float]]
    """Of each figure, the lowest and the highest history of the design: what the model can do over the whole prior."""
    prior: Weighted
    """The posterior once more, as weighted draws from the prior."""
    readings: tuple[ReadOtherwise, ...]
    ratios: tuple[Compared, ...]
    central: Central
    runs_count: int
    done_count: int
    """Runs that were made now; the others were stored."""


def calibrate(place: Place, out: Path, start: Start, tell: Tell) -> Calibrated:
    """Calibrate a place; runs that are stored in `out` are not made again.

    `tell` is told what is done now, and how a sweep stands.
    Raises ValueError, StorageError or EngineError; Interrupted if Ctrl-C came while runs were made.
    """
    done_count = runs_count = 0

    def run(study: Study, folder: str, step: Step) -> dict[Emulated, Numbers]:
        nonlocal done_count, runs_count
        done_count += run_study(study, out / folder, start, lambda state: tell(step, state))
        runs_count += len(study.worlds) * len(study.plans) * study.file.replications.count
        return _tables(place, study, out / folder)

    shares, tables = world_shares(place.design.file), run(place.design, "design", Step(Doing.DESIGN))
    seen = np.arange(len(shares)) < len(shares) - place.file.held_back
    known_shares, known = shares[seen], {name: values[seen] for name, values in tables.items()}
    unseen = Unseen(shares[~seen], {name: values[~seen] for name, values in tables.items()})
    reached = {target.figure: _ends(tables[key(place, target)]) for target in place.file.targets}
    tell(Step(Doing.LEARNING), None)
    learnt, proposals = _learnt(place, known_shares, known), []
    for wave in range(1, WAVES + 1):
        proposals.append(_propose(place, _evidence(place, learnt), wave))
        sets = _study_of(place, proposals[-1].shares, place.file.seeds, wave)
        outcomes = run(sets, wave_folder(wave), Step(Doing.SETS, str(wave)))
        tell(Step(Doing.LEARNING_MORE), None)
        known_shares = np.vstack([known_shares, proposals[-1].shares])
        known = {name: np.vstack([values, outcomes[name]]) for name, values in known.items()}
        learnt = _learnt(place, known_shares, known, learnt)
    set_shares = np.vstack([proposal.shares for proposal in proposals])
    of_sets = {name: values[-len(set_shares) :] for name, values in known.items()}
    tell(Step(Doing.SAMPLING), None)
    evidence = _evidence(place, learnt)
    sampled = sample(evidence, shares.shape[1], seed=2)
    candidates = np.argsort(distances(place, of_sets), kind="stable")[:CANDIDATES]
    again = _study_of(place, set_shares[candidates], CANDIDATE_SEEDS, WAVES + 1, place.file.central_days)
    histories = run(again, "candidates", Step(Doing.CANDIDATES))
    central = central_of(place, candidates, histories, set_shares, np.median(sampled.shares, axis=0))
    tell(Step(Doing.MADE_UP_CITIES), None)
    waves = [read_findings(out / wave_folder(wave)).runs for wave in range(1, WAVES + 1)]
    before = np.cumsum([0, *(len(proposal.shares) for proposal in proposals)])
    runs = pd.concat(
        [outcomes.assign(world=outcomes["world"] + first) for outcomes, first in zip(waves, before, strict=False)]
    )
    ensemble = Sets(
        set_shares, tuple(changes_at(place.file.unknown, set_shares, known_values(place))),
        mixture_weights(evidence, proposals, set_shares), runs,
    )  # fmt: skip
    return _gathered(place, learnt, sampled, ensemble, central, unseen, reached, (runs_count, done_count))


def wave_folder(wave: int) -> str:
    """Where the runs of a wave lie, 1 to WAVES."""
    return f"sets_{wave}"


class Proposal(NamedTuple):
    """Sets that a posterior has proposed."""

    evidence: Evidence
    log_evidence: float
    shares: Numbers


def _propose(place: Place, evidence: Evidence, wave: int) -> Proposal:
    """Draw this wave's part of the sets from the prior by their likelihood.

    Raises ValueError if too few come near the figures.
    """
    likely = weighted(evidence, evidence.observations, len(place.file.unknown))
    count = len(range(wave - 1, place.file.sets, WAVES))
    if likely.effective_count < LEAST_EFFECTIVE:
        raise ValueError(say(
            "{place}: hardly any parameters come near the figures (the posterior rests on {effective:.1f} of {draws:,} "
            "draws from the priors); widen the priors", place=place.name, effective=likely.effective_count,
            draws=len(likely.shares),
        ))  # fmt: skip
    chosen = np.random.default_rng(wave).choice(len(likely.shares), count, replace=False, p=likely.weights)
    return Proposal(evidence, likely.log_evidence, likely.shares[chosen])


def mixture_weights(evidence: Evidence, proposals: Sequence[Proposal], shares: Numbers) -> Numbers:
    """What each set is worth: the posterior of all runs over the mixture of those that proposed the sets, (sets,).

    No set is worth more than √sets of mean weight: one whose own run has changed the emulators most would outweigh all.
    Source: Veach and Guibas 1995 (the balance heuristic); Ionides 2008 (truncation).
    """

    def logs(by: Evidence) -> Numbers:
        return by.log_likelihood(by.predict(shares), by.observations)

    proposed = logsumexp(
        [logs(each.evidence) - each.log_evidence for each in proposals], axis=0,
        b=np.array([[len(each.shares)] for each in proposals]),
    )  # fmt: skip
    weights = np.minimum(weigh(shares, logs(evidence) - proposed).weights, len(shares) ** -0.5)
    return np.asarray(weights / weights.sum())


def distances(place: Place, tables: Mapping[Emulated, Numbers]) -> Numbers:
    """How far the mean history of each set lies from the figures, (sets,); infinite where one is undefined.

    Root of the mean square of what it is off by, each in the standard deviation that model and figure may err by; a
    range is met anywhere inside. Readings that can be right together with what is fitted count too.
    """
    squares = []
    for target in (target for target in place.file.targets if target.use == "fit" or target.suits):
        figure, means = place.figures[target.figure], tables[key(place, target)].mean(axis=1)
        low, high = (math.nan if bound is None else bound for bound in figure.bounds)
        off = np.fmax(np.fmax(low - means, means - high), 0.0)
        sd = place.file.discrepancy.of(figure, means)
        squares.append((off / np.hypot(sd, figure.relative_error * means)) ** 2)
    found = np.sqrt(np.mean(squares, axis=0))
    return np.asarray(np.where(np.isnan(found), np.inf, found))


def _ends(values: Numbers) -> tuple[float, float]:
    """The lowest and the highest."""
    return float(np.nanmin(values)), float(np.nanmax(values))


def central_of(
    place: Place, candidates: NDArray[np.int64], tables: Mapping[Emulated, Numbers], shares: Numbers, middle: Numbers
) -> Central:
    """Of the candidates whose new histories lie close to the figures, the one nearest to the middle of the posterior.

    If none lies close, the one that lies nearest. `tables` are the candidates' new histories: those that made them
    candidates would flatter them; `shares` (sets, parameters) are all sets, `middle` (parameters,) the medians.
    """
    far = distances(place, tables)
    aside = np.linalg.norm(shares[candidates] - middle, axis=1)
    best = int(np.argmin(np.where(far <= CLOSE, aside, np.inf)) if far.min() <= CLOSE else np.argmin(far))
    means = {target.figure: float(tables[key(place, target)][best].mean()) for target in place.file.targets}
    return Central(int(candidates[best]), means, float(far[best]))


def _gathered(
    place: Place, learnt: Mapping[Emulated, Emulator], sampled: Sampled, sets: Sets, central: Central, unseen: Unseen,
    reached: Mapping[str, tuple[float, float]], counts: tuple[int, int],
) -> Calibrated:  # fmt: skip
    """Everything that may be said, from what has been run and sampled."""
    study, known, evidence = place.design, known_values(place), _evidence(place, learnt)
    paths = tuple(entry.path for entry in study.file.uncertain)
    kept = np.random.default_rng(2).choice(len(sampled.shares), KEPT_DRAWS)
    draws = sampled.shares[kept]
    fitted = [target for target in place.file.targets if target.use == "fit"]
    one_run = {number: unseen.tables[key(place, target)][:, 0] for number, target in enumerate(fitted)}
    prior = weighted(evidence, evidence.observations, len(paths))
    errors = {name: error_of(emulator, unseen.shares, unseen.tables[name]) for name, emulator in learnt.items()}
    return Calibrated(
        place, evidence, paths, by_path(changes_at(study.file.uncertain, draws, known)),
        by_path(changes_at(study.file.uncertain, np.random.default_rng(3).random(draws.shape), known)), sampled, sets,
        tuple(foretell(place, target, sets.runs, sets.weights) for target in place.file.targets),
        errors, unseen,
        tuple(identifiability(paths, draws)), tuple(trade_offs(paths, draws)),
        coverage(evidence, paths, unseen.shares, one_run), learnt,
        densities(place, learnt, errors), reached, prior,
        tuple(read_otherwise(place, learnt, study, reading, known) for reading in place.file.readings),
        tuple(compared(place, ratio, sets.runs, sets.weights) for ratio in place.file.ratios), central, *counts,
    )  # fmt: skip


def densities(
    place: Place, learnt: Mapping[Emulated, Emulator], errors: Mapping[Emulated, Error]
) -> dict[str, dict[str, float]]:
    """Of each figure that is only foretold, the log of the density that was foretold at what was published.

    Of those whose emulator does not hold the unseen worlds, none. Under each of `ASSUMPTIONS`, over the prior's draws.
    """
    fitted = _evidence(place, learnt)
    alone = [_evidence_of(place, learnt, [target]) for target in place.file.targets
             if target.use == "predict" and errors[key(place, target)].tolerable]  # fmt: skip
    predicted = [(evidence, evidence.over_prior(len(place.file.unknown))) for evidence in (fitted, *alone)]
    found: dict[str, dict[str, float]] = {evidence.figures[0].id: {} for evidence in alone}
    for name, (times, exact) in ASSUMPTIONS.items():
        logs = []
        for evidence, predictions in predicted:
            other = replace(evidence, discrepancy=evidence.discrepancy.times(times))
            sure = [each._replace(doubt_var=0.0 * each.doubt_var) if exact else each for each in predictions]
            logs.append(other.log_likelihood(sure, other.observations))
        for evidence, log in zip(alone, logs[1:], strict=True):
            found[evidence.figures[0].id][name] = float(logsumexp(log + logs[0]) - logsumexp(logs[0]))
    return found


def read_otherwise(
    place: Place, learnt: Mapping[Emulated, Emulator], study: Study, reading: Reading, known: Mapping[str, Any]
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
    values = by_path(changes_at(study.file.uncertain, found.shares[draws], known))
    return ReadOtherwise(
        reading.name, {path: tuple(np.quantile(value, INTERVAL).tolist()) for path, value in values.items()},
        found.effective_count, found.log_evidence,
    )  # fmt: skip


class Emulated(NamedTuple):
    """What an emulator stands for: a column of the runs, under a plan."""

    column: str
    plan: str


def key(place: Place, target: Target) -> Emulated:
    """What is held against a figure."""
    return Emulated(place.column(target), target.plan)


def known_values(place: Place) -> dict[str, Any]:
    """A value of every parameter of any of the place's plans."""
    return {
        path: value for plan in place.file.plans for path, _, _, value in walk(load(plan.base, plan.set).parameters)
    }


def by_path(changes: list[dict[str, Any]]) -> dict[str, Numbers]:
    """Sets of parameters as a column each."""
    return {path: np.array([values[path] for values in changes], dtype=float) for path in changes[0]}


def run_study(study: Study, folder: Path, start: Start, on_progress: Callable[[SweepState], None]) -> int:
    """Run what is missing of a study; how many runs that were."""
    state = sweep(study, open_results(study, folder, new_code=None), start, on_progress=on_progress)
    if state.interrupted:
        raise Interrupted
    return state.done


def _study_of(place: Place, shares: Numbers, seeds: int, turn: int, days: Mapping[str, int] | None = None) -> Study:
    """The place's plans under chosen sets of parameters, with histories that belong to this turn only."""
    file = place.study(Worlds(method="random", draws=len(shares)), seeds, 1 + turn * SEEDS_APART, days)
    worlds = changes_at(file.uncertain, shares, known_values(place))
    study = make_study(file, place.design.path.with_name(f"{place.name}_{turn}.toml"))
    return replace(study, worlds=tuple(World(number, changes) for number, changes in enumerate(worlds)), _hashes={})


def _tables(place: Place, study: Study, folder: Path) -> dict[Emulated, Numbers]:
    """Of each target its values, (worlds, seeds), NaN where a run failed or an indicator is undefined."""
    runs = read_findings(folder).runs
    tables = {}
    for target in place.file.targets:
        of_plan = runs[runs["plan"] == place.plan_number(target.plan)]
        wide = of_plan.assign(turn=of_plan.groupby("world").cumcount()).pivot_table(
            index="world", columns="turn", values=place.column(target), dropna=False
        )
        tables[key(place, target)] = wide.reindex(range(len(study.worlds))).to_numpy(dtype=float)
    return tables


def _learnt(
    place: Place, shares: Numbers, tables: Mapping[Emulated, Numbers], before: Mapping[Emulated, Emulator] | None = None
) -> dict[Emulated, Emulator]:
    """An emulator of each column that a figure is held against; those of fewer runs are what they start from."""
    units = {key(place, target): place.figures[target.figure].unit for target in place.file.targets}
    return {name: learn(shares, tables[name], unit, before[name] if before else None) for name, unit in units.items()}


def _evidence(place: Place, learnt: Mapping[Emulated, Emulator]) -> Evidence:
    """The figures that are fitted, with their emulators."""
    return _evidence_of(place, learnt, [target for target in place.file.targets if target.use == "fit"])


def _evidence_of(place: Place, learnt: Mapping[Emulated, Emulator], targets: Sequence[Target]) -> Evidence:
    figures = tuple(place.figures[target.figure] for target in targets)
    return Evidence(figures, tuple(learnt[key(place, target)] for target in targets), place.file.discrepancy)
