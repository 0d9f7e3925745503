"""Runs an ensemble that saves finished replications now and then, and goes on from those that are saved."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

from chaintwin.errors import CancelledError, UsageError, amount_of
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.block import Plan
from chaintwin.simulation.counting.measures import Measures
from chaintwin.simulation.ensemble import Kept, Until, first_enough, run_ensemble
from chaintwin.simulation.playing import GROUP, Reduced, Span
from chaintwin.simulation.resuming.checkpoint import Checkpoint, alone, identity_of, load, refuse_fewer, refuse_stranger, save
from chaintwin.simulation.tape.assembling import assemble

SAVE_SECONDS = 2.0
"""Seconds between two savings at least."""

SAVE_SHARE = 0.05
"""Share of the time that saving may take at most; a large checkpoint is saved less often."""


def run_from_checkpoint(
    program: Program,
    state: State,
    *,
    span: Span,
    checkpoint: Checkpoint,
    threads: int | None = None,
    width: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
    until: Until | None = None,
    by_account: bool = False,
    keep: Callable[[Kept], None] | None = None,
) -> Reduced:
    """Run an ensemble as ``run_ensemble`` does, with finished groups of 64 replications saved in a file.

    Parameters
    ----------
    program, state, span, threads, width, progress, cancel, until, by_account : as for ``run_ensemble``. Threads and
        width, and the most replications, may be others than those of the run that was stopped.
    checkpoint : where replications are saved; at the end the file is removed unless it is to be kept.
    keep : is told of all full groups so far, too, and first of those that were saved.

    Raises
    ------
    CancelledError
        ``cancel`` was set; the message says what is saved.
    UsageError
        The file is no checkpoint of this run.
    """
    file, identity = checkpoint.file, identity_of(program, state, span=span, by_account=by_account)
    with alone(file):
        refuse_stranger(file)
        earlier = Kept()
        if file.exists() and not checkpoint.anew:
            earlier = load(file, identity=identity, measures=_measures(program, state, span=span))
            refuse_fewer(file, saved=GROUP * earlier.groups, asked=span.replications)
            _refuse_wider(file, earlier, until=until)
        checkpoint.tell(GROUP * earlier.groups)
        saver = _Saver(file, earlier, identity=identity, also=keep)
        if keep is not None and earlier.groups:
            keep(earlier)
        try:
            reduced = run_ensemble(
                program,
                state,
                span=span,
                threads=threads,
                width=width,
                progress=progress,
                cancel=cancel,
                until=until,
                by_account=by_account,
                earlier=earlier,
                keep=saver.keep,
            )
        except CancelledError as error:
            saver.save()
            raise CancelledError(f"the run was cancelled; {_saved(file, saver.kept)}") from error
        except BaseException:
            # Ctrl-C, an order to end, or a failure: what is finished is worth keeping.
            saver.save()
            raise
        if checkpoint.keep:
            saver.save()
        else:
            checkpoint.remove()
    return reduced


class _Saver:
    """Saves groups when enough time has passed."""

    def __init__(self, file: Path, kept: Kept, *, identity: Mapping[str, str | int], also: Callable[[Kept], None] | None) -> None:
        self.kept, self.saved = kept, kept.groups
        self._file, self._identity, self._also = file, identity, also
        # The first group is saved at once, so that a run which is stopped early loses little.
        self._next = monotonic()

    def keep(self, kept: Kept) -> None:
        self.kept = kept
        if monotonic() >= self._next:
            self.save()
        if self._also is not None:
            self._also(kept)

    def save(self) -> None:
        if self.kept.groups == self.saved:
            return
        begun = monotonic()
        save(self._file, self.kept, identity=self._identity)
        self.saved = self.kept.groups
        took = monotonic() - begun
        self._next = monotonic() + max(SAVE_SECONDS, took / SAVE_SHARE)


def _saved(file: Path, kept: Kept) -> str:
    if not kept.groups:
        return "nothing is saved yet"
    amount = amount_of(GROUP * kept.groups, "replication")
    return f"{amount} are saved in {file}, and the same run with this checkpoint goes on from there"


def _measures(program: Program, state: State, *, span: Span) -> Measures:
    tape = assemble(program, state, periods=span.warm_up + span.periods)
    return Plan.of(program, tape, begin=span.first, warm_up=span.warm_up, periods=span.periods).measures


def _refuse_wider(file: Path, kept: Kept, *, until: Until | None) -> None:
    """Refuse a precision that fewer replications reach than are saved: they are joined and cannot be taken apart."""
    enough = first_enough(kept.figures, until)
    if until is not None and enough is not None and enough < kept.groups:
        saved = f"{GROUP * kept.groups:,} saved replications, of which {GROUP * enough:,} reach {until.precision}"
        raise UsageError(
            f"{file}: found {saved}; allowed: a precision that needs more; fix: ask for a narrower one or none, name another "
            "file, or start anew (anew=True, --anew)"
        )
