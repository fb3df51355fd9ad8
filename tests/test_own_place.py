"""A place of one's own, as docs/own_place.md tells it: from its buildings and its bulletin to a calibrated answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "own_place"


def call(*words, **options):
    return subprocess.run([sys.executable, str(ROOT / "run_experiment.py"), *words], capture_output=True, text=True,
                          check=False, **options)  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The example of the page, somewhere else, calibrated from few worlds: the way is what is tested."""
    folder = tmp_path_factory.mktemp("mine")
    for file in EXAMPLE.iterdir():
        shutil.copy(file, folder)
    place = folder / "lianhua_place.toml"
    few = place.read_text().replace("worlds    = 120", "worlds    = 90")
    place.write_text(few.replace("sets      = 80", "sets      = 50"))
    done = call("calibrate", str(place), "--figures", str(folder / "lianhua_figures.toml"), "--out", str(folder / "out"),
                "--even-in-doubt", "--workers", "2")  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return folder, done


def test_it_is_shown_beside_its_own_figures_and_no_others():
    words = [
        "run",
        str(EXAMPLE / "lianhua.toml"),
        "--days",
        "30",
        "--replications",
        "2",
        "--ensemble",
        "none",
        "--json",
    ]
    with_own = json.loads(call(*words, "--figures", str(EXAMPLE / "lianhua_figures.toml")).stdout)
    assert {figure["id"] for figure in with_own["figures"]} == {"lianhua-2026h1-raised", "lianhua-2026h1-solved"}
    alone = json.loads(call(*words).stdout)
    assert alone["figures"] == []
    assert "--figures FILE" in alone["figures_note"]


def test_its_grids_are_those_of_today_and_its_own_source_is_cited():
    found = json.loads(
        call("run", str(EXAMPLE / "lianhua.toml"), "--days", "5", "--replications", "1", "--json").stdout
    )
    assert found["plan"]["social_grids_count"] == 5
    shown = call("show", str(EXAMPLE / "lianhua.toml"), "--json")
    assert json.loads(shown.stdout)["sources"]["our-list"]["kind"] == "published"


def test_it_is_calibrated_under_its_own_name(own):
    folder, done = own
    assert "莲花（虚构）" in done.stdout.splitlines()[0]
    written = {file.name for file in (folder / "out").iterdir()}
    assert {"lianhua.csv", "lianhua.prior.csv", "lianhua_calibrated.toml", "result.json"} <= written


def test_what_was_calibrated_is_compared_and_run(own):
    folder, _ = own
    mine, sets = str(folder / "lianhua.toml"), str(folder / "out" / "lianhua.csv")
    short = ["--set", "period.days=30", "--replications", "8"]
    compared = call("compare", mine, f"{mine} --set party.members_count=0", "--ensemble", sets, *short)
    assert compared.returncode == 0, compared.stderr
    assert "B against A: " in compared.stdout
    again = call("run", str(folder / "out" / "lianhua_calibrated.toml"), "--days", "10", "--replications", "1")
    assert again.returncode == 0, again.stderr


def test_the_package_is_not_touched(own):
    assert not list((ROOT / "scenarios" / "ensembles").glob("lianhua*"))
