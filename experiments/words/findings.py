"""What the findings of a study come to, in sentences.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from experiments.findings.definitions import Counted, Family
from experiments.findings.discovery import Box, Discovery, Feature, Side, discovery
from experiments.findings.effects import VarianceShare, shares_of_variance
from experiments.findings.levels import short_label
from experiments.findings.runs import Findings, same_incidents
from experiments.findings.sensitivity import Method, Sensitivity
from experiments.studies.form import Constraint, Lever, Target
from experiments.studies.plans import BETWEEN
from experiments.words.numbers import counted, number, plus_minus, points, quoted, shown_unit
from experiments.words.studies import left_out_in_words
from scenarios.wording import shown
from sim.indicators import INDICATORS

MOST_NAMED = 4
LEAST_CHANCE = 0.05
"""A rival that is the best less often is not named."""
FAMILIES = {
    Family.ON_TIME: "on-time share",
    Family.CLOSING: "closing share",
    Family.HOURS: "mean hours",
}
METHODS = {Method.SOBOL: "Sobol'", Method.MORRIS: "Morris", Method.RBD_FAST: "RBD-FAST"}
FIRST_INDEX = {Method.SOBOL: "alone", Method.MORRIS: "μ*: mean effect", Method.RBD_FAST: "alone"}
TOTAL_INDEX = {Method.SOBOL: "with all others", Method.MORRIS: "σ: it varies or interacts"}
NOT_FOR_ALL = {"unknowns": "the study has no uncertain parameters", "target": "the study has no target"}
"""Why a guideline's item is missing, by what it needs."""
OF_AN_ENSEMBLE = "worlds are sets of an ensemble, whose parameters are not drawn one by one"


# In short -------------------------------------------------------------------------------------------------------
def in_short(findings: Findings) -> list[str]:
    """What the study found, in sentences."""
    objective = findings.objectives[0]
    best = findings.ranking.iloc[0]
    if math.isnan(best[objective.indicator]):
        lines = [f"No plan has a value of {objective.indicator} in any run, so none is the best."]
        return [*lines, *undefined_in_words(findings)]
    lines = [_best_in_words(findings), *_rivals_in_words(findings), *undefined_in_words(findings), *unsettled(findings)]
    if findings.levers:
        alone = [entry for entry in shares_of_variance(findings, objective.indicator) if len(entry.levers) == 1]
        if alone:
            most = max(alone, key=lambda entry: entry.share)
            matters = f"{most.levers[0]} matters most for it: {most.share:.0%} of the variance between runs"
            lines.append(f"Of the levers, {matters}.")
    found = discovery(findings)
    if found and found.boxes:
        box = found.boxes[0]
        lines.append(f"{line_in_words(found.target)} in {found.share:.0%} of runs, {box.coverage:.0%} of them where "
                     f"{rule_in_words(box)}.")  # fmt: skip
    return lines


def _best_in_words(findings: Findings) -> str:
    """Which plan is the best by the first objective, or which plans are, if they are equal."""
    ranking, objective = findings.ranking, findings.objectives[0]
    name, unit, best = objective.indicator, INDICATORS[objective.indicator].unit, ranking.iloc[0]
    value = f"{number(best[name], unit)}{plus_minus(best[f'{name}_half'], unit)} {shown_unit(unit)}"
    which = f"By {name} ({objective.better} is better) the best of {counted(len(ranking), 'plan')}"
    if equal := findings.equal_to_best:
        tied = quoted([best["name"], *map(findings.name, equal)], MOST_NAMED)
        line = f"{which} are {tied}, which tie: they are the same in every replication, {value}."
    else:
        line = f"{which} is “{best['name']}”: {value}; {_how_surely(findings, float(best[f'{name}_best']))}."
    return line + (f" ({names_of_levers(findings).capitalize()}.)" if findings.levers else "")


def _rivals_in_words(findings: Findings) -> list[str]:
    """Which other plans may be the best, and how probably."""
    ranking, name = findings.ranking, findings.objectives[0].indicator
    others = ~ranking["plan"].isin([findings.best, *findings.equal_to_best])
    rivals = ranking[others & (ranking[f"{name}_best"] >= LEAST_CHANCE)]
    if rivals.empty:
        return []
    chances = "; ".join(f"“{row['name']}” {row[f'{name}_best']:.0%}" for _, row in rivals.head(MOST_NAMED).iterrows())
    return [f"It may also be: {chances}."]


def _how_surely(findings: Findings, chance: float) -> str:
    """That a plan is the best: by the promise of the ranking if it was kept, else by drawing again."""
    if findings.file.replications.rule == "ranking":
        drawn = f"it has the best mean in {chance:.0%} of redraws of these runs"
        return f"it is {_promise(findings)}" if findings.about.get("settled") else drawn
    return f"it is the best with probability {chance:.0%}"


def _promise(findings: Findings) -> str:
    """What a ranking that was settled promises."""
    rule, unit = findings.file.replications, INDICATORS[findings.objectives[0].indicator].unit
    within = f"within {number(rule.indifference, unit)} {points(unit)} of it"
    return f"the best, or {within}, with probability {1 - rule.error:g} at least"


def undefined_in_words(findings: Findings) -> list[str]:
    """Which objectives, and whether the target's indicator, are undefined, in how many runs and under which plans."""
    names = [objective.indicator for objective in findings.objectives]
    if findings.file.target:
        names.append(findings.file.target.indicator)
    lines = []
    for name in dict.fromkeys(names):
        undefined = findings.undefined(name)
        if not undefined.runs_count:
            continue
        line = f"{name} is undefined in {undefined.runs_count:,} of {counted(undefined.of, 'run')}, which are left out of it"
        if undefined.plans:
            line += f"; never defined under {quoted(map(findings.name, undefined.plans), MOST_NAMED)}"
        lines.append(f"{line}.")
    return lines


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
    left = f"{len(findings.alive)} plans may still be the best: {quoted(map(findings.name, findings.alive), MOST_NAMED, '; ')}"
    return [f"The ranking is not settled (at most {rule.at_most} replications): {left}. Nothing is promised of it."]


def names_of_levers(findings: Findings) -> str:
    """How the names of plans are to be read."""
    return "plans are named by " + BETWEEN.join(lever.name for lever in findings.levers)


# Design ---------------------------------------------------------------------------------------------------------
def design_in_words(findings: Findings) -> list[tuple[str, str]]:
    """What was run: a heading and a text each."""
    file, about = findings.file, findings.about
    lines = [("Base", f"{about['base']} (hash {about['base_hash']})")]
    if file.set:
        lines.append(("Set for all plans", ", ".join(f"{path} = {shown(value)}" for path, value in file.set.items())))
    kind = file.design.kind.replace("_", " ") + (f" of {file.design.samples} points" if file.design.samples else "")
    left_out = left_out_in_words(about["left_out_count"])
    lines.append(("Plans", f"{about['plans_count']:,}, {kind}" + (f"; {left_out}" if left_out else "")))
    lines += [("Constraint", _constraint_in_words(constraint)) for constraint in file.constraints]
    lines += [("Lever", f"{lever.name}: {_range_in_words(lever)}") for lever in file.levers]
    if file.ensemble:
        lines.append(("Worlds", f"{about['worlds_count']:,} sets of the ensemble {file.ensemble}, drawn by weight"))
        if doubt := about.get("ensemble_doubt"):
            lines.append(("In doubt", f"the ensemble, so what follows from it is no answer: {doubt}"))
    if file.uncertain:
        unknowns = counted(len(file.uncertain), "unknown")
        lines.append(("Worlds", f"{about['worlds_count']:,} draws of {unknowns} ({file.worlds.method})"))
    lines.append(("Replications", replications_in_words(findings)))
    units = "worlds, each the mean of its seeds" if findings.worlds_replicate else "replications"
    luck = "the same seeds for every plan; " + (
        "all meet the same incidents, each with the same luck" if same_incidents(findings)
        else "not all meet the same incidents, so pairing is lost, wholly or in part"
    )  # fmt: skip
    lines.append(("Intervals", f"95 %, Student, over {units}; {luck}"))
    lines.append(("Runs", f"{len(findings.runs):,} finished, {len(findings.failed):,} failed"))
    return lines


def _constraint_in_words(constraint: Constraint) -> str:
    bounds = [f"at least {constraint.at_least:g}"] * (constraint.at_least is not None)
    bounds += [f"at most {constraint.at_most:g}"] * (constraint.at_most is not None)
    return f"{constraint.name}: {' + '.join(constraint.of)} {' and '.join(bounds)}"


def _range_in_words(lever: Lever) -> str:
    if lever.ranged:
        return f"{lever.low:g} to {lever.high:g} ({lever.scale})"
    return "; ".join([level.name for level in lever.levels] or [shown(value) for value in lever.values])


def replications_in_words(findings: Findings) -> str:
    """How often every plan was run, and whether that came to what was asked."""
    rule = findings.file.replications
    if rule.rule == "fixed":
        own = ", each world with seeds of its own" if rule.own_seeds else ""
        return f"{rule.count} with every plan" + (f" in every world{own}" if findings.worlds_replicate else "")
    settled = bool(findings.about.get("settled"))
    if rule.rule == "narrow":
        widths = ", ".join(f"{name} ± {width:g}" for name, width in rule.widths.items())
        aim, promise = f"intervals are as narrow as asked ({widths})", "they are"
    else:
        aim, promise = "one plan is safely the best (Kim and Nelson 2001)", f"it is {_promise(findings)}"
    reached = promise if settled else "not reached"
    return f"from {rule.count} on until {aim}, at most {rule.at_most}: {reached}"


def unknowns_in_words(findings: Findings) -> list[tuple[str, str, str]]:
    """Path, distribution and reason of every uncertain parameter."""
    lines = []
    for entry in findings.file.uncertain:
        numbers = entry.model_dump(exclude_unset=True, exclude={"path", "distribution", "why", "only"})
        words = ", ".join(f"{name} {value}" for name, value in numbers.items())
        words += f"; in {', '.join(entry.only)} only" if entry.only else ""
        lines.append((entry.path, f"{entry.distribution}: {words}", entry.why))
    return lines


# Variance, sensitivity, discovery, definitions ----------------------------------------------------------------------
def source_in_words(entry: VarianceShare, findings: Findings) -> str:
    """What explains a share of the variance: a lever, a pair (×), or what is left."""
    if entry.levers:
        return " × ".join(entry.levers)
    return "chance and what nobody knows" if len(findings.worlds) > 1 else "chance (the seed)"


def outcome_in_words(entry: Sensitivity, findings: Findings) -> str:
    """Whose spread the indices of a sensitivity share out."""
    if entry.other is None:
        return f"{entry.indicator} under {findings.name(entry.plan)}"
    return f"{entry.indicator}: the best plan minus the runner-up"


def line_in_words(target: Target) -> str:
    """The line that an indicator should not cross, and on which side things go wrong."""
    below = target.below is not None
    return f"{target.indicator} {'below' if below else 'above'} {target.below if below else target.above:g}"


def crossed_in_words(found: Discovery) -> str:
    """In what share of the runs the line is crossed, and of how many runs nothing can be said."""
    total = len(found.crossed)
    if math.isnan(found.share):
        return (
            f"{line_in_words(found.target)}: the indicator is undefined in all {counted(found.undefined_count, 'run')}."
        )
    line = f"{line_in_words(found.target)}: in {found.share:.1%} of {counted(total, 'run')}"
    if found.undefined_count:
        line += f"; {found.undefined_count:,} more leave it undefined and are on neither side"
    return f"{line}."


def rule_in_words(box: Box) -> str:
    """Where a box lies."""
    return " and ".join(map(_side_in_words, box.sides)) or "everywhere"


def _side_in_words(side: Side) -> str:
    name, low, high = feature_in_words(side.feature), short_label(side.low), short_label(side.high)
    if side.feature.word is not None:
        return name if side.low > 0.0 else f"{side.feature.name} is not {side.feature.word}"
    if math.isfinite(side.low) and math.isfinite(side.high):
        return f"{low} < {name} ≤ {high}"
    return f"{name} > {low}" if math.isfinite(side.low) else f"{name} ≤ {high}"


def feature_in_words(feature: Feature) -> str:
    """What a lever or an unknown is called, or the word that it may be."""
    return feature.name if feature.word is None else f"{feature.name} = {feature.word}"


def how_far(found: Mapping[Family, list[Counted]]) -> str:
    """How far the same service moves by its definition alone, in one sentence; empty if nothing can be said."""
    moves = []
    for family, definitions in found.items():
        unit = INDICATORS[definitions[0].indicator].unit
        low, high = min(entry.mean for entry in definitions), max(entry.mean for entry in definitions)
        ends = f"from {number(low, unit)} to {number(high, unit)}"
        if unit == "share":
            moves.append(f"the {FAMILIES[family]} goes {ends} % ({number(high - low, unit)} points)")
        else:
            moves.append(f"the {FAMILIES[family]} go {ends}")
    return f"By the definition alone, in the same runs, {'; '.join(moves)}." if moves else ""
