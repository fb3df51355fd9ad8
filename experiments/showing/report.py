"""The report of a study: one HTML page that works offline and prints well; and its pictures one by one.

Layer: experiments.
"""

from __future__ import annotations

import io
import json
import math
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from matplotlib.figure import Figure

from experiments.findings.definitions import definitions
from experiments.findings.discovery import discovery
from experiments.findings.effects import main_effects, shares_of_variance
from experiments.findings.equity import equity
from experiments.findings.runs import MOST_PLANS, Findings, read_findings
from experiments.findings.sensitivity import Method, sensitivity
from experiments.running.files import StorageError, write_whole
from experiments.showing.lettering import CHINESE_FAMILY, FIRST_WIDE, font_face, wide_signs
from experiments.showing.study_pictures import drawings
from experiments.showing.study_tables import PLAN_COLUMNS
from experiments.showing.style import DPI, LATIN
from experiments.words import findings as words
from experiments.words.numbers import AREAS, in_percent, number, shown_unit, with_unit
from experiments.words.resting import study_rests_in_words
from languages.speaking import ENGLISH, listed, say, say_many, spoken
from scenarios.wording import shown, suggest
from sim.indicators import INDICATORS

HERE = Path(__file__).parent
MOST_FAILURES = 20
FONT_GOES_HERE = "/* the font */"
SANS = 'system-ui, "Noto Sans", sans-serif'
DRAWN_TEXT = re.compile(r"<text [^>]*>[^<]*")
PAGE_LANGUAGES = {"zh": "zh-CN"}
"""What a page says its language is, where that is not what it is called here."""


def write_report(folder: Path, file: Path | None = None) -> Path:
    """Write the page; the same runs give the same page, byte for byte.

    Raises StorageError if the folder holds no study that has been run, or the page cannot be written.
    """
    findings = read_findings(folder)
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=select_autoescape(["j2"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "num": number, "unit": shown_unit, "ends": words.ends_in_words,
        "pct": lambda share: "–" if math.isnan(share) else in_percent(share, ".1f"),
        "named": named, "typed": typed, "headed": headed, "rule": words.rule_in_words,
    }  # fmt: skip
    environment.globals |= {"say": say, "say_many": say_many, "language": PAGE_LANGUAGES.get(spoken(), spoken())}
    page = environment.get_template("report.html.j2").render(**contents(findings))
    page = with_its_font(page)
    file = file or folder / "report.html"
    try:
        write_whole(file, page)
    except OSError as error:
        raise StorageError(say("--out: {file} cannot be written: {reason}", file=file, reason=error.strerror)) from None
    return file


def breakable(identifier: str) -> Markup:
    """An identifier that may be broken at its underscores."""
    return Markup("_<wbr>").join(identifier.split("_"))


def named(identifier: str) -> str:
    """An indicator in the head of a table: in English its identifier."""
    return breakable(identifier) if spoken() == ENGLISH else say(identifier)


def headed(identifier: str) -> Markup:
    """An indicator with its unit in the head of a table, and below it, if it has another name, what to type."""
    unit = INDICATORS[identifier].unit
    if spoken() == ENGLISH:
        return Markup("{}, {}").format(breakable(identifier), shown_unit(unit))
    return Markup("{}<br><code>{}</code>").format(with_unit(say(identifier), unit), breakable(identifier))


def typed(identifier: str) -> Markup:
    """An indicator where somebody looks for what to type: its identifier, below its name if that is another."""
    code = Markup("<code>{}</code>").format(breakable(identifier))
    return code if spoken() == ENGLISH else Markup("{}<br>{}").format(say(identifier), code)


def with_its_font(page: str) -> str:
    """The page with the Chinese characters that it has brought along, so that it reads on any machine.

    Their font comes before the Latin one: browsers are late with a font that others come before, and draw boxes first.
    """
    signs = wide_signs(page)
    if not signs:
        return page.replace(FONT_GOES_HERE, "", 1)
    page = DRAWN_TEXT.sub(_in_its_font, page)
    return page.replace(FONT_GOES_HERE, f"{font_face(signs)}\nbody {{ font-family: '{CHINESE_FAMILY}', {SANS}; }}", 1)


def _in_its_font(text: re.Match[str]) -> str:
    """A text of a picture; one that has Chinese characters with their font first."""
    if not any(ord(sign) >= FIRST_WIDE for sign in text[0]):
        return text[0]
    return text[0].replace(f"'{LATIN}', '{CHINESE_FAMILY}'", f"'{CHINESE_FAMILY}', '{LATIN}'")


def contents(findings: Findings) -> dict[str, Any]:
    """Everything that the page shows."""
    file, about = findings.file, findings.about
    found, counted = discovery(findings), definitions(findings, findings.best)
    facts, rests = _facts(findings), study_rests_in_words(findings)
    return {
        "about": about, "file": file, "findings": findings, "indicators": INDICATORS,
        "ranking": _ranking(findings, facts), "more_plans": max(0, len(findings.plans) - MOST_PLANS),
        "answer": [*words.answer_in_words(findings), *rests[:1]],
        "further": [*words.further_in_words(findings), *rests[1:]],
        "best_is": words.plan_in_words(findings, findings.best),
        "objectives": _objectives(findings), "fact_headings": [say(heading) for heading, _, _ in facts],
        "unknowns": words.unknowns_in_words(findings),
        "figures": {name: Markup(svg(draw(), name)) for name, draw in drawings(findings).items()},
        "effects": {
            objective.indicator: main_effects(findings, objective.indicator) for objective in findings.objectives
        } if findings.levers else {},
        "shares": _shares(findings) if findings.levers else [],
        "equity": equity(findings, tuple(findings.ranking["plan"].head(MOST_PLANS))),
        "areas": say(AREAS.get(about.get("areas", ""), "areas")), "counted": counted, "how_far": words.how_far(counted),
        "sensitivity": _sensitivity(findings), "discovery": found,
        "crossed": words.crossed_in_words(found) if found else "", "design": words.design_in_words(findings),
        "failed": findings.failed.head(MOST_FAILURES), "failed_count": len(findings.failed),
        "guidelines": guidelines(findings), "machine": about.get("machine") or say("not recorded"),
        "path": shlex.quote(about.get("path", about["study"])), "nan": math.isnan,
    }  # fmt: skip


type Fact = tuple[str, str, dict[int, float]]
"""A heading, the indicator, and its means by plan."""


def _facts(findings: Findings) -> list[Fact]:
    """What stands beside the objectives of each plan: what stays unseen, what it costs a year, what it is."""
    shown_already = {name for each in findings.objectives for name in (each.indicator, findings.a_year(each.indicator))}
    return [
        (heading, name, means) for heading, name in PLAN_COLUMNS.items()
        if name not in shown_already and (means := findings.means_of(name))
    ]  # fmt: skip


def _objectives(findings: Findings) -> list[dict[str, str]]:
    """What is shown of each objective: what is counted over the run, for a year."""
    names = [(findings.a_year(each.indicator), each.better) for each in findings.objectives]
    return [
        {"name": name, "unit": INDICATORS[name].unit, "better": say(words.BETTER[better])} for name, better in names
    ]


def _ranking(findings: Findings, facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """The best plans, with where each lever stands, and what else is told of them."""
    settings = findings.plans.set_index("plan").drop(columns="name")
    return [
        {
            **row, "settings": [number_or_word(value) for value in settings.loc[row["plan"]]],
            "facts": [words.fact_in_words(means.get(row["plan"]), name) for _, name, means in facts],
        }
        for row in findings.ranking.head(MOST_PLANS).to_dict("records")
    ]  # fmt: skip


def number_or_word(value: Any) -> str:
    """A lever's setting in a table."""
    return f"{value:,.6g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _shares(findings: Findings) -> list[tuple[str, list[float | None]]]:
    """Each source of variance with its share for each objective; None where an objective never varies."""
    by_objective = [
        {words.source_in_words(entry, findings): entry.share for entry in shares_of_variance(findings, each.indicator)}
        for each in findings.objectives
    ]
    names = dict.fromkeys(name for shares in by_objective for name in shares)
    return [(name, [shares.get(name) for shares in by_objective]) for name in names]


def _sensitivity(findings: Findings) -> list[dict[str, Any]]:
    """Indices under a heading each; without indices where the outcome is undefined in some world."""
    return [
        {
            "outcome": words.outcome_in_words(entry, findings), "indices": entry.indices,
            "method": words.METHODS[entry.indices.method] if entry.indices else "",
            "by_morris": bool(entry.indices and entry.indices.method is Method.MORRIS),
        }
        for entry in sensitivity(findings)
    ]  # fmt: skip


def guidelines(findings: Findings) -> list[dict[str, Any]]:
    """What STRESS-ABS and TRACE ask for: where it is said, or why it is missing."""
    indices = any(entry.indices for entry in sensitivity(findings))
    has = {"always": True, "never": False, "unknowns": indices}
    why = words.NOT_FOR_ALL | ({"unknowns": words.OF_AN_ENSEMBLE} if findings.file.ensemble else {})
    items = tomllib.loads((HERE / "guidelines.toml").read_text(encoding="utf-8"))["item"]
    return [
        {**item, "filled": has[item["when"]], "said": item["said"] if has[item["when"]] or item["when"] == "never"
         else why[item["when"]]}
        for item in items
    ]  # fmt: skip


def svg(figure: Figure, name: str) -> str:
    """A figure as SVG to stand in a page: text stays text, and the same figure is the same bytes."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def figure_names(folder: Path) -> list[str]:
    """The pictures that a study has."""
    return list(drawings(read_findings(folder)))


def draw_figure(folder: Path, name: str) -> dict[str, Any]:
    """Draw one picture again from the stored runs; say which runs it used.

    Raises StorageError if the study has no such picture.
    """
    findings = read_findings(folder)
    found = drawings(findings)
    if name not in found:
        raise StorageError(say("figure: {name} is none of {names}{hint}", name=shown(name), names=listed(found),
                               hint=suggest(name, found)))  # fmt: skip
    where = folder / "figures"
    where.mkdir(exist_ok=True)
    write_whole(where / f"{name}.svg", svg(found[name](), name))
    found[name]().savefig(where / f"{name}.png", dpi=DPI)
    drawn = {
        "figure": name, "svg": str(where / f"{name}.svg"), "png": str(where / f"{name}.png"),
        "list": str(where / f"{name}.keys.json"), "identity": findings.about["identity"],
        "keys": used_by(findings, name),
    }  # fmt: skip
    write_whole(where / f"{name}.keys.json", json.dumps(drawn, indent=2) + "\n")
    return drawn


def used_by(findings: Findings, name: str) -> list[str]:
    """The keys of the runs behind a picture: of the plans that it shows, or that it is reckoned from."""
    runs = findings.runs
    if name == "equity":
        shown_plans = findings.ranking["plan"].head(MOST_PLANS)
        runs = runs[runs["plan"].isin(shown_plans) & runs["area_cases"].notna()]
    elif name == "sensitivity":
        runs = runs[runs["plan"].isin(findings.ranking["plan"].head(2))]
    elif name == "definitions":
        runs = runs[runs["plan"] == findings.best]
    elif name == "discovery" and findings.file.target:
        runs = runs[runs[findings.file.target.indicator].notna()]
    return sorted(runs["key"].unique())
