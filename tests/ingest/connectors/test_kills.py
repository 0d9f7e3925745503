"""An ingest that is killed at any step and started again loses nothing and doubles nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.ingest.connectors.running import set_aside
from chaintwin.store.opening import open_store
from tests.ingest.connectors.linked.kills import drawn
from tests.ingest.connectors.sources import event
from tests.sizes import scaled

EVENTS, BAD = 1_600, 7
STEPS = 18
"""Steps that a whole ingest says: four batches, four or six of each."""


def source_of(folder: Path) -> Path:
    path = folder / "events.jsonl"
    lines = [json.dumps({name: value for name, value in event(number).items() if name != "ex:note"}) for number in range(EVENTS)]
    for number in range(BAD):
        lines.insert(number * 211, '{"type": "ObjectEvent"}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(source: Path, store: Path, *, way: str, kill_at: int | None, later: float = 0.0) -> bool:
    """Run the child, kill it at a step, or so many seconds after it; return whether it came to its end."""
    command = [sys.executable, "-m", "tests.ingest.connectors.killed_child", str(source), str(store), way]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdin is not None
    is_end = False
    for number, line in enumerate(child.stdout, start=1):
        is_end = line.strip() == "end"
        if number != kill_at or is_end or later:
            child.stdin.write("\n")
            child.stdin.flush()
        if number == kill_at and not is_end:
            time.sleep(later)
            child.send_signal(signal.SIGKILL)
            break
    child.communicate()
    return is_end


def logged(store: Path) -> tuple[list[str], list[int]]:
    """Return keys of the log and places of what was set aside."""
    with open_store(store, clock=SetClock()) as log:
        found = [entry.key for entry in log.entries(limit=10 * EVENTS)]
        return found, sorted(entry["position"] for entry in set_aside(log))


@pytest.mark.slow
def test_ingest__killed_at_any_step(tmp_path: Path) -> None:
    source, draw = source_of(tmp_path), drawn()
    whole = tmp_path / "whole.db"
    assert run(source, whole, way="safe", kill_at=None)
    wanted, aside = logged(whole)
    assert len(wanted) == EVENTS
    assert len(aside) == BAD
    kills = 0
    round_number = 0
    while kills < scaled(ci=10, full=100):
        store = tmp_path / f"{round_number}.db"
        round_number += 1
        is_end = False
        while not is_end:
            # At a step, or in the middle of what comes behind it.
            later = draw.choice((0.0, draw.random() / 20))
            is_end = run(source, store, way="safe", kill_at=draw.randint(1, STEPS), later=later)
            kills += not is_end
        keys, places = logged(store)
        assert sorted(keys) == sorted(wanted)
        assert places == aside


@pytest.mark.slow
def test_ingest__control_with_the_cursor_kept_before_the_events_loses_some(tmp_path: Path) -> None:
    source, store = source_of(tmp_path), tmp_path / "hasty.db"
    # Its steps are: put, kept (what was set aside), put, kept (the cursor), append.
    assert not run(source, store, way="cursor-first", kill_at=4)
    assert run(source, store, way="cursor-first", kill_at=None)
    keys, _ = logged(store)
    assert len(keys) < EVENTS
