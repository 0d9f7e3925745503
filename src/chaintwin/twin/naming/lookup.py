"""What a canonical name of an event means in a network on some days: a site, a product and its lot, a partner."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

import polars as pl

from chaintwin.clock import DAY, microseconds_of
from chaintwin.events.vocabulary import Thing, own_name
from chaintwin.network.network import Network
from chaintwin.twin.naming.units import factor_between, word_of

GTIN_DIGITS = 14

_LINK = "https://id.gs1.org/"
_GTIN, _LOT, _GLN, _PARTY = "01", "10", "414", "417"
_UNITS = frozenset({"00", "8003", "8004"})
"""Keys of things that are of no product: pallets, assets that go round, assets of their own."""

_SERIAL_PART = "/21/"
_SCHEMES = {
    "gtin": _GTIN,
    "ean": _GTIN,
    "upc": _GTIN,
    "gln": _GLN,
    "sgln": _GLN,
    "pgln": _GLN,
    "sscc": "00",
    "grai": "8003",
    "giai": "8004",
}
"""Names of schemes, without digits behind, and the application identifier that stands for them."""


class Ware(NamedTuple):
    """What an item is of.

    Parameters
    ----------
    product : id of the product, or the canonical name of its class where the network has none; empty for an object that is of
        no class, such as a pallet. lot : its id, or empty. is_known : whether the network has the product.
    """

    product: str
    lot: str
    is_known: bool


class Place(NamedTuple):
    """A site by its id, or by the name given where the network has none."""

    site: str
    is_known: bool


class Lookup:
    """Names that hold on the days from ``since`` to ``until``, moments at which some row begins or ends.

    Parameters
    ----------
    network : in force. since, until : moments; everything in between is the same.
    """

    __slots__ = ("_factors", "bases", "owned", "places", "rows", "since", "sites", "units", "until", "wares")

    def __init__(self, network: Network, *, since: int, until: int) -> None:
        self.since, self.until = since, until
        held = {name: _in_force(network[name], since) for name in ("identifiers", "units", "products", "sites")}
        self.rows: dict[tuple[str, str], str] = {}
        for kind, thing, scheme, value in (
            held["identifiers"].select("object_kind", "object_id", "scheme", "value").sort(pl.all()).iter_rows()
        ):
            for name in _spellings(str(scheme), str(value)):
                self.rows.setdefault((kind, name), thing)
        self.sites = set(held["sites"]["site_id"].to_list())
        self.owned = {
            owner: sites[0]
            for owner, sites in held["sites"].group_by("owner").agg("site_id").iter_rows()
            if owner is not None and len(sites) == 1
        }
        self.bases = {
            product: (word_of(unit or "each"), weight, volume)
            for product, unit, weight, volume in held["products"]
            .select("product_id", "unit", "weight_kg", "volume_m3")
            .iter_rows()
        }
        self.units = {
            (product, word_of(unit)): float(amount)
            for product, unit, amount in held["units"].select("product_id", "unit", "base_quantity").iter_rows()
        }
        self.places: dict[str, Place] = {}
        self.wares: dict[str, Ware] = {}
        self._factors: dict[tuple[str, str], float | None] = {}

    def place(self, name: str) -> Place:
        """Return the site that a name means."""
        found = self.places.get(name)
        if found is None:
            if len(self.places) >= _MOST:
                self.places.clear()
            found = self.places[name] = self._place(name)
        return found

    def ware(self, name: str) -> Ware:
        """Return product and lot that a name means."""
        found = self.wares.get(name)
        if found is None:
            serial = name.rfind(_SERIAL_PART) if name.startswith(_LINK) else -1
            if serial > 0 and ("product", name) not in self.rows:
                # Instances are met a few times each, their class over and over.
                return self.ware(name[:serial])
            if len(self.wares) >= _MOST:
                self.wares.clear()
            found = self.wares[name] = self._ware(name)
        return found

    def factor(self, product: str, unit: str) -> float | None:
        """Return how many base units of a product one unit is, or None where nothing says it."""
        key = (product, unit)
        if key not in self._factors:
            base, weight, volume = self.bases.get(product, ("each", None, None))
            word = word_of(unit)
            self._factors[key] = factor_between(word, base, held=self.units.get((product, word)), weight=weight, volume=volume)
        return self._factors[key]

    def _named(self, kind: str, name: str, keys: dict[str, str], *schemes: str) -> str | None:
        found = self.rows.get((kind, name))
        for scheme in schemes:
            if found is None and scheme in keys:
                found = self.rows.get((kind, f"{scheme}:{keys[scheme]}"))
        return found

    def _place(self, name: str) -> Place:
        own = own_name(name)
        if own is not None:
            if own.kind is Thing.PARTNER:
                known = own.id if own.id in self.owned else self.rows.get(("partner", own.id), own.id)
                return self._of_partner(known) or self._own_place(own.id)
            return self._own_place(own.id)
        keys = _keys(name)
        gln = keys.get(_GLN) or keys.get(_PARTY)
        given = keys if gln is None else keys | {_GLN: gln}
        found = self._named("site", name, given, _GLN)
        if found is not None:
            return Place(found, True)
        partner = self._named("partner", name, given, _GLN)
        if partner is not None:
            return self._of_partner(partner) or Place(partner, False)
        return Place(name, name in self.sites)

    def _own_place(self, name: str) -> Place:
        """Return the site of a name of our own: its id, or a code of somebody else that the table of identifiers has."""
        found = name if name in self.sites else self.rows.get(("site", name), name)
        return Place(found, found in self.sites)

    def _of_partner(self, partner: str) -> Place | None:
        site = self.owned.get(partner)
        return None if site is None else Place(site, True)

    def _ware(self, name: str) -> Ware:
        own = own_name(name)
        if own is not None:
            if own.kind not in (Thing.PRODUCT, Thing.LOT):
                return Ware("", "", True)
            product = own.id if own.id in self.bases else self.rows.get(("product", own.id), own.id)
            return Ware(product, own.lot, product in self.bases)
        keys = _keys(name)
        lot = keys.get(_LOT, "")
        found = self._named("product", name, keys, _GTIN)
        if found is not None:
            return Ware(found, lot, True)
        if not _UNITS.isdisjoint(keys):
            return Ware("", "", True)
        if _GTIN in keys:
            return Ware(f"{_LINK}{_GTIN}/{keys[_GTIN]}", lot, False)
        return Ware("" if name.startswith(_LINK) else name, lot, name in self.bases)


_MOST = 20_000
"""Names whose meaning is kept at hand, of each kind."""


def moments_of(network: Network) -> list[int]:
    """Return the moments at which names of a network change, in order."""
    moments: set[int] = set()
    for name in ("identifiers", "units", "products", "sites"):
        frame = network[name]
        for column, more in (("valid_from", 0), ("valid_to", DAY)):
            if column in frame.columns:
                moments.update(_start_of(day) + more for day in frame[column].drop_nulls().unique().to_list())
    return sorted(moments)


def identifier_of(scheme: str, value: str) -> str:
    """Return a scheme and a value as names are looked up by.

    Example
    -------
    >>> identifier_of("GTIN-13", "4012345000009"), identifier_of("ERP", "M-7")
    ('01:04012345000009', 'erp:M-7')
    """
    plain = scheme.strip().lower()
    key = _SCHEMES.get(plain.rstrip("0123456789-_ "), plain)
    text = value.strip()
    return f"{key}:{text.zfill(GTIN_DIGITS) if key == _GTIN else text}"


def _spellings(scheme: str, value: str) -> tuple[str, str]:
    return identifier_of(scheme, value), value.strip()


def _keys(name: str) -> dict[str, str]:
    """Return the application identifiers of a Digital Link and their values."""
    if not name.startswith(_LINK):
        return {}
    parts = name[len(_LINK) :].split("?", maxsplit=1)[0].split("/")
    return {parts[at]: unquote(parts[at + 1]) for at in range(0, len(parts) - 1, 2)}


def _start_of(day: date) -> int:
    return microseconds_of(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _in_force(frame: pl.DataFrame, moment: int) -> pl.DataFrame:
    """Return the rows that hold at a moment."""
    if "valid_from" not in frame.columns:
        return frame
    day: Any = pl.lit(_day_of(moment))
    return frame.filter(
        (pl.col("valid_from").is_null() | (pl.col("valid_from") <= day))
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= day))
    )


def _day_of(moment: int) -> date:
    return date.fromordinal(min(max(_EPOCH + moment // DAY, 1), date.max.toordinal()))


_EPOCH = date(1970, 1, 1).toordinal()
