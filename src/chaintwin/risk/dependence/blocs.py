"""Blocs: countries that act together."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.errors import UsageError
from chaintwin.network.geography import find_country


def read_blocs(texts: Sequence[str]) -> dict[str, str]:
    """Return the bloc of each country by alpha-2 code.

    Parameters
    ----------
    texts : such as ``eu=DE,FR,Italy``; a country by code or name, in one bloc only.

    Raises
    ------
    UsageError
        A text has no name or no countries, or a country is unknown or in two blocs.

    Example
    -------
    >>> read_blocs(["eu=DE,France", "asean=SG"])
    {'DE': 'eu', 'FR': 'eu', 'SG': 'asean'}
    """
    found: dict[str, str] = {}
    for text in texts:
        name, _, listed = text.partition("=")
        members = [member.strip() for member in listed.split(",") if member.strip()]
        if not name.strip() or not members:
            raise UsageError(f"bloc: found {text}; allowed: a name and its countries; fix: write such as eu=DE,FR,IT")
        for member in members:
            country = find_country(member)
            if country is None:
                raise UsageError(f"bloc {name.strip()}: found {member}; allowed: a country by code or name")
            if found.get(country.alpha2, name.strip()) != name.strip():
                other = found[country.alpha2]
                raise UsageError(f"bloc {name.strip()}: found {member}, which is in {other}; allowed: one bloc for each country")
            found[country.alpha2] = name.strip()
    return found
