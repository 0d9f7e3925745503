"""A network as flows: what activities take and give, what limits them, what is there and what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.program import Program
from chaintwin.network.state import State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Flows:
    """What a linear programme of a network is made of; N buffers, A activities, K resources, D streams.

    Parameters
    ----------
    stock : Floats[N], unit, 0 or more.
    taken, given : sparse float64[N, A]: units of each buffer that one unit of an activity takes and gives, yields included.
    used : sparse float64[K, A]: what one unit takes of a resource.
    capacity : Floats[K], a period; infinite where nothing limits.
    buffer : Integers[D]: where a stream asks.
    rate, margin : Floats[D]: units a period; money a unit served.
    lead : Integers[A], period.
    arriving : sparse float64[A, P]: units of activity already started, by period of arrival.
    """

    stock: Floats
    taken: sparse.csc_array
    given: sparse.csc_array
    used: sparse.csc_array
    capacity: Floats
    buffer: Integers
    rate: Floats
    margin: Floats
    lead: Integers
    arriving: sparse.csr_array

    @property
    def in_reach(self) -> Floats:
        """Floats[N], unit: stock, and what has been started already and will be."""
        started = np.asarray(self.arriving.sum(axis=1), dtype=np.float64).ravel()
        found: Floats = self.stock + self.given @ started
        return found


def flows_of(program: Program, state: State) -> Flows:
    """Return the flows of a network at a state; laws stand for their means.

    Capacity and demand that change with the period stand for their mean over what repeats. A lead time that is drawn stands for
    its mean, rounded to whole periods. The margin of a stream is its price and what it costs to lose a unit, as nothing that has
    been bought for it can be sent back.

    Parameters
    ----------
    program : the network.
    state : where it stands.
    """
    activities, streams, resources = program.activities, program.streams, program.resources
    count, actors, _, _ = program.counts
    taken = sparse.csr_array((activities.input_quantity, activities.input_buffer, activities.input_start), shape=(actors, count))
    given = sparse.csr_array(
        (activities.output_quantity, activities.output_buffer, activities.output_start), shape=(actors, count)
    )
    shape = (actors, resources.cost.size)
    used = sparse.csr_array((activities.use_quantity, activities.use_resource, activities.use_start), shape=shape)
    random = activities.lead_random == 1
    lead = np.where(random, np.rint(program.laws.mean[activities.lead_law]).astype(np.int64), activities.lead_fixed)
    shipments = state.shipments
    ahead = shipments.arrival - state.period
    arriving = sparse.coo_array(
        (shipments.quantity, (shipments.activity_index, ahead)), shape=(actors, int(ahead.max(initial=0)) + 1)
    )
    return Flows(
        stock=state.on_hand(count),
        taken=taken.T.tocsc(),
        given=given.T.tocsc(),
        used=used.T.tocsc(),
        capacity=_means(resources.capacity_start, resources.capacity_value, state.resource_share),
        buffer=streams.buffer,
        rate=_rates(program),
        margin=streams.price + streams.lost_cost,
        lead=lead,
        arriving=arriving.tocsr(),
    )


def _rates(program: Program) -> Floats:
    """Return Floats[D]: mean demand of each stream, units a period."""
    streams = program.streams
    replayed = streams.law < 0
    one = np.ones(streams.law.size)
    drawn = program.laws.mean[np.maximum(streams.law, 0)] * _means(streams.factor_start, streams.factor_value, one)
    found: Floats = np.where(replayed, _means(streams.series_start, streams.series_value, one), drawn)
    return found


def _means(start: Integers, values: Floats, factor: Floats) -> Floats:
    """Return the mean of each row of values times a factor; 0 where a row is empty."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    size = np.diff(start)
    found: Floats = factor * (sums[start[1:]] - sums[start[:-1]]) / np.maximum(size, 1)
    return found
