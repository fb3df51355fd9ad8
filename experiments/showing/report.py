"""The report of a study: one HTML page that works offline and prints well; and its pictures one by one.

Layer: experiments.
"""

from __future__ import annotations

import io
import json
import math
import shlex
import tomllib
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
from experiments.findings.sensitivity import sensitivity
from experiments.running.files import StorageError, write_whole
from experiments.showing.study_pictures import drawings, names_of_levers
from experiments.showing.style import DPI
from experiments.studies.plans import flat, paths_of
from experiments.words.findings import how_far
from experiments.words.numbers import number, shown_unit
from scenarios.wording import shown, suggest
from sim.indicators import INDICATORS

HERE = Path(__file__).parent
MOST_FAILURES = 20
NOT_FOR_ALL = {"unknowns": "the study has no uncertain parameters", "target": "the study has no target"}
OF_AN_ENSEMBLE = "worlds are sets of an ensemble, whose parameters are not drawn one by one"
GRIDS = ("cell_area_m2", "households_per_social_grid", "subdistricts_count", "communities_count")
"""What is laid over the ground: it moves no incident."""


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
    told, counted = discovery(findings), definitions(findings, findings.best)
    return {
        "about": findings.about, "file": file, "findings": findings, "indicators": INDICATORS,
        "ranking": _ranking(findings), "more_plans": max(0, len(findings.plans) - MOST_PLANS),
        "short": in_short(findings), "unknowns": unknowns_in_words(findings),
        "figures": {name: Markup(svg(draw(), name)) for name, draw in drawings(findings).items()},
        "effects": {
            objective.indicator: main_effects(findings, objective.indicator) for objective in findings.objectives
        } if findings.levers else {},
        "shares": _shares(findings) if findings.levers else [],
        "equity": equity(findings, tuple(findings.ranking["plan"].head(MOST_PLANS))),
        "areas": findings.about.get("areas", "areas"), "counted": counted, "how_far": how_far(counted),
        "sensitivity": sensitivity(findings), "discovery": told, "design": design_in_words(findings),
        "failed": findings.failed.head(MOST_FAILURES), "failed_count": len(findings.failed),
        "guidelines": guidelines(findings), "machine": findings.about.get("machine", "not recorded"),
        "path": shlex.quote(findings.about.get("path", findings.about["study"])), "nan": math.isnan,
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
        numbers = entry.model_dump(exclude_unset=True, exclude={"path", "distribution", "why", "only"})
        words = ", ".join(f"{name} {value}" for name, value in numbers.items())
        words += f"; in {', '.join(entry.only)} only" if entry.only else ""
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
        f"{_how_surely(findings, float(best[f'{name} best']))}."
    ]
    if findings.levers:
        lines[0] += f" ({names_of_levers(findings).capitalize()}.)"
    rivals = ranking[(ranking["plan"] != best["plan"]) & (ranking[f"{name} best"] >= 0.05)]
    if len(rivals):
        told = "; ".join(f"“{row['name']}” {row[f'{name} best']:.0%}" for _, row in rivals.head(4).iterrows())
        lines.append(f"It may also be: {told}.")
    lines += unsettled(findings)
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


def _how_surely(findings: Findings, chance: float) -> str:
    """That a plan is the best: by the promise of the ranking if it was kept, else by drawing again."""
    if findings.file.replications.rule == "ranking":
        drawn = f"it has the best mean in {chance:.0%} of redraws of these runs"
        return f"it is {_promise(findings)}" if findings.about.get("settled") else drawn
    return f"it is the best with probability {chance:.0%}"


def _promise(findings: Findings) -> str:
    """What a ranking that was settled promises."""
    rule, name = findings.file.replications, findings.objectives[0].indicator
    within = f"within {number(rule.indifference, INDICATORS[name].unit)} {_points(INDICATORS[name].unit)} of it"
    return f"the best, or {within}, with probability {1 - rule.error:g} at least"


def _points(unit: str) -> str:
    return "points" if unit == "share" else unit


def unsettled(findings: Findings) -> list[str]:
    """What a stopping rule has not reached; nothing if it has, or the replications are fixed."""
    rule, about = findings.file.replications, findings.about
    if rule.rule == "fixed" or about.get("settled"):
        return []
    if about.get("settled") is None:
        return ["Whether the stopping rule was content is not recorded, so nothing is promised: sweep it again."]
    if rule.rule == "narrow":
        wide = ", ".join(about.get("unmet", ())) or "some"
        return [f"Not as narrow as asked after what was run (at most {rule.at_most} replications): {wide}."]
    names = [f"“{findings.name(plan)}”" for plan in findings.alive]
    left = f"{len(names)} plans may still be the best: {'; '.join(names[:4])}{' …' if len(names) > 4 else ''}"
    return [f"The ranking is not settled (at most {rule.at_most} replications): {left}. Nothing is promised of it."]


def replications_in_words(findings: Findings) -> str:
    """How often every plan was run, and whether that came to what was asked."""
    rule = findings.file.replications
    if rule.rule == "fixed":
        own = ", each world with seeds of its own" if rule.own_seeds else ""
        return f"{rule.count} with every plan" + (f" in every world{own}" if findings.crossed else "")
    settled = bool(findings.about.get("settled"))
    if rule.rule == "narrow":
        widths = ", ".join(f"{name} ± {width:g}" for name, width in rule.widths.items())
        aim, promise = f"intervals are as narrow as asked ({widths})", "they are"
    else:
        aim, promise = "one plan is safely the best (Kim and Nelson 2001)", f"it is {_promise(findings)}"
    told = promise if settled else "not reached"
    return f"from {rule.count} on until {aim}, at most {rule.at_most}: {told}"


def same_incidents(findings: Findings) -> bool:
    """True if all plans meet the same incidents: as many in every replication, and in the same places."""
    file, runs = findings.file, findings.runs
    paths = {path for lever in file.levers for path in paths_of(lever)}
    paths |= {path for plan in file.plans for path in flat(plan.set)}
    moved = any(path.startswith("territory.") and not path.endswith(GRIDS) for path in paths)
    if moved or any(plan.base for plan in file.plans) or "occurred_count" not in runs:
        return False
    return bool((runs.groupby(["world", "seed"])["occurred_count"].nunique() <= 1).all())


def design_in_words(findings: Findings) -> list[tuple[str, str]]:
    """What was run."""
    file, about = findings.file, findings.about
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
        if doubt := about.get("ensemble_doubt"):
            lines.append(("In doubt", f"the ensemble, so what follows from it is no answer: {doubt}"))
    if file.uncertain:
        lines.append(
            ("Worlds", f"{about['worlds_count']:,} draws of {len(file.uncertain)} unknowns ({file.worlds.method})")
        )
    lines.append(("Replications", replications_in_words(findings)))
    units = "worlds, each the mean of its seeds" if findings.crossed else "replications"
    luck = "the same seeds for every plan; " + (
        "all meet the same incidents, each with the same luck" if same_incidents(findings)
        else "not all meet the same incidents, so pairing is lost, wholly or in part"
    )  # fmt: skip
    lines.append(("Intervals", f"95 %, Student, over {units}; {luck}"))
    lines.append(("Runs", f"{len(findings.runs):,} finished, {len(findings.failed):,} failed"))
    return lines


def guidelines(findings: Findings) -> list[dict[str, Any]]:
    """What STRESS-ABS and TRACE ask for: where it is said, or why it is missing."""
    has = {"always": True, "never": False, "unknowns": bool(sensitivity(findings))}
    why = NOT_FOR_ALL | ({"unknowns": OF_AN_ENSEMBLE} if findings.file.ensemble else {})
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
    """The keys of the runs behind a picture: of the plans that it shows, or that it is reckoned from."""
    runs = findings.runs
    if name == "equity":
        shown_plans = findings.ranking["plan"].head(MOST_PLANS)
        runs = runs[runs["plan"].isin(shown_plans) & runs["area_cases"].notna()]
    elif name == "sensitivity":
        runs = runs[runs["plan"].isin(findings.ranking["plan"].head(2))]
    elif name == "definitions":
        runs = runs[runs["plan"] == findings.best]
    return sorted(runs["key"].unique())
