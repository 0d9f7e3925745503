"""Where units end up: the part of what left each stock point, and of what each activity moved, that was for each stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.graph import ActivityKind
from chaintwin.network.program import Program

Floats = NDArray[np.float64]

ROUNDS = 10_000
"""Most stages that are followed; without loops there are as many as the longest chain has."""

TINY = 1e-15
"""Parts below this are no longer followed: what a loop returns grows less and less."""


@dataclass(frozen=True, slots=True, eq=False)
class Destinations:
    """Parts of flows by the stream they were for; each row adds up to 1, or less where some reached no customer.

    Parameters
    ----------
    buffer : sparse float64[N, D], of what left a stock point; an empty row where nothing left.
    activity : sparse float64[A, D], of what an activity gave.
    """

    buffer: sparse.csr_array
    activity: sparse.csr_array


def follow_flows(program: Program, *, started: Floats, shipped: Floats, worth: Floats) -> Destinations:
    """Return the streams that flows were for, followed downstream through moves and bills of materials.

    What leaves a stock point is for a stream as far as it is shipped there, or taken by an activity whose outputs are for it. An
    activity with several outputs is divided over them by what they are worth. What expires is not counted as leaving: everyone
    who draws on the stock point bears it.

    Parameters
    ----------
    program : the network.
    started : Floats[A], units of activity, 0 or more. shipped : Floats[D], units, 0 or more. Both over the same time.
    worth : Floats[N], value of a unit of each stock point's product, 0 or more.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> program = load(Example.BEER_GAME).compile()
    >>> follow_flows(program, started=np.ones(4), shipped=np.ones(1), worth=np.ones(4)).activity.toarray().ravel().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    activities, streams = program.activities, program.streams
    count, actors, asking, _ = program.counts
    shape = (actors, count)
    taken = sparse.csr_array((activities.input_quantity, activities.input_buffer, activities.input_start), shape=shape)
    gains = activities.output_quantity
    gain = sparse.csr_array((gains, activities.output_buffer, activities.output_start), shape=shape)
    value = sparse.csr_array((gains * worth[activities.output_buffer], gain.indices, gain.indptr), shape=shape)
    is_bare = np.repeat(row_sums(value) == 0, np.diff(activities.output_start))
    # What is worth nothing is divided by units.
    given = to_one(sparse.csr_array((np.where(is_bare, gains, value.data), gain.indices, gain.indptr), shape=shape))
    moved = scaled_rows(taken, started).T.tocsr()
    sold = sparse.csr_array((shipped, (streams.buffer, np.arange(asking))), shape=(count, asking))
    left = row_sums(moved) + row_sums(sold)
    each = np.divide(1.0, left, out=np.zeros(count), where=left > 0)
    onward, term = scaled_rows(moved @ given, each), scaled_rows(sold, each)
    found = term
    for _ in range(ROUNDS):
        term = (onward @ term).tocsr()
        term.data[np.abs(term.data) < TINY] = 0.0
        term.eliminate_zeros()
        if term.nnz == 0:
            break
        found = found + term
    return Destinations(found.tocsr(), (given @ found).tocsr())


def substituted_share(program: Program, *, started: Floats) -> Floats:
    """Return the part of what came to each stock point that was made from a substitute, here or before it was moved here.

    Parameters
    ----------
    program : the network.
    started : Floats[A], units of activity.

    Returns
    -------
    Floats[N], 0 to 1; 0 where nothing came. First stock is taken to be the product itself.
    """
    activities = program.activities
    count, actors, _, _ = program.counts
    owner = np.repeat(np.arange(actors), np.diff(activities.output_start))
    flow = started[owner] * activities.output_quantity
    is_substitute = np.zeros(actors, dtype=np.bool_)
    is_substitute[program.buffers.substitute_activity] = True
    came = np.bincount(activities.output_buffer, weights=flow, minlength=count)
    replaced = np.bincount(activities.output_buffer, weights=flow * is_substitute[owner], minlength=count)
    # Only a move has one input that is the same product as its output.
    is_move = activities.kind[owner] == ActivityKind.MOVE
    is_move &= (np.diff(activities.input_start)[owner] == 1) & ~is_substitute[owner]
    origin = activities.input_buffer[activities.input_start[owner[is_move]]]
    ways = sparse.csr_array((flow[is_move], (activities.output_buffer[is_move], origin)), shape=(count, count))
    each = np.divide(1.0, came, out=np.zeros(count), where=came > 0)
    onward, found = scaled_rows(ways, each), replaced * each
    own = found
    for _ in range(ROUNDS):
        more = own + onward @ found
        if np.abs(more - found).max(initial=0.0) < TINY:
            break
        found = more
    return np.minimum(found, 1.0)


def row_sums(matrix: sparse.csr_array) -> Floats:
    """Return Floats[rows]: the sum of each row.

    Example
    -------
    >>> row_sums(sparse.csr_array(np.array([[1.0, 2.0], [0.0, 0.0]]))).tolist()
    [3.0, 0.0]
    """
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    found: Floats = np.bincount(rows, weights=matrix.data, minlength=matrix.shape[0]).astype(np.float64)
    return found


def scaled_rows(matrix: sparse.csr_array, factors: Floats) -> sparse.csr_array:
    """Return the matrix with each row times its factor.

    Example
    -------
    >>> scaled_rows(sparse.csr_array(np.array([[1.0, 2.0], [0.0, 3.0]])), np.array([2.0, 0.0])).toarray().tolist()
    [[2.0, 4.0], [0.0, 0.0]]
    """
    values = matrix.data * np.repeat(factors, np.diff(matrix.indptr))
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def to_one(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the matrix with each row adding up to 1; rows of nothing stay so.

    Example
    -------
    >>> to_one(sparse.csr_array(np.array([[1.0, 3.0], [0.0, 0.0]]))).toarray().tolist()
    [[0.25, 0.75], [0.0, 0.0]]
    """
    totals = row_sums(matrix)
    return scaled_rows(matrix, np.divide(1.0, totals, out=np.zeros(totals.size), where=totals > 0))
