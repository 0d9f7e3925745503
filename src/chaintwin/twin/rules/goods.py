"""What an event speaks of, containers opened, and how each good leaves a place and joins another."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chaintwin.events.facts import Item
from chaintwin.twin.closing import GONE
from chaintwin.twin.ledger import Ledger
from chaintwin.twin.rules.stocking import RULE, gain, take

AT_SITE, ON_WAY = "site", "shipment"
"""Where an instance may be: at a site, in a shipment, or no more."""

DEPTH_MOST = 32
"""Containers in containers; deeper ones are a loop."""


class Good(msgspec.Struct, frozen=True, gc=False):
    """An instance, or an amount of a class.

    Parameters
    ----------
    name : of the instance, empty for an amount. product : its id; empty for an object of no class. lot, quality : of it.
    quantity : base units, or as many of ``unit`` where nothing says what that is.
    """

    name: str
    product: str
    lot: str
    quality: str
    quantity: float
    unit: str = ""


def goods_of(ledger: Ledger, items: Iterable[Item], *, quality: str = "") -> list[Good]:
    """Return what items name, and all that is inside of them.

    Parameters
    ----------
    ledger : of the event. items : of the event. quality : class of all of them.
    """
    found: list[Good] = []
    wares = ledger.names.wares
    for item in items:
        if not item.instance and item.unit is None and item.quantity is not None:
            ware = wares.get(item.name)
            if ware is not None and ware.is_known:
                found.append(Good("", ware.product, ware.lot, quality, item.quantity))
                continue
        product, lot, quantity, unit = ledger.amount_of(item)
        if not item.instance:
            found.append(Good("", product, lot, quality, quantity, unit))
            continue
        found.append(_instance(ledger, item.name, product=product, lot=lot, quality=quality))
        _open(ledger, item.name, found, depth=0)
    return found


def leave(ledger: Ledger, good: Good, *, site: str, variance: float = 0.0, order: str = RULE) -> list[tuple[str, float]]:
    """Let a good leave where it is; return lots and quantities.

    Parameters
    ----------
    ledger : of the event. site : where the event says it leaves. good : what.
    variance : of its quantity. order : as for ``take``.
    """
    if good.unit:
        ledger.add("foreign", (site, good.product, good.lot, good.unit), amount=-good.quantity)
        return []
    if not good.name:
        return take(
            ledger,
            (site, good.product),
            lot=good.lot,
            quality=good.quality,
            quantity=good.quantity,
            variance=variance,
            order=order,
        )
    seen = ledger.get("instance", good.name)
    where, place = (seen[0], seen[1]) if seen is not None else (AT_SITE, site)
    if where == GONE:
        ledger.discrepancy("seen_after_its_end", good.name)
        return []
    if where == ON_WAY:
        ledger.discrepancy("left_before_receipt", good.name)
        if good.product:
            ledger.add("cargo", (place, good.product, good.lot, good.quality), amount=-1.0)
        return [(good.lot, 1.0)]
    if place != site:
        ledger.discrepancy("left_from_elsewhere", good.name)
    if good.product:
        take(ledger, (place, good.product), lot=good.lot, quality=good.quality, quantity=1.0)
    return [(good.lot, 1.0)]


def join(ledger: Ledger, good: Good, *, site: str, variance: float = 0.0, disposition: str = "") -> bool:
    """Let a good join the stock of a site, and return whether it was not there before.

    Parameters
    ----------
    ledger, site, good, variance : as for ``leave``. disposition : of an instance, by its short name.
    """
    if good.unit:
        ledger.add("foreign", (site, good.product, good.lot, good.unit), amount=good.quantity)
        return True
    if good.name:
        seen = ledger.get("instance", good.name)
        if seen is not None and seen[0] == AT_SITE and seen[1] == site:
            mark(ledger, good, where=AT_SITE, place=site, disposition=disposition)
            return False
        if seen is not None and seen[0] == AT_SITE:
            ledger.discrepancy("moved_unseen", good.name)
            if good.product:
                take(ledger, (seen[1], good.product), lot=good.lot, quality=good.quality, quantity=1.0)
        elif seen is not None and seen[0] == GONE:
            ledger.discrepancy("seen_after_its_end", good.name)
        mark(ledger, good, where=AT_SITE, place=site, disposition=disposition)
    if good.product:
        gain(ledger, (site, good.product), lot=good.lot, quality=good.quality, quantity=good.quantity, variance=variance)
    return True


def mark(ledger: Ledger, good: Good, *, where: str, place: str, disposition: str = "") -> None:
    """Note where an instance is and how it is; a disposition that is not said stays."""
    seen = ledger.held["instance"].get((good.name,))
    kept = disposition or ("" if seen is None else seen[5])
    ledger.put("instance", (good.name,), where, place, good.product, good.lot, good.quality, kept)


def _instance(ledger: Ledger, name: str, *, product: str, lot: str, quality: str) -> Good:
    seen = ledger.get("instance", name)
    if seen is None:
        return Good(name, product, lot, quality, 1.0)
    # An event may name an instance without its lot; it stays of the lot it was.
    return Good(name, seen[2] or product, seen[3] or lot, seen[4], 1.0)


def _open(ledger: Ledger, container: str, found: list[Good], *, depth: int) -> None:
    if depth >= DEPTH_MOST:
        ledger.discrepancy("container_in_itself", container)
        return
    for key in ledger.under("child", container):
        ware = ledger.names.ware(key[1])
        found.append(_instance(ledger, key[1], product=ware.product, lot=ware.lot, quality=""))
        _open(ledger, key[1], found, depth=depth + 1)
    for key in ledger.under("content", container):
        amount = ledger.get("content", *key)
        if amount is not None:
            found.append(Good("", key[1], key[2], key[3], amount[0]))
