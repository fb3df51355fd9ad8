"""Why the result of a calibration must not be given as an answer: what was found, and in which numbers.

Layer: calibration.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Worry(StrEnum):
    """What is wrong."""

    FEW_CITIES = "few_cities"
    """Coverage was tested on too few made-up cities."""
    FEW_DRAWS_OF_CITIES = "few_draws_of_cities"
    """The made-up cities' posteriors rest on few effective draws."""
    INTERVAL = "interval"
    """An interval holds more or fewer of the truths than chance allows."""
    RANKS = "ranks"
    """The ranks of the truths are not even."""
    FEW_DRAWS = "few_draws"
    """The posterior rests on few effective draws from the priors."""
    APART = "apart"
    """Chain and weighted draws say different things."""
    EMULATOR = "emulator"
    """An emulator's intervals hold too few of the worlds that it has not seen."""


class Doubt(NamedTuple):
    """One reason."""

    worry: Worry
    about: str = ""
    """The parameter, figure or emulator that it is about; empty: the whole."""
    numbers: Mapping[str, float] = MappingProxyType({})
    plan: str = ""
    """The plan under which the emulator stands for runs."""

    def as_json(self) -> dict[str, Any]:
        """As `result.json` keeps it."""
        return {"worry": self.worry, "about": self.about, "numbers": dict(self.numbers), "plan": self.plan}
