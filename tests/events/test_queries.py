"""Queries of events: the meaning of each parameter, faults, and that index and residual give what a plain filter gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaintwin.errors import InputError
from chaintwin.events.capturing import capture
from chaintwin.events.queries import (
    MasterData,
    Position,
    QueryTooLargeError,
    Seen,
    Spelling,
    find_page,
    predicate_of,
    query_of_body,
    query_of_parameters,
)
from chaintwin.events.queries.matching import order_value
from chaintwin.events.queries.parameters import fixed_parameters, written_parameter
from chaintwin.events.rendering import event_of
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from chaintwin.store.records import Entry
from tests.shared_data import shared_path
from tests.sizes import scaled

PREFIXES = {"ext1": "http://example.com/ext1/", "ext2": "http://example.com/ext2/", "ext3": "http://example.com/ext3/"}
SPELLING = Spelling().declaring(PREFIXES)


def see(entry: Entry) -> Seen:
    event = event_of(entry)
    ids = frozenset({entry.key.partition("!")[0], event["eventID"]})
    return Seen(event, Spelling().declaring(event.get("@context")), ids, entry.occurred_at, entry.recorded_at)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A log of all public documents."""
    root = shared_path("epcis/openepcis/2.0/JSON")
    with open_store(tmp_path_factory.mktemp("log") / "log.db") as log:
        for number, path in enumerate(sorted(root.rglob("*.json"))):
            found = capture(path.read_bytes())
            if found.records:
                log.append(found.records, received_at=1_000_000 * (number + 1))
        yield log


@pytest.fixture(scope="module")
def entries(store: Store) -> list[Entry]:
    return store.entries(limit=10_000)


def whole(path: str = "ObjectEvent_all_possible_fields.json") -> Seen:
    document = json.loads(shared_path(f"epcis/openepcis/2.0/JSON/Capture/Documents/{path}").read_text())
    event = document["epcisBody"]["eventList"][0]
    return Seen(event, Spelling().declaring(document["@context"]), frozenset({event.get("eventID", "")}), 5, 7)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("eventType", "ObjectEvent|AggregationEvent", True),
        ("eventType", "TransactionEvent", False),
        ("EQ_bizStep", "receiving", True),
        ("EQ_bizStep", "urn:epcglobal:cbv:bizstep:receiving", True),
        ("EQ_bizStep", "shipping", False),
        ("EQ_disposition", "https://ref.gs1.org/cbv/Disp-in_progress", True),
        ("EQ_persistentDisposition_set", "completeness_verified", True),
        ("EQ_persistentDisposition_unset", "completeness_verified", False),
        ("EQ_readPoint", "urn:epc:id:sgln:0012345.11111.400", True),
        ("EQ_readPoint", "https://id.gs1.org/414/0012345111112/254/400", True),
        ("EQ_bizLocation", "urn:epc:id:sgln:0012345.11111.400", False),
        ("MATCH_epc", "https://id.gs1.org/01/10614141073464/21/2018", True),
        ("MATCH_epc", "urn:epc:idpat:sgtin:0614141.107346.*", True),
        ("MATCH_epc", "urn:epc:idpat:sgtin:0614141.*.*", True),
        ("MATCH_epc", "urn:epc:idpat:sgtin:0614142.*.*", False),
        ("MATCH_anyEPC", "urn:epc:id:sgtin:0614141.107346.2018", True),
        ("MATCH_parentID", "urn:epc:id:sgtin:0614141.107346.2018", False),
        ("MATCH_epcClass", "https://id.gs1.org/01/04012345123456/10/998877", True),
        ("MATCH_anyEPCClass", "urn:epc:class:lgtin:4012345.012345.998877", True),
        ("MATCH_inputEPCClass", "urn:epc:class:lgtin:4012345.012345.998877", False),
        ("EQ_quantity", "200", True),
        ("GT_quantity", "200", False),
        ("LE_quantity_KGM", "200.0", True),
        ("GE_quantity_GRM", "1", False),
        ("EQ_bizTransaction_po", "urn:epc:id:gdti:0614141.00001.1618034", True),
        ("EQ_bizTransaction_desadv", "urn:epc:id:gdti:0614141.00001.1618034", False),
        ("EQ_source_owning_party", "https://id.gs1.org/417/4012345002256", True),
        ("EQ_destination_location", "urn:epc:id:sgln:0614141.00777.0", True),
        ("EQ_eventID", "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8", True),
        ("EXISTS_errorDeclaration", "true", True),
        ("EXISTS_errorDeclaration", "", True),
        ("GE_errorDeclarationTime", "2006-11-07T14:00:00+01:00", True),
        ("LT_errorDeclarationTime", "2006-11-07T14:00:00+01:00", False),
        ("EQ_errorReason", "incorrect_data", True),
        ("EQ_errorReason", "did_not_occur", False),
        ("EXISTS_sensorElementList", "1", True),
        ("EQ_type", "Temperature", True),
        ("EQ_type", "gs1:Temperature", True),
        ("EQ_type", "Mass", False),
        ("GE_value_CEL", "26", True),
        ("GE_value_FAH", "26", False),
        ("LT_minValue_CEL", "26", False),
        ("LE_maxValue_CEL", "26.2", True),
        ("EQ_meanValue_CEL", "13.2", True),
        ("GT_sDev_CEL", "0.1", False),
        ("LE_percRank", "50", True),
        ("EQ_percValue_CEL", "12.7", True),
        ("GE_startTime", "2019-04-02T12:55:01Z", True),
        ("LT_endTime", "2019-04-02T13:55:00Z", False),
        ("GE_time", "2019-07-19T13:00:00Z", True),
        ("EQ_deviceID", "https://id.gs1.org/8004/4000001111", True),
        ("EQ_bizRules", "https://example.com/253/4012345000054987", True),
        ("EQ_stringValue", "SomeString", True),
        ("EQ_booleanValue", "true", True),
        ("EQ_booleanValue", "false", False),
        ("EQ_hexBinaryValue", "f0f0f0", True),
        ("EQ_uriValue", "https://id.gs1.org/8004/4000001111", True),
        ("EQ_microorganism", "https://www.ncbi.nlm.nih.gov/taxonomy/1126011", True),
        ("EQ_ext1:int", "10", True),
        ("EQ_ext1:float", "20.0", True),
        ("EQ_ext1:string", "other", False),
        ("GT_ext1:int", "9.5", True),
        ("LT_ext1:time", "2013-06-08T14:58:56.591Z", False),
        ("GE_ext1:time", "2013-06-08T14:58:56.591Z", True),
        ("EQ_http://example.com/ext1/#int", "10", True),
        ("EQ_ext1:array", "stringInArray", True),
        ("EQ_INNER_ext2:int", "13", True),
        ("EQ_ext2:int", "13", False),
        ("EXISTS_INNER_ext3:string", "", True),
        ("EQ_ILMD_ext1:int", "10", True),
        ("EQ_ILMD_cbvmda:lotNumber", "ABC123", True),
        ("EQ_INNER_ILMD_ext3:string", "stringInObjectInObject", True),
        ("EQ_SENSORELEMENT_ext1:int", "10", True),
        ("EQ_INNER_SENSORELEMENT_ext3:string", "stringInObjectInObject", True),
        ("EQ_SENSORMETADATA_ext1:someFurtherMetadata", "someText", True),
        ("EXISTS_SENSORREPORT_ext1:someFurtherReportData", "", True),
        ("EXISTS_ERROR_DECLARATION_ext1:int", "", False),
        ("EQ_readPoint_ext1:int", "10", False),
    ],
)
def test_predicate_of__by_hand(name: str, value: str, expected: bool) -> None:
    query = query_of_parameters([(name, value)], spelling=SPELLING)
    assert predicate_of(query)(whole()) is expected


def test_predicate_of__master_data() -> None:
    place, region = "https://id.gs1.org/414/0012345111112", "https://id.gs1.org/414/4012345000016"
    master = MasterData({place: {"urn:epcglobal:cbv:mda#city": "Ulm"}}, {region: (place,), place: (region,)})
    asked = [
        ("WD_bizLocation", region, True),
        ("EQ_bizLocation", region, False),
        ("WD_bizLocation", "https://id.gs1.org/414/4012345000023", False),
        ("HASATTR_bizLocation", "city", True),
        ("HASATTR_bizLocation", "street", False),
        ("EQATTR_bizLocation_city", "Bonn|Ulm", True),
        ("EQ_ATTR_bizLocation_city", "Bonn", False),
    ]
    for name, value, expected in asked:
        query = query_of_parameters([(name, value)], spelling=SPELLING)
        assert predicate_of(query, master=master)(whole()) is expected, name


def test_query_of_parameters__every_parameter_of_the_schema_is_known() -> None:
    schema = json.loads(shared_path("epcis/schema/json/query-schema.json").read_text())["definitions"]["EPCIS-Query"]
    controls = {"@context", "orderBy", "orderDirection", "eventCountLimit", "maxEventCount"}
    assert set(schema["properties"]) - controls <= set(fixed_parameters())
    for pattern in schema["patternProperties"]:
        made = pattern.replace("\\", "").strip("^$").replace("[A-Z0-9]{2,4}", "KGM").replace("[a-z][a-zA-Z0-9]*:w+", "ext1:field")
        made = made.replace("[a-z][a-zA-Z0-9_]+", "po").replace("w+_w+", "bizLocation_city")
        assert written_parameter(made) is not None, made


@pytest.mark.parametrize(
    ("parameters", "codes"),
    [
        ([("EQ_bizstep", "a")], {"query.unknown"}),
        ([("EQ_bizStep", "flying|shipping")], {"query.value"}),
        ([("GE_eventTime", "2026-01-31T09:30:00")], {"query.value"}),
        ([("EQ_action", "ADD"), ("EQ_action", "DELETE")], {"query.repeated"}),
        ([("EQ_foo:bar", "1")], {"query.prefix"}),
        ([("EQ_source_home", "urn:x:y")], {"query.type"}),
        ([("HASATTR_action", "a")], {"query.field"}),
        ([("eventCountLimit", "1")], {"query.contradiction"}),
        ([("eventCountLimit", "1"), ("maxEventCount", "1"), ("orderBy", "eventTime")], {"query.contradiction"}),
        ([("eventCountLimit", "0"), ("orderBy", "nothing"), ("orderDirection", "UP")], {"query.value"}),
        ([("GT_quantity", "1|2")], {"query.value"}),
        ([("EQ_quantity", "nan")], {"query.value"}),
        ([("MATCH_epc", "urn:epc:idpat:sgtin:0614141.*.5")], {"query.value"}),
        ([("GE_ext1:x", "soon")], {"query.value"}),
    ],
)
def test_query_of_parameters__faults(parameters: list[tuple[str, str]], codes: set[str]) -> None:
    with pytest.raises(InputError) as refused:
        query_of_parameters(parameters, spelling=SPELLING)
    assert {finding.code for finding in refused.value.findings} == codes
    assert all(finding.column and finding.found and finding.allowed for finding in refused.value.findings)


def test_query_of_body__public_queries() -> None:
    root = shared_path("epcis/openepcis/2.0/JSON/Query/Queries")
    query = query_of_body(json.loads((root / "SimpleEventQuery.json").read_text()), spelling=Spelling())
    assert (len(query.conditions), query.first, query.descending) == (10, 100, True)
    with pytest.raises(InputError) as refused:
        query_of_body(json.loads((root / "Invalid" / "Query_with_invalid_values.json").read_text()), spelling=Spelling())
    assert {finding.column for finding in refused.value.findings} == {"GE_eventTime", "EQ_action", "orderDirection"}


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ({"eventCountLimit": [], "orderBy": "eventTime"}, "eventCountLimit"),
        ({"maxEventCount": [1, 2]}, "maxEventCount"),
        ({"maxEventCount": {"a": 1}}, "maxEventCount"),
        ({"orderBy": []}, "orderBy"),
        ({"orderBy": {}}, "orderBy"),
        ({"orderDirection": []}, "orderDirection"),
        ({"orderDirection": [["ASC"]]}, "orderDirection"),
        ({"GE_eventTime": []}, "GE_eventTime"),
        ({"EQ_ct:x": {"a": 1}}, "EQ_ct:x"),
        ({"GT_ct:x": [[]]}, "GT_ct:x"),
        ({"GE_quantity": {}}, "GE_quantity"),
        ({"EXISTS_ct:x": {}}, "EXISTS_ct:x"),
        ({"EQ_action": [None]}, "EQ_action"),
    ],
)
def test_query_of_body__values_of_other_types(query: dict[str, Any], column: str) -> None:
    with pytest.raises(InputError) as refused:
        query_of_body(query, spelling=SPELLING.declaring({"ct": "urn:chaintwin:v1:"}))
    assert {finding.column for finding in refused.value.findings} == {column}


def test_query_of_body__a_truth_is_no_number_even_after_one() -> None:
    assert query_of_body({"GE_quantity": 1.0}, spelling=SPELLING).conditions[0].values == (1.0,)
    with pytest.raises(InputError):
        query_of_body({"GE_quantity": True}, spelling=SPELLING)


def values_of(entries: list[Entry]) -> dict[str, list[Any]]:
    """Return values that occur in events, by parameter, and some that do not."""
    found: dict[str, set[str]] = {}

    def add(name: str, value: Any) -> None:
        if isinstance(value, str) and "|" not in value:
            found.setdefault(name, set()).add(value)

    for entry in entries:
        event = event_of(entry)
        add("eventType", event["type"] if ":" not in event["type"] else "ObjectEvent")
        for key in ("action", "bizStep", "disposition"):
            add(f"EQ_{key}", event.get(key))
        for key in ("readPoint", "bizLocation"):
            add(f"EQ_{key}", (event.get(key) or {}).get("id"))
        for key in ("epcList", "childEPCs"):
            for name in event.get(key, ()):
                add("MATCH_epc", name)
                add("MATCH_anyEPC", name)
        for key in ("inputEPCList", "outputEPCList"):
            for name in event.get(key, ()):
                add("MATCH_anyEPC", name)
                add(f"MATCH_{key.removesuffix('List')}", name)
        add("MATCH_parentID", event.get("parentID"))
        add("EQ_transformationID", event.get("transformationID"))
        for key in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
            for item in event.get(key, ()):
                add("MATCH_anyEPCClass", item["epcClass"])
                add("MATCH_epcClass", item["epcClass"])
        for item in event.get("bizTransactionList", ()):
            if ":" not in item.get("type", ":"):
                add(f"EQ_bizTransaction_{item['type']}", item["bizTransaction"])
        add("EQ_eventID", event["eventID"])
        for element in event.get("sensorElementList", ()):
            for report in element.get("sensorReport", ()):
                add("EQ_type", report.get("type") if ":" not in report.get("type", ":") else None)
    return {name: sorted(values) for name, values in found.items()}


PLAIN = [
    *({"EXISTS_errorDeclaration": "true"}, {"EXISTS_sensorElementList": "true"}, {"GE_value_CEL": "20"}, {"GT_quantity": "100"}),
    *({"EXISTS_ext1:int": ""}, {"EQ_ext1:string": "string"}, {"EQ_INNER_ext2:int": "13"}, {"EQ_errorReason": "incorrect_data"}),
    *(
        {"GE_errorDeclarationTime": "2000-01-01T00:00:00Z"},
        {"MATCH_epc": "urn:epc:idpat:sgtin:0614141.*.*"},
        {"EQ_ILMD_ext1:int": "10"},
    ),
    *(
        {"GE_eventTime": "2013-01-01T00:00:00Z"},
        {"LT_eventTime": "2019-01-01T00:00:00Z"},
        {"LT_recordTime": "1970-01-01T00:00:15Z"},
    ),
    {"GE_recordTime": "1970-01-01T00:00:08Z"},
]


@settings(max_examples=scaled(ci=150, full=5_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_find_page__gives_what_a_plain_filter_gives(store: Store, entries: list[Entry], data: st.DataObject) -> None:
    known = values_of(entries)
    asked: dict[str, str] = {}
    for name in data.draw(st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True)):
        asked[name] = "|".join(data.draw(st.lists(st.sampled_from(known[name]), min_size=1, max_size=4)))
    for one in data.draw(st.lists(st.sampled_from(PLAIN), max_size=2)):
        asked |= one
    order = data.draw(st.sampled_from(["", "eventTime", "recordTime", "ext1:int"]))
    if order:
        asked |= {"orderBy": order, "orderDirection": data.draw(st.sampled_from(["ASC", "DESC"]))}
    query = query_of_parameters(list(asked.items()), spelling=SPELLING)
    holds = predicate_of(query)
    expected = [entry.sequence for entry in entries if holds(see(entry))]
    size = data.draw(st.integers(1, 20))
    found: list[int] = []
    at: Position | None = Position(store.head().sequence)
    while at is not None:
        page = find_page(store, query, see=see, at=at, limit=size, scanned_max=7)
        assert len(page.entries) <= size
        found += [entry.sequence for entry in page.entries]
        at = page.next
    assert sorted(found) == expected
    values = [order_value(see(entries[sequence - 1]), query.order) for sequence in found]
    known_values = [value for value in values if value is not None]
    assert known_values == sorted(known_values, reverse=query.descending)


def test_find_page__counts(store: Store, entries: list[Entry]) -> None:
    at = Position(store.head().sequence)
    first = query_of_parameters([("orderBy", "eventTime"), ("eventCountLimit", "3")], spelling=SPELLING)
    page = find_page(store, first, see=see, at=at, limit=2)
    assert page.next is not None
    rest = find_page(store, first, see=see, at=page.next, limit=2)
    assert (len(page.entries), len(rest.entries), rest.next) == (2, 1, None)
    latest = sorted(entries, key=lambda entry: (entry.occurred_at, entry.sequence), reverse=True)[:3]
    assert [entry.sequence for entry in (*page.entries, *rest.entries)] == [entry.sequence for entry in latest]
    many = query_of_parameters([("maxEventCount", str(len(entries) - 1))], spelling=SPELLING)
    with pytest.raises(QueryTooLargeError, match="maxEventCount"):
        find_page(store, many, see=see, at=at, limit=1)
    assert find_page(
        store, query_of_parameters([("maxEventCount", str(len(entries)))], spelling=SPELLING), see=see, at=at, limit=1
    )


def test_find_page__later_pages_see_no_more(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as log:
        for number in range(4):
            event = {"type": "ObjectEvent", "eventTime": f"2026-01-0{4 - number}T00:00:00Z", "eventTimeZoneOffset": "+00:00"}
            event |= {"action": "ADD", "epcList": [f"urn:epc:id:sgtin:0614141.107346.{number}"]}
            if number == 3:
                break
            log.append(capture([event]).records, received_at=number)
        query = query_of_parameters([], spelling=SPELLING)
        page = find_page(log, query, see=see, at=Position(log.head().sequence), limit=1)
        log.append(capture([event]).records, received_at=9)
        assert page.next is not None
        rest = find_page(log, query, see=see, at=page.next, limit=9)
        assert [entry.sequence for entry in (*page.entries, *rest.entries)] == [3, 2, 1]
