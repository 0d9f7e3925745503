"""What is inside of what, what belongs to what, and what becomes of what: aggregation, association, transformation."""

from __future__ import annotations

from chaintwin.events.facts import Facts
from chaintwin.twin.ledger import Ledger, number_of, text_of
from chaintwin.twin.rules.goods import AT_SITE, Good, goods_of, join, leave, mark
from chaintwin.twin.rules.shipping import end, short_of
from chaintwin.twin.rules.steps import apply_object, place_of


def apply_aggregation(ledger: Ledger, facts: Facts) -> None:
    """Apply an AggregationEvent: goods go into a container, out of it, or are seen in it.

    What is packed stays in the stock of the site where the container is; when the container moves, it moves.
    """
    parent = facts.parent
    if not parent:
        ledger.discrepancy("no_container", ledger.key)
        return
    site = place_of(ledger, facts, leaving=False)
    if facts.action == "DELETE":
        _unpack(ledger, facts, parent=parent, site=site)
        return
    if facts.action == "OBSERVE":
        _check(ledger, facts, parent=parent)
    else:
        _pack(ledger, facts, parent=parent, site=site)
    seen = ledger.get("instance", parent)
    if seen is None:
        ware = ledger.names.ware(parent)
        mark(ledger, Good(parent, ware.product, ware.lot, "", 1.0), where=AT_SITE, place=site)


def apply_association(ledger: Ledger, facts: Facts) -> None:
    """Apply an AssociationEvent: things belong to a thing, such as a sensor to a container."""
    for item in facts.items:
        if facts.action == "DELETE":
            ledger.drop("association", (item.name,))
        elif facts.action == "ADD":
            ledger.put("association", (item.name,), facts.parent)
    if facts.action == "DELETE" and not facts.items:
        for key in sorted(key for key, value in ledger.cells["association"].cells.items() if value[0] == facts.parent):
            ledger.drop("association", key)


def apply_transformation(ledger: Ledger, facts: Facts) -> None:
    """Apply a TransformationEvent: inputs are used up, outputs begin to be, at one place."""
    site = place_of(ledger, facts, leaving=False)
    deviation = number_of(facts.own.get("deviation"))
    variance = 0.0 if deviation is None else deviation * deviation
    quality = text_of(facts.own.get("quality"))
    for good in goods_of(ledger, facts.items):
        leave(ledger, site, good)
        end(ledger, good)
        if good.product and not good.unit:
            ledger.flow(site, good.product, step="transforming_in", quantity=good.quantity)
    disposition = short_of(facts.disposition) if facts.disposition else ""
    for good in goods_of(ledger, facts.outputs, quality=quality):
        join(ledger, site, good, variance=variance, disposition=disposition)
        if good.product and not good.unit:
            ledger.flow(site, good.product, step="transforming_out", quantity=good.quantity)


def apply_packed(ledger: Ledger, facts: Facts) -> None:
    """Apply an AggregationEvent whose step also moves the container, such as shipping a pallet."""
    apply_aggregation(ledger, facts)
    if facts.action == "OBSERVE" and short_of(facts.step) in MOVING:
        apply_object(ledger, _of_parent(facts))


MOVING = frozenset({"shipping", "departing", "receiving", "accepting", "arriving", "transporting", "void_shipping"})
"""Steps that move the container that an observation of an aggregation names."""


def _of_parent(facts: Facts) -> Facts:
    from msgspec.structs import replace

    from chaintwin.events.facts import Item

    return replace(facts, kind="ObjectEvent", items=(Item(facts.parent, instance=True),), parent="")


def _pack(ledger: Ledger, facts: Facts, *, parent: str, site: str) -> None:
    for item in facts.items:
        if item.instance:
            _put_inside(ledger, item.name, parent=parent, site=site)
            continue
        product, lot, quantity, unit = ledger.amount_of(item)
        if unit:
            ledger.discrepancy("packed_in_unknown_unit", product, amount=quantity)
        else:
            ledger.add("content", (parent, product, lot, text_of(facts.own.get("quality"))), quantity)


def _put_inside(ledger: Ledger, name: str, *, parent: str, site: str) -> None:
    inside = ledger.get("parent", name)
    if inside is not None:
        if inside[0] != parent:
            ledger.discrepancy("packed_while_inside", name)
        ledger.drop("child", (inside[0], name))
    ledger.put("parent", (name,), parent)
    ledger.put("child", (parent, name))
    if ledger.get("instance", name) is None:
        ware = ledger.names.ware(name)
        mark(ledger, Good(name, ware.product, ware.lot, "", 1.0), where=AT_SITE, place=site)


def _unpack(ledger: Ledger, facts: Facts, *, parent: str, site: str) -> None:
    del site
    if not facts.items:
        for key in ledger.under("child", parent):
            ledger.drop("child", key)
            ledger.drop("parent", (key[1],))
        for key in ledger.under("content", parent):
            ledger.drop("content", key)
        return
    for item in facts.items:
        if item.instance:
            if ledger.get("child", parent, item.name) is None:
                ledger.discrepancy("unpacked_without_packing", item.name)
                continue
            ledger.drop("child", (parent, item.name))
            ledger.drop("parent", (item.name,))
            continue
        product, lot, quantity, unit = ledger.amount_of(item)
        if unit:
            ledger.discrepancy("packed_in_unknown_unit", product, amount=quantity)
            continue
        key = (parent, product, lot, text_of(facts.own.get("quality")))
        if ledger.add("content", key, -quantity) < 0.0:
            ledger.discrepancy("unpacked_without_packing", product, amount=quantity)
            ledger.drop("content", key)


def _check(ledger: Ledger, facts: Facts, *, parent: str) -> None:
    """Tell what is seen in a container and was not known to be."""
    for item in facts.items:
        if item.instance and ledger.get("child", parent, item.name) is None:
            ledger.discrepancy("seen_inside_without_packing", item.name)
            _put_inside(ledger, item.name, parent=parent, site="")
