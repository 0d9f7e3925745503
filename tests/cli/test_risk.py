"""``chaintwin risk`` as its user meets it."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from typer.testing import CliRunner

from chaintwin.cli import app
from chaintwin.cli.commands.risk.dependence import BasisOf
from chaintwin.risk.dependence import Basis


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("risk") / "beer"
    assert CliRunner().invoke(app, ["init", str(folder), "--from-example", "beer-game"]).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def medicines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("risk") / "medicines"
    assert CliRunner().invoke(app, ["init", str(folder), "--from-example", "medicines"]).exit_code == 0
    return folder


def test_stress__shows_and_writes_what_it_finds(project: Path, tmp_path: Path) -> None:
    for ending in ("csv", "parquet", "xlsx"):
        out, picture = tmp_path / f"found.{ending}", tmp_path / f"{ending}.svg"
        command = ["risk", "stress", str(project), "--measure", "units", "--out", str(out), "--plot", str(picture)]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        assert "would be felt" in result.output
        assert "retailer" in result.output
        assert picture.read_text(encoding="utf-8").startswith("<svg")
        assert out.stat().st_size > 100
    assert pl.read_csv(tmp_path / "found.csv").height == pl.read_parquet(tmp_path / "found.parquet").height == 4


def test_stress__as_one_document(project: Path) -> None:
    result = CliRunner().invoke(app, ["risk", "stress", str(project), "--measure", "units", "--by", "lane", "--json"])
    document = json.loads(result.stdout)
    assert document["measure"] == "units"
    assert document["simulated"] is None
    assert {row["kind"] for row in document["outages"]} == {"lane"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--recovery", "none.csv"], "none.csv"),
        (["--out", "found.txt"], "allowed: .csv"),
        (["--plot", "found.txt"], "allowed: .svg or .png"),
        (["--by", "planet"], "planet"),
    ],
)
def test_stress__refuses_with_the_cure(project: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["risk", "stress", str(project), *options])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())


def test_annual__shows_and_writes_what_it_finds(project: Path, tmp_path: Path) -> None:
    command = ["risk", "annual", str(project), "--measure", "units", "--years", "200", "--own-rate", "0.1"]
    for ending in ("csv", "parquet", "xlsx"):
        out, picture = tmp_path / f"found.{ending}", tmp_path / f"{ending}.svg"
        result = CliRunner().invoke(app, [*command, "--out", str(out), "--plot", str(picture)])
        assert result.exit_code == 0, result.output
        assert "A year of disruptions costs" in result.output
        assert "own failure" in result.output
        assert "site retailer" in result.output
        assert "are assumed, 0.100 a year each" in " ".join(result.output.split())
        assert picture.read_text(encoding="utf-8").startswith("<svg")
        assert out.stat().st_size > 100
    found = pl.read_csv(tmp_path / "found.csv")
    assert found.height == pl.read_parquet(tmp_path / "found.parquet").height
    assert set(found["by"]) == {"cause", "threat", "site"}
    document = json.loads(CliRunner().invoke(app, [*command, "--levels", "0.5,0.9", "--json"]).stdout)
    assert document["unit"] == "units"
    assert [row["level"] for row in document["levels"]] == [0.5, 0.9]
    assert document["years"] == 200
    assert document["mean"]["low"] <= document["mean"]["value"] <= document["mean"]["high"]
    assert {"curve", "contributions", "threats"} <= set(document)


def test_annual__shows_simulated_years_beside_the_others(project: Path, tmp_path: Path) -> None:
    command = ["risk", "annual", str(project), "--measure", "margin", "--years", "200", "--simulate", "40"]
    out, picture = tmp_path / "found.xlsx", tmp_path / "found.svg"
    result = CliRunner().invoke(app, [*command, "--out", str(out), "--plot", str(picture)])
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "simulated, by the rules of the project" in said
    assert "40 of the years were played 2 times each" in said
    assert "losses are optimistic" not in said
    assert "Too few of the played years are as bad as one in 100 to say how bad these are" in said
    assert "simulated" in picture.read_text(encoding="utf-8")
    assert out.stat().st_size > 100
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    played = document["simulated"]
    assert (played["years"], played["replications"], len(played["played"])) == (40, 2, 40)
    assert [row["level"] for row in played["levels"]] == [row["level"] for row in document["levels"]]
    assert [row["expected_shortfall"] is None for row in played["levels"]] == [False, False, True]
    assert played["mean"]["low"] <= played["mean"]["value"] <= played["mean"]["high"]
    plain = CliRunner().invoke(app, command[:-2])
    assert "losses are optimistic; --simulate 200 tells how much" in " ".join(plain.output.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--simulate", "5"], "simulated: found 5; allowed: 0, or 40 or more"),
        (["--threats", "none.csv"], "none.csv"),
        (["--out", "found.txt"], "allowed: .csv"),
        (["--plot", "found.txt"], "allowed: .svg or .png"),
        (["--levels", "95"], "levels: found 95"),
        (["--own-rate", "0"], "found no threats"),
        (["--years", "1"], "years"),
    ],
)
def test_annual__refuses_with_the_cure(project: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["risk", "annual", str(project), "--measure", "units", *options])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())


def test_hazards__shows_and_writes_what_is_touched(project: Path, tmp_path: Path) -> None:
    feed, out = tmp_path / "feed.json", tmp_path / "found.csv"
    feed.write_text(
        '[{"id": "a", "kind": "strike", "lat": 0, "lon": 0, "radius_km": 20040, "severity": 0.25}, {"id": "b", "mag": null, '
        '"lat": 0, "lon": 0}]',
        encoding="utf-8",
    )
    result = CliRunner().invoke(app, ["risk", "hazards", str(project), str(feed), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "1 record without a magnitude left out" in result.output
    document = json.loads(CliRunner().invoke(app, ["risk", "hazards", str(project), str(feed), "--json"]).stdout)
    assert (document["events"], document["unmeasured"]) == (1, 1)
    assert {row["chance"] for row in document["matches"]} <= {0.25}
    feed.write_text('[{"id": "a", "mag": 7, "lat": 52.4, "lon": 4.9, "time_ms": 1e12}]', encoding="utf-8")
    book = tmp_path / "found.xlsx"
    assert (
        CliRunner().invoke(app, ["risk", "hazards", str(project), str(feed), "--out", str(book), "--least", "0"]).exit_code == 0
    )
    assert book.stat().st_size > 1000
    feed.write_text("[]", encoding="utf-8")
    assert "none touches" in CliRunner().invoke(app, ["risk", "hazards", str(project), str(feed)]).output
    feed.write_text('[{"id": "a", "mag": "big", "lat": 0, "lon": 0}]', encoding="utf-8")
    refused = CliRunner().invoke(app, ["risk", "hazards", str(project), str(feed)])
    assert refused.exit_code == 1
    assert "record 1" in refused.output


def test_hazards__a_feed_becomes_a_scenario_that_is_played(medicines: Path, tmp_path: Path) -> None:
    feed, file = tmp_path / "feed.json", tmp_path / "river.toml"
    record = {"kind": "flood", "lat": 51.3, "lon": 4.4, "radius_km": 50, "severity": 0.7}
    times = ("2015-03-01", "2015-04-01", "2030-01-01")
    feed.write_text(json.dumps([record | {"id": day, "time": f"{day}T12:00:00Z"} for day in times]), encoding="utf-8")
    command = ["risk", "hazards", str(medicines), str(feed), "--scenario", str(file), "--start", "3", "--duration", "flood=4"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "1 event left out, after the end of the project" in said
    assert "plays it" in said
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)["scenario"]
    assert (document["name"], document["events"], document["late"], document["file"]) == ("river", 2, 1, str(file))
    played = CliRunner().invoke(app, ["risk", "scenario", str(medicines), str(file), "--replications", "2", "--periods", "60"])
    assert played.exit_code == 0, played.output
    assert "2015-03-01" in played.output
    struck = CliRunner().invoke(
        app, ["simulate", str(medicines), "--scenario", str(file), "--replications", "2", "--periods", "60", "--json"]
    )
    usual = CliRunner().invoke(app, ["simulate", str(medicines), "--replications", "2", "--periods", "60", "--json"])
    assert struck.exit_code == 0 and struck.stdout != usual.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--start", "3"], "no --scenario beside it"),
        (["--apart"], "no --scenario beside it"),
        (["--scenario", "a.txt"], "allowed: .toml"),
        (["--scenario", "none/a.toml"], "found no folder"),
        (["--scenario", "{}", "--start", "soon"], "days after the warm-up"),
        (["--scenario", "{}", "--duration", "gaussian(3)"], "did you mean normal?"),
        (["--scenario", "{}"], "over before the start"),
    ],
)
def test_hazards__refuses_with_the_cure(medicines: Path, tmp_path: Path, options: list[str], said: str) -> None:
    feed = tmp_path / "feed.json"
    record = {"id": "a", "lat": 51.3, "lon": 4.4, "radius_km": 50, "time": "2015-03-01"}
    feed.write_text(json.dumps([record]), encoding="utf-8")
    filled = [option.format(tmp_path / "a.toml") for option in options]
    result = CliRunner().invoke(app, ["risk", "hazards", str(medicines), str(feed), *filled])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())
    assert not (tmp_path / "a.toml").exists()


def test_dependence__shows_and_writes_what_is_left(tmp_path: Path) -> None:
    folder, out = tmp_path / "med", tmp_path / "countries.csv"
    assert CliRunner().invoke(app, ["init", str(folder), "--from-example", "medicines"]).exit_code == 0
    command = ["risk", "dependence", str(folder), "--bloc", "eu=BE,DE,France", "--out", str(out)]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert "comes from a single supplier" in shown.output
    assert "IN" in shown.output
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert set(document["indices"]) == {"supplier", "country", "bloc"}
    assert pl.read_csv(out).height == len(document["countries"])
    for bloc, said in (("eu", "write such as"), ("eu=Narnia", "found Narnia"), ("eu=DE", "which is in")):
        refused = CliRunner().invoke(app, ["risk", "dependence", str(folder), "--bloc", "x=DE", "--bloc", bloc])
        assert refused.exit_code == 2
        assert said in " ".join(refused.output.split())


def test_dependence__the_command_offers_every_basis() -> None:
    assert list(get_args(BasisOf)) == [str(basis) for basis in Basis]


def write_stages(folder: Path) -> list[str]:
    """Write two stages of a chain over five weeks, of which production swings twice as much; return the arguments."""
    days = [date(2026, 3, 2) + timedelta(days=day) for day in range(35)]
    sales = [10.0 + (day * 7 % 5) for day in range(35)]
    made = [10.0 + 2 * (value - 12.0) for value in sales]
    for name, values in (("sales", sales), ("production", made)):
        frame = pl.DataFrame({"day": days, "soap": values, "salt": [value + 1 for value in values]})
        frame.write_csv(folder / f"{name}.csv")
    return [f"{name}={folder / name}.csv" for name in ("sales", "production")]


def test_bullwhip__of_recorded_stages(tmp_path: Path) -> None:
    stages, groups, out = write_stages(tmp_path), tmp_path / "groups.csv", tmp_path / "found.csv"
    groups.write_text("product,group\nsoap,wash\n", encoding="utf-8")
    command = ["risk", "bullwhip", *stages, "--groups", str(groups), "--products", "--resamples", "100", "--out", str(out)]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert "Bullwhip of 2 products, 2026-03-02 to 2026-04-05" in shown.output
    found = pl.read_csv(out)
    assert found["level"].unique(maintain_order=True).to_list() == ["day", "week", "week by group", "day by product"]
    assert found.filter(pl.col("level") == "week by group")["group"].to_list() == ["other", "wash"]
    assert found.filter(pl.col("level").str.starts_with("day"))["variance_ratio"].round(9).unique().to_list() == [4.0]
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert len(document["ratios"]) == found.height


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        (["sales"], "write such as sales=sales.csv"),
        (["a={sales}", "a={sales}"], "found a twice"),
        (["a={sales}"], "allowed: 2 or more"),
        (["a={sales}", "b=none.csv"], "no such file"),
        (["a={groups}", "b={groups}"], "no column of dates"),
    ],
)
def test_bullwhip__refuses_with_the_cure(tmp_path: Path, stages: list[str], said: str) -> None:
    write_stages(tmp_path)
    (tmp_path / "groups.csv").write_text("product,group\nsoap,wash\n", encoding="utf-8")
    named = [stage.format(sales=tmp_path / "sales.csv", groups=tmp_path / "groups.csv") for stage in stages]
    refused = CliRunner().invoke(app, ["risk", "bullwhip", *named])
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


def test_service__judges_order_lines(tmp_path: Path) -> None:
    lines, out = tmp_path / "lines.csv", tmp_path / "judged.csv"
    flags = ",".join(f"is_{name}_right" for name in ("document", "condition", "place", "product"))
    head = f"order_id,ordered_units,accepted_units,committed,delivered,{flags}"
    first, second = "A,4,4,2026-03-02,2026-03-01,yes,true,1,TRUE", "A,2,2,2026-03-02,2026-03-02,yes,true,1,TRUE"
    rows = [first, second, "007,1,1,2026-03-02,2026-03-02,yes,true,1,true", "B,6,5,2026-03-02,,no,true,1,true"]
    lines.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    shown = CliRunner().invoke(app, ["risk", "service", str(lines), "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    assert "66.7 % of 3 orders are perfect (4 lines)" in shown.output
    assert pl.read_csv(out)["is_perfect"].to_list() == [True, True, True, False]
    document = json.loads(CliRunner().invoke(app, ["risk", "service", str(lines), "--json"]).stdout)
    assert document["rates"]["otif_volume"]["value"] == pytest.approx(7 / 13)
    assert document["rates"]["documents"]["value"] == pytest.approx(2 / 3)
    lines.write_text(lines.read_text(encoding="utf-8").replace(",no,", ",maybe,"), encoding="utf-8")
    refused = CliRunner().invoke(app, ["risk", "service", str(lines)])
    assert refused.exit_code == 2
    assert "row 5 is_document_right: found maybe" in " ".join(refused.output.split())
    lines.write_text("\n".join([head, first.replace("2026-03-02", "03/02/2026"), second]) + "\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["risk", "service", str(lines)]).exit_code == 2
    absent = CliRunner().invoke(app, ["risk", "service", str(tmp_path / "none.csv")])
    assert "no such file" in " ".join(absent.output.split())


def test_service__of_a_project_shows_and_writes_what_it_finds(project: Path, tmp_path: Path) -> None:
    out, shares, picture = tmp_path / "customers.csv", tmp_path / "shares.parquet", tmp_path / "cost.svg"
    command = ["risk", "service", str(project), "--replications", "2", "--seed", "3"]
    files = ["--out", str(out), "--shares", str(shares), "--plot", str(picture)]
    shown = CliRunner().invoke(app, [*command, *files])
    assert shown.exit_code == 0, shown.output
    assert "19.4 % of 72 orders on time in full (2 replications of 36 weeks)" in shown.output
    for said in ("there are no", "Cost to serve by site", "retailer", "no bills are followed", "100.0 % lack a weight"):
        assert said in " ".join(shown.output.split())
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    written = pl.read_csv(out)
    assert written["by"].to_list() == ["all", "site", "product", "stream", "unattributed"]
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert math.fsum(pl.read_parquet(shares)["amount"]) == document["ledger"]["total"]
    assert document["span"]["seed"] == 3
    assert document["carbon"]["uncovered_share"] == 1.0
    assert [row["share"] is None for row in document["rights"]] == [True, False, False, True, True, True]


def test_service__of_a_project_in_a_scenario(project: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "patient.toml"
    scenario.write_text('name = "patient"\n[[change]]\ntable = "demand"\ncolumn = "promise_window"\nset = 2\n', encoding="utf-8")
    command = ["risk", "service", str(project), "--replications", "2", "--periods", "20", "--json"]
    rates = []
    for options in ([], ["--scenario", str(scenario)]):
        result = CliRunner().invoke(app, [*command, *options])
        assert result.exit_code == 0, result.output
        rates.append(json.loads(result.stdout)["customers"][0]["on_time_rate"])
    assert rates[0] < rates[1]


def test_service__of_a_workbook_with_hubs_and_products(tmp_path: Path) -> None:
    book = tmp_path / "med.xlsx"
    assert CliRunner().invoke(app, ["init", str(book), "--from-example", "medicines", "--layout", "xlsx"]).exit_code == 0
    command = ["risk", "service", str(book), "--replications", "2", "--periods", "10", "--warm-up", "2", "--by", "product"]
    shown = CliRunner().invoke(app, [*command, "--top", "3", "--hub-factor", "1.5"])
    assert shown.exit_code == 0, shown.output
    for said in ("Cost to serve by product", "more; --top shows them", "all as one", "given with --hub-factor", "hubs"):
        assert said in shown.output, said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "found.txt"], "allowed: .csv"),
        (["--shares", "found.txt"], "allowed: .csv"),
        (["--plot", "found.txt"], "allowed: .svg or .png"),
        (["--by", "planet"], "planet"),
        (["--confidence", "1.5"], "confidence: found 1.5"),
        (["--hub-factor", "-1"], "intensity: found -1"),
        (["--periods", "2000000"], "periods"),
    ],
)
def test_service__of_a_project_refuses_with_the_cure(project: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["risk", "service", str(project), *options])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())


def test_service__order_lines_are_not_simulated(tmp_path: Path) -> None:
    lines = tmp_path / "lines.csv"
    lines.write_text("order_id\nA\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["risk", "service", str(lines), "--replications", "4"])
    assert refused.exit_code == 2
    assert "--replications: found order lines" in " ".join(refused.output.split())


def test_bullwhip__of_a_project(project: Path, tmp_path: Path) -> None:
    for ending in ("csv", "parquet", "xlsx"):
        out, picture = tmp_path / f"found.{ending}", tmp_path / f"{ending}.svg"
        command = ["risk", "bullwhip", str(project), "--replications", "2", "--out", str(out), "--plot", str(picture)]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        assert "Bullwhip of 4 stock points in 4 echelons" in result.output
        assert "brewery/beer" in result.output
        assert picture.read_text(encoding="utf-8").startswith("<svg")
        assert not (tmp_path / f"found-figures.{ending}").exists(), "nothing is compared"
    assert pl.read_csv(tmp_path / "found.csv").height == pl.read_parquet(tmp_path / "found.parquet").height == 2 * 12 * 2 * 2


def test_bullwhip__of_a_project_that_is_calmed(project: Path, tmp_path: Path) -> None:
    out, folder = tmp_path / "found.csv", tmp_path / "arms"
    command = ["risk", "bullwhip", str(project), "--replications", "2", "--write-arms", str(folder), "--out", str(out)]
    result = CliRunner().invoke(app, [*command, "--plot", str(tmp_path / "arms.png")])
    assert result.exit_code == 0, result.output
    for said in ("vendor managed", "1.00 (-1.03)", "total cost, USD/week", "fill rate"):
        assert said in result.output
    assert pl.read_csv(tmp_path / "found-figures.csv")["scenario"].unique().len() == 3
    written = sorted(folder.iterdir())
    assert [file.name for file in written] == ["shared-demand.toml", "smoothed-orders.toml", "vendor-managed.toml"]
    again = CliRunner().invoke(app, ["compare", str(project), *map(str, written), "--replications", "2", "--json"])
    cost = {row["scenario"]: row["value"] for row in json.loads(again.stdout)["differences"] if row["figure"] == "total_cost"}
    mine = pl.read_csv(tmp_path / "found-figures.csv").filter(figure="total_cost")
    assert cost == pytest.approx(dict(mine.select("scenario", "value").iter_rows()))


def test_bullwhip__of_a_project_as_one_document(project: Path) -> None:
    command = ["risk", "bullwhip", str(project), "--smooth-over", "3", "--site", "wholesaler", "--product", "beer", "--json"]
    document = json.loads(CliRunner().invoke(app, [*command, "--replications", "2"]).stdout)
    assert [arm["name"] for arm in document["arms"]] == ["shared demand", "smoothed orders", "vendor managed"]
    assert any("gain_rate: set 0.333" in change for change in document["arms"][1]["changes"])
    assert {row["arm"] for row in document["ratios"]} == {"as is", "shared demand", "smoothed orders", "vendor managed"}
    assert document["span"]["replications"] == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--product", "bear"], "did you mean beer?"),
        (["--site", "moon"], "--site: found moon"),
        (["--dates", "day"], "--dates: found a project beside it"),
        (["--products"], "--products: found a project beside it"),
        (["--smooth-over", "0.5"], "adjustment_time: found 0.5"),
        (["--periods", "2"], "periods: found 2"),
        (["--out", "found.txt"], "allowed: .csv"),
        (["--plot", "found.txt"], "allowed: .svg or .png"),
        (["--write-arms", "no/such/folder"], "allowed: a folder in one that exists"),
    ],
)
def test_bullwhip__of_a_project_refuses_with_the_cure(project: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["risk", "bullwhip", str(project), "--replications", "2", *options])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())


def test_bullwhip__options_of_a_project_beside_records() -> None:
    result = CliRunner().invoke(app, ["risk", "bullwhip", "a=a.csv", "b=b.csv", "--calm"])
    assert result.exit_code == 2
    assert "--calm: found recorded stages beside it" in " ".join(result.output.split())


def test_stress__simulates_the_worst(project: Path) -> None:
    command = ["risk", "stress", str(project), "--measure", "units", "--recover", "4", "--simulate", "2"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "Simulated: by the rules of the project" in result.output
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert [row["rank"] for row in document["simulated"]] == [1, 2]


def test_scenario__shows_and_writes_the_story(project: Path, tmp_path: Path) -> None:
    own, answer = tmp_path / "own.toml", tmp_path / "answer.toml"
    block = "[[{}]]\nwhere = {{ everywhere = true }}\nafter = 28\nduration = 28\neffect = {{ {} }}\n"
    own.write_text('name = "late"\n' + block.format("disruption", "lead_time = 2"), encoding="utf-8")
    answer.write_text('name = "hurry"\n' + block.format("intervention", "lead_time = 0.6, cost = 2"), encoding="utf-8")
    out, picture = tmp_path / "reached.csv", tmp_path / "story.svg"
    command = ["risk", "scenario", str(project), str(own), "demand-surge", "--replications", "4"]
    files = ["--response", str(answer), "--out", str(out), "--plot", str(picture)]
    result = CliRunner().invoke(app, [*command, *files])
    assert result.exit_code == 0, result.output
    for said in ("What struck", "When it reached whom", "late + hurry against late", "What helped", "Who went short"):
        assert said in result.output, said
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    assert pl.read_csv(out)["scenario"].unique().len() >= 2
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert [one["name"] for one in document["scenarios"]] == ["late", "Demand surge"]
    assert document["comparison"]["reference"] == "baseline"


def test_scenario__ready_ones_are_listed_and_copied(project: Path, tmp_path: Path) -> None:
    listed = CliRunner().invoke(app, ["risk", "scenario", str(project), "--list"])
    assert "demand-surge" in listed.output
    copied = CliRunner().invoke(app, ["risk", "scenario", str(project), "flood", "--copy-to", str(tmp_path / "mine")])
    assert copied.exit_code == 0, copied.output
    assert (tmp_path / "mine" / "flood.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--list"),
        (["demand-serge"], "did you mean demand-surge?"),
        (["flood"], "nothing at within 250 km"),
        (["demand-surge", "--out", "found.txt"], "allowed: .csv"),
        (["demand-surge", "demand-surge"], "Demand surge twice"),
    ],
)
def test_scenario__refuses_with_the_cure(project: Path, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["risk", "scenario", str(project), *arguments])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())


def test_cause__shows_and_writes_what_is_probably_out(project: Path, tmp_path: Path) -> None:
    command = ["risk", "cause", str(project), "--symptom", "wholesaler", "--symptom", "distributor", "--clear", "brewery"]
    for ending in ("csv", "parquet", "xlsx"):
        out = tmp_path / f"causes.{ending}"
        result = CliRunner().invoke(app, [*command, "--out", str(out)])
        assert result.exit_code == 0, result.output
        assert "Most probably out: wholesaler" in result.output
        assert out.stat().st_size > 100
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert [row["site_id"] for row in document["causes"]] == pl.read_csv(tmp_path / "causes.csv")["site_id"].to_list()
    assert (document["links"], document["window"], document["clear"]) == ("flows", 9, ["brewery"])
    complete = [*command[:-2], "--others-clear", "--simulate", "--replications", "2", "--window", "30"]
    result = CliRunner().invoke(app, complete)
    assert result.exit_code == 0, result.output
    assert "2 simulated outages of each site" in " ".join(result.output.split())


def test_cause__probabilities_are_called_so(project: Path) -> None:
    result = CliRunner().invoke(app, ["risk", "cause", str(project), "--symptom", "retailer", "--others-clear"])
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "None of them is out with a probability of " in said
    assert "Most probably no site is out, with a probability of " in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "found none; allowed: at least one"),
        (["--symptom", "retailr"], "did you mean retailer"),
        (["--symptom", "retailer", "--clear", "retailer"], "of which retailer is short"),
        (["--symptom", "retailer", "--out", "a.txt"], "allowed: .csv"),
        (["--symptom", "retailer", "--own-rate", "0"], "no site whose outage"),
    ],
)
def test_cause__refuses_with_the_cure(project: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["risk", "cause", str(project), *options])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())
