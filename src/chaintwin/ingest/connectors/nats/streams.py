"""What a server is asked about streams and their consumers (JetStream), each a request with an answer in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.nats.addresses import ALL
from chaintwin.ingest.connectors.nats.wire import NO_RESPONDERS, Wire
from chaintwin.ingest.connectors.signals.reading import time_of

API = "$JS.API"
NOT_FOUND = 404

READABLE = "a stream that lets itself be read"
"""What would be right where a fault does not say it itself."""

NAMES_MAX = 10
"""So many streams are named where one is missing."""

NANOSECONDS = 1_000_000_000


class Retention(StrEnum):
    """How long a stream keeps messages."""

    LIMITS = "limits"
    """Until one of its limits is reached, whoever reads them."""
    INTEREST = "interest"
    """Until every consumer has them."""
    WORK_QUEUE = "workqueue"
    """Until one consumer has them."""


class RefusedError(NotConnectedError):
    """The server answers that it does not do what was asked for.

    Parameters
    ----------
    message : why. status : of the answer. allowed, fix : as of any fault.
    """

    def __init__(self, message: str, *, status: int, allowed: str = "", fix: str = "") -> None:
        super().__init__(message, is_final=status < 500, allowed=allowed, fix=fix)
        self.status = status


def is_missing(fault: NotConnectedError) -> bool:
    """Return whether a fault says that a stream is not there."""
    return isinstance(fault, RefusedError) and fault.status == NOT_FOUND


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it is.

    Parameters
    ----------
    name, created : of it; another time of creation is another stream, whatever its name. retention : of messages.
    subjects : that it takes. first, last : sequences of its first and last message; ``first`` is ``last`` + 1 where it is empty.
    count : of its messages. begin : time of the first, microseconds; None where it is empty.
    """

    name: str
    created: str
    retention: Retention
    subjects: tuple[str, ...]
    first: int
    last: int
    count: int
    begin: int | None

    def is_whole(self, wanted: str) -> bool:
        """Return whether a filter passes all that the stream has, so that a gap in sequences is a gap."""
        return wanted == ALL or self.subjects == (wanted,)


def stream_named(wire: Wire, name: str) -> Stream:
    """Return a stream.

    Raises
    ------
    NotConnectedError
        There is none of that name, or no streams at all; says what there is and how to make one.
    """
    try:
        info = asked(wire, f"STREAM.INFO.{name}")
    except RefusedError as refusal:
        if refusal.status != NOT_FOUND:
            raise
        raise _missing(wire, name) from None
    config, state = info["config"], info["state"]
    count = int(state["messages"])
    first, last = int(state["first_seq"]), int(state["last_seq"])
    return Stream(
        name,
        str(info.get("created") or "unknown"),
        Retention(config.get("retention", "limits")),
        tuple(config.get("subjects") or ()),
        max(first, 1) if count else last + 1,
        last,
        count,
        time_of(state["first_ts"]) if count else None,
    )


def counts_of(wire: Wire, stream: str, *, name: str) -> tuple[int, int] | None:
    """Return how many messages a consumer was sent and has still to be sent; None where the stream has no such consumer."""
    try:
        info = asked(wire, f"CONSUMER.INFO.{stream}.{name}")
    except RefusedError as refusal:
        if refusal.status != NOT_FOUND:
            raise
        return None
    return int(info["delivered"]["consumer_seq"]), int(info.get("num_pending", 0))


def make_consumer(wire: Wire, stream: str, *, name: str, config: Mapping[str, Any]) -> int:
    """Make a consumer and return how many messages wait for it.

    Parameters
    ----------
    wire, stream : of it. name : its name. config : its other settings, with spans in nanoseconds.
    """
    body = {"stream_name": stream, "config": {"durable_name": name, "replay_policy": "instant", **config}}
    return int(asked(wire, f"CONSUMER.DURABLE.CREATE.{stream}.{name}", body=body).get("num_pending", 0))


def remove_consumer(wire: Wire, stream: str, *, name: str) -> None:
    """Remove a consumer; one that is not there is no fault."""
    try:
        asked(wire, f"CONSUMER.DELETE.{stream}.{name}")
    except RefusedError as refusal:
        if refusal.status != NOT_FOUND:
            raise


def asked(wire: Wire, what: str, *, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the answer to a request.

    Parameters
    ----------
    wire : the connection. what : subject of the request, without what all of them begin with. body : of it.

    Raises
    ------
    RefusedError
        The server answers that it does not.
    NotConnectedError
        There is no answer, or no JetStream.
    """
    answer = wire.request(f"{API}.{what}", msgspec.json.encode(body) if body is not None else b"")
    if answer.status == NO_RESPONDERS:
        what = "a server without JetStream, or an account that may not use it"
        raise NotConnectedError(what, is_final=True, allowed="one with streams", fix="start it with: nats-server -js")
    try:
        found = _JSON.decode(answer.payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotConnectedError(f"an answer to {what} that is no JSON") from None
    error = found.get("error")
    if isinstance(error, Mapping):
        raise RefusedError(str(error.get("description", "no reason")), status=int(error.get("code", 500)))
    return found


def _missing(wire: Wire, name: str) -> RefusedError:
    names = asked(wire, "STREAM.NAMES").get("streams") or []
    more = ", and more" if len(names) > NAMES_MAX else ""
    there = f"one that is there: {', '.join(names[:NAMES_MAX])}{more}" if names else "one that is there, and there is none"
    fix = f"correct the name, or make it: nats stream add {name} --subjects 'SUBJECTS'"
    return RefusedError(f"no stream {name}", status=NOT_FOUND, allowed=there, fix=fix)


_JSON = msgspec.json.Decoder(dict[str, Any])
