"""The numbers at the end of a history, by the names that stories call them by.

Layer: experiments.  The counts are those of `static/counting.js` at the last hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from experiments.page.history import History

AGAINST = "against_"
"""Before a name: the number of the plan beside."""
SHARES = {
    "found_percent": ("found", "occurred"),
    "on_time_percent": ("on_time", "closed"),
    "on_time_of_filed_percent": ("on_time", "filed"),
    "unseen_percent": ("never_found", "occurred"),
}
"""Which count is given as a share of which other; what was never found is all that occurred and nobody has found."""
COUNTS = ("occurred", "found", "settled", "filed", "closed", "on_time", "open", "unseen")
VALUES = (*COUNTS, *SHARES)


def values_of(history: History) -> dict[str, float | None]:
    """Every number at the end of a history; shares in per cent, None where there is nothing to be a share of."""
    counts = _counts(history)
    shares = {
        name: 100.0 * counts[part] / counts[whole] if counts[whole] else None
        for name, (part, whole) in SHARES.items()
    }  # fmt: skip
    return {**{name: counts[name] for name in COUNTS}, **shares}


def _counts(history: History) -> dict[str, int]:
    columns: dict[str, NDArray[Any]] = dict(history.columns)
    end_h = history.header["hours"]
    code_of = history.header["stage_labels"]
    labels = np.array(sorted(code_of, key=code_of.get))[columns["stage"]]
    found, filed = ~np.isnan(columns["found_h"]), ~np.isnan(columns["filed_h"])
    closed, anew = filed & (labels == "closed"), columns["came_back_of"] >= 0
    seen_or_gone_h = np.where(found, columns["found_h"], columns["gone_h"])
    masks = {
        "occurred": ~anew, "found": found, "settled": np.char.startswith(labels, "solved_"), "filed": filed,
        "closed": closed, "on_time": closed & (columns["handled_h"] <= columns["due_h"]),
        "open": found & ~(columns["ended_h"] <= end_h), "unseen": ~(seen_or_gone_h <= end_h),
        "never_found": ~anew & ~found,
    }  # fmt: skip
    return {name: int(mask.sum()) for name, mask in masks.items()}
