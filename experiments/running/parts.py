"""A part of a run, of which an indicator is told: some days, some classes, some subdistricts.

It is light, so that reading a study loads no model.

Layer: experiments.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from languages.speaking import marked, say
from scenarios.wording import shown, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scenarios.ground import Period
    from scenarios.schema import Parameters

DOMAINS = ("component", "event", "social")
"""Names that stand for all categories of a domain."""


class Form(BaseModel):
    """A part of a study file; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Part(Form):
    """An indicator of a part of a run: of some days, classes or subdistricts; see `OF_PARTS` for what belongs to it."""

    name: str
    indicator: str
    start: date | None = None
    """First and last day; None: all days of the run."""
    end: date | None = None
    classes: list[str] = Field(default=[])
    """Categories, or domains that stand for all of theirs; none named: all."""
    subdistricts: Annotated[int, Field(ge=0)] = 0
    """So many, those with the lowest numbers, which the territory's own seed fixes; 0: all."""
    only: list[str] = Field(default=[])
    """Plans whose run it must lie in; of the others it is undefined where it lies outside. None named: all."""

    @model_validator(mode="after")
    def _can_be_told(self) -> Part:
        if (self.start is None) != (self.end is None):
            raise ValueError(say("must have both start and end, or neither"))
        if self.start and self.end and self.end < self.start:
            raise ValueError(say("must end no sooner than it starts"))
        if self.start is None and not self.classes and not self.subdistricts:
            raise ValueError(
                say("must have days (start and end), classes or subdistricts; without, it is the whole run")
            )
        if not tellable(self.indicator):
            problem = why_untellable(self.indicator)
            raise ValueError(
                say("must have an indicator that can be told for a part of a run: {problem}", problem=problem)
            )
        return self

    def days_in(self, period: Period) -> tuple[date, date]:
        """Its first and last day; those of the run, if it has none of its own."""
        return (self.start, self.end) if self.start and self.end else days_of(period)

    def lies_in(self, period: Period) -> bool:
        """Whether all its days lie in a run."""
        (first, last), (start, end) = days_of(period), self.days_in(period)
        return first <= start and end <= last

    def why_outside(self, parameters: Parameters) -> Iterator[str]:
        """How it lies outside a run, for whoever is refused it: other days, no such class, fewer subdistricts."""
        period = parameters.period
        if not self.lies_in(period):
            (first, last), (start, end) = days_of(period), self.days_in(period)
            days = {"part": self.name, "start": start, "end": end, "first": first, "last": last}
            yield (
                say('part "{part}" is {start} to {end}, partly outside the run, {first} to {last}', **days)
                if start <= last and first <= end
                else say('part "{part}" is {start} to {end}, outside the run, {first} to {last}', **days)
            )
        yield from (
            say('part "{part}": classes: {line}', part=self.name, line=line)
            for line in unknown_classes(self.classes, parameters)
        )
        if self.subdistricts > (there := parameters.territory.subdistricts_count):
            yield say('part "{part}" is of {count} subdistricts; there are {there}', part=self.name,
                      count=self.subdistricts, there=there)  # fmt: skip


def categories_of(classes: Iterable[str], parameters: Parameters) -> list[str]:
    """The categories of a scenario that classes stand for, in its order; all, if no class is named."""
    wanted = set(classes)
    return [name for name, category in parameters.categories.items() if not wanted or wanted & {name, category.domain}]


def unknown_classes(classes: Iterable[str], parameters: Parameters) -> Iterator[str]:
    """A line for each class that stands for no category of a scenario."""
    for name in classes:
        if not categories_of([name], parameters):
            hint = suggest(name, [*parameters.categories, *DOMAINS])
            yield say("{name} is no category or domain there{hint}", name=shown(name), hint=hint)


def days_of(period: Period) -> tuple[date, date]:
    """The first and the last day of a run."""
    return period.start, period.start + timedelta(days=period.days - 1)


def tellable(indicator: str) -> bool:
    """Whether an indicator can be told of a part of a run."""
    return indicator in OF_PARTS


def why_untellable(indicator: str) -> str:
    """Why an indicator cannot be told of a part of a run, for whoever is refused it."""
    if indicator in OF_WHOLE_RUNS:
        return f"{indicator} {say(OF_WHOLE_RUNS[indicator])}"
    hint = suggest(indicator, [*OF_PARTS, *OF_WHOLE_RUNS])
    return say("{indicator} is no indicator{hint}", indicator=shown(indicator), hint=hint)


OCCURRED, FOUND, FILED = "occurred_h", "found_h", "filed_h"
"""To a part belongs what occurred, was found or was filed in its days, each told as it stood at the end of the run."""
OF_PARTS = {
    "occurred_count": OCCURRED, "came_back_count": OCCURRED, "vanished_count": OCCURRED, "unseen_share": OCCURRED,
    "problem_hours": OCCURRED, "problem_hours_weighted": OCCURRED, "problem_hours_per_incident": OCCURRED,
    "problem_hours_per_resident": OCCURRED, "remedied_count": OCCURRED, "remedied_share_of_occurred": OCCURRED,
    "occurred_to_found_restricted_mean_h": OCCURRED,
    "known_share_of_standing": OCCURRED,
    "found_count": FOUND, "solved_on_the_spot_count": FOUND, "solved_in_grid_count": FOUND, "solved_count": FOUND,
    "solved_per_day": FOUND, "rejected_count": FOUND, "duplicates_count": FOUND, "public_share_of_found": FOUND,
    "supervisor_share_of_found": FOUND, "party_share_of_found": FOUND, "grid_team_share_of_found": FOUND,
    "filed_share_of_found": FOUND, "solved_share_of_raised": FOUND, "in_grid_share_of_solved": FOUND,
    "in_grid_share_of_raised": FOUND, "on_the_spot_share_of_found": FOUND, "community_share_of_solved": FOUND,
    "subdistrict_share_of_solved": FOUND, "district_share_of_solved": FOUND, "occurred_to_found_mean_h": FOUND,
    "found_to_closed_mean_h": FOUND, "found_to_closed_median_h": FOUND, "found_to_closed_p90_h": FOUND,
    "escalated_share": FOUND, "on_time_share_of_remedied": FOUND, "on_time_share_of_solved": FOUND,
    "filed_count": FILED, "filed_per_day": FILED, "closed_count": FILED, "public_share_of_filed": FILED,
    "on_time_share_of_filed": FILED, "on_time_share_of_due": FILED, "on_time_share_of_closed": FILED,
    "closing_share_of_filed": FILED, "closing_share_of_due": FILED, "filed_to_closed_mean_h": FILED,
    "filed_to_closed_median_h": FILED, "filed_to_closed_p90_h": FILED, "filed_to_closed_working_mean_h": FILED,
    "handling_mean_h": FILED, "rework_share": FILED, "returned_share": FILED, "extended_share": FILED,
    "gone_on_arrival_share": FILED,
    "hung_share_of_filed": FILED, "overdue_when_filed_share": FILED,
}  # fmt: skip
"""Indicators that can be told of a part of a run, and which moment decides whether an incident belongs to it."""
OF_WHOLE_RUNS = {
    "backlog_count": marked("is what is open on the last day of a run; let the run end on that day"),
    "repeat_share_of_filed": marked("needs the cases before it; let the run have those days and no others"),
    **dict.fromkeys(
        (
            "supervisor_utilisation",
            "supervisor_finds_cv",
            "unit_utilisation",
            "busiest_unit_utilisation",
            "operator_utilisation",
            "staffed_hours",
            "grids_count",
            "posts_count",
            "employed_count",
        ),
        marked("is of people, and kept for a whole run only; let the run have those days and no others"),
    ),
    "trust_mean": marked("is what residents think on the last day of a run; let the run end on that day"),
    **dict.fromkeys(
        ("cost_yuan", "cost_yuan_per_year", "cost_per_case_yuan"),
        marked("is the cost of a whole run; let the run have those days and no others"),
    ),
}
"""Indicators that cannot, with the reason, and what to do."""
