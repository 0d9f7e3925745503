"""What instruments of the tests say over MQTT, NATS and in projects: temperatures, each with a time of its own."""

from __future__ import annotations

import json


def warm(count: int, *, first: int = 0, size: int = 0) -> list[tuple[str, bytes]]:
    """Return so many readings of three machines, with their addresses.

    Parameters
    ----------
    count, first : of the numbers that are their values. size : letters that each carries besides.
    """
    more = {"more": "x" * size} if size else {}
    return [
        (f"plant/m{number % 3}/temperature", json.dumps({"v": number, "t": 1_767_225_600_000 + number, **more}).encode())
        for number in range(first, first + count)
    ]
