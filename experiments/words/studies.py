"""What sweeps, pilots and studies come to, in sentences.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.words.numbers import number, quoted, waiting_in_words
from languages.speaking import listed, say, say_many, sentences
from sim.indicators import INDICATORS

MOST_NAMES = 4


# Sweeps ---------------------------------------------------------------------------------------------------------
def swept_in_words(summary: Mapping[str, Any]) -> str:
    """What a sweep has done; `summary` is what `sweep --json` prints."""
    return say_many(
        "{study}: {stored:,} of {count:,} run are in {folder} ({before:,} before, {done:,} now, {failed:,} failed); {elapsed:.1f} s.",
        "{study}: {stored:,} of {count:,} runs are in {folder} ({before:,} before, {done:,} now, {failed:,} failed); {elapsed:.1f} s.",
        summary["wanted_count"], study=summary["study"], stored=summary["stored_count"], folder=summary["folder"],
        before=summary["before_count"], done=summary["done_count"], failed=summary["failed_count"],
        elapsed=summary["elapsed_s"],
    )  # fmt: skip


def next_step_in_words(folder: str) -> str:
    """What to do with a study that is swept."""
    return say(
        "Next: `report {folder}` writes one page with tables, pictures and what the answer hangs on.", folder=folder
    )


def settled_in_words(summary: Mapping[str, Any]) -> list[str]:
    """Whether a stopping rule got what it goes on for; nothing if there is none, or it was interrupted."""
    if summary["settled"] is None:
        return []
    names, unmet = summary["survivors"], summary["unmet"]
    if summary["settled"]:
        if len(names) > 1:
            return [
                say(
                    "The ranking is safe: {plans} are left, and are the same in every replication.",
                    plans=quoted(names, MOST_NAMES),
                )
            ]
        if names:
            return [say("The ranking is safe: {plan} is left.", plan=quoted(names, MOST_NAMES))]
        return [say("All intervals are as narrow as asked.")]
    most = max(summary["replications"])
    if unmet:
        wide = [say("{indicator} ± {half}", indicator=say(name), half=number(half, INDICATORS[name].unit)) if half is not None
                else say("{indicator} undefined", indicator=say(name)) for name, half in unmet.items()]  # fmt: skip
        return [
            say(
                "Not as narrow as asked after at most {most} replications: {wide}. A larger at_most goes on.",
                most=most,
                wide=listed(wide),
            )
        ]
    if not names:
        return [
            say(
                "The ranking is not settled after at most {most} replications: no plan has a value, and nothing is promised of it. A larger at_most goes on.",
                most=most,
            )
        ]
    return [say(
        "The ranking is not settled after at most {most} replications: {count} plans may still be the best ({plans}), and nothing is promised of it. A larger at_most goes on.",
        most=most, count=len(names), plans=quoted(names, MOST_NAMES),
    )]  # fmt: skip


def merged_in_words(joined: Mapping[str, Any], out: str) -> str:
    """What a merge has done; `joined` is what `merge --json` prints."""
    return say(
        "{runs:,} runs of {study} are in {out} ({failed:,} failed); checksum {checksum}.", runs=joined["runs_count"],
        study=joined["study"], out=out, failed=joined["failed_count"], checksum=joined["checksum"],
    )  # fmt: skip


# Pilots ---------------------------------------------------------------------------------------------------------
def left_out_in_words(count: int) -> str:
    """How many plans of a design are left out."""
    return say_many("{count:,} more breaks a constraint", "{count:,} more break a constraint", count) if count else ""


def size_in_words(pilot: Mapping[str, Any]) -> str:
    """How large a study is; `pilot` is what `plan --json` prints."""
    least, most = pilot["runs_count"]
    runs = (
        say_many("{count:,} run", "{count:,} runs", least) if least == most
        else say("{least:,} to {most:,} runs, as its stopping rule wants", least=least, most=most)
    )  # fmt: skip
    left_out = left_out_in_words(pilot["left_out_count"])
    plans = say_many("{count:,} plan", "{count:,} plans", pilot["plans_count"]) + (f" ({left_out})" if left_out else "")
    of = {
        "plans": plans,
        "worlds": say_many("{count:,} world", "{count:,} worlds", pilot["worlds_count"]),
        "runs": runs,
    }
    if before := pilot["before_count"]:
        return say(
            "{plans}, {worlds}, {runs}, and {before:,} more under what was possible before the figures.", before=before,
            **of,
        )  # fmt: skip
    return say("{plans}, {worlds}, {runs}.", **of)


def effort_in_words(pilot: Mapping[str, Any]) -> str:
    """What a study will take."""
    workers = say_many("{count:,} worker", "{count:,} workers", pilot["workers"])
    time = (
        say("about {time}", time=waiting_in_words(pilot["time_s"])) if pilot["time_s"] >= 1 else say("under a second")
    )
    size = say("about {size:.1f} MB", size=pilot["disk_mb"]) if pilot["disk_mb"] >= 0.1 else say("under 0.1 MB")
    return sentences([
        say("A run takes {each:.2f} s; all of them {time} on {workers}, and {size}.", each=pilot["run_s"], time=time,
            workers=workers, size=size),
        say_many("(Pilot: {count:,} run.)", "(Pilot: {count:,} runs.)", pilot["pilot_count"]),
    ])  # fmt: skip


def undefined_in_pilot(pilot: Mapping[str, Any]) -> list[str]:
    """Indicators that some of the pilot's runs leave undefined, and in how many."""
    lines = []
    for name, entry in pilot["indicators"].items():
        total = entry["runs_count"]
        if lacking := total - entry["defined_count"]:
            lines.append(say(
                "{indicator} is undefined in {count} of {total} runs of the pilot, which are left out.", indicator=say(name),
                count=lacking, total=total,
            ))  # fmt: skip
    return lines
