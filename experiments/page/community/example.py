"""A list to begin with, for whoever has none at hand: that of the template, as the page would send it.

Layer: experiments.
"""

from __future__ import annotations

import base64

from experiments.sizing.inputs.template import lists


def example_files() -> dict[str, dict[str, str]]:
    """The list and its road, each with its name, and its content in base64."""
    files = zip(("file", "barriers"), lists().items(), strict=True)
    return {kind: {"name": name, "content": base64.b64encode(text.encode()).decode()} for kind, (name, text) in files}
