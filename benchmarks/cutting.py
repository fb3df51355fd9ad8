"""How good are the cuts into grids? Ours beside the bisection, k-means and GerryChain's ReCom, on made-up communities.

    python -m benchmarks.cutting                    some ten minutes
    python -m benchmarks.cutting --communities 10   a first look

Each community (20 to 400 buildings in clusters, each cluster a compound; some have towers, one in three a river and a
road) is cut into grids of 300 households. All measures are those of `experiments/sizing/cuts/quality.py`. GerryChain
takes part if it is installed (`.[bench]`).
"""

from __future__ import annotations

import argparse
import random
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from benchmarks.pages import DOCS, KEPT, put_into_page
from experiments.sizing.cuts.cutting import bisection, cut
from experiments.sizing.cuts.neighbourhood import Community, Ints, community
from experiments.sizing.cuts.quality import TOLERANCE, Quality, impossible, quality
from scenarios.sites import Site
from sim.partition import bisect_into

HOUSEHOLDS = 300
FEWEST, MOST, LARGE = 20, 400, 5_000
STEPS, ATTEMPTS = 100, 200
"""Steps of GerryChain's chain, of which the best cut counts, and spanning trees that it tries for each split."""
EPSILONS = (TOLERANCE, 0.2, 0.4, 0.8, 1.6)
"""Deviations that it is allowed, the next one where it finds no start within the first."""
OURS, BISECTION, MODEL, K_MEANS, GERRYCHAIN = "ours", "bisection, mended", "bisection", "k-means", "GerryChain's ReCom"


class Measured(NamedTuple):
    """One cut of one community."""

    quality: Quality
    seconds: float


def main() -> None:
    """Cut the communities each way, print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--communities", type=int, default=60)
    arguments.add_argument("--write-docs", action="store_true", help="put the table into docs/cutting.md")
    given = arguments.parse_args()
    text = measured(given.communities)
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "cutting.md").write_text(text)
    print(text)
    if given.write_docs:
        put_into_page("cutting", text, DOCS / "cutting.md")


def measured(communities: int) -> str:
    """The table of all ways, and the lines on what could not be had and on a large community."""
    found: dict[str, list[Measured]] = {}
    provably = barred = 0
    for seed in range(communities):
        of, k = made_up(seed)
        reasons = impossible(of, k)
        provably += bool(reasons)
        barred += of.sides_count > 1
        for name, way in ways().items():
            begun = time.perf_counter()
            grid_of = way(of, k)
            seconds = time.perf_counter() - begun
            if grid_of is not None:
                found.setdefault(name, []).append(Measured(quality(of, grid_of), seconds))
        print(f"{seed + 1} of {communities}", flush=True)
    head = (
        "| | cut | all contiguous | all within 10 % | largest deviation, median | and mean | compactness "
        "| splits of compounds to a grid | barriers crossed, mean | s, median | s, most |\n|---|" + "---:|" * 10 + "\n"
    )
    lines = "".join(_line(name, rows) for name, rows in found.items())
    large, count = made_up(0, LARGE)
    begun = time.perf_counter()
    best = cut(large, count).quality
    seconds = time.perf_counter() - begun
    return (
        f"{head}{lines}\n{communities} communities, {barred} of them with barriers that keep parts asunder; for "
        f"{provably} there is a proof that equal grids cannot be had (without crossing a barrier). "
        f"{LARGE:,} buildings into {count} grids: {seconds:.0f} s, largest deviation {best.largest_deviation:.1%}, "
        f"{'all' if best.contiguous else 'not all'} contiguous.\n"
    )


def _line(name: str, rows: list[Measured]) -> str:
    every = [row.quality for row in rows]
    seconds = [row.seconds for row in rows]
    deviations = [one.largest_deviation for one in every]
    cells = [
        f"{len(rows)}",
        f"{sum(one.contiguous for one in every)}",
        f"{sum(not one.excess for one in every)}",
        f"{np.median(deviations):.1%}", f"{np.mean(deviations):.1%}",
        f"{np.median([one.compactness for one in every]):.2f}",
        f"{np.mean([one.splits_count / one.grids_count for one in every]):.2f}",
        f"{np.mean([one.barriers_crossed_count for one in every]):.2f}",
        f"{np.median(seconds):.2f}", f"{max(seconds):.1f}",
    ]  # fmt: skip
    return f"| {name} | {' | '.join(cells)} |\n"


# Communities ------------------------------------------------------------------------------------------------------
def made_up(seed: int, buildings: int | None = None) -> tuple[Community, int]:
    """A community of a seed's size, or of a given one, and the number of grids."""
    chance = np.random.default_rng(seed)
    size = buildings or round(FEWEST * (MOST / FEWEST) ** chance.random())
    side_m = 30.0 * size**0.5
    middles = chance.uniform(0.0, side_m, (max(2, size // 10), 2))
    of = chance.integers(len(middles), size=size)
    places = (middles[of] + chance.normal(0.0, 45.0, (size, 2))).round(1)
    tall = chance.random(size) < (0.0, 0.05, 0.15)[seed % 3]
    households = np.where(tall, chance.integers(90, 260, size), chance.integers(10, 60, size))
    barriers = []
    if seed % 3 == 1:
        river, road = chance.uniform(0.3, 0.7, 2) * side_m
        barriers = [[(-1e4, river), (1e4, river + 0.1 * side_m)], [(road, -1e4), (road, river)]]
    sites = [
        Site(f"b{i}", float(x), float(y), int(held), 0, "building")
        for i, ((x, y), held) in enumerate(zip(places, households, strict=True))
    ]
    return community(sites, [f"c{one}" for one in of], barriers), max(2, round(int(households.sum()) / HOUSEHOLDS))


# Ways of cutting --------------------------------------------------------------------------------------------------
def ways() -> dict[str, Callable[[Community, int], Ints | None]]:
    """Each way's cut: the grid of each site in its canonical order (sites,), or None if it finds none."""
    all_ways = {
        OURS: lambda of, k: np.array(cut(of, k).grid_of)[of.row_of],
        BISECTION: lambda of, k: np.array(bisection(of, k).grid_of)[of.row_of],
        MODEL: lambda of, k: bisect_into(of.x_m, of.y_m, of.households.astype(float), k),
        K_MEANS: _by_k_means,
    }
    try:
        import gerrychain  # noqa: F401
    except ImportError:
        return all_ways
    return {**all_ways, GERRYCHAIN: _by_gerrychain}


def _by_k_means(of: Community, k: int) -> Ints:
    points = np.column_stack([of.x_m, of.y_m])
    return KMeans(k, n_init=10, random_state=1).fit(points, sample_weight=of.households).labels_.astype(np.int64)


def _by_gerrychain(of: Community, k: int) -> Ints | None:
    """A start within the least deviation that it manages, and the best of a short chain by our objective."""
    import networkx as nx
    from gerrychain import Graph, MarkovChain, Partition
    from gerrychain.partition import recursive_tree_part
    from gerrychain.proposals import recom
    from gerrychain.tree import bipartition_tree
    from gerrychain.updaters import Tally

    graph = nx.Graph()  # sites first: the library numbers nodes as they come
    graph.add_nodes_from(
        (i, {"households": int(held), "compound": int(compound)})
        for i, (held, compound) in enumerate(zip(of.households, of.compound_of, strict=True))
    )
    graph.add_edges_from(of.links.tolist() + of.across.tolist())
    ideal = of.households.sum() / k
    split = partial(bipartition_tree, max_attempts=ATTEMPTS, warn_attempts=ATTEMPTS + 1)
    best: tuple[float, Ints] | None = None
    chance = random.Random(1)
    for epsilon in EPSILONS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                start = Partition.from_random_assignment(
                    Graph.from_networkx(graph), k, epsilon, "households", {"held": Tally("households", alias="held")},
                    partition_fn=partial(recursive_tree_part, bipartition_tree_fn=split), rng=chance,
                )  # fmt: skip
                step = partial(
                    recom, pop_col="households", pop_target=ideal, epsilon=epsilon,
                    region_surcharge={"compound": 1.0}, bipartition_tree_fn=split,
                )  # fmt: skip
                for partition in MarkovChain(step, [], initial_partition=start, total_steps=STEPS, rng=chance):
                    labels = partition.assignment.to_dict()
                    grid_of = np.unique([labels[i] for i in range(len(of.names))], return_inverse=True)[1]
                    worth = quality(of, grid_of).objective
                    if best is None or worth < best[0]:
                        best = worth, grid_of
        except Exception as error:  # what it raises when it finds no balanced edge differs
            KEPT.mkdir(parents=True, exist_ok=True)
            with (KEPT / "gerrychain.log").open("a") as log:
                log.write(f"{len(of.names)} {k} {epsilon}: {type(error).__name__}: {error}\n")
        if best is not None:
            return best[1]
    return None


if __name__ == "__main__":
    main()
