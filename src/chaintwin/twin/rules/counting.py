"""Counts: what is there replaces what was thought to be, for one product or for everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from chaintwin.events.facts import Facts
from chaintwin.twin.ledger import NEVER, SURPLUS, Ledger, number_of, text_of
from chaintwin.twin.rules.consignments import HELD, MOVING, whole_of
from chaintwin.twin.rules.goods import Good, join
from chaintwin.twin.rules.stocking import OLDEST, gain, settle, take, total_of

REPLACED = (
    "stock",
    "pending",
    "consignment",
    "queue",
    "backlog",
    "forecast",
    "resource",
    "cargo",
    "shipment",
    "alias",
    "inbound",
)
"""Families that a count of everything replaces."""


def count(ledger: Ledger, goods: list[Good], *, site: str, variance: float) -> None:
    """Apply a count of some goods at a site.

    A count that names a lot replaces that lot; one that names none replaces the sum of all lots: what is missing is taken from
    the oldest, what is more has no lot.

    Parameters
    ----------
    ledger : of the event. goods : what was counted. site : where. variance : of each quantity.
    """
    amounts: dict[tuple[str, str, str], float] = {}
    for good in goods:
        if good.name:
            join(ledger, site, good)
        elif good.product and not good.unit:
            key = (good.product, good.lot, good.quality)
            amounts[key] = amounts.get(key, 0.0) + good.quantity
        elif good.unit:
            ledger.put("foreign", (site, good.product, good.lot, good.unit), good.quantity)
    before = {product: total_of(ledger, (site, product)) for product, _, _ in amounts}
    for (product, lot, quality), quantity in amounts.items():
        _set(ledger, (site, product), lot=lot, quality=quality, quantity=quantity, variance=variance)
    for product, expected in before.items():
        _note(ledger, (site, product), off=total_of(ledger, (site, product)) - expected, variance=variance)


def state_counted(ledger: Ledger, facts: Facts) -> None:
    """Apply StateCounted: a count of everything replaces stock, what is on its way, ordered, owed and expected."""
    state = facts.own.get("state")
    if not isinstance(state, Mapping):
        ledger.discrepancy("no_state", ledger.key)
        return
    for name in REPLACED:
        for key in list(ledger.cells[name].cells):
            ledger.drop(name, key)
    now = ledger.period_of(ledger.time)
    period = whole_of(state.get("period"))
    period = now if period == NEVER else period
    for row in _rows(ledger, state, "on_hand"):
        _set_lot(ledger, row, period=period)
    for row in _rows(ledger, state, "shipments"):
        due = row.get("due", row.get("arrival"))
        started = whole_of(row.get("started"))
        key = (text_of(row.get("activity")), period - 1 if started == NEVER else started, whole_of(due))
        found = ledger.get("consignment", *key)
        units = (number_of(row.get("quantity")) or 0.0) + (0.0 if found is None else found[0])
        ledger.put("consignment", key, units, HELD if row.get("status") == HELD else MOVING)
    for row in _rows(ledger, state, "orders"):
        due = whole_of(row.get("due", row.get("visible")))
        ledger.add(
            "queue", (text_of(row.get("activity")), due if due >= period else NEVER), number_of(row.get("quantity")) or 0.0
        )
    for row in _rows(ledger, state, "backlog"):
        key = (text_of(row.get("stream")),)
        ledger.put("backlog", key, number_of(row.get("quantity")) or 0.0, text_of(row.get("site")), text_of(row.get("product")))
    for row in _rows(ledger, state, "resources"):
        share = number_of(row.get("share"))
        ledger.put("resource", (text_of(row.get("resource")),), 1.0 if share is None else share, "", "")
    for row in _rows(ledger, state, "forecasts"):
        ledger.put("forecast", (text_of(row.get("stock_point")),), number_of(row.get("expected")) or 0.0)


def network_edited(ledger: Ledger, facts: Facts) -> None:
    """Apply NetworkEdited: keep the edit; the projection puts it in force."""
    ledger.put("network", (ledger.time, ledger.key), msgspec.msgpack.encode(facts.own))


def sites_of(stock_point: str) -> tuple[str, str]:
    r"""Return site and product of the id of a stock point, which is the two joined by a slash.

    Example
    -------
    >>> sites_of("A/b\\/c")
    ('A', 'b/c')
    """
    parts, at = [""], 0
    while at < len(stock_point):
        letter = stock_point[at]
        if letter == "\\" and at + 1 < len(stock_point):
            at += 1
            parts[-1] += stock_point[at]
        elif letter == "/":
            parts.append("")
        else:
            parts[-1] += letter
        at += 1
    return (parts[0], parts[1]) if len(parts) == 2 else (stock_point, "")


def _set(ledger: Ledger, place: tuple[str, str], *, lot: str, quality: str, quantity: float, variance: float) -> None:
    """Let the quantity of a lot, or of all lots where none is named, be what was counted."""
    settle(ledger, place)
    stock = ledger.stock
    keys = stock.under(place)
    if lot == SURPLUS and any(key[2] != SURPLUS for key in keys):
        short = sum(stock.cells[key][0] for key in keys) - quantity
        if short > 0.0:
            take(ledger, place, lot=SURPLUS, quality=quality, quantity=short, order=OLDEST)
        elif short < 0.0:
            gain(ledger, place, lot=SURPLUS, quality=quality, quantity=-short)
        for key in stock.under(place):
            found = stock.cells[key]
            ledger.put("stock", key, found[0], found[1], variance)
        return
    key = (*place, lot, quality)
    there = stock.cells.get(key)
    if quantity or variance:
        ledger.put("stock", key, quantity, ledger.time if there is None else there[1], variance)
    elif there is not None:
        ledger.drop("stock", key)


def _note(ledger: Ledger, place: tuple[str, str], *, off: float, variance: float) -> None:
    """Learn from a count how fast stock and books drift apart: the mean of squared differences by the time between counts."""
    last = ledger.get("count", *place)
    drift, intervals = (0.0, 0) if last is None else (last[1], last[2])
    if last is not None and ledger.time > last[0]:
        drift += off * off / ((ledger.time - last[0]) / 1e6)
        intervals += 1
    ledger.put("count", place, ledger.time, drift, intervals, variance)
    if off and last is not None:
        ledger.discrepancy("count_differs", "/".join(place), amount=off)


def _set_lot(ledger: Ledger, row: Mapping[str, Any], *, period: int) -> None:
    site, product = text_of(row.get("site")), text_of(row.get("product"))
    if not site:
        site, product = sites_of(text_of(row.get("stock_point")))
    age = whole_of(row.get("age"))
    made = whole_of(row.get("started"))
    made = made if made != NEVER else period - (0 if age == NEVER else age)
    lot = text_of(row.get("lot")) or (str(made) if "started" in row or age > 0 else SURPLUS)
    quality = row.get("quality")
    key = (site, product, lot, str(quality) if quality else "")
    quantity = number_of(row.get("quantity")) or 0.0
    found = ledger.get("stock", *key)
    if quantity:
        ledger.put("stock", key, quantity + (0.0 if found is None else found[0]), ledger.start_of(made), 0.0)
    ledger.put("count", (site, product), ledger.time, 0.0, 0, 0.0)


def _rows(ledger: Ledger, state: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = state.get(name, [])
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []
    if not isinstance(rows, list | tuple) or len(found) != len(rows):
        ledger.discrepancy("no_rows", name)
    return found
