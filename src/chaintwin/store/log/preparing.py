"""From a record to what is written: names and terms hashed, dimensions committed to. Done by the thread that appends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec

from chaintwin.errors import Finding, InputError
from chaintwin.guard.digests import Commitment, commitments_of
from chaintwin.store.records import Personal, Record

NAME_BYTES = 16
"""Bytes of the digest a name is filed under. Two names of one digest are told apart by the names themselves."""

_TIME_LIMIT = 1 << 62
_FINDINGS_MAX = 20


class PreparedRecord(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is written of a record: all that can be computed before its place in the log is known.

    Parameters
    ----------
    key, meaning, content, facts, occurred_at, source, personal : of the record.
    aliases : its other names, each once and without the key.
    names : digests of the key and of the aliases, in this order. terms : digests of its terms, each once, one after another.
    commitment : to its dimensions.
    """

    key: str
    meaning: bytes
    content: bytes
    facts: bytes
    occurred_at: int
    source: str
    personal: tuple[Personal, ...]
    aliases: tuple[str, ...]
    names: tuple[bytes, ...]
    terms: bytes
    commitment: Commitment


def name_digest(name: str) -> bytes:
    """Return what a key, an alias or a term is filed under, 16 bytes."""
    return blake2b(name.encode(), digest_size=NAME_BYTES).digest()


@lru_cache(maxsize=1 << 14)
def term_digest(term: str) -> bytes:
    """Return what a term is filed under, 16 bytes; few terms make up most of a log, so they are remembered."""
    return blake2b(term.encode(), digest_size=NAME_BYTES).digest()


def prepare(records: Sequence[Record]) -> list[PreparedRecord]:
    """Return records ready to be written, in this process or in the one they are sent to.

    Raises
    ------
    InputError
        A record cannot be stored; names all that is wrong with all of them.
    """
    findings = [finding for number, record in enumerate(records, start=1) for finding in _faults(record, number)]
    if findings:
        raise InputError(findings[:_FINDINGS_MAX])
    commitments = commitments_of([(record.key, record.dimensions) for record in records])
    prepared = []
    for record, commitment in zip(records, commitments, strict=True):
        names: tuple[bytes, ...] = (name_digest(record.key),)
        aliases: tuple[str, ...] = ()
        if record.aliases:
            aliases = tuple(dict.fromkeys([alias for alias in record.aliases if alias != record.key]))
            names += tuple([name_digest(alias) for alias in aliases])
        terms = b"".join([term_digest(term) for term in dict.fromkeys(record.terms)])
        prepared.append(
            PreparedRecord(
                record.key,
                record.meaning,
                record.content,
                record.facts,
                record.occurred_at,
                record.source,
                record.personal,
                aliases,
                names,
                terms,
                commitment,
            )
        )
    return prepared


def _faults(record: Record, number: int) -> list[Finding]:
    # The common case is told apart by a few cheap looks; only then is every part named.
    if (
        record.key
        and len(record.meaning) == 32
        and -_TIME_LIMIT < record.occurred_at < _TIME_LIMIT
        and _is_plain(record.key)
        and _is_plain(record.source)
        and not record.aliases
        and not record.personal
        and _are_plain(tuple([name for name, _ in record.dimensions]))
    ):
        return []
    texts = [record.key, record.source, *record.aliases]
    texts += [name for name, _ in record.dimensions]
    texts += [text for value in record.personal for text in (value.subject, value.path)]
    place = f"record {number}"
    faults = []
    if not record.key:
        faults.append(Finding("record.key", "an empty key", "a text that names the record", "give it a key", file=place))
    if len(record.meaning) != 32:
        faults.append(Finding("record.meaning", f"{len(record.meaning)} bytes of meaning", "32 bytes", "hash it", file=place))
    if not -_TIME_LIMIT < record.occurred_at < _TIME_LIMIT:
        found = f"event time {record.occurred_at}"
        faults.append(Finding("record.time", found, "microseconds since 1970 within 62 bits", "check its unit", file=place))
    bad = sorted({text for text in texts if "\x00" in text or _has_surrogates(text)})
    if bad:
        faults.append(
            Finding("record.text", ", ".join(map(ascii, bad[:3])), "text without NUL and lone surrogates", "mend it", file=place)
        )
    return faults


def _is_plain(text: str) -> bool:
    return "\x00" not in text and (text.isascii() or not _has_surrogates(text))


@lru_cache(maxsize=1 << 10)
def _are_plain(texts: tuple[str, ...]) -> bool:
    return all(_is_plain(text) for text in texts)


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
