"""Where measured tables are kept: build/bench, and between marks in the pages of docs."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT, DOCS = ROOT / "build" / "bench", ROOT / "docs"


def put_into_page(name: str, text: str, page: Path = DOCS / "performance.md") -> None:
    """Replace what stands between a page's two marks of that name.

    Raises ValueError if the page has no such marks.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, mark, rest = page.read_text().partition(begin)
    _, other, after = rest.partition(end)
    if not (mark and other):
        raise ValueError(f"{page.name} has no {begin} … {end}")
    page.write_text(f"{before}{begin}\n{text}{end}{after}")
