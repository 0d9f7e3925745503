"""The file a run keeps finished replications in: whole or not there, checked before it is believed, of one run alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chaintwin.errors import UsageError, amount_of
from chaintwin.jit import cache_folder
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.counting.measures import Measures
from chaintwin.simulation.ensemble import Kept
from chaintwin.simulation.playing import GROUP, Span
from chaintwin.simulation.resuming.packing import pack, unpack

MAGIC = b"chaintwin checkpoint 1\n"
"""First line of the file; the second is a hash of all that follows, the third a line of JSON, then come the arrays."""

_HASH_BYTES = 32
_HOW = "repeat the command that made it, name another file, or start anew (anew=True, --anew)"

_WORDS = (
    ("version", "version of chaintwin"),
    ("engine", "compiled engine"),
    ("program", "network"),
    ("state", "state it starts from"),
    ("first", "first period"),
    ("periods", "periods"),
    ("warm_up", "warm-up"),
    ("seed", "seed"),
    ("by_account", "figures by account, which comparisons keep"),
)
"""What makes a run the same, and how it is called where it differs."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file that finished replications are saved in, so that a run that was stopped in any way goes on from there.

    The result is bit for bit that of a run that was never stopped.

    Parameters
    ----------
    path : the file; it is made if it is not there.
    anew : forget what it holds, and start from the first replication.
    keep : leave it there when the run has finished, so that a later run with more replications goes on from it.
    resumed : is told how many replications the run goes on from, once they are known to be of this run; not called where there
        are none.
    """

    path: Path | str
    anew: bool = False
    keep: bool = False
    resumed: Callable[[int], None] | None = None

    @property
    def file(self) -> Path:
        """The file."""
        return Path(self.path)

    def remove(self) -> None:
        """Remove the file, if it is there."""
        self.file.unlink(missing_ok=True)

    def tell(self, replications: int) -> None:
        """Tell whoever asked for it how many replications the run goes on from."""
        if self.resumed is not None and replications:
            self.resumed(replications)


def identity_of(program: Program, state: State, *, span: Span, by_account: bool = False) -> dict[str, str | int]:
    """Return what makes a run the same: everything its numbers depend on but their number.

    Parameters
    ----------
    program, state, span : what is run, from where, and how much of it.
    by_account : the figures of accounts are kept by replication.
    """
    from chaintwin import __version__

    total = hashlib.blake2b(digest_size=16)
    for part in (state.lots, state.shipments, state.orders):
        for name in part.__dataclass_fields__:
            values = getattr(part, name)
            # Of what is not there an array would hold where it lies in memory, which is another place in every process.
            total.update(b"" if values is None else np.ascontiguousarray(values).tobytes())
            total.update(b"|")
    forecast = program.buffers.forecast if state.forecast is None else state.forecast
    for values in (state.backlog, state.resource_share, np.float64(state.cash), forecast):
        total.update(np.ascontiguousarray(values).tobytes())
    return {
        "version": __version__,
        "engine": cache_folder().name,
        "program": program.digest(),
        "state": total.hexdigest(),
        "first": span.first,
        "periods": span.periods,
        "warm_up": span.warm_up,
        "seed": span.seed,
        "by_account": int(by_account),
    }


def save(file: Path, kept: Kept, *, identity: Mapping[str, str | int]) -> None:
    """Write the file so that it is the old or the new one whatever happens; when this returns it outlasts a power cut.

    Parameters
    ----------
    file : where to; only one program at a time may write there, see ``alone``.
    kept : all full groups so far.
    identity : of the run.
    """
    described, content = pack(kept)
    head = json.dumps({"identity": identity, "replications": GROUP * kept.groups, "parts": described}).encode() + b"\n"
    total = hashlib.blake2b(head, digest_size=_HASH_BYTES // 2)
    for part in content:
        total.update(part)
    staging = _staging(file)
    with staging.open("wb") as target:
        for part in (MAGIC, total.hexdigest().encode() + b"\n", head, *content):
            target.write(part)
        target.flush()
        os.fsync(target.fileno())
    staging.replace(file)
    _flush_folder(file)


def load(file: Path, *, identity: Mapping[str, str | int], measures: Measures) -> Kept:
    """Return the groups in a file.

    Parameters
    ----------
    file : which exists.
    identity : of the run that is to go on.
    measures : what the run measures.

    Raises
    ------
    UsageError
        It is no checkpoint, a damaged one, or one of another run; the message says which, and what to do.
    """
    head, content = _opened(file)
    _refuse_other(file, head["identity"], identity=identity)
    try:
        return unpack(head["parts"], content, measures=measures)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise _damaged(file) from error


def saved_replications(file: Path | str) -> int:
    """Return how many replications a checkpoint holds; 0 where there is no file.

    Raises
    ------
    UsageError
        The file is no checkpoint, or a damaged one.
    """
    path = Path(file)
    return int(_opened(path)[0]["replications"]) if path.exists() else 0


def saved_of_run(file: Path, *, identity: Mapping[str, str | int]) -> int:
    """Return how many replications of a run a checkpoint holds; 0 where there is no file.

    Parameters
    ----------
    file : which may be there.
    identity : of the run.

    Raises
    ------
    UsageError
        As for ``load``.
    """
    if not file.exists():
        return 0
    head, _ = _opened(file)
    _refuse_other(file, head["identity"], identity=identity)
    return int(head["replications"])


def refuse_fewer(file: Path, *, saved: int, asked: int) -> None:
    """Refuse a run of fewer replications than are saved: they are joined and cannot be taken apart.

    Parameters
    ----------
    saved, asked : replications in the file, and of the run.

    Raises
    ------
    UsageError
        The run has fewer.
    """
    if saved > asked:
        raise UsageError(
            f"{file}: found {saved:,} saved replications; allowed: a run of at least as many, not {asked:,}; "
            f"fix: ask for {saved:,} or more, name another file, or start anew (anew=True, --anew)"
        )


def refuse_stranger(file: Path) -> None:
    """Refuse to write over a file that is something else than a checkpoint.

    Raises
    ------
    UsageError
        A folder, or a file that begins otherwise.
    """
    if file.is_dir():
        raise UsageError(f"{file}: found a folder; allowed: a new file or a checkpoint")
    if not file.exists():
        return
    with file.open("rb") as source:
        start = source.read(len(MAGIC))
    if start and not MAGIC.startswith(start):
        raise UsageError(
            f"{file}: found a file that is no checkpoint; allowed: a new file or a checkpoint; fix: name another file, or move it"
        )


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Keep other programs from using the same checkpoint; the system frees the lock of a program that was killed.

    Raises
    ------
    UsageError
        Another program uses it, or nothing can be written there.
    """
    lock = file.with_name(f".{file.name}.lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise UsageError(
            f"{file}: found that nothing can be written beside it ({error.strerror}); allowed: a folder you may write to"
        ) from error
    try:
        if not (_is_locked(handle) and _is_current(handle, lock)):
            raise UsageError(
                f"{file}: found another run that uses this checkpoint; allowed: one at a time; fix: wait until it has ended, or "
                "name another file"
            )
        try:
            yield
        finally:
            for left in (_staging(file), lock):
                with suppress(OSError):
                    left.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _opened(file: Path) -> tuple[dict[str, Any], memoryview]:
    refuse_stranger(file)
    content = memoryview(file.read_bytes())
    start = len(MAGIC) + _HASH_BYTES + 1
    written, body = bytes(content[len(MAGIC) : start]), content[start:]
    if written != hashlib.blake2b(body, digest_size=_HASH_BYTES // 2).hexdigest().encode() + b"\n":
        raise _damaged(file)
    try:
        line = bytes(body).index(b"\n") + 1
        head = json.loads(bytes(body[:line]))
        if not isinstance(head["identity"], dict) or not isinstance(head["replications"], int):
            raise _damaged(file)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(file) from error
    return head, body[line:]


def _refuse_other(file: Path, found: Mapping[str, Any], *, identity: Mapping[str, str | int]) -> None:
    other = [f"{word} ({found.get(key)}, now {identity[key]})" for key, word in _WORDS if found.get(key) != identity[key]]
    if other:
        raise UsageError(
            f"{file}: found the checkpoint of another run, which differs in {', '.join(other)}; allowed: one of the same run; "
            f"fix: {_HOW}"
        )


def _damaged(file: Path) -> UsageError:
    size = amount_of(file.stat().st_size, "byte")
    return UsageError(
        f"{file}: found a damaged checkpoint ({size} whose hash is another); allowed: a whole one; fix: start anew (anew=True, "
        "--anew), or name another file"
    )


def _staging(file: Path) -> Path:
    # One name, so that a run that was killed leaves one file, which the next one writes over and removes.
    return file.with_name(f".{file.name}.new")


def _is_locked(handle: int) -> bool:
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:
        return True
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A disk that knows no locks: two runs at a time are then the user's to avoid.
        return True
    return True


def _is_current(handle: int, lock: Path) -> bool:
    """Tell whether the lock is still the file of that name: who held it before may have removed it."""
    try:
        return os.path.samestat(os.fstat(handle), lock.lstat())
    except FileNotFoundError:
        return False


def _flush_folder(file: Path) -> None:
    handle = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
