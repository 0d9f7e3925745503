"""What instruments say: readings with their quality, whether devices are there, and what is known to be missing."""

from __future__ import annotations

from chaintwin.events.facts import Facts, Reading
from chaintwin.events.vocabulary import Thing, own_name
from chaintwin.twin.ledger import NEVER, Ledger, number_of, text_of
from chaintwin.twin.rules.shipping import short_of
from chaintwin.twin.rules.things import here

BAD = "bad"
"""Quality of a signal that must not be believed."""


def is_bad(ledger: Ledger, facts: Facts) -> bool:
    """Return whether an event carries a value that its instrument calls bad; then all that it does is to make its place doubtful.

    Signals that are known to be missing before an event are noted here too.

    Parameters
    ----------
    ledger : of the event. facts : of the event.
    """
    own = facts.own
    if "missed" in own:
        ledger.discrepancy("signals_missed", _subject(ledger, facts), amount=number_of(own["missed"]) or 0.0)
    if own.get("signal_quality") != BAD:
        return False
    if not facts.readings:
        ledger.discrepancy("bad_signal", _subject(ledger, facts))
    for reading in facts.readings:
        key = _key(ledger, facts, reading)
        found = ledger.get("condition", *key)
        if found is None:
            values = (None, reading.unit, None, None, None, None, _device(reading.device), None, BAD, reading.occurred_at)
            ledger.cells.put(ledger.cells["condition"], key, value=(*values, reading.occurred_at, ledger.source))
        elif found[-2] <= reading.occurred_at:
            # The last value that was believed stays, with its own time.
            since = found[9] if found[8] == BAD else reading.occurred_at
            ledger.cells.put(ledger.cells["condition"], key, value=(*found[:8], BAD, since, found[-2], found[-1]))
    return True


def read_sensors(ledger: Ledger, facts: Facts) -> None:
    """Keep the last report of each kind at the place of the event, at the device where it has none, or at the goods."""
    quality = text_of(facts.own.get("signal_quality"))
    for reading in facts.readings:
        key = _key(ledger, facts, reading)
        found = ledger.get("condition", *key)
        if found is not None and found[-2] > reading.occurred_at:
            continue
        said = (quality, NEVER)
        if found is not None and found[8] == BAD and found[9] > reading.occurred_at:
            # A report from before the doubt does not end it.
            said = (BAD, found[9])
        values = (reading.value, reading.unit, reading.low, reading.high, reading.mean, reading.deviation)
        # A report has a time of its own, which may lie before that of its event.
        held = (*values, _device(reading.device), reading.alert, *said, reading.occurred_at, ledger.source)
        ledger.cells.put(ledger.cells["condition"], key, value=held)


def device_seen(ledger: Ledger, facts: Facts) -> None:
    """Apply DeviceSeen: a device, or the connection to a source, is there or gone."""
    device, present = _device(text_of(facts.own.get("device"))), facts.own.get("present") is not False
    if not device:
        ledger.discrepancy("no_name", facts.kind)
        return
    found = ledger.get("device", device)
    since = ledger.time if found is None or found[0] is not present else found[1]
    site = here(ledger, facts) or ("" if found is None else found[3])
    ledger.put("device", (device,), present, since, text_of(facts.own.get("reason")), site)


def _key(ledger: Ledger, facts: Facts, reading: Reading) -> tuple[str, str]:
    """Return what a report is kept under: its place, and what is measured."""
    where = here(ledger, facts) or _device(reading.device) or (facts.items[0].name if facts.items else "")
    return where, short_of(reading.kind) or reading.kind


def _device(name: str | None) -> str | None:
    """Return the id of a device of the project, or the name as it is."""
    own = own_name(name) if name else None
    return own.id if own is not None and own.kind is Thing.DEVICE else name


def _subject(ledger: Ledger, facts: Facts) -> str:
    """Return what an event of an instrument speaks of, for people."""
    return text_of(facts.own.get("signal")) or here(ledger, facts) or text_of(facts.own.get("resource")) or facts.kind
