"""``chaintwin state`` and ``chaintwin simulate --from``: the live state of a project at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from chaintwin.cli.application import app
from chaintwin.cli.commands.live.opening import moment, span
from chaintwin.clock import SetClock
from chaintwin.errors import UsageError
from chaintwin.events.capturing import capture
from chaintwin.examples import Example, load
from chaintwin.network import write
from chaintwin.simulation import log_of, trace
from chaintwin.simulation.history.exporting import events_of
from chaintwin.store.opening import open_store
from tests.twin.simulated import HEAD


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the beer game with a log of eight weeks of it."""
    folder, network = tmp_path / "beer", load(Example.BEER_GAME)
    write(network, folder)
    seen = trace(network, periods=8)
    events = list(events_of(log_of(seen), program=seen.program, settings=network.settings))
    captured = capture({**HEAD, "epcisBody": {"eventList": events}}, source="run")
    (folder / ".twin").mkdir()
    with open_store(folder / ".twin" / "log.db", clock=SetClock(now=1)) as store:
        store.append([event.record for event in captured.events if event.record], received_at=1)
    return folder


def test_state__shows_stock_and_its_age(project: Path) -> None:
    ran = command("state", project, "--at", "2026-02-25T23:59:59.999999")
    assert ran.exit_code == 0
    assert "0 discrepancies" in ran.stdout
    assert "Stock" in ran.stdout
    document = json.loads(command("state", project, "--at", "2026-01-20", "--json").stdout)
    assert document["summary"]["discrepancies"] == 0
    assert document["tables"]["stock"]


def test_simulate__from_the_live_state(project: Path) -> None:
    ran = command("simulate", project, "--from", "2026-02-25", "--periods", 4, "--replications", 2, "--json")
    assert ran.exit_code == 0
    assert "Live state of 2026-02-25" in " ".join(ran.stderr.split())
    assert json.loads(ran.stdout)["span"]["periods"] == 4


def test_simulate__refuses_a_moment_that_is_none(project: Path) -> None:
    assert command("simulate", project, "--from", "yesterday").exit_code == 2
    assert command("state", project, "--store", project / "no.db").exit_code == 2


def refused(*words: object) -> str:
    """Run ``chaintwin simulate`` with wrong usage and return what it says."""
    ran = command("simulate", *words, "--periods", 4, "--replications", 2)
    assert ran.exit_code == 2, ran.stdout
    return " ".join(ran.stderr.split())


def test_simulate__not_from_what_nothing_is_known_of(project: Path) -> None:
    assert "before any event" in refused(project, "--from", "1999-01-01")
    assert "has not come yet" in refused(project, "--from", "9000-01-01")
    with open_store(project.parent / "empty.db", clock=SetClock(now=1)):
        pass
    assert "found no event" in refused(project, "--from", "now", "--store", project.parent / "empty.db")
    log = project / ".twin" / "log.db"
    log.unlink()
    said = refused(project, "--from", "now")
    assert "found no log" in said
    assert "chaintwin simulate without --from" in said
    assert not log.exists()


def test_simulate__tells_what_makes_the_start_doubtful(project: Path) -> None:
    fresh = command("simulate", project, "--from", "2026-02-25", "--periods", 4, "--replications", 2, "--json")
    assert json.loads(fresh.stdout)["start"]["warnings"] == []
    assert "Warning" not in fresh.stderr
    # Three weeks behind the last event, and with goods of a shop that the network does not have.
    event = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "stocking",
        "eventTime": "2026-02-25T00:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "bizLocation": {"id": "urn:chaintwin:site:corner-shop"},
        "quantityList": [{"epcClass": "urn:chaintwin:product:beer", "quantity": 4}],
    }
    found = capture({**HEAD, "epcisBody": {"eventList": [event]}}, source="run")
    with open_store(project / ".twin" / "log.db", clock=SetClock(now=1)) as store:
        store.append([event.record for event in found.events if event.record], received_at=2)
    stale = command("simulate", project, "--from", "2026-03-18", "--periods", 4, "--replications", 2)
    assert stale.exit_code == 0, stale.stderr
    said = " ".join(stale.stderr.split())
    assert "Warning: no event for 21" in said
    assert "unknown name" in said
    assert "exactly" not in stale.stdout
    assert "from this state" in stale.stdout
    without = command("simulate", project, "--periods", 4, "--replications", 2)
    assert "exactly" in without.stdout


def test_state__in_a_folder_that_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "site.csv").write_text("a,b\n")
    for words in (("state", tmp_path), ("ingest", tmp_path, "run.jsonl"), ("refused", tmp_path), ("serve", tmp_path)):
        ran = command(*words)
        assert ran.exit_code == 2, words
        said = " ".join(ran.stderr.split())
        assert "found no table of a project" in said
        assert "unknown table" not in said
    assert not (tmp_path / ".twin").exists()


def test_state__counts_things_and_how_often_they_were_met(project: Path) -> None:
    events = [
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "bizStep": "stocking",
            "eventTime": f"2026-02-25T00:0{minute}:00Z",
            "eventTimeZoneOffset": "+00:00",
            "bizLocation": {"id": "urn:chaintwin:site:corner-shop"},
            "quantityList": [{"epcClass": "urn:chaintwin:product:beer", "quantity": 4}],
        }
        for minute in range(3)
    ]
    found = capture({**HEAD, "epcisBody": {"eventList": events}}, source="run")
    with open_store(project / ".twin" / "log.db", clock=SetClock(now=1)) as store:
        store.append([event.record for event in found.events if event.record], received_at=2)
    ran = command("state", project)
    said = " ".join(ran.stdout.split())
    assert "2 unknown names or units (met 6 times)" in said
    assert "Unknown: 2, met 6 times" in said
    document = json.loads(command("state", project, "--json").stdout)
    assert (document["summary"]["unknown"], document["summary"]["unknown_times"]) == (2, 6)
    assert len(document["tables"]["unknown"]) == 2


def test_moment__days_times_and_now() -> None:
    assert moment("--at", "now") is None
    assert moment("--at", "1970-01-02") == 86_400_000_000
    assert moment("--at", "1970-01-01T01:00+01:00") == 0
    with pytest.raises(UsageError, match="allowed"):
        moment("--at", "soon")


def test_span__days_from_two_on() -> None:
    assert span(3 * 86_400.0) == "3.0 days"
