"""Reporting rules: how likely a witness is to report.

Layer: sim.  A rule reads, decides and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

ReportingRule = Callable[[float, float, float], float]
"""Given the category's salience, the witness's trust and the initial trust, the chance of a report; it never
falls as trust grows."""


def trusting(salience_prob: float, trust: float, trust_initial: float) -> float:
    """Report the more readily, the more one trusts that it helps.

    Rule:    min(1, salience × trust / initial trust).  (Eq. 9)
    Source:  assumption-trust
    """
    return min(1.0, salience_prob * trust / trust_initial)


def steady(salience_prob: float, trust: float, trust_initial: float) -> float:
    """Control: trust makes no difference.

    Rule:    salience.
    Source:  definition
    """
    return salience_prob


def silent(salience_prob: float, trust: float, trust_initial: float) -> float:
    """Nobody reports anything.

    Rule:    0.
    Source:  definition
    """
    return 0.0


REPORTING_RULES: dict[str, ReportingRule] = {"trusting": trusting, "steady": steady, "silent": silent}
