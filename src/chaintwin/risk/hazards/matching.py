"""Which sites and lanes a hazard event touches: by distance, by area, and by how vulnerable they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.ingest.hazards.records import HazardRecord
from chaintwin.network.geography import place_sites
from chaintwin.network.geography.sphere import great_circle_km
from chaintwin.network.network import Network
from chaintwin.risk.hazards.areas import within
from chaintwin.risk.hazards.shaking import REACH_KM, STRONGEST, WEAKEST, shaking

Floats = NDArray[np.float64]

LEAST_CHANCE = 0.01
"""Chance below which nothing is said: no hit."""

STEP_KM = 25.0
"""Distance of the places along a road or railway that are looked at."""

OVERLAND = ("road", "rail")
"""Modes whose way is looked at; sea and air lanes are touched at their ends."""

SCHEMA = pl.Schema(
    {
        "hazard_id": pl.String(),
        "kind": pl.String(),
        "time": pl.Datetime("ms", "UTC"),
        "object_kind": pl.String(),
        "object_id": pl.String(),
        "place": pl.String(),
        "distance_km": pl.Float64(),
        "intensity": pl.Float64(),
        "severity": pl.Float64(),
        "chance": pl.Float64(),
        "is_extrapolated": pl.Boolean(),
    }
)


@dataclass(frozen=True, slots=True)
class Matches:
    """What hazard events touch.

    Parameters
    ----------
    table : one row for each event and what it touches, sites before lanes, the likeliest first: ``hazard_id``, ``kind``,
        ``time``, ``object_kind`` (site or lane), ``object_id``, ``place`` (of the event), ``distance_km`` (to the epicenter or
        point; 0 inside an area), ``intensity`` (Modified Mercalli, of earthquakes), ``severity`` (of others, 0 to 1),
        ``chance`` (of being out), ``is_extrapolated`` (farther, weaker or stronger than the equation was fitted for).
    unplaced : sites whose position nobody knows.
    """

    table: pl.DataFrame
    unplaced: tuple[str, ...]


def match_hazards(
    network: Network,
    records: Sequence[HazardRecord],
    *,
    vulnerability: Mapping[str, float] | float = 1.0,
    least: float = LEAST_CHANCE,
) -> Matches:
    """Return the sites and lanes that events touch.

    An earthquake puts a site out with the probability of an intensity of VI or more there, times its vulnerability; a point or an
    area with its severity times the vulnerability of what lies inside. A lane is as likely to be out as the likelier of its ends;
    one by road or rail also as the likeliest place on the shortest way between them.

    Parameters
    ----------
    network : tables without errors.
    records : events.
    vulnerability : 0 to 1, one for all or by site, 1 for those not named. Between its ends a lane has the larger one of theirs.
    least : chance below which nothing is said, 0 to 1.

    Raises
    ------
    UsageError
        A vulnerability or ``least`` is out of range, or a site is unknown.
    """
    sites = place_sites(network["sites"]).with_columns(pl.col("site_id").cast(pl.String))
    names = sites["site_id"].to_list()
    weak = _vulnerability(names, vulnerability)
    if not 0 <= least <= 1:
        raise UsageError(f"least chance: found {least:g}; allowed: 0 to 1")
    at = {name: number for number, name in enumerate(names)}
    latitude, longitude = (sites[name].cast(pl.Float64).to_numpy().copy() for name in ("latitude", "longitude"))
    lanes = network["lanes"].select(*(pl.col(name).cast(pl.String) for name in ("lane_id", "from_site", "to_site", "mode")))
    ends = np.array([[at[start], at[end]] for _, start, end, _ in lanes.iter_rows()], dtype=np.int64).reshape(-1, 2)
    ways = _Ways.of(lanes, ends, latitude=latitude, longitude=longitude)
    found = []
    for record in records:
        on_sites = _touched(record, latitude, longitude=longitude).times(weak)
        found.append(_rows(record, "site", names, touched=on_sites, least=least))
        if lanes.height:
            on_way = _touched(record, ways.latitude, longitude=ways.longitude)
            between = ways.worst(on_way, lanes=lanes.height).times(weak[ends].max(axis=1))
            on_lanes = on_sites.at(ends).or_likelier(between)
            found.append(_rows(record, "lane", lanes["lane_id"].to_list(), touched=on_lanes, least=least))
    table = pl.concat([pl.DataFrame(schema=SCHEMA), *found]).sort(
        [pl.col("object_kind") == "lane", -pl.col("chance"), "hazard_id", "object_id"]
    )
    unplaced = tuple(name for name, north in zip(names, latitude.tolist(), strict=True) if not math.isfinite(north))
    return Matches(table, unplaced)


@dataclass(frozen=True, slots=True)
class _Touched:
    """Chance, distance and intensity at some places; a chance of 0 where the position is unknown."""

    chance: Floats
    distance: Floats
    intensity: Floats

    def times(self, factor: Floats) -> _Touched:
        """Return the same with every chance multiplied."""
        return _Touched(self.chance * factor, self.distance, self.intensity)

    def at(self, ends: NDArray[np.int64]) -> _Touched:
        """Return what holds at the likelier of two places for each row of ``ends``."""
        which = np.argmax(self.chance[ends], axis=1)
        chosen = np.take_along_axis(ends, which[:, None], axis=1)[:, 0]
        return _Touched(self.chance[chosen], self.distance[chosen], self.intensity[chosen])

    def or_likelier(self, other: _Touched) -> _Touched:
        """Return, place by place, the likelier of two."""
        takes = other.chance > self.chance
        pairs = zip((self.chance, self.distance, self.intensity), (other.chance, other.distance, other.intensity), strict=True)
        return _Touched(*(np.where(takes, theirs, mine) for mine, theirs in pairs))


@dataclass(frozen=True, slots=True)
class _Ways:
    """Places on the ways of lanes by road and rail, and the lane of each."""

    lane: NDArray[np.int64]
    latitude: Floats
    longitude: Floats

    @staticmethod
    def of(lanes: pl.DataFrame, ends: NDArray[np.int64], *, latitude: Floats, longitude: Floats) -> _Ways:
        """Return places every STEP_KM along the great circle between the ends."""
        known = np.isfinite(latitude[ends]).all(axis=1) if ends.size else np.zeros(0, dtype=bool)
        chosen = np.flatnonzero(lanes["mode"].is_in(OVERLAND).fill_null(value=False).to_numpy() & known)
        first, last = (_unit(latitude[ends[chosen, side]], longitude[ends[chosen, side]]) for side in (0, 1))
        angle = np.arccos(np.clip((first * last).sum(axis=1), -1.0, 1.0))
        counts = np.ceil(angle * 6371.0 / STEP_KM).astype(np.int64) + 1
        owner = np.repeat(np.arange(chosen.size), counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        share = ((np.arange(owner.size) - before) / np.maximum(counts[owner] - 1, 1))[:, None]
        # The straight line between two places, brought back to the surface, runs along their great circle.
        place = first[owner] * (1 - share) + last[owner] * share
        place /= np.maximum(np.linalg.norm(place, axis=1, keepdims=True), 1e-12)
        north = np.degrees(np.arcsin(np.clip(place[:, 2], -1.0, 1.0)))
        return _Ways(chosen[owner], north, np.degrees(np.arctan2(place[:, 1], place[:, 0])))

    def worst(self, touched: _Touched, *, lanes: int) -> _Touched:
        """Return what holds at the likeliest place of each lane; nothing on lanes without places."""
        order = np.lexsort((touched.distance, -touched.chance, self.lane))
        _, first = np.unique(self.lane[order], return_index=True)
        at = order[first]
        found = [np.zeros(lanes), np.full(lanes, np.nan), np.full(lanes, np.nan)]
        for array, values in zip(found, (touched.chance, touched.distance, touched.intensity), strict=True):
            array[self.lane[at]] = values[at]
        return _Touched(*found)


def _unit(latitude: Floats, longitude: Floats) -> Floats:
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


def _touched(record: HazardRecord, latitude: Floats, *, longitude: Floats) -> _Touched:
    """Return chance, distance and intensity of one event at some places."""
    east = (record.longitude + 180.0) % 360.0 - 180.0
    distance = great_circle_km(record.latitude, east, latitude_2=latitude, longitude_2=longitude)
    nothing = np.full(latitude.shape, np.nan)
    if record.areas:
        inside = within(record.areas, latitude, longitude=longitude)
        return _Touched(np.where(inside, record.severity, 0.0), np.where(inside, 0.0, distance), nothing)
    if record.magnitude is not None:
        felt = shaking(record.magnitude, np.nan_to_num(distance, nan=20_000.0), depth_km=record.depth_km)
        chance = np.where(np.isfinite(distance), felt.chance_of(), 0.0)
        return _Touched(chance, distance, felt.mean)
    reach = record.radius_km or 0.0
    near = np.nan_to_num(distance, nan=np.inf) <= reach
    return _Touched(np.where(near, record.severity, 0.0), distance, nothing)


def _rows(record: HazardRecord, kind: str, names: list[str], *, touched: _Touched, least: float) -> pl.DataFrame:
    chance = touched.chance
    chosen = np.flatnonzero((chance >= least) & (chance > 0))
    distance = touched.distance[chosen]
    return pl.DataFrame(
        {
            "hazard_id": [record.id] * chosen.size,
            "kind": [record.kind] * chosen.size,
            "time": [record.time] * chosen.size,
            "object_kind": [kind] * chosen.size,
            "object_id": [names[number] for number in chosen.tolist()],
            "place": [record.place] * chosen.size,
            "distance_km": distance,
            "intensity": pl.Series(touched.intensity[chosen], nan_to_null=True),
            "severity": pl.Series([record.severity if record.magnitude is None else None] * chosen.size, dtype=pl.Float64),
            "chance": chance[chosen],
            "is_extrapolated": _is_beyond(record) | ((distance > REACH_KM) & (record.magnitude is not None)),
        },
        schema=SCHEMA,
    )


def _is_beyond(record: HazardRecord) -> bool:
    """Tell whether an earthquake is weaker or stronger than those the equation was fitted to."""
    return record.magnitude is not None and not WEAKEST <= record.magnitude <= STRONGEST


def _vulnerability(names: list[str], given: Mapping[str, float] | float) -> Floats:
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise UsageError(f"vulnerability: found site {unknown[0]}; allowed: a site of the network")
        values = {name: float(given.get(name, 1.0)) for name in names}
    else:
        values = dict.fromkeys(names, float(given))
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise UsageError(f"vulnerability of {name}: found {value:g}; allowed: 0 to 1")
    return np.array(list(values.values()), dtype=np.float64)
