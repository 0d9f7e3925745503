"""Which connectors there are: ours and those of other packages, all registered as entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import GROUP, Connector

OURS = {
    "edi-file": "chaintwin.ingest.connectors.edi.edi_file:EdiFile",
    "epcis-file": "chaintwin.ingest.connectors.files.epcis_file:EpcisFile",
    "epcis-http": "chaintwin.ingest.connectors.http.epcis_http:EpcisHttp",
    "event-table": "chaintwin.ingest.connectors.tables.event_table:EventTable",
    "modbus": "chaintwin.ingest.connectors.modbus.modbus:Modbus",
    "mqtt": "chaintwin.ingest.connectors.mqtt.mqtt:Mqtt",
    "nats": "chaintwin.ingest.connectors.nats.nats:Nats",
    "opcua": "chaintwin.ingest.connectors.opcua.opcua:Opcua",
    "sparkplug": "chaintwin.ingest.connectors.sparkplug.sparkplug:Sparkplug",
    "table-drop": "chaintwin.ingest.connectors.tables.table_drop:TableDrop",
}
"""Our own, as ``pyproject.toml`` registers them; a source tree that is not installed has them too."""


def connector_names() -> tuple[str, ...]:
    """Return the names of all connectors that are there, sorted; none is loaded."""
    return tuple(sorted(_points()))


def connector_named(name: str) -> Connector:
    """Return a connector.

    Raises
    ------
    UsageError
        There is none of that name, or what is registered under it is none.

    Example
    -------
    >>> connector_named("epcis-file").name
    'epcis-file'
    """
    point = _points().get(name)
    if point is None:
        raise UsageError(f"connector: found {name!r}; allowed: {', '.join(connector_names())}")
    try:
        connector = point.load()()
    except Exception as fault:
        raise UsageError(f"connector {name}: {point.value} does not load ({type(fault).__name__}: {fault})") from fault
    if not isinstance(connector, Connector) or connector.name != name:
        raise UsageError(f"connector {name}: found {point.value}; allowed: a connector of that name")
    return connector


def connector_for(source: str) -> Connector:
    """Return the connector whose kind of source this looks like; of several the first by name.

    Raises
    ------
    UsageError
        It looks like none.
    """
    names = connector_names()
    for name in names:
        connector = connector_named(name)
        if connector.accepts(source):
            return connector
    if "://" not in source and not Path(source).exists():
        raise UsageError(f"{source}: found nothing there; allowed: a file, a folder, or an address (https://...)")
    allowed = (
        f"a file with one of the usual endings (.json .jsonl .xml .csv .xlsx .edi .x12), or with --connector: {', '.join(names)}"
    )
    raise UsageError(f"{source}: found no connector that knows such a source; allowed: {allowed}")


def _points() -> dict[str, EntryPoint]:
    """Return entry points by name; nobody takes the name of one of ours."""
    others = {point.name: point for point in entry_points(group=GROUP)}
    return others | {name: EntryPoint(name, value, GROUP) for name, value in OURS.items()}
