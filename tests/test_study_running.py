"""Studies run to their edges: stopping, sweeping, on runs that are made up and cost nothing."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import variant, with_worlds
from made_up_runs import RULED, Here, told_of

from experiments.running.provenance import identity, run_key
from experiments.statistics.intervals import half_width
from experiments.studies.folder import about, open_results
from experiments.studies.form import StudyError
from experiments.studies.merging import merge
from experiments.studies.querying import ask
from experiments.studies.sweeping import Block, Shard, SweepState, _asked, blocks, sweep, values_of

pytestmark = pytest.mark.usefixtures("quick_tables")


# Sweeping --------------------------------------------------------------------------------------------------------
def test_shards_share_the_keys_out():
    keys = [f"{number:x}" for number in range(7)]
    assert [[int(key, 16) for key in keys if Shard(part, 3).has(key)] for part in (1, 2, 3)] == [
        [0, 3, 6],
        [1, 4],
        [2, 5],
    ]
    assert all(Shard().has(key) for key in keys)


def test_what_plans_are_run_on(study, tmp_path):
    assert blocks(study, 2) == [Block(0, 1), Block(0, 2)]
    crossed = with_worlds(tmp_path, "count = 2\nfirst_seed = 5")
    assert blocks(crossed, 2) == [Block(world, seed) for seed in (5, 6) for world in range(3)]
    own = with_worlds(tmp_path, "count = 2\nfirst_seed = 5\nown_seeds = true")
    assert blocks(own, 2) == [Block(0, 5), Block(1, 6), Block(2, 7), Block(0, 8), Block(1, 9), Block(2, 10)]
    turns = with_worlds(
        tmp_path, 'rule = "narrow"\ncount = 3\nat_most = 3\nwidths = { filed_count = 1.0 }\nfirst_seed = 5'
    )
    assert blocks(turns, 4) == [Block(0, 5), Block(1, 6), Block(2, 7), Block(0, 8)]


def test_a_sweep_runs_what_is_missing_and_says_how_it_stands(study, tmp_path):
    results, running, said = open_results(study, tmp_path / "out"), Here(), []
    state = sweep(study, results, running, on_progress=lambda now: said.append((now.wanted, now.before, now.done)))
    assert (state.wanted, state.before, state.done, state.failed, state.rounds) == (16, 0, 16, 0, 1)
    assert (state.counts, state.settled, state.survivors, state.unmet, state.interrupted) == (
        [4] * 4,
        None,
        [],
        {},
        False,
    )
    assert 0.0 < state.elapsed_s < 60.0
    assert said == [(16, 0, done) for done in range(0, 17, 2)]
    assert running.open == 0
    scenarios = [job.scenario.hash for job in running.jobs]
    assert len(set(scenarios)) == 4
    assert all(
        len(set(scenarios[first : first + 4])) == 1 for first in range(0, 16, 4)
    )  # those of one scenario together
    assert [job.seed for job in running.jobs] == [1, 2, 3, 4] * 4
    assert all(job.key == run_key(job.scenario.hash, job.seed) and not job.scenario.provenance for job in running.jobs)
    (work,) = running.works
    assert (work.identity, work.areas_of.hash, work.parts, work.measure) == (identity(), study.base.hash, (), None)
    assert values_of(study, results, [4, 4, 4, 4])["solved_share_of_raised"][3].tolist() == [
        (1375.0 + seed) / 1e4 for seed in (1, 2, 3, 4)
    ]


def test_scenarios_are_run_in_an_order_of_chance(tmp_path):
    many = variant(tmp_path, ("values = [300.0, 375.0]", "values = [300.0, 310.0, 320.0, 330.0, 340.0]"))
    order = [(wanted.plan.number, wanted.seed) for wanted in _asked(many, [2] * 10)]
    assert order != sorted(order)
    assert order == [(wanted.plan.number, wanted.seed) for wanted in _asked(many, [2] * 10)]
    assert sorted(order) == [(plan, seed) for plan in range(10) for seed in (1, 2)]
    assert all(order[place][0] == order[place + 1][0] for place in range(0, 20, 2))


def test_a_sweep_that_is_stopped_keeps_what_is_finished_and_goes_on(study, tmp_path):
    results = open_results(study, tmp_path / "out")
    state = sweep(study, results, Here(stop_after=5))
    assert (state.interrupted, state.done, len(results)) == (True, 5, 5)
    going_on = Here()
    state = sweep(study, open_results(study, tmp_path / "out"), going_on)
    assert (state.before, state.done, state.wanted, len(going_on.jobs)) == (5, 11, 16, 11)
    nothing = Here()
    assert sweep(study, open_results(study, tmp_path / "out"), nothing).done == 0
    assert nothing.works == []


def test_runs_that_failed_are_counted_told_and_tried_again_when_asked(study, tmp_path):
    results, told = open_results(study, tmp_path / "out"), []
    state = sweep(study, results, Here(lambda job: "Boom" if job.seed == 2 else told_of(job)), on_failure=told.append)
    assert (state.failed, state.done, {row["seed"] for row in told}, len(told)) == (4, 16, {2}, 4)
    assert results.failed_keys() == {row["key"] for row in told}
    assert sweep(study, results, Here()).done == 0
    again = sweep(study, results, Here(), retry=True)
    assert (again.before, again.done, again.failed) == (12, 4, 0)
    assert len(results) == 16


def test_shards_of_a_sweep_do_their_parts(study, tmp_path):
    done = []
    for number in (1, 2):
        running = Here()
        state = sweep(study, open_results(study, tmp_path / str(number)), running, shard=Shard(number, 2))
        assert state.wanted == state.done == len(running.jobs)
        done.append({job.key for job in running.jobs})
    assert not done[0] & done[1]
    assert len(done[0] | done[1]) == 16
    told = merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    assert (told["runs_count"], told["failed_count"], told["study"], told["folder"]) == (
        16,
        0,
        "small",
        str(tmp_path / "all"),
    )


def test_a_sweep_stops_where_its_rule_is_content(tmp_path):
    ranking = variant(tmp_path / "r", ("count = 4", RULED.format("ranking", "indifference = 0.01")))
    results = open_results(ranking, tmp_path / "out")
    state = sweep(ranking, results, Here())
    assert (state.settled, state.survivors, state.rounds, state.counts) == (
        True,
        [3],
        1,
        [3] * 4,
    )  # the largest plan, at once
    assert about(results.folder)["survivors"] == [3]
    assert about(results.folder)["settled"] is True
    with pytest.raises(StudyError, match="a shard needs fixed replications"):
        sweep(ranking, results, Here(), shard=Shard(1, 2))


def test_a_sweep_goes_on_until_intervals_are_narrow_or_ends_at_the_most(tmp_path):
    narrow = variant(tmp_path / "n", ("count = 4", RULED.format("narrow", "widths = { filed_count = 0.5 }")))
    results = open_results(narrow, tmp_path / "out")
    state = sweep(narrow, results, Here())
    assert (state.settled, state.counts, state.rounds, state.done) == (False, [12] * 4, 3, 48)
    half = half_width(np.arange(12.0))
    assert state.unmet == {"filed_count": pytest.approx(half)}
    assert about(results.folder)["unmet"] == {"filed_count": pytest.approx(half)}
    assert about(results.folder)["survivors"] is None
    failing = sweep(narrow, open_results(narrow, tmp_path / "bad"), Here(lambda job: "Boom"))
    assert failing.unmet == {"filed_count": None}
    stopped = sweep(narrow, open_results(narrow, tmp_path / "cut"), Here(stop_after=2))
    assert (stopped.settled, about(tmp_path / "cut")["settled"]) == (None, None)


def test_two_plans_that_come_to_the_same_scenario_are_run_once(tmp_path):
    twice = variant(tmp_path / "t", ("path = \"rules.escalation\"\nvalues = [\"ladder\", \"direct\"]",
                                     'levels = [{ name = "a", set.rules.escalation = "ladder" }, { name = "b", set.rules.escalation = "ladder" }]'))  # fmt: skip
    state = sweep(twice, open_results(twice, tmp_path / "out"), Here())
    assert (state.wanted, state.done) == (8, 8)
    assert ask(tmp_path / "out", "SELECT count(*) FROM results")[1] == [(16,)]


def test_nothing_is_known_before_a_sweep():
    state = SweepState()
    assert (state.wanted, state.before, state.done, state.failed, state.rounds, state.elapsed_s) == (0, 0, 0, 0, 1, 0.0)
    assert not state.interrupted
