"""A list and the wishes that belong to it, read together; and what is said of how they were read.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from experiments.sizing.inputs.reading import Listed, read_community
from experiments.sizing.inputs.wishes import Wishes
from languages.speaking import say
from scenarios.loading import load
from scenarios.projecting import Crs
from scenarios.wording import ScenarioError


def read_with(
    wishes: Wishes, file: Path, crs: Crs | None, barriers: Path | None = None, compounds: Path | None = None
) -> Listed:
    """A list, and what lies around, as the wishes say that they are to be read; `crs` holds against them.

    Raises ScenarioError with every problem of every file.
    """
    per_household = wishes.residents_per_household or load(wishes.base).parameters.territory.residents_per_household
    listed = read_community(file, per_household, crs or wishes.crs or "metres", barriers=barriers, compounds=compounds)
    if not any(site.households for site in listed.sites):
        raise ScenarioError([say("{file}: no site has households; there is nothing to cut", file=file.name)])
    return listed


def notes_on(listed: Listed, wishes: Wishes) -> Iterator[str]:
    """What was derived, left out or taken, and what is wished for that the list does not bear."""
    yield from listed.remarks
    if wishes.people_now and not any(site.grid for site in listed.sites):
        yield say("people_now: the list names no grids of today, so there is no plan of today")
