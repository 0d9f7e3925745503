"""Query documents as EPCIS XML 2.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaintwin.events.contexts import BUSINESS_STEP, DISPOSITION, ERROR_REASON, PARTY_TYPE, TRANSACTION_TYPE
from chaintwin.events.xml import write_xml
from chaintwin.serve.epcis.headers import CbvFormat


def query_document_xml(document: dict[str, Any], *, words: CbvFormat) -> bytes:
    """Return a query document as XML.

    Parameters
    ----------
    words : how words of the vocabulary are written; as URNs unless web URIs are wanted.
    """
    if words is CbvFormat.WEB_URI:
        results = document["epcisBody"]["queryResults"]
        events = [_with_web_uris(event) for event in results["resultsBody"]["eventList"]]
        body = {"queryResults": results | {"resultsBody": {"eventList": events}}}
        document = document | {"epcisBody": body}
    return write_xml(document)


def _with_web_uris(event: dict[str, Any]) -> dict[str, Any]:
    changed = dict(event)
    for key, base in (("bizStep", BUSINESS_STEP), ("disposition", DISPOSITION)):
        if key in event:
            changed[key] = _long(base)(event[key])
    if isinstance(persistent := event.get("persistentDisposition"), dict):
        changed["persistentDisposition"] = {
            part: [_long(DISPOSITION)(word) for word in found] for part, found in persistent.items()
        }
    for key, base in (("bizTransactionList", TRANSACTION_TYPE), ("sourceList", PARTY_TYPE), ("destinationList", PARTY_TYPE)):
        if key in event:
            changed[key] = [item | {"type": _long(base)(item["type"])} if "type" in item else item for item in event[key]]
    if isinstance(error := event.get("errorDeclaration"), dict) and "reason" in error:
        changed["errorDeclaration"] = error | {"reason": _long(ERROR_REASON)(error["reason"])}
    return changed


def _long(base: str) -> Callable[[str], str]:
    return lambda word: word if ":" in word else base + word
