"""What depends on when stock or claims came in: rows used in turn that remember it by period (METHODS 1.3 and 1.5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import part_kernel, row_kernel

Row = NDArray[np.float64]
Table = NDArray[np.float64]


@part_kernel
def age_kernel(op: int, a: int, b: int, c: int, d: int, e: int, f: int, slack: float, period: int, table: Table) -> None:
    """Do one of the operations of ``operations.py`` on ages, told apart by number."""
    if op == 48:
        _age_in_kernel(table[a], table[b], table[c], table[d + period % e])
    elif op == 49:
        _age_more_kernel(table[a], table[b], table[c], table[d + period % e])
    elif op == 50:
        _expect_kernel(table[a], table[b], table[c], table[d])
    elif op == 51:
        # The oldest class has the place that tomorrow's will have.
        _expect_last_kernel(table[a], table[b], table[c], table[d + (period + 1) % e])
    elif op == 52:
        _expire_kernel(table[a], table[b], table[c], table[d], table[e])
    elif op == 56:
        _complete_kernel(table, a, b, c, d, slack, period)
    else:
        _taken_kernel(table[c], table[a])
        age = 0
        while age < f and _take_youngest_kernel(table[e + (period - age) % f], table[c]) > 0.0:
            age += 1
        _expire_class_kernel(table[a], table[b], table[c], table[d], table[e + (period + 1) % f])


@part_kernel
def _complete_kernel(table: Table, grant: int, backlog: int, ring: int, length: int, slack: float, period: int) -> None:
    """E4: cut a grant to the demand of whole periods, the oldest first; what is older than the ring may be sent in part."""
    for w in range(table.shape[1]):
        granted, whole = table[grant, w], table[backlog, w]
        age = 0
        while age < length and whole > granted + slack:
            whole -= min(whole, table[ring + (period - age) % length, w])
            age += 1
        table[grant, w] = min(whole, granted)


@row_kernel
def _age_in_kernel(total: Row, held: Row, young: Row, slot: Row) -> None:
    """E1: what came in since the last close takes the place of what came in when the place was last used."""
    for w in range(total.shape[0]):
        came = total[w] - held[w]
        young[w] += came - slot[w]
        slot[w] = came
        held[w] = total[w]


@row_kernel
def _age_more_kernel(total: Row, held: Row, young: Row, slot: Row) -> None:
    """E4: what came in since joins what came in today."""
    for w in range(total.shape[0]):
        came = total[w] - held[w]
        young[w] += came
        slot[w] += came
        held[w] = total[w]


@row_kernel
def _expect_kernel(position: Row, on_hand: Row, claims: Row, young: Row) -> None:
    """E3: what is not young and will not be taken today is not counted."""
    for w in range(position.shape[0]):
        position[w] -= max(on_hand[w] - claims[w] - young[w], 0.0)


@row_kernel
def _expect_last_kernel(position: Row, on_hand: Row, claims: Row, oldest: Row) -> None:
    """E3: the same where the oldest are taken last."""
    for w in range(position.shape[0]):
        position[w] -= min(oldest[w], max(on_hand[w] - claims[w], 0.0))


@row_kernel
def _expire_kernel(on_hand: Row, position: Row, held: Row, young: Row, total: Row) -> None:
    """E5: stock beyond what is young expires, for the oldest was taken first."""
    for w in range(on_hand.shape[0]):
        gone = max(min(on_hand[w] - young[w], on_hand[w]), 0.0)
        on_hand[w] -= gone
        position[w] -= gone
        held[w] = on_hand[w]
        total[w] += gone


@row_kernel
def _taken_kernel(held: Row, on_hand: Row) -> None:
    """E5: turn what there was into what was taken of it."""
    for w in range(held.shape[0]):
        held[w] -= on_hand[w]


@row_kernel
def _take_youngest_kernel(slot: Row, taken: Row) -> float:
    """E5: what was taken leaves a class as far as that holds it; return the most that is left to take."""
    most = 0.0
    for w in range(slot.shape[0]):
        part = min(slot[w], taken[w])
        slot[w] -= part
        taken[w] -= part
        most = max(most, taken[w])
    return most


@row_kernel
def _expire_class_kernel(on_hand: Row, position: Row, held: Row, total: Row, oldest: Row) -> None:
    """E5: what is left of the oldest class expires."""
    for w in range(on_hand.shape[0]):
        gone = max(min(oldest[w], on_hand[w]), 0.0)
        oldest[w] = 0.0
        on_hand[w] -= gone
        position[w] -= gone
        held[w] = on_hand[w]
        total[w] += gone
