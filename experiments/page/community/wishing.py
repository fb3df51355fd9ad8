"""What may be wished for, as a page asks for it: names in every language, units, ranges, and what holds if unsaid.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from experiments.page.naming import in_each_language
from experiments.sizing.inputs.wishes import SOLVED_WITHIN, USUAL_HOUSEHOLDS, Wishes, staff_of
from experiments.sizing.plans import usual_members
from experiments.words.community import ABOUT_SOMETHING, WISHES
from experiments.words.names import indicator, worded
from experiments.words.numbers import shown_unit
from experiments.words.sizing import CRS, RULES
from languages.speaking import say, spoken
from scenarios.loading import Scenario, load
from scenarios.sites import Site
from sim.indicators import INDICATORS

ASKED = (
    SOLVED_WITHIN, "in_grid_share_of_solved", "remedied_share_of_occurred", "unseen_share", "on_time_share_of_solved",
    "known_share_of_standing", "occurred_to_found_restricted_mean_h", "found_to_closed_p90_h",
)  # fmt: skip
"""Indicators that the page offers as targets; a request may have any."""


def plain_wishes(wishes: Wishes, sites: Sequence[Site]) -> list[dict[str, Any]]:
    """Every wish: its key, a dotted path in `wishes`; name, unit and range; and its value as it stands."""
    base = load(wishes.base)
    return [*_of_community(wishes), *_of_grids(wishes), *_of_people(wishes, base),
            *_of_work(wishes, usual_members(base, sites)), *_of_the_answer(wishes)]  # fmt: skip


def _wish(key: str, kind: str, value: Any, span: tuple[float, float] | None = None, unit: str = "", name: Any = None,
          **more: Any) -> dict[str, Any]:  # fmt: skip
    """One wish; of several of one table `name` says what it is about."""
    about = in_each_language(say, WISHES[key.split(".")[0] if name else key])
    if name:
        about = in_each_language(lambda text: say(text, about=about[spoken()], name=name[spoken()]), ABOUT_SOMETHING)
    return {"key": key, "name": about, "kind": kind, "unit": in_each_language(shown_unit, unit),
            "range": None if span is None else list(span), "value": value, **more}  # fmt: skip


def _of_community(wishes: Wishes) -> Iterator[dict[str, Any]]:
    yield _wish("community", "text", wishes.community)
    options = {key: in_each_language(say, text) for key, text in CRS.items()}
    yield _wish("crs", "choice", wishes.crs or "metres", options=options)
    yield _wish("residents_per_household", "number", wishes.residents_per_household, (0.1, 20.0), "people/household")


def _of_grids(wishes: Wishes) -> Iterator[dict[str, Any]]:
    grids = wishes.grids
    households = grids.households or (None if grids.counts else USUAL_HOUSEHOLDS)
    yield _wish("grids.households", "from_to", households, (1, 100_000), "households")
    yield _wish("grids.counts", "from_to", grids.counts, (1, 400), "grids")


def _of_people(wishes: Wishes, base: Scenario) -> Iterator[dict[str, Any]]:
    """Of each post and office what is wished of it."""
    usual = staff_of(base)
    for name, unit in base.parameters.units.items():
        called = in_each_language(worded, name)
        if name in usual:
            tried = wishes.people_per_grid.get(name, [usual[name]])
            yield _wish(f"people_per_grid.{name}", "numbers", tried, (0, 100), "people", called)
            yield _wish(f"people_now.{name}", "whole", wishes.people_now.get(name), (0, 100), "people", called)
        else:
            above = wishes.people_above.get(name, unit.people)
            yield _wish(f"people_above.{name}", "whole", above, (0, 100), "people", called)
        wage = wishes.wages_yuan_per_month.get(name, unit.wage_yuan_per_month)
        yield _wish(f"wages_yuan_per_month.{name}", "number", wage, (0, 1e6), "yuan/month", called)


def _of_work(wishes: Wishes, members_count: int) -> Iterator[dict[str, Any]]:
    yield _wish("volunteers", "numbers", wishes.volunteers or [members_count], (0, 100_000), "people")
    rules = {key: in_each_language(say, text) for key, text in RULES.items()}
    yield _wish("escalation", "choices", wishes.escalation, options=rules)


def _of_the_answer(wishes: Wishes) -> Iterator[dict[str, Any]]:
    targets = [target.model_dump(mode="json", exclude_none=True) for target in wishes.targets]
    offered = {key: {"name": in_each_language(target_called, key), "unit": in_each_language(shown_unit, _unit(key)),
                     "share": _unit(key) == "share", "days": key == SOLVED_WITHIN} for key in ASKED}  # fmt: skip
    yield _wish("targets", "targets", targets, options=offered)
    yield _wish("probability", "number", wishes.probability, (0.01, 0.99))
    yield _wish("budget_yuan_per_year", "number", wishes.budget_yuan_per_year, (0, 1e9), "yuan/year")
    price = wishes.price_of_a_problem_hour_yuan
    yield _wish("price_of_a_problem_hour_yuan", "number", price, (0.001, 1e6), "yuan")
    yield _wish("days", "whole", wishes.days, (30, 731), "days")
    yield _wish("sets", "whole", wishes.sets, (1, 1_000))


def _unit(key: str) -> str:
    return "share" if key == SOLVED_WITHIN else INDICATORS[key].unit


def target_called(key: str) -> str:
    """A measure that targets are set for, by name."""
    return say("solved within some days of being found") if key == SOLVED_WITHIN else indicator(key)
