"""The engine: plays a tape of operations period by period on a table of rows, one column a replication (METHODS 1.2, 1.10)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import inlined_kernel, inner_kernel, kernel, part_kernel, row_kernel
from chaintwin.laws.tables_kernels import fill_quantile_kernel
from chaintwin.rng_kernels import fill_uniform_kernel
from chaintwin.simulation.kernels.ageing_kernels import age_kernel
from chaintwin.simulation.kernels.allocating_kernels import allocate_kernel
from chaintwin.simulation.kernels.money_kernels import money_kernel
from chaintwin.simulation.kernels.ordering_kernels import (
    average_kernel,
    forecast_kernel,
    least_kernel,
    nearest_kernel,
    order_alone_kernel,
    order_anchored_kernel,
    order_forecast_kernel,
    order_lots_kernel,
    order_part_kernel,
    order_r_nq_kernel,
    order_s_s_kernel,
    order_up_to_kernel,
    part_whole_kernel,
    place_kernel,
    project_kernel,
    round_kernel,
    take_kernel,
    take_next_kernel,
)
from chaintwin.simulation.kernels.room_kernels import hold_kernel, is_short_kernel, room_kernel
from chaintwin.simulation.kernels.row_kernels import (
    Row,
    add_kernel,
    ask_kernel,
    begin_kernel,
    clamp_kernel,
    copy_kernel,
    cut_kernel,
    demand_kernel,
    fill_kernel,
    floor_kernel,
    limit_alone_kernel,
    limit_kernel,
    lose_kernel,
    owe_kernel,
    promise_kernel,
    queue_kernel,
    ripen_kernel,
    scale_kernel,
    served_kernel,
    settle_kernel,
    ship_alone_kernel,
    ship_kernel,
    start_alone_kernel,
    start_free_kernel,
    start_granted_kernel,
    stock_kernel,
)
from chaintwin.simulation.kernels.strike_kernels import strike_kernel
from chaintwin.simulation.kernels.yielding_kernels import yield_kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]


@kernel
def run_kernel(
    span: tuple[int, int, int, int, int],
    first: int,
    integer: bool,
    code: NDArray[np.int32],
    numbers: Floats,
    claims: Integers,
    quantities: Floats,
    series: Floats,
    terms: NDArray[np.int32],
    weights: Floats,
    draws: Words,
    law_kind: NDArray[np.int8],
    law_offset: Integers,
    law_size: Integers,
    law_values: Floats,
    phase: Integers,
    scratch: Floats,
    table: Floats,
) -> None:
    """Play the tape for periods ``span[0]`` to ``span[1] - 1``; ``first`` is the number of the block's first replication.

    Totals by period are kept in blocks of ``span[4]`` rows that begin at row ``span[2]``, whose first row belongs to period
    ``span[3]``. ``phase[k]`` is set to the period modulo k; ``scratch`` is float64[1, W]. The operations are those of
    ``operations.py``, told apart by number, for an enumeration cannot be compiled.
    """
    length = span[4]
    for period in range(span[0], span[1]):
        for ring in range(1, phase.shape[0]):
            phase[ring] = period % ring
        row = span[2] + period - span[3]
        at = 0
        while at < code.shape[0]:
            op, a, b, c = code[at, 0], code[at, 1], code[at, 2], code[at, 3]
            d, e, f, g = code[at, 4], code[at, 5], code[at, 6], code[at, 7]
            if op < 3:
                _move_kernel(op, a, b, c, numbers[at, 0], phase, table)
            elif op == 3 or op == 35 or op == 64 or op == 68 or op == 84:
                line, law = code[at], (law_kind, law_offset, law_size, law_values)
                _draw_kernel(op, line, numbers[at], draws, law, series, period, first, integer, scratch[0], phase, table)
            elif op == 4:
                fill_kernel(table[a], _unit_kernel(series[b + period % c], integer))
            elif op == 5:
                ask_kernel(table[a], table[b], table[c], table[d])
            elif op == 6 or op == 71:
                at += _jump_kernel(op, a, b, c, period, numbers[at, 0], table)
            elif op == 7 or op == 54 or op == 55:
                allocate_kernel(op, period, table, a, b, c, int(d), int(e), claims, quantities, integer)
            elif op < 17:
                _order_kernel(op, a, b, c, d, e, f, g, period, integer, numbers[at], series, phase, table)
            elif op == 17:
                fill_kernel(table[a], max(series[b + period % c] * numbers[at, 0], 0.0))
            elif op < 23 or op == 34 or op == 47:
                _count_kernel(op, a, b, c, d, e, f, numbers[at, 0], row, length, integer, table)
            elif op == 31 or op == 37:
                _travel_kernel(op, period, a, b, c, d, e, table)
            elif op == 38:
                _sum_kernel(table, a, b, c, terms, weights)
            elif op > 84:
                strike_kernel(op, code[at], numbers[at], period, integer, series, table)
            elif op > 79:
                money_kernel(op, a, b, c, d, e, f, g, period, row + 4 * length, length, series, table)
            elif op > 59:
                _source_kernel(op, a, b, c, d, e, f, g, numbers[at], period, first, integer, series, table)
            elif 38 < op < 46:
                _rule_kernel(op, a, b, c, d, numbers[at], period, series, table)
            elif 47 < op < 60:
                age_kernel(op, a, b, c, d, e, f, numbers[at, 0], period, table)
            else:
                _start_kernel(op, a, b, c, d, e, f, g, numbers[at, 0], numbers[at, 1], period, integer, phase, table)
            at += 1


@part_kernel
def _draw_kernel(
    op: int,
    line: NDArray[np.int32],
    numbers: Floats,
    draws: Words,
    laws: tuple[NDArray[np.int8], Integers, Integers, Floats],
    series: Floats,
    period: int,
    first: int,
    integer: bool,
    uniforms: Floats,
    phase: Integers,
    table: Floats,
) -> None:
    a, b, c, d, e, f, g = line[1], line[2], line[3], line[4], line[5], line[6], line[7]
    if op == 68:
        key = draws[d]
        arrived, totals = table[b + phase[c]], (table[e], table[f])
        yield_kernel(table[a], arrived, *totals, numbers[0], numbers[1], numbers[2], key[0], key[1], key[2], first, period)
    else:
        # What is sent on its way draws its lead time as late as that, because often nothing is.
        into, draw, law = (f, d, e) if op == 64 else (a, b, c)
        if op != 64 or _is_any_kernel(table[c]):
            when = 0 if op == 84 else period
            fill_uniform_kernel(draws[draw, 0], draws[draw, 1], draws[draw, 2], first, when, 0, uniforms)
            fill_quantile_kernel(laws[0][law], laws[1][law], laws[2][law], laws[3], uniforms, table[into])
        if op == 3:
            demand_kernel(table[a], table[f], table[g], table[line[8]], series[d + period % e], integer)
        elif op == 64:
            _send_kernel(period, a, b, c, f, g, table)


@inlined_kernel
def _unit_kernel(value: float, integer: bool) -> float:
    return math.floor(value + 0.5) if integer else value


@inner_kernel
def _move_kernel(op: int, a: int, b: int, c: int, factor: float, phase: Integers, table: Floats) -> None:
    if op == 0:
        add_kernel(table[a], table[b + phase[c]], factor)
    elif op == 1:
        fill_kernel(table[a + phase[b]], 0.0)
    else:
        copy_kernel(table[a], table[b])


@inner_kernel
def _order_kernel(
    op: int,
    a: int,
    b: int,
    c: int,
    d: int,
    e: int,
    f: int,
    g: int,
    period: int,
    integer: bool,
    numbers: Floats,
    series: Floats,
    phase: Integers,
    table: Floats,
) -> None:
    if op == 8:
        project_kernel(table[a], table[b], table[c], table[d], numbers[0], integer)
    elif op == 9:
        order_up_to_kernel(table[a], table[b], numbers[0], numbers[1])
    elif op == 10:
        order_s_s_kernel(table[a], table[b], numbers[0], numbers[1], numbers[2])
    elif op == 11:
        order_r_nq_kernel(table[a], table[b], numbers[0], numbers[1], numbers[2])
    elif op == 12:
        scale_kernel(table[a], table[b], numbers[0])
    elif op == 13:
        part_whole_kernel(table[a], table[b], series[c : c + d], e, numbers[0])
    elif op == 14:
        round_kernel(table[a], numbers[0], numbers[1], numbers[2], numbers[3], integer)
    elif op == 15:
        place_kernel(table[a + (period + e) % b], table[c], table[d], numbers[0])
    else:
        today = phase[c] if g == 0 else (period + g) % c
        order_alone_kernel(table[a], table[b + today], table[d], table[e], table[f], numbers[0], numbers[1], numbers[2])


@part_kernel
def _travel_kernel(op: int, period: int, a: int, b: int, c: int, d: int, e: int, table: Floats) -> None:
    if op == 31:
        _scatter_kernel(period, a, b, c, d, e, table)
    else:
        _ripen_kernel(table, a, b, c, d, e, period)


@part_kernel
def _jump_kernel(op: int, a: int, b: int, c: int, period: int, noise: float, table: Floats) -> int:
    """Return how many operations are left out: those of a buffer that is not reviewed, or of a room that holds everything."""
    if op == 6:
        return c if (period - b) % a != 0 else 0
    return 0 if is_short_kernel(table[a], table[b], noise) else c


@part_kernel
def _ripen_kernel(table: Floats, ring: int, length: int, arriving: int, age: int, total: int, period: int) -> None:
    fill_kernel(table[arriving], 0.0)
    for old in range(1, length + 1):
        ripen_kernel(table[ring + (period - old) % length], table[arriving], table[age], table[total], float(old))


@part_kernel
def _sum_kernel(table: Floats, into: int, first: int, end: int, terms: NDArray[np.int32], weights: Floats) -> None:
    fill_kernel(table[into], 0.0)
    for term in range(first, end):
        add_kernel(table[into], table[terms[term]], weights[term])


@inner_kernel
def _rule_kernel(op: int, a: int, b: int, c: int, d: int, numbers: Floats, period: int, series: Floats, table: Floats) -> None:
    if op == 39:
        forecast_kernel(table[a], table[b], numbers[0])
    elif op == 40:
        order_lots_kernel(table[a], table[b], numbers[0], numbers[1], numbers[2])
    elif op == 41:
        fill_kernel(table[a], numbers[0])
    elif op == 42:
        order_part_kernel(table[a], table[b], table[c], numbers[0], numbers[1])
    elif op == 43:
        order_anchored_kernel(table[a], table[b], table[c], table[d], numbers[0], numbers[1], numbers[2])
    elif op == 44:
        order_up_to_kernel(table[a], table[b], series[c + period % d], numbers[0])
    else:
        nearest_kernel(table[a])


@part_kernel
def _source_kernel(
    op: int,
    a: int,
    b: int,
    c: int,
    d: int,
    e: int,
    f: int,
    g: int,
    numbers: Floats,
    period: int,
    first: int,
    integer: bool,
    series: Floats,
    table: Floats,
) -> None:
    if op == 72:
        room_kernel(table[a], numbers[0])
    elif op == 73:
        today, tomorrow = a + period % b, a + (period + 1) % b
        hold_kernel(table[today], table[tomorrow], table[c], table[d], table[e], numbers[0], numbers[1], integer)
    elif op == 74:
        hold_kernel(table[a], table[b + (period + 1) % c], table[d], table[e], table[f], numbers[0], numbers[1], integer)
    elif op == 70:
        promise_kernel(table[a], table[b], table[c], table[d], table[e], table[f + period % g], numbers[0], integer)
    elif op == 60:
        for ahead in range(d, e + 1):
            add_kernel(table[a], table[b + (period + ahead) % c], numbers[0])
    elif op == 61:
        least_kernel(table[a], table[b], numbers[0], integer)
    elif op == 67:
        for w in range(table.shape[1]):
            table[a, w] = _unit_kernel(series[b + (first + w) % d * c + period % c], integer)
    elif op == 65:
        average_kernel(table[a], table[b], table[c + period % d], table[e], float(d))
    elif op == 66:
        order_forecast_kernel(table[a], table[b], table[c], numbers[0], numbers[1], numbers[2])
    elif op == 62:
        take_kernel(table[a], table[b], table[c])
    else:
        take_next_kernel(table[a], table[b], table[c])


@inner_kernel
def _count_kernel(
    op: int,
    a: int,
    b: int,
    c: int,
    d: int,
    e: int,
    f: int,
    number: float,
    row: int,
    length: int,
    integer: bool,
    table: Floats,
) -> None:
    if op == 18:
        ship_kernel(table[a], table[b], table[c], table[d])
    elif op == 19:
        ship_alone_kernel(table[a], table[b], table[c])
    elif op == 20:
        today = row + 2 * length
        served_kernel(table[a], table[b], table[c], table[d], table[e], table[today + length], table[today], number)
    elif op == 21:
        lose_kernel(table[a], table[b], table[c], table[d], number, integer)
    elif op == 22:
        owe_kernel(table[a], table[b], table[row + length])
    elif op == 47:
        today = row + 2 * length
        settle_kernel(
            table[a],
            table[b],
            table[c],
            table[d],
            table[e],
            table[f],
            table[today + length],
            table[today],
            table[row + length],
            number,
        )
    else:
        stock_kernel(table[a], table[b], table[c], table[row], number)


@inner_kernel
def _start_kernel(
    op: int,
    a: int,
    b: int,
    c: int,
    d: int,
    e: int,
    f: int,
    g: int,
    number: float,
    slack: float,
    period: int,
    integer: bool,
    phase: Integers,
    table: Floats,
) -> None:
    if op == 23:
        limit_kernel(table[a], table[b], number)
    elif op == 24:
        limit_alone_kernel(table[a], table[b], number)
    elif op == 25:
        floor_kernel(table[a])
    elif op == 26:
        cut_kernel(table[a], table[b], table[c], table[d])
    elif op == 27:
        clamp_kernel(table[a])
    elif op == 28:
        begin_kernel(table[a], table[b], table[c], table[d], number)
    elif op == 29:
        copy_kernel(table[a + phase[b]], table[c])
    elif op == 30:
        add_kernel(table[a + (period + c) % b], table[d], 1.0)
    elif op == 32:
        start_alone_kernel(table[a], table[b], table[c + phase[d]], table[e], table[f], number, slack, integer)
    elif op == 36:
        queue_kernel(table[a], table[b], table[c], float(period), number)
    elif op == 46:
        start_granted_kernel(table[a], table[b], table[c], table[d + phase[e]], table[f], table[g], number, slack, integer)
    else:
        start_free_kernel(table[a], table[b + phase[c]], table[d], table[e], number)


@row_kernel
def _is_any_kernel(start: Row) -> bool:
    """Tell whether anything starts in any replication."""
    count = 0
    for w in range(start.shape[0]):
        count += start[w] > 0.0
    return count > 0


@part_kernel
def _send_kernel(period: int, ring: int, length: int, start: int, at_once: int, total: int, table: Floats) -> None:
    """Send what starts on its way by the lead times in row ``at_once``, which are not there where nothing starts."""
    if _is_any_kernel(table[start]):
        _scatter_kernel(period, ring, length, start, at_once, total, table)
    else:
        fill_kernel(table[at_once], 0.0)


@part_kernel
def _scatter_kernel(period: int, ring: int, length: int, start: int, at_once: int, total: int, table: Floats) -> None:
    """Send what starts on its way by the lead times in row ``at_once``; leave there what has none."""
    # No lead time is longer than the ring, and a division would take longer than all the rest.
    today = period % length
    for w in range(table.shape[1]):
        lead = int(table[at_once, w])
        started = table[start, w]
        table[total, w] += lead * started
        if lead == 0:
            table[at_once, w] = started
        else:
            table[at_once, w] = 0.0
            slot = today + lead
            slot -= length if slot >= length else 0
            table[np.uint64(ring + slot), np.uint64(w)] += started
