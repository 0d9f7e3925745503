"""The loss of a year of a project: what is found, that it adds up, and that nothing depends on threads or neighbors."""

from __future__ import annotations

import math
import threading
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chaintwin.cli.commands.risk.annual import MeasuredBy
from chaintwin.errors import CancelledError, UsageError
from chaintwin.examples import Example, load
from chaintwin.laws import parse
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network
from chaintwin.network.state import initial_state
from chaintwin.risk.annual.assessing import AnnualLoss, annual_loss, read_levels
from chaintwin.risk.annual.attribution import OTHERS, PARTS_MAX, attribution
from chaintwin.risk.annual.catalogue.collecting import catalogue_of
from chaintwin.risk.annual.catalogue.places import Places
from chaintwin.risk.annual.catalogue.threats import Threat
from chaintwin.risk.annual.costing import cost_years
from chaintwin.risk.annual.measures import Sample
from chaintwin.risk.annual.picture import draw
from chaintwin.risk.annual.pricing import GROUPS_MAX, price_outages
from chaintwin.risk.annual.years import draw_outages, years_to_draw
from chaintwin.risk.occurrence import Replications
from chaintwin.risk.stress.programmes.collapsed import Collapsed
from chaintwin.risk.stress.programmes.flows import Flows, Measure, flows_of
from chaintwin.risk.stress.scopes import Scope, ScopeKind
from tests.risk.annual.making import costed, drawn, threat
from tests.risk.stress.networks import flows_from

YEARS = 400


@pytest.fixture(scope="module")
def network() -> Network:
    return load(Example.BEER_GAME)


@pytest.fixture(scope="module")
def found(network: Network) -> AnnualLoss:
    return annual_loss(network, years=YEARS, measure="units")


def same(one: AnnualLoss, other: AnnualLoss) -> bool:
    """Tell whether two results agree in every bit."""
    for field in fields(AnnualLoss):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if not (left.equals(right) if isinstance(left, pl.DataFrame) else left == right):
            return False
    return True


def test_annual_loss__assumes_failures_where_the_project_says_nothing(network: Network, found: AnnualLoss) -> None:
    sites = network["sites"].height
    assert found.threats.height == sites
    assert set(found.threats["origin"]) == {"assumed"}
    assert found.events == pytest.approx(0.05 * sites)
    assert found.event_probability == pytest.approx(-math.expm1(-0.05 * sites))
    assert found.years == YEARS
    assert found.drawn > YEARS
    assert found.unit == "units"
    assert 0 < found.mean.low < found.mean.value < found.mean.high
    assert found.any_loss.value <= found.event_probability
    assert found.mean_low <= found.mean.value <= found.mean_low * 1.002


def test_annual_loss__levels_rise_and_contributions_add_up(found: AnnualLoss) -> None:
    assert found.levels["level"].to_list() == [0.9, 0.95, 0.99]
    assert found.levels["value_at_risk"].is_sorted()
    assert (found.levels["expected_shortfall"] >= found.levels["value_at_risk"]).all()
    assert found.level == 0.95
    shortfall = found.levels.filter(pl.col("level") == 0.95)["expected_shortfall"][0]
    for parts in (
        found.contributions.filter(pl.col("by") == "cause"),
        found.contributions.filter(pl.col("by") == "threat"),
        found.contributions.filter(~pl.col("by").is_in(["cause", "threat"])),
    ):
        assert parts["mean"].sum() == pytest.approx(found.mean.value)
        assert parts["shortfall"].sum() == pytest.approx(shortfall)
        assert parts["shortfall"].is_sorted(descending=True)
        assert parts["rank"].to_list() == list(range(1, parts.height + 1))


def test_annual_loss__is_that_of_the_programme_solved_for_each_event(network: Network) -> None:
    years = 60
    result = annual_loss(network, years=years, measure="units", own_rate=0.4)
    program = network.compile()
    flows = flows_of(program, initial_state(program), measure=Measure.UNITS)
    threats = catalogue_of(network, Places.of(network, lower_in_full(network)), own_rate=0.4).threats
    outages = draw_outages(threats, Replications(1, years_to_draw(threats, years)), most=years)
    model, nobody, losses = Collapsed(flows), np.zeros(0, dtype=np.int64), np.zeros(years)
    for year, number, weeks in zip(outages.year, outages.threat, outages.duration, strict=True):
        time = min(float(weeks), network.settings.period.per_year)
        lost = model.impact(threats[number].places[0].activities, time=time)[0] - model.impact(nobody, time=time)[0]
        losses[year] += max(lost, 0.0)
    exact = Sample(losses, outages.event_probability, 0.95)
    assert result.mean_low * (1 - 1e-6) <= exact.mean().value <= result.mean.value * (1 + 1e-6)
    assert exact.any_loss().value == pytest.approx(result.any_loss.value, rel=1e-9)
    for row in result.levels.to_dicts():
        assert exact.value_at_risk(row["level"]).value == pytest.approx(row["value_at_risk"], rel=4e-3)
        assert exact.expected_shortfall(row["level"]).value == pytest.approx(row["expected_shortfall"], rel=4e-3)


def test_annual_loss__does_not_depend_on_threads(network: Network, found: AnnualLoss) -> None:
    for threads in (1, 3):
        assert same(annual_loss(network, years=YEARS, measure="units", threads=threads), found)
    assert not same(annual_loss(network, years=YEARS, measure="units", seed=2), found)


def test_annual_loss__without_rates_is_exactly_0(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "threats.csv"
    path.write_text("threat_id,scope,where,rate_per_year\nnever,each_site,,0\n", encoding="utf-8")
    nothing = annual_loss(network, years=50, measure="units", threats=path)
    assert asdict(nothing.mean) == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert asdict(nothing.any_loss) == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert set(nothing.levels["value_at_risk"]) == set(nothing.levels["expected_shortfall"]) == {0.0}
    assert (nothing.events, nothing.event_probability, nothing.years, nothing.mean_low) == (0.0, 0.0, 0, 0.0)
    assert nothing.curve.is_empty()
    assert "No year loses" in draw(nothing)


def test_annual_loss__a_threat_of_a_file_is_added_to_the_others(network: Network, found: AnnualLoss, tmp_path: Path) -> None:
    path = tmp_path / "threats.csv"
    path.write_text(
        'threat_id,cause,scope,where,events,years,duration\nstrike,strike,site,retailer,3,12,"uniform(20, 60)"\n',
        encoding="utf-8",
    )
    more = annual_loss(network, years=YEARS, measure="units", threats=path)
    row = more.threats.filter(pl.col("threat_id") == "strike").to_dicts()[0]
    assert (row["rate_per_year"], row["prior_events"], row["counted_events"], row["origin"]) == (0.25, 0.5, 3, "file of threats")
    assert row["rate_low"] < 0.25 < row["rate_high"]
    assert more.mean.value > found.mean.value
    assert set(more.contributions.filter(pl.col("by") == "cause")["id"]) == {"strike", "own failure"}


def test_annual_loss__the_example_of_medicines(tmp_path: Path) -> None:
    medicines = load(Example.MEDICINES)
    told: list[float] = []
    result = annual_loss(medicines, years=100, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert result.unit == "USD"
    assert result.mean.value > 0
    causes = set(result.contributions.filter(pl.col("by") == "cause")["id"])
    assert causes == set(medicines["hazards"]["kind"].cast(pl.String))
    hit = result.contributions.filter(~pl.col("by").is_in(["cause", "threat"]))
    assert {"site", "supplier"} <= set(hit["by"])
    assert_frame_equal(result.threats.filter(pl.col("origin") != "hazards table"), result.threats.head(0))
    picture = draw(result)
    assert picture.startswith("<svg")
    assert "fire" in picture
    assert "probability of a year that loses more" in picture


def test_annual_loss__refuses_what_cannot_be(network: Network) -> None:
    nothing: dict[str, Any] = {"own_rate": 0.0}
    for options, said in (
        (nothing, "found no threats"),
        ({"levels": [1.0]}, "levels"),
        ({"levels": []}, "levels"),
        ({"confidence": 0.0}, "confidence"),
        ({"years": 1}, "years"),
        ({"vulnerability": 1.5}, "vulnerability"),
    ):
        with pytest.raises(UsageError, match=said):
            annual_loss(network, **({"measure": "units"} | options))


def test_annual_loss__is_cancelled(network: Network) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        annual_loss(network, years=50, measure="units", cancel=cancel)


def test_read_levels__refuses_words() -> None:
    assert read_levels("0.5,0.9") == (0.5, 0.9)
    for text in ("", "0.9,high", "95", "0.9,,0.95"):
        with pytest.raises(UsageError, match="levels"):
            read_levels(text)


def test_measured__the_command_offers_all_measures() -> None:
    from typing import get_args

    assert list(get_args(MeasuredBy)) == [str(measure) for measure in Measure]


@pytest.fixture(scope="module")
def twins() -> Flows:
    """Two plants that can stand in for each other, and a store behind each."""
    activities = [
        {"site": "north", "cap": 8.0, "in": {}, "out": {"goods": 1.0}},
        {"site": "south", "cap": 8.0, "in": {}, "out": {"goods": 1.0}},
    ]
    demands = [{"buffer": "goods", "rate": 8.0, "margin": 5.0}]
    return flows_from({"stock": {"goods": 16.0}, "activities": activities, "demands": demands})


def test_price_outages__who_is_hit_together_costs_more_than_one_by_one(twins: Flows) -> None:
    plants = tuple(Scope(ScopeKind.SITE, name, name, np.array([number])) for number, name in enumerate(("north", "south")))
    shock = Threat("quake", "quake", plants, np.full(2, 0.5), 3.0, parse("uniform(1, 20)"))
    outages = draw_outages([shock], Replications(1, 200))
    prices = price_outages(twins, [shock], outages=outages, longest=365.0)
    by_group = {members: curve for (_, members), curve in zip(outages.groups, prices.groups, strict=True)}
    assert set(by_group) == {(0,), (1,), (0, 1)}
    assert by_group[(0,)].at([300.0])[0] == 0
    # Stock lasts two days, then five a unit are lost of eight a day.
    assert by_group[(0, 1)].at([1.0, 2.0, 10.0, 365.0]).tolist() == pytest.approx([0, 0, 320, 40 * 363], rel=1e-3)
    assert not prices.is_bounded.any()
    assert set(prices.alone) == {("site", "north"), ("site", "south")}


def test_price_outages__rare_groups_cost_what_a_larger_one_costs() -> None:
    names = "abcdefg"
    activities = [{"site": name, "cap": math.inf, "in": {}, "out": {name: 1.0}} for name in names]
    demands = [{"buffer": name, "rate": 1.0, "margin": 1.0} for name in names]
    flows = flows_from({"stock": dict.fromkeys(names, 0.0), "activities": activities, "demands": demands})
    plants = tuple(Scope(ScopeKind.SITE, name, name, np.array([number])) for number, name in enumerate(names))
    shock = Threat("quake", "quake", plants, np.full(7, 0.5), 2.0, parse("exponential(9)"))
    outages = draw_outages([shock], Replications(1, 2000))
    assert len(outages.groups) == 127
    prices = price_outages(flows, [shock], outages=outages, longest=365.0)
    assert prices.is_bounded.sum() == 127 - GROUPS_MAX
    counts = np.bincount(outages.group)
    assert counts[prices.is_bounded].max() <= counts[~prices.is_bounded].min()
    for number, (_, members) in enumerate(outages.groups):
        # Every plant that is out loses one unit a day.
        cost, least = prices.groups[number].at([50.0])[0] / 50, prices.groups[number].low_at([50.0])[0] / 50
        if prices.is_bounded[number]:
            assert least == pytest.approx(1)
            assert round(cost) == pytest.approx(cost)
            assert len(members) <= round(cost) <= 7
        else:
            assert cost == pytest.approx(len(members))
            assert least == pytest.approx(len(members))
    costs = cost_years([shock], outages, prices=prices)
    assert 0 < costs.bounded < 1


def test_attribution__the_smallest_of_many_are_one_row() -> None:
    threats = [threat(f"fire {number}", 0.02 + 0.001 * number, sites=(f"s{number}",)) for number in range(PARTS_MAX + 30)]
    outages = drawn(threats, 3000)
    costs = costed(threats, outages)
    sample = Sample(costs.losses, outages.event_probability, 0.9)
    parts = attribution(threats, outages, costs=costs, sample=sample, level=0.9)
    shortfall = sample.expected_shortfall(0.9).value
    for by, kinds in (("threat", ["threat"]), ("place", ["site", "place"])):
        rows = parts.filter(pl.col("by").is_in(kinds))
        assert rows.height == PARTS_MAX + 1
        others = rows.filter(pl.col("id") == OTHERS).to_dicts()
        assert [row["by"] for row in others] == [by]
        assert rows["mean"].sum() == pytest.approx(sample.mean().value)
        assert rows["shortfall"].sum() == pytest.approx(shortfall)
        assert rows["events"].sum() == pytest.approx(outages.events, rel=0.05)
        assert others[0]["mean"] > 0
        assert others[0]["events"] > 25 * 0.02
