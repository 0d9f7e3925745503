"""How often a process that serves looks for garbage in cycles."""

from __future__ import annotations

import gc

ALLOCATED = 50_000
"""Objects that are made, less those that are freed, before the young ones are looked at; Python's own 700 is a few events."""


def collect_seldom() -> None:
    """Leave what is loaded by now out of every collection, and collect what comes after it less often.

    The state, events and answers are no cycles and are freed at once, so a collection finds little and looks at all of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATED, 20, 50)
