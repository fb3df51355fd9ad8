"""Curves of levers: what each lever of a place does over its range, beside what somebody who knows the service expects.

Layer: calibration.  The curves stand in `levers.toml`; the page is `docs/levers.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pydantic import Field

from calibration.pictures import pictures_of
from experiments.comparing.comparing import Comparison, compare
from experiments.running.engine import Engine
from experiments.running.files import write_whole
from experiments.running.parts import Form
from experiments.running.replications import seeds_from
from experiments.showing.style import BLUE, DPI, GREY, canvas, head
from experiments.studies.ensembles import Ensemble, read_ensemble
from experiments.words.numbers import number, shown_unit
from languages.speaking import marked, say, say_many
from scenarios.loading import Family, Scenario
from scenarios.toml_files import read_toml
from sim.indicators import INDICATORS

FILE = Path(__file__).with_name("levers.toml")
TEMPLATE = "levers.md.j2"
SHOWN = ("problem_hours", "remedied_count", "unseen_share", "cost_yuan_per_year")
BESIDE = ("posts_count", "employed_count")
LEVEL = 0.03
"""A mean that moves by less than this share from one end to the other is level."""
SLACK = 0.1
"""On its way up or down, a mean may go back by this share of the whole way: that is chance, or a flat end."""
BAND = [0.05, 0.95]


class Way(StrEnum):
    """How an indicator goes from the first point of a curve to the last."""

    RISES = "rises"
    FALLS = "falls"
    LEVEL = "level"
    TURNS = "turns"


WAYS = {
    Way.RISES: marked("rises"), Way.FALLS: marked("falls"), Way.LEVEL: marked("stays level"),
    Way.TURNS: marked("turns"),
}  # fmt: skip
EXPECTED = {
    Way.RISES: marked("rises"), Way.FALLS: marked("falls"), Way.LEVEL: marked("level"), Way.TURNS: marked("turns"),
}  # fmt: skip
"""As it is written where it is expected."""


class Point(Form):
    """One setting of a lever."""

    name: str
    set: dict[str, Any]


class Curve(Form):
    """A lever over its range."""

    name: str
    base: str
    set: dict[str, Any] = Field(default={})
    ensemble: str = ""
    replications: int = Field(ge=2)
    points: list[Point] = Field(min_length=2)
    expected: dict[str, Way]
    why: str


class Levers(Form):
    """All curves."""

    curve: list[Curve]


class Drawn(NamedTuple):
    """A curve with what came out."""

    curve: Curve
    under: Comparison
    before: Comparison | None
    """Under parameters drawn from the priors; None where there is no ensemble, or nothing beside it."""

    def way(self, indicator: str) -> Way:
        """How the mean of an indicator goes."""
        return way_of(self.under.values[indicator])

    def came_out(self, indicator: str) -> bool:
        """Whether it goes as expected."""
        return self.way(indicator) is self.curve.expected[indicator]


def curves() -> list[Curve]:
    """The curves of the project."""
    return Levers.model_validate(read_toml(FILE)).curve


def way_of(values: NDArray[np.float64]) -> Way:
    """How means over the rows go from the first column to the last: all the way up or down but a little, or level."""
    means = np.nanmean(values, axis=0)
    whole, steps = means[-1] - means[0], np.diff(means)
    if means.max() - means.min() <= LEVEL * abs(means[0]):
        return Way.LEVEL
    back = -steps * np.sign(whole)
    if abs(whole) <= LEVEL * abs(means[0]) or back.max() > SLACK * abs(whole):
        return Way.TURNS
    return Way.RISES if whole > 0.0 else Way.FALLS


def draw(curve: Curve, engine: Engine, tell: Callable[[int, int], None] = lambda done, total: None) -> Drawn | None:
    """Run a curve: every point with the same seeds, and under the same sets if it has an ensemble.

    None if Ctrl-C comes before all of it is run.
    """
    ensemble = read_ensemble(curve.ensemble) if curve.ensemble else None
    prior = ensemble.prior() if ensemble else None
    found = [_compared(curve, drawn, engine, tell) for drawn in ([ensemble, prior] if prior else [ensemble])]
    under, before = found[0], found[1] if prior else None
    return None if under.interrupted or (before and before.interrupted) else Drawn(curve, under, before)


def _compared(curve: Curve, ensemble: Ensemble | None, engine: Engine, tell: Callable[[int, int], None]) -> Comparison:
    places = ensemble.places(curve.replications) if ensemble else []
    count = len(places) or curve.replications
    plans = [(point.name, _scenarios(curve, point, ensemble, places)) for point in curve.points]
    return compare(plans, seeds_from(1, count), [*SHOWN, *BESIDE], engine, tell, curve.ensemble)


def _scenarios(curve: Curve, point: Point, ensemble: Ensemble | None, places: list[int]) -> Scenario | list[Scenario]:
    """A point's scenario, or one for each set."""
    family, changes = Family(curve.base), {**curve.set, **point.set}
    if ensemble is None:
        return family.load(changes)
    return [family.load({**ensemble.sets[place], **changes}) for place in places]


def rows_of(drawn: Drawn) -> Iterator[dict[str, str]]:
    """What the page says of each point, as text."""
    for place, point in enumerate(drawn.curve.points):
        cells = {"name": say(point.name)}
        cells |= {name: f"{np.nanmean(drawn.under.values[name][:, place]):,.0f}" for name in BESIDE}
        cells |= {name: _cell(drawn.under, name, place) for name in SHOWN}
        cells["before"] = _cell(drawn.before, SHOWN[0], place) if drawn.before else ""
        yield cells


def _cell(comparison: Comparison, name: str, place: int) -> str:
    """A mean, and between which nine tenths lie."""
    values, unit = comparison.values[name][:, place], INDICATORS[name].unit
    low, high = (number(float(end), unit) for end in np.nanquantile(values, BAND))
    mean = number(float(np.nanmean(values)), unit)
    return mean if low == high else f"{mean} ({low} … {high})"


def picture(drawn: Drawn) -> Figure:
    """Problem-hours over the range: means and bands, under the figures and before them."""
    figure, axes = canvas(8.0, 3.6)
    axis, x = axes[0, 0], range(len(drawn.curve.points))
    shown = ((drawn.before, GREY, say("before the figures")), (drawn.under, BLUE, _label(drawn)))
    for comparison, colour, label in shown:
        if comparison:
            values = comparison.values[SHOWN[0]]
            low, high = np.nanquantile(values, BAND, axis=0)
            axis.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(x, np.nanmean(values, axis=0), color=colour, marker="o", label=label)
    axis.set_xticks(list(x), [say(point.name) for point in drawn.curve.points])
    axis.set_ylim(bottom=0)
    axis.set_ylabel(say("problem-hours"))
    axis.legend(frameon=False)
    head(figure, say(drawn.curve.name), say("mean, and where nine tenths lie"))
    return figure


def _label(drawn: Drawn) -> str:
    return say("under the figures") if drawn.curve.ensemble else say("over seeds")


def drawn_in_words(drawn: Sequence[Drawn]) -> list[str]:
    """How many expectations held, and how each indicator went, a line each."""
    told = [(each, name, way) for each in drawn for name, way in each.curve.expected.items()]
    well = sum(each.came_out(name) for each, name, _ in told)
    lines = [say("{well} of {all} expectations held.", well=well, all=len(told))]
    for each, name, way in told:
        of = {"curve": say(each.curve.name), "indicator": say(name), "way": say(EXPECTED[each.way(name)])}
        lines.append(
            say("{curve}: {indicator} {way}, as expected", **of) if each.came_out(name)
            else say("{curve}: {indicator} {way}, not as expected ({expected})", expected=say(EXPECTED[way]), **of)
        )  # fmt: skip
    return lines


def slug(curve: Curve) -> str:
    """The name of a curve's picture."""
    plain = curve.name.lower().replace("²", "2").translate(dict.fromkeys(map(ord, ",:()+'")))
    return "-".join(plain.split())


def write_page(drawn: list[Drawn], page: Path) -> None:
    """The page, with a picture of each curve in a folder beside it."""
    pictures, called = pictures_of(page, "levers")
    for each in drawn:
        picture(each).savefig(pictures / f"{slug(each.curve)}.png", dpi=DPI)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["unit"] = lambda name: shown_unit(INDICATORS[name].unit)
    environment.globals |= {"say": say, "say_many": say_many}
    text = environment.get_template(TEMPLATE).render(
        drawn=drawn, pictures=called, shown=SHOWN, rows_of=rows_of, slug=slug, ways=WAYS, expected=EXPECTED
    )
    write_whole(page, text)


def as_json(drawn: Drawn) -> Mapping[str, Any]:
    """A curve for machines."""
    values, curve = drawn.under.values, drawn.curve
    points = [
        {"name": point.name} | {name: float(np.nanmean(values[name][:, place])) for name in (*SHOWN, *BESIDE)}
        for place, point in enumerate(curve.points)
    ]
    return {
        "name": curve.name, "base": curve.base, "ensemble": curve.ensemble, "points": points,
        "expected": dict(curve.expected), "ways": {name: drawn.way(name) for name in curve.expected},
        "came_out": {name: drawn.came_out(name) for name in curve.expected},
    }  # fmt: skip
