"""Contexts: known addresses, prefixes of documents, names in full."""

from __future__ import annotations

from typing import Any

import pytest

from chaintwin.events.contexts import (
    BUILT_IN,
    BUSINESS_STEP,
    CONTEXT_ADDRESS,
    MEASUREMENT,
    full_name,
    is_known_address,
    prefixes_of,
    split_name,
    used_prefixes,
    word_uri,
)

EXAMPLE = "https://ns.example.com/epcis/"


@pytest.mark.parametrize(
    "address, expected",
    [
        ("https://ref.gs1.org/standards/epcis/epcis-context.jsonld", True),
        ("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", True),
        ("https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld", True),
        ("https://gs1.github.io/EPCIS/epcis-context.jsonld", True),
        ("https://gs1.github.io/EPCIS/epcis-context.jsonld?a=1", False),
        ("https://ref.gs1.org.evil.example/standards/epcis/epcis-context.jsonld", False),
        ("file:///etc/passwd", False),
    ],
)
def test_is_known_address__of_any_version(address: str, expected: bool) -> None:
    assert is_known_address(address) == expected


@pytest.mark.parametrize(
    "context, expected, remarks",
    [
        (None, {}, 0),
        (CONTEXT_ADDRESS, {}, 0),
        ([CONTEXT_ADDRESS, {"example": EXAMPLE}], {"example": EXAMPLE}, 0),
        ({"example": {"@id": EXAMPLE, "@prefix": True}}, {"example": EXAMPLE}, 0),
        ({"example": EXAMPLE, "inner": "example:inner/"}, {"inner": EXAMPLE + "inner/"}, 0),
        ({"gs1": "https://ref.gs1.org/voc/"}, {"gs1": "https://gs1.org/voc/"}, 0),
        ({"g": "https://ref.gs1.org/voc/"}, {"g": "https://gs1.org/voc/"}, 0),
        ({"cbvmda": "urn:epcglobal:cbv:mda:"}, {"cbvmda": "urn:epcglobal:cbv:mda:"}, 0),
        ({"@vocab": EXAMPLE, "@version": 1.1}, {}, 0),
        (["https://other.example/context.jsonld"], {}, 1),
        ({"a": 5, "b": None, "c": "nothing"}, {}, 3),
        ([5, None], {}, 0),
    ],
)
def test_prefixes_of__documents(context: Any, expected: dict[str, str], remarks: int) -> None:
    prefixes, told = prefixes_of(context)
    assert {name: prefixes[name] for name in expected} == expected
    assert len(told) == remarks
    if not expected:
        assert prefixes is BUILT_IN


def test_prefixes_of__an_event_adds_to_its_document() -> None:
    around, _ = prefixes_of({"example": EXAMPLE, "other": "urn:other:"})
    inner, _ = prefixes_of({"other": "urn:new:"}, around)
    assert (inner["example"], inner["other"], around["other"]) == (EXAMPLE, "urn:new:", "urn:other:")


@pytest.mark.parametrize(
    "name, expected",
    [
        ("epcList", ("", "epcList")),
        ("example:a", (EXAMPLE, "a")),
        ("unknown:a", ("", "unknown:a")),
        ("https://ns.example.com/epcis/a", (EXAMPLE, "a")),
        ("http://www.w3.org/2000/01/rdf-schema#comment", ("http://www.w3.org/2000/01/rdf-schema#", "comment")),
        ("urn:chaintwin:v1:order", ("urn:chaintwin:v1:", "order")),
        ("ct:order", ("urn:chaintwin:v1:", "order")),
        ("https:a", ("urn:odd:", "a")),
        ("", ("", "")),
    ],
)
def test_split_name__spellings(name: str, expected: tuple[str, str]) -> None:
    prefixes, _ = prefixes_of({"example": EXAMPLE, "https": "urn:odd:"})
    assert split_name(name, prefixes) == expected


def test_full_name__master_data_has_one_spelling() -> None:
    written, _ = prefixes_of({"cbvmda": "urn:epcglobal:cbv:mda:"})
    assert full_name("cbvmda:lotNumber", BUILT_IN) == full_name("cbvmda:lotNumber", written) == "urn:epcglobal:cbv:mda:lotNumber"


@pytest.mark.parametrize(
    "word, base, expected",
    [
        ("shipping", BUSINESS_STEP, "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("cbv:BizStep-shipping", BUSINESS_STEP, "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("urn:epcglobal:cbv:bizstep:shipping", BUSINESS_STEP, "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("example:step", BUSINESS_STEP, EXAMPLE + "step"),
        ("https://ref.gs1.org/voc/Temperature", MEASUREMENT, "https://gs1.org/voc/Temperature"),
        ("gs1:Temperature", MEASUREMENT, "https://gs1.org/voc/Temperature"),
        ("https://other.example/step", BUSINESS_STEP, "https://other.example/step"),
    ],
)
def test_word_uri__spellings(word: str, base: str, expected: str) -> None:
    prefixes, _ = prefixes_of({"example": EXAMPLE})
    assert word_uri(word, base, prefixes=prefixes) == expected


def test_used_prefixes__only_those_of_the_event() -> None:
    prefixes, _ = prefixes_of({"b": "urn:b:", "a": "urn:a:", "c": "urn:c:", "gs1": "https://ref.gs1.org/voc/"})
    event = {"type": "ObjectEvent", "bizStep": "b:step", "gs1:x": {"deep": [{"a:y": 1}]}, "ct:order": "o"}
    assert list(used_prefixes(event, prefixes).items()) == [("a", "urn:a:"), ("b", "urn:b:"), ("ct", "urn:chaintwin:v1:")]
