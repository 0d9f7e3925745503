"""EPCIS XML 2.0 and 1.2 read into the form of EPCIS JSON 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaintwin.errors import Finding, InputError
from chaintwin.events.xml.fields import EventReader, add, number
from chaintwin.events.xml.marks import FORM, HEADER, ID, TEXT
from chaintwin.events.xml.naming import Names
from chaintwin.events.xml.parsing import line_of, parsed
from chaintwin.events.xml.rules.checking import XSI, faults_of, local_name
from chaintwin.events.xml.rules.editions import EVENTS, SBDH, edition, namespace_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def read_xml(body: bytes, *, strict: bool = True) -> dict[str, Any]:
    """Return an EPCIS XML document as the EPCIS JSON that says the same.

    Documents, query documents with their results or with a query (``Poll``, ``Subscribe``), master data documents and
    single events are read. Extensions keep their prefixes in ``@context``; their values stay text. What is said in
    short words in JSON becomes short, wrappers of 1.2 are taken off, a QuantityEvent becomes an ObjectEvent.

    Parameters
    ----------
    body : the document, in any encoding that it declares.
    strict : refuse what the schema of its edition refuses; otherwise read what there is, for documents that must be identified as
    they are.

    Returns
    -------
    dict
        A document of EPCIS JSON 2.0, or one event with ``@context``. It is not yet checked as JSON is.

    Raises
    ------
    InputError
        Every fault with line and path: see ``parsed`` and ``faults_of``; ``xml.root`` where it is no EPCIS document,
        ``xml.version`` where namespace and ``schemaVersion`` disagree.

    Example
    -------
    >>> event = b"<ObjectEvent><eventTime>2026-01-01T00:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>"
    >>> read_xml(event + b"<epcList/><action>OBSERVE</action></ObjectEvent>")["action"]
    'OBSERVE'

    Source
    ------
    GS1 EPCIS 2.0, sections 9 and 10; EPCIS 1.2, section 9.
    """
    root = parsed(body)
    names = Names()
    local = local_name(str(root.tag))
    version = _version(root)
    if local in EVENTS and (str(root.tag) == local or str(root.tag).startswith("{urn:epcglobal:epcis:xsd:")):
        if strict:
            _raise(faults_of(_without_namespace(root), local, edition=edition(version)))
        event = EventReader(names).event(root)
        return {"@context": names.context(), **event}
    kind = edition(version).roots.get(str(root.tag))
    if kind is None:
        raise InputError([_unknown_root(root)])
    if strict:
        _raise((*_version_faults(root, version), *faults_of(_result(root, version), kind, edition=edition(version))))
    document = _document(root, names)
    return {"@context": names.context(), **document}


def _raise(faults: tuple[Finding, ...]) -> None:
    if faults:
        raise InputError(faults)


def _version(root: Element) -> str:
    """Return the edition a document is of: by its namespace, otherwise by its version or its wrappers."""
    tag = str(root.tag)
    if tag.startswith("{urn:epcglobal:epcis") and ":xsd:" in tag:
        return "1.2" if tag.partition("}")[0].endswith("1") else "2.0"
    if (root.get("schemaVersion") or "").startswith("1"):
        return "1.2"
    own = {str(child.tag) for child in root}
    old = "baseExtension" in own and not root.xpath("baseExtension/*[namespace-uri()]")
    return "1.2" if old or root.xpath("extension/*[not(namespace-uri())]") else "2.0"


def _version_faults(root: Element, version: str) -> tuple[Finding, ...]:
    """Say where the namespace is of another edition than the version."""
    said = (root.get("schemaVersion") or "").strip()
    if said == "" or said.lstrip("+0").startswith(version[0]):
        return ()
    allowed = f"{version}, which is the edition of the namespace"
    fix = f'write schemaVersion="{version}", or the namespace {namespace_of("1.2" if version == "2.0" else "2.0")}'
    path = f"{local_name(str(root.tag))}/@schemaVersion"
    return (Finding("xml.version", said, allowed, fix, row=line_of(root), column=path),)


def _unknown_root(root: Element) -> Finding:
    known = ("EPCISDocument", "EPCISQueryDocument", "EPCISMasterDataDocument")
    name = local_name(str(root.tag))
    allowed = ", ".join((*known, *EVENTS))
    fix = "send EPCIS XML 2.0 or 1.2"
    if name in known:
        schema = {"EPCISQueryDocument": "epcis-query", "EPCISMasterDataDocument": "epcis-masterdata"}.get(name, "epcis")
        fix = f"write the namespace {namespace_of('2.0', schema)}"
    return Finding("xml.root", str(root.tag), allowed, fix, row=line_of(root))


def _without_namespace(root: Element) -> Element:
    """Return an event that stands alone with the names of EPCIS unqualified; senders put them into its namespace or not."""
    if not str(root.tag).startswith("{"):
        return root
    for element in root.iter():
        if str(element.tag).startswith("{urn:epcglobal:epcis:xsd:"):
            element.tag = local_name(str(element.tag))
    return root


def _result(root: Element, version: str) -> Element:
    """Return a query document as the schema wants it: the name of its result qualified, that of the query there and first."""
    query = namespace_of(version, "epcis-query")
    for result in root.iterfind("EPCISBody/QueryResults"):
        result.tag = f"{{{query}}}QueryResults"
    for result in root.iterfind(f"EPCISBody/{{{query}}}QueryResults"):
        name = result.find("queryName")
        if name is None:
            from lxml import etree

            name = etree.Element("queryName")
            name.text = _QUERY_NAME
        result.insert(0, name)
    return root


def _document(root: Element, names: Names) -> dict[str, Any]:
    kind = local_name(str(root.tag))
    document: dict[str, Any] = {
        "type": "EPCISQueryDocument" if kind == "EPCISQueryDocument" else "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": (root.get("creationDate") or "").strip(),
    }
    if identity := (root.get(ID) or "").strip():
        document["id"] = identity
    reader = EventReader(names)
    body: Element | None = None
    for child in root:
        tag = str(child.tag)
        if tag == "EPCISHeader":
            document |= _header(child, reader)
        elif tag == "EPCISBody":
            body = child
        elif tag == "extension":
            reader.unqualified(child, document)
        elif tag == HEADER:
            header = reader.value(child)
            document.setdefault("epcisHeader", {}).update(header if isinstance(header, dict) else {})
        elif tag.startswith("{"):
            add(document, reader.name(child), reader.value(child))
    document["epcisBody"] = {}
    if body is None:
        return document
    if kind == "EPCISQueryDocument":
        document["epcisBody"] = _query_body(body, reader)
    elif kind == "EPCISMasterDataDocument":
        vocabularies = body.find("VocabularyList")
        found = [] if vocabularies is None else _vocabularies(vocabularies, reader)
        document["epcisHeader"] = {"epcisMasterData": {"vocabularyList": found}}
        document["epcisBody"] = {"eventList": []}
    else:
        events = body.find("EventList")
        document["epcisBody"] = {"eventList": [] if events is None else _events(events, reader)}
    return document


def _events(element: Element, reader: EventReader) -> list[dict[str, Any]]:
    """Return the events of a list; wrappers for events of later editions and of others are taken off."""
    found = []
    for child in element:
        if child.tag == "extension":
            found += _events(child, reader)
        else:
            found.append(reader.event(child))
    return found


def _query_body(body: Element, reader: EventReader) -> dict[str, Any]:
    for child in body:
        name = local_name(str(child.tag))
        if name == "QueryResults":
            result: dict[str, Any] = {"queryName": (child.findtext("queryName") or _QUERY_NAME).strip()}
            if subscription := (child.findtext("subscriptionID") or "").strip():
                result["subscriptionID"] = subscription
            events, vocabularies = child.find("resultsBody/EventList"), child.find("resultsBody/VocabularyList")
            result["resultsBody"] = {"eventList": [] if events is None else _events(events, reader)}
            if vocabularies is not None:
                result["resultsBody"]["vocabularyList"] = _vocabularies(vocabularies, reader)
            for field in child:
                if str(field.tag).startswith("{"):
                    add(result, reader.name(field), reader.value(field))
            return {"queryResults": result}
        if name in ("Poll", "Subscribe"):
            query: dict[str, Any] = {"queryName": (child.findtext("queryName") or "").strip(), "query": _query(child)}
            if name == "Subscribe":
                query["dest"] = (child.findtext("dest") or "").strip()
                query["subscriptionID"] = (child.findtext("subscriptionID") or "").strip()
                query |= _controls(child.find("controls"))
            return {name.lower(): query}
    return {}


def _query(element: Element) -> dict[str, Any]:
    """Return the parameters of a query as the REST binding has them."""
    found: dict[str, Any] = {}
    for parameter in element.iterfind("params/param"):
        name = (parameter.findtext("name") or "").strip()
        value = parameter.find("value")
        if value is None:
            continue
        texts = [(one.text or "").strip() for one in value.iterfind("string")]
        kind = value.get(XSI + "type") or ""
        text = (value.text or "").strip()
        if texts or kind.endswith("ArrayOfString"):
            found[name] = texts
        elif name in _COUNTS or local_name(kind.replace(":", "}")) in _NUMERIC:
            found[name] = number(text)
        else:
            found[name] = True if kind.endswith("VoidHolder") else text
    return found


def _controls(element: Element | None) -> dict[str, Any]:
    """Return when a subscription is to be answered."""
    if element is None:
        return {}
    found: dict[str, Any] = {}
    schedule = element.find("schedule")
    if schedule is not None:
        found["schedule"] = {local_name(str(part.tag)): (part.text or "").strip() for part in schedule}
    for name in ("trigger", "initialRecordTime"):
        if text := (element.findtext(name) or "").strip():
            found[name] = text
    found["reportIfEmpty"] = (element.findtext("reportIfEmpty") or "").strip() in ("true", "1")
    return found


def _header(element: Element, reader: EventReader) -> dict[str, Any]:
    """Return what the header says: sender, receiver, id of the document, master data."""
    found: dict[str, Any] = {}
    in_header = f"{{{SBDH}}}StandardBusinessDocumentHeader/"
    for name, path in (
        ("sender", f"{{{SBDH}}}Sender/{{{SBDH}}}Identifier"),
        ("receiver", f"{{{SBDH}}}Receiver/{{{SBDH}}}Identifier"),
        ("instanceIdentifier", f"{{{SBDH}}}DocumentIdentification/{{{SBDH}}}InstanceIdentifier"),
    ):
        if text := (element.findtext(in_header + path) or "").strip():
            found[name] = text
    header: dict[str, Any] = {}
    vocabularies = element.find("extension/EPCISMasterData/VocabularyList")
    if vocabularies is not None:
        header["epcisMasterData"] = {"vocabularyList": _vocabularies(vocabularies, reader)}
    for child in element:
        tag = str(child.tag)
        if tag.startswith("{") and not tag.startswith(f"{{{SBDH}}}"):
            header[reader.names.key(tag, child)] = reader.value(child)
    if header:
        found["epcisHeader"] = header
    return found


def _vocabularies(element: Element, reader: EventReader) -> list[dict[str, Any]]:
    found = []
    for vocabulary in element.iterfind("Vocabulary"):
        elements = []
        for one in vocabulary.iterfind("VocabularyElementList/VocabularyElement"):
            entry: dict[str, Any] = {"id": (one.get("id") or "").strip()}
            attributes = [_attribute(attribute, reader) for attribute in one.iterfind("attribute")]
            if attributes:
                entry["attributes"] = attributes
            children = [(child.text or "").strip() for child in one.iterfind("children/id")]
            if children:
                entry["children"] = children
            elements.append(_extended(entry, one, reader))
        described = {"type": (vocabulary.get("type") or "").strip(), "vocabularyElementList": elements}
        found.append(_extended(described, vocabulary, reader))
    return found


def _extended(found: dict[str, Any], element: Element, reader: EventReader) -> dict[str, Any]:
    """Add the foreign elements of one of master data."""
    for child in element:
        if str(child.tag).startswith("{"):
            add(found, reader.name(child), reader.value(child))
    return found


def _attribute(element: Element, reader: EventReader) -> dict[str, Any]:
    value = reader.value(element)
    if isinstance(value, dict) and element.get(FORM) is None:
        value.pop("id", None)
        if not value or set(value) == {TEXT}:
            value = value.get(TEXT, "")
    return {"id": (element.get("id") or "").strip(), "attribute": value}


_QUERY_NAME: Final = "SimpleEventQuery"
_COUNTS: Final = frozenset({"eventCountLimit", "maxEventCount", "perPage"})
_NUMERIC: Final = frozenset({"int", "integer", "decimal", "double", "float", "long"})
