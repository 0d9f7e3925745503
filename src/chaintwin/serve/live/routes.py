"""``/api/v1``: what the twin knows, and whether it works."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.clock import SECOND, text_of
from chaintwin.ingest.sources.health import told_health
from chaintwin.serve.answering.conditional import is_known, tagged
from chaintwin.serve.answering.parameters import PAGING, bad, check_names, chosen, moment, whole
from chaintwin.serve.guarding.principals import principal_of
from chaintwin.serve.live.asking import live_of
from chaintwin.serve.live.changes import ChangeStream, resumed_after
from chaintwin.serve.live.sites import measured_at, site_document
from chaintwin.serve.parts import Parts, parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.store.interface import Search
from chaintwin.twin import LiveState
from chaintwin.twin.showing import TABLES
from chaintwin.twin.telling import told_part, told_rows, told_summary

TABLES_MAX = 12
"""Tables of one answer."""

_RUN = secrets.token_hex(8)
"""Tells this run of the server from any other, whose log may have been another one up to the same entry."""

router = APIRouter(prefix="/api/v1")


@router.get("/health")
async def health(request: Request) -> Response:
    """Tell whether the server works; who shows a token is told how far log and state go, and how sources are."""
    parts = parts_of(request)
    if principal_of(request).role is None:
        return JSONResponse({"status": _status(parts)})
    is_hashed = _is_hashed(request)
    return JSONResponse(await parts.threads.read(lambda: _health(parts, is_hashed=is_hashed)))


@router.get("/state")
async def state(request: Request) -> Response:
    """Return the state, now or as of a moment: its numbers, tables of it, one of its values, or all of one site."""
    parts = parts_of(request)
    live = live_of(parts)
    check_names(request, "at", "known", "hash", *_QUESTIONS, *PAGING)
    given = [name for name in _QUESTIONS if name in request.query_params]
    if len(given) > 1:
        raise bad(given[1], found=f"it beside {given[0]}", allowed=f"one of {', '.join(_QUESTIONS)}")
    at, known = moment(request, "at"), moment(request, "known")
    tables, is_hashed = _tables(request), _is_hashed(request)
    size, begin = parts.pages.per_page(request), parts.pages.position(request) or 0

    def answered() -> tuple[dict[str, Any], bool, str]:
        found = live.twin.as_of(at, known=known)
        document: dict[str, Any] = {"time": text_of(found.time), "sequence": found.head}
        if at is None and known is None:
            document["behind"] = max(0, parts.store.head().sequence - found.head)
        # Ages grow with every second; what they are of is told by the entry of the log that the state goes to, and by the query.
        of = f"{_RUN} {found.head} {document.get('behind')} {request.url}"
        if "site" in given:
            # How far it is to be trusted is measured without an entry of the log.
            of += f" {measured_at(parts.store)}"
        if is_known(request, of=of):
            # Nothing of it is sent again, so nothing is worked out but whether there is a next page.
            return document, any(begin + size < _height(found, name) for name in tables), of
        if is_hashed:
            document["hash"] = found.hash()
        if "path" in given:
            return document | _value(found, request.query_params["path"]), False, of
        if "site" in given:
            return document | site_document(found, request.query_params["site"], store=parts.store), False, of
        if not tables:
            return document | _numbers(found, parts, is_hashed=is_hashed), False, of
        rows, more = _rows(found, tables, page=_Page(begin, size))
        return document | rows, more, of

    document, more, of = await parts.threads.read(answered)
    headers = parts.pages.headers(request, begin + size) if more else {}
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
        live.twin,
        growth=live.growth,
        threads=parts.threads,
        told=live.told,
        after=after,
        patience=parts.settings.limits.send_seconds,
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


def _is_hashed(request: Request) -> bool:
    """Tell whether the hash of the state is asked for, which goes over all of it."""
    return chosen(request, "hash", among=("true", "false")) != "false"


def _health(parts: Parts, *, is_hashed: bool) -> dict[str, Any]:
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
        document["state"] = {"sequence": sequence, "behind": head.sequence - sequence}
        if is_hashed:
            document["state"]["hash"] = twin.hash()
        if parts.live.applying.failure:
            document["state"]["failure"] = parts.live.applying.failure
    if parts.feeding is not None:
        document["sources"] = [told_health(one, now=now) for one in parts.feeding.health()]
    return document


_QUESTIONS = ("table", "path", "site")
"""Parameters that say what is asked of the state, one at a time."""


@dataclass(frozen=True, slots=True)
class _Page:
    begin: int
    size: int


def _tables(request: Request) -> list[str]:
    """Return the tables that are asked for, none where nothing is said."""
    if "table" not in request.query_params:
        return []
    names = request.query_params["table"].split(",")
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise bad("table", found=repr(unknown[0][:60]), allowed=", ".join(TABLES))
    if len(names) > TABLES_MAX or len(set(names)) < len(names):
        raise bad("table", found=f"{len(names)} tables", allowed=f"up to {TABLES_MAX} different ones, by commas")
    return names


def _value(found: LiveState, path: str) -> dict[str, Any]:
    described = found.described(path)
    parts = {name: getattr(described, name) for name in ("reported", "desired", "predicted")}
    if not any(parts.values()):
        raise ProblemError(404, "NoSuchResourceException", detail=f"Nothing is known of {path[:200]!r}")
    return {"path": path} | {name: told_part(part) for name, part in parts.items() if part is not None}


def _numbers(found: LiveState, parts: Parts, *, is_hashed: bool) -> dict[str, Any]:
    """Return how much there is, and since when."""
    first = parts.store.find(Search(upto=found.head), limit=1) if found.head else []
    summary = told_summary(found, is_hashed=is_hashed) | {"first": text_of(first[0][0]) if first else None}
    return {"summary": summary, "tables": {name: _height(found, name) for name in TABLES}}


def _height(found: LiveState, table: str) -> int:
    """Return how many rows a table has, without making it."""
    return sum(len(found.cells[family].cells) for family in TABLES[table])


def _rows(found: LiveState, names: list[str], *, page: _Page) -> tuple[dict[str, Any], bool]:
    """Return rows of tables, and whether any of them has more; one table stands by itself, several stand by their names."""
    tables = found.tables(*names)
    end = page.begin + page.size
    counts = {name: frame.height for name, frame in tables.items()}
    rows = {name: told_rows(frame.slice(page.begin, page.size)) for name, frame in tables.items()}
    more = any(end < count for count in counts.values())
    if len(names) > 1:
        return {"counts": counts, "tables": rows}, more
    return {"table": names[0], "count": counts[names[0]], "rows": rows[names[0]]}, more


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
