"""The log of all incidents, and how many of them stand in each stage.

Layer: sim.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from sim.incidents import Stage

if TYPE_CHECKING:
    from sim.incidents import Deed, Incident


class CaseLog:
    """Keeps every incident that has occurred, and counts them by stage."""

    def __init__(self) -> None:
        """Nothing has occurred yet."""
        self.incidents: list[Incident] = []
        """What has occurred of the stream, in its order."""
        self.returned: list[Incident] = []
        """What was done away with and has come back, in the order of coming back."""
        self.standing = [0] * len(Stage)
        """Incidents that are in each stage now."""
        self.found_count = self.filed_count = 0

    def occur(self, incident: Incident) -> None:
        """A new incident; it is in the stage it was made in."""
        (self.returned if incident.before else self.incidents).append(incident)
        self.standing[Stage.OCCURRED] += 1

    def enter(self, incident: Incident, stage: Stage) -> None:
        """An incident goes from its stage to another."""
        self.standing[incident.stage] -= 1
        self.standing[stage] += 1
        incident.stage = stage

    def note(self, incident: Incident, what: Deed, who: object = None, until_h: float = nan) -> None:
        """Something is done about an incident: this log does not remember it, a `StepLog` does."""

    @property
    def everything(self) -> list[Incident]:
        """What has occurred, and after it what has come back."""
        return [*self.incidents, *self.returned]

    @property
    def backlog_count(self) -> int:
        """Incidents that somebody has found and nobody has brought to an end."""
        return sum(self.standing[stage] for stage in Stage if stage is not Stage.OCCURRED and not stage.ended)
