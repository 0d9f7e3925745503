"""Streams, keys, uniforms and collisions of the random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.rng import find_collisions, stream_id, stream_key, stream_of, stream_table, uniform, uniform_table
from tests.oracles import plain_philox
from tests.shared_data import cases_of, matches

SEEDS = st.integers(0, 2**64 - 1)
NAMES = st.text(max_size=12)


@pytest.mark.parametrize("case", cases_of("cases/rng.json", "rng.draw"))
def test_uniform__worked_cases(case: dict[str, Any]) -> None:
    given_ = case["inputs"]
    tolerance = case["tol"]["value"]
    stream = stream_id(given_["purpose"], given_["entity"])
    value = uniform(
        given_["seed"],
        given_["purpose"],
        entity=given_["entity"],
        replication=given_["replication"],
        period=given_["period"],
        slot=given_["slot"],
    )
    got = {"stream": stream, "word": round(value * 2**32 - 0.5), "u": value}
    assert got["stream"] == case["expected"]["stream"]
    assert matches(got, case["expected"], tolerance=tolerance)


@given(
    seed=SEEDS,
    entity=NAMES,
    replication=st.integers(0, 2**32 - 1),
    period=st.integers(0, 2**32 - 1),
    slot=st.integers(0, 2**34 - 1),
)
def test_uniform__equals_the_plain_oracle(seed: int, entity: str, replication: int, period: int, slot: int) -> None:
    value = uniform(seed, "lead", entity=entity, replication=replication, period=period, slot=slot)
    assert value == plain_philox.draw(seed, f"lead|{entity}", replication=replication, period=period, slot=slot)[2]
    assert 0.0 < value < 1.0


@given(seed=SEEDS, ids=st.lists(NAMES, max_size=8), scenario=st.none() | NAMES)
def test_stream_table__rows_equal_single_streams(seed: int, ids: list[str], scenario: str | None) -> None:
    table = stream_table(seed, "demand", ids=ids, scenario=scenario)
    assert table.dtype == np.uint32
    assert table.shape == (len(ids), 3)
    for row, entity in zip(table.tolist(), ids, strict=True):
        stream = stream_of(seed, "demand", entity=entity, scenario=scenario)
        assert row == [stream.key0, stream.key1, stream.low]


def test_stream_key__scenarios_share_draws_unless_independence_is_asked() -> None:
    stream = stream_id("demand", "a")
    shared = stream_key(5, stream)
    first = stream_key(5, stream, scenario="closed port")
    second = stream_key(5, stream, scenario="war")
    assert len({shared, first, second}) == 3
    assert shared[0] == first[0] == second[0]


def test_find_collisions__names_every_repeat_in_row_order() -> None:
    table = np.vstack([stream_table(3, "demand", ids=["a", "b", "a"]), stream_table(3, "lead", ids=["a", "b"])])
    table = np.vstack([table, table[4:5], table[0:1]])
    assert find_collisions(table) == [(0, 2), (4, 5), (2, 6)]
    assert find_collisions(table[:2]) == []
    assert find_collisions(table[:0]) == []


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True, "7", None])
def test_stream_table__refuses_other_seeds(seed: Any) -> None:
    with pytest.raises(UsageError, match="whole number from 0 to 18446744073709551615"):
        stream_table(seed, "demand", ids=["a"])


@pytest.mark.parametrize("purpose", ["", "a|b"])
def test_stream_id__refuses_names_that_could_be_read_two_ways(purpose: str) -> None:
    with pytest.raises(UsageError, match=r"without '\|'"):
        stream_id(purpose, "x")


@pytest.mark.parametrize(("name", "value"), [("replication", -1), ("period", 2**32), ("slot", 2**34)])
def test_uniform__refuses_counters_out_of_range(name: str, value: int) -> None:
    counters = {"replication": 0, "period": 0, "slot": 0} | {name: value}
    with pytest.raises(UsageError, match=name):
        uniform(1, "demand", entity="a", **counters)


def test_stream_key__refuses_a_stream_of_more_than_64_bits() -> None:
    with pytest.raises(UsageError, match="stream"):
        stream_key(1, 2**64)


def test_uniform_table__every_number_is_that_of_its_counter() -> None:
    table = uniform_table(7, "posterior", entity="lane a", count=3, slots=6, first=2)
    assert table.shape == (6, 3)
    for slot in range(6):
        for column in range(3):
            single = uniform(7, "posterior", entity="lane a", replication=2 + column, period=0, slot=slot)
            assert table[slot, column] == single
    with pytest.raises(UsageError, match="first"):
        uniform_table(7, "posterior", entity="a", count=2**32, slots=1, first=1)
    with pytest.raises(UsageError, match="allowed"):
        uniform_table(7, "posterior", entity="a", count=-1, slots=1)
