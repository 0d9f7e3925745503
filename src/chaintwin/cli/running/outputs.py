"""A table and a picture that a command writes besides what it shows: checked first, written when all is known, named last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files that were asked for; None for none.

    Parameters
    ----------
    out : file of a table, ending in .csv, .parquet or .xlsx.
    plot : file of a picture, ending in .svg or .png.
    """

    out: Path | None
    plot: Path | None = None

    def check(self) -> None:
        """Refuse files that cannot be written, before time is spent.

        Raises
        ------
        UsageError
            Another ending, a folder, or no folder to write to.
        """
        if self.out is not None:
            from chaintwin.risk.writing import check_table_file

            check_table_file(self.out)
        if self.plot is not None:
            from chaintwin.simulation.pictures.drawing import check_picture

            check_picture(self.plot)

    def write(self, frame: pl.DataFrame, *, name: str, about: Mapping[str, tuple[str | float, str]]) -> None:
        """Write the table, if one was asked for; arguments as for ``chaintwin.risk.writing.write_table``."""
        if self.out is not None:
            from chaintwin.risk.writing import write_table

            write_table(self.out, frame, name=name, about=about)

    def draw(self, picture: Callable[[Path], None]) -> None:
        """Draw the picture, if one was asked for; ``picture`` draws to a file."""
        if self.plot is not None:
            picture(self.plot)

    def say(self, terminal: Terminal, what: str = "All rows") -> None:
        """Say where the files are; ``what`` the table holds."""
        for name, file in ((what, self.out), ("Picture", self.plot)):
            if file is not None:
                terminal.note(f"{name} written to {file}.")
