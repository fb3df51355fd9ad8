"""Standard output in an encoding that lacks a sign: the nearest is written, and nothing fails.

Layer: experiments.  A console in GBK has no "²", one in ASCII no "–"; what was reckoned must be shown all the same.
"""

from __future__ import annotations

import codecs
import io
import sys
from unicodedata import normalize

NEAREST = {
    "–": "-", "—": "-", "−": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "≤": "<=", "≥": ">=", "×": "x",
    "·": "*", "→": "->", "±": "+-", "²": "2", "√": "sqrt", "Δ": "D", "μ": "u", "σ": "s", "■": "#",
}  # fmt: skip
"""Signs that have a near relation in ASCII."""


def tolerate_any_encoding() -> None:
    """Let what standard output and standard error cannot encode be written as the nearest that they can."""
    codecs.register_error("nearest", _nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nearest")


def encodes_everything() -> bool:
    """Whether standard output can write any character as it is."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """The nearest signs of ASCII for what could not be encoded; a question mark where there are none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_in_ascii, text)), error.end


def _in_ascii(sign: str) -> str:
    found = NEAREST.get(sign) or normalize("NFKD", sign)
    kept = found.encode("ascii", "ignore").decode("ascii")
    return kept or "?"
