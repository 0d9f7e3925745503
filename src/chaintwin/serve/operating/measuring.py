"""What a server counts, read when it is asked for."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from chaintwin.clock import SECOND
from chaintwin.ingest.sources.health import State as SourceState
from chaintwin.ingest.sources.health import told_health
from chaintwin.serve.jobs.asking import NAMES
from chaintwin.serve.jobs.job import State
from chaintwin.serve.operating.exposition import Histogram, Metric, Sample
from chaintwin.serve.operating.traffic import BOUNDS, Traffic
from chaintwin.serve.parts import Parts

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def metrics_of(parts: Parts, traffic: Traffic) -> list[Metric | Histogram]:
    """Return all numbers of a server; waits for a disk."""
    return [*_log(parts), *_state(parts), *_jobs(parts), *_sources(parts), *_http(parts, traffic), *_process(parts)]


def _log(parts: Parts) -> list[Metric]:
    health, head = parts.store.health(), parts.store.head()
    found = [
        Metric(
            "chaintwin_events_captured_total",
            "counter",
            "Entries of the log, each an event that was accepted.",
            _one(head.sequence),
        ),
        Metric("chaintwin_log_head", "gauge", "Number of the last entry of the log.", _one(head.sequence)),
        Metric(
            "chaintwin_log_writable",
            "gauge",
            "Whether the log takes events: 1, or 0 where a write failed.",
            _one(health.writable),
        ),
        Metric(
            "chaintwin_captures_refused_total",
            "counter",
            "Documents that were refused as a whole since the start.",
            _one(parts.capturing.refused),
        ),
        Metric("chaintwin_log_queued_records", "gauge", "Records that wait for a commit.", _one(health.queued)),
        Metric(
            "chaintwin_log_refused_total",
            "counter",
            "Appends that were refused since the start, by reason.",
            [({"reason": reason}, float(count)) for reason, count in sorted(health.refused.items())],
        ),
    ]
    if head.sequence:
        (last,) = parts.store.entries_of([head.sequence])
        age = (parts.clock.now() - last.recorded_at) / SECOND
        found.append(Metric("chaintwin_log_age_seconds", "gauge", "Time since the last entry was recorded.", _one(age)))
    return found


def _state(parts: Parts) -> list[Metric]:
    if parts.live is None:
        return []
    behind = max(0, parts.store.head().sequence - parts.live.twin.head)
    failing = bool(parts.live.applying.failure)
    return [
        Metric("chaintwin_state_behind_entries", "gauge", "Entries of the log that the state does not hold yet.", _one(behind)),
        Metric("chaintwin_state_failing", "gauge", "Whether the state cannot be brought up to date: 1 or 0.", _one(failing)),
    ]


def _jobs(parts: Parts) -> list[Metric]:
    counts = Counter((job.kind, job.state.value) for job in parts.scheduler.jobs())
    states: list[Sample] = [
        ({"kind": kind, "state": state.value}, float(counts[kind, state.value])) for kind in NAMES for state in State
    ]
    ended = sorted(parts.scheduler.spent.items())
    return [
        Metric("chaintwin_jobs", "gauge", "Jobs that are kept, by kind and state.", states),
        Metric(
            "chaintwin_jobs_ended_total",
            "counter",
            "Jobs that ended since the start, by kind and how.",
            [({"kind": kind, "state": state}, float(count)) for (kind, state), (count, _) in ended],
        ),
        Metric(
            "chaintwin_jobs_seconds_total",
            "counter",
            "Time that jobs took which ended since the start.",
            [({"kind": kind, "state": state}, seconds) for (kind, state), (_, seconds) in ended],
        ),
        Metric("chaintwin_jobs_warm", "gauge", "Whether a job would begin at once: 1 or 0.", _one(parts.scheduler.is_warm)),
    ]


def _sources(parts: Parts) -> list[Metric]:
    if parts.feeding is None:
        return []
    told = [told_health(one, now=parts.clock.now()) for one in parts.feeding.health()]
    states: list[Sample] = [
        ({"source": one["name"], "state": state.value}, float(one["state"] == state.value))
        for one in told
        for state in SourceState
    ]
    found = [Metric("chaintwin_source_state", "gauge", "How each source is: 1 for the state that it has.", states)]
    for name, words in (
        ("accepted", "Events taken"),
        ("conflict", "Events refused as conflicts"),
        ("rejected", "Rejected content"),
    ):
        samples: list[Sample] = [({"source": one["name"]}, float(one[name])) for one in told]
        found.append(Metric(f"chaintwin_source_{name}_total", "counter", f"{words} of each source since the start.", samples))
    ages: list[Sample] = [({"source": one["name"]}, one["ageSeconds"]) for one in told if one["ageSeconds"] is not None]
    found.append(Metric("chaintwin_source_age_seconds", "gauge", "Time since the last event of each source.", ages))
    return found


def _http(parts: Parts, traffic: Traffic) -> list[Metric | Histogram]:
    rows = [
        ({"method": method, "route": route, "status": str(status)}, counts, traffic.seconds[method, route, status])
        for (method, route, status), counts in sorted(traffic.classes.items())
    ]
    return [
        Histogram("chaintwin_http_seconds", "Time of answers but for streams.", BOUNDS, rows),
        Metric("chaintwin_http_open", "gauge", "Requests and streams that are open.", _one(traffic.open)),
        Metric("chaintwin_http_streams_total", "counter", "Streams that were opened and ended.", _one(traffic.streams)),
        Metric("chaintwin_sessions", "gauge", "Browsers that are signed in.", _one(len(parts.sessions.all()))),
    ]


def _process(parts: Parts) -> list[Metric]:
    samples: list[Sample] = [({"process": "server"}, float(_resident("self")))]
    samples += [({"process": "jobs"}, float(sum(_resident(str(pid)) for pid in parts.scheduler.pids)))]
    return [Metric("chaintwin_resident_bytes", "gauge", "Memory of the server and of the processes of jobs.", samples)]


def _resident(pid: str) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    return 0


def _one(value: float) -> list[Sample]:
    return [({}, float(value))]
