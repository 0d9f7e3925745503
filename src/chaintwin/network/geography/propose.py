"""Proposed mode, distance, lead time and freight for lanes that lack them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.geography.countries import find_country
from chaintwin.network.geography.overland import landmass_at, sea_shares
from chaintwin.network.geography.places import place_sites
from chaintwin.network.geography.sea import Passage, SeaGraph
from chaintwin.network.geography.sphere import Floats, haversine_km, nearest_positions
from chaintwin.network.geography.terminals import Harbors, Port, no_harbors, sea_harbors
from chaintwin.network.geography.transport import Mode, ModeDefaults, find_mode, mode_defaults

VALUE_PER_KG = 2.0
"""Value of goods, US dollars a kg, where the lane says nothing: about what a tonne in a container is worth. Unverified."""

TIME_COST_SHARE_PER_DAY = 0.006
"""What a day on the way costs, as a share of the value of the goods: the low end of Hummels and Schaur's 0.6 to 2.1 %."""

AIR_KM_MIN = 500.0
"""Shorter lanes are not flown: airports would take longer than the road."""

ROAD_ONLY_KM = 800.0
"""Shorter lanes over land are driven; rail and ships are only looked at beyond."""

PORT_ROAD_KM_MAX = 2000.0
"""A site farther than this (great circle) from a port is not served by sea."""

OWN_HARBOR_KM_MAX = 400.0
"""An island without a listed port ships from the site itself if open water of the sea graph is this near."""

OVER_WATER_SHARE_MAX, OVER_WATER_KM_MAX = 0.4, 30.0
"""A straight line over more water than both allow is no land route: the road would go far around."""

FERRY_KM_MAX, FERRY_WATER_KM_MAX = 500.0, 200.0
"""A lane no longer than the one with no more water than the other may be driven, with a ferry over the water."""

# Countries with main-line freight trains across most of their area; elsewhere rail is proposed to nobody. Unverified.
_MAIN_LINES = (
    "AT AU AZ BE BG BR BY CA CH CN CZ DE DK EE ES FI FR GB GE HR HU IN IT KR KZ LT LU LV MN MX NL NO PL PT RO RS RU SE SI SK TR"
    " UA US UZ ZA"
)
_RAIL_COUNTRIES = frozenset(_MAIN_LINES.split())

_NONE = -1
_MODES = tuple(Mode)
_CHOICES = (Mode.ROAD, Mode.RAIL, Mode.SEA, Mode.AIR)


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Both ends of each lane: positions (n,), landmass (n,), harbor (n,) or -1, and km to it (n,).

    A harbor is an index into ``harbor_latitude`` and ``harbor_longitude``, which hold the ports and then the sites.
    """

    ports: tuple[Port, ...]
    latitude: tuple[Floats, Floats]
    longitude: tuple[Floats, Floats]
    harbor_latitude: Floats
    harbor_longitude: Floats
    landmass: tuple[NDArray[np.int64], NDArray[np.int64]]
    port: tuple[NDArray[np.int64], NDArray[np.int64]]
    port_km: tuple[Floats, Floats]
    country: tuple[NDArray[np.int64], NDArray[np.int64]]
    has_rail: NDArray[np.bool_]
    air_km: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """Each mode's way along each lane: km (m, n), of which driven to and from ports (m, n), whether it can be chosen (m, n).

    Also whether the lane can be driven without a ferry (n,).
    """

    km: Floats
    driven_km: Floats
    choosable: NDArray[np.bool_]
    overland: NDArray[np.bool_]


def propose_lanes(
    sites: pl.DataFrame,
    lanes: pl.DataFrame,
    *,
    period_hours: float,
    closures: frozenset[Passage] = frozenset(),
) -> pl.DataFrame:
    """Fill in the mode, distance, lead time and carbon factor of lanes that lack them, and mark what was filled in.

    The rule for a blank mode: of the modes that can be used, the one with the least freight, handling and time cost of a
    tonne, where a day costs TIME_COST_SHARE_PER_DAY of the goods' value. Over land a lane up to ROAD_ONLY_KM is driven unless
    it flies; trains run between countries with main lines; ships run from port to port but not within one country that can be
    crossed by land; a short stretch of water may be crossed by ferry; lanes of AIR_KM_MIN or more can be flown. So dear goods
    fly and cheap ones sail.

    Parameters
    ----------
    sites : one row a site: ``site_id`` and what ``place_sites`` reads.
    lanes : one row a lane: ``from_site``, ``to_site``; ``mode``, ``distance_km``, ``lead_time`` (periods; numbers or text),
        ``carbon_factor`` and ``value_per_kg`` (US dollars a kg, for choosing the mode) are read where present.
    period_hours : length of a period, hours, more than 0. Lead times are rounded up to whole periods, at least 1.
    closures : passages that ships cannot use.

    Returns
    -------
    The lanes in the same order with ``mode``, ``distance_km``, ``lead_time`` and ``carbon_factor`` (g/tkm) filled where
    possible and these columns: ``proposed_mode``, ``proposed_distance``, ``proposed_lead_time``, ``proposed_carbon`` (whether
    the value was filled in here); ``freight_cost_per_tonne`` (US dollars, freight and handling of the whole way);
    ``origin_port``, ``destination_port`` (of lanes by sea); ``proposal_note`` (why nothing or something odd was proposed).

    Raises
    ------
    UsageError : a column is missing or the period is not positive.

    Example
    -------
    >>> sites = pl.DataFrame({"site_id": ["dc", "plant"], "country": ["NL", "CN"]})
    >>> lanes = pl.DataFrame({"from_site": ["plant"], "to_site": ["dc"]})
    >>> propose_lanes(sites, lanes, period_hours=24)["mode"].to_list()
    ['sea']

    Source
    ------
    Hummels, D. and Schaur, G. (2013), "Time as a trade barrier", American Economic Review 103(7), 2935-2959.
    """
    _check(sites, lanes, period_hours=period_hours)
    placed = place_sites(sites)
    index = {site: row for row, site in enumerate(placed["site_id"].cast(pl.String).to_list())}
    ends = [
        np.array([index.get(site, _NONE) for site in lanes[name].cast(pl.String).to_list()], dtype=np.int64)
        for name in ("from_site", "to_site")
    ]
    texts = lanes["mode"].cast(pl.String).to_list() if "mode" in lanes.columns else [None] * lanes.height
    words = {text: find_mode(text) for text in set(texts) if text and text.strip()}
    given = np.array([_MODES.index(mode) if (mode := words.get(text)) else _NONE for text in texts], dtype=np.int64)
    blank = np.array([not (text and text.strip()) for text in texts], dtype=bool)

    # Lanes of different products share their ends, so each pair of places is worked out once.
    pair, lane_pair = np.unique((ends[0] + 1) * (placed.height + 1) + ends[1] + 1, return_inverse=True)
    sample = np.zeros(pair.size, dtype=np.int64)
    sample[lane_pair] = np.arange(lanes.height)
    wants_sea = np.zeros(pair.size, dtype=bool)
    wants_sea[lane_pair[given == _MODES.index(Mode.SEA)]] = True
    # Harbors take as long to load as all the rest, and lanes whose mode is given seldom go by sea.
    harbors = sea_harbors() if (blank | (given == _MODES.index(Mode.SEA))).any() else no_harbors()
    both = _ends(placed, harbors, first=ends[0][sample], second=ends[1][sample])
    ways = _ways(both, closures=closures, wants_sea=wants_sea)

    value = _column(lanes, "value_per_kg", default=VALUE_PER_KG)
    chosen = np.where(blank, _cheapest(ways, lane_pair, value_per_kg=value), given)
    return _filled(lanes, chosen, blank=blank, ways=ways, both=both, lane_pair=lane_pair, period_hours=period_hours)


def _ends(placed: pl.DataFrame, harbors: Harbors, *, first: NDArray[np.int64], second: NDArray[np.int64]) -> _Ends:
    latitude = np.append(placed["latitude"].to_numpy().astype(np.float64), np.nan)
    longitude = np.append(placed["longitude"].to_numpy().astype(np.float64), np.nan)
    known = np.isfinite(latitude) & np.isfinite(longitude)
    land = np.full(latitude.size, _NONE, dtype=np.int64)
    land[known] = landmass_at(latitude[known], longitude[known])
    port, port_km = _site_ports(latitude, longitude, land=land, harbors=harbors)
    texts = [*placed["country"].to_list(), None]
    codes = {text: one.alpha2 if (one := find_country(text)) else text for text in set(texts) if text}
    numbers = {code: number for number, code in enumerate(sorted(set(codes.values())))}
    country = np.array([numbers[codes[text]] if text else _NONE for text in texts], dtype=np.int64)
    rail = np.array([bool(text) and codes[text] in _RAIL_COUNTRIES for text in texts])
    # An end that is no known site is -1, which picks the blank row appended above.
    lat, lon = (latitude[first], latitude[second]), (longitude[first], longitude[second])
    air_km = haversine_km(lat[0], lon[0], latitude_2=lat[1], longitude_2=lon[1])
    return _Ends(
        harbors.ports,
        lat,
        lon,
        np.append(harbors.latitude, latitude),
        np.append(harbors.longitude, longitude),
        (land[first], land[second]),
        (port[first], port[second]),
        (port_km[first], port_km[second]),
        (country[first], country[second]),
        rail[first] & rail[second],
        air_km,
    )


def _site_ports(
    latitude: Floats, longitude: Floats, *, land: NDArray[np.int64], harbors: Harbors
) -> tuple[NDArray[np.int64], Floats]:
    """Return the harbor each site sends freight through, -1 if none, and the straight km to it; see ``_Ends``."""
    if not harbors.ports:
        return np.full(latitude.size, _NONE, dtype=np.int64), np.full(latitude.size, np.inf)
    harbor_land = landmass_at(harbors.latitude, harbors.longitude)
    port = np.full(latitude.size, _NONE, dtype=np.int64)
    port_km = np.full(latitude.size, np.inf)
    # The nearest port with liner services on the same land; on islands without one, any port.
    for usable in (harbors.is_liner, np.ones(len(harbors.ports), dtype=bool)):
        for number in np.unique(land[land >= 0]).tolist():
            near = usable & (harbor_land == number)
            rows = np.flatnonzero((land == number) & (port < 0))
            if not (near.any() and rows.size):
                continue
            index, km = nearest_positions(latitude[rows], longitude[rows], among=harbors.vectors[near])
            close = km <= PORT_ROAD_KM_MAX
            port[rows[close]] = np.flatnonzero(near)[index[close]]
            port_km[rows[close]] = km[close]
    alone = np.flatnonzero(np.isfinite(latitude) & (port < 0) & ~np.isin(land, harbor_land[harbor_land >= 0]))
    _, km = nearest_positions(latitude[alone], longitude[alone], among=SeaGraph.load().vectors)
    alone = alone[km <= OWN_HARBOR_KM_MAX]
    port[alone] = len(harbors.ports) + alone
    port_km[alone] = 0.0
    return port, port_km


def _ways(ends: _Ends, *, closures: frozenset[Passage], wants_sea: NDArray[np.bool_]) -> _Ways:
    defaults = mode_defaults()
    air_km = ends.air_km
    count = air_km.size
    km = np.full((len(_MODES), count), np.nan)
    for mode in _MODES:
        if mode is not Mode.SEA:
            km[_MODES.index(mode)] = air_km * defaults[mode].circuity + defaults[mode].extra_km
    driven = np.zeros_like(km)
    known = np.isfinite(air_km)
    joined = known & (ends.landmass[0] == ends.landmass[1]) & (ends.landmass[0] >= 0)
    wet_km = np.full(count, np.inf)
    seen = joined | (air_km <= FERRY_KM_MAX)
    lat, lon = [end[seen] for end in ends.latitude], [end[seen] for end in ends.longitude]
    wet_km[seen] = sea_shares(lat[0], lon[0], latitude_2=lat[1], longitude_2=lon[1]) * air_km[seen]
    overland = joined & ((wet_km <= OVER_WATER_SHARE_MAX * air_km) | (wet_km <= OVER_WATER_KM_MAX))
    short = overland & (air_km <= ROAD_ONLY_KM)
    domestic = overland & (ends.country[0] == ends.country[1])
    sailable = known & (ends.port[0] >= 0) & (ends.port[1] >= 0) & (ends.port[0] != ends.port[1])
    routed = np.flatnonzero(sailable & (wants_sea | ~(short | domestic)))
    sea = _MODES.index(Mode.SEA)
    driven[sea, routed] = (ends.port_km[0] + ends.port_km[1])[routed] * defaults[Mode.ROAD].circuity
    km[sea, routed] = _sailed_km(ends, routed, closures=closures) + driven[sea, routed]

    choosable = np.zeros((len(_MODES), count), dtype=bool)
    choosable[_MODES.index(Mode.ROAD)] = overland | ((air_km <= FERRY_KM_MAX) & (wet_km > 0) & (wet_km <= FERRY_WATER_KM_MAX))
    choosable[_MODES.index(Mode.RAIL)] = overland & ~short & ends.has_rail
    choosable[sea] = np.isfinite(km[sea]) & ~short & ~domestic
    choosable[_MODES.index(Mode.AIR)] = known & (air_km >= AIR_KM_MIN)
    # A short hop that no ship can be routed for is left to a ferry too.
    choosable[_MODES.index(Mode.ROAD)] |= known & ~choosable.any(axis=0)
    return _Ways(km, driven, choosable, overland)


def _sailed_km(ends: _Ends, rows: NDArray[np.intp], *, closures: frozenset[Passage]) -> Floats:
    """Return the km by sea between the ports of some lanes, each pair of ports routed once; infinite if closed."""
    if not rows.size:
        return np.zeros(0)
    latitude, longitude = ends.harbor_latitude, ends.harbor_longitude
    one, other = ends.port[0][rows], ends.port[1][rows]
    key, where = np.unique(np.minimum(one, other) * latitude.size + np.maximum(one, other), return_inverse=True)
    start, end = np.divmod(key, latitude.size)
    km = SeaGraph.load().pair_distances_km(
        latitude[start],
        longitude[start],
        destination_latitude=latitude[end],
        destination_longitude=longitude[end],
        closures=closures,
    )
    return km[where]


def _cheapest(ways: _Ways, lane_pair: NDArray[np.intp], *, value_per_kg: Floats) -> NDArray[np.int64]:
    best = np.full(lane_pair.size, np.inf)
    chosen = np.full(lane_pair.size, _NONE, dtype=np.int64)
    for mode in _CHOICES:
        row = _MODES.index(mode)
        usable = ways.choosable[row] & np.isfinite(ways.km[row])
        cost, days, _ = _totals(mode_defaults()[mode], km=ways.km[row], driven_km=ways.driven_km[row])
        total = cost[lane_pair] + days[lane_pair] * TIME_COST_SHARE_PER_DAY * value_per_kg * 1000.0
        total = np.where(usable[lane_pair], total, np.inf)
        chosen[total < best] = row
        best = np.minimum(best, total)
    return chosen


def _totals(figures: ModeDefaults, *, km: Floats, driven_km: Floats) -> tuple[Floats, Floats, Floats]:
    """Return dollars a tonne, days and grams a tonne-km of ways of a mode, parts of which are driven."""
    road = mode_defaults()[Mode.ROAD]
    main_km = np.maximum(km - driven_km, 0.0)
    cost = main_km * figures.cost_per_tonne_km + driven_km * road.cost_per_tonne_km + figures.handling_cost_per_tonne
    days = main_km / figures.km_per_day + driven_km / road.km_per_day + figures.handling_days
    grams = main_km * figures.carbon_g_per_tonne_km + driven_km * road.carbon_g_per_tonne_km
    is_way = np.isfinite(km) & (km > 0)
    return cost, days, np.where(is_way, grams / np.where(is_way, km, 1.0), figures.carbon_g_per_tonne_km)


def _filled(
    lanes: pl.DataFrame,
    chosen: NDArray[np.int64],
    *,
    blank: NDArray[np.bool_],
    ways: _Ways,
    both: _Ends,
    lane_pair: NDArray[np.intp],
    period_hours: float,
) -> pl.DataFrame:
    given_km = _column(lanes, "distance_km", default=np.nan)
    km, cost, lead, grams = (np.full(lanes.height, np.nan) for _ in range(4))
    for number, mode in enumerate(_MODES):
        rows = np.flatnonzero(chosen == number)
        way = ways.km[number][lane_pair[rows]]
        way = np.where(np.isfinite(way), way, np.nan)
        driven = np.where(np.isnan(given_km[rows]), ways.driven_km[number][lane_pair[rows]], 0.0)
        km[rows] = np.where(np.isnan(given_km[rows]), way, given_km[rows])
        cost[rows], days, grams[rows] = _totals(mode_defaults()[mode], km=km[rows], driven_km=driven)
        # A hair of slack keeps 24.000000001 hours from becoming two days.
        lead[rows] = np.maximum(np.ceil(days * 24.0 / period_hours - 1e-9), 1.0)
    found = np.array([*(mode.value for mode in _MODES), None], dtype=object)[chosen]
    listed = [port.code for port in both.ports]
    ports = np.array([*listed, *[None] * (both.harbor_latitude.size - len(listed) + 1)], dtype=object)
    by_sea = (chosen == _MODES.index(Mode.SEA)) & np.isfinite(km)
    via = [ports[np.where(by_sea, end[lane_pair], _NONE)].tolist() for end in both.port]
    written = lanes["mode"].to_list() if "mode" in lanes.columns else [None] * lanes.height
    modes = [new if is_blank else old for new, old, is_blank in zip(found.tolist(), written, blank.tolist(), strict=True)]
    return lanes.with_columns(
        pl.Series("mode", modes, dtype=pl.String),
        pl.Series("proposed_mode", blank & (chosen >= 0)),
        *_fill(lanes, "distance_km", km, flag="proposed_distance"),
        *_fill(lanes, "lead_time", lead, flag="proposed_lead_time"),
        *_fill(lanes, "carbon_factor", grams, flag="proposed_carbon"),
        pl.Series("freight_cost_per_tonne", cost, nan_to_null=True),
        pl.Series("origin_port", via[0], dtype=pl.String),
        pl.Series("destination_port", via[1], dtype=pl.String),
        pl.Series("proposal_note", _notes(chosen, ways=ways, both=both, lane_pair=lane_pair, km=km), dtype=pl.String),
    )


def _notes(chosen: NDArray[np.int64], *, ways: _Ways, both: _Ends, lane_pair: NDArray[np.intp], km: Floats) -> list[str | None]:
    notes = np.full(chosen.size, None, dtype=object)
    driven = chosen == _MODES.index(Mode.ROAD)
    notes[driven & ~ways.overland[lane_pair]] = "no land route: a ferry is taken to carry the trucks"
    by_sea = chosen == _MODES.index(Mode.SEA)
    one, other = (end[lane_pair] for end in both.port)
    notes[by_sea & (np.maximum(one, other) >= len(both.ports))] = "no port is listed on the island: sails from the site"
    notes[by_sea & np.isnan(km)] = "no open sea route"
    notes[by_sea & np.isnan(km) & ((one < 0) | (other < 0))] = "no seaport in reach"
    notes[by_sea & np.isnan(km) & (one >= 0) & (one == other)] = "both ends use one port"
    notes[chosen == _NONE] = "mode is not one of the known words"
    notes[~np.isfinite(both.air_km)[lane_pair]] = "no position for a site of the lane"
    return list(notes)


def _fill(lanes: pl.DataFrame, name: str, values: Floats, *, flag: str) -> tuple[pl.Series, pl.Series]:
    """Return a column with its blanks filled and the flags of the filled cells; text stays text."""
    blank = _is_blank(lanes, name)
    is_filled = blank & np.isfinite(values)
    proposed = pl.Series(name, values, nan_to_null=True)
    if name == "lead_time":
        proposed = proposed.cast(pl.Int64)
    if name in lanes.columns and lanes[name].dtype != pl.Null:
        proposed = proposed.cast(lanes[name].dtype)
        proposed = proposed.zip_with(pl.Series(is_filled), lanes[name])
    return proposed, pl.Series(flag, is_filled)


def _is_blank(lanes: pl.DataFrame, name: str) -> NDArray[np.bool_]:
    if name not in lanes.columns:
        return np.ones(lanes.height, dtype=bool)
    column = lanes[name]
    blank = column.is_null()
    if column.dtype == pl.String:
        blank |= column.str.strip_chars().fill_null("") == ""
    elif column.dtype.is_float():
        blank |= column.is_nan().fill_null(value=True)
    return blank.to_numpy().astype(bool)


def _column(lanes: pl.DataFrame, name: str, *, default: float) -> Floats:
    if name not in lanes.columns:
        return np.full(lanes.height, default)
    values = lanes[name].cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, default)


def _check(sites: pl.DataFrame, lanes: pl.DataFrame, *, period_hours: float) -> None:
    for table, frame, names in (("sites", sites, ("site_id",)), ("lanes", lanes, ("from_site", "to_site"))):
        missing = [name for name in names if name not in frame.columns]
        if missing:
            raise UsageError(f"{table}: found no column {', '.join(missing)}; allowed: a frame with {', '.join(names)}")
    if not 0 < period_hours < np.inf:
        raise UsageError(f"period_hours: found {period_hours:g}; allowed: more than 0, finite")
