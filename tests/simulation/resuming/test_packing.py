"""What is packed comes back bit for bit."""

from __future__ import annotations

import pytest

from chaintwin.network.state import initial_state
from chaintwin.simulation.ensemble import Kept, run_ensemble
from chaintwin.simulation.playing import Span
from chaintwin.simulation.resuming.packing import pack, unpack
from tests.simulation.test_ensemble import random_program, same


def test_unpack__what_was_packed() -> None:
    program, kept = random_program(3), []
    span = Span(first=0, periods=10, warm_up=0, replications=7 * 64, seed=1)
    whole = run_ensemble(program, initial_state(program), span=span, keep=kept.append)
    last: Kept = kept[-1]
    assert [size for size, _ in last.parts] == [4, 2, 1]
    described, content = pack(last)
    back = unpack(described, memoryview(b"".join(content)), measures=whole.measures)
    assert same(back.total(), whole)
    assert back.total().moments.count == whole.moments.count
    with pytest.raises(ValueError):
        unpack(described, memoryview(b"".join(content) + b"more"), measures=whole.measures)
    with pytest.raises(ValueError):
        unpack(described, memoryview(b"".join(content)[:-8]), measures=whole.measures)
