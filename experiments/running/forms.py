"""What is wrong with a value in a file of ours, in our words.

Layer: experiments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from languages.speaking import listed, marked, say

CHOICES = re.compile(r"'[^']*'")
A_DATE = marked("must be a date such as 2005-10-01")
RULES = {
    "bool_parsing": marked("must be a valid boolean"),
    "bool_type": marked("must be a valid boolean"),
    "date_from_datetime_inexact": A_DATE,
    "date_from_datetime_parsing": A_DATE,
    "date_type": A_DATE,
    "dict_type": marked("must be a valid dictionary"),
    "enum": marked("must be {expected}"),
    "finite_number": marked("must be a finite number"),
    "float_parsing": marked("must be a valid number"),
    "float_type": marked("must be a valid number"),
    "greater_than": marked("must be greater than {gt}"),
    "greater_than_equal": marked("must be greater than or equal to {ge}"),
    "int_from_float": marked("must be a valid integer, got a number with a fractional part"),
    "int_parsing": marked("must be a valid integer"),
    "int_parsing_size": marked("must be a valid integer"),
    "int_type": marked("must be a valid integer"),
    "less_than": marked("must be less than {lt}"),
    "less_than_equal": marked("must be less than or equal to {le}"),
    "list_type": marked("must be a valid list"),
    "literal_error": marked("must be {expected}"),
    "model_type": marked("must be a valid dictionary"),
    "string_type": marked("must be a valid string"),
    "too_long": marked("must not be longer than {max_length}"),
    "too_short": marked("must not be shorter than {min_length}"),
    "tuple_type": marked("must be a valid list"),
}
"""What pydantic wants of a value, by the kind of its error: of every kind that our forms can give."""


def rule_in_words(error: Mapping[str, Any]) -> str:
    """What would be right, by one of pydantic's errors."""
    if error["type"] in RULES:
        values = dict(error.get("ctx", {}))
        if "expected" in values:
            values["expected"] = _one_of(str(values["expected"]))
        return say(RULES[error["type"]], **values)
    rule = str(error["msg"]).replace("Input should be", "must be").replace("Value should", "must")
    return f"{rule[0].lower()}{rule[1:]}"


def _one_of(expected: str) -> str:
    """The values that pydantic would have had, with the language's own comma and "or"."""
    *others, last = CHOICES.findall(expected) or [expected]
    return say("{values} or {last}", values=listed(others), last=last) if others else last


def indicator_called(name: str) -> str:
    """The indicator that is called so in the language that is spoken; empty: none is."""
    from sim.indicators import INDICATORS

    return next((indicator for indicator in INDICATORS if say(indicator) == name), "")


def hint_of_indicator(name: str) -> str:
    """A question that names the indicator that was meant, by its identifier, or nothing if none is near."""
    from sim.indicators import INDICATORS, suggest_indicator

    if hint := suggest_indicator(name):
        return hint
    called = {say(indicator): indicator for indicator in INDICATORS}
    near = get_close_matches(name, list(called), n=1)
    return say("; did you mean {word}?", word=called[near[0]]) if near else ""
