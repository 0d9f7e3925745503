"""``/api/v1/fidelity`` and ``/api/v1/parameters``: what was measured last, and every version of parameters with its verdict."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chaintwin.clock import text_of
from chaintwin.serve.answering.conditional import tagged
from chaintwin.serve.answering.parameters import PAGING, check_names
from chaintwin.serve.live.asking import live_of
from chaintwin.serve.parts import parts_of
from chaintwin.store.interface import Store

router = APIRouter(prefix="/api/v1")


@router.get("/fidelity")
async def tell_fidelity(request: Request) -> Response:
    """Return what was measured last of how far the twin is to be trusted; without a score where nothing was yet."""
    check_names(request)
    parts = parts_of(request)
    live_of(parts)
    return tagged(request, await parts.threads.read(lambda: fidelity_document(parts.store)))


@router.get("/parameters")
async def list_parameters(request: Request) -> Response:
    """Return the versions of parameters, the latest first, and which one is in force now."""
    check_names(request, *PAGING)
    parts = parts_of(request)
    live = live_of(parts)
    members, used = await parts.threads.read(lambda: _versions(parts.store, live.twin.now().latest))
    page, headers = parts.pages.slice(request, members)
    return tagged(request, {"member": page, "count": len(members), "inForce": used}, headers=headers)


def fidelity_document(store: Store) -> dict[str, Any]:
    """Return the summary of the last measurement as JSON has it.

    Parameters
    ----------
    store : the log that it is kept with.
    """
    from chaintwin.fidelity.reporting.kept import kept_summary

    found = kept_summary(store)
    if found is None:
        return {"measuredAt": None, "until": None, "parameters": None, "score": None, "parts": {}, "coverage": []} | {
            "sites": {},
            "lanes": {},
            "points": {},
            "alarms": 0,
            "drifted": [],
            "backcasts": 0,
        }
    return {
        "measuredAt": text_of(found.measured_at),
        "until": text_of(found.until),
        "parameters": found.parameters or None,
        "score": found.score,
        "parts": found.parts,
        "coverage": [
            {"horizon": one.horizon, "inside": one.inside, "forecasts": one.forecasts, "origins": one.origins}
            for one in found.coverage
        ],
        "sites": found.sites,
        "lanes": found.lanes,
        "points": found.points,
        "alarms": found.alarms,
        "drifted": [
            {
                "kind": one.kind,
                "name": one.name,
                "since": None if one.since is None else text_of(one.since),
                "expected": one.expected,
                "found": one.found,
                "seen": one.seen,
            }
            for one in found.drifted
        ],
        "backcasts": found.backcasts,
    }


def _versions(store: Store, latest: int | None) -> tuple[list[dict[str, Any]], str | None]:
    from chaintwin.fidelity.versions.shelf import in_force, kept_versions

    used = in_force(store, latest) if latest is not None else None
    members = [
        {
            "version": one.id,
            "parent": one.parent,
            "madeAt": text_of(one.made_at),
            "recordedAt": text_of(one.recorded_at),
            "isAccepted": one.accepted,
            "parameters": one.parameters,
            "note": one.note,
            "reason": one.reason,
        }
        for one in kept_versions(store)[::-1]
    ]
    return members, None if used is None else used.id
