"""The stress test of a project: who is ranked, how it is cancelled, and that nothing depends on threads or order."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chaintwin.cli.commands.risk.stress import By, Measured
from chaintwin.errors import CancelledError, InputError, UsageError
from chaintwin.examples import AssemblerSize, Example, assembler, load
from chaintwin.network.network import Network
from chaintwin.network.state import initial_state
from chaintwin.risk.stress.picture import draw
from chaintwin.risk.stress.programmes.collapsed import Collapsed
from chaintwin.risk.stress.programmes.flows import Flows, Measure, flows_of, unit_costs
from chaintwin.risk.stress.programmes.steady import Steady
from chaintwin.risk.stress.recovery import read_recovery
from chaintwin.risk.stress.scopes import ScopeKind
from chaintwin.risk.stress.stressing import LONGEST_WAY, StressTest, _longest_way, _nothing_out, _rounded_to, stress_test
from tests.risk.stress.networks import flows_from

ALL = tuple(ScopeKind)


@pytest.fixture(scope="module")
def network() -> Network:
    return load(Example.MEDICINES)


@pytest.fixture(scope="module")
def found(network: Network) -> StressTest:
    return stress_test(network, by=ALL, followed=0)


def test_stress_test__the_command_offers_all_kinds_and_measures() -> None:
    from typing import get_args

    assert [str(kind) for kind in By] == [str(kind) for kind in ScopeKind]
    assert list(get_args(Measured)) == [str(measure) for measure in Measure]


def test_stress_test__ranks_everything_by_impact(network: Network, found: StressTest) -> None:
    table = found.table
    assert table["impact"].is_sorted(descending=True)
    assert table["rank"].to_list() == list(range(1, table.height + 1))
    assert set(table["kind"]) == set(map(str, ALL))
    assert table.filter(pl.col("kind") == "site").height == network["sites"].height
    assert ((table["impact"] > 1e-6) <= table["is_exposed"]).all()
    assert table["exposure_index"].max() == 1.0
    assert math.isinf(found.survives)


def test_stress_test__a_country_hurts_at_least_as_much_as_each_of_its_sites(network: Network, found: StressTest) -> None:
    country = dict(found.table.filter(pl.col("kind") == "country").select("id", "impact").iter_rows())
    place = dict(network["sites"].select(pl.col("site_id").cast(pl.String), pl.col("country").cast(pl.String)).iter_rows())
    for site, impact in found.table.filter(pl.col("kind") == "site").select("id", "impact").iter_rows():
        assert country[place[site]] >= impact - 1e-6


def test_stress_test__depends_on_neither_threads_nor_order_of_rows(network: Network) -> None:
    one = stress_test(network, by=["site"], followed=0, threads=1)
    turned = network.with_table("lanes", network["lanes"].reverse()).with_table("sources", network["sources"].reverse())
    assert_frame_equal(one.table, stress_test(network, by=["site"], followed=0, threads=3).table, rel_tol=1e-9)
    assert_frame_equal(one.table, stress_test(turned, by=["site"], followed=0).table, rel_tol=1e-7)


def test_stress_test__the_worst_are_followed_by_period(network: Network) -> None:
    short = stress_test(network, by=["site"], followed=2, recovery={("site", "hub-dubai"): 12.0, ("site", "hub-accra"): 40.0})
    followed = short.table.filter(pl.col("impact_by_period").is_not_null())
    assert followed.height == 2
    assert (followed["impact_by_period"] >= followed["impact"] * 0.5).all()
    times = dict(short.table.select("id", "time_to_recover").iter_rows())
    assert (times["hub-dubai"], times["hub-accra"], times["hub-nairobi"]) == (12.0, 40.0, 30.0)


def test_stress_test__units_count_what_is_not_served(network: Network) -> None:
    program = network.compile()
    flows = flows_of(program, initial_state(program), measure=Measure.UNITS)
    assert (flows.margin == 1).all()
    margin = flows_of(program, initial_state(program), measure=Measure.MARGIN).margin
    sales = flows_of(program, initial_state(program), measure=Measure.SALES).margin
    assert ((margin >= 0) & (margin <= sales)).all()
    assert (unit_costs(program) >= 0).all()


def test_unit_costs__of_a_line_add_up() -> None:
    from chaintwin.network.compiling import compile_graph
    from tests.graphs import graph_of

    network = {
        "buffers": [{"id": name, "init": 0, "policy": {"type": "base_stock", "S": 5}} for name in ("raw", "part", "good")],
        "activities": [
            {"id": "buy", "in": {}, "out": {"raw": 1}, "lead": 1},
            {"id": "press", "in": {"raw": 2}, "out": {"part": 1}, "lead": 1, "yield": 0.5},
            {"id": "join", "in": {"part": 3}, "out": {"good": 1}, "lead": 1},
        ],
        "demands": [{"id": "d", "buffer": "good", "series": [1]}],
    }
    graph = graph_of(network, integer=False)
    costs = pl.when(pl.col("activity_id") == "buy").then(2.0).when(pl.col("activity_id") == "press").then(1.0).otherwise(0.5)
    program = compile_graph(type(graph)(**{**_fields(graph), "activities": graph.activities.with_columns(variable_cost=costs)}))
    # A raw unit is 2; a good part takes two starts of 1 + 2 x 2; the product 3 parts and 0.5.
    assert dict(zip(program.names.buffers["buffer_id"], unit_costs(program).tolist(), strict=True)) == {
        "good": 30.5,
        "part": 10.0,
        "raw": 2.0,
    }


def _fields(graph: object) -> dict[str, object]:
    return {name: getattr(graph, name) for name in graph.__dataclass_fields__}  # type: ignore[attr-defined]


def test_stress_test__can_be_cancelled_and_tells_how_far_it_is(network: Network) -> None:
    cancel, told = threading.Event(), []

    def progress(share: float) -> None:
        told.append(share)
        if len(told) == 5:
            cancel.set()

    with pytest.raises(CancelledError):
        stress_test(network, by=["site"], followed=0, progress=progress, cancel=cancel)
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] < 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": ["planet"]}, "kind of outage: found planet; allowed: country, lane, product, site, supplier"),
        ({"recovery": -1.0}, "found -1; allowed: 0 or more periods"),
        ({"recovery": {("site", "nowhere"): 3.0}}, "found site nowhere; allowed: a site of the network"),
        ({"recovery": {("contry", "IN"): 3.0}}, "found the kind contry; allowed: country, lane, product, site, supplier"),
    ],
)
def test_stress_test__refuses_what_makes_no_sense(network: Network, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        stress_test(network, followed=0, **options)  # type: ignore[arg-type]


def test_read_recovery__reads_and_reports_every_fault(tmp_path: Path) -> None:
    file = tmp_path / "recovery.csv"
    file.write_text("kind,id,periods\nsite,hub-accra,45\nlane,a>b:sea,12.5\n", encoding="utf-8")
    times = read_recovery(file, others=9)
    assert (dict(times), times.others) == ({("site", "hub-accra"): 45.0, ("lane", "a>b:sea"): 12.5}, 9)
    file.write_text("kind,id,periods\nplanet,x,3\nsite,,3\nsite,a,soon\nsite,b,-2\nsite,c,1\nsite,c,2\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_recovery(file, others=9)
    assert [(finding.row, finding.column) for finding in caught.value.findings] == [
        (2, "kind"),
        (3, "id"),
        (4, "periods"),
        (5, "periods"),
        (7, "id"),
    ]
    file.write_bytes("kind,id,periods\nsite,Köln,5\n".encode("cp1252"))
    with pytest.raises(InputError, match="UTF-8"):
        read_recovery(file, others=9)
    file.write_text("kind,id\nsite,a\n", encoding="utf-8")
    with pytest.raises(InputError, match="periods"):
        read_recovery(file, others=9)


def test_read_recovery__names_what_the_project_has_not_beside_all_other_faults(tmp_path: Path) -> None:
    file = tmp_path / "recovery.csv"
    file.write_text("kind,id,periods\nsite,hub-acra,45\ncountry,KE,x\nsupplier,nobody,3\n", encoding="utf-8")
    network = load(Example.MEDICINES)
    with pytest.raises(InputError, match="did you mean hub-accra") as caught:
        read_recovery(file, others=9, network=network)
    assert [(finding.row, finding.column) for finding in caught.value.findings] == [(2, "id"), (3, "periods"), (4, "id")]
    file.write_text("kind,id,periods\nsite,hub-accra,45\ncountry,KE,5\n", encoding="utf-8")
    assert dict(read_recovery(file, others=9, network=network)) == {("site", "hub-accra"): 45.0, ("country", "KE"): 5.0}
    with pytest.raises(InputError, match="no such file"):
        read_recovery(tmp_path / "none.csv", others=9)


def test_draw__shows_the_worst(found: StressTest) -> None:
    svg = draw(found)
    assert svg.startswith("<svg")
    assert "Hub Nairobi" in svg
    assert f"of {found.table.height:,} outages" in svg


def chain(*, leads: tuple[int, ...], stock: float, capacity: float = math.inf, rate: float = 1.0) -> Flows:
    """Return the flows of a chain of stages, raw material first."""
    names = [f"b{number}" for number in range(len(leads))]
    activities = [
        {
            "id": name,
            "site": name,
            "cap": capacity,
            "in": {names[number - 1]: 1} if number else {},
            "out": {name: 1},
            "lead": leads[number],
        }
        for number, name in enumerate(names)
    ]
    demands = [{"buffer": names[-1], "rate": rate, "margin": 1.0}]
    return flows_from({"stock": dict.fromkeys(names, stock), "activities": activities, "demands": demands})


def test_longest_way__adds_up_the_stages_and_stops_at_its_limit() -> None:
    assert _longest_way(chain(leads=(20, 30, 5), stock=0.0), np.array([0])) == 55
    assert _longest_way(chain(leads=(20, 30, 5), stock=0.0), np.array([1])) == 35
    assert _longest_way(chain(leads=(200, 170, 60), stock=0.0), np.array([0])) == LONGEST_WAY


def test_nothing_out__is_what_is_lost_anyway() -> None:
    short = chain(leads=(0,), stock=0.0, capacity=5.0, rate=10.0)
    survives, usual = _nothing_out(short, [30.0, 10.0], steady=Steady.of(short))
    assert survives == pytest.approx(0.0)
    np.testing.assert_allclose(usual, [150.0, 50.0])
    ample = chain(leads=(0,), stock=0.0)
    assert _nothing_out(ample, [30.0], steady=Steady.of(ample))[0] == math.inf


def test_stress_test__cover_of_exactly_the_time_to_recover_is_no_exposure() -> None:
    for rate in (957.21, 0.1, 3.3333):
        found = Collapsed(chain(leads=(0,), stock=rate * 52, rate=rate)).time_to_survive(np.array([0]))
        assert _rounded_to(np.array([found]), np.array([52.0]))[0] == pytest.approx(52.0, abs=1e-12)
        assert not _rounded_to(np.array([found]), np.array([52.0]))[0] < 52.0


def test_stress_test__a_large_project_that_starts_short_says_so_instead_of_running_for_ever() -> None:
    network = assembler(AssemblerSize(suppliers=88, plants=2, models=4))
    found = stress_test(network, recovery=60.0, followed=2)
    assert found.short > 0
    assert found.table["impact_by_period"].null_count() == found.table.height
    assert stress_test(network, recovery=60.0, followed=0).short == 0
