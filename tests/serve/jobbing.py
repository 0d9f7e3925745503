"""Projects with a past for jobs to start from, and ways to ask for jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from chaintwin.examples import Example, load
from chaintwin.simulation import log_of, trace
from chaintwin.simulation.history.exporting import events_of
from tests.serve.documents import document
from tests.serve.running import eventually
from tests.twin.simulated import HEAD

LATER: dict[str, Any] = {"name": "later", "change": [{"table": "lanes", "column": "lead_time", "add": 2}]}


def recording(*, periods: int = 12) -> dict[str, Any]:
    """Return a document of the events of a run of the beer game."""
    network = load(Example.BEER_GAME)
    seen = trace(network, periods=periods)
    events = list(events_of(log_of(seen), program=seen.program, settings=network.settings))
    return document(*events, context=HEAD["@context"])


def feed(client: httpx.Client, *, periods: int = 12) -> None:
    """Send a run to a server, and wait until its state holds it."""
    answer = client.post("/epcis/capture", json=recording(periods=periods))
    assert answer.status_code == 202, answer.text
    eventually(lambda: (health := client.get("/api/v1/health").json())["state"]["behind"] == 0 and health["log"]["sequence"])


def asked(client: httpx.Client, kind: str, **fields: Any) -> dict[str, Any]:
    """Ask for a job and return it as it was taken."""
    answer = client.post("/api/v1/jobs", json={"kind": kind, **fields})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{found['jobID']}"
    return found


def ended(client: httpx.Client, job: dict[str, Any], *, within: float = 120.0) -> dict[str, Any]:
    """Return a job when it is over."""

    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(f"/api/v1/jobs/{job['jobID']}").json()
        return found if found["state"] in ("done", "failed", "cancelled") else None

    found = eventually(over, within=within)
    assert isinstance(found, dict)
    return found


def done(client: httpx.Client, kind: str, **fields: Any) -> dict[str, Any]:
    """Ask for a job and return it when it is done."""
    found = ended(client, asked(client, kind, **fields))
    assert found["state"] == "done", found
    return found


def told(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and content of server-sent events."""
    name = ""
    for line in lines:
        key, _, value = line.partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)


def tables(client: httpx.Client, job: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return tables of the result of a job."""
    answer = client.get(f"/api/v1/jobs/{job['jobID']}/result", params={"table": ",".join(names), "perPage": 1000})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["counts"].keys() >= set(names)
    return found


def written_log(folder: Path) -> Path:
    """Write a small shipment log and return its file."""
    file = folder / "log.csv"
    file.write_text(
        "item,from,to,ordered,delivered,qty\nbolt,Mill,Shop,2025-01-01,2025-01-05,3\nbolt,Mill,Shop,2025-02-01,2025-02-08,4\n"
    )
    return file
