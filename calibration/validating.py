"""Validation: every published figure beside what the calibrated model foretells, and what follows, on one page.

Layer: calibration.  The page is written from results and from nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from calibration.calibrating import Start
from calibration.checks import (
    Concluded,
    Seen,
    Tell,
    checks,
    conclude,
    effects,
    foretell_elsewhere,
    sensitive,
)
from calibration.figures import Figure, figures
from calibration.keeping import calibrate_into
from calibration.pictures import draw_definitions, draw_sensitivity
from calibration.places import place_names, read_place
from experiments.definitions import Counted, definitions, how_far
from experiments.findings import Sensitivity, read_findings
from experiments.provenance import identity, versions
from experiments.storage import write_whole
from experiments.tables import number, shown_unit
from sim.indicators import INDICATORS

HERE = Path(__file__).parent
MOST_EFFECTS = 12
CANNOT_TELL, POSITIVE, STRONG = 3.0, 20.0, 150.0
"""Bayes factors from which evidence counts as positive, strong, very strong (Kass and Raftery 1995)."""
SAID = ("doubts", "coverage", "parameters", "log_evidence", "log_densities")
"""Of each place, what `--json` says."""
LEAST_MOVE = 0.1
"""Of its 90 % interval, by which the median of a parameter must move to be said to."""
SECOND_QUARTER = "changning-2006q1-ontime"
LOAD, LEARNING = "changning", "changning_learning"


def validate_into(out: Path, page: Path | None, start: Start, tell: Tell) -> dict[str, Any]:
    """Calibrate every place (nothing is run twice), run the checks, write the page; what it says, for machines.

    Raises as `calibrating.calibrate`.
    """
    out.mkdir(parents=True, exist_ok=True)
    places = {name: calibrate_into(read_place(name), out / name, start, tell) for name in place_names()}
    asked = checks()
    seen = [entry for check in asked.elsewhere for entry in foretell_elsewhere(check, out, start, tell)]
    moved = {
        f"{check.ensemble.partition('/')[0]} → {check.scenario}": foretell_elsewhere(check, out, start, tell)
        for check in asked.transfer
    }
    concluded = [entry for check in asked.conclusions for entry in conclude(check, out, start, tell)]
    sensitivities = {check.name: sensitive(check, out, start, tell) for check in asked.sensitivity}
    counted = definitions(read_findings(out / LOAD / "sets"), 0)
    rows = every_figure(places, seen)
    page = page or out / "validation.md"
    pictures = page.parent / "pictures" / "validation"
    pictures.mkdir(parents=True, exist_ok=True)
    for name in places:
        for file in (out / name / "pictures").glob("*.png"):
            (pictures / f"{name}_{file.name}").write_bytes(file.read_bytes())
    draw_definitions(counted, pictures / "definitions.png")
    for place, (name, (found, _)) in enumerate(sensitivities.items(), 1):
        draw_sensitivity(name, effects(found).head(MOST_EFFECTS), pictures / f"sensitivity_{place}.png")
    told = {
        "page": str(page), "identity": identity(), "figures": rows, "answers": answers(places, moved, concluded),
        "conclusions": [entry._asdict() | {"word": entry.word} for entry in concluded],
        "places": {name: {key: kept[key] for key in SAID} for name, kept in places.items()},
    }  # fmt: skip
    write_whole(page, _page(places, rows, moved, concluded, sensitivities, counted, told["answers"]))
    return told


def every_figure(places: Mapping[str, Mapping[str, Any]], seen: list[Seen]) -> list[dict[str, Any]]:
    """Every published figure in the order of the file, with its prediction and verdict."""
    fitted: dict[str, dict[str, Any]] = {}
    for name in (LOAD, *places):  # a figure of several places is judged by the first of them
        for told in places[name]["figures"]:
            fitted.setdefault(told["id"], told | {"place": name})
    elsewhere = {entry.told.figure.id: entry for entry in seen}
    rows = []
    for figure in figures():
        row = {"id": figure.id, "published": figure.published, "unit": figure.unit, "standing": figure.standing,
               "low": None, "middle": None, "high": None, "mass": None, "by": "–",
               "verdict": _not_simulated(figure)}  # fmt: skip
        if told := fitted.get(figure.id):
            row |= {key: told[key] for key in ("low", "middle", "high", "mass")}
            how = "fitted" if told["use"] == "fit" else "never fitted"
            row |= {
                "by": f"{told['place']}, {how}",
                "verdict": verdict(told["inside"], told["why"] if told["use"] == "fit" else ""),
            }
        elif entry := elsewhere.get(figure.id):
            row |= {key: getattr(entry.told, key) for key in ("low", "middle", "high", "mass")}
            row |= {"by": f"elsewhere: {entry.note}", "verdict": verdict(entry.told.inside, "")}
            row |= {"verdict": "put in by hand"} if entry.given else {}
        rows.append(row)
    return rows


def verdict(inside: bool, why: str) -> str:
    """In words."""
    return "inside" if inside else f"outside ({why})" if why else "outside"


def _not_simulated(figure: Figure) -> str:
    return "never used" if figure.standing == "contested" and figure.quantity is None else "not simulated"


def answers(
    places: Mapping[str, Mapping[str, Any]], moved: Mapping[str, list[Seen]], concluded: list[Concluded]
) -> list[str]:
    """The questions that the figures were asked, answered in words."""
    return [
        *second_quarter(places), *staff(concluded), *read_otherwise(places), *against(places), *transfer(moved),
    ]  # fmt: skip


def second_quarter(places: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Does load alone explain the second quarter, or practice, or can they not be told apart?"""
    told = [next(f for f in places[name]["figures"] if f["id"] == SECOND_QUARTER) for name in (LOAD, LEARNING)]
    logs = [places[name]["log_densities"][SECOND_QUARTER] for name in (LOAD, LEARNING)]
    towards = "learning" if logs[1] > logs[0] else "load alone"
    size = math.exp(min(50.0, abs(logs[1] - logs[0])))
    strength = "positive" if size < POSITIVE else "strong" if size < STRONG else "very strong"
    word = "cannot tell them apart" if size < CANNOT_TELL else f"prefers {towards} ({strength} evidence)"
    lies = ["inside" if figure["inside"] else "outside" for figure in told]
    return [
        "Second quarter in Changning (published: 99.1 % on time), foretold by what was fitted to the first quarter and "
        f"to the second's number of cases: by load alone {_interval(told[0])}, with learning {_interval(told[1])}; the "
        f"published share lies {lies[0]} the first and {lies[1]} the second. It {word}: Bayes factor {size:.1f} for "
        f"{towards}.",
    ]


def _interval(figure: Mapping[str, Any]) -> str:
    unit = figure["unit"]
    return f"{number(figure['low'], unit)} to {number(figure['high'], unit)} {shown_unit(unit)}"


def staff(concluded: list[Concluded]) -> list[str]:
    """Which conclusions hold under both readings of Changning's staff."""
    press, seed = ([c for c in concluded if c.check.startswith(f"Changning, {n}")] for n in ("314", "111"))
    same, other = [], []
    for first, second in zip(press, seed, strict=True):
        words = first.word, second.word
        name = f"{first.plan}: {first.indicator}"
        if words[0] == words[1]:
            same.append(f"{name} {words[0]}")
        else:
            other.append(f"{name} {words[0]} (314 supervisors), {words[1]} (111)")
    return [
        f"Conclusions that hold under both readings of Changning's staff: {'; '.join(same) or 'none'}.",
        f"Conclusions that change with the reading: {'; '.join(other) or 'none'}.",
    ]


def read_otherwise(places: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What the other readings of contested figures would change: the parameter that moves most, in its own spread."""
    told = []
    for name, kept in places.items():
        for reading in kept["readings"]:
            moves = [(own["path"], own["posterior"], reading["parameters"][own["path"]]) for own in kept["parameters"]]
            path, own, other = max(moves, key=lambda move: abs(move[2][1] - move[1][1]) / (move[1][2] - move[1][0]))
            by = abs(other[1] - own[1]) / (own[2] - own[0])
            words = f"{path} most, from {own[1]:.3g} to {other[1]:.3g} (medians)"
            told.append(
                f"{name}, read as {reading['name']}: " + (f"moves {words}." if by >= LEAST_MOVE else "nothing moves.")
            )
    return told


def against(places: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Before against after."""
    return [
        f"{name}, {ratio['name']} (published: {ratio['published']:g}, and fitted through its two sides): the model "
        f"says {ratio['middle']:.1f} times ({ratio['low']:.1f} to {ratio['high']:.1f})."
        for name, kept in places.items() for ratio in kept["ratios"]
    ]  # fmt: skip


def transfer(moved: Mapping[str, list[Seen]]) -> list[str]:
    """Whether rates that were fitted in one city foretell another."""
    told = []
    for name, entries in moved.items():
        words = []
        for entry in (seen.told for seen in entries if seen.told.figure.standing != "check"):
            ends = _interval({"unit": entry.figure.unit, "low": entry.low, "high": entry.high})
            words.append(f"{entry.figure.id} {ends} (published: {entry.figure.published}; {verdict(entry.inside, '')})")
        told.append(f"Transfer, {name}: {'; '.join(words)}.")
    return told


def _page(
    places: Mapping[str, Any], rows: list[dict[str, Any]], moved: Mapping[str, list[Seen]], concluded: list[Concluded],
    sensitivities: Mapping[str, tuple[Sensitivity, list[str]]], counted: dict[str, list[Counted]], told: list[str],
) -> str:  # fmt: skip
    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters |= {"num": number, "unit": shown_unit, "pct": lambda share: f"{share:.0%}", "verdict": verdict}
    return environment.get_template("validation.md.j2").render(
        places=places, rows=rows, moved=moved, concluded=concluded, counted=counted, how_far=how_far(counted),
        sensitivities={name: (effects(found).head(MOST_EFFECTS), found, left)
                       for name, (found, left) in sensitivities.items()},
        trajectories={check.name: (check.trajectories, check.set) for check in checks().sensitivity},
        answers=told, identity=identity(), versions=versions(), indicators=INDICATORS,
    )  # fmt: skip
