"""The state over HTTP: several tables at once, all of one site, since when it goes; and the rows of a result that are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from chaintwin.clock import SystemClock
from chaintwin.fidelity.reporting.kept import Summary, keep_summary
from chaintwin.store.opening import open_store
from tests.page.happening import OWN, counted
from tests.page.lived import site_events
from tests.serve.documents import document
from tests.serve.jobbing import done, feed, recording
from tests.serve.running import Running, eventually, server
from tests.serve.test_access import is_problem

pytestmark = pytest.mark.slow
SITE = "retailer"
NAMES = ("stock", "shipments", "consignments", "orders")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("state")
    summary = Summary(
        measured_at=1_767_225_600_000_000,
        until=1_767_225_600_000_000,
        parameters="",
        score=0.75,
        parts={"state": 0.75},
        coverage=(),
        points={f"{SITE}/beer": 0.5, "wholesaler/beer": 0.9},
        alarms=0,
        backcasts=3,
        sites={SITE: 0.625},
    )
    with open_store(folder / "log.db", clock=SystemClock()) as store:
        keep_summary(store, summary)
    with server(folder, project="beer-game", jobs={"at_once": 1, "queued": 3, "threads": 1}) as found:
        with found.client() as client:
            feed(client)
        yield found


@pytest.fixture
def client(lived: Running) -> Iterator[httpx.Client]:
    with lived.client() as found:
        yield found


def state(client: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/state", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_tables__together_are_what_each_is_alone(client: httpx.Client) -> None:
    at = "2026-02-01T00:00:00Z"
    found = state(client, table=",".join(NAMES), at=at, perPage=1000)
    for name in NAMES:
        alone = state(client, table=name, at=at, perPage=1000)
        assert found["tables"][name] == alone["rows"]
        assert found["counts"][name] == alone["count"]
    assert found["counts"]["stock"] > 0
    assert found["hash"] == alone["hash"]


def test_tables__pages_hold_all_rows_once(client: httpx.Client) -> None:
    whole = state(client, table="stock,consignments", perPage=1000)
    rows: dict[str, list[Any]] = {"stock": [], "consignments": []}
    path: str | None = "/api/v1/state?table=stock,consignments&perPage=2"
    pages = 0
    while path is not None:
        answer = client.get(path)
        for name, part in answer.json()["tables"].items():
            rows[name] += [{key: value for key, value in row.items() if key != "ageSeconds"} for row in part]
        path = answer.links["next"]["url"] if "next" in answer.links else None
        pages += 1
    assert pages > 1
    for name, found in rows.items():
        assert found == [{key: value for key, value in row.items() if key != "ageSeconds"} for row in whole["tables"][name]]


@pytest.mark.parametrize(
    "query", ["table=stock,stock", "table=stock,nothing", "table=", "table=stock&site=retailer", "path=stock/a/b&table=stock"]
)
def test_state__refuses_what_is_no_question(client: httpx.Client, query: str) -> None:
    assert is_problem(client.get(f"/api/v1/state?{query}"), 400)


def test_summary__tells_since_when_something_is_known(client: httpx.Client) -> None:
    first = min(event["eventTime"] for event in recording()["epcisBody"]["eventList"])
    found = state(client)["summary"]
    assert found["first"][:16] == first[:16]
    assert found["first"] < found["latest"]


def test_site__tells_all_of_it_with_how_sure_it_is(client: httpx.Client) -> None:
    events = site_events(SITE, at="2026-06-01T10:00:00.000Z")
    sent = document(*events, context=OWN)
    assert client.post("/epcis/capture", json=sent).status_code == 202
    eventually(lambda: client.get("/api/v1/health").json()["state"]["behind"] == 0)
    found = state(client, site=SITE)
    (beer,) = found["stock"]
    value = state(client, path=f"stock/{SITE}/beer")["reported"]
    assert {name: beer["reported"][name] for name in ("value", "source", "at")} == {
        name: value[name] for name in ("value", "source", "at")
    }
    assert [row["resource"] for row in found["resources"]] == ["cold room"]
    assert found["resources"][0]["share"] == 0.5
    assert [row["role"] for row in found["people"]] == ["operator"]
    assert {row["vehicle"] for row in found["vehicles"]} == {"van 7"}
    assert {row["device"] for row in found["devices"]} == {"probe 1"}
    (condition,) = found["conditions"]
    assert (condition["place"], condition["deviation"]) == (SITE, 0.3)
    assert all("time" in row and "source" in row for row in [*found["resources"], *found["people"], *found["conditions"]])
    assert found["fidelity"]["score"] == 0.625
    assert found["fidelity"]["products"] == {"beer": 0.5}
    before = state(client, site=SITE, at="2026-02-01T00:00:00Z")
    assert before["people"] == []
    assert before["time"] < found["time"]


def test_site__that_nobody_knows_is_not_found(client: httpx.Client) -> None:
    assert is_problem(client.get("/api/v1/state?site=nowhere"), 404)
    # The control: a site that the network knows is found before anything has happened there.
    assert state(client, site="wholesaler", at="2025-01-01T00:00:00Z")["stock"] == []


def test_fidelity__is_null_where_it_was_never_measured(running: Running) -> None:
    with running.client() as client:
        assert state(client, site=SITE)["fidelity"] is None


def test_result__gives_the_rows_of_a_site_or_a_period(client: httpx.Client) -> None:
    job = done(client, "fork", at="2026-03-20T00:00:00Z", days=14, replications=8)
    path = f"/api/v1/jobs/{job['jobID']}/result"
    rows = client.get(path, params={"table": "stock", "perPage": 1000}).json()["tables"]["stock"]
    period = rows[0]["period"] + 1
    of_site = client.get(path, params={"table": "stock", "site": SITE, "perPage": 1000}).json()["tables"]["stock"]
    assert of_site == [row for row in rows if row["site_id"] == SITE]
    of_period = client.get(path, params={"table": "stock", "period": period, "perPage": 1000}).json()["tables"]["stock"]
    assert of_period == [row for row in rows if row["period"] == period]
    assert 0 < len(of_period) < len(rows)
    first = client.get(path, params={"table": "stock", "site": SITE, "perPage": 1})
    following = client.get(first.links["next"]["url"])
    assert first.json()["tables"]["stock"] + following.json()["tables"]["stock"] == of_site[:2]
    assert is_problem(client.get(path, params={"table": "by_run", "site": SITE}), 400)
    assert is_problem(client.get(path, params={"table": "stock", "period": "x"}), 400)
    assert is_problem(client.get(path, params={"table": "stock", "site": SITE}, headers={"Accept": "text/csv"}), 400)


def test_state__a_count_is_in_the_site_at_once(client: httpx.Client) -> None:
    sent = document(counted(SITE, "beer", quantity=77, at=datetime.now(UTC)), context=OWN)
    assert client.post("/epcis/capture", json=sent).status_code == 202
    eventually(lambda: state(client, site=SITE)["stock"][0]["reported"]["value"] == 77)
