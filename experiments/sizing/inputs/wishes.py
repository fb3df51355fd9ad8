"""What a planner wishes: the size of grids, who may work in them, what the plan must reach, and what it may cost.

Layer: experiments.  A short TOML file beside the list of buildings; without one, the published practice is wished for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from experiments.running.forms import hint_of_indicator, rule_in_words
from experiments.running.parts import Form
from languages.speaking import marked, say
from scenarios.loading import Scenario, load, names
from scenarios.projecting import Crs
from scenarios.toml_files import read_toml
from scenarios.wording import MOST_PROBLEMS, ScenarioError, shown, suggest
from sim.indicators import INDICATORS
from sim.rules.escalation import ESCALATION_RULES

A_WISH = marked("what is wished of a community's grids")
MOST_GRIDS, MOST_PLANS = 400, 2_000
SOLVED_WITHIN = "solved_within"
"""The one target that is no indicator: so many days after it was found, an incident is solved."""
USUAL_HOUSEHOLDS = (250.0, 400.0)
"""Households a grid, from and to: around the 300 of the rules that Fuzhou's communities were cut by."""

type Whole = Annotated[int, Field(ge=0, le=100)]
type Money = Annotated[float, Field(ge=0.0, le=1e9)]


class GridsWished(Form):
    """How large grids may be: by households, or by their number."""

    households: tuple[float, float] | None = None
    """From and to; None: `USUAL_HOUSEHOLDS`, unless numbers are given."""
    counts: tuple[int, int] | None = None
    """From and to."""

    @model_validator(mode="after")
    def _one_way(self) -> GridsWished:
        if self.households and self.counts:
            raise ValueError(say("must have households or counts, not both"))
        for ends in (self.households, self.counts):
            if ends and not 1 <= ends[0] <= ends[1]:
                raise ValueError(say("must go from a number of at least 1 to one that is no smaller"))
        return self

    def numbers(self, households: int, sites_count: int) -> range:
        """The numbers of grids to be tried; the nearest that is possible where no whole number fits."""
        least, most = self.counts or self._by_households(households)
        return range(min(least, sites_count), min(max(least, most), sites_count, MOST_GRIDS) + 1)

    def _by_households(self, households: int) -> tuple[int, int]:
        smallest, largest = self.households or USUAL_HOUSEHOLDS
        least, most = -int(-households // largest), int(households // smallest)
        nearest = max(1, round(2 * households / (smallest + largest)))
        return (max(1, least), most) if max(1, least) <= most else (nearest, nearest)


class Target(Form):
    """What a plan must reach."""

    indicator: str
    """One of the model's indicators, or `SOLVED_WITHIN`."""
    days: Annotated[float, Field(gt=0.0, le=365.0)] | None = None
    """Of `SOLVED_WITHIN` only."""
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Target:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(say("must have at_least or at_most, one of them"))
        if self.indicator == SOLVED_WITHIN and self.days is None:
            raise ValueError(say("{indicator} must have days", indicator=SOLVED_WITHIN))
        if self.indicator != SOLVED_WITHIN:
            if self.days is not None:
                raise ValueError(say("only {indicator} may have days", indicator=SOLVED_WITHIN))
            if self.indicator not in INDICATORS:
                hint = hint_of_indicator(self.indicator)
                raise ValueError(say("{indicator} is no indicator{hint}", indicator=shown(self.indicator), hint=hint))
        if self.unit == "share" and not 0.0 <= self.bound <= 1.0:
            raise ValueError(
                say("{value} must be a share between 0 and 1, such as 0.8 for 80 %", value=shown(self.bound))
            )
        return self

    @property
    def bound(self) -> float:
        """The value that must be reached, or not be passed."""
        return float(self.at_most if self.at_least is None else self.at_least)  # type: ignore[arg-type]

    @property
    def unit(self) -> str:
        """Of the bound."""
        return "share" if self.indicator == SOLVED_WITHIN else INDICATORS[self.indicator].unit

    @property
    def key(self) -> str:
        """What its values are called where those of all targets stand beside the indicators."""
        return f"{SOLVED_WITHIN}_{self.days:g}_days" if self.indicator == SOLVED_WITHIN else self.indicator

    def shortfall(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """By what part of the bound values miss it; 0: it is met. An undefined value misses it whole."""
        short = values - self.bound if self.at_least is None else self.bound - values
        return np.where(np.isnan(values), 1.0, np.maximum(short, 0.0) / (abs(self.bound) or 1.0))


class Wishes(Form):
    """Everything that a planner may say beside the list of buildings."""

    community: str = ""
    base: str = "junmen_2012"
    """The scenario of the library whose rules, rates and offices hold where nothing else is said."""
    ensemble: str = ""
    """The sets of what nobody knows; empty: those of the base."""
    own_figures: bool = False
    """Whether they were calibrated to this community's own figures."""
    crs: Crs | None = None
    barriers: str = ""
    """A GeoJSON file beside this one."""
    compounds: str = ""
    residents_per_household: Annotated[float, Field(gt=0.0, le=20.0)] | None = None
    start: date | None = None
    days: Annotated[int, Field(ge=30, le=731)] = 181
    grids: GridsWished = GridsWished()
    people_per_grid: dict[str, list[Whole]] = Field(default={})
    """Of each kind of post, the numbers to be tried; a kind that is not named keeps what the base has."""
    people_above: dict[str, Whole] = Field(default={})
    """Of each office above the grid, the people that it has for this community."""
    people_now: dict[str, Whole] = Field(default={})
    """Of each kind of post, the people of all grids of today; with the grids of today they make a plan to compare."""
    wages_yuan_per_month: dict[str, Money] = Field(default={})
    volunteers: list[Annotated[int, Field(ge=0, le=100_000)]] = Field(default=[])
    """Party members who volunteer, the numbers to be tried; none: two to a hundred residents."""
    escalation: list[str] = Field(default=["ladder"])
    set: dict[str, Any] = Field(default={})
    """Whatever else is other than in the base: parameters by their paths."""
    targets: list[Target] = Field(default=[])
    budget_yuan_per_year: Money | None = None
    price_of_a_problem_hour_yuan: Annotated[float, Field(gt=0.0, le=1e6)] | None = None
    sets: Annotated[int, Field(ge=1, le=1_000)] = 80
    """How many sets of what nobody knows each plan is run under."""
    probability: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.9
    """With which the targets are to be met."""


USUAL_TARGETS = (
    Target(indicator="in_grid_share_of_solved", at_least=0.8),
    Target(indicator=SOLVED_WITHIN, days=7, at_least=0.75),
    Target(indicator="remedied_share_of_occurred", at_least=0.2),
)
"""Where there is no file of wishes: what bulletins ask of grids, and what they do not show."""
USUAL_PEOPLE: Mapping[str, list[int]] = {
    "grid_manager": [1], "grid_assistant": [0, 1, 2], "grid_overseer": [0, 1],
}  # fmt: skip


def usual_wishes() -> Wishes:
    """What is wished for where nobody has said anything."""
    return Wishes(targets=list(USUAL_TARGETS), people_per_grid=dict(USUAL_PEOPLE))


def read_wishes(path: Path) -> Wishes:
    """Read what a planner wishes.

    Raises ScenarioError, with one line for each problem.
    """
    return checked_wishes(read_toml(path, A_WISH), path.name)


def checked_wishes(raw: Mapping[str, Any], name: str) -> Wishes:
    """What is wished, from the content of a file of wishes; `name` is said before each problem.

    Raises ScenarioError, with one line for each problem.
    """
    try:
        wishes = Wishes.model_validate(raw)
    except ValidationError as error:
        lines = [_worded(dict(entry), name) for entry in error.errors(include_url=False)]
        raise ScenarioError(lines[:MOST_PROBLEMS]) from None
    if problems := [f"{name}: {line}" for line in unfitting(wishes)]:
        raise ScenarioError(problems)
    return wishes


def unfitting(wishes: Wishes) -> Iterator[str]:
    """What does not fit the base: units that it has not, or has on another level; rules that there are not."""
    if wishes.base not in names():
        yield say("base: {base} is no scenario of the library{hint}", base=shown(wishes.base),
                  hint=suggest(wishes.base, names()))  # fmt: skip
        return
    base = load(wishes.base)
    units = base.parameters.units
    at_grids = [name for name, unit in units.items() if unit.level == "grid"]
    above = [name for name in units if name not in at_grids]
    for table, named, known in (
        ("people_per_grid", wishes.people_per_grid, at_grids), ("people_now", wishes.people_now, at_grids),
        ("people_above", wishes.people_above, above), ("wages_yuan_per_month", wishes.wages_yuan_per_month, units),
    ):  # fmt: skip
        for name in named:
            if name not in known:
                yield say("{table}: {name} is no post of {base}{hint} (there are {known})", table=table,
                          name=shown(name), base=base.name, hint=suggest(name, known),
                          known=", ".join(known))  # fmt: skip
    for name, numbers in wishes.people_per_grid.items():
        if not numbers:
            yield say("people_per_grid: {name} has no number to be tried", name=name)
    for rule in wishes.escalation:
        if rule not in ESCALATION_RULES:
            yield say("escalation: {rule} is no rule{hint} (there are {known})", rule=shown(rule),
                      hint=suggest(rule, ESCALATION_RULES), known=", ".join(sorted(ESCALATION_RULES)))  # fmt: skip
    if not wishes.escalation:
        yield say("escalation: there must be a rule at least")


def staff_of(base: Scenario) -> dict[str, int]:
    """The posts of each grid that a base has."""
    return {name: unit.people for name, unit in base.parameters.units.items() if unit.level == "grid"}


def _worded(error: Mapping[str, Any], name: str) -> str:
    """One of pydantic's errors in our words."""
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        hint = suggest(str(error["loc"][-1]), _keys())
        return say("{file}: {key} is not known here{hint}", file=name, key=place, hint=hint)
    if error["type"] == "missing":
        return say("{file}: {key} is missing", file=name, key=place)
    if error["type"] == "value_error":
        return f"{name}: {place}: {error['ctx']['error']}"
    return f"{name}: {place} = {shown(error['input'])} {rule_in_words(error)}"


def _keys() -> list[str]:
    return [name for form in (Wishes, GridsWished, Target) for name in form.model_fields]
