"""From when on a variable is watched: the time of the value that it has right before the server begins to tell of it.

That is a time of its source, as those in the history are, so that no clock of ours has to agree with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaintwin.ingest.connectors.opcua.protocol.history import OF_THE_CONNECTION
from chaintwin.ingest.connectors.opcua.protocol.nodes import AT_ONCE, Variable
from chaintwin.ingest.connectors.opcua.protocol.values import microseconds, time_of

if TYPE_CHECKING:
    from asyncua.client.ua_session import UaSession
    from asyncua.ua import DataValue

AS_KEPT = 2.0**31
"""Milliseconds that a value may be old: with more than an Int32 holds a server gives the one that it has, and asks no device."""


async def present_times(services: UaSession, variables: Sequence[Variable]) -> dict[str, int]:
    """Return the times of the present values of variables, microseconds, by address; those that say none are left out.

    Parameters
    ----------
    services : of the session. variables : of which.
    """
    found: dict[str, int] = {}
    for first in range(0, len(variables), AT_ONCE):
        found |= await _times(services, variables[first : first + AT_ONCE])
    return found


async def _times(services: UaSession, variables: Sequence[Variable]) -> dict[str, int]:
    from asyncua import ua

    ask = ua.ReadParameters()
    ask.MaxAge, ask.TimestampsToReturn = AS_KEPT, ua.TimestampsToReturn.Both
    for variable in variables:
        one = ua.ReadValueId()
        one.NodeId, one.AttributeId = variable.node, ua.AttributeIds.Value
        ask.NodesToRead.append(one)
    try:
        values = await services.read(ask)
    except Exception as fault:
        name = ua.status_codes.get_name_and_doc(fault.code)[0] if isinstance(fault, ua.UaStatusCodeError) else ""
        if isinstance(fault, OSError) or name.startswith(OF_THE_CONNECTION):
            raise
        # An answer that is too large, or one value that cannot be read: the others can.
        half = len(variables) // 2
        return {**await _times(services, variables[:half]), **await _times(services, variables[half:])} if half else {}
    times = ((variable.address, _begin(value)) for variable, value in zip(variables, values, strict=True))
    return {address: at for address, at in times if at is not None}


def _begin(value: DataValue) -> int | None:
    """Return from when on what follows a value is awaited, microseconds.

    Where there is no good value yet, the time of the server says when it was asked, and the clock of the source may be another.
    """
    if value.StatusCode is None or not value.StatusCode.is_bad():
        return time_of(value)
    found = microseconds(value.SourceTimestamp) if value.SourceTimestamp is not None else 0
    return found if found > 0 else None
