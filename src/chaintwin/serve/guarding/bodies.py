"""Bodies of requests: each bounded in bytes and time, and all together bounded in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Receive, Scope

from chaintwin.serve.problems import ProblemError


class Bodies:
    """Keeps count of the memory that bodies take.

    Parameters
    ----------
    most : bytes that all bodies together may take.
    """

    __slots__ = ("_free",)

    def __init__(self, most: int) -> None:
        self._free = most

    @contextmanager
    def reserved(self, scope: Scope, *, most: int, memory: int | None = None) -> Iterator[int]:
        """Hold as many bytes as the body of a request may take, and yield that number.

        Parameters
        ----------
        most : bytes that it may have. memory : bytes that are held of one that goes to a disk; None where all of it is held.

        Raises
        ------
        ProblemError
            400 or 413 for a length that is none or above ``most``; 429 where the memory is taken.
        """
        size = _announced(scope, most=most)
        held = size if memory is None else min(size, memory)
        if held > self._free:
            detail = "The bodies of other requests take all the memory there is for them"
            raise ProblemError(429, "busy", detail=detail, headers={"Retry-After": "1"})
        self._free -= held
        try:
            yield size
        finally:
            self._free += held


def bounded(receive: Receive, *, most: int, within: float, is_capture: bool) -> Receive:
    """Return what receives a body, and fails where it is longer than announced or takes too long to arrive.

    Parameters
    ----------
    most : bytes. within : seconds for the whole body, from the first time it is waited for.
    """
    taken = 0
    deadline: float | None = None
    ended = False

    async def receive_bounded() -> Message:
        nonlocal taken, deadline, ended
        if ended:
            return await receive()
        deadline = deadline if deadline is not None else asyncio.get_running_loop().time() + within
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise ProblemError(408, "slow-body", detail=f"The body did not arrive within {within:g} seconds") from None
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if taken > most:
                raise too_large(most, is_capture=is_capture)
        return message

    return receive_bounded


def too_large(most: int, *, is_capture: bool) -> ProblemError:
    """Return the error for a body of too many bytes."""
    kind = "CaptureLimitExceededException" if is_capture else "body-size"
    headers = {"GS1-EPCIS-Capture-File-Size-Limit": str(most)} if is_capture else {}
    return ProblemError(413, kind, detail=f"The body is longer than {most:,} bytes; send it in parts", headers=headers)


def _announced(scope: Scope, *, most: int) -> int:
    chunked = False
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not value.isdigit():
                raise ProblemError(400, "ValidationException", detail="Content-Length: found no whole number")
            if int(value) > most:
                raise too_large(most, is_capture=scope["path"].startswith("/epcis/"))
            return int(value)
        chunked |= name == b"transfer-encoding"
    return most if chunked else 0
