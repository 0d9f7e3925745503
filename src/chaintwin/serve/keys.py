"""Where the token of a server is kept: its hash in the store, or the token itself in a file that its owner alone reads."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.store.interface import Store

SHELF, NAME = "server", "token"


def kept_hashes(store: Store) -> tuple[str, ...]:
    """Return the hashes of the tokens that are let in; none before the first was made."""
    content = store.get(SHELF, NAME)
    return () if content is None else (content.decode("ascii"),)


def keep_hash(store: Store, token_hash: str) -> None:
    """Let in the token of this hash from now on, and no other."""
    store.put(SHELF, NAME, content=token_hash.encode("ascii"))


def token_in(path: Path) -> str:
    """Return the token of a file.

    Raises
    ------
    UsageError
        Others can read the file, or it holds no token.
    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UsageError(f"--token-file: others may read {path}; allowed: a file of its owner alone; fix: chmod 600 {path}")
    token = path.read_text(encoding="utf-8").strip()
    if len(token) < 20 or any(sign.isspace() for sign in token):
        raise UsageError(f"--token-file: {path} holds no token of at least 20 signs in one line")
    return token


def write_token(path: Path, token: str) -> None:
    """Write a token to a file that its owner alone may read."""
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(token + "\n")
