"""What the runs of a study say: plans, effects, sensitivity, and where things go wrong.

Layer: experiments.  Reads a study's folder; every function takes what it needs and draws nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.designs import problem_of, world_shares
from experiments.intervals import half_width, probability_best, variances
from experiments.results import Results
from experiments.storage import StorageError
from experiments.study import MOST_LEVELS, Lever, Objective, StudyFile

BINS = 4
"""A lever that takes any value is cut into so many equal parts."""
MOST_PLANS = 20
"""The best of them are shown in tables and pictures; the others can be asked for."""
LEAST_DRAWS = 40
"""Fewer draws of a latin hypercube say nothing about sensitivity."""
DEEPEST_TREE, LEAST_LEAF = 3, 0.05


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
    def crossed(self) -> bool:
        """True if every world has every seed, so that a world is what replicates."""
        return bool(self.file.uncertain or self.file.ensemble) and self.file.replications.rule == "fixed"

    def table(self, indicator: str) -> pd.DataFrame:
        """An indicator: a row for each replication that all plans share (a world or a seed), a column for each plan."""
        index = ["world"] if self.crossed else ["world", "seed"]
        wide = self.runs.groupby([*index, "plan"])[indicator].mean().unstack("plan")
        return wide.reindex(columns=self.plans["plan"])

    @property
    def numbered(self) -> pd.DataFrame:
        """The runs with the number of their seed within their world, the same for all plans."""
        rule, worlds = self.file.replications, len(self.worlds) if self.file.replications.own_seeds else 1
        return self.runs.assign(number=(self.runs["seed"] - rule.first_seed) // worlds)

    def grid(self, indicator: str) -> pd.DataFrame:
        """An indicator: a row for each world, a column for each plan and number of a seed."""
        return self.numbered.pivot_table(index="world", columns=["plan", "number"], values=indicator)

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
            columns[f"{objective.indicator} ±"] = [half_width(column) for column in table.to_numpy().T]
            columns[f"{objective.indicator} best"] = self._probability(table, objective)
        first = self.objectives[0]
        columns["replications"] = self.runs.groupby("plan").size().reindex(self.plans["plan"]).fillna(0).to_numpy(int)
        columns["dropped"] = ~self.plans["plan"].isin(self.alive).to_numpy()
        ordered = pd.DataFrame(columns).sort_values(
            ["dropped", first.indicator], ascending=[True, first.better == "low"], kind="stable"
        )
        return ordered.reset_index(drop=True)

    def _probability(self, table: pd.DataFrame, objective: Objective) -> np.ndarray:
        """How surely each plan is the best; one that was dropped on the way, or has no value, is not."""
        alive = [plan for plan in table.columns if plan in self.alive]
        found = pd.Series(probability_best(table[alive].to_numpy(float), objective.better), index=alive)
        return found.reindex(table.columns).fillna(0.0).to_numpy()

    @property
    def best(self) -> int:
        """The plan with the best mean, of those that were not dropped."""
        return int(self.ranking["plan"].iloc[0])

    @property
    def levers(self) -> list[Lever]:
        """The levers; a list of plans has none."""
        return self.file.levers


def read_findings(folder: Path) -> Findings:
    """Everything that a report needs.

    Raises StorageError if the folder holds no study, or no run that came to its end.
    """
    results = Results(folder)
    plans, worlds, wanted = (results.described(name) for name in ("plans", "worlds", "wanted"))
    runs = results.table()
    failed = runs[runs["error"] != ""]
    good = wanted.drop(columns="seed").merge(runs[runs["error"] == ""], on="key")
    good = good.sort_values(["plan", "world", "seed"], ignore_index=True)
    if good.empty:
        raise StorageError(f"{folder}: no run has come to its end yet; `sweep` runs the study")
    file = StudyFile.model_validate(results.about["file"])
    return Findings(folder, results.about, file, plans, worlds, good, failed, results.checksum())


# Effects --------------------------------------------------------------------------------------------------------
class Effect(NamedTuple):
    """The mean of an objective at one level of a lever, over all plans that have it."""

    lever: str
    level: str
    mean: float
    half: float
    plans_count: int


def levels_of(findings: Findings, lever: Lever) -> pd.Series:
    """The level at which each plan stands, in order; a range is cut into equal parts."""
    settings = findings.plans.set_index("plan")[lever.name]
    if lever.ranged:
        edges = np.linspace(float(settings.min()), float(settings.max()), BINS + 1)
        labels = [f"{_short(low)} – {_short(high)}" for low, high in itertools.pairwise(edges)]
        return pd.cut(settings.astype(float), edges, labels=labels, include_lowest=True)
    names = [level.name for level in lever.levels] or [_short(value) for value in lever.values]
    return pd.Series(pd.Categorical(settings.map(_short), categories=names), index=settings.index)


def _short(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def main_effects(findings: Findings, indicator: str) -> list[Effect]:
    """What each level of each lever comes to, with 95 % intervals over the replications.

    Only replications count in which all plans of the level were run: where some were dropped on the way, the mean of
    those that are left is another mean. A plan that always fails is in none.
    """
    table = findings.table(indicator).dropna(axis=1, how="all")
    effects = []
    for lever in findings.levers:
        levels = levels_of(findings, lever)
        for level in levels.cat.categories:
            having = table[table.columns.intersection(levels.index[levels == level])]
            if having.shape[1]:
                values = having.dropna().mean(axis=1)
                half = half_width(values.to_numpy(float))
                effects.append(Effect(lever.name, str(level), float(values.mean()), half, having.shape[1]))
    return effects


@lru_cache(maxsize=32)
def shares_of_variance(findings: Findings, indicator: str) -> list[tuple[str, float]]:
    """How much of the variance of single runs each lever explains alone, each pair beyond that, and chance.

    By sums of squares: a term's share is what the fit of all main effects and pairs loses without it.
    """
    by_plan = findings.runs.groupby("plan")[indicator]
    means, counts = by_plan.mean().dropna(), by_plan.count()
    values, weights = means.to_numpy(), counts.reindex(means.index).to_numpy(float)
    middle = float(np.average(values, weights=weights))
    between = float((weights * (values - middle) ** 2).sum())
    total = between + float(((counts - 1) * by_plan.var(ddof=1).fillna(0.0)).sum())
    if total <= 0.0:
        return []
    codes = {
        lever.name: levels_of(findings, lever).cat.codes.reindex(means.index).to_numpy(int) for lever in findings.levers
    }
    mains = {name: _dummies(code) for name, code in codes.items()}
    pairs = {f"{a} × {b}": _dummies(codes[a] * MOST_LEVELS + codes[b]) for a, b in itertools.combinations(codes, 2)}

    def explained(columns: Sequence[np.ndarray]) -> float:
        """Sum of squares between plans that a linear fit on dummy columns explains."""
        design = np.hstack([np.ones((len(values), 1)), *columns])
        scale = np.sqrt(weights)
        fitted = design @ np.linalg.lstsq(design * scale[:, None], values * scale, rcond=None)[0]
        return float((weights * (fitted - middle) ** 2).sum())

    additive = explained([*mains.values()])
    shares = [
        (name, additive - explained([columns for other, columns in mains.items() if other != name])) for name in mains
    ]
    shares += [(name, explained([*mains.values(), columns]) - additive) for name, columns in pairs.items()]
    shares = [(name, max(0.0, squares / total)) for name, squares in shares]  # a fit is exact to rounding only
    kind = "chance and what nobody knows" if len(findings.worlds) > 1 else "chance (the seed)"
    return [*shares, (kind, 1.0 - between / total)]


def _dummies(codes: np.ndarray) -> np.ndarray:
    return (codes[:, None] == np.unique(codes)[None, :]).astype(float)


def pair_means(findings: Findings, indicator: str, first: str, second: str) -> pd.DataFrame:
    """Mean of an objective at every pair of levels of two levers."""
    by_name = {lever.name: lever for lever in findings.levers}
    frame = pd.DataFrame({
        first: levels_of(findings, by_name[first]), second: levels_of(findings, by_name[second]),
        "mean": findings.table(indicator).mean(),
    })  # fmt: skip
    return frame.pivot_table(index=first, columns=second, values="mean", observed=False)


# Pareto ---------------------------------------------------------------------------------------------------------
def frontier(points: np.ndarray, better: tuple[str, str]) -> np.ndarray:
    """(n,) True for points that no other is better than in both directions; `points` is (n, 2)."""
    signed = points * np.array([1.0 if way == "high" else -1.0 for way in better])
    return np.array([
        not any((other >= point).all() and (other > point).any() for other in signed) for point in signed
    ])  # fmt: skip


# Sensitivity ----------------------------------------------------------------------------------------------------
class Sensitivity(NamedTuple):
    """How an outcome depends on what nobody knows."""

    outcome: str
    method: str
    names: tuple[str, ...]
    first: tuple[float, ...]
    """Share of the variance that each parameter explains alone (Sobol', RBD-FAST), or Morris' μ*."""
    first_half: tuple[float, ...]
    total: tuple[float, ...]
    """Share in which it has any part (Sobol'), or Morris' σ; not a number for RBD-FAST."""
    noise_of_run: float
    """Share of the variance of single runs that is only the seed's."""
    noise_of_mean: float
    """The same for the means over seeds on which the indices rest."""


@lru_cache(maxsize=32)
def sensitivity(findings: Findings) -> list[Sensitivity]:
    """Indices for each objective under the best plan, and for its difference from the runner-up."""
    if (
        not findings.crossed
        or not findings.file.uncertain
        or (findings.file.worlds.method in ("latin_hypercube", "random") and len(findings.worlds) < LEAST_DRAWS)
    ):
        return []
    found = []
    for objective in findings.objectives:
        name = objective.indicator
        grid = findings.grid(name)
        best = grid[findings.best]
        outcomes = {f"{name} under {findings.name(findings.best)}": best}
        if len(findings.plans) > 1:
            second = int(findings.ranking["plan"].iloc[1])
            outcomes[f"{name}: the best plan minus the runner-up"] = best - grid[second]
        for outcome, values in outcomes.items():
            if len(values.dropna()) == len(findings.worlds) and float(values.mean(axis=1).std()) > 0.0:
                found.append(analysed(findings, outcome, values))
    return found


def analysed(findings: Findings, outcome: str, values: pd.DataFrame) -> Sensitivity:
    """Indices of an outcome by the method of the study's worlds; `values` (worlds, seeds) must all be defined."""
    problem, means = problem_of(findings.file), values.mean(axis=1).to_numpy()
    shares, method = world_shares(findings.file), findings.file.worlds.method
    names = tuple(problem["names"])
    undefined = (math.nan,) * len(names)
    if method == "sobol":
        from SALib.analyze import sobol

        told = sobol.analyze(problem, means, calc_second_order=False, seed=1)
        indices = "Sobol'", tuple(told["S1"]), tuple(told["S1_conf"]), tuple(told["ST"])
    elif method == "morris":
        from SALib.analyze import morris

        told = morris.analyze(problem, shares, means, num_levels=4, seed=1)
        indices = "Morris", tuple(told["mu_star"]), tuple(told["mu_star_conf"]), tuple(told["sigma"])
    else:
        from SALib.analyze import rbd_fast

        told = rbd_fast.analyze(problem, shares, means, seed=1)
        indices = "RBD-FAST", tuple(told["S1"]), tuple(told["S1_conf"]), undefined
    noise = noise_shares(values.to_numpy(), common=not findings.file.replications.own_seeds)
    return Sensitivity(outcome, indices[0], names, *indices[1:], *noise)


def noise_shares(values: np.ndarray, common: bool) -> tuple[float, float]:
    """The seed's share of the variance of single runs, and of the means over seeds; `values` is (worlds, seeds).

    SALib counts what the seed does as if a parameter did it: an index cannot be trusted beyond one minus this.
    `common`: all worlds have the same seeds; what a seed does to all of them alike disturbs no index.
    """
    worlds, seeds = values.shape
    if seeds < 2 or worlds < 2:
        return math.nan, math.nan
    of_means, within = variances(values, common)
    between = max(0.0, of_means - within / seeds)
    total = between + within
    return within / total if total else math.nan, min(1.0, within / seeds / of_means) if of_means else math.nan


# Discovery ------------------------------------------------------------------------------------------------------
class Box(NamedTuple):
    """A part of the space of levers and unknowns where things go wrong."""

    rule: str
    density: float
    """Share of its runs that cross the line."""
    coverage: float
    """Share of all runs that cross the line which are in it."""
    runs_count: int


class Discovery(NamedTuple):
    """Where an indicator crosses its line."""

    line: str
    share: float
    boxes: tuple[Box, ...]
    weights: tuple[tuple[str, float], ...]
    """What matters for it, the most important first; sums to 1."""
    crossed: pd.Series
    """Of each run, whether it crosses the line."""


@lru_cache(maxsize=32)
def discovery(findings: Findings) -> Discovery | None:
    """A small tree over levers and unknowns: where the target's line is crossed. None: there is no target."""
    target = findings.file.target
    if target is None:
        return None
    values = findings.runs[target.indicator]
    crossed = (values < target.below) if target.below is not None else (values > target.above)
    line = f"{target.indicator} {'below' if target.below is not None else 'above'} "
    line += f"{target.below if target.below is not None else target.above:g}"
    share = float(crossed.mean())
    features = features_of(findings)
    if share in (0.0, 1.0) or features.empty:
        return Discovery(line, share, (), (), crossed)
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=DEEPEST_TREE, min_samples_leaf=LEAST_LEAF, random_state=0)
    tree.fit(features.to_numpy(float), crossed.to_numpy())
    boxes = _boxes(tree.tree_, list(features.columns), int(crossed.sum()))
    weights = sorted(zip(features.columns, tree.feature_importances_, strict=True), key=lambda item: -item[1])
    told = tuple((name, float(weight)) for name, weight in weights if weight > 0.0)
    return Discovery(line, share, boxes, told, crossed)


def features_of(findings: Findings) -> pd.DataFrame:
    """Of every run, where its levers and unknowns stood, as numbers; words become a column each."""
    columns: dict[str, Any] = {}
    plans, worlds = findings.plans.set_index("plan"), findings.worlds.set_index("world")
    plans = plans.rename(columns={"name": "plan"}) if not findings.levers else plans.drop(columns="name")
    for source, key in ((plans, "plan"), (worlds, "world")):
        for name in source.columns:
            values = findings.runs[key].map(source[name])
            if pd.api.types.is_numeric_dtype(values):
                columns[name] = values.astype(float)
            else:
                columns |= {f"{name} = {word}": (values == word).astype(float) for word in sorted(values.unique())}
    frame = pd.DataFrame(columns)
    return frame.loc[:, frame.nunique() > 1]


def _boxes(tree: Any, names: list[str], crossed_count: int) -> tuple[Box, ...]:
    """The leaves where most runs cross the line, the fullest first."""
    boxes = []

    def descend(node: int, bounds: dict[str, tuple[float, float]]) -> None:
        if tree.children_left[node] == -1:
            density = float(tree.value[node][0][1] / tree.value[node][0].sum())
            count = int(tree.n_node_samples[node])
            if density >= 0.5:
                boxes.append(Box(_rule(bounds), density, density * count / crossed_count, count))
            return
        name, at = names[tree.feature[node]], float(tree.threshold[node])
        low, high = bounds.get(name, (-math.inf, math.inf))
        descend(tree.children_left[node], {**bounds, name: (low, min(high, at))})
        descend(tree.children_right[node], {**bounds, name: (max(low, at), high)})

    descend(0, {})
    return tuple(sorted(boxes, key=lambda box: -box.coverage))


def _rule(bounds: dict[str, tuple[float, float]]) -> str:
    """The sides of a box in words."""
    sides = []
    for name, (low, high) in bounds.items():
        if " = " in name:
            sides.append(name if low > 0.0 else name.replace(" = ", " is not "))
        elif math.isfinite(low) and math.isfinite(high):
            sides.append(f"{_short(low)} < {name} ≤ {_short(high)}")
        else:
            sides.append(f"{name} > {_short(low)}" if math.isfinite(low) else f"{name} ≤ {_short(high)}")
    return " and ".join(sides) or "everywhere"
