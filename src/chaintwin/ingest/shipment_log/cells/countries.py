"""Countries as a column of a log writes them: ISO codes and English names by the table of geography, German names from here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from chaintwin.network.geography import find_country
from chaintwin.network.geography.countries import name_key

GERMAN: Mapping[str, str] = {
    "AE": "Vereinigte Arabische Emirate",
    "AL": "Albanien",
    "AR": "Argentinien",
    "AT": "Österreich|Oesterreich",
    "AU": "Australien",
    "BA": "Bosnien|Bosnien und Herzegowina",
    "BE": "Belgien",
    "BG": "Bulgarien",
    "BR": "Brasilien",
    "CA": "Kanada",
    "CH": "Schweiz",
    "CL": "Chile",
    "CN": "VR China|Volksrepublik China",
    "CO": "Kolumbien",
    "CY": "Zypern",
    "CZ": "Tschechien|Tschechische Republik|Czech Rep",
    "DE": "Deutschland|BRD",
    "DK": "Dänemark|Daenemark",
    "DZ": "Algerien",
    "EE": "Estland",
    "EG": "Ägypten|Aegypten",
    "ES": "Spanien",
    "FI": "Finnland",
    "FR": "Frankreich",
    "GB": "Großbritannien|Grossbritannien|Vereinigtes Königreich|England|Schottland|Wales",
    "GE": "Georgien",
    "GR": "Griechenland",
    "HR": "Kroatien",
    "HU": "Ungarn",
    "ID": "Indonesien",
    "IE": "Irland",
    "IN": "Indien",
    "IS": "Island",
    "IT": "Italien",
    "JO": "Jordanien",
    "JP": "Japan",
    "KE": "Kenia",
    "KR": "Südkorea|Suedkorea|Korea",
    "KZ": "Kasachstan",
    "LB": "Libanon",
    "LT": "Litauen",
    "LU": "Luxemburg",
    "LV": "Lettland",
    "MA": "Marokko",
    "MD": "Moldawien|Republik Moldau",
    "ME": "Montenegro",
    "MK": "Nordmazedonien|Mazedonien",
    "MX": "Mexiko",
    "NL": "Niederlande|Holland",
    "NO": "Norwegen",
    "NZ": "Neuseeland",
    "PH": "Philippinen",
    "PL": "Polen",
    "RO": "Rumänien|Rumaenien",
    "RS": "Serbien",
    "RU": "Russland|Russische Föderation",
    "SA": "Saudi-Arabien",
    "SE": "Schweden",
    "SG": "Singapur",
    "SI": "Slowenien",
    "SK": "Slowakei|Slowakische Republik",
    "TN": "Tunesien",
    "TR": "Türkei|Tuerkei",
    "UA": "Ukraine",
    "US": "Vereinigte Staaten|Vereinigte Staaten von Amerika",
    "VN": "Vietnam",
    "ZA": "Südafrika|Suedafrika",
}
"""German names by ISO code, of the countries most met; the table of geography has English ones."""


@cache
def country_code(text: str) -> str:
    """Return the ISO code of the country a cell names, empty if it is not known.

    Parameters
    ----------
    text : a name in English or German, or an ISO code; case, accents and signs do not matter.

    Example
    -------
    >>> [country_code(text) for text in ("Österreich", "italy", "CHN", "D", "Neverland")]
    ['AT', 'IT', 'CN', '', '']
    """
    country = find_country(text)
    return country.alpha2 if country is not None else _german().get(name_key(text), "")


@cache
def _german() -> Mapping[str, str]:
    return {name_key(name): code for code, names in GERMAN.items() for name in names.split("|")}
