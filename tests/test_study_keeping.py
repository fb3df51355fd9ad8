"""Results of studies: kept, joined, asked, on runs that are made up and cost nothing."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import variant
from made_up_runs import FEW, NAN, Here, row, told_of

from experiments.running.files import StorageError
from experiments.running.provenance import identity
from experiments.studies import folder as keeping
from experiments.studies.design import load_study
from experiments.studies.folder import Results, about, flat_row, open_results, take_up, write_parquet
from experiments.studies.merging import merge
from experiments.studies.querying import ask
from experiments.studies.sweeping import Shard, sweep

pytestmark = pytest.mark.usefixtures("quick_tables")


# Keeping ---------------------------------------------------------------------------------------------------------
def test_a_row_has_a_column_for_every_indicator():
    flat = flat_row({**row("k", filed_count=3.0), "area_cases": [1.0]})
    assert (flat["key"], flat["filed_count"], flat["area_cases"], flat["area_hours"]) == ("k", 3.0, [1.0], None)
    assert set(FEW) <= set(flat)
    assert math.isnan(flat["found_count"])


def test_finished_runs_are_written_when_there_are_many_or_some_time_has_gone(study, tmp_path, monkeypatch):
    results = open_results(study, tmp_path / "out")
    now = [0.0]
    monkeypatch.setattr(keeping, "perf_counter", lambda: now[0])
    monkeypatch.setattr(keeping, "MOST_ROWS_IN_PART", 3)
    results.flush()
    assert not results.any_stored
    results.add([row("a"), row("b")])
    assert results.keys() == set()
    results.add([row("c")])
    assert results.keys() == {"a", "b", "c"}
    now[0] = 3.0
    results.add([row("d")])
    assert results.keys().isdisjoint("d")
    now[0] = 3.1
    results.add([row("e")])
    assert results.keys() == set("abcde")
    now[0] = 6.0
    results.add([row("f")])
    assert results.keys().isdisjoint("f")
    with results.alone():
        pass
    assert not results.keys().isdisjoint("f")
    assert len(list(results.runs.glob("part-*.parquet"))) == 3
    assert all(len(file.stem) == len("part-") + 16 for file in results.runs.glob("part-*"))


def test_wanted_runs_are_the_results_each_once_the_better_one(study, tmp_path):
    results = open_results(study, tmp_path / "out")
    assert (len(results), results.keys(), results.failed_keys(), results.any_stored) == (0, set(), set(), False)
    assert list(results.table(["key", "seed"]).columns) == ["key", "seed"]
    assert {"key", "filed_count", "area_hours"} <= set(results.table().columns)
    results.add([row("b", filed_count=2.0), row("a", error="Boom"), row("c", error="Boom"), row("z", filed_count=9.0)])
    results.flush()
    assert len(results) == 0  # nothing is wanted yet
    assert results.keys() == {"a", "b", "c", "z"}
    results.want([(1, 0, 1, "b"), (0, 0, 1, "a"), (1, 0, 2, "c"), (1, 0, 3, "d")])
    assert results.described("wanted")["key"].tolist() == ["a", "b", "c", "d"]
    assert results.table(["key", "filed_count"])["key"].tolist() == ["a", "b", "c"]
    results.add([row("a", filed_count=1.0)])
    results.flush()
    assert results.failed_keys() == {"c"}
    assert results.table(["key", "filed_count"])["filed_count"].tolist() == pytest.approx([1.0, 2.0, NAN], nan_ok=True)
    assert results.stored(["key"])["key"].tolist() == ["a", "b", "c", "z"]


def test_the_checksum_is_of_what_was_found_and_not_of_how_long_it_took(study, tmp_path):
    sums = {}
    for name, rows in {
        "a": [row("k", filed_count=1.0)], "slower": [{**row("k", filed_count=1.0), "elapsed_s": 9.0}],
        "other": [row("k", filed_count=2.0)], "more": [row("k", filed_count=1.0), row("unwanted")],
        "failed": [row("k", error="Boom")], "none": [],
    }.items():  # fmt: skip
        results = open_results(study, tmp_path / name)
        assert results.checksum() == "e3b0c44298fc1c14"  # of nothing
        results.want([(0, 0, 1, "k")])
        results.add(rows)
        results.flush()
        sums[name] = results.checksum()
    assert sums["a"] == sums["slower"] == sums["more"]
    assert len({sums["a"], sums["other"], sums["failed"], sums["none"]}) == 4
    assert all(len(one) == 16 for one in sums.values())


def test_a_folder_says_what_was_asked(study, swept):
    told = about(swept.folder)
    assert (told["study"], told["base"], told["base_hash"]) == ("small", "junmen_2012", study.base.hash)
    assert (told["plans_count"], told["worlds_count"], told["left_out_count"], told["ensemble_doubt"]) == (4, 1, 0, "")
    assert told["path"] == str(study.path)
    assert told["kept"][identity()]["parts"] == []
    assert len(told["kept"][identity()]["areas"]) == len(told["design_hash"]) == 16
    assert swept.described("plans")["name"].tolist() == [plan.name for plan in study.plans]
    assert swept.described("points")["scenario"].tolist() == [
        study.point(plan, study.worlds[0]) for plan in study.plans
    ]
    assert swept.described("worlds")["world"].tolist() == [0]
    library = load_study("junmen_grids")
    open_results(library, swept.folder.parent / "library")
    assert about(swept.folder.parent / "library")["path"] == "junmen_grids"


def test_a_table_that_no_sweep_has_written_is_named(study, tmp_path):
    results = open_results(study, tmp_path / "out")
    assert results.has("plans")
    assert not results.has("points")
    with pytest.raises(StorageError, match=r"has no points\.parquet; `sweep` runs the study and writes it"):
        results.described("points")


def test_what_follows_from_another_question_is_put_away_and_the_same_one_stays(study, swept, tmp_path):
    before = (swept.folder / "study.json").read_text()
    take_up(study, swept.folder)
    assert swept.has("points")
    assert json.loads((swept.folder / "study.json").read_text()) == json.loads(before)
    fewer = variant(tmp_path / "f", ("count = 4", "count = 2"))
    take_up(fewer, swept.folder)
    assert not swept.has("points")
    assert not swept.has("wanted")
    assert about(swept.folder)["file"]["replications"] == {"count": 2}


@pytest.mark.parametrize(
    ("there", "says"),
    [
        pytest.param({}, None, id="empty"),
        pytest.param(
            {".lock": "", "plans.parquet": "", "runs": None, ".x.part": ""}, None, id="what a killed sweep leaves"
        ),
        pytest.param({"x.part": ""}, "is not empty and holds no study", id="a part that is not hidden"),
        pytest.param({".x": ""}, "is not empty and holds no study", id="a hidden file"),
        pytest.param({"plans.parquet": "", "x": ""}, "is not empty and holds no study", id="a file beside"),
        pytest.param({"study.json": "{}"}, "holds no study; `sweep STUDY --out", id="another program's"),
        pytest.param({"study.json": "[]"}, "holds no study; `sweep STUDY --out", id="a list"),
        pytest.param({"study.json": "x"}, "holds no study; `sweep STUDY --out", id="no JSON"),
    ],
)
def test_a_folder_is_taken_if_nothing_else_is_in_it(study, tmp_path, there, says):
    out = tmp_path / "out"
    out.mkdir()
    for name, text in there.items():
        (out / name).mkdir() if text is None else (out / name).write_text(text)
    if says is None:
        assert len(open_results(study, out)) == 0
        assert not (out / ".x.part").exists()
    else:
        with pytest.raises(StorageError, match=says):
            open_results(study, out)


def test_a_folder_that_cannot_be_made_is_named(study, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"--out: .*file is a file; name a folder"):
        open_results(study, tmp_path / "file")
    with pytest.raises(StorageError, match=r"--out: .*cannot be written: Not a directory; name another folder"):
        open_results(study, tmp_path / "file" / "deeper")
    with pytest.raises(StorageError, match=r"nothing/x\.parquet: cannot be written: "):
        write_parquet(pd.DataFrame({"a": [1]}), tmp_path / "nothing" / "x.parquet")
    (tmp_path / "x.parquet").mkdir()
    with pytest.raises(StorageError, match=r"x\.parquet: cannot be written: "):
        write_parquet(pd.DataFrame({"a": [1]}), tmp_path / "x.parquet")
    assert not (tmp_path / ".x.parquet.part").exists()
    with pytest.raises(StorageError, match="holds no study; `sweep STUDY"):
        Results(tmp_path / "none")


def changed(folder: Path, **content: object) -> None:
    (folder / "study.json").write_text(json.dumps({**about(folder), **content}))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param({"study": "other"}, "holds the study other of the base junmen_2012, not small of junmen_2012", id="study"),
        pytest.param({"base": "other"}, "holds the study small of the base other, not small of junmen_2012", id="base"),
        pytest.param({"identity": "x", "code": "y"}, r"made by other code or packages \(code y, now \w{16}\); go back", id="code"),
        pytest.param({"identity": "x", "versions": {"numpy": "0.1", "lost": "2", "python": "1", "mesa": "9"}},
                     r"packages \(numpy 0\.1, now .*; lost 2, now absent; python 1, now [\d.]*\); go", id="packages"),
        pytest.param({"kept": {}}, "of its runs an earlier version has kept less; name another folder", id="kept less"),
        pytest.param({"kept": {identity(): {"areas": "x", "parts": []}}}, "the areas of the base, .* were others", id="areas"),
    ],
)  # fmt: skip
def test_runs_that_do_not_belong_beside_are_refused(study, swept, content, says):
    changed(swept.folder, **content)
    with pytest.raises(StorageError, match=says):
        open_results(study, swept.folder)
    if "identity" in content:
        assert len(open_results(study, swept.folder, new_code=True).runs.name) == 16


def test_the_parts_that_were_kept_must_be_the_same_in_any_order(swept, tmp_path):
    part = '[[parts]]\nname = "{}"\nindicator = "filed_count"\nstart = 2013-07-01\nend = 2013-07-02\n{}'
    other = variant(tmp_path / "p", ("[[objectives]]", part.format("a", "") + "[[objectives]]"))
    with pytest.raises(StorageError, match=r"its runs were made with other \[\[parts\]\]; name another folder"):
        open_results(other, swept.folder)
    two = [
        variant(tmp_path / "q", ("[[objectives]]", "".join(part.format(name, "") for name in names) + "[[objectives]]"))
        for names in ("ab", "ba")
    ]
    sweep(two[0], open_results(two[0], tmp_path / "out"), Here())
    assert len(open_results(two[1], tmp_path / "out").keys()) == 16


# Joining ---------------------------------------------------------------------------------------------------------
def copies(once: Path, folder: Path, *names: str) -> list[Path]:
    return [Path(shutil.copytree(once, folder / name)) for name in names]


@pytest.mark.parametrize(
    ("content", "says"),
    [({"identity": "x"}, "its code is not"), ({"study": "x"}, "its study is not"), ({"base_hash": "x"}, "its base is not"),
     ({"file": {}}, "its study file is not"), ({"design_hash": "x"}, "its list of plans or of worlds is not"),
     ({"kept": {}}, "of its runs was kept what was not"), ({"kept": {identity(): {"areas": "x", "parts": []}}}, "of its runs was kept")],
)  # fmt: skip
def test_parts_that_do_not_belong_together_are_not_joined(once, tmp_path, content, says):
    parts = copies(once, tmp_path, "a", "b")
    changed(parts[1], **content)
    with pytest.raises(StorageError, match=says):
        merge(parts, tmp_path / "all")
    assert not (tmp_path / "all").exists()
    with pytest.raises(StorageError, match=rf"--out: .*b: .*{says}|{says}"):
        merge(parts[:1], parts[1])


def test_parts_whose_plans_make_other_scenarios_are_not_joined(once, tmp_path):
    parts = copies(once, tmp_path, "a", "b")
    Results(parts[1]).point([(0, 0, "x")])
    with pytest.raises(StorageError, match="its plans make other scenarios than those of"):
        merge(parts, tmp_path / "all")


def test_joining_takes_each_run_once_and_the_better_one(study, tmp_path):
    good, bad = open_results(study, tmp_path / "good"), open_results(study, tmp_path / "bad")
    sweep(study, good, Here(), shard=Shard(1, 2))
    sweep(study, bad, Here(lambda job: "Boom"))
    told = merge([tmp_path / "bad", tmp_path / "good"], tmp_path / "all")
    joined = Results(tmp_path / "all")
    assert (told["runs_count"], told["failed_count"]) == (16, 16 - len(good))
    assert told["checksum"] == joined.checksum()
    parts = sorted(file.name for file in joined.runs.iterdir())
    assert merge([tmp_path / "bad", tmp_path / "good"], tmp_path / "all") == told
    assert sorted(file.name for file in joined.runs.iterdir()) == parts  # nothing new was written
    assert len(parts) == 2
    other_order = merge([tmp_path / "good", tmp_path / "bad"], tmp_path / "again")
    assert (other_order["runs_count"], other_order["failed_count"], other_order["checksum"]) == (
        16,
        16 - len(good),
        told["checksum"],
    )
    with pytest.raises(StorageError, match="cannot be written: Not a directory; name another folder"):
        merge([tmp_path / "good"], tmp_path / "good" / "study.json" / "x")


def test_a_joined_folder_is_described_as_by_the_part_that_asks_for_most(once, tmp_path):
    parts = copies(once, tmp_path, "a", "b")
    runs = Results(parts[1]).described("wanted")[["plan", "world", "seed", "key"]].itertuples(index=False, name=None)
    Results(parts[0]).want(list(runs)[:3])
    assert merge(parts, tmp_path / "all")["runs_count"] == 16
    assert merge(parts[::-1], tmp_path / "again")["runs_count"] == 16
    assert merge([parts[0]], parts[1])["runs_count"] == 16


# Asking ----------------------------------------------------------------------------------------------------------
def test_a_query_sees_the_results_and_reaches_nothing_else(study, swept):
    columns, rows = ask(
        swept.folder, "SELECT plan, name, grid, seed, filed_count FROM results WHERE seed = 1 ORDER BY plan"
    )
    assert columns == ["plan", "name", "grid", "seed", "filed_count"]
    assert [entry[4] for entry in rows] == [301.0, 1301.0, 376.0, 1376.0]
    every = ask(swept.folder, "SELECT * FROM results LIMIT 1")[0]
    assert {"filed_count", "found_count", "cost_yuan", "area_cases", "elapsed_s", "world"} <= set(every)
    assert "backlog_count" not in every  # it is not among the study's outcomes
    assert ask(swept.folder, "SELECT count(*) FROM points")[1] == [(4,)]
    with pytest.raises(StorageError, match="query: "):
        ask(swept.folder, "SELECT * FROM read_csv('/etc/passwd')")
    with pytest.raises(StorageError, match="query: "):
        ask(swept.folder, "SET enable_external_access = true")


def test_a_query_that_cannot_be_answered_says_so_in_one_line(swept):
    for query in ("SELECT", "SELECT nothing FROM results", "SELECT " + "x" * 900 + " FROM results"):
        with pytest.raises(StorageError) as caught:
            ask(swept.folder, query)
        said = "query: DuckDB cannot answer this: "
        assert str(caught.value).startswith(said)
        assert "\n" not in str(caught.value)
        assert len(said) + 5 < len(str(caught.value)) <= len(said) + 300
    with pytest.raises(StorageError, match=r"it is called solved_count now$"):
        ask(swept.folder, "SELECT handled_count FROM results")


def test_failed_runs_are_in_no_results_and_without_runs_there_is_nothing_to_ask(study, tmp_path):
    results = open_results(study, tmp_path / "out")
    with pytest.raises(StorageError, match="nothing has been run yet; `sweep` runs it"):
        ask(tmp_path / "out", "SELECT 1")
    sweep(study, results, Here(lambda job: "Boom" if job.seed == 2 else told_of(job)))
    assert ask(tmp_path / "out", "SELECT count(*) FROM results")[1] == [(12,)]
    assert ask(tmp_path / "out", "SELECT count(*) FROM runs")[1] == [(16,)]


def test_a_study_without_outcomes_has_all_of_them_and_parts_have_a_column(tmp_path):
    named = 'outcomes = ["filed_count", "found_count", "solved_share_of_raised", "cost_yuan"]\n'
    everything = variant(tmp_path / "e", (named, ""))
    sweep(everything, open_results(everything, tmp_path / "out"), Here())
    assert set(FEW) <= set(ask(tmp_path / "out", "SELECT * FROM results LIMIT 1")[0])
    part = '[[parts]]\nname = "early"\nindicator = "filed_count"\nstart = 2013-07-01\nend = 2013-07-02\n[[objectives]]'
    with_part = variant(tmp_path / "p", ("[[objectives]]", part))
    running = Here()
    before = running.run

    def run(jobs, count, work):
        for rows in before(jobs, count, work):
            for one in rows:
                one["indicators"] |= {entry.name: 7.0 for entry in work.parts}
            yield rows

    running.run = run
    sweep(with_part, open_results(with_part, tmp_path / "parts"), running)
    assert ask(tmp_path / "parts", "SELECT DISTINCT early FROM results")[1] == [(7.0,)]
