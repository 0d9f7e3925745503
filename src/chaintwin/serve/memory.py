"""How a process that serves for months uses memory: garbage is looked for seldom, and what is freed goes back to the system."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

ALLOCATED = 50_000
"""Objects that are made, less those that are freed, before the young ones are looked at; Python's own 700 is a few events."""

ARENAS = 2
"""Parts of memory that threads allocate in. With one for each thread, as usual, what one frees is of no use to the others."""

LARGE_BYTES = 256 * 1024
"""What is larger is taken from the system and given back by itself, so that it leaves no holes."""

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""Numbers of the settings in malloc.h of the GNU C library."""


def collect_seldom() -> None:
    """Leave what is loaded by now out of every collection, and collect what comes after it less often.

    The state, events and answers are no cycles and are freed at once, so a collection finds little and looks at all of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATED, 20, 50)


def allocate_compactly() -> None:
    """Let all threads allocate in few places and give large blocks back; to be called before there are many threads.

    Without it a server whose threads take turns at large states ends up with twice the memory that it uses. C libraries
    that know no such settings are left as they are.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, ARENAS)
        library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Give what lies free between what is used back to the system; takes some milliseconds, in which other threads go on.

    The C library does so by itself only at the end of its heap, so answers of many sizes would leave ever more holes. C libraries
    that know no such call are left as they are.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
