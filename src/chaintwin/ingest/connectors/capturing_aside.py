"""A second process that captures a part of what comes in large batches, so that two processors do what one would."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from select import select
from typing import IO

import msgspec

from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Item, Problem
from chaintwin.ingest.connectors.running import Capture, Captured
from chaintwin.store.records import Record

LEAST = 200
"""Items of a batch that is worth sharing."""

MINE = 0.4
"""Share of a batch that is captured here: less than half, for here are also the threads that receive and that write."""

LENGTH_BYTES = 8

PATIENCE = 30.0
"""Seconds that the process has for its part of a batch, which takes it less than one; then it is ended, and all is done here."""

READY = b"\1"
"""What the process says once it has loaded what it needs."""


class Asked(msgspec.Struct, array_like=True):
    """What the process is to capture.

    Parameters
    ----------
    source : that the records name. items : as they came.
    """

    source: str
    items: list[Item]


class Answered(msgspec.Struct, array_like=True):
    """What became of it.

    Parameters
    ----------
    places : of the items that the records are of. records, problems : in the order of the items.
    """

    places: list[int]
    records: list[Record]
    problems: list[Problem]


class _Aside:
    """The process, started with the first large batch and used from the moment on in which it is ready.

    Parameters
    ----------
    patience : seconds that it has for its part of a batch.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self.patience, self._until = patience, 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready, self.is_of_use = False, (os.cpu_count() or 1) > 1 and os.name == "posix"

    def capture(self, items: Sequence[Item], source: str) -> Captured:
        """Return records and problems as ``captured`` does."""
        if len(items) < LEAST or not self._is_there():
            return captured(items, source)
        part = int(MINE * len(items))
        mine, others = items[:part], items[part:]
        self._until = time.monotonic() + self.patience
        try:
            self._ask(Asked(source, list(others)))
        except OSError:
            self._give_up()
            return captured(items, source)
        first = captured(mine, source)
        self._until = time.monotonic() + self.patience
        try:
            answer = self._answer()
        except (OSError, EOFError, msgspec.DecodeError):
            self._give_up()
            second = captured(others, source)
        else:
            pairs = [(others[place], record) for place, record in zip(answer.places, answer.records, strict=True)]
            second = Captured(tuple(pairs), tuple(answer.problems))
        return Captured((*first.records, *second.records), (*first.problems, *second.problems))

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self._give_up()

    def _is_there(self) -> bool:
        if not self.is_of_use:
            return False
        if self.process is None:
            # -P: no code of the folder that one happens to stand in.
            command = [sys.executable, "-P", "-m", "chaintwin.ingest.connectors.capturing_aside"]
            try:
                # A session of its own: Ctrl-C is for the one who asks, and the end of its input ends it.
                self.process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
                )
                for pipe in (self.process.stdin, self.process.stdout):
                    assert pipe is not None
                    os.set_blocking(pipe.fileno(), False)
            except OSError:
                self.is_of_use = False
            return False
        if not self.is_ready and self.process.stdout is not None and select([self.process.stdout], [], [], 0)[0]:
            self.is_ready = os.read(self.process.stdout.fileno(), 1) == READY
            self.is_of_use = self.is_ready
        return self.is_ready

    def _ask(self, asked: Asked) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        pipe, content = self.process.stdin.fileno(), _ENCODER.encode(asked)
        for part in (len(content).to_bytes(LENGTH_BYTES, "big"), content):
            left = memoryview(part)
            while left:
                self._wait([], [pipe])
                left = left[os.write(pipe, left[:_CHUNK]) :]

    def _answer(self) -> Answered:
        assert self.process is not None
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        length = int.from_bytes(self._read(pipe, LENGTH_BYTES), "big")
        return _ANSWER.decode(self._read(pipe, length))

    def _read(self, pipe: int, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            self._wait([pipe], [])
            part = os.read(pipe, min(length - len(content), _CHUNK))
            if not part:
                raise EOFError
            content += part
        return bytes(content)

    def _wait(self, readable: list[int], writable: list[int]) -> None:
        """Wait until a pipe can be used, and no longer than the process has."""
        if not any(select(readable, writable, [], max(0.0, self._until - time.monotonic()))):
            raise TimeoutError

    def _give_up(self) -> None:
        process, self.process, self.is_of_use, self.is_ready = self.process, None, False, False
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            process.kill()
            process.wait()


@contextmanager
def shared_capture() -> Iterator[Capture]:
    """Capture large batches with the help of a second process, and end it at the end of the block; results are the same.

    Where there is one processor, or where the process fails, all is done here.
    """
    aside = _Aside()
    try:
        yield aside.capture
    finally:
        aside.close()


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Capture what is asked for until nothing more is.

    Parameters
    ----------
    asked, answers : pipes.
    """
    answers.write(READY)
    answers.flush()
    while (content := _read(asked)) is not None:
        question = _ASKED.decode(content)
        places = {id(item): place for place, item in enumerate(question.items)}
        found = captured(question.items, question.source)
        answer = Answered(
            [places[id(item)] for item, _ in found.records], [record for _, record in found.records], list(found.problems)
        )
        _write(answers, _ENCODER.encode(answer))


def _write(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(len(content).to_bytes(LENGTH_BYTES, "big"))
    pipe.write(content)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    content = pipe.read(length)
    return content if len(content) == length else None


_CHUNK = 65_536
"""Bytes that are moved through a pipe at once."""

_ENCODER = msgspec.msgpack.Encoder()
_ASKED = msgspec.msgpack.Decoder(Asked)
_ANSWER = msgspec.msgpack.Decoder(Answered)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
