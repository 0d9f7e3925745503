"""The network on the world map: flows as lines, the fill rate of sites as color."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from chaintwin.errors import UsageError
from chaintwin.simulation.pictures.axes import short_number
from chaintwin.simulation.pictures.canvas import FAINT, INK, Canvas, text_width
from chaintwin.simulation.pictures.coast import coastlines
from chaintwin.simulation.results import Result

CLASSES = (
    (0.80, "#3b0f70", "below 80 %"),
    (0.90, "#8c2981", "80 to 90 %"),
    (0.95, "#de4968", "90 to 95 %"),
    (0.99, "#fe9f6d", "95 to 99 %"),
    (math.inf, "#fcd9a0", "99 % or more"),
)
"""Upper end, color and meaning of classes of fill rate: the darker, the worse, which shows without color too (Magma)."""

NO_DEMAND, FLOW, LAND, SEA = "#5b9bd0", "#7a8794", "#eceff1", "#ffffff"
WIDTH, MAP_TOP, MARGIN, FLOW_MAX, LABELS_MAX = 1100, 74, 20, 7.0, 24
FLOWS_CLEAR = 200
"""More flows than this are drawn paler."""


class _Map(NamedTuple):
    """A window of the world: west and north in degrees, pixels a degree."""

    west: float
    north: float
    scale: float
    height: float

    def at(self, longitude: Any, latitude: Any) -> tuple[Any, Any]:
        return MARGIN + (longitude - self.west) * self.scale, MAP_TOP + (self.north - latitude) * self.scale


def draw_network(result: Result) -> Canvas:
    """Draw sites and flows on a map.

    Raises
    ------
    UsageError
        The result holds no sites with coordinates.
    """
    if result.sites.is_empty():
        raise UsageError("network: found no sites in this result; allowed: a result of this version; fix: simulate again")
    sites = _sites(result)
    if sites.is_empty():
        raise UsageError(
            "network: found no coordinates of sites; allowed: latitude and longitude in the table "
            "sites; fix: add them, then simulate again"
        )
    window = _window(sites)
    title = "Flows and fill rate"
    canvas = Canvas(WIDTH, MAP_TOP + window.height + 96, title=title)
    canvas.text((MARGIN, 28), title, size=16, bold=True)
    span = result.span
    said = f"{sites.height:,} sites, {span.periods:,} {result.period}s, {span.replications:,} runs"
    without = result.sites.height - sites.height
    canvas.text(
        (MARGIN, 48), said + (f"; {without} sites without coordinates are left out" if without else ""), size=11, color=FAINT
    )
    canvas.clip((MARGIN, MAP_TOP), (WIDTH - 2 * MARGIN, window.height))
    _land(canvas, window)
    most = _flows(canvas, window, result=result, sites=sites)
    _marks(canvas, window, sites)
    canvas.unclip()
    canvas.path(f"M{MARGIN},{MAP_TOP}h{WIDTH - 2 * MARGIN}v{window.height:.1f}h{2 * MARGIN - WIDTH}z", stroke="#c5cad0", width=1)
    _legend(canvas, MAP_TOP + window.height + 24, most=most, period=result.period)
    return canvas


def _sites(result: Result) -> pl.DataFrame:
    """Return sites with coordinates, their fill rate and demand (null and 0 where nobody asks), those with most demand last."""
    served = result.streams.join(result.stock_points.select("buffer_id", "site_id"), on="buffer_id", how="left")
    served = served.group_by("site_id").agg(
        pl.col("demand").sum(), served=(pl.col("demand") * pl.col("fill_rate").fill_null(0.0)).sum()
    )
    found = result.sites.drop_nulls(["latitude", "longitude"]).join(served, on="site_id", how="left")
    rate = pl.when(pl.col("demand") > 0).then(pl.col("served") / pl.col("demand"))
    return found.with_columns(fill_rate=rate, demand=pl.col("demand").fill_null(0.0)).sort(["demand", "site_id"])


def _window(sites: pl.DataFrame) -> _Map:
    longitude, latitude = sites["longitude"].to_numpy(), sites["latitude"].to_numpy()
    across = min(360.0, max(12.0, 1.16 * (longitude.max() - longitude.min())))
    down = max(6.0, 1.3 * (latitude.max() - latitude.min()))
    width = WIDTH - 2 * MARGIN
    height = min(max(width * down / across, 300.0), 560.0)
    across = max(across, down * width / height)
    down = across * height / width
    west = (longitude.max() + longitude.min() - across) / 2
    north = (latitude.max() + latitude.min() + down) / 2
    return _Map(west=west, north=min(north, 88.0), scale=width / across, height=height)


def _land(canvas: Canvas, window: _Map) -> None:
    """Fill the land, with no more points than can be seen; east and west of the seam it is drawn again."""
    east = window.west + (WIDTH - 2 * MARGIN) / window.scale
    parts = []
    for line in coastlines():
        for turn in (-360.0, 0.0, 360.0):
            longitude = line[:, 0] + turn
            if longitude.max() < window.west or longitude.min() > east:
                continue
            points = np.stack(window.at(longitude, line[:, 1]))
            cells = np.round(points / 0.7)
            kept = np.concatenate([[True], (cells[:, 1:] != cells[:, :-1]).any(axis=0)])
            if kept.sum() > 3:
                parts.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points[:, kept].T) + "Z")
    canvas.path("".join(parts), fill=LAND, stroke="#c5cad0", width=0.5)


def _flows(canvas: Canvas, window: _Map, *, result: Result, sites: pl.DataFrame) -> float:
    """Draw what goes from site to site, thick where it is much, and return the most."""
    places = {row["site_id"]: row for row in sites.to_dicts()}
    if "from_site_id" not in result.activities.columns:
        return 0.0
    moved = result.activities.filter(pl.col("from_site_id") != pl.col("to_site_id"))
    moved = moved.group_by("from_site_id", "to_site_id").agg(pl.col("started").sum()).filter(pl.col("started") > 0)
    moved = moved.filter(pl.col("from_site_id").is_in(list(places)) & pl.col("to_site_id").is_in(list(places)))
    most = float(moved["started"].max() or 0.0)  # type: ignore[arg-type]
    opacity = 0.6 if moved.height <= FLOWS_CLEAR else 0.3
    for source, target, units in moved.sort(["started", "from_site_id", "to_site_id"]).iter_rows():
        begin, end = places[source], places[target]
        color = FLOW if end["fill_rate"] is None else _color(end["fill_rate"])
        for data in _curves(window, begin, end):
            canvas.path(data, stroke=color, width=_thickness(units, most), opacity=opacity)
    return most


def _curves(window: _Map, begin: dict[str, Any], end: dict[str, Any]) -> list[str]:
    """Return the way from one site to another, the shorter one; at the seam of the map it leaves and comes back."""
    turn = 360.0 * round((begin["longitude"] - end["longitude"]) / 360.0)
    found = []
    for shift in (0.0,) if turn == 0 else (0.0, -turn):
        x1, y1 = window.at(begin["longitude"] + shift, begin["latitude"])
        x2, y2 = window.at(end["longitude"] + turn + shift, end["latitude"])
        if math.hypot(x2 - x1, y2 - y1) >= 2:
            # Bent to one side, so that there and back can be told apart.
            middle = ((x1 + x2) / 2 - 0.14 * (y2 - y1), (y1 + y2) / 2 + 0.14 * (x2 - x1))
            found.append(f"M{x1:.1f},{y1:.1f}Q{middle[0]:.1f},{middle[1]:.1f} {x2:.1f},{y2:.1f}")
    return found


def _thickness(units: float, most: float) -> float:
    return max(0.5, FLOW_MAX * math.sqrt(units / most)) if most > 0 else 0.5


def _color(rate: float | None) -> str:
    return NO_DEMAND if rate is None else next(color for end, color, _ in CLASSES if rate < end)


def _marks(canvas: Canvas, window: _Map, sites: pl.DataFrame) -> None:
    """Draw sites; name the weakest and largest as far as names fit beside each other."""
    rows = sites.to_dicts()
    size = 4.5 if len(rows) <= FLOWS_CLEAR else 3.5
    taken: list[tuple[float, float, float, float]] = []
    for row in rows:
        x, y = window.at(row["longitude"], row["latitude"])
        rate = "" if row["fill_rate"] is None else f", fill rate {100 * row['fill_rate']:.1f} %"
        radius = size if row["fill_rate"] is not None else size - 1
        canvas.circle((x, y), radius, fill=_color(row["fill_rate"]), stroke=INK, name=f"{row['site_id']}{rate}")
        taken.append((x - radius, y - radius, x + radius, y + radius))
    weakest = sorted((row for row in rows if row["fill_rate"] is not None), key=lambda row: (row["fill_rate"], row["site_id"]))
    others = [row for row in reversed(rows) if row["fill_rate"] is None]
    named = 0
    for row in [*weakest[:LABELS_MAX], *others]:
        x, y = window.at(row["longitude"], row["latitude"])
        name = row["site_id"] + ("" if row["fill_rate"] is None else f" {100 * row['fill_rate']:.1f} %")
        width = text_width(name, 10)
        for left, base in ((x + 7, y + 3.5), (x - 7 - width, y + 3.5), (x - width / 2, y - 8), (x - width / 2, y + 15)):
            box = (left - 1, base - 9, left + width + 1, base + 3)
            inside = box[0] > MARGIN and box[2] < WIDTH - MARGIN and box[1] > MAP_TOP and box[3] < MAP_TOP + window.height
            if inside and not any(box[0] < c and a < box[2] and box[1] < d and b < box[3] for a, b, c, d in taken):
                canvas.text((left, base), name, size=10, halo=True)
                taken.append(box)
                named += 1
                break
        if named >= LABELS_MAX:
            return


def _legend(canvas: Canvas, top: float, *, most: float, period: str) -> None:
    x = MARGIN + 0.0
    canvas.text((x, top + 4), "Fill rate", size=11, bold=True)
    x += 66
    for _, color, text in CLASSES:
        canvas.circle((x + 5, top), 5, fill=color, stroke=INK)
        canvas.text((x + 16, top + 4), text, size=11, color=FAINT)
        x += 30 + text_width(text, 11)
    canvas.circle((x + 5, top), 4, fill=NO_DEMAND, stroke=INK)
    canvas.text((x + 16, top + 4), "no demand of its own", size=11, color=FAINT)
    x, top = MARGIN + 0.0, top + 26
    canvas.text((x, top + 4), "Flow", size=11, bold=True)
    x += 66
    for share in (1.0, 0.25, 0.04):
        if most <= 0:
            break
        canvas.line([(x, top), (x + 34, top)], color=FLOW, width=_thickness(share * most, most))
        text = f"{short_number(share * most)} units a {period}"
        canvas.text((x + 42, top + 4), text, size=11, color=FAINT)
        x += 64 + text_width(text, 11)
    canvas.text((x, top + 4), "units of all products together; colored by the fill rate of where they go", size=11, color=FAINT)
