"""Shipments under way whose arrival nobody knows: what a lead time can still be, given how long it has been already.

A shipment that was started in period s and has not arrived before period T has a lead time of at least T - s, so it is drawn from
the law of lead times, given that (METHODS 7.3, warm start). Which shipments tell that about themselves depends on the mode of
lead times (METHODS 1.4):

- ``crossing``: each has a lead time of its own, so each is drawn given its own age.
- ``fifo``: the arrival is the running maximum of s + L. That the first of those under way has not come says that its own s + L
  is T or later; the others then come no sooner whatever theirs is, so nothing is said of them, and they are drawn as if they
  had just left. Where one that was foretold for a later period lies before it, nothing is said of the first either.
- ``kaplan``: one age of arrival is drawn a period, and everything at least as old arrives. The draws of coming periods are
  independent of those before, so there is nothing to condition on, and the engine keeps such goods by age anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import LeadMode
from chaintwin.network.program import Program
from chaintwin.network.state import Shipments, State
from chaintwin.rng import stream_id
from chaintwin.simulation.tape.leads import Leads
from chaintwin.simulation.tape.rows import Rows, noise_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]

PURPOSE = "remaining"
"""Purpose of the random streams."""

GUIDE, ATOMS, LOWEST = 0, 1, 2
"""Places in the record of a discrete law (see ``laws.tables``): guide cells, atoms, the lowest value; four numbers lead it."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """S shipments, put into the rows of their arrivals when a block begins.

    Parameters
    ----------
    period : of the state. streams : Words[S]: of the activity. slot : Integers[S]: which of the activity's shipments.
    started, law, share, due, place, quantity : as ``remaining_kernel`` takes them.
    owner, least : Integers[S]: its activity, and the lead time that it has had already, as far as it tells.
    known : bool[S]: whether its arrival is.
    """

    period: int
    streams: Words
    slot: Integers
    started: Integers
    law: Integers
    share: Floats
    due: Floats
    place: Integers
    quantity: Floats
    owner: Integers
    least: Integers
    known: NDArray[np.bool_]

    def with_leads(self, leads: Leads) -> Remaining:
        """Return the same shipments with other tables of lead times."""
        offset = leads.laws.offset[leads.of[self.owner]]
        law = np.where(self.known, -1, offset).astype(np.int64)
        return replace(self, law=law, share=_passed(leads, offset, least=self.least))


def drawn_shipments(program: Program, shipments: Shipments) -> NDArray[np.bool_]:
    """Return bool[shipments]: whether each is put into its row by replication.

    These are the open ones whose lead time is random and not by age, and beside an open one that nothing overtakes all others of
    the same activity, because theirs depend on it.

    Parameters
    ----------
    program : the network. shipments : what is under way.
    """
    activities, owner = program.activities, shipments.activity_index
    if shipments.is_open is None:
        return np.zeros(owner.size, dtype=bool)
    own = (activities.lead_random == 1) & (activities.lead_mode != LeadMode.KAPLAN)
    drawn: NDArray[np.bool_] = shipments.is_open & own[owner]
    queued = np.zeros(own.size, dtype=bool)
    queued[owner[drawn]] = True
    queued &= activities.lead_mode == LeadMode.FIFO
    return drawn | queued[owner]


def remaining_of(program: Program, state: State, *, rows: Rows, leads: Leads) -> Remaining | None:
    """Return what is put into rows by replication, or None where every arrival is known.

    Parameters
    ----------
    program, state : the network and where it starts. rows : its layout. leads : tables of lead times.
    """
    shipments = state.shipments
    drawn = drawn_shipments(program, shipments)
    if not drawn.any():
        return None
    assert shipments.is_open is not None
    chosen = np.flatnonzero(drawn)
    # In the order of starts, so that what does not overtake can follow; the order of a state never matters.
    chosen = chosen[np.lexsort((shipments.quantity[chosen], shipments.started[chosen], shipments.activity_index[chosen]))]
    owner, quantity = shipments.activity_index[chosen], shipments.quantity[chosen]
    started, known = shipments.started[chosen], ~shipments.is_open[chosen]
    first = np.concatenate([[0], np.flatnonzero(np.diff(owner)) + 1]) if owner.size else np.zeros(0, dtype=np.int64)
    slot = np.arange(owner.size) - np.repeat(first, np.diff(np.append(first, owner.size)))
    # Rounding noise on its way holds nothing up.
    queued = (rows.latest[owner] != rows.nowhere) & (quantity > noise_of(program)[owner])
    leading = _leading(owner, is_open=~known & queued, is_before=known & queued & (shipments.arrival[chosen] > state.period))
    least = np.where(queued & ~leading, 0, state.period - started)
    offset = leads.laws.offset[leads.of[owner]]
    names = program.names.activities["activity_id"]
    streams = {int(place): stream_id(PURPOSE, names[int(place)]) for place in np.unique(owner)}
    return Remaining(
        period=state.period,
        streams=np.array([streams[int(place)] for place in owner], dtype=np.uint64),
        slot=slot.astype(np.int64),
        started=started.astype(np.int64),
        law=np.where(known, -1, offset).astype(np.int64),
        share=_passed(leads, offset, least=least),
        due=shipments.arrival[chosen].astype(np.float64),
        place=np.stack([rows.pipe[owner], rows.pipe_length[owner], np.where(queued, rows.latest[owner], -1)], axis=1).astype(
            np.int64
        ),
        quantity=quantity,
        owner=owner,
        least=least,
        known=known,
    )


def _leading(owner: Integers, *, is_open: NDArray[np.bool_], is_before: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which shipments tell that their own lead time is not over: the first open one of those that do not overtake each
    other, unless one before it is known to come later on, which explains by itself that it has not come.

    Parameters
    ----------
    owner : activity of each, in order. is_open : those that may tell. is_before : those that explain it of all behind them.
    """
    leading = np.zeros(owner.size, dtype=bool)
    opened, known = np.flatnonzero(is_open), np.flatnonzero(is_before)
    first = {int(owner[at]): int(at) for at in known[::-1]}
    for at in opened[np.unique(owner[opened], return_index=True)[1]].tolist():
        leading[at] = first.get(int(owner[at]), at) >= at
    return leading


def _passed(leads: Leads, offset: Integers, *, least: Integers) -> Floats:
    """Return the probability that each lead time is less than ``least`` periods; 0 where that is certain.

    What is certain cannot be conditioned on: such goods are overdue by every law, and arrive at once.
    """
    values = leads.laws.values
    cells, atoms, lowest = (values[offset + part].astype(np.int64) for part in (GUIDE, ATOMS, LOWEST))
    shorter = np.minimum(least - lowest, atoms)
    share = values[offset + 4 + cells + np.maximum(shorter, 1) - 1]
    return np.where((shorter > 0) & (share < 1.0), share, 0.0)
