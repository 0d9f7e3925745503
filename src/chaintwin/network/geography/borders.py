"""Which country a coordinate lies in, from the polygons of Natural Earth (1:50 million)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.network.geography.countries import DATA, all_countries, find_country
from chaintwin.network.geography.sphere import Floats, checked_positions, haversine_km

TOLERANCE_KM = 30.0
"""How far off its country a site may seem to lie.

The map is generalized by a few km, leaves out small islands, and quays and anchorages lie off the coast; coordinates of
sites are often those of the nearest town, rounded to a tenth of a degree.
"""

Numbers = NDArray[np.int64]

_BANDS = 720
_BAND_DEGREES = 180.0 / _BANDS
_CELLS_AT_ONCE = 4_000_000  # Bounds the memory of one step to about 30 MB an array.
_KM_PER_DEGREE = 111.195  # One degree of a great circle of the mean earth.

# Declared on the left, found on the right: the declared state's own territories are found by ISO code, and where a
# border is disputed the map shows who holds the ground, which a table of sites need not follow.
_ACCEPTED = {
    "AU": "CC CX HM NF",
    "CN": "HK MO",
    "DK": "FO GL",
    "FI": "AX",
    "FR": "BL GF GP MF MQ NC PF PM RE TF WF YT",
    "GB": "AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG",
    "MA": "EH",
    "EH": "MA",
    "NL": "AW BQ CW SX",
    "NO": "BV SJ",
    "NZ": "CK NU TK",
    "PS": "IL",
    "RS": "XK",
    "XK": "RS",
    "US": "AS GU MP PR UM VI",
}
# Crimea: south, west, north, east. The map gives it to Russia, ISO 3166-2 to Ukraine.
_CRIMEA = (44.3, 32.4, 46.2, 36.7)


class Mistake(StrEnum):
    """How a wrong pair of coordinates probably came about."""

    SWAPPED = "latitude and longitude are swapped"
    LATITUDE_SIGN = "the sign of the latitude is wrong"
    LONGITUDE_SIGN = "the sign of the longitude is wrong"
    BOTH_SIGNS = "the signs of both are wrong"


@dataclass(frozen=True, slots=True, eq=False)
class CountryCheck:
    """What the map says about the declared countries of sites.

    Parameters
    ----------
    found : alpha-2 (n,) of the country at the position or within the tolerance of it, "" at sea and without coordinates.
    disagrees : whether (n,) the position is on land of another country, more than the tolerance off the declared one.
    at_sea : whether (n,) the position is at sea, more than the tolerance off any country.
    """

    found: NDArray[np.str_]
    disagrees: NDArray[np.bool_]
    at_sea: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """Country borders and coasts as edges, sorted into bands of latitude.

    Parameters
    ----------
    longitude_1, latitude_1, longitude_2, latitude_2 : ends (e,) of the edges, degrees; longitudes of one edge differ by less
        than 180, so that they can leave -180..180.
    left, right : polygon (e,) on the left and right hand of each edge, -1 for the sea.
    band_start, band_edges : the edges that touch band b are ``band_edges[band_start[b]:band_start[b + 1]]``; bands of a
        quarter degree from the south pole.
    countries : alpha-2 of each country.
    country, landmass : index of the country (p,) and number of the landmass (p,) of each polygon. Polygons belong to one
        landmass when freight can be driven from one to the other.
    """

    longitude_1: Floats
    latitude_1: Floats
    longitude_2: Floats
    latitude_2: Floats
    left: Numbers
    right: Numbers
    band_start: Numbers
    band_edges: Numbers
    countries: NDArray[np.str_]
    country: Numbers
    landmass: Numbers

    @staticmethod
    def load() -> Borders:
        """Return the vendored borders, read once in a process."""
        return _load()


def country_at(latitude: ArrayLike, longitude: ArrayLike, *, within_km: float = TOLERANCE_KM) -> NDArray[np.str_]:
    """Name the country of each position.

    Parameters
    ----------
    latitude, longitude : positions (n,), degrees, WGS84; NaN where unknown.
    within_km : a position at sea is given to the nearest land within this distance, km, 0 or more.

    Returns
    -------
    ISO alpha-2 codes (n,), "" at sea and where a coordinate is NaN.

    Raises
    ------
    UsageError : a coordinate is out of range.

    Example
    -------
    >>> country_at([-1.29, 51.92, 0.0], [36.82, 4.48, -30.0]).tolist()
    ['KE', 'NL', '']
    """
    north, east = _flat(latitude, longitude)
    polygon = polygons_at(north, east, within_km=within_km)
    return _codes_of(polygon, north=north, east=east, within_km=within_km)


def countries_disagree(
    latitude: ArrayLike, longitude: ArrayLike, *, declared: Sequence[str | None], tolerance_km: float = TOLERANCE_KM
) -> NDArray[np.bool_]:
    """Tell for each site whether its coordinates lie in another country than the declared one.

    Parameters
    ----------
    latitude, longitude : positions (n,), degrees; NaN where unknown.
    declared : country (n) of each site as a code or name; blank and unknown ones never disagree.
    tolerance_km : a position this close to the declared country agrees with it, km.

    Returns
    -------
    Whether (n,) the position is in another country.

    Example
    -------
    >>> countries_disagree([-1.29, -1.29], [36.82, 36.82], declared=["Kenya", "NO"]).tolist()
    [False, True]
    """
    return check_countries(latitude, longitude, declared=declared, tolerance_km=tolerance_km).disagrees


def check_countries(
    latitude: ArrayLike, longitude: ArrayLike, *, declared: Sequence[str | None], tolerance_km: float = TOLERANCE_KM
) -> CountryCheck:
    """Compare the coordinates of sites with their declared countries; see ``countries_disagree`` for the arguments."""
    north, east = _flat(latitude, longitude)
    if len(declared) != north.size:
        raise UsageError(f"declared: found {len(declared)} countries; allowed: {north.size}, one a position")
    codes = _declared_codes(declared)
    polygon = polygons_at(north, east, within_km=0.0)
    known = np.isfinite(north) & np.isfinite(east)
    inside = _codes_of(polygon, north=north, east=east, within_km=0.0)
    found = inside.copy()
    off = np.flatnonzero(known & (inside == ""))
    found[off] = country_at(north[off], east[off], within_km=tolerance_km)
    suspect = np.flatnonzero((found != "") & (codes != "") & (found != codes))
    accepted = [_is_accepted(codes[k], found[k], north=north[k], east=east[k]) for k in suspect.tolist()]
    suspect = suspect[~np.array(accepted, dtype=bool)]
    distance = _km_to_country(north[suspect], east[suspect], codes=codes[suspect], reach_km=tolerance_km)
    near = distance <= tolerance_km
    # On land the map is believed about who is there; a position at sea beside both countries takes the declared one.
    swap = suspect[near & (inside[suspect] == "")]
    found[swap] = codes[swap]
    disagrees = np.zeros(north.size, dtype=bool)
    disagrees[suspect[~near]] = True
    return CountryCheck(found, disagrees, known & (found == ""))


def likely_mistakes(latitude: ArrayLike, longitude: ArrayLike, *, declared: Sequence[str | None]) -> list[Mistake | None]:
    """Guess how wrong coordinates came about: which single slip would put the site into its declared country.

    Parameters
    ----------
    latitude, longitude : positions (n,), degrees, of sites that disagree with their country.
    declared : country (n) of each site as a code or name.

    Returns
    -------
    The slip (n), None where none explains the position.

    Example
    -------
    >>> likely_mistakes([4.48], [51.92], declared=["NL"])
    [<Mistake.SWAPPED: 'latitude and longitude are swapped'>]
    """
    north, east = _flat(latitude, longitude)
    codes = _declared_codes(declared)
    blank = np.full(north.size, np.nan)
    swappable = np.abs(east) <= 90
    tries = {
        Mistake.SWAPPED: (np.where(swappable, east, blank), np.where(swappable, north, blank)),
        Mistake.LATITUDE_SIGN: (-north, east),
        Mistake.LONGITUDE_SIGN: (north, -east),
        Mistake.BOTH_SIGNS: (-north, -east),
    }
    guesses: list[Mistake | None] = [None] * north.size
    for mistake, (new_north, new_east) in tries.items():
        fits = (country_at(new_north, new_east) == codes) & (codes != "")
        guesses = [mistake if fit and guess is None else guess for guess, fit in zip(guesses, fits.tolist(), strict=True)]
    return guesses


def polygons_at(latitude: Floats, longitude: Floats, *, within_km: float) -> Numbers:
    """Return the polygon (n,) each position lies in or, if at sea, the nearest one within some km; -1 if none."""
    borders = Borders.load()
    polygon = np.full(latitude.size, -1, dtype=np.int64)
    known = np.isfinite(latitude) & np.isfinite(longitude)
    for rows, edges in _by_band(borders, latitude, rows=np.flatnonzero(known), reach_degrees=0.0):
        x, y = longitude[rows, None], latitude[rows, None]
        y1, y2 = borders.latitude_1[edges], borders.latitude_2[edges]
        x1, x2 = borders.longitude_1[edges], borders.longitude_2[edges]
        crosses = (y1 <= y) != (y2 <= y)
        # The country is on the west side of the first edge met on the way east along the parallel, around the world.
        rise = np.where(y2 == y1, 1.0, y2 - y1)
        ahead = np.where(crosses, (x1 + (y - y1) * ((x2 - x1) / rise) - x) % 360.0, np.inf)
        first = ahead.argmin(axis=1)
        met = np.isfinite(ahead[np.arange(rows.size), first])
        edge = edges[first]
        west = np.where(borders.latitude_2[edge] > borders.latitude_1[edge], borders.left[edge], borders.right[edge])
        polygon[rows] = np.where(met, west, -1)
    # No edge crosses the parallels nearest to the south pole, which are all land.
    polygon[known & (latitude < -85.0)] = _antarctic(borders)
    at_sea = np.flatnonzero(known & (polygon < 0))
    if within_km > 0 and at_sea.size:
        distance, edge = _nearest_edges(latitude[at_sea], longitude[at_sea], reach_km=within_km)
        land = np.where(borders.left[edge] >= 0, borders.left[edge], borders.right[edge])
        polygon[at_sea] = np.where(distance <= within_km, land, -1)
    return polygon


def _codes_of(polygon: Numbers, *, north: Floats, east: Floats, within_km: float) -> NDArray[np.str_]:
    borders = Borders.load()
    codes = np.where(polygon >= 0, borders.countries[borders.country[polygon]], "")
    # Tuvalu and other specks are not on the map; their main city stands for them, at sea only.
    at_sea = np.flatnonzero((codes == "") & np.isfinite(north) & np.isfinite(east))
    for code, latitude, longitude in _specks() if within_km > 0 and at_sea.size else ():
        km = haversine_km(north[at_sea], east[at_sea], latitude_2=np.array(latitude), longitude_2=np.array(longitude))
        codes[at_sea[km <= within_km]] = code
    return codes.astype("<U2")


def _nearest_edges(north: Floats, east: Floats, *, reach_km: float, allowed: Numbers | None = None) -> tuple[Floats, Numbers]:
    """Return the distance (n,) in km to the nearest edge within reach, else infinity, and the edge (n,).

    ``allowed`` (n,) keeps only edges of one country, given by index, for each position.
    """
    borders = Borders.load()
    best = np.full(north.size, np.inf)
    best_edge = np.zeros(north.size, dtype=np.int64)
    reach_degrees = reach_km / _KM_PER_DEGREE
    left = np.where(borders.left >= 0, borders.country[borders.left], -1)
    right = np.where(borders.right >= 0, borders.country[borders.right], -1)
    for rows, edges in _by_band(borders, north, rows=np.arange(north.size), reach_degrees=reach_degrees):
        y = north[rows, None]
        # Near the site the earth is flat: x grows east and y north, in degrees of latitude, with the site as origin.
        shrink = np.cos(np.radians(y))
        x1 = ((borders.longitude_1[edges] - east[rows, None] + 180.0) % 360.0 - 180.0) * shrink
        x2 = x1 + (borders.longitude_2[edges] - borders.longitude_1[edges]) * shrink
        y1, y2 = borders.latitude_1[edges] - y, borders.latitude_2[edges] - y
        dx, dy = x2 - x1, y2 - y1
        along = np.clip(-(x1 * dx + y1 * dy) / np.maximum(dx * dx + dy * dy, 1e-18), 0.0, 1.0)
        gap = np.hypot(x1 + along * dx, y1 + along * dy) * _KM_PER_DEGREE
        if allowed is not None:
            mine = allowed[rows, None]
            gap = np.where((left[edges] == mine) | (right[edges] == mine), gap, np.inf)
        nearest = gap.argmin(axis=1)
        value = gap[np.arange(rows.size), nearest]
        better = value < best[rows]
        best[rows[better]] = value[better]
        best_edge[rows[better]] = edges[nearest[better]]
    return np.where(best <= reach_km, best, np.inf), best_edge


def _by_band(
    borders: Borders, latitude: Floats, *, rows: NDArray[np.intp], reach_degrees: float
) -> list[tuple[NDArray[np.intp], Numbers]]:
    """Pair groups of positions with the edges in their bands of latitude, in pieces that fit in memory."""
    band = np.clip(((latitude[rows] + 90.0) / _BAND_DEGREES).astype(np.int64), 0, _BANDS - 1)
    order = np.argsort(band, kind="stable")
    pieces = []
    for group in np.split(order, np.flatnonzero(np.diff(band[order])) + 1) if order.size else []:
        margin = int(np.ceil(reach_degrees / _BAND_DEGREES))
        low, high = max(int(band[group[0]]) - margin, 0), min(int(band[group[0]]) + margin, _BANDS - 1)
        edges = borders.band_edges[borders.band_start[low] : borders.band_start[high + 1]]
        edges = np.unique(edges) if margin else edges
        if edges.size:
            step = max(1, _CELLS_AT_ONCE // edges.size)
            pieces += [(rows[group[start : start + step]], edges) for start in range(0, group.size, step)]
    return pieces


def _km_to_country(north: Floats, east: Floats, *, codes: NDArray[np.str_], reach_km: float) -> Floats:
    borders = Borders.load()
    number = {str(code): index for index, code in enumerate(borders.countries.tolist())}
    allowed = np.array([number.get(str(code), -2) for code in codes.tolist()], dtype=np.int64)
    distance, _ = _nearest_edges(north, east, reach_km=reach_km, allowed=allowed)
    for code, latitude, longitude in _specks():
        mine = np.flatnonzero(codes == code)
        km = haversine_km(north[mine], east[mine], latitude_2=np.array(latitude), longitude_2=np.array(longitude))
        distance[mine] = np.minimum(distance[mine], km)
    return distance


def _is_accepted(declared: str, found: str, *, north: float, east: float) -> bool:
    if found in _ACCEPTED.get(declared, "").split():
        return True
    south, west, top, end = _CRIMEA
    return declared == "UA" and found == "RU" and south <= north <= top and west <= east <= end


def _declared_codes(declared: Sequence[str | None]) -> NDArray[np.str_]:
    known: dict[str | None, str] = {None: ""}
    for text in set(declared) - {None}:
        country = find_country(text or "")
        known[text] = country.alpha2 if country else ""
    return np.array([known[text] for text in declared], dtype="<U2")


def _flat(latitude: ArrayLike, longitude: ArrayLike) -> tuple[Floats, Floats]:
    north, east = checked_positions(latitude, longitude)
    north, east = np.broadcast_arrays(np.atleast_1d(north), np.atleast_1d(east))
    return north, east


@cache
def _specks() -> tuple[tuple[str, float, float], ...]:
    """Return code and main city of the countries whose main city the map leaves out."""
    countries = all_countries()
    latitude = np.array([one.latitude for one in countries])
    longitude = np.array([one.longitude for one in countries])
    borders = Borders.load()
    polygon = polygons_at(latitude, longitude, within_km=TOLERANCE_KM)
    drawn = np.where(polygon >= 0, borders.countries[borders.country[polygon]], "").tolist()
    left_out = [one for one, code in zip(countries, drawn, strict=True) if code != one.alpha2]
    return tuple((one.alpha2, one.latitude, one.longitude) for one in left_out)


def _antarctic(borders: Borders) -> int:
    """Return the polygon of the Antarctic mainland, the largest one of the country by its number of edges."""
    codes = borders.countries[borders.country]
    sizes = np.bincount(borders.left[borders.left >= 0], minlength=codes.size)
    sizes = sizes + np.bincount(borders.right[borders.right >= 0], minlength=codes.size)
    return int(np.where(codes == "AQ", sizes, -1).argmax())


@cache
def _load() -> Borders:
    with np.load(DATA / "borders.npz") as file:
        data = {name: file[name] for name in file.files}
    folded = data["deltas"].transpose(0, 2, 1).copy().view(np.uint32)[:, :, 0].astype(np.int64)
    # The sign is the lowest bit.
    deltas = (folded >> 1) ^ -(folded & 1)
    lengths = data["arc_lengths"].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    # Each arc is a first point and steps from it, in steps of a fine grid.
    total = np.cumsum(deltas, axis=1)
    before = np.where(starts > 0, total[:, starts - 1], 0)
    grid = total - np.repeat(before, lengths, axis=1)
    x = grid[0] * data["scale"][0] + data["translate"][0]
    y = grid[1] * data["scale"][1] + data["translate"][1]
    is_step = np.ones(x.size, dtype=bool)
    is_step[starts] = False
    second = np.flatnonzero(is_step)
    first = second - 1
    # An edge over the antimeridian is made short by letting its second end run past 180.
    x2 = x[first] + (x[second] - x[first] + 180.0) % 360.0 - 180.0
    arc = np.repeat(np.arange(lengths.size), lengths)[second]
    low = np.clip(((np.minimum(y[first], y[second]) + 90.0) / _BAND_DEGREES).astype(np.int64), 0, _BANDS - 1)
    high = np.clip(((np.maximum(y[first], y[second]) + 90.0) / _BAND_DEGREES).astype(np.int64), 0, _BANDS - 1)
    spans = high - low + 1
    edge = np.repeat(np.arange(second.size), spans)
    band = np.repeat(low, spans) + np.arange(edge.size) - np.repeat(np.cumsum(spans) - spans, spans)
    order = np.argsort(band, kind="stable")
    band_start = np.concatenate([[0], np.cumsum(np.bincount(band, minlength=_BANDS))])
    countries, country = np.unique(data["country"].astype("<U2"), return_inverse=True)
    left, right = data["left"].astype(np.int64)[arc], data["right"].astype(np.int64)[arc]
    landmass = data["landmass"].astype(np.int64)
    return Borders(x[first], y[first], x2, y[second], left, right, band_start, edge[order], countries, country, landmass)
