"""Bearer tokens: shown once, kept as a hash, compared in constant time."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest

PREFIX = "ct_"
"""What every token begins with, so that one that leaked can be found by a search."""


def new_token() -> str:
    """Return a fresh token of 256 random bits, safe in headers and URLs.

    Example
    -------
    >>> new_token().startswith("ct_")
    True
    """
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hexadecimal. A token is random, so no salt is needed."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_token(token: str, hashes: Iterable[str]) -> bool:
    """Tell whether a token is one of those whose hashes are kept; how long it takes tells nothing of which.

    Parameters
    ----------
    token : what a caller presented. hashes : of ``token_hash``.
    """
    presented = token_hash(token)
    found = False
    for known in hashes:
        found |= compare_digest(presented, known)
    return found
