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
from experiments.statistics.intervals import possible
from experiments.studies.form import Constraint, Lever, Target
from experiments.studies.plans import BETWEEN
from experiments.words.numbers import measured, number, points, quoted
from experiments.words.studies import left_out_in_words
from languages.speaking import listed, marked, marked_many, say, say_many, sentences
from scenarios.wording import shown
from sim.indicators import INDICATORS, most_of

MOST_NAMED = 4
UNSEEN, COST_A_YEAR = "unseen_share", "cost_yuan_per_year"
LEAST_CHANCE = 0.05
"""A rival that is the best less often is not named."""
FAMILIES = {
    Family.ON_TIME: marked("on-time share"),
    Family.CLOSING: marked("closing share"),
    Family.HOURS: marked("mean hours"),
}
METHODS = {Method.SOBOL: "Sobol'", Method.MORRIS: "Morris", Method.RBD_FAST: "RBD-FAST"}
FIRST_INDEX = {
    Method.SOBOL: marked("alone"), Method.MORRIS: marked("μ*: mean effect"), Method.RBD_FAST: marked("alone"),
}  # fmt: skip
TOTAL_INDEX = {Method.SOBOL: marked("with all others"), Method.MORRIS: marked("σ: it varies or interacts")}
NOT_FOR_ALL = {
    "unknowns": marked("the study has no uncertain parameters"), "target": marked("the study has no target"),
}  # fmt: skip
"""Why a guideline's item is missing, by what it needs."""
OF_AN_ENSEMBLE = marked("worlds are sets of an ensemble, whose parameters are not drawn one by one")
BETTER = {"high": marked("high is better"), "low": marked("low is better")}
KINDS = {
    "factorial": marked("factorial"), "latin_hypercube": marked("latin hypercube"), "sobol": marked("sobol"),
    "list": marked("list"),
}  # fmt: skip
"""Of designs."""
FACTS = {
    "grids_count": marked_many("{count:,.0f} grid", "{count:,.0f} grids"),
    "posts_count": marked_many("{count:,.0f} post", "{count:,.0f} posts"),
    "employed_count": marked_many("{count:,.0f} person employed", "{count:,.0f} people employed"),
    COST_A_YEAR: marked_many("{count:,.0f} yuan a year", "{count:,.0f} yuan a year"),
}
"""What a plan is, by the indicators that say so."""


# The answer -----------------------------------------------------------------------------------------------------
def answer_in_words(findings: Findings) -> list[str]:
    """What the study was asked: the best plan, how surely, what that is, what stays unseen, and what else may be best.

    Six sentences at most, with that on which it rests (`study_rests_in_words`).
    """
    objective = findings.objectives[0]
    if math.isnan(findings.ranking.iloc[0][objective.indicator]):
        return [
            say(
                "No plan has a value of {indicator} in any run, so none is the best.",
                indicator=say(objective.indicator),
            )
        ]
    return [
        _best_in_words(findings),
        *plan_in_words(findings, findings.best),
        *_rivals_in_words(findings),
        *unsettled(findings),
    ]


def in_short(findings: Findings) -> list[str]:
    """What the study found, in sentences: the answer, and what else is to be known of it."""
    return [*answer_in_words(findings), *further_in_words(findings)]


def further_in_words(findings: Findings) -> list[str]:
    """What stands beside the answer: undefined values, what matters most, where it goes wrong."""
    objective = findings.objectives[0]
    lines = undefined_in_words(findings)
    if math.isnan(findings.ranking.iloc[0][objective.indicator]):
        return lines
    if findings.levers:
        alone = [entry for entry in shares_of_variance(findings, objective.indicator) if len(entry.levers) == 1]
        if alone:
            most = max(alone, key=lambda entry: entry.share)
            lines.append(say(
                "Of the levers, {lever} matters most for it: {percent:.0f} % of the variance between runs.",
                lever=most.levers[0], percent=100 * most.share,
            ))  # fmt: skip
    found = discovery(findings)
    if found and found.boxes:
        box = found.boxes[0]
        lines.append(say(
            "{line} in {percent:.0f} % of runs, {coverage:.0f} % of them where {rule}.", line=line_in_words(found.target),
            percent=100 * found.share, coverage=100 * box.coverage, rule=rule_in_words(box),
        ))  # fmt: skip
    return lines


def _best_in_words(findings: Findings) -> str:
    """Which plan is the best by the first objective, or which plans are, if they are equal."""
    ranking, objective = findings.ranking, findings.objectives[0]
    name, best = findings.a_year(objective.indicator), ranking.iloc[0]
    unit = INDICATORS[name].unit
    of = {
        "indicator": say(objective.indicator), "better": say(BETTER[objective.better]),
        "plans": say_many("{count:,} plan", "{count:,} plans", len(ranking)), "plan": best["name"],
        "value": measured(
            number(best[name], unit) + ends_in_words(best[name], best[f"{name}_half"], name), unit
        ),
    }  # fmt: skip
    if equal := findings.equal_to_best:
        tied = quoted([best["name"], *map(findings.name, equal)], MOST_NAMED)
        return say(
            "By {indicator} ({better}) the best of {plans} are {tied}, which tie: they are the same in every replication, {value}.",
            tied=tied, **of,
        )  # fmt: skip
    surely = _how_surely(findings, float(best[f"{objective.indicator}_best"]))
    return say("By {indicator} ({better}) the best of {plans} is “{plan}”: {value}; {surely}.", surely=surely, **of)


def ends_in_words(mean: float, half: float, indicator: str) -> str:
    """Between which numbers the mean of an indicator lies, in brackets, within what is possible; nothing if it is known."""
    unit = INDICATORS[indicator].unit
    if not (math.isfinite(half) and math.isfinite(mean)):
        return ""
    low, high = (number(end, unit) for end in possible(mean, half, most_of(indicator)))
    return "" if low == high else f" ({low} … {high})"


def plan_in_words(findings: Findings, plan: int) -> list[str]:
    """What a plan is: its levels, grids, posts, people and yuan a year; and what stays unseen under it."""
    facts, unseen = _facts(findings, plan), findings.means_of(UNSEEN).get(plan, math.nan)
    settings = [f"{lever} {level}" for lever, level in findings.settings(plan).items()]
    of = {"plan": findings.name(plan), "levels": listed(settings), "facts": listed(facts)}
    lines = []
    if facts and settings:
        lines.append(say("“{plan}” is {levels}: {facts}.", **of))
    elif facts:
        lines.append(say("“{plan}” is {facts}.", **of))
    if not math.isnan(unseen):
        share = percentage(unseen)
        lines.append(say("Under it {share} of what happens is never found.", share=share) if facts
                     else say("Under “{plan}” {share} of what happens is never found.", share=share, **of))  # fmt: skip
    return [sentences(lines)] if lines else []


def _facts(findings: Findings, plan: int) -> list[str]:
    """How many grids, posts and people a plan has, and what it costs a year; what it has none of is left out."""
    found = {name: findings.means_of(name).get(plan, math.nan) for name in FACTS}
    return [
        say_many(*FACTS[name], count=1 if round(value) == 1 else value)
        for name, value in found.items() if not math.isnan(value) and value > 0.0
    ]  # fmt: skip


def fact_in_words(value: float | None, indicator: str) -> str:
    """A number of a plan in a table: a share as such, all else counted whole."""
    if value is None or math.isnan(value):
        return "–"
    unit = INDICATORS[indicator].unit
    return number(value, unit) if unit == "share" else f"{value:,.0f}"


def percentage(share: float) -> str:
    """A share, never rounded to nothing."""
    return say("under 0.1 %") if 0.0 < share < 0.0005 else say("{percent} %", percent=number(share, "share"))


def _rivals_in_words(findings: Findings) -> list[str]:
    """Which other plans may be the best, how probably, and what stays unseen under them."""
    ranking, name = findings.ranking, findings.objectives[0].indicator
    others = ~ranking["plan"].isin([findings.best, *findings.equal_to_best])
    rivals = ranking[others & (ranking[f"{name}_best"] >= LEAST_CHANCE)]
    if rivals.empty:
        return []
    unseen = findings.means_of(UNSEEN)
    chances = []
    for _, row in rivals.head(MOST_NAMED).iterrows():
        of, never = {"plan": row["name"], "chance": 100 * row[f"{name}_best"]}, unseen.get(row["plan"], math.nan)
        chances.append(
            say("“{plan}” {chance:.0f} %", **of) if math.isnan(never)
            else say("“{plan}” {chance:.0f} % ({share} never found)", share=percentage(never), **of)
        )  # fmt: skip
    return [say("It may also be: {chances}.", chances=say("; ").join(chances))]


def _how_surely(findings: Findings, chance: float) -> str:
    """That a plan is the best: by the promise of the ranking if it was kept, else by drawing again."""
    if findings.file.replications.rule == "ranking":
        if findings.about.get("settled"):
            return say("it is {promise}", promise=_promise(findings))
        return say("it has the best mean in {chance:.0f} % of redraws of these runs", chance=100 * chance)
    return say("it is the best with probability {chance:.0f} %", chance=100 * chance)


def _promise(findings: Findings) -> str:
    """What a ranking that was settled promises."""
    rule, unit = findings.file.replications, INDICATORS[findings.objectives[0].indicator].unit
    return say(
        "the best, or within {margin} {unit} of it, with probability {sure:g} at least", unit=points(unit),
        margin=number(rule.indifference, unit), sure=1 - rule.error,
    )  # fmt: skip


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
        runs = say_many("{count:,} run", "{count:,} runs", undefined.of)
        of = {"indicator": say(name), "count": undefined.runs_count, "runs": runs}
        if undefined.plans:
            plans = quoted(map(findings.name, undefined.plans), MOST_NAMED)
            lines.append(say(
                "{indicator} is undefined in {count:,} of {runs}, which are left out of it; never defined under {plans}.",
                plans=plans, **of,
            ))  # fmt: skip
        else:
            lines.append(say("{indicator} is undefined in {count:,} of {runs}, which are left out of it.", **of))
    return lines


def unsettled(findings: Findings) -> list[str]:
    """What a stopping rule has not reached; nothing if it has, or the replications are fixed."""
    rule, about = findings.file.replications, findings.about
    if rule.rule == "fixed" or about.get("settled"):
        return []
    if about.get("settled") is None:
        return [say("Whether the stopping rule was content is not recorded, so nothing is promised: sweep it again.")]
    if rule.rule == "narrow":
        wide = listed(map(say, about.get("unmet", ()))) or say("some")
        return [
            say(
                "Not as narrow as asked after what was run (at most {most} replications): {wide}.",
                most=rule.at_most,
                wide=wide,
            )
        ]
    plans = quoted(map(findings.name, findings.alive), MOST_NAMED, say("; "))
    return [
        say(
            "The ranking is not settled (at most {most} replications): {count} plans may still be the best: {plans}. Nothing is promised of it.",
            most=rule.at_most,
            count=len(findings.alive),
            plans=plans,
        )
    ]


def names_of_levers(findings: Findings) -> str:
    """How the names of plans are to be read."""
    return say("plans are named by {levers}", levers=_levers(findings))


def _levers(findings: Findings) -> str:
    return BETWEEN.join(lever.name for lever in findings.levers)


# Design ---------------------------------------------------------------------------------------------------------
def design_in_words(findings: Findings) -> list[tuple[str, str]]:
    """What was run: a heading and a text each."""
    file, about = findings.file, findings.about
    lines = [(say("Base"), say("{base} (hash {hash})", base=about["base"], hash=about["base_hash"]))]
    if file.set:
        lines.append((say("Set for all plans"), listed(f"{path} = {shown(value)}" for path, value in file.set.items())))
    lines.append((say("Plans"), _plans_in_words(findings)))
    lines += [(say("Constraint"), _constraint_in_words(constraint)) for constraint in file.constraints]
    lines += [(say("Lever"), f"{lever.name}: {_range_in_words(lever)}") for lever in file.levers]
    if file.ensemble:
        lines.append(
            (
                say("Worlds"),
                say(
                    "{count:,} sets of the ensemble {ensemble}, drawn by weight",
                    count=about["worlds_count"],
                    ensemble=file.ensemble,
                ),
            )
        )
        if doubt := about.get("ensemble_doubt"):
            lines.append(
                (say("In doubt"), say("the ensemble, so what follows from it is no answer: {doubt}", doubt=doubt))
            )
    if file.uncertain:
        lines.append((say("Worlds"), say_many(
            "{worlds:,} draws of {count:,} unknown ({method})", "{worlds:,} draws of {count:,} unknowns ({method})",
            len(file.uncertain), worlds=about["worlds_count"], method=file.worlds.method,
        )))  # fmt: skip
    lines.append((say("Replications"), replications_in_words(findings)))
    lines.append((say("Intervals"), _intervals_in_words(findings)))
    lines.append(
        (
            say("Runs"),
            say("{finished:,} finished, {failed:,} failed", finished=len(findings.runs), failed=len(findings.failed)),
        )
    )
    return lines


def _plans_in_words(findings: Findings) -> str:
    """How many plans there are, and how they were made."""
    design, about = findings.file.design, findings.about
    of = {"count": about["plans_count"], "kind": say(KINDS[design.kind]), "samples": design.samples}
    plans = say("{count:,}, {kind} of {samples} points", **of) if design.samples else say("{count:,}, {kind}", **of)
    left_out = left_out_in_words(about["left_out_count"])
    return say("; ").join(filter(None, [plans, left_out]))


def _intervals_in_words(findings: Findings) -> str:
    """What intervals are over, and whether plans meet the same incidents."""
    over = say("worlds, each the mean of its seeds") if findings.worlds_replicate else say("replications")
    if same_incidents(findings):
        return say(
            "95 %, Student, over {over}; the same seeds for every plan; all meet the same incidents, each with the same luck",
            over=over,
        )
    return say(
        "95 %, Student, over {over}; the same seeds for every plan; not all meet the same incidents, so pairing is lost, wholly or in part",
        over=over,
    )


def _constraint_in_words(constraint: Constraint) -> str:
    of = {
        "name": constraint.name,
        "sum": " + ".join(constraint.of),
        "least": constraint.at_least,
        "most": constraint.at_most,
    }
    if constraint.at_most is None:
        return say("{name}: {sum} at least {least:g}", **of)
    if constraint.at_least is None:
        return say("{name}: {sum} at most {most:g}", **of)
    return say("{name}: {sum} at least {least:g} and at most {most:g}", **of)


def _range_in_words(lever: Lever) -> str:
    if lever.ranged:
        scale = say("linear") if lever.scale == "linear" else say("log")
        return say("{low:g} to {high:g} ({scale})", low=lever.low, high=lever.high, scale=scale)
    return say("; ").join([say(level.name) for level in lever.levels] or [shown(value) for value in lever.values])


def replications_in_words(findings: Findings) -> str:
    """How often every plan was run, and whether that came to what was asked."""
    rule = findings.file.replications
    of = {"count": rule.count, "most": rule.at_most}
    if rule.rule == "fixed":
        if not findings.worlds_replicate:
            return say("{count} with every plan", **of)
        if rule.own_seeds:
            return say("{count} with every plan in every world, each world with seeds of its own", **of)
        return say("{count} with every plan in every world", **of)
    settled = bool(findings.about.get("settled"))
    if rule.rule == "narrow":
        widths = listed(f"{say(name)} ± {width:g}" for name, width in rule.widths.items())
        reached = say("they are") if settled else say("not reached")
        return say(
            "from {count} on until intervals are as narrow as asked ({widths}), at most {most}: {reached}",
            widths=widths, reached=reached, **of,
        )  # fmt: skip
    reached = say("it is {promise}", promise=_promise(findings)) if settled else say("not reached")
    return say(
        "from {count} on until one plan is safely the best (Kim and Nelson 2001), at most {most}: {reached}",
        reached=reached, **of,
    )  # fmt: skip


def unknowns_in_words(findings: Findings) -> list[tuple[str, str, str]]:
    """Path, distribution and reason of every uncertain parameter."""
    lines = []
    for entry in findings.file.uncertain:
        numbers = entry.model_dump(exclude_unset=True, exclude={"path", "distribution", "why", "only"})
        words = f"{entry.distribution}: {listed(f'{name} {value}' for name, value in numbers.items())}"
        if entry.only:
            words = say("{distribution}; in {plans} only", distribution=words, plans=listed(entry.only))
        lines.append((entry.path, words, say(entry.why)))
    return lines


# Variance, sensitivity, discovery, definitions ----------------------------------------------------------------------
def source_in_words(entry: VarianceShare, findings: Findings) -> str:
    """What explains a share of the variance: a lever, a pair (×), or what is left."""
    if entry.levers:
        return " × ".join(entry.levers)
    return say("chance and what nobody knows") if len(findings.worlds) > 1 else say("chance (the seed)")


def outcome_in_words(entry: Sensitivity, findings: Findings) -> str:
    """Whose spread the indices of a sensitivity share out."""
    if entry.other is None:
        return say("{indicator} under {plan}", indicator=say(entry.indicator), plan=findings.name(entry.plan))
    return say("{indicator}: the best plan minus the runner-up", indicator=say(entry.indicator))


def line_in_words(target: Target) -> str:
    """The line that an indicator should not cross, and on which side things go wrong."""
    if target.below is not None:
        return say("{indicator} below {line:g}", indicator=say(target.indicator), line=target.below)
    return say("{indicator} above {line:g}", indicator=say(target.indicator), line=target.above)


def crossed_in_words(found: Discovery) -> str:
    """In what share of the runs the line is crossed, and of how many runs nothing can be said."""
    of = {"line": line_in_words(found.target), "percent": 100 * found.share, "undefined": found.undefined_count}
    if math.isnan(found.share):
        runs = say_many("{count:,} run", "{count:,} runs", found.undefined_count)
        return say("{line}: the indicator is undefined in all {runs}.", runs=runs, **of)
    of["runs"] = say_many("{count:,} run", "{count:,} runs", len(found.crossed))
    if found.undefined_count:
        return say(
            "{line}: in {percent:.1f} % of {runs}; {undefined:,} more leave it undefined and are on neither side.", **of
        )
    return say("{line}: in {percent:.1f} % of {runs}.", **of)


def rule_in_words(box: Box) -> str:
    """Where a box lies."""
    return say(" and ").join(map(_side_in_words, box.sides)) or say("everywhere")


def _side_in_words(side: Side) -> str:
    name, low, high = feature_in_words(side.feature), short_label(side.low), short_label(side.high)
    if side.feature.word is not None:
        return name if side.low > 0.0 else say("{name} is not {word}", name=side.feature.name, word=side.feature.word)
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
        of = {"family": say(FAMILIES[family]), "low": number(low, unit), "high": number(high, unit)}
        if unit == "share":
            moves.append(
                say("the {family} goes from {low} to {high} % ({apart} points)", apart=number(high - low, unit), **of)
            )
        else:
            moves.append(say("the {family} go from {low} to {high}", **of))
    return say("By the definition alone, in the same runs, {moves}.", moves=say("; ").join(moves)) if moves else ""
