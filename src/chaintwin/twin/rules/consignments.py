"""Events that name an activity of the compiled network: its consignments by period, and the stock they touch."""

from __future__ import annotations

from chaintwin.events.facts import Facts
from chaintwin.twin.ledger import DUST, NEVER, Ledger, number_of, text_of
from chaintwin.twin.rules.shipping import short_of

PERIODS_MOST = 3_000_000
"""Periods before and after the start of a project that are numbered; some 340 years of hours."""

HELD = "held"
MOVING = "on_its_way"

_ENDS = frozenset({"arriving", "receiving", "destroying", "accepting"})


def apply_consignment(ledger: Ledger, facts: Facts) -> None:
    """Apply an event of one consignment: with ``activity`` and ``started`` it speaks of what is on its way and never of stock.

    Parameters
    ----------
    ledger, facts : of the event.
    """
    own = facts.own
    activity, started, due = text_of(own.get("activity")), whole_of(own.get("started")), whole_of(own.get("due"))
    units = units_of(facts)
    if units is None or started == NEVER:
        ledger.discrepancy("no_quantity" if units is None else "no_period", activity)
        return
    key = (activity, started, due)
    step = short_of(facts.step)
    if step not in _ENDS and step != "holding":
        ledger.add("queue", (activity, NEVER), amount=-units)
    found = ledger.get("consignment", *key)
    if step in _ENDS and found is None and due == NEVER:
        # Who tells an arrival need not know when it was due.
        key = next(iter(ledger.under("consignment", activity, started)), key)
        found = ledger.get("consignment", *key)
    before = 0.0 if found is None else found[0]
    if step not in _ENDS:
        status = HELD if step == "holding" else MOVING if found is None else found[1]
        ledger.put("consignment", key, before + units, status)
        return
    after = before - units
    if after < -DUST * max(before, units):
        ledger.discrepancy("arrived_more", activity, amount=-after)
    if abs(after) <= DUST * max(before, units):
        if found is not None:
            ledger.drop("consignment", key)
    else:
        ledger.put("consignment", key, after, MOVING if found is None else found[1])


def units_of(facts: Facts) -> float | None:
    """Return units of an activity: ``units``, else the quantity of the one item."""
    units = number_of(facts.own.get("units"))
    if units is None:
        units = number_of(facts.own.get("quantity"))
    if units is None and len(facts.items) == 1:
        units = facts.items[0].quantity
    return units


def whole_of(value: object) -> int:
    """Return a number of periods, or ``NEVER`` for anything that is none or lies further off than any plan."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -PERIODS_MOST <= value <= PERIODS_MOST:
        return NEVER
    return int(value) if value == int(value) else NEVER
