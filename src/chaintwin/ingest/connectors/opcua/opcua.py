"""The connector of OPC UA: each value of a variable is a signal, and a mapping says what events signals become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Run, chosen
from chaintwin.ingest.connectors.linked.cursors import read_cursor
from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.linked.turners import MAPPING, turner_of
from chaintwin.ingest.connectors.opcua.addresses import Wanted, is_opcua, opcua_address
from chaintwin.ingest.connectors.opcua.kept import OpcuaCursor
from chaintwin.ingest.connectors.opcua.settings import CONNECTION, settings_of

PROBE_SECONDS = 6.0
"""How long a server may take to answer a test, at most."""


class Opcua(Connector):
    """Variables of a server."""

    name = "opcua"
    description = "Variables of an OPC UA server (opc.tcp://), with a mapping that says what events their values give."
    options: tuple[Option, ...] = (MAPPING, *CONNECTION)

    def accepts(self, source: str) -> bool:
        return is_opcua(source)

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        from chaintwin.ingest.connectors.opcua.protocol.session import need_library
        from chaintwin.ingest.connectors.opcua.receiving import Receiver, Source

        options = chosen(self, run)
        address, settings = opcua_address(source), settings_of(options)
        cursor = read_cursor(since, OpcuaCursor)
        turner = turner_of(self.name, options["mapping"], memory=cursor.memory if cursor else None)
        need_library()
        place = Source(f"{self.name} {source}", address, settings)
        yield from Receiver(place, turner, cursor=cursor, run=run).batches()

    def probe(self, source: str, *, run: Run) -> str:
        from chaintwin.ingest.connectors.opcua.protocol.connection import Connection
        from chaintwin.ingest.connectors.opcua.protocol.session import need_library

        options = chosen(self, run)
        address, settings = opcua_address(source), settings_of(options)
        turner = turner_of(self.name, options["mapping"], memory=None)
        need_library()
        briefly = replace(settings, timeout=min(settings.timeout, PROBE_SECONDS))
        connection = Connection(address, briefly, wanted=Wanted(turner.mapping), clock=run.clock, sleep=run.sleep)
        try:
            variables = connection.look()
        except NotConnectedError as fault:
            raise UsageError(
                f"{address.host}:{address.port}: found no OPC UA server that lets us in ({fault}); allowed: one that does; "
                "fix: see that it runs, its address, user and certificates"
            ) from None
        finally:
            connection.close()
        if not variables:
            raise UsageError(
                f"{address.host}:{address.port}: found an OPC UA server without a variable that a rule is for; allowed: "
                "addresses below its folder Objects; fix: see the names of its nodes, and match in the mapping"
            )
        kept = sum(variable.has_history for variable in variables)
        count = f"{len(variables):,} variable{'s' if len(variables) > 1 else ''}"
        return f"an OPC UA server at {address.host}:{address.port} with {count} that rules are for, {kept:,} with a history"
