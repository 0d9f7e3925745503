"""Sources of control systems in a project file: tested, followed beside others, stopped at any moment, with their health."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chaintwin.clock import SystemClock
from chaintwin.ingest.sources.configured import configured_sources
from chaintwin.ingest.sources.health import State
from chaintwin.ingest.sources.probing import probe_sources
from tests.ingest.connectors.mqtt.reading import open_log, presences
from tests.ingest.connectors.opcua.reading import OTHER, TEMPERATURE, mapping_file, temperatures
from tests.ingest.connectors.opcua.servers import plant_server
from tests.ingest.sources.projects import feeding_of, project


def until(what: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


@pytest.mark.slow
def test_feeding__a_server_that_is_lost_and_stopped_at_any_moment(tmp_path: Path) -> None:
    mapping_file(tmp_path)
    with plant_server([TEMPERATURE, OTHER]) as running, open_log(tmp_path / "log.db") as store:
        text = (
            f'[[sources]]\nname = "line"\nsource = "{running.url}"\n[sources.options]\nmapping = "signals.toml"\n'
            "interval = 50\nkeep-alive = 0.5\ntimeout = 2\ngrace = 0.1\n"
        )
        place = project(tmp_path, text)
        (found,) = probe_sources(configured_sources(place), clock=SystemClock(), seconds=30)
        assert "2 variables that rules are for" in found.found
        with feeding_of(place, store, follow=True) as feeding:
            until(lambda: presences(store) == [(f"opcua {running.url}", True)])
            running.set((TEMPERATURE, 1, 1))
            until(lambda: temperatures(store) == [1])
            running.kill()
            running.start()
            running.set((TEMPERATURE, 2, 2))
            until(lambda: temperatures(store) == [1, 2])
            until(lambda: feeding.health()[0].gaps == 1)
            running.pause()
            until(lambda: presences(store)[-1][1] is False)
            began = time.monotonic()
            feeding.close()
            assert time.monotonic() - began < 9
            assert not feeding.is_running()
            assert feeding.health()[0].state is State.STOPPED
        running.resume()
        with feeding_of(place, store, follow=True) as feeding:
            until(lambda: presences(store)[-1][1] is True)
            running.set((TEMPERATURE, 3, 3))
            until(lambda: temperatures(store) == [1, 2, 3])
            began = time.monotonic()
            feeding.close()
            assert time.monotonic() - began < 3
            assert not feeding.is_running()
