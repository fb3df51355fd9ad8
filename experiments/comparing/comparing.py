"""Two plans or more on the same incidents: what differs, how surely, and whose incidents ended followed.

Layer: experiments.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.comparing.following import Followed, ends_of, follow
from experiments.comparing.idle import IdleLever, idle_levers
from experiments.running.engine import Engine
from experiments.running.interrupts import Interrupts
from experiments.running.jobs import Job, Work, slim
from experiments.running.measures import AreaKind, Row, areas_of
from experiments.running.provenance import identity
from experiments.statistics.agreement import Agreement, agreement
from experiments.statistics.intervals import Difference, difference, never_differ
from languages.speaking import say
from scenarios.labour import working_grids_count
from scenarios.loading import Scenario
from sim.indicators import SATURATED, YEAR_H

HEADLINES = (
    "problem_hours", "problem_hours_weighted", "remedied_count", "unseen_share", "occurred_to_found_restricted_mean_h",
    "known_share_of_standing", "found_count", "filed_count", "on_time_share_of_solved", "on_time_share_of_filed",
    "closing_share_of_filed", "solved_share_of_raised", "in_grid_share_of_solved", "filed_to_closed_mean_h",
    "found_to_closed_p90_h", "gone_on_arrival_share", "backlog_count", "rework_share", "supervisor_utilisation",
    "unit_utilisation", "cost_yuan", "cost_per_case_yuan",
)  # fmt: skip
"""What is compared unless something else is asked for: first what no plan betters by looking away or by waiting.

Each further indicator widens every interval.
"""
TAKEN = ("grids_count", "posts_count", "employed_count", "cost_yuan_per_year", "problem_hours")
"""What stands beside every comparison: what each plan takes, and what it leaves standing."""
WEAK_CORRELATION = 0.2
"""Below this pairing saves next to nothing."""


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
    followed: tuple[Followed, ...]
    areas: AreaKind
    """What the areas are in which incidents are counted."""
    failures: tuple[str, ...]
    interrupted: bool
    years: float = math.nan
    """Length of a run."""
    takes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """Of each of `TAKEN`, (plans,) its mean; and of `working_grids_count`, first, if the plans differ in it."""
    idle: tuple[tuple[IdleLever, ...], ...] = ()
    """For each plan but the first: what it sets otherwise and what does not act."""
    saturated: tuple[Mapping[str, float], ...] = ()
    """Of each plan, the units that are busier than `SATURATED` on average, and how busy."""
    ensemble: str = ""
    """Over whose sets of parameters the plans were compared, one history of each; empty: over no ensemble."""
    ensemble_doubt: str = ""
    """Why those sets must not be given as an answer; empty if they may."""

    def apart(self, indicator: str, plan: int) -> NDArray[np.float64]:
        """(replications,) What a plan has of an indicator beyond the first plan; not a number where it is undefined."""
        return self.values[indicator][:, plan] - self.values[indicator][:, 0]

    def same_history(self, plan: int) -> bool:
        """Whether every incident goes the same way as under the first plan, as far as what was asked for can tell."""
        followed = self.followed[plan - 1]
        tables = [table for name, table in self.values.items() if "yuan" not in name]
        equal = all(np.array_equal(table[:, 0], table[:, plan], equal_nan=True) for table in tables)
        return followed.same_incidents and not followed.changed and equal

    @property
    def all_same(self) -> bool:
        """Whether every incident goes the same way under all plans."""
        return all(map(self.same_history, range(1, len(self.names))))

    def costs_more(self, plan: int) -> float:
        """Yuan a year that a plan costs beyond the first; 0 if that is not known."""
        cost = self.takes.get("cost_yuan_per_year")
        return 0.0 if cost is None else float(cost[plan] - cost[0])

    def yuan_per_hour_saved(self, plan: int) -> float:
        """What a problem-hour costs that a plan saves against the first; NaN if it costs no more, or saves none."""
        more_a_year = self.costs_more(plan)
        saved = (self.takes["problem_hours"][0] - self.takes["problem_hours"][plan]) / self.years
        return float(more_a_year / saved) if more_a_year > 0.0 < saved else math.nan

    def agreement(self, indicator: str, plan: int) -> Agreement:
        """In what share of the sets a plan has more of an indicator than the first, and for how many a sign holds."""
        return agreement(self.apart(indicator, plan))

    def defined_count(self, indicator: str) -> tuple[int, ...]:
        """Of each plan, in how many replications an indicator is defined."""
        return tuple(int(count) for count in (~np.isnan(self.values[indicator])).sum(axis=0))

    @property
    def unpaired(self) -> tuple[int, ...]:
        """Plans that do not have the same incidents as the first: there pairing is lost, wholly or in part."""
        return tuple(plan for plan, followed in enumerate(self.followed, 1) if not followed.same_incidents)

    def weakly_paired(self, plan: int) -> tuple[str, ...]:
        """Indicators for which pairing saves next to nothing: the plan and the first differ too much there."""
        return tuple(
            name for name, found in self.differences.items()
            if (pair := found[plan - 1]) and not math.isnan(pair.correlation) and pair.correlation < WEAK_CORRELATION
        )  # fmt: skip


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
    names = distinct([name for name, _ in plans])
    slims = [_for_each(scenario, len(seeds)) for _, scenario in plans]
    areas = areas_of(slims[0][0])
    jobs = [
        Job(f"{plan}", scenarios[turn], seed) for turn, seed in enumerate(seeds) for plan, scenarios in enumerate(slims)
    ]
    taken = _Taken(names, areas.of_site, {seed: {} for seed in seeds}, tuple(Followed() for _ in plans[1:]))
    interrupted, done = False, 0
    with Interrupts():
        try:
            for batch in engine.run(iter(jobs), len(jobs), Work(identity(), measure=ends_of)):
                for row in batch:
                    taken.take(row)
                done += len(batch)
                on_progress(done, len(jobs))
        except KeyboardInterrupt:
            interrupted = True
    if len(taken.complete) < 2:
        reason = f": {taken.failures[0]}" if taken.failures else ""
        raise ValueError(say(
            "fewer than two replications finished under every plan, so nothing can be compared{reason}", reason=reason,
        ))  # fmt: skip
    years = slims[0][0].parameters.period.days * 24.0 / YEAR_H
    working_grids = [
        float(np.mean([working_grids_count(one.parameters.supervisors) for one in plan])) for plan in slims
    ]
    found = _compared(taken, indicators, areas.kind, years, interrupted, ensemble, ensemble_doubt)
    idle = tuple(
        idle_levers(slims[0][0], others[0], same_history=found.same_history(plan))
        for plan, others in enumerate(slims[1:], 1)
    )
    differ = {"working_grids_count": np.array(working_grids)} if len(set(working_grids)) > 1 else {}
    return replace(found, idle=idle, takes={**differ, **found.takes})


@dataclass
class _Taken:
    """The runs that have finished."""

    names: Sequence[str]
    areas: NDArray[np.int64]
    rows: dict[int, dict[int, Row]]
    """Seed → plan → row."""
    followed: tuple[Followed, ...]
    failures: list[str] = field(default_factory=list)

    def take(self, row: Row) -> None:
        """Take a run; when it is the last of its seed, follow that seed's incidents from plan to plan."""
        plan, of_seed = int(row["key"]), self.rows[row["seed"]]
        of_seed[plan] = row
        if row["error"]:
            of = {"plan": self.names[plan], "seed": row["seed"], "error": row["error"]}
            self.failures.append(say("{plan}, seed {seed}: {error}", **of))
        if len(of_seed) == len(self.names):
            follow(of_seed, self.followed, self.areas)

    @property
    def complete(self) -> list[int]:
        """The seeds with which every plan has come to its end."""
        whole = (seed for seed, of_seed in self.rows.items() if len(of_seed) == len(self.names))
        return [seed for seed in whole if not any(row["error"] for row in self.rows[seed].values())]


def _takes(taken: _Taken) -> dict[str, NDArray[np.float64]]:
    """What each plan takes and leaves, mean over the complete seeds."""
    plans, nothing = range(len(taken.names)), float("nan")
    return {
        name: np.array([
            np.mean([taken.rows[seed][plan]["indicators"].get(name, nothing) for seed in taken.complete])
            for plan in plans
        ])
        for name in TAKEN
    }  # fmt: skip


def _saturated(taken: _Taken) -> tuple[dict[str, float], ...]:
    """Of each plan, the units that have next to no hours left, over the complete seeds."""
    means = [
        pd.DataFrame([taken.rows[seed][plan].get("units", {}) for seed in taken.complete]).mean()
        for plan in range(len(taken.names))
    ]
    return tuple({str(name): float(busy) for name, busy in mean.items() if busy > SATURATED} for mean in means)


def _for_each(scenario: Scenario | Sequence[Scenario], count: int) -> list[Scenario]:
    """A scenario for each seed."""
    return [slim(scenario)] * count if isinstance(scenario, Scenario) else [slim(one) for one in scenario]


def distinct(names: Sequence[str]) -> list[str]:
    """Names without needless spaces; a name that is taken already gets a number."""
    found: list[str] = []
    for name in (" ".join(name.split()) for name in names):
        tries = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
        found.append(next(free for free in tries if free not in found))
    return found


def _compared(
    taken: _Taken,
    indicators: Sequence[str],
    kind: AreaKind,
    years: float,
    interrupted: bool,
    ensemble: str,
    ensemble_doubt: str,
) -> Comparison:
    """What the complete seeds say."""
    plans, seeds = range(len(taken.names)), taken.complete
    values = {
        name: np.array([[taken.rows[seed][plan]["indicators"][name] for plan in plans] for seed in seeds])
        for name in indicators
    }
    undefined = tuple(name for name, table in values.items() if np.isnan(table).all(axis=0).any())
    equal = tuple(name for name, table in values.items() if name not in undefined and never_differ(table))
    shown = [name for name in values if name not in (*undefined, *equal)]
    comparisons = max(1, len(shown) * (len(plans) - 1))
    differences = {
        name: tuple(difference(values[name][:, 0], values[name][:, plan], comparisons) for plan in plans[1:])
        for name in shown
    }
    return Comparison(
        tuple(taken.names), tuple(seeds), values, comparisons, differences, equal, undefined, taken.followed, kind,
        tuple(taken.failures), interrupted,
        years=years, takes=_takes(taken), saturated=_saturated(taken), ensemble=ensemble, ensemble_doubt=ensemble_doubt,
    )  # fmt: skip
