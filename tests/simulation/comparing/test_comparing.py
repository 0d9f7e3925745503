"""Comparisons: the arms are what simulate gives, verdicts say what is shown, nothing is the same as nothing."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from chaintwin import Scenario, compare, simulate
from chaintwin.cli.views.comparison_view import SAME
from chaintwin.errors import CancelledError, InputError, UsageError
from chaintwin.network.lowering.paying import CARRIERS, CUSTOMERS
from chaintwin.network.network import Network
from chaintwin.simulation.comparing.accounts import ACCOUNT_SCHEMA
from chaintwin.simulation.comparing.comparison import accounts_file
from chaintwin.simulation.comparing.differing import LESS_IS_GOOD, MORE_IS_GOOD, SCHEMA
from chaintwin.simulation.comparing.paired import Difference
from chaintwin.simulation.comparing.saving import Saved
from chaintwin.simulation.comparing.verdicts import Verdict, verdict_of
from chaintwin.simulation.counting.figures import FIGURES
from chaintwin.simulation.counting.measures import ACCOUNT_FIGURES
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.resuming.checkpoint import Checkpoint
from chaintwin.simulation.simulating import set_up
from tests.network.building import network_of
from tests.network.scenarios.test_scenario import TABLES

SLOWER = Scenario.of("slower", [{"table": "lanes", "where": {"mode": "sea"}, "column": "lead_time", "multiply": 2}])
HIGHER = Scenario.of("higher", [{"table": "stock_points", "where": {"site_id": "W"}, "column": "base_stock", "add": 20}])
DEARER = Scenario.of("dearer", [{"table": "lanes", "column": "fixed_cost", "add": 1}])
NOTHING = Scenario.of("nothing")


@pytest.fixture(scope="module")
def network() -> Network:
    return network_of(TABLES)


@pytest.fixture(scope="module")
def paying() -> Network:
    """Return a plant that buys from smith within the period and sends to a shop by carriers, all of one owner."""
    tables: dict[str, list[dict[str, Any]]] = {
        "sites": [{"site_id": "plant", "kind": "plant", "owner": "own"}, {"site_id": "shop", "kind": "store", "owner": "own"}],
        "products": [{"product_id": "A", "value": 10.0}],
        "lanes": [{"lane_id": "truck", "from_site": "plant", "to_site": "shop", "lead_time": "2", "variable_cost": 1.5}],
        "sources": [{"site_id": "plant", "product_id": "A", "kind": "buy", "partner": "smith", "lead_time": "1", "cost": 6.0}],
        "demand": [{"stream_id": "D", "site_id": "shop", "product_id": "A", "quantity": "poisson(5)", "price": 20.0}],
        "partners": [{"partner_id": "own"}, {"partner_id": "smith", "payment_term_days": 2}],
    }
    return network_of(tables)


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


def test_compare__cash_of_accounts_differs_as_by_hand(paying: Network, tmp_path: Path) -> None:
    later = Scenario.of(
        "later", [{"table": "partners", "where": {"partner_id": "smith"}, "column": "payment_term_days", "set": 12}]
    )
    found = compare(paying, [later, NOTHING], periods=20, replications=8, checkpoint=tmp_path / "saved")
    assert found.accounts.schema == ACCOUNT_SCHEMA
    assert found.accounts.equals(compare(paying, [later, NOTHING], periods=20, replications=8).accounts)
    assert set(found.accounts.filter(pl.col("scenario") == "nothing")["verdict"]) == {"the same"}
    cash = found.accounts.filter(pl.col("scenario") == "later", pl.col("figure") == "cash")
    one, other = found.results["later"].accounts, found.results["baseline"].accounts
    for row in cash.iter_rows(named=True):
        means = [frame.filter(pl.col("account_id") == row["account_id"])["cash"][0] for frame in (one, other)]
        assert (row["value"], row["reference"]) == pytest.approx(means)
        assert row["difference"] == pytest.approx(means[0] - means[1], abs=1e-9)
    # What smith gets later the owner keeps longer, and nobody else is concerned.
    gaps = dict(cash.select("account_id", "difference").iter_rows())
    verdicts = dict(cash.select("account_id", "verdict").iter_rows())
    assert gaps["smith"] == pytest.approx(-gaps["own"])
    assert (verdicts["smith"], verdicts["own"], verdicts[CUSTOMERS]) == ("lower", "higher", "the same")
    margin = found.accounts.filter(pl.col("scenario") == "later", pl.col("figure") == "margin")
    assert set(margin["verdict"]) == {"the same"}


def test_compare__the_interval_of_cash_is_that_of_paired_differences(paying: Network) -> None:
    found = compare(paying, [DEARER], periods=20, replications=40)
    by_hand = {}
    for name, scenario in (("baseline", None), ("dearer", DEARER)):
        setup = set_up(paying, scenario, periods=20, replications=40, seed=0, warm_up=None, state=None, confidence=0.95)
        reduced = run_ensemble(setup.program, setup.state, span=setup.span, by_account=True)
        names = setup.program.names.accounts["account_id"].to_list()
        columns = len(names) * ACCOUNT_FIGURES.index("cash")
        by_hand[name] = reduced.accounts[:, columns + names.index(CARRIERS)]
        assert reduced["cash"].average()[names.index(CARRIERS)] == pytest.approx(by_hand[name].mean())
    gaps = by_hand["dearer"] - by_hand["baseline"]
    half = stats.t.ppf(0.975, gaps.size - 1) * gaps.std(ddof=1) / math.sqrt(gaps.size)
    row = found.accounts.filter(pl.col("account_id") == CARRIERS, pl.col("figure") == "cash").row(0, named=True)
    assert (row["difference"], row["low"], row["high"]) == pytest.approx((gaps.mean(), gaps.mean() - half, gaps.mean() + half))
    assert half > 0


def test_compare__an_account_that_one_scenario_lacks_gets_nothing_there(paying: Network) -> None:
    cash = [{"table": "sources", "where": {"partner": "smith"}, "column": "partner", "set": "jones"}]
    partner = [{"table": "partners", "insert": {"partner_id": "jones", "payment_term_days": 2}}]
    found = compare(paying, [Scenario.of("jones", [*partner, *cash])], periods=20, replications=4)
    rows = found.accounts.filter(pl.col("figure") == "cash").select("account_id", "reference", "value").rows()
    amounts = {name: (reference, value) for name, reference, value in rows}
    assert amounts["jones"][0] == 0 and amounts["jones"][1] > 0
    assert amounts["smith"][0] > 0 and amounts["smith"][1] == 0


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_write__accounts_have_a_table_of_their_own(paying: Network, ending: str, tmp_path: Path) -> None:
    found = compare(paying, [DEARER], periods=5, replications=2)
    target = tmp_path / f"found{ending}"
    found.write(target)
    if ending == ".xlsx":
        assert pl.read_excel(target, sheet_name="accounts").height == found.accounts.height
        return
    read = pl.read_csv if ending == ".csv" else pl.read_parquet
    assert read(accounts_file(target)).height == found.accounts.height
    assert read(target).height == found.differences.height
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"found-accounts{ending}", f"found{ending}"]


def test_compare__projects_without_partners_have_no_accounts(network: Network, tmp_path: Path) -> None:
    found = compare(network, [NOTHING], periods=5, replications=2)
    found.write(tmp_path / "found.csv")
    assert found.accounts.is_empty()
    assert [path.name for path in tmp_path.iterdir()] == ["found.csv"]


def test_compare__first_answers_are_those_of_so_many_replications(network: Network, tmp_path: Path) -> None:
    told: list[Any] = []
    found = compare(network, [SLOWER], periods=30, replications=200, seed=4, partial=told.append, checkpoint=tmp_path / "saved")
    assert [one.results["baseline"].span.replications for one in told] == [8, 64, 128]
    for one in told:
        count = one.results["baseline"].span.replications
        assert one.differences.equals(compare(network, [SLOWER], periods=30, replications=count, seed=4).differences)
    assert found.differences.equals(compare(network, [SLOWER], periods=30, replications=200, seed=4).differences)
