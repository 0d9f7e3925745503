"""Keeps the twin up to date with its log, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

from chaintwin.serve.memory import give_back
from chaintwin.store.interface import Store
from chaintwin.twin import Twin

_LOG = logging.getLogger("chaintwin.serve")

LOOK_SECONDS = 1.0
"""How long to wait at most before looking at the log again, so that a lost call does no harm."""

PAUSE_SECONDS = 0.25
"""How long at most it waits after it applied something, to leave the processor to who takes in, and to apply more at one time."""


GIVE_BACK_SECONDS = 5.0
"""How often free memory goes back to the system, at most."""


class Applying:
    """Applies what the log has to the twin.

    Parameters
    ----------
    twin : what is kept up to date. tell : is called with the number of the last entry that was applied.
    """

    def __init__(self, twin: Twin, *, store: Store, tell: Callable[[int], None]) -> None:
        self._twin = twin
        self._tell = tell
        self._grown = threading.Event()
        self._ending = threading.Event()
        self.failure = ""
        self._end = store.watch(lambda sequence: self._grown.set())
        self._thread = threading.Thread(target=self._run, name="applying", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after what is being applied."""
        self._end()
        self._ending.set()
        self._grown.set()
        self._thread.join()

    def _run(self) -> None:
        given_back = monotonic()
        while not self._ending.is_set():
            self._grown.wait(LOOK_SECONDS)
            self._grown.clear()
            try:
                began = monotonic()
                if self._twin.catch_up():
                    self._tell(self._twin.head)
                    # Rows that come late to each other are cheaper to apply together.
                    self._ending.wait(min(monotonic() - began, PAUSE_SECONDS))
                self.failure = ""
                if monotonic() - given_back > GIVE_BACK_SECONDS:
                    give_back()
                    given_back = monotonic()
            except Exception as error:
                # The log stays readable and writable without its projection; health tells that it stands still.
                self.failure = type(error).__name__
                _LOG.exception("the state of the twin cannot be brought up to date")
                self._ending.wait(LOOK_SECONDS)
