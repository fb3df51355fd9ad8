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
from experiments.words.numbers import AREAS, number, points
from sim.indicators import INDICATORS

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_NAMED = 5
SETS = {Many.ALL: "all", Many.NEARLY_ALL: "nearly all", Many.MOST: "most", Many.SOME: "some"}
SIGNS = {Sign.MORE: "more", Sign.LESS: "less"}
AGREEMENT = f"all: every set agrees on the sign, nearly all: {NEARLY_ALL:.0%} of them, most: {MOST:.0%}, some: fewer"


def agreement_in_words(found: Agreement) -> str:
    """For how many sets a sign holds: "more in nearly all sets"."""
    if found.sign is Sign.UNDEFINED:
        return "undefined"
    if found.sign is Sign.SAME:
        return "the same in all sets"
    return f"{SIGNS[found.sign]} in {SETS[found.many]} sets"


def agreement_in_short(found: Agreement) -> str:
    """The same for a cell of a table: "more in nearly all (97%)"."""
    if found.sign in (Sign.UNDEFINED, Sign.SAME):
        return "–" if found.sign is Sign.UNDEFINED else "the same in all"
    return f"{SIGNS[found.sign]} in {SETS[found.many]} ({found.share:.0%})"


def shared_in_words(comparison: Comparison) -> str:
    """What all plans have in common: the seeds always, the incidents not always."""
    others = [LETTERS[plan] for plan in comparison.unpaired]
    count = f"{len(comparison.seeds)} replications"
    if comparison.ensemble:
        count += f", each under another set of the ensemble {comparison.ensemble}"
    if not others:
        return f"The same incidents and the same luck for all of them, {count}."
    have = f"{', '.join(others)} {'has' if len(others) == 1 else 'have'} other incidents than A"
    return f"The same seeds for all of them, {count}; {have}."


def intervals_in_words(comparison: Comparison) -> str:
    """What the intervals of the tables are."""
    if comparison.ensemble:
        what = (
            f"The interval is what nine tenths of the {len(comparison.seeds)} sets drawn say, one history of each; "
            f"{AGREEMENT}. More --replications take more of the sets."
        )
    else:
        what = (
            f"Intervals hold together with 95 % confidence for all {comparison.comparisons} differences (Student, "
            "paired, Bonferroni)."
        )
    return f"{what} A share's difference is in points."


def undefined_in_words(comparison: Comparison) -> list[str]:
    """Which indicators a plan leaves undefined, always or in some replications, on which nothing then rests."""
    lines = []
    if comparison.undefined:
        lines.append(f"Undefined under a plan in every replication: {', '.join(comparison.undefined)}.")
    total, partly = len(comparison.seeds), []
    for name in comparison.differences:
        counts = comparison.defined_count(name)
        if min(counts) < total:
            partly.append(f"{name} ({', '.join(f'{a} {n}' for a, n in zip(LETTERS, counts, strict=False))} of {total})")
    if partly:
        lines.append(f"Undefined in some replications, which are left out (in brackets, in how many it is defined): "
                     f"{'; '.join(partly)}.")  # fmt: skip
    return lines


def differences_in_words(comparison: Comparison, plan: int) -> list[str]:
    """Which differences from the first plan are clear, which not, and how many replications would settle those."""
    clear, not_clear, none = [], [], []
    for name, found in comparison.differences.items():
        pair = found[plan - 1]
        if pair is None or (pair.mean == 0.0 and pair.lo == pair.hi):
            none.append(name)
        elif pair.clear:
            clear.append(f"{name} {_by(comparison, name, pair)}")
        else:
            not_clear.append(f"{name} ({'beyond reach' if pair.needed is None else f'{pair.needed:,}'})")
    lines = [f"Clear: {'; '.join(clear)}." if clear else "No difference is clear."]
    if not_clear:
        settled = "in brackets, how many replications would settle it if it is as large as it looks"
        lines.append(f"Not clear ({settled}): {', '.join(not_clear)}.")
    if none:
        lines.append(f"No difference at all, or too few replications define it: {', '.join(none)}.")
    return lines


def _by(comparison: Comparison, name: str, pair: Difference) -> str:
    """By how much, and which way."""
    unit = INDICATORS[name].unit
    way = "higher" if pair.mean > 0 else "lower"
    mean = float(np.nanmean(comparison.values[name][:, 0]))
    share = f" ({abs(pair.mean / mean):.1%})" if mean and unit != "share" else ""
    return f"{number(abs(pair.mean), unit)} {points(unit)} {way}{share}"


def followed_in_words(comparison: Comparison, plan: int) -> list[str]:
    """How many incidents ended differently under a plan, how, and where."""
    followed = comparison.followed[plan - 1]
    if not followed.same_incidents:
        return [f"{LETTERS[plan]} and A do not have the same incidents: none can be followed."]
    if not followed.changed:
        return ["Every incident ends as it did, at the same time (within an hour)."]
    lines = [
        f"Of {followed.incidents:,} incidents {followed.changed:,} ({followed.changed / followed.incidents:.1%}) end "
        f"differently: {followed.other_end:,} in another way, {followed.later:,} later and {followed.sooner:,} "
        "sooner by more than an hour."
    ]
    moves = sorted(followed.moves.items(), key=lambda entry: -entry[1])[:MOST_NAMED]
    if moves:
        ways = (f"{move.before.label} → {move.after.label} {count:,}" for move, count in moves)
        lines.append(f"Other ways: {'; '.join(ways)}.")
    lines.append("Which: " + "; ".join(f"{name} {of.share:.1%}" for name, of in _most(followed.by_category)) + ".")
    if len(followed.by_area) > 1:
        areas = (f"no. {area} {of.share:.1%} of {of.incidents:,}" for area, of in _most(followed.by_area))
        lines.append(f"Where ({AREAS[comparison.areas]}): {'; '.join(areas)}.")
    return lines


def _most(entries: Mapping[Any, Changed]) -> list[tuple[Any, Changed]]:
    """Where the largest share of incidents ends differently."""
    there = [(name, of) for name, of in entries.items() if of.incidents]
    return sorted(there, key=lambda entry: -entry[1].share)[:MOST_NAMED]


IDLE = {
    Idle.ONE_LEVEL: "every class of incidents has competent units at one level only, so there is nowhere to climb",
    Idle.ONE_UNIT: "no class of incidents has two competent units at one level, so there is nobody to choose from",
    Idle.NOTHING_TO_SEE: "whoever passes by can see none of the incidents, so supervisors only verify and check",
    Idle.NOBODY_PATROLS: "there are no supervisors",
    Idle.NOBODY_THERE: "nobody works there",
    Idle.NO_MEMBERS: "there are no party members",
    Idle.SWITCHED_OFF: "it acts only while {switch} is above 0",
    Idle.NO_CASE: "in these runs no incident came where it decides",
}


def idle_in_words(comparison: Comparison) -> list[str]:
    """Which levers cannot act, and why, a line for each plan and reason; and that they cost something, if they do."""
    lines = []
    for plan, levers in enumerate(comparison.idle, 1):
        name, more = comparison.names[plan], comparison.costs_more(plan)
        for why, switch in dict.fromkeys((lever.why, lever.switch) for lever in levers):
            paths = ", ".join(lever.path for lever in levers if (lever.why, lever.switch) == (why, switch))
            but = f" ({more:+,.0f} yuan a year all the same)" if more else ""
            does = "finds nothing" if why is Idle.NOTHING_TO_SEE else "changes nothing"
            lines.append(f"{name}: {paths} {does} here{but}: {IDLE[why].format(switch=switch)}")
    return lines


def warnings_in_words(comparison: Comparison) -> list[str]:
    """Which levers cannot act, on which units plans hang, and where pairing was lost, a line each."""
    lines = idle_in_words(comparison)
    lines += [
        f"{name} hangs on {unit}, {number(busy, 'share')} % busy: one person more or fewer there moves much"
        for name, units in zip(comparison.names, comparison.saturated, strict=False)
        for unit, busy in units.items()
    ]
    for plan, other in enumerate(comparison.names[1:], 1):
        if plan in comparison.unpaired:
            lines.append(f"{other} does not have the same incidents as {comparison.names[0]}: differences hold, but "
                         "pairing was lost, wholly or in part")  # fmt: skip
        elif weak := comparison.weakly_paired(plan):
            little = f"pairing saves next to nothing for {', '.join(weak)} (correlation below {WEAK_CORRELATION:g})"
            lines.append(f"{other}: {little}: these plans differ too much there for the same luck to show")
    return lines
