"""Running studies: resumed, shared out, disturbed in every way, always with the same results."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import STUDY, variant

from experiments.commands.studies import _summary, figure, report
from experiments.commands.studies import merge as merge_command
from experiments.commands.studies import sweep as sweep_command
from experiments.findings.runs import read_findings
from experiments.running import provenance
from experiments.running.files import StorageError
from experiments.running.jobs import EngineError, Job, Work, slim
from experiments.running.provenance import identity
from experiments.showing.study_tables import settled_in_words
from experiments.studies import sweeping
from experiments.studies.design import load_study
from experiments.studies.folder import Results, open_results
from experiments.studies.form import StudyError
from experiments.studies.merging import merge
from experiments.studies.querying import ask
from experiments.studies.sweeping import Shard, sweep

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "run_experiment.py")]
ONCE = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


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
    monkeypatch.setattr(sweeping, "work_of", lambda study: Work(identity(), measure=fails_at_seed_2))
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
        with pytest.raises(StorageError, match=r"made by other code .* or name another folder"):
            open_results(study, tmp_path / "out", new_code=None)
        beside = open_results(study, tmp_path / "out", new_code=True)
        assert len(beside) == 0
    finally:
        monkeypatch.undo()
        identity.cache_clear()
    assert len(open_results(study, tmp_path / "out", new_code=True)) == len(results)


def test_a_worker_with_other_code_must_not_answer(study, two_workers):
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


def tampered(folder: Path, change) -> None:
    """Change what a folder says of itself."""
    about = json.loads((folder / "study.json").read_text())
    change(about)
    (folder / "study.json").write_text(json.dumps(about))


@pytest.fixture
def copy(whole, tmp_path) -> Path:
    shutil.copytree(whole.folder, tmp_path / "copy")
    return tmp_path / "copy"


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_sweep_that_is_refused_because_another_writes_changes_nothing(copy, tmp_path):
    other, before = variant(tmp_path / "b", ("count = 4", "count = 2")), contents_of(copy)
    with Results(copy).alone():
        with pytest.raises(StorageError, match="written by another sweep"):
            open_results(other, copy)
        assert contents_of(copy) == before


def test_a_merge_that_is_refused_because_another_writes_changes_nothing(whole, copy):
    before = contents_of(copy)
    with Results(copy).alone():
        with pytest.raises(StorageError, match="written by another sweep"):
            merge([whole.folder], copy)
        assert contents_of(copy) == before


def test_runs_that_are_no_longer_wanted_stay_and_count_for_nothing(whole, copy, start, tmp_path):
    fewer = variant(tmp_path / "f", ("count = 4", "count = 2"), ('"ladder", "direct"', '"ladder", "none"'))
    results = open_results(fewer, copy)
    assert (len(results), results.failed_keys()) == (0, set())
    told = sweep(fewer, results, start)
    assert (told.wanted, told.before, told.done) == (8, 4, 4)
    fresh = open_results(fewer, tmp_path / "fresh")
    sweep(fewer, fresh, start)
    assert results.checksum() == fresh.checksum() != whole.checksum()
    findings = read_findings(copy)
    assert findings.runs.groupby("plan").size().tolist() == [2, 2, 2, 2]
    assert ask(copy, "SELECT count(*), max(seed) FROM results")[1] == [(8, 2)]
    assert ask(copy, "SELECT count(*) FROM runs")[1] == [(20,)]
    assert len(results) == 8


def test_a_run_that_failed_and_is_no_longer_wanted_is_not_counted(start, copy, tmp_path, monkeypatch):
    more = variant(tmp_path / "m", ("count = 4", "count = 5"))
    monkeypatch.setattr(sweeping, "work_of", lambda study: Work(identity(), measure=fails_at_seed_5))
    assert sweep(more, open_results(more, copy), start).failed == 4
    fewer = variant(tmp_path / "m")
    assert sweep(fewer, open_results(fewer, copy), no_engine).failed == 0


def fails_at_seed_5(outcome):
    if outcome.seed == 5:
        raise ZeroDivisionError("planted")
    return {}


def test_each_world_counts_the_runs_that_were_made_for_it(start, tmp_path):
    """Two worlds of one scenario, each with seeds of its own."""
    unknown = '[[uncertain]]\npath = "party.attention"\ndistribution = "choice"\nvalues = [0.2]\nwhy = "x"\n'
    study = variant(
        tmp_path,
        ("[replications]\ncount = 4", unknown + "[worlds]\ndraws = 2\n[replications]\ncount = 2\nown_seeds = true"),
    )
    assert sweep(study, open_results(study, tmp_path / "out"), start).wanted == 16
    rows = ask(
        tmp_path / "out",
        "SELECT world, list(seed ORDER BY seed) FROM results WHERE plan = 0 GROUP BY world ORDER BY world",
    )
    assert rows[1] == [(0, [1, 3]), (1, [2, 4])]


def test_a_folder_with_runs_of_another_base_is_refused(copy, tmp_path):
    other = variant(tmp_path / "b", ('"junmen_2012"', '"junmen_before"'))
    before = contents_of(copy)
    with pytest.raises(StorageError, match="holds the study small of the base junmen_2012, not small of junmen_before"):
        open_results(other, copy)
    assert contents_of(copy) == before


def test_an_outcome_that_is_asked_for_later_is_there_already(copy, tmp_path):
    more = variant(tmp_path / "m", ('"found_count", ', '"found_count", "solved_per_day", '))
    assert "solved_per_day" not in ask(copy, "SELECT * FROM results")[0]
    assert sweep(more, open_results(more, copy), no_engine).done == 0
    assert ask(copy, "SELECT count(solved_per_day) FROM results")[1] == [(16,)]


def test_a_folder_whose_areas_were_others_is_refused(copy, tmp_path):
    other = variant(tmp_path / "b", ("[design]", '"territory.households_per_social_grid" = 500.0\n[design]'))
    with pytest.raises(StorageError, match=r"the areas of the base.* were others"):
        open_results(other, copy)


PART = '[[parts]]\nname = "early"\nindicator = "filed_count"\nstart = 2013-07-01\nend = 2013-07-0{}\n[[objectives]]'


def test_a_folder_whose_runs_were_made_with_other_parts_is_refused(copy, tmp_path):
    other = variant(tmp_path / "b", ("[[objectives]]", PART.format(2)))
    with pytest.raises(StorageError, match=r"made with other \[\[parts\]\]"):
        open_results(other, copy)
    open_results(other, tmp_path / "new")
    open_results(variant(tmp_path / "b", ("[[objectives]]", PART.format(3))), tmp_path / "new")  # nothing was run


def test_a_folder_of_a_version_that_kept_less_is_refused(study, copy):
    tampered(copy, lambda about: about.pop("kept"))
    with pytest.raises(StorageError, match="an earlier version has kept less"):
        open_results(study, copy)


def test_a_run_that_failed_in_one_part_and_not_in_another_is_merged_as_sound(
    whole, study, start, tmp_path, monkeypatch
):
    monkeypatch.setattr(sweeping, "work_of", lambda study: Work(identity(), slim(study.base), measure=fails_at_seed_2))
    assert sweep(study, open_results(study, tmp_path / "a"), start).failed == 4
    for order in (["a", "b"], ["b", "a"]):
        folders = [tmp_path / "a" if name == "a" else whole.folder for name in order]
        told = merge(folders, tmp_path / "-".join(order))
        assert (told["runs_count"], told["failed_count"], told["checksum"]) == (16, 0, whole.checksum())


def fails_at_seed_2(outcome):
    if outcome.seed == 2:
        raise ZeroDivisionError("planted")
    return {}


LISTED = """
title = "small"
question = "?"
base = "junmen_2012"
[set]
"period.days" = 2
[design]
kind = "list"
file = "plans.csv"
[replications]
count = 2
[[objectives]]
indicator = "filed_count"
better = "high"
"""


def test_parts_that_were_swept_with_different_lists_of_plans_are_not_merged(start, tmp_path):
    for name, people in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "small.toml").write_text(LISTED)
        (tmp_path / name / "plans.csv").write_text(f"name,units.grid_assistant.people\none,{people}\n")
        study = load_study(tmp_path / name / "small.toml")
        sweep(study, open_results(study, tmp_path / name / "out"), start)
    with pytest.raises(StorageError, match="its list of plans or of worlds is not that of"):
        merge([tmp_path / "a" / "out", tmp_path / "b" / "out"], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_nothing_is_merged_into_a_folder_of_another_study_of_the_same_name(whole, start, tmp_path):
    other = variant(tmp_path / "b", ("count = 4", "count = 2"))
    sweep(other, open_results(other, tmp_path / "out"), start)
    before = contents_of(tmp_path / "out")
    with pytest.raises(StorageError, match=r"--out: .*: its study file is not that of"):
        merge([whole.folder], tmp_path / "out")
    assert contents_of(tmp_path / "out") == before


def test_the_checksum_tells_which_value_is_undefined(study, tmp_path):
    sums = set()
    for number, values in enumerate([(5.0, math.nan), (math.nan, 5.0)]):
        results = open_results(study, tmp_path / str(number))
        results.want([(0, 0, 1, "k")])
        told = dict(zip(("filed_count", "found_count"), values, strict=True))
        results.add([{"key": "k", "scenario": "s", "seed": 1, "error": "", "elapsed_s": 1.0, "indicators": told}])
        results.flush()
        sums.add(results.checksum())
    assert len(sums) == 2


def test_a_stopping_rule_needs_all_runs(tmp_path):
    rule = 'count = 4\nrule = "ranking"\nat_most = 8\nindifference = 0.1'
    (tmp_path / "s.toml").write_text(STUDY.replace("count = 4", rule))
    study = load_study(tmp_path / "s.toml")
    with pytest.raises(StudyError, match="a shard needs fixed replications"):
        sweep(study, open_results(study, tmp_path / "out"), no_engine, shard=Shard(1, 2))


def test_a_stopping_rule_that_is_cut_decides_the_same_when_it_goes_on(start, tmp_path):
    rule = 'count = 3\nrule = "ranking"\nat_most = 40\nindifference = 1.0'
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


CLOSE = ("count = 4", 'count = 3\nrule = "ranking"\nat_most = 5\nindifference = 1e-9')


def test_a_ranking_that_ends_unsettled_says_so_and_promises_nothing(start, tmp_path):
    study = variant(tmp_path, CLOSE)
    told = sweep(study, open_results(study, tmp_path / "out"), start)
    assert told.settled is False
    assert len(told.survivors) > 1
    assert max(told.counts) == 5
    about = Results(tmp_path / "out").about
    assert (about["settled"], about["survivors"]) == (False, told.survivors)
    summary = _summary(study, Results(tmp_path / "out"), told)
    assert summary["survivors"] == [study.plans[plan].name for plan in told.survivors]
    (line,) = settled_in_words(summary)
    assert line.startswith(f"The ranking is not settled after at most 5 replications: {len(told.survivors)} plans may")
    assert json.dumps(summary, allow_nan=False)


def test_a_ranking_that_is_settled_names_the_plan_that_is_left(start, tmp_path):
    rule = 'count = 3\nrule = "ranking"\nat_most = 40\nindifference = 1e6'
    cheapest = '"solved_share_of_raised"\nbetter = "high"', '"cost_yuan"\nbetter = "low"'
    study = variant(tmp_path, ("count = 4", rule), cheapest, ('["ladder", "direct"]', '["ladder"]'))
    told = sweep(study, open_results(study, tmp_path / "out"), start)
    assert (told.settled, len(told.survivors)) == (True, 1)
    (line,) = settled_in_words(_summary(study, Results(tmp_path / "out"), told))
    assert line == f"The ranking is safe: “{study.plans[told.survivors[0]].name}” is left."


def test_intervals_that_stay_too_wide_are_named(start, tmp_path):
    rule = 'count = 3\nrule = "narrow"\nat_most = 4\nwidths = { filed_count = 1e-6, cost_yuan = 1e9 }'
    study = variant(tmp_path, ("count = 4", rule))
    told = sweep(study, open_results(study, tmp_path / "out"), start)
    assert (told.settled, list(told.unmet)) == (False, ["filed_count"])
    assert Results(tmp_path / "out").about["unmet"] == told.unmet
    (line,) = settled_in_words(_summary(study, Results(tmp_path / "out"), told))
    assert line.startswith("Not as narrow as asked after at most 4 replications: filed_count ±")


def without_points(folder: Path) -> None:
    (folder / "points.parquet").unlink()


def without_wanted(folder: Path) -> None:
    (folder / "wanted.parquet").unlink()


def with_a_file_for_figures(folder: Path) -> None:
    (folder / "figures").write_text("")


def with_an_empty_part(folder: Path) -> None:
    next(folder.glob("runs/*/part-*")).write_bytes(b"")


@pytest.mark.parametrize(("harm", "command", "words", "said"), [
    pytest.param(without_wanted, report, ["{copy}"], "has no wanted.parquet", id="report without wanted"),
    pytest.param(without_points, merge_command, ["{copy}", "--out", "{new}"], "has no points.parquet", id="merge"),
    pytest.param(with_an_empty_part, report, ["{copy}"], "cannot be read: ", id="report of an empty part"),
    pytest.param(with_an_empty_part, merge_command, ["{copy}", "--out", "{new}"], "cannot be read: ", id="merge empty"),
    pytest.param(None, merge_command, ["{copy}", "--out", "{copy}/study.json"], "is a file", id="merge into a file"),
    pytest.param(None, merge_command, ["{copy}", "--out", "{copy}/study.json/x"], "Not a dir", id="below a file"),
    pytest.param(with_a_file_for_figures, figure, ["{copy}", "ranking"], "figures: File exists", id="figures is a file"),
        pytest.param(None, sweep_command, ["junmen_grids", "--out", "x" * 300], "too long", id="a long name"),
])  # fmt: skip
def test_a_folder_that_cannot_be_used_is_refused_in_one_line(copy, tmp_path, harm, command, words, said):
    if harm:
        harm(copy)
    told = CliRunner().invoke(command, [word.format(copy=copy, new=tmp_path / "new") for word in words])
    assert told.exit_code == 2, told.exception
    assert said in told.stderr
    assert told.stderr.count("\n") == 1
