"""From metrics to signals: names for aliases, types of births, times, qualities, and what stands within templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from chaintwin.ingest.connectors.signals.signal import Quality, Signal, quality_of
from chaintwin.ingest.connectors.sparkplug.nodes import Known, Names
from chaintwin.ingest.connectors.sparkplug.payload import Metric, Payload, typed
from chaintwin.ingest.connectors.sparkplug.topics import Topic
from chaintwin.ingest.connectors.sparkplug.values import DataType
from chaintwin.ingest.connectors.sparkplug.wire import BrokenPayloadError

BIRTH = "bdSeq"
"""Metric of the number of a session."""

STALE = 500
"""Status of a value that is out of date."""

_CONTROL = ("Node Control/", "Device Control/")


def is_of_control(name: str) -> bool:
    """Return whether a metric is there to steer the node and says nothing of the world."""
    return name == BIRTH or name.startswith(_CONTROL)


def birth_of(payload: Payload) -> int | None:
    """Return the number of the session that a birth or a death names."""
    for metric in payload.metrics:
        if metric.name == BIRTH and isinstance(metric.value, int):
            return metric.value
    return None


def names_of(payload: Payload) -> list[Known]:
    """Return names, aliases and types that a birth tells."""
    return [Known(metric.name, metric.alias, metric.datatype) for metric in payload.metrics if metric.name]


def signals_of(payload: Payload, topic: Topic, *, names: Names, received_at: int) -> tuple[list[Signal], list[str]]:
    """Return the signals of a message, and the metrics that no birth told of.

    Parameters
    ----------
    payload, topic : of the message. names : of the metrics of its device. received_at : microseconds.
    """
    signals: list[Signal] = []
    unknown: list[str] = []
    for metric in payload.metrics:
        known = names.by_name.get(metric.name)
        if not metric.name and metric.alias is not None:
            known = names.by_alias.get(metric.alias)
        name = metric.name or ("" if known is None else known.name)
        datatype = metric.datatype or (0 if known is None else known.datatype)
        if not name or not (datatype or metric.is_null):
            unknown.append(name or f"alias {metric.alias}")
            continue
        if is_of_control(name):
            continue
        try:
            value = typed(metric, datatype)
        except BrokenPayloadError as fault:
            unknown.append(f"{name} ({fault})")
            continue
        signals += _signals(metric, topic, name=name, datatype=datatype, value=value, payload=payload, received_at=received_at)
    return signals, unknown


def _signals(
    metric: Metric, topic: Topic, *, name: str, datatype: int, value: Any, payload: Payload, received_at: int
) -> Iterator[Signal]:
    if datatype == DataType.TEMPLATE and isinstance(value, list):
        for member in value:
            kind = member.datatype
            yield from _signals(
                member,
                topic,
                name=f"{name}/{member.name}",
                datatype=kind,
                value=member.value,
                payload=payload,
                received_at=received_at,
            )
        return
    stamp = metric.timestamp if metric.timestamp is not None else payload.timestamp
    if datatype == DataType.DATETIME and isinstance(value, int):
        value = str(value)
    yield Signal(
        f"{topic.id}:{name}",
        _plain(value),
        received_at,
        time=None if stamp is None else stamp * 1_000,
        quality=_quality(metric, value),
        sequence=payload.sequence,
        is_late=metric.is_historical,
        properties={"device": topic.id, "group": topic.group, "node": topic.node, **_told(metric)},
    )


def _quality(metric: Metric, value: Any) -> Quality:
    told = metric.properties.get("Quality", metric.properties.get("quality"))
    found = Quality.BAD if told == STALE else quality_of(told) if told is not None else None
    return Quality.BAD if value is None else found or Quality.GOOD


def _told(metric: Metric) -> dict[str, str]:
    return {name: str(value) for name, value in metric.properties.items()} if metric.properties else {}


def _plain(value: Any) -> Any:
    """Return a value as a signal holds it; arrays and tables as JSON."""
    return msgspec.json.encode(value).decode() if isinstance(value, list | dict) else value
