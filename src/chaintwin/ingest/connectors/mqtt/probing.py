"""Whether a broker answers and lets one in, without touching the session of whoever takes its messages."""

from __future__ import annotations

from dataclasses import replace

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.mqtt.addresses import MqttAddress
from chaintwin.ingest.connectors.mqtt.connection import NOBODY, Connection
from chaintwin.ingest.connectors.mqtt.settings import Settings

SECONDS = 6.0
"""How long a broker may take to answer, at most."""

SHARED = "$share/"


def probed_broker(address: MqttAddress, settings: Settings) -> str:
    """Connect as somebody else with a session that ends at once, ask for the topics, and say what was found.

    Of a shared subscription another one is asked for, because what is sent to one who asks is lost to the others.

    Parameters
    ----------
    address, settings : of the source.

    Raises
    ------
    UsageError
        The broker does not answer, or refuses who asks or what is asked for.
    """
    wanted = NOBODY if address.filter.startswith(SHARED) else address.filter
    briefly = replace(settings, acknowledges=False, takes_retained=False, timeout=min(settings.timeout, SECONDS))
    connection = Connection(address, briefly, client_id="", filters=(wanted,))
    try:
        connection.open()
    except NotConnectedError as fault:
        raise UsageError(
            f"{address.host}:{address.port}: found no broker that lets us in ({fault}); allowed: one that does; "
            "fix: see that it runs, its address, user and certificates"
        ) from None
    finally:
        connection.close()
    return f"a broker at {address.host}:{address.port} that gives {wanted if wanted != NOBODY else address.filter}"
