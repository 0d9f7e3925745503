from __future__ import annotations

import polars as pl

from chaintwin.examples import Example
from chaintwin.examples.beer_game import GAME_WEEKS, STAGES, STEP_WEEK, WARM_UP_WEEKS
from chaintwin.simulation import simulate
from tests.examples.networks import shipped


def test_beer_game__numbers_of_the_board() -> None:
    network = shipped(Example.BEER_GAME)
    assert network["sites"].height == len(STAGES) == 4
    assert network["lanes"]["lead_time"].to_list() == ["2"] * 3
    assert network["lanes"]["information_delay"].to_list() == [2] * 3
    assert set(network["stock_points"]["holding_cost"]) == {0.5}
    assert network["demand"]["backlog_cost"].to_list() == [1.0]
    orders = network["series"].sort("period")["value"].to_list()
    assert set(orders[: WARM_UP_WEEKS + STEP_WEEK]) == {4.0}
    assert set(orders[WARM_UP_WEEKS + STEP_WEEK :]) == {8.0}


def test_beer_game__starts_with_twelve_cases_a_stage() -> None:
    result = simulate(shipped(Example.BEER_GAME), replications=1, threads=1)
    first = result.periods.row(0, named=True)
    assert first["period"] == WARM_UP_WEEKS
    assert first["stock"] == 4 * 12
    assert result.periods.height == GAME_WEEKS


def test_beer_game__customers_wait_until_levels_rise() -> None:
    network = shipped(Example.BEER_GAME)
    plain = simulate(network, replications=1, threads=1)
    higher = network["stock_points"].with_columns(pl.lit(32.0).alias("base_stock"), pl.lit(32.0).alias("initial_stock"))
    better = simulate(network.with_table("stock_points", higher), replications=1, threads=1)
    assert plain["fill_rate"][0] < 0.3
    assert better["fill_rate"][0] == 1.0
    assert better["total_cost"][0] < plain["total_cost"][0]
