"""A small map of the sites: land as dots, one mark a site, cut to where the network is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Glyphs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.text import Text

MARKS = {
    "supplier": ("s", "yellow"),
    "plant": ("P", "bold magenta"),
    "warehouse": ("W", "bold green"),
    "hub": ("H", "bold green"),
    "port": ("o", "blue"),
    "airport": ("^", "blue"),
    "store": ("+", "bold cyan"),
    "customer": ("+", "bold cyan"),
}
"""Letter and color of each kind of site; where two share a cell, the one listed earlier stays on top."""

CELL_ASPECT = 2.0
"""A character is about twice as high as wide."""

SPAN_MIN_DEGREES = 24.0
"""Below this the coast, which is drawn for the whole world, is too coarse to help."""

LAND_SHARE = 0.5


def world_map(sites: Sequence[tuple[str, float, float]], glyphs: Glyphs, *, width: int, height: int = 18) -> Text:
    """Return the map and, below it, what its marks mean.

    Parameters
    ----------
    sites : kind, latitude and longitude in degrees of each site.
    glyphs : what it is drawn with.
    width, height : columns and lines, the height at most.
    """
    from rich.text import Text

    south, north, west, east = _frame(sites, width=width, height=height)
    lines = max(6, min(height, round((north - south) / (east - west) * width / CELL_ASPECT)))
    cells: dict[tuple[int, int], str] = {}
    for kind in reversed(MARKS):
        for name, latitude, longitude in sites:
            if name == kind:
                row = int((north - latitude) / (north - south) * lines)
                column = int((longitude - west) / (east - west) * width)
                cells[min(max(row, 0), lines - 1), min(max(column, 0), width - 1)] = kind
    land = _land(north - south, (south, west, east), lines=lines, width=width)
    text = Text(no_wrap=True)
    for row in range(lines):
        for column in range(width):
            mark = cells.get((row, column))
            if mark is not None:
                text.append(MARKS[mark][0], style=MARKS[mark][1])
            else:
                text.append(glyphs.land if land[row, column] else " ", style="dim")
        text.append("\n")
    present = {kind for kind, _, _ in sites}
    for position, kind in enumerate(kind for kind in MARKS if kind in present):
        text.append("  " if position else " ")
        text.append(MARKS[kind][0], style=MARKS[kind][1])
        text.append(f" {kind}")
    return text


def _frame(sites: Sequence[tuple[str, float, float]], *, width: int, height: int) -> tuple[float, float, float, float]:
    """Return south, north, west and east of the map: around the sites, at least some degrees, at most the inhabited world."""
    latitudes = [latitude for _, latitude, _ in sites]
    longitudes = [longitude for _, _, longitude in sites]
    across = max(SPAN_MIN_DEGREES, 1.15 * (max(longitudes) - min(longitudes)))
    down = max(SPAN_MIN_DEGREES / 2, 1.25 * (max(latitudes) - min(latitudes)))
    # One degree is as long on the map in both directions.
    across = min(360.0, max(across, down * width / (CELL_ASPECT * height)))
    down = min(140.0, max(down, across * CELL_ASPECT * 6 / width))
    west = _placed((max(longitudes) + min(longitudes)) / 2 - across / 2, across, low=-180.0, high=180.0)
    south = _placed((max(latitudes) + min(latitudes)) / 2 - down / 2, down, low=-60.0, high=84.0)
    return south, south + down, west, west + across


def _placed(start: float, length: float, *, low: float, high: float) -> float:
    return min(max(start, low), max(low, high - length))


def _land(down: float, corner: tuple[float, float, float], *, lines: int, width: int) -> NDArray[np.bool_]:
    """Return for each cell whether at least half of four points in it are land."""
    import numpy as np

    from chaintwin.network.geography.borders import polygons_at

    south, west, east = corner
    latitude = south + down * (1 - (np.arange(2 * lines) + 0.5) / (2 * lines))
    longitude = west + (east - west) * (np.arange(2 * width) + 0.5) / (2 * width)
    north_of, east_of = np.meshgrid(latitude, longitude, indexing="ij")
    inside = polygons_at(north_of.ravel(), east_of.ravel(), within_km=0.0) >= 0
    shares = inside.reshape(lines, 2, width, 2).mean(axis=(1, 3))
    return np.asarray(shares >= LAND_SHARE)
