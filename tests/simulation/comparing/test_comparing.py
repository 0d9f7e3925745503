"""Comparisons: the arms are what simulate gives, verdicts say what is shown, nothing is the same as nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from chaintwin import Scenario, compare, simulate
from chaintwin.cli.views.comparison_view import SAME
from chaintwin.errors import CancelledError, InputError, UsageError
from chaintwin.network.network import Network
from chaintwin.simulation.comparing.comparison import LESS_IS_GOOD, MORE_IS_GOOD, SCHEMA, Verdict, verdict_of
from chaintwin.simulation.comparing.paired import Difference
from chaintwin.simulation.comparing.saving import Saved
from chaintwin.simulation.counting.figures import FIGURES
from chaintwin.simulation.resuming.checkpoint import Checkpoint
from tests.network.building import network_of
from tests.network.scenarios.test_scenario import TABLES

SLOWER = Scenario.of("slower", [{"table": "lanes", "where": {"mode": "sea"}, "column": "lead_time", "multiply": 2}])
HIGHER = Scenario.of("higher", [{"table": "stock_points", "where": {"site_id": "W"}, "column": "base_stock", "add": 20}])
DEARER = Scenario.of("dearer", [{"table": "lanes", "column": "fixed_cost", "add": 1}])
NOTHING = Scenario.of("nothing")


@pytest.fixture(scope="module")
def network() -> Network:
    return network_of(TABLES)


def test_compare__arms_are_those_of_simulate(network: Network) -> None:
    found = compare(network, [SLOWER, HIGHER], periods=40, replications=100, seed=9)
    for name, scenario in (("baseline", None), ("slower", SLOWER), ("higher", HIGHER)):
        alone = simulate(network, scenario=scenario, periods=40, replications=100, seed=9)
        assert found.results[name].summary.equals(alone.summary)
        assert all(found.results[name].figures[figure].tobytes() == alone.figures[figure].tobytes() for figure in FIGURES)


def test_compare__an_empty_scenario_is_the_baseline_bit_for_bit(network: Network) -> None:
    # Law 12.
    found = compare(network, [NOTHING], periods=40, replications=100)
    one, other = found.results["baseline"], found.results["nothing"]
    assert one.program_digest == other.program_digest
    assert all(one.figures[name].tobytes() == other.figures[name].tobytes() for name in FIGURES)
    assert found.differences["difference"].to_list() == [0.0] * len(FIGURES)
    assert set(found.differences["verdict"]) == {"the same"}
    assert Verdict.SAME == SAME


def test_compare__verdicts_and_numbers(network: Network) -> None:
    found = compare(network, [SLOWER, HIGHER, DEARER], periods=60, replications=128)
    assert found.differences.schema == SCHEMA
    assert found.verdict("slower", "fill_rate") is Verdict.WORSE
    assert found.verdict("higher", "holding_cost") is Verdict.WORSE
    assert found.verdict("higher", "on_hand") is Verdict.HIGHER
    assert found.verdict("slower", "demand") is Verdict.SAME
    assert found.verdict("dearer", "fill_rate") is Verdict.SAME
    assert found.verdict("dearer", "fixed_cost") is Verdict.WORSE
    one, other = found.results["slower"].figures["total_cost"], found.results["baseline"].figures["total_cost"]
    value, low, high = found["slower", "total_cost"]
    assert value == pytest.approx((one - other).mean())
    assert (low + high) / 2 == pytest.approx(value)
    row = found.differences.filter((pl.col("scenario") == "slower") & (pl.col("figure") == "total_cost")).row(0, named=True)
    assert row["better_share"] == pytest.approx(float((one < other).mean()))
    assert row["variance_ratio"] == pytest.approx(np.var(one - other) / (np.var(one) + np.var(other)))
    with pytest.raises(KeyError):
        found["slower", "profit"]


def test_compare__with_another_reference(network: Network) -> None:
    found = compare(network, [SLOWER, HIGHER], reference="slower", periods=40, replications=64)
    back = compare(network, [SLOWER, HIGHER], periods=40, replications=64)
    assert found.differences["scenario"].unique(maintain_order=True).to_list() == ["baseline", "higher"]
    assert found["baseline", "total_cost"][0] == pytest.approx(-back["slower", "total_cost"][0])


def test_compare__without_chance_one_replication_says_all() -> None:
    tables = TABLES | {
        "demand": [{"site_id": "S", "product_id": "b", "quantity": "12"}],
        "lanes": [{**TABLES["lanes"][0], "lead_time": "6"}, TABLES["lanes"][1]],
    }
    found = compare(network_of(tables), [SLOWER, DEARER], periods=40, replications=1)
    assert found.verdict("dearer", "total_cost") is Verdict.WORSE
    value, low, high = found["dearer", "total_cost"]
    assert value == low == high > 0


def test_compare__one_random_replication_shows_nothing(network: Network) -> None:
    found = compare(network, [SLOWER], periods=40, replications=1)
    assert found.verdict("slower", "total_cost") is Verdict.UNKNOWN


def test_compare__until_a_difference_is_known(network: Network) -> None:
    found = compare(network, [SLOWER, HIGHER], periods=40, replications=4096, until="total_cost +/- 1 %")
    count = found.results["baseline"].span.replications
    assert count in (64, 128, 256, 512, 1024, 2048)
    base = found.results["baseline"]["total_cost"][0]
    widths = found.differences.filter(pl.col("figure") == "total_cost").select((pl.col("high") - pl.col("low")) / 2).to_series()
    assert widths.max() <= 0.01 * base
    same = compare(network, [SLOWER, HIGHER], periods=40, replications=count)
    assert same.differences.equals(found.differences)
    few = compare(network, [SLOWER], periods=40, replications=100, until="total_cost +/- 0.000001 %")
    assert few.results["slower"].span.replications == 100


def test_compare__progress_grows_to_the_end(network: Network) -> None:
    seen: list[float] = []
    compare(network, [SLOWER], periods=40, replications=256, until="total_cost +/- 0.000001 %", threads=1, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_compare__cancelled(network: Network) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        compare(network, [SLOWER], periods=40, replications=64, cancel=stop)


def test_compare__refuses(network: Network) -> None:
    for scenarios, reference in (
        ([], "baseline"),
        ([SLOWER, SLOWER], "baseline"),
        ([Scenario.of("baseline")], "baseline"),
        ([SLOWER], "x"),
    ):
        with pytest.raises(UsageError):
            compare(network, scenarios, reference=reference)
    wrong = [
        Scenario.of(name, [{"table": "lanes", "where": {"mode": "air"}, "column": "lead_time", "set": "3"}])
        for name in ("p", "q")
    ]
    with pytest.raises(InputError) as caught:
        compare(network, wrong)
    assert [finding.file for finding in caught.value.findings] == ["scenario p, change 1", "scenario q, change 1"]


@pytest.mark.parametrize(
    ("value", "half", "sign", "verdict"),
    [
        (2.0, 1.0, 1, "better"),
        (2.0, 1.0, -1, "worse"),
        (-2.0, 1.0, -1, "better"),
        (-2.0, 1.0, 1, "worse"),
        (2.0, 1.0, 0, "higher"),
        (-2.0, 1.0, 0, "lower"),
        (1.0, 2.0, 1, "no difference shown"),
        (0.0, 0.0, 1, "the same"),
        (1e-13, 0.0, 1, "the same"),
        (float("nan"), float("nan"), 1, "unknown"),
    ],
)
def test_verdict_of(value: float, half: float, sign: int, verdict: str) -> None:
    assert verdict_of(Difference(value, half, 0.5), sign=sign, size=10.0) == verdict


def test_every_figure__has_a_side_or_is_neither() -> None:
    assert set(FIGURES) - set(MORE_IS_GOOD) - set(LESS_IS_GOOD) == {"demand", "on_hand"}


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_write__and_read_back(tmp_path: Path, network: Network, ending: str) -> None:
    name = Scenario.of("=cmd", SLOWER.changes and [{"table": "lanes", "column": "fixed_cost", "add": 1}])
    found = compare(network, [name], periods=20, replications=8)
    file = tmp_path / f"found.{ending}"
    found.write(file)
    found.write(file)
    if ending == "parquet":
        assert pl.read_parquet(file).equals(found.differences)
    elif ending == "csv":
        assert pl.read_csv(file)["scenario"][0] == "'=cmd"
    else:
        assert pl.read_excel(file, sheet_name="differences")["scenario"][0] == "=cmd"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    for wrong in (tmp_path / "found.txt", tmp_path, tmp_path / "none" / "found.csv"):
        with pytest.raises(UsageError):
            found.write(wrong)


def test_compare__goes_on_from_what_a_stopped_comparison_saved(network: Network, tmp_path: Path) -> None:
    """The comparison that was stopped in its third round, of a run that takes four, comes to the same bytes."""
    folder, until = tmp_path / "saved", "total_cost +/- 0.09 %"
    whole = compare(network, [SLOWER, HIGHER], periods=30, replications=4096, until=until)
    count = whole.results["baseline"].span.replications
    assert 256 <= count < 4096
    stop = threading.Event()

    def look(share: float) -> None:
        if share > 0.6 * count / 4096:
            stop.set()

    with pytest.raises(CancelledError, match="saved"):
        compare(
            network, [SLOWER, HIGHER], periods=30, replications=4096, until=until, checkpoint=folder, cancel=stop, progress=look
        )
    kept = Saved(folder).by_scenario()
    assert len(kept) == 3
    assert 0 < max(kept) <= count
    told: list[int] = []
    found = compare(
        network,
        [SLOWER, HIGHER],
        periods=30,
        replications=4096,
        until=until,
        checkpoint=Checkpoint(folder, resumed=told.append),
    )
    assert told == [sum(kept)]
    assert found.differences.equals(whole.differences)
    for name, result in whole.results.items():
        assert all(result.figures[figure].tobytes() == found.results[name].figures[figure].tobytes() for figure in FIGURES)
    assert not folder.exists()


def test_compare__a_checkpoint_of_another_comparison_is_refused_and_can_be_forgotten(network: Network, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    compare(network, [SLOWER], periods=20, replications=64, checkpoint=Checkpoint(folder, keep=True))
    told: list[int] = []
    listening = Checkpoint(folder, resumed=told.append)
    with pytest.raises(UsageError, match="another run, which differs in periods"):
        compare(network, [SLOWER], periods=25, replications=64, checkpoint=listening)
    with pytest.raises(UsageError, match="found 64 saved replications; allowed: a run of at least as many, not 32"):
        compare(network, [SLOWER], periods=20, replications=32, checkpoint=listening)
    assert not told
    anew = compare(network, [SLOWER], periods=25, replications=64, checkpoint=Checkpoint(folder, anew=True))
    assert anew.differences.equals(compare(network, [SLOWER], periods=25, replications=64).differences)
    assert not folder.exists()


def test_compare__the_checkpoint_of_one_scenario_is_refused_before_any_is_simulated(network: Network, tmp_path: Path) -> None:
    folder, told = tmp_path / "saved", []
    compare(network, [SLOWER], periods=20, replications=64, checkpoint=Checkpoint(folder, keep=True))
    changed = Scenario.of("slower", [{"table": "lanes", "where": {"mode": "sea"}, "column": "lead_time", "multiply": 3}])
    with pytest.raises(UsageError, match="another run, which differs in network"):
        compare(
            network,
            [changed],
            periods=20,
            replications=128,
            progress=told.append,
            checkpoint=Checkpoint(folder, keep=True, resumed=told.append),
        )
    assert not told
    assert Saved(folder).by_scenario() == [64, 64]
