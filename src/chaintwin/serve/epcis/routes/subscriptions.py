"""``/queries/{queryName}/subscriptions``: receivers that get the answers of a query without asking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.clock import text_of
from chaintwin.errors import Finding, InputError
from chaintwin.events.queries import EventQuery
from chaintwin.events.queries.spelling import moment_of_text
from chaintwin.serve.epcis.bodies import checked_fields, json_object
from chaintwin.serve.epcis.headers import answer_headers, check_wanted, discovery_headers, wanted
from chaintwin.serve.epcis.routes.queries import named_query
from chaintwin.serve.parts import parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.subscribing.addresses import AddressError, check_address
from chaintwin.serve.subscribing.kept import (
    Subscription,
    cursor_before,
    new_subscription_id,
    subscription_of,
    subscriptions_kept,
)
from chaintwin.serve.subscribing.schedule import schedule_of

_FIELDS: Mapping[str, tuple[type, bool]] = {
    "dest": (str, True),
    "signatureToken": (str, False),
    "stream": (bool, False),
    "schedule": (dict, False),
    "reportIfEmpty": (bool, False),
    "initialRecordTime": (str, False),
}

router = APIRouter(prefix="/epcis")


@router.options("/queries/{queryName}/subscriptions")
async def discover_subscriptions(request: Request) -> Response:
    """Tell what subscriptions take and give."""
    await named_query(request)
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET, POST", has_events=True))


@router.get("/queries/{queryName}/subscriptions")
async def list_subscriptions(request: Request) -> Response:
    """Return one page of the subscriptions to a query."""
    check_wanted(request)
    query = await named_query(request)
    parts = parts_of(request)
    found = await parts.threads.read(lambda: subscriptions_kept(parts.store))
    page, headers = parts.pages.slice(request, [one for one in found if one.query == query.name])
    return JSONResponse([_document(one) for one in page], headers=answer_headers() | headers)


@router.post("/queries/{queryName}/subscriptions")
async def add_subscription(request: Request) -> Response:
    """Subscribe an address to a query; it is kept when this is answered with 201."""
    epcs = wanted(request).epcs
    query = await named_query(request)
    body = await json_object(request)
    faults = checked_fields(body, wanted=_FIELDS) or controls_faults(body, query.read())
    parts = parts_of(request)
    initial = moment_of_text(body["initialRecordTime"]) if not faults and "initialRecordTime" in body else None
    if "initialRecordTime" in body and not faults and initial is None:
        allowed = "a time with a zone, such as 2026-01-31T09:30:00Z"
        faults.append(Finding("subscription.time", repr(body["initialRecordTime"][:60]), allowed, column="initialRecordTime"))
    if faults:
        raise ProblemError(400, "SubscriptionControlsException", detail=str(faults[0]), findings=faults)
    try:
        check_address(body["dest"], parts.settings.webhook_hosts)
    except AddressError as error:
        raise ProblemError(400, "InvalidURIException", detail=str(error)) from None
    schedule = body.get("schedule")
    subscription = Subscription(
        new_subscription_id(),
        query.name,
        body["dest"],
        body.get("signatureToken", ""),
        None if schedule is None else {name: str(value) for name, value in schedule.items()},
        body.get("reportIfEmpty", False),
        parts.clock.now(),
        epcs.value,
        await parts.threads.read(lambda: cursor_before(parts.store, initial)),
        initial=initial,
    )
    await parts.threads.write(lambda: parts.register.add_subscription(subscription))
    parts.dispatcher.take_up(subscription)
    location = {"Location": f"/epcis/queries/{quote(query.name, safe='')}/subscriptions/{subscription.id}"}
    return JSONResponse(_document(subscription), 201, headers=answer_headers() | location)


@router.options("/queries/{queryName}/subscriptions/{subscriptionID}")
async def discover_subscription(request: Request) -> Response:
    """Tell what a subscription gives."""
    await _subscription(request)
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET, DELETE"))


@router.get("/queries/{queryName}/subscriptions/{subscriptionID}")
async def get_subscription(request: Request) -> Response:
    """Return a subscription, when it last arrived, and why it does not if it does not."""
    check_wanted(request)
    return JSONResponse(_document(await _subscription(request)), headers=answer_headers())


@router.delete("/queries/{queryName}/subscriptions/{subscriptionID}")
async def remove_subscription(request: Request) -> Response:
    """End a subscription."""
    subscription = await _subscription(request)
    await parts_of(request).dispatcher.drop(subscription.id)
    return Response(status_code=204, headers=answer_headers())


def controls_faults(controls: Mapping[str, Any], query: EventQuery) -> list[Finding]:
    """Return what is wrong with when a query is to be run.

    Parameters
    ----------
    controls : ``stream``, ``schedule`` and ``reportIfEmpty``. query : what would be run.
    """
    faults = []
    stream, schedule = controls.get("stream"), controls.get("schedule")
    if (stream is not None) == (schedule is not None):
        found = "both" if stream is not None else "neither"
        fix = "set stream to true to be told at once, or give a schedule"
        faults.append(Finding("subscription.controls", found, "either stream or schedule", fix=fix, column="stream, schedule"))
    if stream is False:
        faults.append(Finding("subscription.stream", "false", "true, or a schedule instead", column="stream"))
    if stream and controls.get("reportIfEmpty"):
        allowed = "with a schedule only; a stream has nothing to tell when nothing comes"
        faults.append(Finding("subscription.empty", "true with stream", allowed, column="reportIfEmpty"))
    if isinstance(schedule, dict):
        try:
            schedule_of(schedule)
        except InputError as error:
            faults += error.findings
    if query.first is not None or query.refused_above is not None:
        allowed = "queries without eventCountLimit and maxEventCount"
        faults.append(Finding("subscription.query", "a query with a count", allowed, column="query"))
    return faults


async def _subscription(request: Request) -> Subscription:
    query = await named_query(request)
    name = unquote(request.path_params["subscriptionID"])
    parts = parts_of(request)
    subscription = await parts.threads.read(lambda: subscription_of(parts.store, name))
    if subscription is None or subscription.query != query.name:
        raise ProblemError(404, "NoSuchResourceException", detail=f"The query has no subscription {name[:100]!r}")
    return subscription


def _document(subscription: Subscription) -> dict[str, Any]:
    document: dict[str, Any] = {
        "subscriptionID": subscription.id,
        "dest": subscription.dest,
        "createdAt": text_of(subscription.created_at),
        "epcFormat": subscription.epcs,
        "minRecordTime": text_of(subscription.cursor[0]),
    }
    if subscription.schedule is None:
        document["stream"] = True
    else:
        document |= {"schedule": subscription.schedule, "reportIfEmpty": subscription.report_if_empty}
    if subscription.initial is not None:
        document["initialRecordTime"] = text_of(subscription.initial)
    if subscription.notified_at:
        document["lastNotifiedAt"] = text_of(subscription.notified_at)
    if subscription.failures:
        document |= {"failures": subscription.failures, "failure": subscription.failure}
    return document
