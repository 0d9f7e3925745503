"""The hash id: published vectors, and the laws that it must keep."""

from __future__ import annotations

import copy
import math
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.events.capturing import capture
from chaintwin.events.contexts import BUILT_IN, prefixes_of
from chaintwin.events.identity.hashing import hash_id, hash_id_in, hash_id_of, key_of
from chaintwin.events.identity.prehash import UnhashableError, prehash
from chaintwin.events.identity.times import instant, instant_text
from chaintwin.events.identity.values import number_text, says_more, value_text
from chaintwin.events.xml import read_xml
from tests.events.documents import Published, document, events_in, manifest, object_event, published
from tests.events.strategies import events
from tests.sizes import scaled

EXAMPLES = settings(max_examples=scaled(ci=100, full=3_000))


def hash_ids(source: Published) -> list[str]:
    """Return the hash ids of a document that need be neither of the schema nor of the XSD."""
    read = read_xml(source.body, strict=False) if source.is_xml else source.json
    return [hash_id(event, prefixes) for event, prefixes in events_in(read)]


@pytest.mark.parametrize("source", published("vectors"))
def test_hash_id__published_vectors(source: Published) -> None:
    expected = source.known["upstream_hash_ids"]
    if "IgnoreFields" in source.name:
        captured = capture(source.body)
        assert [event.record and hash_id_in(event.record.key) for event in captured.events] == expected
    else:
        assert hash_ids(source) == expected


@pytest.mark.parametrize("source", published("vectors"))
def test_prehash__published_vectors(source: Published) -> None:
    path = source.path.with_suffix(".prehashes")
    if not path.exists() or "IgnoreFields" in source.name:
        return
    expected = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    read = read_xml(source.body, strict=False) if source.is_xml else source.json
    found = [prehash(event, prefixes).text for event, prefixes in events_in(read)]
    hashed = source.known["upstream_hash_ids"]
    # One published text is cut off; those whose hash is the published one must be met.
    whole = [(mine, theirs) for mine, theirs, id in zip(found, expected, hashed, strict=True) if hash_id_of(theirs) == id]
    assert whole
    assert [mine for mine, _ in whole] == [theirs for _, theirs in whole]


@pytest.mark.parametrize("source", published("equal"))
def test_hash_id__ways_of_writing_that_are_equal(source: Published) -> None:
    found = hash_ids(source)
    assert len(found) > 1
    assert len(set(found)) == 1


UNLIKE_TWINS = {
    # The XML has one element of an extension more. It is empty, and its name is still a part of the hash id.
    "openepcis/2.0/JSON/Capture/Events/TransactionEvent.json",
}


def twins() -> list[Any]:
    """Return parameters of the valid documents that are published both as JSON and as XML, as pairs."""
    known = manifest()
    found = []
    for name, entry in known.items():
        other = name.replace("/JSON/", "/XML/").replace(".json", ".xml")
        if "/JSON/" in name and "/Invalid/" not in name and "/Queries/" not in name and other in known:
            found.append(pytest.param((Published(name, entry), Published(other, known[other])), id=name))
    return found or published("json")[:1]


@pytest.mark.parametrize("pair", twins())
def test_hash_id__twins_of_json_and_xml(pair: tuple[Published, Published]) -> None:
    json_source, xml_source = pair
    if "ObjectEventWithAllPossibleFields" in json_source.name:
        # The time of its declaration of error has no offset; the hash id has no part of it.
        text = json_source.body.replace(b'"2006-11-07T13:00Z"', b'"2006-11-07T13:00:00Z"')
        xml = xml_source.body.replace(b"2006-11-07T13:00Z", b"2006-11-07T13:00:00Z")
        assert [event.record and event.record.key for event in capture(text).events] == [
            event.record and event.record.key for event in capture(xml, media_type="application/xml").events
        ]
        return
    assert (hash_ids(json_source) == hash_ids(xml_source)) == (json_source.name not in UNLIKE_TWINS)


@given(events(), st.randoms(use_true_random=False))
@EXAMPLES
def test_hash_id__orders_mean_nothing(event: dict[str, Any], chance: random.Random) -> None:
    assert hash_id(shuffled(event, chance)) == hash_id(event)
    assert prehash(shuffled(event, chance), BUILT_IN).lost == prehash(event, BUILT_IN).lost


@given(events(), st.integers(-14 * 60, 14 * 60))
@EXAMPLES
def test_hash_id__zone_and_precision_of_a_time_mean_nothing(event: dict[str, Any], offset: int) -> None:
    moment = datetime.fromisoformat(event["eventTime"])
    elsewhere = moment.astimezone(timezone(timedelta(minutes=offset)))
    assert hash_id({**event, "eventTime": elsewhere.isoformat(timespec="microseconds")}) == hash_id(event)


@given(events())
@EXAMPLES
def test_hash_id__ids_times_of_record_and_declarations_are_no_part(event: dict[str, Any]) -> None:
    plain = {name: value for name, value in event.items() if name not in ("eventID", "recordTime", "errorDeclaration")}
    declared = {**plain, "errorDeclaration": {"declarationTime": "2026-05-01T00:00:00Z", "reason": "incorrect_data"}}
    other = {**declared, "eventID": "urn:uuid:1", "recordTime": "2026-05-02T00:00:00Z"}
    assert hash_id(plain) == hash_id(event) == hash_id(other)
    assert key_of(hash_id(other), other) == hash_id(plain) + "!2026-05-01T00:00:00.000Z"
    assert hash_id_in(key_of(hash_id(other), other)) == hash_id(plain)


@given(events(), st.data())
@EXAMPLES
def test_hash_id__whatever_else_is_changed_changes_it(event: dict[str, Any], data: st.DataObject) -> None:
    names = [name for name in event if name not in ("eventID", "recordTime", "errorDeclaration", "certificationInfo", "type")]
    name = data.draw(st.sampled_from(sorted(names)))
    value = event[name]
    if value in ([], {}):
        return
    if ":" in name:
        assert hash_id({**event, name: "something else"}) != hash_id(event)
        return
    if name in ("eventTime", "eventTimeZoneOffset"):
        other = {"eventTime": "1999-01-01T00:00:00Z", "eventTimeZoneOffset": "+13:59"}[name]
        assert hash_id({**event, name: other}) != hash_id(event)
        return
    without = {key: kept for key, kept in event.items() if key != name}
    assert hash_id(without) != hash_id(event)


@pytest.mark.parametrize(
    "one, other",
    [
        ("urn:epc:id:sgtin:0614141.107346.2017", "https://example.com/shop/01/10614141073464/21/2017?x=1"),
        ("https://id.gs1.org/01/10614141073464/21/2017", "http://example.org/gtin/10614141073464/ser/2017"),
    ],
)
def test_hash_id__urn_and_digital_link_are_one(one: str, other: str) -> None:
    assert hash_id(object_event(epcList=[one])) == hash_id(object_event(epcList=[other]))


@pytest.mark.parametrize(
    "one, other",
    [
        ({"bizStep": "shipping"}, {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"}),
        ({"bizStep": "shipping"}, {"bizStep": "cbv:BizStep-shipping"}),
        ({"bizStep": "shipping"}, {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}),
        ({"example:a": 26}, {"example:a": "26.0"}),
        ({"example:a": True}, {"example:a": "true"}),
        ({"example:a": "gs1:Temperature"}, {"example:a": "https://ref.gs1.org/voc/Temperature"}),
        ({"example:a": "x"}, {"https://ns.example.com/epcis/a": "x"}),
        ({"example:a": "x"}, {"other:a": "x"}),
        ({"example:a": "x", "rdfs:comment": "Nice."}, {"example:a": " x "}),
        ({"example:a": ["1", "2"]}, {"example:a": [2, 1]}),
        ({"example:a": None}, {}),
        ({"example:a": []}, {}),
        ({"example:a": ""}, {"example:a": "  "}),
        ({"example:a": ""}, {"example:a": {}}),
        ({"epcList": []}, {"epcList": None}),
        ({"certificationInfo": "https://a.example/1"}, {}),
    ],
)
def test_hash_id__ways_of_writing(one: dict[str, Any], other: dict[str, Any]) -> None:
    prefixes, _ = prefixes_of({"example": "https://ns.example.com/epcis/", "other": "https://ns.example.com/epcis/"})
    assert hash_id(object_event(**one), prefixes) == hash_id(object_event(**other), prefixes)


def test_prehash__an_empty_field_of_an_extension_is_a_name_alone() -> None:
    # Rule 20 of the algorithm wants the name of each, and a value if there is one: a flag can be all that an event says.
    prefixes, _ = prefixes_of({"example": "https://ns.example.com/epcis/"})
    plain, flagged = (prehash(object_event(**fields), prefixes) for fields in ({}, {"example:flag": ""}))
    assert flagged.text == plain.text + "{https://ns.example.com/epcis/}flag"
    inner = prehash(object_event(readPoint={"id": "https://a.example/1", "example:flag": ""}), prefixes)
    assert "readPointid=https://a.example/1{https://ns.example.com/epcis/}flag" in inner.text
    (one,), (other,) = (capture(document(object_event(**fields))).records for fields in ({}, {"example:flag": ""}))
    assert one.key != other.key


@pytest.mark.parametrize(
    "one, other",
    [
        # All of these have one hash id, since it rounds; what they say differs, and that must not be lost.
        ({"eventTime": "2026-03-04T11:00:30.250+01:00"}, {"eventTime": "2026-03-04T11:00:30.250001+01:00"}),
        ({"example:lot": "007"}, {"example:lot": "7"}),
        ({"example:lot": "1E5"}, {"example:lot": "100000"}),
        ({"example:a": 2**53}, {"example:a": 2**53 + 1}),
        ({"ct:position": [1, 2]}, {"ct:position": [2, 1]}),
        ({"certificationInfo": "https://a.example/1"}, {"certificationInfo": "https://a.example/2"}),
    ],
)
def test_prehash__what_the_hash_id_loses_is_kept_beside_it(one: dict[str, Any], other: dict[str, Any]) -> None:
    prefixes, _ = prefixes_of({"example": "https://ns.example.com/epcis/"})
    first, second = prehash(object_event(**one), prefixes), prehash(object_event(**other), prefixes)
    assert first.text == second.text
    assert first.lost != second.lost


def test_prehash__a_sent_again_event_loses_nothing() -> None:
    (one,) = capture(document(object_event(eventID="urn:uuid:1"))).records
    (other,) = capture(document(object_event(eventTime="2026-03-04T10:00:30.25Z", recordTime="2026-03-05T00:00:00Z"))).records
    assert (one.key, one.meaning) == (other.key, other.meaning)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400])
def test_prehash__numbers_that_no_double_is(number: float) -> None:
    with pytest.raises(UnhashableError, match="quantity"):
        prehash(object_event(quantityList=[{"epcClass": "urn:x:1", "quantity": number}]), BUILT_IN)


def test_prehash__nested_too_deep() -> None:
    value: Any = "x"
    for _ in range(70):
        value = {"example:a": value}
    with pytest.raises(UnhashableError, match="deeper"):
        prehash(object_event(**{"example:a": value}), BUILT_IN)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("1970-01-01t00:00:00z", 0),
        ("1969-12-31T23:59:60Z", 0),
        ("1969-12-31T23:59:60.5Z", 0),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ],
)
def test_instant__forms(text: str, expected: int) -> None:
    assert instant(text) == expected
    assert instant_text(text)[1] == expected


@pytest.mark.parametrize(
    "text", ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00", "x", ""]
)
def test_instant__outside_of_the_calendar(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        instant(text)
    with pytest.raises(ValueError, match=r".+"):
        instant_text(text)


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)), st.integers(-14 * 60, 14 * 60))
def test_instant_text__is_the_time(moment: datetime, offset: int) -> None:
    there = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    text, microseconds = instant_text(there.isoformat())
    assert microseconds == instant(there.isoformat())
    whole = there.astimezone(UTC).replace(microsecond=there.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(text) == whole + timedelta(milliseconds=there.microsecond // 100 % 10 >= 5)


def test_prehash__a_time_is_rounded_to_milliseconds() -> None:
    # The example of rule 9 of the algorithm.
    text = prehash(object_event(eventTime="2023-01-18T11:04:03.1415Z"), BUILT_IN).text
    assert text.startswith("eventType=ObjectEventeventTime=2023-01-18T11:04:03.142Z")


def test_instant_text__the_last_millisecond_is_not_rounded_up() -> None:
    assert instant_text("9999-12-31T23:59:59.9999Z")[0] == "9999-12-31T23:59:59.999Z"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_text__gives_the_number_back(number: float) -> None:
    assert float(number_text(number)) == number
    assert value_text(str(number)) == number_text(number)


@given(st.text(alphabet="0123456789+-.eE_", max_size=12))
def test_value_text__only_numbers_are_numbers(text: str) -> None:
    found = value_text(text)
    assert found == text or float(found) == float(text)
    if says_more(text):
        assert found != text or len(text) > 15 or math.isinf(float(text))


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return an event whose fields and lists have another order."""
    value = copy.deepcopy(value)
    if isinstance(value, dict):
        items = [(name, shuffled(item, chance)) for name, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        chance.shuffle(value)
        return [shuffled(item, chance) for item in value]
    return value
