"""EPCIS JSON written as XML: the published schema accepts it, and it comes back the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.events.contexts import CONTEXT_ADDRESS
from chaintwin.events.identity.prehash import prehash
from chaintwin.events.xml import read_xml, write_xml
from chaintwin.events.xml.rules.editions import EVENTS
from tests.events.test_xml_reading import differences, events_of, ids_of, plain
from tests.events.test_xml_rules import MASTER_2_0, RARE_1_2, RARE_2_0
from tests.oracles.published_schema import is_valid, why_invalid
from tests.shared_data import shared_path, shared_root
from tests.sizes import scaled


def valid_documents() -> list[Any]:
    """Return parameters for the published JSON documents that are valid."""
    path = shared_root() / "epcis" / "MANIFEST.json"
    if not path.exists():
        mark = pytest.mark.skip(reason=f"needs shared data: epcis is not under {shared_root()}")
        return [pytest.param("", marks=mark, id="absent")]
    manifest = json.loads(path.read_text(encoding="utf-8"))
    names = [name for name, about in manifest.items() if name.endswith(("json", "jsonld")) and about.get("schema_2_0_1_valid")]
    return [pytest.param(name, id=name) for name in names]


@pytest.mark.parametrize("name", valid_documents())
def test_write_xml__published_documents_come_back(name: str) -> None:
    document = json.loads(shared_path(f"epcis/{name}").read_bytes())
    body = write_xml(document)
    assert is_valid(body), why_invalid(body)
    read = read_xml(body)
    assert ids_of(read) == ids_of(document)
    for (one, before), (other, after) in zip(events_of(read), events_of(document), strict=True):
        assert differences(plain(one, before), plain(other, after)) == []
    if "epcisBody" in document:
        kept = ("id", "creationDate", "sender", "receiver", "instanceIdentifier", "epcisHeader")
        assert {key: read.get(key) for key in kept} == {key: document.get(key) for key in kept}


@pytest.mark.parametrize("body", [RARE_2_0, RARE_1_2, MASTER_2_0], ids=["2.0", "1.2", "master data"])
def test_write_xml__rare_things_come_back(body: bytes) -> None:
    read = read_xml(body)
    again = write_xml(read)
    assert is_valid(again), why_invalid(again)
    assert read_xml(again) == read


WORDS = st.text(alphabet="abcXYZ019 -_/ä€<&\"'\n\t\x01", max_size=8)
LOCALS = st.text(alphabet="abXY0_-./ä ", min_size=1, max_size=5)
NAMES = st.builds("{}:{}".format, st.sampled_from(["example", "other", "cbvmda", "https://full.example/"]), LOCALS)
SCALARS = st.one_of(WORDS, st.booleans(), st.integers(-(10**6), 10**6), st.floats(-1e9, 1e9, allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3),
        st.dictionaries(NAMES | LOCALS, inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
URIS = st.sampled_from(["urn:epc:id:sgtin:4012345.011111.9876", "https://example.org/a?b=c#d", "urn:epc:id:sgln:4012345.00005.0"])
TIMES = st.sampled_from(
    ["2026-01-31T12:00:00Z", "2026-01-31t12:00:00.123456789z", "2016-12-31T23:59:60Z", "2026-01-31T12:00:00+18:00"]
)
QUANTITIES = st.lists(
    st.fixed_dictionaries(
        {"epcClass": URIS}, optional={"quantity": st.floats(0, 1e22) | st.just(1e-9), "uom": st.sampled_from(["KGM", "LTR"])}
    ),
    min_size=1,
    max_size=2,
)
REPORTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["Temperature", "gs1:MT-Temperature", "example:own"])},
    optional={
        "value": st.floats(-1e300, 1e300),
        "booleanValue": st.booleans(),
        "stringValue": WORDS,
        "hexBinaryValue": st.sampled_from(["f0", "f0f"]),
        "time": TIMES,
        "component": st.sampled_from(["x", "example:y"]),
        "exception": st.just("ALARM_CONDITION"),
        "bizRules": URIS,
        "example:more": VALUES,
    },
)
SENSORS = st.lists(
    st.fixed_dictionaries(
        {"sensorReport": st.lists(REPORTS, min_size=1, max_size=2)},
        optional={
            "sensorMetadata": st.fixed_dictionaries({"time": TIMES}, optional={"other:more": VALUES}),
            "example:own": VALUES,
        },
    ),
    min_size=1,
    max_size=2,
)
PLACES = st.builds(lambda uri, more: {"id": uri, **more}, URIS, st.dictionaries(NAMES, VALUES, max_size=1))
OBJECTS = st.lists(URIS, max_size=3, unique=True)
COMMON: dict[str, Any] = {
    "eventID": URIS,
    "recordTime": TIMES,
    "certificationInfo": URIS | st.lists(URIS, min_size=2, max_size=3),
    "errorDeclaration": st.builds(
        lambda time, more: {"declarationTime": time, "reason": "did_not_occur", "correctiveEventIDs": ["urn:a:b"], **more},
        TIMES,
        st.dictionaries(NAMES, VALUES, max_size=1),
    ),
    "bizStep": st.sampled_from(["shipping", "https://example.org/step"]),
    "disposition": st.just("in_transit"),
    "readPoint": PLACES,
    "bizLocation": PLACES,
    "sourceList": st.just([{"type": "owning_party", "source": "urn:a:b"}]),
    "destinationList": st.just([{"type": "https://example.org/kind", "destination": "urn:a:b"}]),
    "sensorElementList": SENSORS,
    "persistentDisposition": st.just({"set": ["in_transit"], "unset": ["damaged", "unknown"]}),
}
DEALS = {"bizTransactionList": st.just([{"bizTransaction": "urn:a:b"}, {"type": "po", "bizTransaction": "urn:a:c"}])}
ACTION: dict[str, Any] = {"action": st.sampled_from(["ADD", "OBSERVE", "DELETE"])}
PARENT = {"parentID": URIS}
MASTER = {"ilmd": st.dictionaries(NAMES, VALUES, max_size=2)}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ObjectEvent": (ACTION, {"epcList": OBJECTS, "quantityList": QUANTITIES, **DEALS, **MASTER}),
    "AggregationEvent": (ACTION, {**PARENT, "childEPCs": OBJECTS, "childQuantityList": QUANTITIES, **DEALS}),
    "AssociationEvent": ({**ACTION, **PARENT}, {"childEPCs": OBJECTS, "childQuantityList": QUANTITIES, **DEALS}),
    "TransactionEvent": ({**ACTION, **DEALS}, {**PARENT, "epcList": OBJECTS, "quantityList": QUANTITIES}),
    "TransformationEvent": (
        {},
        {
            "inputEPCList": OBJECTS,
            "inputQuantityList": QUANTITIES,
            "outputEPCList": OBJECTS,
            "outputQuantityList": QUANTITIES,
            "transformationID": URIS,
            **DEALS,
            **MASTER,
        },
    ),
}


TYPES = [*EVENTS, "example:OwnEvent", "example:own/Event 1", "https://full.example/: /Own"]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    events = []
    for kind in draw(
        st.lists(
            st.sampled_from([*EVENTS, "example:OwnEvent", "example:own/Event 1", "https://full.example/: /Own"]),
            min_size=1,
            max_size=3,
        )
    ):
        needed, optional = KINDS.get(kind, (ACTION, {"epcList": OBJECTS, "quantityList": QUANTITIES}))
        event = draw(st.fixed_dictionaries({"eventTime": TIMES, **needed}, optional={**COMMON, **optional}))
        events.append(
            {"type": kind, "eventTimeZoneOffset": "+01:00", **event, **draw(st.dictionaries(NAMES, VALUES, max_size=2))}
        )
    context = [CONTEXT_ADDRESS, {"example": "https://ns.example.com/", "other": "urn:other:names:"}]
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
        "epcisBody": {"eventList": events},
    }


@given(documents())
@settings(max_examples=scaled(ci=150, full=5_000))
def test_write_xml__any_document_is_valid_and_means_the_same(document: dict[str, Any]) -> None:
    shared_path("epcis")
    body = write_xml(document)
    assert is_valid(body), why_invalid(body)
    assert texts_of(read_xml(body)) == texts_of(document)


def texts_of(read: dict[str, Any]) -> list[str]:
    """Return what the hash ids of the events of a document are made of."""
    return [prehash(event, prefixes).text for event, prefixes in events_of(read)]


def test_write_xml__own_fields_keep_their_types() -> None:
    own = {
        "ct:order": "0042",
        "ct:position": [8.5, 47.25],
        "ct:only": [1],
        "ct:state": {"a": [1, "1", None, True, {"b": []}]},
        "ct:present": False,
        "ct:price": 12.5,
    }
    event = {"type": "ct:OrderPlaced", "eventTime": "2026-01-01T00:00:00Z", "eventTimeZoneOffset": "+00:00", **own}
    body = write_xml({"@context": [CONTEXT_ADDRESS, {"ct": "urn:chaintwin:v1:"}], **event})
    assert is_valid(body), why_invalid(body)
    read, prefixes = events_of(read_xml(body))[0]
    assert prefixes["ct"] == "urn:chaintwin:v1:"
    assert read == event


def test_write_xml__a_prefix_of_one_event_stays_with_it() -> None:
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-01-01T00:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "ADD",
        "a:x": "1",
    }
    document = {
        "@context": [CONTEXT_ADDRESS, {"a": "https://one.example/"}],
        "type": "EPCISDocument",
        "creationDate": "2026-01-01T00:00:00Z",
        "epcisBody": {"eventList": [event, {"@context": {"a": "https://two.example/"}, **event}]},
    }
    body = write_xml(document)
    assert is_valid(body), why_invalid(body)
    assert ids_of(read_xml(body)) == ids_of(document)
    assert len(set(ids_of(document))) == 2


def test_write_xml__results_of_a_query() -> None:
    vocabularies = read_xml(MASTER_2_0)["epcisHeader"]["epcisMasterData"]["vocabularyList"]
    results = {"queryName": "q", "subscriptionID": "s", "resultsBody": {"eventList": [], "vocabularyList": vocabularies}}
    document = {
        "@context": [CONTEXT_ADDRESS, {"e": "https://ns.example.com/"}],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
        "epcisBody": {"queryResults": {**results, "e:more": "1"}},
    }
    body = write_xml(document)
    assert is_valid(body), why_invalid(body)
    assert read_xml(body) == document


def test_write_xml__queries_are_refused() -> None:
    with pytest.raises(UsageError, match="found a query"):
        write_xml({"type": "EPCISQueryDocument", "epcisBody": {"poll": {}}})
