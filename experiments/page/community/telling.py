"""How far a piece of work is, told to whoever waits for it: a line of JSON now and then.

Layer: experiments.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from experiments.page.community.reading import tell
from experiments.page.runs import Here
from experiments.words.community import STAGES as BESIDE
from experiments.words.sizing import STAGES
from languages.speaking import say

EVERY_S = 0.25
"""No more often than that within a stage."""
LINE = "\n"


class Telling:
    """A stage of the work, from now on."""

    def __init__(self, here: Here, stage: str) -> None:
        """Say that it has begun."""
        self._here, self._stage = here, say((STAGES | BESIDE)[stage])
        self._started_s = self._told_s = monotonic()
        self._tell(0, 0, None)

    def __call__(self, done: int, of: int) -> None:
        """So much is done, of so much."""
        now_s = monotonic()
        if not done:
            self._started_s = now_s
        if now_s - self._told_s < EVERY_S and done < of:
            return
        self._told_s = now_s
        self._tell(done, of, (now_s - self._started_s) / done * (of - done) if done else None)

    def _tell(self, done: int, of: int, left_s: float | None) -> None:
        progress: dict[str, Any] = {"stage": self._stage, "done": done, "of": of, "left_s": left_s}
        tell(self._here, {"progress": progress}, LINE)
