"""The connector of Sparkplug B 3.0 over MQTT 5: metrics of edge nodes are signals, certificates say who is there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from chaintwin.clock import SECOND
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Run, chosen, number_of
from chaintwin.ingest.connectors.linked.cursors import read_cursor
from chaintwin.ingest.connectors.linked.turners import MAPPING, turner_of
from chaintwin.ingest.connectors.mqtt.addresses import SPARKPLUG, is_mqtt, mqtt_address
from chaintwin.ingest.connectors.mqtt.probing import probed_broker
from chaintwin.ingest.connectors.mqtt.receiving import Receiver, Source
from chaintwin.ingest.connectors.mqtt.seen import MqttCursor
from chaintwin.ingest.connectors.mqtt.settings import CONNECTION, settings_of
from chaintwin.ingest.connectors.sparkplug.interpreting import SparkplugInterpreter

HOST = Option(
    "host-id", "Id of this host application: its state is published, so that edge nodes keep data back while it is away."
)
REORDER = Option("reorder", "Seconds that a message which is missing in the sequence of a node is waited for.", "5")


class Sparkplug(Connector):
    """Edge nodes at a broker."""

    name = "sparkplug"
    description = "Edge nodes that speak Sparkplug B (mqtt://HOST/spBv1.0/GROUP/#), with a mapping of their metrics to events."
    options: tuple[Option, ...] = (MAPPING, HOST, REORDER, *CONNECTION)

    def accepts(self, source: str) -> bool:
        return is_mqtt(source) and f"/{SPARKPLUG}/" in source

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        options = chosen(self, run)
        address, settings = mqtt_address(source), settings_of(options)
        levels = address.filter.split("/")
        if SPARKPLUG not in (levels[0], levels[2] if levels[0] == "$share" and len(levels) > 2 else ""):
            raise UsageError(f"{source}: found no topics of Sparkplug B; allowed: such as mqtt://HOST/{SPARKPLUG}/GROUP/#")
        host = options["host-id"]
        if any(sign in host for sign in "+/#"):
            raise UsageError(f"host-id: found {host!r}; allowed: a name without +, / and #")
        reorder = int(number_of(options, "reorder", least=0.0, most=3_600) * SECOND)
        cursor = read_cursor(since, MqttCursor)
        turner = turner_of(self.name, options["mapping"], memory=cursor.memory if cursor else None)
        name = f"{self.name} {source}"
        kept = msgspec.json.decode(cursor.state) if cursor else {}
        interpreter = SparkplugInterpreter(
            turner, source=name, kept=kept, reorder=reorder, host=host if settings.acknowledges else ""
        )
        place = Source(name, address, settings, (address.filter,))
        yield from Receiver(place, turner, interpreter=interpreter, cursor=cursor, run=run).batches()

    def probe(self, source: str, *, run: Run) -> str:
        options = chosen(self, run)
        turner_of(self.name, options["mapping"], memory=None)
        return probed_broker(mqtt_address(source), settings_of(options))
