"""Every rule, worked by hand: situation and decision.

Whoever adds a rule adds a case to the table of its kind below, and says in its docstring `Rule:` and `Source:`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from math import inf
from types import SimpleNamespace

import pytest

import sim.rules
from scenarios.loading import sources
from sim.incidents import Level, Severity
from sim.rules import find_rule
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES, Reason
from sim.rules.patrol import PATROL_RULES, Ground
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES

GRID, COMMUNITY, SUBDISTRICT, DISTRICT = Level
ALL = [GRID, COMMUNITY, SUBDISTRICT, DISTRICT]
NEW, SEVERE, LATE, USED_UP = Reason.NEW, Reason.TOO_SEVERE, Reason.TOO_LATE, Reason.ATTEMPTS_USED_UP


@pytest.mark.parametrize(("rule", "at", "severity", "reason", "rungs", "goes_to"), [
    pytest.param("ladder", None, Severity.MINOR, NEW, ALL, GRID, id="ladder: a small one starts in the grid"),
    pytest.param("ladder", None, Severity.PROMINENT, NEW, ALL, GRID, id="ladder: so does a prominent one"),
    pytest.param("ladder", None, Severity.MAJOR, NEW, ALL, DISTRICT, id="ladder: a major one goes to the district at once"),
    pytest.param("ladder", GRID, Severity.ORDINARY, SEVERE, ALL, COMMUNITY, id="ladder: one step up"),
    pytest.param("ladder", GRID, Severity.MAJOR, LATE, ALL, DISTRICT, id="ladder: one that became major goes to the top"),
    pytest.param("ladder", COMMUNITY, Severity.MINOR, LATE, [COMMUNITY, DISTRICT], DISTRICT, id="ladder: over a missing rung"),
    pytest.param("ladder", DISTRICT, Severity.MAJOR, USED_UP, ALL, None, id="ladder: nothing is above the top"),
    pytest.param("by_severity", None, Severity.MINOR, NEW, ALL, GRID, id="by severity: minor to the grid"),
    pytest.param("by_severity", None, Severity.ORDINARY, NEW, ALL, COMMUNITY, id="by severity: ordinary to the community"),
    pytest.param("by_severity", None, Severity.PROMINENT, NEW, ALL, SUBDISTRICT, id="by severity: prominent to the subdistrict"),
    pytest.param("by_severity", None, Severity.MAJOR, NEW, ALL, DISTRICT, id="by severity: major to the district"),
    pytest.param("by_severity", None, Severity.ORDINARY, NEW, [GRID, DISTRICT], DISTRICT, id="by severity: the next above that there is"),
    pytest.param("by_severity", None, Severity.MAJOR, NEW, [GRID, COMMUNITY], COMMUNITY, id="by severity: else the highest"),
    pytest.param("by_severity", None, Severity.ORDINARY, NEW, [GRID, SUBDISTRICT, DISTRICT], SUBDISTRICT, id="by severity: the nearest above, not the highest"),
    pytest.param("by_severity", None, Severity.MAJOR, NEW, [GRID, COMMUNITY, SUBDISTRICT], SUBDISTRICT, id="by severity: the highest of three"),
    pytest.param("by_severity", COMMUNITY, Severity.MINOR, USED_UP, ALL, SUBDISTRICT, id="by severity: climbs on failure"),
    pytest.param("direct", None, Severity.MINOR, NEW, ALL, DISTRICT, id="direct: everything to the top"),
    pytest.param("direct", DISTRICT, Severity.MAJOR, LATE, ALL, None, id="direct: and stays"),
    pytest.param("none", None, Severity.MAJOR, NEW, ALL, GRID, id="none: everything at the bottom"),
    pytest.param("none", GRID, Severity.MAJOR, USED_UP, ALL, None, id="none: and stays, whatever happens"),
])  # fmt: skip
def test_escalation(rule, at, severity, reason, rungs, goes_to):
    assert ESCALATION_RULES[rule](SimpleNamespace(level=at), severity, reason, rungs) == goes_to


@pytest.mark.parametrize(("rule", "served"), [
    pytest.param("first_come", ["early", "grave", "urgent"], id="in the order of joining"),
    pytest.param("earliest_deadline", ["urgent", "early", "grave"], id="the first due first; without a deadline last"),
    pytest.param("most_severe", ["grave", "early", "urgent"], id="the gravest first; equals in the order of joining"),
])  # fmt: skip
def test_queues_serve(rule, served):
    waiting = [("early", 9.0, Severity.MINOR), ("grave", None, Severity.MAJOR), ("urgent", 2.0, Severity.MINOR)]
    places = [(QUEUE_RULES[rule](SimpleNamespace(due_h=due), severity), joined, name)
              for joined, (name, due, severity) in enumerate(waiting)]  # fmt: skip
    assert [name for _, _, name in sorted(places)] == served


def test_each_step_of_severity_counts():
    places = [QUEUE_RULES["most_severe"](SimpleNamespace(due_h=None), severity) for severity in Severity]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == len(Severity)


def test_a_case_without_a_deadline_is_never_due():
    assert QUEUE_RULES["earliest_deadline"](SimpleNamespace(due_h=None), 0) == inf


@pytest.mark.parametrize(("rule", "trust", "prob"), [
    pytest.param("trusting", 0.5, 0.2, id="at the initial trust, the salience"),
    pytest.param("trusting", 0.25, 0.1, id="half the trust, half the reports"),
    pytest.param("trusting", 1.0, 0.4, id="twice the trust, twice the reports"),
    pytest.param("steady", 0.0, 0.2, id="steady: trust makes no difference"),
    pytest.param("silent", 1.0, 0.0, id="silent: never"),
])  # fmt: skip
def test_reporting(rule, trust, prob):
    assert REPORTING_RULES[rule](0.2, trust, 0.5) == pytest.approx(prob)


def test_a_probability_of_reporting_is_never_above_one():
    assert REPORTING_RULES["trusting"](0.9, 1.0, 0.5) == 1.0


def unit(name: str, people: int, load: int, away_m: float) -> SimpleNamespace:
    return SimpleNamespace(name=name, people=people, load=load, distance_m=lambda site: away_m)


@pytest.mark.parametrize(("rule", "units", "sent"), [
    pytest.param("least_loaded", [unit("a", 1, 2, 1), unit("b", 4, 4, 9)], "b", id="fewest cases per person"),
    pytest.param("least_loaded", [unit("a", 1, 1, 9), unit("b", 1, 1, 1)], "a", id="a tie goes to the one listed first"),
    pytest.param("least_loaded", [unit("a", 0, 0, 1), unit("b", 1, 9, 1)], "b", id="nobody there comes last"),
    pytest.param("least_loaded", [unit("a", 2, 3, 1), unit("b", 3, 4, 1)], "b", id="a third of a case is a difference"),
    pytest.param("least_loaded", [unit("b", 2, 0, 1), unit("a", 1, 5, 1)], "b", id="how many they are does not count by itself"),
    pytest.param("least_loaded", [unit("a", 1, 3, 1), unit("b", 4, 8, 1)], "b", id="per person, not beyond the persons"),
    pytest.param("nearest", [unit("a", 1, 0, 9), unit("b", 1, 9, 1)], "b", id="the nearest, however busy"),
    pytest.param("nearest", [unit("a", 1, 9, 1), unit("b", 1, 0, 1)], "a", id="nearest: a tie goes to the one listed first"),
    pytest.param("first_listed", [unit("a", 1, 9, 9), unit("b", 1, 0, 1)], "a", id="always the first"),
])  # fmt: skip
def test_dispatch(rule, units, sent):
    assert DISPATCH_RULES[rule](7, units).name == sent


def ground(pass_h=(1.0,) * 6, expected=(1.0,) * 6, community=(0, 0, 0, 0, 1, 1)) -> Ground:
    """Six cells in a row."""
    neighbours = [[n for n in (cell - 1, cell + 1) if 0 <= n < 6] for cell in range(6)]
    return Ground(pass_h, expected, community, range(6), neighbours)


def beats(rule: str, on: Ground, posts: int) -> list[tuple[int, ...]]:
    return [route.visits for route in PATROL_RULES[rule](on, posts)]


@pytest.mark.parametrize(("rule", "on", "posts", "walked"), [
    pytest.param("cyclic", ground(), 2, [(0, 1, 2), (3, 4, 5)], id="cyclic: beats of equal time"),
    pytest.param("cyclic", ground(pass_h=(3, 1, 1, 1, 1, 1)), 2, [(0, 1), (2, 3, 4, 5)], id="cyclic: a slow cell counts for more"),
    pytest.param("cyclic", ground(), 8, [(0,), (1,), (2,), (3,), (4,), (5,), (0, 1, 2), (3, 4, 5)], id="cyclic: more posts than cells share them"),
    pytest.param("cyclic", ground(), 3, [(0, 1), (2, 3), (4, 5)], id="cyclic: three beats"),
    pytest.param("cyclic", ground(pass_h=(1.6, 1.5, 1, 1, 1, 1.4)), 2, [(0, 1, 2), (3, 4, 5)], id="cyclic: the cut is where half the time is over"),
    pytest.param("cyclic", ground(pass_h=(1, 1, 1, 1, 1, 100)), 3, [(0, 1, 2, 3), (4,), (5,)], id="cyclic: a cell is left for everybody"),
    pytest.param("cyclic", ground(), 13, [*[(cell,) for cell in range(6)] * 2, (0, 1, 2, 3, 4, 5)], id="cyclic: twice as many posts as cells, and one more"),
    pytest.param("hot_spot_weighted", ground(expected=(2, 2, 5, 18, 2, 0.04)), 1, [(0, 1, 2, 3, 4, 5, 2, 3, 3)], id="hot spots: against the median; a cold cell is passed all the same"),
    pytest.param("hot_spot_weighted", ground(expected=(0, 0, 0, 0, 0, 9)), 1, [(0, 1, 2, 3, 4, 5)], id="hot spots: where half of the cells expect nothing, all count alike"),
    pytest.param("hot_spot_weighted", ground(expected=(0.5, 0.5, 0.5, 0.5, 0.5, 2)), 1, [(0, 1, 2, 3, 4, 5, 5)], id="hot spots: a median below one is one all the same"),
    pytest.param("cooperative", ground(), 6, [(0, 1), (1, 0, 2), (2, 1, 3), (3, 2, 4), (4, 3, 5), (5, 4)], id="cooperative: single cells and both their neighbours"),
    pytest.param("hot_spot_weighted", ground(expected=(1, 1, 9, 1, 1, 100)), 2, [(0, 1, 2, 2, 2), (3, 4, 5, 5, 5, 5)],
                 id="hot spots: root of nine is three visits, and four is the most"),
    pytest.param("district_first", ground(expected=(6, 1, 1, 1, 1, 2)), 2, [(0,), (1, 2, 3, 4, 5)], id="district first: posts go where most is expected"),
    pytest.param("community_first", ground(), 2, [(0, 1, 2, 3), (4, 5)], id="community first: as many posts for the small community"),
    pytest.param("cooperative", ground(), 2, [(0, 1, 2, 3, 4), (4, 5, 3)], id="cooperative: and the neighbours' cells along the border"),
    pytest.param("random", ground(), 2, [(0, 1, 2), (3, 4, 5)], id="random: the beats of the control"),
])  # fmt: skip
def test_patrol(rule, on, posts, walked):
    assert beats(rule, on, posts) == walked


def test_only_the_random_patrol_keeps_no_order():
    assert {name: rule(ground(), 2)[0].in_order for name, rule in PATROL_RULES.items()} == {
        name: name != "random" for name in PATROL_RULES
    }


@pytest.mark.parametrize("posts", range(1, 7))
@pytest.mark.parametrize("rule", ["cyclic", "district_first", "community_first", "random"])
def test_every_cell_is_in_one_beat(rule, posts):
    walked = beats(rule, ground(expected=(9, 1, 1, 1, 1, 3)), posts)
    assert sorted(cell for beat in walked for cell in beat) == list(range(6))
    assert len(walked) == posts


def test_a_misspelt_rule_gets_the_nearest_name():
    with pytest.raises(ValueError, match=r'rules.patrol = "cyclik" must be one of .*did you mean "cyclic"'):
        find_rule(PATROL_RULES, "cyclik", "rules.patrol")


EXAMPLES: dict[str, Callable] = {
    "dispatch": test_dispatch, "escalation": test_escalation, "patrol": test_patrol, "queueing": test_queues_serve,
    "reporting": test_reporting,
}  # fmt: skip
"""By module of sim/rules: the test whose table holds the worked examples of its rules, the rule's name first."""


def dicts_of_rules() -> Iterator[tuple[str, dict[str, Callable]]]:
    """Every dict of rules that a module of sim/rules lists."""
    for module in pkgutil.iter_modules(sim.rules.__path__):
        content = vars(importlib.import_module(f"sim.rules.{module.name}"))
        yield from ((module.name, rules) for name, rules in content.items() if name.endswith("_RULES"))


def lacking(kind: str, name: str, rule: Callable) -> Iterator[str]:
    """What a rule still lacks: what to add, and where."""
    where = f'sim/rules/{kind}.py, rule "{name}"'
    text = inspect.getdoc(rule) or ""
    if not re.search(r"^Rule: +\S", text, re.M):
        yield f"{where}: add to its docstring a line `Rule:    …` with what it decides, in a formula or in words"
    source = re.search(r"^Source: +(\S.*(?:\n +\S.*)*)", text, re.M)
    if not source:
        yield f"{where}: add to its docstring a line `Source:  …` with a key of scenarios/sources.toml"
    else:
        cited = re.split(r", *", source[1].split(";")[0].strip().rstrip("."))
        cited += re.findall(r"\b(?:assumption|calibration)-[\w-]+", source[1])
        for key in dict.fromkeys(key for key in cited if key not in sources()):
            yield f'{where}: its source "{key}" is no key of scenarios/sources.toml: add it there, or cite one that is'
    if kind not in EXAMPLES:
        yield f"{where}: add a test with a table of worked examples to tests/test_rules.py, and list it in EXAMPLES there"
    elif name not in worked(EXAMPLES[kind]):
        yield (
            f"{where}: add a worked example to tests/test_rules.py: a line "
            f'pytest.param("{name}", …) in the table of {EXAMPLES[kind].__name__}, situation and decision by hand'
        )


def worked(test: Callable) -> set[str]:
    """The rules that a table of examples names."""
    (table,) = (mark for mark in test.pytestmark if mark.args[0][0] == "rule")
    return {case.values[0] for case in table.args[1]}


@pytest.mark.parametrize(("kind", "name", "rule"), [
    pytest.param(kind, name, rule, id=f"{kind}: {name}") for kind, rules in dicts_of_rules() for name, rule in rules.items()
])  # fmt: skip
def test_a_rule_has_a_worked_example_and_a_source_that_resolves(kind, name, rule):
    assert not (lines := list(lacking(kind, name, rule))), "\n".join(lines)


def test_every_kind_of_rule_is_looked_at():
    assert {kind for kind, _ in dicts_of_rules()} == EXAMPLES.keys()
    assert sum(len(rules) for _, rules in dicts_of_rules()) >= 19


def unsaid(case, severity):
    """Serve the youngest."""


def unfounded(case, severity):
    """Serve the youngest.

    Rule:    place = -joined.
    Source:  hearsay-1999; our reading is assumption-nobody.
    """


@pytest.mark.parametrize(("kind", "name", "rule", "told"), [
    pytest.param("queueing", "unsaid", unsaid, [
        "add to its docstring a line `Rule:", "add to its docstring a line `Source:",
        'pytest.param("unsaid", …) in the table of test_queues_serve',
    ], id="nothing is said, nothing is worked"),
    pytest.param("queueing", "first_come", unfounded, [
        'its source "hearsay-1999" is no key of scenarios/sources.toml', 'its source "assumption-nobody" is no key',
    ], id="sources that do not resolve"),
    pytest.param("weather", "first_come", QUEUE_RULES["first_come"], ["list it in EXAMPLES"], id="a new kind of rule"),
])  # fmt: skip
def test_a_newcomer_is_told_what_a_rule_lacks_and_where_to_add_it(kind, name, rule, told):
    lines = list(lacking(kind, name, rule))
    assert len(lines) == len(told)
    for line, part in zip(lines, told, strict=True):
        assert line.startswith(f'sim/rules/{kind}.py, rule "{name}": ')
        assert part in line
