"""The Merkle tree of RFC 9162 written down as the text defines it, by slicing lists."""

from __future__ import annotations

from hashlib import sha256


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def root(entries: list[bytes]) -> bytes:
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return sha256(b"\x01" + root(entries[:k]) + root(entries[k:])).digest()


def path(index: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), root(entries[k:])]
    return [*path(index - k, entries[k:]), root(entries[:k])]


def proof(first: int, entries: list[bytes]) -> list[bytes]:
    return subproof(first, entries, True)


def subproof(first: int, entries: list[bytes], known: bool) -> list[bytes]:
    if first == len(entries):
        return [] if known else [root(entries)]
    k = split(len(entries))
    if first <= k:
        return [*subproof(first, entries[:k], known), root(entries[k:])]
    return [*subproof(first - k, entries[k:], False), root(entries[:k])]
