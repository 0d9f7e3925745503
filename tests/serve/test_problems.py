"""Errors in the form that is asked for: JSON, or XML as RFC 9457 has it in its appendix B."""

from __future__ import annotations

import httpx
import pytest
from lxml import etree
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chaintwin.errors import Finding
from chaintwin.serve.problems import ProblemError, prefers_xml, problem_response
from tests.serve.running import Running

NAMESPACE = "{urn:ietf:rfc:7807}"


def texts(content: bytes) -> dict[str, str]:
    """Return the members of a problem in XML that are plain texts."""
    root = etree.fromstring(content)
    assert root.tag == f"{NAMESPACE}problem"
    return {str(member.tag).removeprefix(NAMESPACE): member.text or "" for member in root}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("*/*", False),
        ("application/xml", True),
        ("text/xml", True),
        ("application/problem+xml", True),
        ("APPLICATION/XML ; q=0.5", True),
        ("application/json, application/xml", False),
        ("application/xml, application/json", True),
        ("application/json;q=0.1, application/xml;q=0.2", True),
        ("application/xml;q=0", False),
        ("application/xml;q=0.2, */*", False),
        ("application/xml;q=x", False),
        ("image/png", False),
    ],
)
def test_prefers_xml(accept: str, expected: bool) -> None:
    assert prefers_xml(accept) is expected


def test_problem_response__xml_with_faults_and_signs_that_xml_has_not() -> None:
    findings = [Finding("a.b", "<x> & \x00\x1b", "]]>", row=3, column="c"), Finding("c", "\ud800", "ä")]
    problem = ProblemError(400, "ValidationException", detail="found <&\x07>", findings=findings)
    answer = problem_response(problem, scope={"headers": [(b"accept", b"application/xml")]})
    assert answer.headers["content-type"] == "application/problem+xml"
    assert texts(bytes(answer.body))["detail"] == "found <&\ufffd>"
    faults = etree.fromstring(bytes(answer.body)).findall(f"{NAMESPACE}faults/{NAMESPACE}i")
    assert [fault.findtext(f"{NAMESPACE}code") for fault in faults] == ["a.b", "c"]
    assert faults[0].findtext(f"{NAMESPACE}found") == "<x> & \ufffd\ufffd"
    assert faults[0].findtext(f"{NAMESPACE}row") == "3"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/epcis/queries/nobody", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("PATCH", "/epcis/capture", {}, 405),
        ("GET", "/epcis/events?EQ_nothing=1", {}, 400),
        ("GET", "/epcis/events", {"Authorization": "Bearer wrong"}, 401),
        ("GET", "/epcis/events", {"Host": "evil.example"}, 421),
        ("GET", "/epcis/events?" + "a" * 20_000, {}, 414),
    ],
)
def test_problems__in_xml_where_that_is_asked_for(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = client.request(method, path, headers={"Accept": "application/xml", **headers})
    plain = client.request(method, path, headers=headers)
    assert (answer.status_code, plain.status_code) == (status, status)
    assert answer.headers["content-type"] == "application/problem+xml"
    assert plain.headers["content-type"] == "application/problem+json"
    found = texts(answer.content)
    assert found["status"] == str(status)
    assert {name: found[name] for name in ("type", "title", "detail")} == {
        name: plain.json()[name] for name in ("type", "title", "detail")
    }


def test_problems__of_a_websocket_that_is_refused(running: Running) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(
            running.url.replace("http", "ws", 1) + "/epcis/queries/nobody/events?stream=true",
            additional_headers={"Accept": "application/xml"},
        )
    assert texts(bytes(refused.value.response.body))["status"] == "401"
