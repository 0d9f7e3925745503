from __future__ import annotations

import polars as pl
import pytest

from chaintwin.examples import Example
from chaintwin.examples.identifiers import check_digit
from chaintwin.examples.medicines.markets import SEASONS
from chaintwin.examples.medicines.products import MEDICINES
from chaintwin.network.geography import find_port
from chaintwin.network.lowering import lower_in_full
from chaintwin.simulation import simulate
from tests.examples.networks import bill_depth, places_of_origin, shipped
from tests.sizes import scaled


def test_medicines__size() -> None:
    network = shipped(Example.MEDICINES)
    kinds = dict(network["sites"].group_by("kind").len().iter_rows())
    assert network["sites"].height == 64
    assert kinds == {"supplier": 15, "plant": 10, "port": 2, "hub": 7, "store": 30}
    assert len(MEDICINES) == 12
    assert set(network["demand"]["product_id"]) == {row[0] for row in MEDICINES}


def test_medicines__sea_air_and_road() -> None:
    lanes = shipped(Example.MEDICINES)["lanes"]
    assert set(lanes["mode"]) == {"sea", "air", "road"}
    assert lanes.filter(pl.col("distance_km") <= 0).is_empty()
    assert lanes.filter(pl.col("mode") == "sea")["lead_time"].str.starts_with("lognormal").all()


def test_medicines__bills_from_intermediate_to_pack() -> None:
    network = shipped(Example.MEDICINES)
    assert bill_depth(network) == 3  # intermediate, active ingredient, bulk, pack
    packed = network["bom"].filter(pl.col("product_id") == "amox")["other_product_id"]
    assert set(packed) == {"bulk-amox", "foil", "carton"}


def test_medicines__two_makers_where_the_world_has_them() -> None:
    origins = places_of_origin(shipped(Example.MEDICINES))
    assert {name: origins[name] for name in ("api-amoxicillin", "api-tenofovir", "filler", "bulk-tld")} == {
        "api-amoxicillin": 2,
        "api-tenofovir": 2,
        "filler": 2,
        "bulk-tld": 2,
    }
    assert {name for name, count in origins.items() if count == 1} >= {"int-6apa", "api-oxytocin", "api-dolutegravir", "capsules"}


def test_medicines__both_makers_of_amoxicillin_need_one_intermediate() -> None:
    sources = shipped(Example.MEDICINES)["sources"].filter(pl.col("product_id") == "int-6apa", pl.col("kind") == "move")
    assert set(sources["site_id"]) == {"api-shijiazhuang", "api-milan"}
    assert set(sources["from_site"]) == {"int-hohhot"}


def test_medicines__oxytocin_never_sails() -> None:
    network = shipped(Example.MEDICINES)
    moved = network["sources"].filter(pl.col("product_id") == "oxy", pl.col("kind") == "move")
    modes = moved.join(network["lanes"].select("lane_id", "mode"), on="lane_id", how="left")["mode"]
    assert set(modes) == {"air", "road"}


def test_medicines__identifiers_have_their_check_digits() -> None:
    table = shipped(Example.MEDICINES)["identifiers"]
    for scheme, length in (("GLN", 13), ("GTIN", 14)):
        values = table.filter(pl.col("scheme") == scheme)["value"].to_list()
        assert {len(value) for value in values} == {length}
        assert len(set(values)) == len(values)
        assert all(check_digit(value[:-1]) == value[-1] for value in values)


def test_medicines__location_codes_lie_in_the_country_of_the_site() -> None:
    network = shipped(Example.MEDICINES)
    country = dict(network["sites"].select("site_id", "country").iter_rows())
    codes = network["identifiers"].filter(pl.col("scheme") == "UN/LOCODE")
    assert [row for row in codes.select("object_id", "value").iter_rows() if country[row[0]] != row[1][:2]] == []
    assert find_port("KEMBA") is not None


def test_medicines__prices_have_exchange_rates() -> None:
    network = shipped(Example.MEDICINES)
    known = {*network["exchange_rates"]["currency"], network.settings.currency}
    assert set(network["prices"]["currency"]) <= known
    assert {"INR", "CNY", "EUR"} <= known
    partners = set(network["partners"]["partner_id"])
    assert set(network["prices"]["partner"]) <= partners
    assert set(network["sites"]["owner"]) <= partners


def test_medicines__seasons_have_mean_one() -> None:
    seasons = shipped(Example.MEDICINES)["series"].group_by("series_id").agg(pl.col("value").mean(), pl.len())
    assert seasons.height == len(SEASONS)
    assert (seasons["value"] - 1).abs().max() < 1e-4
    assert set(seasons["len"]) == {365}


def test_medicines__policies_and_markets() -> None:
    network = shipped(Example.MEDICINES)
    assert set(network["stock_points"]["policy"]) == {"base_stock", "s_S"}
    assert set(network["demand"]["market"]) == {"public", "private"}
    laws = set(network["demand"]["quantity"].str.split("(").list.first())
    assert laws == {"poisson", "negbin"}
    assert network["sources"].filter(pl.col("rule") == "contingency").height > 0


def test_medicines__lines_are_busy_but_not_too_busy() -> None:
    lowered = lower_in_full(shipped(Example.MEDICINES))
    used = lowered.graph.uses.join(lowered.loads.activities, on="activity_id")
    hours = used.group_by("resource_id").agg((pl.col("quantity") * pl.col("activity_mean")).sum().alias("hours"))
    busy = hours.join(lowered.graph.resources, on="resource_id").select(pl.col("hours") / pl.col("capacity").list.mean())
    assert busy.height == 14
    assert 0.7 < busy["hours"].min() <= busy["hours"].max() < 0.9


@pytest.mark.slow
def test_medicines__believable_service_and_cost() -> None:
    result = simulate(shipped(Example.MEDICINES), replications=scaled(ci=8, full=256), seed=1, threads=1)
    fill, low, high = result["fill_rate"]
    assert 0.9 < low <= fill <= high < 0.995
    assert 0.4 < result["total_cost"][0] / result["revenue"][0] < 0.8
    by_site = result.streams.with_columns(site=pl.col("stream_id").str.split("/").list.first())
    served = by_site.group_by("site").agg((pl.col("fill_rate") * pl.col("demand")).sum() / pl.col("demand").sum())
    assert served["fill_rate"].min() > 0.85
