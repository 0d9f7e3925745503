"""The variables of a server that a mapping has rules for, found by looking through its folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.opcua.addresses import SERVER, Wanted, level_of

if TYPE_CHECKING:
    from asyncua.client.ua_session import UaSession
    from asyncua.ua import NodeId

DEPTH = 32
"""Levels that are looked through at most: folders may lie in one another in a circle."""

NODES_MAX = 500_000
"""Nodes that are looked at, at most."""

AT_ONCE = 200
"""Nodes that are asked about in one request."""

HISTORY_BIT = 2
"""Bit of the access level of a variable that says that its history may be read."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a server.

    Parameters
    ----------
    address : names on the way to it. node : its id at the server. has_history : whether its history may be read.
    """

    address: str
    node: NodeId
    has_history: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A node on the way, with the names and the nodes above it."""

    node: NodeId
    levels: tuple[str, ...] = ()
    above: frozenset[NodeId] = frozenset()
    is_variable: bool = False


async def wanted_variables(session: UaSession, wanted: Wanted) -> list[Variable]:
    """Return the variables that rules are for, by address. One that is found on several ways has the shortest of its addresses.

    Parameters
    ----------
    session : at the server. wanted : which.

    Raises
    ------
    NotConnectedError
        There are too many nodes to look through.
    """
    from asyncua import ua

    found: dict[NodeId, tuple[int, str]] = {}
    places = [_Place(ua.NodeId(ua.ObjectIds.ObjectsFolder))]
    seen = 0
    for _ in range(DEPTH):
        below: list[_Place] = []
        for first in range(0, len(places), AT_ONCE):
            part = places[first : first + AT_ONCE]
            for place, references in zip(part, await _references(session, part), strict=True):
                for child in await _children(session, place, references):
                    address = "/".join(child.levels)
                    if child.is_variable and wanted.is_wanted(address):
                        known = (len(child.levels), address)
                        found[child.node] = min(known, found.get(child.node, known))
                    if child.node not in place.above and wanted.leads_on(child.levels):
                        below.append(child)
        seen += len(below)
        if seen > NODES_MAX:
            raise NotConnectedError(
                f"more than {NODES_MAX:,} nodes that a rule may be for; name more of their levels in match", is_final=True
            )
        places = [place for place in below if wanted.asks_server or place.levels != (SERVER,)]
        if not places:
            break
    return await _with_history(session, sorted((address, node) for node, (_, address) in found.items()))


async def _references(session: UaSession, places: Sequence[_Place]) -> list[list[Any]]:
    """Return what lies directly below nodes."""
    from asyncua import ua

    ask = ua.BrowseParameters()
    for place in places:
        one = ua.BrowseDescription()
        one.NodeId = place.node
        one.BrowseDirection = ua.BrowseDirection.Forward
        one.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
        one.IncludeSubtypes = True
        one.NodeClassMask = ua.NodeClass.Object | ua.NodeClass.Variable
        one.ResultMask = ua.BrowseResultMask.All
        ask.NodesToBrowse.append(one)
    results = await session.browse(ask)
    found: list[list[Any]] = [list(result.References or ()) for result in results]
    waiting = [(number, result.ContinuationPoint) for number, result in enumerate(results) if result.ContinuationPoint]
    while waiting:
        more = ua.BrowseNextParameters()
        more.ReleaseContinuationPoints = False
        more.ContinuationPoints = [point for _, point in waiting]
        answers = await session.browse_next(more)
        for (number, _), answer in zip(waiting, answers, strict=True):
            found[number] += answer.References or ()
        waiting = [
            (number, answer.ContinuationPoint)
            for (number, _), answer in zip(waiting, answers, strict=True)
            if answer.ContinuationPoint
        ]
    return found


async def _children(session: UaSession, place: _Place, references: Sequence[Any]) -> list[_Place]:
    """Return nodes below one, each once; equal names are told apart by the namespaces of the others but the first."""
    from asyncua import ua

    by_node: dict[NodeId, Any] = {}
    for reference in references:
        is_property = reference.ReferenceTypeId == ua.NodeId(ua.ObjectIds.HasProperty)
        # Properties of a variable are its unit and its range, not what it measures.
        if getattr(reference.NodeId, "ServerIndex", 0) or (place.is_variable and is_property):
            continue
        node = ua.NodeId(reference.NodeId.Identifier, reference.NodeId.NamespaceIndex, reference.NodeId.NodeIdType)
        by_node.setdefault(node, reference)
    names = {node: level_of(reference.BrowseName.Name or "") for node, reference in by_node.items()}
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    spaces = await _namespaces(session) if shared else []
    found, taken = [], set[str]()
    for node, name in sorted(names.items(), key=lambda pair: (pair[1], by_node[pair[0]].BrowseName.NamespaceIndex)):
        level, space = name, by_node[node].BrowseName.NamespaceIndex
        if level in taken:
            level = f"{name};nsu={level_of(spaces[space]) if space < len(spaces) else space}"
        if level in taken or not level:
            continue
        taken.add(level)
        is_variable = by_node[node].NodeClass == ua.NodeClass.Variable
        found.append(_Place(node, (*place.levels, level), place.above | {place.node}, is_variable))
    return found


async def _namespaces(session: UaSession) -> list[str]:
    from asyncua import ua

    (value,) = await session.read_attributes([ua.NodeId(ua.ObjectIds.Server_NamespaceArray)], ua.AttributeIds.Value)
    return list(value.Value.Value or ()) if value.Value is not None else []


async def _with_history(session: UaSession, found: Sequence[tuple[str, NodeId]]) -> list[Variable]:
    """Return variables with whether their history may be read."""
    from asyncua import ua

    variables: list[Variable] = []
    for first in range(0, len(found), AT_ONCE):
        part = found[first : first + AT_ONCE]
        levels = await session.read_attributes([node for _, node in part], ua.AttributeIds.UserAccessLevel)
        for (address, node), level in zip(part, levels, strict=True):
            access = level.Value.Value if level.Value is not None else None
            variables.append(Variable(address, node, isinstance(access, int) and bool(access >> HISTORY_BIT & 1)))
    return variables
