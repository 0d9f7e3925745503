"""Equipment, people, vehicles, prices, money, disruptions, and what is said of lots and instances."""

from __future__ import annotations

from chaintwin.events.facts import Facts
from chaintwin.twin.ledger import NEVER, Ledger, number_of, text_of, time_of
from chaintwin.twin.rules.shipping import short_of

ERASED = "erased"
"""Stands for a person whose name was erased."""


def equipment_changed(ledger: Ledger, facts: Facts) -> None:
    """Apply EquipmentChanged."""
    resource, share = text_of(facts.own.get("resource")), number_of(facts.own.get("share"))
    if not resource:
        ledger.discrepancy("no_name", facts.kind)
        return
    found = ledger.get("resource", resource)
    if share is not None and not 0.0 <= share <= 1.0:
        ledger.discrepancy("share_out_of_range", resource, amount=share)
        share = min(max(share, 0.0), 1.0)
    kept = share if share is not None else 1.0 if found is None else found[0]
    site = here(ledger, facts) or ("" if found is None else found[2])
    status = facts.own.get("status")
    ledger.put("resource", (resource,), kept, text_of(status) if status is not None or found is None else found[1], site)


def capacity_used(ledger: Ledger, facts: Facts) -> None:
    """Apply CapacityUsed."""
    resource, quantity = text_of(facts.own.get("resource")), number_of(facts.own.get("quantity"))
    if not resource or quantity is None:
        ledger.discrepancy("no_quantity" if resource else "no_name", resource or facts.kind)
        return
    ledger.add("use", (resource,), amount=quantity)


def person_seen(ledger: Ledger, facts: Facts) -> None:
    """Apply PersonSeen; who has left a site is no more known to be there."""
    person = text_of(facts.own.get("person")) or ERASED
    present = facts.own.get("present") is not False
    ledger.put("person", (person,), here(ledger, facts), present, text_of(facts.own.get("role")))


def vehicle_seen(ledger: Ledger, facts: Facts) -> None:
    """Apply VehicleSeen: at a site or on the road."""
    vehicle = text_of(facts.own.get("vehicle"))
    if not vehicle:
        ledger.discrepancy("no_name", facts.kind)
        return
    present = facts.own.get("present") is not False
    found = ledger.get("vehicle", vehicle)
    position = facts.own.get("position")
    points = [number_of(part) for part in position] if isinstance(position, list | tuple) else []
    if position is not None and (len(points) != 2 or None in points):
        ledger.discrepancy("no_position", vehicle)
        points = []
    longitude, latitude = points or (None, None)
    shipment = text_of(facts.own.get("shipment")) or ("" if found is None else found[4])
    ledger.put("vehicle", (vehicle,), here(ledger, facts) if present else "", present, longitude, latitude, shipment)


def price_quoted(ledger: Ledger, facts: Facts) -> None:
    """Apply PriceQuoted."""
    own, price = facts.own, number_of(facts.own.get("price"))
    product = text_of(own.get("product")) or (ledger.amount_of(facts.items[0])[0] if facts.items else "")
    if "product" in own:
        product = ledger.names.ware(product).product or product
    partner = text_of(own.get("partner")) or text_of(own.get("activity"))
    if price is None or not (product or partner):
        ledger.discrepancy("no_price" if price is None else "no_name", product or facts.kind)
        return
    currency = text_of(own.get("currency")) or ledger.network.network.settings.currency
    ledger.put("price", (product, partner), price, currency, text_of(own.get("unit")))


def money_moved(ledger: Ledger, facts: Facts) -> None:
    """Apply MoneyMoved: a negative amount goes out."""
    account, amount = text_of(facts.own.get("account")), number_of(facts.own.get("amount"))
    if amount is None:
        ledger.discrepancy("no_amount", account or facts.kind)
        return
    currency = text_of(facts.own.get("currency")) or ledger.network.network.settings.currency
    ledger.add("cash", (account, currency), amount=amount)


def disruption_changed(ledger: Ledger, facts: Facts) -> None:
    """Apply DisruptionChanged; strength 0 is its end."""
    name, strength = text_of(facts.own.get("disruption")), number_of(facts.own.get("strength"))
    if not name or strength is None:
        ledger.discrepancy("no_strength" if name else "no_name", name or facts.kind)
    elif strength:
        ledger.put("disruption", (name,), strength)
    else:
        ledger.drop("disruption", (name,))


def keep_dispositions(ledger: Ledger, facts: Facts) -> None:
    """Keep persistent dispositions of all that an event names, until they are taken back."""
    names = [item.name for item in facts.items] or ([facts.parent] if facts.parent else [])
    for name in names:
        for uri in facts.unset_dispositions:
            ledger.drop("persistent", (name, short_of(uri)))
        for uri in facts.set_dispositions:
            ledger.put("persistent", (name, short_of(uri)))


def keep_master(ledger: Ledger, facts: Facts) -> None:
    """Keep when lots were made and when they expire."""
    made = expires = NEVER
    for field, value in facts.master.items():
        name = short_of(field)
        time = _day(value)
        if time is None:
            continue
        if name in _MADE:
            made = time
        elif name in _EXPIRES:
            expires = time
    if made == expires == NEVER:
        return
    for item in facts.items or facts.outputs:
        ware = ledger.names.ware(item.name)
        if ware.product:
            ledger.put("lot", (ware.product, ware.lot), made, expires)


def here(ledger: Ledger, facts: Facts) -> str:
    """Return the site of an event; empty where it names none."""
    name = facts.location or facts.read_point
    return ledger.site(name) if name else ""


_MADE = frozenset({"productionDate", "manufactureDate", "packagingDate"})
_EXPIRES = frozenset({"itemExpirationDate", "expirationDate", "expirationDateTime", "bestBeforeDate", "sellByDate"})


def _day(value: object) -> int | None:
    """Return a day, or a moment, as microseconds; a day begins at midnight in UTC."""
    if isinstance(value, str) and "T" not in value:
        return time_of(f"{value}T00:00:00+00:00")
    return time_of(value)
