"""Philox4x32-10 in plain integers, written from the paper and sharing nothing with the package."""

from __future__ import annotations

import hashlib

WORD = 2**32


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Return the four words of one block (Salmon et al. 2011, section 3.3)."""
    x = list(counter)
    k = list(key)
    for index in range(10):
        if index > 0:
            k = [(k[0] + 0x9E3779B9) % WORD, (k[1] + 0xBB67AE85) % WORD]
        high0, low0 = divmod(0xD2511F53 * x[0], WORD)
        high1, low1 = divmod(0xCD9E8D57 * x[2], WORD)
        x = [high1 ^ x[1] ^ k[0], low1, high0 ^ x[3] ^ k[1], low0]
    return x


def draw(seed: int, name: str, *, replication: int, period: int, slot: int) -> tuple[int, int, float]:
    """Return (stream, word, uniform) of one draw; ``name`` is ``purpose|entity``."""
    stream = int.from_bytes(hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest(), "little")
    key = [seed % WORD, (seed // WORD) ^ (stream // WORD)]
    word = philox([replication, stream % WORD, period, slot // 4], key)[slot % 4]
    return stream, word, (word + 0.5) / WORD
