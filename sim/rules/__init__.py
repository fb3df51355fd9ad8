"""What a city may choose, as pure functions listed by name in one dict per kind.

Layer: sim.  A rule reads, decides and changes nothing. To add one, write a function and list it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from languages.speaking import listed, say
from scenarios.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_rule[Rule](rules: Mapping[str, Rule], name: str, where: str) -> Rule:
    """The rule of that name; ValueError, with the nearest name, if there is none. `where` names the parameter."""
    if name in rules:
        return rules[name]
    near = get_close_matches(name, rules, n=1)
    hint = say('; did you mean "{word}"?', word=near[0]) if near else ""
    raise ValueError(
        say(
            "{path} = {value} must be one of {choices}{hint}",
            path=where,
            value=shown(name),
            choices=listed(rules),
            hint=hint,
        )
    )
