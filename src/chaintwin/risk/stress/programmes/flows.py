"""A network as flows: what activities take and give, what limits them, what is there and what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.network.program import Program
from chaintwin.network.state import State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROUNDS = 256
"""Most stages that costs are carried through."""


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


class Measure(StrEnum):
    """What a unit that is not served costs."""

    MARGIN = "margin"
    """Its price less what buying, making and moving it costs, on average over the sources in use; never below 0."""

    SALES = "sales"
    """Its price."""

    UNITS = "units"
    """One."""


def flows_of(program: Program, state: State, *, measure: Measure = Measure.MARGIN) -> Flows:
    """Return the flows of a network at a state; laws stand for their means.

    Capacity and demand that change with the period stand for their mean over what repeats. A lead time that is drawn stands for
    its mean, rounded to whole periods. What is owed already takes its part of the stock first, as far as there is some.

    Parameters
    ----------
    program : the network.
    state : where it stands.
    measure : what a unit not served costs.

    Raises
    ------
    UsageError
        Nothing that is asked for has a margin or a price.
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
        stock=np.maximum(state.on_hand(count) - np.bincount(streams.buffer, weights=state.backlog, minlength=count), 0.0),
        taken=taken.T.tocsc(),
        given=given.T.tocsc(),
        used=used.T.tocsc(),
        capacity=_means(resources.capacity_start, resources.capacity_value, state.resource_share),
        buffer=streams.buffer,
        rate=_rates(program),
        margin=_margins(program, measure),
        lead=lead,
        arriving=arriving.tocsr(),
    )


def unit_costs(program: Program) -> Floats:
    """Return Floats[N]: what one unit of each buffer costs to have there, money a unit; 0 where it comes from nowhere.

    A unit costs what its sources of the first rank charge, by their shares, and what their inputs cost in turn.

    Parameters
    ----------
    program : the network.
    """
    buffers, activities = program.buffers, program.activities
    count, actors, _, _ = program.counts
    owner = np.repeat(np.arange(count), np.diff(buffers.source_start))
    first = buffers.source_tier == 0
    owner, source = owner[first], buffers.source_activity[first]
    share = (buffers.source_share / buffers.source_total / buffers.source_output)[first]
    shares = sparse.csr_array((share, (owner, source)), shape=(count, actors))
    taken = sparse.csr_array((activities.input_quantity, activities.input_buffer, activities.input_start), shape=(actors, count))
    own = shares @ (activities.variable_cost + activities.duty_cost)
    cost = own
    # As many rounds as there are stages; what a loop returns grows less and less.
    for _ in range(ROUNDS):
        more = own + shares @ (taken @ cost)
        if np.allclose(more, cost, rtol=1e-12, atol=0):
            break
        cost = more
    return cost


def _margins(program: Program, measure: Measure) -> Floats:
    streams = program.streams
    found: Floats
    if measure is Measure.UNITS:
        return np.ones(streams.price.size)
    found = streams.price.copy()
    if measure is Measure.MARGIN:
        found = np.maximum(streams.price - unit_costs(program)[streams.buffer], 0.0)
    if not (found > 0).any():
        other = Measure.SALES if measure is Measure.MARGIN else Measure.UNITS
        raise UsageError(f"measure: found {measure}, but nothing that is asked for has any; fix: measure {other} instead")
    return found


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
