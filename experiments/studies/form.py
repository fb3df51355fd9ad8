"""A study file: which plans, under which worlds, how often, and what is wanted of them.

Layer: experiments.  Knows the form of the file; `experiments.designs` makes plans and worlds of it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from experiments.running.parts import Form, Part
from languages.speaking import listed, say
from scenarios.wording import ScenarioError

MOST_LEVELS, MOST_SAMPLES = 1_000, 100_000

type Value = bool | int | float | str | list[Any]
type Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
type Count = Annotated[int, Field(ge=1, le=MOST_SAMPLES)]


class StudyError(ScenarioError):
    """A study cannot be read or made; `problems` has one line for each reason."""


class Level(Form):
    """One setting of a lever that changes more than one parameter."""

    name: str
    set: dict[str, Any] = Field(default={})


class Lever(Form):
    """Something that a city may choose: by listed values, by named levels, or from a range."""

    name: str
    path: str = ""
    values: list[Value] = Field(default=[], max_length=MOST_LEVELS)
    levels: list[Level] = Field(default=[], max_length=MOST_LEVELS)
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _one_way_to_vary(self) -> Lever:
        ranged = self.low is not None or self.high is not None
        if bool(self.values) + bool(self.levels) + ranged != 1:
            raise ValueError(say("must have one of values, levels, or low and high"))
        if bool(self.path) == bool(self.levels):
            raise ValueError(say("must have a path for values or a range, and none for levels, which name their own"))
        if ranged:
            _check_range(self.low, self.high, self.scale == "log")
        return self

    @property
    def ranged(self) -> bool:
        """True if it may take any value between two."""
        return self.low is not None


class Plan(Form):
    """A plan that is written out; with a base of its own, it is another scenario."""

    name: str
    base: str = ""
    set: dict[str, Any] = Field(default={})


class Design(Form):
    """How levers make plans."""

    kind: Literal["factorial", "latin_hypercube", "sobol", "list"]
    samples: Count | None = None
    seed: Whole = 1
    zip: list[list[str]] = Field(default=[])
    file: str = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Design:
        sampled = self.kind in ("latin_hypercube", "sobol")
        if sampled != (self.samples is not None):
            raise ValueError(
                say("of kind {kind} must have samples", kind=self.kind) if sampled
                else say("of kind {kind} must not have samples", kind=self.kind)
            )  # fmt: skip
        if self.zip and self.kind != "factorial":
            raise ValueError(say("may zip levers in a factorial only"))
        if self.file and self.kind != "list":
            raise ValueError(say("may read a file of plans for a list only"))
        return self


class Constraint(Form):
    """A bound on the sum of some parameters or quantities of a plan; plans outside are left out."""

    name: str
    of: list[str] = Field(min_length=1)
    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Constraint:
        if self.at_most is None and self.at_least is None:
            raise ValueError(say("must have at_most, at_least, or both"))
        return self


class Uncertain(Form):
    """A parameter that nobody knows, and how likely its values are thought to be."""

    path: str
    distribution: Literal["uniform", "loguniform", "triangular", "normal", "lognormal", "choice"]
    low: float | None = None
    high: float | None = None
    mode: float | None = None
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    cv: float | None = None
    values: list[Value] = Field(default=[], max_length=MOST_LEVELS)
    why: str
    only: list[str] = Field(default=[])
    """Plans in which it is unknown; in the others it keeps its value. None named: all."""

    @model_validator(mode="after")
    def _is_complete(self) -> Uncertain:
        wanted, allowed = SHAPES[self.distribution]
        given = self.model_fields_set - {"path", "distribution", "why", "only"}
        if lacking := [name for name in wanted if name not in given]:
            raise ValueError(
                say("of {distribution} lacks {lacking}", distribution=self.distribution, lacking=listed(lacking))
            )
        if extra := sorted(given - {*wanted, *allowed}):
            raise ValueError(
                say("of {distribution} has no {extra}", distribution=self.distribution, extra=listed(extra))
            )
        if self.distribution == "choice" and not self.values:
            raise ValueError(say("of choice must have a value at least"))
        if self.low is not None and self.high is not None:
            _check_range(self.low, self.high, self.distribution == "loguniform")
        if self.mode is not None and not (self.low or 0.0) <= self.mode <= (self.high or 0.0):
            raise ValueError(say("must have its mode between low and high"))
        if any(size is not None and size <= 0.0 for size in (self.sd, self.median, self.cv)):
            raise ValueError(say("must have sd, median and cv above 0"))
        return self


SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uniform": (("low", "high"), ()),
    "loguniform": (("low", "high"), ()),
    "triangular": (("low", "mode", "high"), ()),
    "normal": (("mean", "sd"), ("low", "high")),
    "lognormal": (("median", "cv"), ()),
    "choice": (("values",), ()),
}
"""Which numbers each distribution wants, and which it takes besides."""


class Worlds(Form):
    """How the uncertain parameters are drawn: one world is one draw of all of them."""

    method: Literal["latin_hypercube", "random", "sobol", "morris"] = "latin_hypercube"
    draws: Annotated[int, Field(ge=1, le=10_000)] = 20
    seed: Whole = 1


class Replications(Form):
    """How often every plan is run."""

    rule: Literal["fixed", "narrow", "ranking"] = "fixed"
    count: Annotated[int, Field(ge=1, le=MOST_SAMPLES)] = 10
    first_seed: Whole = 1
    own_seeds: bool = False
    """True: every world has seeds of its own, so that what chance does is not the same in all of them."""
    at_most: Count | None = None
    widths: dict[str, Annotated[float, Field(gt=0)]] = Field(default={})
    error: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    indifference: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _fits_its_rule(self) -> Replications:
        given = self.model_fields_set
        wanted = {"fixed": set(), "narrow": {"at_most", "widths"}, "ranking": {"at_most", "indifference"}}[self.rule]
        allowed = {"rule", "count", "first_seed", "own_seeds", *wanted} | (
            {"error"} if self.rule == "ranking" else set()
        )
        if lacking := sorted(wanted - given):
            raise ValueError(say("by the rule {rule} lack {lacking}", rule=self.rule, lacking=listed(lacking)))
        if extra := sorted(given - allowed):
            raise ValueError(say("by the rule {rule} have no {extra}", rule=self.rule, extra=listed(extra)))
        if self.rule != "fixed" and not 3 <= self.count <= (self.at_most or 0):
            raise ValueError(
                say("by the rule {rule} must have a count of at least 3, and at_most no less than it", rule=self.rule)
            )
        return self


class Objective(Form):
    """An indicator and which way is better."""

    indicator: str
    better: Literal["high", "low"]


class Target(Form):
    """A line that an indicator should not cross; the report looks for where it does."""

    indicator: str
    below: float | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Target:
        if (self.below is None) == (self.above is None):
            raise ValueError(say("must have one of below and above: the side on which things go wrong"))
        return self


class StudyFile(Form):
    """A study as it is written."""

    title: str
    question: str
    base: str
    set: dict[str, Any] = Field(default={})
    design: Design
    levers: list[Lever] = Field(default=[])
    plans: list[Plan] = Field(default=[])
    constraints: list[Constraint] = Field(default=[])
    uncertain: list[Uncertain] = Field(default=[])
    ensemble: str = ""
    """Instead of uncertain parameters: sets of them that the published figures allow, by name or file."""
    worlds: Worlds = Worlds()
    replications: Replications = Replications()
    objectives: list[Objective] = Field(min_length=1)
    target: Target | None = None
    outcomes: list[str] = Field(default=[])
    """Indicators to keep; none named: all."""
    parts: list[Part] = Field(default=[])
    """Indicators of a part of the period, kept beside them."""

    @model_validator(mode="after")
    def _design_has_what_it_needs(self) -> StudyFile:
        if self.design.kind == "list":
            if self.levers or not (self.plans or self.design.file):
                raise ValueError(say("a design of kind list needs plans (or a file of them) and no levers"))
        elif self.plans or not self.levers:
            raise ValueError(say("a design of kind {kind} needs levers and no plans", kind=self.design.kind))
        if self.design.kind == "factorial" and any(lever.ranged for lever in self.levers):
            raise ValueError(say("a factorial needs values or levels for every lever, not a range"))
        if self.ensemble and self.uncertain:
            raise ValueError(say("has both an ensemble and uncertain parameters; the ensemble says what is uncertain"))
        if not self.uncertain and "worlds" in self.model_fields_set:
            raise ValueError(say("worlds are drawn from uncertain parameters, and there are none"))
        method, draws = self.worlds.method, self.worlds.draws
        if self.uncertain and self.replications.rule != "fixed" and method in ("sobol", "morris"):
            raise ValueError(
                say("the rule {rule} needs worlds of the method random or latin_hypercube", rule=self.replications.rule)
            )
        if self.uncertain and method == "sobol" and draws & (draws - 1):
            raise ValueError(
                say("worlds.draws = {draws} must be a power of 2 for the method sobol, such as 32", draws=draws)
            )
        return self


def _check_range(low: float | None, high: float | None, positive: bool) -> None:
    if low is None or high is None or not low < high:
        raise ValueError(say("must have low and high, and low below high"))
    if positive and low <= 0.0:
        raise ValueError(say("on a log scale must have low above 0"))
