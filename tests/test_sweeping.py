"""Running studies: resumed, shared out, disturbed in every way, always with the same results."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from experiments import provenance, sweeping
from experiments.designs import load_study
from experiments.engine import Job, Work, engine, slim
from experiments.provenance import identity
from experiments.querying import ask
from experiments.results import Results, merge, open_results
from experiments.storage import StorageError
from experiments.study import StudyError
from experiments.sweeping import Shard, sweep

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "run_experiment.py")]
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
ONCE = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


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


@contextmanager
def no_engine():
    raise AssertionError("an engine was started although nothing was missing")
    yield


def test_a_sweep_that_is_done_runs_nothing_again(study, whole):
    before = whole.checksum()
    told = sweep(study, open_results(study, whole.folder), no_engine)
    assert (told.before, told.done) == (16, 0)
    assert whole.checksum() == before


def test_a_run_of_a_sweep_is_what_simulate_says(study, whole):
    from sim.run import simulate

    columns, rows = ask(
        whole.folder, "SELECT plan, seed, filed_count, solved_share_of_raised FROM results WHERE seed = 3"
    )
    assert columns == ["plan", "seed", "filed_count", "solved_share_of_raised"]
    for plan, seed, filed, solved in rows:
        outcome = simulate(study.scenario(study.plans[plan], study.worlds[0]), seed)
        assert (filed, solved) == (outcome.indicators["filed_count"], outcome.indicators["solved_share_of_raised"])


def test_shards_run_apart_and_merged_give_the_same_results(study, whole, start, tmp_path):
    parts = [tmp_path / name for name in ("a", "b", "c")]
    done = [
        sweep(study, open_results(study, folder), start, shard=Shard(number, 3)).done
        for number, folder in enumerate(parts, 1)
    ]
    assert sum(done) == 16
    assert min(done) > 0
    told = merge(parts, tmp_path / "all")
    assert (told["runs_count"], told["checksum"]) == (16, whole.checksum())
    assert merge([tmp_path / "all", *parts], tmp_path / "all")["runs_count"] == 16


def test_parts_of_different_studies_are_not_merged(study, whole, tmp_path):
    (tmp_path / "other.toml").write_text(STUDY.replace("count = 4", "count = 5"))
    open_results(load_study(tmp_path / "other.toml"), tmp_path / "b")
    with pytest.raises(StorageError, match="its study is not that of"):
        merge([whole.folder, tmp_path / "b"], tmp_path / "c")


def test_more_replications_keep_the_earlier_ones(study, whole, start, tmp_path):
    folder = tmp_path / "more"
    shutil.copytree(whole.folder, folder)
    (tmp_path / "small.toml").write_text(STUDY.replace("count = 4", "count = 5"))
    longer = load_study(tmp_path / "small.toml")
    told = sweep(longer, open_results(longer, folder), start)
    assert (told.before, told.done) == (16, 4)


def test_a_run_that_fails_is_recorded_and_the_rest_goes_on(study, start, tmp_path, monkeypatch):
    def disturbed(outcome):
        if outcome.seed == 2:
            raise ZeroDivisionError("planted")
        return {}

    monkeypatch.setattr(
        sweeping, "_work", lambda study: Work(identity(), tuple(study.file.outcomes), measure=disturbed)
    )
    results, said = open_results(study, tmp_path / "out"), []
    told = sweep(study, results, start, on_failure=said.append)
    assert (told.done, told.failed, len(said)) == (16, 4, 4)
    table = results.table().set_index("key")
    assert {table.loc[row["key"], "error"] for row in said} == {"ZeroDivisionError: planted"}
    assert ask(results.folder, "SELECT count(*) FROM results")[1] == [(12,)]

    monkeypatch.undo()
    assert sweep(study, open_results(study, tmp_path / "out"), start).done == 0
    again = sweep(study, open_results(study, tmp_path / "out"), start, retry=True)
    assert (again.done, again.failed) == (4, 0)
    assert len(results) == 16


def test_the_results_of_other_code_are_not_mixed(study, start, tmp_path, monkeypatch):
    results = open_results(study, tmp_path / "out")
    sweep(study, results, start, shard=Shard(1, 8))
    monkeypatch.setattr(provenance, "code_hash", lambda: "0" * 16)
    identity.cache_clear()
    try:
        with pytest.raises(StorageError, match=r"made by other code .* --new-code"):
            open_results(study, tmp_path / "out")
        beside = open_results(study, tmp_path / "out", new_code=True)
        assert len(beside) == 0
    finally:
        monkeypatch.undo()
        identity.cache_clear()
    assert len(open_results(study, tmp_path / "out", new_code=True)) == len(results)


def test_a_worker_with_other_code_must_not_answer(study, two_workers):
    from experiments.engine import EngineError

    job = Job("a" * 24, slim(study.scenario(study.plans[0], study.worlds[0])), 1)
    with pytest.raises(EngineError, match="runs other code"):
        list(two_workers.run([job], 1, Work("0" * 16)))


def test_a_folder_of_something_else_is_refused(study, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("x")
    with pytest.raises(StorageError, match="is not empty and holds no study"):
        open_results(study, tmp_path / "letters")
    with pytest.raises(StorageError, match="holds no study"):
        Results(tmp_path / "letters")


def test_only_one_sweep_writes_at_a_time(study, whole):
    with whole.alone(), pytest.raises(StorageError, match="written by another sweep"):
        sweep(study, open_results(study, whole.folder), no_engine)


def test_a_stopping_rule_needs_all_runs(tmp_path):
    rule = 'count = 4\nrule = "ranking"\nat_most = 8\nindifference = 0.1'
    (tmp_path / "s.toml").write_text(STUDY.replace("count = 4", rule))
    study = load_study(tmp_path / "s.toml")
    with pytest.raises(StudyError, match="a shard needs fixed replications"):
        sweep(study, open_results(study, tmp_path / "out"), no_engine, shard=Shard(1, 2))


def test_a_stopping_rule_that_is_cut_decides_the_same_when_it_goes_on(start, tmp_path):
    rule = 'count = 3\nrule = "ranking"\nat_most = 40\nindifference = 2.0'
    fewer = STUDY.replace(
        'indicator = "solved_share_of_raised"\nbetter = "high"', 'indicator = "filed_count"\nbetter = "low"'
    )
    (tmp_path / "s.toml").write_text(fewer.replace("count = 4", rule))
    study = load_study(tmp_path / "s.toml")
    told = sweep(study, open_results(study, tmp_path / "whole"), start)
    assert told.rounds > 1
    assert min(told.counts) < max(told.counts)

    def cut(told):
        if told.done > 14:
            raise KeyboardInterrupt

    results = open_results(study, tmp_path / "cut")
    first = sweep(study, results, start, on_progress=cut)
    assert first.interrupted
    second = sweep(study, open_results(study, tmp_path / "cut"), start)
    assert second.counts == told.counts
    assert second.before >= first.done > 0
    assert results.checksum() == Results(tmp_path / "whole").checksum()


def test_a_worker_that_is_killed_loses_nothing(study, whole, start, tmp_path, monkeypatch):
    marker = tmp_path / "killed"

    def killed_once(outcome):
        import os
        import signal

        if outcome.seed == 3 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {}

    with_areas = sweeping._work(study)
    work = Work(identity(), tuple(study.file.outcomes), with_areas.areas_of, killed_once)
    monkeypatch.setattr(sweeping, "_work", lambda study: work)
    told = sweep(study, open_results(study, tmp_path / "out"), start)
    assert marker.exists()
    assert (told.done, told.failed) == (16, 0)
    assert Results(tmp_path / "out").checksum() == whole.checksum()


def test_a_run_that_kills_every_worker_is_found_out_and_the_rest_is_kept(study, start, tmp_path, monkeypatch):
    deadly = study.point(study.plans[1], study.worlds[0])

    def killed(outcome):
        import os
        import signal

        if outcome.scenario_hash == deadly and outcome.seed == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return {}

    monkeypatch.setattr(sweeping, "_work", lambda study: Work(identity(), tuple(study.file.outcomes), measure=killed))
    said: list = []
    told = sweep(study, open_results(study, tmp_path / "out"), start, on_failure=said.append)
    assert (told.done, told.failed) == (16, 1)
    assert [(row["scenario"], row["seed"]) for row in said] == [(deadly, 2)]
    assert said[0]["error"].startswith("WorkerDied")


def begun(folder: Path, *words: str) -> subprocess.Popen:
    """A sweep in a process group of its own, when some of it is stored."""
    file = folder / "small.toml"
    file.write_text(STUDY.replace("count = 4", "count = 60"))
    process = subprocess.Popen(
        [*COMMAND, "sweep", str(file), "--out", str(folder / "out"), "--workers", "1", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 90
    while not list(folder.glob("out/runs/*/part-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    return process


def test_ctrl_c_on_the_whole_group_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    process = begun(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == "interrupted: what is finished is kept; the same command continues\n"
    assert "Traceback" not in stdout
    assert 0 < len(Results(tmp_path / "out")) < 240


def test_a_main_process_that_is_killed_leaves_nothing_running_and_whole_parts(tmp_path):
    process = begun(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=20)
    kept = len(Results(tmp_path / "out"))
    assert kept > 0
    deadline = time.monotonic() + 20
    while (left := in_group(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left
    (tmp_path / "small.toml").write_text(STUDY)
    study = load_study(tmp_path / "small.toml")
    assert sweep(study, open_results(study, tmp_path / "out"), lambda: engine(1)).before > 0


def in_group(leader: int) -> list[str]:
    told = subprocess.run(["ps", "-o", "pid=", "-s", str(leader)], capture_output=True, text=True, check=False)
    return told.stdout.split()
