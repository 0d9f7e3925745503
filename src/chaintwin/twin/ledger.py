"""The hand that writes: what every rule needs to change cells, and the event it writes for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chaintwin.clock import microseconds_of
from chaintwin.events.facts import Item
from chaintwin.twin.cells import Cells, Family, Key, Value
from chaintwin.twin.naming.lookup import Lookup
from chaintwin.twin.naming.networks import InForce

NEVER = -(2**62)
"""Stands for a time or a period that is not known; cells hold no None in their keys."""

FIRST, LAST = (
    microseconds_of(datetime(1, 1, 1, tzinfo=UTC)),
    microseconds_of(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
)
"""Moments that a calendar has."""

DUST = 1e-10
"""What is left of quantities that cancel, relative to what moved, is nothing."""

SURPLUS = ""
"""The lot of goods that no event names a lot of."""


class Ledger:
    """Writes for one event after the other.

    Parameters
    ----------
    cells : what is written to. network : the network in force, ``names`` what it says at the time of the event.

    Attributes
    ----------
    time, source, key : of the event that is written for. families : by name. held : cells of each family by its name.
    """

    __slots__ = ("cells", "families", "held", "key", "names", "network", "origin", "source", "span", "stock", "time")

    def __init__(self, cells: Cells, network: InForce) -> None:
        self.time, self.source, self.key = 0, "", ""
        self.names: Lookup = network.at(0)
        self.turn_to(cells, network)

    def turn_to(self, cells: Cells, network: InForce) -> None:
        """Write to other cells, or under another network, from now on."""
        self.cells, self.network = cells, network
        self.families = cells.families
        self.held: dict[str, dict[Key, Value]] = {name: family.cells for name, family in cells.families.items()}
        self.stock = cells.stock
        self.names = network.at(self.time)
        settings = network.network.settings
        day = settings.start
        self.origin = microseconds_of(datetime(day.year, day.month, day.day, tzinfo=UTC))
        self.span = settings.period.hours * 3_600_000_000

    def begin(self, time: int, key: str, *, source: str) -> None:
        """Turn to an event: time in microseconds, key in the log, who sent it."""
        self.time, self.key, self.source = time, key, source
        names = self.names
        if not names.since <= time < names.until:
            self.names = self.network.at(time)

    def period_of(self, time: int) -> int:
        """Return the period of the project that a time lies in; before its start they are negative."""
        return (time - self.origin) // self.span

    def start_of(self, period: int) -> int:
        """Return when a period starts, microseconds; the first or last moment of the calendar for one beyond it."""
        return min(max(self.origin + period * self.span, FIRST), LAST)

    def get(self, family: str, *key: Any) -> Value | None:
        """Return a cell."""
        return self.held[family].get(key)

    def put(self, family: str, key: Key, *values: Any) -> None:
        """Set a cell; time and source of the event go behind the values."""
        self.cells.put(self.families[family], key, value=(*values, self.time, self.source))

    def drop(self, family: str, key: Key) -> None:
        """Take a cell away."""
        self.cells.put(self.families[family], key, value=None)

    def under(self, family: str, *prefix: Any) -> list[Key]:
        """Return the keys that begin so."""
        return self.families[family].under(prefix)

    def add(self, family: str, key: Key, *, amount: float) -> float:
        """Add to the first value of a cell of one value, and return the sum; a cell that comes to nothing is taken away."""
        group: Family = self.families[family]
        found = group.cells.get(key)
        if found is None:
            if not amount:
                return 0.0
            self.cells.put(group, key, value=(amount, self.time, self.source))
            return amount
        before = found[0]
        after: float = before + amount
        if abs(after) <= DUST * (abs(before) + abs(amount)):
            self.cells.put(group, key, value=None)
            return 0.0
        self.cells.put(group, key, value=(after, *found[1:-2], self.time, self.source))
        return after

    def unknown(self, what: str, name: str, *, reason: str) -> None:
        """Note that something is not known; the event has been applied as far as it is."""
        found = self.get("unknown", what, name)
        self.put("unknown", (what, name), reason, 1 if found is None else found[1] + 1)

    def discrepancy(self, reason: str, subject: str, *, amount: float = 0.0) -> None:
        """Note that an event does not fit what is known."""
        found = self.get("discrepancy", reason, subject)
        total, times = (0.0, 0) if found is None else (found[0], found[1])
        self.put("discrepancy", (reason, subject), total + amount, times + 1, self.key)

    def flow(self, site: str, product: str, *, step: str, quantity: float) -> None:
        """Count what went through a step at a site."""
        key = (site, product, step)
        found = self.held["flow"].get(key)
        if found is None:
            value: Value = (quantity, 1, self.time, self.source)
        else:
            value = (found[0] + quantity, found[1] + 1, self.time, self.source)
        self.cells.put(self.families["flow"], key, value=value)

    def site(self, name: str) -> str:
        """Return the site that a name means; a name that the network has not is noted and stands for itself."""
        names = self.names
        found = names.places.get(name) or names.place(name)
        if not found.is_known:
            self.unknown("site", name, reason="no site has this id or identifier")
        return found.site

    def amount_of(self, item: Item) -> tuple[str, str, float, str]:
        """Return product, lot, quantity in base units and an empty text; or the quantity as given and its unit."""
        names = self.names
        ware = names.wares.get(item.name) or names.ware(item.name)
        if item.unit is None and ware.is_known and item.quantity is not None:
            return ware.product, ware.lot, item.quantity, ""
        if not ware.is_known:
            self.unknown("product", ware.product, reason="no product has this id or identifier")
        quantity = 1.0 if item.quantity is None and item.instance else item.quantity
        if quantity is None:
            self.discrepancy("no_quantity", item.name)
            quantity = 0.0
        if item.unit is None:
            return ware.product, ware.lot, float(quantity), ""
        factor = self.names.factor(ware.product, item.unit)
        if factor is None:
            self.unknown("unit", f"{item.unit} of {ware.product}", reason="no row of units says how many base units it holds")
            return ware.product, ware.lot, float(quantity), item.unit
        return ware.product, ware.lot, quantity * factor, ""


def time_of(value: Any) -> int | None:
    """Return a time given as ISO 8601 text with a zone, or in microseconds, as microseconds; None where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if FIRST <= value <= LAST else None
    if not isinstance(value, str):
        return None
    try:
        return microseconds_of(datetime.fromisoformat(value))
    except ValueError:
        return None


def number_of(value: Any) -> float | None:
    """Return a finite number, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if abs(number) <= 1e300 else None


def text_of(value: Any) -> str:
    """Return a text, or an empty one for anything that is none."""
    return value if isinstance(value, str) else "" if value is None else str(value)
