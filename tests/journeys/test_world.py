"""A hidden world as a person starts it: over files, HTTP, MQTT and OPC UA to the same twin; stopped, killed, gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from chaintwin.clock import SetClock, microseconds_of
from chaintwin.network import read
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from tests.ingest.connectors.linked.servers import free_port
from tests.ingest.connectors.mqtt.brokers import broker
from tests.journeys.running import document, run, succeed
from tests.journeys.test_replaying import serving, start
from tests.sizes import scaled

WIRE = ["--wire", "bad", "--count-share", "0.1", "--seed", "11"]


def hash_of(folder: Path, project: str, log: str, *, days: int) -> str:
    """Return the hash of the state at the end of the world: what a connector tells of itself comes later."""
    network = read(folder / project)
    end = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
    with open_store(folder / log, read_only=True) as store:
        return Twin.open(network, store=store, clock=SetClock(), is_kept=False).hash(microseconds_of(end))


def taken(source: str, *words: object, cwd: Path) -> dict[str, int]:
    """Ingest a source that nobody writes any more, and return what became of its events."""
    settled = () if source.endswith(".jsonl") else ("--option", "settle=0")
    (found,) = document("ingest", "beer", source, *words, *settled, cwd=cwd)["sources"]
    counts: dict[str, int] = found
    return counts


@contextmanager
def listening(words: list[str], folder: Path, *, log: str, events: int) -> Iterator[None]:
    """Take what comes while the block runs, and until there are so many events."""
    process = start([*words, "--store", log, "--follow"], folder)
    try:
        yield
        end = time.monotonic() + 600
        while True:
            with open_store(folder / log, read_only=True) as store:
                # What the connector tells of itself is one more.
                if store.head().sequence > events:
                    break
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, notes = process.communicate(timeout=60)
        assert process.returncode == 0, notes
    finally:
        process.kill()
        process.communicate()


def over_opcua(words: list[str], folder: Path, *, events: int) -> None:
    """Have a world serve, and take it twice: by who listens from the begin, and by who comes when all is told."""
    url = f"opc.tcp://127.0.0.1:{free_port()}/world"
    source = ["ingest", "beer", url, "--mapping", "signals.toml", "--option", "history=all"]
    world = start([*words, "--to", url], folder)
    try:
        assert world.stderr is not None
        until_said(world, "Serving at")
        with listening(source, folder, log="opcua.db", events=events):
            until_said(world, "All is told")
            succeed(*source, "--store", "late.db", cwd=folder)
        world.send_signal(signal.SIGINT)
        _, notes = world.communicate(timeout=60)
        assert world.returncode == 0, notes
    finally:
        world.kill()
        world.communicate()


def until_said(process: subprocess.Popen[str], text: str) -> None:
    """Read what a process notes until it says something."""
    assert process.stderr is not None
    said = ""
    while text not in said:
        line = process.stderr.readline()
        assert line, said
        said += line


@pytest.mark.slow
def test_world__over_files_http_mqtt_and_opcua_gives_one_twin(tmp_path: Path) -> None:
    days = scaled(ci=3, full=120)
    succeed("init", "beer", "--from-example", "medicines", cwd=tmp_path)
    words = ["world", "beer", "--days", str(days), *WIRE]
    files = document(*words, "--to", "drops", "--keep-truth", "truth", cwd=tmp_path)
    assert files["wire"]["lost_for_good"] == 0
    assert files["wire"]["doubles"] > 0
    assert taken("drops", "--store", "files.db", cwd=tmp_path)["accepted"] == files["events"]
    with serving(tmp_path) as (_, url):
        http = document(*words, "--to", f"{url}/epcis", "--token-file", "token", cwd=tmp_path)
    assert (http["sent"]["accepted"], http["sent"]["duplicate"]) == (files["events"], files["wire"]["doubles"])
    (tmp_path / "signals.toml").write_text(succeed("world", "beer", "--print-mapping", cwd=tmp_path))
    with broker(tmp_path / "broker") as server:
        source = ["ingest", "beer", f"{server.url}/world/#", "--mapping", "signals.toml", "--store", "mqtt.db"]
        # Who listens before the world begins misses nothing.
        succeed(*source, "--option", "idle=0.2", cwd=tmp_path)
        succeed(*words, "--to", server.url, cwd=tmp_path)
        succeed(*source, cwd=tmp_path)
    over_opcua(words, tmp_path, events=files["events"])
    logs = ("files.db", "mqtt.db", "beer/.twin/log.db", "opcua.db", "late.db")
    hashes = {log: hash_of(tmp_path, "beer", log, days=days) for log in logs}
    assert len(set(hashes.values())) == 1, hashes
    # The truth lies where it was asked for, and nowhere else.
    truth = pl.read_parquet(tmp_path / "truth" / "stock.parquet")
    assert truth["period"].unique().sort().to_list() == list(range(days))
    state = json.loads(succeed("state", "beer", "--store", "files.db", "--at", "2026-01-01T23:59:59", "--json", cwd=tmp_path))
    told = {(row["site"], row["product"]): 0.0 for row in state["tables"]["stock"]}
    for row in state["tables"]["stock"]:
        told[row["site"], row["product"]] += row["quantity"]
    day = truth.filter(pl.col("period") == 0)
    for site, product, quantity in day.select("site", "product", "quantity").iter_rows():
        assert told.get((site, product), 0.0) == pytest.approx(quantity, rel=1e-9, abs=1e-6)


def test_world__stopped_and_killed_goes_on(tmp_path: Path) -> None:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    # Thirty weeks in six seconds.
    words = ["world", "beer", "--days", "210", "--to", "drops", *WIRE, "--speed", str(210 * 86_400 / 6), "--json"]
    for number, how in enumerate((signal.SIGINT, signal.SIGKILL)):
        telling = start([*words, *(["--resume"] if number else [])], tmp_path)
        until_told(tmp_path, number)
        telling.send_signal(how)
        out, notes = telling.communicate(timeout=60)
        if how is signal.SIGINT:
            assert telling.returncode == 130, notes
            assert json.loads(out)["stopped"]
        else:
            assert telling.returncode == -signal.SIGKILL
    done = json.loads(finished(start([*words, "--resume"], tmp_path)))
    assert not done["stopped"]
    assert done["sent"]["accepted"] < done["all"]
    told = taken("drops", cwd=tmp_path)
    assert (told["accepted"], told["conflict"], told["rejected"]) == (done["events"], 0, 0)


def until_told(folder: Path, more: int) -> None:
    """Wait until some more files were dropped than there are."""
    there = len(list(folder.glob("drops/*.jsonl")))
    end = time.monotonic() + 120
    while len(list(folder.glob("drops/*.jsonl"))) < there + 5 + more:
        assert time.monotonic() < end
        time.sleep(0.02)


def finished(process: subprocess.Popen[str]) -> str:
    out, notes = process.communicate(timeout=120)
    assert process.returncode == 0, notes
    return out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--to"),
        (["--to", "-", "--json"], "--json"),
        (["--to", "drops", "--resume"], "--resume"),
        (["--to", "drops", "--shift", "x: lead_time*2 from day 3"], "no lane"),
        (["--to", "drops", "--speed", "0"], "--speed"),
        (["--to", "drops", "--option", "username=x"], "--option"),
        (["--to", "drops", "--delay", "normal(1, 1)"], "delay"),
        (["--to", "mqtt://127.0.0.1:1", "--option", "color=red"], "color"),
        (["--to", "opc.tcp://plc.example.org/line"], "127.0.0.1"),
    ],
)
def test_world__says_what_is_wrong(tmp_path: Path, words: list[str], said: str) -> None:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    refused = run("world", "beer", *words, "--days", "14", cwd=tmp_path)
    assert refused.returncode == 2, refused.stderr
    assert said in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr


def test_world__lines_on_standard_output(tmp_path: Path) -> None:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    lines = succeed("world", "beer", "--days", "28", "--to", "-", cwd=tmp_path).splitlines()
    (tmp_path / "run.jsonl").write_text("\n".join(lines) + "\n")
    assert taken("run.jsonl", cwd=tmp_path)["accepted"] == len(lines) > 20


def test_state__says_what_is_likely_where_events_are_missing(tmp_path: Path) -> None:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    lost = document("world", "beer", "--days", "210", "--to", "drops", "--lose", "0.05", "--keep-truth", "truth", cwd=tmp_path)
    assert lost["wire"]["lost_for_good"] > 0
    succeed("ingest", "beer", "drops", "--option", "settle=0", cwd=tmp_path)
    told = document("state", "beer", "--likely", cwd=tmp_path)["likely"]
    assert told["periods"] == 30
    assert told["put_right"]
    truth = pl.read_parquet(tmp_path / "truth" / "stock.parquet").filter(pl.col("period") == 29)
    true = {row["stock_point"]: row["quantity"] for row in truth.iter_rows(named=True)}
    off = {name: sum(abs(row[name] - true[row["stock_point"]]) for row in told["stock"]) for name in ("books", "estimate")}
    assert off["estimate"] < off["books"]
    assert "Likely stock" in succeed("state", "beer", "--likely", cwd=tmp_path)
    early = document("state", "beer", "--likely", "--at", "2026-02-01", cwd=tmp_path)["likely"]
    assert early["periods"] == 4
    for words in (["--known", "2026-02-01"], ["--at", "2025-02-01"]):
        assert run("state", "beer", "--likely", *words, cwd=tmp_path).returncode == 2
