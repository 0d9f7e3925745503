"""Jobs: taken once, done apart, told as they get sharper, kept, compared, cancelled, bounded, and found again after a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chaintwin import Scenario, compare, simulate
from chaintwin.examples import Example, load
from chaintwin.fidelity.forking.fork import fork
from chaintwin.network.state import initial_state
from tests.page.happening import OWN, counted
from tests.serve.documents import document
from tests.serve.jobbing import LATER, asked, done, ended, feed, tables, told, written_log
from tests.serve.running import Running, eventually, server
from tests.serve.test_access import is_problem

pytestmark = pytest.mark.slow

LONG = {"periods": 2000, "replications": 50_000}
"""A simulation that takes minutes."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("jobs")
    with server(folder, project="beer-game", jobs={"at_once": 1, "queued": 3, "threads": 1}) as found:
        with found.client() as client:
            assert is_problem(client.post("/api/v1/jobs", json={"kind": "fork"}), 400)
            feed(client)
            eventually(lambda: client.get("/health/ready").json()["jobs"], within=240)
        yield found


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    with running.client() as found:
        yield found


def test_simulate__is_what_the_library_says(client: httpx.Client) -> None:
    job = done(client, "simulate", periods=30, replications=100, seed=7, title="as it is")
    expected = simulate(load(Example.BEER_GAME), periods=30, replications=100, seed=7)
    found = tables(client, job, "summary", "periods")
    for name in ("summary", "periods"):
        frame = getattr(expected, name)
        assert_frame_equal(pl.DataFrame(found["tables"][name], schema=frame.schema), frame)
    assert found["about"]["program_digest"] == expected.program_digest
    assert not found["isPartial"]
    assert job["replications"] == 100
    assert {"jobID", "by", "createdAt", "seed", "version", "network", "log"} <= job.keys()
    assert job["log"]["sequence"] > 0
    assert job["by"].startswith("token:")
    assert job["expiresAt"] > job["finishedAt"]


def test_fork__is_told_first_by_few_runs_and_then_by_all(client: httpx.Client) -> None:
    job = asked(client, "fork", at="2026-03-25T23:59:59.999999Z", days=56, replications=600, scenario=LATER)
    with client.stream("GET", f"/api/v1/jobs/{job['jobID']}/events") as stream:
        events = list(told(stream.iter_lines()))
    names = [name for name, _ in events]
    assert names[-1] == "end"
    sharper = [content["replications"] for name, content in events if name == "partial"]
    assert sharper[:2] == [8, 64]
    assert sharper == sorted(set(sharper))
    last = events[-1][1]
    assert (last["state"], last["replications"], last["progress"]) == ("done", 600, 1.0)
    shares = [content["progress"] for _, content in events]
    assert shares == sorted(shares)
    found = tables(client, last, "service", "shortages", "stock")
    assert len(found["tables"]["service"]) == 8
    assert found["tables"]["stock"][0].keys() >= {"stock_point", "q05", "q50", "p_short", "date"}
    assert found["about"]["start"]["latest"].startswith("2026-03-")
    # A stream of a job that is over tells its end, and a browser that comes again is told that nothing follows.
    with client.stream("GET", f"/api/v1/jobs/{job['jobID']}/events") as stream:
        assert [name for name, _ in told(stream.iter_lines())] == ["end"]
    headers = {"Last-Event-ID": str(last["change"])}
    assert client.get(f"/api/v1/jobs/{job['jobID']}/events", headers=headers).status_code == 204


def test_result__in_three_forms_and_by_pages(client: httpx.Client) -> None:
    job = done(client, "fork", at="2026-03-25T00:00:00Z", days=70, replications=16)
    path = f"/api/v1/jobs/{job['jobID']}/result"
    counts = client.get(path).json()["counts"]
    exact = pl.read_parquet(
        BytesIO(client.get(path, params={"table": "stock"}, headers={"Accept": "application/vnd.apache.parquet"}).content)
    )
    assert exact.height == counts["stock"] == 40
    answer = client.get(path, params={"table": "stock"}, headers={"Accept": "text/csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="fork-stock.csv"'
    assert pl.read_csv(BytesIO(answer.content)).height == 40
    rows: list[Any] = []
    following: str | None = f"{path}?table=stock&perPage=15"
    while following:
        page = client.get(following)
        rows += page.json()["tables"]["stock"]
        following = page.links.get("next", {}).get("url")
    assert [row["period"] for row in rows] == exact["period"].to_list()
    tag = client.get(path, params={"table": "service"}).headers["etag"]
    assert client.get(path, params={"table": "service"}, headers={"If-None-Match": tag}).status_code == 304
    assert is_problem(client.get(path, headers={"Accept": "text/csv"}), 400)
    assert is_problem(client.get(path, headers={"Accept": "image/png"}), 406)
    assert is_problem(client.get(path, params={"table": "stocks"}), 400)


def test_compare__is_what_the_library_says_and_jobs_compare_alike(client: httpx.Client) -> None:
    options: dict[str, Any] = {"periods": 30, "replications": 128, "seed": 3}
    expected = compare(load(Example.BEER_GAME), [Scenario.of("later", LATER["change"])], **options)
    job = done(client, "compare", scenarios=[LATER], **options)
    frame = pl.DataFrame(tables(client, job, "differences")["tables"]["differences"], schema=expected.differences.schema)
    assert_frame_equal(frame, expected.differences)
    base, other = (done(client, "simulate", scenario=scenario, **options) for scenario in (None, LATER))
    found = client.get("/api/v1/comparisons", params={"jobs": f"{base['jobID']},{other['jobID']}"}).json()
    assert found["reference"] == base["jobID"]
    assert found["replications"] == 128
    rows = {row["figure"]: row for row in found["differences"]}
    for row in expected.differences.to_dicts():
        for name in ("difference", "low", "high", "verdict"):
            assert rows[row["figure"]][name] == (pytest.approx(row[name]) if isinstance(row[name], float) else row[name])


def test_comparisons__of_forks_are_paired(client: httpx.Client) -> None:
    options = {"at": "2026-03-25T00:00:00Z", "days": 70, "replications": 64}
    base, other = (done(client, "fork", scenario=scenario, **options) for scenario in (None, LATER))
    found = client.get("/api/v1/comparisons", params={"jobs": f"{base['jobID']},{other['jobID']}"}).json()
    rows = {row["figure"]: row for row in found["differences"]}
    assert rows["demand"]["difference"] == 0
    assert rows["demand"]["verdict"] == "the same"
    assert rows["fill_rate"]["value"] <= rows["fill_rate"]["reference"]
    elsewhere = done(client, "fork", at="2026-03-18T00:00:00Z", days=70, replications=64)
    longer = done(client, "fork", at="2026-03-25T00:00:00Z", days=77, replications=8)
    simulated = done(client, "simulate", periods=5, replications=8)
    for wrong in (elsewhere, longer, simulated):
        refused = client.get("/api/v1/comparisons", params={"jobs": f"{base['jobID']},{wrong['jobID']}"})
        assert is_problem(refused, 400), refused.text
    assert is_problem(client.get("/api/v1/comparisons", params={"jobs": base["jobID"]}), 400)
    assert is_problem(client.get("/api/v1/comparisons", params={"jobs": f"{base['jobID']},none"}), 404)


def test_fork__from_the_start_of_the_model(client: httpx.Client) -> None:
    job = done(client, "fork", at="model", days=70, replications=64, seed=3)
    network = load(Example.BEER_GAME)
    expected = fork(network, initial_state(network.compile(periods=10)), periods=10, runs=64, seed=3)
    found = tables(client, job, "service", "shortages")["tables"]
    assert [row["fill_rate"] for row in found["service"]] == expected.service["fill_rate"].to_list()
    assert [row["stock_point"] for row in found["shortages"]] == expected.shortages["stock_point"].to_list()
    assert job["time"] is None
    # From there a scenario may add what the network does not have; from a live state the engine refuses that.
    added = {"table": "sources", "insert": {"site_id": "retailer", "product_id": "beer", "kind": "buy", "lead_time": 1}}
    scenario = {"name": "bought", "change": [added]}
    assert done(client, "fork", at="model", days=70, replications=8, scenario=scenario)["state"] == "done"
    refused = ended(client, asked(client, "fork", at="2026-03-25T00:00:00Z", days=70, replications=8, scenario=scenario))
    assert refused["state"] == "failed"
    assert "adds and removes nothing" in refused["problem"]["detail"]


def test_fork__tells_what_was_struck(client: httpx.Client) -> None:
    out = {"where": {"site": "wholesaler"}, "start": "2026-01-15", "duration": 14, "effect": {"capacity": 0}}
    more = {"where": {"site": "retailer"}, "start": "2026-01-15", "duration": 14, "effect": {"capacity": 2}}
    scenario = {"name": "out", "disruption": [out], "intervention": [more]}
    about = done(client, "fork", at="model", days=70, replications=8, scenario=scenario)["about"]
    assert about["struck"]["activities"]
    assert all("wholesaler" in name for name in about["struck"]["activities"])
    assert done(client, "fork", at="model", days=70, replications=8)["about"]["struck"] == {"activities": [], "sites": []}


def test_known__jobs_of_one_moment_compare_though_the_log_has_grown(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game", jobs={"at_once": 1, "threads": 1}) as running, running.client() as client:
        feed(client)
        first = done(client, "fork", at="2026-03-25T00:00:00Z", days=35, replications=8)
        pinned = {"at": first["time"], "known": first["log"]["recordedAt"]}
        late = document(counted("retailer", "beer", quantity=1, at=datetime(2026, 3, 20, tzinfo=UTC)), context=OWN)
        assert client.post("/epcis/capture", json=late).status_code == 202
        eventually(lambda: client.get("/api/v1/health").json()["state"]["behind"] == 0)
        same = done(client, "fork", **pinned, days=35, replications=8)
        assert same["log"] == first["log"]
        assert tables(client, same, "stock")["tables"] == tables(client, first, "stock")["tables"]
        jobs = f"{first['jobID']},{same['jobID']}"
        rows = client.get("/api/v1/comparisons", params={"jobs": jobs}).json()["differences"]
        assert {row["verdict"] for row in rows} == {"the same"}
        # The control: with what came later it is another state, and no comparison is made of it.
        later = done(client, "fork", at=first["time"], days=35, replications=8)
        assert tables(client, later, "stock")["tables"] != tables(client, first, "stock")["tables"]
        assert is_problem(client.get("/api/v1/comparisons", params={"jobs": f"{first['jobID']},{later['jobID']}"}), 400)
        for wrong in ("2999-01-01T00:00:00Z", "yesterday"):
            refused = client.post("/api/v1/jobs", json={"kind": "fork", "at": first["time"], "known": wrong})
            assert is_problem(refused, 400), refused.text


def test_result__of_some_stock_points_only(client: httpx.Client) -> None:
    job = done(client, "fork", at="model", days=70, replications=8)
    place = f"/api/v1/jobs/{job['jobID']}/result"
    whole = tables(client, job, "stock")["tables"]["stock"]
    asked_for = {"table": "stock", "stockPoint": ["retailer/beer", "brewery/beer"], "perPage": 5}
    first = client.get(place, params=asked_for)
    rows = first.json()["tables"]["stock"]
    while link := first.links.get("next"):
        first = client.get(link["url"])
        rows += first.json()["tables"]["stock"]
    assert rows == [row for row in whole if row["stock_point"] in ("retailer/beer", "brewery/beer")]
    assert len(rows) == 20
    assert client.get(place, params={"table": "stock", "stockPoint": "nowhere/beer"}).json()["tables"]["stock"] == []
    assert is_problem(client.get(place, params={"table": "service", "stockPoint": "retailer/beer"}), 400)
    csv = {"Accept": "text/csv"}
    assert is_problem(client.get(place, params={"table": "stock", "stockPoint": "retailer/beer"}, headers=csv), 400)


def test_stress__ranks_what_can_be_out(client: httpx.Client) -> None:
    job = done(client, "stress", by=["site", "lane"], recover=8)
    found = tables(client, job, "outages")
    assert {row["kind"] for row in found["tables"]["outages"]} == {"site", "lane"}
    assert found["about"]["measure"] == "margin"
    assert [row["rank"] for row in found["tables"]["outages"]] == list(range(1, len(found["tables"]["outages"]) + 1))


def test_import__a_log_becomes_a_network_that_other_jobs_run(client: httpx.Client, tmp_path: Path) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    sent = client.post("/api/v1/uploads?name=log.csv", content=written_log(tmp_path).read_bytes(), headers=octets)
    assert sent.status_code == 201
    job = done(client, "import", upload=sent.json()["uploadID"], name="bolts")
    found = tables(client, job, "rows", "lane_fits", "findings")
    assert found["about"]["name"] == "bolts"
    assert {row["table"] for row in found["tables"]["rows"]} >= {"sites", "products", "lanes", "demand"}
    run = done(client, "simulate", network=job["jobID"], periods=10, replications=4)
    assert run["network"] == f"import-{job['jobID']}"
    assert done(client, "stress", network=job["jobID"], measure="units")["tables"]["outages"] > 0
    assert is_problem(client.post("/api/v1/jobs", json={"kind": "simulate", "network": "none"}), 400)
    assert is_problem(client.post("/api/v1/jobs", json={"kind": "import", "upload": "0" * 32}), 400)
    # A mapping of several files would name files of the server.
    series = ended(client, asked(client, "import", upload=sent.json()["uploadID"], mapping="supplygraph"))
    assert series["problem"]["faults"][0]["code"] == "upload.layout"
    broken = client.post("/api/v1/uploads?name=book.xlsx", content=b"no workbook", headers=octets).json()["uploadID"]
    failed = ended(client, asked(client, "import", upload=broken))
    assert failed["state"] == "failed"
    assert failed["problem"]["faults"][0]["code"].startswith("workbook.")


def test_make__all_faults_are_told_together(client: httpx.Client) -> None:
    wrong = {
        "kind": "fork",
        "days": 0,
        "seeds": 1,
        "at": "soon",
        "scenario": {"name": "x", "change": [{"table": "lane"}]},
        "likely": 2,
    }
    refused = client.post("/api/v1/jobs", json=wrong)
    assert is_problem(refused, 400)
    told = {(fault["code"], fault["where"]): fault for fault in refused.json()["faults"]}
    assert {where for code, where in told if code == "job.value"} >= {"days", "at", "likely"}
    assert told["job.unknown", "seeds"]["fix"] == "did you mean seed?"
    assert any(code.startswith("scenario.") for code, _ in told)
    for body, code in ((b"no", "job.body"), (b"[]", "job.body"), (b"{}", "job.kind"), (b'{"kind": "forks"}', "job.kind")):
        answer = client.post("/api/v1/jobs", content=body, headers={"Content-Type": "application/json"})
        assert answer.json()["faults"][0]["code"] == code


def test_make__what_only_the_engine_finds_fails_the_job_with_its_faults(client: httpx.Client) -> None:
    scenario = {"change": [{"table": "lanes", "where": {"lane_id": "none"}, "column": "lead_time", "set": 1}]}
    failed = ended(client, asked(client, "simulate", scenario=scenario, periods=5))
    assert failed["state"] == "failed"
    assert failed["problem"]["faults"]
    assert failed["result"] is None
    assert is_problem(client.get(f"/api/v1/jobs/{failed['jobID']}/result"), 409)
    again = client.post(f"/api/v1/jobs/{failed['jobID']}/again")
    assert again.status_code == 202
    assert again.json()["asked"] == failed["asked"]
    ended(client, again.json())


def test_make__one_job_for_one_key(client: httpx.Client) -> None:
    body, key = {"kind": "simulate", "periods": 5, "replications": 4}, {"Idempotency-Key": "first"}
    one, two = (client.post("/api/v1/jobs", json=body, headers=key).json() for _ in range(2))
    assert one["jobID"] == two["jobID"]
    other = client.post("/api/v1/jobs", json=body | {"seed": 2}, headers=key)
    assert is_problem(other, 422)
    assert client.post("/api/v1/jobs", json=body).json()["jobID"] != one["jobID"]
    assert is_problem(client.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": "a" * 201}), 400)
    again = [client.post(f"/api/v1/jobs/{one['jobID']}/again", headers={"Idempotency-Key": "second"}).json() for _ in range(2)]
    assert again[0]["jobID"] == again[1]["jobID"] != one["jobID"]
    assert is_problem(client.post(f"/api/v1/jobs/{one['jobID']}/again", headers=key), 422)


def test_cancel__stops_what_runs_and_what_waits_and_frees_the_queue(client: httpx.Client) -> None:
    jobs, path = [asked(client, "simulate", **LONG)], "/api/v1/jobs/{}"
    eventually(lambda: client.get(path.format(jobs[0]["jobID"])).json()["progress"] > 0)
    jobs += [asked(client, "simulate", **LONG) for _ in range(3)]
    refused = client.post("/api/v1/jobs", json={"kind": "simulate"})
    assert is_problem(refused, 429)
    assert 2 <= int(refused.headers["retry-after"]) <= 60
    # What was found so far is there, sharper every time.
    partial = eventually(lambda: (answer := client.get(path.format(jobs[0]["jobID"]) + "/result")).is_success and answer.json())
    assert partial["isPartial"]
    assert client.get("/api/v1/jobs", params={"state": "queued"}).json()["count"] == 3
    assert client.post(path.format(jobs[3]["jobID"]) + "/cancel").json()["state"] == "cancelled"
    assert client.delete(path.format(jobs[2]["jobID"])).status_code == 204
    assert is_problem(client.get(path.format(jobs[2]["jobID"])), 404)
    began = time.monotonic()
    assert client.post(path.format(jobs[0]["jobID"]) + "/cancel").status_code == 202
    assert ended(client, jobs[0])["state"] == "cancelled"
    assert time.monotonic() - began < 8
    client.post(path.format(jobs[1]["jobID"]) + "/cancel")
    ended(client, jobs[1])
    assert done(client, "simulate", periods=5, replications=4)["state"] == "done"


def test_list__the_latest_first_by_pages(client: httpx.Client) -> None:
    made = [asked(client, "simulate", periods=2, replications=2)["jobID"] for _ in range(3)]
    page = client.get("/api/v1/jobs", params={"perPage": 2, "kind": "simulate"})
    assert [job["jobID"] for job in page.json()["member"]] == made[:0:-1]
    assert page.links["next"]["url"]
    second = client.get(page.links["next"]["url"]).json()
    assert second["member"][0]["jobID"] == made[0]
    assert is_problem(client.get("/api/v1/jobs", params={"state": "over"}), 400)
    for job in made:
        ended(client, {"jobID": job})


def test_restart__a_simulation_goes_on_and_a_fork_is_told_as_interrupted(tmp_path: Path) -> None:
    options: dict[str, Any] = {"project": "beer-game", "jobs": {"at_once": 1, "threads": 1}}
    with server(tmp_path, **options) as running, running.client() as client:
        feed(client)
        kept = done(client, "simulate", periods=5, replications=4)
        # Hundreds of times as long as it takes until something of it is saved, which is done after its first 64 replications.
        options_of_run = {"periods": 2000, "replications": 10_000, "start": "2026-03-25T00:00:00Z"}
        first = asked(client, "simulate", **options_of_run)
        eventually((tmp_path / "jobs" / "all" / first["jobID"] / "saved" / "run.checkpoint").exists, within=240)
        # As a power cut would end it: nobody is told, and what runs is what was kept last.
        running.kill()
    with server(tmp_path, **options) as running, running.client() as client:
        assert client.get(f"/api/v1/jobs/{kept['jobID']}").json() == kept
        assert len(tables(client, kept, "summary")["tables"]["summary"]) > 10
        # What was saved is told before more is found.
        path = f"/api/v1/jobs/{first['jobID']}"
        assert eventually(lambda: (job := client.get(path).json())["part"] and job)["replications"] >= 64
        found = ended(client, first)
        assert found["state"] == "done", found
        assert found["resumed"] == 1
        again = done(client, "simulate", **options_of_run)
        assert tables(client, found, "summary")["tables"] == tables(client, again, "summary")["tables"]
        ahead = asked(client, "fork", at="2026-03-25T00:00:00Z", days=3000, replications=60_000)
        eventually(lambda: client.get(f"/api/v1/jobs/{ahead['jobID']}").json()["state"] == "running")
    with server(tmp_path, **options) as running, running.client() as client:
        interrupted = ended(client, ahead)
        assert interrupted["state"] == "failed"
        assert interrupted["problem"]["type"] == "urn:chaintwin:problem:interrupted"


def test_limits__of_time_memory_and_what_is_kept(tmp_path: Path) -> None:
    limits = {"at_once": 1, "threads": 1, "seconds": 2.0, "kept": 1}
    with server(tmp_path / "time", project="beer-game", jobs=limits) as running, running.client() as client:
        eventually(lambda: client.get("/health/ready").json()["jobs"], within=240)
        failed = ended(client, asked(client, "simulate", **LONG))
        assert failed["problem"]["type"] == "urn:chaintwin:problem:time"
        assert failed["part"] > 0
        done(client, "simulate", periods=5, replications=4)
    with server(tmp_path / "time", project="beer-game", jobs=limits) as running, running.client() as client:
        # Of jobs that are over one is kept, the latest.
        assert eventually(lambda: client.get("/api/v1/jobs").json()["count"] == 1)
        assert not (tmp_path / "time" / "jobs" / "all" / failed["jobID"]).exists()
    little = {"at_once": 1, "threads": 1, "memory_bytes": 40 * 2**20}
    with server(tmp_path / "memory", project="beer-game", jobs=little) as running, running.client() as client:
        failed = ended(client, asked(client, "simulate", periods=5, replications=4))
        assert failed["problem"]["type"] == "urn:chaintwin:problem:memory"
        assert "allowed: 40 MiB" in failed["problem"]["detail"]


def test_service__is_what_the_library_says(client: httpx.Client) -> None:
    from chaintwin.risk.service.simulated import measure_project

    job = done(client, "service", periods=20, replications=3, seed=4)
    expected = measure_project(load(Example.BEER_GAME), periods=20, replications=3, seed=4)
    found = tables(client, job, "rights", "customers", "measures", "lines")
    for name in ("rights", "customers", "lines"):
        frame = getattr(expected, name)
        assert_frame_equal(pl.DataFrame(found["tables"][name], schema=frame.schema), frame)
    whole = expected.customers.row(by_predicate=pl.col("by") == "all", named=True)
    for row in found["tables"]["measures"]:
        assert (row["value"], row["low"]) == (whole[row["measure"]], whole[f"{row['measure']}_low"])
        assert row["how"]
    assert job["replications"] == 3
    assert is_problem(client.post("/api/v1/jobs", json={"kind": "service", "replications": 1001}), 400)
