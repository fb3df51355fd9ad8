"""The page itself, in two shapes: as the server hands it out, and as one file with everything inside.

Layer: experiments.

Its modules import each other by names ("page/map.js") that a map in the page leads to: to the server, or, in the file,
to what stands in it. So the modules are the same in both, and nothing has to be built.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from experiments.showing.lettering import CHINESE_FAMILY, font_face, wide_signs
from languages.speaking import LANGUAGES, spoken

HERE = Path(__file__).parent
STATIC = HERE / "static"
BEGIN, STYLE = 'import "page/main.js";', "page.css"
SERVED_FONT = f"@font-face {{ font-family: '{CHINESE_FAMILY}'; src: url('/font.otf') format('opentype'); }}"
IN_A_FILE = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; font-src data:; img-src data:"
)
"""A browser asks nobody for anything, whatever stands in the file."""
DATES = "年月日星期一二三四五六"
"""What browsers write dates with in Chinese."""


def static_files() -> dict[str, bytes]:
    """What the server hands out under `/static/`, by name: these and no others."""
    return {path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file()}


def served_page() -> tuple[str, str]:
    """The page as the server hands it out, and the policy that keeps a browser to this server."""
    modules = _modules({name: f"/static/{name}" for name in _scripts()})
    policy = "; ".join([
        "default-src 'none'", f"script-src 'self' {_hash_of(modules)} {_hash_of(BEGIN)}",
        f"style-src 'self' {_hash_of(SERVED_FONT)}", "font-src 'self'", "img-src data:", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ])  # fmt: skip
    return _rendered(modules=modules, font=SERVED_FONT, style=None, inside=None, policy=None), policy


def page_with(histories: Sequence[bytes], names: str) -> str:
    """The page as one file with one history inside, or two beside each other; `names` holds all that they name."""
    scripts = {name: (STATIC / name).read_bytes() for name in _scripts()}
    modules = _modules({name: f"data:text/javascript;base64,{_base64(text)}" for name, text in scripts.items()})
    texts = {language: json.loads((STATIC / f"{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES}
    inside = {"texts": texts, "histories": [_base64(history) for history in histories]}
    signs = wide_signs(DATES + names + json.dumps(texts, ensure_ascii=False) + "".join(LANGUAGES.values()))
    style = (STATIC / STYLE).read_text(encoding="utf-8")
    return _rendered(modules=modules, font=font_face(signs), style=style, inside=_in_a_script(inside), policy=IN_A_FILE)


def _scripts() -> list[str]:
    return sorted(path.name for path in STATIC.glob("*.js"))


def _modules(addresses: Mapping[str, str]) -> str:
    """The map that leads from the name of each module to where it is."""
    return _in_a_script({"imports": {f"page/{name}": address for name, address in addresses.items()}})


def _rendered(**parts: str | None) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    # What goes into scripts and styles is our own, or has been made safe to stand there.
    safe = {name: None if part is None else Markup(part) for name, part in parts.items()}
    return environment.get_template("page.html.j2").render(
        **safe, begin=Markup(BEGIN), stylesheet=f"/static/{STYLE}", language=spoken(), languages=LANGUAGES
    )


def _in_a_script(content: Any) -> str:
    """JSON that may stand in a script element: nothing in it ends the element."""
    return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")


def _hash_of(text: str) -> str:
    return f"'sha256-{_base64(sha256(text.encode()).digest())}'"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
