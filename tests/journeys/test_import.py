"""From a shipment log to a simulated network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.running import ESCAPE, document, run, succeed
from tests.shared_data import shared_path

HEADER = "shipment no,product,ship from,ship to,order date,delivery date,qty,value\n"


def line(number: int) -> str:
    """Return one line of a made-up log: two products from one works to two shops, four days or so on the way."""
    ordered = f"2025-0{1 + number // 25}-{1 + number % 25:02d}"
    arrived = f"2025-0{1 + (number + 4) // 28}-{1 + (number + 4) % 28:02d}"
    product, shop = "bulb" if number % 3 == 0 else "lamp", ("Paris", "Milan")[number % 2]
    return f"S{number},{product},Works Lyon,{shop},{ordered},{arrived},{10 + number % 7},{100 + number}\n"


LOG = HEADER + "".join(map(line, range(60)))


def test_import__guessed_mapping_is_shown_corrected_and_used(tmp_path: Path) -> None:
    (tmp_path / "shipments.csv").write_text(LOG, encoding="utf-8")
    text = succeed("import", "shipments.csv", cwd=tmp_path)
    assert "The mapping, guessed" in text
    assert "chaintwin import shipments.csv --show-mapping > mapping.toml" in text
    assert ESCAPE not in text
    assert (tmp_path / "shipments-network" / "import" / "report.json").is_file()
    mapping = succeed("import", "shipments.csv", "--show-mapping", cwd=tmp_path)
    (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
    whole = document(
        "import", "shipments.csv", "--mapping", "mapping.toml", "--into", "mine", "--layout", "parquet", cwd=tmp_path
    )
    assert whole["project"] == "mine"
    assert whole["report"]["facts"]["rows"] == 60
    assert list((tmp_path / "mine").glob("*.parquet"))
    assert document("check", "mine", cwd=tmp_path)["ok"]
    again = ("import", "shipments.csv", "--mapping", "mapping.toml", "--into", "mine")
    refused = run(*again, cwd=tmp_path)
    assert refused.returncode == 2
    assert "--replace" in refused.stdout + refused.stderr
    succeed(*again, "--replace", cwd=tmp_path)


def test_import__without_what_a_network_needs(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("color,size\nred,3\n", encoding="utf-8")
    done = run("import", "notes.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "product" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.csv"]


def test_import__does_not_overwrite(tmp_path: Path) -> None:
    (tmp_path / "shipments.csv").write_text(LOG, encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    assert run("import", "shipments.csv", "--into", "mine", cwd=tmp_path).returncode == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(("folder", "log"), [("scms", "scms/deliveries_to_2013.csv"), ("supplygraph", "supplygraph")])
def test_import__real_log_is_checked_and_simulated_without_edits(folder: str, log: str, tmp_path: Path) -> None:
    stated = json.loads(shared_path(f"{folder}/expected.json").read_text(encoding="utf-8"))
    expected = stated.get("facts", stated)
    whole = document("import", shared_path(log), "--into", folder, cwd=tmp_path)
    assert differences(expected, whole["report"]["facts"]) == []
    assert document("check", folder, cwd=tmp_path)["ok"]
    figures = document("simulate", folder, "--replications", 2, "--periods", 60, cwd=tmp_path)["figures"]
    assert figures["demand"]["mean"] > 0


def differences(expected: dict[str, Any], found: dict[str, Any], place: str = "") -> list[str]:
    """Return the counts of the expectation that the report does not repeat exactly."""
    faults = []
    for name, value in expected.items():
        if isinstance(value, dict):
            faults += differences(value, found.get(name, {}), f"{place}{name}.")
        elif isinstance(value, int) and found.get(name) != value:
            faults.append(f"{place}{name}: found {found.get(name)}; expected {value}")
    return faults
