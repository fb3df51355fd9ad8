"""The equations by which one incident, one person and one desk go, a function each: both engines call these.

Layer: sim.  Plain Python on numbers, so that the agents can call them and numba can compile them: whole numbers stay
within 64 bits, a right shift is masked (numba's are signed), and nothing is looked up in a container.
"""

from __future__ import annotations

from math import ceil, exp, inf, log, log1p, pi, sqrt

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
ATTEMPTS = 1 << 20
"""So many attempts has each decision before it comes to the numbers of the next."""
UPPER_34, UPPER_37, UPPER_33, UPPER_53 = ((1 << bits) - 1 for bits in (34, 37, 33, 53))
"""What a right shift by 30, 27, 31 and 11 leaves of 64 bits."""
UNIT, HALF = 2.0**-53, 2.0**-54

MOST_TRIES = 2.0**52
"""So many tries are as good as never: beyond, a number is not told from its neighbour."""
JUST_H = 1e-9
"""Times that are this near to each other are the same."""
WEEK_H = 168.0
M_PER_KM = 1000.0


# Chance -----------------------------------------------------------------------------------------------------------


def bits(key: int, column: int, attempt: int) -> int:
    """Sixty-four bits, fixed by an incident's key, the decision and the attempt.

    Rule:    output number column × 2^20 + attempt of the SplitMix64 generator that starts at `key`.
    Source:  steele-2014
    """
    z = (key + (column * ATTEMPTS + attempt) * GOLDEN) & MASK
    z = ((z ^ ((z >> 30) & UPPER_34)) * MIX_1) & MASK
    z = ((z ^ ((z >> 27) & UPPER_37)) * MIX_2) & MASK
    return z ^ ((z >> 31) & UPPER_33)


def draw(key: int, column: int, attempt: int = 1) -> float:
    """One uniform number in (0, 1), fixed by an incident's key, the decision and the attempt.

    Rule:    the upper 53 of its 64 bits, and half a step more.  (Eq. 1)
    Source:  steele-2014
    """
    return ((bits(key, column, attempt) >> 11) & UPPER_53) * UNIT + HALF


def exponential(u: float, mean: float) -> float:
    """The quantile `u` of an exponential distribution."""
    return -mean * log1p(-u)


def tries_until_success(u: float, prob: float) -> int:
    """How many independent tries, each of success `prob` (> 0), until the first success.

    Rule:    1 + floor(ln(1 - u) / ln(1 - p)), the quantile of the geometric distribution.  (Eq. 6)
    """
    if prob >= 1.0:
        return 1
    return 1 + int(min(log1p(-u) / log1p(-prob), MOST_TRIES))


def lognormal(u: float, location: float, scale: float) -> float:
    """The quantile `u` of a lognormal distribution: its logarithm has mean `location` and deviation `scale`."""
    return exp(location + scale * standard_normal(u))


def standard_normal(u: float) -> float:
    """The quantile `u` of the standard normal distribution, to sixteen digits.

    Rule:    rational functions of u - 1/2 in the middle and of sqrt(-ln(tail)) outside.
    Source:  wichura-1988 (AS 241, PPND16)
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
            + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
            + 1.3314166789178437745e2) * r + 3.3871328727963666080) * q  # fmt: skip
        below = ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
            + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
            + 4.2313330701600911252e1) * r + 1.0  # fmt: skip
        return above / below
    r = sqrt(-log(u if q <= 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        above = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
            + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.76949722146069140550) * r
            + 4.63033784615654529590) * r + 1.42343711074968357734  # fmt: skip
        below = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
            + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r
            + 2.05319162663775882187) * r + 1.0  # fmt: skip
    else:
        r -= 5.0
        above = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
            + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580) * r
            + 5.46378491116411436990) * r + 6.65790464350110377720  # fmt: skip
        below = ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
            + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
            + 5.99832206555887937690e-1) * r + 1.0  # fmt: skip
    return -above / below if q < 0.0 else above / below


def back_h(remedied_h: float, u: float, mean_h: float, gone_h: float) -> float:
    """When what was done away with is back, at the quantile `u`; infinity: it would be gone by then.  (Eq. 35)"""
    back = remedied_h + exponential(u, mean_h)
    return back if back < gone_h else inf


# Working time -----------------------------------------------------------------------------------------------------


def worked_in_span(before_h: float, opens_h: float, closes_h: float, time_h: float) -> float:
    """Hours on duty until a time, from the last span that has opened; `before_h` were worked before it.  (Eq. 2)"""
    return before_h + (time_h if time_h < closes_h else closes_h) - opens_h


def when_in_span(before_h: float, opens_h: float, worked_h: float) -> float:
    """When so many hours have been worked, in the span in which that happens.  (Eq. 3)"""
    return opens_h + (worked_h - before_h)


# Places -----------------------------------------------------------------------------------------------------------


def distance_m(from_x_m: float, from_y_m: float, to_x_m: float, to_y_m: float) -> float:
    """How far two places are apart, as the crow flies."""
    return sqrt((to_x_m - from_x_m) * (to_x_m - from_x_m) + (to_y_m - from_y_m) * (to_y_m - from_y_m))


def search_h(precision_m: float, grid_m2: float, search_m2_per_h: float) -> float:
    """Hours to search all the ground where an incident may be: about the place told, and no further than its grid.

    Rule:    min(π r², area of the grid) / v_s.  (Eq. 20)
    """
    return min(pi * (precision_m * precision_m), grid_m2) / search_m2_per_h


def way_h(distance_m: float, h_per_km: float) -> float:
    """Hours of the way to an errand, and as many back.  (Eq. 36)"""
    return distance_m / M_PER_KM * h_per_km


# Patrol -----------------------------------------------------------------------------------------------------------


def walked_h(duty_h: float, free_at_h: float, lag_h: float) -> float:
    """Patrol hours walked after so many hours on duty: the hours on duty, less the errands.  (Eq. 15)"""
    return (duty_h if duty_h > free_at_h else free_at_h) - lag_h


def target_of_pass(
    walked: float, position_h: float, cycles: int, cycle_h: float, start_h: float, into_h: float
) -> float:
    """What a walk has come to at a pass: `into_h` after a visit that begins `start_h` into its round.  (Eq. 16)"""
    return walked - position_h + cycles * cycle_h + start_h + into_h


# Grid posts -------------------------------------------------------------------------------------------------------


def round_comes_h(passed: float, door: float, households: float, visits: int, visits_per_h: float) -> float:
    """Hours of rounds after which the door is passed for the `visits`-th time from now.

    `passed` households have been visited so far; the door is behind `door` of the round's `households`.
    """
    rounds = ceil((passed - door) / households) + visits - 1
    return (door + rounds * households) / visits_per_h


# Units ------------------------------------------------------------------------------------------------------------


def slowness(days: float, at_first: float, fades_days: float) -> float:
    """What desks and units take, over what they take when the system has settled down.

    Rule:    1 + x_0 · exp(-days since the system began / T_x).  (Eq. 33)
    """
    return 1.0 + at_first * exp(-days / fades_days)


def pace(attempts: int, people: int, experience: float, exponent: float, shortfall: float, response: float) -> float:
    """Practice and hurry shorten the work.

    Rule:    (1 + attempts / (people × n_0))^-β × (1 - η × shortfall).  (Eq. 22)
    """
    practice = 1.0 + attempts / (max(people, 1) * experience)
    return practice**-exponent * (1.0 - response * shortfall)


def score_after(score: float, on_time: float, memory_cases: float) -> float:
    """The on-time share of the last cases, once another has been judged: an exponentially fading mean.  (Eq. 21)"""
    return score + (on_time - score) / memory_cases


# Residents --------------------------------------------------------------------------------------------------------


def trust_after_success(trust: float, gain: float, stands_for: float) -> float:
    """Trust once an own report has been solved in time, of those one agent stands for by one.  (Eq. 17)"""
    return trust + gain * (1.0 - trust) / stands_for


def trust_after_failure(trust: float, loss: float, stands_for: float) -> float:
    """Trust once an own report has come to nothing, or was solved late.  (Eq. 17)"""
    return trust - loss * trust / stands_for
