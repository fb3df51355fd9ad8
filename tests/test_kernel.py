"""The kernel's histories beside those of the Mesa model: many short ones, for whoever changes the kernel.

What the Mesa model makes of them is reckoned once for its code and kept under build/, so that only the kernel is run
again. `make mutants` has plain Python run it: thousands of changes, and none is worth compiling.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from test_compiled import TIES, TWINS, same_parts
from worlds import BASES, worlds

from experiments.running.provenance import versions
from scenarios.counting import expected_incidents
from scenarios.loading import Scenario, load, names
from sim.model import GovernanceModel
from sim.rules.dispatch import DISPATCH_RULES
from sim.run import without_garbage_collection

pytest.importorskip("numba")
from sim.compiled import history
from sim.compiled.plan import Plan

ROOT = Path(__file__).parent.parent
INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
KEPT = ROOT / "build" / "mesa_histories.pickle"
DAYS = {"dongcheng_2004": 4, "dongcheng_2010": 2, "dongcheng_2015": 1, "expo_2010": 4, "dongcheng_before": 20,
        "nanhu": 120, "junmen_2012": 184, "junmen_before": 120, "junmen_leaders": 120, "junmen_pooled": 120}  # fmt: skip
DAYS_OF_OTHERS, WORLDS_EACH = 8, 12


def short_ones() -> Iterator[tuple[str, Scenario]]:
    for name in names():
        yield name, load(name, {"period.days": DAYS.get(name, DAYS_OF_OTHERS)})
    for label, (name, changes) in TIES.items():
        yield label, load(name, changes | {"period.days": min(int(str(changes["period.days"])), 60)})
    for rule in DISPATCH_RULES:
        yield f"twins, {rule}", load(TWINS, {"period.days": 3, "rules.dispatch": rule})
    for base in BASES:
        yield from ((f"{base}, world {number}", scenario) for number, scenario in enumerate(drawn(base)))


def drawn(base: str) -> list[Scenario]:
    found: list[Scenario] = []

    @seed(61)
    @settings(max_examples=WORLDS_EACH, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(worlds(base))
    def draw(world):
        found.append(world.scenario())

    draw()
    return found


def digest(parts: dict[str, np.ndarray]) -> str:
    told = sha256()
    for name, values in parts.items():
        numbers = np.array(values, dtype=float)
        numbers[np.isnan(numbers)] = np.nan  # one of the many
        told.update(name.encode() + numbers.tobytes())
    return told.hexdigest()[:16]


def recorded() -> list[tuple[str, Scenario, str]]:
    """Label, scenario and the Mesa model's history, the shortest first; kept, for as long as their code stands."""
    code = sha256(str(versions()).encode())
    for file in sorted([*(ROOT / "sim").glob("*.py"), *(ROOT / "sim" / "agents").glob("*.py"),
                        *(ROOT / "sim" / "rules").glob("*.py"), *(ROOT / "scenarios").rglob("*.*"),
                        *(Path(__file__).with_name(f"{name}.py") for name in ("test_kernel", "test_compiled", "worlds")),
                        ]):  # fmt: skip
        if file.suffix in (".py", ".toml", ".csv"):
            code.update(file.read_bytes())
    if KEPT.exists() and (kept := pickle.loads(KEPT.read_bytes()))[0] == code.hexdigest():
        return kept[1]
    found = []
    for label, scenario in sorted(short_ones(), key=lambda one: expected_incidents(one[1].parameters, one[1].sites)):
        with without_garbage_collection():
            model = GovernanceModel(scenario, 1, keeps_steps=True)
            model.pass_days(scenario.parameters.period.days)
        found.append((label, scenario, digest(same_parts(model))))
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_bytes(pickle.dumps((code.hexdigest(), found)))
    return found


def test_short_histories_are_those_of_the_mesa_model():
    for label, scenario, of_the_mesa_model in recorded():
        with soon(2.0 + 0.005 * expected_incidents(scenario.parameters, scenario.sites)):
            played = history.History(Plan(scenario), 1, keeps_steps=True).play()
        assert digest(same_parts(played)) == of_the_mesa_model, label


def test_arrays_that_run_full_grow(monkeypatch):
    monkeypatch.setattr(history, "AT_FIRST", 4)
    for label, scenario, of_the_mesa_model in recorded():
        if 50.0 < expected_incidents(scenario.parameters, scenario.sites) < 800.0:
            with soon(20.0):
                played = history.History(Plan(scenario), 1, keeps_steps=True).play()
            assert digest(same_parts(played)) == of_the_mesa_model, label


@contextmanager
def soon(limit_s: float) -> Iterator[None]:
    """A history of plain Python that never ends, as that of many a mutant, is ended."""
    if not (INTERPRETED and hasattr(signal, "setitimer")):
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError(f"not over after {limit_s:.1f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
