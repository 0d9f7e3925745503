"""Headers that every answer carries, so that a browser does nothing with it that was not meant."""

from __future__ import annotations

from collections.abc import Iterable

Header = tuple[bytes, bytes]

DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"
"""Of data: a browser that shows it runs nothing in it and loads nothing for it."""

PAGE_POLICY = b"; ".join(
    (
        b"default-src 'none'",
        b"script-src 'self'",
        b"style-src 'self'",
        b"img-src 'self'",
        b"connect-src 'self'",
        b"base-uri 'none'",
        b"form-action 'none'",
        b"frame-ancestors 'none'",
        b"require-trusted-types-for 'script'",
    )
)
"""Of pages that say nothing else: scripts and styles are files of this server, never part of a page; no text becomes markup."""

HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)

STRICT_TRANSPORT: Header = (b"strict-transport-security", b"max-age=31536000")
"""Tells a browser to come by TLS only from now on; said by TLS only."""


def headers_for(given: Iterable[Header], *, is_secure: bool) -> list[Header]:
    """Return what an answer carries besides what it says itself.

    Parameters
    ----------
    given : headers that it has, which are left as they are. is_secure : whether it goes by TLS.
    """
    names = {name.lower(): value for name, value in given}
    is_page = names.get(b"content-type", b"").startswith(b"text/html")
    found = [*HEADERS, (b"content-security-policy", PAGE_POLICY if is_page else DATA_POLICY), (b"cache-control", b"no-store")]
    if is_secure:
        found.append(STRICT_TRANSPORT)
    return [pair for pair in found if pair[0] not in names]
