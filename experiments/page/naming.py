"""Names in every language at once: the page switches between them without asking again.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Callable

from languages.speaking import LANGUAGES, speaking

type InEachLanguage = dict[str, str]
"""Code of a language → the text in it."""


def in_each_language(said: Callable[[str], str], text: str) -> InEachLanguage:
    """A text or name, as `said` says it in each language that we speak."""
    found = {}
    for language in LANGUAGES:
        with speaking(language):
            found[language] = said(text)
    return found
