"""Projects that name sources of events, for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaintwin.clock import SystemClock
from chaintwin.ingest.sources.configured import ConfiguredSource, configured_sources
from chaintwin.ingest.sources.feeding import Feeding, Manner
from chaintwin.store.log.store import LogStore
from tests.ingest.connectors.sources import event


def project(folder: Path, text: str) -> Path:
    """Write a project file with these sources, and nothing else of a project."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chaintwin.toml").write_text('name = "mine"\n' + text)
    return folder


def drop(folder: Path, numbers: Sequence[int], *, name: str = "events.jsonl", **fields: Any) -> Path:
    """Write events as one a line into a folder, complete from the first moment on."""
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f"{name}.part"
    half.write_text("".join(json.dumps({**event(number), **fields}) + "\n" for number in numbers))
    return half.rename(folder / name)


def feeding_of(place: Path, store: LogStore, *, notes: list[tuple[str, str]] | None = None, **manner: Any) -> Feeding:
    """Return what takes the sources of a project into a store."""
    sources: tuple[ConfiguredSource, ...] = configured_sources(place)
    told = notes if notes is not None else []
    return Feeding(
        sources, store=store, clock=SystemClock(), manner=Manner(**manner), note=lambda name, text: told.append((name, text))
    )


def keys_of(store: LogStore) -> list[str]:
    """Return the keys of all entries of a log."""
    return [entry.key for entry in store.entries(limit=100_000)]
