"""The only random numbers: counter-based streams named by purpose and entity.

A uniform is a pure function of (seed, purpose, entity, replication, period, slot): Philox4x32-10 with key
(seed low 32 bits, seed high 32 bits ^ stream high 32 bits) and counter (replication, stream low 32 bits, period, slot // 4),
word slot % 4, u = (word + 1/2) / 2**32. The scenario is not in the key, so scenarios share their draws, and a new entity
shifts nobody's stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError

SEED_LIMIT = 2**64
"""Seeds are whole numbers from 0 up to, but not including, this."""

_LOW = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Stream:
    """What a kernel needs of one stream: two key words and the low word of the stream, each below 2**32."""

    key0: int
    key1: int
    low: int


def stream_id(purpose: str, entity: str) -> int:
    """Return the 64-bit number of the stream of one purpose and entity.

    Parameters
    ----------
    purpose : what the numbers are for, such as ``demand``; must not hold ``|``.
    entity : the user's id of what they are for.

    Returns
    -------
    A whole number below 2**64: the 8-byte BLAKE2b digest of ``purpose|entity`` in UTF-8, little-endian.

    Raises
    ------
    UsageError : the purpose is empty or holds ``|``, which would let two names share a stream.

    Example
    -------
    >>> stream_id("demand", "dc-7/sku-12")
    7800193952488197509

    Source: METHODS 1.6.
    """
    _check_purpose(purpose)
    return int.from_bytes(hashlib.blake2b(f"{purpose}|{entity}".encode(), digest_size=8).digest(), "little")


def stream_key(seed: int, stream: int, *, scenario: str | None = None) -> tuple[int, int]:
    """Return the two Philox key words of a stream.

    Parameters
    ----------
    seed : from 0 to 2**64 - 1.
    stream : a number from `stream_id`.
    scenario : None shares the draws between scenarios; an id makes this scenario independent of the others.

    Returns
    -------
    (key0, key1), each below 2**32.

    Raises
    ------
    UsageError : the seed or the stream is not a whole number of 64 bits.

    Example
    -------
    >>> stream_key(20240607, 7800193952488197509)
    (20240607, 1816124178)

    Source: METHODS 1.6; Salmon, Moraes, Dror & Shaw 2011.
    """
    check_seed(seed)
    if not 0 <= stream < SEED_LIMIT:
        raise UsageError(f"stream: found {stream}; allowed: 0 to 2**64 - 1")
    return seed & _LOW, (seed >> 32) ^ (stream >> 32) ^ _scenario_word(scenario)


def stream_keys(seed: int, streams: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return key words and low stream words of streams by their numbers, as kernels take them.

    Parameters
    ----------
    seed : from 0 to 2**64 - 1. streams : uint64[n], numbers from `stream_id`.

    Returns
    -------
    uint64[n, 3] with columns key0, key1, stream low.

    Example
    -------
    >>> stream_keys(20240607, np.array([7800193952488197509], dtype=np.uint64)).tolist()
    [[20240607, 1816124178, 2503314821]]
    """
    first, second = stream_key(seed, 0)
    keys = np.empty((streams.size, 3), dtype=np.uint64)
    keys[:, 0] = first
    keys[:, 1] = np.uint64(second) ^ (streams >> np.uint64(32))
    keys[:, 2] = streams & np.uint64(_LOW)
    return keys


def stream_of(seed: int, purpose: str, *, entity: str, scenario: str | None = None) -> Stream:
    """Return key words and low word of one stream, ready for a kernel.

    Example
    -------
    >>> stream_of(20240607, "demand", entity="dc-7/sku-12")
    Stream(key0=20240607, key1=1816124178, low=2503314821)
    """
    stream = stream_id(purpose, entity)
    key0, key1 = stream_key(seed, stream, scenario=scenario)
    return Stream(key0=key0, key1=key1, low=stream & _LOW)


def stream_table(seed: int, purpose: str, *, ids: Sequence[str], scenario: str | None = None) -> NDArray[np.uint32]:
    """Return the key words and low words of the streams of many entities.

    Parameters
    ----------
    seed : from 0 to 2**64 - 1.
    purpose : as in `stream_id`.
    ids : the entities' ids, in the order of the rows wanted.
    scenario : as in `stream_key`.

    Returns
    -------
    uint32[len(ids), 3] with columns key0, key1, stream low.

    Raises
    ------
    UsageError : the seed or the purpose is not allowed.

    Example
    -------
    >>> stream_table(20240607, "demand", ids=["dc-7/sku-12"]).tolist()
    [[20240607, 1816124178, 2503314821]]
    """
    check_seed(seed)
    _check_purpose(purpose)
    digest = hashlib.blake2b
    prefix = f"{purpose}|"
    packed = b"".join([digest((prefix + entity).encode(), digest_size=8).digest() for entity in ids])
    words = np.frombuffer(packed, dtype="<u4").reshape(-1, 2)
    table = np.empty((len(ids), 3), dtype=np.uint32)
    table[:, 0] = seed & _LOW
    table[:, 1] = words[:, 1] ^ np.uint32((seed >> 32) ^ _scenario_word(scenario))
    table[:, 2] = words[:, 0]
    return table


def find_collisions(streams: NDArray[np.uint32]) -> list[tuple[int, int]]:
    """Return the pairs of rows that would draw the same numbers.

    Parameters
    ----------
    streams : uint32[n, 3] as from `stream_table`; stack the tables of all purposes of one network to check across them.

    Returns
    -------
    Pairs (earlier row, later row) in the order of the later row; empty when all streams differ.

    Example
    -------
    >>> find_collisions(stream_table(1, "demand", ids=["a", "b", "a"]))
    [(0, 2)]
    """
    order = np.lexsort((streams[:, 0], streams[:, 1], streams[:, 2]))
    ordered = streams[order]
    is_same = (ordered[1:] == ordered[:-1]).all(axis=1)
    pairs = ((int(order[i]), int(order[i + 1])) for i in np.flatnonzero(is_same))
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


def uniform(
    seed: int,
    purpose: str,
    *,
    entity: str,
    replication: int,
    period: int,
    slot: int = 0,
    scenario: str | None = None,
) -> float:
    """Return one uniform of one stream, the same number that the engine draws.

    Parameters
    ----------
    seed : from 0 to 2**64 - 1.
    purpose, entity : name of the stream, as in `stream_id`.
    replication, period : from 0 to 2**32 - 1.
    slot : which of the numbers of this stream, replication and period; from 0 to 2**34 - 1.
    scenario : as in `stream_key`.

    Returns
    -------
    A number strictly between 0 and 1, an odd multiple of 2**-33.

    Raises
    ------
    UsageError : a number is outside its range.

    Example
    -------
    >>> round(uniform(20240607, "demand", entity="dc-7/sku-12", replication=0, period=0), 12)
    0.090679404209

    Source: METHODS 1.6; Salmon, Moraes, Dror & Shaw 2011.
    """
    from chaintwin.rng_kernels import uniform_kernel

    for name, value, limit in (("replication", replication, 2**32), ("period", period, 2**32), ("slot", slot, 2**34)):
        if not 0 <= value < limit:
            raise UsageError(f"{name}: found {value}; allowed: 0 to {limit - 1}")
    stream = stream_of(seed, purpose, entity=entity, scenario=scenario)
    return float(uniform_kernel(stream.key0, stream.key1, stream.low, replication, period, slot))


def uniform_table(
    seed: int, purpose: str, *, entity: str, count: int, slots: int, first: int = 0, scenario: str | None = None
) -> NDArray[np.float64]:
    """Return many uniforms of one stream: a row for each slot, a column for each replication.

    Parameters
    ----------
    seed, purpose, entity, scenario : as in `uniform`.
    count, first : how many replications, and the number of the first; below 2**32 in all.
    slots : how many numbers each replication needs, 0 or more.

    Returns
    -------
    float64[slots, count], strictly between 0 and 1. More replications or slots change none of the numbers.

    Raises
    ------
    UsageError : a number is outside its range.

    Example
    -------
    >>> uniform_table(20240607, "demand", entity="dc-7/sku-12", count=2, slots=1).round(6).tolist()
    [[0.090679, 0.583508]]
    """
    from chaintwin.rng_kernels import fill_uniform_kernel

    for name, value, limit in (("first + count", first + count, 2**32), ("slots", slots, 2**34)):
        if not 0 <= value <= limit or min(first, count) < 0:
            raise UsageError(f"{name}: found {value}; allowed: 0 to {limit}")
    stream = stream_of(seed, purpose, entity=entity, scenario=scenario)
    table = np.empty((slots, count))
    for slot in range(slots):
        fill_uniform_kernel(stream.key0, stream.key1, stream.low, first, 0, slot, table[slot])
    return table


def check_seed(seed: object) -> None:
    """Refuse a seed that is not a whole number of 64 bits.

    Raises
    ------
    UsageError : the seed is negative, too large, or not a whole number.

    Example
    -------
    >>> check_seed(7)
    """
    if type(seed) is not int or not 0 <= seed < SEED_LIMIT:
        raise UsageError(f"seed: found {seed!r}; allowed: a whole number from 0 to {SEED_LIMIT - 1}")


def _check_purpose(purpose: str) -> None:
    if not purpose or "|" in purpose:
        raise UsageError(f"purpose: found {purpose!r}; allowed: a word without '|'")


def _scenario_word(scenario: str | None) -> int:
    if scenario is None:
        return 0
    return int.from_bytes(hashlib.blake2b(f"scenario|{scenario}".encode(), digest_size=4).digest(), "little")
