"""Places of a network that a threat may name: sites, suppliers, lanes, products, and all there is in a region or country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from chaintwin.network.geography import find_country
from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.network import Network
from chaintwin.risk.stress.scopes import Scope, ScopeKind, scopes_of

SINGLE = (ScopeKind.SITE, ScopeKind.SUPPLIER, ScopeKind.LANE, ScopeKind.PRODUCT)


class Reach(StrEnum):
    """What a threat names."""

    SITE = "site"
    SUPPLIER = "supplier"
    LANE = "lane"
    PRODUCT = "product"
    REGION = "region"
    """All sites of a region; an event is common to them."""
    COUNTRY = "country"
    """All sites and suppliers of a country; an event is common to them."""
    EACH_SITE = "each_site"
    """Every site, with events of its own."""


@dataclass(frozen=True, slots=True)
class Places:
    """What of a network can be out, and where it lies.

    Parameters
    ----------
    single : by kind and id, everything that activities hang on.
    ids : by kind, all ids of the tables, of what no activity hangs on too.
    regions, countries : of each site; the country of each supplier. Names are compared in small letters, countries by code.
    written : regions and countries as the tables write them.
    """

    single: Mapping[tuple[str, str], Scope]
    ids: Mapping[str, frozenset[str]]
    regions: Mapping[tuple[str, str], str]
    countries: Mapping[tuple[str, str], str]
    written: Mapping[Reach, frozenset[str]]

    @staticmethod
    def of(network: Network, lowered: Lowered) -> Places:
        """Return the places of a network.

        Parameters
        ----------
        network : tables without errors. lowered : what they were lowered to.
        """
        scopes = scopes_of(network, lowered, kinds=SINGLE)
        ids: dict[str, frozenset[str]] = {}
        regions: dict[tuple[str, str], str] = {}
        countries: dict[tuple[str, str], str] = {}
        written: dict[Reach, set[str]] = {Reach.REGION: set(), Reach.COUNTRY: set()}
        tables = {"site": "sites", "supplier": "partners", "lane": "lanes", "product": "products"}
        for kind, table in tables.items():
            key = {"partners": "partner_id"}.get(table, f"{kind}_id")
            ids[kind] = frozenset(network[table][key].cast(pl.String).drop_nulls().to_list())
            if "country" in network[table].columns:
                rows = network[table].select(pl.col(key).cast(pl.String), pl.col("country").cast(pl.String))
                countries |= {(kind, name): _country(country) for name, country in rows.iter_rows() if country}
                written[Reach.COUNTRY] |= set(rows["country"].drop_nulls())
        sites = network["sites"].select(pl.col("site_id", "region", "country").cast(pl.String))
        for name, region, country in sites.iter_rows():
            if region or country:
                regions["site", name] = (region or country).casefold()
                written[Reach.REGION].add(region or country)
        single = {(str(scope.kind), scope.id): scope for scope in scopes}
        said = {reach: frozenset(names) for reach, names in written.items()}
        return Places(single, ids, regions, countries, said)

    def knows(self, reach: Reach, name: str) -> bool:
        """Tell whether the tables have such a region, country or thing."""
        return reach is Reach.EACH_SITE or _named(reach, name) in self._known(reach)

    def names(self, reach: Reach) -> list[str]:
        """Return what may be named, in order."""
        return sorted(self.written.get(reach) or self._known(reach))

    def within(self, reach: Reach, name: str, *, region: str | None = None) -> tuple[Scope, ...]:
        """Return the places that a threat may hit, sites before suppliers, by id; none where no activity hangs on them.

        Parameters
        ----------
        reach, name : what is named; the name says nothing for each site.
        region : within a country, only its sites in this region.
        """
        if reach in (Reach.REGION, Reach.COUNTRY):
            where = self.regions if reach is Reach.REGION else self.countries
            wanted = _named(reach, name)
            chosen = [key for key, lies in where.items() if lies == wanted and key in self.single]
            if region is not None:
                chosen = [key for key in chosen if self.regions.get(key) == region.casefold()]
        elif reach is Reach.EACH_SITE:
            chosen = [key for key in self.single if key[0] == "site"]
        else:
            chosen = [(str(reach), name)] if (str(reach), name) in self.single else []
        return tuple(self.single[key] for key in sorted(chosen))

    def _known(self, reach: Reach) -> frozenset[str]:
        if reach is Reach.REGION:
            return frozenset(self.regions.values())
        if reach is Reach.COUNTRY:
            return frozenset(self.countries.values())
        return self.ids[str(reach)]


def _named(reach: Reach, name: str) -> str:
    return {Reach.REGION: name.casefold(), Reach.COUNTRY: _country(name)}.get(reach, name)


def _country(name: str) -> str:
    found = find_country(name)
    return name.casefold() if found is None else found.alpha2
