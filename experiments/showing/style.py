"""The style that all pictures share: canvas, head, palette, and fonts that know Chinese on any machine.

Layer: experiments.
"""

from __future__ import annotations

import logging
import unicodedata
import warnings
from functools import cache
from typing import Any

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.showing.lettering import CHINESE, CHINESE_FAMILY

DPI = 150
BLUE, SKY, GREEN, ORANGE, VERMILION, GREY = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#8C8C8C"
"""The Okabe-Ito palette, which colour-blind readers can tell apart."""
WATER = "#EAF4FB"
LATIN = "DejaVu Sans"
FONTS = {
    "font.family": [LATIN, CHINESE_FAMILY, "sans-serif"],
    "font.sans-serif": [
        "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB",
        "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", LATIN,
    ],
}  # fmt: skip
"""Latin first, then what comes with us; what neither has is drawn from the first of the others that a machine has."""
NOWHERE = r"Glyph \d+ .*missing from font"
"""What matplotlib warns of a character that no font has; it is drawn as a box that says so."""
NOT_BOLD = "findfont: Failed to find font weight bold"
"""What it logs of a font that has one weight only, as ours and many Chinese ones."""
STYLE = {
    "axes.edgecolor": "#555555", "grid.color": "#E3E3E3", "text.color": "#222222", "axes.titleweight": "bold", **FONTS,
}  # fmt: skip


def sheet(width: float, height: float) -> Figure:
    """An empty figure that lays itself out, without any global state of pyplot."""
    _know_fonts()
    warnings.filterwarnings("ignore", NOWHERE)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@cache
def _know_fonts() -> None:
    """Tell matplotlib of our font, once."""
    logging.getLogger(font_manager.__name__).addFilter(lambda record: not record.getMessage().startswith(NOT_BOLD))
    font_manager.fontManager.addfont(CHINESE)
    matplotlib.rcParams.update(FONTS)


def canvas(width: float, height: float, rows: int = 1, columns: int = 1, **layout: Any) -> tuple[Figure, np.ndarray]:
    """A figure of our style with its axes."""
    figure = sheet(width, height)
    with sns.axes_style("whitegrid", STYLE):
        return figure, figure.subplots(rows, columns, squeeze=False, **layout)


def head(figure: Figure, title: str, run: str) -> None:
    """What is seen, in one bold line; below it, of which run; the axes keep clear of both."""
    height = figure.get_size_inches()[1]
    figure.text(0.012, 1 - 0.27 / height, title, ha="left", va="center", fontsize=14, fontweight=bold(title))
    figure.text(0.012, 1 - 0.56 / height, run, ha="left", va="center", fontsize=9.5, color="#555555")
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - 0.72 / height))


def width_of(text: str) -> int:
    """How many Latin letters a text is as wide as: a Chinese character is as wide as two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def bold(text: str) -> str:
    """How heavy a text is that stands out: our Chinese has one weight, and what stands beside it shares that."""
    return "bold" if width_of(text) == len(text) else "normal"


def cut(text: str, most: int) -> str:
    """A name that fits beside a picture."""
    if width_of(text) <= most:
        return text
    while width_of(text) > most - 1:
        text = text[:-1]
    return f"{text}…"
