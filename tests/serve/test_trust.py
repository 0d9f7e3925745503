"""Fidelity, versions of parameters and entries of the log over HTTP, as they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from chaintwin.client import Client
from tests.serve.jobbing import feed
from tests.serve.running import TOKEN, Running, server
from tests.serve.test_access import is_problem
from tests.serve.trusting import trusted_log


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, str]]:
    folder = tmp_path_factory.mktemp("trust")
    return folder, trusted_log(folder / "log.db", site="retailer", lane="wholesaler>retailer/beer", point="retailer/beer")


@pytest.fixture(scope="module")
def running(versions: tuple[Path, tuple[str, str]]) -> Iterator[Running]:
    with server(versions[0], project="beer-game") as found:
        with found.client() as client:
            assert client.get("/api/v1/parameters").json()["inForce"] is None
            feed(client)
        yield found


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    with running.client() as found:
        yield found


def test_fidelity__is_what_was_measured_last(client: httpx.Client, versions: tuple[Path, tuple[str, str]]) -> None:
    found = client.get("/api/v1/fidelity").json()
    assert found["score"] == 0.81
    assert found["until"] == "2026-04-01T00:00:00.000Z"
    assert found["parameters"] == versions[1][0]
    assert found["parts"] == {"state": 0.99, "skill": 0.62, "coverage": 0.93}
    assert found["coverage"][0] == {"horizon": 1, "inside": 0.91, "forecasts": 400, "origins": 8}
    assert found["drifted"][0]["since"] == "2026-03-02T00:00:00.000Z"
    assert (found["sites"], found["points"]) == ({"retailer": 0.4}, {"retailer/beer": 0.2})


def test_fidelity__says_so_where_nothing_was_measured(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game") as running, running.client() as client:
        found = client.get("/api/v1/fidelity").json()
        assert (found["score"], found["measuredAt"], found["parts"]) == (None, None, {})
        assert client.get("/api/v1/parameters").json() == {"member": [], "count": 0, "inForce": None}


def test_parameters__the_latest_first_and_the_one_in_force(running: Running, versions: tuple[Path, tuple[str, str]]) -> None:
    first, second = versions[1]
    with Client(running.url, token=TOKEN) as twin:
        found = twin.parameters()
        assert twin.fidelity()["score"] == 0.81
    assert [one["version"] for one in found["member"]] == [second, first]
    assert [one["isAccepted"] for one in found["member"]] == [False, True]
    assert found["member"][0]["parent"] == first
    # What was refused is never in force, however late its data are.
    assert found["inForce"] == first


def test_entries__are_found_by_what_they_are_about(client: httpx.Client) -> None:
    every = client.get("/api/v1/entries", params={"perPage": 1000}).json()
    head = client.get("/api/v1/health").json()["log"]["sequence"]
    assert every["count"] == head
    assert every["isAll"]
    times = [datetime.fromisoformat(one["occurredAt"]) for one in every["member"]]
    assert times == sorted(times, reverse=True)
    for about, fits in (
        ("retailer", lambda one: one["place"].endswith(":retailer")),
        ("OrderPlaced", lambda one: one["type"].endswith("OrderPlaced")),
        ("receiving", lambda one: one["step"] == "receiving"),
    ):
        found = client.get("/api/v1/entries", params={"about": about, "perPage": 1000}).json()
        assert found["count"] == len(found["member"]) > 0, about
        assert all(fits(one) for one in found["member"]), about
    assert client.get("/api/v1/entries", params={"about": "no such thing"}).json()["count"] == 0
    late = client.get("/api/v1/entries", params={"from": "2026-02-15T00:00:00Z", "perPage": 1000}).json()
    assert 0 < late["count"] < head
    assert all(one["occurredAt"] >= "2026-02-15" for one in late["member"])
    assert is_problem(client.get("/api/v1/entries", params={"from": "yesterday"}), 400)


def test_entry__is_whole_and_tells_what_it_changed(client: httpx.Client) -> None:
    received = client.get("/api/v1/entries", params={"about": "receiving", "perPage": 1}).json()["member"][0]
    found = client.get(f"/api/v1/entries/{received['sequence']}").json()
    assert found["event"]["bizStep"].endswith("receiving")
    assert found["event"]["eventID"] == found["eventID"] == received["eventID"]
    quantity = found["event"]["quantityList"][0]["quantity"]
    stock = next(cell for cell in found["cells"] if cell["path"].startswith("stock/"))
    before = stock["before"]["quantity"] if stock["before"] else 0.0
    assert stock["after"]["quantity"] - before == pytest.approx(quantity)
    assert is_problem(client.get("/api/v1/entries/0"), 404)
    assert is_problem(client.get("/api/v1/entries/999999999"), 404)
    assert is_problem(client.get("/api/v1/entries/first"), 400)
