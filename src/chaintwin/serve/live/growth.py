"""Waiting, in the loop that answers, for something that grows in another thread."""

from __future__ import annotations

import asyncio


class Growth:
    """A number that grows, and who waits for it.

    Parameters
    ----------
    number : where it stands.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._grown = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @property
    def number(self) -> int:
        """Where it stands."""
        return self._number

    async def beyond(self, number: int, *, within: float) -> int:
        """Return where it stands as soon as that is above ``number``, or after ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                while self._number <= number:
                    await self._grown.wait()
        except TimeoutError:
            pass
        return self._number

    def tell(self, number: int) -> None:
        """Say that it grew; may be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._grow, number)

    def _grow(self, number: int) -> None:
        self._number = max(self._number, number)
        self._grown.set()
        self._grown = asyncio.Event()
