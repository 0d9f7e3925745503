"""Orders, what customers ask for and are owed, forecasts, plans and commands."""

from __future__ import annotations

from functools import lru_cache

from chaintwin.events.facts import Facts
from chaintwin.twin.cells import key_of
from chaintwin.twin.closing import CANCELLED
from chaintwin.twin.ledger import DUST, NEVER, Ledger, number_of, text_of, time_of
from chaintwin.twin.rules.consignments import units_of, whole_of
from chaintwin.twin.rules.goods import goods_of
from chaintwin.twin.rules.shipping import after_receipt, orders_of, plain_id, short_of

ALL = "all"
"""The market of customers that nobody tells apart."""

PLACED, SEEN = "placed", "seen"


def order_placed(ledger: Ledger, facts: Facts) -> None:
    """Apply OrderPlaced: of an activity by period, or of a document with its items."""
    activity = text_of(facts.own.get("activity"))
    if activity:
        units, due = units_of(facts), whole_of(facts.own.get("due"))
        if units is None:
            ledger.discrepancy("no_quantity", activity)
            return
        is_hidden = due > ledger.period_of(ledger.time)
        ledger.add("queue", (activity, due if is_hidden else NEVER), amount=units)
        return
    name = plain_id(text_of(facts.own.get("order"))) or (plain_id(facts.transactions[0][1]) if facts.transactions else "")
    if not name:
        ledger.discrepancy("order_without_name", ledger.key)
        return
    ends = _site_of(ledger, facts.sources), _site_of(ledger, facts.destinations) or _here(ledger, facts)
    wanted, due_at = (NEVER if at is None else at for at in (time_of(facts.own.get(field)) for field in ("wanted_at", "due_at")))
    for good in goods_of(ledger, facts.items):
        found = ledger.get("order", name, good.product)
        if found is not None:
            # A second message of an order is a change of it; what has come already stays.
            left = max(good.quantity - (found[3] - found[4]), 0.0)
            ledger.put("order", (name, good.product), found[0], *ends, good.quantity, left, found[5], wanted, due_at)
        else:
            status, left, ahead = PLACED, good.quantity, ledger.get("ahead", name, good.product)
            if ahead is not None:
                # In real records goods can come before the day that their order has.
                status, left = after_receipt(ledger, name, ordered=left, left=left, quantity=ahead[0])
                ledger.drop("ahead", (name, good.product))
            ledger.put("order", (name, good.product), status, *ends, good.quantity, left, ledger.time, wanted, due_at)
        if good.unit:
            ledger.discrepancy("order_in_unknown_unit", name, amount=good.quantity)


def order_seen(ledger: Ledger, facts: Facts) -> None:
    """Apply OrderSeen: the source knows of the order."""
    activity, units = text_of(facts.own.get("activity")), units_of(facts)
    if activity and units is not None:
        part = _hidden(ledger, facts, activity=activity, units=units)
        ledger.add("queue", (activity, NEVER), amount=part)
        if units - part > DUST * units:
            ledger.discrepancy("seen_more_than_ordered", activity, amount=units - part)
        return
    _set_status(ledger, facts, status=SEEN)


def order_cancelled(ledger: Ledger, facts: Facts) -> None:
    """Apply OrderCancelled."""
    activity, units = text_of(facts.own.get("activity")), units_of(facts)
    if activity and units is not None:
        part = _hidden(ledger, facts, activity=activity, units=units)
        if units - part > DUST * units:
            ledger.add("queue", (activity, NEVER), amount=part - units)
        return
    _set_status(ledger, facts, status=CANCELLED)


def demand_placed(ledger: Ledger, facts: Facts) -> None:
    """Apply DemandPlaced: what is asked for is owed until it is shipped."""
    for stream, site, product, quantity in _asked(ledger, facts):
        _owe(ledger, stream, site=site, product=product, quantity=quantity)
        ledger.flow(site, product, step="asking", quantity=quantity)


def demand_lost(ledger: Ledger, facts: Facts) -> None:
    """Apply DemandLost: what customers do not wait for any longer."""
    for stream, site, product, quantity in _asked(ledger, facts):
        _owe(ledger, stream, site=site, product=product, quantity=-quantity)
        ledger.flow(site, product, step="losing", quantity=quantity)


def serve(ledger: Ledger, facts: Facts, *, site: str, product: str, quantity: float) -> None:
    """Take goods that customers get off what they are owed.

    Parameters
    ----------
    ledger, facts : of the event. site, product, quantity : what leaves.
    """
    own = facts.own
    if own and "stream" in own:
        _owe(ledger, text_of(own["stream"]), site=site, product=product, quantity=-quantity)
        return
    backlog = ledger.held["backlog"]
    if not backlog:
        return
    everybody = stream_of(site, product, market=ALL)
    streams = (
        (stream_of(site, product, market=text_of(own["customer"])), everybody) if own and "customer" in own else (everybody,)
    )
    for stream in streams:
        found = backlog.get((stream,))
        if found is not None:
            # Without the name of a stream more may leave than is owed: not all demand is told before it is served.
            _owe(ledger, stream, site=site, product=product, quantity=-min(quantity, max(found[0], 0.0)))
            return


@lru_cache(maxsize=65_536)
def stream_of(site: str, product: str, *, market: str) -> str:
    """Return the id of the demand for a product at a site, as the tables make it of the three."""
    safe = [part.replace("\\", "\\\\").replace("/", "\\/") for part in (site, product, market or ALL)]
    return "/".join(safe)


def forecast_set(ledger: Ledger, facts: Facts) -> None:
    """Apply ForecastSet."""
    point, value = text_of(facts.own.get("stock_point")), number_of(facts.own.get("value"))
    if not point or value is None:
        ledger.discrepancy("no_value", point or "ForecastSet")
        return
    ledger.put("forecast", (point,), value)


def plan_set(ledger: Ledger, facts: Facts) -> None:
    """Apply PlanSet: a value that is wanted, or expected, at a time."""
    path, kind = text_of(facts.own.get("path")), text_of(facts.own.get("kind"))
    if kind not in ("desired", "predicted") or not path:
        ledger.discrepancy("plan_of_unknown_kind", path)
        return
    if key_of(path) is None:
        ledger.unknown("path", path, reason="no family of the state has such a path")
    at = time_of(facts.own.get("at"))
    value, moment = _plain(facts.own.get("value")), NEVER if at is None else at
    if value is None:
        ledger.drop(kind, (path,))
    elif kind == "desired":
        ledger.put("desired", (path,), value, moment, "")
    else:
        ledger.put("predicted", (path,), value, moment)


def command_issued(ledger: Ledger, facts: Facts) -> None:
    """Apply CommandIssued: what it wants of the state."""
    path, value = text_of(facts.own.get("path")), _plain(facts.own.get("value"))
    if not path or value is None:
        return
    if key_of(path) is None:
        ledger.unknown("path", path, reason="no family of the state has such a path")
    ledger.put("desired", (path,), value, ledger.time, text_of(facts.own.get("command")))


def _plain(value: object) -> float | str | bool | None:
    if isinstance(value, bool | str):
        return value
    return number_of(value)


def _here(ledger: Ledger, facts: Facts) -> str:
    name = facts.location or facts.read_point
    return ledger.site(name) if name else ""


def _site_of(ledger: Ledger, parties: tuple[tuple[str, str], ...]) -> str:
    ranked = sorted((0 if short_of(kind) == "location" else 1, name) for kind, name in parties)
    return ledger.site(ranked[0][1]) if ranked else ""


def _asked(ledger: Ledger, facts: Facts) -> list[tuple[str, str, str, float]]:
    site, named = _here(ledger, facts), text_of(facts.own.get("stream"))
    market = text_of(facts.own.get("customer"))
    found = []
    for good in goods_of(ledger, facts.items):
        if good.unit:
            ledger.discrepancy("demand_in_unknown_unit", f"{site}/{good.product}", amount=good.quantity)
        found.append((named or stream_of(site, good.product, market=market), site, good.product, good.quantity))
    return found


def _owe(ledger: Ledger, stream: str, *, site: str, product: str, quantity: float) -> None:
    found = ledger.get("backlog", stream)
    before = 0.0 if found is None else found[0]
    after = before + quantity
    if abs(after) <= DUST * (abs(before) + abs(quantity)):
        if found is not None:
            ledger.drop("backlog", (stream,))
        return
    if after < 0.0 and quantity < 0.0:
        ledger.discrepancy("served_more_than_asked", stream, amount=min(-after, -quantity))
    ledger.put("backlog", (stream,), after, site, product)


def _hidden(ledger: Ledger, facts: Facts, *, activity: str, units: float) -> float:
    """Take units off the orders of an activity that its source does not see yet; return how many there were."""
    key = (activity, whole_of(facts.own.get("due")))
    found = ledger.get("queue", *key) if key[1] != NEVER else None
    if found is None:
        return 0.0
    part: float = min(units, found[0])
    ledger.add("queue", key, amount=-part)
    return part


def _set_status(ledger: Ledger, facts: Facts, *, status: str) -> None:
    names = orders_of(ledger, facts)
    if not names:
        ledger.discrepancy("order_not_known", text_of(facts.own.get("order")) or ledger.key)
    for name in names:
        for key in ledger.under("order", name):
            found = ledger.get("order", *key)
            if found is not None:
                left = 0.0 if status == CANCELLED else found[4]
                ledger.put("order", key, status, *found[1:4], left, *found[5:-2])
