"""Mutation testing: change the rules and the indicators in every small way, and see whether a test notices.

    make mutants            all mutants; half an hour or so
    python -m tests.mutants --share 20     every twentieth, for a first look

cosmic-ray makes the mutants, in copies of the project under build/mutants. Mutants of annotations are skipped: they are
never evaluated, so no test could tell. What survives is listed with its change, in build/mutants/report.md too.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "mutants"
MODULES = ["sim/rules", "sim/indicators.py", "sim/recording.py"]
TESTS = ["tests/test_rules.py", "tests/test_indicators.py"]
COPIED = ["calibration", "experiments", "scenarios", "sim", "tests", "pyproject.toml", "run_experiment.py"]
LEAST_KILLED = 0.9


def main() -> None:
    """Make the mutants, run the tests against each, and report."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--share", type=int, default=1, metavar="N", help="only every N-th mutant (default: all)")
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="copies that work side by side")
    given = arguments.parse_args()
    shutil.rmtree(PLACE, ignore_errors=True)
    copies = [_copy(number) for number in range(given.workers)]
    subprocess.run([_tool(), "init", "cosmic-ray.toml", "session.sqlite"], cwd=copies[0], check=True)
    _skip_annotations(copies[0])
    for number, copy in enumerate(copies):
        if number:
            shutil.copy(copies[0] / "session.sqlite", copy)
    for number, copy in enumerate(copies):
        _keep_share(copy, number, len(copies) * given.share)
    workers = [subprocess.Popen([_tool(), "exec", "cosmic-ray.toml", "session.sqlite"], cwd=copy) for copy in copies]
    _show_progress(copies, workers)
    sys.exit(_report(copies))


def _tool() -> str:
    return str(Path(sys.executable).with_name("cosmic-ray"))


def _copy(number: int) -> Path:
    copy = PLACE / f"copy-{number}"
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy)
    modules = ", ".join(f'"{module}"' for module in MODULES)
    command = f"{sys.executable} -m pytest -x -q -p no:cacheprovider {' '.join(TESTS)}"
    (copy / "cosmic-ray.toml").write_text(
        f'[cosmic-ray]\nmodule-path = [{modules}]\ntimeout = 60.0\ntest-command = "{command}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    return copy


def _skip_annotations(copy: Path) -> None:
    """Drop the mutants that lie within an annotation or a docstring's type: `int | None` is never evaluated."""
    with sqlite3.connect(copy / "session.sqlite") as session:
        dropped = [
            job
            for job, module, row, column in session.execute(
                "select job_id, module_path, start_pos_row, start_pos_col from mutation_specs"
            )
            if any(start <= (row, column) < end for start, end in _annotations(copy / module))
        ]
        _drop(session, dropped)
    print(f"{len(dropped)} mutants of annotations skipped: they are never evaluated")


def _annotations(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(part, ast.expr):
                end = part.end_lineno or part.lineno, part.end_col_offset or part.col_offset
                found.append(((part.lineno, part.col_offset), end))
    return found


def _keep_share(copy: Path, number: int, shares: int) -> None:
    with sqlite3.connect(copy / "session.sqlite") as session:
        jobs = [job for (job,) in session.execute("select job_id from mutation_specs order by job_id")]
        _drop(session, [job for place, job in enumerate(jobs) if place % shares != number])


def _drop(session: sqlite3.Connection, jobs: list[str]) -> None:
    for table in ("mutation_specs", "work_items"):
        session.executemany(f"delete from {table} where job_id = ?", [(job,) for job in jobs])


def _counts(copies: list[Path]) -> tuple[int, int]:
    done = total = 0
    for copy in copies:
        with sqlite3.connect(copy / "session.sqlite") as session:
            done += session.execute("select count(*) from work_results").fetchone()[0]
            total += session.execute("select count(*) from work_items").fetchone()[0]
    return done, total


def _show_progress(copies: list[Path], workers: list[subprocess.Popen[bytes]]) -> None:
    began = time.monotonic()
    while any(worker.poll() is None for worker in workers):
        time.sleep(10)
        done, total = _counts(copies)
        left_min = (time.monotonic() - began) / max(done, 1) * (total - done) / 60
        print(f"{done} of {total} mutants, about {left_min:.0f} min left", flush=True)


def _report(copies: list[Path]) -> int:
    """Print and keep what was killed and what survived; 1 if too much survived, or nothing was tried."""
    killed: dict[str, list[bool]] = {}
    survivors = []
    for copy in copies:
        with sqlite3.connect(copy / "session.sqlite") as session:
            for module, row, operator, outcome, diff in session.execute(
                "select module_path, start_pos_row, operator_name, test_outcome, diff "
                "from mutation_specs join work_results using (job_id)"
            ):
                survived = "SURVIVED" in str(outcome).upper()
                killed.setdefault(module, []).append(not survived)
                if survived:
                    lines = [
                        line
                        for line in (diff or "").splitlines()
                        if line[:1] in "+-" and line[:3] not in ("+++", "---")
                    ]
                    survivors.append((module, row, operator, lines))
    table = [f"{module}: {sum(found)} of {len(found)} killed" for module, found in sorted(killed.items())]
    all_found = [one for found in killed.values() for one in found]
    share = sum(all_found) / len(all_found) if all_found else 0.0
    table.append(f"all: {sum(all_found)} of {len(all_found)} killed = {share:.1%}")
    text = "\n".join(table) + "\n\nSurvivors\n"
    for module, row, operator, lines in sorted(survivors):
        text += f"\n{module}:{row} {operator.removeprefix('core/')}\n" + "".join(f"    {line}\n" for line in lines)
    (PLACE / "report.md").write_text(text)
    print(text)
    return int(share < LEAST_KILLED)


if __name__ == "__main__":
    main()
