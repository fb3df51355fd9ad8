"""Writing files: whole or not at all, and numbers as JSON has them.

Layer: experiments.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def finite(content: Any) -> Any:
    """The same with null for every number that is not finite, and lists for tuples."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {key: finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    return content


class StorageError(ValueError):
    """The folder cannot be written, or must not be replaced; one line that says why."""


FORMAT = "(FORMAT parquet, COMPRESSION zstd)"


def quoted(path: Path) -> str:
    """A file's name as SQL wants it."""
    return "'" + str(path).replace("'", "''") + "'"


def write_whole(file: Path, text: str) -> None:
    """Write a text to a temporary name, then give it its own: it appears whole or not at all."""
    aside = file.with_name(f".{file.name}.part")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, file)
