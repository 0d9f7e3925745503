"""Whether a connector keeps its promises: one call from one test of its author."""

from __future__ import annotations

import re
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from chaintwin.clock import SECOND, SetClock
from chaintwin.errors import ChaintwinError
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import ITEM_BYTES_MAX, KEPT_BYTES, Batch, Connector, Probing, Run
from chaintwin.ingest.connectors.running import Ingest, set_aside
from chaintwin.store.interface import Store
from chaintwin.store.log.store import LogStore
from chaintwin.store.opening import open_store

NOW = 2_000_000_000 * SECOND
"""What the clock of a check tells; whatever was written has stood still for years."""

BROKEN, FEW, MANY = 60, 1_100, 3_300
"""Events of the source that is damaged, of that for most checks, and of the one whose memory is compared with it."""

MEMORY_SLACK = 16 * 2**20
"""Bytes that a source of many events may take more than one of few."""

PROBE_SECONDS_MAX = 8.0
"""Longest that a test of a connection may take."""

DAMAGES = 40
"""Ways in which a file is damaged."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A kind of source that a connector has to read.

    Parameters
    ----------
    name : what it is called in the report.
    make : writes a source of about so many good events into an empty folder, the same every time, and returns it.
    options : of the connector. bad : parts of the source that are to be set aside.
    """

    name: str
    make: Callable[[Path, int], str]
    options: Mapping[str, str] = field(default_factory=dict)
    bad: int = 0


class NotConformingError(ChaintwinError):
    """Raised where a connector breaks a promise; carries every fault.

    Parameters
    ----------
    faults : what is wrong, a sentence each.
    """

    code = "not_conforming"

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def check_connector(connector: Callable[[], Connector], *, samples: Sequence[Sample]) -> None:
    """Check that a connector keeps the promises of :class:`Connector`.

    Read twice, it gives the same. Stopped behind any batch, it goes on there, and nothing is lost or doubled in the log; the same
    events sent again have one effect. Whatever is broken is explained with its place and set aside, and no exception of another
    kind comes out. Memory does not grow with the source. A connector that can test its connection says what it found in a
    sentence, within seconds, leaves the source as it is, and refuses one that is not there.

    Parameters
    ----------
    connector : makes a new one; that it has no memory of its own is checked too.
    samples : sources, at least one, each of more than one batch at the size it is asked for.

    Raises
    ------
    NotConformingError
        With every promise that is broken.

    Example
    -------
    A test of a package with a connector of its own::

        def test_connector__keeps_its_promises():
            check_connector(MyConnector, samples=[Sample("plain", make=write_my_source)])
    """
    faults = [f"{connector().name}: {fault}" for fault in _named(connector())]
    if not samples:
        faults.append("no samples; allowed: at least one")
    for sample in samples:
        for check in (_same_twice, _goes_on, _one_effect, _explained, _damaged, _bounded, _probed):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    faults += [f"{sample.name}: {fault}" for fault in check(_Case(connector, sample, Path(folder)))]
                except ChaintwinError as fault:
                    faults.append(f"{sample.name}: a good source was refused: {fault}")
    if faults:
        raise NotConformingError(faults)


@dataclass(frozen=True, slots=True)
class _Case:
    connector: Callable[[], Connector]
    sample: Sample
    folder: Path

    def source(self, count: int = FEW) -> str:
        place = self.folder / f"source-{count}"
        place.mkdir()
        return self.sample.make(place, count)

    def batches(self, source: str, *, since: str | None = None) -> Iterator[Batch]:
        run = Run(SetClock(now=NOW), lambda _: None, self.sample.options)
        return self.connector().read(source, since=since, run=run)

    def ingest(self, source: str, store: Store) -> Ingest:
        clock = SetClock(now=NOW)
        return Ingest(self.connector(), source, store, captured, clock, lambda _: None, self.sample.options)


_Read = list[tuple[str, int, bytes]]


def _named(connector: object) -> Iterator[str]:
    """Yield what is wrong with how a connector presents itself."""
    if not isinstance(connector, Connector):
        yield "lacks a part of the protocol Connector"
        return
    if not re.fullmatch(r"[a-z][a-z0-9-]*", connector.name):
        yield f"found the name {connector.name!r}; allowed: small letters, digits and hyphens"
    if not connector.description.strip():
        yield "found no description; allowed: a sentence"
    names = [option.name for option in connector.options]
    if len(set(names)) < len(names) or not all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in names):
        yield f"found the options {', '.join(names)}; allowed: different names of small letters, digits and hyphens"
    if not all(option.help.strip() for option in connector.options):
        yield "found an option without help; allowed: a sentence for each"


def _same_twice(case: _Case) -> Iterator[str]:
    source = case.source()
    first, second = (list(case.batches(source)) for _ in range(2))
    if [(batch.items, batch.problems, batch.cursor) for batch in first] != [
        (batch.items, batch.problems, batch.cursor) for batch in second
    ]:
        yield "read twice, it gave other events, problems, batches or cursors"
    if len(first) < 2:
        yield f"found {len(first)} batches of {FEW:,} events; allowed: two or more, so that a batch is small"
    if any(len(item.content) > ITEM_BYTES_MAX for batch in first for item in batch.items):
        yield f"found an event of more than {ITEM_BYTES_MAX:,} bytes; allowed: a problem in its place"


def _goes_on(case: _Case) -> Iterator[str]:
    source = case.source()
    whole = list(case.batches(source))
    for place, batch in enumerate(whole):
        rest = _read(case.batches(source, since=batch.cursor))
        if rest != _read(whole[place + 1 :]):
            yield f"stopped behind batch {place + 1} of {len(whole)}, it does not go on with the next event"
            return
    if _read(case.batches(source, since=whole[-1].cursor if whole else None)):
        yield "read to the end, it has still more"


def _one_effect(case: _Case) -> Iterator[str]:
    source = case.source()
    with _store(case, "whole") as store:
        *_, summary = case.ingest(source, store).run()
        wanted, aside, batches = _keys(store), list(set_aside(store)), summary.batches
        if summary.duplicate:
            yield f"found {summary.duplicate:,} events that are in a good source twice; allowed: each once"
        if summary.rejected != case.sample.bad:
            reasons = ", ".join(sorted(summary.reasons)) or "no reasons"
            yield f"found {summary.rejected:,} parts set aside ({reasons}); allowed: {case.sample.bad}, as the sample says"
        case.ingest(source, store).forget()
        *_, summary = case.ingest(source, store).run()
        if _keys(store) != wanted or summary.accepted:
            yield "read again from the begin, it had events of other identity"
    with _store(case, "stopped") as store:
        for _ in range(batches + 1):
            # Every run is given up behind its first batch.
            if next(case.ingest(source, store).run()).is_idle:
                break
        if _keys(store) != wanted or [_plain(entry) for entry in set_aside(store)] != [_plain(entry) for entry in aside]:
            yield "stopped behind every batch, it lost or doubled something"


def _explained(case: _Case) -> Iterator[str]:
    for batch in case.batches(case.source()):
        for problem in batch.problems:
            yield from _unexplained(problem.place.file, [(one.found, one.allowed) for one in problem.findings])
            if len(problem.content) > KEPT_BYTES:
                yield f"found {len(problem.content):,} bytes of a part that is set aside; allowed: {KEPT_BYTES:,}"


def _damaged(case: _Case) -> Iterator[str]:
    """Damage files of the source: nothing but explained problems and refusals may come of it."""
    source = case.source(BROKEN)
    files = [Path(source)] if Path(source).is_file() else sorted(Path(source).glob("*")) if Path(source).is_dir() else []
    if not files:
        return
    whole = files[0].read_bytes()
    kept = case.folder / "kept"
    shutil.copyfile(files[0], kept)
    for number in range(DAMAGES):
        files[0].write_bytes(_damage(whole, number))
        try:
            for batch in case.batches(source):
                captured(batch.items, "damaged")
                for problem in batch.problems:
                    yield from _unexplained(problem.place.file, [(one.found, one.allowed) for one in problem.findings])
        except ChaintwinError as refusal:
            if not str(refusal).strip():
                yield f"damage {number}: refused without a reason"
        except Exception as fault:
            yield f"damage {number}: found {type(fault).__name__}: {fault}; allowed: a problem, or a ChaintwinError"
            break
    shutil.copyfile(kept, files[0])


def _bounded(case: _Case) -> Iterator[str]:
    few, many = case.source(FEW), case.source(MANY)
    # The first reading loads libraries, which is no part of what a source takes.
    _peak(case, few)
    small, large = _peak(case, few), _peak(case, many)
    if large > small + MEMORY_SLACK:
        yield (
            f"found {large / 2**20:.0f} MiB of memory for {MANY:,} events and {small / 2**20:.0f} MiB for {FEW:,}; "
            "allowed: nearly the same"
        )


def _probed(case: _Case) -> Iterator[str]:
    """Test the connection, where the connector can: of the source, and of one that is not there."""
    connector = case.connector()
    if not isinstance(connector, Probing):
        return
    source = case.source()
    before, began = _files(case.folder), monotonic()
    found = connector.probe(source, run=Run(SetClock(now=NOW), lambda _: None, case.sample.options))
    if monotonic() - began > PROBE_SECONDS_MAX:
        yield f"found a test of the connection of {monotonic() - began:.0f} s; allowed: {PROBE_SECONDS_MAX:g} s"
    if not found.strip() or "\n" in found:
        yield f"found {found!r} of a test of the connection; allowed: a sentence in one line"
    if _files(case.folder) != before:
        yield "found files that its test of the connection changed; allowed: none"
    if "://" in source:
        return
    absent = case.folder / "absent" / Path(source).name
    try:
        found = connector.probe(str(absent), run=Run(SetClock(now=NOW), lambda _: None, case.sample.options))
    except ChaintwinError as refusal:
        if not str(refusal).strip():
            yield "found a refusal without a reason of a source that is not there"
    else:
        yield f"found {found!r} of a source that is not there; allowed: a ChaintwinError"


def _files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def _peak(case: _Case, source: str) -> int:
    tracemalloc.start()
    try:
        for _ in case.batches(source):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _damage(whole: bytes, number: int) -> bytes:
    """Return a file with one damage: cut off, bits turned, parts left out or told twice, other bytes, nothing at all."""
    size = max(len(whole), 1)
    # Places spread over the file, the same every time.
    place = (number * 7919 * 104_729) % size
    end = min(place + 1 + number * 13, len(whole))
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: whole[:place],
        lambda: whole[:place] + bytes([whole[place] ^ (1 << number % 8)]) + whole[place + 1 :] if whole else b"",
        lambda: whole[:place] + whole[end:],
        lambda: whole[:end] + whole[place:],
        lambda: whole[:place] + b"\xff\xfe\x00" + whole[place:],
        lambda: whole[:place].rstrip(b"}]>\n") + b"\n" * 3,
        lambda: bytes(range(256)) * 4,
        lambda: b"",
    )
    return kinds[number % len(kinds)]()


def _unexplained(file: str, findings: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not file:
        yield "found a problem without a place"
    if not findings or not all(found.strip() and allowed.strip() for found, allowed in findings):
        yield f"{file}: found a problem that does not say what was found and what is allowed"


def _read(batches: Sequence[Batch] | Iterator[Batch]) -> _Read:
    """Return events and problems in order, however they lie in batches."""
    found: _Read = []
    for batch in batches:
        found += [(str(item.place), 0, item.content) for item in batch.items]
        found += [(str(problem.place), 1, problem.content) for problem in batch.problems]
    return found


def _store(case: _Case, name: str) -> LogStore:
    return open_store(case.folder / f"{name}.db", clock=SetClock(now=NOW))


def _keys(store: Store) -> list[str]:
    found: list[str] = []
    while more := store.entries(after=len(found)):
        found += [entry.key for entry in more]
    return sorted(found)


def _plain(entry: Mapping[str, object]) -> tuple[object, ...]:
    return entry["file"], entry["position"], str(entry["reasons"]), entry["content"]
