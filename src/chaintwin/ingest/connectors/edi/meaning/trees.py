"""Levels of packing that name the one around them, as a tree."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.ingest.connectors.edi.meaning.records import Node
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

DEPTH_MAX = 16
"""Levels inside each other; shipment, order, pallet, case, pack and item are six."""


def tree_of(told: Told, levels: Sequence[tuple[str, str, Node, Segment | None]]) -> Node:
    """Return the level of the whole shipment with all others in it; what names no level, twice the same or itself is told.

    Parameters
    ----------
    told : takes what is wrong. levels : number, number of the one around, content and segment of each; the first is around all.
    """
    root = levels[0][2]
    known: dict[str, tuple[Node, int]] = {"": (root, 0)}
    numbers: set[str] = set()
    waiting: list[tuple[str, str, Node, Segment | None]] = []
    for number, around, node, segment in levels[1:]:
        if not number or number in numbers:
            told.fault(
                "edi.value", f'the level "{number}"', allowed="a number of its own for each level", segment=segment, element="1"
            )
        else:
            numbers.add(number)
            waiting.append((number, around, node, segment))
    # A level may come before the one around it, so each pass puts those in whose place is known by now.
    for _ in range(DEPTH_MAX + 1):
        later = []
        for one in waiting:
            number, around, node, segment = one
            if around in known:
                known[number] = (node, _put(told, node, known[around], segment=segment))
            else:
                later.append(one)
        waiting = later
    for _, around, _, segment in waiting:
        allowed = "a level that is there and not inside of this one"
        told.fault("edi.value", f'the level "{around}" around it', allowed=allowed, segment=segment, element="2")
    return root


def _put(told: Told, node: Node, around: tuple[Node, int], *, segment: Segment | None) -> int:
    depth = around[1] + 1
    if depth > DEPTH_MAX:
        told.fault("edi.value", f"a level {depth} deep", allowed=f"at most {DEPTH_MAX} levels", segment=segment, element="2")
        return depth
    around[0].inside.append(node)
    return depth
