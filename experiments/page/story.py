"""What a guided story is: a question, two plans on the same incidents, what to watch, and why.

Layer: experiments.  A story writes down no number of its runs: its texts name them in braces, and the page puts
them in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from experiments.page.asking import SEED_MAX
from experiments.page.endings import AGAINST, VALUES
from experiments.page.runs import Asked
from languages.speaking import LANGUAGES, listed, say
from scenarios.reading import as_tuple
from scenarios.wording import shown

LONGEST_TEXT = 700
KINDS = ("question", "setting", "watch", "explanation", "question_back")
BRACES = re.compile(r"\{([^{}]*)\}")
CLAIM = re.compile(r"([a-z_]+) ([<>=]) ([a-z_]+)")


class Part(BaseModel):
    """A part of a story; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Words(Part):
    """A text in every language that the page speaks."""

    en: str
    zh: str

    @field_validator("*")
    @classmethod
    def _plain(cls, text: str) -> str:
        """Something is said, it is not long, and it is nothing but text."""
        if not text.strip():
            raise ValueError(say("is empty"))
        if len(text) > LONGEST_TEXT:
            raise ValueError(say("has {count} characters; {most} are the most", count=len(text), most=LONGEST_TEXT))
        if "<" in text or not text.replace("\n", " ").isprintable():
            raise ValueError(say("must be plain text, without < and signs that cannot be seen"))
        if re.search(r"[{}]", BRACES.sub("", text)):
            raise ValueError(say("has a brace without its other half"))
        return text

    @property
    def values(self) -> dict[str, set[str]]:
        """By language, the names in braces."""
        return {language: set(BRACES.findall(getattr(self, language))) for language in LANGUAGES}


class Plan(Part):
    """What is played."""

    scenario: str = ""
    overrides: dict[str, Any] = {}
    plan: Words

    @field_validator("overrides")
    @classmethod
    def _settable(cls, overrides: dict[str, Any]) -> dict[str, Any]:
        """What the page can ask the server for: words, numbers and lists of them."""
        for path, value in overrides.items():
            if isinstance(value, dict):
                raise ValueError(say("{path} is a table; put the whole path into quotes, such as {example}",
                                     path=path, example='"supervisors.count" = 628'))  # fmt: skip
            each = value if isinstance(value, list) else [value]
            if not all(isinstance(one, bool | int | float | str) for one in each):
                raise ValueError(say("{path} = {value} must be a number, a text, true or false, or a list of such",
                                     path=path, value=shown(value)))  # fmt: skip
        return {path: as_tuple(value) for path, value in overrides.items()}


class Against(Plan):
    """The plan beside it, on the same incidents; without a scenario of its own it has the story's."""


class Step(Part):
    """One card of a story: what it says, where it points, and what the page does meanwhile."""

    kind: Literal["question", "setting", "watch", "explanation", "question_back"]
    text: Words
    points_at: str | None = None
    hour: float | None = Field(default=None, ge=0)
    """The page goes to this hour."""
    play_to: float | None = Field(default=None, ge=0)
    """The page plays up to this hour."""
    speed: float | None = Field(default=None, gt=0, le=1000)
    """Hours of the run in a second."""
    view: Literal["there", "known"] | None = None
    tab: Literal["numbers", "ladder", "levers", "differences"] | None = None


class Claim(NamedTuple):
    """What must be so at the end, or the story is not told."""

    left: str
    sign: str
    right: str

    def holds(self, values: Mapping[str, float | None]) -> bool:
        """Whether it is so; of what has no value nothing is so."""
        left, right = values[self.left], values[self.right]
        if left is None or right is None:
            return False
        return left < right if self.sign == "<" else left > right if self.sign == ">" else left == right

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


class Story(Plan):
    """A question, the runs that answer it, and the steps in which they are shown."""

    order: int = Field(ge=1, le=999)
    scenario: str
    seed: int = Field(default=1, ge=0, le=SEED_MAX)
    against: Against | None = None
    title: Words
    steps: tuple[Step, ...] = Field(min_length=len(KINDS), max_length=20)
    holds: tuple[str, ...] = Field(min_length=1, max_length=20)

    @property
    def claims(self) -> list[Claim]:
        """What must be so, taken apart."""
        return [Claim(*found.groups()) for text in self.holds if (found := CLAIM.fullmatch(text))]

    @property
    def values(self) -> list[str]:
        """What its texts and claims may name."""
        return [*VALUES, *(f"{AGAINST}{name}" for name in VALUES if self.against)]

    def asked(self) -> Asked:
        """The run that it plays."""
        return Asked(self.scenario, self.overrides, self.seed)

    def asked_against(self) -> Asked | None:
        """The run beside it; None: there is none."""
        there = self.against
        return Asked(there.scenario or self.scenario, there.overrides, self.seed) if there else None


def where(loc: Sequence[str | int]) -> str:
    """A place in a file as people count: `step 2, text.zh`."""
    if len(loc) > 1 and loc[0] == "steps":
        step = say("step {number}", number=int(loc[1]) + 1)
        return listed([step, ".".join(map(str, loc[2:]))]) if len(loc) > 2 else step
    return ".".join(map(str, loc))
