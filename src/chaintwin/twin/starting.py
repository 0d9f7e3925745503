"""The state that a simulation starts from, made of a live state, and what could not be placed in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import Finding, Severity
from chaintwin.network.graph import FORECASTING, LeadMode
from chaintwin.network.program import Program
from chaintwin.network.state import Lots, OpenOrders, Shipments, State
from chaintwin.network.tables.schema import DELAY_MAX
from chaintwin.twin.closing import CANCELLED, RECEIVED
from chaintwin.twin.ledger import DUST, NEVER, Ledger
from chaintwin.twin.live_state import LiveState
from chaintwin.twin.routes import Routes
from chaintwin.twin.rules.asking import ALL, stream_of
from chaintwin.twin.rules.consignments import HELD
from chaintwin.twin.rules.stocking import settle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_AGE = 2
"""Goods that arrive by their age and wait outside have at least so many periods of age."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A state to start from.

    Parameters
    ----------
    state : what the simulator takes. findings : what is known and has no place in it, one finding a thing.
    is_foretold : bool[shipments]: whether somebody said when it will arrive once it had left; what was planned before is no news.
    """

    state: State
    findings: tuple[Finding, ...]
    is_foretold: NDArray[np.bool_]

    @property
    def opened(self) -> State:
        """The state with the arrivals open that nobody foretold: each run draws them, given how long goods are under way."""
        return replace(self.state, shipments=replace(self.state.shipments, is_open=~self.is_foretold))


def placed(live: LiveState, program: Program) -> Placed:
    """Return the state at the period that a live state lies in, with everything in it that the program has a place for.

    Parameters
    ----------
    live : what is known. program : the compiled network.
    """
    return _Placing(live, program).run()


class _Placing:
    """Puts cells in the places of a program and collects what does not go."""

    def __init__(self, live: LiveState, program: Program) -> None:
        self.live, self.program = live, program
        self.period = max(live.next_period, 0)
        self.findings: list[Finding] = []
        names = program.names
        buffers = names.buffers
        pairs = zip(buffers["site_id"].to_list(), buffers["product_id"].to_list(), strict=True)
        self.buffers = {pair: place for place, pair in enumerate(pairs)}
        self.buffer_ids = {name: place for place, name in enumerate(buffers["buffer_id"].to_list())}
        self.activities = {name: place for place, name in enumerate(names.activities["activity_id"].to_list())}
        self.streams = {name: place for place, name in enumerate(names.streams["stream_id"].to_list())}
        self.resources = {name: place for place, name in enumerate(names.resources["resource_id"].to_list())}
        self.routes = Routes(program, self.buffers)

    def run(self) -> Placed:
        if self.live.period < 0:
            self._miss("period", f"period {self.live.period}", "a moment from the start of the project on")
        shipments, is_foretold = self._shipments()
        state = State(
            period=self.period,
            lots=self._lots(),
            shipments=shipments,
            orders=self._orders(),
            backlog=self._backlog(),
            resource_share=self._shares(),
            cash=sum((cell[0] for key, cell in self._cells("cash") if key[1] == self._currency), 0.0),
            forecast=self._forecast(),
        )
        self._left_out()
        return Placed(state, tuple(self.findings), is_foretold)

    @property
    def _currency(self) -> str:
        return self.live.network.settings.currency

    def _cells(self, family: str) -> list[tuple[Any, Any]]:
        return sorted(self.live.cells[family].cells.items(), key=lambda pair: pair[0])

    def _miss(self, what: str, found: str, allowed: str, *, fix: str = "") -> None:
        self.findings.append(
            Finding(f"start.{what}", found, allowed, fix=fix, file="live state", column=what, severity=Severity.WARNING)
        )

    def _amount(self, what: str, name: str, quantity: float) -> float:
        """Return a quantity as a simulation can take it: not negative, and whole where quantities are."""
        if quantity < 0.0:
            if quantity < -DUST:
                self._miss(what, f"{quantity:g} of {name}", "0 or more", fix="it starts from 0; count the stock")
            return 0.0
        if self.program.integer and quantity != np.floor(quantity):
            self._miss(what, f"{quantity:g} of {name}", "whole units", fix="it is rounded down")
            return float(np.floor(quantity))
        return quantity

    def _lots(self) -> Lots:
        rows: dict[tuple[int, int], float] = {}
        for (site, product), quantities in sorted(self._by_place().items()):
            place = self.buffers.get((site, product))
            if place is None:
                total = sum(quantities.values())
                self._miss("stock", f"{total:g} of {product} at {site}", "stock points of the network", fix="add the stock point")
                continue
            life = int(self.program.buffers.life[place])
            if sum(quantities.values()) < 0.0:
                self._amount("stock", f"{product} at {site}", sum(quantities.values()))
                continue
            for age, quantity in _without_negative(quantities):
                kept = min(age, life - 1) if life else 0
                # What rounding leaves of goods that went is no good that grows old.
                if life and age >= life and quantity > DUST:
                    self._miss("age", f"{quantity:g} of {product} at {site}, {age} periods old", f"less than {life} periods")
                key = (place, max(kept, 0))
                rows[key] = rows.get(key, 0.0) + quantity
        found = [(key, self._amount("stock", str(key[0]), quantity)) for key, quantity in sorted(rows.items())]
        found = [pair for pair in found if pair[1]]
        return Lots(
            _whole([key[0] for key, _ in found]),
            _whole([key[1] for key, _ in found]),
            np.zeros(len(found), dtype=np.int64),
            np.array([quantity for _, quantity in found], dtype=np.float64),
        )

    def _by_place(self) -> dict[tuple[str, str], dict[int, float]]:
        """Return stock by site and product and by age, oldest first."""
        found: dict[tuple[str, str], dict[int, float]] = {}
        for (site, product, lot, _), cell in self._settled():
            age = self._age((site, product, lot), since=cell[1])
            ages = found.setdefault((site, product), {})
            ages[age] = ages.get(age, 0.0) + cell[0]
        return found

    def _settled(self) -> list[tuple[Any, Any]]:
        """Return stock, what left without a lot taken from the youngest ones, as at the end of the period."""
        if not self.live.cells["pending"].cells:
            return self._cells("stock")
        cells = self.live.cells.copy()
        ledger = Ledger(cells, self.live.in_force)
        ledger.begin(self.live.time, "", source="")
        for key in sorted(cells["pending"].cells):
            settle(ledger, (key[0], key[1]))
        return sorted(cells["stock"].cells.items(), key=lambda pair: pair[0])

    def _age(self, lot: tuple[str, str, str], *, since: int) -> int:
        """Return the age of a lot in periods: by its expiry where that is known, else since it was made, else since it came."""
        said = self.live.cells["lot"].cells.get((lot[1], lot[2])) if lot[2] else None
        if said is not None and said[1] != NEVER:
            place = self.buffers.get((lot[0], lot[1]))
            life = 0 if place is None else int(self.program.buffers.life[place])
            if life:
                return max(life - 1 - (self.live.period_at(said[1]) - self.period), 0)
        made = since if said is None or said[0] == NEVER else said[0]
        return max(self.period - self.live.period_at(made), 0)

    def _shipments(self) -> tuple[Shipments, NDArray[np.bool_]]:
        """Return what is under way, and of which of it somebody said meanwhile when it will arrive."""
        rows: list[tuple[int, int, int, float, bool]] = []
        for (activity, started, due), cell in self._cells("consignment"):
            place = self.activities.get(activity)
            if place is None:
                self._miss("consignment", f"{cell[0]:g} of {activity}", "activities of the network")
                continue
            rows.append(self._consignment(place, started=started, due=due, cell=cell))
        cargo: dict[tuple[str, int], float] = {}
        for (shipment, product, _, _), cell in self._cells("cargo"):
            head = self.live.cells["shipment"].cells.get((shipment,))
            move = None if head is None else self.routes.move(head[1], head[2], product=product)
            if head is None or move is None:
                ends = "" if head is None else f" from {head[1] or 'nowhere known'} to {head[2] or 'nowhere known'}"
                self._miss("shipment", f"{cell[0]:g} of {product}{ends}", "lanes of the network", fix="add the lane")
                continue
            # Lots of one shipment come together: they are one row, which is drawn once.
            units = cell[0] / self.routes.content(move, product)
            cargo[shipment, move] = cargo.get((shipment, move), 0.0) + units
        for (shipment, move), units in cargo.items():
            head = self.live.cells["shipment"].cells[shipment,]
            # Lead times are counted in whole periods, halves up; a shipment that left late in one left at the end of it.
            started = min(self.live.next_to(head[3]), self.period)
            said = head[5] if head[5] != NEVER else head[4]
            due = NEVER if said == NEVER else self.live.period_at(said)
            arrival = self._arrival(move, started=started, due=due)
            rows.append((move, started, arrival, self._amount("shipment", shipment, units), head[5] != NEVER))
        rows = [row for row in rows if row[3]]
        whole = [_whole([row[place] for row in rows]) for place in range(3)]
        quantity = np.array([row[3] for row in rows], dtype=np.float64)
        return Shipments(whole[0], whole[1], whole[2], quantity), np.array([row[4] for row in rows], dtype=bool)

    def _consignment(self, place: int, *, started: int, due: int, cell: Any) -> tuple[int, int, int, float, bool]:
        activities = self.program.activities
        if cell[1] == HELD and self._by_age(place):
            # Goods that arrive by their age and wait outside have the greatest age.
            started = self.period - max(int(activities.lead_max[place]), LEAST_AGE)
        name = self.program.names.activities["activity_id"][place]
        # What waits outside has arrived, so there is nothing more to draw.
        arrival = self._arrival(place, started=started, due=due)
        return place, started, arrival, self._amount("consignment", name, cell[0]), cell[1] == HELD

    def _by_age(self, place: int) -> bool:
        activities = self.program.activities
        return bool(activities.lead_random[place] == 1 and activities.lead_mode[place] == LeadMode.KAPLAN)

    def _arrival(self, place: int, *, started: int, due: int) -> int:
        if due == NEVER:
            due = started + int(self.program.activities.lead_max[place])
        return min(max(due, self.period), self.period + DELAY_MAX)

    def _orders(self) -> OpenOrders:
        rows: dict[tuple[int, int], float] = {}
        for (activity, due), cell in self._cells("queue"):
            place = self.activities.get(activity)
            if place is None:
                self._miss("order", f"{cell[0]:g} of {activity}", "activities of the network")
                continue
            visible = due if due >= self.period else self.period - 1
            rows[place, visible] = rows.get((place, visible), 0.0) + cell[0]
        for (order, product), cell in self._cells("order"):
            if not cell[4] or cell[0] in ("shipped", RECEIVED, CANCELLED):
                continue
            place = self.routes.supply(cell[1], cell[2], product=product)
            if place is None:
                self._miss("order", f"{cell[4]:g} of {product} in {order}", "sources of the network", fix="add the source")
                continue
            delay = 0 if cell[0] == "seen" else int(self.program.activities.information_delay[place])
            visible = max(self.live.period_at(cell[5]) + delay, self.period - 1) if delay else self.period - 1
            units = cell[4] / self.routes.content(place, product)
            rows[place, visible] = rows.get((place, visible), 0.0) + units
        activities = self.program.names.activities["activity_id"]
        found = [(key, self._amount("order", activities[key[0]], quantity)) for key, quantity in sorted(rows.items())]
        found = [pair for pair in found if pair[1]]
        return OpenOrders(
            _whole([key[0] for key, _ in found]),
            _whole([key[1] for key, _ in found]),
            np.array([quantity for _, quantity in found], dtype=np.float64),
        )

    def _backlog(self) -> Floats:
        owed = np.zeros(self.program.counts[2])
        for (stream,), cell in self._cells("backlog"):
            place = self.streams.get(stream)
            if place is None:
                place = self.streams.get(stream_of(cell[1], cell[2], market=ALL))
            if place is None:
                self._miss("backlog", f"{cell[0]:g} of {stream}", "streams of the network", fix="add the demand")
            else:
                owed[place] += self._amount("backlog", stream, cell[0])
        return owed

    def _shares(self) -> Floats:
        share = np.ones(self.program.counts[3])
        for (resource,), cell in self._cells("resource"):
            place = self.resources.get(resource)
            if place is not None:
                share[place] = cell[0]
            elif cell[0] != 1.0:
                self._miss("resource", resource, "resources of the network", fix="add the resource")
        return share

    def _forecast(self) -> Floats:
        forecast = self.program.buffers.forecast.copy()
        for (point,), cell in self._cells("forecast"):
            place = self.buffer_ids.get(point)
            if place is None or self.program.buffers.policy[place] not in FORECASTING:
                self._miss("forecast", f"{cell[0]:g} at {point}", "stock points whose rule forecasts")
            else:
                forecast[place] = max(cell[0], 0.0)
        return forecast

    def _left_out(self) -> None:
        """Tell what a simulation has no place for at all."""
        for (site, product, lot, unit), cell in self._cells("foreign"):
            lots = f" of lot {lot}" if lot else ""
            self._miss("unit", f"{cell[0]:g} {unit} of {product}{lots} at {site}", "units of the table units", fix="add the unit")
        for (account, currency), cell in self._cells("cash"):
            if currency != self._currency:
                self._miss("cash", f"{cell[0]:g} {currency} in {account}", f"amounts in {self._currency}")


def _without_negative(quantities: dict[int, float]) -> list[tuple[int, float]]:
    """Return quantities by age, oldest first, what is negative taken from the oldest of the others."""
    short = -sum(quantity for quantity in quantities.values() if quantity < 0.0)
    found = []
    for age, quantity in sorted(quantities.items(), reverse=True):
        if quantity > 0.0:
            part = min(short, quantity)
            short -= part
            if quantity - part > DUST * quantity:
                found.append((age, quantity - part))
    return found


def _whole(values: Any) -> Integers:
    return np.array(list(values), dtype=np.int64)
