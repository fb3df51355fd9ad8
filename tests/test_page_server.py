"""The page's server: answers its own page, refuses everybody else in one line, and goes on."""

from __future__ import annotations

import http.client
import json
import logging
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from serving import Served, wait_until

from experiments.commands.page import _name_of
from experiments.page import asking
from experiments.page.history import decode, encode, history_of
from experiments.page.server import listen, scenarios_of_library
from experiments.page.shell import static_files
from scenarios.loading import load

ROOT = Path(__file__).resolve().parents[1]
JUNMEN, CITY = "junmen_2012", "changning_2005q4"
SOME_DAYS = {"period.days": 3}


@pytest.fixture(scope="module")
def served():
    there = Served()
    yield there
    there.end()


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING, "experiments.page.server")
    return caplog


def test_the_page_and_its_files_are_served(served):
    status, page, headers = served.ask("GET", "/")
    assert (status, page[:15]) == (200, b"<!doctype html>")
    assert "default-src 'none'" in headers["content-security-policy"]
    for name, content in static_files().items():
        assert served.ask("GET", f"/static/{name}")[:2] == (200, content)
    listed = json.loads(served.ask("GET", "/api/scenarios")[1])
    assert listed["first"] == {"scenario": JUNMEN}
    assert {each["name"] for each in listed["scenarios"]} == set(scenarios_of_library()) >= {JUNMEN, CITY}


def test_a_history_that_is_asked_for_is_that_of_the_run(served):
    status, body, _ = served.history(scenario=JUNMEN)
    assert status == 200
    assert body == encode(history_of(load(JUNMEN), 1))
    changes = {"period.days": 3, "party.members_count": 0}
    other = served.history(scenario=JUNMEN, overrides=changes, seed=7)[1]
    assert other == encode(history_of(load(JUNMEN, changes), 7))


def test_a_date_is_sent_as_a_text(served):
    changes = {"period.days": 3, "period.start": "2011-07-01"}
    body = served.history(scenario=JUNMEN, overrides=changes)[1]
    assert body == encode(history_of(load(JUNMEN, changes | {"period.start": date(2011, 7, 1)}), 1))
    assert served.history(scenario=JUNMEN, overrides={"period.start": "2011-02-31"})[0] == 422


def test_no_other_page_has_work_done_by_a_link(served, log):
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        assert served.ask("GET", "/api/community/example", sec_fetch_site=site)[0] == status
    assert served.ask("GET", "/", sec_fetch_site="cross-site")[0] == 200  # a link may lead here
    assert len(log.messages) == 2


def test_levers_of_a_scenario_that_was_spoilt_meanwhile_are_refused(log, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(f'title = "mine"\nquestion = "?"\nplace = "x"\nextends = "{JUNMEN}"\n')
    there = Served(scenarios={"mine.toml": str(mine)})
    try:
        assert there.ask("GET", "/api/levers?scenario=mine.toml")[0] == 200
        mine.write_text("title = ")
        status, answer, _ = there.ask("GET", "/api/levers?scenario=mine.toml")
        assert status == 422
        assert "mine.toml" in json.loads(answer)["problems"][0]
        assert len(log.messages) == 1
        assert "Traceback" not in log.text
    finally:
        there.end()


def test_two_files_of_one_name_have_two_names():
    known = {JUNMEN: JUNMEN}
    for path, name in (
        ("a/mine.toml", "mine.toml"),
        ("b/mine.toml", "mine.toml (2)"),
        ("a/mine.toml", "mine.toml"),
        (JUNMEN, JUNMEN),
    ):
        assert _name_of(path, known) == name
        known[name] = path


def test_two_who_ask_at_once_get_each_their_own(served):
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda name: served.history(scenario=name, overrides=SOME_DAYS), (JUNMEN, CITY)))
    assert [decode(body).header["scenario"] for _, body, _ in answers] == [JUNMEN, CITY]


def test_many_who_ask_at_once_are_all_answered(served):
    with ThreadPoolExecutor(100) as crowd:
        answers = list(crowd.map(lambda _: served.ask("GET", "/")[0], range(200)))
    assert answers == [200] * 200


DEEP = "[" * 30_000
WRONG = {
    "another host": (400, {"host": "evil.example"}, "another host"),
    "another port": (400, {"host": "127.0.0.1:1"}, "another host"),
    "another page": (403, {"origin": "http://evil.example"}, "another page"),
    "a page without a name": (403, {"origin": "null"}, "another page"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/static/main.js"), ("POST", "/api/history")])
def test_nobody_elses_page_is_answered(served, log, case, method, path):
    status, headers, why = WRONG[case]
    got, answer, _ = served.ask(method, path, "{}" if method == "POST" else None, **headers)
    assert got == status
    assert why in json.loads(answer)["problems"][0]
    (line,) = log.messages
    assert line.startswith(f"{status} {method} ")
    assert "\n" not in line


@pytest.mark.parametrize("path", [
    "/../pyproject.toml", "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py",
    "/static/..%5cserver.py", "/static//etc/passwd", "/static/%00", "/static/", "/static", "//etc/passwd", "/en.json",
    "/static/main.js/", "/static/MAIN.JS%20", "/font.otf/../page.html.j2",
])  # fmt: skip
def test_nothing_but_the_files_of_the_page_is_served(served, path):
    status, answer, _ = served.ask("GET", path)
    assert status == 404
    assert json.loads(answer)["problems"] == ["there is nothing of that kind here"]


@pytest.mark.parametrize(("status", "body", "why"), [
    (400, "", "is no JSON"), (400, "{", "is no JSON"), (400, '{"scenario": NaN}', "is no JSON"), (400, DEEP, "is no JSON"),
    (400, b"\xff\xfe", "is no JSON"), (400, "[]", "must be an object with scenario"), (400, "{}", "must be an object with"),
    (400, '{"scenario": "junmen_2012", "engine": "mesa"}', "must be an object with scenario, overrides and seed"),
    (404, '{"scenario": "junmen_2013"}', '"junmen_2013" is none of the scenarios'),
    (404, '{"scenario": "base_city"}', "none of the scenarios"), (404, '{"scenario": ["junmen_2012"]}', "none of the"),
    (404, '{"scenario": "../../etc/passwd"}', "none of the scenarios"),
    (400, '{"scenario": "junmen_2012", "seed": -1}', "seed = -1 must be a whole number"),
    (400, '{"scenario": "junmen_2012", "seed": true}', "seed = true must be"),
    (400, '{"scenario": "junmen_2012", "seed": 1.5}', "seed = 1.5 must be"),
    (400, '{"scenario": "junmen_2012", "seed": 1e400}', "seed = inf must be"),
    (400, '{"scenario": "junmen_2012", "overrides": []}', "overrides must be an object"),
    (400, '{"scenario": "junmen_2012", "language": "xx"}', 'language = "xx" must be one of en, zh'),
    (422, '{"scenario": "junmen_2012", "overrides": {"party.members_cout": 1}}', "did you mean party.members_count?"),
    (422, '{"scenario": "junmen_2012", "overrides": {"period.days": -1}}', "period.days = -1 must lie in"),
    (422, '{"scenario": "junmen_2012", "overrides": {"period.days": {"a": [1]}}}', "period.days"),
    (422, '{"scenario": "junmen_2012", "overrides": {"territory.sites_file": "/etc/passwd"}}', "cannot be changed in the page"),
    (422, '{"scenario": "junmen_2012", "overrides": {"rules.patrol": "teleport"}}', "teleport"),
    (422, '{"scenario": "changning_2005q4", "overrides": {"demand.scale": 1000}}', "take fewer days"),
    (413, "[" + " " * asking.LARGEST_BYTES + "]", "is larger than 65,536 bytes"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_in_words(served, log, status, body, why):
    got, answer, _ = served.ask("POST", "/api/history", body)
    assert got == status
    assert why in "; ".join(json.loads(answer)["problems"])
    assert len(log.messages) == 1
    assert "Traceback" not in log.text


def test_a_refusal_is_in_the_language_of_the_page(served):
    _, answer, _ = served.history(scenario=JUNMEN, overrides={"period.days": -1}, language="zh")
    assert "必须" in json.loads(answer)["problems"][0]


def test_a_body_must_be_json_and_arrive(served, log, monkeypatch):
    assert served.ask("POST", "/api/history", "scenario=x", content_type="text/plain")[0] == 415
    assert served.ask("GET", "/api/history")[0] == 405
    monkeypatch.setattr(asking, "PATIENCE_S", 0.2)
    with socket.create_connection(("127.0.0.1", served.port)) as slow:
        slow.sendall(
            f"POST /api/history HTTP/1.1\r\nhost: 127.0.0.1:{served.port}\r\ncontent-type: application/json\r\n"
            "content-length: 10\r\n\r\n{".encode()
        )
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
    assert [line[:3] for line in log.messages] == ["415", "405", "408"]


def test_who_goes_in_the_middle_of_a_run_leaves_nothing_behind(served, log):
    asked = json.dumps({"scenario": CITY}).encode()
    with socket.create_connection(("127.0.0.1", served.port)) as going:
        going.sendall(
            f"POST /api/history HTTP/1.1\r\nhost: 127.0.0.1:{served.port}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(asked)}\r\n\r\n".encode()
            + asked
        )
        time.sleep(0.3)
    wait_until(lambda: log.messages)
    assert "the client has gone" in log.text
    assert served.history(scenario=JUNMEN, overrides=SOME_DAYS)[0] == 200


def test_a_run_that_takes_too_long_is_ended(log):
    hasty = Served(longest_s=0.0)
    try:
        status, answer, _ = hasty.history(scenario=CITY)
        assert status == 503
        assert "took longer than 0 s and was ended" in json.loads(answer)["problems"][0]
        assert hasty.ask("GET", "/")[0] == 200
    finally:
        hasty.end()


def answers(port):
    """What a server says that there is to be seen; empty: it is not up yet."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/api/scenarios")
        return connection.getresponse().read()
    except OSError:
        return b""


def test_a_port_that_is_taken_gives_way_to_the_next_and_ctrl_c_ends_it():
    with listen(8960) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        running = subprocess.Popen(
            [sys.executable, "run_experiment.py", "demo", "--no-open", "--port", str(port), "--against",
             f"{JUNMEN} --set period.start=2011-07-01"], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        first = running.stdout.readline()
        at = int(re.search(r":(\d+)/", first)[1])
        wait_until(lambda: answers(at))
        told = json.loads(answers(at))["first"]
        assert told == {
            "scenario": JUNMEN,
            "against": {"scenario": JUNMEN, "overrides": {"period.start": "2011-07-01"}},
        }
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=30)
    assert f"port {port} is taken; " in told
    assert first.startswith("Watch at http://127.0.0.1:")
    assert f":{port}/" not in first
    assert (running.returncode, told.splitlines()[-1]) == (0, "ended")
