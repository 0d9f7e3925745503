"""Valid documents of all kinds of events, to be spoiled."""

from __future__ import annotations

from typing import Any

from chaintwin.events.vocabulary import NAMESPACE
from tests.serve.documents import CONTEXT, document, event

EPC = "urn:epc:id:sgtin:0614141.107346."
CLASS = "urn:epc:class:lgtin:0614141.107346.L1"
WHERE = {"readPoint": {"id": "urn:epc:id:sgln:0614141.00777.0"}, "bizLocation": {"id": "urn:epc:id:sgln:0614141.00888.0"}}


def events() -> list[dict[str, Any]]:
    """Return an event of each type that EPCIS has, with nearly every field that there is."""
    shipped = event(
        1,
        **WHERE,
        disposition="in_transit",
        quantityList=[{"epcClass": CLASS, "quantity": 20.5, "uom": "KGM"}],
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"}],
        sourceList=[{"type": "possessing_party", "source": "urn:epc:id:pgln:0614141.00777"}],
        destinationList=[{"type": "location", "destination": "urn:epc:id:sgln:0614141.00999.0"}],
        persistentDisposition={"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
    )
    made = event(
        2, action="ADD", bizStep="commissioning", ilmd={"ct:made_at": "2026-02-01T00:00:00Z", "ct:grade": {"ct:a": [1, "b"]}}
    )
    measured = event(
        3,
        bizStep="sensor_reporting",
        sensorElementList=[
            {
                "sensorMetadata": {"time": "2026-03-01T00:00:00Z", "deviceID": "urn:epc:id:giai:4000001.111"},
                "sensorReport": [{"type": "Temperature", "value": 26.0, "uom": "CEL", "minValue": 20.0, "maxValue": 30.0}],
            }
        ],
    )
    packed = event(
        4,
        type="AggregationEvent",
        action="ADD",
        bizStep="packing",
        epcList=None,
        parentID="urn:epc:id:sscc:0614141.1234567890",
        childEPCs=[f"{EPC}20", f"{EPC}21"],
        childQuantityList=[{"epcClass": CLASS, "quantity": 3}],
    )
    turned = event(
        5,
        type="TransformationEvent",
        action=None,
        bizStep="commissioning",
        epcList=None,
        inputEPCList=[f"{EPC}20"],
        outputQuantityList=[{"epcClass": CLASS, "quantity": 4.0, "uom": "KGM"}],
        transformationID="urn:epc:id:gdti:0614141.06012.1234",
    )
    bound = event(
        6,
        type="AssociationEvent",
        action="ADD",
        bizStep="assembling",
        epcList=None,
        parentID="urn:epc:id:grai:0614141.12345.1",
        childEPCs=[f"{EPC}22"],
    )
    ordered = event(
        7,
        type="TransactionEvent",
        action="ADD",
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:example:po:9"}],
    )
    wrong = event(
        1,
        errorDeclaration={
            "declarationTime": "2026-03-02T00:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:x:1"],
        },
    )
    return [shipped, made, measured, packed, turned, bound, ordered, wrong]


def own_events() -> list[dict[str, Any]]:
    """Return events of our own namespace."""
    place = {
        "action": None,
        "bizStep": None,
        "epcList": None,
        "readPoint": None,
        "bizLocation": {"id": "urn:chaintwin:v1:site:retailer"},
    }
    beer = [{"epcClass": "urn:chaintwin:v1:product:beer", "quantity": 4}]
    ends = {
        "sourceList": [{"type": "location", "source": "urn:chaintwin:v1:site:brewery"}],
        "destinationList": [{"type": "location", "destination": "urn:chaintwin:v1:site:retailer"}],
    }
    return [
        event(
            10,
            **place
            | {"type": "ct:OrderPlaced", "ct:order": "o-1", "quantityList": beer, "ct:due_at": "2026-03-09T00:00:00Z"}
            | ends,
        ),
        event(11, **place | {"type": "ct:DemandPlaced", "quantityList": beer, "ct:customer": "all"}),
        event(12, **place | {"type": "ct:EquipmentChanged", "ct:resource": "press", "ct:share": 0.5, "ct:status": "slow"}),
        event(13, **place | {"type": "ct:MoneyMoved", "ct:account": "a", "ct:amount": -5.25, "ct:currency": "EUR"}),
        event(
            14,
            **place
            | {
                "type": "ct:PlanSet",
                "ct:path": "cash/a/EUR",
                "ct:value": 3,
                "ct:at": "2026-03-09T00:00:00Z",
                "ct:kind": "desired",
            },
        ),
    ]


def documents() -> list[dict[str, Any]]:
    """Return documents, single events and a list of events."""
    ours = [CONTEXT, {"ct": NAMESPACE}]
    known = events()
    singles = [{"@context": ours, **one} for one in (*known, *own_events())]
    return [
        *(document(one, context=ours) for one in (*known, *own_events())),
        document(*known[:3], context=ours),
        document(*own_events(), context=ours),
        *singles,
    ]


def refused_documents() -> list[dict[str, Any]]:
    """Return the same with an event that no schema takes beside the others: refused whatever else happens to them."""
    found = []
    for one in documents():
        if "epcisBody" in one:
            found.append(one | {"epcisBody": {"eventList": [*one["epcisBody"]["eventList"], event(9, action="SHIPPED")]}})
        else:
            found.append(one | {"eventTime": "2026-02-30T00:00:00Z"})
    return found


REFUSED_QUERY = {
    "name": "refused",
    "query": {"EQ_action": ["SHIPPED"], "EQ_bizStep": ["shipping"], "GE_eventTime": "2026-03-01T00:00:00Z"},
}
REFUSED_SUBSCRIPTION = {"dest": "http://other.example/hook", "stream": True, "signatureToken": "secret-of-the-receiver"}

QUERIES: tuple[dict[str, Any], ...] = (
    {
        "name": "shipped",
        "query": {
            "EQ_bizStep": ["shipping"],
            "GE_eventTime": "2026-03-01T00:00:00Z",
            "eventCountLimit": 5,
            "orderBy": "eventTime",
        },
    },
    {"name": "cold", "query": {"LT_value": 5, "EQ_type": ["Temperature"], "MATCH_epc": ["urn:epc:idpat:sgtin:0614141.*.*"]}},
    {"name": "ours", "query": {"eventType": ["ct:OrderPlaced"], "EQ_ct:order": ["o-1"], "EXISTS_ct:due_at": ""}},
)
"""Bodies of named queries."""

SUBSCRIPTIONS: tuple[dict[str, Any], ...] = (
    {"dest": "http://127.0.0.1:9/hook", "stream": True, "signatureToken": "secret-of-the-receiver"},
    {"dest": "http://localhost:9/", "schedule": {"second": "0", "minute": "*", "hour": "1-5"}, "reportIfEmpty": False},
    {"dest": "https://127.0.0.1:9/hook", "stream": True, "initialRecordTime": "2026-03-01T00:00:00Z"},
)
"""Bodies of subscriptions."""

TARGETS = (
    *(
        "/epcis/events?EQ_bizStep=shipping&perPage=2",
        "/epcis/events?MATCH_epc=urn:epc:id:sgtin:0614141.107346.1&eventCountLimit=3",
    ),
    "/epcis/events?GE_eventTime=2026-03-01T00:00:00Z&LT_recordTime=2026-04-01T00:00:00Z&orderBy=eventTime&orderDirection=ASC",
    "/epcis/events?EQ_disposition=in_transit&EQ_source_possessing_party=urn:epc:id:pgln:0614141.00777&perPage=1&nextPageToken=abcd",
    *(
        "/epcis/events?GE_quantity=5&EQ_type=Temperature&LT_value_CEL=4&perPage=1",
        "/epcis/events?EQ_INNER_ilmd_ct:grade=1&EXISTS_ct:x=",
    ),
    *(
        "/epcis/epcs?perPage=2",
        "/epcis/epcs/urn%3Aepc%3Aid%3Asgtin%3A0614141.107346.1/events?perPage=1",
        "/epcis/bizSteps/shipping/events?perPage=1",
    ),
    *(
        "/epcis/eventTypes/ObjectEvent/events?perPage=1&eventCountLimit=1",
        "/epcis/readPoints?nextPageToken=AAAA",
        "/epcis/capture?perPage=2",
    ),
    *(
        "/epcis/capture/0006480e5f8b4d4a0123456789ab",
        "/epcis/events/ni%3A%2F%2F%2Fsha-256%3B00%3Fver%3DCBV2.0",
        "/epcis/queries?perPage=2",
    ),
    *(
        "/epcis/queries/known",
        "/epcis/queries/known/events?perPage=1",
        "/epcis/queries/known/subscriptions/x",
        "/epcis/nextPageToken/abc",
    ),
    *(
        "/api/v1/state?at=2026-03-01T00:00:10Z&known=2030-03-01T00:00:00Z",
        "/api/v1/state?table=stock&perPage=2",
        "/api/v1/state?path=cash/a/EUR",
    ),
    *(
        "/api/v1/discrepancies?perPage=1&at=2026-03-01T00:00:10Z",
        "/api/v1/proofs/1?size=1",
        "/api/v1/health",
        "/api/v1/network",
        "/api/v1/network/routes",
        "/openapi.json",
        "/",
    ),
)
"""Paths with parameters that are answered."""
