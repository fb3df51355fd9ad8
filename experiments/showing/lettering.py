"""The Chinese font that comes with us, and as much of it as a page needs.

Layer: experiments.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path

CHINESE = Path(__file__).parent / "fonts" / "NotoSansSC-GB2312.otf"
CHINESE_FAMILY = "Noto Sans SC GB2312"
FIRST_WIDE = 0x2E80
"""Characters from here on are those of Chinese."""


def wide_signs(text: str) -> str:
    """The Chinese characters of a text, each once."""
    return "".join(sorted({sign for sign in text if ord(sign) >= FIRST_WIDE}))


def font_face(signs: str) -> str:
    """A style that holds some characters of our Chinese font."""
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=[], hinting=False)
    font = subset.load_font(str(CHINESE), options)
    chosen = subset.Subsetter(options)
    chosen.populate(text=signs)
    chosen.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    data = base64.b64encode(out.getvalue()).decode()
    return f"@font-face {{ font-family: '{CHINESE_FAMILY}'; src: url(data:font/woff;base64,{data}) format('woff'); }}"
