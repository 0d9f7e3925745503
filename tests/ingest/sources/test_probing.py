"""Connections tested before anything is taken: what is there, what is not, and who never answers."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic

import pytest

from chaintwin.clock import SystemClock
from chaintwin.ingest.connectors.interface import Probing
from chaintwin.ingest.connectors.registry import OURS, connector_named
from chaintwin.ingest.sources.configured import ConfiguredSource, configured_sources
from chaintwin.ingest.sources.probing import Probed, probe_sources
from tests.ingest.connectors.edi.samples import ORDER, edifact
from tests.ingest.connectors.mqtt.brokers import broker
from tests.ingest.connectors.sources import Repository, document, event, recorded_events, served, served_by
from tests.ingest.sources.projects import drop, project


def probed(connector: str, source: object, *, seconds: float = 30.0, **options: str) -> Probed:
    named = {name.replace("_", "-"): value for name, value in options.items()}
    wanted = ConfiguredSource("one", connector_named(connector), str(source), named, number=1, file="chaintwin.toml", row=3)
    (found,) = probe_sources([wanted], clock=SystemClock(), seconds=seconds)
    return found


@pytest.mark.parametrize("name", sorted(OURS))
def test_probe__all_of_ours_have_one(name: str) -> None:
    assert isinstance(connector_named(name), Probing)


def test_probe__files_and_what_is_in_them(tmp_path: Path) -> None:
    import json

    drop(tmp_path / "a", range(7))
    (tmp_path / "a" / "more.json").write_text(json.dumps(document([event(9), event(10)])))
    (tmp_path / "a" / "half.json.part").write_text("{")
    assert probed("epcis-file", tmp_path / "a").found == "2 files, 9 events"
    (tmp_path / "a" / "bad.json").write_text("{")
    assert probed("epcis-file", tmp_path / "a").found == "3 files, 9 events, 1 part that cannot be read"
    (tmp_path / "empty").mkdir()
    assert probed("epcis-file", tmp_path / "empty").found == "no file yet, 0 events"
    (finding,) = probed("epcis-file", tmp_path / "nowhere").findings
    assert (finding.code, finding.column, finding.row) == ("source.unreachable", "sources[1] one", 3)
    assert "found nothing there" in str(finding) or "nothing there" in finding.found
    assert finding.fix
    (finding,) = probed("epcis-file", tmp_path / "a", after="burn").findings
    assert "keep or move" in finding.allowed


def test_probe__tables_and_their_mappings(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "Shipment ID,Product,From,To,Order Date,Ship Date,Delivery Date,Quantity\n"
        "S1,beer,brewery,shop,2026-01-05,2026-01-07,2026-01-19,8\n"
    )
    assert probed("table-drop", tmp_path / "log.csv").found == "1 file; log.csv has 1 line"
    assert probed("table-drop", tmp_path / "nowhere.csv").findings[0].code == "source.unreachable"
    (tmp_path / "made.csv").write_text("Day,Item,Pieces\n2026-01-01,beer,12\n2026-01-02,beer,12\n")
    mapping = tmp_path / "making.toml"
    text = (
        'name = "making"\n[[events]]\nwhen = "{day}"\ntype = "ObjectEvent"\naction = "ADD"\nstep = "commissioning"\n'
        'location = "brewery"\nproduct = "{{Item}}"\nquantity = "{{Pieces}}"\n'
    )
    mapping.write_text(text.format(day="Day"))
    assert probed("event-table", tmp_path / "made.csv", mapping=str(mapping)).found == "1 file; made.csv has 2 rows"
    assert "no mapping" in str(probed("event-table", tmp_path / "made.csv").findings[0])
    mapping.write_text(text.format(day="Date"))
    (finding,) = probed("event-table", tmp_path / "made.csv", mapping=str(mapping)).findings
    assert (finding.code, finding.found) == ("mapping.column_absent", "no column Date")
    assert finding.column.startswith("sources[1] one")


def test_probe__another_repository(tmp_path: Path) -> None:
    repository = Repository(recorded_events(3))
    with served(repository) as address:
        assert probed("epcis-http", address).found == "an EPCIS repository with events"
        assert repository.asked[0]["perPage"] == "1"
        repository.events = []
        assert probed("epcis-http", address).found == "an EPCIS repository without events so far"
    # It has gone.
    (finding,) = probed("epcis-http", address).findings
    assert finding.code == "source.unreachable"
    assert "refused" in finding.found

    def closed(handler: BaseHTTPRequestHandler) -> None:
        handler.send_error(401, "Who are you")

    with served_by(closed) as address:
        assert "401" in probed("epcis-http", address).findings[0].found


def test_probe__who_never_answers_keeps_nobody_waiting(tmp_path: Path) -> None:
    drop(tmp_path / "a", range(3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/epcis"
        text = f'[[sources]]\nname = "far"\nsource = "{address}"\n[[sources]]\nname = "near"\nsource = "a"\n'
        began = monotonic()
        far, near = probe_sources(configured_sources(project(tmp_path, text)), clock=SystemClock(), seconds=1.0)
        assert monotonic() - began < 20
    assert far.findings[0].code == "source.slow"
    assert "1 s" in far.findings[0].found
    assert near.found == "1 file, 3 events"


def test_probe__a_broker(tmp_path: Path) -> None:
    mapping = tmp_path / "signals.toml"
    rule = (
        'match = "plant/{machine}/temperature"',
        'as = "sensor"',
        'measures = "Temperature"',
        'unit = "CEL"',
        'device = "{machine}"',
    )
    mapping.write_text("\n".join(('name = "plant"', "[[signals]]", *rule)))
    with broker(tmp_path / "broker") as running:
        url = running.url
        found = probed("mqtt", f"{url}/plant/#", mapping=str(mapping))
        assert not found.findings, found.findings
        assert f"127.0.0.1:{running.port}" in str(found.found)
        assert not probed("sparkplug", f"{url}/spBv1.0/works/#", mapping=str(mapping)).findings
    (finding,) = probed("mqtt", f"{url}/plant/#", mapping=str(mapping)).findings
    assert finding.code == "source.unreachable"
    assert "no broker" in str(finding)


def test_probe__of_edi_files(tmp_path: Path) -> None:
    (tmp_path / "orders.edi").write_bytes(edifact(ORDER))
    assert probed("edi-file", tmp_path).found == "1 file, 1 event"
    assert probed("edi-file", tmp_path, tests="maybe").findings
