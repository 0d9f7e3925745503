"""Whether a state is one of a program: lengths, whole units, and numbers that the engine can hold."""

from __future__ import annotations

import numpy as np

from chaintwin.errors import UsageError
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.program import Program
from chaintwin.network.sizes import RING_SLOTS_MAX, SLACK, ring_slots
from chaintwin.network.state import Lots, OpenOrders, Shipments, State
from chaintwin.network.tables.schema import DELAY_MAX

PERIOD_END = 2**31
"""Periods and ages of a state are smaller in size than this."""

_Bounds = tuple[float, float]


def check_state(state: State, program: Program, *, name: str = "state") -> None:
    """Refuse a state that the engine cannot start from.

    Parameters
    ----------
    state, program : what is checked, and the network it is to be one of.
    name : what the state is called in messages.

    Raises
    ------
    UsageError
        An array has another length or type, an index is of nothing, a quantity is negative, too large or a fraction of a whole
        unit, a share is not 0 to 1, or something is due too late or in the past.
    """
    period: object = state.period
    if isinstance(period, bool) or not isinstance(period, int | np.integer) or not 0 <= period < PERIOD_END:
        raise UsageError(f"{name}.period: found {period}; allowed: a whole number from 0 to {PERIOD_END - 1:,}")
    # Rounding may leave less than nothing of real quantities; the engine takes as little for noise.
    least = 0.0 if program.integer else -SLACK * max(1.0, float(np.abs(program.buffers.low).max(initial=0.0)))
    amount = (least, LARGEST)
    buffers, activities, streams, resources = program.counts
    age, ever, last = (0, PERIOD_END - 1), (1 - PERIOD_END, PERIOD_END - 1), int(period) + DELAY_MAX
    parts: tuple[tuple[str, Lots | Shipments | OpenOrders, dict[str, _Bounds]], ...] = (
        ("lots", state.lots, {"buffer_index": (0, buffers - 1), "age": age, "quality_index": age}),
        ("shipments", state.shipments, {"activity_index": (0, activities - 1), "started": ever, "arrival": (int(period), last)}),
        ("orders", state.orders, {"activity_index": (0, activities - 1), "visible": (ever[0], last)}),
    )
    for word, part, columns in parts:
        length = np.size(part.quantity)
        for column, bounds in columns.items():
            _check(f"{name}.{word}.{column}", getattr(part, column), length=length, bounds=bounds, kinds="iu")
        _check(f"{name}.{word}.quantity", part.quantity, length=length, bounds=amount, whole=program.integer)
    _check_open(f"{name}.shipments.is_open", state.shipments)
    _check(f"{name}.backlog", state.backlog, length=streams, bounds=amount, whole=program.integer)
    _check(f"{name}.resource_share", state.resource_share, length=resources, bounds=(0.0, 1.0))
    if state.forecast is not None:
        _check(f"{name}.forecast", state.forecast, length=buffers, bounds=amount)
    _refuse_long(state, program, name=name)


def _check_open(name: str, shipments: Shipments) -> None:
    """Refuse marks of open arrivals that are none, or not one a shipment."""
    marks: object = shipments.is_open
    if marks is None or (isinstance(marks, np.ndarray) and marks.dtype == bool and marks.shape == shipments.quantity.shape):
        return
    found = f"{marks.dtype}{list(marks.shape)}" if isinstance(marks, np.ndarray) else type(marks).__name__
    raise UsageError(f"{name}: found {found}; allowed: None, or bool[{shipments.quantity.size}]")


def _check(name: str, values: object, *, length: int, bounds: _Bounds, kinds: str = "iuf", whole: bool = False) -> None:
    """Refuse what is no array of so many numbers within bounds; ``kinds`` are those of NumPy's types."""
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind not in kinds:
        found = f"{values.ndim} dimensions of {values.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
        raise UsageError(
            f"{name}: found {found}; allowed: an array of one dimension of {'' if 'f' in kinds else 'whole '}numbers"
        )
    if values.size != length:
        raise UsageError(f"{name}: found {values.size:,} numbers; allowed: {length:,}, one for each")
    low, high = bounds
    outside = ~((values >= low) & (values <= high))
    if outside.any():
        place = int(outside.argmax())
        allowed = "none, the network has none" if high < low else f"{_shown(low)} to {_shown(high)}"
        raise UsageError(f"{name}[{place}]: found {values[place]}; allowed: {allowed}")
    if whole and (values != np.floor(values)).any():
        place = int((values != np.floor(values)).argmax())
        raise UsageError(f"{name}[{place}]: found {values[place]}; allowed: whole numbers, because quantities are whole units")


def _shown(bound: float) -> str:
    return f"{bound:,}" if isinstance(bound, int) else f"{max(bound, 0.0):g}"


def _refuse_long(state: State, program: Program, *, name: str) -> None:
    """Refuse what is on its way for so long that the places for it would not fit into memory."""
    activities = program.activities
    lead, delay = activities.lead_max.copy(), activities.information_delay.copy()
    np.maximum.at(lead, state.shipments.activity_index, state.shipments.arrival - state.period)
    np.maximum.at(delay, state.orders.activity_index, state.orders.visible - state.period)
    slots = ring_slots(lead, delay)
    if slots.sum() > RING_SLOTS_MAX:
        most = program.names.activities["activity_id"][int(slots.argmax())]
        raise UsageError(
            f"{name}: found {slots.sum():,} periods until the last arrivals and orders over all sources, most of them {most}; "
            f"allowed: at most {RING_SLOTS_MAX:,}"
        )
