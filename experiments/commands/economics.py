"""The command for costs: what a case costs, what a plan must bring, and the published appraisal taken apart.

Layer: experiments.  Only click is imported at the top: whatever else the command needs, it imports itself.
"""

from __future__ import annotations

import math
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.shared import (
    ALL,
    ENSEMBLE,
    INTERRUPTED,
    JSON,
    MODEL_ENGINE,
    SEED_MAX,
    SET,
    WORKERS,
    engine_starter,
    fail,
    load_scenario,
    print_json,
    refusing,
)
from languages.speaking import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd

    from experiments.economics.costs import Basis
    from experiments.economics.sets import UnderSets
    from experiments.economics.worth import Benefit
    from experiments.running.engine import Engine
    from scenarios.loading import Scenario


class Yuan(click.ParamType[float]):
    """An amount that is finite and not negative."""

    name = "yuan"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Text to yuan; refuses what is no amount."""
        try:
            amount = float(value)
        except ValueError:
            amount = math.nan
        if not (math.isfinite(amount) and amount >= 0.0):
            self.fail(say("{value} must be a number of yuan, 0 or more", value=value), param, ctx)
        return amount


@click.command()
@click.argument("name", required=False)
@click.option("--without", metavar="NAME2", help="The scenario to set it against: what would be there otherwise.")
@click.option("--replications", type=click.IntRange(1, 100_000), default=5, show_default=True,
              help="How many of each; they have the seeds SEED, SEED + 1, …")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, help="Seed of the first one.")
@SET
@ENSEMBLE
@click.option("--value-per-case", type=Yuan(), metavar="YUAN", help="Assume that a further solved incident is worth "
                                                                    "this; gives a pay-back.")  # fmt: skip
@click.option("--value-per-hour", type=Yuan(), metavar="YUAN", help="Assume that an hour by which an incident is "
                                                                    "solved sooner is worth this.")  # fmt: skip
@click.option("--investment", type=Yuan(), metavar="YUAN", help="Invested beyond NAME2; default: the difference of "
                                                                "costs.equipment_yuan.")  # fmt: skip
@click.option("--appraisal", is_flag=True, help="Take the published appraisal of Dongcheng apart; needs no NAME.")
@WORKERS
@MODEL_ENGINE
@ALL
@JSON
def economics(name: str | None, without: str | None, replications: int, seed: int, overrides: tuple[str, ...],
              ensemble: str | None, value_per_case: float | None, value_per_hour: float | None,
              investment: float | None, appraisal: bool, workers: int | None, model_engine: str,
              everything: bool, as_json: bool) -> None:  # fmt: skip
    """Say what governance costs per solved incident, filed case and household, and what it must bring.

    With --without both scenarios run on the same seeds: the break-even value of a further solved incident needs
    no assumption; a pay-back needs yours. --set holds for both. Ctrl-C keeps the pairs that are finished.

    With --ensemble there is one history of each set of parameters that the published figures allow, with the same
    set and seed for both scenarios; --replications is then the most sets. Every interval is where one more set would
    fall, so it covers what nobody knows. What NAME2 does not have is left out for it.

    The answer comes first, in a few sentences and one table; --all shows the rest.

    \b
    Examples:
      python run_experiment.py economics junmen_2012
      python run_experiment.py economics junmen_2012 --without junmen_before --replications 20
      python run_experiment.py economics junmen_2012 --without junmen_before --investment 500000 --value-per-case 900
      python run_experiment.py economics junmen_2012 --without junmen_before --ensemble junmen_2012 --replications 50
      python run_experiment.py economics --appraisal
    """  # noqa: D301
    if appraisal:
        _appraise(name, without, ensemble, everything, as_json)
        return
    if name is None:
        raise click.UsageError(say("NAME is missing; `list` shows the names, --appraisal needs none."))
    given = {"--value-per-case": value_per_case, "--value-per-hour": value_per_hour, "--investment": investment}
    for option, value in given.items():
        if value is not None and without is None:
            fail([say("{option}: needs --without NAME2; without something to compare with nothing can pay back",
                      option=option)])  # fmt: skip
    scenarios = [_runnable(each, overrides) for each in (name, without) if each is not None]
    with refusing():
        sets = _sets(ensemble, scenarios, overrides, replications) if ensemble is not None else None
        replications = sets.sets_count if sets else replications
        start = engine_starter(workers, None, model_engine)
        summary, interrupted = _summary(
            scenarios, sets, seed, replications, value_per_case, value_per_hour, investment, start
        )
    _show(summary, everything, as_json)
    if interrupted:
        _say_interrupted(len(summary["seeds"]), replications, sets)
        sys.exit(INTERRUPTED)


def _say_interrupted(done: int, count: int, sets: UnderSets | None) -> None:
    """How much of it finished before Ctrl-C came."""
    of = {"done": done, "total": count}
    if not done:
        line = (
            say("interrupted: {done} of {total} sets finished; nothing is kept", **of) if sets
            else say("interrupted: {done} of {total} replications finished; nothing is kept", **of)
        )  # fmt: skip
    else:
        line = (
            say("interrupted: {done} of {total} sets finished and are kept", **of) if sets
            else say("interrupted: {done} of {total} replications finished and are kept", **of)
        )  # fmt: skip
    click.echo(line, err=True)


def _appraise(name: str | None, without: str | None, ensemble: str | None, everything: bool, as_json: bool) -> None:
    if name or without:
        fail([say("--appraisal: needs no scenario; leave {scenario} out", scenario=name or without)])
    if ensemble is not None:
        fail([say("--appraisal: takes no --ensemble; it is arithmetic, and nothing is run")])
    from experiments.economics.appraisal import seed_appraisal
    from experiments.showing.economics_tables import appraisal_as_json, print_appraisal

    found = seed_appraisal()
    if as_json:
        print_json(appraisal_as_json(found))
    else:
        print_appraisal(found, everything)


def _runnable(name: str, overrides: tuple[str, ...]) -> Scenario:
    scenario = load_scenario(name, overrides)
    if scenario.abstract:
        fail([say(
            "{name}: is a base that other scenarios extend and cannot be run; `list` shows those that can", name=name,
        )])  # fmt: skip
    return scenario


def _sets(ensemble: str, scenarios: Sequence[Scenario], overrides: tuple[str, ...], most: int) -> UnderSets:
    """The scenarios under the sets of an ensemble. Raises ValueError if there are none, or one cannot be run."""
    from experiments.economics.sets import under_sets
    from scenarios.loading import parse_override

    return under_sets(ensemble, scenarios, dict(map(parse_override, overrides)), most)


def _summary(
    scenarios: Sequence[Scenario], sets: UnderSets | None, seed: int, count: int, per_case: float | None,
    per_hour: float | None, investment: float | None, start: Callable[[], AbstractContextManager[Engine]],
) -> tuple[dict[str, Any], bool]:  # fmt: skip
    """What --json prints, and whether it was interrupted. Raises ValueError if a scenario cannot be run."""
    from experiments.economics import costs, worth
    from experiments.economics.sets import bases_under, mean_basis
    from experiments.running.replications import seeds_from
    from experiments.showing.progress import progress

    one_investment = any(value is not None for value in (per_case, per_hour, investment))
    variants = sets.variants if sets else [(scenario,) for scenario in scenarios]
    by_set = [bases_under(each, one_investment) for each in variants]
    with progress(scenarios[0].name, count * len(scenarios)) as advance:
        tables, interrupted = worth.run_together(
            sets.variants if sets else scenarios, seeds_from(seed, count), advance, start
        )
    if tables[0].empty:
        _say_interrupted(0, count, sets)
        sys.exit(INTERRUPTED)
    bases = [mean_basis(each[: len(tables[0])]) for each in by_set]
    assumed = None
    if per_case is not None or per_hour is not None:
        assumed = worth.Benefit(per_case or 0.0, per_hour or 0.0)
    per_unit = costs.unit_costs(tables[0], bases[0])
    split = bases[0].split
    summary = {
        "scenario": scenarios[0].name, "title": say(scenarios[0].title), "scenario_hash": scenarios[0].hash,
        "without": scenarios[1].name if len(scenarios) > 1 else None,
        "without_hash": scenarios[1].hash if len(scenarios) > 1 else None,
        "ensemble": sets and {
            "name": sets.ensemble, "doubt": sets.doubt, "sets_count": len(tables[0]),
            "distinct_count": sets.distinct_count,
            "left_out": sets.left_out, "hashes": [[one.hash for one in each[: len(tables[0])]] for each in variants],
        },
        "seeds": [int(each) for each in tables[0].index], "days": variants[0][0].parameters.period.days,
        "households": bases[0].households,
        "cost_split": {**split._asdict(), "staff_yuan": split.staff_yuan, "total_yuan": split.total_yuan},
        "costs": {key: asdict(known) for key, known in per_unit.items()},
        "over": per_unit["per_solved_yuan"].over,
        "against": _against(tables, bases, assumed, investment) if len(scenarios) > 1 else None,
        "notes": _notes(tables, bases, investment, sets, scenarios[-1].name),
        "interrupted": interrupted,
    }  # fmt: skip
    return summary, interrupted


def _against(
    tables: Sequence[pd.DataFrame], bases: Sequence[Basis], assumed: Benefit | None, investment: float | None
) -> dict[str, Any]:
    """Everything that compares the two."""
    from experiments.economics import worth
    from experiments.words.economics import break_even_in_words, payback_in_words

    (runs, others), (basis, other) = tables, bases
    pairs = worth.paired(runs, others, basis, other, investment)
    even, payback = worth.break_even(pairs), None
    if assumed:
        extra = worth.investment_between(basis, other, investment)
        known = worth.payback(pairs, extra, basis.life_years, assumed)
        payback = {
            **known._asdict(), "net_yuan_per_year": asdict(known.net_yuan_per_year), "assumed_benefit": vars(assumed),
            "words": payback_in_words(known),
        }  # fmt: skip
    return {
        "pairs": len(pairs), "extras": {key: asdict(known) for key, known in worth.extras(pairs).items()},
        "break_even": {**even._asdict(), "cost": asdict(even.cost), "words": break_even_in_words(even)},
        "payback": payback,
    }  # fmt: skip


def _notes(
    tables: Sequence[pd.DataFrame], bases: Sequence[Basis], investment: float | None, sets: UnderSets | None, other: str
) -> list[str]:
    """What a reader must know before believing the numbers."""
    from experiments.words.economics import notes_on_pairs, notes_on_runs, notes_on_sets

    first, alone = tables[0], len(tables) == 1
    undefined = int((first["solved_count"] == 0).sum())
    notes = notes_on_runs(len(first), undefined, sets=sets is not None, alone=alone)
    if not alone:
        same = first["incidents"].equals(tables[1]["incidents"])
        notes += notes_on_pairs(list(bases), same_incidents=same, given_investment=investment is not None)
    return [*notes, *(notes_on_sets(sets, other) if sets else [])]


def _show(summary: dict[str, Any], everything: bool, as_json: bool) -> None:
    if as_json:
        from experiments.running.files import finite

        print_json(finite(summary))
        return
    from experiments.showing.economics_tables import print_economics

    print_economics(summary, everything)


ECONOMICS_COMMANDS = (economics,)
