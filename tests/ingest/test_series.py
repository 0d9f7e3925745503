from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import InputError
from chaintwin.ingest import import_log, shipped_mapping
from chaintwin.ingest.shipment_log.series.lags import find_lag
from tests.ingest.logs import imported

POINTS = ("production", "factory_issue", "delivery_to_distributor", "sales_order")


def write_series(folder: Path, *, days: int = 21, skip: str = "", short: str = "") -> Path:
    """Write a small log of daily series; leave a file out, or cut one short, on request."""
    start = date(2024, 1, 3)
    for shift, point in enumerate(reversed(POINTS)):
        if point == skip:
            continue
        count = days - (point == short)
        dates = [(start + timedelta(days=day)).isoformat() for day in range(count)]
        waves = [100.0 + 40 * ((day - shift) % 7 == 0) for day in range(count)]
        pl.DataFrame({"Date": dates, "A": waves, "A.1": [5.0] * count, "B": [1.0] * count}).write_csv(
            folder / f"{point}_units_to_2024.csv"
        )
    places = "Node,Plant,Storage Location\nA,11,2030.0\nA,11,2030.0\nA,12,2030.0\nC,12,\n"
    (folder / "node_plant_storage.csv").write_text(places, encoding="utf-8")
    (folder / "tonnes_per_unit.json").write_text('{"A": 0.5}', encoding="utf-8")
    return folder


def test_import_log__small_series(tmp_path: Path) -> None:
    result = import_log(write_series(tmp_path))
    facts = result.report.facts
    assert facts["network"]["products"] == 3
    assert facts["network"]["duplicate_rows"] == 1
    assert facts["network"]["product_storage_pairs"] == 1
    sites = dict(result.network["sites"].select("site_id", "kind").iter_rows())
    assert sites == {"plant 11": "plant", "plant 12": "plant", "storage 2030": "warehouse", "distributors": "customer"}
    assert result.network["products"].select("product_id", "weight_kg").row(0) == ("A", 500.0)
    made = result.network["sources"].filter(pl.col("kind") == "make")
    assert made["capacity"].to_list() == pytest.approx([140 * 2 / 3, 140 / 3])
    codes = {finding.code for finding in result.findings}
    assert {"log.product_without_place", "log.place_blank", "import.value_unknown"} <= codes
    # A blank stays blank, so that the doctor can tell it from a value of 1.
    assert result.network["products"]["value"].to_list() == [None] * result.network["products"].height
    (blank,) = [finding for finding in result.findings if finding.code == "log.place_blank"]
    assert blank.found == "1 row with a blank cell"


def test_import_log__series_of_one_file_is_its_folder(tmp_path: Path) -> None:
    folder = write_series(tmp_path)
    assert import_log(folder / "sales_order_units_to_2024.csv").report.facts == import_log(folder).report.facts


def test_import_log__series_without_a_point(tmp_path: Path) -> None:
    write_series(tmp_path, skip="production")
    with pytest.raises(InputError) as caught:
        import_log(tmp_path, mapping="supplygraph")
    assert [finding.code for finding in caught.value.findings] == ["log.file_absent"]


def test_import_log__series_of_different_days(tmp_path: Path) -> None:
    write_series(tmp_path, short="sales_order")
    with pytest.raises(InputError) as caught:
        import_log(tmp_path)
    assert "log.days_differ" in {finding.code for finding in caught.value.findings}


def test_import_log__supplygraph_replays_the_orders() -> None:
    result = imported("supplygraph")
    replayed = result.network["series"]["value"].sum()
    assert replayed == pytest.approx(result.report.facts["series"]["sales_order"]["total"])
    assert result.network["products"].height == result.report.facts["network"]["products"]


def test_import_log__supplygraph_second_series_has_the_places_of_its_product() -> None:
    result = imported("supplygraph")
    points = result.network["stock_points"]
    for second, product in shipped_mapping("supplygraph").aliases.items():
        places = [set(points.filter(pl.col("product_id") == name)["site_id"]) for name in (second, product)]
        assert places[0] == places[1] != set()


def test_import_log__supplygraph_capacity_covers_mean_demand() -> None:
    network = imported("supplygraph").network
    capacity = network["sources"].filter(pl.col("kind") == "make").group_by("product_id").agg(pl.col("capacity").sum())
    wanted = network["series"].with_columns(product_id=pl.col("series_id").str.strip_prefix("distributors/"))
    mean = wanted.group_by("product_id").agg(pl.col("value").mean())
    joined = capacity.join(mean, on="product_id")
    assert (joined["capacity"] >= joined["value"] * (1 - 1e-9)).all()


@pytest.mark.parametrize("lag", [1, 3, 9])
def test_find_lag__shifted_series(lag: int) -> None:
    generator = np.random.default_rng(7)
    earlier = generator.random((120, 4))
    later = np.roll(earlier, lag, axis=0)
    assert find_lag(earlier, later).days == lag
    assert find_lag(later, earlier, is_reply=True).days == lag


def test_find_lag__series_without_relation() -> None:
    generator = np.random.default_rng(7)
    assert find_lag(generator.random((150, 3)), generator.random((150, 3))).days == 1
