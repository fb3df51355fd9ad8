"""The page: its history is the run's, a replay is one file, and what a browser shows is counted right."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from itertools import pairwise

import numpy as np
import pytest
from calling import called
from serving import Served, wait_until

from experiments.page.history import TIMES, HistoryError, decode, encode, history_of
from experiments.page.replay import asked_of, write_replay
from experiments.page.runs import Asked, RefusedError
from experiments.page.shell import STATIC
from languages.speaking import LANGUAGES
from scenarios.loading import load
from sim.model import GovernanceModel
from sim.run import outcome_of, simulate

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


def test_either_engine_makes_the_same_body():
    pytest.importorskip("numba")
    scenario = load(CITY, SOME_DAYS)
    assert encode(history_of(scenario, 1, "compiled")) == encode(history_of(scenario, 1, "mesa"))


def test_what_has_ended_has_an_hour_at_which_it_did():
    """Also a report that was rejected, or dropped because the thing had gone, of which nobody notes when."""
    history = history_of(load(CITY, {"period.days": 10}), 1)
    columns = history.columns
    labels = np.array(history.header["stage_labels"])[columns["stage"]]
    over = np.isin(labels, ["closed", "vanished", "rejected", "solved_on_the_spot", "solved_in_grid"])
    assert set(labels[over]) >= {"closed", "vanished", "rejected", "solved_on_the_spot"}
    np.testing.assert_array_equal(over, ~np.isnan(columns["ended_h"]))
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
    named = [header["title"], *(each["name"] for each in (*header["categories"], *header["units"])), *header["finders"]]
    assert all(each.keys() == LANGUAGES.keys() and all(each.values()) for each in named)
    assert header["categories"][0]["name"] == {"en": "disputes", "zh": "纠纷"}


@pytest.mark.parametrize("body", [
    pytest.param(b"", id="nothing"), pytest.param(b"GRID", id="not packed"),
    pytest.param(gzip.compress(b"GRID\2\0\0\0\2\0\0\0{}"), id="a later version"),
    pytest.param(gzip.compress(b"GRID\1\0\0\0\2\0\0\0{}"), id="no columns"),
])  # fmt: skip
def test_a_body_that_is_none_is_refused(body):
    with pytest.raises(HistoryError, match="no history of version 1"):
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
    built = ("step_", "count_", "counted_", "state_", "shape_", "map_")
    assert [key for key in first if f'"{key}"' not in code and not key.startswith(built)] == []


# In a browser ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("there is no chromium; apt-get install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture
def view(browser):
    """A page with the network cut off; whatever goes wrong in it or wants to leave this machine is an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:", "http://127.0.0.1:", "blob:")) else said.append(asked.url))  # fmt: skip
    yield page
    context.close()
    assert said == []


@pytest.fixture(scope="module")
def served():
    there = Served()
    yield there
    there.end()


def opened(view, address):
    if address.startswith("file:"):
        view.context.set_offline(True)
    view.goto(address)
    view.wait_for_selector("body[data-ready]")


COUNTED = ("occurred", "found", "settled", "filed", "closed", "on_time", "open", "unseen")


def numbers(view):
    return {name: int(view.get_attribute(f"#numbers .{name}", "data-value")) for name in COUNTED}


def hour(view):
    return float(view.get_attribute("#hour", "datetime"))


def seek(view, to):
    view.evaluate("hour => { const seek = document.getElementById('seek'); seek.step = 'any'; seek.value = hour; "
                  "seek.dispatchEvent(new Event('input')); }", to)  # fmt: skip


def test_a_browser_reads_the_columns_that_python_wrote(view, replayed, junmen):
    opened(view, replayed.as_uri())
    read = view.evaluate(
        "async () => { const { history } = await import('page/source.js'); const { columns } = await history(null, 'en');"
        " return Object.fromEntries(Object.entries(columns).map(([name, all]) => [name, [all.constructor.name, Array.from(all, String)]])); }"
    )
    kinds = {"Int8Array": "i1", "Int16Array": "i2", "Int32Array": "i4", "Float32Array": "f4", "Float64Array": "f8"}
    assert read.keys() == junmen.columns.keys()
    for name, values in junmen.columns.items():
        kind, texts = read[name]
        assert kinds[kind] == values.dtype.str[1:]
        np.testing.assert_array_equal(
            np.array([float(text.replace("Infinity", "inf")) for text in texts]), values.astype(float)
        )


def test_the_numbers_of_the_page_are_those_of_the_run(view, replayed):
    opened(view, replayed.as_uri())
    seek(view, 24 * 184)
    outcome = simulate(load(JUNMEN), 1)
    told, shown, record = outcome.indicators, numbers(view), outcome.record
    assert shown == {
        "occurred": told["occurred_count"], "found": told["found_count"], "filed": told["filed_count"],
        "settled": told["solved_on_the_spot_count"] + told["solved_in_grid_count"], "closed": told["closed_count"],
        "on_time": int(record.on_time.sum()), "open": told["backlog_count"],
        "unseen": int((~record.found & ~(record.gone_h <= record.end_h)).sum()),
    }  # fmt: skip
    scenario, hours = load(JUNMEN), (100, 777, 1500, 2600, 4000)
    model, before = GovernanceModel(scenario, 1), 0
    for at in hours:
        model.run_for(at - before)
        record, before = outcome_of(model, scenario, 1).record, at
        seek(view, at)
        then = numbers(view)
        expected = {
            name: int(getattr(record, name).sum()) for name in ("occurred", "found", "filed", "closed", "on_time")
        }
        assert {name: then[name] for name in expected} == expected
        assert abs(then["open"] - model.log.backlog_count) <= 2  # when a report was dropped is not noted


def test_a_replay_plays_from_disk_without_network(view, replayed):
    opened(view, replayed.as_uri())
    assert hour(view) == 0
    view.keyboard.press("Space")
    wait_until(lambda: hour(view) > 3)
    view.keyboard.press("Space")
    stopped = hour(view)
    view.keyboard.press("ArrowRight")
    assert hour(view) == np.floor(stopped) + 1
    view.keyboard.press("Shift+ArrowLeft")
    assert hour(view) == max(0, np.floor(stopped) + 1 - 24)
    view.keyboard.press("End")
    assert hour(view) == 24 * 184
    view.keyboard.press("Home")
    assert hour(view) == 0


def test_a_case_file_opens_and_keeps_with_the_language_and_the_hour(view, replayed):
    opened(view, replayed.as_uri())
    seek(view, 1500)
    view.check("input[value=known]")
    view.keyboard.press("n")
    steps = view.locator("#file li .step").all_inner_texts()
    assert steps[0].startswith("occurred (")
    assert any(step.startswith("found by: ") for step in steps)
    view.keyboard.press("Escape")
    assert view.is_hidden("#file")
    x, y = view.evaluate(
        "async () => { const [[, x, y]] = (await import('page/main.js')).map.drawn.slice(-1); return [x, y]; }"
    )
    view.mouse.move(x, view.evaluate("document.getElementById('map').getBoundingClientRect().top") + y)
    assert " · there for " in view.inner_text("#word")
    view.mouse.down()
    view.mouse.up()
    view.locator("#file .when").first.click()
    gone_to = hour(view)
    assert gone_to < 1500
    view.click("text=中文")
    assert view.get_attribute("html", "lang") == "zh-CN"
    assert hour(view) == gone_to
    assert view.locator("#file li .step").first.inner_text().startswith("发生（")
    assert view.inner_text("#title") == "军门，实行社区网格"


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)], ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_and_every_control_has_a_name(view, replayed, size, language):
    view.set_viewport_size({"width": size[0], "height": size[1]})
    opened(view, replayed.as_uri())
    view.click(f"[data-language={language}]")
    assert view.evaluate("document.documentElement.scrollWidth") <= size[0]
    nameless = "() => Array.from(document.querySelectorAll('button, input, select, canvas[role]')).filter(each => " \
               "each.offsetParent && !(each.getAttribute('aria-label') || each.innerText || each.labels?.[0]?.innerText)).map(each => each.outerHTML)"  # fmt: skip
    assert view.evaluate(nameless) == []


def test_with_reduced_motion_it_plays_in_steps(view, replayed):
    view.emulate_media(reduced_motion="reduce")
    opened(view, replayed.as_uri())
    seen = set()
    view.keyboard.press("Space")
    wait_until(lambda: seen.add(hour(view)) or len(seen) > 2)
    assert min(after - before for before, after in pairwise(sorted(seen))) >= 0.5 * 12  # 12 h a second, half a second


def test_the_served_page_plays_what_is_chosen(view, served):
    opened(view, f"http://127.0.0.1:{served.port}/")
    assert view.inner_text("#title") == "Junmen under the social grid"
    seek(view, 500)
    before = view.get_attribute("body", "data-ready")
    view.select_option("#scenario", "junmen_before")
    wait_until(lambda: view.get_attribute("body", "data-ready") != before)
    assert hour(view) == 500
    assert view.input_value("#scenario") == "junmen_before"
    view.click("text=中文")
    assert hour(view) == 500
