"""Surges and the run: one that no day meets is refused where it was written, and does not matter to a shorter run."""

from __future__ import annotations

from datetime import date

import pytest

from scenarios.loading import ScenarioError, load, names
from sim.run import simulate

MINE = """
title = "t"
question = "q"
place = "p"
extends = "expo_2010"
source = "assumption-expo"
why = "x"
"""
SURGE = """
[demand.surges.fair]
start = {}
end = {}
factor = 2.0
source = "assumption-expo"
why = "x"
"""
FAIR = "demand.surges.fair.start"


def scenario(folder, text: str, overrides: dict | None = None, name: str = "mine.toml"):
    (folder / name).write_text(text)
    return load(str(folder / name), overrides)


def refused(folder, text: str, overrides: dict | None = None) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        scenario(folder, text, overrides)
    return error.value.problems


HEAD = MINE.replace('source = "assumption-expo"\nwhy = "x"\n', "")


@pytest.mark.parametrize(("start", "end"), [("2011-05-01", "2011-06-01"), ("2010-04-01", "2010-04-14")])
@pytest.mark.parametrize("overrides", [None, {"period.days": 5}], ids=["as written", "shortened"])
def test_a_surge_outside_its_scenarios_own_run_is_refused(tmp_path, start, end, overrides):
    assert refused(tmp_path, HEAD + SURGE.format(start, end), overrides) == [
        f"mine.toml: {FAIR} = {start} to {end} lies outside the run, 2010-04-15 to 2010-08-30"
    ]


@pytest.mark.parametrize(("start", "end"), [("2010-04-01", "2010-04-15"), ("2010-08-30", "2011-01-01")])
def test_a_surge_that_meets_one_day_of_the_run_is_a_surge(tmp_path, start, end):
    assert scenario(tmp_path, HEAD + SURGE.format(start, end)).parameters.demand.surges["fair"].factor == 2.0


def test_a_run_that_is_shortened_meets_no_surge_and_is_the_same_without_it(tmp_path):
    short = {"period.days": 10, "demand.scale": 0.05}
    later = scenario(tmp_path, HEAD + SURGE.format("2010-07-01", "2010-07-31"), short)
    one, other = simulate(later, 1), simulate(load("expo_2010", short), 1)
    assert one.cases.equals(other.cases)
    assert len(one.cases) > 100


def test_a_file_that_shortens_the_run_keeps_the_surges_of_its_parent(tmp_path):
    period = '[period]\ndays = { value = 10, source = "assumption-expo", why = "a first short look" }\n'
    assert "world_expo" in scenario(tmp_path, HEAD + period).parameters.demand.surges
    assert refused(tmp_path, HEAD + period + SURGE.format("2010-05-01", "2010-06-01")) == [
        f"mine.toml: {FAIR} = 2010-05-01 to 2010-06-01 lies outside the run, 2010-04-15 to 2010-04-24"
    ]


def test_a_surge_that_the_command_line_moves_must_meet_the_run_that_it_asks_for():
    moved = {"demand.surges.world_expo.end": date(2010, 5, 20), "period.days": 10}
    with pytest.raises(ScenarioError) as error:
        load("expo_2010", moved)
    assert error.value.problems == [
        "--set: demand.surges.world_expo.start = 2010-05-01 to 2010-05-20 lies outside the run, "
        "2010-04-15 to 2010-04-24"
    ]


def test_every_surge_of_the_library_meets_its_run():
    surges = {name: load(name).parameters.demand.surges for name in names()}
    assert {name for name, known in surges.items() if known} == {"changning_half_year", "expo_2010"}
