"""What goes wrong on the wire: shares as asked for, the same at any speed, and nothing lost unless that is asked for."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from chaintwin.cli.commands.hidden.asked import GradeOfWire
from chaintwin.clock import SECOND
from chaintwin.errors import UsageError
from chaintwin.world.instruments import WORLD, Reading
from chaintwin.world.wire import HOUR, Grade, Wire, deliver

COUNT = 20_000
READINGS = [Reading(0, WORLD, b"{}"), *(Reading(place * 600 * SECOND, "a", b"{}") for place in range(1, COUNT))]


def test_deliver__perfect_wire_changes_nothing() -> None:
    found = deliver(READINGS, Wire(), seed=1)
    assert found.index.tolist() == list(range(COUNT))
    assert found.at.tolist() == [one.at for one in READINGS]
    assert found.told() == {
        "deliveries": COUNT, "events": COUNT, "doubles": 0, "overtaken": 0, "repeated": 0, "lost_for_good": 0,
    }  # fmt: skip


@pytest.mark.parametrize("grade", list(Grade))
def test_deliver__all_events_arrive_where_they_are_repeated(grade: Grade) -> None:
    found = deliver(READINGS, Wire.of(grade), seed=3)
    assert sorted(found.index[~found.is_double].tolist()) == list(range(COUNT))
    assert (np.diff(found.at) >= 0).all()
    assert (found.at >= np.array([READINGS[place].at for place in found.index.tolist()])).all()
    # What was handed over comes first.
    assert found.index[0] == 0


def test_deliver__shares_are_as_asked_for() -> None:
    wire = Wire("lognormal(mean=2, cv=1)", disorder=0.1, disorder_by=24.0, duplicates=0.05, loss=0.2, retry=1.0, lose=0.01)
    found = deliver(READINGS, wire, seed=5)
    told = found.told()
    assert abs(told["lost_for_good"] / COUNT - 0.01) < 0.003
    assert abs(told["doubles"] / COUNT - 0.05) < 0.006
    # Sendings that are lost before one that is not: geometric with mean p / (1 - p).
    assert abs(told["repeated"] / COUNT - 0.25) < 0.02
    first = found.index[~found.is_double]
    waited = (found.at[~found.is_double] - np.array([READINGS[place].at for place in first.tolist()])) / HOUR
    # The delay, a tenth held up for half a day in the mean, and the mean wait for repeats.
    repeats = sum(0.8 * 0.2**tries * (2**tries - 1) for tries in range(1, 30))
    assert abs(waited.mean() - (2.0 + 0.1 * 12.0 + repeats)) < 0.15
    assert told["overtaken"] > 0.5 * COUNT


def test_deliver__without_repeats_what_is_lost_is_lost() -> None:
    found = deliver(READINGS, Wire(loss=0.2, is_retried=False), seed=5)
    assert abs(found.told()["lost_for_good"] / COUNT - 0.2) < 0.01
    assert found.told()["repeated"] == 0


def test_deliver__the_same_for_the_same_seed_and_more_events_change_none() -> None:
    wire = Wire.of(Grade.TERRIBLE)
    one, other = deliver(READINGS, wire, seed=9), deliver(READINGS[: COUNT // 2], wire, seed=9)
    at = {(int(index), bool(double)): int(time) for index, double, time in zip(one.index, one.is_double, one.at, strict=True)}
    assert all(at[int(i), bool(d)] == int(t) for i, d, t in zip(other.index, other.is_double, other.at, strict=True))
    assert deliver(READINGS, wire, seed=10).at.tolist() != one.at.tolist()


@pytest.mark.parametrize(
    "changed", [{"loss": 0.99}, {"delay": "normal(0, 1)"}, {"delay": "soon"}, {"disorder": -1.0}, {"retry": 1e9}]
)
def test_wire__refuses_what_means_nothing(changed: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Wire.of(Grade.GOOD, changed=changed)


def test_wire__the_command_knows_all_grades() -> None:
    assert get_args(GradeOfWire) == tuple(grade.value for grade in Grade)
