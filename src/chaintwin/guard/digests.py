"""Salted digests of the dimensions of an event, and the leaf that commits to them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256

import msgspec

SALT_BYTES = 16


class Commitment(msgspec.Struct, frozen=True, gc=False):
    """What the log keeps of the dimensions of an entry.

    Parameters
    ----------
    names : of the dimensions, in the order of the record. salts : one after another, 16 bytes each.
    digests : one after another, 32 bytes each. leaf : 32 bytes, hash of key and digests.
    """

    names: tuple[str, ...]
    salts: bytes
    digests: bytes
    leaf: bytes


def commitments_of(entries: Sequence[tuple[str, Sequence[tuple[str, bytes]]]]) -> list[Commitment]:
    """Return commitments with fresh salts, one an entry.

    Parameters
    ----------
    entries : (key, dimensions) of each, where a dimension is (name, bytes).
    """
    salts = os.urandom(SALT_BYTES * sum([len(dimensions) for _, dimensions in entries]))
    # Copying an empty hash is a third faster than asking for a new one, and there are five an entry.
    fresh = sha256().copy
    commitments = []
    start = begin = 0
    for key, dimensions in entries:
        digests = []
        for name, content in dimensions:
            state = fresh()
            state.update(salts[start : start + SALT_BYTES] + name.encode() + b"\x00" + content)
            digests.append(state.digest())
            start += SALT_BYTES
        names = tuple([name for name, _ in dimensions])
        joined = b"".join(digests)
        state = fresh()
        state.update(b"\x00" + leaf_content(key, names, digests=joined))
        commitments.append(Commitment(names, salts[begin:start], joined, state.digest()))
        begin = start
    return commitments


def digest_of(name: str, content: bytes, *, salt: bytes) -> bytes:
    """Return the digest of a dimension, 32 bytes: SHA-256 over salt, name, a zero byte and content.

    Parameters
    ----------
    name : of the dimension, without zero bytes. content : its bytes. salt : 16 random bytes, known to who may check it.

    Example
    -------
    >>> digest_of("when", b"noon", salt=b"0" * 16) == digest_of("when", b"noon", salt=b"1" * 16)
    False
    """
    return sha256(salt + name.encode() + b"\x00" + content).digest()


def leaf_content(key: str, names: Sequence[str], *, digests: bytes) -> bytes:
    """Return what the leaf of an entry is the hash of: MessagePack of key, names and digests.

    Parameters
    ----------
    key : of the entry. names : of the dimensions. digests : 32 bytes each, one after another, in the order of the names.
    """
    # MessagePack writes each length in front and has one shortest form for each value, so no two entries share theirs.
    return _ENCODER.encode((key, names, digests))


_ENCODER = msgspec.msgpack.Encoder()
