"""The client against a real server: state, changes over a restart, events in, jobs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from chaintwin.client import Client, ServerError
from chaintwin.errors import UsageError
from tests.serve.documents import document, event
from tests.serve.jobbing import LATER, recording, written_log
from tests.serve.running import TOKEN, Running, eventually, server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("client"), project="beer-game", jobs={"at_once": 1, "threads": 1}) as found:
        yield found


@pytest.fixture
def twin(running: Running) -> Iterator[Client]:
    with Client(running.url, token=TOKEN) as found:
        yield found


def test_client__events_in_state_out(twin: Client) -> None:
    report = twin.capture(recording())
    assert report["success"]
    head = max(line["sequence"] for line in report["events"])
    eventually(lambda: twin.health()["state"]["sequence"] >= head)
    # Sent again it changes nothing.
    assert twin.capture(recording())["counts"].keys() == {"duplicate"}
    assert (twin.state()["sequence"], twin.state()["behind"]) == (head, 0)
    assert "behind" not in twin.state(at="2026-01-20T00:00:00Z")
    assert twin.state(at="2026-01-20T00:00:00Z")["time"].startswith("2026-01-20")
    assert len(twin.table("stock")) == twin.state()["tables"]["stock"]
    assert twin.value("stock/retailer/beer")["reported"]["source"] == "http"
    changes = twin.changes(after=head - 3)
    assert [next(changes)["sequence"] for _ in range(3)] == [head - 2, head - 1, head]
    changes.close()  # type: ignore[attr-defined]


def test_client__errors_tell_all_faults(twin: Client, running: Running) -> None:
    with pytest.raises(ServerError, match="days") as refused:
        twin.run("fork", {"days": 0, "likely": 7})
    assert refused.value.status == 400
    assert len(refused.value.problem["faults"]) == 2
    with pytest.raises(ServerError, match="404"):
        twin.value("stock/none/none")
    with Client(running.url, token="ct_wrong") as stranger, pytest.raises(ServerError, match="401"):
        stranger.state()
    with pytest.raises(UsageError):
        Client(running.url)


def test_client__a_token_is_sent_by_tls_or_to_this_machine() -> None:
    for url in ("http://twin.example:8750", "http://192.0.2.7", "ftp://localhost", "localhost:8750"):
        with pytest.raises(UsageError, match="allowed: https://"):
            Client(url, token=TOKEN)
    for url in ("https://twin.example", "http://localhost:8750", "http://127.0.0.1", "http://[::1]:8750"):
        Client(url, token=TOKEN).close()


@pytest.mark.slow
def test_client__jobs_get_sharper_and_compare(twin: Client, tmp_path: Path) -> None:
    twin.capture(recording())
    eventually(lambda: twin.health()["state"]["behind"] == 0)
    start = {"at": "2026-03-25T00:00:00Z", "days": 56, "replications": 300}
    usual, later = twin.run("fork", start), twin.run("fork", start | {"scenario": LATER})
    seen = [(job.document["replications"], job.progress) for job in usual.follow()]
    assert seen == sorted(seen)
    assert seen[-1] == (300, 1.0)
    assert later.wait().state == "done"
    assert usual.table("service").height == len(usual.result("service")["tables"]["service"]) == 8
    rows = {row["figure"]: row for row in twin.compare(usual, later)["differences"]}
    assert rows["fill_rate"]["difference"] <= 0
    with pytest.raises(ServerError):
        twin.run(
            "simulate", {"periods": 3, "scenario": {"change": [{"table": "lanes", "where": {"lane_id": "x"}, "remove": True}]}}
        ).wait()
    imported = twin.run("import", {"upload": twin.upload(written_log(tmp_path))}).wait()
    assert isinstance(imported.table("rows"), pl.DataFrame)
    assert twin.job(imported.id).document == imported.refresh().document
    one, two = (twin.run("simulate", {"periods": 3, "replications": 2}, key="same") for _ in range(2))
    assert one.id == two.id
    assert next(job.id for job in twin.jobs(kind="simulate")) == one.wait().id
    again = one.again()
    again.cancel()
    again.wait()
    again.remove()
    assert again.id not in {job.id for job in twin.jobs()}


def test_changes__go_on_over_a_restart_without_a_gap(tmp_path: Path) -> None:
    """The server comes back at the same address; whoever reads changes sees each entry once."""
    seen: list[int] = []
    options: dict[str, Any] = {"project": "beer-game"}
    with server(tmp_path, **options) as running:
        port = int(running.url.rpartition(":")[2])

        def read() -> None:
            with Client(running.url, token=TOKEN, patience=60) as twin:
                for change in twin.changes(after=0):
                    seen.append(change["sequence"])
                    if len(seen) == 6:
                        return

        reading = threading.Thread(target=read, daemon=True)
        reading.start()
        with Client(running.url, token=TOKEN) as twin:
            for number in range(3):
                twin.capture(document(event(number)))
        eventually(lambda: len(seen) == 3)
        running.kill()
    with server(tmp_path, port=port, **options) as running, Client(running.url, token=TOKEN) as twin:
        for number in range(3, 6):
            twin.capture(document(event(number)))
        reading.join(60)
    assert seen == [1, 2, 3, 4, 5, 6]
