"""Forks as jobs look ahead with the version of parameters that is in force, as the command does, and say which it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chaintwin.clock import SetClock
from chaintwin.events.queries.spelling import moment_of_text
from chaintwin.examples import Example, load
from chaintwin.fidelity.calibration import ParameterSet
from chaintwin.fidelity.forking.drawing import Compiling
from chaintwin.fidelity.forking.draws import Fitted
from chaintwin.fidelity.forking.fork import fork
from chaintwin.fidelity.versions.looking import Described, version_at
from chaintwin.fidelity.versions.shelf import Kept, keep_version
from chaintwin.simulation import simulate
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from tests.fidelity.logs import put, told
from tests.fidelity.versions.test_applying import lead_time, version
from tests.serve.jobbing import asked, done, ended, tables
from tests.serve.jobbing import told as events_told
from tests.serve.running import Running, server
from tests.serve.test_access import is_problem

pytestmark = pytest.mark.slow

AT = "2026-03-25T23:59:59.999999Z"
RUNS = 96


@dataclass(frozen=True)
class Looked:
    """A server, the version that its log has in force, and one that it has not."""

    running: Running
    used: ParameterSet
    other: ParameterSet


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    folder, network = tmp_path_factory.mktemp("parameters"), load(Example.BEER_GAME)
    (name, *_) = [name for name, lane in Described.of(network).layout.lanes.items() if lane.origin]
    used = version(lead_time(name, "pmf(1:0.5, 5:0.5)", "pmf(6:0.2, 9:0.8)"))
    other = version(lead_time(name, "pmf(2:0.5, 3:0.5)"))
    with open_store(folder / "log.db", clock=SetClock(now=1)) as store:
        put(store, told([(network, 12)], seed=7))
        for one in (used, other):
            keep_version(store, one, decided=Kept(one.id, None, 1, 1, one is used, 1, (), "", "because"))
    with server(folder, project="beer-game", jobs={"at_once": 1, "threads": 1}) as running:
        yield Looked(running, used, other)


@pytest.fixture
def client(looked: Looked) -> Iterator[httpx.Client]:
    with looked.running.client() as found:
        yield found


def test_fork__is_what_the_version_in_force_says(client: httpx.Client, looked: Looked) -> None:
    job = done(client, "fork", at=AT, days=56, replications=RUNS, seed=3)
    # As the command has it: the version by the moment, the state by the log.
    with open_store(looked.running.folder / "log.db", read_only=True) as store:
        twin = Twin.open(load(Example.BEER_GAME), store=store, is_kept=False)
        live = twin.as_of(job_time(job))
        chosen = version_at(store, live.time)
    assert chosen is not None
    assert chosen.id == looked.used.id
    opened = live.placed(live.network.compile()).opened
    drawn = Described.of(live.network).applied(chosen)
    expected = fork(live.network, opened, periods=8, runs=RUNS, seed=3, parameters=drawn)
    plain = fork(live.network, opened, periods=8, runs=RUNS, seed=3)
    assert not expected.stock.equals(plain.stock)
    found = tables(client, job, "stock", "service")
    assert_frame_equal(frame_of(found, "stock", like=expected.stock), expected.stock)
    assert found["about"]["parameters"]["version"] == job["parameters"] == looked.used.id
    assert found["about"]["parameters"]["notPlacedCount"] == 0
    of_tables = done(client, "fork", at=AT, days=56, replications=RUNS, seed=3, parameters="tables")
    found = tables(client, of_tables, "stock")
    assert_frame_equal(frame_of(found, "stock", like=plain.stock), plain.stock)
    assert found["about"]["parameters"] is of_tables["parameters"] is None


def test_fork__begins_again_with_the_version_that_was_in_force_then(tmp_path: Path) -> None:
    (name, *_) = [name for name, lane in Described.of(load(Example.BEER_GAME)).layout.lanes.items() if lane.origin]
    first, second = (version(lead_time(name, f"pmf({weeks}:1)")) for weeks in (3, 8))
    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        put(store, told([(load(Example.BEER_GAME), 12)], seed=7))
        keep_version(store, first, decided=Kept(first.id, None, 1, 5, True, 1, (), "", "because"))
    with server(tmp_path, project="beer-game", jobs={"at_once": 1, "threads": 1}) as running, running.client() as client:
        before = done(client, "fork", at=AT, days=56, replications=16)
    with open_store(tmp_path / "log.db", clock=SetClock(now=9)) as store:
        keep_version(store, second, decided=Kept(second.id, first.id, 1, 9, True, 1, (), "", "because"))
    with server(tmp_path, project="beer-game", jobs={"at_once": 1, "threads": 1}) as running, running.client() as client:
        after = done(client, "fork", at=AT, days=56, replications=16)
        again = done(client, "fork", at=AT, days=56, replications=16, known=before["log"]["recordedAt"])
        found = [tables(client, job, "stock")["tables"]["stock"] for job in (before, after, again)]
    assert [job["parameters"] for job in (before, after, again)] == [first.id, second.id, first.id]
    assert found[0] == found[2] != found[1]
    assert [moment_of_text(job["log"]["recordedAt"]) for job in (before, after, again)] == [5, 9, 5]


def test_simulate__from_the_live_state_takes_the_version_in_force(client: httpx.Client, looked: Looked) -> None:
    options: dict[str, Any] = {"start": AT, "periods": 8, "replications": RUNS, "seed": 3}
    job = done(client, "simulate", **options)
    with open_store(looked.running.folder / "log.db", read_only=True) as store:
        twin = Twin.open(load(Example.BEER_GAME), store=store, is_kept=False)
        live = twin.as_of(job_time(job))
        chosen = version_at(store, live.time)
    assert chosen is not None
    fitted = Fitted(live.network, Described.of(live.network).applied(chosen), kept=Compiling(live.network))
    state = live.placed(live.network.compile()).state
    run: dict[str, Any] = {"periods": 8, "replications": RUNS, "seed": 3, "warm_up": 0, "state": state}
    expected = simulate(live.network, compiled=fitted.compiled, **run)
    plain = simulate(live.network, **run)
    assert not expected.stock_points.equals(plain.stock_points)
    found = tables(client, job, "stock_points")
    assert mean_on_hand(found) == pytest.approx(expected.stock_points["on_hand"].to_list(), nan_ok=True)
    assert found["about"]["parameters"]["version"] == job["parameters"] == looked.used.id
    of_tables = done(client, "simulate", parameters="tables", **options)
    found = tables(client, of_tables, "stock_points")
    assert mean_on_hand(found) == pytest.approx(plain.stock_points["on_hand"].to_list(), nan_ok=True)
    assert found["about"]["parameters"] is of_tables["parameters"] is None


def test_jobs__from_the_model_take_its_tables(client: httpx.Client, looked: Looked) -> None:
    for fields in ({"kind": "simulate"}, {"kind": "fork", "at": "model"}):
        refused = client.post("/api/v1/jobs", json=fields | {"parameters": looked.other.id[:8]})
        assert is_problem(refused, 400)
        assert "tables, which a run of the model takes" in refused.json()["detail"]
        assert client.post("/api/v1/jobs", json=fields | {"parameters": "tables", "replications": 8}).status_code == 202


def test_fork__a_version_is_named_by_its_first_signs(client: httpx.Client, looked: Looked) -> None:
    job = done(client, "fork", at=AT, days=7, replications=8, parameters=looked.other.id[:8])
    assert job["parameters"] == looked.other.id
    unknown = client.post("/api/v1/jobs", json={"kind": "fork", "at": AT, "parameters": "0000abcd"})
    assert is_problem(unknown, 400)
    assert "allowed: tables, or the id of one of 2" in unknown.json()["detail"]
    assert is_problem(client.post("/api/v1/jobs", json={"kind": "fork", "parameters": "table"}), 400)


def test_fork__first_answers_have_as_many_runs_of_each_draw(client: httpx.Client, looked: Looked) -> None:
    job = asked(client, "fork", at=AT, days=56, replications=600)
    with client.stream("GET", f"/api/v1/jobs/{job['jobID']}/events") as stream:
        told = [content for name, content in events_told(stream.iter_lines()) if name in ("partial", "end")]
    assert [content["replications"] for content in told] == [8, 64, 256, 600]
    assert {content["about"]["parameters"]["version"] for content in told} == {looked.used.id}


def test_comparisons__of_forks_with_other_parameters_are_refused(client: httpx.Client) -> None:
    options: dict[str, Any] = {"at": AT, "days": 14}
    base = done(client, "fork", replications=16, **options)
    for fields, code in (({"replications": 32}, "compare.replications"), ({"parameters": "tables"}, "compare.parameters")):
        other = done(client, "fork", **{"replications": 16} | options | fields)
        refused = client.get("/api/v1/comparisons", params={"jobs": f"{base['jobID']},{other['jobID']}"})
        assert is_problem(refused, 400)
        assert code in {fault["code"] for fault in refused.json()["faults"]}
    again = ended(client, client.post(f"/api/v1/jobs/{base['jobID']}/again").json())
    found = client.get("/api/v1/comparisons", params={"jobs": f"{base['jobID']},{again['jobID']}"}).json()
    assert found["replications"] == 16
    assert {row["difference"] for row in found["differences"]} == {0}


def mean_on_hand(found: dict[str, Any]) -> list[float]:
    return [row["on_hand"] for row in found["tables"]["stock_points"]]


def job_time(job: dict[str, Any]) -> int:
    from chaintwin.events.queries.spelling import moment_of_text

    found = moment_of_text(job["time"])
    assert found is not None
    return found


def frame_of(found: dict[str, Any], name: str, *, like: pl.DataFrame) -> pl.DataFrame:
    """Return a table of a result with the types that a frame of the library has."""
    frame = pl.DataFrame(found["tables"][name], schema_overrides={"date": pl.String}, infer_schema_length=None)
    return frame.with_columns(pl.col("date").str.to_datetime(time_unit="us", time_zone="UTC")).cast(dict(like.schema))
