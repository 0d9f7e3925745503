"""One server with a chain that moves, and one browser, for a module: a browser that is left open holds an event loop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from chaintwin.examples import Example, load
from tests.page.browsing import browser
from tests.page.happening import happened
from tests.page.lived import begun, live_through
from tests.serve.commanded import Served, serving
from tests.serve.running import eventually

LIVED_SITE = "sto-zw"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def medicines(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    network = load(Example.MEDICINES)
    with serving(tmp_path_factory.mktemp("page") / "served", network, workers=0) as served:
        with served.client() as client:
            taken = client.post("/epcis/capture", json=happened(network, now=datetime.now(UTC)))
            assert taken.status_code == 202, taken.text
        yield served


@pytest.fixture(scope="module")
def lived(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server with a past of some days, which does jobs."""
    now = datetime.now(UTC)
    network = begun(load(Example.MEDICINES), now=now)
    with serving(tmp_path_factory.mktemp("page") / "lived", network, workers=0, jobs=1, more=("--ahead", "0")) as served:
        with served.client() as client:
            live_through(client, network, now=now, site=LIVED_SITE)
            eventually(lambda: client.get("/health/ready").json()["jobs"], within=300)
        yield served
