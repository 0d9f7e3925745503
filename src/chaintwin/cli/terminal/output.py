"""Where answers and notes go: people read standard output, machines read one JSON document there."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from errno import EPIPE
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.documents import to_json

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDTH_MAX = 100
"""Columns beyond which lines are hard to read, even where the window is wider."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters that charts are drawn with.

    Parameters
    ----------
    levels : from nearly empty to full, for the height of a column.
    parts : from nearly empty to full, for the length of a bar.
    land : a cell of land on a map.
    band : a value outside the middle half, inside it, and the median.
    """

    levels: str
    parts: str
    land: str
    band: str


DRAWN = Glyphs(levels="▁▂▃▄▅▆▇█", parts="▏▎▍▌▋▊▉█", land="·", band="░▒█")
TYPED = Glyphs(levels=".:|#", parts="#", land=".", band=".:#")


@dataclass(frozen=True, slots=True)
class Terminal:
    """The two channels of one command.

    Parameters
    ----------
    answers : standard output, silent where a document was asked for.
    notes : standard error: progress, remarks, failures.
    is_json : whether one JSON document is the answer.
    glyphs : what charts are drawn with.
    """

    answers: Console
    notes: Console
    is_json: bool
    glyphs: Glyphs

    @property
    def width(self) -> int:
        """Columns of standard output that are used."""
        return self.answers.width

    def show(self, *renderables: RenderableType) -> None:
        """Print to people; nothing where a document was asked for."""
        if not self.is_json:
            for renderable in renderables:
                self.answers.print(renderable, soft_wrap=False)

    def title(self, text: str) -> None:
        """Print the heading of a part of the answer."""
        from rich.text import Text

        self.show(Text(), Text(text, style="bold"))

    def note(self, text: str) -> None:
        """Print a remark beside the answer."""
        from rich.text import Text

        self.notes.print(Text(text, style="dim"))

    def warn(self, text: str) -> None:
        """Print a warning beside the answer: what makes it doubtful."""
        from rich.text import Text

        self.notes.print(Text(printable(f"Warning: {text}"), style="yellow"))

    def document(self, value: object) -> None:
        """Print the one JSON document, if one was asked for."""
        if self.is_json:
            encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
            sys.stdout.write(to_json(value, is_ascii=encoding != "utf8") + "\n")
            sys.stdout.flush()


def printable(text: str) -> str:
    r"""Return text with control characters as escapes, so that data cannot steer the terminal.

    Example
    -------
    >>> printable("a" + chr(27) + "[31m")
    'a\\x1b[31m'
    """
    return "".join(letter if letter.isprintable() or letter == "\n" else f"\\x{ord(letter):02x}" for letter in text)


def open_terminal(*, is_json: bool) -> Terminal:
    """Return the terminal of this process.

    Parameters
    ----------
    is_json : whether standard output carries one document instead of text.
    """
    from rich.console import Console

    class PipedConsole(Console):
        """A console that leaves a closed pipe to the caller; the library's own way is exit code 1."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(EPIPE, "the reader closed the pipe")

    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot write must not stop the answer; in JSON the escape reads back as the character.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    answers = PipedConsole(highlight=False, emoji=False, markup=False)
    notes = PipedConsole(stderr=True, highlight=False, emoji=False, markup=False)
    for console in (answers, notes):
        console.width = max(40, min(console.width, WIDTH_MAX))
    is_plain = answers.options.ascii_only or os.environ.get("TERM") == "dumb"
    return Terminal(answers, notes, is_json, TYPED if is_plain else DRAWN)
