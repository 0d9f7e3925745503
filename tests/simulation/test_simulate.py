"""The front door: arguments, figures, files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from polars.testing import assert_frame_equal
from scipy import stats

from chaintwin.errors import GraphError, UsageError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network, Settings
from chaintwin.network.state import initial_state
from chaintwin.simulation import FIGURES, Result, Span, check_target, run_ensemble, simulate
from chaintwin.simulation.counting.moments import Moments, Ratios
from chaintwin.simulation.kernels.reducing_kernels import measure_kernel, pair_kernel, total_kernel
from chaintwin.simulation.results import result_of
from tests.graphs import graph_of
from tests.network.building import network_of

Floats = NDArray[np.float64]


def shop(**lane: object) -> Network:
    """Return a plant that supplies a shop with a random demand."""
    return network_of(
        {
            "sites": [
                {"site_id": "plant", "kind": "plant", "latitude": 50.0, "longitude": 8.0},
                {"site_id": "shop", "kind": "store", "latitude": 51.0, "longitude": 9.0},
            ],
            "products": [{"product_id": "tea", "value": 10.0, "weight_kg": 1.0}],
            "lanes": [
                {
                    "from_site": "plant",
                    "to_site": "shop",
                    "mode": "road",
                    "distance_km": 150.0,
                    "lead_time": "2",
                    "variable_cost": 0.5,
                }
                | lane
            ],
            "demand": [{"site_id": "shop", "product_id": "tea", "quantity": "poisson(20)"}],
        },
        Settings(name="shop", horizon=100, warm_up=20),
    )


def test_simulate__figures_of_a_small_network() -> None:
    result = simulate(shop(), replications=200, seed=3)
    mean, low, high = result["fill_rate"]
    assert 0.8 < low < mean < high <= 1.0
    assert result["demand"][1] <= 20.0 <= result["demand"][2]
    assert result["transport_cost"][0] == pytest.approx(10.0, rel=0.02)
    assert tuple(result.figures) == FIGURES
    assert result.summary["figure"].to_list() == list(FIGURES)
    assert result.periods["period"].to_list() == list(range(20, 120))


def test_simulate__interval_covers_the_mean_of_a_longer_run() -> None:
    # Nineteen in twenty intervals cover; of forty, fewer than thirty would be a defect (probability below 1e-4).
    truth = simulate(shop(), replications=4096, seed=999)["on_hand"][0]
    hits = sum(low <= truth <= high for _, low, high in (simulate(shop(), replications=30, seed=s)["on_hand"] for s in range(40)))
    assert hits >= 32


def test_simulate__total_cost_is_the_sum_of_its_lines() -> None:
    result = simulate(shop(), replications=8)
    lines = sum(values for name, values in result.figures.items() if name.endswith("_cost") and name != "total_cost")
    np.testing.assert_allclose(lines, result.figures["total_cost"])


def test_simulate__one_replication_has_no_interval() -> None:
    result = simulate(shop(), replications=1)
    assert np.isnan(result["fill_rate"][1])
    assert result.summary["sd"].null_count() == len(FIGURES)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("periods", 0),
        ("periods", 10**9),
        ("periods", 1_000_001),
        ("replications", 0),
        ("warm_up", -1),
        ("confidence", 1.0),
        ("confidence", 0.0),
        ("seed", -1),
        ("seed", 2**64),
    ],
)
def test_simulate__argument_out_of_range(argument: str, value: float) -> None:
    with pytest.raises(UsageError, match=argument):
        simulate(shop(), **{argument: value})  # type: ignore[arg-type]


def test_simulate__periods_with_warm_up_and_those_before_a_state_are_counted_together() -> None:
    network = shop()
    with pytest.raises(
        UsageError, match="periods: found 500,001 after 500,000 of warm-up from period 0 on; allowed: at most 1,000,000"
    ):
        simulate(network, periods=500_001, warm_up=500_000)
    state = replace(initial_state(network.compile()), period=1_000_000)
    with pytest.raises(UsageError, match="periods: found 1 after 0 of warm-up from period 1,000,000 on"):
        simulate(network, periods=1, state=state)


def test_simulate__state_that_does_not_fit() -> None:
    network = shop()
    state = initial_state(network.compile())
    with pytest.raises(UsageError, match=r"state\.backlog\[0\]: found -1\.0"):
        simulate(network, periods=5, replications=2, state=replace(state, backlog=state.backlog - 1))


def test_simulate__loop_without_delay_is_named() -> None:
    network = network_of(
        {
            "sites": [{"site_id": name, "latitude": 50.0, "longitude": 8.0} for name in ("a", "b")],
            "products": [{"product_id": "p"}],
            "lanes": [
                {"from_site": "a", "to_site": "b", "lead_time": "1", "mode": "road", "distance_km": 1.0},
                {"from_site": "b", "to_site": "a", "lead_time": "1", "mode": "road", "distance_km": 1.0},
            ],
            "demand": [{"site_id": "b", "product_id": "p", "quantity": "3"}],
        }
    )
    with pytest.raises(GraphError, match="a/p > b/p > a/p"):
        simulate(network)


def test_write__round_trip(tmp_path: Path) -> None:
    result = simulate(shop(), replications=5, periods=10)
    result.write(tmp_path / "first run")
    back = Result.read(tmp_path / "first run")
    assert back.span == result.span
    for name in ("summary", "stock_points", "streams", "activities", "resources", "periods"):
        assert_frame_equal(getattr(back, name), getattr(result, name))
    np.testing.assert_array_equal(back.figures["fill_rate"], result.figures["fill_rate"])


def test_write__replaces_an_earlier_result_and_leaves_nothing_else(tmp_path: Path) -> None:
    for seed in (1, 2):
        result = simulate(shop(), replications=3, periods=5, seed=seed)
        result.write(tmp_path / "out")
    assert Result.read(tmp_path / "out").span.seed == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_write__never_into_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="not a result"):
        simulate(shop(), replications=2, periods=2).write(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_read__folder_without_a_result(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"result\.json"):
        Result.read(tmp_path)


VALUES = np.array([[1.0, 4.0, 2.0, 0.0, 7.0, 6.0], [2.0, 2.0, 1.0, 0.0, 4.0, 3.0]])


def measured(table: Floats, *, width: int, moments: Moments) -> Moments:
    """Add six sums of two rows of a table to moments."""
    row, weight = np.array([0, 0, 1, 1, 0, 1]), np.array([1.0, 2.0, -1.0, 3.0, 1.0, 1.0])
    measure_kernel(
        table,
        width,
        moments.count,
        np.array([0, 1, 3, 4, 5, 6]),
        row,
        weight,
        np.array([0.5, 1.0, 1.0, 2.0, 1.0]),
        np.zeros((5, table.shape[1])),
        moments.mean,
        moments.spread,
    )
    return replace(moments, count=moments.count + width)


def paired(table: Floats, *, width: int, ratios: Ratios) -> Ratios:
    """Add row 0 over row 1 and row 1 over row 0 of a table to ratios."""
    above, below = np.array([0, 1]), np.array([1, 0])
    pair_kernel(table, width, ratios.count, above, below, np.zeros(table.shape[1]), ratios.mean, ratios.spread)
    return replace(ratios, count=ratios.count + width)


def test_moments__joined_or_at_once() -> None:
    whole = measured(VALUES, width=6, moments=Moments.empty(5))
    parts = [measured(part.copy(), width=2, moments=Moments.empty(5)) for part in np.split(VALUES, 3, axis=1)]
    running = Moments.empty(5)
    for part in np.split(VALUES, 3, axis=1):
        running = measured(part.copy(), width=2, moments=running)
    first, second = VALUES
    wanted = np.stack([0.5 * first, 2 * first - second, 3 * second, 2 * first, second])
    for moments in (whole, running, parts[0].join(parts[1]).join(parts[2])):
        assert moments.count == 6
        assert moments.mean == pytest.approx(wanted.mean(axis=1))
        assert moments.spread == pytest.approx(wanted.var(axis=1) * 6)
        assert moments.half_width(0.95) == pytest.approx(stats.t.ppf(0.975, 5) * wanted.std(axis=1, ddof=1) / np.sqrt(6))
    assert running.mean.tobytes() == whole.mean.tobytes()
    assert running.spread.tobytes() == whole.spread.tobytes()


def test_totals__are_measured_as_sums_of_one_row_are() -> None:
    table = np.random.default_rng(1).normal(size=(13, 6))
    for periods in (1, 3, 4, 6):
        moments = Moments.empty(2 * periods)
        for done, part in enumerate(np.split(table, 3, axis=1)):
            stretch = (part.copy(), 2, 2 * done, np.array([0, 7]), periods, np.zeros(2))
            total_kernel(*stretch, moments.mean, moments.spread)
        wanted = table[[*range(periods), *range(7, 7 + periods)]]
        assert moments.mean == pytest.approx(wanted.mean(axis=1))
        assert moments.spread == pytest.approx(wanted.var(axis=1) * 6)


def test_ratios__joined_or_at_once() -> None:
    whole = paired(VALUES, width=6, ratios=Ratios.empty(2))
    parts = [paired(part.copy(), width=2, ratios=Ratios.empty(2)) for part in np.split(VALUES, 3, axis=1)]
    above, below = VALUES
    covered = above - above.sum() / below.sum() * below
    half = stats.t.ppf(0.975, 5) * covered.std(ddof=1) / np.sqrt(6) / below.mean()
    for ratios in (whole, parts[0].join(parts[1]).join(parts[2])):
        assert ratios.average() == pytest.approx([above.sum() / below.sum(), below.sum() / above.sum()])
        assert ratios.half_width(0.95)[0] == pytest.approx(half)
    alone = Ratios.of(above, below)
    assert (alone.average()[0], alone.half_width(0.95)[0]) == pytest.approx((whole.average()[0], half))
    assert np.isnan(Ratios.of(above[:1], below[:1]).half_width(0.95)[0])
    assert np.isnan(Ratios.of(np.zeros(3), np.zeros(3)).average()[0])


@pytest.mark.parametrize(("mean", "lead", "level"), [(0.5, 4, 2), (5.0, 4, 20)])
@pytest.mark.parametrize("periods", [1, 7, 30])
def test_simulate__fill_rate_is_that_of_all_units_on_any_horizon(mean: float, lead: int, level: int, periods: int) -> None:
    """The share served at once has a closed form (METHODS 1.7); the mean of the shares of short runs is far from it."""

    def short(span: int) -> float:
        over = np.arange(level, level + 400)
        return float((stats.poisson.sf(over, mean * span)).sum())

    exact = 1 - (short(lead) - short(lead - 1)) / mean
    network = {
        "buffers": [{"id": "s", "init": level, "policy": {"type": "base_stock", "S": level}}],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": lead}],
        "demands": [{"buffer": "s", "law": f"poisson({mean})"}],
    }
    program = compile_graph(graph_of(network, integer=True))
    span = Span(first=0, periods=periods, warm_up=20, replications=40_000 // periods, seed=periods)
    reduced = run_ensemble(program, initial_state(program), span=span)
    result = result_of(program, reduced, span=span, confidence=0.999, currency="EUR", period="day")
    share, low, high = result["fill_rate"]
    assert low <= exact <= high, (share, low, high, exact)
    (stream,) = result.streams.to_dicts()
    assert stream["fill_rate"] == pytest.approx(share)
    assert stream["fill_rate_half_width"] == pytest.approx((high - low) / 2, rel=1e-6)
    reach = 1.5 * result.periods["fill_rate_half_width"].to_numpy()
    assert (np.abs(result.periods["fill_rate"].to_numpy() - exact) <= reach).all()


def test_result__says_whether_anything_is_drawn(tmp_path: Path) -> None:
    fixed = shop()
    fixed = fixed.with_table("demand", fixed["demand"].with_columns(quantity=pl.lit("10")))
    for network, is_random in ((fixed, False), (shop(), True)):
        result = simulate(network, replications=2, periods=5)
        assert result.is_random is is_random
        result.write(tmp_path / str(is_random))
        assert Result.read(tmp_path / str(is_random)).is_random is is_random


def test_result__frames_name_every_entity() -> None:
    result = simulate(shop(), replications=4, periods=10)
    assert result.streams["stream_id"].to_list() == ["shop/tea/all"]
    assert set(result.stock_points["site_id"]) == {"plant", "shop"}
    assert result.activities.filter(pl.col("activity_id").str.contains("plant>shop")).height == 1


def test_simulate__trend_goes_on_through_warm_up_and_beyond_the_horizon() -> None:
    network = shop()
    demand = network["demand"].with_columns(quantity=pl.lit("100"), trend_rate=pl.lit(1.0))
    network = network.with_table("demand", demand)
    for periods in (100, 400):
        seen = simulate(network, replications=1, periods=periods).periods["demand"].to_numpy()
        assert (np.diff(seen) > 0).all()
        assert seen[0] == pytest.approx(100 * (1 + 20 / 365))


def test_simulate__a_longer_run_is_the_same_network() -> None:
    network = shop()
    demand = network["demand"].with_columns(quantity=pl.lit("normal(100, 20)"), trend_rate=pl.lit(1.0))
    network = network.with_table("demand", demand)
    short, long = (simulate(network, replications=2, periods=periods).periods for periods in (80, 400))
    for column in ("stock", "backlog", "demand"):
        assert short[column].to_list() == long[column].to_list()[:80], column


def test_simulate__rounding_dust_is_no_shipment() -> None:
    cycle = {
        "buffers": [{"id": "s", "init": 1.1, "policy": {"type": "base_stock", "S": 1.1}}],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": 1}],
        "demands": [{"buffer": "s", "series": [0.1, 0, 0, 0, 0.7, 0, 0, 0, 0.3, 0, 0, 0]}],
    }
    program = compile_graph(graph_of(cycle, integer=False, costs={"K": 100.0}))
    span = Span(first=0, periods=1200, warm_up=0, replications=1, seed=0)
    reduced = run_ensemble(program, initial_state(program), span=span)
    assert reduced["start_rate"].mean[0] == pytest.approx(0.25)
    assert reduced["order_rate"].mean[0] == pytest.approx(0.25)


def test_simulate__too_many_replications_are_refused_at_once() -> None:
    with pytest.raises(UsageError, match="replications"):
        simulate(shop(), replications=10**11)


def test_write__leaves_other_files_alone(tmp_path: Path) -> None:
    result = simulate(shop(), replications=2, periods=3)
    result.write(tmp_path / "out")
    (tmp_path / "out" / "mine").mkdir()
    (tmp_path / "out" / "mine" / "notes.txt").write_text("keep")
    result.write(tmp_path / "out")
    assert (tmp_path / "out" / "mine" / "notes.txt").read_text() == "keep"


def test_check_target__file(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    for target in (tmp_path / "letter", tmp_path / "letter" / "inside"):
        with pytest.raises(UsageError, match="letter"):
            check_target(target)


def test_read__damaged_result(tmp_path: Path) -> None:
    simulate(shop(), replications=2, periods=3).write(tmp_path / "out")
    (tmp_path / "out" / "result.json").write_text('{"span": 3}')
    with pytest.raises(UsageError, match="damaged"):
        Result.read(tmp_path / "out")


def test_result__marks_revenue_of_demand_without_a_price(tmp_path: Path) -> None:
    bare = simulate(shop(), replications=2, periods=5)
    assert bare.note("revenue") == "at product values: no price is given"
    assert bare.note("total_cost") is None
    assert bare.streams["is_priced"].to_list() == [False]
    demand = shop()["demand"].with_columns(price=pl.lit(12.0))
    priced = simulate(shop().with_table("demand", demand), replications=2, periods=5)
    assert priced.note("revenue") is None
    assert priced.streams["is_priced"].to_list() == [True]
    other = shop()["demand"].with_columns(stream_id=pl.lit("other"))
    both = simulate(shop().with_table("demand", pl.concat([demand, other])), replications=2, periods=5)
    assert both.note("revenue") == "at product values: 1 of 2 demand streams have no price"
    assert dict(both.streams.select("stream_id", "is_priced").iter_rows())["other"] is False
    both.write(tmp_path / "kept")
    assert Result.read(tmp_path / "kept").note("revenue") == both.note("revenue")
    both.write(tmp_path / "shown", format="csv")
    assert "at product values: 1 of 2 demand streams have no price" in (tmp_path / "shown" / "summary.csv").read_text()
    with pytest.raises(KeyError):
        both.note("profit")


def test_simulate__a_negative_level_waits_until_so_much_is_owed() -> None:
    points = {"site_id": "shop", "product_id": "tea", "base_stock": -30.0, "initial_stock": 0.0}
    network = network_of({"stock_points": [points]})["stock_points"]
    result = simulate(shop().with_table("stock_points", network), replications=2, periods=50)
    assert result["backlog"][0] > 30
    assert result["on_hand"][0] < simulate(shop(), replications=2, periods=50)["on_hand"][0]
