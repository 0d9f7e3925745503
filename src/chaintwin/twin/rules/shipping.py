"""Shipments: what leaves one site for another, and what of it comes."""

from __future__ import annotations

from chaintwin.events.facts import Facts
from chaintwin.events.names.remembering import remembering
from chaintwin.events.vocabulary import Thing, own_name
from chaintwin.twin.closing import GONE, RECEIVED
from chaintwin.twin.ledger import DUST, NEVER, Ledger, text_of, time_of
from chaintwin.twin.rules.goods import ON_WAY, Good, join, leave, mark

ON_ITS_WAY, ARRIVED, PARTLY = "on_its_way", "arrived", "partly_received"
"""How a shipment may stand."""

_SHARED = frozenset({"po", "poc", "inv"})
"""Papers that several shipments may have in common."""

_RANK = {"desadv": 0, "bol": 1, "shipment": 2, "inv": 3, "po": 4, "poc": 5}


@remembering(4096)
def short_of(uri: str) -> str:
    """Return the last word of the URI of a term of the vocabulary.

    Example
    -------
    >>> short_of("https://ref.gs1.org/cbv/BizStep-retail_selling")
    'retail_selling'
    """
    return uri[max(uri.rfind("-"), uri.rfind(":"), uri.rfind("/")) + 1 :]


def plain_id(uri: str) -> str:
    """Return the id of an order or a shipment of our own, or the name as it is."""
    own = own_name(uri) if uri.startswith("urn:chaintwin:") else None
    return own.id if own is not None and own.kind in (Thing.ORDER, Thing.SHIPMENT) else uri


def names_of(ledger: Ledger, facts: Facts, *, ends: tuple[str, str]) -> list[str]:
    """Return what a shipment may be known by, the surest first; the last is its two ends.

    Parameters
    ----------
    ledger : of the event. facts : of the event. ends : site of origin and of destination, empty where not known.
    """
    found = []
    if facts.own and "shipment" in facts.own:
        own = facts.own["shipment"]
        if own is not None:
            found.append(plain_id(text_of(own)))
    papers, items = facts.transactions, facts.items
    if len(papers) == 1:
        found.append(plain_id(papers[0][1]))
    elif papers:
        ranked = sorted([(_RANK.get(short_of(kind), 9), plain_id(name)) for kind, name in papers])
        found += [name for _, name in ranked]
    if len(items) == 1 and items[0].instance and not ledger.names.ware(items[0].name).product:
        found.append(items[0].name)
    if not found:
        found.append(f"{ends[0]}>{ends[1]}")
    return found


def ship(ledger: Ledger, facts: Facts, *, goods: list[Good], ends: tuple[str, str], variance: float = 0.0) -> None:
    """Let goods leave a site on a shipment.

    Parameters
    ----------
    ledger, facts : of the event. goods : what leaves. ends : site that it leaves and site that it is for, empty where not known.
    variance : of each quantity.
    """
    names = names_of(ledger, facts, ends=ends)
    shipment = _known(ledger, _sure_names(facts, names)) or names[0]
    _open_shipment(ledger, facts, shipment=shipment, names=names, ends=ends)
    for good in goods:
        lots = leave(ledger, good, site=ends[0], variance=variance)
        if good.name:
            mark(ledger, good, where=ON_WAY, place=shipment)
        if good.product and not good.unit:
            for lot, quantity in lots:
                ledger.add("cargo", (shipment, good.product, lot, good.quality), amount=quantity)
            ledger.flow(ends[0], good.product, step="shipping", quantity=good.quantity)
    if ledger.held["order"]:
        for name in orders_of(ledger, facts):
            _on_its_way(ledger, name)


def receive(
    ledger: Ledger,
    facts: Facts,
    *,
    goods: list[Good],
    ends: tuple[str, str],
    step: str,
    variance: float = 0.0,
    disposition: str = "",
) -> None:
    """Let goods join the stock of a site, and take them off the shipment they came on.

    Parameters
    ----------
    ledger, facts, goods, variance : as for ``ship``. ends : site that they come from, empty where not known, and where they are.
    step : short name of the business step; accepting takes only what has not been received.
    disposition : short name.
    """
    site = ends[1]
    names = names_of(ledger, facts, ends=ends)
    shipment = _known(ledger, names)
    is_named = shipment is not None or "shipment" in facts.own or _has_document(facts)
    touched = set() if shipment is None else {shipment}
    for good in goods:
        seen = ledger.held["instance"].get((good.name,)) if good.name else None
        if seen is not None and seen[0] == ON_WAY:
            _unload(ledger, seen[1], good)
            touched.add(seen[1])
            mark(ledger, good, where="", place="")
        elif seen is None and good.product and not good.unit:
            # Papers that name another shipment speak of none of those that are known.
            by = shipment if is_named else _inbound(ledger, site, good.product)
            if by is not None:
                touched.add(by)
                _unload(ledger, by, good)
            elif step == "accepting":
                continue
            else:
                ledger.discrepancy("receipt_without_shipment", f"{site}/{good.product}", amount=good.quantity)
        if join(ledger, good, site=site, variance=variance, disposition=disposition) and good.product and not good.unit:
            ledger.flow(site, good.product, step="receiving", quantity=good.quantity)
            if ledger.held["order"]:
                _settle_orders(ledger, facts, product=good.product, quantity=good.quantity)
            for name in _orders_ahead(ledger, facts):
                ledger.add("ahead", (name, good.product), amount=good.quantity)
    for name in sorted(touched):
        _close(ledger, name)


def void(ledger: Ledger, facts: Facts, *, goods: list[Good], ends: tuple[str, str]) -> None:
    """Take a shipment back to the site it left; without goods, all of it."""
    names = names_of(ledger, facts, ends=ends)
    shipment = _known(ledger, names)
    if shipment is None:
        ledger.discrepancy("void_without_shipment", names[0])
        return
    head = ledger.get("shipment", shipment)
    site = ends[0] or ("" if head is None else head[1])
    back = goods or [
        Good("", key[1], key[2], key[3], (ledger.get("cargo", *key) or (0.0,))[0]) for key in ledger.under("cargo", shipment)
    ]
    for good in back:
        if good.product and not good.unit:
            _unload(ledger, shipment, good)
        if good.name:
            mark(ledger, good, where="", place="")
        join(ledger, good, site=site)
    _close(ledger, shipment)


def pass_by(ledger: Ledger, facts: Facts, *, ends: tuple[str, str], status: str) -> bool:
    """Note where a shipment is and how it stands; return whether there is such a shipment."""
    shipment = _known(ledger, names_of(ledger, facts, ends=ends))
    if shipment is None:
        for item in facts.items:
            seen = ledger.get("instance", item.name) if item.instance else None
            if seen is not None and seen[0] == ON_WAY:
                shipment = seen[1]
                break
    head = None if shipment is None else ledger.get("shipment", shipment)
    if shipment is None or head is None:
        return False
    planned, predicted = _times(facts)
    ledger.put(
        "shipment",
        (shipment,),
        status or head[0],
        head[1],
        head[2] or ends[1],
        head[3],
        head[4] if planned is None else planned,
        head[5] if predicted is None else predicted,
        head[6],
    )
    return True


def end(ledger: Ledger, good: Good) -> None:
    """Note that an instance is no more."""
    if good.name:
        mark(ledger, good, where=GONE, place="")


def orders_of(ledger: Ledger, facts: Facts) -> list[str]:
    """Return the ids of known orders that an event names."""
    if not ledger.held["order"]:
        return []
    names = [plain_id(name) for _, name in facts.transactions]
    own = facts.own.get("order")
    if own is not None:
        names.append(plain_id(text_of(own)))
    return [name for name in dict.fromkeys(names) if ledger.under("order", name)]


def after_receipt(ledger: Ledger, order: str, *, ordered: float, left: float, quantity: float) -> tuple[str, float]:
    """Return how an order stands after a receipt, and what is open then.

    Parameters
    ----------
    ordered, left : what was ordered and what of it was open. quantity : what came.
    """
    left -= quantity
    scale = DUST * max(ordered, quantity)
    if left < -scale:
        ledger.discrepancy("received_more_than_ordered", order, amount=-left)
    return (RECEIVED, max(left, 0.0)) if left <= scale else ("partly_received", left)


def _known(ledger: Ledger, names: list[str]) -> str | None:
    shipments, aliases = ledger.held["shipment"], ledger.held["alias"]
    for name in names:
        if (name,) in shipments:
            return name
        alias = aliases.get((name,))
        if alias is not None:
            found: str = alias[0]
            return found
    return None


def _sure_names(facts: Facts, names: list[str]) -> list[str]:
    """Return the names that may be those of a known shipment; one with a paper of its own shares its order with others."""
    if not _has_document(facts):
        return names
    shared = {plain_id(name) for kind, name in facts.transactions if short_of(kind) in _SHARED}
    return [name for name in names if name not in shared]


def _has_document(facts: Facts) -> bool:
    return any(_RANK.get(short_of(kind), 9) <= _RANK["shipment"] for kind, _ in facts.transactions)


def _inbound(ledger: Ledger, site: str, product: str) -> str | None:
    """Return the shipment for a site that left first of those with such goods."""
    best: tuple[int, str] | None = None
    for _, shipment in ledger.under("inbound", site):
        head = ledger.get("shipment", shipment)
        if head is not None and any(key[1] == product for key in ledger.under("cargo", shipment)):
            best = min(best or (head[3], shipment), (head[3], shipment))
    return None if best is None else best[1]


def _times(facts: Facts) -> tuple[int | None, int | None]:
    return time_of(facts.own.get("planned_at")), time_of(facts.own.get("predicted_at"))


def _open_shipment(ledger: Ledger, facts: Facts, *, shipment: str, names: list[str], ends: tuple[str, str]) -> None:
    head = ledger.held["shipment"].get((shipment,))
    planned = predicted = NEVER
    if facts.own:
        planned, predicted = (NEVER if time is None else time for time in _times(facts))
    if head is not None:
        known = head[6].split("\n") if head[6] else []
        all_names = "\n".join(dict.fromkeys([*known, *(name for name in names if name != shipment)]))
        values = (ON_ITS_WAY, head[1] or ends[0], head[2] or ends[1], head[3])
        times = (head[4] if planned == NEVER else planned, head[5] if predicted == NEVER else predicted)
        ledger.put("shipment", (shipment,), *values, *times, all_names)
    else:
        others = "" if len(names) == 1 else "\n".join([name for name in names if name != shipment])
        ledger.put("shipment", (shipment,), ON_ITS_WAY, ends[0], ends[1], ledger.time, planned, predicted, others)
        if ends[1]:
            ledger.put("inbound", (ends[1], shipment))
    for name in names:
        if name != shipment:
            ledger.put("alias", (name,), shipment)


def _unload(ledger: Ledger, shipment: str, good: Good) -> None:
    """Take goods off a shipment: of their lot first, then of any lot of the product."""
    exact = (shipment, good.product, good.lot, good.quality)
    cargo, left = ledger.held["cargo"], good.quantity if good.product else 0.0
    found = cargo.get(exact)
    if found is not None and found[0] >= left > 0.0:
        ledger.add("cargo", exact, amount=-left)
        return
    keys = [] if found is None else [exact]
    keys += [key for key in ledger.under("cargo", shipment) if key[1] == good.product and key != exact]
    for key in keys:
        if left <= DUST * good.quantity or key not in cargo:
            break
        part = min(left, cargo[key][0])
        ledger.add("cargo", key, amount=-part)
        left -= part
    if left > DUST * good.quantity:
        ledger.discrepancy("received_more", shipment, amount=left)


def _close(ledger: Ledger, shipment: str) -> None:
    head = ledger.held["shipment"].get((shipment,))
    if head is None:
        return
    if (shipment,) in ledger.families["cargo"].index:
        ledger.put("shipment", (shipment,), PARTLY, *head[1:7])
        return
    ledger.drop("shipment", (shipment,))
    if head[2]:
        ledger.drop("inbound", (head[2], shipment))
    for name in head[6].split("\n") if head[6] else ():
        alias = ledger.get("alias", name)
        if alias is not None and alias[0] == shipment:
            ledger.drop("alias", (name,))


def _on_its_way(ledger: Ledger, order: str) -> None:
    for key in ledger.under("order", order):
        found = ledger.get("order", *key)
        if found is not None and found[0] in ("placed", "seen"):
            ledger.put("order", key, "shipped", *found[1:-2])


def _settle_orders(ledger: Ledger, facts: Facts, *, product: str, quantity: float) -> None:
    for name in orders_of(ledger, facts):
        for key in ((name, product), (name, "")):
            found = ledger.get("order", *key)
            if found is None:
                continue
            status, left = after_receipt(ledger, name, ordered=found[3], left=found[4], quantity=quantity)
            ledger.put("order", key, status, *found[1:4], left, *found[5:-2])


def _orders_ahead(ledger: Ledger, facts: Facts) -> list[str]:
    """Return the ids of the orders that an event names and that have not been placed yet."""
    names = [plain_id(name) for kind, name in facts.transactions if kind.endswith(_PURCHASE)] if facts.transactions else []
    if facts.own and "order" in facts.own:
        names.append(plain_id(text_of(facts.own["order"])))
    return [name for name in dict.fromkeys(names) if name and not ledger.under("order", name)]


_PURCHASE = "BTT-po"
