"""Weighted sums of rows: their terms in the order in which they came."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.simulation.counting.sums import SumWriter

SUMS = 6
PARTS = st.lists(st.lists(st.tuples(st.integers(0, SUMS - 1), st.integers(0, 99), st.integers(-3, 3)), max_size=8), max_size=6)


@given(PARTS, st.booleans())
def test_sum_writer__keeps_the_order_of_terms(parts: list[list[tuple[int, int, int]]], in_order: bool) -> None:
    writer = SumWriter()
    expected: list[list[tuple[int, float]]] = [[] for _ in range(SUMS)]
    for part in parts:
        terms = sorted(part, key=lambda term: term[0]) if in_order else part
        owner, row, weight = (np.array([term[k] for term in terms], dtype=np.int64) for k in range(3))
        writer.add(owner, row, weight=weight.astype(np.float64))
        for mine, at, factor in terms:
            expected[mine].append((at, float(factor)))
    sums = writer.finish(SUMS)
    found = [
        list(zip(sums.row[begin:end].tolist(), sums.weight[begin:end].tolist(), strict=True))
        for begin, end in zip(sums.start[:-1], sums.start[1:], strict=True)
    ]
    assert found == expected


def test_sum_writer__one_weight_serves_all_terms() -> None:
    writer = SumWriter()
    writer.add(np.array([1, 0, 1]), np.array([5, 6, 7]), weight=2.0)
    sums = writer.finish(2)
    assert (sums.start.tolist(), sums.row.tolist(), sums.weight.tolist()) == ([0, 1, 3], [6, 5, 7], [2.0, 2.0, 2.0])
