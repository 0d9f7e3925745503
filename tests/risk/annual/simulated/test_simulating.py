"""The loss of a year by simulated years: as by the programme where the programme is right, and nothing depends on threads."""

from __future__ import annotations

import math
import threading
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import CancelledError, UsageError
from chaintwin.examples import Example, load
from chaintwin.network.disruptions.disruption import Disruption
from chaintwin.network.network import Network, Settings
from chaintwin.risk.annual.assessing import AnnualLoss, annual_loss
from chaintwin.risk.annual.picture import draw
from chaintwin.risk.annual.simulated.playing import Stage
from chaintwin.risk.annual.simulated.simulating import BEYOND, MEASURES, UNTOLD, SimulatedLoss, strikes_of
from chaintwin.risk.annual.simulated.singles import Events, priced, single_losses
from chaintwin.risk.annual.simulated.striking import Cut, Strike
from chaintwin.risk.annual.years import Outages
from chaintwin.risk.stress.programmes.flows import Measure
from tests.risk.annual.simulated.networks import DEMAND, STOCK, corner_shop

YEARS, PLAYED = 300, 40


@pytest.fixture(scope="module")
def network() -> Network:
    return load(Example.BEER_GAME)


@pytest.fixture(scope="module")
def found(network: Network) -> AnnualLoss:
    return annual_loss(network, years=YEARS, measure="units", simulated=PLAYED, own_rate=0.3)


def same(one: AnnualLoss, other: AnnualLoss) -> bool:
    """Tell whether two results agree in every bit, their simulated years too."""
    return _same(one, other, AnnualLoss) and _same(one.simulated, other.simulated, SimulatedLoss)


def _same(one: object, other: object, kind: type) -> bool:
    if one is None or other is None:
        return one is other
    for field in fields(kind):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if field.name != "simulated" and not (left.equals(right) if isinstance(left, pl.DataFrame) else left == right):
            return False
    return True


def threats(folder: Path, text: str) -> Path:
    path = folder / "threats.csv"
    path.write_text("threat_id,cause,scope,where,rate_per_year,duration\n" + text + "\n", encoding="utf-8")
    return path


def test_annual_loss__without_simulated_years_is_as_before_bit_for_bit(network: Network, found: AnnualLoss) -> None:
    plain = annual_loss(network, years=YEARS, measure="units", simulated=0, own_rate=0.3)
    assert plain.simulated is None
    assert same(plain, replace(found, simulated=None))
    assert found.simulated is not None


def test_annual_loss__simulated_does_not_depend_on_threads(network: Network, found: AnnualLoss) -> None:
    for threads in (1, 3):
        again = annual_loss(network, years=YEARS, measure="units", simulated=PLAYED, own_rate=0.3, threads=threads)
        assert same(again, found)
    other = annual_loss(network, years=YEARS, measure="units", simulated=PLAYED, own_rate=0.3, seed=2)
    assert not same(other, found)


def test_annual_loss__simulated_figures_fit_each_other(found: AnnualLoss) -> None:
    played = found.simulated
    assert played is not None
    assert (played.years, played.replications) == (PLAYED, 2)
    assert played.played.height == PLAYED
    assert played.strata["played"].sum() == PLAYED
    assert played.played["weight"].sum() == pytest.approx(played.strata["years"].sum() / YEARS)
    assert played.levels["level"].to_list() == found.levels["level"].to_list()
    assert played.levels["value_at_risk"].is_sorted()
    assert (played.levels["expected_shortfall"] >= played.levels["value_at_risk"]).all()
    mean = found.event_probability * float(played.played["weight"].to_numpy() @ played.played["simulated"].to_numpy())
    assert played.mean.value == pytest.approx(mean)
    assert played.ratio == pytest.approx(mean / found.mean.value)
    assert played.curve["probability"].is_sorted(descending=True)
    assert 0 <= played.unseen <= 1


def test_annual_loss__simulated_is_the_programme_where_nothing_takes_time(tmp_path: Path) -> None:
    path = threats(tmp_path, 'stop,strike,supplier,mill,0.4,"pmf(3:0.2, 15:0.4, 40:0.4)"')
    known = annual_loss(corner_shop(), years=400, threats=path, own_rate=0.0, simulated=120, measure="units")
    played = known.simulated
    assert played is not None
    # A year with one outage costs what stock does not carry the shop through, by both; with more they may meet.
    single = [max(DEMAND * days - STOCK, 0.0) for days in (3, 15, 40)]
    rows = played.played.filter(pl.col("programme").is_in(single))
    assert rows.height > 30
    # Days on which an outage begins and ends are only partly out; what is then done is that part of 1.25 times the mean flow.
    assert rows["simulated"].to_numpy() == pytest.approx(rows["programme"].to_numpy(), abs=DEMAND)
    assert played.ratio == pytest.approx(1.0, abs=0.03)
    assert played.outages == 1
    assert played.noise == pytest.approx(0.0, abs=1e-9)
    for row, other in zip(played.levels.to_dicts(), known.levels.to_dicts(), strict=True):
        assert row["value_at_risk"] == pytest.approx(other["value_at_risk"], rel=0.05)
        # The worst years have two outages, of which some meet: the mill is then out once, which the programme adds up as two.
        assert row["expected_shortfall"] == pytest.approx(other["expected_shortfall"], rel=0.1)
        assert row["expected_shortfall"] < other["expected_shortfall"]
        assert row["expected_shortfall_low"] <= other["expected_shortfall"] <= row["expected_shortfall_high"]
    picture = draw(known)
    assert "by the stress test" in picture
    assert "years played by the rules" in picture


def test_annual_loss__simulated_of_threats_that_never_happen_is_nothing(tmp_path: Path) -> None:
    path = threats(tmp_path, "never,strike,supplier,mill,0,9")
    nothing = annual_loss(corner_shop(), years=20, threats=path, own_rate=0.0, simulated=40)
    assert nothing.simulated is not None
    assert (nothing.simulated.mean.value, nothing.simulated.years, nothing.simulated.outages) == (0.0, 0, 0)
    assert math.isnan(nothing.simulated.ratio)
    harmless = annual_loss(
        corner_shop(), years=40, threats=threats(tmp_path, "short,strike,supplier,mill,1,2"), own_rate=0.0, simulated=40
    )
    assert harmless.simulated is not None
    assert harmless.simulated.mean.value == 0.0
    assert "No year loses" in draw(harmless)


def test_annual_loss__refuses_too_few_simulated_years_before_it_begins(network: Network) -> None:
    with pytest.raises(UsageError, match="simulated: found 39; allowed: 0, or 40 or more; fix: play 200"):
        annual_loss(network, years=10**6, measure="units", simulated=39)


def test_annual_loss__refuses_disruptions_before_it_begins(network: Network) -> None:
    told: list[float] = []
    struck = replace(network, disruptions=(Disruption("out", duration="5"),))
    with pytest.raises(UsageError, match=r"found a network with disruptions; .*fix: take the network without its scenario"):
        annual_loss(struck, years=50, measure="units", simulated=40, progress=told.append)
    assert not told


def test_annual_loss__says_nothing_of_tails_that_too_few_played_years_tell_of(network: Network, found: AnnualLoss) -> None:
    few = annual_loss(network, years=2000, own_rate=0.3, simulated=40, levels=[0.5, 0.999]).simulated
    assert few is not None
    known, far = few.levels.to_dicts()
    assert known["beyond"] is None or known["beyond"] >= BEYOND
    assert None not in [known[name] for name in MEASURES]
    assert far["beyond"] < BEYOND
    assert far["value_at_risk"] > 0
    assert [far[name] for name in UNTOLD] == [None] * 5


def test_annual_loss__simulated_years_are_cancelled(network: Network) -> None:
    cancel, told = threading.Event(), []

    def report(share: float) -> None:
        told.append(share)
        if share > 0.2:
            cancel.set()

    with pytest.raises(CancelledError):
        annual_loss(network, years=50, measure="units", simulated=50, progress=report, cancel=cancel)
    assert told == sorted(told)
    assert max(told) < 1


def test_single_losses__the_sum_of_what_outages_cost_alone() -> None:
    stage = Stage(corner_shop(), measure=Measure.UNITS, replications=1, seed=1)
    cuts = (Cut(np.zeros(1, dtype=np.int64).tobytes(), 0.0), Cut(np.zeros(1, dtype=np.int64).tobytes(), 1.0))
    durations = np.array([10.0, 20.0, 20.0, 4.0, 9.0])
    events = Events(np.array([0, 0, 2, 3, 4]), np.array([0, 0, 0, 0, 1]), durations, np.array([1.0, 2, 3, 4, 5]), cuts)
    about, count = single_losses(stage, events, years=5, most=10, first=0)
    # Played for 20 days only, where half of all the time and nearly all of it lie: a line from nothing through 150 units.
    assert count == 1
    assert about.tolist() == pytest.approx([75.0 + 150.0, 0.0, 150.0, 30.0, 0.0])
    priced_only, none = single_losses(stage, events, years=5, most=0, first=0)
    assert (none, priced_only.tolist()) == (0, [3.0, 0.0, 3.0, 4.0, 0.0])


def test_priced__never_falls() -> None:
    assert priced(np.array([0.0, 10.0, 15.0, 40.0]), {10.0: 8.0, 20.0: 2.0}).tolist() == [0.0, 8.0, 8.0, 8.0]


def test_strikes_of__days_are_those_of_the_calendar() -> None:
    network = replace(corner_shop(), settings=Settings(start=date(2026, 3, 1), warm_up=10))
    cut = Cut(np.zeros(1, dtype=np.int64).tobytes(), 0.0)
    year = np.zeros(2, dtype=np.int64)
    outages = Outages(1, year[:1], 1.0, 1.0, year, year, year, np.array([50.0, 70.5]), np.array([3.0, 4.0]), ((0, (0,)),))
    events = Events(outages.year, year, outages.duration, np.zeros(2), (cut,))
    # The year that is played begins on March 11th, day 69: what happens on day 50 happens near its end.
    (found,) = strikes_of(events, outages, years=np.zeros(1, dtype=np.int64), network=network, begin=10)
    assert found == (Strike(cut, 1.5, 4.0), Strike(cut, 346.0, 3.0))
