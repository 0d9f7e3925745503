"""What a log shows: events in order, without those declared wrong; real events reach the lanes between their sites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chaintwin.clock import DAY, SetClock, text_of
from chaintwin.fidelity.calibration import Fitting
from chaintwin.fidelity.versions.gathering import gathered, latest_of, standing
from chaintwin.fidelity.versions.looking import Described
from chaintwin.fidelity.versions.refitting import refit
from chaintwin.store.opening import open_store
from chaintwin.store.records import FactsRow
from chaintwin.twin.naming.networks import InForce
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import put

START = 1_767_225_600_000_000


def way(number: int, *, left: float, took: float, shop: str = "cross") -> list[dict[str, Any]]:
    """Return a shipment to a shop and its receipt, as a warehouse system tells them."""
    site = "urn:chaintwin:v1:site:{}".format
    goods = [{"epcClass": "urn:chaintwin:v1:product:milk", "quantity": 10}]
    common = {"type": "ObjectEvent", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE"}
    common |= {"quantityList": goods, "ct:shipment": f"S{number}"}
    sent = {
        "eventTime": text_of(START + int(left * DAY)),
        "bizStep": "shipping",
        "readPoint": {"id": site("maker")},
        "destinationList": [{"type": "location", "destination": site(shop)}],
    }
    came = {
        "eventTime": text_of(START + int((left + took) * DAY)),
        "bizStep": "receiving",
        "bizLocation": {"id": site(shop)},
        "sourceList": [{"type": "location", "source": site("maker")}],
    }
    return [common | sent, common | came]


def row(key: str, at: int) -> FactsRow:
    return FactsRow(1, key, at, 0, "", b"")


def test_standing__leaves_out_what_was_declared_wrong_across_blocks() -> None:
    a, wrong, said, again, b = row("a", 1), row("b", 2), row("b!1", 2), row("b!2", 2), row("c", 3)
    for blocks in ([[a, wrong, said, again, b]], [[a, wrong], [said], [again, b]], [[a], [wrong], [said, again], [b]]):
        assert list(standing(blocks)) == [a, b]
    assert list(standing([])) == []
    assert list(standing([[wrong, said]])) == []
    assert list(standing([[a, wrong]])) == [a, wrong]


@pytest.mark.parametrize("took", [3.4, 6.2])
def test_refit__of_real_shipments_reaches_the_lane_between_their_sites(tmp_path: Path, took: float) -> None:
    network = worlds.network()
    place = Described.of(network)
    rng = np.random.default_rng(7)
    events = []
    for number in range(80):
        events += way(number, left=float(number), took=took + float(rng.uniform(-0.3, 0.3)))
    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        put(store, sorted(events, key=lambda event: event["eventTime"]))
        until = latest_of(store)
        assert until is not None
        seen = gathered(store, InForce(network), program=place.program, until=START + 60 * DAY)
        assert len(seen.lead_times(START + 60 * DAY)) == 61
        seen = gathered(store, InForce(network), program=place.program, until=until)
        found = refit(seen, place.in_use(None), now=until, fitting=Fitting(7, draws=8))
    (one,) = found.fitted
    assert one.subject == "maker>cross/milk"
    assert found.decided.accepted
    applied = place.applied(found.version, draws=4)
    (name,) = [name for name, lane in place.layout.lanes.items() if lane.destination == "cross" and lane.origin]
    assert list(applied.leads) == [name]
    assert applied.leads[name].mixed.means[0] == pytest.approx(took, abs=0.3)
    assert not applied.findings
