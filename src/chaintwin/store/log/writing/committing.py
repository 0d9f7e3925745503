"""One group of jobs becomes one transaction: who is new, who is known, who is refused; rows, leaves, root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from chaintwin.errors import ChaintwinError
from chaintwin.guard.merkle import Frontier
from chaintwin.store.interface import Head
from chaintwin.store.log.database import Row, Writer
from chaintwin.store.log.personal.sealing import Sealer
from chaintwin.store.log.preparing import PreparedRecord
from chaintwin.store.log.writing.queueing import Job
from chaintwin.store.records import Amended, Outcome, Receipt, Shelved

NODE_LEVEL = 8
"""Nodes of the Merkle tree from this level on are kept, one for 256 leaves; those below are soon computed from the leaves."""

_CHUNK = 100
_pack = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the log ends.

    Parameters
    ----------
    head : sequence, batch and root. recorded_at : of the last entry. tree : that grows, with ``head.sequence`` leaves.
    """

    head: Head
    recorded_at: int
    tree: Frontier


@dataclass(frozen=True, slots=True)
class Committed:
    """What a group came to, before it is durable.

    Parameters
    ----------
    tip : where the log ends then. results : one a job. is_changed : whether anything was written.
    names : digests of new names, with the entries they name.
    """

    tip: Tip
    results: list[Any]
    is_changed: bool
    names: dict[bytes, int]


def write_group(writer: Writer, jobs: Sequence[Job], *, tip: Tip, sealer: Sealer, recent: Mapping[bytes, int]) -> Committed:
    """Do a group of jobs inside a transaction that was begun.

    Parameters
    ----------
    writer : the transaction. jobs : in the order they came. tip : where the log ends. sealer : encrypts personal values.
    recent : digests of names that are not yet in the table of names, with their entries.
    """
    draft = _Draft(writer, jobs, tip=tip, recent=recent)
    results: list[Any] = []
    for job in jobs:
        results.append(job.action(writer) if job.action is not None else draft.decide(job))
        if job.report is not None:
            shelve(writer, job.report(results[-1]))
            draft.is_changed = True
    if not draft.added:
        draft.write_aliases()
        return Committed(tip, results, draft.is_changed or any(job.action is not None for job in jobs), {})
    return Committed(draft.write(sealer), results, True, draft.names)


def shelve(writer: Writer, documents: Shelved | Sequence[Shelved | Amended]) -> None:
    """Keep documents inside a transaction that was begun; each replaces one of the same name."""
    for document in (documents,) if isinstance(documents, Shelved) else documents:
        shelf, name = document.shelf, document.name
        is_there = True
        if isinstance(document, Amended):
            rows = writer.rows("SELECT content FROM shelves WHERE shelf = ? AND name = ?", (shelf, name))
            before = bytes(rows[0][0]) if rows else None
            try:
                amended = document.amend(before)
            except Exception as error:
                # The database works, so this refuses what came with it and nothing else.
                raise ChaintwinError(
                    f"shelf {shelf}, {name}: found {type(error).__name__} in reading what is kept there; allowed: what was "
                    "written; fix: take that document away"
                ) from error
            if amended is None or amended == before:
                continue
            content, is_there = amended, before is not None
        else:
            content = document.content
        if is_there:
            writer.run("DELETE FROM shelves WHERE shelf = ? AND name = ?", (shelf, name))
        writer.insert("shelves", [(shelf, name, content)])


def checksum_of(rows: Iterable[Row], documents: Iterable[Row]) -> bytes:
    """Return what tells whether a batch is as it was written, 32 bytes.

    Parameters
    ----------
    rows : of the table ``facts``. documents : of the table ``documents``; both whole and in order.
    """
    state = sha256()
    for row, document in zip(rows, documents, strict=True):
        state.update(_pack((row, document)))
    return state.digest()


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a record is refused: in words, by which entry, 0 for none, or by which record of the same call."""

    reason: str
    first: int
    rival: int | None = None


class _Draft:
    """What a group adds to the log."""

    def __init__(self, writer: Writer, jobs: Sequence[Job], *, tip: Tip, recent: Mapping[bytes, int]) -> None:
        self._writer = writer
        self._tip = tip
        self._sequence = tip.head.sequence
        self._recorded_at = tip.recorded_at
        self._names = _known_names(writer, jobs, recent=recent)
        self._known = _known_entries(writer, set(self._names.values()))
        self.names: dict[bytes, int] = {}
        self._aliases: list[Row] = []
        self.added: list[tuple[int, int, PreparedRecord]] = []
        self.is_changed = False

    def decide(self, job: Job) -> list[Receipt]:
        if job.together:
            reasons = self._faults_together(job)
            if reasons:
                return self._refuse_together(job, reasons)
        receipts = []
        received_at = job.received_at
        for prepared in job.records:
            reason, first = self._look(prepared, {})
            key = prepared.key
            if reason:
                receipts.append(self._refuse(prepared, _Fault(reason, first), received_at=received_at))
            elif first:
                if len(prepared.names) > 1:
                    self._name_again(prepared, first)
                receipts.append(Receipt(Outcome.DUPLICATE, key, first, self._known[first][2]))
            else:
                self._sequence = sequence = self._sequence + 1
                self._recorded_at = max(self._recorded_at, received_at)
                recorded_at = self._recorded_at
                for digest in prepared.names:
                    self.names[digest] = sequence
                self._known[sequence] = (key, prepared.meaning, recorded_at)
                self.added.append((sequence, recorded_at, prepared))
                receipts.append(Receipt(Outcome.ACCEPTED, key, sequence, recorded_at))
        return receipts

    def write(self, sealer: Sealer) -> Tip:
        """Write all that was accepted and return where the log ends then."""
        writer, added = self._writer, self.added
        facts: list[Row] = []
        documents: list[Row] = []
        recent: list[Row] = []
        personal: list[PreparedRecord] = []
        for sequence, recorded_at, prepared in added:
            occurred_at = prepared.occurred_at
            facts.append((sequence, prepared.key, occurred_at, recorded_at, prepared.source, prepared.meaning, prepared.facts))
            aliases = _pack(prepared.aliases) if prepared.aliases else None
            documents.append((sequence, prepared.content, prepared.commitment.leaf, aliases))
            recent.append((sequence, occurred_at, b"".join(prepared.names), prepared.terms))
            if prepared.personal:
                personal.append(prepared)
        tree = self._tip.tree.copy()
        nodes = tree.extend([prepared.commitment.leaf for _, _, prepared in added], keep_from=NODE_LEVEL)
        batch = self._tip.head.batch + 1
        head = Head(self._sequence, batch, tree.root())
        commitments = [(prepared.commitment.names, prepared.commitment.digests) for _, _, prepared in added]
        writer.insert("facts", facts)
        writer.insert("documents", documents)
        writer.insert("recent", recent)
        self.write_aliases()
        if nodes:
            writer.insert("nodes", nodes)
        checksum = checksum_of(facts, documents)
        row = (batch, added[0][0], head.sequence, self._recorded_at, head.root, checksum, _pack(commitments))
        writer.insert("batches", [row])
        writer.insert("salts", [(batch, _pack([prepared.commitment.salts for _, _, prepared in added]))])
        if personal:
            sequences = {prepared.key: sequence for sequence, _, prepared in added}
            sealer.write(writer, [(sequences[item.key], item) for item in personal], at=self._recorded_at)
        return Tip(head, self._recorded_at, tree)

    def write_aliases(self) -> None:
        """Write the names that duplicates brought along."""
        if self._aliases:
            self.is_changed = True
            self._writer.insert("aliases", self._aliases)

    def _look(self, prepared: PreparedRecord, within: Mapping[int, int]) -> tuple[str, int]:
        """Return why a record is refused, or the number of the entry that it repeats, 0 for a new one.

        Parameters
        ----------
        within : numbers that are none of the log yet, with the places in the call of the records that would have them.
        """
        names = prepared.names
        first = self._owner(names[0])
        if first:
            key, meaning, _ = self._known[first]
            if key != prepared.key:
                return f"the key {prepared.key} already is another name of {_called(first, within)}, {key}", first
            if meaning != prepared.meaning:
                return f"{_called(first, within)} has the key {prepared.key} and says something else", first
        if len(names) > 1:
            for digest, alias in zip(names[1:], prepared.aliases, strict=True):
                owner = self._owner(digest)
                if owner and owner != first:
                    return f"the name {alias} already is that of {_called(owner, within)}, {self._known[owner][0]}", owner
        return "", first

    def _owner(self, digest: bytes) -> int:
        return self._names.get(digest) or self.names.get(digest, 0)

    def _name_again(self, prepared: PreparedRecord, sequence: int) -> None:
        for digest, alias in zip(prepared.names[1:], prepared.aliases, strict=True):
            if not self._owner(digest):
                self._names[digest] = sequence
                self._aliases.append((digest, sequence, alias))

    def _faults_together(self, job: Job) -> dict[int, _Fault]:
        """Return the records that would be refused, by their place in the job; changes nothing."""
        saved = dict(self._names), dict(self.names), dict(self._known)
        faults = {}
        within: dict[int, int] = {}
        sequence = self._sequence
        for place, prepared in enumerate(job.records):
            reason, first = self._look(prepared, within)
            if reason:
                faults[place] = _Fault(reason, 0 if first in within else first, within.get(first))
            elif not first:
                sequence += 1
                within[sequence] = place
                self._known[sequence] = (prepared.key, prepared.meaning, 0)
            if not reason:
                self._names |= dict.fromkeys(prepared.names, first or sequence)
        self._names, self.names, self._known = saved
        return faults

    def _refuse_together(self, job: Job, faults: Mapping[int, _Fault]) -> list[Receipt]:
        receipts = []
        for place, prepared in enumerate(job.records):
            if place in faults:
                receipts.append(self._refuse(prepared, faults[place], received_at=job.received_at))
                continue
            _, first = self._look(prepared, {})
            key = prepared.key
            if first:
                receipts.append(Receipt(Outcome.DUPLICATE, key, first, self._known[first][2]))
            else:
                receipts.append(Receipt(Outcome.NOT_TRIED, key, 0, 0, "another record of the same call was refused"))
        return receipts

    def _refuse(self, prepared: PreparedRecord, fault: _Fault, *, received_at: int) -> Receipt:
        self.is_changed = True
        self._writer.run(
            "INSERT INTO conflicts (key, meaning, digest, received_at, source, reason) VALUES (?, ?, ?, ?, ?, ?)",
            (prepared.key, prepared.meaning, sha256(prepared.content).digest(), received_at, prepared.source, fault.reason),
        )
        recorded_at = self._known[fault.first][2] if fault.first else 0
        return Receipt(Outcome.CONFLICT, prepared.key, fault.first, recorded_at, fault.reason, fault.rival)


def _called(sequence: int, within: Mapping[int, int]) -> str:
    return f"record {within[sequence] + 1} of the same call" if sequence in within else f"entry {sequence}"


def _known_names(writer: Writer, jobs: Sequence[Job], *, recent: Mapping[bytes, int]) -> dict[bytes, int]:
    digests = [digest for job in jobs for prepared in job.records for digest in prepared.names]
    known = {digest: recent[digest] for digest in digests if digest in recent}
    known.update(_in_chunks(writer, "SELECT digest, sequence FROM names WHERE digest IN", digests))
    # Few logs have aliases that came later, and an empty table is asked for nothing.
    if writer.rows("SELECT 1 FROM aliases LIMIT 1"):
        known.update(_in_chunks(writer, "SELECT digest, sequence FROM aliases WHERE digest IN", digests))
    return known


def _known_entries(writer: Writer, sequences: set[int]) -> dict[int, tuple[str, bytes, int]]:
    statement = "SELECT sequence, key, meaning, recorded_at FROM facts WHERE sequence IN"
    return {row[0]: (row[1], row[2], row[3]) for row in _in_chunks(writer, statement, sorted(sequences))}


def _in_chunks(writer: Writer, statement: str, values: Sequence[Any]) -> Iterable[Row]:
    for start in range(0, len(values), _CHUNK):
        some = values[start : start + _CHUNK]
        yield from writer.rows(f"{statement} ({', '.join('?' * len(some))})", some)
