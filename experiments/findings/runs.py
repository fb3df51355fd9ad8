"""What the runs of a study say: plans, effects, sensitivity, and where things go wrong.

Layer: experiments.  Reads a study's folder; every function takes what it needs and draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.running.files import StorageError
from experiments.statistics.intervals import half_width, never_differ, probability_best
from experiments.studies.folder import Results
from experiments.studies.form import Lever, Objective, StudyFile
from experiments.studies.plans import flat, paths_of
from experiments.studies.reading import unknown_indicators
from languages.speaking import say


class Undefined(NamedTuple):
    """For how many runs an indicator has no value: a share of nothing, a mean over no case."""

    runs_count: int
    of: int
    """Runs in all."""
    plans: tuple[int, ...]
    """Plans for which no run has a value."""


A_YEAR = {"cost_yuan": "cost_yuan_per_year"}
"""What is counted over a run → the same for a year: periods are odd, and a year is what people plan by."""
MOST_PLANS = 20
"""The best of them are shown in tables and pictures; the others can be asked for."""


@dataclass(frozen=True, eq=False)
class Findings:
    """A study's runs, joined with its plans and worlds."""

    folder: Path
    about: dict[str, Any]
    file: StudyFile
    plans: pd.DataFrame
    worlds: pd.DataFrame
    runs: pd.DataFrame
    """A row a run that did not fail: plan, world, seed, key, indicators, areas."""
    failed: pd.DataFrame
    checksum: str

    @property
    def objectives(self) -> list[Objective]:
        """What is wanted, the first before all."""
        return self.file.objectives

    @property
    def worlds_replicate(self) -> bool:
        """True if every world has every seed, so that a world is what replicates."""
        return bool(self.file.uncertain or self.file.ensemble) and self.file.replications.rule == "fixed"

    def table(self, indicator: str) -> pd.DataFrame:
        """An indicator: a row for each replication that all plans share (a world or a seed), a column for each plan."""
        index = ["world"] if self.worlds_replicate else ["world", "seed"]
        wide = self.runs.groupby([*index, "plan"])[indicator].mean().unstack("plan")
        return wide.reindex(columns=self.plans["plan"])

    @property
    def numbered(self) -> pd.DataFrame:
        """The runs with the number of their seed within their world, the same for all plans."""
        rule, worlds = self.file.replications, len(self.worlds) if self.file.replications.own_seeds else 1
        return self.runs.assign(number=(self.runs["seed"] - rule.first_seed) // worlds)

    def grid(self, indicator: str) -> pd.DataFrame:
        """An indicator: a row for each world, a column for each plan and number of a seed."""
        by_run = self.numbered.groupby(["world", "plan", "number"])[indicator].mean()
        return by_run.unstack(["plan", "number"]).sort_index(axis=1)

    def undefined(self, indicator: str) -> Undefined:
        """How many of the runs leave an indicator undefined, and which plans never have a value."""
        values = self.runs[indicator].groupby(self.runs["plan"])
        never = values.count().reindex(self.plans["plan"]).fillna(0) == 0
        return Undefined(
            int(self.runs[indicator].isna().sum()), len(self.runs), tuple(int(p) for p in never.index[never])
        )

    def means_of(self, indicator: str) -> dict[int, float]:
        """By plan, the mean of an indicator over its runs; empty if the runs do not have it."""
        if indicator not in self.runs:
            return {}
        means = self.runs.groupby("plan")[indicator].mean()
        return {int(plan): float(mean) for plan, mean in means.items()}

    def a_year(self, indicator: str) -> str:
        """The indicator that says the same for a year, where one is of the whole run and the runs have the other."""
        other = A_YEAR.get(indicator, indicator)
        return other if other in self.ranking else indicator

    def settings(self, plan: int) -> dict[str, Any]:
        """Where each lever of a plan stands."""
        row = self.plans.set_index("plan").loc[plan]
        return {lever.name: row[lever.name] for lever in self.levers}

    def name(self, plan: int) -> str:
        """What a plan is called."""
        return str(self.plans.set_index("plan").loc[plan, "name"])

    @cached_property
    def alive(self) -> list[int]:
        """The plans that may be the best: all, or those that a ranking has not dropped on the way."""
        if self.file.replications.rule != "ranking":
            return [int(plan) for plan in self.plans["plan"]]
        if (kept := self.about.get("survivors")) is not None:
            return [int(plan) for plan in kept]
        counts = self._recorded()
        return [int(plan) for plan in counts.index[counts == counts.max()]]

    def _recorded(self) -> pd.Series:
        """How often each plan was run, failed runs among them."""
        made = self.runs[["plan", "scenario"]].drop_duplicates()
        failed = made.merge(self.failed[["scenario"]], on="scenario").groupby("plan").size()
        return self.runs.groupby("plan").size().add(failed, fill_value=0)

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """Plans, the best by the first objective first: of each objective mean, half-width, probability.

        Plans that were dropped on the way come last, whatever their means: few runs may have flattered them.
        """
        columns: dict[str, Any] = {"plan": self.plans["plan"], "name": self.plans["name"]}
        for objective in self.objectives:
            table = self.table(objective.indicator)
            columns[objective.indicator] = table.mean().to_numpy()
            columns[f"{objective.indicator}_half"] = [half_width(column) for column in table.to_numpy().T]
            columns[f"{objective.indicator}_best"] = self._probability(table, objective)
            year = A_YEAR.get(objective.indicator, objective.indicator)
            if year in self.runs and year not in columns:
                table = self.table(year)
                columns[year] = table.mean().to_numpy()
                columns[f"{year}_half"] = [half_width(column) for column in table.to_numpy().T]
        first = self.objectives[0]
        columns["replications"] = self.runs.groupby("plan").size().reindex(self.plans["plan"]).fillna(0).to_numpy(int)
        columns["dropped"] = ~self.plans["plan"].isin(self.alive).to_numpy()
        ordered = pd.DataFrame(columns).sort_values(
            ["dropped", first.indicator], ascending=[True, first.better == "low"], kind="stable"
        )
        return ordered.reset_index(drop=True)

    def _probability(self, table: pd.DataFrame, objective: Objective) -> np.ndarray:
        """How surely each plan is the best; one that was dropped is not, and one without a value is NaN."""
        alive = [plan for plan in table.columns if plan in self.alive]
        found = pd.Series(probability_best(table[alive].to_numpy(float), objective.better), index=alive)
        return found.reindex(table.columns, fill_value=0.0).to_numpy()

    @property
    def best(self) -> int:
        """The plan with the best mean, of those that were not dropped; where none has a value, the first."""
        return int(self.ranking["plan"].iloc[0])

    @cached_property
    def equal_to_best(self) -> tuple[int, ...]:
        """Plans that are the same as the best by the first objective in every replication: it is a tie."""
        table = self.table(self.objectives[0].indicator)
        best = table[self.best].to_numpy(float)
        if np.isnan(best).all():
            return ()
        others = (plan for plan in self.ranking["plan"] if plan != self.best and plan in self.alive)
        return tuple(int(plan) for plan in others if never_differ(np.column_stack([best, table[plan].to_numpy(float)])))

    @property
    def levers(self) -> list[Lever]:
        """The levers; a list of plans has none."""
        return self.file.levers


def read_findings(folder: Path) -> Findings:
    """Everything that a report needs.

    Raises StorageError if the folder holds no study, one of other indicators, or no run that came to its end.
    """
    results = Results(folder)
    file = StudyFile.model_validate(results.about["file"])
    if line := next(unknown_indicators(file), None):
        raise StorageError(say("{folder}: {line}; sweep the study anew under that name", folder=folder, line=line))
    plans, worlds, wanted = (results.described(name) for name in ("plans", "worlds", "wanted"))
    runs = results.table()
    failed = runs[runs["error"] != ""]
    good = wanted.drop(columns="seed").merge(runs[runs["error"] == ""], on="key")
    good = good.sort_values(["plan", "world", "seed"], ignore_index=True)
    if good.empty:
        raise StorageError(say("{folder}: no run has come to its end yet; `sweep` runs the study", folder=folder))
    return Findings(folder, results.about, file, plans, worlds, good, failed, results.checksum())


GRIDS = ("cell_area_m2", "households_per_social_grid", "subdistricts_count", "communities_count")
"""What is laid over the ground: it moves no incident."""


def same_incidents(findings: Findings) -> bool:
    """True if all plans have the same ground, and as many incidents occur under each in every replication.

    Sweeps keep no digest of the incidents themselves; where a plan has a base of its own, it is not claimed.
    """
    file, runs = findings.file, findings.runs
    paths = {path for lever in file.levers for path in paths_of(lever)}
    paths |= {path for plan in file.plans for path in flat(plan.set)}
    moved = any(path.startswith("territory.") and not path.endswith(GRIDS) for path in paths)
    if moved or any(plan.base for plan in file.plans) or "occurred_count" not in runs:
        return False
    return bool((runs.groupby(["world", "seed"])["occurred_count"].nunique() <= 1).all())
