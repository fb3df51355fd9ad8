"""The study engine beside its peers: how fast, how much of itself it costs, and what is lost when something breaks.

    make bench-studies                                this and benchmarks.stopping, into docs/performance.md
    .venv/bin/python -m benchmarks.studies            everything: ten minutes
    .venv/bin/python -m benchmarks.studies --quick    a first look

The same runs go through every runner, in turns that are interleaved. Each turn has a process of its own: so imports
are over when its clock starts, nobody meets what another has left in memory, and a runner that hangs can be stopped.
The clock runs from the call to the last row in the caller's hands; the start of the workers is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.pages import KEPT, ROOT, put_into_page
from benchmarks.peers import batch_run_model
from benchmarks.peers.batch_run_model import (
    BASE,
    CASEWORK_PATH,
    CASEWORK_SHARES,
    ELAPSED,
    HOUSEHOLDS,
    HOUSEHOLDS_PATH,
    SEEDS,
    Mishap,
    Rows,
    one_run,
    scenario_of,
)
from benchmarks.study_tables import (
    BATCH_RUN,
    BROKEN,
    LONGER,
    LOOP,
    MISHAPS,
    OURS,
    OURS_ALONE,
    SIMULSI,
    SIMULSI_BARE,
    TIMED,
    WORKERS,
    Measured,
    keep,
    report,
)

# What only one runner needs is imported when its turn comes: workers that are spawned import this module again,
# and nobody's workers are to wait for somebody else's packages.
if TYPE_CHECKING:
    from experiments.running.engine import Engine
    from experiments.running.jobs import Job, Work
    from experiments.running.measures import Row
    from experiments.studies.design import Study
    from experiments.studies.folder import Results
    from experiments.studies.sweeping import SweepState

CHECKPOINT = "checkpoint.jsonl"
MANY_SMALL = "many small runs"
STRUCK = HOUSEHOLDS[len(HOUSEHOLDS) // 2], CASEWORK_SHARES[len(CASEWORK_SHARES) // 2], SEEDS[len(SEEDS) // 2]
"""The run that something befalls: near the middle, in whatever order the runs go."""
MISHAP_DAYS, PATIENCE_S, LONGEST_S = 5, 60.0, 1800.0
"""With short runs, what has not come back after a minute will never come back."""
OBJECTIVE = '[[objectives]]\nindicator = "solved_share_of_raised"\nbetter = "high"\n'


@dataclass(frozen=True)
class Turn:
    """What a process of its own is to do."""

    runner: str
    folder: str
    days: int = MISHAP_DAYS
    mishap: str = ""
    count: int = 0


def main() -> None:
    """Measure, print, keep; or take the one turn that is asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="shorter periods, one turn, fewer small runs")
    arguments.add_argument("--write-docs", action="store_true", help="put the tables into docs/performance.md")
    arguments.add_argument("--turn", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.turn:
        take(Turn(**json.loads(given.turn)))
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(width=150)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("studies", total=None)
        text = studies(given.quick, lambda doing: progress.update(task, description=doing))
    console.print(text, markup=False, highlight=False)
    console.print(f"kept in {KEPT.relative_to(ROOT)}")
    if given.write_docs:
        put_into_page("studies", text)


def studies(quick: bool, tell: Callable[[str], None] = lambda doing: None) -> str:
    """Measure everything, keep it in build/bench/studies.{json, md}, and give the tables as Markdown."""
    days, turns, count = (30, 1, 500) if quick else (60, 3, 2000)
    busy = os.getloadavg()[0]
    timed: dict[str, list[Measured]] = {}
    longer: dict[str, list[Measured]] = {}
    small: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(turns):
            for runner in TIMED:
                tell(f"turn {turn + 1}: {runner}")
                timed.setdefault(runner, []).append(sound(Turn(runner, f"{folder}/{turn} {runner}", days)))
            for runner in (OURS, OURS_ALONE):
                tell(f"turn {turn + 1}: longer runs, {runner}")
                folder_of_turn = f"{folder}/{turn} longer {runner}"
                longer.setdefault(runner, []).append(sound(Turn(runner, folder_of_turn, LONGER * days)))
            tell(f"turn {turn + 1}: {MANY_SMALL}")
            small.append(sound(Turn(MANY_SMALL, f"{folder}/{turn} {MANY_SMALL}", count=count)))
        broken = {}
        for mishap in MISHAPS:
            for runner in BROKEN:
                tell(f"one run {mishap}: {runner}")
                broken[runner, mishap] = struck(Turn(runner, f"{folder}/{mishap} {runner}", mishap=mishap))
    text = report(days, busy, timed, longer, small, broken)
    keep(text, timed, longer, small, broken)
    return text


def sound(turn: Turn) -> Measured:
    """A turn in which nothing may break.

    Raises RuntimeError with what the process has said if something does.
    """
    ended = in_its_own_process(turn, LONGEST_S)
    measured = _told(Path(turn.folder))
    if ended or not measured or measured.raised:
        said = (Path(turn.folder) / "said.txt").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{turn.runner}: {ended or (measured and measured.raised)}\n{said}")
    return measured


def struck(turn: Turn) -> tuple[int, str]:
    """How many runs are left to the caller when something befalls one of them, and how the call ends."""
    ended = in_its_own_process(turn, PATIENCE_S)
    folder = Path(turn.folder)
    measured = _told(folder)
    if measured and not measured.raised:
        return len(measured.rows), "returns"
    return _left_on_disk(folder), ended or f"raises {measured.raised if measured else ''}".strip()


def in_its_own_process(turn: Turn, patience_s: float) -> str:
    """Take a turn elsewhere; how that ended, if not by itself."""
    folder = Path(turn.folder)
    folder.mkdir()
    command = [sys.executable, "-m", "benchmarks.studies", "--turn", json.dumps(asdict(turn))]
    with (folder / "said.txt").open("w") as said:
        # In a session of its own, so that the workers of a runner that hangs can be stopped along with it.
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)
        try:
            code = process.wait(patience_s)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return f"hangs (stopped after {patience_s:.0f} s)"
    return "dies as a whole" if code < 0 else ""


def _told(folder: Path) -> Measured | None:
    """What a turn has written of itself."""
    if not (folder / "measured.json").exists():
        return None
    told = json.loads((folder / "measured.json").read_text())
    told["rows"] = {(households, share, seed): row for households, share, seed, row in told["rows"]}
    told["megabytes"] = {int(runs): size for runs, size in told["megabytes"].items()}
    return Measured(**told)


def _left_on_disk(folder: Path) -> int:
    """Sound runs that a runner had written away when its call did not return."""
    if (folder / CHECKPOINT).exists():
        lines = (folder / CHECKPOINT).read_text().splitlines()[1:]
        return sum(json.loads(line)["status"] == "ok" for line in lines)
    if (folder / "study" / "study.json").exists():
        from experiments.studies.folder import Results

        results = Results(folder / "study")
        return len(results) - len(results.failed_keys())
    return 0


def take(turn: Turn) -> None:
    """Here, in a process of its own: do what is asked, and write down what came of it."""
    folder = Path(turn.folder)
    try:
        if turn.runner == MANY_SMALL:
            measured = _many_small_runs(turn.count, folder)
        else:
            mishap = _mishap(turn, folder) if turn.mishap else None
            measured = RUNNERS[turn.runner](turn.days, mishap, folder)
    except Exception as error:  # whatever a runner raises is what is measured
        traceback.print_exc()
        measured = Measured(raised=type(error).__name__)
    rows = [(*point, row) for point, row in measured.rows.items()]
    measured.peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (folder / "measured.json").write_text(json.dumps({**vars(measured), "rows": rows}))


def _mishap(turn: Turn, folder: Path) -> Mishap:
    households, share, seed = STRUCK
    kind = "raises" if turn.mishap == "raises" else "dies"
    return Mishap(kind, scenario_of(turn.days, households, share).hash, seed, folder / "died.txt")


def _by_the_engine(workers: int) -> Callable[[int, Mishap | None, Path], Measured]:
    def run(days: int, mishap: Mishap | None, folder: Path) -> Measured:
        import distributed  # noqa: F401  imported by the engine when it starts, and nobody's imports are timed

        from experiments.studies.design import load_study
        from experiments.studies.folder import open_results
        from experiments.studies.sweeping import sweep

        file, measured = _factorial(days, folder), Measured()
        began = perf_counter()
        study = load_study(file)
        results = open_results(study, folder / "study")
        sweep(study, results, lambda: _started(workers, mishap, measured))
        measured.rows = _rows_of(study, results)
        measured.wall_s = perf_counter() - began
        return measured

    return run


@dataclass(frozen=True)
class Ailing:
    """The engine with something that befalls one run; without a mishap, the engine as it is."""

    engine: Engine
    mishap: Mishap | None

    def run(self, jobs: Iterable[Job], count: int, work: Work) -> Iterator[list[Row]]:
        """Run what is asked, and let the mishap in where an outcome is measured."""
        return self.engine.run(jobs, count, replace(work, measure=self.mishap.befall) if self.mishap else work)


@contextmanager
def _started(workers: int, mishap: Mishap | None, measured: Measured) -> Iterator[Ailing]:
    """The engine; and how long it took to start."""
    from experiments.running.engine import engine

    began = perf_counter()
    with engine(workers) as started:
        measured.start_s = perf_counter() - began
        yield Ailing(started, mishap)


def _factorial(days: int, folder: Path) -> Path:
    """The study file of the factorial."""
    return _written(folder, f"""
        set = {{ "period.days" = {days} }}
        design = {{ kind = "factorial" }}
        levers = [
            {{ name = "households", path = "{HOUSEHOLDS_PATH}", values = {list(HOUSEHOLDS)} }},
            {{ name = "casework_share", path = "{CASEWORK_PATH}", values = {list(CASEWORK_SHARES)} }},
        ]
        replications = {{ count = {len(SEEDS)}, first_seed = {SEEDS[0]} }}
    """)  # fmt: skip


def _written(folder: Path, design: str) -> Path:
    file = folder / "measured_study.toml"
    file.write_text(f'title = "Measured"\nquestion = "How fast is it?"\nbase = "{BASE}"\n{design}\n{OBJECTIVE}')
    return file


def _rows_of(study: Study, results: Results) -> Rows:
    """The sound runs as they are stored, by their place in the factorial."""
    from experiments.studies.folder import AREAS, KEYS

    world = study.worlds[0]
    places = {study.point(plan, world): tuple(plan.settings.values()) for plan in study.plans}
    table = results.table()
    names = [name for name in table.columns if name not in (*KEYS, *AREAS)]
    return {
        (*places[row["scenario"]], row["seed"]): {name: row[name] for name in (*names, ELAPSED)}
        for row in table[table["error"] == ""].to_dict("records")
    }


def _timed(runs: Callable[[], Rows]) -> Measured:
    began = perf_counter()
    rows = runs()
    return Measured(perf_counter() - began, rows=rows)


def _by_a_loop(days: int, mishap: Mishap | None, folder: Path) -> Measured:
    return _timed(lambda: {
        (households, share, seed): one_run(scenario_of(days, households, share), seed, mishap)
        for households in HOUSEHOLDS for share in CASEWORK_SHARES for seed in SEEDS
    })  # fmt: skip


def _by_batch_run(days: int, mishap: Mishap | None, folder: Path) -> Measured:
    return _timed(lambda: batch_run_model.run(days, WORKERS[BATCH_RUN], mishap))


def _by_simulsi(days: int, mishap: Mishap | None, folder: Path) -> Measured:
    from benchmarks.peers import simulsi_model

    return _timed(lambda: simulsi_model.run(days, WORKERS[SIMULSI], mishap, folder / CHECKPOINT))


def _by_simulsi_as_it_comes(days: int, mishap: Mishap | None, folder: Path) -> Measured:
    from benchmarks.peers import simulsi_model

    return _timed(lambda: simulsi_model.run(days, WORKERS[SIMULSI_BARE], mishap))


RUNNERS: dict[str, Callable[[int, Mishap | None, Path], Measured]] = {
    OURS: _by_the_engine(2),
    OURS_ALONE: _by_the_engine(1),
    LOOP: _by_a_loop,
    BATCH_RUN: _by_batch_run,
    SIMULSI: _by_simulsi,
    SIMULSI_BARE: _by_simulsi_as_it_comes,
}


def _many_small_runs(count: int, folder: Path) -> Measured:
    """Runs of a few milliseconds: what is left of the time is the engine's; and the main process's memory."""
    import psutil

    from experiments.studies.design import load_study
    from experiments.studies.folder import open_results
    from experiments.studies.sweeping import sweep

    study = load_study(_written(folder, f"""
        set.period = {{ days = 1 }}
        set.party = {{ members_count = 0 }}
        set.territory = {{ households = 20, households_per_social_grid = 20.0, sites_count = 10 }}
        design = {{ kind = "list" }}
        plans = [{{ name = "tiny" }}]
        replications = {{ count = {count} }}
    """))  # fmt: skip
    results, measured = open_results(study, folder / "study"), Measured()
    marks, here, times = [count // 4, count // 2, count], psutil.Process(), []

    def look(told: SweepState) -> None:
        times.append(perf_counter())
        if marks and told.done >= marks[0]:
            measured.megabytes[marks.pop(0)] = here.memory_info().rss / 1024**2

    sweep(study, results, lambda: _warmed(study, measured), on_progress=look)
    # The first look is before the workers start, the last when all rows are in.
    measured.wall_s = times[-1] - times[0] - measured.start_s
    runs_s = float(results.table([ELAPSED])[ELAPSED].sum())
    measured.overhead_ms = 1000.0 * (WORKERS[OURS] * measured.wall_s - runs_s) / count
    return measured


@contextmanager
def _warmed(study: Study, measured: Measured) -> Iterator[Ailing]:
    """The engine when its workers have imported the model, which they do for their first runs."""
    from experiments.running.jobs import Job, Work, slim
    from experiments.running.provenance import identity

    began, scenario = perf_counter(), slim(study.base)
    with _started(WORKERS[OURS], None, measured) as started:
        jobs = [Job(str(seed), scenario, seed) for seed in range(20)]
        for _ in started.run(jobs, len(jobs), Work(identity())):
            pass
        measured.start_s = perf_counter() - began
        yield started


if __name__ == "__main__":
    main()
