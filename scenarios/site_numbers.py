"""Numbers as people write them into lists: 1,200; 约300; 300户; 三百; 1.2万; 26°04′30″.

Layer: scenarios.  What is a number alone is one; what holds one that is plain enough may be taken, and must be told;
of all else, what is meant is at most asked.
"""

from __future__ import annotations

import re

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?"
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_ROUGH = re.compile(
    rf"(?:大约|大概|将近|约|近|~|≈|about|approx\.?|ca?\.)?\s*(?P<number>{_DIGITS})\s*(?:余|多)?\s*"
    r"(?:户|家|套|人|口|households?|residents?|people)?\s*(?:左右|上下)?",
    re.IGNORECASE,
)
_WITHIN = re.compile(rf"({_DIGITS}|\.\d+)\s*([百千万k]?)", re.IGNORECASE)
_TIMES = {"": 1.0, "百": 1e2, "千": 1e3, "k": 1e3, "万": 1e4}
_CHARACTERS = re.compile(r"[约近]?([零〇一二两三四五六七八九十百千万]{1,20})[余多]?[户家套人口]?(?:左右|上下)?")
_VALUES = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_POWERS = {"十": 10, "百": 100, "千": 1000}


def number_of(text: str) -> float | None:
    """The number that a cell is; None if it is none, or not a number alone."""
    bare = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
    return float(bare) if _NUMBER.fullmatch(bare) else None


def taken_from(text: str) -> float | None:
    """The count in a cell such as 约300, 300左右, 300户; None if it says anything else."""
    found = _ROUGH.fullmatch(text)
    return float(found["number"].replace(",", "")) if found else None


def perhaps_meant(text: str) -> str:
    """The number that is probably meant by what is none: 300 by 三百, 12000 by 1.2万; empty: there is no telling."""
    within = _WITHIN.findall(text)
    if "°" in text and 1 <= len(within) <= 3:
        return f"{sum(_value(digits) / 60.0**place for place, (digits, _) in enumerate(within)):.10g}"
    if len(within) == 1:
        digits, times = within[0]
        return f"{_value(digits) * _TIMES[times.lower()]:.10g}"
    found = _CHARACTERS.fullmatch(text)
    return str(_of_characters(found[1])) if found else ""


def _value(digits: str) -> float:
    return float(digits.replace(",", ""))


def _of_characters(text: str) -> int:
    """三百二十 is 320, 一万二千 12000."""
    whole = part = digit = 0
    for character in text:
        if character in _VALUES:
            digit = _VALUES[character]
        elif character in _POWERS:
            part, digit = part + (digit or 1) * _POWERS[character], 0
        else:
            whole, part, digit = (part + digit) * 10_000, 0, 0
    return whole + part + digit
