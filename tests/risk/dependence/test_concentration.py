"""Concentration of supply: a network worked by hand, and bounds on random ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.examples import load
from chaintwin.network.lowering import lower_in_full
from chaintwin.risk.dependence import UNKNOWN, Basis, measure_concentration, origins_of
from tests.network.building import network_of
from tests.network.random_networks import Tables, networks
from tests.risk.dependence.placing import placed
from tests.sizes import scaled

# A German plant makes P of one A and two B; A comes from China and Viet Nam, B from Japan, in an emergency from America.
PLANT: Tables = {
    "sites": [
        {"site_id": "plant", "kind": "plant", "country": "Germany", "owner": "us"},
        {"site_id": "shop", "kind": "store", "country": "FR"},
    ],
    "products": [{"product_id": "P", "value": 20.0}, {"product_id": "A", "value": 5.0}, {"product_id": "B", "value": 2.0}],
    "partners": [
        {"partner_id": "us", "country": "DE"},
        {"partner_id": "one", "country": "CN"},
        {"partner_id": "two", "country": "Viet Nam"},
        {"partner_id": "three", "country": "JP"},
        {"partner_id": "four", "country": "USA"},
    ],
    "lanes": [{"lane_id": "L", "from_site": "plant", "to_site": "shop", "product_id": "P", "lead_time": "2"}],
    "bom": [
        {"product_id": "P", "other_product_id": "A", "quantity": 1.0},
        {"product_id": "P", "other_product_id": "B", "quantity": 2.0},
    ],
    "sources": [
        {"site_id": "plant", "product_id": "A", "kind": "buy", "partner": "one", "share": 3.0, "lead_time": "9"},
        {"site_id": "plant", "product_id": "A", "kind": "buy", "partner": "two", "share": 1.0, "lead_time": "7"},
        {"site_id": "plant", "product_id": "B", "kind": "buy", "partner": "three", "share": 1.0, "lead_time": "5"},
        {"site_id": "plant", "product_id": "B", "kind": "buy", "partner": "four", "priority": 1, "lead_time": "4"},
        {"site_id": "plant", "product_id": "P", "kind": "make", "lead_time": "3"},
    ],
    "demand": [{"stream_id": "D", "site_id": "shop", "product_id": "P", "quantity": "10", "price": 30.0}],
}


def measured(tables: Tables, **options: Any) -> Any:
    network = network_of(tables)
    return measure_concentration(network, lower_in_full(network), **options)


def test_measure_concentration__by_hand() -> None:
    found = measured(PLANT, blocs={"DE": "west", "US": "west", "JP": "west", "CN": "east", "VN": "east"})
    # 10 P a period of 20 add 110 to 50 of A and 40 of B.
    by_country = {row["name"]: row["share"] for row in found.shares.to_dicts() if row["attribute"] == "country"}
    assert by_country == pytest.approx({"DE": 110 / 200, "JP": 40 / 200, "CN": 37.5 / 200, "VN": 12.5 / 200})
    by_bloc = {row["name"]: row["share"] for row in found.shares.to_dicts() if row["attribute"] == "bloc"}
    assert by_bloc == pytest.approx({"west": 150 / 200, "east": 50 / 200})
    assert found.indices["country"] == pytest.approx(sum(share**2 for share in by_country.values()))
    assert found.indices["supplier"] == pytest.approx(found.indices["country"])
    products = {row["product_id"]: row for row in found.products.to_dicts()}
    assert [products[name]["flow"] for name in "PAB"] == pytest.approx([200, 50, 40])
    assert products["A"]["country_index"] == pytest.approx(0.75**2 + 0.25**2)
    assert products["A"]["bloc_index"] == 1
    # What is used in an emergency alone is no second source on an ordinary day.
    assert [products[name]["supplier_count"] for name in "PAB"] == [1, 2, 1]
    assert found.single_sourcing_share == pytest.approx(240 / 290)
    volume = measured(PLANT, basis=Basis.VOLUME)
    assert volume.single_sourcing_share == pytest.approx(30 / 40)
    shares = {row["name"]: row["share"] for row in volume.shares.to_dicts() if row["attribute"] == "supplier"}
    assert shares == pytest.approx({"us": 10 / 40, "one": 7.5 / 40, "two": 2.5 / 40, "three": 20 / 40})


def test_origins_of__names_the_partner_or_the_site() -> None:
    tables = PLANT | {"sources": [row for row in PLANT["sources"] if row["product_id"] != "B"]}
    network = network_of(tables)
    rows = {row["activity_id"]: row for row in origins_of(network, lower_in_full(network)).to_dicts()}
    assert (rows["buy/plant/A/two"]["supplier"], rows["buy/plant/A/two"]["country"]) == ("two", "VN")
    assert (rows["buy/plant/B"]["supplier"], rows["buy/plant/B"]["country"]) == ("plant", "DE")
    assert (rows["L/P"]["country"], rows["L/P"]["target_country"], rows["L/P"]["lead"]) == ("DE", "FR", 2)
    assert rows["make/plant/P"]["bloc"] == "Western Europe"


@hypothesis_settings(max_examples=scaled(ci=20, full=400))
@given(data=st.data(), tables=networks())
def test_measure_concentration__bounds(data: st.DataObject, tables: Tables) -> None:
    network = network_of(data.draw(placed(tables)))
    lowered = lower_in_full(network)
    try:
        found = measure_concentration(network, lowered, basis=Basis.VOLUME)
    except UsageError:
        # Nothing is bought or made; what only goes round in a loop comes from nowhere.
        rows = origins_of(network, lowered)
        assert not (rows.filter(rows["kind_name"] != "move")["units"] > 0).any()
        return
    assert 0 <= found.single_sourcing_share <= 1
    for attribute, index in found.indices.items():
        shares = found.shares.filter(attribute=attribute)["share"]
        assert shares.sum() == pytest.approx(1)
        assert 1 / shares.len() - 1e-12 <= index <= 1 + 1e-12
    # Blocs hold whole countries.
    assert found.indices["bloc"] >= found.indices["country"] - 1e-12
    for row in found.products.to_dicts():
        assert 1 / row["supplier_count"] - 1e-12 <= row["supplier_index"] <= 1 + 1e-12
        assert row["country_index"] <= row["bloc_index"] + 1e-12


def test_measure_concentration__does_not_depend_on_the_order_of_rows() -> None:
    tables = {name: rows[::-1] for name, rows in PLANT.items()}
    one, other = measured(PLANT), measured(tables)
    assert one.shares.equals(other.shares)
    assert one.products.equals(other.products)


def test_measure_concentration__of_the_examples() -> None:
    for name in ("electronics", "medicines"):
        network = load(name)
        found = measure_concentration(network, lower_in_full(network))
        assert UNKNOWN not in set(found.shares["name"])
        assert 0 < found.single_sourcing_share < 1
        assert found.indices["supplier"] < found.indices["country"] <= found.indices["bloc"] < 1


def test_measure_concentration__refuses() -> None:
    with pytest.raises(UsageError, match=r"basis: found nothing that flows with a volume; .* fix: give demand"):
        measured(PLANT | {"demand": []}, basis=Basis.VOLUME)
    worthless = [row | {"value": 0.0} for row in PLANT["products"]]
    with pytest.raises(UsageError, match=r"with a value; .* fix: measure volume"):
        measured(PLANT | {"products": worthless})
