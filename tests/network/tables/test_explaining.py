"""Which defaults stand in for what a project does not say."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from chaintwin.network.tables.explaining import explain
from chaintwin.network.tables.reading import read
from tests.network.tables.projects import write_files


def test_explain__counts_defaults_and_rules(tmp_path: Path) -> None:
    files = {"sites.csv": "site_id,time_zone,holding_cost_rate,region\nF1,,0.3,EU\nW1,Europe/Paris,,\nS1,,0.2,\n"}
    frame = explain(read(write_files(tmp_path, files)))
    sites = {
        row[0]: row[1:] for row in frame.filter(pl.col("table") == "sites").select("column", "rows", "of", "value", "kind").rows()
    }
    assert sites["time_zone"] == (2, 3, "UTC", "default")
    assert sites["holding_cost_rate"] == (2, 3, "0.2", "default")
    assert sites["region"] == (2, 3, "the country", "rule")
    assert sites["owner"] == (3, 3, "left blank", "rule")
    assert "site_id" not in sites


def test_explain__tables_without_rows_apply_nothing(tmp_path: Path) -> None:
    frame = explain(read(write_files(tmp_path, {})))
    assert set(frame["table"]) == {"sites", "products", "lanes", "demand"}


def test_explain__a_default_that_depends_on_another_column(tmp_path: Path) -> None:
    files = {
        "sources.csv": "site_id,product_id,kind,rule,lead_time\nS1,P1,move,,\nS1,P1,make,substitute,\nS1,P1,buy,,2\n",
        "bom.csv": "product_id,other_product_id,quantity\nP1,P2,1\n",
    }
    network = read(write_files(tmp_path / "mixed", files))
    assert network["sources"]["lead_time"].to_list() == ["1", "0", "2"]
    told = explain(network).filter(pl.col("table") == "sources", pl.col("column") == "lead_time")
    assert told.select("rows", "value").row(0) == (2, "1; rule substitute: 0")
    plain = network.with_table("sources", network["sources"].filter(pl.col("rule") == "share"))
    assert "1" in explain(plain).filter(pl.col("table") == "sources", pl.col("column") == "lead_time")["value"]
