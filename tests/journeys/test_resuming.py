"""Long runs of the real command, killed and interrupted at any moment, go on to the same result."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.journeys.running import COMMAND, environment, run, succeed
from tests.sizes import scaled

RANDOM = """
[[change]]
table = "demand"
column = "series"
set = ""
[[change]]
table = "demand"
column = "quantity"
set = "poisson(8)"
"""
REPLICATIONS = str(scaled(ci=30_000, full=120_000))
SIZE = ("--periods", "3600", "--warm-up", "50", "--replications", REPLICATIONS, "--threads", "1", "--seed", "5")
LONG = ("simulate", "beer", "--scenario", "random.toml", *SIZE)
CHECKPOINT = ("--checkpoint", "beer.checkpoint")


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def start(cwd: Path) -> subprocess.Popen[str]:
    command = [*COMMAND, *LONG, *CHECKPOINT, "--out", "resumed"]
    return subprocess.Popen(command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def saved(cwd: Path) -> int:
    from chaintwin.simulation import saved_replications

    return saved_replications(cwd / "beer.checkpoint")


def wait_for_more(process: subprocess.Popen[str], cwd: Path, before: int) -> None:
    limit = time.monotonic() + 300
    while process.poll() is None and saved(cwd) <= before:
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.slow
def test_simulate__killed_at_any_moment_and_resumed(tmp_path: Path) -> None:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    (tmp_path / "random.toml").write_text(RANDOM)
    begun = time.monotonic()
    succeed(*LONG, "--out", "whole", cwd=tmp_path)
    seconds = time.monotonic() - begun

    generator, kills, before = random.Random(4), 0, 0
    for number in range(scaled(ci=3, full=12)):
        process = start(tmp_path)
        if number % 3 == 2:
            # Any moment, the start among them.
            time.sleep(generator.uniform(0, seconds / 4))
        else:
            wait_for_more(process, tmp_path, before)
            time.sleep(generator.uniform(0, 0.3))
        how = signal.SIGINT if number % 3 == 1 else signal.SIGKILL
        assert process.poll() is None, process.communicate()
        process.send_signal(how)
        out, notes = process.communicate(timeout=60)
        kills += 1
        assert not (tmp_path / "resumed").exists(), out
        assert "Traceback" not in notes
        if how is signal.SIGINT:
            assert process.returncode == 130
            words = " ".join(notes.split())
            assert f"Saved {saved(tmp_path):,} replications in beer.checkpoint; the same command goes on from there." in words
        # What was saved is never lost.
        assert saved(tmp_path) >= before
        before = saved(tmp_path)
        if before > 0.6 * int(REPLICATIONS):
            # What is left may be done before the next kill.
            break
    assert kills >= 2
    assert before >= 64

    other = run(*LONG[:-1], "6", *CHECKPOINT, cwd=tmp_path)
    assert other.returncode == 2
    assert "which differs in seed (5, now 6)" in " ".join(other.stderr.split())
    assert "Going on" not in other.stderr
    done = run(*LONG, *CHECKPOINT, "--threads", "2", "--out", "resumed", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"Going on from {before:,} replications saved in beer.checkpoint." in " ".join(done.stderr.split())
    assert digest(tmp_path / "resumed") == digest(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beer", "random.toml", "resumed", "whole"]


def test_simulate__checkpoint_without_a_file_is_wrong_usage(tmp_path: Path) -> None:
    succeed("init", "mine", cwd=tmp_path)
    done = run("simulate", "mine", "--anew", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert "--anew: found no --checkpoint beside it" in json.loads(done.stdout)["error"]["message"]
