"""A scenario, and what it is set against, under each of the sets of parameters that the published figures allow.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from experiments.economics.costs import Basis, CostSplit, basis_of
from experiments.studies.ensembles import Ensemble, EnsembleError, read_ensemble
from experiments.studies.reading import problems_of
from languages.speaking import say
from scenarios.loading import Family, Scenario, ScenarioError
from scenarios.parameters import walk
from scenarios.wording import shown, suggest


class UnderSets(NamedTuple):
    """Scenarios under the sets of an ensemble: the same set for all of them, so that they can be paired."""

    ensemble: str
    variants: tuple[tuple[Scenario, ...], ...]
    """For each scenario, itself under each set."""
    distinct_count: int
    """Fewer than the sets where a weight makes a set stand there more than once."""
    left_out: tuple[str, ...]
    """Parameters that the second scenario does not have."""
    levelled: tuple[str, ...]
    """Parameters in which the scenarios differ by their files, and under a set no longer do."""
    doubt: str = ""
    """Why the sets must not be given as an answer; empty if they may."""

    @property
    def sets_count(self) -> int:
        """How many sets."""
        return len(self.variants[0])


def under_sets(
    name_or_path: str, scenarios: Sequence[Scenario], overrides: Mapping[str, object], most: int
) -> UnderSets:
    """The scenarios under `most` sets of an ensemble at most, each as often as its weight says.

    The second has the sets that the same calibration wrote for it, if there are any; else the first's, without what it
    does not have. Overrides prevail over a set.
    Raises EnsembleError, with one line for each problem.
    """
    ensemble = read_ensemble(name_or_path)
    known = [{path: value for path, _, _, value in walk(each.parameters)} for each in scenarios]
    if unknown := [path for path in ensemble.paths if path not in known[0]]:
        raise EnsembleError("\n".join(
            say("{ensemble}.csv: {path} is not a parameter of {scenario}{hint}", ensemble=ensemble.name,
                path=shown(path), scenario=scenarios[0].name, hint=suggest(path, known[0]))
            for path in unknown
        ))  # fmt: skip
    chosen, own = ensemble.places(most), ensemble.of(scenarios[-1].name)
    left_out = tuple(path for path in own.paths if path not in known[-1])
    both = [path for path in ensemble.paths if path in known[-1] and path not in overrides] if own is ensemble else []
    return UnderSets(
        ensemble.name,
        tuple(_variants(scenario, own if number else ensemble, chosen, overrides, left_out if number else ())
              for number, scenario in enumerate(scenarios)),
        len(set(chosen)), left_out, tuple(path for path in both if known[0][path] != known[-1][path]), ensemble.doubt,
    )  # fmt: skip


def _variants(
    scenario: Scenario, ensemble: Ensemble, chosen: Sequence[int], overrides: Mapping[str, object],
    left_out: Sequence[str],
) -> tuple[Scenario, ...]:  # fmt: skip
    family = Family(scenario.path or scenario.name)
    variants = []
    for row in chosen:
        having = {path: value for path, value in ensemble.sets[row].items() if path not in left_out}
        try:
            variants.append(family.load({**having, **overrides}))
        except ScenarioError as error:
            where = f"{ensemble.name}.csv:{row + ensemble.first_line}: {scenario.name}"
            raise EnsembleError("\n".join(
                f"{where}: {problem}" for problem in problems_of(error)
            )) from None  # fmt: skip
    return tuple(variants)


def bases_under(variants: Sequence[Scenario], one_investment: bool) -> list[Basis]:
    """What the costs are counted over, set by set.

    Raises ValueError if sets differ in what must be one number: days and households; with `one_investment`
    (a pay-back, or an investment that is given) the equipment and its life as well.
    """
    bases = [basis_of(scenario) for scenario in variants]
    name = variants[0].name
    if len({(basis.years, basis.households) for basis in bases}) > 1:
        raise ValueError(say(
            "--ensemble: its sets change the days or the households of {scenario}, so costs do not compare",
            scenario=name,
        ))  # fmt: skip
    if one_investment and len({(basis.investment_yuan, basis.life_years) for basis in bases}) > 1:
        raise ValueError(say("--ensemble: its sets change the equipment of {scenario} or its life, so no pay-back and "
                             "no --investment holds for all of them", scenario=name))  # fmt: skip
    return bases


def mean_basis(bases: Sequence[Basis]) -> Basis:
    """The first, with the mean of the costs by kind."""
    split = CostSplit(*(sum(kind) / len(bases) for kind in zip(*(basis.split for basis in bases), strict=True)))
    return bases[0]._replace(split=split)
