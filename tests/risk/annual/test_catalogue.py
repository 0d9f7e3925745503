"""The catalogue: the hazards table of a project, assumed failures, and files of threats with all their faults together."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import InputError, UsageError
from chaintwin.examples import Example, load
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network
from chaintwin.risk.annual.catalogue.collecting import OWN_RATE, Catalogue, catalogue_of
from chaintwin.risk.annual.catalogue.places import Places, Reach
from chaintwin.risk.annual.catalogue.reading import PRIOR, read_threats
from chaintwin.risk.annual.catalogue.threats import Origin
from chaintwin.risk.occurrence import estimate_rate, pool_rates
from tests.risk.annual.making import threat
from tests.shared_data import cases_of, matches

HEAD = "threat_id,cause,scope,where,rate_per_year,events,years,duration,severity_rate,vulnerability,amplitude,peak_day\n"


@pytest.fixture(scope="module")
def network() -> Network:
    return load(Example.MEDICINES)


@pytest.fixture(scope="module")
def places(network: Network) -> Places:
    return Places.of(network, lower_in_full(network))


def hazards(network: Network, *rows: dict[str, Any]) -> Network:
    """Return the network with other hazards; blank columns are blank."""
    schema = network["hazards"].schema
    blank = dict.fromkeys(schema, None) | {"duration": "7", "kind": "other"}
    return network.with_table("hazards", pl.DataFrame([blank | row for row in rows], schema=schema))


def of(network: Network, places: Places, **options: Any) -> Catalogue:
    return catalogue_of(network, places, **options)


def test_catalogue_of__a_region_is_one_stream_and_a_blank_row_one_for_each_site(network: Network, places: Places) -> None:
    found = of(network, places, vulnerability=0.5)
    sites = network["sites"].select(pl.col("site_id", "region").cast(pl.String))
    by_id: dict[str, list[Any]] = {}
    for one in found.threats:
        by_id.setdefault(one.id, []).append(one)
    flood = by_id["monsoon-flood-west-india"]
    assert len(flood) == 1
    there = sites.filter(pl.col("region") == "West India")["site_id"].to_list()
    assert [place.id for place in flood[0].places] == sorted(there)
    assert set(flood[0].vulnerabilities) == {0.5}
    assert (flood[0].severity_rate, flood[0].rate_per_year, flood[0].origin) == (0.8, 0.25, Origin.TABLE)
    assert len(by_id["fire"]) == sites.height
    assert {place.id for one in by_id["fire"] for place in one.places} == set(sites["site_id"])
    # An event of a site's own is at the site: nothing thins it.
    assert all(one.vulnerabilities.tolist() == [1.0] for one in by_id["fire"])
    assert len({one.key for one in found.threats}) == len(found.threats)
    assert not any(one.origin is Origin.ASSUMED for one in found.threats)
    assert (found.idle, found.expired) == ((), ())


def test_catalogue_of__a_country_holds_its_suppliers_too(network: Network, places: Places) -> None:
    (power,) = (one for one in of(network, places).threats if one.id == "power-rationing-china")
    assert {str(place.kind) for place in power.places} == {"site", "supplier"}
    assert {place.id for place in power.places if str(place.kind) == "site"} == set(
        network["sites"].filter(pl.col("country") == "CN")["site_id"].cast(pl.String)
    )


def test_catalogue_of__failures_are_assumed_where_no_row_holds_for_each_site(network: Network, places: Places) -> None:
    flood = hazards(network, {"hazard_id": "flood", "country": "IN", "rate_per_year": 0.2})
    found = of(flood, places).threats
    assert sum(one.origin is Origin.ASSUMED for one in found) == network["sites"].height
    assert {one.rate_per_year for one in found if one.origin is Origin.ASSUMED} == {OWN_RATE}
    assert found[1].duration.mean == pytest.approx(14)
    assert len(of(flood, places, own_rate=0).threats) == 1
    assert len(of(flood, places, holds_for_each=True).threats) == 1
    assert len(of(network, places, own_rate=0.3).threats) == len(of(network, places).threats) + network["sites"].height


def test_catalogue_of__leaves_out_what_is_not_in_force_or_touches_nothing(network: Network, places: Places) -> None:
    start = network.settings.start
    found = of(
        hazards(
            network,
            {"hazard_id": "old", "rate_per_year": 1.0, "valid_to": date(start.year - 1, 1, 1)},
            {"hazard_id": "later", "rate_per_year": 1.0, "valid_from": date(start.year + 1, 1, 1)},
            {"hazard_id": "far", "country": "NZ", "rate_per_year": 1.0},
            {"hazard_id": "now", "region": "west INDIA", "rate_per_year": 1.0, "valid_from": start},
        ),
        places,
        own_rate=0,
    )
    assert [one.id for one in found.threats] == ["now"]
    assert (found.idle, found.expired) == (("far",), ("old", "later"))


def test_places__names_are_compared_as_people_write_them(places: Places) -> None:
    assert places.knows(Reach.COUNTRY, "India") and places.knows(Reach.COUNTRY, "IN")
    assert places.within(Reach.COUNTRY, "India") == places.within(Reach.COUNTRY, "in")
    assert places.within(Reach.SUPPLIER, "nobody") == ()
    assert not places.knows(Reach.SITE, "PAK-MUMBAI")
    both = places.within(Reach.COUNTRY, "IN", region="South India")
    assert 0 < len(both) < len(places.within(Reach.COUNTRY, "IN"))


def test_read_threats__csv_and_toml_say_the_same(tmp_path: Path, places: Places) -> None:
    table, blocks = tmp_path / "threats.csv", tmp_path / "threats.toml"
    table.write_text(
        HEAD + 'quake,earthquake,country,India,0.03,,,"lognormal(mean=25, cv=1)",0.9,0.6,,\n'
        'storm,storm,region,West India,0.2,,,"uniform(2, 7)",,,0.8,240\nlane,strike,site,pak-mumbai,,3,12,,,,,\n'
        "glitch,it,each_site,,0.1,,,2,,,,\n",
        encoding="utf-8-sig",
    )
    blocks.write_text(
        """
[[threat]]
threat_id = "quake"
cause = "earthquake"
scope = "country"
where = "India"
rate_per_year = 0.03
duration = "lognormal(mean=25, cv=1)"
severity_rate = 0.9
vulnerability = 0.6
[[threat]]
threat_id = "storm"
cause = "storm"
scope = "region"
where = "West India"
rate_per_year = 0.2
duration = "uniform(2, 7)"
amplitude = 0.8
peak_day = 240
[[threat]]
threat_id = "lane"
cause = "strike"
scope = "site"
where = "pak-mumbai"
events = 3
years = 12
[[threat]]
threat_id = "glitch"
cause = "it"
scope = "each_site"
rate_per_year = 0.1
duration = 2
""",
        encoding="utf-8",
    )
    one, other = read_threats(table, places), read_threats(blocks, places)
    assert one.holds_for_each
    assert len(one.threats) == len(other.threats) == 3 + len(places.within(Reach.EACH_SITE, ""))
    for left, right in zip(one.threats, other.threats, strict=True):
        assert (left.key, left.cause, left.scope, left.rate_per_year, str(left.duration)) == (
            right.key,
            right.cause,
            right.scope,
            right.rate_per_year,
            str(right.duration),
        )
        assert left.vulnerabilities.tolist() == right.vulnerabilities.tolist()
        assert (left.severity_rate, left.amplitude, left.peak_day) == (right.severity_rate, right.amplitude, right.peak_day)
    assert (one.threats[0].severity_rate, one.threats[1].amplitude, one.threats[2].duration.mean) == (0.9, 0.8, 7.0)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.gamma_poisson"))
def test_read_threats__worked_rate_from_counts(case: dict[str, Any], tmp_path: Path, places: Places) -> None:
    inputs = case["inputs"]
    assert (PRIOR.shape, PRIOR.exposure_years) == (inputs["shape"], inputs["rate"])
    path = tmp_path / "threats.csv"
    path.write_text(
        f"threat_id,scope,where,events,years\nstrike,site,pak-mumbai,{inputs['events']},{inputs['exposure_years']}\n",
        encoding="utf-8",
    )
    (found,) = read_threats(path, places, confidence=0.9).threats
    assert found.estimate is not None
    answer = {
        "post_mean": found.rate_per_year,
        "ci90": list(found.estimate.interval),
        "P_no_event": found.estimate.posterior.no_event_probability(inputs["horizon_years"]),
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


def test_read_threats__counts_of_one_cause_are_pooled(tmp_path: Path, places: Places) -> None:
    path = tmp_path / "threats.csv"
    rows = [("a", "strike", 0, 10), ("b", "strike", 6, 11), ("c", "flood", 1, 20)]
    listed = "".join(f"{name},{cause},site,pak-mumbai,{events},{years}\n" for name, cause, events, years in rows)
    path.write_text("threat_id,cause,scope,where,events,years\n" + listed, encoding="utf-8")
    found = read_threats(path, places, confidence=0.8).threats
    pooled = pool_rates([0, 6], [10, 11], prior=PRIOR, confidence=0.8)
    assert [one.rate_per_year for one in found[:2]] == [member.mean for member in pooled.members]
    assert found[2].rate_per_year == estimate_rate(PRIOR, 1, exposure_years=20).mean
    assert found[0].rate_per_year > 0


def test_read_threats__says_all_faults_together(tmp_path: Path, places: Places) -> None:
    path = tmp_path / "threats.csv"
    path.write_text(
        HEAD.replace("peak_day", "peek_day")
        + "a,,site,pak-mumbay,0.1,,,,,,,\n"
        + "a,,planet,earth,0.1,,,,,,,\n"
        + ",,country,Narnia,-1,,,lognorm(3),2,much,,\n"
        + "d,,site,pak-mumbai,0.1,3,12,,,,,\n"
        + "e,,site,pak-mumbai,,2.5,12,,,,,\n"
        + "f,,each_site,,,,,,,,,\n"
        + "g,,site,pak-mumbai,,2,0,,,,,\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as raised:
        read_threats(path, places)
    said = {(one.row, one.column) for one in raised.value.findings if one.code == "threats.value"}
    assert said == {
        (2, "where"),
        (3, "threat_id"),
        (3, "scope"),
        (4, "threat_id"),
        (4, "where"),
        (4, "rate_per_year"),
        (4, "duration"),
        (4, "severity_rate"),
        (4, "vulnerability"),
        (5, "rate_per_year"),
        (6, "rate_per_year"),
        (7, "rate_per_year"),
        (8, "rate_per_year"),
    }
    keys = [one for one in raised.value.findings if one.code == "threats.key"]
    assert {one.found for one in keys} == {"peek_day"}
    assert {one.fix for one in keys} == {"write peak_day"}
    assert any("pak-mumbai" in one.fix for one in raised.value.findings if one.row == 2)
    path.write_text("threat_id,scope,where,rate_per_year\na,region,West Indies,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="write West India"):
        read_threats(path, places)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.txt", b"", ".csv or .toml"),
        ("t.csv", b"\xff\xfe\x00", "UTF-8"),
        ("t.csv", b"id,scope\na,site\n", "threat_id"),
        ("t.csv", b"threat_id,scope\n", "at least one"),
        ("t.toml", b"[[threat", "[[threat]]"),
        ("t.toml", b"threat = 3\n", "blocks"),
        ("t.toml", b"name = 'x'\n", "at least one"),
    ],
)
def test_read_threats__refuses_what_is_no_such_file(tmp_path: Path, places: Places, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_threats(path, places)
    assert [one.code for one in raised.value.findings] == ["threats.file"]
    assert said in str(raised.value)
    with pytest.raises(InputError, match=r"none\.csv"):
        read_threats(tmp_path / "none.csv", places)


def test_threat__refuses_what_cannot_be() -> None:
    for options in ({"hit": (0.5, 0.5)}, {"hit": (1.5,)}):
        with pytest.raises(UsageError, match="vulnerabilit"):
            threat("fire", 1.0, **options)
    with pytest.raises(UsageError, match="rate_per_year"):
        threat("fire", -1.0)
    assert np.array_equal(threat("fire", 1.0).vulnerabilities, [1.0])
