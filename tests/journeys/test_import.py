"""From a shipment log to a simulated network."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.ingest.test_series import write_series
from tests.journeys.running import ESCAPE, document, environment, run, succeed
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
    assert "Columns, guessed: shipment_id = shipment no" in text
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
    text = succeed(*again, "--replace", cwd=tmp_path)
    said = " ".join(text.split())
    assert "Columns by the mapping shipments: shipment_id = shipment no; product = product; origin = ship from;" in said


OWN_HEADER = (
    "Shipment No,Shipped From,From Country,Delivered To,To Country,Part,Pieces,How Sent,Left On,Got There,Goods Value,"
    "Freight Bill EUR,Gross kg,Carrier,Approved By,Invoice Date"
)
SITES = ("Wien", "WIEN", "Hamburg", "Milano", "Wien,", "hamburg")
COUNTRIES = ("Austria", "Austria", "DE", "Italien", "Austria", "Germany")


def own_line(number: int) -> list[str]:
    """Return a line of the log of a small firm, as messy as such logs are."""
    place = number % 6
    left = date(2024, 1, 2) + timedelta(days=number)
    arrived = "" if number % 40 == 7 else (left + timedelta(days=3 + number % 4)).strftime("%d.%m.%Y")
    pieces = f"{number % 9 + 1} {('pcs', 'Stk')[number % 2]}" if number % 3 else str(number % 9 + 1)
    pieces = "2 pallets" if number % 50 == 3 else pieces
    country = "Neverland" if number % 60 == 5 else COUNTRIES[place]
    weight = "0.05 t" if number % 20 == 1 else "12.5"
    cells = [f"S{number}", "Werk Linz", "AT", SITES[place], country, ("PU-10", "Motor M7")[number % 2], pieces]
    cells += [
        ("Truck", "LKW", "Rail")[number % 3],
        left.strftime("%d.%m.%Y"),
        arrived,
        f"EUR {10 * number + 5}.50",
        "36.40",
        weight,
    ]
    return [*cells, ("DHL", "Schenker")[number % 2], "mk", left.strftime("%d.%m.%Y")]


def own_log() -> list[list[str]]:
    """Return 300 lines, of which some are there twice, and two with an id that was there before."""
    lines = [own_line(number) for number in range(290)]
    lines += [lines[number] for number in range(20, 28)]
    return [*lines, [*lines[30][:6], "99", *lines[30][7:]], [*lines[31][:6], "98", *lines[31][7:]]]


def write_own_log(folder: Path, ending: str) -> str:
    """Write the log and return the name of its file."""
    header = OWN_HEADER.split(",")
    if ending == "xlsx":
        pl.DataFrame(own_log(), schema=header, orient="row").write_excel(folder / "firm.xlsx")
    else:
        rows = (",".join(f'"{cell}"' for cell in row) for row in [header, *own_log()])
        (folder / "firm.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return f"firm.{ending}"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_import__messy_log_in_own_words_is_told_on_one_screen(ending: str, tmp_path: Path) -> None:
    file = write_own_log(tmp_path, ending)
    text = succeed("import", file, cwd=tmp_path, env=environment(COLUMNS="80"))
    assert len(text.splitlines()) <= 35, text
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    for part in (
        "286 of 300 lines used; left out: 8 there twice, 6 without a quantity above 0.",
        "freight = Freight Bill EUR",
        "Not used: Approved By, Invoice Date.",
        "Pieces: 6 cells not read",
        "in days and EUR",
        "4 sites, 2 products",
        "The network holds 95 % of the lines",
        "of demand is in streams under 10 orders",
        'Write "pallets" = N under [units.quantity], with N the pieces in one.',
        'no country is called "Neverland"',
        "2 lines with the id of an earlier one and other content",
        "firm-network/import/report.json",
    ):
        assert part in flat, f"{part}\n{text}"


def test_import__fixes_that_are_named_work(tmp_path: Path) -> None:
    file = write_own_log(tmp_path, "csv")
    mapping = succeed("import", file, "--show-mapping", cwd=tmp_path)
    mapping += '\n[units.quantity]\n"pallets" = 480\n[countries]\n"Neverland" = "DE"\n[duplicates]\nids = "last"\n'
    (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
    whole = document("import", file, "--mapping", "mapping.toml", "--into", "mine", cwd=tmp_path)
    assert {"log.unit_mixed", "log.country_unknown"} & {finding["code"] for finding in whole["findings"]} == set()
    assert whole["report"]["steps"]["lines"]["left_out:repeated id"] == 2
    assert whole["report"]["coverage"]["lines_used_share"] == 290 / 300
    assert {"good", "few", "borrowed"} >= {fit["trust"] for fit in whole["lane_fits"]}
    assert document("check", "mine", cwd=tmp_path)["ok"]


def test_import__as_of_and_name(tmp_path: Path) -> None:
    file = write_own_log(tmp_path, "csv")
    whole = document("import", file, "--as-of", "2024-06-30", "--name", "Our firm", "--into", "mine", cwd=tmp_path)
    assert whole["report"]["as_of"] == "2024-06-30"
    later = document("import", file, "--into", "later", cwd=tmp_path)
    assert whole["report"]["steps"]["lines"]["open"] > later["report"]["steps"]["lines"]["open"]
    assert 'name = "Our firm"' in (tmp_path / "mine" / "chaintwin.toml").read_text(encoding="utf-8")
    refused = run("import", file, "--as-of", "30.6.2024", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--as-of" in refused.stderr
    assert "allowed: a day written YYYY-MM-DD, such as 2024-12-31" in " ".join(refused.stderr.split())


def test_import__without_what_a_network_needs(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("color,size\nred,3\n", encoding="utf-8")
    done = run("import", "notes.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "product" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.csv"]


def test_import__a_log_that_is_not_there_or_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "empty").mkdir()
    for name, found in (
        ("gone.csv", "nothing there"),
        ("notes.pdf", "a file ending in .pdf"),
        ("empty", "a folder without tables"),
    ):
        done = run("import", name, cwd=tmp_path)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 1
        assert f"{name} 1 error error {name}: found {found}; allowed:" in said
        assert "the network as a whole" not in said


def test_import__places_that_repeat_do_not_look_lost(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    write_series(tmp_path / "log")
    text = " ".join(succeed("import", "log", "--into", "mine", cwd=tmp_path).split())
    assert "different places of products; other rows are duplicates or of products without a series." in text
    assert "1 row with a blank cell in the table of places. Left out of the network." in text
    whole = document("check", "mine", cwd=tmp_path)
    bills = [finding for finding in whole["findings"] if finding["code"].startswith("source.no_bill")]
    assert [(finding["severity"], finding["count"]) for finding in bills] == [("note", 1)]
    assert [finding["code"] for finding in whole["findings"] if "value" in finding["code"]] == ["value.missing"]


def test_import__does_not_overwrite(tmp_path: Path) -> None:
    (tmp_path / "shipments.csv").write_text(LOG, encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    assert run("import", "shipments.csv", "--into", "mine", cwd=tmp_path).returncode == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_import__workbooks_have_reports_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "shipments.csv").write_text(LOG, encoding="utf-8")
    (tmp_path / "accounts.xlsx").write_text("mine", encoding="utf-8")
    for name in ("a", "b"):
        files = document("import", "shipments.csv", "--into", f"{name}.xlsx", cwd=tmp_path)["files"]
        assert files[0] == f"{name}-import/report.json"
    text = succeed("import", "shipments.csv", "--into", "a.xlsx", "--replace", cwd=tmp_path)
    assert "a-import/report.json" in text
    refused = run("import", "shipments.csv", "--into", "accounts.xlsx", "--replace", cwd=tmp_path)
    assert refused.returncode == 2
    assert (tmp_path / "accounts.xlsx").read_text(encoding="utf-8") == "mine"


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
