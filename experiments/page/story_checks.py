"""What can be wrong with a story besides its form: with its words, what it plays, and what its steps do.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from experiments.page.levers import levers
from experiments.page.runs import RefusedError, wanted
from experiments.page.story import CLAIM, KINDS, Story, Words, where
from languages.speaking import LANGUAGES, listed, say
from scenarios.loading import OVERRIDE, names
from scenarios.parameters import walk
from scenarios.wording import Problem, shown, suggest

if TYPE_CHECKING:
    from scenarios.loading import Scenario
    from scenarios.schema import Parameters

LONGEST_NAME = 60
PLACES = (
    "map", "timeline", "clock", "view", "play", "speed", "numbers", "count_occurred", "count_found", "count_settled",
    "count_filed", "count_closed", "count_on_time", "count_open", "count_unseen", "ladder", "levers", "differences",
    "legend",
)  # fmt: skip
"""What a step may point at, besides `lever:` and the path of a parameter."""
LEVER, DIFFERENCES = "lever:", "differences"

type Wrong = Iterator[tuple[str, str]]
"""Where something is wrong, and what."""


def wrong_words(story: Story) -> Wrong:
    """What is wrong with a story without looking at its scenario."""
    texts = {
        "title": story.title,
        "plan": story.plan,
        **({"against.plan": story.against.plan} if story.against else {}),
    }
    for place, words in texts.items():
        yield from ((f"{place}.{language}", say("has {count} characters; {most} are the most", count=len(text),
                     most=LONGEST_NAME)) for language in LANGUAGES
                    if len(text := getattr(words, language)) > LONGEST_NAME)  # fmt: skip
    for number, step in enumerate(story.steps):
        texts[where(["steps", number, "text"])] = step.text
    for place, words in texts.items():
        yield from _wrong_values(place, words, story.values)
    kinds = [step.kind for step in story.steps]
    if missing := [kind for kind in KINDS if kind not in kinds]:
        yield "steps", say("lack {kinds}; a story has one of each kind at least", kinds=listed(missing))
    elif (kinds[0], kinds[-1]) != (KINDS[0], KINDS[-1]):
        yield "steps", say("must begin with {first} and end with {last}", first=KINDS[0], last=KINDS[-1])
    for text in story.holds:
        yield from _wrong_claim(text, story.values)


def _wrong_values(place: str, words: Words, known: Sequence[str]) -> Wrong:
    used = words.values
    for name in sorted(set().union(*used.values()) - set(known)):
        yield place, say("has {braces}, which is no value here{hint}", braces=f"{{{name}}}", hint=suggest(name, known))
    if len({frozenset(names) for names in used.values()}) > 1:
        yield place, say("must have the same values in braces in every language")


def _wrong_claim(text: str, known: Sequence[str]) -> Wrong:
    found = CLAIM.fullmatch(text)
    if not found:
        yield "holds", say("{claim} must be two values with <, > or = between them, such as {example}",
                           claim=shown(text), example='"found > against_found"')  # fmt: skip
        return
    for name in (found[1], found[3]):
        if name not in known:
            yield "holds", say("{claim} has {name}, which is no value here{hint}", claim=shown(text), name=name,
                               hint=suggest(name, known))  # fmt: skip


def wrong_plans(story: Story) -> Wrong:
    """What is wrong with what a story plays, and with where and when its steps do something."""
    asked = {"": story.asked()} | ({"against.": beside} if (beside := story.asked_against()) else {})
    loaded: list[Scenario] = []
    for prefix, wish in asked.items():
        if wish.scenario not in names():
            yield f"{prefix}scenario", say("{name} is none of the scenarios{hint}", name=shown(wish.scenario),
                                           hint=suggest(wish.scenario, names()))  # fmt: skip
            continue
        try:
            loaded.append(wanted(wish))
        except RefusedError as error:
            yield from ((f"{prefix}overrides", _of_override(problem)) for problem in error.problems)
    if len(loaded) < len(asked):
        return
    if len(loaded) > 1:
        yield from _other_incidents(*(scenario.parameters for scenario in loaded))
    yield from _wrong_steps(story, loaded)


def _of_override(problem: str) -> str:
    """What is wrong, without the option of the command line that nobody gave."""
    return problem.what if isinstance(problem, Problem) and problem.where == OVERRIDE else problem


def _other_incidents(one: Parameters, other: Parameters) -> Wrong:
    """Two plans are compared on the same incidents: the world must be the same, only what a city chooses may differ."""
    here, there = _world(one), _world(other)
    for path in sorted(here.keys() | there.keys()):
        if here.get(path) != there.get(path):
            yield "against", say("{path} is {there} there and {here} here; then the incidents are not the same",
                                 path=path, there=shown(there.get(path)), here=shown(here.get(path)))  # fmt: skip


def _world(parameters: Parameters) -> dict[str, Any]:
    return {
        path: value for path, section, name, value in walk(parameters)
        if path.partition(".")[0] in ("period", "territory", "demand", "categories")
        and section.science(name).role != "lever"
    }  # fmt: skip


def _wrong_steps(story: Story, plans: Sequence[Scenario]) -> Wrong:
    end_h = 24.0 * plans[0].parameters.period.days
    there = dict.fromkeys(f"{LEVER}{lever['path']}" for plan in plans for lever in levers(plan))
    known = (*PLACES, *there)
    for number, step in enumerate(story.steps):
        if step.points_at is not None and step.points_at not in known:
            yield where(["steps", number, "points_at"]), say(
                "= {place} is no place on the page{hint} (there are {known}, and lever: with the path of a parameter)",
                place=shown(step.points_at), hint=suggest(step.points_at, known), known=listed(PLACES),
            )  # fmt: skip
        for key, hour in (("hour", step.hour), ("play_to", step.play_to)):
            if hour is not None and hour > end_h:
                yield where(["steps", number, key]), say("= {hour:g} is after the end of the run, {end:g} h",
                                                          hour=hour, end=end_h)  # fmt: skip
        if step.hour is not None and step.play_to is not None and step.play_to <= step.hour:
            yield where(["steps", number, "play_to"]), say("= {to:g} must be after the hour it begins at, {hour:g}",
                                                           to=step.play_to, hour=step.hour)  # fmt: skip
        for key, place in (("points_at", step.points_at), ("tab", step.tab)):
            if place == DIFFERENCES and not story.against:
                yield where(["steps", number, key]), say("= differences: there is no plan beside it")
