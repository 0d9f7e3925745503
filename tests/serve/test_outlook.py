"""The server looks ahead by itself when a period has passed, behind whoever waits for a job, and warns of what matters."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.clock import SystemClock
from chaintwin.events.capturing import capture
from chaintwin.examples import Example, load
from chaintwin.serve.jobs.files import JobFiles
from chaintwin.serve.jobs.scheduling import Scheduler
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.outlook.looking import WAIT_SECONDS, Outlook
from chaintwin.serve.outlook.warning import WARNINGS_MAX, Warned, warned_of
from chaintwin.serve.settings import JobLimits, OutlookSettings, UploadLimits
from chaintwin.serve.threads import Threads
from chaintwin.serve.uploading.uploads import Uploads
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from tests.page.happening import OWN, counted
from tests.serve.documents import document, event
from tests.serve.jobbing import asked, ended, feed, tables
from tests.serve.running import Running, eventually, server
from tests.serve.test_access import is_problem

OUTLOOK = {"days": 56, "seconds": 0.5, "refresh_seconds": 1.0, "replications": 64, "likely": 0.05, "least": 1.0}

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "stock_point": st.sampled_from([f"p{number}" for number in range(6)]),
            "is_sold": st.booleans(),
            "probability": st.floats(0, 1),
            "fill_rate": st.none() | st.floats(0, 1),
            "units": st.floats(0, 1e6),
        }
    ),
    max_size=6,
    unique_by=lambda row: row["stock_point"],
)


@given(st.lists(ROWS, max_size=5))
def test_warned_of__customers_who_likely_wait_and_since_when(looks: list[list[dict[str, Any]]]) -> None:
    before: Warned | None = None
    since: dict[str, int] = {}
    for time, rows in enumerate(looks, 1):
        found = warned_of(rows, time=time, likely=0.5, least=0.9, before=before)
        expected = {
            row["stock_point"]
            for row in rows
            if row["is_sold"] and row["probability"] >= 0.5 and row["fill_rate"] is not None and row["fill_rate"] < 0.9
        }
        since = {name: since.get(name, time) for name in expected}
        assert found.since == since
        assert found.count == len(found.rows) == len(expected)
        assert [row["fill_rate"] for row in found.rows] == sorted(row["fill_rate"] for row in found.rows)
        assert all(row["since"] == since[row["stock_point"]] for row in found.rows)
        before = found


def test_warned_of__the_worst_of_many_are_told_and_all_are_counted() -> None:
    rows = [
        {"stock_point": f"p{number}", "is_sold": True, "probability": 1.0, "fill_rate": number / 1000, "units": 1.0}
        for number in range(250)
    ]
    found = warned_of(rows[::-1], time=1, likely=0.5, least=0.9, before=None)
    assert (found.count, len(found.rows), len(found.since)) == (250, WARNINGS_MAX, 250)
    assert found.rows[0]["stock_point"] == "p0"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with server(tmp_path, project="beer-game", jobs={"at_once": 1, "threads": 1}, outlook=OUTLOOK) as found:
        yield found


@pytest.mark.slow
def test_outlook__follows_the_state_and_is_what_its_job_found(running: Running) -> None:
    with running.client() as client:
        nothing = client.get("/api/v1/outlook").json()
        assert (nothing["state"], nothing["jobID"], nothing["warnings"]) == ("waiting", None, [])
        feed(client)
        empty = counted("retailer", "beer", quantity=0.0, at=datetime(2026, 3, 26, tzinfo=UTC))
        assert client.post("/epcis/capture", json=document(empty, context=OWN)).status_code == 202
        found = eventually(lambda: _ready(client, count=1), within=240)
        latest = client.get("/api/v1/state").json()["summary"]["latest"]
        assert found["time"] == latest
        assert found["fault"] is None
        job = client.get(f"/api/v1/jobs/{found['jobID']}").json()
        assert (job["by"], job["kind"], job["state"]) == ("outlook", "fork", "done")
        rows = tables(client, job, "shortages")["tables"]["shortages"]
        expected = [row for row in rows if row["is_sold"] and row["probability"] >= 0.05 and (row["fill_rate"] or 0.0) < 1.0]
        assert found["count"] == len(expected) > 0
        assert {row["stock_point"] for row in expected} == {one["stockPoint"] for one in found["warnings"]}
        assert all(one["since"] <= found["time"] for one in found["warnings"])
        tag = client.get("/api/v1/outlook").headers["etag"]
        assert client.get("/api/v1/outlook", headers={"If-None-Match": tag}).status_code == 304
        assert is_problem(client.get("/api/v1/outlook", params={"days": "7"}), 400)


@pytest.mark.slow
def test_outlook__gives_way_to_a_job_that_somebody_waits_for(tmp_path: Path) -> None:
    # A look that takes minutes; who asks for something small has it long before.
    outlook = OUTLOOK | {"days": 3000, "replications": 60_000}
    with server(tmp_path, project="beer-game", jobs={"at_once": 1, "threads": 1}, outlook=outlook) as running:
        with running.client() as client:
            eventually(lambda: client.get("/health/ready").json()["jobs"], within=240)
            feed(client)
            own = eventually(lambda: [job for job in jobs(client) if job["by"] == "outlook" and job["state"] == "running"])
            mine = asked(client, "simulate", periods=5, replications=4)
            assert ended(client, mine)["state"] == "done"
            assert client.get(f"/api/v1/jobs/{own[0]['jobID']}").json()["state"] == "cancelled"


@pytest.mark.slow
def test_outlook__takes_a_look_that_somebody_had_taken_and_no_other(running: Running) -> None:
    with running.client() as client:
        feed(client)
        assert seen(client)["isFirst"]
        # While this one is under way it asks for nothing, so that what follows is there before it asks.
        asked(client, "simulate", periods=2000, replications=4_000)
        feed(client, periods=13)
        latest = client.get("/api/v1/state").json()["summary"]["latest"]
        same = {"at": latest} | {name: OUTLOOK[name] for name in ("days", "likely", "replications")}
        asked(client, "fork", **same, asPlanned=True)
        mine = asked(client, "fork", **same)
        other = asked(client, "fork", **same | {"days": 7})
        before = {job["jobID"] for job in jobs(client)}
        assert ended(client, other)["state"] == "done"
        assert eventually(lambda: _job_seen(client, known=before)) == mine["jobID"]
        assert not seen(client)["isFirst"]
        assert {job["jobID"] for job in jobs(client)} == before


@pytest.mark.slow
def test_outlook__keeps_few_of_its_own_jobs(running: Running) -> None:
    with running.client() as client:
        feed(client)
        first = seen(client)["jobID"]
        for week in (13, 14, 15):
            feed(client, periods=week)
            before, first = first, eventually(lambda known=first: _other(client, known))
            assert first != before
        eventually(lambda: len([job for job in jobs(client) if job["by"] == "outlook"]) <= 2)


@pytest.mark.slow
def test_outlook__that_always_fails_rests_says_why_and_pushes_out_nobody(tmp_path: Path) -> None:
    # No process has so little memory, so every look fails, and every job of a person too.
    limits = {"at_once": 1, "threads": 1, "memory_bytes": 1}
    with server(tmp_path, project="beer-game", jobs=limits, outlook=OUTLOOK | {"seconds": 2.0}) as running:
        with running.client() as client:
            mine = ended(client, asked(client, "simulate", periods=5, replications=4))
            assert mine["state"] == "failed"
            feed(client)
            begun: dict[str, datetime] = {}

            def looked() -> bool:
                # Something comes all the time, as with a feed.
                client.post("/epcis/capture", json=document(event()))
                own = [job for job in jobs(client) if job["by"] == "outlook"]
                # One that is over, and one that is asked for already.
                assert len(own) <= 3
                if begun:
                    assert client.get("/api/v1/outlook").json()["fault"].startswith("The job took")
                for job in own:
                    if job["state"] == "failed":
                        begun.setdefault(job["jobID"], datetime.fromisoformat(job["createdAt"]))
                return len(begun) == 3

            eventually(looked, within=120)
            first, second, third = sorted(begun.values())
            assert (second - first).total_seconds() >= 2.0
            assert (third - second).total_seconds() >= 2.0
            assert client.get(f"/api/v1/jobs/{mine['jobID']}").json()["state"] == "failed"
            eventually(lambda: len([job for job in jobs(client) if job["by"] == "outlook" and job["state"] == "failed"]) == 1)


def test_outlook__the_loop_answers_while_the_state_is_being_changed(tmp_path: Path) -> None:
    network = load(Example.BEER_GAME)
    answered, is_held = threading.Event(), threading.Event()
    found: list[bool] = []

    async def look(store: Store, twin: Twin) -> None:
        threads, clock, limits = Threads(), SystemClock(), JobLimits(at_once=1)
        uploads = Uploads(tmp_path / "uploads", limits=UploadLimits(), threads=threads, clock=clock)
        # It takes jobs in and does none, so the job of the look stays where it is.
        scheduler = Scheduler(
            store, twin=twin, files=JobFiles(tmp_path), uploads=uploads, threads=threads, clock=clock, limits=limits
        )
        outlook = Outlook(twin, growth=Growth(1), scheduler=scheduler, threads=threads, settings=OutlookSettings(days=7))
        outlook.start()
        # By then it waits for the state, which another one holds until the loop has answered.
        await asyncio.sleep(3 * WAIT_SECONDS)
        assert not scheduler.jobs()
        answered.set()
        while not scheduler.jobs():
            await asyncio.sleep(0.05)
        await outlook.close()
        await scheduler.close()
        threads.close()

    def hold(twin: Twin) -> None:
        with twin._lock:
            is_held.set()
            found.append(answered.wait(60))

    with open_store(tmp_path / "log.db") as store:
        store.append(capture(document(event())).records, received_at=1)
        twin = Twin.open(network, store=store)
        holding = threading.Thread(target=hold, args=(twin,))
        holding.start()
        is_held.wait()
        asyncio.run(asyncio.wait_for(look(store, twin), 120))
        holding.join()
    assert found == [True]


def test_outlook__is_off_where_it_was_not_asked_for(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game") as running, running.client() as client:
        assert client.get("/api/v1/outlook").json()["state"] == "off"
    with server(tmp_path / "bare") as running, running.client() as client:
        assert is_problem(client.get("/api/v1/outlook"), 404)


def seen(client: httpx.Client) -> dict[str, Any]:
    """Return what the server sees, as soon as it has looked."""
    found: dict[str, Any] = eventually(lambda: _ready(client), within=240)
    return found


def jobs(client: httpx.Client) -> list[dict[str, Any]]:
    """Return the jobs of a server."""
    found: list[dict[str, Any]] = client.get("/api/v1/jobs").json()["member"]
    return found


def _ready(client: httpx.Client, *, count: int = 0) -> dict[str, Any] | None:
    found = client.get("/api/v1/outlook").json()
    return found if found["state"] == "ready" and found["count"] >= count else None


def _job_seen(client: httpx.Client, *, known: set[str]) -> str | None:
    """Return the job of what the server sees, once that is one of those known and not its own, or a new one."""
    found: str = client.get("/api/v1/outlook").json()["jobID"]
    by = client.get(f"/api/v1/jobs/{found}").json()["by"]
    return found if by != "outlook" or found not in known else None


def _other(client: httpx.Client, known: str) -> str | None:
    found: str = client.get("/api/v1/outlook").json()["jobID"]
    return found if found != known else None
