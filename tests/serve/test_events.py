"""Events out: queries over HTTP, pages, trees, forms."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from chaintwin.events.capturing import capture
from chaintwin.events.names import canonical_name
from tests.serve.documents import document, event, events_in

LINK = "https://id.gs1.org/01/10614141073464/21/"


def pages(client: httpx.Client, path: str, **parameters: object) -> list[dict[str, object]]:
    """Return the events of all pages."""
    found = []
    answer = client.get(path, params=parameters)
    while True:
        assert answer.status_code == 200, answer.text
        found += events_in(answer.json())
        if "link" not in answer.headers:
            return found
        assert "GS1-Next-Page-Token-Expires" in answer.headers
        answer = client.get(answer.headers["link"].split(">")[0].removeprefix("<"))


@pytest.fixture(scope="module")
def serials(running) -> list[str]:
    """Serial numbers of events that are in the log."""
    with running.client() as client:
        numbers = list(range(500_000, 500_025))
        step = "https://example.org/steps/mine"
        events = [event(number, bizStep=step if number % 2 else "receiving") for number in numbers]
        assert client.post("/epcis/capture", json=document(*events)).status_code == 202
    return [str(number) for number in numbers]


def test_events__pages_are_whole_and_stay_of_one_moment(client: httpx.Client, serials: list[str]) -> None:
    asked = {"MATCH_epc": "|".join(LINK + serial for serial in serials), "perPage": 4}
    first = client.get("/epcis/events", params=asked)
    late = event(499_999)
    assert client.post("/epcis/capture", json=document(late)).status_code == 202
    found = events_in(first.json())
    while "link" in first.headers:
        first = client.get(first.headers["link"].split(">")[0].removeprefix("<"))
        found += events_in(first.json())
    assert [one["epcList"] for one in found] == [[LINK + serial] for serial in serials]


def test_events__order_and_count(client: httpx.Client, serials: list[str]) -> None:
    pattern = {"MATCH_epc": "|".join(LINK + serial for serial in serials)}
    latest = pages(client, "/epcis/events", **pattern, orderBy="eventTime", eventCountLimit=3, perPage=2)
    assert [one["epcList"] for one in latest] == [[LINK + serial] for serial in serials[-1:-4:-1]]
    refused = client.get("/epcis/events", params=pattern | {"maxEventCount": 24})
    assert (refused.status_code, refused.json()["type"]) == (413, "epcisException:QueryTooLargeException")
    assert len(pages(client, "/epcis/events", **pattern, maxEventCount=25)) == 25


def test_events__names_in_either_spelling(client: httpx.Client, serials: list[str]) -> None:
    urn = f"urn:epc:id:sgtin:0614141.107346.{serials[0]}"
    for name in (urn, LINK + serials[0]):
        for path in ("/epcis/events", f"/epcis/epcs/{quote(name, safe='')}/events", f"/epcis/epcs/{name}/events"):
            asked = {"MATCH_epc": name} if path == "/epcis/events" else {}
            assert len(pages(client, path, **asked)) == 1, path
    as_sent = client.get("/epcis/events", params={"MATCH_epc": urn}, headers={"GS1-EPC-Format": "Never_Translates"})
    assert events_in(as_sent.json())[0]["epcList"] == [urn]


@pytest.mark.parametrize(
    ("tree", "member"),
    [
        ("bizSteps", "receiving"),
        ("bizSteps", "https://ref.gs1.org/cbv/BizStep-receiving"),
        ("bizSteps", "https://example.org/steps/mine"),
        ("readPoints", "urn:epc:id:sgln:0614141.00777.0"),
        ("readPoints", canonical_name("urn:epc:id:sgln:0614141.00777.0")),
        ("eventTypes", "ObjectEvent"),
    ],
)
def test_trees__lead_to_events(client: httpx.Client, serials: list[str], tree: str, member: str) -> None:
    path = f"/epcis/{tree}/{quote(member, safe='')}"
    assert client.get(path).json()["member"] == ["events"]
    found = pages(client, f"{path}/events", MATCH_epc="|".join(LINK + serial for serial in serials))
    assert len(found) in (12, 13, 25)
    assert client.options(path).status_code == 204


def test_trees__unknown_members(client: httpx.Client) -> None:
    for path in ("bizSteps/flying", "epcs/urn:epc:id:sgtin:0614141.107346.nothing", "eventTypes/NoEvent", "readPoints/x"):
        for more in ("", "/events"):
            assert client.get(f"/epcis/{path}{more}").status_code == 404
    assert client.get("/epcis/dispositions/in_transit").status_code == 200


def test_trees__list_every_name_once(client: httpx.Client, serials: list[str]) -> None:
    found: list[str] = []
    answer = client.get("/epcis/epcs", params={"perPage": 7})
    while True:
        found += answer.json()["member"]
        if "link" not in answer.headers:
            break
        answer = client.get(answer.headers["link"].split(">")[0].removeprefix("<"))
    assert len(found) == len(set(found))
    assert {LINK + serial for serial in serials} <= set(found)
    steps = client.get("/epcis/bizSteps", params={"perPage": 1000}).json()["member"]
    assert len(steps) == len(set(steps))
    assert {"receiving", "shipping", "https://example.org/steps/mine"} <= set(steps)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "application/ld+json"}, 200),
        ({"Accept": "text/html"}, 406),
        ({"Accept": "text/html;q=0.9, */*;q=0.1"}, 200),
        ({"Accept": "application/json;q=0"}, 406),
        ({"GS1-EPCIS-Max": "1.2"}, 406),
        ({"GS1-EPCIS-Min": "2.1"}, 406),
        ({"GS1-EPCIS-Min": "2.0.0", "GS1-EPCIS-Max": "2.0"}, 200),
        ({"GS1-EPC-Format": "Sometimes"}, 400),
        ({"GS1-Extensions": "what"}, 400),
    ],
)
def test_events__form_of_the_answer(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    answer = client.get("/epcis/events", params={"perPage": 1}, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.headers["GS1-EPCIS-Version"].startswith("2.0")


def test_events__faults_of_a_query_are_told_together(client: httpx.Client) -> None:
    refused = client.get("/epcis/events", params={"EQ_bizStp": "a", "GE_eventTime": "noon", "eventCountLimit": 2})
    assert refused.status_code == 400
    problem = refused.json()
    assert problem["type"] == "epcisException:QueryParameterException"
    assert {fault["where"] for fault in problem["faults"]} == {"EQ_bizStp", "GE_eventTime", "eventCountLimit"}
    assert "EQ_bizStep" in problem["faults"][0]["allowed"]


def test_events__tokens_of_pages(client: httpx.Client, serials: list[str]) -> None:
    link = client.get("/epcis/events", params={"perPage": 1}).headers["link"].split(">")[0].removeprefix("<")
    token = link.rsplit("nextPageToken=", 1)[1]
    for wrong in ("x", token[:-4] + "AAAA", ""):
        assert client.get("/epcis/events", params={"nextPageToken": wrong}).status_code == 400
    assert client.get("/epcis/events", params={"nextPageToken": token, "EQ_action": "ADD"}).status_code == 400
    assert client.delete(f"/epcis/nextPageToken/{token}").status_code == 204


def test_events__long_urls(client: httpx.Client) -> None:
    refused = client.get("/epcis/events", params={"MATCH_epc": "urn:x:" + "a" * 20_000})
    assert refused.status_code == 414


def test_queries__named(client: httpx.Client, serials: list[str]) -> None:
    name = "mine of this test"
    definition = {"name": name, "query": {"EQ_bizStep": ["https://example.org/steps/mine"], "orderBy": "eventTime"}}
    made = client.post("/epcis/queries", json=definition)
    assert made.status_code == 201
    assert client.post("/epcis/queries", json=definition).status_code == 409
    assert client.get(made.headers["location"]).json()["query"] == definition["query"]
    assert name in [one["name"] for one in client.get("/epcis/queries", params={"perPage": 1000}).json()]
    found = pages(client, made.headers["location"] + "/events", perPage=5)
    assert len(found) == 12
    assert client.get(made.headers["location"] + "/events", params={"EQ_action": "ADD"}).status_code == 400
    assert client.delete(made.headers["location"]).status_code == 204
    assert client.get(made.headers["location"]).status_code == 404
    for wrong in ({"name": "a"}, {"name": "a/b", "query": {}}, {"name": "a", "query": {"EQ_nothing": 1}}, [1]):
        assert client.post("/epcis/queries", json=wrong).status_code == 400


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("No_Preference", "urn:epcglobal:cbv:bizstep:receiving"),
        ("Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-receiving"),
        ("Always_URN", "urn:epcglobal:cbv:bizstep:receiving"),
    ],
)
def test_events__as_xml(client: httpx.Client, serials: list[str], words: str, expected: str) -> None:
    asked = {"MATCH_epc": LINK + serials[0]}
    answer = client.get("/epcis/events", params=asked, headers={"Accept": "application/xml", "GS1-CBV-XML-Format": words})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert f"<bizStep>{expected}</bizStep>" in answer.text
    read = capture(answer.content, media_type="application/xml")
    shown = client.get("/epcis/events", params=asked).json()
    assert [record.key for record in read.records] == [record.key for record in capture(shown).records]
