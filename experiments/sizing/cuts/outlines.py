"""The ground of each grid: of all points the nearest building on the same side of the barriers says whose it is.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from experiments.sizing.cuts.neighbourhood import Community, Line
from scenarios.counting import MARGIN_M


def outlines(of: Community, grid_of: Sequence[int], barriers: Sequence[Line] = ()) -> list[shapely.Geometry]:
    """A polygon, or several, for each grid of a cut, m; `grid_of` (rows,) in the order of the list.

    Rule:    the Voronoi cells of the grid's buildings, within the convex hull of all and a margin around it; what
             barriers divide of that is divided among the buildings on its own side, if there are any.
    """
    points = shapely.points(np.column_stack([of.x_m, of.y_m]))
    within = shapely.convex_hull(shapely.multipoints(points)).buffer(MARGIN_M)
    ground: list[list[shapely.Geometry]] = [[] for _ in points]
    for region in _regions(within, barriers):
        inside = np.flatnonzero(shapely.intersects(points, region))
        owners = inside if len(inside) else np.array([int(np.argmin(shapely.distance(points, region)))])
        for place, cell in zip(owners.tolist(), _cells(points[owners], region), strict=True):
            ground[place].append(cell)
    grids = np.array(grid_of)[of.row_of]
    return [
        shapely.union_all([cell for place in np.flatnonzero(grids == grid) for cell in ground[place]])
        for grid in range(int(grids.max()) + 1)
    ]


def _regions(within: shapely.Geometry, barriers: Sequence[Line]) -> list[shapely.Geometry]:
    """What barriers divide the ground into; those that end within it divide nothing."""
    lines = [shapely.LineString(line) for line in barriers if len(set(map(tuple, line))) > 1]
    if not lines:
        return [within]
    edges = shapely.union_all([within.boundary, *lines])
    pieces = shapely.get_parts(shapely.polygonize([edges]))
    return [piece for piece in pieces if within.covers(piece.representative_point())]


def _cells(points: np.ndarray, within: shapely.Geometry) -> list[shapely.Geometry]:
    """The part of a ground that is nearest to each point; of points at one place each has the whole part."""
    if len(np.unique(shapely.get_coordinates(points), axis=0)) == 1:
        return [within] * len(points)
    pieces = [
        shapely.intersection(piece, within)
        for piece in shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=within))
    ]
    nearest = shapely.STRtree(pieces).query_nearest(points, all_matches=False)
    cell_of = dict(zip(*nearest.tolist(), strict=True))
    return [pieces[cell_of[place]] for place in range(len(points))]
