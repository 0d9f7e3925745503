"""Capturing over HTTP: how many events a second, and how long an acknowledgement takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.live.loading import Load, requests_of, send

BATCH, CONNECTIONS = 100, 4
STEADY_RATE, STEADY_BATCH = 500, 10
"""Events a second of the steady load, and events in each of its documents."""


def serve_capture() -> Case:
    """Return the case of events captured, logged with fsync and applied by ``chaintwin serve``."""
    workload = f"capture events over HTTP, {BATCH} a document, {CONNECTIONS} connections; and {STEADY_RATE} a second"
    return Case("serve_capture", workload, (1_000, 50_000), "event", _prepare)


@contextmanager
def serving(project: Path, log: Path) -> Iterator[tuple[str, str]]:
    """Run a server and yield its address and token."""
    token_file = log.with_suffix(".token")
    arguments = ["serve", project, "--port", 0, "--store", log, "--token-file", token_file, "--json"]
    command = [sys.executable, "-P", "-m", "chaintwin", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = ""
        # The document ends with its closing brace at the start of a line, or stands on one line.
        for line in process.stdout:
            text += line
            if line.rstrip().endswith("}"):
                break
        started = json.loads(text)
        try:
            yield started["url"], token_file.read_text(encoding="utf-8").strip()
        finally:
            process.terminate()
            process.wait(60)


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    from chaintwin.examples import Example, load
    from chaintwin.network.tables.writing import write

    project = folder / "project"
    write(load(Example.BEER_GAME), project)
    logs = count()
    steady: list[Load] = []

    def rate() -> float:
        with serving(project, folder / f"log{next(logs)}.db") as (url, token):
            # The first document lies before the others in time, so that no event is late but for the connections it came by.
            send(requests_of(BATCH, batch=BATCH, url=url, token=token), url=url, connections=1)
            loaded = send(requests_of(size, batch=BATCH, url=url, token=token, first=BATCH), url=url, connections=CONNECTIONS)
        return size / loaded.seconds

    def half() -> float:
        amount = max(STEADY_BATCH, min(size, 30 * STEADY_RATE))
        with serving(project, folder / f"log{next(logs)}.db") as (url, token):
            requests = requests_of(amount, batch=STEADY_BATCH, url=url, token=token)
            steady.append(send(requests, url=url, connections=CONNECTIONS, every=STEADY_BATCH / STEADY_RATE))
        return 1000 * steady[-1].quantile(0.5)

    def nearly_all() -> float:
        if not steady:
            half()
        return 1000 * steady.pop().quantile(0.99)

    return (
        Phase("capture as fast as it goes", rate, finding="events/s"),
        Phase("half of the acknowledgements at a steady rate", half, finding="ms"),
        Phase("99 of 100 of them", nearly_all, finding="ms"),
    )
