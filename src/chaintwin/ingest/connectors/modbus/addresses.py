"""Addresses of devices that speak Modbus over TCP."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import check_secret

SCHEME, PORT, UNIT = "modbus", 502, 1
"""The scheme, the usual port, and the unit that is meant where none is named."""


@dataclass(frozen=True, slots=True)
class ModbusAddress:
    """A device.

    Parameters
    ----------
    host, port : of it, or of the gateway before it. unit : its number there, 0 to 255.
    """

    host: str
    port: int
    unit: int


def is_modbus(source: str) -> bool:
    """Return whether a source is the address of a device."""
    return source.startswith(f"{SCHEME}://")


def modbus_address(source: str) -> ModbusAddress:
    """Return the parts of ``modbus://HOST:PORT/UNIT``.

    Parameters
    ----------
    source : the address.

    Raises
    ------
    UsageError
        It is none, or it holds a user or a password.

    Example
    -------
    >>> modbus_address("modbus://gateway.example.org/7")
    ModbusAddress(host='gateway.example.org', port=502, unit=7)
    """
    check_secret(source, option="none, for Modbus knows no passwords")
    allowed = f"allowed: {SCHEME}://HOST:PORT/UNIT with a unit from 0 to 255, such as {SCHEME}://gateway.example.org/7"
    try:
        parts = urlsplit(source)
        host, port = parts.hostname or "", PORT if parts.port is None else parts.port
        path = parts.path.strip("/")
        unit = int(path) if path else UNIT
    except ValueError:
        raise UsageError(f"{source}: found no address; {allowed}") from None
    if parts.scheme != SCHEME or not host or not port or not 0 <= unit <= 255 or parts.query or parts.fragment:
        raise UsageError(f"{source}: found no address of a device; {allowed}")
    return ModbusAddress(host, port, unit)
