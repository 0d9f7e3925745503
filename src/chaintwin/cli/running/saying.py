"""What is said of replications that are saved: that a run goes on from them, and how many there are when it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.simulation import Checkpoint


@contextmanager
def said_checkpoint(
    terminal: Terminal, place: Path | None, *, anew: bool, saved: Callable[[Path], int], whose: str = ""
) -> Iterator[Checkpoint | None]:
    """Yield the checkpoint of a run; say where it goes on, and what is saved when it is stopped by Ctrl-C or asked to end.

    The checkpoint is left there, for the caller to remove when all is done.

    Parameters
    ----------
    place : file or folder of the checkpoint; None for none.
    anew : forget what it holds.
    saved : returns how many replications are saved there.
    whose : whose replications are counted, after a blank, where that is not plain.
    """
    if place is None:
        yield None
        return
    from chaintwin.cli.views.numbers import count
    from chaintwin.simulation import Checkpoint

    def say(kept: int) -> None:
        terminal.note(f"Going on from {count(kept, 'replication')}{whose} saved in {place}.")

    try:
        yield Checkpoint(place, anew=anew, keep=True, resumed=say)
    except (KeyboardInterrupt, SystemExit):
        kept = saved(place)
        if kept:
            terminal.note(f"Saved {count(kept, 'replication')}{whose} in {place}; the same command goes on from there.")
        else:
            terminal.note("Nothing is saved yet; the first 64 replications were not finished.")
        raise
