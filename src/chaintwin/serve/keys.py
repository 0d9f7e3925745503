"""Where the token of a server is kept: its hash in the store."""

from __future__ import annotations

from chaintwin.store.interface import Store

SHELF, NAME = "server", "token"

TOKEN_SIGNS_MIN = 20
"""Signs of a token that lets in; a shorter one could be guessed."""


def kept_hashes(store: Store) -> tuple[str, ...]:
    """Return the hashes of the tokens that are let in; none before the first was made."""
    content = store.get(SHELF, NAME)
    return () if content is None else (content.decode("ascii"),)


def keep_hash(store: Store, token_hash: str) -> None:
    """Let in the token of this hash from now on, and no other."""
    store.put(SHELF, NAME, content=token_hash.encode("ascii"))
