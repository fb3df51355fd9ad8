"""Which code was run.

Layer: experiments.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Sixteen hexadecimal digits that change with the code of `sim` and `scenarios`."""
    digest = sha256()
    for folder in ("scenarios", "sim"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
