"""A live state as programs of others read it: values by their names, moments as ISO 8601, spans in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaintwin.clock import SECOND, text_of
from chaintwin.twin.cells import FAMILIES, Value
from chaintwin.twin.ledger import NEVER

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.twin.live_state import LiveState, Part

MOMENTS = frozenset(
    {
        "since",
        "counted_at",
        "departed_at",
        "planned_at",
        "predicted_at",
        "placed_at",
        "wanted_at",
        "due_at",
        "made_at",
        "expires_at",
        "edited_at",
        "at",
        "time",
        "bad_since",
    }
)
"""Names of values and parts of keys that are moments, microseconds in a cell."""

PERIODS = frozenset({"started", "due", "period"})
"""Names of those that are periods of the project."""


def told_cell(family: str, value: Value | None) -> dict[str, Any] | None:
    """Return the values of a cell by name, with the ``time`` and the ``source`` of what was written last.

    Parameters
    ----------
    family : as in ``chaintwin.twin.cells.FAMILIES``. value : of the cell; None where there is none.

    Example
    -------
    >>> told_cell("cash", (12.5, 1_000_000, "run"))
    {'amount': 12.5, 'time': '1970-01-01T00:00:01.000Z', 'source': 'run'}
    """
    if value is None:
        return None
    names = (*FAMILIES[family][1], "time", "source")
    return {name: _told(name, part) for name, part in zip(names, value, strict=True)}


def told_part(part: Part) -> dict[str, Any]:
    """Return what is reported, wanted or expected of something.

    Parameters
    ----------
    part : of a described value.
    """
    return {
        "value": part.value,
        "at": _moment(part.at),
        "source": part.source,
        "ageSeconds": part.age / SECOND,
        "variance": part.variance,
        "deviation": part.deviation,
        "validAt": None if part.valid_at is None else _moment(part.valid_at),
    }


def told_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table by column, each with its age in seconds as ``ageSeconds``; moments are those of Python.

    Parameters
    ----------
    frame : as ``LiveState.tables`` or ``LiveState.frame`` gives it.
    """
    return frame.rename({"age": "ageSeconds"}).to_dicts()


def told_summary(state: LiveState, *, is_hashed: bool = True) -> dict[str, Any]:
    """Return the summary of a state: moments as text, its age in seconds.

    Parameters
    ----------
    state : what is told. is_hashed : whether its hash is told too.
    """
    summary = state.summary(is_hashed=is_hashed)
    latest, age = summary.pop("latest"), summary.pop("age")
    moments = {"time": _moment(state.time), "latest": _moment(latest) if isinstance(latest, int) else None}
    return summary | moments | {"ageSeconds": age}


def _told(name: str, value: Any) -> Any:
    if name in MOMENTS and isinstance(value, int):
        return _moment(value)
    return None if name in PERIODS and value == NEVER else value


def _moment(time: int) -> str | None:
    try:
        return None if time == NEVER else text_of(time)
    except OverflowError:
        # A moment that somebody gave as a number may lie outside of what a calendar has.
        return None
