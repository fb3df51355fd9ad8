"""Two plans or more on the same incidents: what differs, how surely, and whose incidents ended otherwise.

Layer: experiments.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.comparing.following import Otherwise, _follow, ends_of
from experiments.running.engine import Engine
from experiments.running.interrupts import Interrupts
from experiments.running.jobs import Job, Work, slim
from experiments.running.measures import Row, areas_of
from experiments.running.provenance import identity
from experiments.statistics.agreement import agreement
from experiments.statistics.intervals import CONFIDENCE, ROUNDING, Difference, difference
from scenarios.loading import Scenario
from sim.indicators import INDICATORS

HEADLINES = (
    "found_count", "unseen_share", "filed_count", "on_time_share_of_filed", "closing_share_of_filed",
    "solved_share_of_raised", "in_grid_share_of_solved", "occurred_to_found_mean_h", "filed_to_closed_mean_h",
    "found_to_closed_p90_h", "backlog_count", "rework_share", "supervisor_utilisation", "unit_utilisation",
    "cost_yuan", "cost_per_case_yuan",
)  # fmt: skip
"""What is compared unless something else is asked for: each further indicator widens every interval."""
WEAK_CORRELATION = 0.2
"""Below this pairing saves next to nothing."""
MOST_PLACES = 5


@dataclass(frozen=True)
class Comparison:
    """What came of comparing plans with the first of them."""

    names: tuple[str, ...]
    seeds: tuple[int, ...]
    values: Mapping[str, NDArray[np.float64]]
    """Indicator → (replications, plans)."""
    comparisons: int
    """Intervals that hold together."""
    differences: Mapping[str, tuple[Difference | None, ...]]
    """Indicator → for each plan but the first."""
    equal: tuple[str, ...]
    """Indicators that are the same under all plans in every replication."""
    undefined: tuple[str, ...]
    otherwise: tuple[Otherwise, ...]
    areas: str
    """What the areas are in which incidents are counted."""
    failures: tuple[str, ...]
    interrupted: bool
    ensemble: str = ""
    """Over whose sets of parameters the plans were compared, one history of each; empty: over no ensemble."""
    ensemble_doubt: str = ""
    """Why those sets must not be given as an answer; empty if they may."""

    def agreement(self, indicator: str, place: int) -> tuple[float, str]:
        """In what share of the sets a plan has more of an indicator than the first, and for how many a sign holds."""
        return agreement(self.values[indicator][:, place] - self.values[indicator][:, 0])


def compare(
    plans: Sequence[tuple[str, Scenario | Sequence[Scenario]]],
    seeds: Sequence[int],
    indicators: Sequence[str],
    engine: Engine,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    ensemble: str = "",
    ensemble_doubt: str = "",
) -> Comparison:
    """Run every plan with every seed, and compare each with the first, seed by seed.

    A plan is a scenario, or one for each seed: the plan under a set of an ensemble, the same set for all plans.
    Plans of the same name are numbered. Raises EngineError if the workers run other code, and ValueError if fewer
    than two seeds finish.
    """
    names = named_apart([name for name, _ in plans])
    slims = [_for_each(scenario, len(seeds)) for _, scenario in plans]
    areas, kind = areas_of(slims[0][0])
    jobs = [
        Job(f"{place}", scenarios[turn], seed)
        for turn, seed in enumerate(seeds)
        for place, scenarios in enumerate(slims)
    ]
    work = Work(identity(), measure=ends_of)
    rows: dict[int, dict[int, Row]] = {seed: {} for seed in seeds}
    otherwise = [Otherwise() for _ in plans[1:]]
    failures: list[str] = []
    interrupted, done = False, 0
    with Interrupts():
        try:
            for batch in engine.run(iter(jobs), len(jobs), work):
                for row in batch:
                    place = int(row["key"])
                    rows[row["seed"]][place] = row
                    if row["error"]:
                        failures.append(f"{names[place]}, seed {row['seed']}: {row['error']}")
                    if len(rows[row["seed"]]) == len(slims):
                        _follow(rows[row["seed"]], otherwise, areas)
                done += len(batch)
                on_progress(done, len(jobs))
        except KeyboardInterrupt:
            interrupted = True
    complete = [seed for seed in seeds if len(rows[seed]) == len(slims) and not any(map(_failed, rows[seed].values()))]
    if len(complete) < 2:
        reason = f": {failures[0]}" if failures else ""
        raise ValueError(f"fewer than two replications finished under every plan, so nothing can be compared{reason}")
    found = _compared(names, complete, rows, indicators, otherwise, kind, failures, interrupted)
    return replace(found, ensemble=ensemble, ensemble_doubt=ensemble_doubt)


def _for_each(scenario: Scenario | Sequence[Scenario], count: int) -> list[Scenario]:
    """A scenario for each seed."""
    return [slim(scenario)] * count if isinstance(scenario, Scenario) else [slim(one) for one in scenario]


def never_differ(table: NDArray[np.float64]) -> bool:
    """True if the plans of (replications, plans) are the same in every replication, but for the last digits of sums."""
    return bool(np.allclose(table, table[:, :1], rtol=ROUNDING, atol=0.0, equal_nan=True))


def named_apart(names: Sequence[str]) -> list[str]:
    """Names without needless spaces; a name that is taken already gets a number."""
    found: list[str] = []
    for name in (" ".join(name.split()) for name in names):
        tries = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
        found.append(next(free for free in tries if free not in found))
    return found


def _failed(row: Row) -> bool:
    return bool(row["error"])


def _compared(
    names: Sequence[str], seeds: Sequence[int], rows: Mapping[int, Mapping[int, Row]], indicators: Sequence[str],
    otherwise: Sequence[Otherwise], kind: str, failures: Sequence[str], interrupted: bool,
) -> Comparison:  # fmt: skip
    places = range(len(names))
    values = {
        name: np.array([[rows[seed][place]["indicators"][name] for place in places] for seed in seeds])
        for name in indicators
    }
    undefined = tuple(name for name, table in values.items() if np.isnan(table).all(axis=0).any())
    equal = tuple(
        name for name, table in values.items()
        if name not in undefined and never_differ(table)
    )  # fmt: skip
    shown = [name for name in values if name not in (*undefined, *equal)]
    comparisons = max(1, len(shown) * (len(names) - 1))
    differences = {
        name: tuple(difference(values[name][:, 0], values[name][:, place], comparisons) for place in places[1:])
        for name in shown
    }
    return Comparison(
        tuple(names), tuple(seeds), values, comparisons, differences, equal, undefined, tuple(otherwise), kind,
        tuple(failures), interrupted,
    )  # fmt: skip


def as_json(comparison: Comparison) -> dict[str, Any]:
    """What `compare --json` prints."""
    from experiments.running.files import finite

    first, *others = comparison.names
    return finite({
        "first": first, "others": others, "seeds": list(comparison.seeds), "confidence": CONFIDENCE,
        "comparisons": comparison.comparisons, "ensemble": comparison.ensemble,
        "ensemble_doubt": comparison.ensemble_doubt, "interrupted": comparison.interrupted,
        "failures": list(comparison.failures),
        "indicators": {
            name: {
                "unit": INDICATORS[name].unit, "definition": INDICATORS[name].definition,
                "mean": dict(zip(comparison.names, np.nanmean(comparison.values[name], axis=0).tolist(), strict=True)),
                "differences": {
                    other: None if found is None else found._asdict() | (
                        dict(zip(("more_share", "holds"), comparison.agreement(name, place), strict=True))
                        if comparison.ensemble else {}
                    )
                    for place, (other, found) in enumerate(zip(others, comparison.differences[name], strict=True), 1)
                },
            }
            for name in comparison.differences
        },
        "equal": list(comparison.equal), "undefined": list(comparison.undefined),
        "otherwise": {
            other: {**vars(told), "changed": told.changed}
            for other, told in zip(others, comparison.otherwise, strict=True)
        },
        "warnings": warnings(comparison),
    })  # fmt: skip


def warnings(comparison: Comparison) -> list[str]:
    """Where pairing was lost, one line each."""
    told = []
    for place, (other, followed) in enumerate(zip(comparison.names[1:], comparison.otherwise, strict=True)):
        if not followed.same_incidents:
            line = "does not have the same incidents as"
            told.append(
                f"{other} {line} {comparison.names[0]}: differences hold, but pairing was lost, wholly or in part"
            )
            continue
        lost = [
            name for name, found in comparison.differences.items()
            if (pair := found[place]) and not math.isnan(pair.correlation) and pair.correlation < WEAK_CORRELATION
        ]  # fmt: skip
        if lost:
            little = f"pairing saves next to nothing for {', '.join(lost)} (correlation below {WEAK_CORRELATION:g})"
            told.append(f"{other}: {little}: these plans differ too much there for the same luck to show")
    return told
