"""``/api/v1``: what the twin knows, and whether it works."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.clock import SECOND, text_of
from chaintwin.ingest.sources.health import told_health
from chaintwin.serve.answering.conditional import tagged
from chaintwin.serve.answering.parameters import PAGING, bad, check_names, moment, whole
from chaintwin.serve.guarding.principals import principal_of
from chaintwin.serve.live.asking import live_of
from chaintwin.serve.live.changes import ChangeStream, resumed_after
from chaintwin.serve.parts import Live, Parts, parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.store.interface import Store
from chaintwin.twin import LiveState
from chaintwin.twin.telling import told_part, told_rows, told_summary

router = APIRouter(prefix="/api/v1")


@router.get("/health")
async def health(request: Request) -> Response:
    """Tell whether the server works; who shows a token is told how far log and state go, and how sources are."""
    parts = parts_of(request)
    if principal_of(request).role is None:
        return JSONResponse({"status": _status(parts)})
    return JSONResponse(await parts.threads.read(lambda: _health(parts)))


@router.get("/state")
async def state(request: Request) -> Response:
    """Return the state, now or as of a moment: its numbers, one of its tables, or one of its values."""
    parts = parts_of(request)
    live = live_of(parts)
    check_names(request, "at", "known", "table", "path", *PAGING)
    at, known = moment(request, "at"), moment(request, "known")
    table, path = request.query_params.get("table"), request.query_params.get("path")
    size, begin = parts.pages.per_page(request), parts.pages.position(request) or 0
    document, more = await parts.threads.read(
        lambda: _state(parts.store, live, at=at, known=known, table=table, path=path, begin=begin, size=size)
    )
    headers = parts.pages.headers(request, begin + size) if more else {}
    # Ages grow with every second; what they are of is told by the state and by the query.
    of = f"{document['sequence']} {document['hash']} {document.get('behind')} {request.url}"
    return tagged(request, document, headers=headers, of=of)


@router.get("/changes")
async def changes(request: Request) -> Response:
    """Send what each entry of the log changes in the state, as server-sent events."""
    parts = parts_of(request)
    live = live_of(parts)
    check_names(request, "after")
    after = resumed_after(request, head=live.twin.head)
    last = max(live.twin.head, parts.store.head().sequence)
    if after is None or after > last:
        by = "Last-Event-ID" if "last-event-id" in request.headers else "after"
        given = request.headers.get("last-event-id", request.query_params.get("after", ""))
        allowed = f"the number of the last entry that you know, 0 to {last}"
        fix = "a log that was restored to an earlier point goes less far: read the state anew and begin without a number"
        raise ProblemError(400, "ValidationException", detail=f"{by}: found {given[:40]!r}; allowed: {allowed}; fix: {fix}")
    return ChangeStream(
        live.twin, growth=live.growth, threads=parts.threads, after=after, patience=parts.settings.limits.send_seconds
    )


@router.get("/discrepancies")
async def discrepancies(request: Request) -> Response:
    """Return what the state cannot reconcile: events that contradict each other, and names that nothing is known of."""
    parts = parts_of(request)
    live = live_of(parts)
    check_names(request, "at", "known", *PAGING)
    at, known = moment(request, "at"), moment(request, "known")
    rows = await parts.threads.read(lambda: _discrepancies(live.twin.as_of(at, known=known)))
    page, headers = parts.pages.slice(request, rows)
    document = {"member": page, "count": len(rows)}
    return tagged(request, document, headers=headers, of=f"{live.twin.head} {msgspec.json.encode(_without_ages(page))!r}")


@router.get("/proofs/{sequence}")
async def proof(request: Request) -> Response:
    """Return the proof that an entry is in the log, as it was when it had ``size`` entries (RFC 9162)."""
    parts = parts_of(request)
    check_names(request, "size")
    sequence = whole(request.path_params["sequence"], name="sequence")
    size = whole(request.query_params["size"], name="size") if "size" in request.query_params else None
    return tagged(request, await parts.threads.read(lambda: _proof(parts, sequence, size=size)))


def _status(parts: Parts) -> str:
    return "running" if parts.store.health().writable else "read-only"


def _health(parts: Parts) -> dict[str, Any]:
    found, head = parts.store.health(), parts.store.head()
    document: dict[str, Any] = {
        "status": _status(parts),
        "log": {
            "sequence": head.sequence,
            "root": head.root.hex(),
            "writable": found.writable,
            "reason": found.reason,
            "queued": found.queued,
            "refused": found.refused,
        },
    }
    now = parts.clock.now()
    if head.sequence:
        (last,) = parts.store.entries_of([head.sequence])
        document["log"] |= {"recordedAt": text_of(last.recorded_at), "ageSeconds": (now - last.recorded_at) / SECOND}
    if parts.live is not None:
        twin = parts.live.twin
        sequence = twin.head
        document["state"] = {"sequence": sequence, "hash": twin.hash(), "behind": head.sequence - sequence}
        if parts.live.applying.failure:
            document["state"]["failure"] = parts.live.applying.failure
    if parts.feeding is not None:
        document["sources"] = [told_health(one, now=now) for one in parts.feeding.health()]
    return document


def _state(
    store: Store, live: Live, *, at: int | None, known: int | None, table: str | None, path: str | None, begin: int, size: int
) -> tuple[dict[str, Any], bool]:
    found = live.twin.as_of(at, known=known)
    document: dict[str, Any] = {"time": text_of(found.time), "sequence": found.head, "hash": found.hash()}
    if at is None and known is None:
        document["behind"] = max(0, store.head().sequence - found.head)
    if path is not None:
        described = found.described(path)
        parts = {name: getattr(described, name) for name in ("reported", "desired", "predicted")}
        if not any(parts.values()):
            raise ProblemError(404, "NoSuchResourceException", detail=f"Nothing is known of {path[:200]!r}")
        return document | {"path": path} | {name: told_part(part) for name, part in parts.items() if part is not None}, False
    tables = found.tables()
    if table is None:
        return document | {
            "summary": told_summary(found),
            "tables": {name: frame.height for name, frame in tables.items()},
        }, False
    if table not in tables:
        raise bad("table", found=repr(table[:60]), allowed=", ".join(tables))
    rows = told_rows(tables[table].slice(begin, size))
    return document | {"table": table, "count": tables[table].height, "rows": rows}, begin + size < tables[table].height


def _without_ages(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "ageSeconds"} for row in rows]


def _discrepancies(found: LiveState) -> list[dict[str, Any]]:
    kinds = (("discrepancy", "discrepancy"), ("unknown", "unknown"))
    return [{"kind": kind} | row for kind, family in kinds for row in told_rows(found.frame(family))]


def _proof(parts: Parts, sequence: int, *, size: int | None) -> dict[str, Any]:
    head = parts.store.head()
    if not 1 <= sequence <= head.sequence:
        raise ProblemError(404, "NoSuchResourceException", detail=f"The log has entries 1 to {head.sequence}")
    upto = head.sequence if size is None else size
    if not sequence <= upto <= head.sequence:
        raise bad("size", found=str(upto), allowed=f"{sequence} to {head.sequence}")
    (entry,) = parts.store.entries_of([sequence])
    path = parts.store.proof(sequence, size=upto)
    disclosed = parts.store.disclose(sequence)
    return {
        "sequence": sequence,
        "key": entry.key,
        "size": upto,
        "root": head.root.hex() if upto == head.sequence else None,
        "leaf": entry.leaf.hex(),
        "path": [node.hex() for node in path],
        "digests": {name: base64.b64encode(digest).decode() for name, (_, digest) in disclosed.items()},
    }
