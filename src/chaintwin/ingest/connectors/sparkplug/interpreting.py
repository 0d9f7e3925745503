"""Messages of Sparkplug B become signals and presences: births, deaths, data in their order, and births that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from chaintwin.clock import SECOND
from chaintwin.errors import Finding
from chaintwin.ingest.connectors.interface import KEPT_BYTES, Place, Problem
from chaintwin.ingest.connectors.mqtt.connection import Farewell, Message
from chaintwin.ingest.connectors.mqtt.interpreting import Sent
from chaintwin.ingest.connectors.signals.reading import AHEAD, time_of
from chaintwin.ingest.connectors.signals.signal import Presence
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner, tells_gap
from chaintwin.ingest.connectors.sparkplug.metrics import birth_of, names_of, signals_of
from chaintwin.ingest.connectors.sparkplug.nodes import (
    NAMES_MAX,
    NODES_MAX,
    SEQUENCES,
    WAITING_BYTES,
    WAITING_MAX,
    Names,
    Node,
    Waiting,
)
from chaintwin.ingest.connectors.sparkplug.payload import Metric, Payload, read_payload, write_payload
from chaintwin.ingest.connectors.sparkplug.topics import NAMESPACE, Topic, Verb, topic_of
from chaintwin.ingest.connectors.sparkplug.values import DataType
from chaintwin.ingest.connectors.sparkplug.wire import BrokenPayloadError

ASK_EVERY = 10 * SECOND
"""Microseconds between two questions for a birth of one node."""

REBIRTH = "Node Control/Rebirth"


class SparkplugInterpreter:
    """Reads what edge nodes send.

    Parameters
    ----------
    turner : makes events of signals. source : name of the source. kept : state, as ``plain`` gave it.
    reorder : microseconds that a missing message is waited for. host : id of this host application; empty for none.
    """

    def __init__(
        self,
        turner: SignalTurner,
        *,
        source: str,
        kept: Mapping[str, Any] | None = None,
        reorder: int = 5 * SECOND,
        host: str = "",
    ) -> None:
        self.turner, self.source, self.reorder, self.host = turner, source, reorder, host
        self.nodes: dict[str, Node] = msgspec.convert(kept or {}, dict[str, Node])
        self._names: dict[str, dict[str, Names]] = {}
        self._requests: list[Sent] = []
        self._assumed, self._birth_of_host = 0, 0
        self._sizes = {edge: node.size for edge, node in self.nodes.items()}
        self._size = sum(self._sizes.values())

    @property
    def assumed(self) -> int:
        """Events so far whose time is that of the receipt."""
        return self.turner.assumed + self._assumed

    def farewell(self, now: int) -> Farewell | None:
        """Return what the broker says for this host where the connection breaks; it tells the time of its state."""
        self._birth_of_host = now // 1_000
        return Farewell(self._state_topic, self._state(online=False)) if self.host else None

    def take(self, message: Message, *, received_at: int, occurrence: int) -> Sequence[Made]:
        """Return what a message becomes."""
        topic = topic_of(message.topic)
        if topic is None:
            return [self._problem(message, f"the topic {message.topic}", f"{NAMESPACE}/GROUP/KIND/NODE, with a device for DDATA")]
        if topic.verb in (Verb.NCMD, Verb.DCMD):
            return ()
        if topic.verb is Verb.STATE:
            return self._host(message, topic, at=received_at)
        try:
            payload = read_payload(message.payload)
        except BrokenPayloadError as fault:
            return [self._problem(message, f"a payload that is none ({fault})", "a payload of Sparkplug B")]
        full = self._full(topic, payload)
        if full:
            return [self._problem(message, *full), *self._skipped(topic, payload)]
        node = self.nodes.setdefault(topic.edge, Node())
        made = self._heard(topic, node, payload, Waiting(message.topic, message.payload, received_at, occurrence))
        self._measure(topic.edge, node)
        return made

    def due(self, now: int) -> Sequence[Made]:
        """Return what messages become that waited long enough for one before them."""
        made: list[Made] = []
        for edge, node in self.nodes.items():
            if node.gap_since and now - node.gap_since >= self.reorder:
                made += self._given_up(edge, node, now=now)
                self._measure(edge, node)
        return made

    def opened(self, now: int, *, is_session_kept: bool) -> None:
        """Say that this host is there, and ask for births: a broker keeps neither data nor births for one that is away."""
        del is_session_kept
        if self.host:
            self._requests.append(Sent(self._state_topic, self._state(online=True), is_kept=True))
        for edge, node in self.nodes.items():
            group, _, name = edge.partition("/")
            self._ask(Topic(Verb.NCMD, group, name), node, now=now)

    def requests(self) -> Sequence[Sent]:
        """Return commands and states to be sent, once."""
        found, self._requests = self._requests, []
        return found

    def parting(self, now: int) -> Sequence[Sent]:
        """Return the state in which this host leaves."""
        del now
        return [Sent(self._state_topic, self._state(online=False), is_kept=True)] if self.host else ()

    def plain(self) -> Mapping[str, Any] | None:
        """Return the nodes as plain values."""
        found: dict[str, Any] = msgspec.to_builtins(self.nodes)
        return found

    def _heard(self, topic: Topic, node: Node, payload: Payload, waiting: Waiting) -> Sequence[Made]:
        """Return what a message of an edge node becomes."""
        received_at = waiting.received_at
        if topic.verb is Verb.NDEATH:
            return self._node_died(topic, node, payload, at=received_at)
        if topic.verb is Verb.NBIRTH:
            return self._node_born(topic, node, payload, waiting)
        if payload.sequence is not None and node.is_known(waiting.topic.encode() + b"\0" + waiting.payload):
            return ()
        if not node.is_alive:
            # Data before its birth: what has a name is taken, and the birth is asked for.
            self._ask(topic, node, now=received_at)
            return self._apply(topic, node, payload, waiting, missed=0)
        if payload.sequence is not None and node.is_late(payload.sequence, payload.timestamp):
            return self._apply(topic, node, payload, waiting, missed=0, is_late=True)
        expected = node.expected
        if payload.sequence is not None and expected is not None and payload.sequence != expected:
            node.waiting[str(payload.sequence % SEQUENCES)] = waiting
            node.gap_since = node.gap_since or received_at
            is_full = len(node.waiting) > WAITING_MAX or self._bytes_waiting() > WAITING_BYTES
            return self._given_up(topic.edge, node, now=received_at) if is_full else ()
        made = self._apply(topic, node, payload, waiting, missed=0)
        return [*made, *self._in_order(node)]

    def _full(self, topic: Topic, payload: Payload) -> tuple[str, str] | None:
        """Return what is found and allowed where a message would have more remembered than there is room for, else None.

        Anybody who may publish can make up nodes, devices and metrics; what is remembered of them is written with each batch.
        """
        node = self.nodes.get(topic.edge)
        if node is None and len(self.nodes) >= NODES_MAX:
            gone = min((one for one in self.nodes.items() if not one[1].is_alive), key=lambda one: one[1].last_time, default=None)
            if gone is None:
                return f"another edge node beside {NODES_MAX:,}", f"{NODES_MAX:,} of a source; share them among several"
            del self.nodes[gone[0]]
            self._names.pop(gone[0], None)
            self._size -= self._sizes.pop(gone[0], 0)
        if topic.verb not in (Verb.NBIRTH, Verb.DBIRTH):
            return None
        more = len(payload.metrics)
        if topic.verb is Verb.DBIRTH:
            more += node is None or topic.device not in node.devices
            more -= 0 if node is None else len(node.metrics.get(topic.device, ()))
        elif node is not None:
            # A birth of a node makes all its names anew.
            more -= sum(map(len, node.metrics.values()))
        if more > 0 and self._size + more > NAMES_MAX:
            return (
                f"{more:,} names more beside {self._size:,} of devices and metrics",
                f"{NAMES_MAX:,} of a source; share its nodes among several",
            )
        return None

    def _skipped(self, topic: Topic, payload: Payload) -> list[Made]:
        """Return what messages become that waited for one that is set aside: it came, though nothing is taken of it."""
        node = self.nodes.get(topic.edge)
        if node is None or payload.sequence is None or payload.sequence != node.expected:
            return []
        node.sequence = payload.sequence
        made = self._in_order(node)
        self._measure(topic.edge, node)
        return made

    def _measure(self, edge: str, node: Node) -> None:
        """Note how much is remembered of a node."""
        size = node.size
        self._size += size - self._sizes.get(edge, 0)
        self._sizes[edge] = size

    def _bytes_waiting(self) -> int:
        return sum(node.bytes_waiting for node in self.nodes.values() if node.waiting)

    def _node_born(self, topic: Topic, node: Node, payload: Payload, waiting: Waiting) -> list[Made]:
        made = self._given_up(topic.edge, node, now=waiting.received_at) if node.waiting else []
        birth = birth_of(payload)
        if node.is_alive and birth != node.birth:
            # It died unseen, and its devices with it.
            made += self._all_gone(topic, node, reason="born anew without a death", at=waiting.received_at, is_assumed=True)
        is_new = not node.is_alive
        self._forget_names(topic.edge, node)
        node.is_alive, node.birth, node.sequence, node.asked_at = True, birth, None, 0
        node.born = node.told = payload.timestamp or 0
        node.recent = []
        if is_new:
            made.append(self._seen(topic.edge, payload, node, present=True, reason="birth certificate", at=waiting.received_at))
        made += self._apply(topic, node, payload, waiting, missed=0)
        if node.sequence is None:
            node.sequence = 0
        return made

    def _node_died(self, topic: Topic, node: Node, payload: Payload, *, at: int) -> list[Made]:
        birth = birth_of(payload)
        if node.is_alive and birth is not None and node.birth is not None and birth != node.birth:
            # The certificate of an earlier session, which comes late.
            return []
        made = self._given_up(topic.edge, node, now=at) if node.waiting else []
        was_alive, node.is_alive, node.sequence = node.is_alive, False, None
        self._forget_names(topic.edge, node)
        if was_alive or node.birth is None:
            node.birth = birth if node.birth is None else node.birth
            made += self._all_gone(topic, node, reason="death certificate", at=at, is_assumed=True)
        return made

    def _forget_names(self, edge: str, node: Node) -> None:
        """Forget names and aliases: they are those of one session, up to the next birth or a death."""
        node.metrics = {}
        self._names.pop(edge, None)

    def _all_gone(self, topic: Topic, node: Node, *, reason: str, at: int, is_assumed: bool) -> list[Made]:
        """Say that a node and all its devices are gone; not before the last that they said."""
        at = max(at, node.last_time + 1_000)
        names = [topic.edge, *(f"{topic.edge}/{device}" for device, present in node.devices.items() if present)]
        node.devices = {}
        self._assumed += is_assumed
        return [self.turner.presence(Presence(name, False, reason, at, is_assumed), source=self.source) for name in names]

    def _seen(self, name: str, payload: Payload, node: Node, *, present: bool, reason: str, at: int, missed: int = 0) -> Made:
        when = _moment(payload.timestamp, at=at)
        is_assumed = when is None
        when = at if when is None else when
        node.last_time = max(node.last_time, when)
        self._assumed += is_assumed
        return self.turner.presence(Presence(name, present, reason, when, is_assumed, missed), source=self.source)

    def _apply(
        self, topic: Topic, node: Node, payload: Payload, waiting: Waiting, *, missed: int, is_late: bool = False
    ) -> list[Made]:
        """Return what a message becomes whose turn it is, or that comes after its turn."""
        made: list[Made] = []
        is_birth = topic.verb in (Verb.NBIRTH, Verb.DBIRTH)
        if payload.sequence is not None and not is_late:
            node.sequence = payload.sequence % SEQUENCES
            node.told = node.told if payload.timestamp is None else payload.timestamp
        if is_birth and not (is_late and topic.device in node.metrics):
            node.metrics[topic.device] = names_of(payload)
            self._names.setdefault(topic.edge, {}).pop(topic.device, None)
        if topic.verb is Verb.DBIRTH:
            if not node.devices.get(topic.device, False):
                made.append(self._seen(topic.id, payload, node, present=True, reason="birth certificate", at=waiting.received_at))
            node.devices[topic.device] = True
        elif topic.verb is Verb.DDEATH:
            node.devices.pop(topic.device, None)
            at, reason = waiting.received_at, "death certificate"
            return [self._seen(topic.id, payload, node, present=False, reason=reason, at=at, missed=missed)]
        elif topic.verb is Verb.DDATA and not node.devices.get(topic.device, False):
            self._ask(topic, node, now=waiting.received_at)
        names = self._names.setdefault(topic.edge, {})
        if topic.device not in names:
            names[topic.device] = Names(node.metrics.get(topic.device, []))
        is_of_before = is_late and payload.timestamp is not None and payload.timestamp < node.born
        known = Names([]) if is_of_before else names[topic.device]
        signals, unknown = signals_of(payload, topic, names=known, received_at=waiting.received_at)
        for signal in signals:
            if signal.time is not None and signal.time - waiting.received_at <= AHEAD:
                node.last_time = max(node.last_time, signal.time)
            told = replace(
                signal,
                missed=missed,
                occurrence=waiting.occurrence,
                is_late=is_late or signal.is_late,
                is_again=is_birth,
            )
            found = self.turner.turn(told)
            missed = 0 if tells_gap(found) else missed
            made += found
        if missed:
            made.append(self.turner.presence(Presence(topic.id, True, "messages are missing", waiting.received_at, missed=missed),
                                             source=self.source))  # fmt: skip
            self._assumed += 1
        if unknown:
            self._ask(topic, node, now=waiting.received_at)
            message = Message(waiting.topic, waiting.payload)
            made.append(
                self._problem(message, f"metrics without a birth: {', '.join(unknown)[:200]}", "names or aliases of a birth")
            )
        return made

    def _in_order(self, node: Node) -> list[Made]:
        """Return what waiting messages become whose turn has come."""
        made: list[Made] = []
        while node.waiting and (waiting := node.waiting.pop(str(node.expected), None)) is not None:
            made += self._late(node, waiting, missed=0)
        if not node.waiting:
            node.gap_since = 0
        return made

    def _given_up(self, edge: str, node: Node, *, now: int) -> list[Made]:
        """Take missing messages for lost: what waited is taken, the gap is told, and a birth is asked for."""
        made: list[Made] = []
        while (number := node.next_waiting()) is not None:
            expected = node.expected
            missed = 0 if expected is None else (number - expected) % SEQUENCES
            made += self._late(node, node.waiting.pop(str(number)), missed=missed)
        node.gap_since = 0
        group, _, name = edge.partition("/")
        self._ask(Topic(Verb.NCMD, group, name), node, now=now)
        return made

    def _late(self, node: Node, waiting: Waiting, *, missed: int) -> list[Made]:
        topic = topic_of(waiting.topic)
        assert topic is not None
        return self._apply(topic, node, read_payload(waiting.payload), waiting, missed=missed)

    def _ask(self, topic: Topic, node: Node, *, now: int) -> None:
        """Ask for a birth of a node, and not again before it had time to answer."""
        if node.asked_at and now - node.asked_at < ASK_EVERY:
            return
        node.asked_at = now
        command = Metric(REBIRTH, datatype=DataType.BOOLEAN, value=True, timestamp=now // 1_000)
        content = write_payload(Payload((command,), now // 1_000))
        self._requests.append(Sent(str(Topic(Verb.NCMD, topic.group, topic.node)), content))

    def _host(self, message: Message, topic: Topic, *, at: int) -> Sequence[Made]:
        """Return what the state of a host application says; of this one it says nothing new."""
        if topic.node == self.host:
            return ()
        try:
            told = msgspec.json.decode(message.payload, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError):
            return [self._problem(message, "a state that is none", 'such as {"online": true, "timestamp": 1700000000000}')]
        online, stamp = told.get("online") is True, told.get("timestamp")
        when = _moment(stamp, at=at) if stamp else None
        if not online:
            # The time of a last will is that of the connection that broke.
            when = None
        self._assumed += when is None
        reason = "host application online" if online else "host application offline"
        return [
            self.turner.presence(Presence(f"host {topic.node}", online, reason, when or at, when is None), source=self.source)
        ]

    @property
    def _state_topic(self) -> str:
        return str(Topic(Verb.STATE, "", self.host))

    def _state(self, *, online: bool) -> bytes:
        return msgspec.json.encode({"online": online, "timestamp": self._birth_of_host})

    def _problem(self, message: Message, found: str, allowed: str) -> Problem:
        finding = Finding("sparkplug.payload", found, allowed, "ask who runs the edge node", message.topic)
        return Problem(Place(message.topic), (finding,), message.payload[:KEPT_BYTES])


def _moment(stamp: object, *, at: int) -> int | None:
    """Return milliseconds as microseconds; None where they are no time, or one long after the receipt."""
    found = time_of(stamp, unit="ms") if isinstance(stamp, int) else None
    return found if found is not None and found - at <= AHEAD else None
