"""The first compilation, killed and interrupted for real in a cache folder of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.journeys.running import COMMAND, environment, run, succeed

SIMULATE = ("simulate", "mine", "--replications", "8", "--periods", "30", "--json")


def start(cwd: Path, cache: Path, arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start the command with a cache folder of its own."""
    env = environment(CHAINTWIN_CACHE_DIR=str(cache))
    return subprocess.Popen([*COMMAND, *arguments], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(process: subprocess.Popen[str], cache: Path, kernel: str) -> None:
    """Wait until a kernel has been compiled and kept, and the process still works on the next ones."""
    limit = time.monotonic() + 300
    while not list(cache.rglob(f"*.{kernel}-*.nbc")):
        assert time.monotonic() < limit
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.mark.slow
def test_first_compile__killed_interrupted_and_finished(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    succeed("init", "mine", cwd=tmp_path)
    expected = succeed(*SIMULATE, cwd=tmp_path)

    killed = start(tmp_path, cache, (*SIMULATE, "--out", "result"))
    wait_for(killed, cache, "demand_kernel")
    killed.kill()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "result").exists()

    # The kernel after this one takes the compiler some seconds of machine code in which it hears no signal.
    stopped = start(tmp_path, cache, (*SIMULATE, "--out", "result"))
    wait_for(stopped, cache, "start_free_kernel")
    time.sleep(1)
    begun = time.monotonic()
    stopped.send_signal(signal.SIGINT)
    out, notes = stopped.communicate(timeout=60)
    assert time.monotonic() - begun < 3
    assert stopped.returncode == 130
    assert "Compiling the engine for this machine" in notes
    assert "Interrupted; nothing half-written is left." in notes
    assert "Traceback" not in notes
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "mine"]

    env = environment(CHAINTWIN_CACHE_DIR=str(cache))
    finished = run(*SIMULATE, cwd=tmp_path, env=env)
    assert finished.stdout == expected
    assert "Compiling the engine for this machine, once; half a minute to two" in " ".join(finished.stderr.split())
    seconds = re.search(r"Compiled in ([\d.]+) s, kept in ", finished.stderr)
    assert seconds is not None
    # What was compiled is not counted as simulated: 10 stock points over 30 days take a moment.
    simulated = re.search(r"Simulated 10 stock points in ([\d.]+) (ms|s)", finished.stderr)
    assert simulated is not None
    assert float(simulated[1]) / (1000 if simulated[2] == "ms" else 1) < float(seconds[1]) / 2

    again = run(*SIMULATE, cwd=tmp_path, env=env)
    assert again.stdout == expected
    assert "ompil" not in again.stderr
