"""What the benchmarks of the study engine measured, as tables in Markdown and as JSON.

Layer: benchmarks.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version

from benchmarks.pages import KEPT
from benchmarks.peers.batch_run_model import CASEWORK_SHARES, ELAPSED, HOUSEHOLDS, SEEDS, Rows

OURS, OURS_ALONE, LOOP = "this engine, 2 workers", "this engine, 1 worker", "a plain loop, 1 process"
BATCH_RUN = "Mesa batch_run, 2 processes"
SIMULSI = "SimulSI, 2 workers, told to record errors and to checkpoint"
SIMULSI_BARE = "SimulSI, 2 workers, as it comes"
WORKERS = {OURS: 2, OURS_ALONE: 1, LOOP: 1, BATCH_RUN: 2, SIMULSI: 2, SIMULSI_BARE: 2}
RUNS = len(HOUSEHOLDS) * len(CASEWORK_SHARES) * len(SEEDS)
TIMED = (OURS, OURS_ALONE, LOOP, BATCH_RUN, SIMULSI)
BROKEN = (OURS, LOOP, BATCH_RUN, SIMULSI, SIMULSI_BARE)
MISHAPS = ("raises", "dies")
LONGER = 8
"""Times as many days, to see what the workers gain when their start is a small part of the whole."""


@dataclass
class Measured:
    """What came of a turn."""

    wall_s: float = 0.0
    start_s: float = 0.0
    """Of the engine's workers; the peers do not say."""
    rows: Rows = field(default_factory=dict)
    raised: str = ""
    megabytes: dict[int, float] = field(default_factory=dict)
    """Of the main process, after so many runs."""
    peak_megabytes: float = 0.0
    overhead_ms: float = 0.0

    @property
    def runs_s(self) -> float:
        """The runs alone, one after the other."""
        return sum(row[ELAPSED] for row in self.rows.values())


def report(
    days: int,
    busy: float,
    timed: dict[str, list[Measured]],
    longer: dict[str, list[Measured]],
    small: list[Measured],
    broken: dict[tuple[str, str], tuple[int, str]],
) -> str:
    """The tables, as Markdown."""
    plans = f"{len(HOUSEHOLDS)} × {len(CASEWORK_SHARES)} plans, {len(SEEDS)} seeds"
    lines = [
        machine(),
        f"The load average was {busy:.1f} before anything began.",
        "",
        f"Junmen, {days} days, {RUNS} runs ({plans}), turns interleaved: {len(small)}. From the call to the last row;",
        '"its runs alone" are the seconds of all runs divided by the workers:',
        "",
        *_times(timed),
        "",
        *_two_against_one(timed, days),
        *_two_against_one(longer, LONGER * days),
        "",
        f"What is left of {RUNS} runs when something befalls one of them:",
        "",
        "| | one run raises | the call | a worker is killed once | the call |",
        "|---|---:|---|---:|---|",
    ]
    for runner in BROKEN:
        (after_error, said), (after_death, ended) = (broken[runner, mishap] for mishap in MISHAPS)
        lines.append(f"| {runner} | {after_error} | {said} | {after_death} | {ended} |")
    lines += ["", *_of_the_engine_itself(small)]
    return "\n".join(lines) + "\n"


def _times(timed: dict[str, list[Measured]]) -> Iterator[str]:
    yield "| | median s | range s | of this engine's time | its runs alone s | the rest s | runs equal to the loop's |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    ours = statistics.median(turn.wall_s for turn in timed[OURS])
    for runner, turns in timed.items():
        walls = [turn.wall_s for turn in turns]
        alone = [turn.runs_s / WORKERS[runner] for turn in turns]
        rest = statistics.median(wall - runs for wall, runs in zip(walls, alone, strict=True))
        equal = min(_equal_count(turn.rows, loop.rows) for turn, loop in zip(turns, timed[LOOP], strict=True))
        median = statistics.median(walls)
        yield (
            f"| {runner} | {median:.2f} | {min(walls):.2f}–{max(walls):.2f} | × {median / ours:.2f} "
            f"| {statistics.median(alone):.2f} | {rest:.2f} | {equal} of {RUNS} |"
        )


def _equal_count(rows: Rows, others: Rows) -> int:
    """Runs whose indicators are the same to the last bit; what is not a number equals what is not a number."""

    def written(row: dict[str, float]) -> dict[str, str]:
        return {name: repr(float(value)) for name, value in row.items() if name != ELAPSED}

    return sum(point in others and written(row) == written(others[point]) for point, row in rows.items())


def _two_against_one(turns: dict[str, list[Measured]], days: int) -> Iterator[str]:
    """How much two workers gain, and what their start costs."""
    pairs = list(zip(turns[OURS], turns[OURS_ALONE], strict=True))
    whole = statistics.median(one.wall_s / two.wall_s for two, one in pairs)
    begun = statistics.median((one.wall_s - one.start_s) / (two.wall_s - two.start_s) for two, one in pairs)
    alone_s = statistics.median(one.wall_s for _, one in pairs)
    start_s = statistics.median(two.start_s for two, _ in pairs)
    yield (
        f"With runs of {days} days ({alone_s:.0f} s for one worker), two workers are × {whole:.2f} as fast as one; "
        f"× {begun:.2f} once they have started, which takes {start_s:.1f} s."
    )
    yield ""


def _of_the_engine_itself(small: list[Measured]) -> Iterator[str]:
    overheads = [turn.overhead_ms for turn in small]
    counts = list(small[0].megabytes)
    yield (
        f"{counts[-1]:,} runs of a few milliseconds: the engine costs {statistics.median(overheads):.1f} ms of a "
        f"worker a run ({min(overheads):.1f}–{max(overheads):.1f}), storing included, starting not. The main process:"
    )
    yield ""
    yield "| runs done | memory MB |"
    yield "|---:|---:|"
    for count in counts:
        yield f"| {count:,} | {statistics.median(turn.megabytes[count] for turn in small):.0f} |"
    yield f"| at the peak | {statistics.median(turn.peak_megabytes for turn in small):.0f} |"


def machine() -> str:
    """What this was measured on, and with which versions of the peers."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("distributed", "mesa", "simulsi"))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}"


def keep(
    text: str,
    timed: dict[str, list[Measured]],
    longer: dict[str, list[Measured]],
    small: list[Measured],
    broken: dict[tuple[str, str], tuple[int, str]],
) -> None:
    """Keep the tables and the single measurements."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "studies.md").write_text(text)
    results = {
        "machine": machine(),
        **{
            kind: {
                runner: [
                    {"wall_s": turn.wall_s, "start_s": turn.start_s, "runs_s": turn.runs_s, "runs": len(turn.rows)}
                    for turn in turns
                ]
                for runner, turns in of_kind.items()
            }
            for kind, of_kind in (("timed", timed), ("longer", longer))
        },
        "small": [
            {"overhead_ms": turn.overhead_ms, "wall_s": turn.wall_s, "megabytes": turn.megabytes,
             "peak_megabytes": turn.peak_megabytes}
            for turn in small
        ],
        "broken": [[runner, mishap, kept, said] for (runner, mishap), (kept, said) in broken.items()],
    }  # fmt: skip
    (KEPT / "studies.json").write_text(json.dumps(results, indent=1))
