"""Plans compared and incidents followed from plan to plan, on runs that are made up: no run is made here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from experiments.comparing.comparing import Comparison, compare, distinct
from experiments.comparing.following import Changed, Ends, Followed, Move, ends_of, follow
from experiments.running.jobs import Job, Work
from experiments.running.measures import areas_of
from experiments.running.provenance import identity
from experiments.statistics.agreement import Many, Sign
from experiments.statistics.intervals import difference
from scenarios.loading import Scenario, load
from sim.incidents import Stage
from sim.record import UnitUse

NAN = math.nan
CLOSED, WAITING, LOST = (int(stage) for stage in list(Stage)[:3])
AREAS = np.array([0, 0, 1, 2])


def ends(
    stages: list[int], end_h: list[float], digest: str = "d", categories: tuple[str, ...] = ("litter", "light")
) -> Ends:
    """Four incidents, one at each site; the first and the last are litter."""
    return Ends(digest, np.array(stages, np.int8), np.array(end_h), np.arange(4), np.array([0, 1, 1, 0], np.int8), categories)  # fmt: skip


FIRST = ends([CLOSED, CLOSED, CLOSED, WAITING], [10.0, 20.0, 30.0, NAN])


# Following -------------------------------------------------------------------------------------------------------
def test_incidents_are_followed_to_another_end_later_or_sooner():
    """One waits instead, one ends 1.5 h later, one 1.5 h sooner; one is open in both."""
    followed = Followed()
    follow(
        {0: {"ends": FIRST}, 1: {"ends": ends([WAITING, CLOSED, CLOSED, WAITING], [NAN, 21.5, 28.5, NAN])}},
        [followed],
        AREAS,
    )
    assert (followed.incidents, followed.other_end, followed.later, followed.sooner, followed.changed) == (
        4,
        1,
        1,
        1,
        3,
    )
    assert followed.moves == {Move(Stage(CLOSED), Stage(WAITING)): 1}
    assert followed.by_area == {0: Changed(2, 2), 1: Changed(1, 1), 2: Changed(1, 0)}
    assert followed.by_category == {"litter": Changed(2, 1), "light": Changed(2, 2)}
    assert followed.same_incidents


def test_just_an_hour_later_or_sooner_is_no_change():
    followed = Followed()
    follow(
        {0: {"ends": FIRST}, 1: {"ends": ends([CLOSED, CLOSED, CLOSED, WAITING], [11.0, 19.0, 30.0, NAN])}},
        [followed],
        AREAS,
    )
    assert (followed.changed, followed.incidents) == (0, 4)
    assert followed.by_area == {0: Changed(2, 0), 1: Changed(1, 0), 2: Changed(1, 0)}


def test_another_end_is_not_counted_as_later_too():
    followed = Followed()
    follow(
        {0: {"ends": FIRST}, 1: {"ends": ends([LOST, CLOSED, CLOSED, WAITING], [90.0, 20.0, 30.0, NAN])}},
        [followed],
        AREAS,
    )
    assert (followed.other_end, followed.later, followed.sooner, followed.changed) == (1, 0, 0, 1)


def test_what_is_followed_adds_up_over_the_replications_and_each_plan_has_its_own():
    other = ends([WAITING, CLOSED, CLOSED, CLOSED], [NAN, 20.0, 40.0, 50.0])
    followed = [Followed(), Followed()]
    for _ in range(2):
        rows = {0: {"ends": FIRST}, 1: {"ends": FIRST}, 2: {"ends": other}}
        follow(rows, followed, AREAS)
        assert rows == {0: {}, 1: {}, 2: {}}  # and forgotten
    assert (followed[0].incidents, followed[0].changed) == (8, 0)
    assert (followed[1].incidents, followed[1].other_end, followed[1].later, followed[1].changed) == (8, 4, 2, 6)
    assert followed[1].moves == {Move(Stage(CLOSED), Stage(WAITING)): 2, Move(Stage(WAITING), Stage(CLOSED)): 2}
    assert followed[1].by_area == {0: Changed(4, 2), 1: Changed(2, 2), 2: Changed(2, 2)}
    assert followed[1].by_category == {"litter": Changed(4, 4), "light": Changed(4, 2)}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(ends([CLOSED] * 4, [1.0] * 4, digest="e"), id="other incidents"),
        pytest.param(ends([CLOSED] * 4, [1.0] * 4, categories=("litter", "noise")), id="other categories"),
    ],
)
def test_plans_with_other_incidents_are_not_followed_and_the_next_one_is(other):
    followed = [Followed(), Followed()]
    follow({0: {"ends": FIRST}, 1: {"ends": other}, 2: {"ends": FIRST}}, followed, AREAS)
    assert (followed[0].same_incidents, followed[0].incidents) == (False, 0)
    assert (followed[1].same_incidents, followed[1].incidents) == (True, 4)


@pytest.mark.parametrize("failed", [0, 1])
def test_a_run_that_failed_is_not_followed_and_says_nothing_of_the_incidents(failed):
    followed = [Followed(), Followed()]
    rows = {plan: {} if plan == failed else {"ends": FIRST} for plan in range(3)}
    follow(rows, followed, AREAS)
    assert [one.incidents for one in followed] == ([0, 0] if failed == 0 else [0, 4])
    assert all(one.same_incidents for one in followed)


def test_incidents_are_the_same_in_runs_of_other_workers():
    """What comes from another process is equal, and another object."""
    followed = Followed()
    follow(
        {
            0: {"ends": FIRST},
            1: {"ends": FIRST._replace(digest="".join(["d"]), categories=(*FIRST.categories,))},
        },
        [followed],
        AREAS,
    )
    assert (followed.same_incidents, followed.incidents) == (True, 4)


def test_whatever_ended_differently_is_changed():
    assert Followed(other_end=1, later=1, sooner=0).changed == 2
    assert Followed(other_end=2, later=4, sooner=2).changed == 8


def test_shares_that_changed():
    assert Changed(4, 1).share == 0.25
    assert Changed().share == 0.0
    assert Changed(4, 1).and_these(np.array([True, False, True])) == Changed(7, 3)


SITES_M = [(NAN, NAN), (NAN, NAN), (NAN, NAN), (0.5, 1.0), (7.0, 2.0), (7.0, 2.0)]
"""Where each site is; nothing happens at the first three, and the last two are at one place."""


def outcome(
    occurred: list[float], sites: list[int], places_m: list[tuple[float, float]] | None = None
) -> SimpleNamespace:
    cases = pd.DataFrame({
        "occurred_h": occurred, "site": sites, "x_m": [0.5, 7.0], "y_m": [1.0, 2.0], "closed_h": [2.0, NAN],
        "stage": pd.Categorical(["b", "a"], ["a", "b"]), "category": pd.Categorical(["x", "y"], ["y", "x", "z"]),
    })  # fmt: skip
    units = (UnitUse("crews", 2, 10.0, 5.0, 0.0, 0),)
    noted = {"occurred_h": np.array(occurred), "site": np.array(sites), "occurred": np.ones(2, dtype=bool)}
    x_m, y_m = np.array(SITES_M if places_m is None else places_m).T
    return SimpleNamespace(
        cases=cases, record=SimpleNamespace(units=units, **noted), territory=SimpleNamespace(site_x_m=x_m, site_y_m=y_m)
    )


def test_the_ends_of_a_run_are_one_entry_an_incident():
    row = ends_of(outcome([1.0, 1.5], [3, 4]))
    found = row["ends"]
    assert row["units"] == {"crews": 0.5}
    assert (found.stage.tolist(), found.site.tolist(), found.category.tolist()) == ([1, 0], [3, 4], [1, 0])
    assert found.categories == ("y", "x", "z")
    assert found.end_h.tolist() == pytest.approx([2.0, NAN], nan_ok=True)
    assert len(found.digest) == 16


def test_incidents_are_the_same_if_they_occur_at_the_same_times_and_places():
    digests = [ends_of(outcome(hours, sites))["ends"].digest for hours, sites in
               (([1.0, 1.5], [3, 4]), ([1.0, 1.5], [3, 4]), ([1.0, 1.6], [3, 4]), ([1.0, 1.5], [3, 5]))]  # fmt: skip
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
    for elsewhere_m in ((7.5, 2.0), (7.0, 2.5)):
        digests.append(ends_of(outcome([1.0, 1.5], [3, 4], [*SITES_M[:4], elsewhere_m, (7.0, 2.0)]))["ends"].digest)
    assert len(set(digests)) == 5, "other places that bear the same numbers"


# Comparing -------------------------------------------------------------------------------------------------------
class MadeUp:
    """An engine whose runs are made up: by plan and seed, or an error; it may be stopped after some."""

    def __init__(self, value, stop_after: int | None = None) -> None:
        self.value, self.stop_after, self.jobs = value, stop_after, []

    def run(self, jobs: Iterator[Job], count: int, work: Work):
        assert work.identity == identity()
        assert work.measure is ends_of
        for number, job in enumerate(jobs):
            if number == self.stop_after:
                raise KeyboardInterrupt
            self.jobs.append(job)
            told = self.value(int(job.key), job.seed)
            error = told if isinstance(told, str) else ""
            row = {"key": job.key, "seed": job.seed, "error": error, "indicators": {} if error else told}
            yield [row if error else {**row, "ends": FIRST}]
        assert count == len(self.jobs)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("junmen_2012", {"period.days": 1})


def compared(scenario, value, plans: int = 3, seeds=(4, 2, 9), indicators=("a",), **more) -> Comparison:
    stop_after = more.pop("stop_after", None)
    sites = len(areas_of(scenario).of_site)
    assert sites >= 4
    names = [(name, scenario) for name in "xyz"[:plans]]
    return compare(names, seeds, list(indicators), MadeUp(value, stop_after), **more)


def test_values_stand_by_seed_and_plan_and_differences_are_from_the_first_plan(scenario):
    told = compared(scenario, lambda plan, seed: {"a": seed + plan * seed**2, "b": 1.0, "c": NAN, "d": NAN if plan == 1 else seed},
                    indicators=("a", "b", "c", "d"))  # fmt: skip
    assert told.names == ("x", "y", "z")
    assert told.seeds == (4, 2, 9)
    assert told.values["a"].tolist() == [[4, 20, 36], [2, 6, 10], [9, 90, 171]]
    assert (told.equal, told.undefined) == (("b",), ("c", "d"))
    assert told.comparisons == 2
    first = np.array([4.0, 2.0, 9.0])
    assert told.differences == {
        "a": (difference(first, first + first**2, 2), difference(first, first + 2 * first**2, 2))
    }
    assert told.apart("a", 2).tolist() == [32, 8, 162]
    assert told.defined_count("d") == (3, 0, 3)
    assert (told.failures, told.interrupted, told.ensemble, told.ensemble_doubt) == ((), False, "", "")
    assert [one.incidents for one in told.followed] == [12, 12]
    assert told.areas is areas_of(scenario).kind


def test_intervals_hold_together_for_every_indicator_that_is_shown_and_every_plan(scenario):
    told = compared(scenario, lambda plan, seed: {"a": seed + plan, "b": seed * plan}, indicators=("a", "b"))
    assert told.comparisons == 4
    nothing = compared(scenario, lambda plan, seed: {"a": 1.0})
    assert (nothing.comparisons, nothing.differences, nothing.equal) == (1, {}, ("a",))


def test_agreement_is_reckoned_over_the_replications(scenario):
    told = compared(
        scenario, lambda plan, seed: {"a": seed * (1.0, 2.0, 0.0)[plan]}, ensemble="sets", ensemble_doubt="few"
    )
    assert told.agreement("a", 1)[:] == (1.0, Sign.MORE, Many.ALL)
    assert told.agreement("a", 2)[:] == (0.0, Sign.LESS, Many.ALL)
    assert (told.ensemble, told.ensemble_doubt) == ("sets", "few")


def test_a_seed_with_which_a_plan_fails_is_left_out_and_named(scenario):
    told = compared(scenario, lambda plan, seed: "Boom: x" if (plan, seed) == (1, 2) else {"a": seed + plan})
    assert told.seeds == (4, 9)
    assert told.failures == ("y, seed 2: Boom: x",)
    assert told.values["a"].tolist() == [[4, 5, 6], [9, 10, 11]]
    assert [one.incidents for one in told.followed] == [8, 12]


def test_fewer_than_two_replications_are_no_comparison_and_the_first_failure_is_told(scenario):
    with pytest.raises(
        ValueError, match=r"fewer than two replications finished under every plan, .*: y, seed 2: Boom$"
    ):
        compared(scenario, lambda plan, seed: "Boom" if plan == 1 and seed != 4 else {"a": 1.0}, seeds=(2, 4, 9))
    with pytest.raises(ValueError, match=r"so nothing can be compared$"):
        compared(scenario, lambda plan, seed: {"a": 1.0}, seeds=(1,))
    assert compared(scenario, lambda plan, seed: {"a": seed}, seeds=(1, 2)).seeds == (1, 2)


def test_what_is_finished_when_it_is_stopped_is_compared(scenario):
    said = []
    told = compared(
        scenario, lambda plan, seed: {"a": seed + plan}, stop_after=8, on_progress=lambda *now: said.append(now)
    )
    assert told.interrupted
    assert told.seeds == (4, 2)
    assert said == [(done, 9) for done in range(1, 9)]


def test_plans_run_in_turn_each_seed_with_its_own_set(scenario):
    other = load("junmen_2012", {"period.days": 2})
    running = MadeUp(lambda plan, seed: {"a": seed + plan})
    compare([("x", scenario), ("y", [scenario, other])], (5, 6), ["a"], running)
    assert [(job.key, job.seed, job.scenario.hash) for job in running.jobs] == [
        ("0", 5, scenario.hash), ("1", 5, scenario.hash), ("0", 6, scenario.hash), ("1", 6, other.hash),
    ]  # fmt: skip
    assert all(not job.scenario.provenance for job in running.jobs)


def test_areas_are_those_of_the_first_plan(scenario):
    other = load("changning_2005q4", {"period.days": 1})
    kinds = areas_of(scenario).kind, areas_of(other).kind
    assert kinds[0] != kinds[1]
    for first, last, kind in ((scenario, other, kinds[0]), (other, scenario, kinds[1])):
        running = MadeUp(lambda plan, seed: {"a": seed + plan})
        assert compare([("x", first), ("y", last)], (1, 2), ["a"], running).areas is kind


def test_plans_without_the_same_incidents_and_weak_pairs_are_named_by_their_place():
    table = np.array([[1.0, 2.0, 4.0, 1.0], [2.0, 3.0, 3.0, 1.0], [3.0, 4.1, 2.0, 1.0], [4.0, 5.0, 1.0, 1.0]])
    pairs = tuple(difference(table[:, 0], table[:, place]) for place in (1, 2, 3))
    followed = (Followed(), Followed(same_incidents=False), Followed())
    told = Comparison(
        ("p",) * 4, (1, 2, 3, 4), {"a": table}, 1, {"a": pairs, "b": (None,) * 3}, (), (), followed, "areas", (), False
    )
    assert told.unpaired == (2,)
    assert [told.weakly_paired(plan) for plan in (1, 2, 3)] == [(), ("a",), ()]


@pytest.mark.parametrize(("correlation", "weak"), [(0.19, ("a",)), (0.21, ()), (0.2, ()), (NAN, ())])
def test_pairing_is_weak_below_a_fifth(correlation, weak):
    pair = difference(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 4.0]))._replace(correlation=correlation)
    told = Comparison(("p", "q"), (), {}, 1, {"a": (pair,)}, (), (), (Followed(),), "areas", (), False)
    assert told.weakly_paired(1) == weak


@pytest.mark.parametrize(
    ("names", "apart"),
    [
        pytest.param(["x", "y"], ["x", "y"], id="names that differ stay"),
        pytest.param(["x", " x ", "x"], ["x", "x (2)", "x (3)"], id="the same name is numbered"),
        pytest.param(["x (2)", "x", "x"], ["x (2)", "x", "x (3)"], id="a number that is taken is passed over"),
        pytest.param(["a  b", "a b"], ["a b", "a b (2)"], id="spaces tell no names apart"),
    ],
)
def test_names_are_told_apart(names, apart):
    assert distinct(names) == apart
