"""A chain that has lived for some days: stock counted every day until now, goods on their way, and what is at one site."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chaintwin.network import Network
from chaintwin.network.lowering import lower_in_full
from tests.page.happening import OWN, PREFIX, ago, counted, happened, level, told
from tests.serve.documents import document
from tests.serve.running import eventually

DAYS = 6
"""Days of the past that are told of."""


def begun(network: Network, *, now: datetime, days: int = DAYS + 4) -> Network:
    """Return a network whose periods begin so many days ago."""
    return replace(network, settings=replace(network.settings, start=(now - timedelta(days=days)).date()))


def live_through(client: httpx.Client, network: Network, *, now: datetime, site: str) -> None:
    """Send what happened in the last days to a server, and wait until its state holds it.

    Parameters
    ----------
    network : what it happened in. now : moment of the present. site : where more than stock is told of.
    """
    documents = [counts(network, day=day, now=now) for day in range(DAYS, 0, -1)]
    documents.append(happened(network, now=now))
    documents.append(document(*site_events(site, at=told(now - timedelta(minutes=90))), context=OWN))
    for sent in documents:
        answer = client.post("/epcis/capture", json=sent)
        assert answer.status_code == 202, answer.text
    eventually(lambda: client.get("/api/v1/health").json()["state"]["behind"] == 0)


def counts(network: Network, *, day: int, now: datetime) -> dict[str, Any]:
    """Return a document of all stock counted so many days ago; there was more of it then."""
    rows = lower_in_full(network).graph.buffers.select("site_id", "product_id", "on_hand").iter_rows()
    events = [
        counted(
            site,
            product,
            quantity=quantity_at(site, product, on_hand=on_hand, day=day),
            at=now - timedelta(days=day, minutes=ago(site)),
        )
        for site, product, on_hand in rows
    ]
    return document(*events, context=OWN, creationDate=told(now.astimezone(UTC)))


def quantity_at(site: str, product: str, *, on_hand: float, day: int) -> float:
    """Return what was counted so many days ago."""
    return round(on_hand * level(f"{site}/{product}") * (1 + 0.07 * day), 3)


def site_events(site: str, *, at: str) -> list[dict[str, Any]]:
    """Return events of what stands, is measured and who is at a site.

    Parameters
    ----------
    site : name in the network. at : event time of all of them, ISO 8601.
    """
    place = {"eventTime": at, "eventTimeZoneOffset": "+00:00", "bizLocation": {"id": f"{PREFIX}:site:{site}"}}
    report = {"type": "Temperature", "value": 5.25, "sDev": 0.3, "uom": "CEL"}
    sensor = {"sensorMetadata": {"time": at, "deviceID": "urn:example:probe:1"}, "sensorReport": [report]}
    return [
        {
            "type": "ct:EquipmentChanged",
            "ct:resource": "cold room",
            "ct:share": 0.5,
            "ct:status": "one compressor is down",
            **place,
        },
        {"type": "ct:PersonSeen", "ct:person": "shift lead", "ct:present": True, "ct:role": "operator", **place},
        {"type": "ct:VehicleSeen", "ct:vehicle": "van 7", "ct:present": True, **place},
        {"type": "ct:DeviceSeen", "ct:device": "probe 1", "ct:present": True, **place},
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "bizStep": "sensor_reporting",
            "sensorElementList": [sensor],
            "readPoint": place["bizLocation"],
            **place,
        },
    ]
