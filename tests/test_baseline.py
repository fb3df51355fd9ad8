"""The same scenario and seed give the same history as when it was last recorded (`make baseline`), to the last bit."""

from __future__ import annotations

import pytest
from baseline import WORLDS, arithmetic, of_the_library, read, record_of, run_of

RECORDED_BY, RECORDS = read()
SAME_ARITHMETIC = arithmetic() == RECORDED_BY
"""Elsewhere a logarithm may end in another bit: there histories are held to nine digits."""


def near(now: float | None, before: float | None) -> bool:
    return now == before if now is None or before is None else now == pytest.approx(before, rel=1e-9)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: run_of(record).label)
def test_a_history_is_as_it_was_recorded(record):
    now = record_of(run_of(record))
    moved = {
        name: (value, now["indicators"].get(name)) for name, value in record["indicators"].items()
        if not near(now["indicators"].get(name), value)
    }  # fmt: skip
    assert not moved, (
        "indicators have moved; if they should have, `make baseline` records them, and the changelog says why"
    )
    assert now["indicators"].keys() == record["indicators"].keys(), (
        "there are other indicators than were recorded; `make baseline` records them, and the changelog says so"
    )
    if SAME_ARITHMETIC:
        assert now["indicators"] == record["indicators"]
        assert (now["events"], now["cases"], now["daily"]) == (record["events"], record["cases"], record["daily"])


def test_the_record_is_complete():
    recorded = [run_of(record).label for record in RECORDS]
    assert [run.label for run in of_the_library()] == recorded[: -WORLDS or None]
    assert len(recorded) == len(set(recorded))
