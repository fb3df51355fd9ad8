"""What a run comes to, in sentences: the answer, on what it rests, and the titles of its pictures.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from experiments.statistics.trend import Trend
from experiments.words.names import indicator, worded
from experiments.words.numbers import days_counted, hours_in_words, in_percent, number, yuan_in_words
from languages.speaking import listed, marked, say, say_many

BASES = {
    "assumption": marked("{count} assumed"), "definition": marked("{count} by definition"),
    "standard": marked("{count} from standards"), "published": marked("{count} published"),
    "calibrated": marked("{count} calibrated"), "given by --set": marked("{count} given by --set"),
}  # fmt: skip
TRENDS = {
    Trend.GROWS: marked("; the backlog grows"),
    Trend.SHRINKS: marked("; the backlog shrinks"),
    Trend.LEVEL: marked("; the backlog stays level"),
    Trend.TOO_SHORT: "",
}
MOST_KINDS = 5
"""As many kinds of people are named; the others are counted together."""
MOST_HINGES = 2
WIDEST_SHARE, WIDEST_TIMES = 0.5, 4.0
"""An interval of one more run that is wider, in shares or in times its lower end, confirms nothing."""
FEWER = 0.8
"""What is asked next is what happens with so many of the supervisors."""


def title_in_words(title: str, days: int, seeds: Sequence[int]) -> str:
    """What was run, for how long, with which seeds."""
    about = {"title": say(title), "days": days_counted(days)}
    if len(seeds) == 1:
        return say("{title}: {days}, seed {seed} (one replication, so no intervals)", seed=seeds[0], **about)
    return say(
        "{title}: {days}, seeds {first} to {last} ({count} replications)", first=seeds[0], last=seeds[-1],
        count=len(seeds), **about,
    )  # fmt: skip


def answer_in_words(result: Mapping[str, Any]) -> list[str]:
    """What a run comes to, in six sentences at most; `result` is what `run --json` prints."""
    lines = [plan_in_words(result), happened_in_words(result)]
    lines.append(
        beside_in_words(result["figures"], result["place"]) if result["figures"]
        else say("Published figures: none. {why}", why=result["figures_note"])
    )  # fmt: skip
    lines += [line for line in (known_in_words(result), hinges_in_words(result)) if line]
    return [*lines, next_in_words(result)]


def plan_in_words(result: Mapping[str, Any]) -> str:
    """The plan: its grids, its people, what it costs a year."""
    plan, cost = result["plan"], result["indicators"]["cost_yuan_per_year"]["mean"]
    grids = []
    if plan["social_grids_count"]:
        count, (low, high) = plan["social_grids_count"], plan["households_per_grid"]
        grids.append(
            say_many("{count:,} grid of {low:,} households", "{count:,} grids of {low:,} households", count, low=low)
            if low == high else
            say("{count:,} grids of {low:,} to {high:,} households", count=count, low=low, high=high)
        )  # fmt: skip
    if plan["working_grids_count"]:
        grids.append(say_many("{count:,} beat over {cells:,} cells", "{count:,} beats over {cells:,} cells",
                              plan["working_grids_count"], cells=plan["cells_count"]))  # fmt: skip
    people = sorted(plan["people"], key=lambda each: -each["employed"])
    most = MOST_KINDS if len(people) > MOST_KINDS + 1 else len(people)
    named = [say("{kind} {people:,.0f}", people=each["employed"], kind=worded(each["name"])) for each in people[:most]]
    if others := sum(each["employed"] for each in people[most:]):
        named.append(say("others {people:,.0f}", people=others))
    if plan["party_members_count"]:
        named.append(say("party members {people:,}", people=plan["party_members_count"]))
    return say(
        "The plan: {grids}; employed {people}; {yuan} a year.", grids=listed(grids or [say("no grids")]),
        people=listed(named or [say("nobody")]), yuan=yuan_in_words(cost or 0.0),
    )  # fmt: skip


def happened_in_words(result: Mapping[str, Any]) -> str:
    """What happened: of so many incidents, how many were found, remedied, and in time."""
    means = {name: entry["mean"] for name, entry in result["indicators"].items()}
    if not means["occurred_count"]:
        return say("In {days} nothing happened.", days=days_counted(result["days"]))
    told = {
        "days": days_counted(result["days"]), "occurred": number(means["occurred_count"], "incidents"),
        "unseen": number(means["unseen_share"], "share"),
        "remedied": number(means["remedied_share_of_occurred"], "share"),
        "hours": hours_in_words(means["problem_hours_per_incident"]),
    }  # fmt: skip
    if means["on_time_share_of_remedied"] is None:
        return say(
            "In {days} {occurred} incidents occurred: {unseen} % were never found, {remedied} % were remedied; one stood "
            "{hours} on average.", **told,
        )  # fmt: skip
    return say(
        "In {days} {occurred} incidents occurred: {unseen} % were never found, {remedied} % were remedied ({on_time} % of "
        "those in time); one stood {hours} on average.", on_time=number(means["on_time_share_of_remedied"], "share"), **told,
    )  # fmt: skip


def beside_in_words(figures: Sequence[Mapping[str, Any]], place: str) -> str:
    """Where the run stands beside the published figures of its place."""
    all_told = [figure for figure in figures if figure["inside"] is not None and not figure["reading_of"]]
    told = [figure for figure in all_told if _tells(figure)]
    if all_told and not told:
        return say(
            "One more such run could fall nearly anywhere, so the published figures of {place} cannot be held against it: run "
            "as long as they counted, and more often.", place=say(place),
        )  # fmt: skip
    outside = [figure["id"] for figure in told if not figure["inside"]]
    place = say(place)
    if not told:
        return say("No published figure of {place} can be held against one such run.", place=place)
    if not outside:
        return say_many(
            "The published figure of {place} lies where one more such run would fall.",
            "All {count} published figures of {place} lie where one more such run would fall.", len(told), place=place,
        )  # fmt: skip
    return say(
        "Published figures of {place} that lie where one more such run would fall: {inside} of {count}; outside: {outside}.",
        count=len(told), place=place, inside=len(told) - len(outside), outside=listed(outside),
    )  # fmt: skip


def _tells(figure: Mapping[str, Any]) -> bool:
    """Whether the interval of one more run is narrow enough to be held against what is published."""
    low, high = figure["lo"], figure["hi"]
    return high - low < WIDEST_SHARE if figure["unit"] == "share" else low > 0.0 and high < low * WIDEST_TIMES


def known_in_words(result: Mapping[str, Any]) -> str:
    """How far chance moves the unseen share, and how far what nobody knows does: and which is which."""
    name = "unseen_share"
    entry, unknowns = result["indicators"][name], result["unknowns"]
    if entry["mean"] is None or entry["lo"] is None:
        return ""
    by_chance = {"name": indicator(name), "low": number(entry["lo"], "share"), "high": number(entry["hi"], "share")}
    if not unknowns or name not in unknowns["ranges"]:
        return say(
            "Chance alone leaves “{name}” between {low} and {high} %; what nobody knows is not in that.", **by_chance
        )
    low, high = (number(end, "share") for end in unknowns["ranges"][name])
    if unknowns["elsewhere"]:
        return say(
            "“{name}” lies between {low} and {high} % by chance, and between {least} and {most} % over what the figures of "
            "another place ({ensemble}) allow.", least=low, most=high, ensemble=unknowns["ensemble"], **by_chance,
        )  # fmt: skip
    return say(
        "“{name}” lies between {low} and {high} % by chance, and between {least} and {most} % over what the published "
        "figures allow.", least=low, most=high, **by_chance,
    )  # fmt: skip


def hinges_in_words(result: Mapping[str, Any]) -> str:
    """On what it mostly hangs: a unit without hours to spare, and the unknowns that move most."""
    busy = [worded(unit["unit"]) for unit in result["units"] if unit["saturated"]]
    about = result["unknowns"]["about"] if result["unknowns"] else {}
    carried = [say("{path} ({about})", path=path, about=say(about[path])) for path in list(about)[:MOST_HINGES]]
    if busy and carried:
        return say("It hangs on {units}, who have no hours to spare, and on what nobody knows of {paths}.",
                   units=listed(busy), paths=listed(carried))  # fmt: skip
    if busy:
        return say("It hangs on {units}, who have no hours to spare.", units=listed(busy))
    if carried:
        return say("It hangs mostly on what nobody knows of {paths}.", paths=listed(carried))
    assumed = result["assumptions"]["counts"].get("assumption", 0)
    total = sum(result["assumptions"]["counts"].values())
    return say("Of {total} parameters {assumed} are assumed.", total=total, assumed=assumed)


def next_in_words(result: Mapping[str, Any]) -> str:
    """What to ask next: the comparison that this plan invites."""
    name, plan = result["asked"], result["plan"]
    supervisors = next((each["employed"] for each in plan["people"] if each["name"] == "supervisors"), 0)
    lever = (
        f"supervisors.count={round(supervisors * FEWER)}" if supervisors
        else "party.members_count=0" if plan["party_members_count"] else "demand.scale=2"
    )  # fmt: skip
    ensemble = f" --ensemble {result['unknowns']['ensemble']}" if result["unknowns"] else ""
    first = f'"{name}"' if " " in name else name
    return say("Ask next: {command}", command=f'compare {first} "{name} --set {lever}"{ensemble}')


def basis_in_words(counts: Mapping[str, int]) -> str:
    """How many parameters rest on what."""
    parts = listed(say(BASES[kind], count=count) for kind, count in counts.items())
    return say("What the {total} parameters rest on: {parts}.", total=sum(counts.values()), parts=parts)


def undefined_in_words(indicators: Mapping[str, Mapping[str, Any]], replications: int) -> list[str]:
    """Which indicators have no value in some replications: their means are over the others."""
    partly = [f"{say(name)} ({entry['defined_count']})" for name, entry in indicators.items()
              if 0 < entry["defined_count"] < replications]  # fmt: skip
    never = [say(name) for name, entry in indicators.items() if not entry["defined_count"]]
    lines = []
    if partly:
        lines.append(say_many(
            "Undefined in some of {count} replication, which are left out (in brackets, in how many it is defined): {names}.",
            "Undefined in some of {count} replications, which are left out (in brackets, in how many it is defined): {names}.",
            replications, names=listed(partly),
        ))  # fmt: skip
    if never:
        lines.append(say("Undefined in every replication: {names}.", names=listed(never)))
    return lines


def saturated_in_words(units: Iterable[Mapping[str, Any]]) -> list[str]:
    """On which units a plan hangs, a line each; `units` as in `run --json`."""
    return [hangs_in_words(unit["unit"], unit["utilisation"]) for unit in units if unit["saturated"]]


def hangs_in_words(unit: str, utilisation: float) -> str:
    """That a unit is all but always busy, and what that means."""
    return say(
        "This plan hangs on {unit}: {busy} % busy, so one person more or fewer there moves much.", unit=worded(unit),
        busy=number(utilisation, "share"),
    )  # fmt: skip


def pictured_in_words(title: str, seed: int, days: int, start: object) -> str:
    """Of which run a picture is."""
    return say(
        "{title} · seed {seed} · {days} from {start}", title=say(title), seed=seed, days=days_counted(days), start=start
    )


def percent(count: int, total: int) -> str:
    """A share in words that never rounds something to nothing."""
    share = count / total if total else 0.0
    return say("under 0.1 %") if 0 < share < 0.001 else in_percent(share, ".1f")


def unseen_in_words(unseen: int, total: int) -> str:
    """How much was never found."""
    if not total:
        return say("Nothing happened")
    return say("{share:.0f} % of what happened was never found", share=unseen / total * 100)


def days_in_words(found_per_day: float, filed_per_day: float, backlog: Trend) -> str:
    """How much is found and filed, and whether the open cases pile up."""
    return say("{found:,.1f} found and {filed:,.1f} filed a day", found=found_per_day, filed=filed_per_day) + say(
        TRENDS[backlog]
    )


def medians_in_words(quickest: tuple[str, float], slowest: tuple[str, float]) -> str:
    """How long half of the quickest class takes, and half of the slowest; class and hours each."""
    (quick, quick_h), (slow, slow_h) = quickest, slowest
    if quick == slow:
        return say("Half of {kind} take under {time}", kind=worded(quick), time=hours_in_words(quick_h))
    return say(
        "Medians go from {quick_time} ({quick}) to {slow_time} ({slow})", quick_time=hours_in_words(quick_h),
        quick=worded(quick), slow_time=hours_in_words(slow_h), slow=worded(slow),
    )  # fmt: skip
