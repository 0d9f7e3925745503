"""Addresses of streams with the subjects that are wanted of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import check_secret
from chaintwin.ingest.connectors.linked.addresses import host_and_port

SCHEMES = {"nats": False, "natss": True, "tls": True}
"""Schemes, and whether they mean TLS."""

PORT = 4222
"""Where a server listens unless somebody says otherwise."""

ALL = ">"
"""The filter that all subjects pass."""

_STREAM = re.compile(r"[^\s>*./\\\0]{1,255}")
_EXAMPLE = "such as nats://nats.example.org/PLANT/plant.*.temperature"


@dataclass(frozen=True, slots=True)
class NatsAddress:
    """A stream at a server and a filter of its subjects.

    Parameters
    ----------
    host, port : of the server. is_secure : whether TLS is used. stream : its name. filter : of subjects, ``>`` for all.
    """

    host: str
    port: int
    is_secure: bool
    stream: str
    filter: str


def is_nats(source: str) -> bool:
    """Return whether a source is the address of a stream."""
    scheme, sign, _ = source.partition("://")
    return bool(sign) and scheme in SCHEMES


def nats_address(source: str) -> NatsAddress:
    """Return the parts of ``nats://HOST:PORT/STREAM/FILTER``; the filter may be left out, its wildcards stand as they are.

    Parameters
    ----------
    source : the address.

    Raises
    ------
    UsageError
        It is none, or it holds a user, a password or a token.

    Example
    -------
    >>> nats_address("natss://nats.example.org/PLANT/plant.*.temperature")
    NatsAddress(host='nats.example.org', port=4222, is_secure=True, stream='PLANT', filter='plant.*.temperature')
    """
    check_secret(source, option="--option token-file=FILE, creds-file=FILE, or username=NAME and password-file=FILE")
    scheme, _, rest = source.partition("://")
    place, _, path = rest.partition("/")
    stream, _, subjects = (unquote(part) for part in path.partition("/"))
    host, port = host_and_port(place, PORT)
    if scheme not in SCHEMES or not host or not 0 < port < 65_536:
        raise UsageError(f"{source}: found no address of a server; allowed: nats:// or natss://, {_EXAMPLE}")
    if not _STREAM.fullmatch(stream):
        found = f"the name {stream!r}" if stream else "no name"
        raise UsageError(f"{source}: found {found} of a stream; allowed: a stream behind the server, {_EXAMPLE}")
    wanted = subjects or ALL
    fault = filter_fault(wanted)
    if fault:
        raise UsageError(f"{source}: found {fault}; allowed: a filter of subjects, {_EXAMPLE}")
    return NatsAddress(host, port, SCHEMES[scheme], stream, wanted)


def filter_fault(wanted: str) -> str:
    """Return what is wrong with a filter of subjects; an empty text where it is right."""
    tokens = wanted.split(".")
    if any(sign.isspace() or sign == "\0" for sign in wanted):
        return "white space in a filter"
    if not all(tokens):
        return "nothing between two points of a filter"
    if any(ALL in token and (token != ALL or place + 1 < len(tokens)) for place, token in enumerate(tokens)):
        return "> before the end or within a token"
    return "* within a token" if any("*" in token and token != "*" for token in tokens) else ""
