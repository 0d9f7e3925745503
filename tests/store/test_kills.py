"""A process that is killed at any moment has lost nothing that it acknowledged, and doubles nothing when it goes on."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from random import Random

import pytest

from chaintwin.store.opening import open_store
from chaintwin.store.verifying import verify
from tests.sizes import scaled
from tests.store.making import key_of
from tests.store.programs import start_program


def kill_once(path: Path, first: int, *, mode: str, seconds: float) -> tuple[int, int]:
    """Let a process append from a number on, kill it, and return the last number acknowledged and the entries found."""
    process = start_program("tests.store.appending", str(path), str(first), mode)
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    lines = process.stdout.read().split()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    with open_store(path) as store:
        found = store.head().sequence
        keys = [row.key for block in store.facts() for row in block]
        assert keys == [key_of(number) for number in range(found)]
        assert verify(store).findings == ()
    return int(lines[-1]) if lines else first - 1, found


@pytest.mark.slow
def test_append__kills_lose_and_double_nothing(tmp_path: Path) -> None:
    chance = Random(5)
    kills = scaled(ci=20, full=1_000)
    acknowledged_in_all = found = start = 0
    for kill in range(kills):
        path = tmp_path / f"log{kill // 5}.db"
        # Every fresh start sends some again that came before it.
        start = max(0, found - 3) if kill % 5 else 0
        acknowledged, found = kill_once(path, start, mode="late", seconds=chance.uniform(0, 0.3))
        assert found >= acknowledged + 1
        acknowledged_in_all += acknowledged + 1 - start
    assert acknowledged_in_all > 10 * kills


@pytest.mark.slow
def test_append__control_that_acknowledges_too_early_loses(tmp_path: Path) -> None:
    chance = Random(6)
    lost = 0
    for kill in range(scaled(ci=12, full=100)):
        acknowledged, found = kill_once(tmp_path / f"log{kill}.db", 0, mode="early", seconds=chance.uniform(0, 0.2))
        lost += max(0, acknowledged + 1 - found)
    assert lost > 0
