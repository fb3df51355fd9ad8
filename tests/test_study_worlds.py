"""What is unknown, drawn for worlds, and sets of an ensemble in its place: quick, without a run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.studies import ensembles
from experiments.studies.ensembles import Ensemble, EnsembleError, read_ensemble, write_ensemble
from experiments.studies.form import Uncertain
from experiments.studies.wholes import has_whole, is_whole, nearest_whole, whole_ends
from experiments.studies.worlds import changes_at, problem_of, world_shares
from tests.test_study_files import TRUST, valid


# Wholes and worlds -----------------------------------------------------------------------------------------------
def test_whole_numbers_of_ranges():
    assert [is_whole(value) for value in (2, 2.0, True, "2", None)] == [True, False, False, False, False]
    assert whole_ends(1.2, 3.8) == (2, 3)
    assert whole_ends(-math.inf, math.inf) == (-math.inf, math.inf)
    assert [
        has_whole(*ends) for ends in ((1.2, 1.8), (1.2, 2.0), (2.0, 2.0), (None, 1.0), (1.0, None), (None, None))
    ] == [False, True, True, True, True, True]
    assert nearest_whole(np.array([0.4, 1.49, 1.5, 2.6, 9.0]), 1, 3) == [1, 1, 2, 3, 3]


def drawn(distribution: str, shares: list[float], like: object = 1.0, **numbers: object) -> list:
    entry = Uncertain(path="p", distribution=distribution, why="x", **numbers)
    return [changes["p"] for changes in changes_at([entry], np.array(shares)[:, None], {"p": like})]


SHARES = [0.0, 0.1, 0.5, 0.8, 1.0]


@pytest.mark.parametrize(
    ("distribution", "numbers", "values"),
    [
        ("uniform", {"low": -1.0, "high": 3.0}, [-1.0, -0.6, 1.0, 2.2, 3.0]),
        ("loguniform", {"low": 0.1, "high": 10.0}, [0.1, 10**-0.8, 1.0, 10**0.6, 10.0]),
        ("triangular", {"low": 1.0, "mode": 2.0, "high": 5.0},
         [1.0, 1.0 + math.sqrt(0.1 * 4.0), 5.0 - math.sqrt(0.5 * 12.0), 5.0 - math.sqrt(0.2 * 12.0), 5.0]),
        ("normal", {"mean": 2.0, "sd": 0.5}, 2.0 + 0.5 * stats.norm.ppf([1e-4, 0.1, 0.5, 0.8, 1.0 - 1e-4])),
        ("lognormal", {"median": 0.7, "cv": 0.5},
         0.7 * np.exp(math.sqrt(math.log(1.25)) * stats.norm.ppf([1e-4, 0.1, 0.5, 0.8, 1.0 - 1e-4]))),
        ("choice", {"values": ["a", "b", "c", "d", "e"]}, ["a", "a", "c", "e", "e"]),
    ],
)  # fmt: skip
def test_values_at_shares_of_a_distribution(distribution, numbers, values):
    found = drawn(distribution, SHARES, **numbers)
    assert found == (values if distribution == "choice" else pytest.approx(list(values)))


def test_a_normal_with_ends_is_cut_and_keeps_its_shape():
    found = drawn("normal", [0.25, 0.5, 0.75], mean=2.0, sd=0.5, low=1.5, high=3.5)
    inside = stats.norm.cdf([-1.0, 3.0])
    shares = inside[0] + np.array([0.25, 0.5, 0.75]) * (inside[1] - inside[0])
    assert found == pytest.approx(list(2.0 + 0.5 * stats.norm.ppf(shares)))
    assert drawn("normal", [0.0], mean=2.0, sd=0.5, low=1.5)[0] == pytest.approx(1.5, abs=1e-3)
    assert drawn("normal", [1.0], mean=2.0, sd=0.5, high=2.5)[0] == pytest.approx(2.5, abs=1e-3)


def test_whole_numbers_are_drawn_half_a_step_beyond_the_ends():
    assert drawn("uniform", [0.0, 0.33, 0.34, 0.66, 0.67, 1.0], like=2, low=0.8, high=3.2) == [1, 1, 2, 2, 3, 3]
    assert drawn("triangular", [0.0, 0.5, 1.0], like=2, low=1, mode=3, high=5) == [1, 3, 5]
    assert drawn("triangular", [0.49, 0.51], like=2, low=1.4, mode=1.45, high=3.6) == drawn(
        "triangular", [0.49, 0.51], like=2, low=2, mode=2, high=3
    )
    assert drawn("normal", [0.3, 0.5, 0.7], like=2, mean=7.2, sd=1.0) == [7, 7, 8]
    assert drawn("lognormal", [0.5], like=2, median=7.4, cv=0.1) == [7]


def test_worlds_go_through_all_unknowns_together():
    two = [
        Uncertain(path="a", distribution="uniform", low=0.0, high=1.0, why="x"),
        Uncertain(path="b", distribution="choice", values=[1, 2], why="x"),
    ]
    assert changes_at(two, np.array([[0.1, 0.9], [0.7, 0.2]]), {"a": 0.5, "b": 1}) == [
        {"a": 0.1, "b": 2},
        {"a": 0.7, "b": 1},
    ]
    assert problem_of(valid(uncertain=two)) == {"num_vars": 2, "names": ["a", "b"], "bounds": [[0.0, 1.0], [0.0, 1.0]]}


@pytest.mark.parametrize(
    ("method", "count"), [("random", 16), ("latin_hypercube", 16), ("sobol", 16 * 4), ("morris", 16 * 3)]
)
def test_every_method_draws_its_own_worlds_the_same_again(method, count):
    """Sobol's without the second order: draws × (unknowns + 2); Morris's: draws × (unknowns + 1), on four levels."""
    two = [TRUST, {**TRUST, "path": "party.attention"}]
    first, again, other = (
        world_shares(valid(uncertain=two, worlds={"method": method, "draws": 16, "seed": seed})) for seed in (1, 1, 2)
    )
    assert first.shape == (count, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ((first >= 0.0) & (first <= 1.0)).all()
    if method == "latin_hypercube":
        assert sorted(np.floor(first[:, 0] * 16)) == list(range(16))
    if method == "random":
        assert sorted(np.floor(first[:, 0] * 16)) != list(range(16))
        assert np.array_equal(first, np.random.default_rng(1).random((16, 2)))
    if method == "morris":
        assert set(np.round(first * 3).ravel()) == {0, 1, 2, 3}
        assert np.allclose(first * 3, np.round(first * 3))


# Ensembles -------------------------------------------------------------------------------------------------------
def sets(*weights: float) -> Ensemble:
    return Ensemble("e", tuple({"a": number} for number in range(len(weights))), weights)


def test_sets_come_as_often_as_their_weights_say():
    assert sets(0.25, 0.25, 0.25, 0.25).places() == [0, 1, 2, 3]
    assert sets(0.5, 0.0, 0.5, 0.0).places() == [0, 0, 2, 2]
    assert sets(0.1, 0.2, 0.7, 0.0).places() == [1, 2, 2, 2]
    assert sets(0.25, 0.25, 0.25, 0.25).places(2) == [0, 2]
    assert sets(0.25, 0.25, 0.25, 0.25).places(9) == [0, 1, 2, 3]
    assert sets(0.2, 0.2, 0.2, 0.2, 0.2).places(3) == [0, 1, 3]
    assert sets(0.5, 0.5 - 1e-9).places() == [0, 1]  # weights may fall short of 1 in their last digits
    assert sets(0.5, 0.3).places() == [0, 1]
    assert sets(0.5, 0.0, 0.5, 0.0).equally_weighted() == [{"a": 0}, {"a": 0}, {"a": 2}, {"a": 2}]
    assert sets(0.5, 0.5).effective_count == pytest.approx(2.0)
    assert sets(0.8, 0.2).effective_count == pytest.approx(1.0 / 0.68)
    assert sets(1.0).paths == ["a"]


def test_what_is_written_is_read_again(tmp_path):
    values = [{"a": 0.123456789, "b": 3, "c": (1, 2.5), "d": 'x"y'}, {"a": 2.0, "b": 4, "c": (1, 2), "d": "z"}]
    write_ensemble(tmp_path / "e.csv", values, [1.0, 3.0], "few  draws")
    told = read_ensemble(tmp_path / "e.csv")
    assert told.weights == (0.25, 0.75)
    assert told.sets[0] == {"a": 0.123457, "b": 3, "c": (1, 2.5), "d": 'x"y'}
    assert (told.doubt, told.first_line, told.name, told.path) == ("few draws", 3, "e", tmp_path / "e.csv")
    assert told.warning == "the ensemble e is in doubt, so what follows from it is no answer: few draws"
    write_ensemble(tmp_path / "e.csv", values, [1.0, 3.0])
    sure = read_ensemble(tmp_path / "e.csv")
    assert (sure.warning, sure.first_line) == ("", 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["must have a column called weight, one for each parameter, and rows"]),
        ("weight,a\n", ["must have a column called weight, one for each parameter, and rows"]),
        ("weight\n1\n", ["must have a column called weight, one for each parameter, and rows"]),
        ("wieght,a\n1,1\n", ["must have a column called weight, one for each parameter, and rows"]),
        ("weight,a,a\n1,1,1\n", ['has two columns called "a"']),
        ("# x\nweight,a\n1,1\n\n1,1,1\n1\n", ["5: has 3 cells; the first line names 2 columns", "6: has 1 cells; the first line names 2 columns"]),
        ("weight,a\n-1,1\nx,1\ninf,1\nnan,1\n,1\n", [f"{line}: weight = {shown} must be a number of at least 0" for line, shown in
                                                  ((2, '"-1"'), (3, '"x"'), (4, '"inf"'), (5, '"nan"'), (6, '""'))]),
        ("weight,a\n0,1\n0,2\n", ["the weights must sum to more than 0"]),
        ("weight,\n1,1\n", None),
    ],
)  # fmt: skip
def test_an_ensemble_that_is_wrong_is_refused_line_by_line(tmp_path, text, says):
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(EnsembleError) as caught:
        read_ensemble(tmp_path / "e.csv")
    lines = str(caught.value).splitlines()
    if says is None:
        assert lines[0].startswith("e.csv:2: ")
        return
    assert lines == [f"e.csv:{line}" if line[0].isdigit() else f"e.csv: {line}" for line in says]


def test_an_ensemble_may_have_a_weight_of_nothing_and_remarks(tmp_path):
    (tmp_path / "e.csv").write_text("# made by hand\n# in doubt: one\n# in doubt: two\nweight,a\n0,1\n2,5\n\n2,6\n")
    told = read_ensemble(tmp_path / "e.csv")
    assert (told.weights, told.doubt, told.first_line) == ((0.0, 0.5, 0.5), "one; two", 5)
    assert [one["a"] for one in told.sets] == [1, 5, 6]


def test_an_ensemble_that_is_absent_or_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(
        EnsembleError,
        match=r'^"junmen_2013": there is no such ensemble; did you mean junmen_2012\? \(there are changning_111, .*, and files \*\.csv\)$',
    ):
        read_ensemble("junmen_2013")
    assert read_ensemble("junmen_2012").name == "junmen_2012"
    with pytest.raises(EnsembleError, match="there is no such ensemble"):
        read_ensemble("./junmen_2012")
    with pytest.raises(EnsembleError, match="there is no such ensemble"):
        read_ensemble("junmen_2012.csv")
    (tmp_path / "e.csv").write_bytes(b"weight,a\n1,\xff\n")
    with pytest.raises(EnsembleError, match=r"^e\.csv: cannot be read: is not UTF-8 text with commas$"):
        read_ensemble(tmp_path / "e.csv")
    (tmp_path / "e.csv").write_text("weight,a\n" + "x,1\n" * 50)
    with pytest.raises(EnsembleError) as caught:
        read_ensemble(tmp_path / "e.csv")
    assert len(str(caught.value).splitlines()) == ensembles.MOST_PROBLEMS
    (tmp_path / "e.csv").write_text("weight,a\n1,1\n")
    monkeypatch.setattr(ensembles, "LARGEST_BYTES", 13)
    assert read_ensemble(tmp_path / "e.csv").weights == (1.0,)
    monkeypatch.setattr(ensembles, "LARGEST_BYTES", 12)
    with pytest.raises(EnsembleError, match=r"^e\.csv: is larger than 20 MB$"):
        read_ensemble(tmp_path / "e.csv")


def test_the_same_sets_for_another_scenario_lie_beside(tmp_path):
    for name, text in (("a", "weight,x\n1,1\n3,2\n"), ("b", "weight,x\n1,5\n3,6\n"), ("c", "weight,x\n1,5\n2,6\n")):
        (tmp_path / f"{name}.csv").write_text(text)
    first = read_ensemble(tmp_path / "a.csv")
    assert first.of("a") is first
    assert first.of("b").sets == ({"x": 5}, {"x": 6})
    assert first.of("c") is first  # other weights: no sets of the same calibration
    assert first.of("d") is first
    assert sets(1.0).of("b").name == "e"
