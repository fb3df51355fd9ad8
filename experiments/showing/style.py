"""The style that all pictures share: canvas, head, palette.

Layer: experiments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 150
BLUE, SKY, GREEN, ORANGE, VERMILION, GREY = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#8C8C8C"
"""The Okabe-Ito palette, which colour-blind readers can tell apart."""
WATER = "#EAF4FB"
STYLE = {"axes.edgecolor": "#555555", "grid.color": "#E3E3E3", "text.color": "#222222", "axes.titleweight": "bold"}


def canvas(width: float, height: float, rows: int = 1, columns: int = 1, **layout: Any) -> tuple[Figure, np.ndarray]:
    """A figure of our style with its axes, without any global state of pyplot."""
    with sns.axes_style("whitegrid", STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure, figure.subplots(rows, columns, squeeze=False, **layout)


def head(figure: Figure, title: str, run: str) -> None:
    """What is seen, in one bold line; below it, of which run; the axes keep clear of both."""
    height = figure.get_size_inches()[1]
    figure.text(0.012, 1 - 0.27 / height, title, ha="left", va="center", fontsize=14, fontweight="bold")
    figure.text(0.012, 1 - 0.56 / height, run, ha="left", va="center", fontsize=9.5, color="#555555")
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - 0.72 / height))
