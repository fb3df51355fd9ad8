"""Why grids of equal size cannot be had, in sentences.

Layer: experiments.  The wing that finds it out stands above this one, so it hands on its kinds by name:
`impossible_in_words(**reason._asdict())` of an `experiments.sizing.quality.Impossible`.
"""

from __future__ import annotations

from languages.speaking import marked_many, say_many

IMPOSSIBLE = {
    "tower": marked_many(
        "One building ({name}) has {households} households: grids of {ideal:.0f} cannot be equal.",
        "{count} buildings have more than the {high} households that a grid may have ({name} has {households}): grids of {ideal:.0f} cannot be equal.",
    ),
    "crowded": marked_many(
        "{count} buildings have at least {households} households each, and no two of them fit into a grid of at most {high}; there are fewer grids than that.",
        "{count} buildings have at least {households} households each, and no two of them fit into a grid of at most {high}; there are fewer grids than that.",
    ),
    "sums": marked_many(
        "No whole buildings together have between {low} and {high} households.",
        "No whole buildings together have between {low} and {high} households.",
    ),
    "side": marked_many(
        "What a barrier keeps apart ({name} and what is on its side) has {households} households, which is no whole number of grids of {low} to {high}: some grid crosses the barrier, or is of another size.",
        "What barriers keep apart is in {count} places no whole number of grids of {low} to {high} households (the smallest, {name} and what is on its side, has {households}): some grids cross a barrier, or are of another size.",
    ),
}  # fmt: skip
"""By the kind of reason, for one and for many."""


def impossible_in_words(why: str, name: str, households: int, how_many: int, ideal: float, low: int, high: int) -> str:
    """One reason why no grids are equal. Raises KeyError for a kind that there is not."""
    one, many = IMPOSSIBLE[why]
    return say_many(one, many, how_many, name=name, households=households, ideal=ideal, low=low, high=high)
