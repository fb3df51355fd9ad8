"""What several tests share: small scenarios, and a way to change them."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from made_up_runs import FEW, UNKNOWN, Here

from experiments.running.engine import engine
from experiments.running.measures import areas_of
from experiments.studies import folder as keeping
from experiments.studies.design import load_study
from experiments.studies.folder import Results, open_results
from experiments.studies.sweeping import sweep
from scenarios.loading import Scenario, load
from sim.compiled import readiness

pytest_plugins = ("browsing",)
os.environ["GRID_LANGUAGE"] = "en"  # tests compare English, whatever the machine speaks
QUARTER_HOUR = 0.25
STUDY = """
title = "small"
question = "?"
base = "junmen_2012"
outcomes = ["filed_count", "found_count", "solved_share_of_raised", "cost_yuan"]
[set]
"period.days" = 5
[design]
kind = "factorial"
[[levers]]
name = "grid"
path = "territory.households_per_social_grid"
values = [300.0, 375.0]
[[levers]]
name = "rule"
path = "rules.escalation"
values = ["ladder", "direct"]
[replications]
count = 4
[[objectives]]
indicator = "solved_share_of_raised"
better = "high"
"""


@pytest.fixture(scope="session")
def junmen() -> Scenario:
    """Junmen for two months: grid teams, party members, four levels; no patrol, no centres."""
    return load("junmen_2012", {"period.days": 60})


@pytest.fixture(scope="session")
def changning() -> Scenario:
    """Changning for ten days: patrols, centres, departments, property companies."""
    return load("changning_2005q4", {"period.days": 10})


@pytest.fixture(scope="session")
def dongcheng() -> Scenario:
    """Dongcheng with both grids, for four days: everything at once."""
    return load("dongcheng_2010", {"period.days": 4, "territory.sites_count": 3000})


@pytest.fixture(scope="session")
def compiled_engine() -> None:
    """The compiled engine is compiled, here or by another process of the tests, which is waited for."""
    deadline = time.monotonic() + 300
    while readiness.state() is readiness.State.NOT_COMPILED and not readiness.compile_now():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.fixture(scope="module")
def two_workers():
    with engine(2) as running:
        yield running


@pytest.fixture
def start(two_workers):
    """An engine that is running already."""

    @contextmanager
    def given():
        yield two_workers

    return given


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    file = tmp_path_factory.mktemp("study") / "small.toml"
    file.write_text(STUDY)
    return load_study(file)


@pytest.fixture(scope="module")
def whole(study, two_workers, tmp_path_factory) -> Results:
    """The study, run once without disturbance."""

    @contextmanager
    def given():
        yield two_workers

    results = open_results(study, tmp_path_factory.mktemp("whole"))
    told = sweep(study, results, given)
    assert (told.wanted, told.done, told.failed) == (16, 16, 0)
    return results


@pytest.fixture(scope="module")
def quick_tables():
    """Narrow tables are written in no time, and a town is laid out once."""
    towns: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "INDICATORS", FEW)
        patch.setattr(keeping, "areas_of", lambda base: towns.get(base.hash) or towns.setdefault(base.hash, areas_of(base)))  # fmt: skip
        yield


@pytest.fixture(scope="module")
def once(study, quick_tables, tmp_path_factory) -> Path:
    """A folder with the whole study in it, of runs that are made up."""
    folder = tmp_path_factory.mktemp("once")
    sweep(study, open_results(study, folder), Here())
    return folder


@pytest.fixture
def swept(once, tmp_path) -> Results:
    """A copy of it, to be changed."""
    shutil.copytree(once, tmp_path / "swept")
    return Results(tmp_path / "swept")


def variant(folder: Path, *changes: tuple[str, str]):
    """The study under its own name with some of its text changed."""
    text = STUDY
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    folder.mkdir(exist_ok=True)
    (folder / "small.toml").write_text(text)
    return load_study(folder / "small.toml")


def with_worlds(folder: Path, replications: str, draws: int = 3):
    """The study over three worlds of what nobody knows."""
    return variant(
        folder, ("[replications]\ncount = 4", f"{UNKNOWN}[worlds]\ndraws = {draws}\n[replications]\n{replications}")
    )


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """Ctrl-C is heard in this process, though whoever started the tests in the background had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
