"""The folder of a run takes its place whole, or leaves what is there as it was."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments.running.files import StorageError
from experiments.running.run_folder import Store
from scenarios.loading import load
from sim.run import Outcome, simulate


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return simulate(load("junmen_2012", {"period.days": 1}), 1)


def written(store: Store, outcome: Outcome, mark: str) -> None:
    store.add(outcome)
    store.finish(pd.DataFrame({"x": [1.0]}, index=[1]), {"mark": mark}, {})


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def earlier(outcome, tmp_path) -> Path:
    """A folder with a run in it."""
    written(Store(tmp_path / "out"), outcome, "earlier")
    return tmp_path / "out"


def test_a_later_run_takes_the_place_of_an_earlier_one_and_nothing_else_stays(outcome, earlier):
    written(Store(earlier), outcome, "later")
    assert "later" in (earlier / "indicators.json").read_text()
    assert [entry.name for entry in earlier.parent.iterdir()] == ["out"]


def test_an_earlier_run_is_put_back_when_the_new_one_cannot_take_its_place(outcome, earlier, monkeypatch):
    """The first rename puts the earlier run aside; the second fails."""
    before, rename = contents_of(earlier), Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(StorageError, match="cannot be written: No space left on device"):
        written(Store(earlier), outcome, "later")
    assert contents_of(earlier) == before
    assert [entry.name for entry in earlier.parent.iterdir()] == ["out"]


def test_a_first_run_that_cannot_take_its_place_leaves_nothing(outcome, tmp_path, monkeypatch):
    def failing(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(StorageError, match="cannot be written: No space left on device"):
        written(Store(tmp_path / "deep" / "out"), outcome, "first")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["empty", "earlier"])
def test_what_somebody_puts_into_the_folder_meanwhile_is_not_taken_away(outcome, tmp_path, there):
    out = tmp_path / "out"
    out.mkdir()
    if there == "earlier":
        written(Store(out), outcome, "earlier")
    store = Store(out)
    (out / "thesis.txt").write_text("years of work")
    before = contents_of(out)
    with pytest.raises(StorageError, match=r"holds thesis\.txt, which is not ours"):
        written(store, outcome, "later")
    assert contents_of(out) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_file_that_takes_the_place_meanwhile_stays(outcome, tmp_path):
    store = Store(tmp_path / "out")
    (tmp_path / "out").write_text("years of work")
    with pytest.raises(StorageError, match="is a file; name a folder"):
        written(store, outcome, "first")
    assert (tmp_path / "out").read_text() == "years of work"


def test_a_run_with_tables_and_one_without_both_make_way_for_a_later_one(outcome, earlier):
    assert not (earlier / "tables").exists()
    for mark in ("with tables", "later"):
        store = Store(earlier)
        (store.folder / "tables").mkdir()
        (store.folder / "tables" / "buildings.csv").write_text(mark)
        written(store, outcome, mark)
    assert (earlier / "tables" / "buildings.csv").read_text() == "later"
