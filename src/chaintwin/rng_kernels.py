"""Philox4x32-10 and the uniforms drawn from it, as kernels that LLVM inlines and vectorizes over replications.

Words are kept in ``uint64``, of which only the lower half counts: a product of two of them is then one widening multiplication
per lane (``vpmuludq``), and no step needs an integer narrower than the lane.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import inlined_kernel, kernel

Word = int | np.integer[Any]


@inlined_kernel
def philox_round_kernel(
    counter0: np.uint64, counter1: np.uint64, counter2: np.uint64, counter3: np.uint64, key0: np.uint64, key1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the counter after one round; only the lower halves of its words count, the upper ones may hold anything."""
    low = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    # The widening multiplication reads lower halves alone, so that cutting them off here costs nothing.
    product0 = (counter0 & low) * np.uint64(0xD2511F53)
    product1 = (counter2 & low) * np.uint64(0xCD9E8D57)
    return (product1 >> shift) ^ counter1 ^ key0, product1, (product0 >> shift) ^ counter3 ^ key1, product0


@inlined_kernel
def philox_kernel(
    counter0: Word, counter1: Word, counter2: Word, counter3: Word, key0: Word, key1: Word
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four words of one Philox4x32-10 block, as uint64 below 2**32.

    Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
    """
    word0 = np.uint64(counter0)
    word1 = np.uint64(counter1)
    word2 = np.uint64(counter2)
    word3 = np.uint64(counter3)
    round0 = np.uint64(key0)
    round1 = np.uint64(key1)
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        word0, word1, word2, word3 = philox_round_kernel(word0, word1, word2, word3, round0, round1)
        round0 = (round0 + np.uint64(0x9E3779B9)) & low
        round1 = (round1 + np.uint64(0xBB67AE85)) & low
    return word0 & low, word1 & low, word2 & low, word3 & low


@inlined_kernel
def unit_kernel(word: np.uint64) -> float:
    """Return (word + 1/2) / 2**32, inside (0, 1) and exact in double precision."""
    return (np.float64(np.uint32(word)) + 0.5) * 2.0**-32


@inlined_kernel
def uniform_kernel(key0: Word, key1: Word, stream_low: Word, replication: Word, period: Word, slot: Word) -> float:
    """Return the uniform of one (stream, replication, period, slot)."""
    block = np.uint64(slot) >> np.uint64(2)
    word0, word1, word2, word3 = philox_kernel(replication, stream_low, period, block, key0, key1)
    lane = np.uint64(slot) & np.uint64(3)
    word = word0
    if lane == np.uint64(1):
        word = word1
    elif lane == np.uint64(2):
        word = word2
    elif lane == np.uint64(3):
        word = word3
    return unit_kernel(word)


@kernel
def fill_uniform_kernel(
    key0: Word,
    key1: Word,
    stream_low: Word,
    first_replication: Word,
    period: Word,
    slot: Word,
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` (float64[W], contiguous) with the uniforms of W consecutive replications.

    One loop per word of the block, so that the compiler drops what the other three words would have needed in the last
    rounds and hoists the first rounds, which only see counters that do not change with the replication.
    """
    first = np.uint64(first_replication)
    block = np.uint64(slot) >> np.uint64(2)
    lane = np.uint64(slot) & np.uint64(3)
    size = out.shape[0]
    if lane == np.uint64(0):
        for w in range(size):
            out[w] = unit_kernel(philox_kernel(first + np.uint64(w), stream_low, period, block, key0, key1)[0])
    elif lane == np.uint64(1):
        for w in range(size):
            out[w] = unit_kernel(philox_kernel(first + np.uint64(w), stream_low, period, block, key0, key1)[1])
    elif lane == np.uint64(2):
        for w in range(size):
            out[w] = unit_kernel(philox_kernel(first + np.uint64(w), stream_low, period, block, key0, key1)[2])
    else:
        for w in range(size):
            out[w] = unit_kernel(philox_kernel(first + np.uint64(w), stream_low, period, block, key0, key1)[3])
