"""Changes of the state as server-sent events: numbered, resumable, and never more in memory than one reader takes."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import Send

from chaintwin.clock import text_of
from chaintwin.serve.answering.streaming import HEARTBEAT_SECONDS, EventStream
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.threads import Threads
from chaintwin.twin import Change, Twin
from chaintwin.twin.cells import Value
from chaintwin.twin.telling import told_cell

BATCH = 200
"""Changes that are sent at one time."""

FAR_BATCH = 2_000
"""Changes that are read at one time by who is so far behind: old ones are worked out again, and the way there is long."""


KEPT = 2_048
"""Events of late that are kept for the readers who follow at the same time, each a kilobyte or so."""


class Told:
    """Changes as events of a stream, those of late made once for all who follow; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[Change, bytes]] = OrderedDict()

    def events(self, changes: Sequence[Change], *, is_kept: bool) -> list[bytes]:
        """Return the events of changes.

        Parameters
        ----------
        is_kept : whether others will want the same; changes that are worked out again for one reader are told to nobody else.
        """
        if not is_kept:
            return [_event(change) for change in changes]
        with self._lock:
            known = [self._kept.get(change.sequence) for change in changes]
        # The same entry may be told alone to one reader and with others to another one.
        events = [
            there[1] if there is not None and there[0] is change else _event(change)
            for change, there in zip(changes, known, strict=True)
        ]
        with self._lock:
            for change, event in zip(changes, events, strict=True):
                self._kept[change.sequence] = change, event
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return events


class ChangeStream(EventStream):
    """Sends what each entry of the log changed, until the reader goes away.

    A reader that had caught up and then falls so far behind that the changes are no more at hand is told them as one, to read the
    state anew: led through them one by one it would hold up what it waits for. Whoever begins far behind gets each of them.

    Parameters
    ----------
    told : makes the events. after : number of the last entry whose change the reader has.
    patience : seconds that a reader has to take one batch; who is slower is cut off and resumes where it was.
    """

    def __init__(
        self,
        twin: Twin,
        *,
        growth: Growth,
        threads: Threads,
        told: Told,
        after: int,
        patience: float,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        super().__init__(patience=patience)
        self._twin, self._growth, self._threads, self._told = twin, growth, threads, told
        self._after = after
        self._heartbeat = heartbeat

    async def send_all(self, send: Send) -> None:
        """Send what is there, and then what comes."""
        await self.put(send, b"retry: 2000\n: chaintwin\n\n")
        after = self._after
        has_caught_up = False
        while True:
            has_caught_up = has_caught_up or self._growth.number - after <= BATCH
            if await self._growth.beyond(after, within=self._heartbeat) <= after:
                await self.put(send, b": still here\n\n")
                continue
            behind = self._growth.number - after
            limit = BATCH if behind < FAR_BATCH else FAR_BATCH
            is_lost = has_caught_up and behind > self._twin.sizes.changes
            ask = partial(self._twin.together, after) if is_lost else partial(self._twin.changes, after, limit=limit)
            changes = await self._threads.read(ask)
            if not changes:
                await asyncio.sleep(0.05)
                continue
            for place in range(0, len(changes), BATCH):
                # Only what goes out next is made: of many readers who are far behind each would hold all of its own.
                make = partial(self._told.events, changes[place : place + BATCH], is_kept=limit == BATCH)
                await self.put(send, b"".join(await self._threads.read(make)))
            after = changes[-1].sequence


def change_document(change: Change) -> dict[str, Any]:
    """Return the JSON of a change."""
    document: dict[str, Any] = {"sequence": change.sequence, "event": change.key, "occurredAt": text_of(change.occurred_at)}
    if change.entries > 1:
        document["entries"] = change.entries
    if change.is_reprojected:
        return document | {"reprojected": True}
    return document | {"cells": [_cell(path, before, after) for path, before, after in change.cells]}


def resumed_after(request: Request, *, head: int) -> int | None:
    """Return the number of the last entry whose change a reader has; ``head`` for a new one, None for what is no number."""
    text = request.headers.get("last-event-id", request.query_params.get("after"))
    if text is None:
        return head
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _event(change: Change) -> bytes:
    return b"id: %d\nevent: change\ndata: %s\n\n" % (change.sequence, msgspec.json.encode(change_document(change)))


def _cell(path: str, before: Value | None, after: Value | None) -> dict[str, Any]:
    family = path.partition("/")[0]
    return {"path": path, "before": told_cell(family, before), "after": told_cell(family, after)}
