"""Where answers may be sent: only to hosts that are allowed, and to the very address that was looked at."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Set
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from chaintwin.errors import ChaintwinError


class AddressError(ChaintwinError):
    """Raised for an address that nothing may be sent to; says why and what is allowed."""

    code = "address"


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address that was looked at.

    Parameters
    ----------
    url : with the number of the machine in place of its name. host : value of ``Host``. name : of the machine, for TLS.
    """

    url: str
    host: str
    name: str


def check_address(url: str, allowed: Set[str]) -> tuple[str, int]:
    """Return host and port of an address that may be sent to, without asking for its number.

    Parameters
    ----------
    allowed : hosts that may be sent to.

    Raises
    ------
    AddressError
        It is no address of HTTP, or its host is not allowed.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressError(f"dest: found {url[:200]!r}; allowed: an address such as https://host/path") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.fragment or not _is_plain(url):
        raise AddressError(f"dest: found {url[:200]!r}; allowed: an address such as https://host/path, without user and fragment")
    if host not in {name.strip("[]").lower() for name in allowed}:
        fix = "start the server with --allow-webhook and this host"
        raise AddressError(f"dest: found host {host[:100]!r}; allowed: {', '.join(sorted(allowed))}; fix: {fix}")
    return host, port or (443 if parts.scheme == "https" else 80)


async def pinned(url: str, allowed: Set[str]) -> Pinned:
    """Return an address with its name looked up once, so that what is checked is what is sent to.

    Raises
    ------
    AddressError
        As for ``check_address``; or the name has no number, or one that its kind of name may not have.
    """
    host, port = check_address(url, allowed)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise AddressError(f"dest: the host {host!r} is not found") from None
    numbers = [ipaddress.ip_address(address[4][0]) for address in found]
    if any(number.is_loopback != (host in _LOOPBACK) or _is_odd(number) for number in numbers):
        raise AddressError(f"dest: the host {host!r} leads to an address that nothing is sent to")
    parts = urlsplit(url)
    number = numbers[0]
    shown = f"[{number}]" if number.version == 6 else str(number)
    return Pinned(urlunsplit(parts._replace(netloc=f"{shown}:{port}")), parts.netloc, host)


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _is_odd(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return number.is_link_local or number.is_multicast or number.is_unspecified or (number.is_reserved and not number.is_loopback)


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
