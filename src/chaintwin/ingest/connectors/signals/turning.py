"""Turns signals into events by the rules of a mapping, one signal after the other.

What comes out depends on the signal, the mapping and the memory alone, so that signals that are sent again after a crash give
the same events, which have one effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import msgspec

from chaintwin.errors import Finding
from chaintwin.events.vocabulary import PREFIX, Own
from chaintwin.ingest.connectors.interface import KEPT_BYTES, Item, Place, Problem, item_of
from chaintwin.ingest.connectors.signals import making
from chaintwin.ingest.connectors.signals.bands import counted, is_wanted
from chaintwin.ingest.connectors.signals.kinds import IDENTITY, As
from chaintwin.ingest.connectors.signals.memory import Memory
from chaintwin.ingest.connectors.signals.reading import Reader, is_number
from chaintwin.ingest.connectors.signals.signal import Presence, Quality, Signal
from chaintwin.ingest.connectors.signals.signal_mapping import Rule, SignalMapping
from chaintwin.ingest.connectors.signals.templates import Seen, Template, plain_text, template_of

ADDRESSES_MAX = 50_000
"""Addresses whose rules are remembered."""

Made = Item | Problem


@dataclass(frozen=True, slots=True)
class _Bound:
    """A rule for one address: what the address says is filled in, and texts that are then complete are kept.

    ``told`` are the entries that say which thing a value is of, and that only the signal itself can fill in.
    """

    rule: Rule
    templates: Mapping[str, Template]
    fixed: Mapping[str, str]
    key: str
    told: tuple[str, ...]

    def thing(self, reader: Reader) -> str:
        """Return the key of what is remembered of the thing that a signal is of."""
        if not self.told:
            return self.key
        said = ascii([reader.text(name) for name in self.told])
        return f"{self.key} {blake2b(said.encode(), digest_size=8).hexdigest()}"


class SignalTurner:
    """Makes events of signals.

    Parameters
    ----------
    mapping : the rules. memory : what is remembered of earlier signals; it is changed.

    Attributes
    ----------
    assumed : events so far whose time is that of the receipt, for want of a better one.
    """

    def __init__(self, mapping: SignalMapping, memory: Memory) -> None:
        self.mapping, self.memory, self.assumed = mapping, memory, 0
        self._addresses: dict[str, tuple[_Bound, ...]] = {}
        self._makers = {
            As.SENSOR: self._sensor,
            As.STOCK: self._goods,
            As.PRODUCED: self._goods,
            As.CONSUMED: self._goods,
            As.EQUIPMENT: self._equipment,
            As.DEVICE: self._device,
            As.VEHICLE: self._vehicle,
            As.PERSON: self._person,
        }

    def turn(self, signal: Signal) -> list[Made]:
        """Return what a signal becomes: nothing if it says nothing new, an event for each rule, or a problem with all its faults.

        An address that no rule fits is a problem once, so that a wrong pattern is seen and not told with each of its signals.

        Parameters
        ----------
        signal : what came.
        """
        bounds = self._addresses.get(signal.address)
        if bounds is None:
            bounds = self._bind(signal.address)
            if not bounds:
                return [self._unmatched(signal)]
        if not bounds:
            return []
        seen, found = Seen(signal), list[Made]()
        for bound in bounds:
            if signal.missed and tells_gap(found):
                # What is missing is missing once, however many rules there are.
                signal = replace(signal, missed=0)
                seen = Seen(signal)
            try:
                found += self._under(bound, seen)
            except Exception as fault:
                # What was not thought of stops one signal, and not its source with all that comes after.
                said = f"{type(fault).__name__}: {fault}"[:200]
                finding = Finding("signal.value", said, "a value that a rule can read", "mend the source", signal.address)
                found.append(Problem(Place(signal.address), (finding,), content_of(signal)))
        return found

    def presence(self, presence: Presence, *, source: str) -> Item:
        """Return the event of a device, or of a connection, that came or went.

        Parameters
        ----------
        presence : what happened. source : the address that tells of it.
        """
        return item_of(making.presence_event(presence, source=source), place=Place(source))

    def _under(self, bound: _Bound, seen: Seen) -> list[Made]:
        """Return what a signal becomes under one rule."""
        kind, place = bound.rule.kind, Place(seen.signal.address)
        if kind is As.EPCIS:
            return _documents(seen.signal)
        if kind is As.IGNORED:
            return []
        reader = Reader(bound.rule, bound.templates, fixed=bound.fixed, seen=seen)
        event = self._makers[kind](reader, bound)
        if reader.faults:
            return [Problem(place, tuple(reader.faults), content_of(seen.signal))]
        return [] if event is None else [item_of(event, place=place)]

    def _bind(self, address: str) -> tuple[_Bound, ...]:
        found = []
        for rule in self.mapping.rules:
            captures = rule.match.match(address)
            if captures is not None:
                templates = {name: template.bound(captures) for name, template in rule.templates.items()}
                fixed = {
                    name: "".join(part for part in template.parts if isinstance(part, str))
                    for name, template in templates.items()
                    if template.is_fixed
                }
                told = tuple(name for name in IDENTITY if name in templates and name not in fixed)
                found.append(_Bound(rule, {"value": _VALUE} | templates, fixed, f"{address} {rule.key}", told))
        if len(self._addresses) >= ADDRESSES_MAX:
            self._addresses.clear()
        self._addresses[address] = bounds = tuple(found)
        return bounds

    def _unmatched(self, signal: Signal) -> Problem:
        patterns = ", ".join(dict.fromkeys(rule.match.text for rule in self.mapping.rules))
        fix = 'add a rule, or one with as = "ignored"'
        finding = Finding("signal.unmatched", "an address that no rule is for", patterns[:500], fix, signal.address)
        return Problem(Place(signal.address), (finding,), content_of(signal))

    def _frame(self, reader: Reader, own: Own | None = None) -> making.Event:
        self.assumed += reader.is_assumed
        kind = "ObjectEvent" if own is None else making.own_kind(own)
        return making.frame(
            reader.signal,
            at=reader.at,
            is_assumed=reader.is_assumed,
            quality=reader.quality,
            sequence=reader.sequence,
            kind=kind,
        )

    def _sensor(self, reader: Reader, bound: _Bound) -> making.Event | None:
        value = reader.value()
        if isinstance(value, int | float) and not isinstance(value, bool) and not is_number(value):
            value = None
        if isinstance(value, dict | list):
            value = plain_text(value)
        if value is None and reader.quality is not Quality.BAD:
            reader.fault("value", "nothing", allowed="a finite number, a text or a truth")
        said = {name: reader.text(name) for name in ("measures", "unit", "site", "device")}
        if not said["measures"]:
            reader.fault("measures", "nothing", allowed="what is measured")
        if not (said["site"] or said["device"]):
            reader.fault("site", "nothing", allowed="a site or a device")
        if reader.faults or not is_wanted(self.memory, bound.thing(reader), reader=reader, value=value):
            return None
        return making.with_report(self._frame(reader), said, value=value)

    def _goods(self, reader: Reader, bound: _Bound) -> making.Event | None:
        rule = bound.rule
        if reader.signal.is_again and rule.kind is not As.STOCK and not rule.is_counter:
            # The last goods once more, which are no others.
            return None
        said: dict[str, Any] = {
            name: reader.text(name) for name in ("site", "product", "lot", "unit", "order", "step", "disposition")
        }
        for name in ("site", "product"):
            if not said[name]:
                reader.fault(name, "nothing", allowed=f"a {name}")
        said["deviation"] = reader.number("deviation") if "deviation" in reader.templates else None
        quantity = None if reader.quality is Quality.BAD else reader.number("value")
        if reader.faults:
            return None
        event = self._frame(reader)
        if quantity is None:
            return making.doubtful(event, site=said["site"], value=plain_text(reader.value()))
        if rule.is_counter:
            made = counted(self.memory, bound.thing(reader), reader=reader, total=quantity)
            if made is None:
                return None
            if made.is_doubtful:
                return making.doubtful(event, site=said["site"], value=plain_text(reader.value()))
            # Equal differences at one moment are different goods.
            quantity, event[_TOTAL] = made.quantity, quantity
            if made.is_restart:
                event[_ASSUMED] = [*event.get(_ASSUMED, []), "quantity"]
        if quantity < 0:
            reader.fault("value", f"{quantity:g}", allowed="a quantity of 0 or more")
            return None
        if not quantity and rule.kind is not As.STOCK:
            return None
        return making.with_goods(event, said, kind=rule.kind, quantity=quantity)

    def _equipment(self, reader: Reader, bound: _Bound) -> making.Event | None:
        resource, site = reader.text("resource"), reader.text("site")
        value = reader.mapped("share" if "share" in reader.templates else "value")
        said = reader.mapped("status") if "status" in reader.templates else reader.value()
        status = plain_text(said) if said is not None and not isinstance(said, bool | int | float) else ""
        if isinstance(value, str) and "status" not in reader.templates:
            status = value
        share = float(value) if isinstance(value, bool | int | float) else None
        if not resource:
            reader.fault("resource", "nothing", allowed="a resource")
        if share is not None and not 0.0 <= share <= 1.0:
            reader.fault("share", f"{share:g}", allowed="a share from 0 to 1", fix="say in words what it means")
        if share is None and not status and reader.quality is not Quality.BAD:
            reader.fault("value", "nothing", allowed="a status in words, or a share that works")
        if reader.faults:
            return None
        if not is_wanted(self.memory, bound.thing(reader), reader=reader, value=[status, share], changes_only=True):
            return None
        if share is None and not status:
            status = "unknown"
        return making.with_own(
            self._frame(reader, Own.EQUIPMENT_CHANGED), {"resource": resource, "share": share, "status": status}, site=site
        )

    def _device(self, reader: Reader, bound: _Bound) -> making.Event | None:
        device, present = reader.text("device"), reader.truth("present" if "present" in reader.templates else "value")
        if not device:
            reader.fault("device", "nothing", allowed="a device")
        if present is None:
            reader.fault(
                "present", plain_text(reader.value())[:60], allowed="true or false, online or offline, or a word of words"
            )
        if reader.faults or not is_wanted(self.memory, bound.thing(reader), reader=reader, value=present, changes_only=True):
            return None
        reason = reader.text("reason") or f"status {plain_text(reader.value())}"[:200]
        fields = {"device": device, "present": present, "reason": reason}
        return making.with_own(self._frame(reader, Own.DEVICE_SEEN), fields, site=reader.text("site"))

    def _vehicle(self, reader: Reader, bound: _Bound) -> making.Event | None:
        vehicle, site = reader.text("vehicle"), reader.text("site")
        position = None
        if "longitude" in reader.templates:
            longitude, latitude = reader.number("longitude"), reader.number("latitude")
            position = [longitude, latitude]
        present = reader.truth("present") if "present" in reader.templates else None
        if not vehicle:
            reader.fault("vehicle", "nothing", allowed="a vehicle")
        if position is None and not site:
            reader.fault("site", "nothing", allowed="a site or a position")
        if reader.faults or not is_wanted(self.memory, bound.thing(reader), reader=reader, value=[position, site, present]):
            return None
        fields = {"vehicle": vehicle, "present": present, "position": position, "shipment": reader.text("shipment")}
        return making.with_own(self._frame(reader, Own.VEHICLE_SEEN), fields, site=site)

    def _person(self, reader: Reader, bound: _Bound) -> making.Event | None:
        del bound
        person = reader.text("person")
        present = reader.truth("present") if "present" in reader.templates else reader.truth("value")
        if not person:
            reader.fault("person", "nothing", allowed="a person")
        if reader.faults:
            return None
        fields = {"person": person, "present": present is not False, "role": reader.text("role")}
        return making.with_own(self._frame(reader, Own.PERSON_SEEN), fields, site=reader.text("site"))


def tells_gap(made: Sequence[Made]) -> bool:
    """Return whether one of the events of a signal says that signals are missing before it.

    Parameters
    ----------
    made : what it became. A signal that no rule makes an event of tells nothing, and somebody else has to.
    """
    return any(isinstance(one, Item) and _GAP in one.content for one in made)


def content_of(signal: Signal) -> bytes:
    """Return what a signal held, as it is kept with a problem."""
    value = signal.value
    return value[:KEPT_BYTES] if isinstance(value, bytes) else plain_text(value).encode(errors="replace")[:KEPT_BYTES]


_VALUE = template_of("{@value}")
_GAP = f'"{PREFIX}:missed"'.encode()
_ASSUMED, _TOTAL = f"{PREFIX}:assumed", f"{PREFIX}:total"


def _documents(signal: Signal) -> list[Made]:
    """Return the events of a payload that is an event, a list of them or a document of EPCIS."""
    place = Place(signal.address)
    content = signal.value.encode() if isinstance(signal.value, str) else signal.value
    try:
        document = msgspec.json.decode(content) if isinstance(content, bytes) else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict | list):
        allowed = "an event, a list of events or a document of EPCIS 2.0 as JSON"
        return [Problem(place, (Finding("signal.value", "no JSON", allowed, "", signal.address),), content_of(signal))]
    if isinstance(document, list):
        return [Item(place, msgspec.json.encode(event)) for event in document]
    around: Any = document
    for name in ("epcisBody", "queryResults", "resultsBody"):
        around = around.get(name, around) if isinstance(around, dict) else around
    events = around.get("eventList") if isinstance(around, dict) and around is not document else None
    if not isinstance(events, list):
        return [Item(place, msgspec.json.encode(document))]
    around["eventList"] = []
    outline = msgspec.json.encode(document)
    return [Item(place, msgspec.json.encode(event), outline) for event in events]
