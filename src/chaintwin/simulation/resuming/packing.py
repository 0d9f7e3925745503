"""What is kept of groups of replications as bytes, and back: numbers and arrays in the order of the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import numpy as np

from chaintwin.simulation.counting.measures import Measures
from chaintwin.simulation.ensemble import Kept
from chaintwin.simulation.playing import Reduced

Leaves = list[dict[str, Any]]
"""Of each field in order: ``number``, or ``type`` and ``shape`` of an array whose bytes follow those of the one before."""


def pack(kept: Kept) -> tuple[list[tuple[int, Leaves]], list[bytes]]:
    """Return the size and the fields of each part, and the bytes of their arrays.

    Parameters
    ----------
    kept : groups; their measures are left out, because they follow from the network.
    """
    described: list[tuple[int, Leaves]] = []
    content: list[bytes] = []
    for size, part in kept.parts:
        leaves: Leaves = []
        for leaf in _leaves(part):
            if isinstance(leaf, np.ndarray):
                leaves.append({"type": leaf.dtype.newbyteorder("<").str, "shape": list(leaf.shape)})
                content.append(np.ascontiguousarray(leaf, dtype=leaf.dtype.newbyteorder("<")).tobytes())
            elif isinstance(leaf, int):
                leaves.append({"number": leaf})
            else:
                raise TypeError(f"{type(leaf).__name__} cannot be kept")
        described.append((size, leaves))
    return described, content


def unpack(described: Sequence[tuple[int, Leaves]], content: memoryview, *, measures: Measures) -> Kept:
    """Return the groups that were packed.

    Parameters
    ----------
    described : size and fields of each part.
    content : the bytes of their arrays, one after the other.
    measures : what was measured.

    Raises
    ------
    ValueError
        The bytes are not those that the fields speak of.
    """
    place = 0
    parts: list[tuple[int, Reduced]] = []
    for size, leaves in described:
        found: list[Any] = []
        for leaf in leaves:
            if "number" in leaf:
                found.append(int(leaf["number"]))
                continue
            dtype, shape = np.dtype(leaf["type"]), tuple(map(int, leaf["shape"]))
            count = int(np.prod(shape, dtype=np.int64))
            values = np.frombuffer(content, dtype=dtype, count=count, offset=place)
            found.append(values.reshape(shape).astype(dtype.newbyteorder("=")))
            place += count * dtype.itemsize
        rest = iter(found)
        part = _rebuilt(Reduced, rest, given={"measures": measures, "bands": None})
        if next(rest, None) is not None:
            raise ValueError("more fields than are known")
        parts.append((int(size), part))
    if place != len(content):
        raise ValueError("more bytes than are known")
    return Kept(tuple(parts))


def _leaves(value: Any) -> Iterator[Any]:
    for item in fields(value):
        part = getattr(value, item.name)
        # Bands are never kept with groups: what is counted cannot be taken back.
        if isinstance(part, Measures) or item.name == "bands":
            continue
        if is_dataclass(part):
            yield from _leaves(part)
        else:
            yield part


def _rebuilt(kind: Any, leaves: Iterator[Any], *, given: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for item in fields(kind):
        if item.name in given:
            values[item.name] = given[item.name]
        elif is_dataclass(hints[item.name]):
            values[item.name] = _rebuilt(hints[item.name], leaves, given={})
        else:
            values[item.name] = next(leaves)
    return kind(**values)
