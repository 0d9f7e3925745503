"""Buffers with sources of two speeds: how far ahead the expedited ones look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import GraphError
from chaintwin.network.graph import TWO_SPEEDS
from chaintwin.network.program import Program

Integers = NDArray[np.int64]


def expedite_leads(program: Program) -> Integers:
    """Return Integers[N]: periods from order to receipt of the slowest expedited source; -1 where a rule knows no two speeds.

    Raises
    ------
    GraphError
        A buffer with such a rule has no expedited source or no regular one, or a supply whose lead time is random: what is due
        before another source could deliver is then not known when it orders.
    """
    buffers, activities = program.buffers, program.activities
    count = buffers.policy.size
    owner = np.repeat(np.arange(count), np.diff(buffers.source_start))
    fast = np.isin(buffers.policy, TWO_SPEEDS)
    source, expedited = buffers.source_activity, buffers.source_tier > 0
    name = program.names.buffers["buffer_id"]
    for kind, what in ((expedited, "expedited source (priority above 0)"), (~expedited, "regular source (priority 0)")):
        lacking = np.flatnonzero(fast & (np.bincount(owner[kind], minlength=count) == 0))
        if lacking.size:
            raise GraphError(f"{name[int(lacking[0])]}: found no {what}; allowed: both, where a rule orders at two speeds")
    supplied = np.repeat(np.arange(count), np.diff(buffers.supply_start))
    random = np.flatnonzero(fast[supplied] & (activities.lead_random[buffers.supply_activity] == 1))
    if random.size:
        who = program.names.activities["activity_id"][int(buffers.supply_activity[random[0]])]
        at = name[int(supplied[random[0]])]
        raise GraphError(f"{who}: found a random lead time; allowed: fixed ones, because {at} orders at two speeds")
    leads = np.full(count, -1, dtype=np.int64)
    mine = np.flatnonzero(fast[owner] & expedited)
    reach = activities.information_delay[source[mine]] + activities.lead_fixed[source[mine]]
    np.maximum.at(leads, owner[mine], reach)
    return leads
