"""Jobs about risk say what the library says: the loss of a year, the ripple of an outage, the bullwhip by echelon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chaintwin import Scenario
from chaintwin.examples import Example, load
from chaintwin.risk.annual.assessing import annual_loss
from chaintwin.risk.bullwhip.simulated import study_bullwhip
from chaintwin.risk.scenarios.telling import tell
from tests.serve.jobbing import asked, done, ended, tables
from tests.serve.running import Running, eventually, server
from tests.serve.test_access import is_problem

pytestmark = pytest.mark.slow

LATE: dict[str, Any] = {
    "name": "late",
    "disruption": [{"name": "late", "where": {"everywhere": True}, "after": 4, "duration": 28, "effect": {"lead_time": 2}}],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("risk-jobs")
    with server(folder, project="beer-game", jobs={"at_once": 1, "queued": 3, "threads": 1}) as found:
        with found.client() as client:
            eventually(lambda: client.get("/health/ready").json()["jobs"], within=240)
        yield found


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    with running.client() as found:
        yield found


def test_annual__has_the_curve_with_its_interval_priced_and_played(client: httpx.Client) -> None:
    job = done(client, "annual", years=200, simulated=40, seed=3)
    expected = annual_loss(load(Example.BEER_GAME), years=200, simulated=40, seed=3)
    assert expected.simulated is not None
    found = tables(client, job, "curve", "levels", "contributions", "threats")
    for by, curve, levels in (
        ("priced", expected.curve, expected.levels),
        ("played", expected.simulated.curve, expected.simulated.levels),
    ):
        mine = pl.DataFrame(found["tables"]["curve"], schema={"by": pl.String, **curve.schema}).filter(by=by).drop("by")
        assert mine.height > 1
        # No year that loses more has no return period, which is null in JSON.
        told_as = pl.when(pl.col("return_period").is_finite()).then("return_period")
        assert_frame_equal(mine, curve.with_columns(return_period=told_as))
        assert (mine["low"] <= mine["probability"]).all()
        assert (mine["probability"] <= mine["high"]).all()
        told = [row for row in found["tables"]["levels"] if row["by"] == by]
        assert [row["value_at_risk"] for row in told] == levels["value_at_risk"].to_list()
    about = found["about"]
    assert about["mean"]["value"] == expected.mean.value
    assert about["played"]["years"] == 40
    assert about["unit"] == expected.unit
    for row in found["tables"]["contributions"]:
        assert 0 <= row["shortfall_low"] <= row["shortfall"] <= row["shortfall_high"]
    assert job["seed"] == 3
    # So few years would tell nothing of the tail.
    failed = ended(client, asked(client, "annual", simulated=10))
    assert failed["state"] == "failed"
    assert "40" in failed["problem"]["detail"]
    assert is_problem(client.post("/api/v1/jobs", json={"kind": "annual", "years": 1}), 400)


def test_ripple__tells_who_is_hit_when_and_how_deep(client: httpx.Client) -> None:
    job = done(client, "ripple", scenario=LATE, replications=4)
    scenario = Scenario.of("late", [], disruptions=LATE["disruption"])
    expected = tell(load(Example.BEER_GAME), [scenario], replications=4)
    found = tables(client, job, "stages", "points", "curves", "blows", "differences")
    for name in ("stages", "points"):
        frame = getattr(expected, name).drop("scenario")
        assert_frame_equal(pl.DataFrame(found["tables"][name], schema=frame.schema), frame)
    assert found["tables"]["points"]
    about = found["about"]
    assert about["first_period"] == expected.span.first + expected.span.warm_up
    assert (about["followed"], about["scenario"]) == (4, "late")
    nothing = ended(client, asked(client, "ripple", scenario={}))
    assert nothing["state"] == "failed"
    refused = client.post("/api/v1/jobs", json={"kind": "ripple"})
    assert is_problem(refused, 400)
    assert refused.json()["faults"][0]["where"] == "scenario"


def test_bullwhip__is_told_by_echelon_with_its_interval(client: httpx.Client) -> None:
    job = done(client, "bullwhip", replications=8, periods=60)
    expected = study_bullwhip(load(Example.BEER_GAME), replications=8, periods=60)
    frame = expected.ratios.drop("arm", "difference", "difference_low", "difference_high")
    found = tables(client, job, "ratios", "points")
    assert_frame_equal(pl.DataFrame(found["tables"]["ratios"], schema=frame.schema), frame)
    echelons = {row["echelon"] for row in found["tables"]["ratios"] if row["level"] == "echelon"}
    assert echelons == {1, 2, 3, 4}
    assert found["about"]["is_random"] is expected.is_random
