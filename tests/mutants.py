"""Mutation testing: change the code in every small way, and see whether a test notices.

    make mutants                                         all of them: a night on two cores
    make mutants ARGS="--share 20"                       every twentieth, for a first look: ten minutes
    make mutants ARGS="--only experiments/statistics"    one group, or the modules whose path begins so
    make mutants ARGS=--again                            those that survived last time

cosmic-ray makes the mutants, in copies of the project under build/mutants. Each group of modules has the tests that are
to kill its mutants: quick ones, so that nothing is started for a mutant but a fork of a process that has the libraries
loaded already. What survives is listed with its change, in build/mutants/report.md too. Survivors that were looked at
and change nothing stand in tests/judged_mutants.toml with the reason, and do not count.

The kernel's mutants are not compiled: plain Python plays the same histories (`sim.compiled.interpreted`).

Left out, and said here: mutants of annotations, of type aliases and of `StrEnum`s. Most are never evaluated. Those of
pydantic's forms are, and their bounds are held by tests/test_studies.py and tests/test_hostile_input.py.
A mutant that a test would notice only in a process of its own (dask's workers, the command line) counts as survived.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
import traceback
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "mutants"
SURVIVORS = PLACE / "survivors.json"
JUDGED = Path(__file__).with_name("judged_mutants.toml")
"""Changes that change nothing that anybody could notice, each with the reason."""
COPIED = ["calibration", "docs", "experiments", "scenarios", "sim", "tests", "pyproject.toml", "run_experiment.py"]
LAYERS = ("scenarios", "sim", "sim.compiled", "sim.run", "experiments", "calibration", "tests", "conftest", "test_")
"""Each stands on those before it only, so those before the first that is changed may be loaded once and for all."""
TIMES_LONGER, AT_LEAST_S = 3.0, 5.0
"""A mutant for which the tests take so many times as long as they should is killed: it would never end. Machines are
noisy by less than that."""
MOST_BYTES = 8 << 30
"""Nor may it fill the memory."""


class Group(NamedTuple):
    """Modules, and the tests that are to kill their mutants."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    least_killed: float = 0.9
    environment: Mapping[str, str] = MappingProxyType({})


STUDIES = "experiments/studies"
GROUPS = {
    "sim": Group(
        ("sim/rules", "sim/indicators.py", "sim/recording.py", "sim/closed_forms.py"),
        ("test_rules.py", "test_indicators.py", "test_parts.py"),
    ),
    "sim/compiled": Group(
        ("sim/compiled/kernel",), ("test_kernel.py",), 0.95, {"NUMBA_DISABLE_JIT": "1"}
    ),
    "experiments/statistics": Group(("experiments/statistics",), ("test_statistics.py", "test_intervals.py")),
    "experiments/comparing": Group(("experiments/comparing",), ("test_following.py",)),
    "experiments/studies, as they are made": Group(
        tuple(f"{STUDIES}/{name}.py" for name in
              ("form", "reading", "plans", "wholes", "worlds", "constraints", "ensembles", "design")),
        ("test_study_files.py", "test_study_making.py", "test_study_worlds.py", "test_constraints.py"),
    ),
    "experiments/studies, when they stop": Group((f"{STUDIES}/stopping.py",), ("test_stopping.py",)),
    "experiments/studies, what they will cost": Group((f"{STUDIES}/piloting.py",), ("test_pilots.py",)),
    "experiments/studies, as they are run": Group(
        tuple(f"{STUDIES}/{name}.py" for name in ("sweeping", "folder", "merging", "querying")),
        ("test_study_running.py", "test_study_keeping.py"),
    ),
    "calibration/fitting/likelihood": Group(("calibration/fitting/likelihood.py",), ("test_likelihood.py",)),
}  # fmt: skip
"""Tests that start a process (of dask, of the command line) are not among them: a mutant would cost half a minute."""


SAME_IN_PYTHON = (
    "core/RemoveDecorator", "core/ReplaceComparisonOperator_Eq_Is", "core/ReplaceComparisonOperator_NotEq_IsNot"
)  # fmt: skip
"""Where nothing is compiled, these change nothing: decorators do nothing, and small numbers that are equal are one."""


class Mutant(NamedTuple):
    """A change that cosmic-ray knows how to make."""

    module: str
    row: int
    column: int
    operator: str
    occurrence: int

    @property
    def identity(self) -> list[Any]:
        """What tells it apart as long as the module stays as it is."""
        return [self.module, self.operator, self.occurrence]


def main() -> None:
    """Make the mutants, run the tests against each, and report."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--share", type=int, default=1, metavar="N", help="only every N-th mutant (default: all)")
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="copies that work side by side")
    arguments.add_argument("--only", default="", metavar="PREFIX", help="only groups or modules whose name begins so")
    arguments.add_argument("--again", action="store_true", help="only the mutants that survived last time")
    given = arguments.parse_args()
    again = json.loads(SURVIVORS.read_text()) if given.again else None
    shutil.rmtree(PLACE, ignore_errors=True)
    copies = [_copy(number) for number in range(given.workers)]
    wanted = {}
    for name, group in GROUPS.items():
        named = name.startswith(given.only)
        if not (
            named or any(module.startswith(given.only) or given.only.startswith(module) for module in group.modules)
        ):
            continue
        made = [mutant for mutant in _mutants(copies[0], group) if named or mutant.module.startswith(given.only)]
        wanted[name] = [mutant for mutant in made if again is None or mutant.identity in again][:: given.share]
        if wanted[name]:
            print(f"{name}: {len(made)} mutants, of which {len(wanted[name])} are tried", flush=True)
    for name, mutants in wanted.items():
        if mutants:
            _try_all(name, mutants, copies)
    sys.exit(_report({name: mutants for name, mutants in wanted.items() if mutants}))


def _copy(number: int) -> Path:
    copy = PLACE / f"copy-{number}"
    copy.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, copy)
    return copy


def _mutants(copy: Path, group: Group) -> list[Mutant]:
    """Those of a group, in the order of the code, so that every N-th of them is a fair sample of all of it."""
    modules = ", ".join(f'"{module}"' for module in group.modules)
    (copy / "cosmic-ray.toml").write_text(
        f'[cosmic-ray]\nmodule-path = [{modules}]\ntimeout = 60.0\ntest-command = "true"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    session = copy / "session.sqlite"
    session.unlink(missing_ok=True)
    tool = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([str(tool), "init", "cosmic-ray.toml", session.name], cwd=copy, check=True)
    columns = "module_path, start_pos_row, start_pos_col, operator_name, occurrence"
    with contextlib.closing(sqlite3.connect(session)) as opened:
        made = sorted(Mutant(*row) for row in opened.execute(f"select {columns} from mutation_specs"))
    silent = {module: _silent_places(copy / module) for module in {mutant.module for mutant in made}}
    return [
        mutant for mutant in made
        if not (group.environment and mutant.operator in SAME_IN_PYTHON)
        and not any(start <= (mutant.row, mutant.column) < end for start, end in silent[mutant.module])
    ]  # fmt: skip


def _silent_places(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Annotations, type aliases and `StrEnum`s."""
    found: list[ast.expr | ast.stmt] = []
    for node in ast.walk(ast.parse(path.read_text())):
        found += [part for name in ("annotation", "returns") if isinstance(part := getattr(node, name, None), ast.expr)]
        named = isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "StrEnum" for base in node.bases)
        if isinstance(node, ast.TypeAlias) or named:
            found.append(node)
    return [((one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0)) for one in found]


def _try_all(name: str, mutants: list[Mutant], copies: list[Path]) -> None:
    """Try the mutants of a group, those of a copy one after the other."""
    began, workers = time.monotonic(), {}
    for number, copy in enumerate(copies):
        workers[_forked(_work, name, mutants[number :: len(copies)], copy)] = copy
    shown = 0.0
    while workers:
        for worker in list(workers):
            ended, status = os.waitpid(worker, os.WNOHANG)
            if ended:
                del workers[worker]
                if status:
                    sys.exit(f"{name}: its tests fail as the code is")
        time.sleep(0.5)
        done = len(_results(name, copies))
        if done and (time.monotonic() - shown > 30.0 or not workers):
            shown = time.monotonic()
            left_min = (shown - began) / done * (len(mutants) - done) / 60
            print(f"{name}: {done} of {len(mutants)} mutants, about {left_min:.0f} min left", flush=True)


def _forked(do: Any, *arguments: Any) -> int:
    """The number of a process of its own that does something and ends."""
    sys.stdout.flush()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # threads of libraries, idle here
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        code = do(*arguments)
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _work(name: str, mutants: list[Mutant], copy: Path) -> int:
    """Run the tests as the code is, load what they have loaded, and then try each mutant in a process of its own."""
    os.chdir(copy)
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(copy)}
    os.environ |= GROUPS[name].environment
    sys.path[:] = [str(copy), *(place for place in sys.path if place not in ("", str(ROOT)))]
    _forget_ours()
    tests = [f"tests/{test}" for test in GROUPS[name].tests]
    for _ in range(2):  # the first time compiles and rewrites what the others then find done
        began = time.monotonic()
        if _ended(_forked(_run, tests, "loaded.json"), 600.0):
            return 1
        took_s = time.monotonic() - began
        sys.dont_write_bytecode = True
        _load(json.loads(Path("loaded.json").read_text()), _changed_layer(mutants))
    print(f"{name}: its tests take {took_s:.1f} s", flush=True)
    limit_s = max(AT_LEAST_S, TIMES_LONGER * took_s)
    with (copy / _name_of_results(name)).open("w") as out:
        for mutant in mutants:
            killed, lines = _try(mutant, tests, limit_s)
            out.write(json.dumps([mutant, killed, lines]) + "\n")
            out.flush()
    return 0


def _changed_layer(mutants: list[Mutant]) -> int:
    return min(_layer_of(mutant.module.removesuffix(".py").replace("/", ".")) for mutant in mutants)


def _layer_of(name: str) -> int:
    """The last layer that holds a module; -1: it is none of ours."""
    held = (
        name == layer or name.startswith(f"{layer}.") or (layer.endswith("_") and name.startswith(layer))
        for layer in LAYERS
    )  # fmt: skip
    return max((number for number, holds in enumerate(held) if holds), default=-1)


def _load(names: list[str], changed_layer: int) -> None:
    """Load what the tests need and the mutants do not change."""
    for name in names:
        if _layer_of(name) < changed_layer:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _forget_ours() -> None:
    for name in [name for name in sys.modules if _layer_of(name) >= 0]:
        del sys.modules[name]


def _run(tests: list[str], loaded: str = "") -> int:
    """Run the tests in silence; 0 if all pass."""
    import pytest

    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    silence = os.open(os.devnull, os.O_RDWR)
    if not loaded:
        os.dup2(silence, 1)
        os.dup2(silence, 2)
    options = ["-x", "-qq", "-p", "no:cacheprovider", "--disable-warnings", "--tb=short" if loaded else "--tb=no"]
    code = int(pytest.main([*options, *tests]))
    if loaded:
        Path(loaded).write_text(json.dumps(sorted(sys.modules)))
    return code


def _ended(child: int, limit_s: float) -> int:
    """How a process ended: 0 if well; it is stopped, with all that it started, after some time."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _try(mutant: Mutant, tests: list[str], limit_s: float) -> tuple[bool, list[str]]:
    """Whether the tests notice a change, and the lines that it changes."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    path = Path(mutant.module)
    before, times = path.read_bytes(), path.stat()
    after = mutate_code(before, get_operator(mutant.operator)(), mutant.occurrence)
    try:
        path.write_text(after, encoding="utf-8")
        killed = _ended(_forked(_run, tests), limit_s) != 0
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    changed = difflib.unified_diff(before.decode().splitlines(), after.splitlines(), lineterm="", n=0)
    return killed, [line for line in changed if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def _name_of_results(name: str) -> str:
    return f"results-{name.replace('/', '-').replace(', ', '-').replace(' ', '-')}.jsonl"


def _results(name: str, copies: list[Path]) -> list[tuple[Mutant, bool, list[str]]]:
    """What has become of the mutants of a group that have been tried."""
    files = [copy / _name_of_results(name) for copy in copies]
    lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
    return [(Mutant(*mutant), killed, changed) for mutant, killed, changed in map(json.loads, lines)]


def _sides(lines: list[str]) -> tuple[str, str]:
    """What stood there and what stands there now."""
    before, after = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return before, after


def _report(wanted: dict[str, list[Mutant]]) -> int:
    """Print and keep what was killed and what survived; 1 if too much survived in a group, or nothing was tried."""
    copies, table, text, survivors, enough = sorted(PLACE.glob("copy-*")), [], "", [], bool(wanted)
    judged = {(one["module"], one["before"], one["after"]) for one in tomllib.loads(JUDGED.read_text())["judged"]}
    for name in wanted:
        results = _results(name, copies)
        alive = sorted(one for one in results if not one[1])
        equal = [one for one in alive if (one[0].module, *_sides(one[2])) in judged]
        killed, tried = (
            Counter(one.module for one, dead, _ in results if dead),
            Counter(one.module for one, *_ in results),
        )
        share = killed.total() / max(1, tried.total() - len(equal))
        enough &= share >= GROUPS[name].least_killed
        changes = tried.total() - len(equal)
        table.append(
            f"{name}: {tried.total()} tried, {len(equal)} of them change nothing, "
            f"{killed.total()} of the other {changes} killed = {share:.1%}"
        )
        table += [f"    {module}: {killed[module]} of {count}" for module, count in sorted(tried.items())]
        for mutant, _, lines in (one for one in alive if one not in equal):
            survivors.append(mutant.identity)
            text += f"\n{mutant.module}:{mutant.row} {mutant.operator.removeprefix('core/')}\n"
            text += "".join(f"    {line}\n" for line in lines)
    text = "\n".join(table) + "\n\nSurvivors\n" + text
    (PLACE / "report.md").write_text(text)
    SURVIVORS.write_text(json.dumps(survivors))
    print(text)
    return int(not enough)


if __name__ == "__main__":
    main()
