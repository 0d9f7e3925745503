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
