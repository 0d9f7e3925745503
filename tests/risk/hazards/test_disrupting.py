"""From matches to scenarios: chances, days, what is left of what began earlier, the same bytes, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin import Scenario, simulate
from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.ingest.hazards.reading import hazards_of, read_hazards
from chaintwin.ingest.hazards.records import HazardRecord
from chaintwin.laws import parse
from chaintwin.network.disruptions.disruption import Cause, Disruption, Fading, Impact
from chaintwin.network.network import Network
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.risk.hazards.courses import COURSES, USUAL, course_of, courses_of
from chaintwin.risk.hazards.disrupting import MARK, Disrupting, check_disruptions_file, disruptions_of, write_disruptions
from chaintwin.risk.hazards.matching import Matches, match_hazards
from tests.shared_data import shared_path

BOX = (((4.0, 51.0), (5.0, 51.0), (5.0, 51.6), (4.0, 51.6), (4.0, 51.0)),)
QUAKE = HazardRecord("q", "earthquake", None, None, "near Mumbai", 19.0, 73.2, depth_km=12.0, magnitude=7.0)
STRIKE = HazardRecord("s", "strike", None, None, "Durban", -29.9, 31.0, radius_km=60.0, severity=0.9)
FLOOD = HazardRecord("f", "flood", None, None, "Antwerp", 51.3, 4.4, areas=(BOX,), severity=0.6)


@pytest.fixture(scope="module")
def network() -> Network:
    return load(Example.MEDICINES)


def at(record: HazardRecord, day: str) -> HazardRecord:
    return replace(record, time=datetime.fromisoformat(f"{day}T15:30:00+00:00"))


def made(network: Network, *records: HazardRecord, **options: Any) -> Disrupting:
    return disruptions_of(network, match_hazards(network, records, vulnerability=options.pop("vulnerability", 1.0)), **options)


def covering(network: Network, found: list[Disruption], kind: str, name: str) -> list[Disruption]:
    """Return the disruptions that put a site or lane out: those that name it, and of a lane those that name an end of it."""
    if kind == "site":
        return [one for one in found if name in one.where.site]
    lane = (
        network["lanes"]
        .select(pl.col("lane_id", "from_site", "to_site").cast(pl.String))
        .row(by_predicate=pl.col("lane_id") == name)
    )
    return [one for one in found if name in one.where.lane or set(lane[1:]) & set(one.where.site)]


@pytest.mark.parametrize("vulnerability", [1.0, 0.5])
def test_disruptions_of__everything_loses_on_average_what_the_match_says(network: Network, vulnerability: float) -> None:
    matches = match_hazards(network, [QUAKE, STRIKE, FLOOD], vulnerability=vulnerability)
    found = disruptions_of(network, matches)
    assert (found.events, found.over, found.late, found.idle) == (3, 0, 0, 0)
    for row in matches.table.iter_rows(named=True):
        mine = [one for one in found.scenario.disruptions if one.event == row["hazard_id"]]
        on = covering(network, mine, row["object_kind"], row["object_id"])
        assert on, row
        # Parts of one event happen together: the likeliest decides, for what is lost is the same.
        lost = max(one.chance * (1 - one.effect[Impact.CAPACITY]) for one in on)
        assert lost == pytest.approx(row["chance"], rel=1e-5), row
        if row["object_kind"] == "site":
            assert len(on) == 1
        left = 0.0 if row["severity"] is None else 1 - row["severity"]
        assert all(one.effect[Impact.CAPACITY] == pytest.approx(left, abs=1e-9) for one in on)
    assert not {lane for one in found.scenario.disruptions for lane in one.where.lane if "port-durban" in lane}


def test_disruptions_of__one_block_for_what_one_event_hits_alike_unless_apart(network: Network) -> None:
    wide = replace(STRIKE, radius_km=20_040.0, severity=0.5)
    together, apart = made(network, wide), made(network, wide, together=False)
    (block,) = together.scenario.disruptions
    names = [one.where.site for one in apart.scenario.disruptions]
    assert (block.event, block.chance, block.effect[Impact.CAPACITY]) == ("s", 1.0, 0.5)
    assert [site for (site,) in names] == list(block.where.site)
    assert len(names) > 50
    assert {one.event for one in apart.scenario.disruptions} == {""}
    assert len({one.name for one in apart.scenario.disruptions}) == len(names)


def test_simulate__hits_of_one_event_happen_together_in_the_engine(network: Network) -> None:
    """Each site's share of replications with an outage is its chance; the less likely is out only where the likelier is."""
    quake = made(network, at(QUAKE, "2026-03-10"), courses={"earthquake": replace(course_of("earthquake"), duration="20")})
    usual = simulate(network, replications=64, periods=30, seed=5).figures["on_hand"]
    lost = {}
    for site in ("pak-mumbai", "for-pune"):
        blocks = tuple(
            replace(one, effect={Impact.STOCK_LOST: 1.0}) for one in quake.scenario.disruptions if site in one.where.site
        )
        result = simulate(network, scenario=replace(quake.scenario, disruptions=blocks), replications=64, periods=30, seed=5)
        # A replication in which nothing happens is that of the project, bit for bit.
        lost[site] = result.figures["on_hand"] != usual
        (chance,) = (one.chance for one in blocks)
        assert abs(lost[site].mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / 64)
    assert (lost["pak-mumbai"] | ~lost["for-pune"]).all()
    assert 0 < lost["for-pune"].sum() < lost["pak-mumbai"].sum()


def test_disruptions_of__days_of_the_feed_and_of_a_start(network: Network) -> None:
    records = (at(QUAKE, "2026-02-01"), at(FLOOD, "2026-02-11"), STRIKE)
    starts = {one.event: (one.start, one.after) for one in made(network, *records).scenario.disruptions}
    assert starts == {"q": (date(2026, 2, 1), "0"), "f": (date(2026, 2, 11), "0"), "s": (None, "0")}
    starts = {one.event: (one.start, one.after) for one in made(network, *records, start=30).scenario.disruptions}
    assert starts == {"q": (None, "30"), "f": (None, "40"), "s": (None, "30")}
    moved = made(network, *records, start=date(2026, 12, 30))
    starts = {one.event: (one.start, one.after) for one in moved.scenario.disruptions}
    first = date(2026, 12, 30)
    assert starts == {"q": (first, "0"), "f": (first + timedelta(10), "0"), "s": (first, "0")}
    # The run ends 425 days after its start, with the 1st of March 2027 as its last day.
    late = made(network, *records, start=date(2027, 2, 25))
    assert (late.events, late.late) == (2, 1)
    assert made(network, *records, start=360).late == 1


def test_disruptions_of__what_is_left_of_an_event_before_the_start(network: Network) -> None:
    law = parse(course_of("flood").duration)
    found = made(network, at(FLOOD, "2025-12-22"))
    (one,) = found.scenario.disruptions
    assert (found.lasting, one.start) == (1, network.settings.start)
    left = parse(one.duration)
    assert one.chance == pytest.approx(1 - law.cdf(10), rel=1e-5)
    # Days after the start, on average: those of the law beyond ten.
    assert one.chance * left.mean == pytest.approx(law.expected_excess(10), rel=1e-4)
    for days in (0.5, 3.0, 20.0):
        assert 1 - left.cdf(days) == pytest.approx((1 - law.cdf(10 + days)) / (1 - law.cdf(10)), rel=1e-9)
    certain = made(network, at(FLOOD, "2025-12-22"), courses={"flood": replace(course_of("flood"), duration="12.5")})
    assert [(each.duration, each.chance) for each in certain.scenario.disruptions] == [("2.5", 1.0)]
    both = made(network, at(FLOOD, "2024-12-22"), at(STRIKE, "2026-01-05"))
    assert (both.events, both.over, both.lasting) == (1, 1, 0)


def test_disruptions_of__what_only_recovers_at_the_start_is_counted_apart(network: Network) -> None:
    # Twelve days of full strength and thirty of recovery: on the 1st of January all, the recovery or nothing is left.
    courses = {"flood": replace(course_of("flood"), duration="12", recovery=30.0)}
    start = network.settings.start
    for age, expected in ((11, (1, 0, 0)), (13, (0, 1, 0)), (41, (0, 1, 0)), (43, (0, 0, 1))):
        flood = at(FLOOD, str(start - timedelta(days=age)))
        found = made(network, flood, at(STRIKE, str(start)), courses=courses)
        assert (found.lasting, found.recovering, found.over) == expected, age
    sudden = {"flood": replace(courses["flood"], recovery=0.0)}
    flood = at(FLOOD, str(start - timedelta(days=13)))
    found = made(network, flood, at(STRIKE, str(start)), courses=sudden)
    assert (found.recovering, found.over) == (0, 1)
    with pytest.raises(UsageError, match=r"1 recovering when the project starts.*fix: --start 0"):
        made(network, flood, courses=courses)


def test_disruptions_of__the_first_event_is_the_first_that_is_played(network: Network) -> None:
    records = (at(QUAKE, "2026-02-01"), at(FLOOD, "2026-02-11"))
    matches = match_hazards(network, records)
    # What the earlier event hits stands for places where nothing is made or moved.
    is_early = pl.col("hazard_id") == "q"
    idle = matches.table.with_columns(object_id=pl.when(is_early).then("idle-" + pl.col("object_id")).otherwise("object_id"))
    found = disruptions_of(network, replace(matches, table=idle), start=30)
    assert found.idle > 0
    assert {(one.event, one.after) for one in found.scenario.disruptions} == {("f", "30")}


@pytest.mark.parametrize("example", [Example.MEDICINES, Example.ELECTRONICS])
def test_disruptions_of__every_scenario_can_be_played(example: Example, tmp_path: Path) -> None:
    network = load(example)
    (north, east), *_ = network["sites"].select("latitude", "longitude").drop_nulls().rows()
    quake = replace(QUAKE, latitude=float(north), longitude=float(east))
    flood = replace(FLOOD, areas=(), latitude=float(north), longitude=float(east), radius_km=900.0)
    for together in (True, False):
        found = made(network, quake, at(flood, "2026-01-03"), start=0, together=together)
        path = tmp_path / f"{together}.toml"
        write_disruptions(path, found.scenario)
        struck = Scenario.read(path).apply(network).compile()
        assert struck.strikes.shift.size == len(found.scenario.disruptions)


def test_write_disruptions__the_same_feed_gives_the_same_bytes(tmp_path: Path) -> None:
    network = load(Example.ELECTRONICS)
    feed = json.loads(shared_path("hazards/usgs_quakes_2018-01-31_to_02-04_m25.json").read_text(encoding="utf-8"))
    old = [item | {"mag": 2.6, "updated_ms": item["updated_ms"] - 1} for item in feed]
    texts = []
    for number, items in enumerate((feed, feed[::-1], old + feed + feed)):
        records = hazards_of(items, file="feed").records
        path = tmp_path / f"{number}.toml"
        for _ in range(2):
            write_disruptions(path, disruptions_of(network, match_hazards(network, records), start=5).scenario)
        texts.append(path.read_bytes())
    assert texts[0] == texts[1] == texts[2]
    assert texts[0].startswith(MARK.encode())
    found = Scenario.read(path)
    assert {one.event for one in found.disruptions} == {"us1000cfn6"}
    assert all("Hualian" in one.source and one.cause is Cause.DISASTER for one in found.disruptions)
    assert all(0.01 <= one.chance < 0.2 for one in found.disruptions)
    assert found.apply(network).compile().strikes.shift.size == len(found.disruptions)


def test_disruptions_of__events_of_a_past_feed_are_over_unless_moved() -> None:
    network = load(Example.ELECTRONICS)
    read = read_hazards(shared_path("hazards/usgs_quakes_2018-01-31_to_02-04_m25.json"))
    matches = match_hazards(network, read.records)
    assert matches.table["hazard_id"].unique().to_list() == ["us1000cfn6"]
    with pytest.raises(UsageError, match=r"1 over before the start.*fix: --start 0"):
        disruptions_of(network, matches)


def test_disruptions_of__odd_ids_are_made_fit_for_a_file_and_stay_apart(network: Network, tmp_path: Path) -> None:
    odd = [replace(STRIKE, id=name, place='"quoted"\n') for name in ("a\n", "a\t", "x" * 500, "x" * 501, "#\\\"'")]
    found = made(network, *odd)
    assert len({one.event for one in found.scenario.disruptions}) == len(odd)
    path = tmp_path / "odd.toml"
    write_disruptions(path, found.scenario)
    again = Scenario.read(path)
    assert [one.name for one in again.disruptions] == [one.name for one in found.scenario.disruptions]
    assert scenario_text(again) == scenario_text(found.scenario)


def test_disruptions_of__confidence_where_shaking_is_extrapolated(network: Network) -> None:
    strong = made(network, replace(QUAKE, magnitude=8.5))
    assert {one.confidence for one in strong.scenario.disruptions} == {0.5}
    assert {one.confidence for one in made(network, STRIKE).scenario.disruptions} == {None}


def test_courses__every_default_is_a_course_that_can_be_played() -> None:
    for kind, course in {**COURSES, "riot": USUAL}.items():
        assert course_of(kind.upper()) == course
        assert 0 < course.law.mean < 100
        assert course.law.quantile(0.0) >= 0
        assert course.fading is not Fading.STAGED
    assert course_of("typhoon") == COURSES["storm"]


def test_courses_of__one_kind_before_all() -> None:
    found = courses_of(["Flood", "riot"], durations=["flood=12", "lognormal(mean=3, cv=1)"], recoveries=["RIOT = 5 cosine"])
    assert (found["Flood"].duration, found["riot"].duration) == ("12", "lognormal(mean=3, cv=1)")
    assert (found["riot"].recovery, found["riot"].fading) == (5.0, Fading.COSINE)
    assert found["Flood"].recovery == COURSES["flood"].recovery


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"durations": ["flod=3"]}, "did you mean flood?"),
        ({"durations": ["gaussian(3)"]}, "did you mean normal?"),
        ({"durations": ["normal(3, 1)"]}, "may be below 0"),
        ({"durations": ["empirical(file.csv)"]}, "duration: found"),
        ({"recoveries": ["soon"]}, "days from 0"),
        ({"recoveries": ["-1"]}, "days from 0"),
        ({"recoveries": ["nan"]}, "days from 0"),
        ({"recoveries": ["3 staged"]}, "linear, exponential, cosine"),
    ],
)
def test_courses_of__refuses_with_the_cure(options: dict[str, list[str]], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        courses_of(["flood"], **options)  # type: ignore[arg-type]
    assert said in str(caught.value)


@pytest.mark.parametrize("start", [-1, 365, date(2025, 12, 31), date(2027, 3, 2)])
def test_disruptions_of__refuses_a_start_outside_the_project(network: Network, start: date | int) -> None:
    with pytest.raises(UsageError, match="allowed: a day from 2026-01-01 to 2027-03-01, or 0 to 364 days after the warm-up"):
        made(network, FLOOD, start=start)


def test_disruptions_of__refuses_a_feed_that_touches_nothing(network: Network) -> None:
    with pytest.raises(UsageError, match="no event that touches"):
        disruptions_of(network, Matches(match_hazards(network, [FLOOD]).table.clear(), ()))


def test_write_disruptions__replaces_only_its_own(network: Network, tmp_path: Path) -> None:
    scenario = made(network, FLOOD).scenario
    path = tmp_path / "flood.toml"
    write_disruptions(path, scenario)
    write_disruptions(path, replace(scenario, name="again"))
    assert Scenario.read(path).name == "again"
    path.write_text('name = "mine"\n', encoding="utf-8")
    for wrong, said in (
        (path, "somebody else"),
        (tmp_path / "f.txt", "allowed: .toml"),
        (tmp_path / "no" / "f.toml", "no folder"),
    ):
        with pytest.raises(UsageError, match=said):
            check_disruptions_file(wrong)
    (tmp_path / "dir.toml").mkdir()
    with pytest.raises(UsageError, match="found a folder"):
        check_disruptions_file(tmp_path / "dir.toml")
    assert path.read_text(encoding="utf-8") == 'name = "mine"\n'
    (one,) = scenario.disruptions
    many = replace(scenario, disruptions=tuple(replace(one, name=f"{number} {'x' * 150}") for number in range(4000)))
    with pytest.raises(UsageError, match=r"4,000 disruptions.*raise --least"):
        write_disruptions(tmp_path / "large.toml", many)
    assert not (tmp_path / "large.toml").exists()
