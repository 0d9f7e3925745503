"""Jobs over HTTP: how soon the first answer is there, what captures notice of a job beside them, and what the server takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.live.loading import LoadError, requests_of, send
from chaintwin.bench.live.serving import CONNECTIONS, STEADY_BATCH, STEADY_RATE, serving

if TYPE_CHECKING:
    from chaintwin.client import Client
    from chaintwin.client.client import Kind
    from chaintwin.network import Network

PERIODS = 3
"""Periods whose events are in the log when jobs are asked for."""

STEADY_SECONDS = 30
"""How long captures come beside a job in the full size."""

LONG = {"periods": 360, "replications": 100_000}
"""A simulation that lasts longer than the captures beside it."""

WARM_SECONDS = 600.0
"""How long the process of jobs may take to load kernels and network."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one run of a server showed.

    Parameters
    ----------
    simulated, forked : from the question for a job to its first answer, milliseconds. nearly_all : wait for an acknowledgement
        beside a job that 99 of 100 do not exceed, milliseconds. idle, after : memory of the server before the first job and with
        all of them done, MiB.
    """

    simulated: float
    forked: float
    nearly_all: float
    idle: float
    after: float


def serve_jobs() -> Case:
    """Return the case of jobs on ``medicines`` beside captures."""
    workload = (
        f"ask a server of medicines for a simulation and a fork; capture {STEADY_RATE} events a second beside a job that runs; "
        "memory of the server with finished jobs whose results were read"
    )
    return Case("serve_jobs", workload, (2, 20), "finished job", _prepare)


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    from chaintwin.examples import Example, load
    from chaintwin.network.tables.writing import write

    network, project, logs = load(Example.MEDICINES), folder / "project", count()
    write(network, project)
    runs: list[Found] = []

    def figure(name: str) -> Callable[[], float]:
        places = count()

        def run() -> float:
            # One run of a server gives all figures; each phase reads those of its own.
            place = next(places)
            while len(runs) <= place:
                runs.append(_measured(network, project, folder / f"log{next(logs)}.db", size=size))
            return float(getattr(runs[place], name))

        return run

    return (
        Phase("first answer of a simulation", figure("simulated"), finding="ms"),
        Phase("first answer of a fork", figure("forked"), finding="ms"),
        Phase("99 of 100 acknowledgements beside a job", figure("nearly_all"), finding="ms"),
        Phase("memory of the server before jobs", figure("idle"), finding="MiB"),
        Phase("memory of the server with all jobs done", figure("after"), finding="MiB"),
    )


def _measured(network: Network, project: Path, log: Path, *, size: int) -> Found:
    from chaintwin.client import Client

    _fill(log, network)
    with serving(project, log) as (url, token), Client(url, token=token) as twin:
        _wait_warm(url)
        idle = _resident(url, token)
        simulated = _first_answer(twin, "simulate", {"replications": 256})
        forked = _first_answer(twin, "fork", {"days": 30, "replications": 256})
        running = twin.run("simulate", LONG)
        amount = STEADY_RATE * min(STEADY_SECONDS, size)
        requests = requests_of(amount, batch=STEADY_BATCH, url=url, token=token)
        load = send(requests, url=url, connections=CONNECTIONS, every=STEADY_BATCH / STEADY_RATE)
        running.cancel().wait()
        for number in range(size):
            done = twin.run("simulate", {"replications": 64, "seed": number}).wait()
            done.result("summary", "stock_points", "periods")
        return Found(simulated, forked, 1000 * load.quantile(0.99), idle, _resident(url, token))


def _first_answer(twin: Client, kind: Kind, asked: dict[str, int]) -> float:
    """Return milliseconds from the question to the first answer, and wait until the job is done."""
    begun, first = perf_counter(), 0.0
    job = twin.run(kind, asked)
    for seen in job.follow():
        if seen.document["part"] and not first:
            first = 1000 * (perf_counter() - begun)
    if job.state != "done":
        raise LoadError(f"job: found {job.state}, {job.document.get('problem')}; allowed: done")
    return first


def _wait_warm(url: str) -> None:
    import httpx

    end = monotonic() + WARM_SECONDS
    while not httpx.get(f"{url}/health/ready", trust_env=False).json()["jobs"]:
        if monotonic() > end:
            raise LoadError(f"jobs: found a process that is not warm after {WARM_SECONDS:g} s; allowed: one that is")
        sleep(0.1)


def _resident(url: str, token: str) -> float:
    """Return the memory of the server, MiB."""
    import httpx

    text = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {token}"}, trust_env=False).text
    (line,) = [line for line in text.splitlines() if line.startswith('chaintwin_resident_bytes{process="server"}')]
    return float(line.rpartition(" ")[2]) / 2**20


def _fill(log: Path, network: Network) -> None:
    """Write the events of some periods into a log."""
    from chaintwin.events.capturing import capture
    from chaintwin.events.contexts import CONTEXT_ADDRESS
    from chaintwin.simulation import log_of, trace
    from chaintwin.simulation.history.exporting import events_of
    from chaintwin.store.opening import open_store

    seen = trace(network.compile(), periods=PERIODS)
    events = list(events_of(log_of(seen), program=seen.program, settings=network.settings))
    head = {
        "@context": [CONTEXT_ADDRESS],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
    }
    with open_store(log) as store:
        for begin in range(0, len(events), 2000):
            captured = capture({**head, "epcisBody": {"eventList": events[begin : begin + 2000]}}, source="bench")
            store.append(captured.records, received_at=1)
