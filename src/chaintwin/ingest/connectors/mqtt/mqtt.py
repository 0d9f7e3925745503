"""The connector of MQTT 5: each message is a signal, and a mapping says what events signals become."""

from __future__ import annotations

from collections.abc import Iterator

from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Run, chosen
from chaintwin.ingest.connectors.linked.cursors import read_cursor
from chaintwin.ingest.connectors.linked.turners import MAPPING, turner_of
from chaintwin.ingest.connectors.mqtt.addresses import SPARKPLUG, is_mqtt, mqtt_address
from chaintwin.ingest.connectors.mqtt.interpreting import PlainInterpreter
from chaintwin.ingest.connectors.mqtt.probing import probed_broker
from chaintwin.ingest.connectors.mqtt.receiving import Receiver, Source
from chaintwin.ingest.connectors.mqtt.seen import MqttCursor
from chaintwin.ingest.connectors.mqtt.settings import CONNECTION, settings_of


class Mqtt(Connector):
    """Topics of a broker."""

    name = "mqtt"
    description = "Topics of an MQTT 5 broker (mqtt://, mqtts://), with a mapping that says what events their messages give."
    options: tuple[Option, ...] = (MAPPING, *CONNECTION)

    def accepts(self, source: str) -> bool:
        return is_mqtt(source) and f"/{SPARKPLUG}/" not in source

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        options = chosen(self, run)
        address, settings = mqtt_address(source), settings_of(options)
        cursor = read_cursor(since, MqttCursor)
        turner = turner_of(self.name, options["mapping"], memory=cursor.memory if cursor else None)
        place = Source(f"{self.name} {source}", address, settings, (address.filter,))
        yield from Receiver(place, turner, interpreter=PlainInterpreter(turner), cursor=cursor, run=run).batches()

    def probe(self, source: str, *, run: Run) -> str:
        options = chosen(self, run)
        turner_of(self.name, options["mapping"], memory=None)
        return probed_broker(mqtt_address(source), settings_of(options))
