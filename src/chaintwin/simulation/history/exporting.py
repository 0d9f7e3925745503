"""A simulated run as EPCIS events, from which a twin projects the very states that the simulator had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import numpy as np

from chaintwin.clock import SECOND, microseconds_of, text_of
from chaintwin.errors import UsageError
from chaintwin.events.vocabulary import NAMESPACE, PREFIX, Name, Own, Thing, own_uri
from chaintwin.network.graph import ActivityKind
from chaintwin.network.network import Settings
from chaintwin.network.program import Program
from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.simulation.history.checking import check_log, check_program
from chaintwin.simulation.history.event_log import Event, EventLog
from chaintwin.simulation.history.state_file import FORMAT

ENDING = ".jsonl"
"""Ending of a file of EPCIS events, one a line."""

OPENING = {
    Event.OPENING_STOCK: "on_hand",
    Event.OPENING_SHIPMENT: "shipments",
    Event.OPENING_ORDER: "orders",
    Event.OPENING_BACKLOG: "backlog",
    Event.OPENING_SHARE: "resources",
    Event.OPENING_FORECAST: "forecasts",
}
"""List of a state that each opening record belongs to."""


def events_of(log: EventLog, *, program: Program, settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield a run as EPCIS 2.0 events in the order of their time, JSON values, as ``docs/reference/own-events.md`` says.

    Parameters
    ----------
    log : of one replication. program : the network it is of. settings : of that network: length and begin of its periods.

    Raises
    ------
    UsageError
        The log is not whole or is of another network.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.simulation import log_of, trace
    >>> network = load(Example.BEER_GAME)
    >>> seen = trace(network, periods=3)
    >>> next(events_of(log_of(seen), program=seen.program, settings=network.settings))["type"]
    'ct:StateCounted'
    """
    check_log(log)
    check_program(log, program)
    speaker = _Speaker(program, _Calendar.of(settings))
    yield speaker.opening(log)
    period, place, told = log.head.begin, 0, _Told()
    for row in log.events.iter_rows(named=True):
        kind = Event(row["event"])
        # What is less than nothing is what rounding leaves of real quantities.
        if kind in OPENING or row["quantity"] < 0.0:
            continue
        if row["period"] == period:
            place += 1
        else:
            period, place, told = row["period"], 0, _Told()
        yield told.apart(speaker.event(kind, row, place=place))


def write_events(log: EventLog, path: Path | str, *, program: Program, settings: Settings) -> int:
    """Write a run as EPCIS events, one a line, complete or not at all; return their number.

    Parameters
    ----------
    log, program, settings : as for ``events_of``. path : a file that ends in ``.jsonl``.

    Raises
    ------
    UsageError
        The name has another ending, or the log is not whole or is of another network.
    """
    target = Path(path)
    check_ending(target)
    count = 0

    def fill(file: Path) -> None:
        import msgspec

        nonlocal count
        encoder = msgspec.json.Encoder(order="deterministic")
        with file.open("wb") as lines:
            for event in events_of(log, program=program, settings=settings):
                # With its context a line says everything by itself.
                lines.write(encoder.encode({"@context": {PREFIX: NAMESPACE}} | event) + b"\n")
                count += 1

    write_file(target, fill)
    return count


def check_ending(path: Path) -> None:
    """Refuse a file of events by its name.

    Raises
    ------
    UsageError
        It does not end in ``.jsonl``.
    """
    if path.suffix.lower() != ENDING:
        raise UsageError(f"{path}: found a name that ends in {path.suffix or 'nothing'}; allowed: {ENDING}")


@dataclass(frozen=True, slots=True)
class _Calendar:
    """When periods begin: microseconds since 1970 of period 0, and of the length of one."""

    begin: int
    length: int

    @staticmethod
    def of(settings: Settings) -> _Calendar:
        midnight = datetime.combine(settings.start, time(tzinfo=UTC))
        return _Calendar(microseconds_of(midnight), settings.period.hours * 3600 * SECOND)

    def at(self, period: int, place: int) -> str:
        if place >= self.length:
            raise UsageError(f"log: found {place + 1:,} events in period {period}; allowed: as many as microseconds")
        return text_of(self.begin + period * self.length + place)


class _Told:
    """What was said of a period: two rows that say the same are two events, but hash ids know no microseconds."""

    def __init__(self) -> None:
        self.times: dict[bytes, int] = {}

    def apart(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return an event with the number of its occurrence, from the second on."""
        import msgspec

        said = msgspec.json.encode({name: value for name, value in event.items() if name != "eventTime"})
        self.times[said] = self.times.get(said, 0) + 1
        return event if self.times[said] == 1 else event | {f"{PREFIX}:occurrence": self.times[said]}


class _Speaker:
    """Says rows of a log as events."""

    def __init__(self, program: Program, calendar: _Calendar) -> None:
        names, activities = program.names, program.activities
        self.calendar = calendar
        stock = list(names.buffers.select("buffer_id", "site_id", "product_id").iter_rows())
        self.site = {buffer: own_uri(Name(Thing.SITE, site)) for buffer, site, _ in stock}
        self.product = {buffer: product for buffer, _, product in stock}
        self.plain = {buffer: (site, product) for buffer, site, product in stock}
        self.expires = {stock[place][0] for place in np.flatnonzero(program.buffers.life > 0).tolist()}
        ids = names.activities["activity_id"].to_list()
        self.kind = dict(zip(ids, (ActivityKind(kind) for kind in activities.kind.tolist()), strict=True))
        self.main: dict[str, tuple[str, float]] = {}
        for place, activity in enumerate(ids):
            arc = _main_output(program, place)
            if arc >= 0:
                buffer = stock[int(activities.output_buffer[arc])][0]
                self.main[activity] = (buffer, float(activities.output_gross[arc]))
        self.sold = dict(names.streams.select("stream_id", "buffer_id").iter_rows())

    def opening(self, log: EventLog) -> dict[str, Any]:
        """Return the one event that says what there was at first."""
        state: dict[str, Any] = {"format": FORMAT, "period": log.head.begin}
        state |= {name: [] for name in OPENING.values()}
        for row in log.events.iter_rows(named=True):
            kind = Event(row["event"])
            if kind not in OPENING:
                break
            state[OPENING[kind]].append(self._opening_entry(kind, row))
        return self._own(Own.STATE_COUNTED, self.calendar.at(log.head.begin, 0), {"state": state})

    def event(self, kind: Event, row: Mapping[str, Any], *, place: int) -> dict[str, Any]:
        """Return one row as an event; ``place`` within its period."""
        when = self.calendar.at(row["period"], place)
        if kind in _STRENGTHS:
            own = {"disruption": row["disruption_id"], "strength": 0.0 if kind is Event.DISRUPTION_ENDED else row["quantity"]}
            own |= {"started": row["started"]} if kind is Event.DISRUPTION_BEGAN else {}
            return self._own(Own.DISRUPTION_CHANGED, when, own)
        if kind in _OWN:
            return self._own(_OWN[kind], when, self._own_fields(kind, row), self._what_and_where(kind, row))
        if kind in _OF_CONSIGNMENTS:
            step, disposition = _OF_CONSIGNMENTS[kind]
            if kind is Event.STARTED:
                step, disposition = _STARTED[self.kind[row["activity_id"]]]
            own = _given(row, activity="activity_id", units="quantity", disruption="disruption_id")
            own |= {} if kind is Event.SCRAPPED else _given(row, started="started", due="due")
            return _object(when, step, disposition, self._main_items(row), own=own)
        return self._of_stock(kind, row, when=when)

    def _of_stock(self, kind: Event, row: Mapping[str, Any], *, when: str) -> dict[str, Any]:
        """Return a row that says what stock gained or lost."""
        buffer = row["buffer_id"] or self.sold[row["stream_id"]]
        step, disposition = _OF_STOCK[kind]
        moves = row["activity_id"] is not None and self.kind[row["activity_id"]] is not ActivityKind.MAKE
        if kind is Event.CONSUMED and moves:
            step, disposition = "shipping", "in_transit"
        if kind is Event.RECEIVED and not moves:
            step, disposition = "commissioning", "active"
        lot = str(row["period"]) if kind is Event.RECEIVED and buffer in self.expires else None
        item = self._item(buffer, row["quantity"], lot=lot)
        own = _given(row, activity="activity_id", stream="stream_id", disruption="disruption_id")
        where = {"bizLocation" if kind is Event.RECEIVED else "readPoint": {"id": self.site[buffer]}}
        action = {"commissioning": "ADD", "decommissioning": "DELETE"}.get(step, "OBSERVE")
        return _object(when, step, disposition, [item], own=own, where=where, action=action)

    def _own_fields(self, kind: Event, row: Mapping[str, Any]) -> dict[str, Any]:
        if kind is Event.EXPECTED:
            return {"stock_point": row["buffer_id"], "value": row["quantity"]}
        if kind is Event.USED:
            return {"resource": row["resource_id"], "quantity": row["quantity"]}
        if kind in (Event.DEMANDED, Event.LOST):
            return {"stream": row["stream_id"]}
        own = _given(row, activity="activity_id", units="quantity", due="due", disruption="disruption_id")
        return own | ({"due": row["period"]} if kind is Event.SEEN else {})

    def _what_and_where(self, kind: Event, row: Mapping[str, Any]) -> dict[str, Any]:
        if kind not in (Event.DEMANDED, Event.LOST):
            return {}
        buffer = self.sold[row["stream_id"]]
        return {"bizLocation": {"id": self.site[buffer]}, "quantityList": [self._item(buffer, row["quantity"])]}

    def _main_items(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what an activity gives, as much as the units of a row are of it."""
        if row["activity_id"] not in self.main:
            return []
        buffer, each = self.main[row["activity_id"]]
        return [self._item(buffer, row["quantity"] * each)]

    def _item(self, buffer: str, quantity: float, *, lot: str | None = None) -> dict[str, Any]:
        product = self.product[buffer]
        name = Name(Thing.PRODUCT, product) if lot is None else Name(Thing.LOT, product, lot=lot)
        return {"epcClass": own_uri(name), "quantity": quantity}

    def _opening_entry(self, kind: Event, row: Mapping[str, Any]) -> dict[str, Any]:
        if kind is Event.OPENING_STOCK:
            site, product = self.plain[row["buffer_id"]]
            entry = {"stock_point": row["buffer_id"], "site": site, "product": product}
            return entry | _given(row, started="started", quantity="quantity")
        if kind in (Event.OPENING_SHIPMENT, Event.OPENING_ORDER):
            return _given(row, activity="activity_id", started="started", due="due", quantity="quantity")
        if kind is Event.OPENING_BACKLOG:
            return _given(row, stream="stream_id", quantity="quantity")
        if kind is Event.OPENING_SHARE:
            return _given(row, resource="resource_id", share="quantity")
        return _given(row, stock_point="buffer_id", expected="quantity")

    @staticmethod
    def _own(kind: Own, when: str, own: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        named = {f"{PREFIX}:{name}": value for name, value in own.items()}
        return {"type": f"{PREFIX}:{kind.value}", "eventTime": when, "eventTimeZoneOffset": "+00:00", **(more or {}), **named}


def _main_output(program: Program, activity: int) -> int:
    """Return the output of an activity that its orders are for, else the first; -1 if it has none."""
    activities, buffers = program.activities, program.buffers
    arcs = range(int(activities.output_start[activity]), int(activities.output_start[activity + 1]))
    for start, of in (
        (buffers.source_start, buffers.source_activity),
        (buffers.substitute_start, buffers.substitute_activity),
    ):
        for arc in arcs:
            buffer = int(activities.output_buffer[arc])
            if activity in of[start[buffer] : start[buffer + 1]]:
                return arc
    return arcs[0] if arcs else -1


def _object(
    when: str,
    step: str,
    disposition: str,
    items: list[dict[str, Any]],
    *,
    own: Mapping[str, Any],
    where: Mapping[str, Any] | None = None,
    action: str = "OBSERVE",
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": when,
        "eventTimeZoneOffset": "+00:00",
        "action": action,
        "bizStep": step,
        "quantityList": items,
        **(where or {}),
    }
    event |= {"disposition": disposition} if disposition else {}
    return event | {f"{PREFIX}:{name}": value for name, value in own.items()}


def _given(row: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """Return columns of a row under other names; what is blank stays out."""
    return {name: row[column] for name, column in names.items() if row[column] is not None}


_STRENGTHS = (Event.DISRUPTION_BEGAN, Event.DISRUPTION_CHANGED, Event.DISRUPTION_ENDED)

_OWN = {
    Event.CANCELLED: Own.ORDER_CANCELLED,
    Event.DEMANDED: Own.DEMAND_PLACED,
    Event.SEEN: Own.ORDER_SEEN,
    Event.EXPECTED: Own.FORECAST_SET,
    Event.ORDERED: Own.ORDER_PLACED,
    Event.USED: Own.CAPACITY_USED,
    Event.LOST: Own.DEMAND_LOST,
}

_OF_CONSIGNMENTS = {
    Event.LOST_UNDER_WAY: ("destroying", "destroyed"),
    Event.ARRIVED: ("arriving", "in_transit"),
    Event.SCRAPPED: ("destroying", "damaged"),
    Event.HELD: ("holding", "in_transit"),
    Event.DETAINED: ("holding", "in_transit"),
    Event.STARTED: ("departing", "in_transit"),
}

_STARTED = {
    ActivityKind.MOVE: ("departing", "in_transit"),
    ActivityKind.MAKE: ("assembling", ""),
    ActivityKind.BUY: ("shipping", "in_transit"),
}

_OF_STOCK = {
    Event.DESTROYED: ("destroying", "destroyed"),
    Event.RECEIVED: ("receiving", "in_progress"),
    Event.SHIPPED: ("retail_selling", "retail_sold"),
    Event.CONSUMED: ("decommissioning", "inactive"),
    Event.EXPIRED: ("destroying", "expired"),
}
