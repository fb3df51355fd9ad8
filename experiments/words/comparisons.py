"""What a comparison of plans comes to, in sentences. Plans are called by letters: A is the first.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.comparing.comparing import WEAK_CORRELATION, Comparison
from experiments.comparing.following import Changed
from experiments.comparing.idle import Idle
from experiments.statistics.agreement import MOST, NEARLY_ALL, Agreement, Many, Sign
from experiments.statistics.intervals import Difference
from experiments.words.names import indicator, worded
from experiments.words.numbers import AREAS, in_percent, number, points, yuan_in_words
from languages.speaking import listed, marked, say, say_many
from sim.indicators import INDICATORS

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_NAMED = 5
MOST_TOLD = 4
"""Of so many plans the answer says what each does; of more, which leaves least."""
FIRST = "problem_hours"
"""What the answer begins with, unless it was not asked for."""
SETS = {
    Many.ALL: marked("all"), Many.NEARLY_ALL: marked("nearly all"), Many.MOST: marked("most"),
    Many.SOME: marked("some"),
}  # fmt: skip
SIGNS = {Sign.MORE: marked("more"), Sign.LESS: marked("less")}


def answer_in_words(comparison: Comparison) -> list[str]:
    """What a comparison comes to, in six sentences at most."""
    plans = range(1, len(comparison.names))
    lines = (
        [plan_in_words(comparison, plan) for plan in plans] if len(plans) < MOST_TOLD else [best_in_words(comparison)]
    )
    if comparison.takes and not comparison.ensemble and not comparison.all_same:
        lines.append(say(
            "What nobody knows is not in this: --ensemble says how far the published figures carry it."
        ))  # fmt: skip
    return lines


def plan_in_words(comparison: Comparison, plan: int) -> str:
    """What a plan does against the first, in a sentence."""
    letter = LETTERS[plan]
    if comparison.same_history(plan):
        more = comparison.costs_more(plan)
        if not more:
            return say("{plan} is as good as A: every incident goes the same way, at the same cost.", plan=letter)
        return say("{plan} is as good as A: every incident goes the same way, and it costs {yuan} a year {more}.",
                   plan=letter, yuan=yuan_in_words(abs(more)), more=_dearer(more))  # fmt: skip
    told = [difference for difference in (
        _difference(comparison, FIRST, plan), _difference(comparison, "unseen_share", plan),
        _difference(comparison, "remedied_count", plan),
    ) if difference]  # fmt: skip
    told = (
        told or [each for name in comparison.differences if (each := _difference(comparison, name, plan))][:MOST_NAMED]
    )
    if not told:
        told = [say("nothing that was asked for differs")]
    return say(
        "{plan} against A: {differences}; {cost}.", plan=letter, differences=listed(told), cost=_cost(comparison, plan)
    )


def best_in_words(comparison: Comparison) -> str:
    """Which of many plans leaves the fewest problem-hours."""
    hours = comparison.takes[FIRST]
    best = int(np.nanargmin(hours))
    return say(
        "Of {count} plans {best} ({name}) leaves the fewest problem-hours: {hours}, and A {first}.", count=len(hours),
        best=LETTERS[best], name=comparison.names[best], hours=number(float(hours[best]), "h"),
        first=number(float(hours[0]), "h"),
    )  # fmt: skip


def _difference(comparison: Comparison, name: str, plan: int) -> str:
    """By how much an indicator differs, and whether that is clear; empty if it was not compared, or does not differ."""
    pair = comparison.differences.get(name, ())[plan - 1 : plan]
    if not pair or pair[0] is None or not pair[0].mean:
        return ""
    of = {"name": indicator(name), "by": _by(comparison, name, pair[0])}
    if comparison.ensemble:
        return say("{name} {by} ({agreed})", agreed=agreement_in_short(comparison.agreement(name, plan)), **of)
    return say("{name} {by}", **of) if pair[0].clear else say("{name} {by} (not clear)", **of)


def _cost(comparison: Comparison, plan: int) -> str:
    """What a plan costs a year beyond the first, and for each problem-hour that it saves."""
    more, saved = comparison.costs_more(plan), comparison.yuan_per_hour_saved(plan)
    if not more:
        return say("it costs as much")
    of = {"yuan": yuan_in_words(abs(more)), "more": _dearer(more)}
    if np.isnan(saved):
        return say("it costs {yuan} a year {more}", **of)
    return say("it costs {yuan} a year {more}, {each} for a problem-hour saved", each=yuan_in_words(saved), **of)


def _dearer(more: float) -> str:
    return say("more") if more > 0.0 else say("less")


def agreement_in_words(found: Agreement) -> str:
    """For how many sets a sign holds: "more in nearly all sets"."""
    if found.sign is Sign.UNDEFINED:
        return say("undefined")
    if found.sign is Sign.SAME:
        return say("the same in all sets")
    return say("{sign} in {many} sets", sign=say(SIGNS[found.sign]), many=say(SETS[found.many]))


def agreement_in_short(found: Agreement) -> str:
    """The same for a cell of a table: "more in nearly all (97 %)"."""
    if found.sign in (Sign.UNDEFINED, Sign.SAME):
        return "–" if found.sign is Sign.UNDEFINED else say("the same in all")
    return say(
        "{sign} in {many} ({share})",
        sign=say(SIGNS[found.sign]),
        many=say(SETS[found.many]),
        share=in_percent(found.share),
    )


def shared_in_words(comparison: Comparison) -> str:
    """What all plans have in common: the seeds always, the incidents not always."""
    others = [LETTERS[plan] for plan in comparison.unpaired]
    count = say_many("{count:,} replication", "{count:,} replications", len(comparison.seeds))
    if comparison.ensemble:
        count = say("{replications}, each under another set of the ensemble {ensemble}", replications=count,
                    ensemble=comparison.ensemble)  # fmt: skip
    if not others:
        return say("The same incidents and the same luck for all of them, {replications}.", replications=count)
    if len(others) == 1:
        return say("The same seeds for all of them, {replications}; {plan} has other incidents than A.",
                   replications=count, plan=others[0])  # fmt: skip
    return say("The same seeds for all of them, {replications}; {plans} have other incidents than A.",
               replications=count, plans=listed(others))  # fmt: skip


def intervals_in_words(comparison: Comparison) -> str:
    """What the intervals of the tables are."""
    if comparison.ensemble:
        return say(
            "The interval is what nine tenths of the {sets} sets drawn say, one history of each; all: every set agrees on the "
            "sign, nearly all: {nearly_all} of them, most: {most}, some: fewer. More --replications take more of the "
            "sets. A share's difference is in points.", sets=len(comparison.seeds),
            nearly_all=in_percent(NEARLY_ALL), most=in_percent(MOST),
        )  # fmt: skip
    return say(
        "Intervals hold together with 95 % confidence for all {comparisons} differences (Student, paired, Bonferroni). A "
        "share's difference is in points.", comparisons=comparison.comparisons,
    )  # fmt: skip


def undefined_in_words(comparison: Comparison) -> list[str]:
    """Which indicators a plan leaves undefined, always or in some replications, on which nothing then rests."""
    lines = []
    if comparison.undefined:
        lines.append(
            say("Undefined under a plan in every replication: {names}.", names=listed(map(say, comparison.undefined)))
        )
    total, partly = len(comparison.seeds), []
    for name in comparison.differences:
        counts = comparison.defined_count(name)
        if min(counts) < total:
            plans = listed(f"{letter} {count}" for letter, count in zip(LETTERS, counts, strict=False))
            partly.append(say("{name} ({plans} of {total})", name=say(name), plans=plans, total=total))
    if partly:
        lines.append(say("Undefined in some replications, which are left out (in brackets, in how many it is defined): {names}.",
                         names=say("; ").join(partly)))  # fmt: skip
    return lines


def differences_in_words(comparison: Comparison, plan: int) -> list[str]:
    """Which differences from the first plan are clear, which not, and how many replications would settle those."""
    clear, not_clear, none = [], [], []
    for name, found in comparison.differences.items():
        pair = found[plan - 1]
        if pair is None or (pair.mean == 0.0 and pair.lo == pair.hi):
            none.append(say(name))
        elif pair.clear:
            clear.append(f"{say(name)} {_by(comparison, name, pair)}")
        else:
            not_clear.append(f"{say(name)} ({say('beyond reach') if pair.needed is None else f'{pair.needed:,}'})")
    lines = [say("Clear: {names}.", names=say("; ").join(clear)) if clear else say("No difference is clear.")]
    if not_clear:
        lines.append(say(
            "Not clear (in brackets, how many replications would settle it if it is as large as it looks): {names}.",
            names=listed(not_clear),
        ))  # fmt: skip
    if none:
        lines.append(say("No difference at all, or too few replications define it: {names}.", names=listed(none)))
    return lines


def _by(comparison: Comparison, name: str, pair: Difference) -> str:
    """By how much, and which way."""
    unit = INDICATORS[name].unit
    mean = float(np.nanmean(comparison.values[name][:, 0]))
    of = {"by": number(abs(pair.mean), unit), "unit": points(unit)}
    if not mean or unit == "share":
        return say("{by} {unit} higher", **of) if pair.mean > 0 else say("{by} {unit} lower", **of)
    of["share"] = in_percent(abs(pair.mean / mean), ".1f")
    return say("{by} {unit} higher ({share})", **of) if pair.mean > 0 else say("{by} {unit} lower ({share})", **of)


def followed_in_words(comparison: Comparison, plan: int) -> list[str]:
    """How many incidents ended differently under a plan, how, and where."""
    followed = comparison.followed[plan - 1]
    if not followed.same_incidents:
        return [say("{plan} and A do not have the same incidents: none can be followed.", plan=LETTERS[plan])]
    if not followed.changed:
        return [say("Every incident ends as it did, at the same time (within an hour).")]
    lines = [say(
        "Of {incidents:,} incidents {changed:,} ({share}) end differently: {other:,} in another way, {later:,} later and "
        "{sooner:,} sooner by more than an hour.", incidents=followed.incidents, changed=followed.changed,
        share=in_percent(followed.changed / followed.incidents, ".1f"), other=followed.other_end, later=followed.later, sooner=followed.sooner,
    )]  # fmt: skip
    moves = sorted(followed.moves.items(), key=lambda entry: -entry[1])[:MOST_NAMED]
    if moves:
        ways = (f"{worded(move.before.label)} → {worded(move.after.label)} {count:,}" for move, count in moves)
        lines.append(say("Other ways: {ways}.", ways=say("; ").join(ways)))
    kinds = (f"{worded(name)} {in_percent(of.share, '.1f')}" for name, of in _most(followed.by_category))
    lines.append(say("Which: {kinds}.", kinds=say("; ").join(kinds)))
    if len(followed.by_area) > 1:
        areas = (
            say(
                "no. {area} {share} of {incidents:,}",
                area=area,
                share=in_percent(of.share, ".1f"),
                incidents=of.incidents,
            )
            for area, of in _most(followed.by_area)
        )
        lines.append(
            say("Where ({areas}): {places}.", areas=say(AREAS[comparison.areas]), places=say("; ").join(areas))
        )
    return lines


def _most(entries: Mapping[Any, Changed]) -> list[tuple[Any, Changed]]:
    """Where the largest share of incidents ends differently."""
    there = [(name, of) for name, of in entries.items() if of.incidents]
    return sorted(there, key=lambda entry: -entry[1].share)[:MOST_NAMED]


IDLE = {
    Idle.ONE_LEVEL: marked(
        "every class of incidents has competent units at one level only, so there is nowhere to climb"
    ),
    Idle.ONE_UNIT: marked(
        "no class of incidents has two competent units at one level, so there is nobody to choose from"
    ),
    Idle.NOTHING_TO_SEE: marked(
        "whoever passes by can see none of the incidents, so supervisors only verify and check"
    ),
    Idle.NOBODY_PATROLS: marked("there are no supervisors"),
    Idle.NOBODY_THERE: marked("nobody works there"),
    Idle.NO_MEMBERS: marked("there are no party members"),
    Idle.SWITCHED_OFF: marked("it acts only while {switch} is above 0"),
    Idle.NO_CASE: marked("in these runs no incident came where it decides"),
}


def idle_in_words(comparison: Comparison) -> list[str]:
    """Which levers cannot act, and why, a line for each plan and reason; and that they cost something, if they do."""
    lines = []
    for plan, levers in enumerate(comparison.idle, 1):
        name, more = comparison.names[plan], comparison.costs_more(plan)
        for why, switch in dict.fromkeys((lever.why, lever.switch) for lever in levers):
            told = {
                "plan": name, "why": say(IDLE[why], switch=switch),
                "paths": listed(lever.path for lever in levers if (lever.why, lever.switch) == (why, switch)),
                "but": say(" ({more:+,.0f} yuan a year all the same)", more=more) if more else "",
            }  # fmt: skip
            lines.append(
                say("{plan}: {paths} finds nothing here{but}: {why}", **told) if why is Idle.NOTHING_TO_SEE
                else say("{plan}: {paths} changes nothing here{but}: {why}", **told)
            )  # fmt: skip
    return lines


def warnings_in_words(comparison: Comparison) -> list[str]:
    """Which levers cannot act, on which units plans hang, and where other incidents occurred, a line each."""
    lines = idle_in_words(comparison)
    lines += [
        say("{plan} hangs on {unit}, {busy} % busy: one person more or fewer there moves much", plan=name, unit=worded(unit),
            busy=number(busy, "share"))
        for name, units in zip(comparison.names, comparison.saturated, strict=False)
        for unit, busy in units.items()
    ]  # fmt: skip
    for plan, other in enumerate(comparison.names[1:], 1):
        if plan in comparison.unpaired:
            lines.append(say(
                "{plan} does not have the same incidents as {first}: differences hold, but pairing was lost, wholly or in part",
                plan=other, first=comparison.names[0],
            ))  # fmt: skip
    return lines


def weakly_paired_in_words(comparison: Comparison) -> list[str]:
    """Where the same luck saves next to nothing, a line for each plan."""
    return [
        say("{plan}: pairing saves next to nothing for {names} (correlation below {least:g}): these plans differ too much "
            "there for the same luck to show", plan=other, names=listed(map(say, weak)), least=WEAK_CORRELATION)
        for plan, other in enumerate(comparison.names[1:], 1)
        if plan not in comparison.unpaired and (weak := comparison.weakly_paired(plan))
    ]  # fmt: skip
