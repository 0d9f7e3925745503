"""Checking: the verdict of the published schema, every fault told, and what is refused on top."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator

from chaintwin.errors import Severity
from chaintwin.events.checking.checker import Kind, check, schema_verdict
from chaintwin.events.checking.own_types import EVERY_EVENT, OWN_TYPES, Holds
from chaintwin.events.checking.problems import path_text, shown
from chaintwin.events.checking.reading import BYTES_MAX, read_json
from chaintwin.events.vocabulary import Own
from tests.events.documents import Published, document, manifest, object_event, published
from tests.events.strategies import events, spoiled
from tests.shared_data import REPOSITORY, shared_path
from tests.sizes import scaled

EXAMPLES = settings(max_examples=scaled(ci=400, full=20_000))
CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"


@cache
def published_schema() -> Draft7Validator:
    """Return the schema of GS1 with formats asserted."""
    path = shared_path("epcis/schema/json/epcis-json-schema-2.0.1.json")
    return Draft7Validator(json.loads(path.read_text(encoding="utf-8")), validate_formats=True)


@cache
def public_documents() -> tuple[Any, ...]:
    """Return the published documents of JSON, the smaller ones first."""
    shared_path("epcis/MANIFEST.json")
    found = [Published(name, known).json for name, known in manifest().items() if "schema_2_0_1_valid" in known]
    return tuple(sorted(found, key=lambda document: len(json.dumps(document))))


@pytest.mark.parametrize("source", published("json"))
def test_schema_verdict__published_documents(source: Published) -> None:
    expected = source.known["schema_2_0_1_valid"]
    assert published_schema().is_valid(source.json) == expected
    assert schema_verdict(source.json) == expected
    assert check(source.json).ok == expected


@given(st.data())
@EXAMPLES
def test_schema_verdict__spoiled_published_documents(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(public_documents()[:40]))
    changed = data.draw(spoiled(whole))
    assert schema_verdict(changed) == published_schema().is_valid(changed)


@given(st.data(), st.sampled_from(["document", "query", "event"]))
@EXAMPLES
def test_schema_verdict__spoiled_random_events(data: st.DataObject, around: str) -> None:
    event = data.draw(events())
    whole: Any = document(event)
    if around == "event":
        whole = {"@context": CONTEXT, **event}
    elif around == "query":
        results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": [event]}}
        whole = {**whole, "type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}
    assert published_schema().is_valid(whole)
    assert check(whole).ok
    changed = data.draw(spoiled(whole))
    expected = published_schema().is_valid(changed)
    assert schema_verdict(changed) == expected
    checked = check(changed)
    if not expected:
        # What is refused is told, in words that name a place.
        told = [problem for event in checked.events for problem in event.problems if problem.refuses]
        told += [problem for problem in checked.problems if problem.refuses]
        assert told
        assert all(problem.path.startswith("$") and problem.allowed and problem.found for problem in told)


def test_spoiled__has_both_verdicts() -> None:
    verdicts = {True: 0, False: 0}

    @given(spoiled(document(object_event(), object_event(action="ADD"))))
    @settings(max_examples=100)
    def count(changed: Any) -> None:
        verdicts[schema_verdict(changed)] += 1

    count()
    assert min(verdicts.values()) >= 5


def test_check__tells_every_fault_of_every_event() -> None:
    bad = [
        object_event(action="CREATE", bizStep="transforming", eventTime="22-07-2026"),
        object_event(),
        object_event(eventTimeZoneOffset=None, ilmd={"a": 1}, recived=1),
        "nothing",
    ]
    checked = check(document(*bad, creationDate=None))  # type: ignore[arg-type]
    assert [event.ok for event in checked.events] == [False, True, False, False]
    assert [(problem.code, problem.path) for problem in checked.problems] == [("document.missing", "$.creationDate")]
    told = [(problem.event, problem.code, problem.path.removeprefix("$.epcisBody.eventList")) for problem in _problems(checked)]
    assert told == [
        (0, "event.word", "[0].action"),
        (0, "event.word", "[0].bizStep"),
        (0, "event.time", "[0].eventTime"),
        (2, "event.missing", "[2].eventTimeZoneOffset"),
        (2, "event.master_data", "[2].ilmd"),
        (2, "event.field", "[2].ilmd.a"),
        (2, "event.field", "[2].recived"),
        (3, "event.value", "[3]"),
    ]


@pytest.mark.parametrize(
    "fields, code, words",
    [
        ({"bizStep": "shiping"}, "event.word", ("shiping", "Core Business Vocabulary", "write shipping")),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, "event.word", ("write shipping",)),
        ({"action": "ADDED"}, "event.word", ("OBSERVE, ADD or DELETE", "write ADD")),
        ({"epclist": []}, "event.field", ("the field epclist", "rename it to epcList")),
        ({"epcList": ["2017"]}, "event.value", ('"2017"', "a URI such as")),
        ({"epcList": ["urn:x:1", "urn:x:1"]}, "event.twice", ("the same value twice", "each once")),
        ({"quantityList": [{"epcClass": "urn:x:1", "quantity": "5"}]}, "event.value", ('"5"', "a number without quotes")),
        ({"quantityList": [{"epcClass": "urn:x:1", "amount": 5}]}, "event.field", ("amount", "epcClass, quantity, uom")),
        ({"quantityList": [{"quantity": 5}]}, "event.missing", ("nothing", "add epcClass", "epcClass")),
        ({"quantityList": [{"epcClass": "urn:x:1", "uom": "kg"}]}, "event.value", ("UN/CEFACT", "KGM")),
        ({"eventTimeZoneOffset": "+1"}, "event.value", ('"+1"', "-14:00 and +14:00")),
        ({"eventTime": "2023-02-30T00:00:00Z"}, "event.time", ("2023-02-30", "a date and time")),
        ({"eventTime": "0000-01-01T00:00:00Z"}, "event.time", ("0000-01-01", "years 1 to 9999")),
        ({"epcList": None}, "event.what", ("ObjectEvent without it", "epcList, a quantityList", "empty epcList")),
        ({"persistentDisposition": {"set": []}}, "event.empty", ("an empty list", "at least one")),
        ({"sensorElementList": [{"sensorReport": [{"value": 1}]}]}, "event.missing", ("a measurement", "type")),
    ],
)
def test_check__says_what_is_wrong(fields: dict[str, Any], code: str, words: tuple[str, ...]) -> None:
    checked = check(document(object_event(**fields)))
    problems = [problem for problem in _problems(checked) if problem.code == code]
    assert problems, _problems(checked)
    assert all(word in str(problems[0]) for word in words), str(problems[0])


def test_check__beyond_the_schema() -> None:
    # The published schema says nothing of persistent dispositions here.
    event = {**object_event(type="AggregationEvent", epcList=None), "childEPCs": ["urn:x:1"], "persistentDisposition": 5}
    assert schema_verdict(document(event))
    assert [problem.path for problem in _problems(check(document(event)))] == ["$.epcisBody.eventList[0].persistentDisposition"]
    extended = {**object_event(type="example:Foo"), "epcList": 5}
    assert schema_verdict(document(extended))
    assert [problem.code for problem in _problems(check(document(extended)))] == ["event.value"]


@pytest.mark.parametrize("value", [None, 5, "text", True])
def test_check__no_document_at_all(value: Any) -> None:
    checked = check(value)
    assert not checked.ok
    assert "EPCISDocument" in checked.problems[0].allowed


def test_check__kinds() -> None:
    event = object_event()
    assert check([event, event]).kind is Kind.EVENT_LIST
    assert check([event, event]).ok
    assert not check(event).ok
    assert check(event).events[0].problems[0].path == "$['@context']"
    alone = check({"@context": CONTEXT, **event})
    assert (alone.kind, alone.ok) == (Kind.EVENT, True)


SAMPLES: dict[Holds, Any] = {
    Holds.TEXT: "a",
    Holds.NUMBER: -1.5,
    Holds.AMOUNT: 2,
    Holds.SHARE: 0.5,
    Holds.INTEGER: 3,
    Holds.TRUTH: True,
    Holds.TIME: "2026-03-04T11:00:30Z",
    Holds.DAY_OR_PERIOD: -1,
    Holds.CURRENCY: "EUR",
    Holds.POSITION: [7.1, 50.7],
    Holds.OBJECT: {"a": [1]},
    Holds.PLAN: "desired",
    Holds.SIGNAL_QUALITY: "uncertain",
    Holds.NAME_OR_PLACE: 0,
    Holds.ANYTHING: [None],
}
WRONG: dict[Holds, Any] = {
    Holds.TEXT: "",
    Holds.NUMBER: "1",
    Holds.AMOUNT: -1,
    Holds.SHARE: 1.5,
    Holds.INTEGER: 1.5,
    Holds.TRUTH: "yes",
    Holds.TIME: "yesterday",
    Holds.DAY_OR_PERIOD: 1.5,
    Holds.CURRENCY: "euro",
    Holds.POSITION: [7.1, 95],
    Holds.OBJECT: [],
    Holds.PLAN: "maybe",
    Holds.SIGNAL_QUALITY: "fine",
    Holds.NAME_OR_PLACE: -1,
}
PLAIN = {
    "quantityList": [{"epcClass": "urn:x:1", "quantity": 5}],
    "bizLocation": {"id": "urn:x:2"},
    "readPoint": {"id": "urn:x:3"},
}


def own_event(own: Own) -> dict[str, Any]:
    """Return an event of a type of ours with all that it may have."""
    fields = {**EVERY_EVENT, **OWN_TYPES[own].fields}
    event = {"type": f"ct:{own.value}", "eventTime": "2026-03-04T11:00:30Z", "eventTimeZoneOffset": "+00:00", **PLAIN}
    return {**event, **{f"ct:{name}": SAMPLES[holds] for name, holds in fields.items()}}


def test_own_types__all_are_described() -> None:
    assert set(OWN_TYPES) == set(Own)


@pytest.mark.parametrize("own", list(Own))
def test_check__own_types(own: Own) -> None:
    event = own_event(own)
    assert _problems(check([event])) == []
    kind = OWN_TYPES[own]
    for name in kind.required:
        written = name if name in PLAIN else f"ct:{name}"
        (problem,) = _problems(check([{key: value for key, value in event.items() if key != written}]))
        assert (problem.code, problem.path) == ("event.missing", path_text([written], "$[0]"))
    for group in kind.one_of:
        names = {name if name in PLAIN else f"ct:{name}" for name in group}
        codes = {problem.code for problem in _problems(check([{key: value for key, value in event.items() if key not in names}]))}
        assert codes <= {"event.own", "event.missing"}
        assert codes
    for name, holds in {**EVERY_EVENT, **kind.fields}.items():
        if holds is not Holds.ANYTHING:
            problems = _problems(check([{**event, f"ct:{name}": WRONG[holds]}]))
            assert {problem.path.removeprefix("$[0]['ct:").partition("'")[0] for problem in problems} == {name}
            assert any(holds.value in problem.allowed for problem in problems)


def test_check__own_types_with_another_prefix() -> None:
    event = {"@context": {"twin": "urn:chaintwin:v1:"}, **object_event(type="twin:MoneyMoved")}
    whole = {**event, "twin:account": "cash", "twin:amount": -5, "twin:currency": "EUR"}
    assert _problems(check([whole])) == []
    assert [problem.path for problem in _problems(check([{**whole, "twin:amount": "5"}]))] == ["$[0]['ct:amount']"]
    full = {**object_event(type="urn:chaintwin:v1:MoneyMoved"), "urn:chaintwin:v1:account": "cash"}
    assert {problem.code for problem in _problems(check([full]))} == {"event.missing"}


def test_check__unknown_own_type_and_field() -> None:
    (problem,) = _problems(check([object_event(type="ct:OrderEaten")]))
    assert problem.code == "event.type"
    assert "ct:OrderPlaced" in problem.allowed
    event = {**own_event(Own.MONEY_MOVED), "ct:colour": "red"}
    checked = check([event])
    assert checked.ok
    assert [(problem.code, problem.severity) for problem in checked.events[0].problems] == [("event.own_field", Severity.NOTE)]


@pytest.mark.parametrize(
    "body, code",
    [
        (b"", "document.json"),
        (b"{", "document.json"),
        (b'{"a": NaN}', "document.json"),
        (b'{"a": 1e400}', "document.json"),
        (b'"\\ud800"', "document.json"),
        (b'"\xff"', "document.json"),
        (b'{"a": "\\u0000"}', "document.text"),
        (b'{"\\u0000": 1}', "document.text"),
        (b"[" * 100 + b"]" * 100, "document.depth"),
        (b"[" * 100_000 + b"]" * 100_000, "document.depth"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "document.depth"),
        (b'{"a": 1, "a": 2}', "document.name_twice"),
        (b'{"a": 1, "a" : 2}', "document.name_twice"),
        (b'{"\\u0061": 1, "a": 2}', "document.name_twice"),
        (b'{"x": "\\u0022:", "a": 1, "a": 2}', "document.name_twice"),
        (b'{"x": "\\"\\u003a", "a": 1, "a": 2}', "document.name_twice"),
        (b'[{"b": [{"a": 1, "a": 1}]}]', "document.name_twice"),
        (b" " * (BYTES_MAX + 1), "document.size"),
    ],
)
def test_read_json__refused(body: bytes, code: str) -> None:
    value, problems = read_json(body)
    assert value is None
    assert [problem.code for problem in problems] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "[[]]",
        '{"a": "\\" : b", "b": {"a": "[[[[["}}',
        "[" * 64 + "]" * 64,
        '["' + "[" * 500 + '"]',
        '"\\u00e9\\u0022"',
        "5",
        "\ufeff[1]",
    ],
)
def test_read_json__taken(text: str) -> None:
    body = text.encode()
    assert read_json(body) == (json.loads(text.removeprefix("\ufeff")), ())


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
)


@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_read_json__is_what_python_reads(value: Any, is_ascii: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
    if "\\u0000" in text:
        assert read_json(text.encode())[1]
    else:
        assert read_json(text.encode()) == (value, ())


@pytest.mark.parametrize(
    "value, expected",
    [
        ("a\x1b[31m", '"a\ufffd[31m"'),
        ("x" * 500, '"' + "x" * 120 + '…"'),
        ([], "an empty list"),
        ({}, "an empty object"),
        (1.5, "1.5"),
    ],
)
def test_shown__is_safe_and_short(value: Any, expected: str) -> None:
    assert shown(value) == expected


def _problems(checked: Any) -> list[Any]:
    return [problem for event in checked.events for problem in event.problems if problem.refuses]


def test_reference__names_every_type_and_field_of_ours() -> None:
    page = (REPOSITORY / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    names = {f"ct:{own.value}" for own in Own} | {f"ct:{name}" for kind in OWN_TYPES.values() for name in kind.fields}
    assert {name for name in names | {f"ct:{name}" for name in EVERY_EVENT} if f"`{name}`" not in page} == set()
