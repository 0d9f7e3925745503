"""What a twin knows at one moment, to be read: values with source, age and uncertainty, tables, a state to simulate from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from typing import TYPE_CHECKING, Any

from chaintwin.clock import SECOND, microseconds_of
from chaintwin.twin.cells import FAMILIES, Cells, Key, Value, key_of
from chaintwin.twin.ledger import NEVER
from chaintwin.twin.naming.networks import InForce

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.network.network import Network
    from chaintwin.network.program import Program
    from chaintwin.twin.starting import Placed

HOUR = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Part:
    """What is reported, wanted or expected of something.

    Parameters
    ----------
    value : number, text or truth; None where it is not known. at : event time, microseconds. source : who said it.
    age : microseconds from then to the moment asked for; negative where the event lies in its future.
    variance : of a number; None where nothing says how sure it is.
    valid_at : moment that the value is for, microseconds; None where it is for as long as it lasts.
    """

    value: Any
    at: int
    source: str
    age: int
    variance: float | None = None
    valid_at: int | None = None

    @property
    def deviation(self) -> float | None:
        """Standard deviation, or None where nothing says how sure the value is."""
        return None if self.variance is None else sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class Described:
    """One value of the state: what is reported, what is desired, what is predicted; None where nobody said so."""

    path: str
    reported: Part | None
    desired: Part | None
    predicted: Part | None


class LiveState:
    """A state that does not change any more.

    Parameters
    ----------
    cells : what is known. in_force : the network at that moment.
    time : event time it is of, or for the present state the time of the clock, microseconds. head : entry of the log it goes to.
    """

    def __init__(self, cells: Cells, in_force: InForce, *, time: int, head: int) -> None:
        self.cells, self.in_force, self.time, self.head = cells, in_force, time, head
        self._hash: list[str] = []

    @property
    def network(self) -> Network:
        """The network in force."""
        return self.in_force.network

    @property
    def period(self) -> int:
        """Period that is under way, or that begins right after the moment; negative before the start of the project.

        So the state one microsecond before a period starts belongs to that period: all before it has happened, nothing of it.
        """
        return self.period_at(self.time + 1)

    @property
    def next_period(self) -> int:
        """Period whose beginning lies next to the moment: the one under way, or from its middle on the one behind it.

        A simulation plays whole periods, so it starts there: late in a period most of it has happened already.
        """
        return self.next_to(self.time + 1)

    def next_to(self, time: int) -> int:
        """Return the period whose beginning lies next to a time, microseconds; halves up, as lead times are counted."""
        return self.period_at(time + self.network.settings.period.hours * HOUR // 2)

    def eve_of(self, period: int) -> int:
        """Return the last moment before a period, microseconds."""
        return self._origin + period * self.network.settings.period.hours * HOUR - 1

    def period_at(self, time: int) -> int:
        """Return the period of the project that a time lies in, microseconds."""
        return (time - self._origin) // (self.network.settings.period.hours * HOUR)

    @property
    def _origin(self) -> int:
        day = self.network.settings.start
        return microseconds_of(datetime(day.year, day.month, day.day, tzinfo=UTC))

    @property
    def latest(self) -> int | None:
        """Event time of the latest event, microseconds; None where nothing is known."""
        return max((value[-2] for family in self.cells.families.values() for value in family.cells.values()), default=None)

    def aged(self, time: int) -> LiveState:
        """Return the same state, looked at later."""
        found = LiveState(self.cells, self.in_force, time=time, head=self.head)
        # Whoever asks for the hash of either of them first tells both.
        found._hash = self._hash
        return found

    def hash(self) -> str:
        """Return the hash of all values, hexadecimal."""
        if not self._hash:
            self._hash.append(self.cells.digest())
        return self._hash[0]

    def get(self, family: str, *key: Any) -> dict[str, Any] | None:
        """Return a cell by family and key, its values by name, with ``time`` and ``source``.

        Example
        -------
        ``state.get("stock", "plant", "milk", "", "")`` gives its ``quantity``, ``since``, ``variance``, ``time``
        and ``source``.
        """
        value = self.cells[family].cells.get(key)
        return None if value is None else _named(family, value)

    def quantity(self, site: str, product: str) -> float:
        """Return stock of a product at a site, all lots and qualities together, base units."""
        stock, pending = self.cells["stock"], self.cells["pending"].cells.get((site, product))
        total: float = sum(stock.cells[key][0] for key in stock.under((site, product)))
        return total - (0.0 if pending is None else pending[0])

    def on_way(self, shipment: str) -> dict[str, float]:
        """Return what is on a shipment, base units by product."""
        cargo, found = self.cells["cargo"], dict[str, float]()
        for key in cargo.under((shipment,)):
            found[key[1]] = found.get(key[1], 0.0) + cargo.cells[key][0]
        return found

    def described(self, path: str) -> Described:
        """Return what is reported, desired and predicted of one value.

        Parameters
        ----------
        path : family and key, as ``path_of`` writes them. Of ``stock/SITE/PRODUCT`` it is the sum over lots and qualities.
        """
        wanted, expected = (self.cells[family].cells.get((path,)) for family in ("desired", "predicted"))
        return Described(
            path,
            self._reported(path),
            None if wanted is None else self._part(wanted[0], wanted, valid_at=_moment(wanted[1])),
            self._predicted(path) if expected is None else self._part(expected[0], expected, valid_at=_moment(expected[1])),
        )

    def frame(self, family: str) -> pl.DataFrame:
        """Return the cells of a family as a table: key, values, time and source."""
        from chaintwin.twin.showing import frame_of

        return frame_of(self, family)

    def tables(self, *names: str) -> dict[str, pl.DataFrame]:
        """Return the tables people look at, by name, with the age of each row; those that are named, or all."""
        from chaintwin.twin.showing import tables_of

        return tables_of(self, *names)

    def summary(self, *, is_hashed: bool = True) -> dict[str, object]:
        """Return what the state holds, in numbers: the latest event, its age, cells by family, what does not fit.

        Parameters
        ----------
        is_hashed : whether the hash is among them, which goes over all values.
        """
        from chaintwin.twin.showing import summary_of

        return summary_of(self, is_hashed=is_hashed)

    def placed(self, program: Program) -> Placed:
        """Return the state that a simulation starts from, and what could not be placed in it."""
        from chaintwin.twin.starting import placed

        return placed(self, program)

    def _part(self, value: Any, cell: Value, *, variance: float | None = None, valid_at: int | None = None) -> Part:
        return Part(value, cell[-2], cell[-1], self.time - cell[-2], variance, valid_at)

    def _reported(self, path: str) -> Part | None:
        found = key_of(path)
        if found is None:
            from urllib.parse import unquote

            parts = path.split("/")
            return self._stock(unquote(parts[1]), unquote(parts[2])) if parts[0] == "stock" and len(parts) == 3 else None
        family, key = found
        cell = self.cells[family].cells.get(key)
        if cell is None:
            return None
        if family == "stock":
            return self._part(cell[0], cell, variance=self.variance_of(key[:2], cell[2]))
        if family == "condition":
            value = cell[0] if cell[0] is not None else cell[4]
            return self._part(value, cell, variance=None if cell[5] is None else cell[5] ** 2)
        return self._part(cell[0] if len(cell) > 2 else True, cell)

    def _stock(self, site: str, product: str) -> Part | None:
        stock = self.cells["stock"]
        cells = [stock.cells[key] for key in stock.under((site, product))]
        if not cells:
            return None
        last = max(cells, key=lambda cell: cell[-2:])
        own = sum(cell[2] for cell in cells)
        return self._part(self.quantity(site, product), last, variance=self.variance_of((site, product), own))

    def variance_of(self, place: Key, own: float) -> float | None:
        """Return the variance of stock: what counts and documents leave open, and what has drifted since the last count.

        Two counts of a product at a site say how fast its books drift: the mean, over the intervals, of the squared difference
        divided by the length. The variance grows so fast from the last count on. Before the second count nothing says how
        sure it is, but at the moment of the first.

        Parameters
        ----------
        place : site and product. own : variance of counts and documents.
        """
        count = self.cells["count"].cells.get(place)
        if count is None:
            return None
        seconds = max(self.time - count[0], 0) / 1e6
        if not count[2]:
            return own if seconds == 0.0 else None
        return float(own + count[1] / count[2] * seconds)

    def _predicted(self, path: str) -> Part | None:
        """Return what the state itself predicts: when a shipment comes."""
        found = key_of(path)
        if found is None or found[0] != "shipment":
            return None
        cell = self.cells["shipment"].cells.get(found[1])
        if cell is None:
            return None
        time = cell[5] if cell[5] != NEVER else cell[4]
        return None if time == NEVER else self._part("received", cell, valid_at=time)


def _named(family: str, value: Value) -> dict[str, Any]:
    return dict(zip((*FAMILIES[family][1], "time", "source"), value, strict=True))


def _moment(time: int) -> int | None:
    return None if time == NEVER else time
