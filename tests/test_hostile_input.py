"""Whatever is thrown at the command line ends in a run, or in exit status 2 with a line for each problem; nothing else."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import run_experiment
from scenarios.loading import LIBRARY, ScenarioError, load, parse_override
from scenarios.parameters import walk

HEAVY = os.environ.get("VERIFY") == "heavy"
LONGEST_S, LONGEST_LINE = 30, 2_000
BASE = "junmen_2012"
PATHS = [path for path, *_ in walk(load(BASE).parameters)]
SCENARIO = """
title    = "A town under attack"
question = "Does it stand?"
place    = "anywhere"
extends  = "junmen_2012"

[period]
source = "definition"
why    = "short"
days   = 2

[party]
source = "definition"
why    = "small"
members_count = 20
groups_count = 4
branches_count = 2

[demand]
scale = { value = 1.0, source = "definition", why = "as it is" }

[units.grid_manager]
source = "definition"
why    = "another"
people = 2
hours  = "08:00-18:00 daily"
categories = ["disputes", "services"]
"""


def examples(count: int) -> settings:
    """So many in the tests, ten times as many in `make verify`."""
    return settings(
        max_examples=count * 10 if HEAVY else count, deadline=None, derandomize=not HEAVY,
        phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
    )  # fmt: skip


class HangsError(BaseException):
    """Nothing that a program catches by the way."""


@contextlib.contextmanager
def before_long() -> Iterator[None]:
    """Whatever takes too long is stopped, and has failed."""

    def too_long(*_: object) -> None:
        raise HangsError

    old = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)


def call(*words: str) -> int:
    """Run a command as a user would, and see that it ends as it must; returns its exit status."""
    out, err = io.StringIO(), io.StringIO()
    old, sys.argv = sys.argv, ["run_experiment.py", *words]
    try:
        with before_long(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run_experiment.main()
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.argv = old
    assert status in (0, 2), (status, words)
    assert "Traceback" not in err.getvalue()
    if status == 2:
        lines = err.getvalue().splitlines()
        assert out.getvalue() == ""
        assert lines
        assert all(line.strip() and len(line) <= LONGEST_LINE for line in lines), max(lines, key=len)[:300]
    else:
        assert out.getvalue()
    return status


def is_small(path: str | Path, overrides: dict[str, object]) -> bool:
    """Whether a scenario that loads is quickly run; what does not load is refused quickly too."""
    try:
        p = load(path, overrides).parameters
    except ScenarioError:
        return True
    residents = p.territory.households * p.territory.residents_per_household / p.residents.residents_per_agent
    rates = p.demand.scale * sum(category.rate for category in p.categories.values())
    size = p.territory.area_km2 + p.territory.households * p.territory.residents_per_household / 1000.0
    cells = p.territory.area_km2 * 1e6 / p.territory.cell_area_m2
    people = p.supervisors.count + p.party.members_count
    return rates * size < 3000 and max(residents, cells, p.territory.sites_count, people, p.party.groups_count) < 20_000


@pytest.fixture
def town(tmp_path, monkeypatch) -> Path:
    """An empty folder to stand in; what is left in it afterwards is seen."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


HOSTILE = [
    "nan", "inf", "-inf", "+nan", "1e308", "-1e308", "5e-324", "-1", "0", "-0.0", "1", "2", "0.5", "1_000", "0x10", "1e3",
    "9223372036854775808", "1" + "0" * 400, "1" * 5000, "true", "false", '""', '"x"', "''", '"' + "x" * 5000 + '"', '"\\u0000"',
    '"../../etc/passwd"', '"/dev/zero"', '"/"', '"."', '"日本"', "[]", "[[]]", "[1, [2, [3]]]", "[1, 'a', true]", "[nan]",
    "{}", "{ a = 1 }", "{ value = 1 }", '{ value = {}, source = "definition", why = "x" }', "1979-05-27", "1979-05-27T07:32:00Z",
    "9999-12-31", "0001-01-01", "07:32:00", "'''a\nb'''", "[" * 200 + "]" * 200, "[" + "1," * 3000 + "]", "x", "=", ",", "{", "[", '"',
]  # fmt: skip
KEYS = [
    "peeple",
    "people ",
    "",
    '""',
    '"a.b"',
    '"\\n"',
    "a.b.c.d.e.f.g.h.i.j",
    "x" * 3000,
    "日本",
    "__class__",
    "value",
    "source",
    "why",
    "extends",
    "-",
]


def mutants(text: str) -> st.SearchStrategy[bytes]:
    """A file after one to four attacks: on its values, its keys, its lines, its bytes."""
    lines = text.strip().splitlines()
    place = st.integers(0, len(lines) - 1)
    attack = st.one_of(
        st.tuples(st.just("value"), place, st.sampled_from(HOSTILE)),
        st.tuples(st.just("key"), place, st.sampled_from(KEYS)),
        st.tuples(st.just("cut"), place, st.integers(0, 10)),
        st.tuples(st.just("again"), place, st.integers(0, len(lines) - 1)),
        st.tuples(st.just("line"), place, st.sampled_from([
            "[units]", "[[units]]", "[units.grid_manager]", "[a.b.c.d.e.f.g.h.i.j.k]", "[" + "a." * 2000 + "a]", "x = 1", "units = 1",
            "[residents.channels.pigeon]", 'extends = "/dev/zero"', 'extends = ["junmen_2012", "junmen_2012"]', 'extends = "../../etc/passwd"',
            'abstract = true', "title = 1", "demand.scale = 1e300",
        ])),
        st.tuples(st.just("bytes"), place, st.binary(min_size=1, max_size=8)),
    )  # fmt: skip
    return st.lists(attack, min_size=1, max_size=4).map(lambda attacks: _attacked(lines, attacks))


def _attacked(lines: list[str], attacks: list[tuple[str, int, object]]) -> bytes:
    lines = list(lines)
    for kind, number, how in attacks:
        number = min(number, len(lines) - 1)
        key, equals, value = lines[number].partition("=")
        if kind == "value" and equals:
            lines[number] = f"{key}= {how}"
        elif kind == "key" and equals:
            lines[number] = f"{how} ={value}"
        elif kind == "cut":
            del lines[number : number + int(str(how))]
            lines = lines or [""]
        elif kind == "again":
            lines.insert(number, lines[min(int(str(how)), len(lines) - 1)])
        elif kind == "line":
            lines.insert(number, str(how))
    text = "\n".join(lines).encode()
    for kind, number, how in attacks:
        if kind == "bytes" and isinstance(how, bytes):
            cut = number * 7 % (len(text) + 1)
            text = text[:cut] + how + text[cut:]
    return text


def test_a_mutated_file_is_run_or_refused(town):
    @examples(160)
    @given(mutants(SCENARIO), st.booleans())
    def attack(text, run):
        file = town / "town.toml"
        file.write_bytes(text)
        if run and is_small(file, {"period.days": 1}):
            call("run", "town.toml", "--days", "1")
        else:
            call("show", "town.toml")
        assert os.listdir(town) == ["town.toml"]

    attack()


def test_a_library_file_with_a_mutation_is_shown_or_refused(town):
    names = ["dongcheng_2010", "changning_2005q4", "base_city"]

    @examples(80)
    @given(st.sampled_from(names).flatmap(lambda name: mutants((LIBRARY / f"{name}.toml").read_text())))
    def attack(text):
        (town / "city.toml").write_bytes(text)
        call("show", "city.toml")
        assert os.listdir(town) == ["city.toml"]

    attack()


def test_a_hostile_override_is_run_or_refused(town):
    paths = st.sampled_from(PATHS) | st.sampled_from(PATHS).map(lambda path: path[:-1]) | st.text(max_size=12)

    @examples(160)
    @given(st.lists(st.tuples(paths, st.sampled_from(HOSTILE) | st.text(max_size=8)), min_size=1, max_size=3))
    def attack(given_values):
        sets = [f"{path}={value}".replace("\0", "") for path, value in given_values]
        values = {}
        for text in sets:
            with contextlib.suppress(ScenarioError):
                values |= [parse_override(text)]
        command = "run" if is_small(BASE, values | {"period.days": 1}) else "show"
        days = ["--days", "1"] if command == "run" else []
        call(command, BASE, *days, *[word for text in sets for word in ("--set", text)])
        assert os.listdir(town) == []

    attack()


@pytest.mark.parametrize("option", ["--seed", "--days", "--replications"])
@pytest.mark.parametrize("value", ["-1", "0", "nan", "1e9", "9" * 400, "", "x", "1.5", "１", "--", "0x1"])
def test_a_hostile_number_is_run_or_refused(town, option, value):
    call("run", BASE, *([] if option == "--days" else ["--days", "1"]), option, value)
    assert os.listdir(town) == []


@pytest.mark.parametrize("name", [
    "", " ", ".", "..", "/", "/dev/zero", "/dev/stdin", "/dev/null", "/etc/passwd", "../junmen_2012", "x" * 5000, "a\nb", "\x1b[31m", "日本.toml",
    "nowhere/town.toml", "junmen_2012.toml", "JUNMEN_2012", "--help-me", "base_city", "fifo.toml", "folder.toml", "loop.toml", "secret.toml",
])  # fmt: skip
@pytest.mark.parametrize("command", ["show", "run"])
def test_a_hostile_name_is_refused(town, command, name):
    os.mkfifo(town / "fifo.toml")
    (town / "folder.toml").mkdir()
    (town / "loop.toml").symlink_to("loop.toml")
    (town / "secret.toml").symlink_to("/etc/passwd")
    before = sorted(os.listdir(town))
    days = ["--days", "1"] if command == "run" else []
    assert call(command, *days, "--", name) == 2 or (command, name) == ("show", "base_city")
    assert sorted(os.listdir(town)) == before


FILES = {
    "is empty": b"",
    "is not UTF-8": "title = \"Größe\"".encode("latin-1"),
    "has a byte that is none": SCENARIO.encode() + b"\x00",
    "is UTF-16 and does not say so": SCENARIO.encode("utf-16-le"),
    "is UTF-16 cut short": SCENARIO.encode("utf-16")[:-1],
    "is a workbook": b"PK\x03\x04" + SCENARIO.encode(),
    "has sources that are none": (SCENARIO + "\n[sources]\na = 1\nb = {}\n[sources.c]\nkind = []\ntext = 3\n").encode(),
    "has thousands of sources": (SCENARIO + "\n[sources]\n" + "".join(f"a{n} = {n}\n" for n in range(5000))).encode(),
    "is nested ten thousand deep in lists": b"x = " + b"[" * 10_000 + b"]" * 10_000,
    "is nested ten thousand deep in tables": b"[" + b"a." * 10_000 + b"a]\nx = 1",
    "is nested ten thousand deep inline": b"x = " + b"{a=" * 10_000 + b"1" + b"}" * 10_000,
    "is two megabytes of remarks": b"# remark\n" * 250_000,
    "is a long line": b"x = \"" + b"x" * 900_000 + b"\"",
    "has a number of ten thousand digits": b"[period]\ndays = " + b"9" * 10_000,
    "says everything twice": (SCENARIO + SCENARIO).encode(),
    "is not TOML": b"<xml>no</xml>",
    "has a thousand problems": b"".join(b"[units.u%d]\npeeple = 1\n" % n for n in range(1000)),
    "extends itself": b'extends = "town"',
    "extends what extends it": b'extends = "other"',
    "extends a device": b'extends = "/dev/zero"',
    "extends a secret": b'extends = "/etc/passwd"',
    "extends a number": b"extends = 7",
}  # fmt: skip


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_a_file_that_is_no_scenario_is_refused(town, text):
    (town / "town.toml").write_bytes(text)
    (town / "other.toml").write_bytes(b'extends = "town"')
    assert call("run", "town.toml", "--days", "1") == 2
    assert sorted(os.listdir(town)) == ["other.toml", "town.toml"]


def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(town):
    (town / "town.toml").write_bytes(b"\xef\xbb\xbf" + SCENARIO.replace("\n", "\r\n").encode())
    assert call("run", "town.toml", "--days", "1") == 0


def packed(parts: dict[str, bytes]) -> bytes:
    """A packed file, as a workbook is one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as into:
        for name, content in parts.items():
            into.writestr(name, content)
    return file.getvalue()


SITES = {
    "is missing": None, "is empty": b"", "has no rows": b"site,x_m,y_m,households,residents,kind\n",
    "has other columns": b"a,b,c\n1,2,3\n", "is in no encoding that is known": b"site,x_m,y_m,households,residents,kind\n\xff,1,1,1,1,building\n",
    "has a nul": b"site,x_m,y_m,households,residents,kind\na\x00,1,1,1,1,building\n",
    "has coordinates that are no numbers": b"site,x_m,y_m,households,residents,kind\na,nan,inf,1,1,building\n",
    "has negative people": b"site,x_m,y_m,households,residents,kind\na,1,1,-1,-1,building\n",
    "has huge numbers": b"site,x_m,y_m,households,residents,kind\na,1e300,1,9" + b"9" * 5000 + b",1,building\n",
    "has a row that is too short": b"site,x_m,y_m,households,residents,kind\na,1\n",
    "has a row that is too long": b"site,x_m,y_m,households,residents,kind\na,1,1,1,1,building,7,8,9\n",
    "has a quote that never ends": b'site,x_m,y_m,households,residents,kind\n"a,1,1,1,1,building\n' + b"b,1,1,1,1,building\n" * 9000,
    "has a very long line": b"site,x_m,y_m,households,residents,kind\n" + b"a" * 300_000 + b",1,1,1,1,building\n",
    "has everything at one place": b"site,x_m,y_m,households,residents,kind\n" + b"".join(b"s%d,5,5,3,9,building\n" % n for n in range(80)),
    "spans a continent": b"site,x_m,y_m,households,residents,kind\na,-9e6,-9e6,9,9,building\nb,9e6,9e6,9,9,building\n",
    "is a workbook that is none": b"PK\x03\x04" + bytes(5000),
    "is a packed file that is no workbook": packed({"a.txt": b"site,x_m,y_m,households"}),
    "is a workbook without sheets": packed({"xl/workbook.xml": b"<workbook/>", "[Content_Types].xml": b"<Types/>"}),
    "is a workbook of the old kind": b"\xd0\xcf\x11\xe0" + bytes(5000),
    "has a very long heading": b"site,x_m,y_m,households," + b"h" * 100_000 + b"\na,1,1,x,\n",
    "has thousands of columns": b"site,x_m,y_m," + b"h," * 20_000 + b"\na,1,1,x,\n",
    "has nothing but totals": b"site,x_m,y_m,households\n" + b"total,,,9\n" * 5000,
    "has degrees": b"site,x_m,y_m,households\na,119.31,26.08,9\nb,119.32,26.09,9\n",
    "is larger than any community": b"site,x_m,y_m,households,residents,kind\n" + b"s,1,1,1,1,building\n" * 3_000_000,
}  # fmt: skip
MAY_RUN = {"has everything at one place"}


@pytest.mark.parametrize(("what", "text"), SITES.items(), ids=SITES.keys())
def test_a_hostile_list_of_sites_is_refused(town, what, text):
    (town / "town.toml").write_text(
        SCENARIO
        + '\n[territory]\nsource = "definition"\nwhy = "listed"\nsites_file = "sites.csv"\narea_km2 = 0.02\ncommunities_count = 1\n'
    )
    if text is not None:
        (town / "sites.csv").write_bytes(text)
    before = sorted(os.listdir(town))
    assert call("run", "town.toml", "--days", "1") == (0 if what in MAY_RUN else 2)
    assert sorted(os.listdir(town)) == before


@pytest.mark.parametrize(
    "name",
    [
        "../sites.csv",
        "/etc/passwd",
        "..",
        ".",
        "/dev/zero",
        "a/b.csv",
        "a\\b.csv",
        "~/sites.csv",
        "fifo.csv",
        "x" * 5000,
    ],
)
def test_sites_are_looked_for_beside_the_scenario_only(town, name):
    os.mkfifo(town / "fifo.csv")
    (town.parent / "sites.csv").write_text("site,x_m,y_m,households,residents,kind\na,1,1,1,1,building\n")
    (town / "town.toml").write_text(
        SCENARIO + f'\n[territory]\nsource = "definition"\nwhy = "listed"\nsites_file = \'{name}\'\n'
    )
    assert call("run", "town.toml", "--days", "1") == 2


@pytest.mark.parametrize("out", ["", "/proc/no", "/dev/null", "town.toml", "town.toml/x", "x" * 300, "/", "full"])
def test_a_hostile_place_for_results_is_refused(town, out):
    (town / "town.toml").write_text(SCENARIO)
    (town / "full").mkdir()
    (town / "full" / "mine.txt").write_text("mine")
    assert call("run", "town.toml", "--days", "1", "--out", out) == 2
    assert sorted(os.listdir(town)) == ["full", "town.toml"]
    assert os.listdir(town / "full") == ["mine.txt"]


def test_results_are_written_where_they_are_asked_for_and_nowhere_else(town):
    (town / "town.toml").write_text(SCENARIO)
    assert call("run", "town.toml", "--days", "1", "--out", "deep/down/here") == 0
    assert sorted(os.listdir(town)) == ["deep", "town.toml"]
    assert os.listdir(town / "deep" / "down") == ["here"]
