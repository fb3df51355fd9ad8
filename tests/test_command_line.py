"""The command line as a user runs it: another process, its output and its exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "run_experiment.py")]
QUICK = ["run", "junmen_2012", "--days", "20", "--replications", "2"]


def call(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=120, cwd=cwd, check=False)


def hear_ctrl_c() -> None:
    """A process started in the background of a script ignores Ctrl-C, and so do its children unless told."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def refused(*words: str) -> list[str]:
    """The lines on standard error of a command that must be refused: status 2, no output, no traceback."""
    done = call(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


@pytest.fixture(scope="module")
def quick() -> dict:
    done = call(*QUICK, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def loaded_by(*words: str) -> set[str]:
    """The packages that a command has loaded in the end."""
    code = (
        "import sys; sys.argv = ['run_experiment.py', *sys.argv[1:]]\nimport run_experiment\n"
        "try: run_experiment.main()\nexcept SystemExit as end: assert not end.code\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["calibrate", "--help"], ["sweep", "--help"]])
def test_help_comes_at_once(words):
    """It loads click and nothing else that a bare interpreter has not: how long that takes is the machine's affair."""
    bare = subprocess.run(
        [sys.executable, "-c", "import click, sys; print(*{name.partition('.')[0] for name in sys.modules})"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    own = {"run_experiment", "experiments", "calibration", "languages"}
    third_party = loaded_by(*words) - set(bare) - set(sys.stdlib_module_names) - own
    assert not {name for name in third_party if not name.startswith("_")}


@pytest.mark.parametrize("command", ["list", "show", "run"])
def test_the_help_of_every_command_has_an_example(command):
    assert f"python run_experiment.py {command}" in call(command, "--help").stdout


@pytest.mark.parametrize("words", [["list"], ["show", "junmen_2012"], ["show", "junmen_2012", "--json"]])
def test_listing_and_showing_do_not_load_the_model(words):
    assert not loaded_by(*words) & {"mesa", "pandas", "numpy"}


def test_list_names_place_and_question():
    rows = json.loads(call("list", "--json").stdout)["scenarios"]
    assert len(rows) == 15
    assert all(row["place"] and row["question"].endswith("?") and row["days"] > 0 for row in rows)


def test_show_gives_unit_role_source_and_changes():
    shown = json.loads(call("show", "changning_111", "--json").stdout)
    row = next(row for row in shown["parameters"] if row["path"] == "supervisors.count")
    assert (row["value"], row["unit"], row["role"], row["source"]) == (111, "people", "lever", "thesis-changning")
    assert "supervisors.count" in [change["path"] for change in shown["changes"]]


def test_show_prints_what_a_set_changes():
    shown = json.loads(call("show", "changning_2005q4", "--set", "supervisors.count=200", "--json").stdout)
    change = next(change for change in shown["changes"] if change["path"] == "supervisors.count")
    assert (change["new"], change["source"]) == (200, "override")


def test_the_schema_is_json_and_needs_no_name():
    assert "properties" in json.loads(call("show", "--schema").stdout)


def test_run_prints_one_object_with_the_promised_keys(quick):
    keys = {"scenario", "scenario_hash", "seeds", "indicators", "figures", "elapsed_s", "days", "replications",
            "assumptions", "interrupted", "answer", "plan", "place", "unknowns"}  # fmt: skip
    assert keys <= set(quick)
    assert (quick["scenario"], quick["seeds"], quick["days"], quick["interrupted"]) == (
        "junmen_2012",
        [1, 2],
        20,
        False,
    )
    for indicator in quick["indicators"].values():
        assert set(indicator) == {"mean", "lo", "hi", "defined_count", "has_meaning", "unit", "definition"}
    for figure in quick["figures"]:
        assert {"id", "published", "simulated", "lo", "hi", "standing", "note", "inside", "unit"} <= set(figure)


def test_the_promised_indicators_are_there(quick):
    promised = (
        "occurred_count found_count filed_count solved_on_the_spot_count solved_in_grid_count closed_count "
        "vanished_count backlog_count unseen_share public_share_of_filed on_time_share_of_filed on_time_share_of_due "
        "on_time_share_of_closed closing_share_of_filed closing_share_of_due solved_share_of_raised "
        "in_grid_share_of_solved filed_to_closed_mean_h filed_to_closed_median_h filed_to_closed_p90_h "
        "filed_to_closed_working_mean_h found_to_closed_mean_h handling_mean_h rework_share returned_share "
        "extended_share escalated_share supervisor_utilisation trust_mean cost_per_case_yuan"
    )
    assert set(promised.split()) <= set(quick["indicators"])


def test_what_is_undefined_is_null(quick):
    assert quick["indicators"]["supervisor_utilisation"]["mean"] is None


def test_the_same_command_gives_the_same_numbers(quick):
    again = json.loads(call(*QUICK, "--json").stdout)
    assert {**again, "elapsed_s": 0} == {**quick, "elapsed_s": 0}


def test_the_tables_say_what_is_published_and_what_is_assumed():
    done = call(*QUICK, "--all")
    assert done.returncode == 0
    for words in ("95 % interval", "Beside the published figures", "junmen-2013h2-raised", "What is assumed"):
        assert words in done.stdout


def test_a_place_without_figures_says_so():
    done = call("run", "nanhu", "--days", "10", "--replications", "1")
    assert "Published figures: none. Nanhu has no public figures" in done.stdout


def test_out_holds_tables_indicators_manifest_and_pictures(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    out = tmp_path / "deep" / "er"
    for _ in range(2):  # The second run replaces the first.
        assert call(*QUICK, "--seed", "5", "--set", "party.members_count=100", "--out", str(out)).returncode == 0
    assert sorted(path.name for path in out.parent.iterdir()) == ["er"]
    with duckdb.connect() as connection:
        for table in ("cases", "daily"):
            rows = connection.execute(f"SELECT DISTINCT seed FROM '{out / table}.parquet' ORDER BY seed").fetchall()
            assert rows == [(5,), (6,)]
        unseen = f"SELECT count(*) FROM '{out}/cases.parquet' WHERE found_h IS NULL"
        assert connection.execute(unseen).fetchone()[0] > 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["seeds"] == [5, 6]
    assert manifest["overrides"] == {"period.days": 20, "party.members_count": 100}
    assert manifest["code_hash"]
    assert manifest["versions"]["mesa"]
    assert json.loads((out / "indicators.json").read_text())["scenario_hash"] == manifest["scenario_hash"]
    assert (out / "indicators.csv").read_text().startswith("seed,")
    assert len(list((out / "pictures").glob("*.png"))) == 4


def test_a_folder_with_anything_else_in_it_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (line,) = refused(*QUICK, "--out", str(tmp_path))
    assert "holds notes.txt, which is not ours" in line
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["run", "junmen_2012", "--set", "supervisors.count=-3"], "must lie in [0,", id="out of range"),
        pytest.param(["run", "junmen_2012", "--set", "supervisors.cuont=3"], "supervisors.count?", id="misspelt key"),
        pytest.param(["run", "junmen_2012", "--set", "supervisors.count=many"], "whole number", id="wrong type"),
        pytest.param(["run", "junmen_2012", "--set", "supervisors.count"], "must be path=value", id="no value"),
        pytest.param(["run", "junmen_2012", "--set", "rules.patrol=zigzag"], "zigzag", id="unknown rule"),
        pytest.param(["run", "junmen_2021"], "did you mean junmen_2012?", id="misspelt name"),
        pytest.param(["run", "nowhere/at_all.toml"], "no such file", id="missing file"),
        pytest.param(["run", "base_city"], "cannot be run", id="abstract"),
        pytest.param(["run", "junmen_2012", "--days", "0"], "--days", id="no days"),
        pytest.param(["run", "junmen_2012", "--days", "5", "--set", "period.days=6"], "give one", id="days twice"),
        pytest.param(["show", "junmen_2021"], "did you mean junmen_2012?", id="show a misspelt name"),
        pytest.param(["run", "junmen_2012", "--out", "/proc/nowhere/x"], "cannot be written", id="unwritable"),
        pytest.param(["run", "junmen_2012", "--out", str(ROOT / "run_experiment.py")], "is a file", id="out is a file"),
        pytest.param(
            ["run", "junmen_2012", "--out", str(ROOT / "run_experiment.py" / "x")], "--out", id="under a file"
        ),
    ],
)
def test_a_mistake_is_said_in_one_line(words, says):
    (line,) = refused(*words)
    assert says in line


def test_a_syntax_error_is_said_in_one_line(tmp_path):
    file = tmp_path / "broken.toml"
    file.write_text('title = "x\n')
    (line,) = refused("run", str(file))
    assert "broken.toml" in line


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run"], "NAME"),
        (["show"], "NAME"),
        (["run", "junmen_2012", "--replications", "0"], "--replications"),
        (["fly"], "fly"),
    ],
)
def test_wrong_usage_is_said_in_one_line(words, says):
    (line,) = refused(*words)
    assert says in line


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    out = tmp_path / "kept"
    words = ["run", "junmen_2012", "--days", "10", "--replications", "5000", "--out", str(out), "--json"]
    process = subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".kept.*/parts/daily-3.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    result = json.loads(stdout)
    assert process.returncode == 130
    assert result["interrupted"] is True
    assert len(result["seeds"]) == result["replications"] >= 2
    assert f"{len(result['seeds'])} of 5000 replications finished" in stderr
    assert json.loads((out / "manifest.json").read_text())["interrupted"] is True
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_reader_that_leaves_early_is_no_error():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*COMMAND, "list"], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "cp1252", "cp437"])
@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["--help"],
        ["show", "junmen_2012"],
        ["run", "junmen_2012", "--replications", "2", "--days", "5"],
        ["run", "no_such_place"],
    ],
    ids=" ".join,
)
def test_a_console_in_any_encoding_is_written_to(encoding, words):
    """What it cannot write is written as the nearest that it can; nothing ends in an error after all runs are made."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*COMMAND, *words], capture_output=True, env=environment, check=False)
    assert done.returncode == (2 if "no_such_place" in words else 0)
    shown = (done.stdout + done.stderr).decode(encoding)
    assert "Traceback" not in shown
    if words[0] == "run" and not done.returncode:
        assert "never found" in shown


def test_json_is_the_same_in_any_encoding(tmp_path):
    words = [*COMMAND, "show", "junmen_2012", "--json"]
    answers = [
        json.loads(subprocess.run(words, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding},
                                  check=True).stdout)
        for encoding in ("utf-8", "gbk", "ascii")
    ]  # fmt: skip
    assert answers[0] == answers[1] == answers[2]


def test_ctrl_c_while_pictures_are_drawn_loses_no_replication(tmp_path, monkeypatch, capsys, hears_ctrl_c):
    """The second picture is interrupted: the first, the tables and the manifest are there."""
    import run_experiment
    from experiments.showing import run_pictures

    drawn = run_pictures.drawings

    def interrupted(outcome, scenario):
        first, second, *others = drawn(outcome, scenario).items()

        def ctrl_c():
            os.kill(os.getpid(), signal.SIGINT)
            return second[1]()

        return dict([first, (second[0], ctrl_c), *others])

    monkeypatch.setattr(run_pictures, "drawings", interrupted)
    out = tmp_path / "out"
    words = ["run", "junmen_2012", "--days", "5", "--replications", "2", "--out", str(out), "--json"]
    monkeypatch.setattr(sys, "argv", ["run_experiment.py", *words])
    with pytest.raises(SystemExit) as end:
        run_experiment.main()
    assert end.value.code == 130
    shown = capsys.readouterr()
    assert "interrupted: 2 of 2 replications finished and are kept" in shown.err
    assert json.loads(shown.out)["interrupted"] is True
    assert json.loads((out / "manifest.json").read_text())["seeds"] == [1, 2]
    assert [picture.stem for picture in (out / "pictures").iterdir()] == ["funnel"]
    assert len(pd.read_parquet(out / "cases.parquet")["seed"].unique()) == 2


def test_what_is_kept_is_read_by_pandas_as_by_duckdb(tmp_path):
    out = tmp_path / "out"
    assert call("run", "junmen_2012", "--days", "5", "--replications", "2", "--out", str(out)).returncode == 0
    for name in ("cases", "daily"):
        by_pandas, by_duckdb = (
            pd.read_parquet(out / f"{name}.parquet"),
            duckdb.read_parquet(str(out / f"{name}.parquet")).df(),
        )
        assert list(by_pandas.columns) == list(by_duckdb.columns)
        numbers = by_pandas.select_dtypes("number").columns
        pd.testing.assert_frame_equal(by_pandas[numbers], by_duckdb[numbers], check_dtype=False)
