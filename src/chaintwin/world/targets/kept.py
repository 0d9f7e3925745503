"""How far a world has been told, in a small file, so that one that was stopped goes on."""

from __future__ import annotations

from pathlib import Path

from chaintwin.ingest.history.playing import Mark
from chaintwin.network.tables.files.exchanging import write_file


class KeptMark:
    """A mark in a file, written so that it is whole whatever happens.

    Parameters
    ----------
    path : of the file; None for one that is forgotten at the end.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._mark = Mark()
        if path is not None and path.is_file():
            self._mark = Mark.of_text(path.read_text(encoding="ascii", errors="replace"))

    def played(self) -> Mark:
        """Return how far it came."""
        return self._mark

    def keep(self, mark: Mark) -> None:
        """Keep how far it came."""
        self._mark = mark
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)

        def fill(file: Path) -> None:
            file.write_text(mark.text(), encoding="ascii")

        write_file(self.path, fill)
