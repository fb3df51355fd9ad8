"""The pieces of work that requests about a community ask for: the server names them, their processes do them.

Layer: experiments.  What they need is imported where they are done, so that the server begins at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.page.community.asking import Change, Given
    from experiments.page.runs import Here

LIBRARIES = ("experiments.page.community.effects",)
"""What is worth having loaded before anybody asks."""


def example(here: Here) -> None:
    """Tell a synthetic community to begin with. Raises RefusedError."""
    from experiments.page.community import reading

    reading.example(here)


def read(here: Here, given: Given) -> None:
    """Tell what a list and wishes are read as. Raises RefusedError."""
    from experiments.page.community import reading

    reading.read(here, given)


def size(here: Here, given: Given) -> None:
    """Size a community; tell how far it is, and in the end the answer. Raises RefusedError."""
    from experiments.page.community import answers

    answers.size(here, given)


def effect(here: Here, given: Given, change: Change) -> None:
    """Tell what a moved building changes. Raises RefusedError."""
    from experiments.page.community import effects

    effects.effect(here, given, change)
