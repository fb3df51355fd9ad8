"""What studies and comparisons print, for people.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from experiments.comparing.comparing import MOST_PLACES, Comparison, warnings
from experiments.showing.console import console, left, plain_table, right
from experiments.statistics.agreement import AGREEMENT
from experiments.statistics.intervals import Difference
from experiments.words.numbers import number, shown_unit
from sim.indicators import INDICATORS

MOST_NAMES = 4
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def print_comparison(comparison: Comparison) -> None:
    """A comparison: its tables, what is clear in words, whose incidents ended otherwise, and the luck audit."""
    page = console()
    for letter, name in zip(LETTERS, comparison.names, strict=False):
        page.print(Text.assemble((letter, "bold"), f"  {name}"))
    page.print(Text(shared_in_words(comparison)))
    for place in range(len(comparison.names) - 1):
        page.print("", difference_table(comparison, place))
        words = [] if comparison.ensemble else in_words(comparison, place)
        for line in [*words, *followed_in_words(comparison, place)]:
            page.print(Padding(Text(line), (0, 0, 0, 2)))
    page.print("", audit_table(comparison))
    for line in warnings(comparison):
        page.print(Text(f"Warning: {line}.", "yellow"))
    if comparison.equal:
        page.print(Text(f"The same under all plans in every replication: {', '.join(comparison.equal)}."))
    if comparison.undefined:
        page.print(Text(f"Undefined under a plan: {', '.join(comparison.undefined)}."))
    told = (
        f"The interval is what nine tenths of the {len(comparison.seeds)} sets drawn say, one history of each; "
        f"{AGREEMENT}. More --replications take more of the sets."
        if comparison.ensemble else
        f"Intervals hold together with 95 % confidence for all {comparison.comparisons} differences (Student, paired, "
        "Bonferroni)."
    )  # fmt: skip
    page.print(Text(f"{told} A share's difference is in points."))


def shared_in_words(comparison: Comparison) -> str:
    """What all plans have in common: the seeds always, the incidents not always."""
    told = zip(LETTERS[1:], comparison.otherwise, strict=False)
    others = [letter for letter, followed in told if not followed.same_incidents]
    count = f"{len(comparison.seeds)} replications"
    if comparison.ensemble:
        count += f", each under another set of the ensemble {comparison.ensemble}"
    if not others:
        return f"The same incidents and the same luck for all of them, {count}."
    have = f"{', '.join(others)} {'has' if len(others) == 1 else 'have'} other incidents than A"
    return f"The same seeds for all of them, {count}; {have}."


def difference_table(comparison: Comparison, place: int) -> Table:
    """One plan beside the first."""
    letter = LETTERS[place + 1]
    table = plain_table(f"{letter} − A: {comparison.names[place + 1]}", left("indicator"), right("A"),
                        right(letter), right("difference"),
                        right("90 % of the sets" if comparison.ensemble else "95 % interval"), left("unit"),
                        left("sets that agree" if comparison.ensemble else "clear"))  # fmt: skip
    for name, found in comparison.differences.items():
        unit, values = INDICATORS[name].unit, comparison.values[name]
        means = [float(column[~_undefined(column)].mean()) for column in (values[:, 0], values[:, place + 1])]
        pair = found[place]
        if pair is None:
            table.add_row(name, *(number(mean, unit) for mean in means), "–", "–", shown_unit(unit), "–")
            continue
        table.add_row(
            name, *(number(mean, unit) for mean in means), signed(pair.mean, unit),
            " … ".join(signed(end, unit) for end in ends_of(comparison, name, place + 1, pair)), shown_unit(unit),
            agreed(comparison, name, place + 1, pair),
        )  # fmt: skip
    return table


def ends_of(comparison: Comparison, name: str, place: int, pair: Difference) -> tuple[float, float]:
    """The interval of the mean difference; over an ensemble, what nine tenths of its sets say."""
    if not comparison.ensemble:
        return pair.lo, pair.hi
    apart = comparison.values[name][:, place] - comparison.values[name][:, 0]
    low, high = np.nanquantile(apart, [0.05, 0.95])
    return float(low), float(high)


def agreed(comparison: Comparison, name: str, place: int, pair: Difference) -> str:
    """Whether a difference is clear; over an ensemble, how many of its sets agree on the sign."""
    if not comparison.ensemble:
        return "yes" if pair.clear else "no"
    share, word = comparison.agreement(name, place)
    return f"{word.removesuffix(' sets')} ({max(share, 1.0 - share):.0%})"


def _undefined(values: Any) -> Any:
    return values != values


def signed(value: float, unit: str) -> str:
    """A difference: its sign is always shown."""
    text = number(abs(value), unit)
    return text if float(text.replace(",", "")) == 0.0 else f"{'−' if value < 0 else '+'}{text}"


def in_words(comparison: Comparison, place: int) -> list[str]:
    """Which differences are clear, which are not, and how many replications would settle them."""
    clear, open_, none = [], [], []
    for name, found in comparison.differences.items():
        pair = found[place]
        if pair is None or (pair.mean == 0.0 and pair.lo == pair.hi):
            none.append(name)
        elif pair.clear:
            clear.append(f"{name} {_by(comparison, name, place, pair)}")
        else:
            open_.append(f"{name} ({_settled_by(pair)})")
    lines = [f"Clear: {'; '.join(clear)}." if clear else "No difference is clear."]
    if open_:
        settled = "in brackets, how many replications would settle it if it is as large as it looks"
        lines.append(f"Not clear ({settled}): {', '.join(open_)}.")
    if none:
        lines.append(f"No difference at all, or too few replications define it: {', '.join(none)}.")
    return lines


def _by(comparison: Comparison, name: str, place: int, pair: Difference) -> str:
    unit = INDICATORS[name].unit
    word = "higher" if pair.mean > 0 else "lower"
    by = number(abs(pair.mean), unit)
    first = comparison.values[name][:, 0]
    mean = float(first[~_undefined(first)].mean())
    if unit == "share":
        return f"{by} points {word}"
    return f"{by} {unit} {word}" + (f" ({abs(pair.mean / mean):.1%})" if mean else "")


def _settled_by(pair: Difference) -> str:
    return "beyond reach" if pair.needed is None else f"{pair.needed:,}"


def followed_in_words(comparison: Comparison, place: int) -> list[str]:
    """How many incidents ended otherwise, how, and where."""
    told = comparison.otherwise[place]
    if not told.same_incidents:
        return [f"{LETTERS[place + 1]} and A do not have the same incidents: none can be followed."]
    if not told.changed:
        return ["Every incident ends as it did, at the same time (within an hour)."]
    lines = [
        f"Of {told.incidents:,} incidents {told.changed:,} ({told.changed / told.incidents:.1%}) end otherwise: "
        f"{told.stage:,} in another way, {told.later:,} later and {told.sooner:,} sooner by more than an hour."
    ]
    moves = sorted(told.moves.items(), key=lambda move: -move[1])[:MOST_PLACES]
    if moves:
        lines.append("Other ways: " + "; ".join(f"{way} {count:,}" for way, count in moves) + ".")
    lines.append("Which: " + "; ".join(
        f"{name} {changed / count:.1%}" for name, (count, changed) in _most(told.by_category)) + ".")  # fmt: skip
    if len(told.by_area) > 1:
        most = (f"no. {area} {changed / count:.1%} of {count:,}" for area, (count, changed) in _most(told.by_area))
        lines.append(f"Where ({comparison.areas}): {'; '.join(most)}.")
    return lines


def _most(entries: Mapping[Any, Sequence[int]]) -> list[tuple[Any, Sequence[int]]]:
    """Where the largest share of incidents ends otherwise."""
    there = [(name, entry) for name, entry in entries.items() if entry[0]]
    return sorted(there, key=lambda item: -item[1][1] / item[1][0])[:MOST_PLACES]


def audit_table(comparison: Comparison) -> Table:
    """The luck audit: what running the plans on the same luck has saved."""
    pairs = len(comparison.seeds)
    columns = [right(f"{what} {letter}") for letter in LETTERS[1 : len(comparison.names)]
               for what in ("correlation A,", "variance saved", f"instead of {pairs}")]  # fmt: skip
    title = f"Luck audit: replications that the same intervals would need without pairing, instead of {pairs}"
    table = plain_table(title, left("indicator"), *columns)
    for name, found in comparison.differences.items():
        row: list[str] = []
        for pair in found:
            known = pair is not None and math.isfinite(pair.saving)
            if pair is None or not known:
                row += ["–", "–", "–"]
                continue
            correlation = "–" if math.isnan(pair.correlation) else f"{pair.correlation:.3f}"
            row += [correlation, f"{1.0 - 1.0 / pair.saving:.1%}" if pair.saving else "–",
                    f"{math.ceil(pairs * pair.saving):,}"]  # fmt: skip
        table.add_row(name, *row)
    return table


def print_sweep(told: Mapping[str, Any]) -> None:
    """What a sweep has done."""
    page = console()
    page.print(Text(
        f"{told['study']}: {told['stored_count']:,} of {told['wanted_count']:,} runs are in {told['folder']} "
        f"({told['before_count']:,} before, {told['done_count']:,} now, {told['failed_count']:,} failed); "
        f"{told['elapsed_s']:.1f} s."
    ))  # fmt: skip
    for line in settled_in_words(told):
        page.print(Text(line))
    page.print(Text(f"Checksum of the results: {told['checksum']}."))


def settled_in_words(told: Mapping[str, Any]) -> list[str]:
    """Whether a stopping rule got what it goes on for; nothing if there is none, or it was interrupted."""
    if told["settled"] is None:
        return []
    names, unmet = [f"“{name}”" for name in told["survivors"]], told["unmet"]
    if told["settled"]:
        return [f"The ranking is safe: {names[0]} is left." if names else "All intervals are as narrow as asked."]
    most = f"after at most {max(told['replications'])} replications"
    if unmet:
        wide = ", ".join(f"{name} ± {number(half, INDICATORS[name].unit)}" if half is not None else f"{name} undefined"
                         for name, half in unmet.items())  # fmt: skip
        return [f"Not as narrow as asked {most}: {wide}. A larger at_most goes on."]
    shown = ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
    left = f"{len(names)} plans may still be the best ({shown})" if names else "no plan has a value"
    return [f"The ranking is not settled {most}: {left}, and nothing is promised of it. A larger at_most goes on."]


def print_plan(told: Mapping[str, Any]) -> None:
    """What a study will cost, and how narrow its intervals will be."""
    page = console()
    page.print(Text(f"{told['study']}: {told['title']}", "bold"))
    page.print(Text(
        f"{told['plans_count']:,} plans"
        + (f" ({told['left_out_count']:,} more break a constraint)" if told["left_out_count"] else "")
        + f", {told['worlds_count']:,} worlds, {told['runs_text']}."
    ))  # fmt: skip
    page.print(Text(
        f"A run takes {told['run_s']:.2f} s; all of them about {told['time_text']} on {told['workers']} workers, "
        f"and about {told['disk_mb']:.1f} MB. (Pilot: {told['pilot_count']} runs.)"
    ))  # fmt: skip
    table = plain_table("Expected half-widths of 95 % intervals", left("indicator"), right("mean in the pilot"),
                        right("of a plan's mean"), right("of a difference between two plans"),
                        left("unit"))  # fmt: skip
    for name, entry in told["indicators"].items():
        unit = entry["unit"]
        table.add_row(name, number(entry["mean"], unit), f"± {number(entry['half_width'], unit)}",
                      f"± {number(entry['half_width_of_difference'], unit)}", shown_unit(unit))  # fmt: skip
    page.print("", table)


def print_query(columns: Sequence[str], rows: Sequence[Sequence[Any]], more: bool) -> None:
    """The rows of a query."""
    table = plain_table("", *(left(name) for name in columns))
    for row in rows:
        table.add_row(*(Text("–" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell))
                        for cell in row))  # fmt: skip
    page = console()
    page.print(table)
    if more:
        page.print(Text(f"… only the first {len(rows):,} rows are shown; --csv prints all, or add a LIMIT."))
