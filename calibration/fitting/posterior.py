"""What the figures say about the parameters: the posterior, what it narrows, and whether its intervals cover.

Layer: calibration.  Priors are even on shares (0, 1), so the posterior is the likelihood; emcee samples it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import emcee
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from calibration.fitting.doubts import Doubt, Worry
from calibration.fitting.emulators import Emulator, Prediction
from calibration.fitting.likelihood import Observation, log_likelihoods, observed, published_by
from calibration.fitting.places import Discrepancy
from experiments.published.figures import Figure
from languages.speaking import say

type Numbers = NDArray[np.float64]

PRIOR_DRAWS = 60_000
FEWER_DRAWS = 20_000
"""So many tell the posterior of a made-up city, since there are many cities, and where a chain starts."""
WALKERS_PER_PARAMETER, STEPS, BURNT = 6, 1_200, 200
CHAIN_SEED = 1_000
IDENTIFIED, NARROWED = 0.4, 0.85
"""Standard deviation of the posterior over the prior's, below which a parameter is called identified, or narrowed."""
EDGE = 0.03
"""Share of the prior: a posterior of which a twentieth lies nearer to an end is pressed against it."""
TRADES_OFF = 0.4
"""Correlation in the posterior from which two parameters are said to trade off."""
EVEN_SD = 12.0**-0.5
LIKELIHOOD = "likelihood"
LEAST_TRUTHS, LEAST_EFFECTIVE, DOUBT = 40, 20.0, 0.01
"""Coverage is believed from so many truths and effective draws on, unless it is off as by chance once in a hundred."""


@dataclass(frozen=True)
class Evidence:
    """Figures with the emulators of what is held against them."""

    figures: tuple[Figure, ...]
    emulators: tuple[Emulator, ...]
    discrepancy: Discrepancy

    def predict(self, shares: Numbers) -> list[Prediction]:
        """Every figure at `shares` (points, parameters); an emulator that stands for two figures is asked once."""
        distinct = {id(emulator): emulator for emulator in self.emulators}
        answers = {number: emulator.predict(shares) for number, emulator in distinct.items()}
        return [answers[id(emulator)] for emulator in self.emulators]

    def over_prior(self, dimensions: int) -> list[Prediction]:
        """Every figure at `prior_draws(dimensions)`; what an emulator says of these is reckoned once."""
        return [_over_prior(emulator, dimensions) for emulator in self.emulators]

    def log_likelihood(self, predicted: Sequence[Prediction], observations: Sequence[Observation]) -> Numbers:
        """Of all figures together, (points,)."""
        return self.log_likelihoods(predicted, observations)(observations)

    def log_likelihoods(
        self, predicted: Sequence[Prediction], like: Sequence[Observation]
    ) -> Callable[[Sequence[Observation]], Numbers]:
        """`log_likelihood` at the same points for one city after another, which publish figures like `like`."""
        each = [
            log_likelihoods(observation, prediction, self.discrepancy.of(figure, prediction.mean))
            for figure, prediction, observation in zip(self.figures, predicted, like, strict=True)
        ]
        return lambda city: np.sum([log(observation) for log, observation in zip(each, city, strict=True)], axis=0)

    @property
    def observations(self) -> list[Observation]:
        """What was published."""
        return [observed(figure) for figure in self.figures]


@lru_cache(maxsize=64)
def _over_prior(emulator: Emulator, dimensions: int) -> Prediction:
    predicted = emulator.predict(prior_draws(dimensions))
    for values in predicted:
        values.setflags(write=False)
    return predicted


class Sampled(NamedTuple):
    """Draws from a posterior, and how well they were drawn."""

    shares: Numbers
    """(draws, parameters)"""
    log_likelihood: Numbers
    acceptance: float
    steps_apart: float
    """Autocorrelation time of the chains, in steps."""
    effective_count: float


def sample(evidence: Evidence, dimensions: int, seed: int = 1) -> Sampled:
    """Sample the posterior with emcee, starting from prior draws weighted by their likelihood.

    They are draws of their own, not those of `weighted`, for which the chain is a second opinion.
    """
    observations = evidence.observations
    draws = prior_draws(dimensions, CHAIN_SEED + seed, FEWER_DRAWS)
    prior = weigh(draws, evidence.log_likelihood(evidence.predict(draws), observations))
    walkers = WALKERS_PER_PARAMETER * dimensions
    chance = np.random.default_rng(seed)
    start = prior.shares[chance.choice(len(prior.shares), walkers, p=prior.weights)]
    start = np.clip(start + 1e-3 * chance.standard_normal(start.shape), 1e-3, 1.0 - 1e-3)

    def log_posterior(points: Numbers) -> Numbers:
        inside = ((points > 0.0) & (points < 1.0)).all(axis=1)
        values = np.full(len(points), -np.inf)
        if inside.any():
            values[inside] = evidence.log_likelihood(evidence.predict(points[inside]), observations)
        return values

    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(walkers, dimensions, log_posterior, moves=moves, vectorize=True)
    state = np.random.RandomState(seed)
    sampler._random = state  # emcee takes its own generator only as a state of numpy's old kind
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        sampler.run_mcmc(start, STEPS, progress=False)
    apart = float(np.max(sampler.get_autocorr_time(quiet=True, tol=0)))
    draws = sampler.get_chain(discard=BURNT, flat=True)
    return Sampled(
        draws, sampler.get_log_prob(discard=BURNT, flat=True), float(sampler.acceptance_fraction.mean()), apart,
        len(draws) / apart,
    )  # fmt: skip


class Weighted(NamedTuple):
    """Draws from the prior, weighted by their likelihood: the same posterior, without a chain."""

    shares: Numbers
    weights: Numbers
    effective_count: float
    log_evidence: float
    """Log of the mean likelihood over the prior."""


def weighted(evidence: Evidence, observations: Sequence[Observation], dimensions: int) -> Weighted:
    """Weigh draws from the prior by what was observed."""
    predicted = evidence.over_prior(dimensions)
    return weigh(prior_draws(dimensions), evidence.log_likelihood(predicted, observations))


@lru_cache(maxsize=8)
def prior_draws(dimensions: int, seed: int = 1, count: int = PRIOR_DRAWS) -> Numbers:
    """(count, parameters) draws from the prior, evenly spread."""
    draws = stats.qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(count)
    draws.setflags(write=False)  # others are given the same ones
    return draws


def weigh(shares: Numbers, logs: Numbers) -> Weighted:
    """Draws with weights from their log-likelihoods."""
    top = float(logs.max())
    weights = np.exp(logs - top)
    log_evidence = top + float(np.log(weights.mean()))
    weights /= weights.sum()
    return Weighted(shares, weights, float(1.0 / (weights**2).sum()), log_evidence)


class Knowledge(StrEnum):
    """How much the figures say about a parameter."""

    IDENTIFIED = "identified"
    NARROWED = "narrowed"
    NOT_IDENTIFIED = "not_identified"
    """It is about as wide as it was assumed."""


class Identified(NamedTuple):
    """How much the figures say about one parameter."""

    path: str
    ratio: float
    """Standard deviation of the posterior over that of the prior, on the prior's own shares."""
    knowledge: Knowledge
    at_an_end: bool
    """The figures press it against an end of its prior, which may then shut out what they want."""


def identifiability(paths: Sequence[str], shares: Numbers) -> list[Identified]:
    """How much the figures narrowed each parameter; `shares` (draws, parameters) are draws from the posterior."""
    found = []
    for path, column in zip(paths, shares.T, strict=True):
        ratio = float(column.std() / EVEN_SD)
        wide = Knowledge.NARROWED if ratio < NARROWED else Knowledge.NOT_IDENTIFIED
        knowledge = Knowledge.IDENTIFIED if ratio < IDENTIFIED else wide
        pressed = np.quantile(column, 0.05) < EDGE or np.quantile(column, 0.95) > 1.0 - EDGE
        found.append(Identified(path, ratio, knowledge, bool(pressed)))
    return found


def trade_offs(paths: Sequence[str], shares: Numbers) -> list[tuple[str, str, float]]:
    """Pairs of parameters that the figures tie together, with their correlation, the strongest first."""
    correlations = np.corrcoef(stats.rankdata(shares, axis=0).T)
    pairs = [
        (paths[a], paths[b], float(correlations[a, b])) for a in range(len(paths)) for b in range(a + 1, len(paths))
    ]
    return sorted((pair for pair in pairs if abs(pair[2]) >= TRADES_OFF), key=lambda pair: -abs(pair[2]))


class Coverage(NamedTuple):
    """How posteriors of known truths did.

    What is told of each truth: its parameters; then what the emulators say of each fitted figure at it, and its
    likelihood, which no posterior gets right that takes no notice of the figures.
    Source: Talts and others 2018; Modrák and others 2023.
    """

    truths: int
    names: tuple[str, ...]
    """(quantities,) paths of the parameters, ids of the figures, and `LIKELIHOOD`."""
    inside_50: Numbers
    """(quantities,) share of the truths that lie in their 50 % interval."""
    inside_90: Numbers
    ranks: Numbers
    """(truths, quantities) where each truth lies in its posterior, 0 to 1: even, if all is well."""
    even: float
    """Smallest p-value that a quantity's ranks are even (Kolmogorov-Smirnov), times the number of quantities."""
    least_even: str
    effective: float
    """Effective draws of which 19 in 20 of the posteriors have more."""

    def allowed(self, level: float) -> tuple[float, float]:
        """Between these the share inside a `level` interval lies by chance, for all quantities, 99 times in 100."""
        chance = 1.0 - (1.0 - DOUBT) ** (1.0 / (2 * len(self.names)))
        low, high = stats.binom.ppf([chance / 2, 1.0 - chance / 2], self.truths, level) / self.truths
        return float(low), float(high)

    def doubts(self) -> list[Doubt]:
        """Why no posterior should be believed; none: it may be."""
        if self.truths < LEAST_TRUTHS:
            return [Doubt(Worry.FEW_CITIES, numbers={"truths": self.truths, "least": LEAST_TRUTHS})]
        found = []
        if self.effective < LEAST_EFFECTIVE:
            found.append(Doubt(Worry.FEW_DRAWS_OF_CITIES, numbers={"draws": self.effective}))
        for level, shares in ((0.5, self.inside_50), (0.9, self.inside_90)):
            low, high = self.allowed(level)
            found += [
                Doubt(Worry.INTERVAL, name, {"level": level, "share": float(share), "low": low, "high": high})
                for name, share in zip(self.names, shares, strict=True) if not low <= share <= high
            ]  # fmt: skip
        if self.even < DOUBT:
            found.append(Doubt(Worry.RANKS, self.least_even, {"p": self.even}))
        return found


def coverage(
    evidence: Evidence, paths: Sequence[str], truths: Numbers, outcomes: Mapping[int, Numbers], seed: int = 1
) -> Coverage:
    """Calibrate to made-up cities whose parameters are known: do the intervals hold what they promise?

    `truths` (truths, parameters) are draws from the prior; `outcomes` has for each figure the values of one run of the
    model at each of them, (truths,). What such a city would publish, discrepancy included, is drawn; its posterior is
    that of weighted prior draws, with the emulators as they are. Truths whose run leaves a figure undefined are left
    out. Raises ValueError if none is left.
    """
    chance = np.random.default_rng(seed)
    defined = np.flatnonzero(~np.any([np.isnan(values) for values in outcomes.values()], axis=0))
    if not len(defined):
        raise ValueError(say("every made-up city leaves a figure undefined: the figures cannot be told of these plans"))
    shares = prior_draws(truths.shape[1])[:FEWER_DRAWS]
    predicted = [each.at(slice(FEWER_DRAWS)) for each in evidence.over_prior(truths.shape[1])]
    told_of_truths = evidence.predict(truths)
    quantities = np.column_stack([shares, *(each.mean for each in predicted)])
    true = np.column_stack([truths, *(each.mean for each in told_of_truths)])
    cities = []
    for place in defined:
        city = []
        for number, figure in enumerate(evidence.figures):
            value = float(outcomes[number][place])
            (off,) = evidence.discrepancy.of(figure, np.array([value]))
            city.append(published_by(figure, value, float(off), chance))
        cities.append(city)
    log_likelihoods = evidence.log_likelihoods(predicted, evidence.observations)

    def rank(place: int, city: Sequence[Observation]) -> tuple[Numbers, float]:
        logs = log_likelihoods(city)
        found = weigh(shares, logs)
        at_truth = evidence.log_likelihood([each.at(slice(place, place + 1)) for each in told_of_truths], city)
        below = [found.weights @ (quantities < true[place]), found.weights @ (logs < at_truth[0])]
        return np.append(*below), found.effective_count

    with ThreadPoolExecutor() as threads:
        told = list(threads.map(rank, defined.tolist(), cities))
    ranks, effective = zip(*told, strict=True)
    table = np.array(ranks)
    within = [np.abs(table - 0.5) <= level / 2.0 for level in (0.5, 0.9)]
    names = (*paths, *(figure.id for figure in evidence.figures), LIKELIHOOD)
    even = [float(stats.kstest(column, "uniform").pvalue) * len(names) for column in table.T]
    return Coverage(
        len(table), names, within[0].mean(axis=0), within[1].mean(axis=0), table, min(1.0, *even),
        names[int(np.argmin(even))], float(np.quantile(effective, 0.05)),
    )  # fmt: skip
