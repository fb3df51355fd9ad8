"""Validation: every published figure beside what the calibrated model foretells, and what follows, on one page.

Layer: calibration.  The page is written from results and from nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from calibration import words
from calibration.answers import both_readings, every_figure, same_conclusion
from calibration.checks import (
    FACTOR,
    SHUFFLES,
    Concluded,
    Dependence,
    Seen,
    between_cities,
    checks,
    conclude,
    foretell_elsewhere,
    sensitive,
)
from calibration.fitting.calibrating import Start, Tell
from calibration.fitting.places import place_names, read_place
from calibration.keeping import calibrate_into
from calibration.pictures import draw_definitions, draw_sensitivity, in_language, pictures_of
from experiments.findings.definitions import Counted, Family, definitions
from experiments.running.files import write_whole
from experiments.running.provenance import identity, versions
from experiments.words.findings import FAMILIES, how_far
from experiments.words.numbers import in_percent, measured, number, points, shown_unit
from languages.speaking import say, say_many
from scenarios.loading import load
from scenarios.parameters import walk
from sim.indicators import INDICATORS

HERE = Path(__file__).parent
MOST_EFFECTS = 12
SAID = ("doubts", "figures", "coverage", "parameters", "log_evidence", "log_densities")
"""Of each place, what `--json` says."""


def validate_into(out: Path, page: Path | None, start: Start, tell: Tell) -> dict[str, Any]:
    """Calibrate every place (nothing is run twice), run the checks, write the page; what it says, for machines.

    Raises as `calibrating.calibrate`.
    """
    out.mkdir(parents=True, exist_ok=True)
    places = {name: calibrate_into(read_place(name), out / name, start, tell, True) for name in place_names()}
    asked = checks()
    seen = [entry for check in asked.elsewhere for entry in foretell_elsewhere(check, out, start, tell)]
    moved = {(check.place, check.scenario): foretell_elsewhere(check, out, start, tell) for check in asked.transfer}
    answered = {check.name: conclude(check, out, start, tell) for check in asked.conclusions}
    concluded = [entry for entries, _ in answered.values() for entry in entries]
    depends = [entry for check in asked.sensitivity for entry in sensitive(check, out, start, tell)]
    counted = {
        plan.name: definitions(answered[check.name][1], number)
        for check in asked.conclusions for number, plan in enumerate(check.plans) if plan.name in check.counted
    }  # fmt: skip
    rows = every_figure(places, seen)
    page = page or out / "validation.md"
    pictures, called = pictures_of(page, "validation")
    for name in places:
        for file in in_language(out / name / "pictures").glob("*.png"):
            (pictures / f"{name}_{file.name}").write_bytes(file.read_bytes())
    draw_definitions(counted, pictures / "definitions.png")
    for turn, entry in enumerate(depends, 1):
        draw_sensitivity(entry, MOST_EFFECTS, pictures / f"sensitivity_{turn}.png")
    page_data = Page(places, rows, moved, concluded, depends, counted, called)
    result = {
        "page": str(page), "identity": identity(), "figures": rows, "answers": page_data.answers,
        "conclusions": [_concluded_as_json(entry) for entry in concluded],
        "places": {name: {key: kept[key] for key in SAID} for name, kept in places.items()},
    }  # fmt: skip
    write_whole(page, page_data.render())
    return result


@dataclass(frozen=True)
class Page:
    """All that the page is written from."""

    places: Mapping[str, Mapping[str, Any]]
    rows: list[dict[str, Any]]
    moved: Mapping[tuple[str, str], list[Seen]]
    """By the place of the sets, and the scenario."""
    concluded: list[Concluded]
    depends: list[Dependence]
    counted: Mapping[str, Mapping[Family, list[Counted]]]
    pictures: str
    """Where its pictures lie, as the page calls that."""
    """Plan → family → what its definitions come to."""

    @property
    def answers(self) -> list[str]:
        """The questions that the figures were asked, answered in words."""
        return [
            *words.never_fitted_in_words(self.rows), *words.second_quarter_in_words(self.places),
            *words.staff_in_words(self.concluded), *words.read_otherwise_in_words(self.places),
            *words.ratios_in_words(self.places), *words.transfer_in_words(self.moved),
            words.interval_of_a_transfer_in_words(between_cities(checks().volumes)),
        ]  # fmt: skip

    def render(self) -> str:
        """The page, in Markdown."""
        environment = Environment(
            loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
            autoescape=False,
        )  # fmt: skip
        environment.filters |= {
            "num": number, "unit": shown_unit, "pct": in_percent, "measured": measured, "bounds": words.bounds_in_words,
            "what": lambda indicator: say(INDICATORS[indicator].definition), "holds": words.holds,
            "assumed": words.assumed,
            "held_before": words.held_before, "narrowed": words.narrowed, "hangs_on": words.hangs_on,
            "family": lambda family: say(FAMILIES[family]), "verdict": words.verdict_in_words, "by": words.by_in_words,
            "doubt": words.doubt_in_words,
            "knowledge": words.knowledge_in_words, "judged": words.verdict_of_a_place, "points": points,
        }  # fmt: skip
        environment.globals |= {"say": say, "say_many": say_many}
        asked, counts = checks(), [len(place["parameters"]) for place in self.places.values()]
        return environment.get_template("validation.md.j2").render(
            page=self, pictures=self.pictures, readings=both_readings(self.concluded), same_conclusion=same_conclusion,
            cautions=words.cautions_in_words(self.concluded), days={c.name: c.days for c in asked.conclusions},
            how_far={plan: how_far(counted) for plan, counted in self.counted.items()}, most=MOST_EFFECTS,
            varied=(min(counts), max(counts)), factor=FACTOR, shuffles=SHUFFLES, names=self._names(), uses=words.USES,
            off=words.OFF, standings=words.STANDINGS, agreement=words.sets_in_words(), identity=identity(),
            versions=versions(), indicators=INDICATORS,
        )  # fmt: skip

    def _names(self) -> list[tuple[str, str, str]]:
        """What the page calls parameters: path, what it is, unit."""
        shown = {entry["path"] for place in self.places.values() for entry in place["parameters"]}
        shown |= {path for entry in self.depends for path in entry.table["path"].head(MOST_EFFECTS)}
        bases = dict.fromkeys(plan["base"] for place in self.places.values() for plan in place["plans"])
        found = {}
        for base in bases:
            for path, section, name, _ in walk(load(base).parameters):
                if path in shown:
                    what = section.model_fields[name].description or ""
                    found[path] = say(what), shown_unit(section.science(name).unit)
        return [(path, *found[path]) for path in sorted(found)]


def _concluded_as_json(entry: Concluded) -> dict[str, Any]:
    found = entry.agreement
    numbers = {"more_share": found.more_share, "sign": found.sign, "sets": found.many}
    rest = entry.rest.as_plain() if entry.rest else None
    return entry._asdict() | {"agreement": numbers, "word": words.holds(entry), "rest": rest}
