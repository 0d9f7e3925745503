"""Hosts: which of them nobody but this machine can reach."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and no other can reach it.

    Example
    -------
    >>> is_loopback("localhost"), is_loopback("::1"), is_loopback("twin.example")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
