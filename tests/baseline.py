"""The recorded baseline: what some histories were, to the last bit, when somebody last said that they should be so.

    make baseline                         record every history anew; the changelog says why
    python -m tests.baseline --draw       draw the forty worlds anew too, where the schema has changed under them

`baseline.jsonl` has a line a run: what was run; digests of the case log and of the daily series; every indicator with all
its digits, so that the diff of a new record shows what moved and by how much. The worlds are recorded whole: another version of
what draws them changes nothing here.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from scenarios.loading import load, names
from sim.run import Outcome, simulate

FILE = Path(__file__).with_name("baseline.jsonl")
SEEDS = (1, 2)
WORLDS, LEAST_FOUND = 40, 10
"""So many are drawn by chance, of those in which so many incidents at least are found: an empty world holds nothing."""
LENGTH_DAYS = {"dongcheng_2004": 5, "dongcheng_2010": 3, "dongcheng_2015": 3, "expo_2010": 8, "dongcheng_before": 60}
"""Horizons of the library's scenarios; what is not named here runs for these:"""
LENGTH_OF_A_DISTRICT, LENGTH_OF_A_COMMUNITY = 10, 60


class Run(NamedTuple):
    """What is run."""

    scenario: str
    changes: dict[str, object]
    seed: int

    @property
    def label(self) -> str:
        """A short name."""
        return f"{self.scenario}-{self.seed}-{sha256(_json(self.changes).encode()).hexdigest()[:6]}"


def of_the_library() -> Iterator[Run]:
    """Every scenario of the library over a short horizon, with two seeds each."""
    for name, seed in product(names(), SEEDS):
        small = load(name).parameters.territory.communities_count == 1
        days = LENGTH_DAYS.get(name, LENGTH_OF_A_COMMUNITY if small else LENGTH_OF_A_DISTRICT)
        yield Run(name, {"period.days": days}, seed)


def drawn() -> Iterator[Run]:
    """Worlds drawn by chance, as many of each base."""
    sys.path.insert(0, str(Path(__file__).parent))
    from worlds import BASES, worlds

    for base in BASES:
        yield from _drawn_from(base, worlds(base), WORLDS // len(BASES))


def _drawn_from(base: str, strategy: Any, count: int) -> list[Run]:
    from hypothesis import HealthCheck, Phase, given, settings

    found: list[Run] = []

    @settings(max_examples=25 * count, deadline=None, derandomize=True, database=None, phases=(Phase.generate,),
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def draw(world: Any) -> None:
        run = Run(world.base, world.changes, len(found))
        if len(found) < count and _shows_something(run):
            found.append(run)

    draw()
    return found


def _shows_something(run: Run) -> bool:
    return simulate(load(run.scenario, run.changes), run.seed).indicators["found_count"] >= LEAST_FOUND


def record_of(run: Run) -> dict[str, Any]:
    """What there is to hold a history against."""
    outcome = simulate(load(run.scenario, run.changes), run.seed)
    return {
        "scenario": run.scenario, "seed": run.seed, "changes": run.changes,
        "events": outcome.events_count, "cases": digest(outcome.cases), "daily": digest(outcome.daily),
        "indicators": indicators_of(outcome),
    }  # fmt: skip


def digest(table: pd.DataFrame) -> str:
    """Sixteen hexadecimal digits of a table's columns: their names, their words, and every bit of their numbers."""
    told = sha256()
    for name, column in table.items():
        told.update(str(name).encode())
        if isinstance(column.dtype, pd.CategoricalDtype):
            told.update(" ".join(map(str, column.cat.categories)).encode())
            column = column.cat.codes.astype("int64")
        values = column.to_numpy()
        told.update(np.ascontiguousarray(values.astype("int64") if values.dtype.kind in "Mb" else values).tobytes())
    return told.hexdigest()[:16]


def indicators_of(outcome: Outcome) -> dict[str, float | None]:
    """Every indicator; None where it is undefined."""
    return {name: None if math.isnan(value) else float(value) for name, value in sorted(outcome.indicators.items())}


def arithmetic() -> str:
    """A digest of logarithms, powers and the like as this machine reckons them: their last bits differ between processors."""
    x = np.linspace(0.001, 40.0, 4001)
    told = [np.exp(-x), np.log(x), np.log1p(x), np.sin(x), np.cos(x), np.sqrt(x), x**0.37, special.ndtri(x / 41.0),
            special.gammaincinv(0.7, x / 41.0)]  # fmt: skip
    plain = [[math.exp(-v), math.log(v), math.log1p(v), v**0.37] for v in x.tolist()]
    return sha256(np.concatenate([*told, np.ravel(plain)]).tobytes()).hexdigest()[:16]


def read() -> tuple[str, list[dict[str, Any]]]:
    """The arithmetic of the machine that recorded, and the records."""
    first, *lines = FILE.read_text(encoding="utf-8").splitlines()
    return json.loads(first)["arithmetic"], [json.loads(line, object_hook=_with_dates) for line in lines]


def run_of(record: dict[str, Any]) -> Run:
    """What a record is a record of."""
    return Run(record["scenario"], record["changes"], record["seed"])


def write(runs: Iterator[Run] | list[Run]) -> int:
    """Record these runs, and nothing else."""
    lines = [_json({"arithmetic": arithmetic()})]
    for run in runs:
        lines.append(_json(record_of(run)))
        print(f"\r{len(lines) - 1} histories ", end="", file=sys.stderr, flush=True)
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 1


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, default=lambda value: {"date": value.isoformat()})


def _with_dates(entry: dict[str, Any]) -> Any:
    return date.fromisoformat(entry["date"]) if entry.keys() == {"date"} else entry


def main() -> None:
    """Record."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--draw", action="store_true", help="draw the worlds anew")
    given = arguments.parse_args()
    library = list(of_the_library())
    before = read()[1] if FILE.is_file() and not given.draw else []
    worlds = [run for run in map(run_of, before) if set(run.changes) != {"period.days"}] or list(drawn())
    print(
        f"\n{write([*library, *worlds])} histories are recorded in {FILE.name}; if a value moved, say in CHANGELOG.md why"
    )


if __name__ == "__main__":
    main()
