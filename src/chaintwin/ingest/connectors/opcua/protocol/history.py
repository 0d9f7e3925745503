"""What a server remembers of a variable: read page by page, from a moment on, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chaintwin.clock import moment_of
from chaintwin.ingest.connectors.opcua.protocol.nodes import Variable
from chaintwin.ingest.connectors.opcua.protocol.values import microseconds

if TYPE_CHECKING:
    from asyncua.client.ua_session import UaSession
    from asyncua.ua import DataValue

AT_ONCE = 20
"""Variables that are asked about at the same time."""

VALUES = 1_000
"""Values of a variable in one answer."""

OF_THE_CONNECTION = ("BadSession", "BadSecureChannel", "BadConnection", "BadTimeout", "BadServer", "BadShutdown", "BadTooMany")
"""How the names of answers begin that say nothing about a history."""

LATER = timedelta(days=1)
"""The clock of a server may be ahead of ours: its history is read up to now and a day."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the history of one variable.

    Parameters
    ----------
    values : in the order of time. start : from when on the next part is to be read, microseconds; None if this is the last.
    point : with which the server goes on, where it gave one. count : values that are asked for next.
    refused : why the server gives no history; empty where it does.
    """

    values: tuple[DataValue, ...] = ()
    start: int | None = None
    point: bytes | None = None
    count: int = VALUES
    refused: str = ""


async def page_behind(services: UaSession, variable: Variable, *, before: Page, now: int) -> Page:
    """Return the page of a history behind one; the first begins with an empty one that says from when on.

    Parameters
    ----------
    services : of the session. variable : whose history. before : the page before. now : microseconds.
    """
    from asyncua import ua

    start = before.start or 1
    details = ua.ReadRawModifiedDetails()
    details.IsReadModified, details.ReturnBounds = False, False
    details.StartTime, details.EndTime = moment_of(start), moment_of(now) + LATER
    details.NumValuesPerNode = before.count
    ask = ua.HistoryReadParameters()
    ask.HistoryReadDetails, ask.TimestampsToReturn = details, ua.TimestampsToReturn.Both
    ask.ReleaseContinuationPoints = False
    one = ua.HistoryReadValueId()
    one.NodeId, one.ContinuationPoint = variable.node, before.point
    ask.NodesToRead.append(one)
    try:
        (result,) = await services.history_read(ask)
    except ua.UaStatusCodeError as fault:
        name = ua.status_codes.get_name_and_doc(fault.code)[0]
        if name.startswith(OF_THE_CONNECTION):
            raise
        # A server that fails at one history does so each time: what is there besides has to go on.
        return Page(refused=name)
    if result.StatusCode.is_bad():
        return Page(refused=result.StatusCode.name)
    values = tuple(getattr(result.HistoryData, "DataValues", None) or ())
    point = result.ContinuationPoint or None
    times = [microseconds(value.SourceTimestamp) for value in values if value.SourceTimestamp is not None]
    if point is not None:
        return Page(values, start, point, before.count)
    if len(values) < before.count or not times:
        return Page(values)
    # A server may give as many as were asked for and say nothing of more. What comes behind begins at the last of their times,
    # whose values come again; where all had one time, more of them are asked for.
    return Page(values, times[-1], None, before.count if times[-1] > start else 2 * before.count)
