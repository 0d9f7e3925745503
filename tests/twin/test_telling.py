"""What programs of others read of a state: names instead of places, ISO 8601 instead of microseconds."""

from __future__ import annotations

import pytest

from chaintwin.twin.cells import FAMILIES
from chaintwin.twin.ledger import NEVER
from chaintwin.twin.live_state import Part
from chaintwin.twin.telling import MOMENTS, PERIODS, told_cell, told_part

SECOND = 1_000_000


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_told_cell__every_family_by_name(family: str) -> None:
    names = FAMILIES[family][1]
    value = (*(place for place, _ in enumerate(names)), 5 * SECOND, "who")
    told = told_cell(family, value)
    assert told is not None
    assert list(told) == [*names, "time", "source"]
    assert told["time"] == "1970-01-01T00:00:05.000Z"
    for place, name in enumerate(names):
        assert told[name] == place or name in MOMENTS
        assert isinstance(told[name], str) == (name in MOMENTS)


def test_told_cell__what_is_not_there_and_what_never_comes() -> None:
    assert told_cell("stock", None) is None
    told = told_cell("shipment", ("sent", "a", "b", 1, NEVER, 10**30, (), 2, "who"))
    assert told is not None
    assert told["planned_at"] is None
    assert told["predicted_at"] is None
    assert told["names"] == ()
    assert PERIODS
    pending = told_cell("pending", (4.0, NEVER, 2, "who"))
    assert pending is not None
    assert pending["period"] is None


def test_told_part__seconds_and_moments() -> None:
    part = Part(4.0, SECOND, "who", 3 * SECOND, 4.0, 2 * SECOND)
    assert told_part(part) == {
        "value": 4.0,
        "at": "1970-01-01T00:00:01.000Z",
        "source": "who",
        "ageSeconds": 3.0,
        "variance": 4.0,
        "deviation": 2.0,
        "validAt": "1970-01-01T00:00:02.000Z",
    }
