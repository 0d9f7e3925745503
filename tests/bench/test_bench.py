"""Benchmark cases: registered, runnable at their smallest size, and measured as documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.bench import Case, Phase, case_names, cases, measure
from chaintwin.bench.machine import describe_machine
from chaintwin.errors import UsageError

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
