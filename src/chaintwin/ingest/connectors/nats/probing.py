"""Whether a server answers, lets one in and has a stream, without a trace of the question."""

from __future__ import annotations

from dataclasses import replace

from chaintwin.errors import UsageError, amount_of
from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.nats.addresses import ALL, NatsAddress
from chaintwin.ingest.connectors.nats.connection import Connection
from chaintwin.ingest.connectors.nats.settings import Settings
from chaintwin.ingest.connectors.nats.streams import READABLE

SECONDS = 6.0
"""How long a server may take to answer, at most."""


def probed_stream(address: NatsAddress, settings: Settings) -> str:
    """Connect, look at the stream, and say what was found.

    Parameters
    ----------
    address, settings : of the source.

    Raises
    ------
    UsageError
        The server does not answer, refuses who asks, or has no such stream; or the filter passes nothing of it.
    """
    place = f"{address.host}:{address.port}"
    connection = Connection(address, replace(settings, timeout=min(settings.timeout, SECONDS)), client="")
    try:
        stream = connection.open()
    except NotConnectedError as fault:
        raise UsageError(f"{place}: {fault.told(READABLE)}") from None
    finally:
        connection.close()
    if stream.subjects and not any(overlaps(address.filter, subject) for subject in stream.subjects):
        allowed = f"a filter of its subjects, which are {', '.join(stream.subjects)}"
        raise UsageError(f"{place}: found nothing of {address.filter} in the stream {stream.name}; allowed: {allowed}")
    part = "" if address.filter == ALL else f", of which {address.filter} is taken"
    return f"a server at {place} with {amount_of(stream.count, 'message')} in the stream {stream.name}{part}"


def overlaps(one: str, other: str) -> bool:
    """Return whether two filters can pass the same subject.

    Example
    -------
    >>> overlaps("plant.*.temperature", "plant.>"), overlaps("plant.a", "plant.b.>")
    (True, False)
    """
    tokens, others = one.split("."), other.split(".")
    for place, token in enumerate(tokens):
        if token == ALL or (place < len(others) and others[place] == ALL):
            return place < len(others)
        if place >= len(others) or (token != others[place] and "*" not in (token, others[place])):
            return False
    return len(tokens) == len(others)
