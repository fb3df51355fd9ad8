"""The page in a browser: what it shows is what the model did; it plays, compares, tells stories, and speaks two languages."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import numpy as np
import pytest
from browsing import changed_to, hour, move_lever, numbers, on_stage, opened, seek
from serving import Served, wait_until

from experiments.page.endings import AGAINST, values_of
from experiments.page.history import history_of
from experiments.page.replay import write_replay
from experiments.page.runs import Asked
from experiments.page.stories import stories
from languages.speaking import LANGUAGES
from scenarios.loading import load
from sim.incidents import Level, Stage
from sim.model import GovernanceModel
from sim.run import outcome_of, simulate

JUNMEN, CITY = "junmen_2012", "changning_2005q4"
DIRECT = {"rules.escalation": "direct"}
HOURS = (100, 777, 1500, 2600, 4000)
WHOLE = 24 * 184


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    file = tmp_path_factory.mktemp("replay") / "junmen.html"
    write_replay(Asked(JUNMEN, {}, 1), file)
    return file


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    file = tmp_path_factory.mktemp("replay") / "two.html"
    write_replay(Asked(JUNMEN, {}, 1), file, Asked(JUNMEN, DIRECT, 1))
    return file


@pytest.fixture(scope="module")
def served():
    there = Served()
    yield there
    there.end()


def at(served):
    return f"http://127.0.0.1:{served.port}/"


# What is shown is what happened ------------------------------------------------------------------------------------
def test_a_browser_reads_the_columns_that_python_wrote(view, replayed):
    opened(view, replayed.as_uri())
    read = on_stage(view, "stage => Object.fromEntries(Object.entries(stage.plans[0].history.columns)"
                          ".map(([name, all]) => [name, [all.constructor.name, Array.from(all, String)]]))")  # fmt: skip
    written = history_of(load(JUNMEN), 1).columns
    kinds = {"Int8Array": "i1", "Int16Array": "i2", "Int32Array": "i4", "Float32Array": "f4", "Float64Array": "f8"}
    assert read.keys() == written.keys()
    for name, values in written.items():
        kind, texts = read[name]
        assert kinds[kind] == values.dtype.str[1:]
        np.testing.assert_array_equal(
            np.array([float(text.replace("Infinity", "inf")) for text in texts]), values.astype(float)
        )


def test_the_numbers_of_the_page_are_those_of_the_run(view, replayed):
    opened(view, replayed.as_uri())
    seek(view, WHOLE)
    outcome = simulate(load(JUNMEN), 1)
    told, shown, record = outcome.indicators, numbers(view), outcome.record
    assert shown == {
        "occurred": told["occurred_count"], "found": told["found_count"], "filed": told["filed_count"],
        "settled": told["solved_on_the_spot_count"] + told["solved_in_grid_count"], "closed": told["closed_count"],
        "on_time": int(record.on_time.sum()), "open": told["backlog_count"],
        "unseen": int((~record.found & ~(record.gone_h <= record.end_h)).sum()),
    }  # fmt: skip
    scenario, before = load(JUNMEN), 0
    model = GovernanceModel(scenario, 1)
    for now in HOURS:
        model.run_for(now - before)
        record, before = outcome_of(model, scenario, 1).record, now
        seek(view, now)
        then = numbers(view)
        counted = ("occurred", "found", "filed", "closed", "on_time")
        assert {name: then[name] for name in counted} == {name: int(getattr(record, name).sum()) for name in counted}
        assert then["open"] == model.log.backlog_count


@pytest.mark.parametrize(("name", "days"), [(JUNMEN, 90), (CITY, 12), ("dongcheng_2010", 4)])
def test_the_ladder_of_the_page_is_that_of_the_model(view, tmp_path, name, days):
    """Cases that wait and are worked at each level, at some hours."""
    changes = {"period.days": days}
    write_replay(Asked(name, changes, 1), tmp_path / "x.html")
    opened(view, (tmp_path / "x.html").as_uri())
    model, before = GovernanceModel(load(name, changes), 1), 0
    for now in (24 * days // 3 + 10, 24 * days // 2 + 3, 24 * days - 5):
        model.run_for(now - before)
        before = now
        standing = {(level, doing): 0 for level in range(4) for doing in ("waits", "worked")}
        for incident in model.log.everything:
            doing = {Stage.DISPATCHED: "waits", Stage.HANDLING: "worked"}.get(incident.stage)
            if doing and (incident.unit or doing == "worked"):
                level = incident.unit.level if incident.unit else Level.GRID
                if incident.level == level or not incident.unit:
                    standing[level, doing] += 1
        shown = on_stage(view, "(stage, hour) => { const now = stage.plans[0].ladder.at(hour); return Array.from(now.rows, "
                               "([level, row]) => [level, row.waits.length, row.worked.length]); }", now)  # fmt: skip
        for level, waits, worked in shown:
            assert (waits, worked) == (standing[level, "waits"], standing[level, "worked"]), (now, level)
        assert sum(waits + worked for _, waits, worked in shown) > 0


def test_people_are_where_the_model_has_them(view, tmp_path):
    """How far each post has walked and until when it is on errands; at whose doors each round is."""
    for name, changes in ((CITY, {"period.days": 12}), (JUNMEN, {"period.days": 30})):
        write_replay(Asked(name, changes, 1), tmp_path / f"{name}.html")
        opened(view, (tmp_path / f"{name}.html").as_uri())
        model = GovernanceModel(load(name, changes), 1)
        for now in (33.5, 107.25, 205.0, 24.0 * changes["period.days"] - 7.3):
            model.calendar.run_until(now)
            beats, rounds = on_stage(view, """(stage, hour) => {
                const { people } = stage.plans[0], { columns } = people;
                return [Array.from({ length: people.beatsCount }, (_, beat) => { const { walked, errand } = people.doingOfBeat(beat, hour);
                    const last = people.errands[beat].taken.filter((taken) => taken <= hour).length - 1;
                    return [walked, last < 0 ? 0 : people.errands[beat].ends[last], errand ? 1 : 0]; }),
                  Array.from(columns.round_unit, (unit, round) => [unit, people.siteOfRound(round, hour)])]; }""", now)  # fmt: skip
            duty_h = model.patrol.hours.worked_h(now)
            assert len(beats) == len(model.patrol.beats)
            for beat, (walked, free_at, busy) in zip(model.patrol.beats, beats, strict=True):
                assert walked == pytest.approx(beat.walked_h(duty_h), abs=1e-6)
                assert free_at == pytest.approx(beat.free_at, abs=1e-9)
                assert busy == (duty_h < beat.free_at)
            assert (len(rounds) > 0) == (name == JUNMEN)
            for unit, site in rounds:
                assert site == site_of_round(model, model.units[unit], now)


def site_of_round(model, post, now):
    """The household that a round stands before, counted door by door."""
    passed = post.hours.worked_h(now) * post.visits_per_h % post.households
    doors = []
    for site, grid in enumerate(model.territory.social.of_site.tolist()):
        before, inside = model.door_of(site)
        if grid in post.areas and inside > 0:
            doors.append((post.passed_before(grid) + before, site))
    return max(door for door in doors if door[0] <= passed)[1]


# Playing ------------------------------------------------------------------------------------------------------------
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
    assert hour(view) == WHOLE
    view.keyboard.press("Home")
    assert hour(view) == 0


def test_with_reduced_motion_it_plays_in_steps(view, replayed):
    view.emulate_media(reduced_motion="reduce")
    opened(view, replayed.as_uri())
    seen = set()
    view.keyboard.press("Space")
    wait_until(lambda: seen.add(hour(view)) or len(seen) > 2)
    assert min(after - before for before, after in pairwise(sorted(seen))) >= 0.5 * 12  # 12 h a second, half a second


# Files --------------------------------------------------------------------------------------------------------------
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
    view.uncheck("#people")
    x, y = on_stage(view, "stage => { const [[, x, y]] = stage.maps[0].drawn.slice(-1); return [x, y]; }")
    top = view.evaluate("document.getElementById('map').getBoundingClientRect().top")
    view.mouse.move(x, top + y)
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


@pytest.mark.parametrize("name", [JUNMEN, CITY, "dongcheng_2010"])
def test_every_case_file_can_be_told(view, tmp_path, name):
    """Of every kind of incident that there is, in both languages; nothing in braces, nothing undefined is left over."""
    write_replay(
        Asked(name, {"period.days": {JUNMEN: 184, CITY: 12, "dongcheng_2010": 4}[name]}, 1), tmp_path / "x.html"
    )
    opened(view, (tmp_path / "x.html").as_uri())
    for language in LANGUAGES:
        view.click(f"[data-language={language}]")
        texts = on_stage(view, """stage => { const { columns } = stage.plans[0].history, kinds = new Map();
            for (let i = 0; i < columns.site.length; i++) {
              const own = stage.plans[0].steps.ofIncident.part(i);
              kinds.set(Array.from(own, (step) => stage.plans[0].steps.what[step]).join(), i); }
            return Array.from(kinds.values()).slice(0, 400).map((i) => { stage.choose(i); return document.getElementById("file").innerText; }); }""")  # fmt: skip
        assert len(texts) > 30
        for text in texts:
            assert "{" not in text
            assert "undefined" not in text
            assert "NaN" not in text


def test_the_file_of_a_person_says_what_they_did_that_day(view, tmp_path):
    write_replay(Asked(CITY, {"period.days": 6}, 1), tmp_path / "x.html")
    opened(view, (tmp_path / "x.html").as_uri())
    seek(view, 4 * 24 + 10.5)
    x, y, number = on_stage(
        view, "stage => { const [person, x, y] = stage.maps[0].people[0]; return [x, y, person.number]; }"
    )
    top = view.evaluate("document.getElementById('map').getBoundingClientRect().top")
    view.mouse.click(x, top + y)
    assert view.inner_text("#person h2").startswith(f"Post {number + 1}:")
    columns = history_of(load(CITY, {"period.days": 6}), 1).columns
    of_day = (
        (columns["step_who"] == number) & np.isin(columns["step_what"], (16, 17, 18)) & (columns["step_h"] // 24 == 4)
    )
    assert view.locator("#person li .when").count() == of_day.sum() > 0
    view.locator("#person li .link").first.click()
    assert view.is_visible("#file")
    assert view.is_hidden("#person")


# Two plans ----------------------------------------------------------------------------------------------------------
def fate(record, i):
    """How an incident ended, said anew in Python."""
    if not record.found[i]:
        return "never seen"
    if record.stage[i] in (Stage.REJECTED, Stage.VANISHED):
        return "turned away"
    if record.stage[i] not in (Stage.CLOSED, Stage.SOLVED_ON_THE_SPOT, Stage.SOLVED_IN_GRID):
        return "open"
    if np.isnan(record.due_h[i]):
        return "solved"
    return "in time" if record.handled_h[i] <= record.due_h[i] else "late"


def test_two_plans_are_set_side_by_side_and_what_differs_is_counted_and_stepped_through(view, compared):
    opened(view, compared.as_uri())
    one, other = simulate(load(JUNMEN), 1).record, simulate(load(JUNMEN, DIRECT), 1).record
    differing = [i for i in np.flatnonzero(one.occurred).tolist() if fate(one, i) != fate(other, i)]
    view.click("#tab_differences")
    assert int(view.get_attribute("#differences .count", "data-count")) == len(differing) > 50
    assert (
        view.inner_text("#place .plan_1")
        == "Junmen under the social grid · where a case goes, and where next: straight to the top"
    )
    view.keyboard.press("d")
    assert on_stage(view, "stage => stage.fates.chosen") == differing[0]
    assert hour(view) == np.ceil(one.occurred_h[differing[0]])
    view.keyboard.press("d")
    assert on_stage(view, "stage => stage.fates.chosen") == differing[1]
    assert view.inner_text("#differences .place") == f"2 of {len(differing)}"
    on_stage(view, "(stage, incident) => stage.choose(incident)", differing[0])
    view.locator("#file .other .link").click()  # the same incident under the other plan
    assert on_stage(view, "stage => [stage.chosen, stage.which]") == [differing[0], 1]
    view.keyboard.press("Escape")
    view.click("#tab_numbers")
    seek(view, WHOLE)
    assert numbers(view, 1)["open"] == simulate(load(JUNMEN, DIRECT), 1).indicators["backlog_count"]
    assert numbers(view, 0)["open"] == simulate(load(JUNMEN), 1).indicators["backlog_count"]


def test_plans_that_did_not_meet_the_same_incidents_are_not_compared_one_by_one(view, served):
    opened(view, at(served))
    changed_to(view, lambda: view.select_option("#against", "junmen_before"))
    view.click("#tab_differences")
    assert "do not meet the same incidents" in view.inner_text("#differences")
    changed_to(view, lambda: view.select_option("#against", "="))
    assert view.get_attribute("#differences .count", "data-count") == "0"


# Levers and choices -------------------------------------------------------------------------------------------------
def test_the_served_page_plays_what_is_chosen(view, served):
    opened(view, at(served))
    assert view.inner_text("#title") == "Junmen under the social grid"
    seek(view, 500)
    changed_to(view, lambda: view.select_option("#scenario", "junmen_before"))
    assert hour(view) == 500
    assert view.input_value("#scenario") == "junmen_before"
    view.click("text=中文")
    assert hour(view) == 500


@pytest.mark.parametrize("expected", [["422 (Unprocessable Entity)"]])
def test_a_lever_makes_another_history_and_a_wrong_value_is_refused_beside_it(view, served):
    opened(view, at(served))
    seek(view, 700)
    view.click("#tab_levers")
    assert view.is_disabled("#back_to_scenario")
    lever = "units.grid_manager.people"
    changed_to(view, lambda: move_lever(view, lever, 3))
    assert hour(view) == 700
    moved = simulate(load(JUNMEN, {lever: 3}), 1).indicators
    view.click("#tab_numbers")
    seek(view, WHOLE)
    assert numbers(view)["found"] == moved["found_count"]
    view.click("#tab_levers")
    move_lever(view, lever, -1)
    refusal = view.locator(f"[id='lever:{lever}'] .refusal")
    wait_until(lambda: refusal.inner_text())
    assert refusal.inner_text() == f"{lever} = -1 must lie in [0, 100000]"
    assert view.is_hidden("#message")
    changed_to(view, lambda: view.click("#back_to_scenario"))
    assert refusal.inner_text() == ""
    assert view.get_attribute("body", "data-ready") == load(JUNMEN).hash


def test_levers_of_the_plan_beside_are_moved_on_their_own(view, served):
    opened(view, at(served))
    changed_to(view, lambda: view.select_option("#against", "="))
    view.click("#tab_levers")
    view.click(".which .plan_1")
    changed_to(view, lambda: move_lever(view, "rules.escalation", "direct"))
    one, other = view.get_attribute("body", "data-ready").split()
    assert (one, other) == (load(JUNMEN).hash, load(JUNMEN, DIRECT).hash)


def slow_answers(view, seconds):
    """Histories take their time, as on a slow machine."""

    def wait(route):
        time.sleep(seconds)
        route.continue_()

    view.route("**/api/history", wait)


def test_who_types_while_an_answer_arrives_is_not_disturbed(view, served):
    opened(view, at(served))
    view.click("#tab_levers")
    view.evaluate("for (const each of document.querySelectorAll('#levers details')) each.open = true")
    slow_answers(view, 0.5)
    asked = []
    view.on(
        "request", lambda request: asked.append(request.post_data) if request.url.endswith("/api/history") else None
    )
    before = view.get_attribute("body", "data-ready")
    move_lever(view, "units.grid_manager.people", 2)
    field = view.locator("[id='lever:party.members_count:value']")
    field.fill("1")
    view.wait_for_function("before => document.body.dataset.ready !== before", arg=before)
    field.press_sequentially("50", delay=30)
    assert field.input_value() == "150"
    changed_to(view, lambda: field.press("Enter"))
    assert [json.loads(each)["overrides"] for each in asked] == [
        {"units.grid_manager.people": 2}, {"units.grid_manager.people": 2, "party.members_count": 150},
    ]  # fmt: skip


def test_what_takes_its_time_says_so_and_can_be_ended(view, served):
    opened(view, at(served))
    slow_answers(view, 5)
    view.select_option("#scenario", CITY)
    wait_until(lambda: "Esc" in view.inner_text("#message"))
    view.focus("#map")
    view.keyboard.press("Escape")
    assert view.is_hidden("#message")
    assert view.input_value("#scenario") == JUNMEN


def test_levers_of_both_plans_that_are_moved_at_once_are_both_moved(view, served):
    opened(view, at(served))
    changed_to(view, lambda: view.select_option("#against", "="))
    view.click("#tab_levers")
    slow_answers(view, 0.3)
    move_lever(view, "units.grid_manager.people", 3)
    view.click(".which .plan_1")
    move_lever(view, "rules.escalation", "direct")
    ready = f"{load(JUNMEN, {'units.grid_manager.people': 3}).hash} {load(JUNMEN, DIRECT).hash}"
    wait_until(lambda: view.get_attribute("body", "data-ready") == ready)


def test_plans_of_different_length_end_each_at_its_own_hour(view, served):
    opened(view, at(served))
    changed_to(view, lambda: view.select_option("#against", "="))
    view.click("#tab_levers")
    changed_to(view, lambda: move_lever(view, "period.days", 30))
    view.click("#tab_numbers")
    seek(view, 60 * 24)
    assert view.inner_text("#place .plan_0").endswith(" · over")
    drawn = on_stage(view, "stage => [stage.maps[0].drawn.length, stage.maps[1].drawn.length]")
    seek(view, 90 * 24)
    assert on_stage(view, "stage => stage.maps[0].drawn.length") == drawn[0]  # it stands as it ended
    ends = view.evaluate(
        "Array.from(document.querySelectorAll('#on_time_share polyline'), (line) => Number(line.getAttribute('points').split(' ').at(-1).split(',')[0]))"
    )
    assert ends[0] == pytest.approx(300 * 30 / 184, abs=1)
    assert ends[1] == pytest.approx(300, abs=1)
    assert float(view.get_attribute("#on_time_share .cursor", "x1")) == pytest.approx(300 * 90 / 184, abs=0.5)


def test_two_places_of_different_size_are_each_seen_whole(view, served):
    opened(view, at(served))
    changed_to(view, lambda: view.select_option("#against", "changning_2005q4"))
    seek(view, 300)
    inside = """stage => stage.maps.map((map) => { const [x0, y0, x1, y1] = map.history.ground.frame_m, [left, top] = map.toScreen(x0, y1), [right, bottom] = map.toScreen(x1, y0);
        return left >= 0 && top >= 0 && right <= map.wide && bottom <= map.high; })"""
    assert on_stage(view, inside) == [True, True]
    view.keyboard.press("+")
    assert on_stage(view, "stage => stage.maps.map((map) => map.look.zoom > 1)") == [True, True]
    view.keyboard.press("0")
    assert on_stage(view, inside) == [True, True]


def test_what_came_back_is_not_taken_for_another_plans_incident(view, served):
    opened(view, at(served))
    changed_to(view, lambda: view.select_option("#scenario", CITY))
    changed_to(view, lambda: view.select_option("#against", "="))
    view.click("#tab_levers")
    view.click(".which .plan_1")
    changed_to(view, lambda: move_lever(view, "supervisors.count", 200))
    back = on_stage(
        view,
        "stage => { const i = stage.plans[0].history.columns.came_back_of.findIndex((before) => before >= 0); stage.choose(i, 0); return i; }",
    )
    assert back > 0
    assert view.locator("#file .other").count() == 0
    on_stage(view, "stage => stage.choose(0, 0)")
    assert view.locator("#file .other").count() == 1


def test_a_story_that_is_chosen_while_another_loads_is_the_one_that_is_told(view, served):
    opened(view, at(served))
    slow_answers(view, 0.3)
    view.click("#tab_stories")
    view.click("[data-story=more_eyes]")
    view.click("[data-story=ladder]")
    view.wait_for_selector("#story_next")
    assert stories()["ladder"].title.en in view.inner_text("#card .kind")
    # a lever that is moved is the pupils' own; the next step is the story's again
    view.click("#tab_levers")
    told = view.get_attribute("body", "data-ready")
    changed_to(view, lambda: move_lever(view, "units.district_departments.people", 3))
    changed_to(view, lambda: view.click("#story_next"))
    assert view.get_attribute("body", "data-ready") == told
    view.select_option("#scenario", "nanhu")
    wait_until(lambda: view.is_hidden("#card"))


def test_playing_again_and_again_draws_no_more_often(view, replayed):
    opened(view, replayed.as_uri())
    drawn = on_stage(view, """async stage => { const draw = stage.draw.bind(stage); let count = 0;
        stage.player.shown = (hour) => { count++; draw(hour); };
        for (let n = 0; n < 10; n++) { stage.player.play(); stage.player.pause(); }
        stage.player.play(); count = 0; const began = performance.now(); let frames = 0;
        while (frames < 20) { await new Promise(requestAnimationFrame); frames++; }
        stage.player.pause(); return count; }""")  # fmt: skip
    assert drawn <= 22


def test_what_a_post_has_in_hand_is_what_the_model_says(view, tmp_path):
    changes = {"units.grid_manager.people": 3, "period.days": 40}
    write_replay(Asked(JUNMEN, changes, 1), tmp_path / "x.html")
    opened(view, (tmp_path / "x.html").as_uri())
    model = GovernanceModel(load(JUNMEN, changes), 1)
    seen = 0
    for now in range(30, 24 * 40, 37):
        model.calendar.run_until(float(now))
        busy = {number: set(unit._in_hand) for number, unit in enumerate(model.units) if unit.level == Level.GRID}
        shown = on_stage(
            view,
            "(stage, hour) => stage.plans[0].history.units.flatMap(({ level }, unit) => level ? [] : [[unit, stage.plans[0].people.inHand(unit, hour)]])",
            now,
        )
        for unit, incident in shown:
            assert (incident in busy[unit]) if busy[unit] else incident == -1, (now, unit)
            seen += incident >= 0
    assert seen > 20


def test_by_the_keyboard_alone_files_and_stories_are_gone_through(view, served):
    """Whoever presses a button that is made anew is on its like afterwards."""
    opened(view, at(served))
    seek(view, 1500)
    view.keyboard.press("n")
    view.focus("#file [aria-label='The next one on the map']")
    titles = []
    for _ in range(3):
        view.keyboard.press("Enter")
        titles.append(view.inner_text("#file h2"))
    assert len(set(titles)) == 3
    view.keyboard.press("Escape")
    assert view.evaluate("document.activeElement.id") == "tab_numbers"
    view.click("#tab_stories")
    view.focus("[data-story=ladder]")
    view.keyboard.press("Enter")
    view.wait_for_selector("#story_next")
    view.focus("#story_next")
    for place in range(1, 4):
        view.keyboard.press("Enter")
        wait_until(lambda place=place: view.get_attribute("#card", "data-step") == str(place))


@pytest.mark.parametrize("expected", [["Failed to load resource", "ERR_CONNECTION"]])
def test_a_server_that_was_started_anew_is_asked_as_if_nothing_had_been(view):
    there = Served()
    try:
        opened(view, at(there))
        view.click("#tab_levers")
        there.end()
        move_lever(view, "units.grid_manager.people", 2)
        wait_until(lambda: "does not answer" in view.inner_text("#message"))
        view.click("[data-step='1']")
        assert hour(view) == 1  # what is there goes on
        there = Served(port=there.port)
        changed_to(view, lambda: move_lever(view, "units.grid_manager.people", 3))
        assert view.is_hidden("#message")
    finally:
        there.end()


# Stories ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "name"), [*(("en", name) for name in stories()), ("zh", "ladder")])
def test_every_story_can_be_told_to_its_end(view, served, name, language):
    story = stories()[name]
    plans = [story.asked(), *([story.asked_against()] if story.against else [])]
    values = [values_of(history_of(load(plan.scenario, plan.overrides), plan.seed)) for plan in plans]
    opened(view, at(served))
    view.click(f"[data-language={language}]")
    view.click("#tab_stories")
    view.click(f"[data-story={name}]")
    view.wait_for_selector("#card .text")
    for place, step in enumerate(story.steps):
        assert view.get_attribute("#card", "data-step") == str(place)
        assert "{" not in view.inner_text("#card .text")
        assert "NaN" not in view.inner_text("#card .text")
        if step.points_at:
            assert view.locator(".pointed").count() == 1, step.points_at
            assert view.locator(".pointed").is_visible(), step.points_at
        if place + 1 < len(story.steps):
            view.click("#story_next")
    undistorted = "stage => stage.shown.every(({ canvas, wide, high }) => canvas.clientWidth === wide && canvas.clientHeight === high)"
    wait_until(lambda: on_stage(view, undistorted))  # the card has taken room from the maps
    shown = on_stage(view, "async stage => (await import('page/stories.js')).valuesOf(stage.plans)")
    told = {f"{AGAINST * place}{key}": value for place, of in enumerate(values) for key, value in of.items()}
    assert {key: shown[key] for key in told} == pytest.approx(told, nan_ok=True)
    view.click("#story_end")
    assert view.is_hidden("#card")


# For everybody ------------------------------------------------------------------------------------------------------
SIZES = [(1920, 1080), (1280, 720), (390, 844)]
NAMELESS = """() => Array.from(document.querySelectorAll('button, input, select, canvas[role], a')).filter(each => each.offsetParent &&
  !(each.getAttribute('aria-label') || each.innerText || each.labels?.[0]?.textContent)).map(each => each.outerHTML)"""


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_and_every_control_has_a_name(view, served, size, language):
    view.set_viewport_size({"width": size[0], "height": size[1]})
    opened(view, at(served))
    view.click(f"[data-language={language}]")
    changed_to(view, lambda: view.select_option("#against", "="))
    for tab in ("numbers", "ladder", "differences", "levers", "stories"):
        view.click(f"#tab_{tab}")
        assert view.evaluate("document.documentElement.scrollWidth") <= size[0], tab
        assert view.evaluate(NAMELESS) == []
    view.click("#to_community")
    assert view.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert view.evaluate(NAMELESS) == []


CONTRAST = """() => { const rgb = text => text.match(/[\\d.]+/g).map(Number), lum = ([r, g, b]) => { const f = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const behind = each => { for (let at = each; at; at = at.parentElement) { const c = rgb(getComputedStyle(at).backgroundColor); if (c.length < 4 || c[3] > .8) return c; } return [255, 255, 255]; };
  const poor = [];
  for (const each of document.querySelectorAll('body *')) {
    if (!each.offsetParent || each.disabled || each.closest(':disabled, svg, option') || !Array.from(each.childNodes).some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    let opacity = 1; for (let at = each; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const back = behind(each), ink = rgb(getComputedStyle(each).color).slice(0, 3).map((v, i) => v * opacity + back[i] * (1 - opacity)), [a, b] = [lum(ink), lum(back)].sort((x, y) => y - x), size = parseFloat(getComputedStyle(each).fontSize);
    const ratio = (a + .05) / (b + .05);
    if (ratio < (size >= 24 ? 3 : 4.5)) poor.push([each.className || each.tagName, each.textContent.trim().slice(0, 30), ratio.toFixed(2)]); }
  return poor; }"""


def test_every_text_can_be_read_by_those_who_see_little(view, served):
    """The contrast of level AA of the Web Content Accessibility Guidelines."""
    opened(view, at(served))
    changed_to(view, lambda: view.select_option("#against", "="))
    for tab in ("numbers", "ladder", "differences", "levers", "stories"):
        view.click(f"#tab_{tab}")
        assert view.evaluate(CONTRAST) == [], tab
    view.keyboard.press("Escape")
    seek(view, 1500)
    on_stage(view, "stage => stage.chooseBeside(1)")
    assert view.evaluate(CONTRAST) == []
    on_stage(view, "stage => stage.meet(stage.plans[0].people.everybody[0])")
    assert view.evaluate(CONTRAST) == []
    view.click("#tab_stories")
    view.locator(".story").first.click()
    view.wait_for_selector("#story_next")
    assert view.evaluate(CONTRAST) == []
    view.click("#to_community")
    assert view.evaluate(CONTRAST) == []


def test_a_narrow_screen_can_do_all_of_it_by_touch(browser, served):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    try:
        opened(page, at(served))
        page.tap("#play")
        time.sleep(0.4)
        page.tap("#play")
        assert hour(page) > 0
        page.tap("#tab_stories")
        page.locator(".story").nth(1).tap()
        page.wait_for_selector("#story_next")
        page.tap("#story_next")
        assert page.get_attribute("#card", "data-step") == "1"
    finally:
        context.close()
