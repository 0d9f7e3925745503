"""Looks at the registers of a device again and again, and tells what changed.

Nothing is kept by the device: what comes and goes between two looks is never seen. What was seen and did not become durable is
seen anew at the next look, as far as it is still so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic

import msgspec

from chaintwin.ingest.connectors.interface import Batch, Run
from chaintwin.ingest.connectors.linked.cursors import MILLISECOND, next_time, text_of_cursor
from chaintwin.ingest.connectors.linked.standing import HEARTBEAT, NotConnectedError, Standing
from chaintwin.ingest.connectors.linked.turners import memory_of, parted
from chaintwin.ingest.connectors.modbus.addresses import ModbusAddress
from chaintwin.ingest.connectors.modbus.decoding import blocks_of
from chaintwin.ingest.connectors.modbus.device import Device
from chaintwin.ingest.connectors.modbus.register_map import RegisterMap
from chaintwin.ingest.connectors.modbus.settings import Settings, Tell
from chaintwin.ingest.connectors.signals.signal import Presence, Quality, Signal
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner

DIGEST_BYTES = 6


class ModbusCursor(msgspec.Struct, omit_defaults=True, frozen=True):
    """Where a source stands.

    Parameters
    ----------
    clock : latest time of a look, microseconds. last : digests of the values that were told last, by name.
    memory : what is remembered of signals. told : whether the source was last said to be there; None for never.
    was_open : whether the device ever answered.
    """

    clock: int = 0
    last: dict[str, str] = {}
    memory: msgspec.Raw = msgspec.Raw(b"{}")
    told: bool | None = None
    was_open: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is read.

    Parameters
    ----------
    name : as the log names it, connector and address. address, settings : of the device. registers : where its values are.
    """

    name: str
    address: ModbusAddress
    settings: Settings
    registers: RegisterMap


class Receiver:
    """Reads one source for ever, or once.

    Parameters
    ----------
    source : what is read. turner : makes events of signals. cursor : where it stands; None for a new one. run : of this reading.
    """

    def __init__(self, source: Source, turner: SignalTurner, *, cursor: ModbusCursor | None, run: Run) -> None:
        self.source, self.turner, self.run = source, turner, run
        self.settings = source.settings
        self.cursor = cursor or ModbusCursor()
        self.last = dict(self.cursor.last)
        self.blocks = blocks_of(source.registers.registers)
        self.standing = Standing(
            source.name, run, told=self.cursor.told, grace=0.0, tries=self.settings.tries, misses=self.settings.misses
        )
        self.last_batch = monotonic()

    def batches(self) -> Iterator[Batch]:
        """Yield what comes.

        Raises
        ------
        SourceFailedError
            The device does not answer.
        """
        device = Device(self.source.address, timeout=self.settings.timeout)
        try:
            while True:
                began = monotonic()
                try:
                    signals = self._looked(device)
                except NotConnectedError as fault:
                    yield from self._without(fault)
                    continue
                yield from self._greeted()
                made = [one for signal in signals for one in self.turner.turn(signal)]
                if made or monotonic() - self.last_batch >= HEARTBEAT:
                    yield self._batch(made)
                if not self.run.follow:
                    return
                self.run.sleep(max(self.settings.poll - (monotonic() - began), 0.0))
        finally:
            device.close()

    def _looked(self, device: Device) -> list[Signal]:
        """Return the values that are to be told of one look; nothing is noted where it fails halfway."""
        found, told = list[Signal](), dict[str, str]()
        now = next_time(self.run, last=self.cursor.clock)
        for register, value, why in device.read(self.blocks):
            self.run.sleep(0)
            digest = blake2b(f"{value!r} {why}".encode("utf-8", "backslashreplace"), digest_size=DIGEST_BYTES).hexdigest()
            if self.settings.tell is Tell.CHANGES and self.last.get(register.name) == digest:
                continue
            told[register.name] = digest
            if value is None and not why:
                # The device says that there is no value.
                why = "no value"
            quality = Quality.BAD if why else Quality.GOOD
            found.append(Signal(register.name, value, now, quality=quality, properties={"reason": why} if why else {}))
        self.last |= told
        self.cursor = msgspec.structs.replace(self.cursor, clock=now)
        return found

    def _without(self, fault: NotConnectedError) -> Iterator[Batch]:
        """Wait for the next try; say that the device is gone once it missed several looks.

        Raises
        ------
        SourceFailedError
            It was tried often enough.
        """
        now = self.run.clock.now() // MILLISECOND * MILLISECOND
        gone = self.standing.failed(fault, now=now, goes_on=self.run.follow and self.cursor.was_open)
        if gone is not None:
            yield self._told(gone)
        elif monotonic() - self.last_batch >= HEARTBEAT:
            yield self._batch(())
        self.standing.wait(fault, allowed="a device that answers", key=self.source.name)

    def _greeted(self) -> Iterator[Batch]:
        """Say that the device is there, where it was not."""
        was_lost = self.standing.is_lost
        back = self.standing.back(self.cursor.clock)
        if was_lost or back is not None:
            self.run.connected()
        if back is not None:
            self.cursor = msgspec.structs.replace(self.cursor, was_open=True)
            # What was seen in this look is not durable with this batch.
            yield self._told(back, last=self.cursor.last, clock=self.cursor.clock - MILLISECOND)

    def _told(self, presence: Presence, *, last: dict[str, str] | None = None, clock: int | None = None) -> Batch:
        self.cursor = msgspec.structs.replace(self.cursor, told=presence.present)
        item = self.turner.presence(presence, source=self.source.name)
        if last is None or clock is None:
            return self._batch((item,))
        self.last_batch = monotonic()
        return Batch((item,), (), text_of_cursor(msgspec.structs.replace(self.cursor, last=last, clock=clock)))

    def _batch(self, made: Sequence[Made]) -> Batch:
        """Return what was made with the cursor behind it."""
        self.cursor = msgspec.structs.replace(self.cursor, last=dict(self.last), memory=memory_of(self.turner))
        self.last_batch = monotonic()
        items, problems = parted(made)
        return Batch(items, problems, text_of_cursor(self.cursor))
