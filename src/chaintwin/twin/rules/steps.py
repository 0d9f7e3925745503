"""Object and transaction events: what each business step does to the goods it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import lru_cache
from types import MappingProxyType

from chaintwin.events.facts import Facts
from chaintwin.twin.ledger import Ledger, number_of, text_of
from chaintwin.twin.rules.asking import serve
from chaintwin.twin.rules.consignments import apply_consignment
from chaintwin.twin.rules.counting import count
from chaintwin.twin.rules.goods import AT_SITE, ON_WAY, Good, goods_of, join, leave, mark
from chaintwin.twin.rules.shipping import ARRIVED, end, pass_by, receive, ship, short_of, void
from chaintwin.twin.rules.stocking import MORNING, OLDEST, RULE, gain, take

Follow = Callable[[Ledger, Facts, list[Good], str, float], None]


class Effect(Enum):
    """What a step does."""

    GAIN = auto()
    """Goods begin to be at the place."""
    RECEIVE = auto()
    """Goods come off a shipment and join stock."""
    SHIP = auto()
    """Goods leave stock and are on their way."""
    DEPART = auto()
    """A shipment leaves; one that is not known yet is shipped."""
    ARRIVE = auto()
    """A shipment has come and is not received."""
    PASS = auto()
    """A shipment is seen on its way."""
    TAKE = auto()
    """Goods leave stock for good."""
    VOID = auto()
    """A shipment is taken back."""
    COUNT = auto()
    """What is there replaces what was thought to be."""
    STAY = auto()
    """Goods stay where they are; instances are known to be there."""


STEPS: Mapping[str, Effect] = MappingProxyType(
    {
        "commissioning": Effect.GAIN,
        "creating_class_instance": Effect.GAIN,
        "receiving": Effect.RECEIVE,
        "accepting": Effect.RECEIVE,
        "arriving": Effect.ARRIVE,
        "shipping": Effect.SHIP,
        "consigning": Effect.SHIP,
        "departing": Effect.DEPART,
        "transporting": Effect.PASS,
        "void_shipping": Effect.VOID,
        "retail_selling": Effect.TAKE,
        "dispensing": Effect.TAKE,
        "destroying": Effect.TAKE,
        "decommissioning": Effect.TAKE,
        "stock_taking": Effect.COUNT,
        "cycle_counting": Effect.COUNT,
    }
)
"""Effect of the steps that change where goods are; with any other goods stay, unless the action adds or deletes them."""

_BY_ACTION = {"ADD": Effect.GAIN, "DELETE": Effect.TAKE}

_WITHOUT_GOODS = frozenset({Effect.PASS, Effect.ARRIVE, Effect.DEPART, Effect.VOID})
"""Effects on a shipment that an event may name without its goods."""

_SOLD = frozenset({"retail_selling", "dispensing"})


def apply_object(ledger: Ledger, facts: Facts) -> None:
    """Apply an ObjectEvent or a TransactionEvent.

    Parameters
    ----------
    ledger : of the event. facts : of the event.
    """
    own = facts.own
    if own and "activity" in own:
        if "started" in own:
            apply_consignment(ledger, facts)
        else:
            _apply_stock(ledger, facts)
        return
    step, follow, is_without_goods = _plan(facts.step, facts.action)
    if facts.kind == "TransactionEvent":
        if step not in STEPS:
            follow, is_without_goods = _stay, False
        _link(ledger, facts, step=step)
    quality, variance = "", 0.0
    if own:
        quality, deviation = text_of(own.get("quality")), number_of(own.get("deviation"))
        variance = 0.0 if deviation is None else deviation * deviation
    goods = goods_of(ledger, facts.items, quality=quality) if facts.items else []
    if goods or is_without_goods:
        follow(ledger, facts, goods, step, variance)


def place_of(ledger: Ledger, facts: Facts, *, leaving: bool) -> str:
    """Return the site that goods leave, or that they join or are at; empty where the event names none."""
    ends = (facts.read_point, facts.location) if leaving else (facts.location, facts.read_point)
    name = ends[0] or ends[1]
    if name:
        found = ledger.names.places.get(name)
        return found.site if found is not None and found.is_known else ledger.site(name)
    return _party(ledger, facts.sources if leaving else facts.destinations)


def _apply_stock(ledger: Ledger, facts: Facts) -> None:
    """Apply an event of an activity that speaks of stock and never of what is on its way."""
    step = short_of(facts.step)
    effect = STEPS.get(step) or _BY_ACTION.get(facts.action, Effect.STAY)
    if not facts.read_point and not facts.location:
        return
    goods = goods_of(ledger, facts.items, quality=text_of(facts.own.get("quality")))
    if effect in (Effect.RECEIVE, Effect.GAIN):
        _gain(ledger, facts, goods, step, 0.0)
    elif effect in (Effect.SHIP, Effect.TAKE) or step == "picking":
        _take(ledger, facts, goods, step, 0.0)


def _party(ledger: Ledger, parties: tuple[tuple[str, str], ...]) -> str:
    """Return the site of a source or destination: its location, else who has the goods, else who owns them."""
    if len(parties) == 1:
        return ledger.site(parties[0][1])
    best: tuple[int, str] | None = None
    for kind, name in parties:
        rank = {"location": 0, "possessing_party": 1}.get(short_of(kind), 2)
        if best is None or rank < best[0]:
            best = (rank, name)
    return "" if best is None else ledger.site(best[1])


def _ends(ledger: Ledger, facts: Facts, *, leaving: bool) -> tuple[str, str]:
    here = place_of(ledger, facts, leaving=leaving)
    other = _party(ledger, facts.destinations if leaving else facts.sources)
    return (here, other) if leaving else (other, here)


def _disposition(facts: Facts) -> str:
    return short_of(facts.disposition) if facts.disposition else ""


def _gain(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    site = place_of(ledger, facts, leaving=False)
    disposition = _disposition(facts)
    for good in goods:
        if join(ledger, good, site=site, variance=variance, disposition=disposition) and good.product and not good.unit:
            ledger.flow(site, good.product, step=step or "adding", quantity=good.quantity)


def _take(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    site = place_of(ledger, facts, leaving=True)
    disposition = _disposition(facts)
    order = RULE
    if step == "destroying":
        order = OLDEST if disposition == "expired" else MORNING
    if not site and not any(good.name for good in goods):
        ledger.discrepancy("no_place", step or facts.action)
        return
    for good in goods:
        leave(ledger, good, site=site, variance=variance, order=order)
        if good.name:
            end(ledger, good)
        if good.product and not good.unit:
            ledger.flow(site, good.product, step=step or "deleting", quantity=good.quantity)
            if step in _SOLD:
                serve(ledger, facts, site=site, product=good.product, quantity=good.quantity)


def _ship(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    del step
    ends = _ends(ledger, facts, leaving=True)
    ship(ledger, facts, goods=goods, ends=ends, variance=variance)
    for good in goods:
        if good.product and not good.unit:
            serve(ledger, facts, site=ends[0], product=good.product, quantity=good.quantity)


def _receive(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    ends = _ends(ledger, facts, leaving=False)
    receive(ledger, facts, goods=goods, ends=ends, step=step, variance=variance, disposition=_disposition(facts))


def _depart(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    if not pass_by(ledger, facts, ends=_ends(ledger, facts, leaving=True), status="") and goods:
        _ship(ledger, facts, goods, step, variance)


def _arrive(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    del goods, step, variance
    if not pass_by(ledger, facts, ends=_ends(ledger, facts, leaving=False), status=ARRIVED):
        ledger.discrepancy("arrival_without_shipment", place_of(ledger, facts, leaving=False))


def _pass(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    del goods, step, variance
    if not pass_by(ledger, facts, ends=_ends(ledger, facts, leaving=True), status=""):
        ledger.discrepancy("transport_without_shipment", place_of(ledger, facts, leaving=True))


def _void(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    del step, variance
    void(ledger, facts, goods=goods, ends=_ends(ledger, facts, leaving=True))


def _count(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    del step
    count(ledger, goods, site=place_of(ledger, facts, leaving=False), variance=variance)


def _stay(ledger: Ledger, facts: Facts, goods: list[Good], step: str, variance: float) -> None:
    """Keep disposition and quality of goods where they are, and move instances that are seen at another site."""
    del step, variance
    site = place_of(ledger, facts, leaving=False)
    disposition, quality = _disposition(facts), text_of(facts.own.get("quality"))
    for good in goods:
        if good.name:
            _see(ledger, good, site=site, disposition=disposition)
        elif good.product and not good.unit and site:
            if quality:
                for lot, quantity in take(ledger, (site, good.product), lot=good.lot, quantity=good.quantity):
                    gain(ledger, (site, good.product), lot=lot, quality=quality, quantity=quantity)
            if disposition:
                ledger.put("disposition", (site, good.product, good.lot), disposition)


def _see(ledger: Ledger, good: Good, *, site: str, disposition: str) -> None:
    seen = ledger.get("instance", good.name)
    if seen is not None and (seen[0] == ON_WAY or not site or seen[1] == site):
        mark(ledger, good, where=seen[0], place=seen[1], disposition=disposition)
    elif seen is None:
        # It may have been counted by class; so it is known to be here and adds nothing.
        mark(ledger, good, where=AT_SITE, place=site, disposition=disposition)
    else:
        join(ledger, good, site=site, disposition=disposition)


def _link(ledger: Ledger, facts: Facts, *, step: str) -> None:
    for kind, name in facts.transactions:
        if facts.action == "DELETE":
            ledger.drop("transaction", (short_of(kind), name))
        else:
            ledger.put("transaction", (short_of(kind), name), step)


_EFFECTS = MappingProxyType(
    {
        Effect.GAIN: _gain,
        Effect.RECEIVE: _receive,
        Effect.SHIP: _ship,
        Effect.DEPART: _depart,
        Effect.ARRIVE: _arrive,
        Effect.PASS: _pass,
        Effect.TAKE: _take,
        Effect.VOID: _void,
        Effect.COUNT: _count,
        Effect.STAY: _stay,
    }
)


@lru_cache(maxsize=4096)
def _plan(uri: str, action: str) -> tuple[str, Follow, bool]:
    """Return the short name of a step, what follows it, and whether that may be without goods."""
    step = short_of(uri)
    effect = STEPS.get(step) or _BY_ACTION.get(action, Effect.STAY)
    return step, _EFFECTS[effect], effect in _WITHOUT_GOODS
