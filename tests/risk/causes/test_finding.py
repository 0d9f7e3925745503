"""Causes from symptoms: planted outages are found, against guessing at random, and what must hold of any answer."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin import Scenario
from chaintwin.errors import CancelledError, UsageError
from chaintwin.examples import Example, GeneratorSize, generate, load
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network
from chaintwin.risk.causes import finding
from chaintwin.risk.causes.finding import Causes, Links, Summed, find_causes
from chaintwin.risk.causes.outages import shortages, usually_owed
from chaintwin.risk.causes.spreading import FELT, spread_of
from chaintwin.risk.resilience.cascade import FirmNetwork, downstream_of
from chaintwin.risk.stress.scopes import ScopeKind, scopes_of
from tests.network.building import network_of
from tests.risk.causes.test_spreading import SHOP
from tests.sizes import scaled

WINDOW = 60


def planted(network: Network, sites: list[str], *, seed: int) -> dict[str, list[str]]:
    """Return the stock points that go short in one run with each site out, on numbers that no answer is worked out from."""
    lowered = lower_in_full(network)
    names = network.compile().names.buffers["buffer_id"]
    usual = usually_owed(network, lowered, window=WINDOW, seed=seed)
    nodes = [np.array([number]) for number in range(names.len())]
    short = shortages(network, lowered, sites=sites, nodes=nodes, usual=usual, window=WINDOW, replications=1, seed=seed + 1)
    return {site: names.filter(pl.Series(row > 0)).to_list() for site, row in zip(sites, short, strict=True)}


def sites_of(network: Network) -> list[str]:
    return [site.id for site in scopes_of(network, lower_in_full(network), kinds=(ScopeKind.SITE,))]


def place_of(found: Causes, site: str) -> float:
    """Return the rank of a site, in the middle of those that are as likely; behind all where it is not among them."""
    chance = dict(found.table.select("site_id", "posterior").iter_rows())
    if site not in chance:
        return found.table.height + 1.0
    rest = np.array(list(chance.values()))
    return 1 + float((rest > chance[site] + 1e-12).sum()) + (float((np.abs(rest - chance[site]) <= 1e-12).sum()) - 1) / 2


def shares(places: list[float]) -> tuple[float, float]:
    ranks = np.array(places)
    return float((ranks <= 1).mean()), float((ranks <= 3).mean())


def test_find_causes__planted_outages_of_random_networks_are_found_from_flows() -> None:
    places, guessed = [], []
    for seed in range(scaled(ci=1, full=20)):
        network = generate(GeneratorSize(sites=16, products=6, stock_points=50, seed=seed))
        sites = sites_of(network)
        for site, short in planted(network, sites, seed=100 + seed).items():
            if short:
                found = find_causes(network, short, others_clear=True, window=WINDOW)
                places.append(place_of(found, site))
                guessed.append(1 / len(sites))
    first, third = shares(places)
    # Whoever guesses among all sites is right in one of sixteen.
    assert len(places) > scaled(ci=8, full=30)
    assert np.mean(guessed) < 0.07
    assert first > 0.7 and third > 0.85, (first, third)


def test_find_causes__planted_outages_of_random_networks_are_found_by_simulation() -> None:
    places = []
    network = generate(GeneratorSize(sites=16, products=6, stock_points=50, seed=1))
    sites = sites_of(network)
    chosen = sites[:: scaled(ci=4, full=1)]
    for site, short in planted(network, chosen, seed=200).items():
        if short:
            found = find_causes(network, short, others_clear=True, simulated=True, replications=8, window=WINDOW, seed=4)
            assert found.links is Links.SIMULATED
            places.append(place_of(found, site))
    first, third = shares(places)
    assert len(places) >= 3
    assert first >= 0.75 and third == 1.0, places


def test_find_causes__planted_outages_of_medicines_are_found_from_flows() -> None:
    network = load(Example.MEDICINES)
    sites = sites_of(network)[:: scaled(ci=12, full=1)]
    short = planted(network, sites, seed=300)
    places = [place_of(find_causes(network, seen, others_clear=True, window=WINDOW), site) for site, seen in short.items()]
    first, third = shares(places)
    # One of six may be further down.
    assert first >= 0.7 and third >= 0.8, places


def test_find_causes__of_one_line_by_hand() -> None:
    found = find_causes(load(Example.BEER_GAME), ["wholesaler", "distributor"], clear=["brewery"])
    # The wholesaler gets nothing in, the distributor owes it what it cannot send, and the brewery hears nothing of it.
    assert found.table["site_id"].to_list()[0] == "wholesaler"
    assert (found.summed, found.links, found.replications) == (Summed.EXACT, Links.FLOWS, 0)
    row = found.table.filter(site_id="wholesaler").row(0, named=True)
    assert row["explains"] >= 1
    assert row["explains"] + row["unexplained"] == 2


def test_find_causes__prior_is_that_of_an_event_in_the_window() -> None:
    network = network_of({**SHOP, "hazards": []})
    for rate, window in ((0.05, 60), (2.0, 30)):
        found = find_causes(network, ["S/car"], own_rate=rate, window=window)
        assert found.table["prior"].to_list() == pytest.approx([1 - np.exp(-rate * window / 365)] * found.table.height)
    hazards: list[dict[str, Any]] = [{"hazard_id": "h", "region": "west", "rate_per_year": 1.0, "duration": "9"}]
    west = [row | {"region": "west" if row["site_id"] == "B" else "east"} for row in SHOP["sites"]]
    found = find_causes(network_of({**SHOP, "sites": west, "hazards": hazards}), ["S/car"], own_rate=0.05, vulnerability=0.5)
    prior = dict(found.table.select("site_id", "prior").iter_rows())
    assert prior["B"] == pytest.approx(1 - np.exp(-0.55 * 60 / 365))
    assert prior["A"] == pytest.approx(1 - np.exp(-0.05 * 60 / 365))


def test_find_causes__what_is_seen_speaks_for_and_against() -> None:
    network = network_of(SHOP)
    chance = [
        dict(find_causes(network, ["S/car"], **more).table.select("site_id", "posterior").iter_rows())
        for more in ({}, {"clear": ["M/engine"]}, {"clear": ["M/engine", "M/wheel"]})  # type: ignore[arg-type]
    ]
    # Only B sends engines; A and B send wheels, and M and S need neither to be out themselves.
    assert chance[1]["B"] < chance[0]["B"]
    assert chance[2]["A"] < chance[1]["A"]
    assert chance[2]["S"] > chance[0]["S"]
    more = dict(
        find_causes(network, ["S/car", "M/engine", "B/engine"], clear=["A/wheel"])
        .table.select("site_id", "posterior")
        .iter_rows()
    )
    assert more["B"] > chance[0]["B"]
    assert max(more, key=lambda name: more[name]) == "B"


def test_find_causes__order_and_repeats_say_nothing() -> None:
    network = network_of(SHOP)
    one = find_causes(network, ["S/car", "M/car"], clear=["A"])
    other = find_causes(network, ["M/car", "S/car", "M/car", "M"], clear=["A", "A/wheel"])
    assert one.table["posterior"].to_list() == pytest.approx(other.table["posterior"].to_list(), rel=1e-12)
    assert one.table["site_id"].to_list() == other.table["site_id"].to_list()
    assert (other.symptoms, other.clear) == (("M/car", "S/car"), ("A",))
    assert one.table["rank"].to_list() == list(range(1, one.table.height + 1))


def test_find_causes__simulated_runs_hang_on_the_seed_alone() -> None:
    network = network_of(SHOP)
    told: list[float] = []
    one = find_causes(network, ["S/car"], simulated=True, replications=4, seed=2**64 - 1, progress=told.append)
    other = find_causes(network, ["S/car"], simulated=True, replications=4, seed=2**64 - 1)
    assert one.table.equals(other.table)
    assert told[-1] == 1.0


@pytest.mark.parametrize("seed", range(scaled(ci=2, full=20)))
def test_find_causes__only_sites_that_lead_to_a_symptom_are_put_out_and_none_is_missed(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = generate(GeneratorSize(sites=16, products=6, stock_points=50, seed=seed))
    lowered, program = lower_in_full(network), network.compile()
    names, numbers = program.names.buffers["buffer_id"].to_list(), finding._numbers(lowered, program)
    spread, sites = spread_of(network, lowered, program=program), scopes_of(network, lowered, kinds=(ScopeKind.SITE,))
    cases: list[int] = []

    def counted(firms: FirmNetwork, remaining: np.ndarray) -> np.ndarray:
        cases.append(remaining.shape[1])
        return downstream_of(firms, remaining)

    monkeypatch.setattr(finding, "downstream_of", counted)
    # The plain way: every site is put out, alone, and all stock points are looked at.
    hit: dict[str, set[str]] = {name: set() for name in names}
    for site in sites:
        out = numbers[site.activities]
        remaining = np.ones(spread.lead.size)
        remaining[out] = 0.0
        missing = 1 - spread.level(remaining).downstream[: spread.points]
        missing[[give for give, take in spread.arcs.T.tolist() if take - spread.points in set(out.tolist())]] = 1.0
        for number in np.flatnonzero(missing >= FELT).tolist():
            hit[names[number]].add(site.id)
    for name in names[:: scaled(ci=10, full=1)]:
        if hit[name]:
            assert set(find_causes(network, [name]).table["site_id"]) == hit[name], name
    assert len(cases) >= 3 and sum(cases) < 0.8 * len(cases) * len(sites)


def test_find_causes__many_candidates_are_tried_in_pairs_only_where_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    network = load(Example.MEDICINES)
    found = find_causes(network, ["hub-accra"])
    monkeypatch.setattr(finding, "ASKED_MAX", 4)
    few = find_causes(network, ["hub-accra"])
    monkeypatch.setattr(finding, "PAIRED", 5)
    some = find_causes(network, ["hub-accra"])
    assert few.table.height > 5
    assert (few.summed, some.summed) == (Summed.FEW, Summed.LIKELIEST)
    assert some.table["posterior"].sum() < few.table["posterior"].sum()
    assert some.table["site_id"][0] == few.table["site_id"][0] == found.table["site_id"][0]


def test_find_causes__a_certain_prior_is_no_fault_of_the_answer() -> None:
    network = network_of({**SHOP, "hazards": []})
    for more in ({}, {"clear": ["M/engine", "A/wheel"]}, {"others_clear": True}):
        found = find_causes(network, ["S/car"], own_rate=50.0, window=3650, **more)
        chances = found.table["posterior"].to_numpy()
        assert np.isfinite(chances).all() and ((chances >= 0) & (chances <= 1)).all()
        assert 0 <= found.nothing < 1e-6
        assert (found.table["prior"] > 0.999999).all()


def test_find_causes__links_from_flows_tell_how_far_they_are_and_can_be_stopped() -> None:
    network = network_of(SHOP)
    told: list[float] = []
    find_causes(network, ["S/car"], progress=told.append)
    assert told[-1] == 1.0 and told == sorted(told)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        find_causes(network, ["S/car"], cancel=cancel)


def test_find_causes__simulated_outages_are_refused_on_a_struck_network() -> None:
    out = {"name": "out", "where": {"site": "A"}, "duration": 7, "effect": {"capacity": 0}}
    struck = Scenario.of("s", disruptions=[out]).apply(network_of(SHOP))
    with pytest.raises(UsageError, match=r"simulated: found a network with 1 disruption; .*fix: .*--simulate"):
        find_causes(struck, ["S/car"], simulated=True)
    assert find_causes(struck, ["S/car"]).table.height > 0


@pytest.mark.parametrize(
    ("symptoms", "options", "said"),
    [
        ([], {}, "found none"),
        (["S/cart"], {}, "did you mean S/car?"),
        (["S/car"], {"clear": ["Sx"]}, "clear: found Sx"),
        (["S/car"], {"clear": ["S"]}, "of which S/car is short"),
        (["S"], {"clear": ["S/car"]}, "of which S is short"),
        (["S/car"], {"window": 0}, "window"),
        (["S/car"], {"replications": 65}, "replications"),
        (["S/car"], {"own_rate": 0.0}, "no site whose outage"),
        (["S/car"], {"vulnerability": 2.0}, "vulnerability"),
    ],
)
def test_find_causes__refuses_with_the_cure(symptoms: list[str], options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_causes(network_of(SHOP), symptoms, **options)
    assert said in str(caught.value)
