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


def test_moment__days_times_and_now() -> None:
    assert moment("--at", "now") is None
    assert moment("--at", "1970-01-02") == 86_400_000_000
    assert moment("--at", "1970-01-01T01:00+01:00") == 0
    with pytest.raises(UsageError, match="allowed"):
        moment("--at", "soon")


def test_span__days_from_two_on() -> None:
    assert span(3 * 86_400.0) == "3.0 days"
