"""What a calibration leaves behind: ensembles, central scenarios, pictures, and a summary for machines.

Layer: calibration.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
from numpy.typing import NDArray
from scipy.stats import spearmanr

from calibration.fitting.calibrating import (
    CANDIDATE_SEEDS,
    Calibrated,
    Doing,
    Start,
    Step,
    Tell,
    calibrate,
    key,
    known_values,
)
from calibration.fitting.central import central_values, times
from calibration.fitting.foretelling import INTERVAL, Foretold
from calibration.fitting.judging import apart, doubts
from calibration.fitting.places import Place, is_own
from calibration.fitting.posterior import prior_draws
from calibration.pictures import draw_all
from calibration.words import central_title, central_why, doubt_in_words, doubts_in_words
from experiments.running.files import write_whole
from experiments.running.provenance import code_hash, identity
from experiments.studies.ensembles import LIBRARY, PRIOR, write_ensemble
from experiments.studies.worlds import changes_at
from languages.speaking import marked, say
from scenarios.loading import load, sources
from scenarios.parameters import walk

CODE = (
    "calibration/fitting",
    "experiments/published",
    "experiments/running",
    "experiments/statistics",
    "experiments/studies",
)
PACKAGES = ("emcee", "scikit-learn")
"""What a calibration depends on beside the model and its packages: whole folders, and the packages they use."""
SHIPPED = LIBRARY / "calibrations.json"
NOT_EXPLAINED = marked("not explained")
PRIOR_SETS, PRIOR_SEED = 200, 11
"""So many draws from the priors are handed over beside the sets that the figures allow."""


type Reasons = Sequence[Mapping[str, Any]]
"""Why a calibration is in doubt, as `result.json` keeps it; none: it is not."""


def inputs_of(place: Place) -> str:
    """Sixteen digits that change with all that a calibration depends on.

    The values of what is unknown under a plan are not among it: they may be the very outcome of the calibration.
    """
    bases = [
        [(path, str(value)) for path, _, _, value in walk(load(plan.base, plan.set).parameters)
         if path not in place.unknown_in(plan.name)]
        for plan in place.file.plans
    ]  # fmt: skip
    figures = [place.figures[target.figure].model_dump_json() for target in place.file.targets]
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    parts = [identity(), code_hash(CODE), place.file.model_dump_json(), *figures, *packages, json.dumps(bases)]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def write_ensembles(found: Calibrated, folder: Path, reasons: Reasons = ()) -> list[Path]:
    """An ensemble for each scenario that the place hands over to; if it is in doubt, it says why."""
    weights = found.sets.weights.tolist()
    return _write_sets(found.place, folder, found.sets.changes, weights, doubt=doubts_in_words(reasons))


def write_priors(place: Place, folder: Path) -> list[Path]:
    """Draws from the priors for each scenario that the place hands over to: what was possible before the figures."""
    shares = prior_draws(len(place.file.unknown), PRIOR_SEED, PRIOR_SETS)
    drawn = changes_at(place.file.unknown, shares, known_values(place))
    return _write_sets(place, folder, drawn, [1.0 / PRIOR_SETS] * PRIOR_SETS, end=PRIOR)


def _write_sets(
    place: Place, folder: Path, drawn: Sequence[Mapping[str, Any]], weights: Sequence[float], end: str = "",
    doubt: str = "",
) -> list[Path]:  # fmt: skip
    """The same sets for each scenario that the place hands over to, as far as it has their parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for handed in place.file.hand_over:
        known = {path for path, _, _, _ in walk(load(handed.scenario).parameters)}
        wanted = [path for path in place.unknown_in(handed.plan) if path in known]
        multiplied = (times(values, handed.times) for values in drawn)
        file = folder / f"{handed.name}{end}.csv"
        write_ensemble(file, [{path: values[path] for path in wanted} for values in multiplied], weights, doubt)
        written.append(file)
    return written


def write_central(found: Calibrated, folder: Path, reasons: Reasons = ()) -> list[Path]:
    """A scenario for each that the place hands over to, with the values of the central set."""
    written = []
    for handed in found.place.file.hand_over:
        file = folder / f"{handed.name}_calibrated.toml"
        values = central_values(found, handed.plan, handed.times)
        write_whole(file, central_toml(handed.scenario, found.place.name, values, reasons, folder))
        written.append(file)
    return written


def central_toml(
    name: str, place: str, values: Mapping[str, Any], reasons: Reasons = (), folder: Path | None = None
) -> str:
    """A scenario that extends another with a place's calibrated values, those that it has.

    One of one's own is named by its path from the folder in which this is to lie.
    """
    scenario = load(name)
    extends = os.path.relpath(name, folder) if is_own(name) and folder else name
    known = {path for path, _, _, _ in walk(scenario.parameters)}
    own = f"calibration-{place}"
    said = {
        "source": own if own in sources() else "calibration-own",
        "why": central_why(reasons),
    }
    document = tomlkit.document()
    if reasons:
        document.add(tomlkit.comment(f"in doubt: {doubts_in_words(reasons)}"))
    title = central_title(scenario.title, in_doubt=bool(reasons))
    document.update({"title": title, "question": scenario.question, "place": scenario.place, "extends": extends})
    tree: dict[str, Any] = {}
    for path, value in values.items():
        if path in known:
            *tables, key = path.split(".")
            table = tree
            for each in tables:
                table = table.setdefault(each, {})
            entry = tomlkit.inline_table()
            entry.update({"value": list(value) if isinstance(value, tuple) else value, **said})
            table[key] = entry
    document.update(_values_first(tree))
    return tomlkit.dumps(document)


def _values_first(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The same tables, with values before the tables below: TOML has no way back to a table."""
    below = {key: _values_first(value) for key, value in tree.items() if type(value) is dict}
    return {key: value for key, value in tree.items() if key not in below} | below


def summary(found: Calibrated, inputs: str) -> dict[str, Any]:
    """What `calibrate --json` prints and `result.json` keeps."""
    place = found.place
    units = {key(place, target): place.figures[target.figure].unit for target in place.file.targets}
    return {
        "place": found.place.name, "title": found.place.file.title, "inputs": inputs, "identity": identity(),
        "doubts": [doubt.as_json() for doubt in doubts(found)], "runs_count": found.runs_count,
        "done_count": found.done_count,
        "plans": [
            {"name": plan.name, "base": plan.base, "days": load(plan.base, plan.set).parameters.period.days}
            for plan in found.place.file.plans
        ],
        "figures": [_figure(found, entry) for entry in found.foretold], "parameters": _parameters(found),
        "trade_offs": [list(pair) for pair in found.trades],
        "emulators": [
            {
                **emulated._asdict(), "worlds": e.worlds, "unit": units[emulated], "rms": e.rms,
                "explained": e.explained, "inside_95": e.inside,
            }
            for emulated, e in found.errors.items()
        ],
        "coverage": _coverage(found),
        "sampling": {"acceptance": found.sampled.acceptance, "steps_apart": found.sampled.steps_apart,
                     "apart": apart(found), "prior_effective_count": found.prior.effective_count,
                     "effective_count": found.sampled.effective_count},
        "log_evidence": found.prior.log_evidence, "log_densities": found.densities, "reached": found.reached,
        "readings": [reading.__dict__ for reading in found.readings],
        "ratios": [
            {"name": c.ratio.name, "published": c.ratio.published, "low": c.low, "middle": c.middle, "high": c.high}
            for c in found.ratios if math.isfinite(c.high)
        ],
        "ensemble": {"sets": len(found.sets.weights), "effective_count": float(1.0 / (found.sets.weights**2).sum())},
        "central": {h.name: central_values(found, h.plan, h.times) for h in found.place.file.hand_over},
        "central_histories": {"count": CANDIDATE_SEEDS, "means": dict(found.central.means), "off": found.central.off},
        "discrepancy": found.place.file.discrepancy.model_dump(),
    }  # fmt: skip


def _coverage(found: Calibrated) -> dict[str, Any]:
    """How the intervals did on known truths: of the parameters, and of what the figures inform."""
    coverage, count = found.coverage, len(found.paths)
    informed = [
        {"name": name, "inside_50": float(of_50), "inside_90": float(of_90)}
        for name, of_50, of_90 in list(zip(coverage.names, coverage.inside_50, coverage.inside_90, strict=True))[count:]
    ]
    return {
        "truths": coverage.truths, "mean_50": float(coverage.inside_50[:count].mean()),
        "mean_90": float(coverage.inside_90[:count].mean()), "informed": informed, "even_p": coverage.even,
        "least_even": coverage.least_even, "effective": coverage.effective, "allowed_50": coverage.allowed(0.5),
        "allowed_90": coverage.allowed(0.9),
    }  # fmt: skip


def _figure(found: Calibrated, foretold: Foretold) -> dict[str, Any]:
    """A figure with its prediction; one that lies outside with the reason that the place gives."""
    figure = foretold.figure
    explained = found.place.file.explained.get(figure.id, NOT_EXPLAINED if foretold.target.use == "fit" else "")
    why = "" if foretold.inside else explained
    return {
        "id": figure.id, "use": foretold.target.use, "plan": foretold.target.plan, "standing": figure.standing,
        "published": figure.published, "unit": figure.unit, "bounds": list(figure.bounds), "low": foretold.low,
        "middle": foretold.middle, "high": foretold.high, "mass": foretold.mass, "inside": foretold.inside, "why": why,
    }  # fmt: skip


def _parameters(found: Calibrated) -> list[dict[str, Any]]:
    """What is known of each parameter, and how its intervals did on known truths."""
    why = {entry.path: entry.why for entry in found.place.file.unknown}
    moves = matters(found)
    return [
        {"path": i.path, "prior": np.quantile(found.prior_values[i.path], INTERVAL).tolist(),
         "posterior": np.quantile(found.values[i.path], INTERVAL).tolist(), "ratio": i.ratio, "knowledge": i.knowledge,
         "at_an_end": i.at_an_end, "matters": moves[i.path],
         "why": why[i.path], "inside_50": float(of_50), "inside_90": float(of_90)}
        for i, of_50, of_90 in zip(found.identified, found.coverage.inside_50, found.coverage.inside_90, strict=False)
        # coverage goes on after the parameters
    ]  # fmt: skip


def matters(found: Calibrated) -> dict[str, float]:
    """Of each parameter, how much what is foretold still hangs on it: its largest rank correlation over the sets."""
    means = found.sets.runs.groupby(["plan", "world"]).mean(numeric_only=True)
    numbers = {plan.name: plan.number for plan in found.place.design.plans}
    foretold = [
        means.loc[numbers[target.plan]][found.place.column(target)].to_numpy(dtype=float)
        for target in found.place.file.targets
    ]
    return {
        path: max(_correlation(shares, values) for values in foretold)
        for path, shares in zip(found.paths, found.sets.shares.T, strict=True)
    }


def _correlation(shares: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """How closely ranks go together, whichever way; 0 where one does not vary."""
    told = ~np.isnan(values)
    if len(np.unique(values[told])) < 2 or len(np.unique(shares[told])) < 2:
        return 0.0
    return abs(float(spearmanr(shares[told], values[told]).statistic))


def read_summary(folder: Path) -> dict[str, Any] | None:
    """What an earlier calibration has kept in a folder; None if nothing."""
    try:
        content = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(content, dict) and isinstance(content.get("log_evidence"), float)
    return content if whole and content.keys() >= {"inputs", "doubts", "central"} else None


def calibrate_into(
    place: Place,
    folder: Path,
    start: Start,
    tell: Tell,
    even_in_doubt: bool = False,
) -> dict[str, Any]:
    """Calibrate a place and keep everything in a folder; nothing is done if it is there for the same inputs.

    A calibration in doubt hands nothing over, neither ensembles nor central scenarios, unless `even_in_doubt`: then
    these say so in themselves. What an earlier one has handed over goes.
    Raises as `calibrate`.
    """
    inputs = inputs_of(place)
    kept = read_summary(folder)
    if kept and kept["inputs"] == inputs:
        if kept["doubts"] and not even_in_doubt:
            _withdraw(place, folder, kept)
            return {**kept, "done_count": 0, "handed_over": []}
        written = [folder / name for name in _names(place)]
        if all(file.is_file() for file in written):
            return {**kept, "done_count": 0, "handed_over": [file.name for file in written]}
    try:
        found = calibrate(place, folder, start, tell)
    except ValueError:
        _withdraw(place, folder, kept)
        (folder / "result.json").unlink(missing_ok=True)
        raise
    tell(Step(Doing.WRITING), None)
    result = summary(found, inputs)
    _withdraw(place, folder, kept)
    handed = []
    reasons = result["doubts"]
    if even_in_doubt or not reasons:
        ensembles = write_ensembles(found, folder, reasons) + write_priors(place, folder)
        handed = [file.name for file in (*ensembles, *write_central(found, folder, reasons))]
    draw_all(found, folder / "pictures")
    write_whole(folder / "result.json", json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return {**result, "handed_over": handed}


def _names(place: Place, more: Iterable[str] = ()) -> list[str]:
    """The files that a calibration hands over, and of more scenarios."""
    scenarios = dict.fromkeys([*(handed.name for handed in place.file.hand_over), *more])
    return [f"{name}{end}" for end in (".csv", f"{PRIOR}.csv", "_calibrated.toml") for name in scenarios]


def _withdraw(place: Place, folder: Path, kept: Mapping[str, Any] | None) -> None:
    """Take away what an earlier calibration has handed over in a folder: it must not pass for this one's."""
    for name in _names(place, kept["central"] if kept else ()):
        (folder / name).unlink(missing_ok=True)


def shipped() -> dict[str, Any]:
    """Of each ensemble of the library, what it was made from.

    Raises ValueError if that cannot be read.
    """
    if not SHIPPED.is_file():
        return {}
    try:
        kept = json.loads(SHIPPED.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ValueError(
            say("{file}: cannot be read: {reason}", file=SHIPPED.name, reason=" ".join(str(error).split()))
        ) from None
    if not isinstance(kept, dict):
        raise ValueError(say("{file}: must be a JSON object with an entry for each ensemble", file=SHIPPED.name))
    return kept


def ship(place: Place, folder: Path) -> list[str]:
    """Put the ensembles of a calibration into the library, with what they were made from.

    Raises ValueError if the calibration must not be given as an answer.
    """
    kept = read_summary(folder)
    if not kept:
        raise ValueError(
            say("{place}: it has not been calibrated, so nothing is put into the library", place=place.name)
        )
    if kept["doubts"]:
        reason = doubt_in_words(kept["doubts"][0])
        raise ValueError(say(
            "{place}: its calibration is in doubt and is not put into the library: {reason}", place=place.name,
            reason=reason,
        ))  # fmt: skip
    LIBRARY.mkdir(exist_ok=True)
    entries = shipped()
    for handed in place.file.hand_over:
        for name in (f"{handed.scenario}.csv", f"{handed.scenario}{PRIOR}.csv"):
            write_whole(LIBRARY / name, (folder / name).read_text(encoding="utf-8"))
        entries[handed.scenario] = {
            "place": place.name, "inputs": kept["inputs"], "identity": kept["identity"], "runs": kept["runs_count"],
        }  # fmt: skip
    write_whole(SHIPPED, json.dumps(dict(sorted(entries.items())), indent=1) + "\n")
    return [handed.scenario for handed in place.file.hand_over]
