"""Clients that mean ill, or are broken: each is answered in a line or let go, and the page is served to everybody else."""

from __future__ import annotations

import base64
import json
import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from multiprocessing import forkserver
from pathlib import Path

import pytest
from planners_files import HEAD, csv_of
from serving import Served, wait_until

from experiments.page import asking, connections
from experiments.page.history import decode
from experiments.page.runs import MOST_WAITING
from experiments.page.server import listen

JUNMEN, CITY = "junmen_2012", "changning_2005q4"
TINY = json.dumps({"scenario": JUNMEN, "overrides": {"period.days": 1}}).encode()
HOMES = csv_of(HEAD, *([f"{n}号楼", 40.0 * (n % 6), 50.0 * (n // 6), 40 + n] for n in range(24)))
LONG = {"grids": {"counts": [2, 3]}, "sets": 400, "days": 365}
"""Wishes that take minutes."""
pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are counted in /proc")


@pytest.fixture(scope="module")
def served():
    there = Served()
    yield there
    there.end()


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING)
    return caplog


@pytest.fixture(autouse=True)
def goes_on(served):
    """Whatever is done to the server, it serves afterwards, and none of its processes is left."""
    yield
    assert served.ask("GET", "/")[0] == 200
    wait_until(lambda: not working())


def processes():
    """Of each process that lives: its number, its parent's, and its group."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                state, parent, group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
                if state not in "ZX":
                    yield int(process.name), int(parent), int(group)


def working():
    """Processes of the fork server: each does a piece of work."""
    return [process for process, parent, _ in processes() if parent == forkserver._forkserver._forkserver_pid]


def head(served, method="POST", path="/api/history", **headers):
    lines = {"host": f"127.0.0.1:{served.port}", "content-type": "application/json"} | headers
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"{method} {path} HTTP/1.1\r\n{told}\r\n".encode()


def asking_for(served, content, path="/api/history"):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return head(served, path=path, content_length=len(body)) + body


@contextmanager
def connected(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        yield connection


def answered(served, sent, at_most_s=20.0):
    """What comes back before the server ends the connection."""
    with connected(served) as connection:
        connection.settimeout(at_most_s)
        with suppress(ConnectionError):
            connection.sendall(sent)
        found = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(2**16):
                found += part
    return found


# Many at once -----------------------------------------------------------------------------------------------------
def test_a_crowd_that_asks_for_runs_is_answered_or_refused_in_a_line(served, log):
    with ThreadPoolExecutor(200) as crowd:
        answers = list(crowd.map(lambda _: served.ask("POST", "/api/history", TINY), range(200)))
    statuses = [status for status, _, _ in answers]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= MOST_WAITING
    assert len({body for status, body, _ in answers if status == 200}) == 1
    assert all(json.loads(body)["problems"] == ["too many runs are waiting; ask again in a moment"]
               for status, body, _ in answers if status == 503)  # fmt: skip
    assert len(log.messages) == statuses.count(503)


def test_two_tabs_get_each_their_own(served):
    plans = [{"scenario": JUNMEN, "overrides": {"period.days": days}, "seed": days} for days in (1, 2, 3, 4)]
    with ThreadPoolExecutor(4) as tabs:
        answers = list(tabs.map(lambda plan: decode(served.history(**plan)[1]).header, plans))
    assert [(header["seed"], header["hours"]) for header in answers] == [(days, 24 * days) for days in (1, 2, 3, 4)]


def test_a_port_is_free_as_soon_as_nobody_listens_there_any_more(served):
    """Though its last connections are remembered for a minute."""
    with listen(served.port + 20) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            first.accept()[0].close()
            assert client.recv(1) == b""
        with listen(port) as beside:
            assert beside.getsockname()[1] == port + 1
    with listen(port) as again:
        assert again.getsockname()[1] == port


# Those who are slow ---------------------------------------------------------------------------------------------------
def test_whoever_is_silent_keeps_nobody_out(served, log):
    """More than there may be: those who have been silent for longest make way."""
    with ExitStack() as opened:
        silent = [opened.enter_context(connected(served)) for _ in range(connections.MOST_CONNECTIONS + 50)]
        started = time.monotonic()
        assert served.ask("GET", "/")[0] == 200
        assert served.ask("POST", "/api/history", TINY)[0] == 200
        assert time.monotonic() - started < 5.0
        assert silent[0].recv(1) == b""
        silent[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            silent[-1].recv(1)
    assert not log.messages


@pytest.mark.parametrize(("begins", "drips", "lines"), [
    pytest.param(lambda served: b"", b"", 0, id="nothing"),
    pytest.param(lambda served: b"GET / HTTP/1.1\r\n", b"x", 1, id="a header, sign by sign"),
    pytest.param(lambda served: head(served, "GET", "/") + b"GET / HTTP/1.1\r\n", b"x", 1, id="a second request, sign by sign"),
    pytest.param(lambda served: head(served, "GET", "/", transfer_encoding="chunked"), b"1\r\nx\r\n", 0, id="a body of which nobody asked"),
    pytest.param(lambda served: head(served, content_length=60_000), b" ", 1, id="a body, sign by sign"),
    pytest.param(lambda served: head(served, transfer_encoding="chunked"), b"1\r\n \r\n", 1, id="chunks without an end"),
    pytest.param(lambda served: head(served, content_length=9, expect="100-continue"), b"", 1, id="waits to be told to go on"),
])  # fmt: skip
def test_whoever_asks_too_slowly_is_let_go(served, log, monkeypatch, begins, drips, lines):
    for each in (asking, connections):
        monkeypatch.setattr(each, "PATIENCE_S", 0.4)
    with connected(served) as slow:
        slow.sendall(begins(served))
        slow.settimeout(0.05)
        started, over = time.monotonic(), False
        while not over:
            assert time.monotonic() - started < 3.0
            try:
                slow.sendall(drips)
                over = slow.recv(2**16) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                over = True
    if lines:
        (line,) = log.messages
        assert "did not arrive within 0.4 s" in line
    else:
        assert not log.messages


def test_many_who_are_slow_keep_nobody_out(served):
    with ExitStack() as opened:
        slow = [opened.enter_context(connected(served)) for _ in range(200)]
        for place, each in enumerate(slow):
            each.sendall((b"GET / HTTP/1.1\r\nx: ", head(served, content_length=100))[place % 2])
        for _ in range(2):
            for each in slow:
                each.sendall(b" ")
            started = time.monotonic()
            assert served.ask("GET", "/")[0] == 200
            assert served.ask("POST", "/api/history", TINY)[0] == 200
            assert time.monotonic() - started < 3.0


def test_large_bodies_of_nothing_keep_nobody_out(served, log):
    nothing = head(served, path="/api/community/read", content_length=7_800_001) + b"[" + b"0," * 3_899_999 + b"0]"
    with ThreadPoolExecutor(8) as crowd:
        sent = [crowd.submit(answered, served, nothing) for _ in range(8)]
        while not all(each.done() for each in sent):
            started = time.monotonic()
            assert served.ask("GET", "/")[0] == 200
            assert time.monotonic() - started < 3.0
    assert {each.result()[:13] for each in sent} == {b"HTTP/1.1 400 "}
    assert len(log.messages) == 8


def test_whoever_sends_much_and_no_end_makes_way(served, log, monkeypatch):
    monkeypatch.setattr(connections, "MOST_ARRIVING_BYTES", 3_000_000)
    with ExitStack() as opened:
        for _ in range(5):
            each = opened.enter_context(connected(served))
            each.sendall(head(served, path="/api/community/read", content_length=2_000_000) + b" " * 1_000_000)
            time.sleep(0.1)
        wait_until(lambda: len(log.messages) >= 2)
    assert log.messages[0] == "408: there are too many others"


@pytest.fixture
def narrow(monkeypatch):
    """What the machine itself takes for a client that does not read is little."""
    made = connections.Connection.connection_made

    def with_little(connection, transport):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**12)
        made(connection, transport)

    monkeypatch.setattr(connections.Connection, "connection_made", with_little)


def reader(served, opened, days=5):
    """Asks for a large history, and does not read it."""
    slow = opened.enter_context(socket.socket())
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**12)
    slow.connect(("127.0.0.1", served.port))
    slow.sendall(asking_for(served, {"scenario": CITY, "overrides": {"period.days": days}}))
    return slow


def held_bytes(served):
    return sum(each._held_bytes for each in served.server.server_state.connections)


def test_whoever_does_not_read_is_let_go(served, log, monkeypatch, narrow):
    monkeypatch.setattr(connections, "TAKEN_S", 1.0)
    with ExitStack() as opened:
        slow = reader(served, opened)
        wait_until(lambda: held_bytes(served) > 10**5)
        assert not working()
        slow.recv(1000)
        assert served.ask("POST", "/api/history", TINY)[0] == 200
        wait_until(lambda: log.messages)
    assert log.messages == ["408: the answer was not read within 1 s"]
    assert not held_bytes(served)


def test_of_those_who_do_not_read_the_slowest_make_way(served, log, monkeypatch, narrow):
    monkeypatch.setattr(connections, "MOST_HELD_BYTES", 10**6)
    with ExitStack() as opened:
        for _ in range(6):
            reader(served, opened)
        wait_until(lambda: len(log.messages) >= 2)
        time.sleep(0.5)
        assert 0 < held_bytes(served) < 2 * 10**6
        assert served.ask("POST", "/api/history", TINY)[0] == 200
    assert set(log.messages) == {"408: there are too many others"}


# Those who go -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/api/history", "/api/community/size"])
def test_whoever_goes_in_the_middle_leaves_no_process(served, log, path):
    community = {"file": {"name": "ours.csv", "content": base64.b64encode(HOMES).decode()}, "wishes": LONG}
    asked = {"/api/history": {"scenario": CITY, "overrides": {"period.days": 300}}, "/api/community/size": community}
    with connected(served) as going:
        going.sendall(asking_for(served, asked[path], path))
        wait_until(working)
        time.sleep(0.5 if path == "/api/history" else 3.0)
        groups = set(working())
        assert groups
    wait_until(lambda: not any(group in groups for _, _, group in processes()), 1.0)
    wait_until(lambda: log.messages)
    (line,) = log.messages
    assert line.startswith("400 POST ")
    assert "the client has gone" in line


# Requests that are none -----------------------------------------------------------------------------------------------
CHUNKED = {"content_length": None, "transfer_encoding": "chunked"}
TWICE = f"content-length: {len(TINY)}\r\ncontent-length: 5"
NO_HTTP = {
    "a length below 0": lambda s: head(s, content_length=-5) + TINY,
    "a length with a sign": lambda s: head(s, content_length="+5") + TINY,
    "a length that no machine has": lambda s: head(s, content_length="9" * 30) + TINY,
    "two lengths": lambda s: head(s, content_length=f"{len(TINY)}\r\ncontent-length: 5") + TINY,
    "a length and chunks": lambda s: head(s, content_length=5, transfer_encoding="chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(TINY), TINY),
    "chunks, and something else": lambda s: head(s, transfer_encoding="chunked, identity") + b"0\r\n\r\n",
    "a chunk without a length": lambda s: head(s, **CHUNKED) + b"zz\r\n",
    "a chunk without a length that nobody reads": lambda s: head(s, "GET", "/", **CHUNKED) + b"zz\r\n",
    "fewer bytes than follow": lambda s: head(s, content_length=5) + TINY,
    "no host": lambda s: head(s, "GET", "/", host=None), "an old client without a host": lambda s: b"GET / HTTP/1.0\r\n\r\n",
    "two hosts": lambda s: head(s, "GET", "/", host=f"127.0.0.1:{s.port}\r\nhost: 127.0.0.1:{s.port}"),
    "a host that goes on": lambda s: head(s, "GET", "/", host=f"127.0.0.1:{s.port}.evil"),
    "a host of another name": lambda s: head(s, "GET", "/", host=f"localhost.evil:{s.port}"),
    "a host with a user": lambda s: head(s, "GET", "/", host=f"evil@127.0.0.1:{s.port}"),
    "no port": lambda s: head(s, "GET", "/", host="127.0.0.1"),
    "another scheme": lambda s: head(s, "GET", "/", origin=f"https://127.0.0.1:{s.port}"),
    "two origins": lambda s: head(s, "GET", "/", origin=f"http://127.0.0.1:{s.port}\r\norigin: http://evil.example"),
    "an address with a host": lambda s: head(s, "GET", f"http://127.0.0.1:{s.port}/"),
    "a foreign address": lambda s: head(s, "GET", "http://evil.example/"),
    "a header of a megabyte": lambda s: head(s, "GET", "/", x="a" * 2**20),
    "headers without end": lambda s: head(s, "GET", "/", **{f"x-{n}": "a" for n in range(100_000)}),
    "something secret": lambda s: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a later HTTP": lambda s: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method that is none": lambda s: "GÉT / HTTP/1.1\r\n\r\n".encode(),
    "TRACE": lambda s: head(s, "TRACE", "/"), "PUT": lambda s: head(s, "PUT", "/"), "DELETE": lambda s: head(s, "DELETE", "/api/history"),
    "OPTIONS": lambda s: head(s, "OPTIONS", "*"), "CONNECT": lambda s: head(s, "CONNECT", "127.0.0.1:80"),
    **{path: partial(head, method="GET", path=path) for path in (
        "/static/%2e%2e%2fserver.py", "/static/%252e%252e%252fserver.py", "/static/%c0%ae%c0%ae/server.py", "/static/..\\server.py",
        "/static/main.js%00", "/static/main.js%0d%0aevil:1", "/a%0aEVIL%1b[31m%e2%80%a8%c2%85", "/static/../../server.py",
        "/%2e%2e/%2e%2e/etc/passwd", "/static/\x00", "/static/\xff", "/" + "a" * 60_000)},
}  # fmt: skip


@pytest.mark.parametrize("case", NO_HTTP, ids=lambda case: case[:40])
def test_a_request_that_is_none_is_refused_in_a_line(served, log, case):
    answer = answered(served, NO_HTTP[case](served))
    assert answer[:10] in (b"HTTP/1.1 4", b"")
    assert answer.count(b"HTTP/1.1 ") <= 1
    wait_until(lambda: log.records)
    only_a_line(log, answer)


def only_a_line(log, answer):
    (record,) = log.records
    line = record.getMessage()
    assert line.isprintable()
    assert record.exc_info is None
    for text in (line, answer.decode("utf-8", "replace")):
        assert not any(word in text for word in ("Traceback", str(Path.cwd()), "site-packages", "/tmp/"))


@pytest.mark.parametrize("sent", [
    pytest.param(lambda s: head(s, "GET", "/", connection="close", **{f"x-{n}": "a" for n in range(200)}), id="200 headers"),
    pytest.param(lambda s: head(s, "GET", "/", connection="Upgrade, close", upgrade="websocket", sec_websocket_version=13,
                                sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ=="), id="a websocket"),
    pytest.param(lambda s: head(s, "GET", "/", host=f"localhost:{s.port}", origin=f"http://localhost:{s.port}", connection="close"), id="localhost"),
    pytest.param(lambda s: head(s, connection="close", **CHUNKED) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(TINY), TINY), id="chunks"),
])  # fmt: skip
def test_what_is_odd_and_allowed_is_answered(served, log, sent):
    assert answered(served, sent(served)).startswith(b"HTTP/1.1 200 ")
    assert not log.messages


def test_requests_that_come_before_the_last_is_answered_are_answered_in_turn(served, log):
    sent = head(served, "GET", "/nothing?1") + head(served, "GET", "/")
    assert answered(served, head(served, "GET", "/") + asking_for(served, TINY) + sent).count(b"HTTP/1.1 ") == 3
    assert len(log.messages) == 1  # what follows on a refusal is not read


@pytest.mark.parametrize("length", ["content-length", "chunks"])
def test_a_body_that_is_too_large_is_refused_before_all_of_it_has_come(served, log, length):
    much = b" " * (2 * asking.LARGEST_BYTES)
    sent = (
        head(served, content_length=10**9) + much
        if length == "content-length"
        else head(served, **CHUNKED) + b"%x\r\n" % 10**9 + much
    )
    answer = answered(served, sent)
    assert answer.startswith((b"HTTP/1.1 413 ", b""))
    wait_until(lambda: log.records)
    only_a_line(log, answer)
    assert "is larger than 65,536 bytes" in log.text


def test_a_body_that_ends_too_early_is_told(served, log):
    with connected(served) as going:
        going.sendall(head(served, content_length=500) + TINY)
    wait_until(lambda: log.records)
    only_a_line(log, b"")


# Bodies -----------------------------------------------------------------------------------------------------------
def nested(depth, opened="[", closed="]", inmost=""):
    return opened * depth + inmost + closed * depth


def overriding(text):
    return f'{{"scenario": "{JUNMEN}", "overrides": {text}}}'


BODIES = {
    "a name with a null": (404, '{"scenario": "junmen_2012\\u0000"}'), "a name in two lines": (404, '{"scenario": "a\\nEVIL\\u2028\\u001b[31m"}'),
    "half a sign in a name": (400, '{"scenario": "\\ud800"}'), "half a sign in a path": (400, overriding('{"\\ud800.x": 1}')),
    "half a sign in a value": (400, overriding('{"rules.patrol": "\\udc00"}')), "two names": (404, f'{{"scenario": "{JUNMEN}", "scenario": "no"}}'),
    "a sign of two halves": (422, overriding('{"rules.patrol": "\\ud83d\\ude00"}')),
    "a great seed": (400, f'{{"scenario": "{JUNMEN}", "seed": {"9" * 4000}}}'), "a greater seed": (400, f'{{"scenario": "{JUNMEN}", "seed": {"9" * 9000}}}'),
    "a great number of days": (422, overriding(f'{{"period.days": {"9" * 4000}}}')), "a great rate": (422, overriding(f'{{"demand.scale": {"9" * 4000}}}')),
    "no number": (422, overriding('{"demand.scale": 1e400}')), "deep lists": (400, overriding(f'{{"period.days": {nested(900)}}}')),
    "deep tables": (400, overriding(nested(900, '{"a":', "}", "1"))), "deeper lists": (400, overriding(f'{{"period.days": {nested(9000)}}}')),
    "a deep path": (422, json.dumps({"scenario": JUNMEN, "overrides": {"units." + "a." * 9000 + "a": 1}})),
    "a class": (422, overriding('{"__class__.x": 1}')), "a method": (422, overriding('{"units.__init__": 1}')),
    "a class of a unit": (422, overriding('{"units.grid_manager.__class__": "x", "period.model_config": {}}')),
    "paths of dots": (422, overriding('{"": 1, ".": 2, "..": 3, "period.": 4, ".period": 5}')),
    "a path in two lines": (422, overriding('{"period.\\nEVIL": 1}')), "a value in two lines": (422, overriding('{"rules.patrol": "a\\nEVIL\\u2028\\u001b[31m"}')),
    "a long value": (422, overriding(f'{{"rules.patrol": "{"x" * 50_000}"}}')), "a profile in two lines": (422, overriding('{"categories.disputes.profile": "a\\nEVIL"}')),
    "a value and a table": (422, overriding('{"period.days": 2, "period": 5}')), "a file by the way": (422, overriding('{"territory": {"sites_file": "junmen.csv"}}')),
    "what is no parameter": (422, overriding('{"title": "x", "extends": "/etc/passwd"}')), "a unit of nobody": (422, overriding('{"units.\\u0000.people": 1}')),
    "four thousand paths": (422, json.dumps({"scenario": JUNMEN, "overrides": {f"x{n}.y": 1 for n in range(3500)}})),
    "the last day of all": (422, overriding('{"period.start": "9999-12-31"}')), "too many incidents": (422, json.dumps({"scenario": CITY, "overrides": {"period.days": 7320}})),
    "a list of everybody": (422, overriding('{"units.grid_manager.categories": [[]]}')),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_means_ill_is_refused_in_words(served, log, case):
    status, body = BODIES[case]
    got, answer, _ = served.ask("POST", "/api/history", body.encode())
    assert got == status
    problems = json.loads(answer)["problems"]
    assert problems
    assert all(problem.isprintable() and len(problem) < 1000 for problem in problems)
    only_a_line(log, answer)


@pytest.mark.parametrize("value", [None, True, "x", -1, 1e308, [], [1], {"a": 1}, {}])
@pytest.mark.parametrize("path", [
    "period.days", "period.start", "demand.scale", "supervisors.count", "rules.patrol", "supervisors.hours", "units.grid_manager.categories",
    "demand.month_weights", "units", "rules",
])  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused(served, log, path, value):
    got, answer, _ = served.history(scenario=JUNMEN, overrides={"period.days": 1} | {path: value})
    if got != 200:  # some of them are right for some
        assert got == 422
        only_a_line(log, answer)
