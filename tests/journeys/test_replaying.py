"""A recorded run replayed to a twin that is being served, as a person would: at a speed, stopped, and through a crash."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.running import COMMAND, document, environment, run, succeed

PERIODS = 30
FAST = str(86_400 * 8)
"""Eight days of the recording in one second, so that a replay takes about four."""


@contextmanager
def serving(folder: Path, *, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``chaintwin serve`` and yield its process and where it answers."""
    words = ["serve", "beer", "--port", str(port), "--token-file", "token", "--workers", "0", "--json"]
    process = start(words, folder)
    try:
        assert process.stdout is not None
        told = ""
        while "}" not in told:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            told += line
        found = json.loads(told)
        # The token lies in its file and is not told to who keeps the output.
        assert found["token"] is None
        assert (folder / "token").read_text().strip() not in told
        yield process, found["url"]
    finally:
        process.kill()
        process.communicate()


def start(words: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *words], cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def replay(url: str, *more: str) -> list[str]:
    return ["replay", "run.jsonl", "--project", "other", "--to", f"{url}/epcis", "--token-file", "token", *more]


def health(folder: Path, url: str) -> dict[str, Any]:
    token = (folder / "token").read_text()
    found: dict[str, Any] = httpx.get(f"{url}/api/v1/health", headers={"Authorization": f"Bearer {token.strip()}"}).json()
    return found


def until_played(folder: Path, more_than: int) -> None:
    """Wait until the replay has noted so many events."""
    end = time.monotonic() + 60
    while not any(int((kept.read_text() or "0").split()[0]) > more_than for kept in folder.glob("other/.replays/*.txt")):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def recorded(tmp_path: Path) -> int:
    """Make two projects and the events of a run of them; return how many there are."""
    for name in ("beer", "other"):
        succeed("init", name, "--from-example", "beer-game", cwd=tmp_path)
    succeed("trace", "beer", "--periods", PERIODS, "--events", "run.jsonl", cwd=tmp_path)
    return len((tmp_path / "run.jsonl").read_bytes().splitlines())


def test_replay__to_a_server(tmp_path: Path, recorded: int) -> None:
    (tmp_path / "wrong").write_text("ct_not-the-token")
    (tmp_path / "wrong").chmod(0o600)
    (tmp_path / "open").write_text("ct_a-token-that-others-may-read")
    (tmp_path / "open").chmod(0o644)
    with serving(tmp_path) as (_, url):
        told = document(*replay(url), cwd=tmp_path)
        assert (told["accepted"], told["played"], told["stopped"]) == (recorded, recorded, False)
        assert health(tmp_path, url)["log"]["sequence"] == recorded
        assert document(*replay(url), cwd=tmp_path)["duplicate"] == 0
        assert document(*replay(url, "--anew"), cwd=tmp_path)["duplicate"] == recorded
        wrong = ["--project", "beer", "--token-file"]
        for words, code, said in (
            (["--to", f"{url}/epcis", *wrong, "wrong"], 1, "--token-file"),
            (["--to", f"{url}/epcis", *wrong, "missing"], 2, "missing"),
            (["--to", f"{url}/epcis", *wrong, "open"], 2, "chmod 600"),
            (["--to", url, *wrong, "token"], 1, "/epcis"),
            (["--to", "localhost/epcis", *wrong, "token"], 2, "--to"),
        ):
            refused = run("replay", "run.jsonl", *words, cwd=tmp_path)
            assert refused.returncode == code, refused.stderr
            assert said in refused.stderr
        assert health(tmp_path, url)["log"]["sequence"] == recorded


@pytest.mark.slow
def test_replay__stopped_and_through_a_crash_of_the_server(tmp_path: Path, recorded: int) -> None:
    with serving(tmp_path) as (server, url):
        replaying = start([*replay(url, "--speed", FAST), "--json"], tmp_path)
        until_played(tmp_path, 20)
        replaying.send_signal(signal.SIGINT)
        out, notes = replaying.communicate(timeout=60)
        assert replaying.returncode == 130, notes
        stopped = json.loads(out)
        assert stopped["stopped"]
        assert 20 < stopped["played"] < recorded
        assert 0 < stopped["accepted"] <= stopped["played"]
        again = start([*replay(url, "--speed", FAST), "--json"], tmp_path)
        until_played(tmp_path, stopped["played"] + 20)
        server.kill()
        server.wait()
        time.sleep(1)
        assert again.poll() is None
        with serving(tmp_path, port=int(url.rsplit(":", 1)[1])):
            out, notes = again.communicate(timeout=120)
            assert again.returncode == 0, notes
            told = json.loads(out)
            assert "trying again" in notes
            assert told["played"] == recorded
            # What the server took without being able to say so is found as a duplicate.
            assert told["accepted"] + told["duplicate"] == recorded - stopped["played"]
            assert health(tmp_path, url)["log"]["sequence"] == recorded
    succeed("ingest", "other", "run.jsonl", cwd=tmp_path)
    hashes = [document("state", name, cwd=tmp_path)["summary"]["hash"] for name in ("beer", "other")]
    assert hashes[0] == hashes[1]
