"""A state as a JSON file that names everything by id, so that it outlives changes in the order of a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding, InputError, UsageError
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.checking_states import PERIOD_END, check_state
from chaintwin.network.graph import FORECASTING
from chaintwin.network.program import Program
from chaintwin.network.state import Lots, OpenOrders, Shipments, State
from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.network.tables.schema import DELAY_MAX

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FORMAT = "chaintwin state 1"

SHOWN = 5
"""Ids that a message names as examples of what is allowed."""

SHOWN_LENGTH = 60
"""Most of a value that a message shows."""

PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "on_hand": ("stock_point", ("age", "quality", "quantity")),
    "shipments": ("activity", ("started", "arrival", "quantity", "open")),
    "orders": ("activity", ("visible", "quantity")),
    "backlog": ("stream", ("quantity",)),
    "resources": ("resource", ("share",)),
    "forecasts": ("stock_point", ("expected",)),
}
"""Lists of a file: the key that names the entity, and the numbers beside it; whole but for quantities and shares."""


def write_state(state: State, path: Path | str, *, program: Program) -> None:
    """Write a state to a JSON file, complete or not at all; every number can be read back to the last bit.

    Parameters
    ----------
    state : what is written. path : the file.
    program : the network, which has the ids.
    """
    names = _names(program)
    lots, moving, orders = state.lots, state.shipments, state.orders
    owing, less = np.flatnonzero(state.backlog), np.flatnonzero(state.resource_share != 1.0)
    forecast = program.buffers.forecast if state.forecast is None else state.forecast
    expecting = np.flatnonzero(np.isin(program.buffers.policy, FORECASTING))
    values: dict[str, tuple[Integers, Sequence[NDArray[np.generic]]]] = {
        "on_hand": (lots.buffer_index, (lots.age, lots.quality_index, lots.quantity)),
        "shipments": (moving.activity_index, (moving.started, moving.arrival, moving.quantity, _marks(moving))),
        "orders": (orders.activity_index, (orders.visible, orders.quantity)),
        "backlog": (owing, (state.backlog[owing],)),
        "resources": (less, (state.resource_share[less],)),
        "forecasts": (expecting, (forecast[expecting],)),
    }
    lists = []
    for part, (key, numbers) in PARTS.items():
        index, columns = values[part]
        known = names[key]
        rows = zip(index.tolist(), *(column.tolist() for column in columns), strict=True)
        found = [{key: known[row[0]], **dict(zip(numbers, row[1:], strict=True))} for row in rows]
        lines = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in found)
        lists.append(f" {json.dumps(part)}: [{lines and chr(10) + '  ' + lines}]")
    opening = f'{{\n "format": {json.dumps(FORMAT)},\n "period": {state.period},\n "cash": {json.dumps(state.cash)},\n'
    text = opening + ",\n".join(lists) + "\n}\n"
    write_file(Path(path), lambda file: _save(file, text))


def read_state(path: Path | str, *, program: Program) -> State:
    """Return the state in a JSON file.

    Parameters
    ----------
    path : a file that ``write_state`` wrote, or one like it. Lists may be left out; what they would hold is then empty.
    program : the network it is for, whose ids it may name.

    Raises
    ------
    UsageError
        There is no such file, it is no state, or what is on its way would take too much memory.
    InputError
        Entries that cannot be used, all of them: unknown ids, numbers out of range.
    """
    source = Path(path)
    if not source.is_file():
        raise UsageError(f"{source}: found no such file; allowed: a state written by chaintwin trace --state-out")
    try:
        document = json.loads(source.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        known = document["format"] == FORMAT
        period, cash = document["period"], document.get("cash", 0.0)
    except (KeyError, TypeError, ValueError, RecursionError) as fault:
        raise UsageError(f"{source}: found a file that is no state; allowed: JSON with format, period and lists") from fault
    if not known:
        raise UsageError(f"{source}: found the format {document['format']}; allowed: {FORMAT}")
    if type(period) is not int or not 0 <= period < PERIOD_END or not _is_number(cash) or not abs(cash) <= LARGEST:
        found = f"the period {str(period)[:SHOWN_LENGTH]} and the cash {str(cash)[:SHOWN_LENGTH]}"
        raise UsageError(f"{source}: found {found}; allowed: whole periods from 0, and a number up to {LARGEST:g} in size")
    reader = _Reader(source.name, program, period)
    unknown = sorted(document.keys() - {"format", "period", "cash", *PARTS})
    for name in unknown:
        reader.fault(name, code="state.part", found=f"the list {name}", allowed=", ".join(PARTS))
    parts = {part: reader.part(part, document.get(part, [])) for part in PARTS}
    if reader.findings:
        raise InputError(reader.findings)
    state = _state(parts, program, period=period, cash=float(cash))
    check_state(state, program, name=source.name)
    return state


def _state(parts: Mapping[str, tuple[Integers, list[Floats]]], program: Program, *, period: int, cash: float) -> State:
    def whole(values: Floats) -> Integers:
        return values.astype(np.int64)

    _, _, streams, resources = program.counts
    buffer, (age, quality, stock) = parts["on_hand"]
    mover, (started, arrival, moving, marks) = parts["shipments"]
    orderer, (visible, ordered) = parts["orders"]
    backlog, share, forecast = np.zeros(streams), np.ones(resources), program.buffers.forecast.copy()
    np.add.at(backlog, parts["backlog"][0], parts["backlog"][1][0])
    share[parts["resources"][0]] = parts["resources"][1][0]
    forecast[parts["forecasts"][0]] = parts["forecasts"][1][0]
    return State(
        period=period,
        lots=Lots(buffer, whole(age), whole(quality), stock),
        shipments=Shipments(mover, whole(started), whole(arrival), moving, marks == 1.0 if marks.any() else None),
        orders=OpenOrders(orderer, whole(visible), ordered),
        backlog=backlog,
        resource_share=share,
        cash=cash,
        forecast=forecast,
    )


class _Reader:
    """Reads the lists of a file and collects what is wrong with them."""

    def __init__(self, file: str, program: Program, period: int) -> None:
        self.file, self.period, self.integer = file, period, program.integer
        self.names = {key: ids.to_list() for key, ids in _names(program).items()}
        self.places = {key: {name: place for place, name in enumerate(ids)} for key, ids in self.names.items()}
        self.findings: list[Finding] = []

    def fault(self, column: str, *, code: str, found: str, allowed: str, fix: str = "") -> None:
        self.findings.append(Finding(code, found, allowed, fix=fix, file=self.file, column=column))

    def part(self, part: str, entries: object) -> tuple[Integers, list[Floats]]:
        """Return index and numbers of one list."""
        key, numbers = PARTS[part]
        wanted = f"an object with {', '.join((key, *numbers))}"
        index: list[int] = []
        columns: list[list[float]] = [[] for _ in numbers]
        if not isinstance(entries, list):
            self.fault(part, code="state.list", found=type(entries).__name__, allowed="a list")
            entries = []
        for place, entry in enumerate(entries):
            where = f"{part}[{place}]"
            if not isinstance(entry, dict):
                self.fault(where, code="state.entry", found=str(entry)[:SHOWN_LENGTH], allowed=wanted)
                continue
            name = entry.get(key)
            if not isinstance(name, str) or name not in self.places[key]:
                self._unknown(where, key=key, name=name)
                continue
            values = [self._value(f"{where}.{number}", entry, number=number) for number in numbers]
            index.append(self.places[key][name])
            for column, value in zip(columns, values, strict=True):
                column.append(value)
        return np.array(index, dtype=np.int64), [np.array(column, dtype=np.float64) for column in columns]

    def _unknown(self, where: str, *, key: str, name: object) -> None:
        known = self.names[key]
        more = f" and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
        allowed = f"{', '.join(known[:SHOWN])}{more}" if known else f"none, the network has no {key}"
        self.fault(f"{where}.{key}", code="state.id", found=str(name), allowed=allowed, fix="name an id of the network")

    def _value(self, where: str, entry: Mapping[str, object], *, number: str) -> float:
        value = entry.get(number, 0 if number in ("age", "quality", "started", "open") else None)
        test, allowed = self._rule(number)
        if not _is_number(value) or not test(value):
            self.fault(where, code="state.number", found=json.dumps(value)[:SHOWN_LENGTH], allowed=allowed)
            return 0.0
        return float(value)

    def _rule(self, number: str) -> tuple[Callable[[float], bool], str]:
        """Return what a number has to be."""

        def whole(low: float, high: float) -> Callable[[float], bool]:
            return lambda value: low <= value <= high and value == int(value)

        last = self.period + DELAY_MAX
        if number == "open":
            return whole(0, 1), "0, or 1 where each replication draws when it arrives"
        if number == "share":
            return lambda value: 0 <= value <= 1, "0 to 1"
        if number == "quantity" and self.integer:
            return whole(0, LARGEST), f"a whole number, 0 to {LARGEST:g}"
        if number in ("quantity", "expected"):
            return lambda value: 0 <= value <= LARGEST, f"a number, 0 to {LARGEST:g}"
        if number == "arrival":
            return whole(self.period, last), f"a period from {self.period} to {last}"
        if number == "visible":
            return whole(1 - PERIOD_END, last), f"a whole number, the period, at most {last}"
        if number == "started":
            return whole(1 - PERIOD_END, PERIOD_END - 1), "a whole number, the period"
        return whole(0, PERIOD_END - 1), "a whole number, 0 or more"


def _names(program: Program) -> dict[str, pl.Series]:
    names = program.names
    return {
        "stock_point": names.buffers["buffer_id"],
        "activity": names.activities["activity_id"],
        "stream": names.streams["stream_id"],
        "resource": names.resources["resource_id"],
    }


def _marks(shipments: Shipments) -> Integers:
    return np.zeros(shipments.quantity.size, dtype=np.int64) if shipments.is_open is None else shipments.is_open.astype(np.int64)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _save(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
