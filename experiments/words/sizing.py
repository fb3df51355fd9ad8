"""What sizing a community came to, in sentences: the plan, how surely, what it rests on; and why grids are not equal.

Layer: experiments.  The wing that finds it out stands above this one, so it hands on plain objects and kinds by name:
`impossible_in_words(**reason._asdict())` of an `experiments.sizing.cuts.quality.Impossible`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.words.names import indicator, worded
from experiments.words.numbers import in_percent, measured, number, signed, yuan_in_words
from languages.speaking import listed, marked, marked_many, say, say_many, sentences

IMPOSSIBLE = {
    "tower": marked_many(
        "One building ({name}) has {households} households: grids of {ideal:.0f} cannot be equal.",
        "{count} buildings have more than the {high} households that a grid may have ({name} has {households}): grids of {ideal:.0f} cannot be equal.",
    ),
    "crowded": marked_many(
        "{count} buildings have at least {households} households each, and no two of them fit into a grid of at most {high}; there are fewer grids than that.",
        "{count} buildings have at least {households} households each, and no two of them fit into a grid of at most {high}; there are fewer grids than that.",
    ),
    "sums": marked_many(
        "No whole buildings together have between {low} and {high} households.",
        "No whole buildings together have between {low} and {high} households.",
    ),
    "side": marked_many(
        "What a barrier keeps apart ({name} and what is on its side) has {households} households, which is no whole number of grids of {low} to {high}: some grid crosses the barrier, or is of another size.",
        "What barriers keep apart is in {count} places no whole number of grids of {low} to {high} households (the smallest, {name} and what is on its side, has {households}): some grids cross a barrier, or are of another size.",
    ),
}  # fmt: skip
"""By the kind of reason, for one and for many."""


def impossible_in_words(why: str, name: str, households: int, how_many: int, ideal: float, low: int, high: int) -> str:
    """One reason why no grids are equal. Raises KeyError for a kind that there is not."""
    one, many = IMPOSSIBLE[why]
    return say_many(one, many, how_many, name=name, households=households, ideal=ideal, low=low, high=high)


STAGES = {
    "plans": marked("plans"),
    "robustness": marked("what if"),
    "rivals": marked("rivals"),
    "pilot": marked("pilot"),
}
"""What is worked at, by the name of the stage."""


# What is recommended -----------------------------------------------------------------------------------------------
def answer_in_words(result: Mapping[str, Any]) -> list[str]:
    """What is recommended, in five sentences: the plan, how surely, what comes next, what it rests on, what to measure."""
    return [
        recommended_in_words(result), sureness_in_words(result), runner_up_in_words(result), weakest_in_words(result),
        measure_in_words(result),
    ]  # fmt: skip


def recommended_in_words(result: Mapping[str, Any]) -> str:
    """The plan; first of all what the figures cannot tell of it."""
    plan = plan_of(result, result["recommended"])
    told = {"plan": plan_in_words(plan, result), "why": say(GROUNDS[result["ground"]])}
    if not plan["occurred"]:
        return say(
            "Nothing occurs here that people in grids could see to, so there is nothing to size; the cheapest plan is {plan}.",
            **told,
        )
    if result["untold"]:
        counts = sorted({plan["grids"], *(plan_of(result, other["plan"])["grids"] for other in result["untold"])})
        return say(
            "The figures cannot tell {counts} grids apart: choose among them by what they cannot see (whole compounds, short ways, who knows whom); if they alone are to choose: {plan} ({why}).",
            counts=listed(map(str, counts)), **told,
        )  # fmt: skip
    return say("Recommended: {plan} ({why}).", **told)


GROUNDS = {
    "targets": marked("the fewest people that meet the targets surely enough"),
    "nearest": marked("no plan meets the targets surely enough; this one comes nearest"),
    "price": marked("the least cost, problem-hours counted at the price given"),
    "budget": marked("the fewest problem-hours within the budget"),
    "over_budget": marked("the budget allows no plan; this one costs least"),
    "today": marked("the fewest problem-hours for no more than today's plan costs"),
    "frontier": marked("right over the widest range of prices of a problem-hour"),
}
"""Why a plan is recommended, by kind."""


def plan_of(result: Mapping[str, Any], number_: int) -> Mapping[str, Any]:
    """A plan by its number. Raises KeyError if there is none."""
    return next(plan for plan in result["plans"] if plan["number"] == number_)


def plan_in_words(plan: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """A plan whole: grids, people, volunteers, rule, cost."""
    return say(
        "{manned}; {employed:,.0f} people employed with the offices above, {yuan} a year",
        manned=manned_in_words(plan, result), employed=plan["people_count"], yuan=yuan_in_words(plan["cost_yuan"]),
    )  # fmt: skip


def manned_in_words(plan: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """A plan without what it costs: grids, people, volunteers, and the rule where rules differ."""
    parts = [
        grids_in_words(result["cuts"][plan["cut"]]), people_in_words(plan),
        say_many("{count:,} volunteer", "{count:,} volunteers", plan["members"]),
    ]  # fmt: skip
    if len({other["escalation"] for other in result["plans"]}) > 1:
        parts.append(rule_in_words(plan["escalation"]))
    return say("; ").join(parts)


def grids_in_words(cut: Mapping[str, Any]) -> str:
    """How many grids, and of how many households."""
    count, low, high = cut["grids"], min(cut["households"]), max(cut["households"])
    name = (
        say_many("{count:,} grid of {low:,} households", "{count:,} grids of {low:,} households", count, low=low)
        if low == high
        else say("{count:,} grids of {low:,} to {high:,} households", count=count, low=low, high=high)
    )
    return say("today's {grids}", grids=name) if cut["method"] == "today" else name


def people_in_words(plan: Mapping[str, Any]) -> str:
    """Who works in each grid; of today's plan, in all of them together."""
    named = listed(
        say("{kind} {people:,.0f}", people=count, kind=worded(name)) for name, count in plan["people"].items() if count
    )
    return say("together {people}", people=named) if plan["today"] else say("each with {people}", people=named)


def rule_in_words(rule: str) -> str:
    """An escalation rule."""
    return say(RULES.get(rule, rule))


RULES = {
    "ladder": marked("step by step up the ladder"),
    "direct": marked("straight to the top"),
}


def short_plan(plan: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """A plan in a few words, for tables and pictures: grids, people in each, and what else tells plans apart."""
    grids = f"{TODAYS_CUT if result['cuts'][plan['cut']]['method'] == 'today' else ''}{plan['grids']}"
    people = "+".join(str(count) for count in plan["people"].values())
    name = (
        say("{grids}, in all ({people})", grids=grids, people=people) if plan["today"]
        else say("{grids} × ({people})", grids=grids, people=people)
    )  # fmt: skip
    others = result["plans"]
    if len({other["members"] for other in others}) > 1:
        name = say("{plan}, {members} v.", plan=name, members=plan["members"])
    if len({other["escalation"] for other in others}) > 1:
        name = say("{plan}, {rule}", plan=name, rule=rule_in_words(plan["escalation"]))
    return name


TODAYS_CUT = "△"
"""How today's grids are marked in the name of a plan."""


def key_to_plans(result: Mapping[str, Any]) -> str:
    """What stands in the table of plans."""
    kinds = listed(worded(name) for name in plan_of(result, result["recommended"])["people"])
    lines = [
        say(
            "★ recommended, ☆ next. Plans are grids × (people in each: {kinds}); hours are problem-hours; the last column says at what worth of a problem-hour a plan is the right one.",
            kinds=kinds,
        )
    ]
    if any(cut["method"] == "today" for cut in result["cuts"]):
        lines.append(say("△: today's grids."))
    if len({plan["members"] for plan in result["plans"]}) > 1:
        lines.append(say("v.: volunteers."))
    return sentences(lines)


def price_in_words(step: Mapping[str, Any]) -> str:
    """At which prices of a problem-hour a plan is right."""
    low, high = number(step["from_yuan"], "yuan"), number(step["to_yuan"], "yuan")
    if step["to_yuan"] is None:
        return say("from {low}", low=low) if step["from_yuan"] else say("any")
    return say("to {high}", high=high) if not step["from_yuan"] else f"{low} … {high}"


def sureness_in_words(result: Mapping[str, Any]) -> str:
    """How surely it meets the targets, and what remains."""
    plan = plan_of(result, result["recommended"])
    told = {
        "hours": number(plan["hours"], "h"), "low": number(plan["hours_low"], "h"), "high": number(plan["hours_high"], "h"),
        "remedied": measured(number(plan["remedied"], "share"), "share"), "unseen": measured(number(plan["unseen"], "share"), "share"), "sets": result["sets"],
    }  # fmt: skip
    if not result["targets"]:
        return say(
            "Under the {sets} sets that the figures allow {hours} problem-hours a year remain ({low} to {high}); {remedied} of all incidents are remedied, {unseen} never found.",
            **told,
        )  # fmt: skip
    text = say(
        "It meets {targets} under {met} of the {sets} sets that the figures allow; {hours} problem-hours a year remain ({low} to {high}), {remedied} of all incidents are remedied, {unseen} never found.",
        targets=listed(target_in_words(target) for target in result["targets"]), met=in_percent(plan["probability"]), **told,
    )  # fmt: skip
    if result["ground"] != "nearest":
        return text
    short = [missed for missed in result["missed"] if missed["share"] > 1.0 - result["wished_probability"] + 1e-9]
    reach = [
        say("{bound} instead of {target}", bound=_bound(missed["within_reach"], target["unit"]), target=target_in_words(target))
        for missed in short for target in [result["targets"][missed["target"]]]
    ]  # fmt: skip
    if not reach:
        return text
    return sentences(
        [
            text,
            say(
                "Within reach with {wished}: {reach}.",
                wished=in_percent(result["wished_probability"]),
                reach=listed(reach),
            ),
        ]
    )


def _bound(value: float | None, unit: str) -> str:
    return measured(number(value, unit), unit)


def target_in_words(target: Mapping[str, Any]) -> str:
    """A target with its bound."""
    bound = _bound(target["bound"], target["unit"])
    what = (
        say("solved within {days:g} days of being found", days=target["days"])
        if target["days"]
        else indicator(target["indicator"])
    )
    return (
        say("“{what} at least {bound}”", what=what, bound=bound)
        if target["at_least"]
        else say("“{what} at most {bound}”", what=what, bound=bound)
    )


def runner_up_in_words(result: Mapping[str, Any]) -> str:
    """What comes next, and what it would cost to take it instead."""
    rival = result["runner_up"]
    if rival is None:
        return say("There is no other plan to set beside it.")
    plan = plan_of(result, rival["plan"])
    return say(
        "Next comes {plan}: {price}; it leaves fewer problem-hours under {better} of the sets.",
        plan=manned_in_words(plan, result),
        price=listed(_price(result, rival)), better=in_percent(rival["better_share"]),
    )  # fmt: skip


def _price(result: Mapping[str, Any], rival: Mapping[str, Any]) -> list[str]:
    """What another plan has more or less than the recommended one."""
    parts = [
        say("{people} people", people=_signed_count(rival["people_more"])),
        say("{yuan} a year", yuan=_signed_yuan(rival["cost_more_yuan"])),
        say("{hours} problem-hours a year", hours=signed(rival["hours_more"], "h")),
    ]
    if result["targets"]:
        parts.append(say("{points} points of probability", points=signed(rival["probability_more"], "share")))
    return parts


def _signed_count(people: float) -> str:
    return f"{'−' if people < 0 else '+'}{abs(people):,.1f}".removesuffix(".0")


def _signed_yuan(yuan: float) -> str:
    if abs(yuan) < 0.5:
        return yuan_in_words(0.0)
    return f"{'−' if yuan < 0 else '+'}{yuan_in_words(abs(yuan))}"


def weakest_in_words(result: Mapping[str, Any]) -> str:
    """The three weakest assumptions."""
    hinges = [
        say("{path} ({about}; rank correlation {correlation})", path=hinge["path"], about=_short(say(hinge["about"])), correlation=f"{hinge['correlation']:+.2f}".replace("-", "−"))
        for hinge in result["hinges"][:2]
    ]  # fmt: skip
    if result["elsewhere"]:
        first = say(
            "that people here are like those of another place, whose figures the sets come from ({ensemble})",
            ensemble=result["ensemble"],
        )
    else:
        first = say("that what the figures of this place allow is still so")
    rest = [first, *hinges, say("that each grid's people give cases the share of their time that the base assumes"),
            say("that nobody's work spills over into the next grid")]  # fmt: skip
    return say("It rests on three assumptions above all: {assumptions}.", assumptions=say("; ").join(rest[:3]))


def _short(about: str) -> str:
    """What a parameter is, without its further explanation; one that says what its ends mean is said whole."""
    first, *_ = re.split("[;；]", about)
    return about if first[:1].isdigit() else first


def measure_in_words(result: Mapping[str, Any]) -> str:
    """The one thing to measure next."""
    if not result["hinges"]:
        return say(
            "Measure next: for a month, everything that two grids find and settle, with the hours that it takes."
        )
    path = result["hinges"][0]["path"]
    return say(
        "Measure next: {what}.",
        what=say(MEASURES.get(path, ANYTHING), path=path, about=say(result["hinges"][0]["about"])),
    )


ANYTHING = marked("{about} ({path})")
MEASURES = {
    "demand.scale": marked(
        "how much occurs at all: in two grids, ask every household for a month what has come up, found or not"
    ),
    "party.attention": marked(
        "what volunteers notice: have twenty of them keep a diary for a month, and set it beside what was reported"
    ),
    "party.sight_m": marked(
        "how far from home volunteers notice anything: have twenty of them mark it on the map for a month"
    ),
    "local_knowledge.half_households": marked(
        "how soon people know a grid of its size: try two sizes side by side (`pilot`)"
    ),
    "local_knowledge.whole_grid_share": marked(
        "whether colleagues in one large grid know all of it or share it out: try two sizes side by side (`pilot`)"
    ),
    "units.grid_manager.settle_prob": marked(
        "what grid managers settle at the first try: have them log every visit for a month"
    ),
    "units.community_office.settle_prob": marked(
        "what the community's office settles at the first try: have it log every case for a month"
    ),
    "units.subdistrict_office.casework_share": marked(
        "the hours that the subdistrict's office really gives to this community's cases, for a month"
    ),
    "units.district_departments.casework_share": marked(
        "the hours that the district's departments really give to this community's cases, for a month"
    ),
    "units.grid_assistant.rounds_visits_per_year": marked(
        "how many households the assistants really visit: have them log their rounds for a month"
    ),
    "categories.services.salience_prob": marked(
        "how many of those who need a service ask for it: ask a hundred households"
    ),
    "categories.services.seen_per_visit_prob": marked(
        "what a visit brings to light: on fifty visits, ask the household afterwards what was not said"
    ),
    "categories.disputes.gone_per_day": marked(
        "how long quarrels last that nobody sees to: follow fifty of them for two months"
    ),
}
"""How what nobody knows could be known, by parameter."""


# What else is said of it -------------------------------------------------------------------------------------------
TURNS = {
    "more_households": marked("With a tenth more households"),
    "vacant_post": marked("With one post vacant"),
    "pessimistic_half": marked("In the pessimistic half of the sets"),
}
"""In what way the world may turn out otherwise."""


def turned_in_words(result: Mapping[str, Any]) -> list[str]:
    """What becomes of the recommended plan where the world turns out otherwise."""
    planned = plan_of(result, result["recommended"])
    lines = []
    for turned in result["robustness"]:
        told = {
            "turn": say(TURNS[turned["turn"]]),
            "hours": measured(signed(turned["hours"] / planned["hours"] - 1.0, "share"), "share") if planned["hours"] else "0",
            "met": in_percent(turned["probability"]),
        }  # fmt: skip
        line = (
            say("{turn}: {hours} problem-hours, targets met under {met} of the sets.", **told)
            if result["targets"]
            else say("{turn}: {hours} problem-hours.", **told)
        )
        if turned["best"] is not None and turned["best"] != result["recommended"]:
            other = short_plan(plan_of(result, turned["best"]), result)
            line = sentences([line, say("Recommended would be {plan}.", plan=other)])
        lines.append(line)
    return lines


def against_today_in_words(result: Mapping[str, Any]) -> list[str]:
    """What today's plan comes to beside the recommended one; nothing where it is not known, or is the one."""
    rival = result["against_today"]
    if rival is None:
        return []
    return [
        say("Today's plan beside it: {price}; it leaves fewer problem-hours under {better} of the sets.", price=listed(_price(result, rival)), better=in_percent(rival["better_share"]))
    ]  # fmt: skip


def cautions_in_words(result: Mapping[str, Any]) -> list[str]:
    """Why grids are not equal, where the recommended cut's are not; and sets in doubt."""
    cut = result["cuts"][plan_of(result, result["recommended"])["cut"]]
    lines = [impossible_in_words(**reason) for reason in cut["impossible"]]
    if not cut["contiguous"]:
        lines.append(say("Some of its grids lie in more than one piece."))
    if result["doubt"]:
        lines.append(say("The sets are in doubt, so this is no answer: {doubt}.", doubt=result["doubt"]))
    return lines


def read_as_in_words(result: Mapping[str, Any]) -> str:
    """What was read, and as what, so that a mistake is seen."""
    lines = [
        say_many("{file}: {count:,} building, {households:,} households, {residents:,} residents.",
                 "{file}: {count:,} buildings, {households:,} households, {residents:,} residents.",
                 result["buildings"], file=result["file"], households=result["households"], residents=result["residents"]),
    ]  # fmt: skip
    if result["middle"]:
        lines.append(say("Read as {crs}; by GPS its middle lies at {lon:.4f}° E, {lat:.4f}° N.", crs=say(CRS[result["crs"]]),
                         lon=result["middle"][0], lat=result["middle"][1]))  # fmt: skip
    lines.append(
        say(
            "It is {width:,.0f} m wide and {height:,.0f} m high.",
            width=result["extent_m"][0],
            height=result["extent_m"][1],
        )
    )
    return sentences(lines)


CRS = {
    "metres": marked("metres"), "wgs84": marked("degrees of GPS (WGS 84)"),
    "gcj02": marked("degrees of Chinese maps (GCJ-02)"), "bd09": marked("degrees of Baidu's maps (BD-09)"),
}  # fmt: skip
"""What coordinates are read as."""


# Files -------------------------------------------------------------------------------------------------------------
def taken_home_in_words(folder: str) -> str:
    """What a sizing has written."""
    return say(
        "In {folder}: report.html; plan.xlsx, plan.csv and plan_grids.geojson with the chosen grids; plan.toml, which `run` takes. --all shows every plan, cut and grid.",
        folder=folder,
    )


def template_in_words(files: Sequence[str], command: str) -> list[str]:
    """What a template has written, and what comes next."""
    return [
        say("Written, all of it synthetic: {files}.", files=listed(files)),
        say("questions.md says what to ask the street office; put the answers into nanhu.csv and nanhu.toml. Then:"),
        f"  {command}",
    ]
