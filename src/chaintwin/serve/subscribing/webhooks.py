"""Sending an answer to its receiver: signed, to a pinned address, following nobody elsewhere."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Set
from typing import Any

import httpx
import msgspec

from chaintwin.errors import ChaintwinError
from chaintwin.serve.epcis.headers import answer_headers
from chaintwin.serve.subscribing.addresses import pinned

SECONDS = 10.0
"""Time that a receiver has to answer, however slowly it does."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
"""Seconds to wait after the first failure; each further one doubles them up to the longest."""


class DeliveryError(ChaintwinError):
    """Raised when an answer did not arrive; says why."""

    code = "delivery"


def signature(content: bytes, token: str) -> str:
    """Return the value of ``GS1-Signature``: the HMAC with SHA-256 over the bytes of the body.

    Example
    -------
    >>> signature(b"{}", "secret")[:20]
    'sha256=77325902caca8'
    """
    return "sha256=" + hmac.digest(token.encode(), content, "sha256").hex()


def wait_after(failures: int) -> float:
    """Return seconds to wait after so many failures in a row."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 20)))


async def send(client: httpx.AsyncClient, dest: str, *, document: dict[str, Any], token: str, allowed: Set[str]) -> None:
    """Send a document and return when the receiver has taken it.

    Parameters
    ----------
    token : what it is signed with; empty for no signature. allowed : hosts that may be sent to.

    Raises
    ------
    DeliveryError
        The receiver was not reached, or answered with anything but success.
    """
    target = await pinned(dest, allowed)
    content = msgspec.json.encode(document)
    headers = answer_headers() | {"Content-Type": "application/json", "Host": target.host}
    if token:
        headers["GS1-Signature"] = signature(content, token)
    try:
        # The body of the answer says nothing, and a receiver could send one without end, so it is not read.
        async with (
            asyncio.timeout(SECONDS),
            client.stream(
                "POST", target.url, content=content, headers=headers, extensions={"sni_hostname": target.name}, timeout=SECONDS
            ) as response,
        ):
            status = response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise DeliveryError(f"the receiver was not reached: {type(error).__name__}") from None
    if not 200 <= status < 300:
        raise DeliveryError(f"the receiver answered with {status}")


def client() -> httpx.AsyncClient:
    """Return a client that follows no redirect and takes nothing from the environment."""
    return httpx.AsyncClient(follow_redirects=False, trust_env=False, limits=httpx.Limits(max_connections=50))
