"""Random logs: what happens at three sites, late and out of order, with errors that are declared."""

from __future__ import annotations

import random
from hashlib import sha256

from chaintwin.events.facts import Facts, Item, Reading
from tests.twin.worlds import LOCATION, START, STEP, product, site

SITES, PRODUCTS = ("plant", "store", "depot"), ("milk", "bread")
HOUR = 3_600_000_000


def random_events(seed: int, *, count: int) -> list[tuple[str, Facts]]:
    """Return keys and facts in the order of event times, declarations of errors among them; quantities are whole."""
    choose, found = random.Random(seed), []
    for number in range(count):
        facts = _random_facts(choose, START + number * HOUR + choose.randrange(HOUR), number)
        # Some things happen in the same moment.
        if found and choose.random() < 0.1:
            facts = _random_facts(choose, found[-1][1].occurred_at, number)
        key = sha256(f"{seed} {number}".encode()).hexdigest()
        found.append((key, facts))
        if choose.random() < 0.05:
            found.append((f"{key}!{facts.occurred_at + HOUR}", wrong(facts)))
    return found


def wrong(facts: Facts) -> Facts:
    """Return the declaration that an event was an error."""
    return Facts(
        facts.kind, facts.occurred_at, facts.action, facts.step, read_point=facts.read_point, location=facts.location,
        items=facts.items, transactions=facts.transactions, destinations=facts.destinations, own=facts.own, declares_error=True,
    )  # fmt: skip


def arrivals(events: list[tuple[str, Facts]], *, seed: int) -> list[tuple[str, Facts]]:
    """Return events shuffled, each up to five times."""
    choose = random.Random(seed)
    found = [event for event in events for _ in range(choose.randint(1, 5))]
    choose.shuffle(found)
    return found


def _random_facts(choose: random.Random, at: int, number: int) -> Facts:
    here, there, what = site(choose.choice(SITES)), site(choose.choice(SITES)), product(choose.choice(PRODUCTS))
    items = (Item(what, float(choose.randint(1, 20))),)
    shipment = (("x/BTT-desadv", f"ship-{choose.randint(0, number // 4)}"),)
    kind = choose.choice(
        ("commissioning",) * 3
        + ("shipping", "receiving") * 3
        + ("retail_selling", "stock_taking", "ask", "pay", "machine", "warm")
    )
    if kind == "ask":
        return Facts("DemandPlaced", at, location=here, items=items)
    if kind == "pay":
        return Facts("MoneyMoved", at, own={"account": choose.choice("ab"), "amount": float(choose.randint(-9, 9))})
    if kind == "machine":
        return Facts("EquipmentChanged", at, location=here, own={"resource": "press", "share": choose.randint(0, 4) / 4})
    if kind == "warm":
        reading = Reading("https://gs1.org/voc/Temperature", at, float(choose.randint(-5, 30)), "CEL", deviation=0.5)
        return Facts("ObjectEvent", at, "OBSERVE", STEP + "sensor_reporting", location=here, readings=(reading,))
    lot = () if choose.random() < 0.5 else (Item(product(what.rpartition(":")[2], f"l{number // 9}"), items[0].quantity),)
    if kind == "commissioning":
        return Facts("ObjectEvent", at, "ADD", STEP + kind, location=here, items=lot or items)
    if kind == "shipping":
        return Facts("ObjectEvent", at, "OBSERVE", STEP + kind, read_point=here, items=items, transactions=shipment,
                     destinations=((LOCATION, there),))  # fmt: skip
    transactions = shipment if kind == "receiving" else ()
    return Facts("ObjectEvent", at, "OBSERVE", STEP + kind, location=here, items=items, transactions=transactions)
