"""A whole log gone through: every entry, leaf, batch, root and name is what was written and fits the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from chaintwin.errors import ChaintwinError, Finding, StoreDamagedError
from chaintwin.guard.digests import leaf_content
from chaintwin.guard.merkle import Frontier, leaf_hash
from chaintwin.store.interface import Progress
from chaintwin.store.log.database import Reader, Row
from chaintwin.store.log.indexing import recent_names, sequences_of
from chaintwin.store.log.preparing import name_digest
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.writing.committing import NODE_LEVEL, checksum_of

_FINDINGS_MAX = 50
_CHUNK = 200
_WALKED = 0.6
"""Share of the work that is going through batches; the rest is reading what was encrypted."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What going through a log gave.

    Parameters
    ----------
    entries, batches : how many were looked at. root : of all of them, 32 bytes.
    findings : what is not as it was written, none if all is; at most 50.
    """

    entries: int
    batches: int
    root: bytes
    findings: tuple[Finding, ...]


def verify(store: LogStore, *, progress: Progress | None = None) -> Verification:
    """Go through a whole log, as it is at one moment, while it goes on being written.

    Parameters
    ----------
    store : open. progress : is told the share that is done, 0 to 1.
    """
    said = progress or (lambda share: None)
    place = store.database.place
    findings = [_finding("store.database", place, text, "an intact database") for text in store.database.check()]
    tree, batches = Frontier(), 0
    try:
        with store.database.snapshot() as reader:
            for finding in _walk(reader, tree, place=place, said=said):
                findings.append(finding)
                if len(findings) >= _FINDINGS_MAX:
                    break
            batches = int(reader.rows("SELECT count(*) FROM batches")[0][0])
            findings += _indexes(reader, place=place)
        last = 0
        while entries := store.entries(after=last, limit=_CHUNK):
            # Reading decrypts what is personal, and decrypting tells what was changed.
            last = entries[-1].sequence
            said(_WALKED + (1.0 - _WALKED) * min(last / max(tree.size, 1), 1.0))
    except (StoreDamagedError, msgspec.DecodeError) as error:
        findings.append(_finding("store.page", place, str(error), "what was written"))
    except ChaintwinError as error:
        findings.append(_finding("store.read", place, str(error), "a log that can be read"))
    return Verification(tree.size, batches, tree.root(), tuple(findings[:_FINDINGS_MAX]))


def _walk(reader: Reader, tree: Frontier, *, place: str, said: Progress) -> Iterator[Finding]:
    expected, recorded_at = 1, None
    end = int(reader.rows("SELECT coalesce(max(sequence), 0) FROM facts")[0][0])
    batch, recent = 0, recent_names(reader)
    while rows := reader.rows("SELECT * FROM batches WHERE batch > ? ORDER BY batch LIMIT 50", (batch,)):
        for row in rows:
            where = f"{place}, batch {row[0]}"
            if row[0] != batch + 1 or row[1] != expected or row[2] < row[1]:
                yield _finding(
                    "store.batch", where, f"entries {row[1]} to {row[2]}", f"batch {batch + 1} from entry {expected} on"
                )
            batch, expected = row[0], row[2] + 1
            facts = reader.rows("SELECT * FROM facts WHERE sequence >= ? AND sequence <= ? ORDER BY sequence", (row[1], row[2]))
            documents = reader.rows(
                "SELECT * FROM documents WHERE sequence >= ? AND sequence <= ? ORDER BY sequence", (row[1], row[2])
            )
            yield from _batch(reader, row, facts, documents=documents, tree=tree, recent=recent, where=where)
            times = ([] if recorded_at is None else [recorded_at]) + [fact[3] for fact in facts]
            if times != sorted(times):
                yield _finding("store.recorded", where, "a time of record that goes back", "times of record that rise")
            recorded_at = times[-1] if times else recorded_at
        said(_WALKED * min(tree.size / max(end, 1), 1.0))
    for table in ("facts", "documents"):
        count, last = reader.rows(f"SELECT count(*), coalesce(max(sequence), 0) FROM {table}")[0]
        if not count == last == expected - 1:
            yield _finding("store.gap", f"{place}, {table}", f"{count} rows up to {last}", f"{expected - 1} rows without gaps")


def _batch(
    reader: Reader,
    row: Row,
    facts: list[Row],
    *,
    documents: list[Row],
    tree: Frontier,
    recent: Mapping[bytes, int],
    where: str,
) -> Iterator[Finding]:
    sequences = list(range(row[1], row[2] + 1))
    if [fact[0] for fact in facts] != sequences or [document[0] for document in documents] != sequences:
        yield _finding("store.gap", where, "entries that are missing", f"entries {row[1]} to {row[2]}")
        return
    if checksum_of(facts, documents) != bytes(row[5]):
        yield _finding("store.checksum", where, "entries that were changed", "what was written")
    commitments = msgspec.msgpack.decode(row[6], type=list[tuple[tuple[str, ...], bytes]])
    leaves = [bytes(document[2]) for document in documents]
    for fact, leaf, (names, digests) in zip(facts, leaves, commitments, strict=False):
        if leaf_hash(leaf_content(fact[1], names, digests=digests)) != leaf:
            yield _finding("store.leaf", f"{where}, entry {fact[0]}", "a leaf that does not fit", "hash of key and digests")
    for level, position, node in tree.extend(leaves, keep_from=NODE_LEVEL):
        kept = reader.rows("SELECT hash FROM nodes WHERE level = ? AND position = ?", (level, position))
        if not kept or bytes(kept[0][0]) != node:
            yield _finding("store.node", f"{where}, node {level}/{position}", "another or none", "hash of what is below")
    if tree.root() != bytes(row[4]):
        yield _finding("store.root", where, bytes(row[4]).hex(), f"root of its entries, {tree.root().hex()}")
    named: list[tuple[int, str, bytes]] = []
    for fact, document in zip(facts, documents, strict=True):
        aliases = msgspec.msgpack.decode(document[3], type=list[str]) if document[3] is not None else []
        named += [(fact[0], name, name_digest(name)) for name in (fact[1], *aliases)]
    known = sequences_of(reader, [digest for _, _, digest in named], recent=recent)
    for sequence, name, digest in named:
        if known.get(digest) != sequence:
            yield _finding("store.name", f"{where}, entry {sequence}", f"that {name} does not lead to it", "its names find it")


def _indexes(reader: Reader, *, place: str) -> Iterator[Finding]:
    for table, right in (
        ("terms", "f.sequence = t.sequence AND f.occurred_at = t.occurred_at"),
        ("recent", "f.sequence = t.sequence AND f.occurred_at = t.occurred_at"),
        ("names", "f.sequence = t.sequence"),
        ("aliases", "f.sequence = t.sequence"),
        ("personal", "f.sequence = t.sequence"),
    ):
        statement = f"SELECT count(*) FROM {table} t LEFT JOIN facts f ON {right} WHERE f.sequence IS NULL"
        count = reader.rows(statement)[0][0]
        if count:
            yield _finding("store.index", f"{place}, {table}", f"{count} rows of no entry", "rows of entries")


def _finding(code: str, where: str, found: str, allowed: str) -> Finding:
    return Finding(code, found, allowed, "restore a backup", file=where)
