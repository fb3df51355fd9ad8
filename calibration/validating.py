"""Validation: every published figure beside what the calibrated model foretells, and what follows, on one page.

Layer: calibration.  The page is written from results and from nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from calibration.checks import (
    FACTOR,
    SHUFFLES,
    Concluded,
    Depends,
    Seen,
    Tell,
    checks,
    conclude,
    foretell_elsewhere,
    sensitive,
)
from calibration.fitting.calibrating import Start
from calibration.fitting.places import place_names, read_place
from calibration.fitting.posterior import LEAST_EFFECTIVE
from calibration.keeping import calibrate_into
from calibration.pictures import draw_definitions, draw_sensitivity
from calibration.tables import USES
from experiments.findings.definitions import Counted, Family, definitions
from experiments.published.figures import Figure, figures
from experiments.running.files import write_whole
from experiments.running.provenance import identity, versions
from experiments.statistics.agreement import Sign
from experiments.words.comparisons import AGREEMENT, agreement_in_words
from experiments.words.findings import FAMILIES, how_far
from experiments.words.numbers import number, shown_unit
from scenarios.loading import load
from scenarios.parameters import walk
from sim.indicators import INDICATORS

HERE = Path(__file__).parent
MOST_EFFECTS = 12
COUNTED = ("as it was", "cells four times as large")
"""Plans of which every definition is shown: one that keeps up, one that does not."""
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
    places = {name: calibrate_into(read_place(name), out / name, start, tell, True) for name in place_names()}
    asked = checks()
    seen = [entry for check in asked.elsewhere for entry in foretell_elsewhere(check, out, start, tell)]
    moved = {
        f"{check.ensemble.partition('/')[0]} → {check.scenario}": foretell_elsewhere(check, out, start, tell)
        for check in asked.transfer
    }
    answered = {check.name: conclude(check, out, start, tell) for check in asked.conclusions}
    concluded = [entry for entries, _ in answered.values() for entry in entries]
    depends = [entry for check in asked.sensitivity for entry in sensitive(check, out, start, tell)]
    crowded = next(check for check in asked.conclusions if check.ensemble.startswith(f"{LOAD}/"))
    counted = {
        plan.name: definitions(answered[crowded.name][1], number)
        for number, plan in enumerate(crowded.plans) if plan.name in COUNTED
    }  # fmt: skip
    rows = every_figure(places, seen)
    page = page or out / "validation.md"
    pictures = page.parent / "pictures" / "validation"
    pictures.mkdir(parents=True, exist_ok=True)
    for name in places:
        for file in (out / name / "pictures").glob("*.png"):
            (pictures / f"{name}_{file.name}").write_bytes(file.read_bytes())
    draw_definitions(counted, pictures / "definitions.png")
    for place, entry in enumerate(depends, 1):
        draw_sensitivity(entry, MOST_EFFECTS, pictures / f"sensitivity_{place}.png")
    page_data = Page(places, rows, moved, concluded, depends, counted)
    told = {
        "page": str(page), "identity": identity(), "figures": rows, "answers": page_data.answers,
        "conclusions": [_concluded_as_json(entry) for entry in concluded],
        "places": {name: {key: kept[key] for key in SAID} for name, kept in places.items()},
    }  # fmt: skip
    write_whole(page, page_data.render())
    return told


@dataclass(frozen=True)
class Page:
    """All that the page is written from."""

    places: Mapping[str, Mapping[str, Any]]
    rows: list[dict[str, Any]]
    moved: Mapping[str, list[Seen]]
    concluded: list[Concluded]
    depends: list[Depends]
    counted: Mapping[str, Mapping[Family, list[Counted]]]
    """Plan → family → what its definitions come to."""

    @property
    def answers(self) -> list[str]:
        """The questions that the figures were asked, answered in words."""
        return [
            *never_fitted(self.rows), *second_quarter(self.places), *staff(self.concluded),
            *read_otherwise(self.places), *against(self.places), *transfer(self.moved),
        ]  # fmt: skip

    def render(self) -> str:
        """The page, in Markdown."""
        environment = Environment(
            loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
            autoescape=False,
        )  # fmt: skip
        environment.filters |= {
            "num": number, "unit": shown_unit, "pct": lambda share: f"{share:.0%}", "verdict": verdict,
            "bounds": bounds_in_words, "what": lambda indicator: INDICATORS[indicator].definition,
            "holds": holds, "family": FAMILIES.get,
        }  # fmt: skip
        asked, counts = checks(), [len(place["parameters"]) for place in self.places.values()]
        return environment.get_template("validation.md.j2").render(
            page=self, readings=both_readings(self.concluded), same_sign=same_sign, cautions=cautions(self.concluded),
            days={c.name: c.days for c in asked.conclusions},
            how_far={plan: how_far(counted) for plan, counted in self.counted.items()}, most=MOST_EFFECTS,
            varied=(min(counts), max(counts)), factor=FACTOR, shuffles=SHUFFLES, names=self._names(), uses=USES,
            agreement=AGREEMENT, identity=identity(), versions=versions(), indicators=INDICATORS,
        )  # fmt: skip

    def _names(self) -> list[tuple[str, str, str]]:
        """What the page calls parameters: path, what it is, unit."""
        shown = {told["path"] for place in self.places.values() for told in place["parameters"]}
        shown |= {path for depends in self.depends for path in depends.table["path"].head(MOST_EFFECTS)}
        bases = dict.fromkeys(plan["base"] for place in self.places.values() for plan in place["plans"])
        found = {}
        for base in bases:
            for path, section, name, _ in walk(load(base).parameters):
                if path in shown:
                    found[path] = section.model_fields[name].description or "", section.science(name).unit
        return [(path, *found[path]) for path in sorted(found)]


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
               "bounds": figure.bounds, "note": figure.note, "tested": False,
               "low": None, "middle": None, "high": None, "mass": None, "by": "–",
               "verdict": _not_simulated(figure)}  # fmt: skip
        if told := fitted.get(figure.id):
            row |= {key: told[key] for key in ("low", "middle", "high", "mass")}
            row |= {"tested": told["use"] == "predict"}
            row |= {
                "by": f"{told['place']}, {USES[told['use']]}",
                "verdict": verdict(told["inside"], told["why"] if told["use"] == "fit" else ""),
            }
        elif entry := elsewhere.get(figure.id):
            row |= {key: getattr(entry.told, key) for key in ("low", "middle", "high", "mass")}
            row |= {"by": f"elsewhere: {entry.note}, {entry.days} days", "verdict": verdict(entry.told.inside, "")}
            row |= {"verdict": "put in by hand"} if entry.given else {"tested": True}
        rows.append(row)
    return rows


def verdict(inside: bool, why: str) -> str:
    """In words."""
    return "inside" if inside else f"outside ({why})" if why else "outside"


def _not_simulated(figure: Figure) -> str:
    return "never used" if figure.standing == "contested" and figure.quantity is None else "not simulated"


def second_quarter(places: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Does load alone explain the second quarter, or practice, or can they not be told apart?"""
    load_alone, learning = places[LOAD], places[LEARNING]
    told = [next(f for f in place["figures"] if f["id"] == SECOND_QUARTER) for place in (load_alone, learning)]
    tops = [number(place["reached"][SECOND_QUARTER][1], "share") for place in (load_alone, learning)]
    lies = ["inside" if figure["inside"] else "outside" for figure in told]
    logs = [place["log_densities"][SECOND_QUARTER] for place in (load_alone, learning)]
    factors = {name: math.exp(min(50.0, logs[1][name] - logs[0][name])) for name in logs[0]}
    said = ", ".join(f"{factor:.2g} {name}" for name, factor in factors.items())
    return [
        f"Second quarter in Changning (published: {told[0]['published']}), foretold by what was fitted to the first "
        f"quarter and to the second's number of cases: by load alone {_interval(told[0])}, with learning "
        f"{_interval(told[1])}; the published share lies {lies[0]} the first and {lies[1]} the second.",
        f"Over the whole prior, no history by load alone had more than {tops[0]} % on time in the second quarter; with "
        f"learning, {tops[1]} %.",
        f"Bayes factors for learning against load alone: {said}. {preferred(list(factors.values()))}",
    ]


def preferred(factors: list[float]) -> str:
    """What Bayes factors for learning say, each under another assumption."""
    low, high = min(factors), max(factors)
    for least, name in ((low, "learning"), (1.0 / high, "load alone")):
        if least >= CANNOT_TELL:
            strength = "positive" if least < POSITIVE else "strong" if least < STRONG else "very strong"
            return f"The figures prefer {name}, with {strength} evidence at least."
    if max(high, 1.0 / low) < CANNOT_TELL:
        return "The figures cannot tell the two apart."
    if low >= 1.0 or high <= 1.0:
        name = "learning" if low >= 1.0 else "load alone"
        return f"The figures lean to {name}; how far depends on what model and emulators may err by."
    return (
        "Which of the two the figures prefer depends on what model and emulators may err by: they cannot be told apart."
    )


def _interval(figure: Mapping[str, Any]) -> str:
    unit = figure["unit"]
    return f"{number(figure['low'], unit)} to {number(figure['high'], unit)} {shown_unit(unit)}"


def never_fitted(rows: list[dict[str, Any]]) -> list[str]:
    """How many figures that were only foretold lie inside: these alone test the model."""
    tested = [row for row in rows if row["tested"]]
    if not tested:
        return []
    outside = [row for row in tested if row["verdict"] != "inside"]
    said = [
        f"{row['id']} (published {bounds_in_words(row['bounds'], row['unit'])} {shown_unit(row['unit'])}, foretold "
        f"{number(row['low'], row['unit'])} to {number(row['high'], row['unit'])}{row['note'] and f'; {row["note"]}'})"
        for row in outside
    ]  # fmt: skip
    return [
        f"Of {len(tested)} figures that were foretold and never fitted, which alone test the model, "
        f"{len(tested) - len(outside)} lie inside and {len(outside)} outside: {'; '.join(said) or 'none'}."
    ]


def bounds_in_words(bounds: tuple[float | None, float | None], unit: str) -> str:
    """A published number, or its range, in the unit of the indicator."""
    low, high = bounds
    if low is None and high is None:
        return "–"
    if low is None or high is None:
        return f"at most {number(high, unit)}" if low is None else f"at least {number(low, unit)}"
    return number(low, unit) if low == high else f"{number(low, unit)} … {number(high, unit)}"


def both_readings(concluded: list[Concluded]) -> list[tuple[Concluded, Concluded]]:
    """Each conclusion on Changning under both readings of its staff: 314 supervisors, 111."""
    press, seed = ([c for c in concluded if c.check.startswith(f"Changning, {n}")] for n in ("314", "111"))
    return list(zip(press, seed, strict=True))


def staff(concluded: list[Concluded]) -> list[str]:
    """Which conclusions hold under both readings of Changning's staff."""
    pairs = both_readings(concluded)
    other = [
        f"{first.plan}: {INDICATORS[first.indicator].definition}: {holds(first)} (314 supervisors), "
        f"{holds(second)} (111)"
        for first, second in pairs if not same_sign(first, second)
    ]  # fmt: skip
    return [
        f"Of {len(pairs)} conclusions on Changning, {len(pairs) - len(other)} are the same under both readings of its "
        f"staff (the table of conclusions has all). Others: {'; '.join(other) or 'none'}.",
    ]


def holds(concluded: Concluded) -> str:
    """For how many of the sets the sign of a difference holds."""
    return agreement_in_words(concluded.agreement)


def same_sign(first: Concluded, second: Concluded) -> bool:
    """Whether two readings come to the same conclusion: the same sign, in as many sets."""
    return first.agreement[1:] == second.agreement[1:]


def _concluded_as_json(entry: Concluded) -> dict[str, Any]:
    return entry._asdict() | {
        "more": entry.agreement.more_share,
        "agreement": entry.agreement.sign,
        "word": holds(entry),
    }


def cautions(concluded: list[Concluded]) -> list[str]:
    """Plans under which a share gets better because more is never seen: what is not filed cannot be late."""
    signs = {(told.check, told.plan, told.indicator): told.agreement.sign for told in concluded}
    firm = {(told.check, told.plan, told.indicator): told.agreement.sign for told in concluded if told.agreement.firm}
    return [
        f"{check}, {plan}: more is closed on time, and more is never found, while less is filed: what nobody files "
        "cannot be late. Read the on-time share together with what stays unseen."
        for check, plan in dict.fromkeys((told.check, told.plan) for told in concluded)
        if firm.get((check, plan, "on_time_share_of_filed")) is Sign.MORE
        and firm.get((check, plan, "unseen_share")) is Sign.MORE
        and signs.get((check, plan, "filed_count")) is Sign.LESS
    ]  # fmt: skip


def read_otherwise(places: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What the other readings of contested figures would change: parameters that move by a tenth of their interval."""
    told = []
    for name, kept in places.items():
        best = max((reading["log_evidence"] for reading in kept["readings"]), default=0.0)
        for reading in kept["readings"]:
            moves = [(own["path"], own["posterior"], reading["parameters"][own["path"]]) for own in kept["parameters"]]
            moved = [
                f"{path} from {own[1]:.3g} to {other[1]:.3g}" for path, own, other in moves
                if abs(other[1] - own[1]) >= LEAST_MOVE * (own[2] - own[0])
            ]  # fmt: skip
            words = f"the medians move of {', '.join(moved)}" if moved else "no parameter's median moves"
            few = ", too few to be told well" if reading["effective_count"] < LEAST_EFFECTIVE else ""
            rests = f"rests on {reading['effective_count']:.0f} effective draws{few}"
            likely = math.exp(reading["log_evidence"] - best)
            by_hand = "with the crews and priors that were set by hand"
            fits = f"; {by_hand}, {likely:.2g} times as likely as the likeliest reading" if likely < 1.0 else ""
            told.append(f"{name}, read as {reading['name']}: {words} ({rests}{fits}).")
    return told


def against(places: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Before against after."""
    return [
        f"{name}, {ratio['name']} (published: {ratio['published']:g}, and fitted through its two sides): the model "
        f"says {ratio['middle']:.1f} times ({ratio['low']:.1f} to {ratio['high']:.1f}); the published ratio lies "
        f"{'inside' if ratio['low'] <= ratio['published'] <= ratio['high'] else 'outside'}."
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
        redrawn = ", ".join(entries[0].redrawn) if entries else ""
        anew = f" Drawn from its prior, since fitted there: {redrawn}." if redrawn else ""
        told.append(f"Transfer, {name}, {entries[0].days} days: {'; '.join(words)}.{anew}")
    return told
