"""A part of the period, of which an indicator is told; light, so that reading a study loads no model.

Layer: experiments.
"""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, model_validator


class Form(BaseModel):
    """A part of a study file; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Part(Form):
    """An indicator of a part of the period: what was filed from its first to its last day."""

    name: str
    indicator: str
    start: date
    end: date

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Part:
        if self.end < self.start:
            raise ValueError("must end no sooner than it starts")
        if self.indicator not in OF_PARTS:
            raise ValueError(f"must have an indicator that can be told for a part of a run: {', '.join(OF_PARTS)}")
        return self


OF_PARTS = (
    "filed_count", "closed_count", "on_time_share_of_filed", "on_time_share_of_due", "on_time_share_of_closed",
    "closing_share_of_filed", "closing_share_of_due", "filed_to_closed_mean_h", "filed_to_closed_working_mean_h",
)  # fmt: skip
"""Indicators of filed cases, which are told apart by the day on which they were filed."""
