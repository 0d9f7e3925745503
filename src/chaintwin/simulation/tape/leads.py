"""Lead times as tables of whole periods: for each number of periods the uniforms from which on a lead time is as long."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws import PackedKind, PackedLaws
from chaintwin.laws.tables_kernels import thresholds_kernel
from chaintwin.network.program import Program
from chaintwin.simulation.tape.rows import ripens

Integers = NDArray[np.int64]

CELLS_PER_PERIOD = 8
CELLS_MAX = 4096
"""Guide cells of a table, as many as keep it small."""


class Leads(NamedTuple):
    """Laws of a tape, those of lead times behind those of the program.

    Parameters
    ----------
    laws : all of them.
    of : Integers[A]: law of the lead time of each activity, where it is random.
    shortest : Integers[A]: the shortest lead time that can be drawn.
    """

    laws: PackedLaws
    of: Integers
    shortest: Integers


def lead_tables(program: Program) -> Leads:
    """Return the lead times of a program as discrete laws, which give the same periods at every uniform as rounding would.

    Lead times are rounded to whole periods, halves up, between 0 (1 where goods arrive by their age) and the longest one of the
    law, whatever is on its way at the start and whatever disruptions may stretch.

    Parameters
    ----------
    program : the network.
    """
    activities, laws = program.activities, program.laws
    of, shortest = np.zeros(activities.kind.size, dtype=np.int64), activities.lead_fixed.copy()
    random = np.flatnonzero(activities.lead_random == 1)
    if not random.size:
        return Leads(laws, of, shortest)
    least = ripens(program)[random].astype(np.int64)
    keys, which = np.unique(
        np.stack([activities.lead_law[random], least, activities.lead_fixed[random]]), axis=1, return_inverse=True
    )
    law, low, high = keys
    start = np.concatenate([[0], np.cumsum(high - low)]).astype(np.int64)
    ends = np.empty(int(start[-1]))
    packed = (laws.kind[law], laws.offset[law], laws.size[law], laws.values)
    thresholds_kernel(*packed, low, high, start, ends)
    records = [record_of(int(low[number]), ends[start[number] : start[number + 1]]) for number in range(law.size)]
    sizes = np.array([record.size for record in records], dtype=np.int64)
    offsets = laws.values.size + np.cumsum(sizes) - sizes
    nothing = np.zeros(law.size)
    extended = replace(
        laws,
        kind=np.concatenate([laws.kind, np.full(law.size, PackedKind.DISCRETE, dtype=np.int8)]),
        offset=np.concatenate([laws.offset, offsets]),
        size=np.concatenate([laws.size, sizes]),
        values=np.concatenate([laws.values, *records]),
        mean=np.concatenate([laws.mean, nothing]),
        low=np.concatenate([laws.low, low]),
        high=np.concatenate([laws.high, high]),
        is_whole=np.concatenate([laws.is_whole, np.ones(law.size, dtype=np.bool_)]),
    )
    of[random] = laws.kind.size + which.ravel()
    first = np.array([low[number] + int((ends[start[number] : start[number + 1]] <= 0).sum()) for number in range(law.size)])
    shortest[random] = first[which.ravel()]
    return Leads(extended, of, shortest)


def record_of(first: int, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the record of a discrete law (see ``laws.tables``) whose uniforms from ``ends[i]`` on give more than first + i.

    Parameters
    ----------
    first : the smallest value. ends : float64[values - 1], 0 to 1, ascending.
    """
    cumulative = np.append(ends, 1.0)
    cells = min(CELLS_MAX, 1 << (CELLS_PER_PERIOD * cumulative.size - 1).bit_length())
    guide = np.searchsorted(cumulative, np.arange(cells) / cells, side="left")
    return np.concatenate([[cells, cumulative.size, first, 0.0], guide, cumulative])
