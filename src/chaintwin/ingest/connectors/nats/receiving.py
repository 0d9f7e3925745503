"""Takes messages of a stream in batches, through losses of the connection, and acknowledges them when they are durable.

The stream numbers its messages, and the cursor holds the number of the last one that is durable. Whatever is killed at whatever
moment: reading goes on behind that number. All that an event says comes from the message, the time at which the stream took it
and what was remembered, so that a message that is read twice gives the same events.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import msgspec

from chaintwin.errors import Finding, amount_of
from chaintwin.ingest.connectors.interface import ITEM_BYTES_MAX, KEPT_BYTES, Batch, Item, Place, Problem, Run
from chaintwin.ingest.connectors.linked.cursors import MILLISECOND, new_client, next_time, text_of_cursor
from chaintwin.ingest.connectors.linked.standing import TICK, NotConnectedError, Standing
from chaintwin.ingest.connectors.linked.turners import memory_of, parted
from chaintwin.ingest.connectors.nats.addresses import NatsAddress
from chaintwin.ingest.connectors.nats.connection import Connection, Message
from chaintwin.ingest.connectors.nats.cursors import NatsCursor
from chaintwin.ingest.connectors.nats.settings import Settings
from chaintwin.ingest.connectors.nats.streams import READABLE, Retention, Stream, is_missing
from chaintwin.ingest.connectors.signals.signal import Presence, Signal
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner

EXAMINED_SECONDS, DOUBTED_SECONDS = 60.0, 1.0
"""How often it is asked how far a stream was looked through: where a filter passes a part of it, and where it says that more is
to come and nothing does."""

OTHERS = ", those of other subjects among them"


@dataclass(frozen=True, slots=True)
class Source:
    """What is read.

    Parameters
    ----------
    name : as the log names it, connector and address. address, settings : of the stream.
    """

    name: str
    address: NatsAddress
    settings: Settings


@dataclass(frozen=True, slots=True)
class _Found:
    """A stream as it is beside what was read of it.

    Parameters
    ----------
    cursor : from which reading goes on. missed : messages that are gone unread, at least. reason : in words.
    at : when that was as the stream says it, microseconds; None where it does not. is_other : whether it is another stream.
    """

    cursor: NatsCursor
    missed: int = 0
    reason: str = "connected"
    at: int | None = None
    is_other: bool = False


class Receiver:
    """Reads one source for ever, or until nothing more waits.

    Parameters
    ----------
    source : what is read. turner : makes events of messages. cursor : where it stands; None for a new one. run : of this reading.
    """

    def __init__(self, source: Source, turner: SignalTurner, *, cursor: NatsCursor | None, run: Run) -> None:
        self.source, self.turner, self.run = source, turner, run
        self.settings = source.settings
        self.is_new = cursor is None
        client = self.settings.client_id or (cursor.client if cursor else new_client(source.name, run))
        self.cursor = msgspec.structs.replace(cursor or NatsCursor(client), client=client)
        self.sequence, self.number, self.pending = self.cursor.sequence, 0, 0
        self.is_whole = False
        self.standing = Standing(source.name, run, told=self.cursor.told, grace=self.settings.grace, tries=self.settings.tries)
        self.kept = text_of_cursor(self.cursor)

    def batches(self) -> Iterator[Batch]:
        """Yield what comes.

        Raises
        ------
        SourceFailedError
            The server cannot be reached, or refuses.
        """
        if self.is_new:
            # The name of the consumer is durable before there is one, or it would be left behind at the server.
            yield self._batch(())
        while True:
            connection = Connection(self.source.address, self.settings, client=self.cursor.client)
            try:
                found = self._found(connection.open())
                connection.consume(found.cursor.sequence + 1)
                self.pending, self.number = connection.pending, 0
                self.run.connected()
                yield from self._greeted(found)
                is_over = yield from self._read(connection)
            except NotConnectedError as fault:
                yield from self._without(fault)
                continue
            finally:
                # Also where the reader is left standing in the middle.
                connection.close()
            if is_over:
                return
            self.standing.broke(connection.lost, now=self._now())

    def _without(self, fault: NotConnectedError) -> Iterator[Batch]:
        """Wait for the next try; say that the source is gone once it is for long.

        Raises
        ------
        SourceFailedError
            Trying again is of no use, or was tried often enough.
        """
        goes_on = self.run.follow and bool(self.cursor.stream)
        if goes_on and is_missing(fault):
            # A stream that was there may be made anew.
            fault = NotConnectedError(str(fault), allowed=fault.allowed, fix=fault.fix)
        gone = self.standing.failed(fault, now=self._now(), goes_on=goes_on)
        if gone is not None:
            yield self._told(gone)
        self.standing.wait(fault, allowed=READABLE, key=self.cursor.client)

    def _found(self, stream: Stream) -> _Found:
        """Compare a stream with what was read of it; nothing is noted yet, for the connection may break before it is told."""
        cursor = self.cursor
        self.is_whole = stream.is_whole(self.source.address.filter)
        if not cursor.stream:
            first = stream.first - 1 if self.settings.takes_all else stream.last
            return _Found(msgspec.structs.replace(cursor, stream=stream.created, sequence=first))
        if cursor.stream != stream.created or stream.last < cursor.sequence:
            how = "was made anew" if cursor.stream != stream.created else f"went back to {stream.last}"
            reason = f"the stream {how}, read until {cursor.sequence} before; what it had behind that is missing"
            anew = NatsCursor(cursor.client, cursor.clock, stream.created, stream.first - 1, told=cursor.told)
            return _Found(anew, 1, reason, stream.begin, is_other=True)
        if stream.first - 1 > cursor.sequence and (self.is_whole or stream.retention is Retention.LIMITS):
            # Elsewhere messages of other subjects leave when others have taken them.
            gone = stream.first - 1 - cursor.sequence
            reason = f"the stream dropped {amount_of(gone, 'message')} unread, behind {cursor.sequence}"
            behind = msgspec.structs.replace(cursor, sequence=stream.first - 1)
            return _Found(behind, gone if self.is_whole else 1, reason + ("" if self.is_whole else OTHERS), stream.begin)
        return _Found(cursor)

    def _greeted(self, found: _Found) -> Iterator[Batch]:
        """Say that the source is there, where it was not, and what is gone."""
        if found.is_other:
            # What is read again gives the same events only where nothing is remembered of the first time.
            self.turner.memory.forget()
        self.cursor, self.sequence = found.cursor, found.cursor.sequence
        if found.missed:
            self.run.note(f"{self.source.name}: {found.reason}.")
        at, was_gone = found.at if found.missed else None, self.standing.told is False
        back = self.standing.back(
            self._now() if at is None else at, reason=found.reason, missed=found.missed, is_assumed=at is None
        )
        if back is not None:
            yield self._told(back)
        if at is not None and was_gone:
            # What is missing was so before the source was told to be gone, so that this alone would leave it gone.
            yield self._told(Presence(self.source.name, True, "connected", self._now()))

    def _read(self, connection: Connection) -> Generator[Batch, None, bool]:
        """Yield batches while the connection stands; the value is whether the reading is over."""
        quiet_since, examined_at = monotonic(), 0.0
        while True:
            self.run.sleep(0)
            messages = connection.gather(TICK)
            if messages:
                yield self._taken(messages, connection)
                connection.acknowledge(messages)
                quiet_since = monotonic()
                continue
            if connection.lost:
                return False
            if (self.pending or not self.is_whole) and monotonic() >= examined_at:
                examined_at = monotonic() + (DOUBTED_SECONDS if self.pending else EXAMINED_SECONDS)
                yield from self._examined(connection)
            if not self.run.follow and (not self.pending or monotonic() - quiet_since >= self.settings.idle):
                return True
            if self.run.follow and not self.pending:
                # There is no more for now, and nothing that has to be kept of that.
                yield Batch((), (), self.kept, 1.0)

    def _examined(self, connection: Connection) -> Iterator[Batch]:
        """Note until where the stream has nothing more for us, which a filter hides: what it drops of that is not missing.

        Messages say how many are still to come. Servers count those among them that were dropped meanwhile, until they are asked.
        """
        last = connection.examined(self.number)
        if last:
            self.pending = 0
        if last > self.sequence and not self.is_whole:
            self.sequence = last
            self.cursor = msgspec.structs.replace(self.cursor, sequence=last)
            yield self._batch(())

    def _taken(self, messages: Sequence[Message], connection: Connection) -> Batch:
        """Return what messages become; those that were taken before become nothing."""
        made = list[Made]()
        tick, spoken = self.cursor.tick, dict(self.cursor.spoken)
        for message in messages:
            self.number += 1
            if message.number != self.number:
                # The server numbers what it sends: nothing may be missing between two.
                connection.fail(f"{amount_of(message.number - self.number, 'message')} lost on the way")
                break
            if message.sequence <= self.sequence:
                continue
            made += self._gap(message)
            at = message.time // MILLISECOND
            if at != tick:
                tick = at
                spoken.clear()
            spoken[message.address] = occurrence = spoken.get(message.address, 0) + 1
            made += self._turned(message, occurrence)
            self.sequence, self.pending = message.sequence, message.pending
        self.cursor = msgspec.structs.replace(self.cursor, sequence=self.sequence, tick=tick, spoken=spoken)
        return self._batch(made)

    def _turned(self, message: Message, occurrence: int) -> list[Made]:
        """Return what one message becomes."""
        place = Place(message.address, message.sequence)
        if len(message.payload) > ITEM_BYTES_MAX:
            found, allowed = f"a message of {len(message.payload):,} bytes", f"{ITEM_BYTES_MAX:,} bytes at most"
            finding = Finding("source.large", found, allowed, "", str(place))
            return [Problem(place, (finding,), message.payload[:KEPT_BYTES])]
        properties = dict(message.properties) if message.properties else {}
        signal = Signal(message.address, message.payload, message.time, occurrence=occurrence, properties=properties)
        return [replace(one, place=place) for one in self.turner.turn(signal)]

    def _gap(self, message: Message) -> tuple[Item, ...]:
        """Return what says that messages before this one are gone.

        Where the filter passes all, each number that is left out is a message. Elsewhere it is known what of all subjects the
        stream dropped unseen, and not how much of that was ours: at least one is told.
        """
        dropped = message.sequence - self.sequence - 1 if self.is_whole else message.dropped
        if dropped <= 0:
            return ()
        name, missed = self.source.name, dropped if self.is_whole else 1
        reason = f"the stream dropped {amount_of(dropped, 'message')} unread, before {message.sequence}"
        reason += "" if self.is_whole else OTHERS
        self.run.note(f"{name}: {reason}.")
        presence = Presence(name, True, reason, message.time, is_assumed=False, missed=missed)
        return (self.turner.presence(presence, source=name),)

    def _told(self, presence: Presence) -> Batch:
        self.cursor = msgspec.structs.replace(self.cursor, told=presence.present)
        return self._batch((self.turner.presence(presence, source=self.source.name),))

    def _batch(self, made: Sequence[Made]) -> Batch:
        """Return what was made with the cursor behind it."""
        self.cursor = msgspec.structs.replace(self.cursor, memory=memory_of(self.turner))
        items, problems = parted(made)
        self.kept = text_of_cursor(self.cursor)
        return Batch(items, problems, self.kept)

    def _now(self) -> int:
        """Return a time of ours."""
        now = next_time(self.run, last=self.cursor.clock)
        self.cursor = msgspec.structs.replace(self.cursor, clock=now)
        return now
