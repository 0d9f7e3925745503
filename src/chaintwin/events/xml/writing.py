"""EPCIS JSON 2.0 written as EPCIS XML 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from chaintwin.errors import UsageError
from chaintwin.events.contexts import prefixes_of
from chaintwin.events.xml.event_writing import EventWriter, plain_text, stamp
from chaintwin.events.xml.marks import FORM, HEADER, ID, as_json, is_name, is_text
from chaintwin.events.xml.rules.editions import SBDH, namespace_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def write_xml(document: Mapping[str, Any]) -> bytes:
    """Return a document of EPCIS JSON as EPCIS XML 2.0 that the published schema accepts.

    What XML has no form for is written in elements and attributes of our namespace and comes back by ``read_xml``: names that
    no element can have, values of our own fields with their types, structures where only attributes may stand. Values of
    extensions become text (``5`` and ``"5"`` are the same in XML), a list of one is the same as its only item, and null and
    empty lists are left out.

    Parameters
    ----------
    document : an EPCISDocument, an EPCISQueryDocument with results, or one event, all checked. An event is written as a
        document of one, created at its time of record or else at its event time.

    Returns
    -------
    bytes
        UTF-8 with an XML declaration.

    Raises
    ------
    UsageError
        The document is a query, or has no body.

    Example
    -------
    >>> event = {"type": "ObjectEvent", "eventTime": "2026-01-01T00:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "ADD"}
    >>> b"<action>ADD</action>" in write_xml(event)
    True
    """
    from lxml import etree

    prefixes, _ = prefixes_of(document.get("@context"))
    kind = document.get("type")
    if kind not in ("EPCISDocument", "EPCISQueryDocument"):
        created = document.get("recordTime") or document["eventTime"]
        alone = {"type": "EPCISDocument", "creationDate": created, "epcisBody": {"eventList": [document]}}
        return write_xml({"@context": document.get("@context"), **alone})
    is_query = kind == "EPCISQueryDocument"
    results = document.get("epcisBody", {}).get("queryResults") if is_query else None
    if is_query and results is None:
        raise UsageError("document: found a query; allowed: documents of events, and query documents with results")
    own = namespace_of("2.0", "epcis-query" if is_query else "epcis")
    bound = {prefix: uri for prefix, uri in prefixes.items() if _is_bindable(prefix, uri)}
    root = etree.Element(f"{{{own}}}{kind}", nsmap={**bound, "epcisq" if is_query else "epcis": own})
    root.set("schemaVersion", "2.0")
    root.set("creationDate", stamp(_first_time(document)))
    if identity := document.get("id"):
        root.set(ID, identity)
    writer = EventWriter(prefixes)
    _header(root, document, results, writer)
    body = etree.SubElement(root, "EPCISBody")
    if results is not None:
        _results(etree.SubElement(body, f"{{{own}}}QueryResults"), results, writer)
    else:
        _events(etree.SubElement(body, "EventList"), document["epcisBody"]["eventList"], writer)
    _behind(root, document, writer)
    used = sorted({prefix for prefix in bound if _spoken(root, prefix)})
    etree.cleanup_namespaces(root, keep_ns_prefixes=used)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _first_time(document: Mapping[str, Any]) -> str:
    """Return when a document was made; a query document need not say it, then it is the time of its first event."""
    created = document.get("creationDate")
    if created:
        return str(created)
    events = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return str(events[0]["eventTime"]) if events else "1970-01-01T00:00:00Z"


def _events(parent: Element, events: list[Mapping[str, Any]], writer: EventWriter) -> None:
    for event in events:
        own = event.get("@context")
        if own is None:
            writer.event(parent, event)
            continue
        prefixes, _ = prefixes_of(own, writer.prefixes)
        EventWriter(prefixes).event(parent, event)


def _results(parent: Element, results: Mapping[str, Any], writer: EventWriter) -> None:
    writer.child(parent, "queryName").text = plain_text(results["queryName"])
    if subscription := results.get("subscriptionID"):
        writer.child(parent, "subscriptionID").text = plain_text(subscription)
    body = writer.child(parent, "resultsBody")
    found = results["resultsBody"]
    if not found["eventList"] and found.get("vocabularyList"):
        _vocabularies(body, found["vocabularyList"], writer)
    else:
        _events(writer.child(body, "EventList"), found["eventList"], writer)
    writer.extensions(parent, results, known=("queryName", "subscriptionID", "resultsBody"))


def _header(root: Element, document: Mapping[str, Any], results: Mapping[str, Any] | None, writer: EventWriter) -> None:
    """Write who sends and who receives, and master data; master data beside events of a result has no other place."""
    said = {name: document[name] for name in ("sender", "receiver", "instanceIdentifier") if document.get(name) is not None}
    header = document.get("epcisHeader") or {}
    vocabularies = list((header.get("epcisMasterData") or {}).get("vocabularyList") or ())
    if results is not None and results["resultsBody"]["eventList"]:
        vocabularies += results["resultsBody"].get("vocabularyList") or ()
    if not said and "epcisMasterData" not in header and not vocabularies:
        return
    element = writer.child(root, "EPCISHeader")
    if said:
        _business_header(element, said, created=stamp(_first_time(document)), writer=writer)
    if "epcisMasterData" in header or vocabularies:
        master = writer.child(writer.child(element, "extension"), "EPCISMasterData")
        _vocabularies(master, vocabularies, writer)


def _business_header(parent: Element, said: Mapping[str, str], *, created: str, writer: EventWriter) -> None:
    """Write the header of business documents; what it must have and JSON does not say is empty or fixed."""
    header = writer.child(parent, f"{{{SBDH}}}StandardBusinessDocumentHeader", nsmap={"sbdh": SBDH})
    writer.child(header, f"{{{SBDH}}}HeaderVersion").text = "1.0"
    for name, key in (("Sender", "sender"), ("Receiver", "receiver")):
        partner = writer.child(header, f"{{{SBDH}}}{name}")
        writer.child(partner, f"{{{SBDH}}}Identifier").text = plain_text(said.get(key, ""))
    document = writer.child(header, f"{{{SBDH}}}DocumentIdentification")
    for name, text in (
        ("Standard", "EPCglobal"),
        ("TypeVersion", "2.0"),
        ("InstanceIdentifier", said.get("instanceIdentifier", "")),
        ("Type", "Events"),
        ("CreationDateAndTime", created),
    ):
        writer.child(document, f"{{{SBDH}}}{name}").text = plain_text(text)


def _behind(root: Element, document: Mapping[str, Any], writer: EventWriter) -> None:
    """Write the fields of extensions of a document, and those of its header, for which the schema has no place there."""
    writer.extensions(root, document, known=_KNOWN)
    header = document.get("epcisHeader") or {}
    more = {name: value for name, value in header.items() if name != "epcisMasterData"}
    if more:
        writer.extensions(writer.child(root, HEADER), more)


def _vocabularies(parent: Element, vocabularies: list[Mapping[str, Any]], writer: EventWriter) -> None:
    wrapper = writer.child(parent, "VocabularyList")
    for vocabulary in vocabularies:
        element = writer.child(wrapper, "Vocabulary", {"type": str(vocabulary["type"])})
        if entries := vocabulary.get("vocabularyElementList"):
            listed = writer.child(element, "VocabularyElementList")
            for entry in entries:
                _entry(writer.child(listed, "VocabularyElement", {"id": str(entry["id"])}), entry, writer)
        _foreign(element, vocabulary, writer)


def _entry(element: Element, entry: Mapping[str, Any], writer: EventWriter) -> None:
    for attribute in entry.get("attributes") or ():
        value = attribute.get("attribute", "")
        part = writer.child(element, "attribute", {"id": str(attribute["id"])})
        if (
            (isinstance(value, dict) and "id" in value)
            or isinstance(value, list)
            or (isinstance(value, str) and not is_text(value))
        ):
            part.set(FORM, "json")
            part.text = as_json(value)
        elif isinstance(value, dict):
            writer.extensions(part, value)
        else:
            part.text = plain_text(value)
    if children := entry.get("children"):
        listed = writer.child(element, "children")
        for child in children:
            writer.child(listed, "id").text = child
    _foreign(element, entry, writer)


def _foreign(element: Element, value: Mapping[str, Any], writer: EventWriter) -> None:
    writer.extensions(element, {name: item for name, item in value.items() if ":" in name})


def _is_bindable(prefix: str, namespace: str) -> bool:
    """Tell whether XML can bind a prefix: some names are its own, and a namespace must be there."""
    return (
        bool(namespace) and is_name(prefix) and not prefix.lower().startswith("xml") and prefix not in ("epcis", "epcisq", "sbdh")
    )


def _spoken(root: Element, prefix: str) -> bool:
    """Tell whether a prefix stands in the types of sensor reports, where no reader of XML would look for it."""
    start = f"{prefix}:"
    return any(
        str(report.get(name, "")).startswith(start)
        for report in root.iter("sensorReport")
        for name in ("type", "exception", "component")
    )


_KNOWN: Final = (
    "@context",
    "id",
    "type",
    "schemaVersion",
    "creationDate",
    "instanceIdentifier",
    "sender",
    "receiver",
    "epcisHeader",
    "epcisBody",
)
