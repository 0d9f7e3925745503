"""From a feed to hazard records: USGS GeoJSON, flat lists of earthquakes, and any GeoJSON with points and areas."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from chaintwin.errors import Finding, InputError
from chaintwin.ingest.hazards.records import HazardRecord, Ring

FILE_BYTES_MAX = 256 * 1024 * 1024
HALF_WAY, ACROSS = 180.0, 300.0
"""Degrees of longitude of a side from which it could be meant either way, and from which it is meant across the date line."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

HUGE = 10**300
"""Whole numbers from here on are no numbers of anything."""

Area = tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Hazards:
    """What a feed holds.

    Parameters
    ----------
    records : one for each event, in order of time, then id; those without a time first.
    repeated : records that said again what another said. superseded : records of which a later one was kept.
    unmeasured : earthquakes without a magnitude, which are left out.
    """

    records: tuple[HazardRecord, ...]
    repeated: int
    superseded: int
    unmeasured: int


def read_hazards(path: Path | str) -> Hazards:
    """Read a file of hazard events.

    A GeoJSON feature is an earthquake where its properties have ``mag`` (the feeds of the USGS: ``time`` and ``updated`` in
    milliseconds, depth as third coordinate in km); else a point with ``radius_km``, a Polygon or a MultiPolygon, with ``kind``
    and ``severity`` (0 to 1) among its properties. A list of flat objects with ``lat``, ``lon``, ``depth_km``, ``mag``,
    ``time_ms`` and ``updated_ms`` is read as well.

    Parameters
    ----------
    path : JSON in UTF-8.

    Raises
    ------
    InputError
        The file cannot be read, or records are wrong; the exception carries all findings.
    """
    source = Path(path)
    return hazards_of(_items(source), file=source.name)


def hazards_of(items: Iterable[Any], *, file: str) -> Hazards:
    """Return the events of parsed records; see ``read_hazards``.

    Parameters
    ----------
    items : features or flat objects.
    file : how findings name the place.
    """
    findings: list[Finding] = []
    kept: dict[str, HazardRecord] = {}
    repeated = superseded = unmeasured = 0
    for number, item in enumerate(items, start=1):
        reader = _Reader(file, number, findings)
        record = reader.record(item)
        if record is None:
            unmeasured += reader.is_unmeasured
            continue
        known = kept.get(record.id)
        if known is None:
            kept[record.id] = record
        elif known == record:
            repeated += 1
        else:
            superseded += 1
            kept[record.id] = max(known, record, key=lambda one: one.updated or one.time or EPOCH)
    if findings:
        raise InputError(findings)
    ordered = sorted(kept.values(), key=lambda record: (record.time or EPOCH, record.id))
    return Hazards(tuple(ordered), repeated, superseded, unmeasured)


def _items(source: Path) -> list[Any]:
    fix = "name a file of GeoJSON, such as an earthquake feed"
    try:
        if source.stat().st_size > FILE_BYTES_MAX:
            raise InputError(
                [Finding("hazards.file", "more than 256 MiB", "at most 256 MiB", "split the file", file=source.name)]
            )
        values = _parsed(source.read_bytes(), file=source.name, fix=fix)
    except OSError as error:
        raise InputError(
            [Finding("hazards.file", error.strerror or "no access", "a readable file", fix, file=str(source))]
        ) from error
    items = values.get("features") if isinstance(values, Mapping) else values
    if not isinstance(items, list):
        allowed = "a FeatureCollection or a list of records"
        raise InputError([Finding("hazards.file", "neither features nor a list", allowed, fix, file=source.name)])
    return items


def _parsed(content: bytes, *, file: str, fix: str) -> Any:
    """Return what a file holds, or say in words what it is instead of JSON."""
    try:
        text = content.decode("utf-8-sig")
        if text.strip():
            return json.loads(text)
        found = "an empty file"
        fix = f"fetch the feed again, or {fix}"
    except UnicodeDecodeError as error:
        found = f"a file that is no text in UTF-8, from byte {error.start:,} on"
    except json.JSONDecodeError as error:
        found = f"text that is no JSON, from line {error.lineno}, column {error.colno} on"
    except RecursionError:
        found = "lists within lists, too deep to be a feed"
    except ValueError:
        found = "a number with too many digits"
    raise InputError([Finding("hazards.file", found, "JSON in UTF-8: a FeatureCollection or a list of records", fix, file=file)])


class _Reader:
    """Reads one record and says what is wrong with it."""

    def __init__(self, file: str, number: int, findings: list[Finding]) -> None:
        self.place, self.findings, self.is_unmeasured = f"{file}, record {number}", findings, False

    def record(self, item: Any) -> HazardRecord | None:
        """Return the record, or None where something is wrong or an earthquake has no magnitude."""
        if not isinstance(item, Mapping):
            self._wrong("record", item, allowed="an object")
            return None
        before = len(self.findings)
        properties = item.get("properties") if "geometry" in item else item
        if not isinstance(properties, Mapping):
            self._wrong("properties", properties, allowed="an object")
            return None
        name = item.get("id", properties.get("id"))
        if not isinstance(name, str | int) or isinstance(name, bool) or str(name) == "":
            self._wrong("id", name, allowed="a text that names the event", fix="give every event an id")
        is_quake = "mag" in properties
        magnitude = self._number(properties, "mag", low=-2.0, high=10.0) if is_quake else None
        self.is_unmeasured = is_quake and properties.get("mag") is None
        where, areas = self._where(item, properties)
        radius = None
        if where is not None and not areas and not is_quake:
            radius = self._number(properties, "radius_km", low=0.0, high=20_040.0, is_needed=True)
        severity = self._number(properties, "severity", low=0.0, high=1.0)
        times = [self._time(properties, key) for key in ("time", "updated")]
        if len(self.findings) > before or where is None or self.is_unmeasured:
            return None
        longitude, latitude, depth = where
        return HazardRecord(
            id=str(name),
            kind=str(properties.get("kind") or properties.get("type") or ("earthquake" if is_quake else "hazard")),
            time=times[0],
            updated=times[1],
            place=str(properties.get("place") or properties.get("name") or ""),
            latitude=latitude,
            longitude=longitude,
            depth_km=depth,
            magnitude=magnitude,
            radius_km=radius,
            areas=areas,
            severity=1.0 if severity is None else severity,
        )

    def _where(
        self, item: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> tuple[tuple[float, float, float] | None, tuple[Area, ...]]:
        """Return longitude, latitude and depth, and the areas."""
        if "geometry" not in item:
            point = [properties.get("lon"), properties.get("lat"), properties.get("depth_km") or 0.0]
            return self._point(point), ()
        geometry = item["geometry"]
        kind = geometry.get("type") if isinstance(geometry, Mapping) else None
        if kind == "Point":
            return self._point(geometry.get("coordinates")), ()
        if kind not in ("Polygon", "MultiPolygon"):
            self._wrong("geometry", kind, allowed="Point, Polygon or MultiPolygon")
            return None, ()
        coordinates = geometry.get("coordinates")
        polygons = [coordinates] if kind == "Polygon" else coordinates
        areas = tuple(self._area(polygon) for polygon in polygons) if isinstance(polygons, list) and polygons else ()
        if not areas or not all(areas):
            self._wrong("geometry", "a polygon without rings", allowed="closed rings of four positions or more")
            return None, ()
        outer = [corner for area in areas for corner in area[0]]
        middle = (sum(corner[0] for corner in outer) / len(outer), sum(corner[1] for corner in outer) / len(outer), 0.0)
        return middle, areas

    def _area(self, rings: Any) -> Area:
        """Return the rings of a polygon; nothing where one of them is no closed line."""
        found: list[Ring] = []
        for ring in rings if isinstance(rings, list) else []:
            corners = [self._point(corner) for corner in ring] if isinstance(ring, list) else []
            known = [corner[:2] for corner in corners if corner is not None]
            if len(known) < 4 or len(known) != len(corners) or known[0] != known[-1]:
                return ()
            if any(HALF_WAY < abs(one[0] - other[0]) < ACROSS for one, other in pairwise(known)):
                allowed = "sides of at most 180 degrees of longitude"
                self._wrong("geometry", "a side of more", allowed=allowed, fix="add corners between")
                return ()
            found.append(tuple(known))
        return tuple(found)

    def _point(self, value: Any) -> tuple[float, float, float] | None:
        numbers = list(value) if isinstance(value, list | tuple) else []
        if len(numbers) < 2 or not all(_is_number(number) for number in numbers[:3] if number is not None):
            self._wrong("coordinates", value, allowed="longitude, latitude and, if known, depth in km")
            return None
        longitude, latitude = numbers[:2]
        depth = numbers[2] if len(numbers) > 2 and numbers[2] is not None else 0.0
        if not (_is_number(longitude) and _is_number(latitude)) or not (-180 <= longitude <= 360 and -90 <= latitude <= 90):
            fix = "GeoJSON has the longitude first"
            self._wrong("coordinates", value, allowed="longitude -180 to 360, latitude -90 to 90", fix=fix)
            return None
        return float(longitude), float(latitude), max(float(depth), 0.0)

    def _number(self, values: Mapping[str, Any], key: str, *, low: float, high: float, is_needed: bool = False) -> float | None:
        value: Any = values.get(key)
        if value is None and not is_needed:
            return None
        if not _is_number(value) or not low <= value <= high:
            self._wrong(key, value, allowed=f"a number from {low:g} to {high:g}")
            return None
        return float(value)

    def _time(self, values: Mapping[str, Any], key: str) -> datetime | None:
        value = values.get(key, values.get(f"{key}_ms"))
        if value is None:
            return None
        try:
            if _is_number(value):
                return EPOCH + timedelta(milliseconds=float(value))
            if isinstance(value, str):
                found = datetime.fromisoformat(value)
                return found if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
        self._wrong(key, value, allowed="milliseconds since 1970, or a time such as 2026-03-01T12:00:00Z")
        return None

    def _wrong(self, column: str, value: Any, *, allowed: str, fix: str = "") -> None:
        found = "nothing" if value is None else str(value)[:100]
        self.findings.append(Finding("hazards.value", found, allowed, fix, file=self.place, column=column))


def _is_number(value: Any) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < HUGE
    return isinstance(value, float) and math.isfinite(value)
