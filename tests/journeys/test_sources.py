"""Sources that a project names, as a person meets them: tested, followed, killed, served, one of them away for a while."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaintwin.store.opening import open_store
from tests.ingest.connectors.sources import Repository, event, recorded_events, served
from tests.ingest.sources.projects import drop, keys_of
from tests.journeys.running import document, run, succeed
from tests.journeys.test_replaying import health, serving, start
from tests.sizes import scaled

SOURCE = '\n[[sources]]\nname = "{name}"\nconnector = "epcis-file"\nsource = "../{name}"\nevery = 0.2\noptions.settle = 0.1\n'
FAR = '\n[[sources]]\nname = "far"\nsource = "{url}/epcis"\nevery = 0.2\noptions = {{ token-file = "../token", tries = 1 }}\n'


def project(folder: Path, sources: str, *, name: str = "mine") -> Path:
    """Write the beer game with sources of events."""
    succeed("init", name, "--from-example", "beer-game", cwd=folder)
    with (folder / name / "chaintwin.toml").open("a") as settings:
        settings.write(sources)
    return folder / name


def until(holds: Callable[[], Any], *, within: float = 120.0) -> Any:
    end = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.1)
    return found


def states(folder: Path) -> dict[str, dict[str, Any]]:
    """Return how the sources are, as the command tells it while another process takes them."""
    return {one["name"]: one for one in document("sources", "mine", cwd=folder)["sources"]}


@contextmanager
def following(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = start(["ingest", "mine", "--follow", "--json", *words], folder)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def port() -> int:
    """Return a port that is free, to come back to."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        number: int = found.getsockname()[1]
        return number


def captured(folder: Path, url: str, numbers: range) -> None:
    """Send events to a server."""
    token = (folder / "token").read_text().strip()
    body = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://example.org/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
        "epcisBody": {"eventList": [event(number) for number in numbers]},
    }
    answer = httpx.post(f"{url}/epcis/capture", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status_code == 202


def test_check__tells_what_answers_and_what_does_not(tmp_path: Path) -> None:
    drop(tmp_path / "dock", range(7))
    place = project(tmp_path, SOURCE.format(name="dock") + SOURCE.format(name="gone"))
    told = document("check", "mine", cwd=tmp_path, code=1)
    assert [(one["name"], one["ok"], one["found"]) for one in told["sources"]] == [
        ("dock", True, "1 file, 7 events"),
        ("gone", False, None),
    ]
    (finding,) = [one for one in told["findings"] if one["severity"] == "error"]
    assert (finding["code"], finding["column"]) == ("source.unreachable", "sources[2] gone")
    assert finding["fix"]
    shown = " ".join(run("check", "mine", cwd=tmp_path).stdout.split())
    assert "The project can be simulated." in shown
    assert "dock (epcis-file): 1 file, 7 events" in shown
    assert "gone (epcis-file): does not answer; see above" in shown
    assert document("check", "mine", "--offline", cwd=tmp_path)["sources"][1]["ok"] is None
    # What is wrong in the file is told without a test, by every command that needs it, and keeps nobody from simulating.
    (place / "chaintwin.toml").write_text((place / "chaintwin.toml").read_text().replace("every = 0.2", "evry = 0.2", 1))
    faulty = document("check", "mine", "--offline", cwd=tmp_path, code=1)
    assert {one["code"] for one in faulty["findings"]} >= {"source.key"}
    for words in (["ingest", "mine"], ["sources", "mine"], ["serve", "mine", "--port", "0"]):
        refused = run(*words, cwd=tmp_path)
        assert refused.returncode == 1
        assert "did you mean every?" in " ".join(refused.stderr.split())
    assert not (place / ".twin").exists()
    assert document("simulate", "mine", "--periods", "4", "--replications", "2", cwd=tmp_path)


def test_ingest__what_the_project_names(tmp_path: Path) -> None:
    drop(tmp_path / "dock", range(40))
    drop(tmp_path / "gate", range(30, 60))
    project(tmp_path, SOURCE.format(name="dock") + SOURCE.format(name="gate") + SOURCE.format(name="off") + "enabled = false\n")
    assert states(tmp_path)["dock"]["state"] is None
    only = document("ingest", "mine", "--source", "gate", cwd=tmp_path)
    assert [(one["name"], one["accepted"]) for one in only["sources"]] == [("gate", 30)]
    both = document("ingest", "mine", cwd=tmp_path)
    assert [(one["name"], one["accepted"], one["duplicate"]) for one in both["sources"]] == [("dock", 30, 10), ("gate", 0, 0)]
    assert both["events"] == 60
    told = states(tmp_path)
    assert [(told[name]["state"], told[name]["accepted"]) for name in ("dock", "gate")] == [("stopped", 30), ("stopped", 0)]
    assert told["gate"]["receivedAt"] is not None
    assert told["dock"]["lagSeconds"]["worst"] > told["dock"]["lagSeconds"]["median"] > 0
    assert told["off"]["enabled"] is False
    shown = " ".join(succeed("sources", "mine", cwd=tmp_path).split())
    assert "30 accepted, 10 duplicate" in shown
    assert "not enabled: off" in shown
    # One that is not there is told and does not keep the others from being taken.
    failed = document("ingest", "mine", "--source", "off", "--source", "dock", "--anew", cwd=tmp_path, code=1)
    assert [one["error"] is None for one in failed["sources"]] == [True, False]
    assert failed["sources"][0]["duplicate"] == 40
    # Files that are named are taken as ever, beside the sources of the project.
    assert document("ingest", "mine", "dock", cwd=tmp_path)["sources"][0]["duplicate"] == 40
    for words, said in (
        (["--source", "gte"], "did you mean gate?"),
        (["--source", "gate", "dock"], "one of the two"),
        (["--connector", "epcis-file"], "behind the project"),
    ):
        refused = run("ingest", "mine", *words, cwd=tmp_path)
        assert refused.returncode == 2
        assert said in " ".join(refused.stderr.split())
    succeed("init", "bare", "--from-example", "beer-game", cwd=tmp_path)
    bare = run("ingest", "bare", cwd=tmp_path)
    assert bare.returncode == 2
    assert "[[sources]]" in bare.stderr


@pytest.mark.slow
def test_ingest__follows_two_folders_and_a_server_that_go_and_come_back(tmp_path: Path) -> None:
    drop(tmp_path / "dock", range(40))
    drop(tmp_path / "gate", range(100, 130))
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    number = port()
    with ExitStack() as stack:
        with serving(tmp_path, port=number) as (_, url):
            captured(tmp_path, url, range(200, 220))
            place = project(tmp_path, SOURCE.format(name="dock") + SOURCE.format(name="gate") + FAR.format(url=url))
            process = stack.enter_context(following(tmp_path))
            until(lambda: (place / ".twin" / "log.db").exists() and states(tmp_path)["far"]["accepted"] == 20)
            until(lambda: all(one["state"] == "waiting" for one in states(tmp_path).values()))
        # The server is killed, and one of the folders is moved away.
        shutil.move(tmp_path / "gate", tmp_path / "away")
        until(lambda: {states(tmp_path)[name]["state"] for name in ("gate", "far")} == {"failing"})
        told = states(tmp_path)
        assert "found nothing there" in told["gate"]["error"]["text"]
        assert told["far"]["nextAt"] > told["far"]["error"]["at"]
        drop(tmp_path / "dock", range(40, 50), name="more.jsonl")
        until(lambda: states(tmp_path)["dock"]["accepted"] == 50)
        drop(tmp_path / "away", range(130, 135), name="more.jsonl")
        shutil.move(tmp_path / "away", tmp_path / "gate")
        until(lambda: states(tmp_path)["gate"]["accepted"] == 35)
        with serving(tmp_path, port=number) as (_, url):
            captured(tmp_path, url, range(220, 225))
            until(lambda: states(tmp_path)["far"]["accepted"] == 25)
            process.send_signal(signal.SIGINT)
            out, notes = process.communicate(timeout=60)
        assert process.returncode == 0, notes
        assert "far: works again" in notes
        assert json.loads(out)["events"] == 50 + 35 + 25
        assert {one["state"] for one in states(tmp_path).values()} == {"stopped"}


@pytest.mark.slow
def test_ingest__killed_while_it_takes_several_sources(tmp_path: Path) -> None:
    count = scaled(ci=3_000, full=21_000)
    for place, name in enumerate(("dock", "gate", "yard")):
        for part in range(3):
            first = place * 100_000 + part * 10_000
            drop(tmp_path / name, range(first, first + count // 3), name=f"{part}.jsonl")
    project(tmp_path, "".join(SOURCE.format(name=name) for name in ("dock", "gate", "yard")))
    log = tmp_path / "mine" / ".twin" / "log.db"

    def logged() -> int:
        if not log.exists():
            return 0
        with open_store(log, read_only=True) as store:
            return store.head().sequence

    kills = 0
    while (before := logged()) < 3 * count and kills < scaled(ci=4, full=12):
        with following(tmp_path) as process:
            until(lambda: logged() >= min(before + 500, 3 * count))
            process.kill()
            process.wait()
            kills += 1
    assert kills >= 2
    rest = document("ingest", "mine", cwd=tmp_path)
    assert rest["events"] == 3 * count
    with open_store(log, read_only=True) as store:
        assert len(set(keys_of(store))) == len(keys_of(store)) == 3 * count
    assert document("log", "verify", "mine", cwd=tmp_path)["findings"] == []


@pytest.mark.slow
def test_serve__takes_the_sources_of_its_project(tmp_path: Path) -> None:
    repository = Repository(recorded_events(30, first=500))
    drop(tmp_path / "dock", range(40))
    with served(repository) as address:
        text = SOURCE.format(name="dock") + SOURCE.format(name="gone") + SOURCE.format(name="off") + "enabled = false\n"
        far = f'\n[[sources]]\nname = "far"\nsource = "{address}"\nevery = 0.2\noptions = {{ tries = 1 }}\n'
        project(tmp_path, text + far, name="beer")
        with serving(tmp_path) as (process, url):
            until(lambda: health(tmp_path, url)["log"]["sequence"] == 70)
            until(lambda: counts(tmp_path, url) == {"dock": 40, "gone": 0, "far": 30})
            assert [one["state"] for one in health(tmp_path, url)["sources"] if one["name"] == "gone"] == ["failing"]
            # Who shows no token is told nothing of them.
            assert httpx.get(f"{url}/api/v1/health").json() == {"status": "running"}
            assert httpx.get(f"{url}/openapi.json", headers=bearer(tmp_path)).json()["components"]["schemas"]["Source"]
            captured(tmp_path, url, range(900, 905))
            drop(tmp_path / "dock", range(40, 45), name="more.jsonl")
            repository.events += recorded_events(5, first=530)
            until(lambda: health(tmp_path, url)["log"]["sequence"] == 85)
            (shown,) = [one for one in document("sources", "beer", cwd=tmp_path)["sources"] if one["name"] == "dock"]
            assert shown["state"] in ("waiting", "receiving")
            process.send_signal(signal.SIGTERM)
            _, notes = process.communicate(timeout=60)
            assert process.returncode == 0, notes
            assert "gone: " in notes
            assert "Traceback" not in notes
        assert document("log", "verify", "beer", cwd=tmp_path)["findings"] == []
        assert {one["state"] for one in document("sources", "beer", cwd=tmp_path)["sources"]} == {"stopped", None}


def test_serve__without_sources(tmp_path: Path) -> None:
    drop(tmp_path / "dock", range(4))
    project(tmp_path, SOURCE.format(name="dock"), name="beer")
    process = start(["serve", "beer", "--port", "0", "--workers", "0", "--no-sources", "--json"], tmp_path)
    try:
        assert process.stdout is not None
        told = ""
        while "}" not in told:
            told += process.stdout.readline()
        found = json.loads(told)
        time.sleep(1)
        headers = {"Authorization": f"Bearer {found['token']}"}
        answer = httpx.get(f"{found['url']}/api/v1/health", headers=headers).json()
        assert answer["log"]["sequence"] == 0
        assert "sources" not in answer
    finally:
        process.kill()
        process.communicate()


def counts(folder: Path, url: str) -> dict[str, int]:
    """Return how many events were taken of each source that a server takes."""
    return {one["name"]: one["accepted"] for one in health(folder, url)["sources"]}


def bearer(folder: Path) -> dict[str, str]:
    return {"Authorization": f"Bearer {(folder / 'token').read_text().strip()}"}
