"""Guided stories: what they claim is so, by more than one seed; and what is wrong with a file is said in one line."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from experiments.page.endings import AGAINST, SHARES, VALUES, values_of
from experiments.page.history import history_of
from experiments.page.runs import wanted
from experiments.page.stories import LARGEST_BYTES, STORIES, StoryError, as_plain, read_story, stories
from experiments.page.story import KINDS
from experiments.page.story_checks import PLACES
from languages.speaking import LANGUAGES
from scenarios.loading import load
from sim.run import simulate

TOLD = stories()
FIRST = STORIES / "more_eyes.toml"
SEEDS = 3
"""So many besides a story's own."""
MOST_INCIDENTS = 20_000
THEMES = {
    "more_eyes", "two_definitions", "small_grids", "ladder", "before_and_after", "who_never_complains",
    "hours_of_the_street", "neighbours_who_look",
}  # fmt: skip


@cache
def history(name, seed, beside):
    story = TOLD[name]
    asked = story.asked_against() if beside else story.asked()
    return history_of(wanted(asked), seed)


def ends(name, seed):
    """What the texts and claims of a story name, for a seed."""
    values = values_of(history(name, seed, False))
    if TOLD[name].against:
        values |= {f"{AGAINST}{key}": value for key, value in values_of(history(name, seed, True)).items()}
    return values


# What is shipped ---------------------------------------------------------------------------------------------------
def test_there_is_a_story_for_every_theme():
    assert set(TOLD) >= THEMES
    assert [story.order for story in TOLD.values()] == list(range(1, len(TOLD) + 1))


@pytest.mark.parametrize("name", TOLD)
def test_what_a_story_claims_is_so_whatever_the_seed(name):
    story = TOLD[name]
    seeds = [story.seed, *(seed for seed in range(1, SEEDS + 2) if seed != story.seed)][: SEEDS + 1]
    not_so = {
        seed: wrong for seed in seeds
        if (wrong := [str(claim) for claim in story.claims if not claim.holds(ends(name, seed))])
    }  # fmt: skip
    assert not not_so
    assert len(story.claims) == len(story.holds)


@pytest.mark.parametrize("name", TOLD)
def test_the_texts_name_values_that_the_runs_have(name):
    story, values = TOLD[name], ends(name, TOLD[name].seed)
    texts = [story.title, story.plan, *(step.text for step in story.steps)]
    for words in texts:
        assert len({frozenset(names) for names in words.values.values()}) == 1
        for text in (getattr(words, language) for language in LANGUAGES):
            filled = text.format(**{key: 0 if value is None else value for key, value in values.items()})
            assert "{" not in filled
        assert all(values[key] is not None for key in set().union(*words.values.values()))


@pytest.mark.parametrize("name", TOLD)
def test_both_plans_meet_the_same_incidents(name):
    if not TOLD[name].against:
        pytest.skip("it has one plan")
    one, other = history(name, TOLD[name].seed, False), history(name, TOLD[name].seed, True)
    own = [run.columns["came_back_of"] < 0 for run in (one, other)]
    for column in ("occurred_h", "site", "category", "severity", "gone_h"):
        np.testing.assert_array_equal(one.columns[column][own[0]], other.columns[column][own[1]])
    assert one.header["hours"] == other.header["hours"]


@pytest.mark.parametrize("name", TOLD)
def test_a_story_is_small_enough_for_a_browser_on_a_slow_engine(name):
    for beside in (False, True) if TOLD[name].against else (False,):
        assert len(history(name, TOLD[name].seed, beside).columns["occurred_h"]) < MOST_INCIDENTS


def test_a_step_is_short_enough_to_be_read_aloud_and_points_at_the_page():
    for story in TOLD.values():
        for step in story.steps:
            assert len(step.text.en) < 560
            assert len(step.text.zh) < 240
            assert not (step.play_to and any(step.text.values.values()))  # who reads the end does not watch
            assert step.points_at is None or step.points_at in PLACES or step.points_at.startswith("lever:")
        assert any(
            step.play_to == 24 * load(story.scenario, story.overrides).parameters.period.days for step in story.steps
        )


def test_the_page_gets_all_of_it_as_json():
    plain = json.loads(json.dumps(as_plain(TOLD)))
    assert [story["name"] for story in plain] == list(TOLD)
    first = plain[0]
    assert first["scenario"] == "changning_2005q4"
    assert first["against"]["scenario"] == first["scenario"]
    assert first["against"]["overrides"]["supervisors.count"] == 628
    assert first["title"].keys() == first["plan"].keys() == first["steps"][0]["text"].keys() == LANGUAGES.keys()
    assert first["steps"][0]["hour"] == 0
    assert "play_to" not in first["steps"][0]


# The numbers at the end --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scenario", ["junmen_2012", "changning_2005q4"])
def test_the_numbers_are_those_of_the_indicators(scenario):
    chosen = load(scenario, {"period.days": 14})
    values, found = values_of(history_of(chosen, 1)), simulate(chosen, 1).indicators
    assert tuple(values) == VALUES
    for value, indicator in {
        "occurred": "occurred_count", "found": "found_count", "filed": "filed_count", "closed": "closed_count",
        "open": "backlog_count",
    }.items():  # fmt: skip
        assert values[value] == found[indicator]
    assert values["unseen_percent"] == pytest.approx(100 * found["unseen_share"])
    assert values["settled"] + values["closed"] == found["solved_count"]
    assert values["on_time"] <= values["closed"] <= values["filed"] <= values["found"]


def test_a_share_of_nothing_has_no_value():
    values = values_of(history_of(load("junmen_before", {"period.days": 14, "rules.reporting": "silent"}), 1))
    assert values["found"] == values["filed"] == 0
    assert {name for name in SHARES if values[name] is None} == {"on_time_percent", "on_time_of_filed_percent"}


# What the texts say besides -----------------------------------------------------------------------------------------
def run_of(name, seed, beside=True, **overrides):
    """The indicators of a plan of a story with some levers moved; `__` stands for a dot."""
    asked = TOLD[name].asked_against() if beside else TOLD[name].asked()
    moved = {path.replace("__", "."): value for path, value in overrides.items()}
    return simulate(load(asked.scenario, {**asked.overrides, **moved}), seed).indicators


@pytest.mark.parametrize("seed", range(1, SEEDS + 2))
def test_crews_without_hours_to_spare_do_not_gain_by_more_eyes(seed):
    """Their hours go to what is due first, much of it gone on arrival, and all else stands longer."""
    one, other = run_of("more_eyes", seed, beside=False), run_of("more_eyes", seed)
    assert other["gone_on_arrival_share"] > one["gone_on_arrival_share"] + 0.05
    assert other["problem_hours"] > one["problem_hours"]
    more = run_of("more_eyes", seed, units__street_crews__people=24)
    assert more["problem_hours"] < one["problem_hours"]


@pytest.mark.parametrize("seed", range(1, SEEDS + 2))
def test_the_later_roster_puts_no_more_right(seed):
    one, other = run_of("hours_of_the_street", seed, beside=False), run_of("hours_of_the_street", seed)
    assert other["remedied_count"] == pytest.approx(one["remedied_count"], rel=0.03)
    assert other["gone_on_arrival_share"] > one["gone_on_arrival_share"]
    assert other["cost_yuan"] == pytest.approx(one["cost_yuan"])


@pytest.mark.parametrize("seed", range(1, SEEDS + 2))
def test_what_one_large_grid_finds_hangs_on_what_nobody_knows(seed):
    """κ = 0: it settles as much as eight small ones, within chance; κ = 1: far less."""
    small = run_of("small_grids", seed, beside=False)["solved_count"]
    assert run_of("small_grids", seed, local_knowledge__whole_grid_share=0.0)["solved_count"] > 0.95 * small
    assert run_of("small_grids", seed, local_knowledge__whole_grid_share=1.0)["solved_count"] < 0.92 * small


@pytest.mark.parametrize("seed", range(1, SEEDS + 2))
def test_straight_to_the_top_is_as_good_as_the_top_has_hours(seed):
    on_time = "on_time_share_of_remedied"
    ladder = run_of("ladder", seed, beside=False)[on_time]
    assert run_of("ladder", seed)[on_time] < ladder
    assert run_of("ladder", seed, units__district_departments__people=4)["backlog_count"] < 30


@pytest.mark.parametrize("seed", range(1, SEEDS + 2))
def test_the_grid_taken_away_leaves_the_community_as_it_was_before(seed):
    """What is found without grids and volunteers is what the scenario of before finds in the same half year."""
    start = load("junmen_2012").parameters.period.start
    before = simulate(load("junmen_before", {"period.start": start}), seed).indicators
    without = run_of("before_and_after", seed, beside=False)
    assert without["found_count"] == before["found_count"]
    assert without["closed_count"] == pytest.approx(before["closed_count"], abs=3)


# What is wrong -----------------------------------------------------------------------------------------------------
def refused(folder, text, name="mine.toml"):
    """What is said of a story."""
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(StoryError) as caught:
        read_story(folder / name)
    return list(caught.value.problems)


def first_with(old, new):
    text = FIRST.read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


AN_OVERRIDE, A_STEP, A_CLAIM = '"supervisors.count" = 628', 'points_at = "count_found"', '"found < against_found"'
A_TITLE = 'zh = "监督员翻一番，按期结案率会怎样？"\n'


@pytest.mark.parametrize(("old", "new", "said"), [
    pytest.param("seed ", "sead ", "mine.toml: sead: is not known; did you mean seed?", id="an unknown key"),
    pytest.param(A_STEP, 'point_at = "map"', "mine.toml: step 3, point_at: is not known; did you mean points_at?", id="an unknown key of a step"),
    pytest.param("en = \"628 supervisors\"", 'fr = "x", en = "y"', "mine.toml: against.plan.fr: is not known", id="an unknown language"),
    pytest.param('kind = "setting"', 'kind = "seting"', 'mine.toml: step 2, kind = "seting" must be \'question\', ', id="a wrong kind"),
    pytest.param(A_TITLE, "", "mine.toml: title.zh: is missing", id="a missing language"),
    pytest.param(A_TITLE, 'zh = " "\n', "mine.toml: title.zh: is empty", id="an empty text"),
    pytest.param("{against_found}", "{agianst_found}", "mine.toml: step 6, text: has {agianst_found}, which is no value here; did you mean against_found?", id="an unknown value"),
    pytest.param("{found} with", "few with", "mine.toml: step 6, text: must have the same values in braces in every language", id="a value in one language only"),
    pytest.param("{found}", "{found", "mine.toml: step 6, text.en: has a brace without its other half", id="half a brace"),
    pytest.param("Play the first", "<b>Play</b> the first", "mine.toml: step 3, text.en: must be plain text", id="markup"),
    pytest.param(A_STEP, 'points_at = "count_fund"', 'mine.toml: step 3, points_at = "count_fund" is no place on the page; did you mean count_found?', id="an unknown place"),
    pytest.param("lever:units.street_crews.people", "lever:units.street_crew.people", "is no place on the page; did you mean lever:units.street_crews.people?", id="an unknown lever"),
    pytest.param("lever:units.street_crews.people", "lever:units.street_crews.categories", "is no place on the page", id="a lever that is a list"),
    pytest.param('"changning_2005q4"', '"changning_2005"', 'mine.toml: scenario: "changning_2005" is none of the scenarios; did you mean changning_2005q4?', id="an unknown scenario"),
    pytest.param('"changning_2005q4"', '"../mine.toml"', 'mine.toml: scenario: "../mine.toml" is none of the scenarios', id="a path instead of a scenario"),
    pytest.param('"changning_2005q4"', '"base_city"', 'mine.toml: scenario: "base_city" is none of the scenarios', id="a base that cannot be run"),
    pytest.param(AN_OVERRIDE, '"supervisors.cuont" = 628', "mine.toml: against.overrides: supervisors.cuont is not a parameter; did you mean supervisors.count?", id="an unknown parameter"),
    pytest.param(AN_OVERRIDE, '"supervisors.count" = -1', "mine.toml: against.overrides: supervisors.count = -1 must lie in [0, 100000]", id="a value out of range"),
    pytest.param(AN_OVERRIDE, '"territory.sites_file" = "/etc/passwd"', "mine.toml: against.overrides: territory.sites_file: which files are read cannot be changed in the page", id="another file"),
    pytest.param(AN_OVERRIDE, "supervisors.count = 628", 'mine.toml: against.overrides: supervisors is a table; put the whole path into quotes, such as "supervisors.count" = 628', id="a path without quotes"),
    pytest.param(AN_OVERRIDE, '"period.start" = 2006-01-01', "mine.toml: against.overrides: period.start = 2006-01-01 must be a number, a text", id="a date"),
    pytest.param(AN_OVERRIDE, '"demand.scale" = 2.0', "mine.toml: against: demand.scale is 2.0 there and 3.54 here; then the incidents are not the same", id="other incidents"),
    pytest.param('{ "period.days" = 28, "supervisors.count" = 628 }', '{ "supervisors.count" = 628 }', "mine.toml: against: period.days is 92 there and 28 here", id="another period"),
    pytest.param(A_CLAIM, '"found < against_fund"', 'mine.toml: holds: "found < against_fund" has against_fund, which is no value here; did you mean against_found?', id="a claim about nothing"),
    pytest.param(A_CLAIM, '"__import__(\'os\') < found"', "must be two values with <, > or = between them", id="a claim that is a program"),
    pytest.param("play_to = 336", "play_to = 700", "mine.toml: step 4, play_to = 700 is after the end of the run, 672 h", id="after the end"),
    pytest.param("play_to = 336", "play_to = 100", "mine.toml: step 4, play_to = 100 must be after the hour it begins at, 168", id="backwards"),
    pytest.param("speed = 12", "speed = 0", "mine.toml: step 3, speed = 0 must be greater than 0", id="no speed"),
    pytest.param("seed      = 1", 'seed      = "one"', 'mine.toml: seed = "one" must be', id="a seed in words"),
    pytest.param('"Twice the eyes: and the share on time?"', f'"{"More eyes " * 7}"', "mine.toml: title.en: has 70 characters; 60 are the most", id="a long title"),
])  # fmt: skip
def test_a_mistake_is_said_in_one_line(tmp_path, old, new, said):
    problems = refused(tmp_path, first_with(old, new))
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("mine.toml: ") and "\n" not in problem for problem in problems)


def test_steps_have_their_kinds_in_order(tmp_path):
    head, *steps = FIRST.read_text(encoding="utf-8").split("[[steps]]")
    assert refused(tmp_path, "[[steps]]".join([head, *steps[1:], steps[0]])) == [
        "mine.toml: steps: must begin with question and end with question_back"
    ]
    without = "[[steps]]".join([head, *[step for step in steps if "explanation" not in step]])
    assert refused(tmp_path, without) == ["mine.toml: steps: lack explanation; a story has one of each kind at least"]
    assert KINDS[3] == "explanation"


def test_a_story_of_one_plan_has_no_other_to_name(tmp_path):
    text = FIRST.read_text(encoding="utf-8")
    head, rest = text.split("[against]")
    problems = refused(tmp_path, head + "[[steps]]" + rest.split("[[steps]]", 1)[1])
    assert any(
        'mine.toml: holds: "found < against_found" has against_found, which is no value here' in problem
        for problem in problems
    )


def test_every_mistake_of_a_file_is_named(tmp_path):
    text = first_with("seed ", "sead ").replace('kind = "setting"', 'kind = "seting"')
    assert len(refused(tmp_path, text)) == 2


def test_a_file_that_is_no_story_is_refused(tmp_path):
    assert refused(tmp_path, "order = ")[0].startswith("mine.toml: is not valid TOML at its end")
    assert refused(tmp_path, "# " + "x" * LARGEST_BYTES) == ["mine.toml: is larger than 32 KB"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "link.toml").symlink_to(FIRST)
    with pytest.raises(StoryError, match="leads to another folder"):
        read_story(elsewhere / "link.toml")


def test_two_stories_cannot_have_the_same_place_in_the_list(tmp_path):
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(FIRST.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(StoryError, match=r"^two\.toml: order = 1 is that of one\.toml too; give each its own$"):
        stories(tmp_path)


def test_the_readme_shows_a_story_and_names_every_place_and_value(tmp_path):
    for readme in ("README.md", "README.zh.md"):
        text = (STORIES / readme).read_text(encoding="utf-8")
        assert all(f"`{word}`" in text for word in (*PLACES, *VALUES))
        example = text.split("```toml\n")[1].split("```")[0]
        problems = refused(tmp_path, example)
        assert problems == [problem for problem in problems if "steps" in problem]  # it has one step of the five
