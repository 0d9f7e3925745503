"""The random numbers of event processes: one stream for each process id, one row of numbers for each slot.

The scenario is not in the key, so that scenarios meet the same numbers; and a process draws from its own stream alone, so that
adding one changes no other one's events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_whole
from chaintwin.rng import check_seed, stream_of

EVENT_LIMIT = 50_000_000
"""A sample may be expected to hold so many events; each takes 16 bytes, and several arrays of that size live at a time."""


@dataclass(frozen=True, slots=True)
class Replications:
    """Which replications to sample: the seed, how many, and from which on.

    Parameters
    ----------
    seed : from 0 to 2**64 - 1.
    count : how many, 1 or more.
    first : number of the first one, so that a long run can be sampled in pieces.
    scenario : None shares the numbers between scenarios; an id makes this scenario independent of the others.

    Raises
    ------
    UsageError : the seed is no whole number of 64 bits, or the replications are not numbered below 2**32.
    """

    seed: int
    count: int
    first: int = 0
    scenario: str | None = None

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_whole("count", self.count, low=1, high=2**31)
        check_whole("first", self.first, high=2**32 - 1 - self.count)


def uniform_rows(replications: Replications, purpose: str, *, entity: str) -> Iterator[NDArray[np.float64]]:
    """Yield one uniform of each replication, float64[count] within (0, 1), slot after slot without end.

    Example
    -------
    >>> rows = uniform_rows(Replications(seed=7, count=3), "occurrence", entity="quake")
    >>> next(rows).shape
    (3,)
    """
    from chaintwin.rng_kernels import fill_uniform_kernel

    stream = stream_of(replications.seed, purpose, entity=entity, scenario=replications.scenario)
    slot = 0
    while True:
        row = np.empty(replications.count)
        fill_uniform_kernel(stream.key0, stream.key1, stream.low, replications.first, 0, slot, row)
        yield row
        slot += 1


def joined_id(*parts: str) -> str:
    """Return one id for several, such that different parts never give the same.

    Example
    -------
    >>> joined_id("quake", "plant-1")
    '5:quake7:plant-1'
    """
    return "".join(f"{len(part)}:{part}" for part in parts)


def check_size(expected_events: float, replications: Replications) -> None:
    """Refuse a sample that would not fit into memory.

    Raises
    ------
    UsageError : more than `EVENT_LIMIT` events are expected in all replications together.

    Example
    -------
    >>> check_size(3.5, Replications(seed=1, count=1000))
    """
    total = expected_events * replications.count
    if not total <= EVENT_LIMIT:
        raise UsageError(
            f"sample: found {total:.3g} events expected in {replications.count:,} replications; allowed: {EVENT_LIMIT:,};"
            " fix: sample fewer replications at a time, or a shorter span"
        )
