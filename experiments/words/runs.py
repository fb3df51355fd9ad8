"""What a run comes to, in sentences: on what it rests, and the titles of its pictures.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from experiments.statistics.trend import Trend
from experiments.words.numbers import counted, hours_in_words, number

BASES = {"assumption": "assumed", "definition": "by definition", "standard": "from standards"}
TRENDS = {
    Trend.GROWS: "; the backlog grows",
    Trend.SHRINKS: "; the backlog shrinks",
    Trend.LEVEL: "; the backlog stays level",
    Trend.TOO_SHORT: "",
}


def title_in_words(title: str, days: int, seeds: list[int]) -> str:
    """What was run, for how long, with which seeds."""
    which = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    over = f"{len(seeds)} replications" if len(seeds) > 1 else "one replication, so no intervals"
    return f"{title}: {counted(days, 'day')}, {which} ({over})"


def basis_in_words(counts: Mapping[str, int]) -> str:
    """How many parameters rest on what."""
    parts = ", ".join(f"{count} {BASES.get(kind, kind)}" for kind, count in counts.items())
    return f"What the {sum(counts.values())} parameters rest on: {parts}."


def undefined_in_words(indicators: Mapping[str, Mapping[str, Any]], replications: int) -> list[str]:
    """Which indicators have no value in some replications: their means are over the others."""
    partly = [f"{name} ({entry['defined_count']})" for name, entry in indicators.items()
              if 0 < entry["defined_count"] < replications]  # fmt: skip
    never = [name for name, entry in indicators.items() if not entry["defined_count"]]
    lines = []
    if partly:
        lines.append(f"Undefined in some of {counted(replications, 'replication')}, which are left out (in brackets, in how "
                     f"many it is defined): {', '.join(partly)}.")  # fmt: skip
    if never:
        lines.append(f"Undefined in every replication: {', '.join(never)}.")
    return lines


def saturated_in_words(units: Iterable[Mapping[str, Any]]) -> list[str]:
    """On which units a plan hangs, a line each; `units` as in `run --json`."""
    return [hangs_in_words(unit["unit"], unit["utilisation"]) for unit in units if unit["saturated"]]


def hangs_in_words(unit: str, utilisation: float) -> str:
    """That a unit is all but always busy, and what that means."""
    return f"This plan hangs on {unit}: {number(utilisation, 'share')} % busy, so one person more or fewer there moves much."


def pictured_in_words(title: str, seed: int, days: int, start: object) -> str:
    """Of which run a picture is."""
    return f"{title} · seed {seed} · {counted(days, 'day')} from {start}"


def percent(count: int, total: int) -> str:
    """A share in words that never rounds something to nothing."""
    share = count / total if total else 0.0
    return "under 0.1 %" if 0 < share < 0.001 else f"{share:.1%}".replace("%", " %")


def unseen_in_words(unseen: int, total: int) -> str:
    """How much was never found."""
    return f"{unseen / total * 100:.0f} % of what happened was never found" if total else "Nothing happened"


def days_in_words(found_per_day: float, filed_per_day: float, backlog: Trend) -> str:
    """How much is found and filed, and whether the open cases pile up."""
    return f"{found_per_day:,.1f} found and {filed_per_day:,.1f} filed a day{TRENDS[backlog]}"


def medians_in_words(quickest: tuple[str, float], slowest: tuple[str, float]) -> str:
    """How long half of the quickest class takes, and half of the slowest; class and hours each."""
    (quick, quick_h), (slow, slow_h) = quickest, slowest
    if quick == slow:
        return f"Half of {category(quick)} take under {hours_in_words(quick_h)}"
    return (
        f"Medians go from {hours_in_words(quick_h)} ({category(quick)}) to {hours_in_words(slow_h)} ({category(slow)})"
    )


def category(name: str) -> str:
    """A class of incidents as it is shown."""
    return name.replace("_", " ")
