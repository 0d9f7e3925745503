"""Benchmark cases: registered, runnable at their smallest size, and measured as documented."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from chaintwin.bench import Case, Phase, case_names, cases, measure
from chaintwin.bench.machine import describe_machine
from chaintwin.bench.scaling.growth import exponent_of
from chaintwin.bench.trees import mesh
from chaintwin.errors import UsageError
from chaintwin.network.compiling import compile_graph

EXPECTED = {
    "read_csv_100k",
    "read_parquet_100k",
    "read_xlsx_100k",
    "check_100k",
    "compile_100k",
    "simulate_demo",
    "simulate_8_buffers",
    "simulate_1000",
    "simulate_trees",
    "simulate_features",
    "simulate_line",
    "simulate_short_line",
    "simulate_growth",
    "simulate_memory",
    "stress_sites",
    "stress_tiers",
    "project_service",
    "annual_medicines",
    "annual_simulated",
    "bullwhip_project",
    "events_capture",
    "edi_read",
    "store_append",
    "store_replay",
    "serve_capture",
    "serve_jobs",
    "twin_replay",
    "twin_as_of",
    "fork_medicines",
    "fork_drawn_medicines",
    "ingest_mqtt",
    "ingest_nats",
    "ingest_opcua",
    "import_scms",
    "rng_uniforms",
    "help_start",
    "simulate_start",
}


def test_cases__registered_once() -> None:
    names = case_names()
    assert set(names) == EXPECTED
    assert len(names) == len(set(names))


def test_cases__sizes_rise() -> None:
    assert all(case.sizes == tuple(sorted(case.sizes)) and case.sizes for case in cases())


def test_cases__unknown_name() -> None:
    with pytest.raises(UsageError, match="rng_uniforms"):
        cases(["nothing"])


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_measure__smoke(name: str) -> None:
    (case,) = cases([name])
    measured = measure(case, size=case.sizes[0], repeat=1)
    if measured.skipped:
        assert measured.timings == ()
        assert case.obstacle() == measured.skipped
        return
    for timing in measured.timings:
        assert timing.shortest == timing.median == timing.longest > 0
        assert (timing.rate is None) == (timing.unit == "")
        assert timing.limit_seconds is None or len(case.sizes) == 1


def test_measure__finding_is_the_median_and_has_no_rate() -> None:
    found = iter([9.0, 1.0, 5.0, 2.0])
    case = Case("case", "Finds something.", (1,), "thing", lambda size, folder: (Phase("look", found.__next__, finding="byte"),))
    (timing,) = measure(case, repeat=3).timings
    assert (timing.amount, timing.finding, timing.rate) == (2.0, "byte", None)


def test_exponent_of__powers() -> None:
    for power in (0.0, 0.5, 1.0, 2.0):
        assert exponent_of([1, 2, 4, 8], [3 * size**power for size in (1, 2, 4, 8)]) == pytest.approx(power, abs=1e-12)


@pytest.mark.parametrize("sources", [1, 2, 5])
def test_mesh__each_store_has_so_many_hubs(sources: int) -> None:
    graph = mesh(12, 5, sources=sources)
    program = compile_graph(graph)
    assert program.counts[:2] == (18, 6 + 12 * sources)
    stores = graph.inputs.join(graph.outputs, on="activity_id", suffix="_out").filter(pl.col("buffer_id") != "p000")
    counts = stores.group_by("buffer_id_out").agg(pl.col("buffer_id").n_unique(), pl.len())
    assert counts.height == 12
    assert counts["buffer_id"].to_list() == counts["len"].to_list() == [sources] * 12


def test_measure__median_rate_and_goal() -> None:
    runs = []

    def prepare(size: int, folder: Path) -> tuple[Phase, ...]:
        assert folder.is_dir()

        def run() -> float:
            runs.append(size)
            return float(size)

        return (Phase("step", run, "thing", limit_seconds=2.0),)

    case = Case("case", "Does nothing.", (1, 10), "thing", prepare)
    (timing,) = measure(case, repeat=3).timings
    assert runs == [10] * 4
    assert timing.shortest <= timing.median <= timing.longest
    assert timing.rate == pytest.approx(10 / timing.median)
    assert timing.limit_seconds == 2.0
    (small,) = measure(case, size=1, repeat=1).timings
    assert small.limit_seconds is None


@pytest.mark.parametrize(("size", "repeat"), [(3, 1), (1, 0)])
def test_measure__refuses(size: int, repeat: int) -> None:
    case = Case("case", "Does nothing.", (1, 10), "thing", lambda _size, _folder: ())
    with pytest.raises(UsageError, match="allowed"):
        measure(case, size=size, repeat=repeat)


def test_describe_machine__tells_what_a_figure_needs() -> None:
    machine = describe_machine()
    assert machine.processor
    assert machine.processors >= 1
    assert machine.python.startswith("3.")
