"""What a calibration leaves behind: ensembles, central scenarios, pictures, and a summary for machines.

Layer: calibration.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from calibration.calibrating import INTERVAL, Calibrated, Start, calibrate
from calibration.pictures import draw_all
from calibration.places import Place
from experiments.ensembles import write_ensemble
from experiments.provenance import identity
from experiments.storage import write_whole
from experiments.sweeping import Told
from scenarios.loading import load, sources
from scenarios.parameters import walk

CODE = ("calibrating.py", "emulators.py", "likelihood.py", "places.py", "posterior.py")
"""What a calibration depends on beside the model."""


def inputs_of(place: Place) -> str:
    """Sixteen digits that change with all that a calibration depends on."""
    figures = [place.figures[target.figure].model_dump_json() for target in place.file.targets]
    code = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in CODE]
    bases = [load(plan.base, plan.set).hash for plan in place.file.plans]
    parts = [identity(), place.file.model_dump_json(), *figures, *code, *bases]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def write_ensembles(found: Calibrated, folder: Path) -> list[Path]:
    """An ensemble for each scenario that the place hands over to."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for handed in found.place.file.hand_over:
        known = {path for path, _, _, _ in walk(load(handed.scenario).parameters)}
        wanted = [path for path in found.place.unknown_in(handed.plan) if path in known]
        sets = []
        for values in found.sets:
            factors = {path: values[other] for path, other in handed.times.items()}
            sets.append({path: values[path] * factors.get(path, 1.0) for path in wanted})
        file = folder / f"{handed.scenario}.csv"
        write_ensemble(file, sets, found.weights.tolist())
        written.append(file)
    return written


def write_central(found: Calibrated, folder: Path) -> list[Path]:
    """A scenario for each that the place hands over to, with the values that the figures like best."""
    written = []
    for handed in found.place.file.hand_over:
        scenario = load(handed.scenario)
        known = {path for path, _, _, _ in walk(scenario.parameters)}
        own = f"calibration-{found.place.name}"
        source, why = own if own in sources() else "calibration-own", "the set that the published figures like best"
        lines = [
            f'title    = "{scenario.title}, calibrated"', f'question = "{scenario.question}"',
            f'place    = "{scenario.place}"', f'extends  = "{handed.scenario}"', "",
        ]  # fmt: skip
        for path, value in central_values(found, handed.plan, handed.times).items():
            if path in known:
                table, _, name = path.rpartition(".")
                lines += [f"[{table}]", f'{name} = {{ value = {value}, source = "{source}", why = "{why}" }}', ""]
        file = folder / f"{handed.scenario}_calibrated.toml"
        write_whole(file, "\n".join(lines))
        written.append(file)
    return written


def central_values(found: Calibrated, plan: str, times: Mapping[str, str]) -> dict[str, Any]:
    """The values of the central set under a plan, to three digits."""
    values = found.sets[found.central]
    told = {path: values[path] * (values[times[path]] if path in times else 1.0)
            for path in found.place.unknown_in(plan)}  # fmt: skip
    return {path: float(f"{value:.3g}") if isinstance(value, float) else value for path, value in told.items()}


def summary(found: Calibrated, inputs: str) -> dict[str, Any]:
    """What `calibrate --json` prints and `result.json` keeps."""
    lengths = {path: np.quantile(values, INTERVAL).tolist() for path, values in found.values.items()}
    before = {path: np.quantile(values, INTERVAL).tolist() for path, values in found.prior_values.items()}
    told = found.coverage
    return {
        "place": found.place.name, "title": found.place.file.title, "inputs": inputs, "identity": identity(),
        "runs_count": found.runs_count, "done_count": found.done_count,
        "figures": [
            {"id": f.figure.id, "use": f.target.use, "plan": f.target.plan, "standing": f.figure.standing,
             "published": f.figure.published, "unit": f.figure.unit, "bounds": list(f.figure.bounds),
             "low": f.low, "middle": f.middle, "high": f.high, "inside": f.inside}
            for f in found.foretold
        ],
        "parameters": [
            {"path": i.path, "prior": before[i.path], "posterior": lengths[i.path], "ratio": i.ratio, "word": i.word,
             "why": next(u.why for u in found.place.file.unknown if u.path == i.path)}
            for i in found.identified
        ],
        "trade_offs": [list(pair) for pair in found.trades],
        "emulators": {
            name: {"worlds": e.worlds, "rms": e.rms, "explained": e.explained, "inside_95": e.inside}
            for name, e in found.errors.items()
        },
        "coverage": {
            "truths": told.truths, "inside_50": dict(zip(found.paths, told.inside_50.tolist(), strict=True)),
            "inside_90": dict(zip(found.paths, told.inside_90.tolist(), strict=True)),
            "mean_50": float(told.inside_50.mean()), "mean_90": float(told.inside_90.mean()), "even_p": told.even,
            "effective_least": told.effective_least,
        },
        "sampling": {"acceptance": found.sampled.acceptance, "steps_apart": found.sampled.steps_apart,
                     "effective_count": found.sampled.effective_count},
        "log_evidence": found.log_evidence, "log_densities": dict(found.densities),
        "readings": [
            {"name": r.name, "parameters": dict(r.parameters), "figures": dict(r.figures),
             "effective_count": r.effective_count} for r in found.readings
        ],
        "ratios": [
            {"name": c.ratio.name, "published": c.ratio.published, "low": c.low, "middle": c.middle, "high": c.high}
            for c in found.ratios
        ],
        "ensemble": {"sets": len(found.sets), "effective_count": float(1.0 / (found.weights**2).sum())},
        "central": {h.scenario: central_values(found, h.plan, h.times) for h in found.place.file.hand_over},
        "discrepancy": found.place.file.discrepancy.model_dump(),
    }  # fmt: skip


def read_summary(folder: Path) -> dict[str, Any] | None:
    """What an earlier calibration has kept in a folder; None if nothing."""
    try:
        content = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and not math.isnan(content.get("log_evidence", math.nan)) else None


def calibrate_into(
    place: Place, folder: Path, start: Start, tell: Callable[[str, Told | None], None]
) -> dict[str, Any]:
    """Calibrate a place and keep everything in a folder; nothing is done if it is there for the same inputs.

    Raises as `calibrate`.
    """
    inputs = inputs_of(place)
    kept = read_summary(folder)
    if kept and kept["inputs"] == inputs:
        return {**kept, "done_count": 0}
    found = calibrate(place, folder, start, tell)
    tell("writing", None)
    write_ensembles(found, folder)
    write_central(found, folder)
    draw_all(found, folder / "pictures")
    told = summary(found, inputs)
    write_whole(folder / "result.json", json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return told
