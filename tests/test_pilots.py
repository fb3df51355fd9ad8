"""What a pilot runs and what it reckons from it, on runs that are made up."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from conftest import variant, with_worlds
from made_up_runs import NAN, RULED, Here, row, told_of

from experiments.statistics.intervals import quantile
from experiments.studies.design import Study
from experiments.studies.piloting import _bytes_a_run, _chosen_blocks, _crossed, _mean, _runs, _spread, pilot, widths
from experiments.studies.sweeping import Block
from experiments.words.studies import effort_in_words
from sim.indicators import INDICATORS


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return variant(tmp_path_factory.mktemp("s") / "s")


def test_a_pilot_runs_a_few_and_reckons_from_them(study):
    running = Here()
    told = pilot(study, running)
    assert (told["study"], told["title"], told["plans_count"], told["worlds_count"], told["left_out_count"]) == (
        "small",
        "small",
        4,
        1,
        0,
    )
    assert (told["runs_count"], told["run_s"], told["workers"], told["time_s"]) == ([16, 16], 0.5, 4, 16 * 0.5 / 4)
    assert (told["pilot_count"], told["pilot_failures"]) == (24, [])
    assert [job.seed for job in running.jobs] == [1, 2, 3, 4, 5, 6] * 4
    assert 0.0 < told["disk_mb"] < 0.2
    assert "all of them about 2 s on 4 workers, and under 0.1 MB." in effort_in_words({**told, "disk_mb": 0.04})
    assert "all of them under a second on 4 workers, and about 0.3 MB." in effort_in_words(
        {**told, "time_s": 0.4, "disk_mb": 0.3}
    )
    told = pilot(study, Here(lambda job: "Boom" if job.seed == 2 else told_of(job)))
    assert (told["pilot_count"], told["pilot_failures"]) == (24, ["Boom"] * 4)
    assert told["indicators"]["solved_share_of_raised"]["runs_count"] == 20
    with pytest.raises(ValueError, match=r"^small\.toml: every run of the pilot failed: Boom$"):
        pilot(study, Here(lambda job: "Boom"))


def test_the_time_is_shared_by_the_workers(study):
    running = Here()
    running.workers = 3
    assert pilot(study, running)["time_s"] == pytest.approx(16 * 0.5 / 3)


def test_two_worlds_are_crossed_and_one_is_not(study, tmp_path):
    assert _crossed(with_worlds(tmp_path, "count = 2", draws=2))
    assert not _crossed(study)


def test_a_pilot_of_many_plans_takes_five_of_them_evenly_spread(tmp_path):
    many = variant(tmp_path, ("values = [300.0, 375.0]", "values = [300.0, 310.0, 320.0, 330.0, 340.0, 350.0]"))
    running = Here()
    assert pilot(many, running)["pilot_count"] == 30
    hashes = [many.point(plan, many.worlds[0]) for plan in many.plans]
    assert sorted({hashes.index(job.scenario.hash) for job in running.jobs}) == [0, 3, 6, 8, 11]


def test_a_pilot_takes_six_worlds_with_two_seeds(tmp_path):
    crossed = with_worlds(tmp_path, "count = 9", draws=11)
    assert _chosen_blocks(crossed) == [Block(world, seed) for seed in (1, 2) for world in (0, 2, 4, 6, 8, 10)]
    assert _runs(crossed) == (4 * 9 * 11,) * 2
    assert _crossed(crossed)
    once = with_worlds(tmp_path, "count = 1", draws=11)
    assert len(_chosen_blocks(once)) == 6
    ruled = with_worlds(tmp_path, 'rule = "narrow"\ncount = 3\nat_most = 8\nwidths = { filed_count = 1.0 }', draws=11)
    assert _runs(ruled) == (12, 32)
    assert _chosen_blocks(ruled) == [Block(number, 1 + number) for number in range(6)]
    assert not _crossed(ruled)


def test_the_disk_for_a_run_is_reckoned_from_many_like_it():
    rows = [
        {**row(f"{number}", **dict.fromkeys(INDICATORS, 1.0 + number)), "area_cases": [1.0], "area_hours": [1.0]}
        for number in range(8)
    ]
    each = _bytes_a_run(rows)
    assert 150.0 < each < 3_000.0
    assert _bytes_a_run(rows) == pytest.approx(each, rel=0.05)


def test_widths_without_worlds_by_hand(study):
    runs = [
        (plan, Block(0, seed), {"solved_share_of_raised": seed * (1.0 + plan)})
        for plan in (0, 1, 2)
        for seed in (1, 2, 3)
    ]
    (told,) = widths(study, runs).values()
    scale = quantile(4) / math.sqrt(4)
    assert told["half_width"] == pytest.approx(scale * (1.0 + 2.0 + 3.0) / 3.0)
    assert told["half_width_of_difference"] == pytest.approx(scale * (1.0 + 2.0 + 1.0) / 3.0)
    assert (told["mean"], told["runs_count"], told["defined_count"]) == (pytest.approx(4.0), 9, 9)
    assert told["unit"] == INDICATORS["solved_share_of_raised"].unit
    undefined = [(0, Block(0, seed), {"solved_share_of_raised": NAN}) for seed in (1, 2, 3)]
    (told,) = widths(study, [*runs[3:6], *undefined]).values()
    assert (told["defined_count"], told["runs_count"]) == (3, 6)
    assert told["half_width"] == pytest.approx(scale * 2.0)


def test_widths_of_one_replication_are_undefined(tmp_path):
    once = variant(tmp_path, ("count = 4", "count = 1"))
    (told,) = widths(once, [(0, Block(0, seed), {"solved_share_of_raised": seed}) for seed in (1, 2, 3)]).values()
    assert math.isnan(told["half_width"])
    assert math.isnan(told["half_width_of_difference"])
    twice = variant(tmp_path, ("count = 4", "count = 2"))
    (told,) = widths(twice, [(0, Block(0, seed), {"solved_share_of_raised": seed}) for seed in (1, 2, 3)]).values()
    assert told["half_width"] == pytest.approx(quantile(2) / math.sqrt(2.0))


def test_widths_are_of_the_objectives_and_of_what_shall_be_narrow(tmp_path):
    narrow = variant(
        tmp_path, ("count = 4", RULED.format("narrow", "widths = { filed_count = 0.5, solved_share_of_raised = 0.1 }"))
    )
    told = widths(
        narrow, [(0, Block(0, seed), {"solved_share_of_raised": seed, "filed_count": 2 * seed}) for seed in (1, 2, 3)]
    )
    assert list(told) == ["solved_share_of_raised", "filed_count"]
    assert told["filed_count"]["half_width"] == pytest.approx(quantile(3) * 2.0 / math.sqrt(3.0))


@pytest.mark.parametrize(("own", "of_seed"), [(False, 1.0), (True, 5.0)])
def test_the_spread_of_worlds_is_exchanged_for_that_over_all_their_seeds(tmp_path, own, of_seed):
    """Means 2 and 7 vary by 12.5, of which the seeds' variance over two is the pilot's; the study has nine."""
    made = with_worlds(tmp_path, "count = 9" + "\nown_seeds = true" * own)
    index = pd.MultiIndex.from_tuples([(0, 1), (0, 2), (1, 1), (1, 2)], names=["world", "seed"])
    values = pd.Series([1.0, 3.0, 5.0, 9.0], index=index)
    assert _spread(values, made) == pytest.approx(math.sqrt(12.5 - of_seed / 2.0 + of_seed / 9.0))
    noisy = pd.Series([1.0, 9.0, 9.0, 1.0], index=index)
    noise = 64.0 if not own else 32.0
    assert _spread(noisy, made) == pytest.approx(math.sqrt(noise / 9.0))
    assert _spread(values[[True, False, True, False]], made) == pytest.approx(math.sqrt(8.0))
    assert math.isnan(_spread(values[:2], made))
    assert math.isnan(_mean([NAN, NAN]))
    assert _mean([NAN, 2.0, 4.0]) == 3.0
