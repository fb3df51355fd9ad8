"""Residents: as `sim.agents.residents`.

Layer: sim.
"""

from __future__ import annotations

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.calendar import at
from sim.compiled.kernel.numbers import (
    FIRST,
    L_REPORT,
    REPORT_AGAIN,
    SILENT,
    TRUSTING,
    case_at,
    category_at,
    trust_at,
    witness_at,
)


@compiled
def would_report(w, case):
    salience = category_at(w, case.category).salience
    prob = salience
    if w.reporting == TRUSTING:
        prob = min(1.0, salience * trust_at(w, witness_at(w, case.witness).resident).value / w.trust_initial)
    elif w.reporting == SILENT:
        prob = 0.0
    return forms.draw(case.key, L_REPORT, FIRST) < prob


@compiled
def hear(w, resident, solved_in_time):
    trust = trust_at(w, resident)
    before = trust.value
    if solved_in_time:
        trust.value = forms.trust_after_success(before, w.trust_gain, w.stands_for)
    else:
        trust.value = forms.trust_after_failure(before, w.trust_loss, w.stands_for)
    w.trust_sum += trust.value - before


@compiled
def expect_duplicate(w, i):
    case = case_at(w, i)
    if case.witness < 0:
        return
    witness = witness_at(w, case.witness)
    if witness.resident != case.reporter and w.now_h <= witness.heard_h and witness.heard_h < case.gone_h:
        at(w, witness.heard_h, REPORT_AGAIN, i)
