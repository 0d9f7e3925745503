"""A world told into files: a folder that somebody watches, or lines of one file or of standard output."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from chaintwin.ingest.connectors.interface import Item
from chaintwin.ingest.history.playing import Mark, Sent, Target
from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.world.targets.kept import KeptMark


class FolderTarget(Target):
    """Drops files of events, an event a line, each complete or not at all; its name tells which delivery it begins with.

    Parameters
    ----------
    folder : is made where there is none. kept : how far it came.
    """

    def __init__(self, folder: Path, kept: KeptMark) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.kept = folder, kept

    def send(self, items: Sequence[Item]) -> Sent:
        def fill(file: Path) -> None:
            file.write_bytes(b"".join(item.content + b"\n" for item in items))

        write_file(self.folder / f"world-{self.kept.played().count:09d}.jsonl", fill)
        return Sent(accepted=len(items))

    def played(self) -> Mark:
        return self.kept.played()

    def keep(self, mark: Mark) -> None:
        self.kept.keep(mark)


class LinesTarget(Target):
    """Writes an event a line to an open file.

    Parameters
    ----------
    stream : that is written to. kept : how far it came. is_durable : whether the file can be asked to be on the disk.
    """

    def __init__(self, stream: BinaryIO, kept: KeptMark, *, is_durable: bool) -> None:
        self.stream, self.kept, self.is_durable = stream, kept, is_durable

    def send(self, items: Sequence[Item]) -> Sent:
        self.stream.write(b"".join(item.content + b"\n" for item in items))
        self.stream.flush()
        if self.is_durable:
            os.fsync(self.stream.fileno())
        return Sent(accepted=len(items))

    def played(self) -> Mark:
        return self.kept.played()

    def keep(self, mark: Mark) -> None:
        self.kept.keep(mark)
