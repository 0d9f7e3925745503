"""Takes messages from a broker in batches, through losses of the connection, and acknowledges them when they are durable.

Whatever is killed at whatever moment: a message that was not acknowledged is sent again, and what is known of the last messages
(``Seen``) says whether its events are durable already, and otherwise gives it the time of receipt that it had, so that it becomes
the same events.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

import msgspec

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Batch, Run
from chaintwin.ingest.connectors.linked.cursors import new_client, next_time, text_of_cursor
from chaintwin.ingest.connectors.linked.standing import HEARTBEAT, TICK, NotConnectedError, Standing
from chaintwin.ingest.connectors.linked.turners import memory_of, parted
from chaintwin.ingest.connectors.mqtt.addresses import MqttAddress
from chaintwin.ingest.connectors.mqtt.connection import Connection, Message
from chaintwin.ingest.connectors.mqtt.interpreting import Interpreter, Sent
from chaintwin.ingest.connectors.mqtt.retained import Retained
from chaintwin.ingest.connectors.mqtt.seen import MqttCursor, Receipt, Seen, digest_of
from chaintwin.ingest.connectors.mqtt.settings import Settings
from chaintwin.ingest.connectors.signals.signal import Presence
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner

SHARED = "$share/"
"""Begin of a filter whose messages go to one of those who share it."""

UNCONFIRMED = 4
"""Batches whose acknowledgement the broker may not have yet when the next is taken."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is read.

    Parameters
    ----------
    name : as the log names it, connector and address. address, settings : of the broker. filters : that are subscribed to.
    """

    name: str
    address: MqttAddress
    settings: Settings
    filters: tuple[str, ...]


class Receiver:
    """Reads one source for ever, or until nothing comes any more.

    Parameters
    ----------
    source : what is read. turner, interpreter : make events of messages.
    cursor : where it stands; None for a new one. run : of this reading.
    """

    def __init__(
        self, source: Source, turner: SignalTurner, *, interpreter: Interpreter, cursor: MqttCursor | None, run: Run
    ) -> None:
        self.source, self.turner, self.interpreter, self.run = source, turner, interpreter, run
        self.settings = source.settings
        self.is_new = cursor is None
        self.cursor = cursor or MqttCursor(self.settings.client_id or new_client(source.name, run))
        if self.settings.client_id and self.cursor.client != self.settings.client_id:
            # Another session has other numbers.
            self.cursor = msgspec.structs.replace(self.cursor, client=self.settings.client_id, done="", due="", was_open=False)
        self.seen, self.retained, self.number = Seen(self.cursor), Retained(self.cursor.retained), 0
        self.unconfirmed_most = max(UNCONFIRMED * self.settings.batch, self.settings.receive_maximum)
        self.standing = Standing(source.name, run, told=self.cursor.told, grace=self.settings.grace, tries=self.settings.tries)
        self.last_batch, self.has_settled = monotonic(), False
        self.kept = text_of_cursor(self.cursor)

    def batches(self) -> Iterator[Batch]:
        """Yield what comes.

        Raises
        ------
        SourceFailedError
            The broker cannot be reached, or refuses.
        """
        if not self.settings.acknowledges and self.source.address.filter.startswith(SHARED):
            raise UsageError(
                f"{self.source.name}: found a look at a shared subscription, which takes messages away from those who share it; "
                "allowed: a filter without $share, to look"
            )
        if self.is_new:
            # The name of the session is durable before there is one, or it would be left behind at the broker.
            yield self._batch(())
        while True:
            try:
                connection = self._opened()
            except NotConnectedError as fault:
                yield from self._without(fault)
                continue
            self.run.connected()
            try:
                yield from self._greeted(connection)
                is_over = yield from self._read(connection)
            finally:
                # Also where the reader is left standing in the middle.
                self._say(connection, self.interpreter.parting(self.run.clock.now()))
                connection.close()
            if is_over:
                return
            self.standing.broke(connection.lost, now=self._now())

    def _opened(self) -> Connection:
        source = self.source
        connection = Connection(
            source.address,
            self.settings,
            client_id=self.cursor.client if self.settings.acknowledges else f"{self.cursor.client}-look",
            filters=source.filters,
            farewell=self.interpreter.farewell(self.run.clock.now()) if self.settings.acknowledges else None,
        )
        connection.open()
        return connection

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
        elif monotonic() - self.last_batch >= HEARTBEAT and not self.is_new:
            yield self._batch(())
        self.standing.wait(fault, allowed="a broker that answers", key=self.cursor.client)

    def _greeted(self, connection: Connection) -> Iterator[Batch]:
        """Say that the source is there, where it was not, and what the broker forgot."""
        was_open, name = self.cursor.was_open, self.source.name
        if connection.unconfirmed:
            self.run.note(
                f"{name}: the broker sends {', '.join(connection.unconfirmed)} with QoS 0, without waiting for what is durable; "
                "what it sends while this end is away is lost."
            )
        is_kept = connection.is_session_kept
        self.interpreter.opened(self.run.clock.now(), is_session_kept=is_kept)
        self.number = 0
        self.seen.reconnected()
        self.retained.subscribed(is_new=not is_kept)
        self.cursor = msgspec.structs.replace(self.cursor, was_open=True)
        reason, missed = "connected", 0
        if was_open and not is_kept and self.settings.acknowledges:
            self.seen.forget()
            self.run.note(f"{name}: the broker has forgotten the session; what was sent meanwhile is missing.")
            reason, missed = "connected; the broker had forgotten the session, so that messages may be missing", 1
        back = self.standing.back(self._now(), reason=reason, missed=missed)
        if back is not None:
            yield self._told(back)

    def _read(self, connection: Connection) -> Generator[Batch, None, bool]:
        """Yield batches while the connection stands; the value is whether the reading is over."""
        quiet_since = monotonic()
        while True:
            self.run.sleep(0)
            self._say(connection, self.interpreter.requests())
            self._settle(connection)
            while self.seen.unconfirmed > self.unconfirmed_most and not connection.lost:
                connection.await_confirmation(TICK)
                self._settle(connection)
            messages = connection.gather(TICK)
            if messages:
                self.number += 1
                yield from self._taken(messages)
                connection.acknowledge(messages, number=self.number)
                quiet_since = monotonic()
                continue
            if connection.lost:
                return False
            made = self.interpreter.due(self._now())
            if made:
                yield self._batch(made)
                quiet_since = monotonic()
            elif self.has_settled:
                # Whoever begins here must not take another message with the number of one that is settled for that one.
                yield self._batch(())
            elif not self.run.follow and monotonic() - quiet_since >= self.settings.idle:
                return True
            elif self.run.follow:
                # There is no more for now, and nothing that has to be kept of that.
                yield self._batch(()) if monotonic() - self.last_batch >= HEARTBEAT else Batch((), (), self.kept, 1.0)

    def _settle(self, connection: Connection) -> None:
        """Let go of messages that the broker has the acknowledgement of."""
        before = len(self.seen.receipts)
        self.seen.confirm(connection.confirmed)
        self.has_settled = self.has_settled or len(self.seen.receipts) < before

    def _say(self, connection: Connection, messages: Sequence[Sent]) -> None:
        """Send what the interpreter has to say; who only looks says nothing."""
        if self.settings.acknowledges:
            for sent in messages:
                connection.publish(sent.topic, sent.payload, is_kept=sent.is_kept)

    def _taken(self, messages: Sequence[Message]) -> Iterator[Batch]:
        """Yield what messages become; before it the times of receipt, where an event rests on them."""
        now, assumed = self._now(), self.interpreter.assumed
        before, made, times = self.cursor, list[Made](), dict[str, int]()
        is_due, receipts = False, list[Receipt]()
        for message in messages:
            digest, is_numbered = digest_of(message), message.id > 0 and self.settings.acknowledges
            receipt = self.seen.known(message, digest) if message.id else None
            if receipt is None and self.retained.is_known(message, digest):
                receipt = Receipt(digest, now, 1, is_durable=True)
            is_durable = receipt is not None and receipt.is_durable
            if receipt is None:
                times[message.topic] = times.get(message.topic, 0) + 1
                receipt = Receipt(digest, now, times[message.topic], is_durable=False)
                is_due = is_due or message.id > 0
            if is_numbered:
                self.seen.take(message, receipt, number=self.number)
                receipts.append(receipt)
            if is_durable:
                continue
            made += self.interpreter.take(message, received_at=receipt.at, occurrence=receipt.occurrence)
        made += self.interpreter.due(now)
        if is_due and self.interpreter.assumed > assumed:
            # An event without a time of its own is the same only under the same time of receipt, so that is durable first.
            yield Batch((), (), text_of_cursor(self._with_seen(before)))
        for receipt in receipts:
            # Only these: others that are due have not come again yet.
            receipt.is_durable = True
        yield self._batch(made)

    def _told(self, presence: Presence) -> Batch:
        self.cursor = msgspec.structs.replace(self.cursor, told=presence.present)
        return self._batch((self.turner.presence(presence, source=self.source.name),))

    def _batch(self, made: Sequence[Made]) -> Batch:
        """Return what was made with the cursor behind it."""
        state = self.interpreter.plain()
        self.cursor = msgspec.structs.replace(
            self._with_seen(self.cursor),
            retained=self.retained.packed(),
            memory=memory_of(self.turner),
            state=self.cursor.state if state is None else msgspec.Raw(_ENCODER.encode(state)),
        )
        self.last_batch, self.has_settled = monotonic(), False
        items, problems = parted(made)
        self.kept = text_of_cursor(self.cursor)
        return Batch(items, problems, self.kept)

    def _with_seen(self, cursor: MqttCursor) -> MqttCursor:
        done, due = (self.seen.packed(is_durable=is_durable) for is_durable in (True, False))
        return msgspec.structs.replace(cursor, clock=self.cursor.clock, done=done, due=due)

    def _now(self) -> int:
        """Return a time of receipt."""
        now = next_time(self.run, last=self.cursor.clock)
        self.cursor = msgspec.structs.replace(self.cursor, clock=now)
        return now


_ENCODER = msgspec.json.Encoder()
