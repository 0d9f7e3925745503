"""Windows of readers that are behind: each goes on where it was, and need not be led there again for every batch."""

from __future__ import annotations

from chaintwin.clock import SECOND
from chaintwin.twin.kept.window import Window

READERS_MOST = 2
"""Windows that are kept, of those who read last; each holds a whole state."""

IDLE = 10 * SECOND
"""After so long without its reader a window is let go; microseconds."""


class Behind:
    """Keeps windows by the number of the log that they stand at."""

    def __init__(self) -> None:
        self._windows: dict[int, tuple[Window, int]] = {}

    def take(self, sequence: int) -> Window | None:
        """Return the window that stands at a number, and keep it no more; None where none does."""
        found = self._windows.pop(sequence, None)
        return None if found is None else found[0]

    def keep(self, sequence: int, window: Window, *, now: int) -> None:
        """Keep a window until its reader comes back.

        Parameters
        ----------
        sequence : number of the log that it stands at. now : microseconds.
        """
        self._windows.pop(sequence, None)
        self._windows[sequence] = window, now
        while len(self._windows) > READERS_MOST:
            del self._windows[next(iter(self._windows))]

    def drop_idle(self, now: int) -> None:
        """Let go of the windows whose reader has not come back."""
        for sequence in [sequence for sequence, (_, at) in self._windows.items() if now - at > IDLE]:
            del self._windows[sequence]
