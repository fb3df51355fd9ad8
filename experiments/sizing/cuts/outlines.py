"""The ground of each grid: of all points the nearest building says whose it is.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from experiments.sizing.cuts.neighbourhood import Community
from scenarios.counting import MARGIN_M


def outlines(of: Community, grid_of: Sequence[int]) -> list[shapely.Geometry]:
    """A polygon, or several, for each grid of a cut, m; `grid_of` (rows,) in the order of the list.

    Rule:    the Voronoi cells of the grid's buildings, within the convex hull of all and a margin around it.
    """
    points = shapely.points(np.column_stack([of.x_m, of.y_m]))
    within = shapely.convex_hull(shapely.multipoints(points)).buffer(MARGIN_M)
    cells = _cells(points, within)
    grids = np.array(grid_of)[of.row_of]
    return [shapely.union_all([cells[place] for place in np.flatnonzero(grids == grid)])
            for grid in range(int(grids.max()) + 1)]  # fmt: skip


def _cells(points: np.ndarray, within: shapely.Geometry) -> list[shapely.Geometry]:
    """The cell of each point; of points at one place each has the whole cell."""
    if len(np.unique(shapely.get_coordinates(points), axis=0)) == 1:
        return [within] * len(points)
    pieces = [
        shapely.intersection(piece, within)
        for piece in shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=within))
    ]
    nearest = shapely.STRtree(pieces).query_nearest(points, all_matches=False)
    cell_of = dict(zip(*nearest.tolist(), strict=True))
    return [pieces[cell_of[place]] for place in range(len(points))]
