"""Takes values of a server in batches, through losses of the connection, and acknowledges messages when they are durable.

What a server still has of a subscription it sends again; what it has no more is read of the history that it keeps; and where it
keeps none, the source says that something is missing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from chaintwin.ingest.connectors.interface import Batch, Run
from chaintwin.ingest.connectors.linked.cursors import MILLISECOND, text_of_cursor
from chaintwin.ingest.connectors.linked.standing import HEARTBEAT, TICK, NotConnectedError, Standing
from chaintwin.ingest.connectors.linked.turners import memory_of, parted
from chaintwin.ingest.connectors.opcua.addresses import OpcuaAddress, Wanted
from chaintwin.ingest.connectors.opcua.kept import Last, OpcuaCursor, packed_addresses, unpacked_addresses
from chaintwin.ingest.connectors.opcua.protocol.connection import Connection, Known, Opened, Way
from chaintwin.ingest.connectors.opcua.protocol.history import Page
from chaintwin.ingest.connectors.opcua.protocol.nodes import Variable
from chaintwin.ingest.connectors.opcua.protocol.subscription import Told, following
from chaintwin.ingest.connectors.opcua.protocol.values import digest_of, is_waiting, signal_of, time_of
from chaintwin.ingest.connectors.opcua.settings import FromHistory, Settings, Trigger
from chaintwin.ingest.connectors.signals.signal import Presence
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner, tells_gap

if TYPE_CHECKING:
    from asyncua.ua import DataValue

SHOWN = 3
"""Variables that are named where there is something to say of several."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is read.

    Parameters
    ----------
    name : as the log names it, connector and address. address, settings : of the server.
    """

    name: str
    address: OpcuaAddress
    settings: Settings


class Receiver:
    """Reads one source for ever, or until nothing comes any more.

    Parameters
    ----------
    source : what is read. turner : makes events of signals. cursor : where it stands; None for a new one. run : of this reading.
    """

    def __init__(self, source: Source, turner: SignalTurner, *, cursor: OpcuaCursor | None, run: Run) -> None:
        self.source, self.turner, self.run = source, turner, run
        self.settings = source.settings
        self.cursor = cursor or OpcuaCursor()
        self.addresses: Sequence[str] = unpacked_addresses(self.cursor.addresses)
        self.last = Last(self.addresses, self.cursor.last)
        self.sequence, self.part = self.cursor.sequence, self.cursor.part
        self.read_to: dict[str, int] = {}
        self.properties: dict[str, dict[str, str]] = {}
        self.standing = Standing(source.name, run, told=self.cursor.told, grace=self.settings.grace, tries=self.settings.tries)
        self.last_batch = monotonic()

    def batches(self) -> Iterator[Batch]:
        """Yield what comes.

        Raises
        ------
        SourceFailedError
            The server cannot be reached, or refuses.
        """
        source = self.source
        wanted = Wanted(self.turner.mapping)
        connection = Connection(source.address, self.settings, wanted=wanted, clock=self.run.clock, sleep=self.run.sleep)
        try:
            while True:
                try:
                    opened = connection.open(self._known())
                    self.run.connected()
                    yield from self._greeted(connection, opened)
                    is_over = yield from self._read(connection)
                except NotConnectedError as fault:
                    yield from self._without(fault)
                    continue
                if is_over:
                    return
                self.standing.broke(connection.lost, now=self._now())
        finally:
            # Also where the reader is left standing in the middle.
            connection.close()

    def _known(self) -> Known:
        cursor = self.cursor
        return Known(
            cursor.subscription, cursor.started, cursor.made, following(self.sequence), self.addresses, self.last.watched()
        )

    def _without(self, fault: NotConnectedError) -> Iterator[Batch]:
        """Wait for the next try; say that the source is gone once it is for long.

        Raises
        ------
        SourceFailedError
            Trying again is of no use, or was tried often enough.
        """
        gone = self.standing.failed(fault, now=self._now(), goes_on=self.run.follow and self.cursor.was_open)
        if gone is not None:
            yield self._told(gone)
        elif self._is_quiet():
            yield self._batch(())
        self.standing.wait(fault, allowed="a server that answers", key=self.source.name)

    def _greeted(self, connection: Connection, opened: Opened) -> Iterator[Batch]:
        """Say that the source is there, and read what changed while there was no subscription."""
        before, was_open, settings = self.cursor, self.cursor.was_open, self.settings
        self.properties = {name: {"node": variable.node.to_string()} for name, variable in connection.variables.items()}
        self._note_limits(opened)
        is_new = opened.way is Way.NEW
        reads = settings.history is FromHistory.ALL or (was_open and settings.history is FromHistory.GAPS)
        unread = self._unread(connection, reads=reads)
        self._hold(opened, owes=(is_new and reads) or self.cursor.owes)
        missed, reason = int(is_new and was_open and bool(unread)), "connected"
        if missed:
            reason = f"connected; there was no subscription for a while, and {unread}"
            self.run.note(f"{self.source.name}: {reason}; what they were meanwhile is missing.")
        back = self.standing.back(self._now(), reason=reason[:200], missed=missed)
        if back is not None:
            yield self._told(back)
        elif self.cursor != before:
            # A subscription that is not named in the cursor would be left behind by a crash, with all that waits in it; and
            # where it is lost before a first value is durable, the history is read from when on the variable is watched.
            yield self._batch(())
        if self.cursor.owes:
            yield from self._remembered(connection)
            self.cursor = msgspec.structs.replace(self.cursor, owes=False)

    def _note_limits(self, opened: Opened) -> None:
        name = self.source.name
        if opened.refused:
            told = ", ".join(f"{address} ({why})" for address, why in opened.refused[:SHOWN])
            more = f" and {len(opened.refused) - SHOWN:,} more" if len(opened.refused) > SHOWN else ""
            self.run.note(f"{name}: the server does not tell of {told}{more}.")
        if opened.queue < self.settings.queue:
            self.run.note(
                f"{name}: the server keeps {opened.queue:,} values of a variable back until they are sent, not "
                f"{self.settings.queue:,}."
            )

    def _hold(self, opened: Opened, *, owes: bool) -> None:
        """Note which subscription there is, and whether what was so before it has still to be read."""
        keeps, cursor = self.settings.keeps, self.cursor
        if opened.way is Way.NEW:
            self.sequence = self.part = 0
        if tuple(self.addresses) != opened.addresses:
            self.addresses = opened.addresses
            cursor = msgspec.structs.replace(cursor, addresses=packed_addresses(opened.addresses))
        for address, at in opened.begun:
            self.last.watch(address, at)
        self.cursor = msgspec.structs.replace(
            cursor,
            last=self.last.packed(self.addresses),
            subscription=opened.subscription if keeps else 0,
            started=opened.started if keeps else 0,
            made=self.settings.made if keeps else "",
            was_open=True,
            owes=owes,
        )
        self._at(self.sequence, self.part)

    def _at(self, sequence: int, part: int) -> None:
        """Note which message is durable with the next batch, and how many values of the one behind it."""
        self.sequence, self.part = sequence, part
        if self.settings.keeps:
            self.cursor = msgspec.structs.replace(self.cursor, sequence=sequence, part=part)

    def _start(self, address: str) -> int | None:
        """Return from when on the history of a variable is wanted, microseconds; None where nobody knows."""
        if self.settings.history is FromHistory.ALL:
            return self.last.at(address) or 1
        return self.last.since(address)

    def _unread(self, connection: Connection, *, reads: bool) -> str:
        """Return in words which variables that are watched no history is read of; empty where there is none."""
        watched = set(self.addresses)
        variables = [variable for name, variable in connection.variables.items() if name in watched]
        without = [variable.address for variable in variables if not (reads and variable.has_history)]
        unknown = [one.address for one in variables if reads and one.has_history and self._start(one.address) is None]
        told = [f"{_some(without)} without a history"] if without else []
        told += [f"{_some(unknown)} without a time to read the history from"] if unknown else []
        return ", and ".join(told)

    def _remembered(self, connection: Connection) -> Iterator[Batch]:
        """Yield what the server remembers of its variables, from their last values on, or from when on they are watched."""
        if self.settings.history_delay:
            # What was so a moment before may not be written yet.
            self.run.sleep(self.settings.history_delay)
        variables = [variable for variable in connection.variables.values() if variable.has_history]
        starts = [(variable, self._start(variable.address)) for variable in variables]
        wanted = [(variable, start) for variable, start in starts if start is not None]
        made = list[Made]()
        try:
            for variable, page in connection.histories(wanted):
                self.run.sleep(0)
                made += self._recalled(variable, page)
                if len(made) >= self.settings.batch:
                    yield self._batch(made)
                    made = []
        except NotConnectedError:
            # What was turned is remembered as told, so it has to be.
            if made:
                yield self._batch(made)
            raise
        if made:
            yield self._batch(made)

    def _recalled(self, variable: Variable, page: Page) -> Iterator[Made]:
        """Yield what a page of a history becomes."""
        address = variable.address
        if page.refused:
            self.run.note(f"{self.source.name}: the server gives no history of {address} ({page.refused}).")
            missing = Presence(self.source.name, True, f"no history of {address}"[:200], self._now(), missed=1)
            yield self.turner.presence(missing, source=self.source.name)
        for value in page.values:
            at = time_of(value)
            if at is not None:
                self.read_to[address] = max(at, self.read_to.get(address, 0))
                yield from self._turned(address, value, sent_at=at, is_history=True)

    def _read(self, connection: Connection) -> Generator[Batch, None, bool]:
        """Yield batches while the connection stands; the value is whether the reading is over."""
        quiet_since = monotonic()
        while True:
            self.run.sleep(0)
            told = connection.gather(TICK)
            if told:
                yield from self._taken(connection, told)
                if any(message.values for message in told):
                    quiet_since = monotonic()
                continue
            if connection.lost:
                return False
            if not self.run.follow and monotonic() - quiet_since >= self.settings.idle:
                return True
            if self.run.follow and self._is_quiet():
                yield self._batch(())

    def _taken(self, connection: Connection, told: Sequence[Told]) -> Iterator[Batch]:
        """Yield what messages become; they are acknowledged behind it."""
        made, done, count = list[Made](), list[int](), 0
        for message in told:
            if message.lost:
                yield from self._missing(connection, message.lost, made=made)
                made = []
            is_next = message.sequence == following(self.sequence)
            begin = self.part if is_next else 0
            times: dict[str, int] = {}
            for place, (address, value) in enumerate(message.values, start=1):
                times[address] = times.get(address, 0) + 1
                if place > begin:
                    made += self._turned(address, value, sent_at=message.sent_at, occurrence=times[address])
                count += 1
                if len(made) >= self.settings.batch and place < len(message.values) and is_next:
                    self._at(self.sequence, place)
                    yield self._batch(made)
                    connection.confirm(done, count)
                    made, done, count = [], [], 0
            if message.sequence:
                done.append(message.sequence)
                self._at(message.sequence, 0)
        if made or (done and self.settings.keeps):
            yield self._batch(made)
        connection.confirm(done, count)

    def _missing(self, connection: Connection, lost: int, *, made: Sequence[Made]) -> Iterator[Batch]:
        """Yield what the server remembers in place of messages that it has no more; say so where none is read."""
        if made:
            yield self._batch(made)
        reads = self.settings.history is not FromHistory.NONE
        unread = self._unread(connection, reads=reads)
        if unread:
            reason = f"the server has {lost:,} messages no more, and {unread}"
            self.run.note(f"{self.source.name}: {reason}.")
            yield self._told(Presence(self.source.name, True, reason[:200], self._now(), missed=lost))
        if reads:
            self.cursor = msgspec.structs.replace(self.cursor, owes=True)
            yield from self._remembered(connection)
            self.cursor = msgspec.structs.replace(self.cursor, owes=False)

    def _turned(
        self, address: str, value: DataValue, *, sent_at: int, occurrence: int = 1, is_history: bool = False
    ) -> Iterable[Made]:
        """Return what a value becomes; nothing for one that is durable already."""
        if address not in self.properties or is_waiting(value):
            # No rule is for it any more, or there is nothing to tell yet.
            return ()
        at = time_of(value) or sent_at
        digest = digest_of(value)
        if self.last.is_known(address, at=at, digest=digest):
            return ()
        if not is_history and address in self.read_to:
            if at < self.read_to[address]:
                return ()
            del self.read_to[address]
        # A server tells of changes. What its history has besides, and what it says at the begin of a subscription, may be none.
        is_change = self.settings.trigger is Trigger.TIME or not self.last.is_same(address, digest)
        self.last.note(address, at=at, digest=digest)
        signal = signal_of(value, address=address, sent_at=sent_at, occurrence=occurrence, properties=self.properties[address])
        made = self.turner.turn(signal) if is_change or signal.missed else []
        if signal.missed and not tells_gap(made):
            reason = f"values of {address} are missing"[:200]
            missing = Presence(self.source.name, True, reason, at, is_assumed=False, missed=signal.missed)
            made.append(self.turner.presence(missing, source=self.source.name))
        return made

    def _told(self, presence: Presence) -> Batch:
        self.cursor = msgspec.structs.replace(self.cursor, told=presence.present)
        return self._batch((self.turner.presence(presence, source=self.source.name),))

    def _batch(self, made: Sequence[Made]) -> Batch:
        """Return what was made with the cursor behind it."""
        self.cursor = msgspec.structs.replace(self.cursor, last=self.last.packed(self.addresses), memory=memory_of(self.turner))
        self.last_batch = monotonic()
        items, problems = parted(made)
        return Batch(items, problems, text_of_cursor(self.cursor))

    def _is_quiet(self) -> bool:
        return monotonic() - self.last_batch >= HEARTBEAT

    def _now(self) -> int:
        return self.run.clock.now() // MILLISECOND * MILLISECOND


def _some(addresses: Sequence[str]) -> str:
    """Return variables in few words, with a verb."""
    shown = ", ".join(addresses[:SHOWN])
    more = len(addresses) - SHOWN
    return f"{shown} and {more:,} more are" if more > 0 else f"{shown} {'are' if len(addresses) > 1 else 'is'}"
