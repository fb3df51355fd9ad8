"""The page: its history is the run's, a replay is one file, and what a browser shows is counted right."""

from __future__ import annotations

import base64
import gzip
import json
import re

import numpy as np
import pytest
from calling import called

from experiments.page.history import TIMES, HistoryError, decode, encode, history_of
from experiments.page.levers import levers
from experiments.page.replay import asked_of, write_replay
from experiments.page.runs import Asked, RefusedError
from experiments.page.shell import STATIC
from languages.speaking import LANGUAGES
from scenarios.loading import load
from sim.incidents import Deed, Stage
from sim.run import simulate, watch

JUNMEN, CITY = "junmen_2012", "changning_2005q4"
SOME_DAYS = {"period.days": 3}


# The history -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def junmen():
    return history_of(load(JUNMEN), 1, "mesa")


def same(one, other):
    return one.header == other.header and one.columns.keys() == other.columns.keys() and all(
        np.array_equal(values, other.columns[name], equal_nan=values.dtype.kind == "f") for name, values in one.columns.items()
    )  # fmt: skip


def test_a_history_comes_back_from_its_body_as_it_was(junmen):
    body = encode(junmen)
    assert same(decode(body), junmen)
    assert encode(decode(body)) == body


def test_a_history_is_the_run(junmen):
    """To the last bit: what is late by a millionth of an hour is late in the page too."""
    record = simulate(load(JUNMEN), 1, "mesa").record
    for name in TIMES:
        np.testing.assert_array_equal(junmen.columns[name], getattr(record, name))
    for name in ("site", "category", "severity", "stage", "level", "found_by", "escalations", "came_back_of"):
        np.testing.assert_array_equal(junmen.columns[name], getattr(record, name))
    assert junmen.header["hours"] == record.end_h == 24 * 184
    assert len(junmen.columns["outline_m"]) % 4 == 0 < len(junmen.columns["outline_m"])


def test_a_history_has_the_steps_of_all_that_was_found(junmen):
    _, steps, _ = watched = watch(load(JUNMEN), 1, "mesa")
    kept = watched.outcome.record.found[steps.incident]
    assert 0 < kept.sum() < len(kept)
    for name, values in zip(("step_h", "step_incident", "step_what", "step_who", "step_until_h"), steps, strict=True):
        np.testing.assert_array_equal(junmen.columns[name], values[kept])
    assert junmen.header["deed_labels"] == {deed.label: int(deed) for deed in Deed}


def test_either_engine_makes_the_same_body():
    pytest.importorskip("numba")
    scenario = load(CITY, SOME_DAYS)
    assert encode(history_of(scenario, 1, "compiled")) == encode(history_of(scenario, 1, "mesa"))


def test_what_has_ended_has_an_hour_at_which_it_did():
    """Also a report that was rejected, or dropped because the thing had gone, of which nobody notes when."""
    history = history_of(load(CITY, {"period.days": 10}), 1)
    columns = history.columns
    over = columns["stage"] >= Stage.CLOSED
    assert set(columns["stage"][over].tolist()) >= {
        Stage.CLOSED,
        Stage.VANISHED,
        Stage.REJECTED,
        Stage.SOLVED_ON_THE_SPOT,
    }
    came_back = columns["came_back_of"] >= 0  # what has gone while its case was open was never noted
    np.testing.assert_array_equal(over[~came_back], ~np.isnan(columns["ended_h"])[~came_back])
    found = ~np.isnan(columns["found_h"])
    assert (columns["ended_h"][over & found] >= columns["found_h"][over & found]).all()
    assert columns["ended_h"][over].max() <= history.header["hours"]
    assert not len(columns["outline_m"])
    assert (
        history.header["ground"]["columns"] * history.header["ground"]["rows"]
        == history.header["ground"]["grids_count"]
    )


def test_names_are_there_in_every_language(junmen):
    header = junmen.header
    named = [
        header["title"],
        *(each["name"] for each in (*header["categories"], *header["unit_kinds"])),
        *header["finders"],
    ]
    assert all(each.keys() == LANGUAGES.keys() and all(each.values()) for each in named)
    assert header["categories"][0]["name"] == {"en": "disputes", "zh": "纠纷"}


@pytest.mark.parametrize("body", [
    pytest.param(b"", id="nothing"), pytest.param(b"GRID", id="not packed"),
    pytest.param(gzip.compress(b"GRID\3\0\0\0\2\0\0\0{}"), id="a later version"),
    pytest.param(gzip.compress(b"GRID\2\0\0\0\2\0\0\0{}"), id="no columns"),
])  # fmt: skip
def test_a_body_that_is_none_is_refused(body):
    with pytest.raises(HistoryError, match="no history of version 2"):
        decode(body)


def test_half_a_body_is_refused(junmen):
    with pytest.raises(HistoryError):
        decode(encode(junmen)[:-100])


# The replay --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    file = tmp_path_factory.mktemp("replay") / "junmen.html"
    write_replay(Asked(JUNMEN, {}, 1), file)
    return file


def test_a_replay_is_small_and_asks_nobody_for_anything(replayed, tmp_path):
    text = replayed.read_text(encoding="utf-8")
    assert len(text.encode()) < 6e6
    assert "default-src 'none'" in text
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert write_replay(Asked(CITY, {"period.days": 30}, 1), tmp_path / "city.html") < 12e6


def test_what_a_scenario_is_called_cannot_end_its_script(tmp_path):
    (tmp_path / "sly.toml").write_text(
        f'title = "</script><script>alert(1)</script>"\nquestion = "?"\nplace = "x"\nextends = "{JUNMEN}"\n'
    )
    write_replay(Asked(str(tmp_path / "sly.toml"), SOME_DAYS, 1), tmp_path / "sly.html")
    assert "alert(1)" not in (tmp_path / "sly.html").read_text(encoding="utf-8")


def test_a_folder_of_a_run_is_played_as_it_was_run(tmp_path):
    asked = ("--days", "2", "--seed", "5", "--replications", "1", "--ensemble", "none")
    ran = called(tmp_path, "run", JUNMEN, *asked, "--out", "kept")
    assert ran.returncode == 0
    assert asked_of(str(tmp_path / "kept"), {}, None) == Asked(JUNMEN, {"period.days": 2}, 5)
    done = called(tmp_path, "replay", "kept", "--out", "kept.html")
    assert (done.returncode, done.stdout[:21]) == (0, "Written to kept.html:")
    manifest = tmp_path / "kept" / "manifest.json"
    manifest.write_text(manifest.read_text().replace(load(JUNMEN, {"period.days": 2}).hash, "0" * 16))
    with pytest.raises(RefusedError, match="is another scenario now"):
        asked_of(str(tmp_path / "kept"), {}, None)


@pytest.mark.parametrize(("words", "told"), [
    (("junmen_2013",), "junmen_2013"), ((".",), "holds no run"), (("base_city",), "cannot be run"),
    ((JUNMEN, "--set", "party.members_cout=1"), "did you mean party.members_count?"),
])  # fmt: skip
def test_a_replay_that_cannot_be_had_is_refused_in_a_line(tmp_path, words, told):
    refused = called(tmp_path, "replay", *words, "--out", "x.html")
    assert refused.returncode == 2
    assert told in refused.stderr
    assert not (tmp_path / "x.html").exists()


# The texts ---------------------------------------------------------------------------------------------------------
def test_the_page_says_the_same_in_every_language():
    """The same keys, each with the same values put in."""
    texts = [json.loads((STATIC / f"{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES]
    first, *others = ({key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in each.items()} for each in texts)
    assert all(other == first for other in others)
    code = "".join(path.read_text(encoding="utf-8") for path in [*STATIC.glob("*.js"), STATIC.parent / "page.html.j2"])
    built = ("step_", "count_", "counted_", "state_", "shape_", "map_", "tab_", "fate_", "for_", "doing_", "did_", "rung_",
             "part_", "person_", "head_", "verdict_", "crs_", "unit_", "hours_", "home_", "nothing_that_day_")  # fmt: skip
    assert [key for key in first if f'"{key}"' not in code and not key.startswith(built)] == []


def test_a_replay_of_two_plans_holds_both(tmp_path):
    done = called(tmp_path, "replay", JUNMEN, "--set", "period.days=3", "--against",
                  f"{JUNMEN} --set period.days=3 --set rules.escalation=direct", "--out", "two.html")  # fmt: skip
    assert done.returncode == 0
    inside = re.search(r'id="inside">(.*?)</script>', (tmp_path / "two.html").read_text(encoding="utf-8"))[1]
    first, second = (decode(base64.b64decode(body)).header for body in json.loads(inside)["histories"])
    assert [each["path"] for each in second["moved"]] == ["period.days", "rules.escalation"]
    assert second["moved"][1]["value"] == {"en": "straight to the top", "zh": "直报区级"}
    assert first["hours"] == second["hours"] == 72


@pytest.mark.parametrize("plan", ["", f"{JUNMEN} --sett a=1", f"{JUNMEN} --set", '"'])
def test_a_plan_that_is_none_is_refused_in_a_line(tmp_path, plan):
    for command in (("demo", JUNMEN, "--no-open"), ("replay", JUNMEN, "--out", "x.html")):
        refused = called(tmp_path, *command, "--against", plan)
        assert refused.returncode == 2
        (line,) = refused.stderr.strip().splitlines()
        assert line.startswith("--against: ")
        assert line.endswith("must be NAME or NAME --set PATH=VALUE …")


# The levers --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [JUNMEN, CITY, "junmen_before", "dongcheng_2010"])
def test_every_lever_that_is_shown_moves_something(name):
    """What the scenario has is what the schema has, and another value gives another scenario."""
    scenario = load(name)
    shown = levers(scenario)
    assert len({each["path"] for each in shown}) == len(shown) >= 10
    for lever in shown:
        other = next((c["value"] for c in lever["choices"] if c["value"] != lever["value"]), None)
        if lever["range"]:
            low, high = lever["range"]
            other = lever["value"] + 10 if lever["value"] + 10 <= high else high if lever["value"] == low else low
        if lever["kind"] == "text":
            other = "09:00-10:00 daily"
        if lever["path"].startswith("residents.channels"):
            other = 0.0 if lever["value"] else 0.01
        assert load(name, {lever["path"]: other}).hash != scenario.hash, lever["path"]
        assert lever["name"].keys() == lever["theme"].keys() == lever["about"].keys() == LANGUAGES.keys()
        assert lever["kind"] != "choice" or lever["value"] in [each["value"] for each in lever["choices"]]
