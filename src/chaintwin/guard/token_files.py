"""Files that hold a bearer token or another secret: read only where nobody but their owner can."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chaintwin.errors import UsageError

TOKEN_BYTES_MAX = 16 * 1024
"""No token is longer than this; a header could not carry it."""


def token_in(path: Path, *, option: str = "--token-file", least: int = 1) -> str:
    """Return the token of a file.

    Parameters
    ----------
    path : of the file. option : by which it was named, for messages.
    least : signs that the token has at least; those of our own server have 20, what others give out is theirs to choose.

    Raises
    ------
    UsageError
        The file cannot be read, others can read it too, or it holds anything but one token.
    """
    content = _content(path, option)
    token = content.decode("ascii", "replace").strip()
    if not token or len(content) > TOKEN_BYTES_MAX or not all("!" <= sign <= "~" for sign in token):
        raise UsageError(f"{option}: found no single token in {path}; allowed: a file that holds one and nothing else")
    if len(token) < least:
        raise UsageError(f"{option}: found a token of {len(token)} signs in {path}; allowed: at least {least}")
    return token


def secret_in(path: Path, *, option: str) -> str:
    """Return the text of a file that holds secrets of several lines.

    Parameters
    ----------
    path : of the file. option : by which it was named, for messages.

    Raises
    ------
    UsageError
        The file cannot be read, others can read it too, or it is no text.
    """
    content = _content(path, option)
    if len(content) > TOKEN_BYTES_MAX or not content.isascii():
        raise UsageError(f"{option}: found no text in {path}; allowed: a file of at most {TOKEN_BYTES_MAX // 1024} KiB in ASCII")
    return content.decode("ascii")


def write_token(path: Path, token: str) -> None:
    """Write a token to a file that its owner alone may read."""
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(token + "\n")


def _content(path: Path, option: str) -> bytes:
    """Return the begin of a file that its owner alone may read, a byte more than a secret may have."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(TOKEN_BYTES_MAX + 1)
    except OSError as fault:
        raise UsageError(f"{option}: found {path}: {fault.strerror}; allowed: a file that holds a token") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise UsageError(
            f"{option}: found {path}, which others may read; allowed: a file of its owner alone; fix: chmod 600 {path}"
        )
    return content
