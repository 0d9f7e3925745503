"""Goods that join stock and leave it: which lot gives, what is counted, what never was there."""

from __future__ import annotations

from chaintwin.twin.cells import Key, Value
from chaintwin.twin.ledger import DUST, SURPLUS, Ledger

OLDEST, RULE, MORNING = "oldest", "rule", "morning"
"""Which lots give where none is named: the oldest first; by the issue rule; by the issue rule, what came in today last."""

INWARD = ("receiving", "commissioning", "transforming_out", "adding")
"""Steps by which goods come to a place."""


def gain(
    ledger: Ledger,
    place: tuple[str, str],
    *,
    lot: str,
    quality: str = "",
    quantity: float,
    variance: float = 0.0,
    since: int | None = None,
) -> None:
    """Let goods join stock.

    Parameters
    ----------
    ledger : of the event. place : site and product. lot, quality : of the goods. quantity : base units.
    variance : of the quantity. since : when the lot came here; the time of the event by default.
    """
    pending = ledger.held["pending"]
    if pending and place in pending:
        settle(ledger, place, period=ledger.period_of(ledger.time))
    stock, key = ledger.stock, (*place, lot, quality)
    found = stock.cells.get(key)
    if found is None:
        value: Value = (quantity, ledger.time if since is None else since, variance, ledger.time, ledger.source)
        if quantity:
            ledger.cells.put(stock, key, value=value)
        return
    _change(ledger, key, found, by=quantity, variance=variance)


def take(
    ledger: Ledger,
    place: tuple[str, str],
    *,
    lot: str,
    quality: str = "",
    quantity: float,
    variance: float = 0.0,
    order: str = RULE,
) -> list[tuple[str, float]]:
    """Let goods leave stock, and return lots and quantities that left; what is missing leaves all the same and is told.

    Parameters
    ----------
    ledger, place, lot, quality, quantity, variance : as for ``gain``. order : which lots give where none is named.
    """
    stock, key = ledger.stock, (*place, lot, quality)
    found = stock.cells.get(key)
    if lot == SURPLUS:
        issues = ledger.network.issues
        if issues and place in issues:
            return _take_youngest(ledger, place, quality=quality, quantity=quantity, order=order)
        group = stock.index.get(place)
        if group is not None and (len(group) > 1 or found is None):
            return _take_first(ledger, place, quality=quality, quantity=quantity, variance=variance)
    short = quantity - (0.0 if found is None else found[0])
    if found is None:
        value: Value = (-quantity, ledger.time, variance, ledger.time, ledger.source)
        if quantity:
            ledger.cells.put(stock, key, value=value)
    else:
        _change(ledger, key, found, by=-quantity, variance=variance)
    if short > DUST * quantity:
        _note_short(ledger, place, amount=min(short, quantity))
    return [(lot, quantity)]


def settle(ledger: Ledger, place: tuple[str, str], *, period: int | None = None) -> None:
    """Take what left without a lot in an earlier period from the youngest lots.

    Goods issued last in, first out are taken at the end of a period, so that it does not matter when in it they came.

    Parameters
    ----------
    ledger, place : as for ``gain``. period : what left in it waits still; None for all.
    """
    pending = ledger.held["pending"].get(place)
    if pending is None or pending[1] == period:
        return
    ledger.drop("pending", place)
    _take_in_order(ledger, place, quantity=pending[0], keys=_by_age(ledger, place, youngest=True))


def total_of(ledger: Ledger, place: tuple[str, str]) -> float:
    """Return stock of a product at a site, all lots and qualities together."""
    cells = ledger.stock.cells
    pending = ledger.get("pending", *place)
    total: float = sum(cells[key][0] for key in ledger.stock.under(place))
    return total - (0.0 if pending is None else pending[0])


def _change(ledger: Ledger, key: Key, found: Value, *, by: float, variance: float) -> None:
    before = found[0]
    after, spread = before + by, found[2] + variance
    if abs(after) <= DUST * (abs(before) + abs(by)) and spread == 0.0:
        ledger.cells.put(ledger.stock, key, value=None)
    else:
        ledger.cells.replace(ledger.stock, key, value=(after, found[1], spread, ledger.time, ledger.source))


def _by_age(ledger: Ledger, place: tuple[str, str], *, youngest: bool = False) -> list[Key]:
    cells, ages = ledger.stock.cells, ledger.stock.by_age(place)
    return [key for _, key in (reversed(ages) if youngest else ages) if cells[key][0] > 0.0]


def _take_first(
    ledger: Ledger, place: tuple[str, str], *, quality: str, quantity: float, variance: float
) -> list[tuple[str, float]]:
    """Take from the oldest lots of a quality on, or of any where it has none."""
    cells = ledger.stock.cells
    for _, key in ledger.stock.by_age(place):
        found = cells[key]
        if key[3] == quality and found[0] > 0.0:
            if found[0] >= quantity > 0.0:
                # Nearly always the oldest lot holds enough, so that the others need not be looked at.
                _change(ledger, key, found, by=-quantity, variance=variance)
                return [(key[2], quantity)]
            break
    keys = _by_age(ledger, place)
    mine = [key for key in keys if key[3] == quality] or keys
    return _take_in_order(ledger, place, quantity=quantity, keys=mine, variance=variance, quality=quality)


def _take_youngest(
    ledger: Ledger, place: tuple[str, str], *, quality: str, quantity: float, order: str
) -> list[tuple[str, float]]:
    period = ledger.period_of(ledger.time)
    if order == RULE:
        settle(ledger, place, period=period)
        pending = ledger.get("pending", *place)
        ledger.put("pending", place, quantity + (0.0 if pending is None else pending[0]), period)
        return [(SURPLUS, quantity)]
    settle(ledger, place)
    if order == OLDEST:
        keys = _by_age(ledger, place)
    else:
        cells, today = ledger.stock.cells, ledger.start_of(period)
        young = _by_age(ledger, place, youngest=True)
        keys = [key for key in young if cells[key][1] < today] + [key for key in young if cells[key][1] >= today]
    return _take_in_order(ledger, place, quantity=quantity, keys=keys, quality=quality)


def _take_in_order(
    ledger: Ledger, place: tuple[str, str], *, quantity: float, keys: list[Key], variance: float = 0.0, quality: str = ""
) -> list[tuple[str, float]]:
    cells, left, taken = ledger.stock.cells, quantity, []
    dust = DUST * quantity
    for key in keys:
        if left <= dust:
            break
        found = cells[key]
        part = left if left < found[0] else found[0]
        left -= part
        _change(ledger, key, found, by=-part, variance=variance)
        variance = 0.0
        taken.append((key[2], part))
    if left > dust:
        key = (*place, SURPLUS, quality)
        found = cells.get(key) or (0.0, ledger.time, 0.0)
        value = (found[0] - left, found[1], found[2] + variance, ledger.time, ledger.source)
        ledger.cells.put(ledger.stock, key, value=value)
        _note_short(ledger, place, amount=left)
        taken.append((SURPLUS, left))
    return taken


def _note_short(ledger: Ledger, place: tuple[str, str], *, amount: float) -> None:
    """Note that more left a place than was there, but for what rounding leaves of all that came to it."""
    flows = ledger.held["flow"]
    came = max((flow[0] for step in INWARD if (flow := flows.get((*place, step))) is not None), default=0.0)
    if amount > DUST * came:
        ledger.discrepancy("negative_stock", "/".join(place), amount=amount)
