"""Structure of EPCIS XML: the verdict is that of the published schemas, on every document and on mutations of them."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from chaintwin.errors import InputError
from chaintwin.events.xml import read_xml
from chaintwin.events.xml.rules.forms import forms, is_moment, is_stamp, is_uri
from tests.oracles.published_schema import is_valid, why_invalid
from tests.shared_data import shared_path, shared_root
from tests.sizes import scaled


def documents(*, known: bool) -> list[Any]:
    """Return parameters for the published XML documents, those whose verdict is published or all."""
    path = shared_root() / "epcis" / "MANIFEST.json"
    if not path.exists():
        mark = pytest.mark.skip(reason=f"needs shared data: epcis is not under {shared_root()}")
        return [pytest.param("", None, marks=mark, id="absent")]
    manifest = json.loads(path.read_text(encoding="utf-8"))
    listed = ((name, about.get("xsd_valid")) for name, about in manifest.items() if name.endswith(".xml"))
    return [pytest.param(name, valid, id=name) for name, valid in listed if not known or valid is not None]


@cache
def sources() -> tuple[bytes, ...]:
    """Return the documents that are mutated: all that the published schemas accept, and some that hold rare elements."""
    root = shared_path("epcis")
    found = [path.read_bytes() for path in sorted(root.glob("*/**/*.xml"))]
    return tuple(body for body in (*found, RARE_2_0, RARE_1_2, QUERY_2_0, MASTER_2_0) if is_valid(body))


def accepted(body: bytes) -> bool:
    """Tell whether a document is read."""
    try:
        read_xml(body)
    except InputError as error:
        assert error.findings
        assert all(finding.found and finding.allowed and finding.fix for finding in error.findings), error
        return False
    return True


@pytest.mark.parametrize(("name", "valid"), documents(known=True))
def test_read_xml__verdict_is_the_published_one(name: str, *, valid: bool) -> None:
    body = shared_path(f"epcis/{name}").read_bytes()
    assert accepted(body) is valid


@pytest.mark.parametrize(("name", "valid"), documents(known=False))
def test_read_xml__invalid_documents_say_line_and_element(name: str, valid: object) -> None:
    if "/Invalid/" not in name:
        return
    with pytest.raises(InputError) as caught:
        read_xml(shared_path(f"epcis/{name}").read_bytes())
    assert all(finding.row > 0 and "ObjectEvent" in finding.column for finding in caught.value.findings)


def test_sources__hold_all_editions() -> None:
    assert len(sources()) >= 40
    for rare in (RARE_2_0, RARE_1_2, QUERY_2_0, MASTER_2_0):
        assert is_valid(rare), why_invalid(rare)


TEXTS = st.sampled_from(
    [
        "",
        " ",
        "x",
        "ADD",
        "OBSERVE ",
        "true",
        "1",
        "-1.50",
        "1e3",
        "INF",
        "2026-02-29T00:00:00Z",
        "2026-02-28T00:00:00Z",
        "2026-02-28T00:00:00",
        "2026-02-28T24:00:00Z",
        "2026-02-28T23:59:60Z",
        "2026-02-28T23:59:59.123456789+14:00",
        "2026-02-28T23:59:59+14:30",
        "12026-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "urn:epc:id:sgtin:4012345.011111.9876",
        "a b",
        "a%2Fb",
        "%zz",
        "1:a",
        "#a#b",
        "http://[::1]:80/",
        "f0F0",
        "f0f",
        "2.0",
        "1.2",
        "ä",
    ]
)
TAGS = st.sampled_from(
    [
        "eventTime",
        "action",
        "epcList",
        "epc",
        "extension",
        "baseExtension",
        "id",
        "bizTransaction",
        "quantity",
        "uom",
        "sensorReport",
        "ilmd",
        "errorDeclaration",
        "ObjectEvent",
        "TransformationEvent",
        "madeUp",
        "{https://ns.example.com/}own",
        "{urn:epcglobal:epcis:xsd:2}action",
        "{urn:epcglobal:epcis:xsd:1}action",
        "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}StandardBusinessDocumentHeader",
        "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}Scope",
    ]
)
ATTRIBUTES = st.sampled_from(
    ["type", "id", "value", "time", "schemaVersion", "{https://ns.example.com/}own", "{XSI}nil", "{XSI}type"]
)
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def mutate(root: etree._Element, draw: Any) -> None:
    """Change one thing of a document."""
    elements = list(root.iter("*"))
    element = elements[draw(st.integers(0, len(elements) - 1))]
    parent = element.getparent()
    change = draw(st.sampled_from(["drop", "double", "rename", "swap", "text", "tail", "attribute", "unset", "wrap", "add"]))
    if change == "drop" and parent is not None:
        parent.remove(element)
    elif change == "double" and parent is not None:
        parent.insert(draw(st.integers(0, len(parent))), copy.deepcopy(element))
    elif change == "rename":
        element.tag = draw(TAGS)
    elif change == "swap" and len(element) > 1:
        child = element[draw(st.integers(0, len(element) - 1))]
        element.remove(child)
        element.insert(draw(st.integers(0, len(element))), child)
    elif change == "text":
        element.text = draw(TEXTS)
    elif change == "tail" and parent is not None:
        element.tail = draw(TEXTS)
    elif change == "attribute":
        name = draw(ATTRIBUTES).replace("XSI", XSI)
        element.set(name, draw(st.sampled_from(["true", "xsd:string", "x"])) if XSI in name else draw(TEXTS))
    elif change == "unset" and element.attrib:
        del element.attrib[draw(st.sampled_from(sorted(map(str, element.attrib))))]
    elif change == "wrap" and parent is not None:
        wrapper = etree.Element(draw(TAGS))
        parent.replace(element, wrapper)
        wrapper.append(element)
    elif change == "add":
        etree.SubElement(element, draw(TAGS)).text = draw(TEXTS)


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    root = etree.fromstring(draw(st.sampled_from(sources())))
    for _ in range(draw(st.integers(1, 3))):
        mutate(root, draw)
    return etree.tostring(root)


@given(st.data())
@settings(max_examples=scaled(ci=600, full=30_000), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_read_xml__verdict_on_mutations_is_that_of_the_schema(data: st.DataObject) -> None:
    shared_path("epcis")
    body = data.draw(mutants())
    if is_beyond_the_table(body):
        return
    assert accepted(body) is is_valid(body), f"{why_invalid(body)}\n{body.decode()}"
    # Whatever it holds, it must be identifiable.
    try:
        read_xml(body, strict=False)
    except InputError as error:
        assert {finding.code for finding in error.findings} <= {"xml.root"}


def is_beyond_the_table(body: bytes) -> bool:
    """Tell whether a document leans on what the schema says of types by name, which no one sends: xsi:type on known elements."""
    root = etree.fromstring(body)
    return any(element.get(f"{{{XSI}}}type") is not None for element in root.iter() if not str(element.tag).startswith("{https"))


FORM_TYPES = ["string", "dateTime", "uri", "decimal", "double", "integer", "int", "boolean", "hexBinary"]
XSD_NAMES = {"uri": "anyURI"}


@cache
def schema_of(form: str) -> etree.XMLSchema:
    xsd = "http://www.w3.org/2001/XMLSchema"
    kind = XSD_NAMES.get(form, form)
    return etree.XMLSchema(
        etree.fromstring(f'<xsd:schema xmlns:xsd="{xsd}"><xsd:element name="a" type="xsd:{kind}"/></xsd:schema>')
    )


@pytest.mark.parametrize("form", FORM_TYPES)
@given(
    st.one_of(
        TEXTS,
        st.text(alphabet="0123456789+-.eE :TZ", max_size=12),
        st.text(alphabet="ab1:/?#[]@%2F_|{~.", max_size=14),
        st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
        st.floats().map(str),
    )
)
def test_forms__verdict_is_that_of_the_schema(form: str, text: str) -> None:
    element = etree.Element("a")
    element.text = text
    assert forms()[form].accepts(text) is schema_of(form).validate(element), text


def test_is_stamp__needs_four_digits_and_an_offset() -> None:
    assert is_stamp("2026-01-31T12:00:00.5+01:00")
    assert not is_stamp("2026-01-31T12:00:00")
    assert not is_stamp("12026-01-31T12:00:00Z")
    assert is_moment("12026-01-31T12:00:00Z")
    assert not is_stamp("2026-04-31T12:00:00Z")


def test_is_uri__long_texts_take_no_time() -> None:
    assert is_uri("a" * 100_000)
    assert not is_uri("http://" + "a:" * 100_000)
    assert not is_uri("a/" * 50_000 + "[")


EVENT = b"<eventTime>2026-01-01T00:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>"


@pytest.mark.parametrize(
    ("body", "code", "found", "place"),
    [
        (EVENT + b"<epcList/>", "xml.missing", "no action", "ObjectEvent"),
        (EVENT + b"<action>ADD</action><action>ADD</action>", "xml.repeated", "action again", "ObjectEvent/action[2]"),
        (EVENT + b"<action>ADD</action><epcList/>", "xml.order", "epcList behind action", "ObjectEvent/epcList"),
        (EVENT + b"<action>ADD</action><ilmd/><bizStep>a</bizStep>", "xml.order", "bizStep behind ilmd", "ObjectEvent/bizStep"),
        (EVENT + b"<action>add</action>", "xml.value", "add", "ObjectEvent/action"),
        (EVENT + b"<Action>ADD</Action><action>ADD</action>", "xml.element", "Action", "ObjectEvent/Action"),
        (EVENT + b"<action a='1'>ADD</action>", "xml.attribute", "a", "ObjectEvent/action"),
        (EVENT + b"hm<action>ADD</action>", "xml.text", "hm", "ObjectEvent/eventTimeZoneOffset"),
        (
            EVENT + b"<action>ADD</action><sourceList><source>urn:a:b</source></sourceList>",
            "xml.missing",
            "no type",
            "ObjectEvent/sourceList/source",
        ),
        (
            EVENT
            + b"<action>ADD</action><sensorElementList><sensorElement><sensorReport value='x'/></sensorElement></sensorElementList>",
            "xml.value",
            "x",
            "ObjectEvent/sensorElementList/sensorElement/sensorReport/@value",
        ),
    ],
)
def test_read_xml__each_fault_has_its_place(body: bytes, code: str, found: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read_xml(b"<ObjectEvent>\n" + body + b"</ObjectEvent>")
    assert [(finding.code, finding.found, finding.column) for finding in caught.value.findings] == [(code, found, place)]


def test_read_xml__all_faults_at_once() -> None:
    events = b"<ObjectEvent><action>no</action></ObjectEvent>" * 3
    with pytest.raises(InputError) as caught:
        read_xml(document(events))
    assert len(caught.value.findings) == 9
    assert caught.value.findings[0].column.startswith("EPCISDocument/EPCISBody/EventList/ObjectEvent[1]")


def test_read_xml__many_faults_are_counted_and_take_no_time() -> None:
    with pytest.raises(InputError) as caught:
        read_xml(document(b"<ObjectEvent><action>no</action></ObjectEvent>" * 20_000))
    assert len(caught.value.findings) == 1_001
    assert caught.value.findings[-1].found == "59,000 more faults"


def test_read_xml__version_and_namespace_must_agree() -> None:
    body = document(b"").replace(b'schemaVersion="2.0"', b'schemaVersion="1.2"')
    with pytest.raises(InputError, match=r"found 1.2; allowed: 2.0, which is the edition of the namespace"):
        read_xml(body)


def document(events: bytes, header: bytes = b"") -> bytes:
    """Return a document of EPCIS 2.0 with some events."""
    return (
        b'<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:e="https://ns.example.com/" schemaVersion="2.0" '
        b'creationDate="2026-01-01T00:00:00Z">'
        + header
        + b"<EPCISBody><EventList>"
        + events
        + b"</EventList></EPCISBody></epcis:EPCISDocument>"
    )


SBDH = b"""<s:StandardBusinessDocumentHeader xmlns:s="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">
<s:HeaderVersion>1.0</s:HeaderVersion><s:Sender><s:Identifier Authority="a">urn:a:b</s:Identifier></s:Sender>
<s:Receiver><s:Identifier>urn:a:c</s:Identifier><s:ContactInformation><s:Contact>x</s:Contact></s:ContactInformation></s:Receiver>
<s:DocumentIdentification><s:Standard>EPCglobal</s:Standard><s:TypeVersion>1.0</s:TypeVersion>
<s:InstanceIdentifier>7</s:InstanceIdentifier><s:Type>Events</s:Type><s:MultipleType>false</s:MultipleType>
<s:CreationDateAndTime>2026-01-01T00:00:00</s:CreationDateAndTime></s:DocumentIdentification>
<s:Manifest><s:NumberOfItems>1</s:NumberOfItems><s:ManifestItem><s:MimeTypeQualifierCode>a</s:MimeTypeQualifierCode>
<s:UniformResourceIdentifier>urn:x:y</s:UniformResourceIdentifier></s:ManifestItem></s:Manifest>
<s:BusinessScope><s:Scope><s:Type>t</s:Type><s:InstanceIdentifier>i</s:InstanceIdentifier><s:BusinessService>
<s:ServiceTransaction Recurrence="1"/></s:BusinessService><s:CorrelationInformation/></s:Scope></s:BusinessScope>
</s:StandardBusinessDocumentHeader>"""
MASTER = b"""<VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
<VocabularyElement id="urn:epc:id:sgln:0037000.00729.0"><attribute id="urn:x:name">Warehouse <b>1</b></attribute>
<attribute id="urn:x:address"><e:street>Long</e:street></attribute><children><id>urn:epc:id:sgln:0037000.00729.8201</id></children>
<e:more>1</e:more></VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList>"""
RARE_2_0 = document(
    b"<extension><e:OwnEvent><eventTime>x</eventTime></e:OwnEvent></extension><AssociationEvent e:a='1' b='2'>"
    + EVENT
    + b"<baseExtension><e:x/></baseExtension><parentID>urn:a:b</parentID><action>ADD</action><readPoint><id>urn:a:c</id>"
    b"<extension><more>1</more></extension></readPoint><sensorElementList><sensorElement><sensorReport bizRules='urn:a:d'>t"
    b"</sensorReport><extension><more/></extension></sensorElement><extension><a/></extension></sensorElementList>"
    b"<extension><e:y z='1'>2</e:y></extension><e:z/></AssociationEvent>",
    header=b"<EPCISHeader>" + SBDH + b"<extension><EPCISMasterData>" + MASTER + b"</EPCISMasterData></extension></EPCISHeader>",
)
RARE_1_2 = (
    document(
        b"<QuantityEvent>"
        + EVENT
        + b"<baseExtension><eventID>urn:a:b</eventID><extension><new>1</new></extension></baseExtension>"
        b"<epcClass>urn:epc:idpat:sgtin:4012345.012345.*</epcClass><quantity>7</quantity><e:own/></QuantityEvent><ObjectEvent>"
        + EVENT
        + b"<epcList/><action>ADD</action><extension><quantityList><quantityElement><epcClass>urn:a:b</epcClass>"
        b"<quantity xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:nil='true'/></quantityElement></quantityList>"
        b"<ilmd><extension><lot>1</lot></extension><e:lot>2</e:lot></ilmd><extension><persistentDisposition><set>urn:a:b</set>"
        b"</persistentDisposition><unknown>7</unknown></extension></extension></ObjectEvent>",
        header=b"<EPCISHeader>" + SBDH + b"<e:own>1</e:own></EPCISHeader>",
    )
    .replace(b"epcis:xsd:2", b"epcis:xsd:1")
    .replace(b'"2.0"', b'"1.2"')
)
QUERY_2_0 = b"""<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0" creationDate="2026-01-01T00:00:00Z">
<EPCISBody><q:Subscribe><queryName>SimpleEventQuery</queryName><params><param><name>eventType</name>
<value xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="q:ArrayOfString"><string>ObjectEvent</string></value></param>
<param><name>eventCountLimit</name><value>7</value></param></params><dest>https://example.org/</dest><controls>
<schedule><minute>0</minute></schedule><reportIfEmpty>true</reportIfEmpty></controls><subscriptionID>s</subscriptionID>
</q:Subscribe></EPCISBody></q:EPCISQueryDocument>"""
MASTER_2_0 = (
    b'<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:2" xmlns:e="https://ns.example.com/" '
    b'schemaVersion="2.0" creationDate="2026-01-01T00:00:00Z"><EPCISBody>' + MASTER + b"</EPCISBody></m:EPCISMasterDataDocument>"
)
