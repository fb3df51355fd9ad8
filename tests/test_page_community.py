"""My community, in the page: what is sent is read and sized as the command does it, and nothing of it stays."""

from __future__ import annotations

import base64
import json
import logging
import multiprocessing
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from planners_files import HEAD, PLAIN, RIVER, ROWS, bomb, buildings, collection, csv_of, workbook, zipped
from serving import Served, wait_until

from experiments.page.community import asking
from experiments.page.community.answers import HOME
from experiments.page.runs import FOLDER
from experiments.running.engine import engine
from experiments.running.files import finite
from experiments.sizing.answering import as_plain, size
from experiments.sizing.inputs.given import notes_on, read_with
from experiments.sizing.inputs.template import write_template
from experiments.sizing.inputs.wishes import checked_wishes
from experiments.sizing.plans import ask
from experiments.words.sizing import answer_in_words

HOMES = csv_of(HEAD, *([f"{n}号楼", 40.0 * (n % 6), 50.0 * (n // 6), 40 + n] for n in range(24)))
WISHES = {
    "community": "ours", "grids": {"counts": [2, 3]}, "sets": 4, "days": 30,
    "people_per_grid": {"grid_manager": [1], "grid_assistant": [0, 1], "grid_overseer": [0]},
    "targets": [{"indicator": "in_grid_share_of_solved", "at_least": 0.6}, {"indicator": "solved_within", "days": 7, "at_least": 0.5}],
}  # fmt: skip
HALVES = [int(n % 6 > 2) for n in range(24)]
STAFF = {"people": {"grid_manager": 1, "grid_assistant": 1}, "members": 60, "escalation": "ladder", "today": False}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("rooms"))
    yield Path(tempfile.tempdir)
    tempfile.tempdir = before


@pytest.fixture(scope="module")
def direct(tmp_path_factory):
    """The same community, sized as the command does it; before the server has threads."""
    folder = tmp_path_factory.mktemp("direct")
    (folder / "ours.csv").write_bytes(HOMES)
    wishes = checked_wishes(WISHES, "wishes")
    question = ask(read_with(wishes, folder / "ours.csv", None), wishes, folder / "cuts")
    with engine(1) as workers:
        return question, finite(as_plain(size(question, workers, folder, 1)))


@pytest.fixture(scope="module")
def served(rooms, direct):
    there = Served()
    yield there
    there.end()


@pytest.fixture(autouse=True)
def _nothing_is_left(rooms):
    yield
    wait_until(lambda: not list(rooms.glob(f"{FOLDER}*")))


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING, "experiments.page.server")
    return caplog


def sent(raw, name="list.csv"):
    return {"name": name, "content": base64.b64encode(raw).decode()}


def given(raw=HOMES, name="ours.csv", **more):
    return {"file": sent(raw, name), "wishes": WISHES, "language": "en"} | more


def asked(served, what, content):
    body = content if isinstance(content, (str, bytes)) else json.dumps(content)
    status, answer, _ = served.ask("POST", f"/api/community/{what}", body)
    lines = [json.loads(line) for line in answer.decode().splitlines()]
    return status, lines[-1], lines[:-1]


def told(served, what, content):
    status, answer, _ = asked(served, what, content)
    assert status == 200, answer
    return answer


# Reading --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "raw"), [
    ("楼栋.csv", PLAIN), ("ours.xlsx", workbook(HEAD, *ROWS)), ("ours.geojson", collection(*buildings())),
])  # fmt: skip
def test_a_list_is_read_as_the_command_reads_it(served, tmp_path, name, raw):
    (tmp_path / name).write_bytes(raw)
    wishes = checked_wishes(WISHES, "wishes")
    listed = read_with(wishes, tmp_path / name, None)
    found = told(served, "read", given(raw, name))
    assert found["notes"] == list(notes_on(listed, wishes))
    assert found["notes"][0].startswith(f"{name}: ")
    assert [site["name"] for site in found["sites"]] == [row[0] for row in ROWS]
    assert [(site["x_m"], site["y_m"]) for site in found["sites"]] == [
        (round(s.x_m, 2), round(s.y_m, 2)) for s in listed.sites
    ]
    assert (found["title"], found["file"], found["households"]) == ("ours", name, sum(row[3] for row in ROWS))
    assert [len(site["outline"]) for site in found["sites"]] == [5 * name.endswith("geojson")] * 12


def test_barriers_and_compounds_are_sent_along(served):
    around = {"barriers": sent(collection(RIVER), "河.geojson")}
    found = told(served, "read", given(collection(*buildings()), "ours.geojson", **around))
    assert len(found["barriers"]) == 1
    assert not any("barriers.geojson" in note for note in found["notes"])
    status, answer, _ = asked(
        served, "read", given(collection(*buildings()), "ours.geojson", barriers=sent(b"{", "河.geojson"))
    )
    assert status == 422
    assert answer["problems"][0].startswith("河.geojson: ")


def test_grids_of_today_come_back_by_name(served):
    rows = [[*row, "西" if place < 6 else "东"] for place, row in enumerate(ROWS)]
    found = told(served, "read", given(csv_of([*HEAD, "网格"], *rows)))
    assert [found["today"]["grids"][grid] for grid in found["today"]["grid_of"]] == [row[-1] for row in rows]
    assert told(served, "read", given(PLAIN))["today"] is None


def test_wishes_are_named_in_every_language_and_can_be_sent_back(served):
    usual = told(served, "read", given(wishes=None))
    by_key = {wish["key"]: wish for wish in usual["wishes"]}
    assert by_key["people_per_grid.grid_assistant"]["value"] == [0, 1, 2]
    assert by_key["grids.households"]["value"] == [250, 400]
    assert by_key["sets"] == by_key["sets"] | {"value": 80, "range": [1, 1000]}
    assert all(set(wish["name"]) == {"en", "zh"} and wish["name"]["en"] for wish in usual["wishes"])
    again = told(served, "read", given(wishes=usual["given"]))
    assert again == usual
    assert {wish["key"]: wish["value"] for wish in told(served, "read", given())["wishes"]}["sets"] == 4


def test_a_file_of_wishes_may_be_sent_in_their_place(served, tmp_path):
    list_, wishes, road, _ = (file.read_bytes() for file in write_template(tmp_path))
    content = given(list_, "nanhu.csv", wishes=None, wishes_file=sent(wishes, "nanhu.toml"))
    found = told(served, "read", content)
    assert found["notes"][-1] == 'nanhu.toml: names "roads.geojson"; send that along if it is to count'
    whole = told(served, "read", content | {"barriers": sent(road, "roads.geojson")})
    assert (len(found["barriers"]), len(whole["barriers"])) == (0, 1)
    assert whole["title"] == "Nanhu (synthetic)"
    again = told(
        served,
        "read",
        content | {"barriers": sent(road, "roads.geojson"), "wishes": whole["given"], "wishes_file": None},
    )
    assert again == whole


def test_the_example_can_be_sent_as_it_comes(served):
    for language, title in (("en", "Nanhu (synthetic)"), ("zh", "南湖")):
        status, example, _ = served.ask("GET", f"/api/community/example?language={language}")
        assert status == 200
        found = told(served, "read", json.loads(example))
        assert title in found["title"]
        assert (len(found["sites"]), len(found["barriers"])) == (100, 1)
    assert served.ask("GET", "/api/community/example?language=xx")[0] == 400


# Sizing ---------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sized(served):
    status, answer, before = asked(served, "size", given())
    assert status == 200
    return answer["answer"], before


def test_a_community_is_sized_as_by_the_command(sized, direct):
    answer, progress = sized
    question, result = direct
    assert answer["result"] == json.loads(json.dumps(result))
    assert answer["says"] == answer_in_words(result)
    assert answer["rests_on"] == answer["says"][3]
    best = next(plan for plan in answer["plans"] if plan["role"] == "recommended")
    assert best["number"] == result["recommended"]
    shown = answer["maps"][best["map"]]
    cut = question.cuts[best["cut"]]
    assert (shown["grid_of"], len(shown["outlines"])) == (list(cut.grid_of), best["grids"])
    assert shown["households"] == result["cuts"][best["cut"]]["households"]
    stages = list(dict.fromkeys(line["progress"]["stage"] for line in progress))
    assert stages[:2] == ["cutting into grids", "plans"]
    assert stages[-1] == "writing the report"


def test_what_is_taken_home_comes_with_the_answer(sized):
    files = {name: base64.b64decode(content) for name, content in sized[0]["files"].items()}
    assert set(files) == set(HOME)
    assert files["plan.xlsx"].startswith(b"PK")
    assert len(json.loads(files["plan_buildings.geojson"])["features"]) == 24
    assert sized[0]["says"][0][:40] in files["report.html"].decode()
    assert tempfile.gettempdir().encode() not in b"".join(files.values())


def test_a_plan_that_is_looked_at_again_is_the_one_that_was_sized(served, sized):
    best = next(plan for plan in sized[0]["plans"] if plan["role"] == "recommended")
    grid_of = sized[0]["maps"][best["map"]]["grid_of"]
    plan = {"grid_of": grid_of} | {key: best[key] for key in ("people", "members", "escalation", "today")}
    found = told(served, "effect", given(plan=plan, moved={"grid_of": grid_of}))
    values = {measure["key"]: measure for measure in found["measures"]}
    assert found["sets"] == 4
    assert values["cost_yuan_per_year"]["before"] == pytest.approx(best["cost_yuan"])
    assert values["problem_hours"]["before"] == pytest.approx(best["hours"], rel=0.2)  # of more histories than it


def at_work(group):
    """The processes of a group that have not ended."""
    found = []
    for process in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = process.read_text().rpartition(")")[2].split()[:3]
            found += [process] if int(its_group) == group and state != "Z" else []
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_whoever_goes_while_it_is_sized_ends_all_of_it(served, log):
    body = json.dumps(given(wishes={**WISHES, "sets": 500, "days": 365})).encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as going:
        head = (
            f"POST /api/community/size HTTP/1.1\r\nhost: 127.0.0.1:{served.port}\r\ncontent-type: application/json\r\n"
        )
        going.sendall(head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body)
        read = b""
        while read.count(b'"stage": "plans"') < 2:  # workers are at it
            part = going.recv(4096)
            assert part, read
            read += part
        (working,) = multiprocessing.active_children()
        assert len(at_work(working.pid)) > 1
    wait_until(lambda: not multiprocessing.active_children() and log.messages)
    wait_until(lambda: not at_work(working.pid))  # the system takes a moment to clear them away
    assert log.messages == ['400 POST "/api/community/size": "the client has gone"']


def test_what_cannot_be_sized_is_refused_before_anything_is_told(served, log):
    status, answer, _ = asked(served, "size", given(csv_of(HEAD, *([f"b{n}", n, n % 7, 3] for n in range(2_001)))))
    assert status == 422
    assert "`python run_experiment.py size` takes more" in answer["problems"][0]
    status, answer, _ = asked(served, "size", given(PLAIN, wishes={**WISHES, "volunteers": list(range(2_000))}))
    assert status == 200  # the cuts had been begun
    assert "are too many to be run" in answer["problems"][0]
    assert len(log.messages) == 2


# What a moved building changes ----------------------------------------------------------------------------------------
def effect(served, moved, **more):
    return told(served, "effect", given(plan={"grid_of": HALVES} | STAFF, moved={"grid_of": moved}, **more))


def test_moving_nothing_changes_exactly_nothing(served):
    found = effect(served, HALVES)
    assert found["says"] == ["No building is in another grid, so nothing changes: every difference is exactly zero."]
    assert all(measure["difference"]["mean"] == 0.0 and measure["verdict"] == "same" for measure in found["measures"])
    assert (found["moved"], found["warnings"], found["verdict"]) == ([], [], "same")


def test_moving_a_building_is_told_with_its_interval_and_whether_it_is_chance(served):
    moved = [*HALVES]
    moved[2] = 1
    found = effect(served, moved)
    assert found == effect(served, moved)
    assert found["moved"] == ["2号楼"]
    before, after = found["households"]["before"], found["households"]["after"]
    assert (before[0] - after[0], after[1] - before[1]) == (42, 42)
    assert sum(before) == sum(range(40, 64))
    values = {measure["key"]: measure for measure in found["measures"]}
    hours = values["problem_hours"]
    apart = hours["difference"]
    assert apart["lo"] <= apart["mean"] <= apart["hi"]
    assert apart["mean"] == pytest.approx(hours["after"] - hours["before"])
    assert (apart["pairs"], found["pairs"]) == (80, 80)
    assert hours["verdict"] == (
        "not_clear" if apart["lo"] <= 0.0 <= apart["hi"] else "better" if apart["mean"] < 0.0 else "worse"
    )
    assert values["cost_yuan_per_year"]["verdict"] == "same"
    assert {"solved_within_7_days", "targets_met"} <= set(values)
    assert "80 pairs of the same incidents" in found["says"][0]
    assert len(found["outlines"]) == 2


def test_a_grid_in_pieces_and_one_without_buildings_are_warned_of(served):
    apart = [*HALVES]
    apart[0] = 1
    warnings = effect(served, apart)["warnings"]
    assert "Grid “2” now lies in more than one piece." in warnings
    empty = effect(served, [0] * 24, wishes={**WISHES, "grids": {"households": [400, 800]}})
    assert empty["warnings"] == [
        "Grid “2” has no building left: its people are not counted any more.",
        "Grid “1” has 1,236 households, outside the 400 to 800 that are wished for.",
    ]
    assert empty["households"]["after"] == [1236, 0]
    costs = next(measure for measure in empty["measures"] if measure["key"] == "cost_yuan_per_year")
    assert costs["verdict"] == "better"


# What is refused ------------------------------------------------------------------------------------------------------
def changed(**plan):
    return given(plan={"grid_of": HALVES} | STAFF | plan, moved={"grid_of": HALVES})


LONG = "x" * 120 + ".csv"
WRONG = {
    "no JSON": ("read", "{", 400, "is no JSON"),
    "half a sign": ("read", '{"file": {"name": "\\ud800.csv", "content": ""}}', 400, "is no JSON"),
    "a list": ("read", [], 400, "the body must be an object"),
    "no file": ("read", {}, 400, "file must be an object"),
    "no base64": ("read", {"file": {"name": "a.csv", "content": "%%%"}}, 400, "is no base64"),
    "content as a number": ("read", {"file": {"name": "a.csv", "content": 3}}, 400, "content in base64"),
    "a folder above": ("read", given(name="../../ours.csv"), 400, "without folders"),
    "a folder of Windows": ("read", given(name="c:\\ours.csv"), 400, "without folders"),
    "an absolute name": ("read", given(name="/etc/passwd.csv"), 400, "without folders"),
    "two lines": ("read", given(name="a\nb.csv"), 400, "without folders"),
    "a long name": ("read", given(name=LONG), 400, "at most 100 signs"),
    "another kind": ("read", given(name="ours.py"), 400, '"ours.py" must end in one of .csv'),
    "barriers as a table": ("read", given(barriers=sent(PLAIN, "a.csv")), 400, "must end in one of .geojson"),
    "another key": ("read", given(path="/etc/passwd"), 400, '"path" is not known here'),
    "another key of the file": ("read", {"file": {**sent(PLAIN), "path": "x"}}, 400, '"file.path" is not known here'),
    "another language": ("read", given(language="xx"), 400, "must be one of en, zh"),
    "other coordinates": ("read", given(crs="mars"), 400, 'crs = "mars" must be one of'),
    "coordinates as a list": ("read", given(crs=["metres"]), 400, "must be one of"),
    "a seed": ("size", given(seed=-1), 400, "seed = -1"),
    "wishes as a list": ("read", given(wishes=[]), 400, "wishes must be an object"),
    "wishes of another type": ("read", given(wishes={"sets": "many"}), 422, 'wishes: sets = "many" must be'),
    "an unknown wish": ("size", given(wishes={"stes": 3}), 422, "wishes: stes is not known here; did you mean sets?"),
    "wishes twice": ("read", given(wishes_file=sent(b"", "a.toml")), 400, "send one of them"),
    "wishes that are no TOML": ("read", given(wishes=None, wishes_file=sent(b"[", "mine.toml")), 422, "mine.toml"),
    "a file in the wishes": ("read", given(wishes={"barriers": "/etc/passwd"}), 422, "a request names no files"),
    "sets of this machine": ("read", given(wishes={"ensemble": "/etc/passwd.csv"}), 422, "must be one of"),
    "sites of this machine": ("read", given(wishes={"set": {"territory": {"sites_file": "/etc/passwd"}}}), 422, "cannot be changed in the page"),
    "a base of this machine": ("size", given(wishes={"set": {"extends": "/etc/passwd"}}), 422, 'extends'),
    "another base": ("read", given(wishes={"base": "../x"}), 422, "is no scenario of the library"),
    "nothing for a number": ("size", given(wishes={"set": {"demand.scale": None}}), 422, "demand.scale"),
    "a list for a number": ("size", given(wishes={"set": {"demand.scale": [{"a": 1}]}}), 422, "demand.scale"),
    "a name of three lines": ("read", given(wishes={"community": "a\nb"}), 422, "must be one line"),
    "no list": ("read", given(b"\x00\x01\x02"), 422, "ours.csv"),
    "no buildings": ("size", given(csv_of(HEAD)), 422, "ours.csv"),
    "nobody at home": ("read", given(csv_of(HEAD, *([f"b{n}", n, 0, 0] for n in range(9)))), 422, "no site has households"),
    "no workbook": ("read", given(zipped("a"), "ours.xlsx"), 422, "ours.xlsx"),
    "a bomb": ("read", given(bomb(), "ours.xlsx"), 422, "ours.xlsx"),
    "no plan": ("effect", given(), 400, "plan must be an object"),
    "too few grids": ("effect", given(plan={"grid_of": [0, 1]} | STAFF, moved={"grid_of": [0, 1]}), 422, "has 2 buildings and the list 24"),
    "one grid too few": ("effect", given(plan={"grid_of": HALVES} | STAFF, moved={"grid_of": HALVES[1:]}), 400, "has 23 buildings"),
    "an unknown grid": ("effect", given(plan={"grid_of": HALVES} | STAFF, moved={"grid_of": [2, *HALVES[1:]]}), 400, "has no grid 2"),
    "a grid below none": ("effect", changed(grid_of=[-1, *HALVES[1:]]), 400, "grid_of = -1 must be a whole number"),
    "a grid that is none": ("effect", json.dumps(changed(grid_of=[float("nan"), *HALVES[1:]])), 400, "is no JSON"),
    "half a grid": ("effect", changed(grid_of=[0.5, *HALVES[1:]]), 400, "grid_of = 0.5"),
    "a huge grid": ("effect", changed(grid_of=[10**30, *HALVES[1:]]), 400, "must be a whole number in [0, 399]"),
    "grids with a gap": ("effect", given(plan={"grid_of": [2 * g for g in HALVES]} | STAFF, moved={"grid_of": [2 * g for g in HALVES]}), 422, "numbered from 0 on"),
    "grids as text": ("effect", changed(grid_of="0101"), 400, "must be a list"),
    "people of no kind": ("effect", changed(people={"wizard": 1}), 422, '"wizard" is no post'),
    "half a person": ("effect", changed(people={"grid_manager": 0.5}), 400, "grid_manager"),
    "nobody": ("effect", changed(people={}), 422, "there must be somebody"),
    "no rule": ("effect", changed(escalation="stairs"), 422, '"stairs" must be one of'),
    "another key of the plan": ("effect", changed(cut=3), 400, '"plan.cut" is not known here'),
    "too large": ("read", "[" + " " * asking.LARGEST_BYTES + "]", 413, "is larger than 8,000,000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_in_words(served, log, capfd, case):
    what, content, status, why = WRONG[case]
    got, answer, _ = asked(served, what, content)
    text = "; ".join(answer["problems"])
    assert (got, why in text) == (status, True), (got, text)
    assert tempfile.gettempdir() not in text
    assert len(log.messages) == 1
    assert "Traceback" not in log.text + capfd.readouterr().err


def test_a_refusal_is_in_the_language_of_the_page(served):
    assert "必须" in asked(served, "read", given(wishes={"sets": 0}, language="zh"))[1]["problems"][0]


def test_what_takes_too_long_is_ended(rooms):
    hasty = Served(longest_s=0.0)
    try:
        status, answer, _ = asked(hasty, "size", given())
        assert status in (200, 503)  # it may have begun to answer
        assert "was ended; wish for fewer sets" in answer["problems"][0]
    finally:
        hasty.end()
