"""Addresses of OPC UA servers, and of their variables: the names on the way from the folder Objects, between slashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import check_secret
from chaintwin.ingest.connectors.signals.kinds import As
from chaintwin.ingest.connectors.signals.patterns import address_pattern
from chaintwin.ingest.connectors.signals.signal_mapping import SignalMapping

SCHEME, PORT = "opc.tcp://", 4840
"""The begin of addresses of the binary protocol over TCP, and its usual port."""

SERVER = "Server"
"""Name of the object that every server has and that tells of the server itself."""


@dataclass(frozen=True, slots=True)
class OpcuaAddress:
    """A server.

    Parameters
    ----------
    host, port : of it. url : all of the address, as the server expects it.
    """

    host: str
    port: int
    url: str


def is_opcua(source: str) -> bool:
    """Return whether a source is the address of an OPC UA server."""
    return source.startswith(SCHEME)


def opcua_address(source: str) -> OpcuaAddress:
    """Return the parts of ``opc.tcp://HOST:PORT/PATH``.

    Parameters
    ----------
    source : the address.

    Raises
    ------
    UsageError
        It is none, or it holds a user or a password.

    Example
    -------
    >>> opcua_address("opc.tcp://plc.example.org/line")
    OpcuaAddress(host='plc.example.org', port=4840, url='opc.tcp://plc.example.org:4840/line')
    """
    check_secret(source, option="--option username=NAME --option password-file=FILE")
    allowed = f"allowed: {SCHEME}HOST:PORT/PATH, such as {SCHEME}plc.example.org:4840/line"
    try:
        parts = urlsplit(source)
        host, port = parts.hostname or "", PORT if parts.port is None else parts.port
    except ValueError:
        raise UsageError(f"{source}: found no address; {allowed}") from None
    if not is_opcua(source) or not host or not port or parts.query or parts.fragment:
        raise UsageError(f"{source}: found no address of an OPC UA server; {allowed}")
    place = f"[{host}]" if ":" in host else host
    return OpcuaAddress(host, port, f"{SCHEME}{place}:{port}{parts.path}")


def level_of(name: str) -> str:
    """Return the name of a node as one level of an address: a slash in it is written ``%2F``, a line break as a blank."""
    return name.replace("/", "%2F").replace("\r", " ").replace("\n", " ")


class Wanted:
    """Which addresses the rules of a mapping are for, and where on the way to them one is.

    Parameters
    ----------
    mapping : the rules; those of signals that are ignored want nothing.

    Example
    -------
    >>> from chaintwin.ingest.connectors.signals.signal_mapping import parse_signal_mapping
    >>> rule = {"match": "Line1/{machine}/Level", "as": "sensor", "measures": "Count", "device": "d"}
    >>> lines = ['name = "x"', "[[signals]]", *[f'{name} = "{value}"' for name, value in rule.items()]]
    >>> wanted = Wanted(parse_signal_mapping(chr(10).join(lines)))
    >>> wanted.leads_on(["Line1"]), wanted.leads_on(["Line2"]), wanted.is_wanted("Line1/Tank/Level")
    (True, False, True)
    """

    def __init__(self, mapping: SignalMapping) -> None:
        self._patterns = [rule.match for rule in mapping.rules if rule.kind is not As.IGNORED]
        self._ways = [_way(pattern.text) for pattern in self._patterns]
        self.texts = tuple(dict.fromkeys(pattern.text for pattern in self._patterns))
        self.asks_server = any(text.split("/")[0] == SERVER for text in self.texts)

    def is_wanted(self, address: str) -> bool:
        """Return whether a rule is for an address."""
        return any(pattern.match(address) is not None for pattern in self._patterns)

    def leads_on(self, levels: Sequence[str]) -> bool:
        """Return whether a rule may be for an address below this one.

        Parameters
        ----------
        levels : of the address.
        """
        for forms, is_open in self._ways:
            if len(levels) >= len(forms) and not is_open:
                continue
            if all(form.fullmatch(level) for form, level in zip(forms, levels, strict=False)):
                return True
        return False


def _way(text: str) -> tuple[list[re.Pattern[str]], bool]:
    """Return what each level of a pattern may be, and whether more may follow."""
    levels = text.split("/")
    is_open = levels[-1] == "#"
    return [address_pattern(level).form for level in (levels[:-1] if is_open else levels)], is_open
