"""The part of a network whose bullwhip is looked at, and its echelons."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.errors import InputError
from chaintwin.examples import Example, load
from chaintwin.examples.generator.generating import generate
from chaintwin.examples.generator.size import GeneratorSize
from chaintwin.network import Scenario
from chaintwin.network.graph import Policy
from chaintwin.network.program import Program
from chaintwin.risk.bullwhip.simulated import chain_of
from tests.risk.bullwhip.simulated.chains import chain


@pytest.fixture(scope="module")
def medicines() -> Program:
    return load(Example.MEDICINES).compile()


def test_chain_of__every_echelon_is_above_all_that_it_supplies(medicines: Program) -> None:
    found = chain_of(medicines)
    echelon = dict(found.points.select("buffer", "echelon").iter_rows())
    ordering = np.flatnonzero(medicines.buffers.policy != Policy.NONE)
    assert sorted(echelon) == ordering.tolist()
    highest = dict.fromkeys(echelon, 0)
    for above, below in supplied(medicines):
        if above in echelon:
            assert echelon[above] > echelon[below]
            highest[above] = max(highest[above], echelon[below])
    assert all(echelon[buffer] == highest[buffer] + 1 for buffer in echelon)


def test_chain_of__content_is_what_a_plain_recursion_says(medicines: Program) -> None:
    found = chain_of(medicines, products=["par"])
    buffers, activities = medicines.buffers, medicines.activities

    def holds(thing: int) -> dict[int, float]:
        """Return the units of everything in one unit of a buffer."""
        total = {thing: 1.0}
        for place in range(buffers.source_start[thing], buffers.source_start[thing + 1]):
            if buffers.source_tier[place]:
                continue
            activity = buffers.source_activity[place]
            part = buffers.source_share[place] / buffers.source_total[place] / buffers.source_output[place]
            for entry in range(activities.input_start[activity], activities.input_start[activity + 1]):
                for name, units in holds(int(activities.input_buffer[entry])).items():
                    total[name] = total.get(name, 0.0) + part * activities.input_quantity[entry] * units
        return total

    content = found.content.toarray()
    for stream in range(medicines.streams.buffer.size):
        at = int(medicines.streams.buffer[stream])
        expected = np.zeros(content.shape[0])
        for name, units in holds(at).items():
            expected[name] = units
        assert content[:, at] == pytest.approx(expected, rel=1e-12)
        assert found.customers[:, [stream]].toarray()[:, 0] == pytest.approx(expected, rel=1e-12)


def test_chain_of__a_part_has_all_above_and_below_and_no_neighbor(medicines: Program) -> None:
    found = chain_of(medicines, products=["par"], sites=["sto-ng"])
    names = medicines.names.buffers["buffer_id"].to_list()
    chosen = set(found.points["buffer"].to_list())
    start = names.index("sto-ng/par")
    expected = {start}
    pairs = supplied(medicines)
    while True:
        more = {above for above, below in pairs if below in expected} - expected
        if not more:
            break
        expected |= more
    assert {one for one in expected if medicines.buffers.policy[one] != Policy.NONE} == chosen
    assert "sto-et/par" not in found.points["buffer_id"].to_list()


def test_chain_of__order_of_rows_does_not_matter() -> None:
    network = generate(GeneratorSize(sites=20, products=10, stock_points=80))
    turned = network
    for name, frame in network.tables.items():
        turned = turned.with_table(name, frame.reverse())
    one, other = (chain_of(some.compile()).points for some in (network, turned))
    assert one.equals(other)


def test_chain_of__goods_that_go_round_have_no_echelons() -> None:
    network = chain([2, 2, 2], rule={"policy": "base_stock"})
    back = {"lane_id": "back", "from_site": "s1", "to_site": "s2", "mode": "road", "distance_km": 10, "lead_time": "1"}
    inserts: list[dict[str, object]] = [{"table": "lanes", "insert": back | {"information_delay": 1}}]
    inserts += [
        {"table": "sources", "insert": {"site_id": "s2", "product_id": "tea", "kind": "move", "lane_id": lane}}
        for lane in ("s3>s2", "back")
    ]
    round_about = Scenario.of("back", inserts).apply(network)
    with pytest.raises(InputError) as caught:
        chain_of(round_about.compile())
    (finding,) = caught.value.findings
    assert finding.code == "bullwhip.loop"
    assert "s1/tea > s2/tea > s1/tea" in finding.found or "s2/tea > s1/tea > s2/tea" in finding.found


def test_chain_of__nothing_that_orders() -> None:
    network = chain([2, 2], rule={"policy": "none"})
    with pytest.raises(InputError, match="no stock point that orders of the project") as caught:
        chain_of(network.compile())
    assert caught.value.findings[0].code == "bullwhip.nothing"


def supplied(program: Program) -> list[tuple[int, int]]:
    """Return pairs of buffers, above and below, of the sources that are asked first."""
    buffers, activities = program.buffers, program.activities
    pairs = []
    for below in range(buffers.policy.size):
        for place in range(buffers.source_start[below], buffers.source_start[below + 1]):
            activity = buffers.source_activity[place]
            if buffers.source_tier[place] == 0:
                inputs = activities.input_buffer[activities.input_start[activity] : activities.input_start[activity + 1]]
                pairs += [(int(above), below) for above in inputs]
    return pairs
