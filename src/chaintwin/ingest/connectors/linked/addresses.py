"""Parts that addresses of sources over a connection have in common."""

from __future__ import annotations


def host_and_port(place: str, port: int) -> tuple[str, int]:
    """Return host and port of the part of an address that names them; a port that is none is 0.

    Parameters
    ----------
    place : such as ``broker.example.org:1883`` or ``[::1]``. port : where none is named.
    """
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        text = rest.removeprefix(":")
    else:
        host, _, text = place.partition(":")
    if not text:
        return host, port
    return host, int(text) if text.isascii() and text.isdecimal() else 0
