"""What a server says, as lines of JSON for programs that gather them."""

from __future__ import annotations

import logging
from typing import TextIO

import msgspec

from chaintwin.clock import Clock, text_of


class JsonLines(logging.Formatter):
    """Writes each record as one line of JSON: ``time``, ``level``, ``logger``, ``message``, the fields it has, and its traceback.

    Parameters
    ----------
    clock : tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, object] = {
            "time": text_of(self._clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def say_as_json(stream: TextIO, *, clock: Clock) -> None:
    """Let everything that is said from now on be lines of JSON, requests among it.

    Parameters
    ----------
    stream : they are written to.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(clock))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("chaintwin").setLevel(logging.INFO)
