"""What is wrong with a value in a file of ours, in our words.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from languages.speaking import marked, say

RULES = {
    "bool_type": marked("must be a valid boolean"),
    "dict_type": marked("must be a valid dictionary"),
    "finite_number": marked("must be a finite number"),
    "float_type": marked("must be a valid number"),
    "greater_than": marked("must be greater than {gt}"),
    "greater_than_equal": marked("must be greater than or equal to {ge}"),
    "int_from_float": marked("must be a valid integer, got a number with a fractional part"),
    "int_type": marked("must be a valid integer"),
    "less_than": marked("must be less than {lt}"),
    "less_than_equal": marked("must be less than or equal to {le}"),
    "list_type": marked("must be a valid list"),
    "literal_error": marked("must be {expected}"),
    "string_type": marked("must be a valid string"),
}
"""What pydantic wants of a value, by the kind of its error; others are said as it says them, in English."""


def rule_in_words(error: Mapping[str, Any]) -> str:
    """What would be right, by one of pydantic's errors."""
    if error["type"] in RULES:
        return say(RULES[error["type"]], **error.get("ctx", {}))
    rule = str(error["msg"]).replace("Input should be", "must be").replace("Value should", "must")
    return f"{rule[0].lower()}{rule[1:]}"
