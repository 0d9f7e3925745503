"""A thousand events a second for as long as one likes: memory stays flat, nothing is refused, and the state keeps up.

An hour in full size, on a machine that does nothing else: ``CHAINTWIN_TEST_SIZE=full pytest tests/serve/test_soak.py -s``. The
size of ci sends for so short a time, beside other tests, that it bounds memory and does not show that it is flat.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from chaintwin.bench.live.happenings import happenings_network
from tests.serve.commanded import serving
from tests.serve.running import server
from tests.serve.soaking.streaming import BATCH, BATCHES_PER_SECOND, Soaked, soak
from tests.sizes import scaled

GROWTH = 1.05
"""So many times the memory of the second fifth there may be in the last."""

BYTES_MOST = 700e6
"""Memory of the server and its two reading processes, at most, whatever else the machine does."""

HOARD_BYTES = 100e6
"""A server that keeps all it gets, several times, has so much more memory in its last fifth than in its second."""

LATE_SECONDS = 2.0

LAG_SECONDS = 10.0
"""So long the state may be behind the log: an event that is half a minute late makes thirty thousand others apply again."""


@pytest.mark.slow
def test_serve__at_a_steady_rate_memory_is_flat_and_the_state_keeps_up(tmp_path: Path) -> None:
    seconds, is_alone = scaled(ci=45, full=3_600), scaled(ci=0, full=1)
    with serving(tmp_path / "server", happenings_network(), workers=2) as served:
        found = soak(served.url, process=served.process.pid, log=served.log, seconds=seconds)
    told = report(found)
    print(told)
    assert not found.refused, found.refused[:5]
    assert not found.holes, found.holes[:5]
    assert max(sum(sample.resident) for sample in found.samples) < BYTES_MOST, told
    assert served.said == ""
    if is_alone:
        assert found.memory(4) <= GROWTH * found.memory(1), told
        assert len(found.acknowledged) == seconds * BATCHES_PER_SECOND, told
        assert found.late < LATE_SECONDS, told
        assert max(took for _, _, took in found.acknowledged) < LATE_SECONDS, told
        assert max(found.lags()) < LAG_SECONDS, told
        assert median(found.lags()) < 1.0, told
        assert 0.8 < found.grown(4) / found.grown(1) < 1.25, told


@pytest.mark.slow
def test_serve__a_server_that_lets_nothing_go_is_found_out(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game", workers=2, hoarding=True) as running:
        seconds = scaled(ci=45, full=300)
        found = soak(running.url, process=running.process.pid, log=tmp_path / "log.db", seconds=seconds)
    print(report(found))
    assert not found.refused
    assert found.memory(4) > found.memory(1) + HOARD_BYTES


def report(found: Soaked) -> str:
    """Return what was measured, in words and numbers."""
    took = sorted(seconds for _, _, seconds in found.acknowledged)
    lags = sorted(found.lags())
    slowest = sorted(found.acknowledged, key=lambda one: -one[2])[:5]
    lines = [
        f"{len(took)} documents of {BATCH} events in {found.seconds:.0f} s; sent late by {found.late:.2f} s at most",
        f"acknowledged after: median {_of(took, 0.5)}, p99 {_of(took, 0.99)}, most {took[-1]:.3f} s",
        "the slowest: " + ", ".join(f"{seconds:.2f} s until {at - found.began:.0f} s" for at, _, seconds in slowest),
        f"state behind the log: median {_of(lags, 0.5)}, p99 {_of(lags, 0.99)}, most {lags[-1]:.3f} s",
        "memory by fifths, MB: " + ", ".join(f"{found.memory(fifth) / 1e6:.1f}" for fifth in range(5)),
        "growth of the log by fifths, kB/s: " + ", ".join(f"{found.grown(fifth) / 1e3:.0f}" for fifth in range(5)),
    ]
    for sample in found.samples[:: max(1, len(found.samples) // 20)]:
        each = ", ".join(f"{resident / 1e6:.1f}" for resident in sample.resident)
        lines.append(f"{sample.at - found.began:7.1f} s  memory {each} MB  log {sample.size / 1e6:.1f} MB")
    return "\n".join(lines)


def _of(found: list[float], share: float) -> str:
    return f"{found[int(share * (len(found) - 1))]:.3f} s"
