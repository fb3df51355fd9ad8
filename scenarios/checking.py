"""What must hold between parameters: checked once, after every value is right by itself.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from math import ceil, sqrt

from languages.speaking import listed, say
from scenarios.counting import (
    cells_count,
    expected_incidents,
    extent_m2,
    households_count,
    named_grids,
    residents_count,
    sites_count,
    social_grids_count,
)
from scenarios.ground import Period
from scenarios.hours import hours_per_week
from scenarios.labour import LEAST_OVERTIME_PAY, LONGEST_WEEK_H, hours_on_duty, people_per_post, posts_count, staffs
from scenarios.reading import Given
from scenarios.schema import Parameters
from scenarios.sites import Site
from scenarios.wording import shown, suggest

MOST_INCIDENTS = 20_000_000
MOST_CELLS = 200_000
MOST_RESIDENT_AGENTS = 2_000_000
FITTING = 4.0
"""An area may be so many times the ground that its sites span, or so small a part of it: parks and water lie between
buildings, and no community is convex; a mistaken unit (hectares, mu, m²) is ten times off at least."""
EVEN = "even"
"""The built-in profile: the same rate in every hour."""
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
CHINA_FROM, CHINA_TO = 2004, 2026
"""Years whose public holidays the chinesecalendar package knows."""


def inconsistencies(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    """Every inconsistency, as the path of the parameter that is best mended and a line that begins with it."""
    for check in (_sums, _names, _competence, _units, _labour, _period):
        yield from check(parameters)
    for check_on_ground in (_areas, _extent, _party, _size):
        yield from check_on_ground(parameters, sites)


def _sums(parameters: Parameters) -> Iterator[tuple[str, str]]:
    for name, category in parameters.categories.items():
        path, total = f"categories.{name}.severity_shares", sum(category.severity_shares)
        if abs(total - 1.0) > 1e-6:
            yield path, say("sum to {total:g} and must sum to 1", total=total)
    for name, profile in parameters.demand.profiles.items():
        if sum(profile.hour_weights) <= 0.0:
            yield f"demand.profiles.{name}.hour_weights", say("are all 0; at least one hour must have a weight")
    if sum(parameters.demand.month_weights) <= 0.0:
        yield "demand.month_weights", say("are all 0; at least one month must have a weight")
    total = sum(channel.share for channel in parameters.residents.channels.values())
    if total > 1.0 + 1e-9:
        yield "residents.channels", say("have shares that sum to {total:g}; they may sum to 1 at most", total=total)


def _names(parameters: Parameters) -> Iterator[tuple[str, str]]:
    categories, profiles = list(parameters.categories), [EVEN, *parameters.demand.profiles]
    for name, category in parameters.categories.items():
        if category.profile not in profiles:
            yield (
                f"categories.{name}.profile",
                say(
                    "= {value} must be one of {choices}{hint}",
                    value=shown(category.profile),
                    choices=listed(profiles),
                    hint=suggest(category.profile, profiles),
                ),
            )
    named = [(f"units.{name}", unit.categories) for name, unit in parameters.units.items()]
    named += [(f"demand.surges.{name}", surge.categories) for name, surge in parameters.demand.surges.items()]
    for path, words in named:
        for word in words:
            if word not in categories:
                what = say('names "{word}", which is no category{hint}', word=word, hint=suggest(word, categories))
                yield f"{path}.categories", what


def _competence(parameters: Parameters) -> Iterator[tuple[str, str]]:
    competent = {category for unit in parameters.units.values() for category in unit.categories}
    for name in parameters.categories:
        if name not in competent:
            yield f"categories.{name}", say("has no competent unit; add it to the categories of one of the units")
    if not parameters.categories:
        yield "categories", say("are none; a scenario needs at least one category of incidents")


def _units(parameters: Parameters) -> Iterator[tuple[str, str]]:
    for name, unit in parameters.units.items():
        if unit.casework_share + unit.rounds_share > 1.0 + 1e-9:
            yield f"units.{name}.rounds_share", say("and casework_share may sum to 1 at most")
        if unit.rounds_share > 0.0 and unit.level != "grid":
            what = say('must be 0 at level "{level}": only grid posts make rounds', level=unit.level)
            yield f"units.{name}.rounds_share", what


def _labour(parameters: Parameters) -> Iterator[tuple[str, str]]:
    patrol = parameters.supervisors
    if patrol.count and not posts_count(patrol):
        yield (
            "supervisors.count",
            say(
                "= {count} man no post: {hours:.0f} h a week, and a post has {post_hours:.0f}; "
                "employ {people}, or shorten supervisors.hours",
                count=patrol.count,
                hours=patrol.count * hours_on_duty(patrol),
                post_hours=hours_per_week(patrol.hours),
                people=ceil(people_per_post(patrol)),
            ),
        )
    if overtime_pay := parameters.costs.overtime_pay:
        if overtime_pay < LEAST_OVERTIME_PAY:
            yield (
                "costs.overtime_pay",
                say(
                    "= {value:g} must be 0 (none is paid) or at least {least:g}, by law",
                    value=overtime_pay,
                    least=LEAST_OVERTIME_PAY,
                ),
            )
        return
    for path, staff in staffs(parameters):
        if staff.weekly_h > LONGEST_WEEK_H:
            yield (
                f"{path}.weekly_h",
                say(
                    "= {value:g} must be at most {most:g}, or costs.overtime_pay must say what hours beyond 40 cost "
                    "(by law 1.5 at least)",
                    value=staff.weekly_h,
                    most=LONGEST_WEEK_H,
                ),
            )


def _period(parameters: Parameters) -> Iterator[tuple[str, str]]:
    period = parameters.period
    if not EARLIEST <= period.start <= LATEST:
        what = say("= {value} must lie in [{low}, {high}]", value=period.start, low=EARLIEST, high=LATEST)
        yield "period.start", what
        return
    end = period.start + timedelta(days=period.days - 1)
    if period.public_holidays == "china" and not CHINA_FROM <= period.start.year <= end.year <= CHINA_TO:
        yield (
            "period.public_holidays",
            say(
                '= "china" is known for {first}-{last} only, and the run lasts from {start} to {end}; '
                'set it to "none", or choose other dates',
                first=CHINA_FROM,
                last=CHINA_TO,
                start=period.start,
                end=end,
            ),
        )
    for name, surge in parameters.demand.surges.items():
        if surge.end < surge.start:
            what = say("= {value} must not lie before its start, {start}", value=surge.end, start=surge.start)
            yield f"demand.surges.{name}.end", what


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
                say(
                    "= {start} to {end} lies outside the run, {first} to {last}",
                    start=surge.start,
                    end=surge.end,
                    first=period.start,
                    last=last,
                ),
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
            say(
                "= {value} must be at least subdistricts_count, {least}",
                value=ground.communities_count,
                least=ground.subdistricts_count,
            ),
        )
    if grids < ground.communities_count and named_grids(sites):
        yield (
            "territory.communities_count",
            say("= {value} must be at most {grids}, the grids that the list of sites names",
                value=ground.communities_count, grids=grids),
        )  # fmt: skip
    elif grids < ground.communities_count:
        yield (
            "territory.households_per_social_grid",
            say("= {value:g} makes {grids} social grids of {households} households; "
                "there must be at least one for each of the {communities} communities",
                value=ground.households_per_social_grid, grids=grids, households=households,
                communities=ground.communities_count),
        )  # fmt: skip
    if places < grids:
        yield (
            "territory.households_per_social_grid",
            say("= {value:g} makes {grids} social grids, but there are only {places} sites; a grid needs at least one",
                value=ground.households_per_social_grid, grids=grids, places=places),
        )  # fmt: skip


def _extent(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    """Incidents are reckoned by area where their rate is: it must be the one that the listed sites lie in."""
    if sites is None:
        return
    area_km2, spanned_km2 = parameters.territory.area_km2, extent_m2(sites) / 1e6
    if not spanned_km2 / FITTING <= area_km2 <= spanned_km2 * FITTING:
        yield (
            "territory.area_km2",
            say("= {area:g} does not fit the sites of {file}, which span about {spanned:.2g} km²",
                area=area_km2, file=parameters.territory.sites_file, spanned=spanned_km2),
        )  # fmt: skip


def area_of_elsewhere(
    parameters: Parameters, sites: tuple[Site, ...] | None, given: Sequence[tuple[Given, str]]
) -> Iterator[tuple[str, str]]:
    """An area that listed sites inherit from another place, as in `inconsistencies`; what names them is to blame.

    `given` are all values, each with the file or option that gives it, in the order in which they apply.
    """
    if sites is None:
        return
    ground = parameters.territory
    writers = [(value.path, origin) for value, origin in given]
    last = dict(writers)
    since = next(place for place, (_, origin) in enumerate(writers) if origin == last["territory.sites_file"])
    if "territory.area_km2" not in dict(writers[since:]):
        yield (
            "territory.area_km2",
            say("= {area:g} ({origin}) is another place's; the sites of {file} span about {spanned:.2g} km²: "
                "give area_km2 where sites_file is given",
                area=ground.area_km2, origin=last.get("territory.area_km2", "default"), file=ground.sites_file,
                spanned=extent_m2(sites) / 1e6),
        )  # fmt: skip


def idle_grid_size(
    parameters: Parameters, sites: tuple[Site, ...] | None, asked: Collection[str]
) -> Iterator[tuple[str, str]]:
    """A size of grids that is asked for, by its path, and that changes nothing; as in `inconsistencies`."""
    ground = parameters.territory
    if "territory.households_per_social_grid" in asked and named_grids(sites):
        yield (
            "territory.households_per_social_grid",
            say('= {value:g} changes nothing: {file} names the grid of each building; set territory.social_grids to '
                '"cut" for new grids',
                value=ground.households_per_social_grid, file=ground.sites_file),
        )  # fmt: skip


def _party(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    party, places = parameters.party, sites_count(parameters.territory, sites)
    if not party.members_count:
        return
    if party.groups_count < party.branches_count:
        what = say("= {value} must be at least branches_count, {least}",
                   value=party.groups_count, least=party.branches_count)  # fmt: skip
        yield "party.groups_count", what
    if party.members_count < party.groups_count:
        what = say("= {value} must be 0 or at least groups_count, {least}",
                   value=party.members_count, least=party.groups_count)  # fmt: skip
        yield "party.members_count", what
    if party.groups_count > places:
        what = say("= {value} must be at most the number of sites, {most}", value=party.groups_count, most=places)
        yield "party.groups_count", what


def _size(parameters: Parameters, sites: tuple[Site, ...] | None) -> Iterator[tuple[str, str]]:
    """What would be too large to run is refused, before it fills the memory."""
    ground, demand = parameters.territory, parameters.demand
    residents = residents_count(ground, sites)
    if (expected := expected_incidents(parameters, sites)) > MOST_INCIDENTS:
        what = say("= {value:g} makes about {incidents:.2g} incidents; the most is {most:,}",
                   value=demand.scale, incidents=expected, most=MOST_INCIDENTS)  # fmt: skip
        yield "demand.scale", what
    cells = _rectangle_m2(parameters, sites) / ground.cell_area_m2
    if cells > MOST_CELLS:
        yield (
            "territory.cell_area_m2",
            say(
                "= {value:g} makes {cells:,.0f} cells; the most is {most:,}",
                value=ground.cell_area_m2,
                cells=cells,
                most=MOST_CELLS,
            ),
        )
    elif parameters.supervisors.working_grids_count > (cells_there := cells_count(ground, sites)):
        yield (
            "supervisors.working_grids_count",
            say(
                "= {value} must be at most {most:,}, the cells there are, or 0: one for every post",
                value=parameters.supervisors.working_grids_count,
                most=cells_there,
            ),
        )
    agents = residents / parameters.residents.residents_per_agent
    if agents > MOST_RESIDENT_AGENTS:
        yield (
            "residents.residents_per_agent",
            say(
                "= {value:g} makes {agents:,.0f} agents of {residents:,.0f} residents; the most is {most:,}",
                value=parameters.residents.residents_per_agent,
                agents=agents,
                residents=residents,
                most=MOST_RESIDENT_AGENTS,
            ),
        )


def _rectangle_m2(parameters: Parameters, sites: tuple[Site, ...] | None) -> float:
    """The rectangle that cells must cover: that of the district, or the one around all listed sites."""
    if sites is None:
        return parameters.territory.area_km2 * 1e6
    x_m, y_m, cell_m = (
        [site.x_m for site in sites],
        [site.y_m for site in sites],
        sqrt(parameters.territory.cell_area_m2),
    )
    return max(max(x_m) - min(x_m), cell_m) * max(max(y_m) - min(y_m), cell_m)
