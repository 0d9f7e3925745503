"""What is known of one hazard event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Ring = tuple[tuple[float, float], ...]
"""Longitude and latitude of the corners of a closed line, degrees."""


@dataclass(frozen=True, slots=True)
class HazardRecord:
    """One event: an earthquake with a magnitude, a point with a radius, or an area.

    Parameters
    ----------
    id : of the event; a feed gives one event the same id again when it learns more.
    kind : what it is, such as ``earthquake`` or ``flood``.
    time, updated : when it happened, and when the record was last changed; with time zone, None where nothing is said.
    place : for people.
    latitude, longitude : degrees; of an area its middle.
    depth_km : below ground, 0 or more. magnitude : of an earthquake, None elsewhere.
    radius_km : reach of a point, None elsewhere.
    areas : polygons, each its outer ring and its holes.
    severity : 0 to 1, the part of a fully vulnerable site that is out inside.
    """

    id: str
    kind: str
    time: datetime | None
    updated: datetime | None
    place: str
    latitude: float
    longitude: float
    depth_km: float = 0.0
    magnitude: float | None = None
    radius_km: float | None = None
    areas: tuple[tuple[Ring, ...], ...] = ()
    severity: float = 1.0
