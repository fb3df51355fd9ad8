"""The benchmark of the page measures what it says; how fast a machine is is no test."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("playwright.sync_api")
from benchmarks.page import QUICK, Measured, measured, table


def test_what_is_asked_stands_beside_what_is_measured():
    rows = [
        Measured("fast", 61.0, "/s", 60.0, at_least=True),
        Measured("slow", 2.0, "s", 1.0),
        Measured("told", 0.5, "ms"),
    ]
    assert [each.met for each in rows] == [True, False, None]
    assert table(rows).splitlines()[2:] == [
        "| fast | ≥ 60 /s | 61 /s | yes |", "| slow | < 1 s | 2 s | NO |", "| told |  | 0.5 ms |  |"
    ]  # fmt: skip


@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no chromium; apt-get install chromium")
def test_a_first_look_measures_everything():
    found = {each.what: each.value for each in measured(QUICK)}
    assert {what.split(": ")[-1] for what in found} == {
        "first paint", "frames shown", "a drawing", "frames it could draw", "lever to history", "replay"
    }  # fmt: skip
    assert all(0.0 < value < 10_000.0 for value in found.values())
