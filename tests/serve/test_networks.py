"""Networks that the process of jobs has at hand: what is made of them in less time is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin import Scenario
from chaintwin.examples import Example, load
from chaintwin.network import write
from chaintwin.network.tables.reading import read
from chaintwin.risk.scenarios.library import shipped
from chaintwin.serve.jobs.work.networks import Networks

OUT = Scenario.of("out", disruptions=[{"where": {"country": "IN"}, "after": 3, "duration": 9, "effect": {"capacity": 0.2}}])


@pytest.mark.parametrize("scenario", [OUT, shipped("plant-fire"), shipped("suez-canal-closed")], ids=["out", "fire", "canal"])
def test_struck__is_what_is_compiled_from_the_tables(tmp_path: Path, scenario: Scenario) -> None:
    write(load(Example.MEDICINES), tmp_path / "project")
    networks, place = Networks(), str(tmp_path / "project")
    network = read(tmp_path / "project")
    for periods in (90, network.settings.periods + 30):
        changed = scenario.apply(network)
        found = networks.struck("name", place, by=changed, periods=periods)
        assert found.digest() == changed.compile(periods=periods).digest()
        assert networks.program("name", place, periods=periods).digest() == network.compile(periods=periods).digest()
        # The control: it was struck.
        assert found.digest() != network.compile(periods=periods).digest()
