"""The connector of NATS JetStream: each message of a stream is a signal, and a mapping says what events signals become."""

from __future__ import annotations

from collections.abc import Iterator

from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Run, chosen
from chaintwin.ingest.connectors.linked.cursors import read_cursor
from chaintwin.ingest.connectors.linked.turners import MAPPING, turner_of
from chaintwin.ingest.connectors.nats.addresses import is_nats, nats_address
from chaintwin.ingest.connectors.nats.cursors import NatsCursor
from chaintwin.ingest.connectors.nats.probing import probed_stream
from chaintwin.ingest.connectors.nats.receiving import Receiver, Source
from chaintwin.ingest.connectors.nats.settings import CONNECTION, settings_of


class Nats(Connector):
    """Messages of a stream."""

    name = "nats"
    description = "Streams of NATS JetStream (nats://, natss://), with a mapping that says what events their messages give."
    options: tuple[Option, ...] = (MAPPING, *CONNECTION)

    def accepts(self, source: str) -> bool:
        return is_nats(source)

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        options = chosen(self, run)
        address, settings = nats_address(source), settings_of(options)
        cursor = read_cursor(since, NatsCursor)
        turner = turner_of(self.name, options["mapping"], memory=cursor.memory if cursor else None)
        place = Source(f"{self.name} {source}", address, settings)
        yield from Receiver(place, turner, cursor=cursor, run=run).batches()

    def probe(self, source: str, *, run: Run) -> str:
        options = chosen(self, run)
        turner_of(self.name, options["mapping"], memory=None)
        return probed_stream(nats_address(source), settings_of(options))
