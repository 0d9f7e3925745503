"""Which activity of a program moves a product between two sites, or brings it to one."""

from __future__ import annotations

import numpy as np

from chaintwin.network.program import Program


class Routes:
    """Activities by what they take from where and give where.

    Parameters
    ----------
    program : the compiled network. buffers : places of stock points by site and product.
    """

    def __init__(self, program: Program, buffers: dict[tuple[str, str], int]) -> None:
        self.program = program
        pairs = {place: pair for pair, place in buffers.items()}
        self._moves: dict[tuple[str, str, str], int] = {}
        self._supplies: dict[tuple[str, str], list[int]] = {}
        activities = program.activities
        for place in range(activities.kind.size):
            given = [pairs[int(one)] for one in _row(activities.output_start, activities.output_buffer, place)]
            taken = [pairs[int(one)] for one in _row(activities.input_start, activities.input_buffer, place)]
            for site, product in given[:1]:
                self._supplies.setdefault((site, product), []).append(place)
                for origin, part in taken:
                    if part == product and origin != site:
                        self._moves.setdefault((origin, site, product), place)

    def move(self, origin: str, destination: str, *, product: str) -> int | None:
        """Return the activity that moves a product from one site to another; the one way in where the origin is outside."""
        found = self._moves.get((origin, destination, product))
        if found is not None:
            return found
        known = {start for start, end, _ in self._moves if end == destination}
        return None if origin in known else self._outside(destination, product)

    def supply(self, origin: str, destination: str, *, product: str) -> int | None:
        """Return the activity that an order goes to: the lane between the two sites, else the one way in."""
        found = self._moves.get((origin, destination, product))
        if found is not None:
            return found
        ways = self._supplies.get((destination, product), [])
        if not origin and len(ways) == 1:
            return ways[0]
        return self._outside(destination, product)

    def content(self, place: int, product: str) -> float:
        """Return the units of a product that one unit of an activity gives."""
        del product
        gross: float = float(_row(self.program.activities.output_start, self.program.activities.output_gross, place)[0])
        return gross or 1.0

    def _outside(self, destination: str, product: str) -> int | None:
        """Return the one activity that brings a product from outside of the network."""
        start = self.program.activities.input_start
        ways = [way for way in self._supplies.get((destination, product), []) if start[way] == start[way + 1]]
        return ways[0] if len(ways) == 1 else None


def _row(start: np.ndarray[tuple[int], np.dtype[np.int64]], values: np.ndarray, place: int) -> np.ndarray:
    return values[start[place] : start[place + 1]]
