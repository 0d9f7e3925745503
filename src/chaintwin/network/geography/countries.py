"""Countries: ISO codes, names as people write them, main city and capital."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Country:
    """A country or territory with an ISO 3166 code (and Kosovo, XK).

    Parameters
    ----------
    alpha2, alpha3, numeric : its codes.
    name : short English name.
    aliases : other names it goes by in tables.
    continent, region : continent, and subregion of the United Nations' standard M49.
    main_city, latitude, longitude : its most populous city and where that is, degrees: where a site stands of which only
        the country is known.
    time_zone, currency : IANA time zone of the main city, ISO 4217 currency.
    capital, capital_latitude, capital_longitude : seat of government, degrees.
    """

    alpha2: str
    alpha3: str
    numeric: str
    name: str
    aliases: tuple[str, ...]
    continent: str
    region: str
    main_city: str
    latitude: float
    longitude: float
    time_zone: str
    currency: str
    capital: str
    capital_latitude: float
    capital_longitude: float

    @property
    def code(self) -> str:
        """The alpha-2 code, so that all kinds of places are asked alike."""
        return self.alpha2


@cache
def all_countries() -> tuple[Country, ...]:
    """List the 250 countries and territories, sorted by alpha-2 code."""
    listed = []
    with (DATA / "countries.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            if row[0] == "alpha2":
                continue
            aliases = tuple(alias for alias in row[4].split(";") if alias)
            place = (row[7], float(row[8]), float(row[9]))
            seat = (row[12], float(row[13]), float(row[14]))
            listed.append(Country(row[0], row[1], row[2], row[3], aliases, row[5], row[6], *place, row[10], row[11], *seat))
    return tuple(listed)


def find_country(text: str) -> Country | None:
    """Return the country meant by a code or name, None if unknown.

    Parameters
    ----------
    text : alpha-2 or alpha-3 code, name or alias; case, accents and punctuation do not matter.

    Example
    -------
    >>> [find_country(text).alpha2 for text in ("Congo, DRC", "Cote d'Ivoire", "USA", "vn", "Swaziland")]
    ['CD', 'CI', 'US', 'VN', 'SZ']
    """
    return _by_key().get(name_key(text))


def country_in_text(text: str) -> Country | None:
    """Return the country that an address or a company's site name mentions, None if none or more than one do.

    Parameters
    ----------
    text : free text. Names count anywhere; codes count only as the last word and in capitals, because words such as "in"
        and "de" are common, and not if they are also the legal form of a company (AG, AS, BV, CO, SA, SE).

    Example
    -------
    >>> [country_in_text(text).alpha2 for text in ("Cipla, Goa, India", "GSK Ware (UK)", "Hetero Unit III Hyderabad IN")]
    ['IN', 'GB', 'IN']
    """
    words = name_key(text).split()
    names = _by_key()
    found: dict[str, Country] = {}
    start = 0
    while start < len(words):
        # The longest name that starts here wins: South Sudan is not Sudan, Guinea-Bissau not Guinea.
        for end in range(min(len(words), start + _LONGEST_NAME_WORDS), start, -1):
            name = " ".join(words[start:end])
            country = names.get(name)
            if country is not None and (len(name) > 3 or name in ("usa", "uae", "drc")):
                found[country.alpha2] = country
                start = end - 1
                break
        start += 1
    if not found:
        last = re.findall(r"[A-Za-z]+", text.replace(".", ""))[-1:]
        is_code = bool(last) and last[0].isupper() and len(last[0]) in (2, 3) and last[0] not in _LEGAL_FORMS
        return find_country(last[0]) if is_code else None
    return next(iter(found.values())) if len(found) == 1 else None


def name_key(text: str) -> str:
    """Return the form of a name in which spellings are compared: no case, accents, punctuation or leading article."""
    bare = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter)).casefold()
    # Dots and apostrophes vanish (U.S.A., d'Ivoire), other punctuation parts words.
    bare = re.sub(r"[.'’`´‘]", "", bare).replace("&", " and ")
    words = re.sub(r"[^\w]+", " ", bare).split()
    return " ".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)


_LONGEST_NAME_WORDS = 6
_LEGAL_FORMS = ("AG", "AS", "BV", "CO", "SA", "SE")


@cache
def _by_key() -> dict[str, Country]:
    keys: dict[str, Country] = {}
    # Weak keys first, so that a stronger one of another country overwrites them: a code before an alias, a name before both.
    for country in all_countries():
        keys |= {name_key(alias): country for alias in country.aliases}
    for country in all_countries():
        keys[country.alpha3.casefold()] = country
        keys[country.alpha2.casefold()] = country
    for country in all_countries():
        keys[name_key(country.name)] = country
    return keys
