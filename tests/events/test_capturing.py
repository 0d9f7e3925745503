"""The front door: records of every public document, names, keys, personal values, terms, and what comes back out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.clock import text_of
from chaintwin.errors import Severity
from chaintwin.events.canonical import event_bytes, event_read, field_bytes
from chaintwin.events.capturing import Captured, MasterElement, capture
from chaintwin.events.checking.checker import Kind, schema_verdict
from chaintwin.events.dimensions import DIMENSIONS, dimensions_of
from chaintwin.events.facts import Facts, Item, Reading, unpacked
from chaintwin.events.identity.hashing import hash_id
from chaintwin.events.personal import ERASED, pseudonym
from chaintwin.events.rendering import document_of, event_of
from chaintwin.store.records import Record
from tests.events.documents import Published, document, events_in, logged, object_event, published
from tests.events.strategies import events
from tests.sizes import scaled

EXAMPLES = settings(max_examples=scaled(ci=60, full=2_000))
EXAMPLE = "https://ns.example.com/epcis/"


def records_of(*found: dict[str, Any], **fields: Any) -> tuple[Record, ...]:
    """Return the records of events that must be good."""
    captured = capture(document(*found, **fields))
    assert captured.ok, captured.all_problems
    return captured.records


def meaning_of(event: dict[str, Any], prefixes: Any) -> dict[str, Any]:
    """Return what an event says: all of it but prefixes and what the log sets, with the namespaces of its fields."""

    def expanded(value: Any) -> Any:
        if isinstance(value, dict):
            return {_full(name, prefixes): expanded(item) for name, item in value.items()}
        return [expanded(item) for item in value] if isinstance(value, list) else value

    return {name: value for name, value in expanded(event).items() if name not in ("@context", "recordTime", "eventID")}


def _full(name: str, prefixes: Any) -> str:
    prefix, colon, local = name.partition(":")
    return prefixes[prefix] + local if colon and prefix in prefixes else name


@pytest.mark.parametrize("source", published("json"))
def test_capture__published_json(source: Published) -> None:
    captured = capture(source.body, source="a")
    assert captured.ok == source.known["schema_2_0_1_valid"]
    if not captured.ok:
        assert captured.all_problems
        assert all(problem.path.startswith("$") for problem in captured.all_problems)
        return
    read = [event_of(logged(record)) for record in captured.records]
    again = document_of(read, kind=captured.kind if captured.kind in ("EPCISDocument", "EPCISQueryDocument") else Kind.DOCUMENT)
    assert schema_verdict(again)
    before = [meaning_of(event, prefixes) for event, prefixes in events_in(source.json)]
    after = [meaning_of(event, prefixes) for event, prefixes in events_in(again)]
    for event in after:
        event.pop("urn:chaintwin:v1:ignoreFields", None)
    assert after == before
    assert [event["eventID"] for event, _ in events_in(again)] == [
        event.get("eventID") or hash_id(event, prefixes) for event, prefixes in events_in(source.json)
    ]
    assert keys(capture(again)) == keys(captured)


@pytest.mark.parametrize("source", published("xml"))
def test_capture__published_xml(source: Published) -> None:
    captured = capture(source.body, media_type="application/xml; charset=utf-8")
    assert captured.ok == source.known["xsd_valid"]
    if not captured.ok:
        assert captured.all_problems
        assert all(problem.found and problem.allowed for problem in captured.all_problems)
        return
    again = document_of([event_of(logged(record)) for record in captured.records])
    if schema_verdict(again):
        assert keys(capture(again)) == keys(captured)
    else:
        # JSON has no sensor report that has an exception in place of a type, XML has.
        assert b"<sensorReport exception=" in source.body


@given(st.lists(events(), min_size=1, max_size=4))
@EXAMPLES
def test_capture__what_is_read_back_is_captured_the_same(found: list[dict[str, Any]]) -> None:
    context = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"example": EXAMPLE}, {"ext2": "urn:ext:2/"}]
    captured = capture(document(*found, **{"@context": context}))
    assert captured.ok, captured.all_problems
    for kind in (Kind.DOCUMENT, Kind.QUERY_DOCUMENT):
        again = capture(msgspec.json.encode(document_of([event_of(logged(record)) for record in captured.records], kind=kind)))
        assert again.ok, again.all_problems
        assert keys(again) == keys(captured)
        assert [record.meaning for record in again.records] == [record.meaning for record in captured.records]
        assert [record.facts for record in again.records] == [record.facts for record in captured.records]
    for record in captured.records:
        alone = event_of(logged(record), context=True)
        assert keys(capture(alone)) == (record.key,)


@given(events())
@EXAMPLES
def test_capture__bytes_and_python_are_one(event: dict[str, Any]) -> None:
    whole = document(event, **{"@context": [{"example": EXAMPLE, "ext2": "urn:ext:2/"}]})
    assert capture(json.dumps(whole).encode()) == capture(whole)


@given(events())
@EXAMPLES
def test_dimensions_of__every_field_is_in_one(event: dict[str, Any]) -> None:
    (record,) = records_of(event, **{"@context": [{"example": EXAMPLE, "ext2": "urn:ext:2/"}]})
    assert tuple(name for name, _ in record.dimensions) == DIMENSIONS
    content, _ = event_read(record.content)
    parts = [json.loads(part) for _, part in record.dimensions]
    fields = [name for part in parts for name in part if name != "@context"]
    assert sorted(fields) == sorted(name for name in content if name != "@context")
    assert {name: value for part in parts for name, value in part.items()} == content
    # Whoever has the content can make the dimensions again.
    assert dimensions_of(field_bytes(content)) == record.dimensions
    assert event_bytes(content) == record.content


def test_capture__a_record_in_full() -> None:
    event = object_event(
        eventID="urn:uuid:1",
        recordTime="2026-03-05T00:00:00Z",
        readPoint={"id": "urn:epc:id:sgln:0614141.07346.1234"},
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:1:2"}],
        **{"example:a": {"example:b": 1}, "unused:a": 1},
    )
    (record,) = capture(json.dumps(document(event)).encode(), source="partner").records
    assert json.loads(record.content) == {"@context": {"example": EXAMPLE}} | {
        name: value for name, value in event.items() if name != "recordTime"
    }
    assert record.occurred_at == 1_772_618_430_250_000
    assert text_of(record.occurred_at) == "2026-03-04T10:00:30.250Z"
    assert record.source == "partner"
    assert record.key.startswith("ni:///sha-256;")
    assert record.aliases == ("urn:uuid:1",)
    assert len(record.meaning) == 32
    read = event_of(logged(record, recorded_at=5))
    assert read["recordTime"] == "1970-01-01T00:00:00.000005Z"
    assert read["eventID"] == "urn:uuid:1"


def test_capture__facts() -> None:
    event = object_event(
        action="ADD",
        disposition="cbv:Disp-in_transit",
        readPoint={"id": "urn:epc:id:sgln:0614141.07346.0"},
        bizLocation={"id": "urn:chaintwin:v1:site:a"},
        epcList=["urn:epc:id:sgtin:0614141.107346.2017"],
        quantityList=[
            {"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 5, "uom": "KGM"},
            {"epcClass": "urn:x:1"},
        ],
        bizTransactionList=[{"bizTransaction": "urn:x:2"}, {"type": "po", "bizTransaction": "urn:x:3"}],
        sourceList=[{"type": "location", "source": "urn:x:4"}],
        destinationList=[{"type": "https://a.example/t", "destination": "urn:x:5"}],
        persistentDisposition={"set": ["conformant"], "unset": ["https://a.example/d"]},
        sensorElementList=[
            {
                "sensorMetadata": {"time": "1970-01-01T00:00:01Z", "deviceID": "urn:x:6"},
                "sensorReport": [
                    {"type": "Temperature", "value": 4, "uom": "CEL", "sDev": 1},
                    {"type": "gs1:Angle", "time": "1970-01-01T00:00:02Z", "component": "x", "booleanValue": True},
                    {"type": "example:Own", "exception": "ALARM_CONDITION", "stringValue": "hot", "deviceID": "urn:x:7"},
                ],
            }
        ],
        ilmd={"cbvmda:lotNumber": "A", "example:grade": [1, 2]},
        **{"ct:activity": "a>b", "ct:units": 2},
    )
    (record,) = records_of(event)
    assert unpacked(record.facts) == Facts(
        kind="ObjectEvent",
        occurred_at=record.occurred_at,
        action="ADD",
        step="https://ref.gs1.org/cbv/BizStep-shipping",
        disposition="https://ref.gs1.org/cbv/Disp-in_transit",
        read_point="https://id.gs1.org/414/0614141073467",
        location="urn:chaintwin:v1:site:a",
        items=(
            Item("https://id.gs1.org/01/10614141073464/21/2017", instance=True),
            Item("https://id.gs1.org/01/04012345123456/10/L1", 5.0, "KGM"),
            Item("urn:x:1"),
        ),
        transactions=(("", "urn:x:2"), ("https://ref.gs1.org/cbv/BTT-po", "urn:x:3")),
        sources=(("https://ref.gs1.org/cbv/SDT-location", "urn:x:4"),),
        destinations=(("https://a.example/t", "urn:x:5"),),
        set_dispositions=("https://ref.gs1.org/cbv/Disp-conformant",),
        unset_dispositions=("https://a.example/d",),
        readings=(
            Reading("https://gs1.org/voc/Temperature", 1_000_000, 4.0, "CEL", deviation=1.0, device="urn:x:6"),
            Reading("https://gs1.org/voc/Angle", 2_000_000, True, device="urn:x:6", component="https://ref.gs1.org/cbv/Comp-x"),
            Reading(EXAMPLE + "Own", 1_000_000, "hot", device="urn:x:7", alert="https://gs1.org/voc/ALARM_CONDITION"),
        ),
        master={"urn:epcglobal:cbv:mda:lotNumber": "A", EXAMPLE + "grade": [1, 2]},
        own={"activity": "a>b", "units": 2},
    )


def test_capture__facts_of_numbers_that_messagepack_has_not() -> None:
    (record,) = records_of(
        object_event(action="ADD", ilmd={"example:a": -(2**80)}, **{"ct:units": 2**80, "ct:more": [{"a": 2**70}]})
    )
    facts = unpacked(record.facts)
    assert (facts.own, facts.master) == ({"units": 2.0**80, "more": [{"a": 2.0**70}]}, {EXAMPLE + "a": -(2.0**80)})
    assert event_of(logged(record))["ct:units"] == 2**80


def test_capture__terms() -> None:
    event = object_event(
        action="ADD",
        eventID="urn:uuid:1",
        readPoint={"id": "urn:epc:id:sgln:0614141.07346.0"},
        bizLocation={"id": "urn:x:1"},
        epcList=["urn:epc:id:sgtin:0614141.107346.2017"],
        quantityList=[{"epcClass": "urn:epc:idpat:sgtin:4012345.066666.*"}, {"epcClass": "urn:x:2"}, {"epcClass": "urn:x:2"}],
        bizTransactionList=[{"bizTransaction": "urn:x:3"}, {"type": "po", "bizTransaction": "urn:x:4"}],
        sourceList=[{"type": "location", "source": "urn:x:5"}],
        destinationList=[{"type": "owning_party", "destination": "urn:x:6"}],
        persistentDisposition={"set": ["conformant"]},
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 4}]}],
        ilmd={"cbvmda:lotNumber": "A"},
        errorDeclaration={
            "declarationTime": "2026-05-01T00:00:00Z",
            "reason": "did_not_occur",
            "correctiveEventIDs": ["urn:uuid:2"],
        },
        **{"example:a": ["x", 26.0, True, {"example:b": 1}, "y" * 600], "ct:order": "o1", "ct:person": "ann"},
    )
    (record,) = records_of(event)
    assert set(record.terms) == {
        "type=ObjectEvent",
        "action=ADD",
        "bizStep=https://ref.gs1.org/cbv/BizStep-shipping",
        "readPoint=https://id.gs1.org/414/0614141073467",
        "bizLocation=urn:x:1",
        f"eventID={record.key.partition('!')[0]}",
        "eventID=urn:uuid:1",
        "epcList=https://id.gs1.org/01/10614141073464/21/2017",
        "quantityList=https://id.gs1.org/01/04012345666663",
        "quantityList=urn:x:2",
        "bizTransaction/=urn:x:3",
        "bizTransaction/https://ref.gs1.org/cbv/BTT-po=urn:x:4",
        "source/https://ref.gs1.org/cbv/SDT-location=urn:x:5",
        "destination/https://ref.gs1.org/cbv/SDT-owning_party=urn:x:6",
        "persistentDisposition/set=https://ref.gs1.org/cbv/Disp-conformant",
        "sensorType=https://gs1.org/voc/Temperature",
        "ilmd/urn:epcglobal:cbv:mda:lotNumber=A",
        "error=declared",
        "errorReason=https://ref.gs1.org/cbv/ER-did_not_occur",
        "correctiveEventID=urn:uuid:2",
        f"field/{EXAMPLE}a=x",
        f"field/{EXAMPLE}a=26",
        f"field/{EXAMPLE}a=true",
        "field/urn:chaintwin:v1:order=o1",
        *(
            f"has={name}"
            for name in (
                *("epcList", "quantityList", "bizTransactionList", "sourceList", "destinationList", "persistentDisposition"),
                *("sensorElementList", "ilmd", "errorDeclaration", f"{EXAMPLE}a", "urn:chaintwin:v1:order"),
            )
        ),
    }
    assert len(set(record.terms)) == len(record.terms)


def test_capture__terms_of_transformations_and_aggregations() -> None:
    made = {
        **object_event(type="TransformationEvent", action=None, epcList=None),
        "inputEPCList": ["urn:x:1"],
        "outputQuantityList": [{"epcClass": "urn:x:2", "quantity": 2}],
        "transformationID": "urn:x:3",
    }
    packed = {**object_event(type="AggregationEvent", epcList=None), "parentID": "urn:x:4", "childEPCs": ["urn:x:5"]}
    first, second = records_of(made, packed)
    assert {"inputEPCList=urn:x:1", "outputQuantityList=urn:x:2", "transformationID=urn:x:3"} <= set(first.terms)
    assert {"parentID=urn:x:4", "childEPCs=urn:x:5"} <= set(second.terms)
    facts = unpacked(first.facts)
    assert (facts.parent, facts.items, facts.outputs) == ("urn:x:3", (Item("urn:x:1", instance=True),), (Item("urn:x:2", 2.0),))
    assert unpacked(second.facts).parent == "urn:x:4"


def test_capture__a_declaration_of_error_is_a_record_of_its_own() -> None:
    event = object_event(eventID="urn:uuid:1")
    declaration = {"declarationTime": "2026-05-01T02:00:00.5+02:00", "reason": "incorrect_data"}
    plain, declared, later = records_of(
        event,
        {**event, "errorDeclaration": declaration},
        {**event, "errorDeclaration": {**declaration, "declarationTime": "2026-06-01T00:00:00Z"}},
    )
    assert declared.key == plain.key + "!2026-05-01T00:00:00.500Z"
    assert later.key == plain.key + "!2026-06-01T00:00:00.000Z"
    # An alias names one key, so that of a declaration has its time too.
    assert plain.aliases == ("urn:uuid:1",)
    assert declared.aliases == ("urn:uuid:1!2026-05-01T00:00:00.500Z",)
    assert unpacked(declared.facts).declares_error
    (again,) = records_of({**event, "errorDeclaration": {**declaration, "reason": "did_not_occur"}})
    assert (again.key == declared.key, again.meaning == declared.meaning) == (True, False)


def test_capture__a_hash_id_of_its_sender() -> None:
    event = object_event()
    (record,) = records_of(object_event(eventID=hash_id(event)))
    assert (record.key, record.aliases) == (hash_id(event), ())
    other = "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"
    captured = capture(document(object_event(eventID=other)))
    assert captured.records[0].aliases == (other,)
    assert [(problem.code, problem.severity) for problem in captured.all_problems] == [("event.hash_id", Severity.WARNING)]


def test_capture__one_bad_event_keeps_no_other_back() -> None:
    captured = capture(document(object_event(), object_event(action="CREATE"), object_event(bizStep="packing")))
    assert [event.record is not None for event in captured.events] == [True, False, True]
    assert not captured.ok
    assert len(captured.records) == 2
    assert [problem.event for problem in captured.all_problems] == [1]


def test_capture__a_bad_document_has_no_records() -> None:
    captured = capture(document(object_event(), creationDate="yesterday"))
    assert captured.is_refused
    assert captured.records == ()
    assert captured.events[0].record is not None


def test_capture__all_times_without_a_calendar_are_told() -> None:
    reports = [{"type": "Temperature", "time": "0000-01-01T00:00:00Z"}, {"type": "Temperature", "time": "0000-02-01T00:00:00Z"}]
    event = object_event(eventTime="9999-12-31T23:59:59-14:00", sensorElementList=[{"sensorReport": reports}])
    captured = capture(document(event))
    assert [problem.path.partition("eventList[0].")[2] for problem in captured.all_problems] == [
        "eventTime",
        "sensorElementList[0].sensorReport[0].time",
        "sensorElementList[0].sensorReport[1].time",
    ]


def test_capture__fields_kept_out_of_the_hash_id_stay_out_when_read_back() -> None:
    ignored = {"example:ignoreFields": ["example:log", "epcList"]}
    (record,) = records_of(object_event(**{"example:log": 5}), **ignored)
    (plain,) = records_of(object_event())
    assert record.key == plain.key
    assert record.meaning == plain.meaning
    again = capture(document_of([event_of(logged(record))]))
    assert keys(again) == (plain.key,)
    assert event_of(logged(record))["example:log"] == 5


def test_capture__ours_cannot_be_kept_out_of_the_hash_id() -> None:
    event = object_event(**{"ct:order": "a", "ct:ignoreFields": ["{urn:chaintwin:v1:}order", "epcList"]})
    (record,) = records_of(event, **{"example:ignoreFields": ["ct:order"]})
    (plain,) = records_of(object_event())
    assert record.key != plain.key


def test_capture__values_that_name_a_person_lie_apart() -> None:
    event = {
        **object_event(type="ct:PersonSeen", action=None, epcList=None, bizStep=None),
        "ct:person": "p-17",
        "ct:person_name": "Ann Doe",
        "ct:present": True,
        "ct:by": "boss",
        "example:more": {"ct:crew": [{"ct:driver": "Bob/~"}]},
    }
    (record,) = records_of(event)
    for value in (b"p-17", b"Ann Doe", b"boss", b"Bob"):
        assert value not in record.content
        assert value not in record.facts
        assert all(value not in part for _, part in record.dimensions)
        assert all(value.decode() not in term for term in record.terms)
    assert {(value.subject, value.path) for value in record.personal} == {
        ("p-17", "/ct:person"),
        ("p-17", "/ct:person_name"),
        ("boss", "/ct:by"),
        ("Bob/~", "/example:more/ct:crew/0/ct:driver"),
    }
    assert unpacked(record.facts).own["person"] == pseudonym("p-17")
    read = event_of(logged(record))
    assert {name: value for name, value in read.items() if name not in ("recordTime", "eventID", "@context")} == event
    assert keys(capture(document_of([read]))) == (record.key,)
    erased = event_of(logged(record, erased=True))
    assert (erased["ct:person"], erased["example:more"]["ct:crew"][0]["ct:driver"]) == (ERASED, ERASED)


def test_capture__unknown_contexts_are_told_and_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def no_network(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "create_connection", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    captured = capture(document(object_event(), **{"@context": ["https://evil.example/context.jsonld", {"example": EXAMPLE}]}))
    assert captured.ok
    assert [(problem.code, problem.found, problem.severity) for problem in captured.problems] == [
        ("document.context", "https://evil.example/context.jsonld", Severity.NOTE)
    ]


def test_capture__master_data_of_the_header() -> None:
    element = {"id": "urn:x:1", "attributes": [{"id": "urn:a:1", "attribute": "A"}], "children": ["urn:x:2"]}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [element]}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    captured = capture(document(epcisHeader=header))
    assert captured.ok
    assert captured.master == (
        MasterElement("urn:epcglobal:epcis:vtype:BusinessLocation", "urn:x:1", (("urn:a:1", "A"),), ("urn:x:2",)),
    )


def test_document_of__prefixes_that_mean_two_things_stay_with_their_events() -> None:
    first = {**object_event(**{"example:a": "1"}), "@context": {"example": "urn:one:"}}
    second = {**object_event(**{"example:a": "2"}), "@context": {"example": "urn:two:"}}
    third = {**object_event(**{"cbvmda:a": "3"}), "@context": {"cbvmda": "urn:epcglobal:cbv:mda:"}}
    fourth = object_event(**{"cbvmda:a": "4"})
    captured = capture([first, second, third, fourth])
    whole = document_of([event_of(logged(record)) for record in captured.records])
    assert whole["@context"][1:] == [{"example": "urn:one:"}]
    assert keys(capture(whole)) == keys(captured)


def test_capture__media_types() -> None:
    body = b"<a/>"
    assert capture(body, media_type="application/xml").all_problems[0].code.startswith("xml.")
    assert capture(body, media_type="application/ld+json").all_problems[0].code == "document.json"


def keys(captured: Captured) -> tuple[str, ...]:
    """Return the keys of all records."""
    return tuple(record.key for record in captured.records)
