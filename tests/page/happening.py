"""Events of a chain as it could be now: every stock counted, goods on their way over every lane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from chaintwin.network import Network
from chaintwin.network.lowering import lower_in_full
from tests.serve.documents import CONTEXT, document

PREFIX = "urn:chaintwin:v1"
OWN = [CONTEXT, {"ct": f"{PREFIX}:"}]


def happened(network: Network, *, now: datetime) -> dict[str, Any]:
    """Return a document of what happened in the last day.

    Parameters
    ----------
    network : what happens in. now : moment of the present.
    """
    lowered = lower_in_full(network)
    origin = datetime.combine(network.settings.start, datetime.min.time(), UTC)
    period = (now - origin) // timedelta(hours=network.settings.period.hours)
    counts = [
        counted(site, product, quantity=round(on_hand * level(f"{site}/{product}"), 3), at=now - timedelta(minutes=ago(site)))
        for site, product, on_hand in lowered.graph.buffers.select("site_id", "product_id", "on_hand").iter_rows()
    ]
    moves = lowered.found.activities.filter(lowered.found.activities["kind_name"] == "move")
    means = dict(lowered.loads.activities.iter_rows())
    days = {"sea": 28, "air": 3, "road": 4, "rail": 8}
    departures = []
    for activity, lane, product in moves.select("activity_id", "lane_id", "product_id").iter_rows():
        if not means[activity]:
            continue
        way = days.get(str(lane).rsplit(":", 1)[-1], 5)
        for step in range(2 if way > 5 else 1):
            started = period - 1 - crc32(f"{activity} {step}".encode()) % way
            fields = {"started": started, "due": started + way + 1, "units": round(means[activity] * 7, 3)}
            departures.append(departed(activity, str(product), at=now - timedelta(minutes=ago(activity)), **fields))
    return document(*counts, *departures, context=OWN, creationDate=told(now))


def counted(site: str, product: str, *, quantity: float, at: datetime) -> dict[str, Any]:
    """Return the event of a stock that was counted."""
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "cycle_counting",
        "eventTime": told(at),
        "eventTimeZoneOffset": "+00:00",
        "bizLocation": {"id": f"{PREFIX}:site:{site}"},
        "quantityList": [{"epcClass": f"{PREFIX}:product:{product}", "quantity": quantity}],
    }


def departed(activity: str, product: str, *, at: datetime, started: int, due: int, units: float) -> dict[str, Any]:
    """Return the event of goods that left."""
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "departing",
        "disposition": "in_transit",
        "eventTime": told(at),
        "eventTimeZoneOffset": "+00:00",
        "ct:activity": activity,
        "ct:started": started,
        "ct:due": due,
        "ct:units": units,
        "quantityList": [{"epcClass": f"{PREFIX}:product:{product}", "quantity": units}],
    }


def level(name: str) -> float:
    """Return how full a stock is: most as planned, some low, a few empty; the same every time."""
    drawn = crc32(name.encode()) % 100
    return 0.0 if drawn < 2 else 0.15 if drawn < 6 else 0.4 if drawn < 20 else 0.7 + drawn / 200


def ago(name: str) -> int:
    """Return how many minutes ago something happened; the same every time."""
    return 5 + crc32(name.encode()) % 600


def told(moment: datetime) -> str:
    """Return a moment as events have it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
