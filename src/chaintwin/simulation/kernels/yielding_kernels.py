"""Which units of what arrives are good: binomial draws by inversion (METHODS 1.5, yield; 1.6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import inlined_kernel, kernel, part_kernel
from chaintwin.rng_kernels import uniform_kernel

Row = NDArray[np.float64]


@kernel
def binomial_kernel(units: int, chance: float, u: float) -> int:
    """Return the smallest k that a binomial variable (units, chance) does not exceed with probability ``u`` or more.

    ``chance`` is at most one half. Probabilities are summed upward from that of 0, which takes one step for each unit of the
    result and is exact but for rounding as long as that of 0 is not below 1e-280. Once further terms are too small to be added
    the search ends, for then only rounding keeps the sum below ``u``.
    """
    keep = 1.0 - chance
    odds = chance / keep
    term = _power_kernel(keep, units)
    total, count, usual = term, 0, chance * units
    while total < u and count < units:
        count += 1
        term *= (units - count + 1) / count * odds
        before = total
        total += term
        if total == before and count > usual:
            break
    return count


@part_kernel
def yield_kernel(
    good: Row,
    arrived: Row,
    good_total: Row,
    scrapped_total: Row,
    rate: float,
    most: float,
    slot: float,
    key0: np.uint64,
    key1: np.uint64,
    stream_low: np.uint64,
    first: int,
    period: int,
) -> None:
    """Set ``good`` to how many of the units that arrived are good, each with chance ``rate``, and count both kinds.

    More than ``most`` units are drawn in parts as equal as can be, the larger ones first, part j with the uniform of slot
    ``slot`` + j. Of two kinds the rarer one is drawn, the good ones rising with the uniform.
    """
    chance = min(rate, 1.0 - rate)
    for w in range(good.shape[0]):
        units = int(arrived[w])
        parts = int((units + most - 1.0) // most)
        drawn = 0
        for part in range(parts):
            size = units // parts + (1 if part < units % parts else 0)
            u = uniform_kernel(key0, key1, stream_low, first + w, period, int(slot) + part)
            # Few rejects are many good units, and 1 - u is the same number of 33 bits seen from the other end.
            drawn += binomial_kernel(size, chance, u if rate < 0.5 else 1.0 - u)
        passed = drawn if rate < 0.5 else units - drawn
        good[w] = passed
        good_total[w] += passed
        scrapped_total[w] += units - passed


@inlined_kernel
def _power_kernel(base: float, exponent: int) -> float:
    """Return a power by repeated squaring, the same on every machine."""
    result, left, factor = 1.0, exponent, base
    while left > 0:
        if left % 2 == 1:
            result *= factor
        factor *= factor
        left //= 2
    return result
