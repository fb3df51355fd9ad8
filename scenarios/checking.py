"""What must hold between parameters: checked once, after every value is right by itself.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import ceil, sqrt

from scenarios.counting import (
    cells_count,
    expected_incidents,
    households_count,
    residents_count,
    sites_count,
    social_grids_count,
)
from scenarios.ground import Period
from scenarios.hours import hours_per_week
from scenarios.labour import LEAST_OVERTIME_PAY, LONGEST_WEEK_H, hours_on_duty, people_per_post, posts_count, staffs
from scenarios.reading import Given, Site
from scenarios.schema import Parameters
from scenarios.wording import suggest

MOST_INCIDENTS = 20_000_000
MOST_CELLS = 200_000
MOST_RESIDENT_AGENTS = 2_000_000
EVEN = "even"
"""The built-in profile: the same rate in every hour."""
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
CHINA_FROM, CHINA_TO = 2004, 2026
"""Years whose public holidays the chinesecalendar package knows."""


def inconsistencies(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    """Every inconsistency, as the path of the parameter that is best mended and a line that begins with it."""
    for check in (_sums, _names, _competence, _units, _labour, _period):
        yield from check(parameters)
    for check_on_ground in (_areas, _party, _size):
        yield from check_on_ground(parameters, sites)


def _sums(parameters: Parameters) -> Iterator[tuple[str, str]]:
    for name, category in parameters.categories.items():
        path, total = f"categories.{name}.severity_shares", sum(category.severity_shares)
        if abs(total - 1.0) > 1e-6:
            yield path, f"sum to {total:g} and must sum to 1"
    for name, profile in parameters.demand.profiles.items():
        if sum(profile.hour_weights) <= 0.0:
            yield f"demand.profiles.{name}.hour_weights", "are all 0; at least one hour must have a weight"
    if sum(parameters.demand.month_weights) <= 0.0:
        yield "demand.month_weights", "are all 0; at least one month must have a weight"
    total = sum(channel.share for channel in parameters.residents.channels.values())
    if total > 1.0 + 1e-9:
        yield "residents.channels", f"have shares that sum to {total:g}; they may sum to 1 at most"


def _names(parameters: Parameters) -> Iterator[tuple[str, str]]:
    categories, profiles = list(parameters.categories), [EVEN, *parameters.demand.profiles]
    for name, category in parameters.categories.items():
        if category.profile not in profiles:
            yield (
                f"categories.{name}.profile",
                f'= "{category.profile}" must be one of {", ".join(profiles)}{suggest(category.profile, profiles)}',
            )
    named = [(f"units.{name}", unit.categories) for name, unit in parameters.units.items()]
    named += [(f"demand.surges.{name}", surge.categories) for name, surge in parameters.demand.surges.items()]
    for path, words in named:
        for word in words:
            if word not in categories:
                yield f"{path}.categories", f'names "{word}", which is no category{suggest(word, categories)}'


def _competence(parameters: Parameters) -> Iterator[tuple[str, str]]:
    competent = {category for unit in parameters.units.values() for category in unit.categories}
    for name in parameters.categories:
        if name not in competent:
            yield f"categories.{name}", "has no competent unit; add it to the categories of one of the units"
    if not parameters.categories:
        yield "categories", "are none; a scenario needs at least one category of incidents"


def _units(parameters: Parameters) -> Iterator[tuple[str, str]]:
    for name, unit in parameters.units.items():
        if unit.casework_share + unit.rounds_share > 1.0 + 1e-9:
            yield f"units.{name}.rounds_share", "and casework_share may sum to 1 at most"
        if unit.rounds_share > 0.0 and unit.level != "grid":
            yield f"units.{name}.rounds_share", f'must be 0 at level "{unit.level}": only grid posts make rounds'


def _labour(parameters: Parameters) -> Iterator[tuple[str, str]]:
    patrol = parameters.supervisors
    if patrol.count and not posts_count(patrol):
        yield (
            "supervisors.count",
            f"= {patrol.count} man no post: {patrol.count * hours_on_duty(patrol):.0f} h a week, and a post has "
            f"{hours_per_week(patrol.hours):.0f}; employ {ceil(people_per_post(patrol))}, or shorten supervisors.hours",
        )
    if overtime_pay := parameters.costs.overtime_pay:
        if overtime_pay < LEAST_OVERTIME_PAY:
            yield (
                "costs.overtime_pay",
                f"= {overtime_pay:g} must be 0 (none is paid) or at least {LEAST_OVERTIME_PAY:g}, by law",
            )
        return
    for path, staff in staffs(parameters):
        if staff.weekly_h > LONGEST_WEEK_H:
            yield (
                f"{path}.weekly_h",
                f"= {staff.weekly_h:g} must be at most {LONGEST_WEEK_H:g}, or costs.overtime_pay must say what hours "
                "beyond 40 cost (by law 1.5 at least)",
            )


def _period(parameters: Parameters) -> Iterator[tuple[str, str]]:
    period = parameters.period
    if not EARLIEST <= period.start <= LATEST:
        yield "period.start", f"= {period.start} must lie in [{EARLIEST}, {LATEST}]"
        return
    end = period.start + timedelta(days=period.days - 1)
    if period.public_holidays == "china" and not CHINA_FROM <= period.start.year <= end.year <= CHINA_TO:
        yield (
            "period.public_holidays",
            f'= "china" is known for {CHINA_FROM}-{CHINA_TO} only, and the run lasts from {period.start} to {end}; '
            'set it to "none", or choose other dates',
        )
    for name, surge in parameters.demand.surges.items():
        if surge.end < surge.start:
            yield f"demand.surges.{name}.end", f"= {surge.end} must not lie before its start, {surge.start}"


def unmet_surges(parameters: Parameters, given: Sequence[tuple[Given, str]]) -> Iterator[tuple[str, str]]:
    """Surges that no day of the run meets, as in `inconsistencies`; `given` are all values, each with its file.

    A surge is held against the run of the file that gives its dates: whoever shortens the run further down, or for a
    first short look, need not take its surges away.
    """
    for name, surge in parameters.demand.surges.items():
        dates = (f"demand.surges.{name}.start", f"demand.surges.{name}.end")
        period = _period_when_given(dates, parameters, given)
        if period is None:
            continue
        last = period.start + timedelta(days=period.days - 1)
        if surge.end < period.start or surge.start > last:
            yield (
                f"demand.surges.{name}.start",
                f"= {surge.start} to {surge.end} lies outside the run, {period.start} to {last}",
            )


def _period_when_given(
    paths: Sequence[str], parameters: Parameters, given: Sequence[tuple[Given, str]]
) -> Period | None:
    """The period as the file has it that was the last to give one of the paths; None if it cannot be told."""
    writer = next((origin for value, origin in reversed(given) if value.path in paths), "")
    until = max((place for place, (_, origin) in enumerate(given) if origin == writer), default=-1)
    if not any(value.path.startswith("period.") for value, _ in given[until + 1 :]):
        return parameters.period
    before = {value.path.removeprefix("period."): value.value for value, _ in given[: until + 1]
              if value.path in ("period.start", "period.days")}  # fmt: skip
    try:
        return Period.model_validate(before)
    except ValueError:
        return None


def _areas(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    ground = parameters.territory
    households = households_count(ground, sites)
    places = sites_count(ground, sites)
    grids = social_grids_count(ground, sites)
    if ground.communities_count < ground.subdistricts_count:
        yield (
            "territory.communities_count",
            f"= {ground.communities_count} must be at least subdistricts_count, {ground.subdistricts_count}",
        )
    if grids < ground.communities_count:
        yield (
            "territory.households_per_social_grid",
            f"= {ground.households_per_social_grid:g} makes {grids} social grids of {households} households; "
            f"there must be at least one for each of the {ground.communities_count} communities",
        )
    if places < grids:
        yield (
            "territory.households_per_social_grid",
            f"= {ground.households_per_social_grid:g} makes {grids} social grids, but there are only {places} sites; "
            "a grid needs at least one",
        )


def _party(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    party, places = parameters.party, sites_count(parameters.territory, sites)
    if not party.members_count:
        return
    if party.groups_count < party.branches_count:
        yield "party.groups_count", f"= {party.groups_count} must be at least branches_count, {party.branches_count}"
    if party.members_count < party.groups_count:
        yield "party.members_count", f"= {party.members_count} must be 0 or at least groups_count, {party.groups_count}"
    if party.groups_count > places:
        yield "party.groups_count", f"= {party.groups_count} must be at most the number of sites, {places}"


def _size(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    """What would be too large to run is refused, before it fills the memory."""
    ground, demand = parameters.territory, parameters.demand
    residents = residents_count(ground, sites)
    if (expected := expected_incidents(parameters, sites)) > MOST_INCIDENTS:
        yield "demand.scale", f"= {demand.scale:g} makes about {expected:.2g} incidents; the most is {MOST_INCIDENTS:,}"
    cells = _extent_m2(parameters, sites) / ground.cell_area_m2
    if cells > MOST_CELLS:
        yield (
            "territory.cell_area_m2",
            f"= {ground.cell_area_m2:g} makes {cells:,.0f} cells; the most is {MOST_CELLS:,}",
        )
    elif parameters.supervisors.working_grids_count > (cells_there := cells_count(ground, sites)):
        yield (
            "supervisors.working_grids_count",
            f"= {parameters.supervisors.working_grids_count} must be at most {cells_there:,}, the cells there are, "
            "or 0: one for every post",
        )
    agents = residents / parameters.residents.residents_per_agent
    if agents > MOST_RESIDENT_AGENTS:
        yield (
            "residents.residents_per_agent",
            f"= {parameters.residents.residents_per_agent:g} makes {agents:,.0f} agents of {residents:,.0f} residents; "
            f"the most is {MOST_RESIDENT_AGENTS:,}",
        )


def _extent_m2(parameters: Parameters, sites: tuple[Site, ...] | None) -> float:
    """The rectangle that cells must cover: that of the district, or the one around all listed sites."""
    if sites is None:
        return parameters.territory.area_km2 * 1e6
    x_m, y_m, cell_m = (
        [site.x_m for site in sites],
        [site.y_m for site in sites],
        sqrt(parameters.territory.cell_area_m2),
    )
    return max(max(x_m) - min(x_m), cell_m) * max(max(y_m) - min(y_m), cell_m)
