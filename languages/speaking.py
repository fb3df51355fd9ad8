"""Saying things in the language of whoever reads them: English, or one that there is a catalogue for.

Layer: languages.  Nothing is imported that is not of Python itself: `--help` comes at once.

What is said in English is the key of its catalogue (gettext). Numbers and names are put in afterwards, by name, so that
a translation may put them in another order:

    say("{done} of {total} runs", done=3, total=20)
    say_many("{count} day", "{count} days", 3)

A constant that is said later is `marked`, so that it is collected, and said where it is shown: `say(NAMES[kind])`.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CATALOGUES = Path(__file__).parent
DOMAIN = "grid"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh": "中文"}
WITHOUT_SPACES = frozenset({"zh"})
ENVIRONMENT = ("GRID_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Where a wish is looked for, the strongest first; the last four are gettext's own."""


class _Spoken:
    """The language that is spoken by this process."""

    language = ENGLISH
    catalogue: gettext.NullTranslations = gettext.NullTranslations()


def wished(environment: Mapping[str, str] | None = None) -> str:
    """The first language of the environment that we speak: "zh_CN.UTF-8" wishes for zh; English if there is none."""
    environment = os.environ if environment is None else environment
    for name in ENVIRONMENT:
        for wish in filter(None, environment.get(name, "").split(":")):
            language = wish.replace("-", "_").split(".")[0].split("_")[0].lower()
            if language in LANGUAGES:
                return language
            if language in ("c", "posix"):
                return ENGLISH
    return ENGLISH


def speak(language: str) -> None:
    """From now on say everything in a language, in this process and in those that it starts.

    Raises KeyError if there is no catalogue of it.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    _Spoken.language = language
    _Spoken.catalogue = (
        gettext.NullTranslations() if language == ENGLISH
        else gettext.translation(DOMAIN, CATALOGUES, languages=[language])
    )  # fmt: skip
    # click asks Python's own gettext for what it says itself
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = os.environ[ENVIRONMENT[0]] = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """For a while everything is said in another language."""
    before = spoken()
    speak(language)
    try:
        yield
    finally:
        speak(before)


def spoken() -> str:
    """The language that is spoken now."""
    return _Spoken.language


def marked(message: str) -> str:
    """The message itself: it is collected here and said elsewhere."""
    return message


def marked_many(one: str, many: str) -> tuple[str, str]:
    """The messages for one and for many, said later: `say_many(*COUNTS[kind], count)`."""
    return one, many


def say(message: str, **values: Any) -> str:
    """A message in the language that is spoken, with its values put in; without values, braces are left alone.

    What the catalogue lacks is said in English. Raises KeyError if the message names a value that is not given.
    """
    if not message:  # gettext keeps its own head under the empty message
        return ""
    found = _Spoken.catalogue.gettext(message)
    return found.format(**values) if values else found


def say_many(one: str, many: str, count: float, **values: Any) -> str:
    """The message for one or for many, with `count` among its values."""
    found = _Spoken.catalogue.ngettext(one, many, 1 if count == 1 else 2)
    return found.format(count=count, **values)


def listed(items: Iterable[str]) -> str:
    """Items one after the other, with the language's own comma."""
    return say(", ").join(items)


def sentences(lines: Iterable[str]) -> str:
    """Whole sentences one after the other: with a space between them, where the language has one."""
    return ("" if spoken() in WITHOUT_SPACES else " ").join(filter(None, lines))
