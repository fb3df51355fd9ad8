"""The report of a study: one HTML page that works offline and prints well; and its pictures one by one.

Layer: experiments.
"""

from __future__ import annotations

import io
import json
import math
import os
import platform
import tomllib
from pathlib import Path
from typing import Any

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from matplotlib.figure import Figure

from experiments.engine import areas_of
from experiments.findings import (
    Findings,
    discovery,
    equity,
    main_effects,
    read_findings,
    sensitivity,
    shares_of_variance,
)
from experiments.pictures import DPI
from experiments.storage import StorageError, write_whole
from experiments.study_pictures import drawings, names_of_levers
from experiments.tables import number, shown_unit
from scenarios.loading import Family, ScenarioError
from scenarios.wording import shown, suggest
from sim.indicators import INDICATORS

HERE = Path(__file__).parent
MOST_PLANS, MOST_FAILURES = 15, 20
NOT_FOR_ALL = {"unknowns": "the study has no uncertain parameters", "target": "the study has no target"}


def write_report(folder: Path, file: Path | None = None) -> Path:
    """Write the page; the same runs give the same page, byte for byte.

    Raises StorageError if the folder holds no study that has been run, or the page cannot be written.
    """
    findings = read_findings(folder)
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=select_autoescape(["j2"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"num": number, "unit": shown_unit, "pct": lambda share: f"{share:.1%}", "half": half,
                            "breakable": lambda name: Markup("_<wbr>").join(name.split("_"))}  # fmt: skip
    page = environment.get_template("report.html.j2").render(**contents(findings))
    file = file or folder / "report.html"
    try:
        write_whole(file, page)
    except OSError as error:
        raise StorageError(f"--out: {file} cannot be written: {error.strerror}") from None
    return file


def half(value: float, unit: str) -> str:
    """Plus or minus a half-width; nothing if there is none, or nothing varies."""
    if not math.isfinite(value):
        return ""
    text = number(value, unit)
    return f" ± {text}" if float(text.replace(",", "")) else ""


def contents(findings: Findings) -> dict[str, Any]:
    """Everything that the page shows."""
    file = findings.file
    told = discovery(findings)
    return {
        "about": findings.about, "file": file, "findings": findings, "indicators": INDICATORS,
        "ranking": _ranking(findings), "more_plans": max(0, len(findings.plans) - MOST_PLANS),
        "short": in_short(findings), "unknowns": unknowns_in_words(findings),
        "figures": {name: Markup(svg(draw(), name)) for name, draw in drawings(findings).items()},
        "effects": {
            objective.indicator: main_effects(findings, objective.indicator) for objective in findings.objectives
        } if findings.levers else {},
        "shares": _shares(findings) if findings.levers else [],
        "equity": equity(findings, tuple(findings.ranking["plan"].head(MOST_PLANS))), "areas": _areas(findings),
        "sensitivity": sensitivity(findings), "discovery": told, "design": design_in_words(findings),
        "failed": findings.failed.head(MOST_FAILURES), "failed_count": len(findings.failed),
        "guidelines": guidelines(findings), "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "nan": math.isnan,
    }  # fmt: skip


def _ranking(findings: Findings) -> list[dict[str, Any]]:
    """The best plans, with where each lever stands."""
    settings = findings.plans.set_index("plan").drop(columns="name")
    return [
        {**row, "settings": [number_or_word(value) for value in settings.loc[row["plan"]]]}
        for row in findings.ranking.head(MOST_PLANS).to_dict("records")
    ]


def number_or_word(value: Any) -> str:
    """A lever's setting in a table."""
    return f"{value:,.6g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _shares(findings: Findings) -> list[tuple[str, list[float | None]]]:
    """Each source of variance with its share for each objective; None where an objective never varies."""
    told = [dict(shares_of_variance(findings, objective.indicator)) for objective in findings.objectives]
    names = dict.fromkeys(name for shares in told for name in shares)
    return [(name, [shares.get(name) for shares in told]) for name in names]


def unknowns_in_words(findings: Findings) -> list[tuple[str, str, str]]:
    """Path, distribution and reason of every uncertain parameter."""
    told = []
    for entry in findings.file.uncertain:
        numbers = entry.model_dump(exclude_unset=True, exclude={"path", "distribution", "why"})
        words = ", ".join(f"{name} {value}" for name, value in numbers.items())
        told.append((entry.path, f"{entry.distribution}: {words}", entry.why))
    return told


def in_short(findings: Findings) -> list[str]:
    """What the study found, in sentences."""
    ranking, first = findings.ranking, findings.objectives[0]
    name, unit = first.indicator, INDICATORS[first.indicator].unit
    best = ranking.iloc[0]
    lines = [
        f"By {name} ({first.better} is better) the best of {len(ranking):,} plans is “{best['name']}”: "
        f"{number(best[name], unit)}{half(best[f'{name} ±'], unit)} {shown_unit(unit)}; "
        f"it is the best with probability {best[f'{name} best']:.0%}."
    ]
    if findings.levers:
        lines[0] += f" ({names_of_levers(findings).capitalize()}.)"
    rivals = ranking[(ranking["plan"] != best["plan"]) & (ranking[f"{name} best"] >= 0.05)]
    if len(rivals):
        told = "; ".join(f"“{row['name']}” {row[f'{name} best']:.0%}" for _, row in rivals.head(4).iterrows())
        lines.append(f"It may also be: {told}.")
    if findings.levers:
        shares = [share for share in shares_of_variance(findings, name) if " × " not in share[0]][:-1]
        if shares:
            lever, share = max(shares, key=lambda item: item[1])
            lines.append(f"Of the levers, {lever} matters most for it: {share:.0%} of the variance between runs.")
    told_where = discovery(findings)
    if told_where and told_where.boxes:
        box = told_where.boxes[0]
        lines.append(
            f"{told_where.line} in {told_where.share:.0%} of runs, {box.coverage:.0%} of them where {box.rule}."
        )
    return lines


def design_in_words(findings: Findings) -> list[tuple[str, str]]:
    """What was run."""
    file, about = findings.file, findings.about
    rule = file.replications
    widths = ", ".join(f"{name} ± {width:g}" for name, width in rule.widths.items())
    words = {
        "fixed": f"{rule.count} with every plan" + (" in every world" if findings.crossed else ""),
        "narrow": f"from {rule.count} on until intervals are as narrow as asked ({widths}), at most {rule.at_most}",
        "ranking": f"from {rule.count} on until the best plan is safe: right, or within {rule.indifference} of it, "
        f"with probability {1 - rule.error:g} (Kim and Nelson 2001), at most {rule.at_most}",
    }[rule.rule]
    lines = [("Base", f"{about['base']} (hash {about['base_hash']})")]
    lines += [("Set for all plans", ", ".join(f"{path} = {shown(value)}" for path, value in file.set.items()))] * bool(
        file.set
    )
    kind = file.design.kind.replace("_", " ") + (f" of {file.design.samples} points" if file.design.samples else "")
    left = f"; {about['left_out_count']} more break a constraint" if about["left_out_count"] else ""
    lines.append(("Plans", f"{about['plans_count']:,}, {kind}{left}"))
    for constraint in file.constraints:
        bounds = [f"at least {constraint.at_least:g}"] * (constraint.at_least is not None)
        bounds += [f"at most {constraint.at_most:g}"] * (constraint.at_most is not None)
        lines.append(("Constraint", f"{constraint.name}: {' + '.join(constraint.of)} {' and '.join(bounds)}"))
    for lever in file.levers:
        levels = [level.name for level in lever.levels] or [shown(value) for value in lever.values]
        lines.append(("Lever", f"{lever.name}: " + (f"{lever.low:g} to {lever.high:g} ({lever.scale})" if lever.ranged
                                                   else "; ".join(levels))))  # fmt: skip
    if file.ensemble:
        lines.append(("Worlds", f"{about['worlds_count']:,} sets of the ensemble {file.ensemble}, drawn by weight"))
    if file.uncertain:
        lines.append(
            ("Worlds", f"{about['worlds_count']:,} draws of {len(file.uncertain)} unknowns ({file.worlds.method})")
        )
    lines.append(("Replications", words))
    units = "worlds, each the mean of its seeds" if findings.crossed else "replications"
    lines.append(("Intervals", f"95 %, Student, over {units}; every plan meets the same incidents with the same luck"))
    lines.append(("Runs", f"{len(findings.runs):,} finished, {len(findings.failed):,} failed"))
    return lines


def _areas(findings: Findings) -> str:
    """What the areas are between which equity is measured."""
    try:
        return areas_of(Family(findings.about["base"]).load(findings.file.set))[1]
    except ScenarioError:
        return "areas"


def guidelines(findings: Findings) -> list[dict[str, Any]]:
    """What STRESS-ABS and TRACE ask for: where it is said, or why it is missing."""
    has = {"always": True, "never": False, "unknowns": bool(sensitivity(findings))}
    items = tomllib.loads((HERE / "guidelines.toml").read_text(encoding="utf-8"))["item"]
    return [
        {**item, "filled": has[item["when"]], "said": item["said"] if has[item["when"]] or item["when"] == "never"
         else NOT_FOR_ALL[item["when"]]}
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
        raise StorageError(f"figure: {shown(name)} is none of {', '.join(found)}{suggest(name, found)}")
    keys = used_by(findings, name)
    where = folder / "figures"
    where.mkdir(exist_ok=True)
    write_whole(where / f"{name}.svg", svg(found[name](), name))
    found[name]().savefig(where / f"{name}.png", dpi=DPI)
    told = {
        "figure": name, "svg": str(where / f"{name}.svg"), "png": str(where / f"{name}.png"),
        "list": str(where / f"{name}.keys.json"), "identity": findings.about["identity"], "keys": keys,
    }  # fmt: skip
    write_whole(where / f"{name}.keys.json", json.dumps(told, indent=2) + "\n")
    return told


def used_by(findings: Findings, name: str) -> list[str]:
    """The keys of the runs behind a picture."""
    runs = findings.runs
    if name == "equity":
        shown_plans = findings.ranking["plan"].head(MOST_PLANS)
        runs = runs[runs["plan"].isin(shown_plans) & runs["area_cases"].notna()]
    elif name == "sensitivity":
        runs = runs[runs["plan"].isin(findings.ranking["plan"].head(2))]
    elif name == "ranking":
        runs = runs[runs["plan"].isin(findings.ranking["plan"].head(MOST_PLANS))]
    return sorted(runs["key"].unique())
