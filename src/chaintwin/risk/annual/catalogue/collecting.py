"""The catalogue of threats to a network: its hazards table, a file of threats, and failures of sites of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from chaintwin.laws import parse
from chaintwin.laws.checking import check_number
from chaintwin.network.network import Network
from chaintwin.risk.annual.catalogue.places import Places, Reach
from chaintwin.risk.annual.catalogue.threats import Origin, Threat
from chaintwin.risk.occurrence.draws import joined_id
from chaintwin.risk.stress.scopes import Scope

OWN_RATE = 0.05
"""Failures of a site of its own a year, where nobody says: one in twenty years. An assumption, not a measurement."""

OWN_DAYS, OWN_SPREAD = 14.0, 1.0
"""Mean days of such a failure and their standard deviation over it, lognormal. Assumptions too."""

OWN_ID = "own-failure"

USUAL_DURATION = "7"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Threats, and what was left out.

    Parameters
    ----------
    threats : by where they come from, each once.
    idle : ids of hazards and threats that touch nothing in this network.
    expired : ids of hazards that are not in force at the start of the project.
    """

    threats: tuple[Threat, ...]
    idle: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()


def catalogue_of(
    network: Network,
    places: Places,
    *,
    vulnerability: float = 1.0,
    own_rate: float | None = None,
    more: Sequence[Threat] = (),
    holds_for_each: bool = False,
) -> Catalogue:
    """Return the threats to a network.

    A row of the table ``hazards`` with a region or country is one stream of events, each of which may hit every site there (of a
    country every supplier too). A row with neither holds for each site, with events of its own. Where neither such a row nor the
    file says how often sites fail by themselves, failures of every site are assumed.

    Parameters
    ----------
    network : tables without errors. places : its places.
    vulnerability : probability that an event of a region or country of the table hits each of those it may hit, 0 to 1.
    own_rate : assumed failures of each site of its own a year, 0 for none; None assumes OWN_RATE unless rows hold for each site.
    more : threats of a file. holds_for_each : one of them holds for each site.

    Raises
    ------
    UsageError
        A number is out of range.
    """
    check_number("vulnerability", vulnerability, low=0.0, high=1.0)
    threats: list[Threat] = []
    idle, expired = [], []
    start = network.settings.start
    says_each = holds_for_each
    for row in network["hazards"].with_columns(pl.col(pl.Categorical).cast(pl.String)).to_dicts():
        begins, ends = row["valid_from"], row["valid_to"]
        if (begins is not None and begins > start) or (ends is not None and ends < start):
            expired.append(row["hazard_id"])
            continue
        reach, name, said = _reach_of(row)
        hit = places.within(reach, name, region=row["region"] if reach is Reach.COUNTRY else None)
        says_each |= reach is Reach.EACH_SITE
        if not hit:
            idle.append(row["hazard_id"])
            continue
        template = Threat(
            row["hazard_id"],
            str(row["kind"] or "other"),
            hit,
            np.full(len(hit), 1.0 if reach is Reach.EACH_SITE else vulnerability),
            float(row["rate_per_year"]),
            parse(str(row["duration"] or USUAL_DURATION), folder=network.folder),
            1.0 if row["severity_rate"] is None else float(row["severity_rate"]),
            origin=Origin.TABLE,
            scope=said,
            stream=joined_id("hazard", *(str(row[column] or "") for column in ("hazard_id", "region", "country"))),
        )
        threats += for_each(template) if reach is Reach.EACH_SITE else [template]
    rate = OWN_RATE if own_rate is None else check_number("own_rate", own_rate, low=0.0)
    if rate > 0 and (own_rate is not None or not says_each):
        threats += own_failures(places.within(Reach.EACH_SITE, ""), rate, hours=network.settings.period.hours)
    return Catalogue((*threats, *more), tuple(idle), tuple(expired))


def own_failures(sites: Sequence[Scope], rate: float, *, hours: int) -> list[Threat]:
    """Return failures of each site of its own.

    Parameters
    ----------
    sites : places. rate : failures of each a year. hours : in a period.
    """
    law = parse(f"lognormal(mean={OWN_DAYS * 24 / hours!r}, cv={OWN_SPREAD!r})")
    return [
        Threat(
            OWN_ID,
            "own failure",
            (site,),
            np.ones(1),
            rate,
            law,
            origin=Origin.ASSUMED,
            scope=f"site {site.id}",
            stream=joined_id(OWN_ID, site.id),
        )
        for site in sites
    ]


def for_each(template: Threat) -> list[Threat]:
    """Return one threat for each place of one that holds for each of them, thinned by the vulnerability of the place.

    Parameters
    ----------
    template : with all places.
    """
    return [
        replace(
            template,
            places=(place,),
            vulnerabilities=np.array([vulnerability]),
            scope=f"{place.kind} {place.id}",
            stream=joined_id(template.key, str(place.kind), place.id),
        )
        for place, vulnerability in zip(template.places, template.vulnerabilities.tolist(), strict=True)
    ]


def _reach_of(row: dict[str, str | None]) -> tuple[Reach, str, str]:
    """Return what a row of hazards names, and how people say it."""
    region, country = row["region"], row["country"]
    if country:
        return Reach.COUNTRY, country, f"country {country}" + (f", region {region}" if region else "")
    if region:
        return Reach.REGION, region, f"region {region}"
    return Reach.EACH_SITE, "", str(Reach.EACH_SITE)
