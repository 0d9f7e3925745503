"""What does not fit into a site waits outside: operations on rows, float64[W], one number a replication."""

from __future__ import annotations

import numpy as np

from chaintwin.jit import row_kernel
from chaintwin.simulation.kernels.row_kernels import SLACK, Row


@row_kernel
def room_kernel(free: Row, capacity: float) -> None:
    """Turn what stock takes, with a minus, into what is free."""
    for w in range(free.shape[0]):
        free[w] = max(capacity + free[w], 0.0)


@row_kernel
def is_short_kernel(need: Row, free: Row, noise: float) -> bool:
    """Tell whether more is needed than is free in any replication."""
    count = 0
    for w in range(need.shape[0]):
        count += need[w] > free[w] + noise
    return count > 0


@row_kernel
def hold_kernel(today: Row, tomorrow: Row, free: Row, need: Row, total: Row, volume: float, noise: float, integer: bool) -> None:
    """E1: of what arrives as much comes in as of all that arrives at the site; the rest arrives again in the next period.

    Whole units are rounded down one activity after the other, each by its share of the room and of the arrivals that are left, so
    that room for a whole unit is never left empty while one waits.
    """
    for w in range(today.shape[0]):
        asked = today[w]
        come = asked
        if need[w] > free[w] + noise:
            come = asked * free[w] / need[w]
            if integer:
                come = min(np.floor(come + SLACK), asked)
        if integer:
            free[w] = max(free[w] - volume * come, 0.0)
            need[w] -= volume * asked
        today[w] = come
        tomorrow[w] += asked - come
        total[w] += asked - come
