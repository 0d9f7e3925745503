"""EPCIS XML read into JSON: twins of one event say the same, and have one id."""

from __future__ import annotations

import json
import re
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import InputError
from chaintwin.events.contexts import prefixes_of, split_name, vocabulary_uri
from chaintwin.events.identity.hashing import hash_id
from chaintwin.events.xml import read_xml
from chaintwin.events.xml.parsing import TEXT_MAX
from tests.events.test_xml_rules import EVENT, MASTER_2_0, QUERY_2_0, RARE_1_2, RARE_2_0, document
from tests.shared_data import shared_path, shared_root

DIFFERENT = {
    # What these twins say is not the same: another spelling of an object, another place of data,
    # another time, an empty element more.
    "Capture/Events/TransformationEvent.xml": {"errorDeclaration.declarationTime"},
    "Capture/Events/TransactionEvent.xml": {"vehicleMasterGIAI"},
    "Query/ObjectEventWithAllPossibleFields.xml": {"rawData", "deviceMetadata", "declarationTime"},
    "Capture/Documents/ObjectEvent_with_comment.xml": {"rdfs:comment"},
    "Capture/Invalid/ObjectEvent_with_invalid_action.xml": {"epcList"},
    "Capture/Invalid/ObjectEvent_with_invalid_eventTime_format.xml": {"epcList"},
}


def twins() -> list[Any]:
    """Return parameters for the published pairs of an XML and a JSON document."""
    root = shared_root() / "epcis"
    if not root.exists():
        mark = pytest.mark.skip(reason=f"needs shared data: epcis is not under {shared_root()}")
        return [pytest.param(Path(), Path(), marks=mark, id="absent")]
    found = []
    for xml in sorted(root.glob("**/*.xml")):
        for twin in (Path(str(xml).replace("/XML/", "/JSON/")).with_suffix(".json"), xml.with_suffix(".jsonld")):
            if twin.exists() and "/Queries/" not in str(xml):
                found.append(pytest.param(xml, twin, id=str(xml.relative_to(root))))
    return found


def events_of(read: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Return the events of a document, each with the prefixes in force for it."""
    prefixes, _ = prefixes_of(read.get("@context"))
    body = read.get("epcisBody")
    if body is None:
        events = [read]
    else:
        events = (body.get("queryResults", {}).get("resultsBody") or body)["eventList"]
    found = []
    for event in events:
        own = {name: value for name, value in event.items() if name != "@context"}
        found.append((own, prefixes_of(event.get("@context"), prefixes)[0]))
    return found


def ids_of(read: dict[str, Any]) -> list[str]:
    return [hash_id(event, prefixes) for event, prefixes in events_of(read)]


def plain(value: Any, prefixes: Any) -> Any:
    """Return a value with names in full, times as instants and numbers as numbers, so that spellings don't matter."""
    if isinstance(value, dict):
        named = {"".join(split_name(name, prefixes)): plain(item, prefixes) for name, item in value.items()}
        return {name: item for name, item in named.items() if item != ""}
    if isinstance(value, list):
        return [plain(item, prefixes) for item in value]
    if isinstance(value, bool) or not isinstance(value, (str, float, int)):
        return value
    if isinstance(value, (float, int)):
        return float(value)
    if "T" in value and value[:4].isdigit():
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return value
    return re.sub(r"^https://(gs1\.org/voc/|ref\.gs1\.org/cbv/[A-Za-z]+-)", "", vocabulary_uri(value, prefixes))


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Return the paths where two plain values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(one.keys() | other.keys())
        return [found for name in names for found in differences(one.get(name), other.get(name), f"{path}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            found for place, (a, b) in enumerate(zip(one, other, strict=True)) for found in differences(a, b, f"{path}[{place}]")
        ]
    return [] if one == other else [path]


@pytest.mark.parametrize(("xml", "twin"), twins())
def test_read_xml__twins_agree_field_by_field(xml: Path, twin: Path) -> None:
    read = read_xml(xml.read_bytes(), strict=False)
    given_json = json.loads(twin.read_bytes())
    pairs = zip(events_of(read), events_of(given_json), strict=True)
    found = [path for (one, before), (other, after) in pairs for path in differences(plain(one, before), plain(other, after))]
    known = next((names for name, names in DIFFERENT.items() if str(xml).endswith(name)), set())
    unexpected = [path for path in found if not any(name.partition(":")[2] or name in path for name in known)]
    assert unexpected == []
    if not known:
        assert ids_of(read) == ids_of(given_json)


@pytest.mark.parametrize(
    "name",
    [
        "ReferenceEventHashAlgorithm",
        "SensorDataExamples",
        "epcisDocWith2DifferentTransformationEvents",
        "epcisDocWithShippingAndTransportingEvent",
        "epcisDocWithVariousEventTypes",
        "epcisDocWithXMLstartTagAndErrorDeclaration",
        "epcisQueryDocument",
    ],
)
def test_read_xml__published_ids(name: str) -> None:
    folder = shared_path("epcis/hash-vectors/examples")
    read = read_xml((folder / f"{name}.xml").read_bytes(), strict=False)
    assert ids_of(read) == (folder / f"{name}.hashes").read_text().split()


def test_read_xml__documents_whose_events_are_all_one() -> None:
    paths = sorted(shared_path("epcis/hash-vectors/expected-equal").glob("*.xml"))
    assert len(paths) >= 9
    for path in paths:
        ids = ids_of(read_xml(path.read_bytes(), strict=False))
        assert len(ids) > 1 and len(set(ids)) == 1, path.name
        with pytest.raises(InputError):
            read_xml(path.read_bytes())


def test_read_xml__wrappers_of_1_2_are_taken_off() -> None:
    root = shared_path("epcis/openepcis/1.2/XML/Capture/Documents")
    event, _ = events_of(read_xml((root / "AggregationEvent_all_possible_fields.xml").read_bytes(), strict=False))[0]
    assert event["eventID"].startswith("ni:///sha-256;")
    assert event["errorDeclaration"]["reason"] == "incorrect_data"
    assert event["errorDeclaration"]["correctiveEventIDs"] == ["urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"]
    assert event["childQuantityList"][1] == {
        "epcClass": "urn:epc:class:lgtin:4012345.012345.998877",
        "quantity": 200.5,
        "uom": "KGM",
    }
    assert event["persistentDisposition"] == {"unset": ["completeness_inferred"], "set": ["completeness_verified"]}
    assert event["sensorElementList"][0]["sensorReport"][0]["booleanValue"] is True
    assert event["ext1:array"][:3] == ["12", "22", "2013-06-08T14:58:56.591Z"]
    transformed, _ = events_of(read_xml((root / "TransformationEvent.xml").read_bytes()))[0]
    assert transformed["inputQuantityList"] == [{"epcClass": "urn:epc:class:lgtin:4012345.022222.87545GHGH"}]
    associated, _ = events_of(read_xml((root / "AssociationEvent.xml").read_bytes()))[0]
    assert (associated["type"], associated["parentID"]) == ("AssociationEvent", "urn:epc:id:grai:4012345.55555.98765")


def test_read_xml__rare_things_of_1_2() -> None:
    read = read_xml(RARE_1_2)
    (quantity, _), (event, _) = events_of(read)
    assert quantity["type"] == "ObjectEvent" and quantity["action"] == "OBSERVE"
    assert quantity["quantityList"] == [{"epcClass": "urn:epc:idpat:sgtin:4012345.012345.*", "quantity": 7}]
    assert quantity["ct:unqualified"] == {"new": "1"} and quantity["e:own"] == ""
    assert event["quantityList"] == [{"epcClass": "urn:a:b"}]
    assert event["ilmd"] == {"ct:unqualified": {"lot": "1"}, "e:lot": "2"}
    assert event["persistentDisposition"] == {"set": ["urn:a:b"]}
    assert event["ct:unqualified"] == {"unknown": "7"}
    assert (read["sender"], read["receiver"], read["instanceIdentifier"]) == ("urn:a:b", "urn:a:c", "7")
    assert read["epcisHeader"] == {"e:own": "1"}
    assert read["schemaVersion"] == "2.0"


def test_read_xml__rare_things_of_2_0() -> None:
    read = read_xml(RARE_2_0)
    (own, _), (event, prefixes) = events_of(read)
    assert own["type"] == "e:OwnEvent" and own["eventTime"] == "2026-01-01T00:00:00Z"
    assert prefixes["e"] == "https://ns.example.com/"
    assert event["e:a"] == "1" and event["ct:unqualified"] == {"b": "2"}
    assert event["e:y"] == {"z": "1", "#text": "2"}
    assert event["readPoint"] == {"id": "urn:a:c", "more": "1"}
    report = event["sensorElementList"][0]["sensorReport"][0]
    assert report == {"bizRules": "urn:a:d", "ct:text": "t"}
    vocabulary = read["epcisHeader"]["epcisMasterData"]["vocabularyList"][0]
    assert vocabulary["type"] == "urn:epcglobal:epcis:vtype:BusinessLocation"
    element = vocabulary["vocabularyElementList"][0]
    assert element["attributes"][0] == {"id": "urn:x:name", "attribute": {"b": "1", "#text": "Warehouse"}}
    assert element["attributes"][1] == {"id": "urn:x:address", "attribute": {"e:street": "Long"}}
    assert element["children"] == ["urn:epc:id:sgln:0037000.00729.8201"] and element["e:more"] == "1"


def test_read_xml__queries_and_master_data() -> None:
    query = read_xml(QUERY_2_0)["epcisBody"]["subscribe"]
    assert query == {
        "queryName": "SimpleEventQuery",
        "query": {"eventType": ["ObjectEvent"], "eventCountLimit": 7},
        "dest": "https://example.org/",
        "subscriptionID": "s",
        "schedule": {"minute": "0"},
        "reportIfEmpty": True,
    }
    path = shared_path("epcis/openepcis/2.0/XML/Query/Queries/SimpleEventQuery.xml")
    poll = read_xml(path.read_bytes())["epcisBody"]["poll"]
    assert poll["query"]["eventType"] == ["ObjectEvent", "AggregationEvent"]
    assert poll["query"]["GE_eventTime"] == "2026-01-01T00:00:00+01:00"
    master = read_xml(MASTER_2_0)
    assert master["type"] == "EPCISDocument" and master["epcisBody"] == {"eventList": []}
    assert len(master["epcisHeader"]["epcisMasterData"]["vocabularyList"]) == 1


def test_read_xml__one_prefix_for_one_namespace() -> None:
    own = b"<ObjectEvent>" + EVENT + b"<action>ADD</action>"
    body = document(
        own
        + b"<a:x xmlns:a='https://one.example/'/><a:x xmlns:a='https://two.example/'>1</a:x></ObjectEvent>"
        + own
        + b"<x xmlns='https://two.example/'>2</x><b:x xmlns:b='https://one.example/'>3</b:x>"
        + b"<gs1:x xmlns:gs1='https://three.example/'/><m_y:x xmlns:m_y='https://four.example/'/></ObjectEvent>"
    )
    read = read_xml(body)
    (first, prefixes), (second, _) = events_of(read)
    full = [{"".join(split_name(name, prefixes)) for name in event if ":" in name} for event in (first, second)]
    assert full[0] == {"https://one.example/x", "https://two.example/x"}
    assert full[1] == {"https://one.example/x", "https://two.example/x", "https://three.example/x", "https://four.example/x"}
    assert all(name.partition(":")[0].isalnum() for event in (first, second) for name in event if ":" in name)


def test_read_xml__comments_and_instructions_say_nothing() -> None:
    plain_body = document(b"<ObjectEvent>" + EVENT + b"<action>ADD</action></ObjectEvent>")
    with_more = plain_body.replace(b"ADD", b"A<!-- no -->D<?x y?>D").replace(b"<EventList>", b"<!-- 1 --><EventList><?a b?>")
    assert read_xml(with_more) == read_xml(plain_body)


def test_read_xml__other_encodings() -> None:
    body = document(b"<ObjectEvent>" + EVENT + "<action>ADD</action><e:x>Käse</e:x></ObjectEvent>".encode())
    text = body.decode()
    for encoding in ("utf-16", "iso-8859-1"):
        declared = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
        assert read_xml(declared) == read_xml(body)


LAUGHS = b"<!DOCTYPE a [<!ENTITY b0 'ha'>" + b"".join(
    b"<!ENTITY b%d '%s'>" % (level, b"&b%d;" % (level - 1) * 10) for level in range(1, 12)
)


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS + b"]><ObjectEvent>&b11;</ObjectEvent>",
        b"<!DOCTYPE a [<!ENTITY x '" + b"y" * 50_000 + b"'>]><a>" + b"&x;" * 50_000 + b"</a>",
        b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>").encode("utf-16"),
        b"<!DOCTYPE ObjectEvent><ObjectEvent/>",
    ],
)
def test_read_xml__document_types_are_refused(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            read_xml(body, strict=False)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()
    assert caught.value.findings[0].code == "xml.document_type"


@pytest.mark.parametrize("form", [b"<a>%s</a>", b"<a b='%s'/>"])
def test_read_xml__a_text_that_is_too_long_is_told_as_that(form: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_xml(form % (b"x" * (TEXT_MAX + 100_000)), strict=False)
    (finding,) = caught.value.findings
    assert finding.code == "xml.length"
    assert "10,000,000 bytes" in finding.allowed


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "xml.syntax"),
        (b"{}", "xml.syntax"),
        (b"<a>", "xml.syntax"),
        (b"<a b='1' b='2'/>", "xml.syntax"),
        (b"<a>\x00</a>", "xml.syntax"),
        (b"<?xml version='1.0' encoding='nothing'?><a/>", "xml.syntax"),
        (b"<epcis:EPCISDocument/>", "xml.syntax"),
        (b"<a>" * 300 + b"</a>" * 300, "xml.depth"),
        (b"<a>" * 150 + b"</a>" * 150, "xml.depth"),
        (b"<a/>", "xml.root"),
        (b"<EPCISDocument/>", "xml.root"),
        (b" " * (64 * 2**20 + 1), "xml.size"),
    ],
)
def test_read_xml__what_is_no_epcis(body: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_xml(body)
    assert [finding.code for finding in caught.value.findings] == [code]


@given(st.binary(max_size=60) | st.text(alphabet="<>/='\"ab:&;!?[]- \n", max_size=60).map(str.encode))
def test_read_xml__any_bytes_are_read_or_refused(body: bytes) -> None:
    for strict in (True, False):
        with pytest.raises(InputError):
            read_xml(body, strict=strict)
