"""The two sizes of the tests: same tests, larger counts."""

from __future__ import annotations

import os


def scaled(*, ci: int, full: int) -> int:
    """Return the count for the size asked for by CHAINTWIN_TEST_SIZE (``ci`` by default, or ``full``)."""
    size = os.environ.get("CHAINTWIN_TEST_SIZE", "ci")
    if size not in ("ci", "full"):
        raise ValueError(f"CHAINTWIN_TEST_SIZE: found {size}; allowed: ci, full")
    return full if size == "full" else ci
