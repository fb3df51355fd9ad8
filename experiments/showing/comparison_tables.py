"""What a comparison of plans prints, for people and for machines.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from experiments.comparing.comparing import Comparison
from experiments.comparing.following import Followed
from experiments.comparing.resting import Rests
from experiments.running.files import finite
from experiments.showing.console import Page, console, left, plain_table, right
from experiments.statistics.intervals import CONFIDENCE, Difference
from experiments.statistics.resting import Rest
from experiments.words.comparisons import (
    LETTERS,
    agreement_in_short,
    agreement_in_words,
    answer_in_words,
    differences_in_words,
    followed_in_words,
    intervals_in_words,
    shared_in_words,
    undefined_in_words,
    warnings_in_words,
    weakly_paired_in_words,
)
from experiments.words.names import indicator, unit_beside
from experiments.words.numbers import in_percent, number, shown_unit, signed
from experiments.words.resting import rests_in_words, standing_in_words
from languages.speaking import listed, marked, say
from sim.indicators import INDICATORS

TAKEN_IN_WORDS = {
    "working_grids_count": marked("working grids"), "grids_count": marked("grids"), "posts_count": marked("posts"),
    "employed_count": marked("people"), "cost_yuan_per_year": marked("yuan a year"),
    "problem_hours": marked("problem-hours"), "yuan_per_hour_saved": marked("yuan per hour saved"),
}  # fmt: skip
"""Heads of the columns beside a comparison."""
GROUPS = {
    marked("seen"): ("unseen_share", "found_count", "occurred_to_found_restricted_mean_h"),
    marked("solved"): ("problem_hours", "remedied_count", "in_grid_share_of_solved", "backlog_count"),
    marked("in time"): ("on_time_share_of_solved", "on_time_share_of_filed", "filed_to_closed_mean_h"),
    marked("cost"): ("cost_yuan", "cost_per_case_yuan", "unit_utilisation"),
}  # fmt: skip
"""What the first screen shows of a comparison."""


def print_comparison(
    comparison: Comparison, rests: Rests | None = None, everything: bool = False, common: Sequence[str] = ()
) -> None:
    """A comparison: the answer and a table of each plan; or all of it, with what is clear and the luck audit.

    `common` is what was set for all plans.
    """
    page = console()
    for letter, name in zip(LETTERS, comparison.names, strict=False):
        page.print(Text(f"{letter}  {name}"))
    if common:
        page.print(Text(say("For all plans: {settings}", settings=listed(common))))
    page.print(Text(shared_in_words(comparison)), "")
    rest_lines = rests_in_words(rests) if rests and not comparison.all_same else []
    for line in [*answer_in_words(comparison), *rest_lines]:
        page.print(Text(line))
    for line in warnings_in_words(comparison):
        page.print(Text(say("Warning: {line}.", line=line), "yellow"))
    if comparison.all_same:
        return
    if comparison.takes:
        page.print("", takes_table(comparison))
    for plan in range(1, len(comparison.names)):
        if comparison.same_history(plan) or not (everything or comparison.differences):
            continue
        page.print("", difference_table(comparison, plan) if everything else short_table(comparison, plan))
        if everything:
            _print_the_rest(page, comparison, rests, plan)
    if everything:
        page.print("", audit_table(comparison))
        for line in weakly_paired_in_words(comparison):
            page.print(Text(line))
        if comparison.equal:
            equal = listed(map(say, comparison.equal))
            page.print(Text(say("The same under all plans in every replication: {names}.", names=equal)))
    for line in [*undefined_in_words(comparison), intervals_in_words(comparison)]:
        page.print(Text(line))
    if not everything:
        page.print(
            Text(say("All that was compared, which incidents ended otherwise, and what the same luck saved: --all."))
        )


def _print_the_rest(page: Page, comparison: Comparison, rests: Rests | None, plan: int) -> None:
    """On what the differences of a plan rest, which are clear, and whose incidents ended otherwise."""
    if rests and rests.of_plans:
        page.print("", rest_table(rests.of_plans[plan - 1]))
    sentences = [] if comparison.ensemble else differences_in_words(comparison, plan)
    for line in [*sentences, *followed_in_words(comparison, plan)]:
        page.print(Text(line))


def short_table(comparison: Comparison, plan: int) -> Table:
    """What matters of one plan beside the first, by groups; what was asked for by name, all of it."""
    letter, over_sets = LETTERS[plan], bool(comparison.ensemble)
    table = plain_table(
        f"{letter} − A", left("", wraps=True), left(""), right("A"), right(letter), right("difference"),
        right("90 % of the sets") if over_sets else right("95 % interval"),
    )  # fmt: skip
    known = {name for names in GROUPS.values() for name in names}
    groups = GROUPS if known & comparison.differences.keys() else {marked("as asked"): tuple(comparison.differences)}
    for group, names in groups.items():
        compared = [name for name in names if name in comparison.differences]
        if compared:
            table.add_row(Text(say(group), "bold"), *[""] * 5)
        for name in compared:
            unit, pair = INDICATORS[name].unit, comparison.differences[name][plan - 1]
            means = [number(float(np.nanmean(comparison.values[name][:, of])), unit) for of in (0, plan)]
            ends = (
                "–" if pair is None else " … ".join(signed(e, unit) for e in interval_of(comparison, name, plan, pair))
            )
            apart = "–" if pair is None else signed(pair.mean, unit)
            table.add_row(Text(f"  {indicator(name)}"), unit_beside(unit), *means, apart, ends)
    return table


def takes_table(comparison: Comparison) -> Table:
    """What each plan takes, what it leaves standing, and what an hour costs that it saves."""
    columns = (right(say(TAKEN_IN_WORDS[name])) for name in (*comparison.takes, "yuan_per_hour_saved"))
    table = plain_table("What each plan takes", left(""), *columns)
    for plan, letter in enumerate(LETTERS[: len(comparison.names)]):
        means = [f"{comparison.takes[name][plan]:,.0f}" for name in comparison.takes]
        saved = comparison.yuan_per_hour_saved(plan) if plan else math.nan
        table.add_row(letter, *means, number(saved, "yuan"))
    return table


def difference_table(comparison: Comparison, plan: int) -> Table:
    """One plan beside the first."""
    letter, over_sets = LETTERS[plan], bool(comparison.ensemble)
    table = plain_table(
        say("{plan} − A: {name}", plan=letter, name=comparison.names[plan]),
        left("indicator"), right("A"), right(letter), right("difference"),
        right("90 % of the sets") if over_sets else right("95 % interval"), left("unit"),
        left("sets that agree") if over_sets else left("clear"),
    )  # fmt: skip
    for name, found in comparison.differences.items():
        unit, pair = INDICATORS[name].unit, found[plan - 1]
        means = [number(float(np.nanmean(comparison.values[name][:, of])), unit) for of in (0, plan)]
        if pair is None:
            table.add_row(say(name), *means, "–", "–", shown_unit(unit), "–")
            continue
        ends = " … ".join(signed(end, unit) for end in interval_of(comparison, name, plan, pair))
        yes = say("yes") if pair.clear else say("no")
        clear = agreement_in_short(comparison.agreement(name, plan)) if over_sets else yes
        table.add_row(say(name), *means, signed(pair.mean, unit), ends, shown_unit(unit), clear)
    return table


def interval_of(comparison: Comparison, name: str, plan: int, pair: Difference) -> tuple[float, float]:
    """The interval of the mean difference; over an ensemble, what nine tenths of its sets say."""
    if not comparison.ensemble:
        return pair.lo, pair.hi
    low, high = np.nanquantile(comparison.apart(name, plan), [0.05, 0.95])
    return float(low), float(high)


def audit_table(comparison: Comparison) -> Table:
    """The luck audit: what running the plans on the same luck has saved."""
    pairs = len(comparison.seeds)
    columns = [
        column for letter in LETTERS[1 : len(comparison.names)] for column in (
            right(say("correlation A, {plan}", plan=letter)), right(say("variance saved {plan}", plan=letter)),
            right(say("instead of {pairs} {plan}", plan=letter, pairs=pairs)),
        )
    ]  # fmt: skip
    title = say(
        "Luck audit: replications that the same intervals would need without pairing, instead of {pairs}", pairs=pairs
    )
    table = plain_table(title, left("indicator"), *columns)
    for name, found in comparison.differences.items():
        table.add_row(say(name), *(cell for pair in found for cell in _saved(pair, pairs)))
    return table


def _saved(pair: Difference | None, pairs: int) -> tuple[str, str, str]:
    """Correlation, share of the variance saved, and replications without pairing."""
    if pair is None or not math.isfinite(pair.saving):
        return "–", "–", "–"
    correlation = "–" if math.isnan(pair.correlation) else f"{pair.correlation:.3f}"
    saved = in_percent(1.0 - 1.0 / pair.saving, ".1f") if pair.saving else "–"
    return correlation, saved, f"{math.ceil(pairs * pair.saving):,}"


def comparison_as_json(comparison: Comparison, rests: Rests | None = None) -> dict[str, Any]:
    """What `compare --json` prints."""
    first, *others = comparison.names
    content: dict[str, Any] = finite({
        "answer": answer_in_words(comparison), "first": first, "others": others, "seeds": list(comparison.seeds),
        "confidence": CONFIDENCE,
        "comparisons": comparison.comparisons, "ensemble": comparison.ensemble,
        "ensemble_doubt": comparison.ensemble_doubt, "interrupted": comparison.interrupted,
        "failures": list(comparison.failures),
        "indicators": {name: _indicator_as_json(comparison, name) for name in comparison.differences},
        "equal": list(comparison.equal), "undefined": list(comparison.undefined),
        "otherwise": dict(zip(others, map(_followed_as_json, comparison.followed), strict=True)),
        "takes": {name: dict(zip(comparison.names, of.tolist(), strict=True)) for name, of in comparison.takes.items()},
        "yuan_per_problem_hour_saved": {
            other: comparison.yuan_per_hour_saved(plan) for plan, other in enumerate(others, 1) if comparison.takes
        },
        "saturated": dict(zip(comparison.names, map(dict, comparison.saturated), strict=False)),
        "rests_on": dict(zip(others, map(_rests_as_json, rests.of_plans), strict=False)) if rests else {},
        "unobserved": {
            other: [each._asdict() for each in found]
            for other, found in zip(others, rests.unobserved if rests else (), strict=False)
        },
        "warnings": [*warnings_in_words(comparison), *weakly_paired_in_words(comparison)],
    })  # fmt: skip
    return content


def _rests_as_json(rests: Sequence[Rest]) -> dict[str, Any]:
    return {rest.indicator: rest.as_plain() for rest in rests}


def rest_table(rests: Sequence[Rest]) -> Table:
    """Every difference before the figures and under them, of shares in points, of all else in % of A."""
    table = plain_table(
        "What it rests on (in % of A; shares in points)", left("indicator"), right("before the figures"),
        right("under them"), right("narrowed by"), left("so it is"),
    )  # fmt: skip
    for rest in rests:
        before, under = (" … ".join(signed(end, "share") for end in ends) for ends in (rest.before, rest.under))
        table.add_row(say(rest.indicator), before, under, in_percent(max(rest.narrowed, 0.0)), standing_in_words(rest))
    return table


def _indicator_as_json(comparison: Comparison, name: str) -> dict[str, Any]:
    indicator, plans = INDICATORS[name], enumerate(comparison.names[1:], 1)
    return {
        "unit": indicator.unit, "definition": indicator.definition,
        "mean": dict(zip(comparison.names, np.nanmean(comparison.values[name], axis=0).tolist(), strict=True)),
        "defined_count": dict(zip(comparison.names, comparison.defined_count(name), strict=True)),
        "differences": {
            other: None if (pair := comparison.differences[name][plan - 1]) is None
            else {**pair._asdict(), **_agreement_as_json(comparison, name, plan)}
            for plan, other in plans
        },
    }  # fmt: skip


def _agreement_as_json(comparison: Comparison, name: str, plan: int) -> Mapping[str, Any]:
    if not comparison.ensemble:
        return {}
    found = comparison.agreement(name, plan)
    return {"more_share": found.more_share, "sign": found.sign, "sets": found.many, "holds": agreement_in_words(found)}


def _followed_as_json(followed: Followed) -> dict[str, Any]:
    moves = {f"{move.before.label} → {move.after.label}": count for move, count in followed.moves.items()}
    return {
        **asdict(followed), "moves": moves, "by_area": {area: list(of) for area, of in followed.by_area.items()},
        "by_category": {name: list(of) for name, of in followed.by_category.items()}, "changed": followed.changed,
    }  # fmt: skip
