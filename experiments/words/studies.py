"""What sweeps, pilots and studies come to, in sentences.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.words.numbers import counted, number, quoted, waiting_in_words
from sim.indicators import INDICATORS

MOST_NAMES = 4


def swept_in_words(summary: Mapping[str, Any]) -> str:
    """What a sweep has done; `summary` is what `sweep --json` prints."""
    return (
        f"{summary['study']}: {summary['stored_count']:,} of {counted(summary['wanted_count'], 'run')} are in "
        f"{summary['folder']} ({summary['before_count']:,} before, {summary['done_count']:,} now, "
        f"{summary['failed_count']:,} failed); {summary['elapsed_s']:.1f} s."
    )


def settled_in_words(summary: Mapping[str, Any]) -> list[str]:
    """Whether a stopping rule got what it goes on for; nothing if there is none, or it was interrupted."""
    if summary["settled"] is None:
        return []
    names, unmet = summary["survivors"], summary["unmet"]
    if summary["settled"]:
        if len(names) > 1:
            left = f"{quoted(names, MOST_NAMES)} are left, and are the same in every replication"
            return [f"The ranking is safe: {left}."]
        return [f"The ranking is safe: “{names[0]}” is left." if names else "All intervals are as narrow as asked."]
    most = f"after at most {max(summary['replications'])} replications"
    if unmet:
        wide = ", ".join(f"{name} ± {number(half, INDICATORS[name].unit)}" if half is not None else f"{name} undefined"
                         for name, half in unmet.items())  # fmt: skip
        return [f"Not as narrow as asked {most}: {wide}. A larger at_most goes on."]
    shown = quoted(names, MOST_NAMES)
    left = f"{len(names)} plans may still be the best ({shown})" if names else "no plan has a value"
    return [f"The ranking is not settled {most}: {left}, and nothing is promised of it. A larger at_most goes on."]


def left_out_in_words(count: int) -> str:
    """How many plans of a design are left out."""
    return f"{count:,} more {'breaks' if count == 1 else 'break'} a constraint" if count else ""


def size_in_words(pilot: Mapping[str, Any]) -> str:
    """How large a study is; `pilot` is what `plan --json` prints."""
    least, most = pilot["runs_count"]
    runs = counted(least, "run") if least == most else f"{least:,} to {most:,} runs, as its stopping rule wants"
    left_out = left_out_in_words(pilot["left_out_count"])
    plans = counted(pilot["plans_count"], "plan") + (f" ({left_out})" if left_out else "")
    before = pilot["before_count"]
    earlier = f", and {before:,} more under what was possible before the figures" if before else ""
    return f"{plans}, {counted(pilot['worlds_count'], 'world')}, {runs}{earlier}."


def effort_in_words(pilot: Mapping[str, Any]) -> str:
    """What a study will take."""
    return (
        f"A run takes {pilot['run_s']:.2f} s; all of them about {waiting_in_words(pilot['time_s'])} on "
        f"{counted(pilot['workers'], 'worker')}, and about {pilot['disk_mb']:.1f} MB. "
        f"(Pilot: {counted(pilot['pilot_count'], 'run')}.)"
    )


def undefined_in_pilot(pilot: Mapping[str, Any]) -> list[str]:
    """Indicators that some of the pilot's runs leave undefined, and in how many."""
    lines = []
    for name, entry in pilot["indicators"].items():
        total = entry["runs_count"]
        if lacking := total - entry["defined_count"]:
            lines.append(f"{name} is undefined in {lacking} of {total} runs of the pilot, which are left out.")
    return lines
