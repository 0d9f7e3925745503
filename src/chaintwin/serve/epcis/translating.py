"""Names of things in an answer, written as GS1 Digital Links or as EPC URNs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaintwin.events.names.canonical import link_of_urn
from chaintwin.serve.epcis.headers import EpcFormat
from chaintwin.serve.problems import ProblemError


def translated(event: dict[str, Any], epcs: EpcFormat) -> dict[str, Any]:
    """Return an event whose names of things are written as wanted; all else stays.

    Raises
    ------
    ProblemError
        406 where a name cannot be written as a URN, because a link does not tell how long its company prefix is.
    """
    if epcs is EpcFormat.DIGITAL_LINK:
        return _rewritten(event, _link)
    if epcs is EpcFormat.URN:
        return _rewritten(event, _urn)
    return event


def _link(name: str) -> str:
    return (link_of_urn(name) or name) if name.startswith("urn:epc:") else name


def _urn(name: str) -> str:
    if name.startswith("https://id.gs1.org/"):
        why = "was sent as a link, which does not tell how long its company prefix is"
        detail = f"GS1-EPC-Format: {name[:200]} {why}; allowed: another format"
        raise ProblemError(406, "NotAcceptableException", detail=detail)
    return name


def _rewritten(event: dict[str, Any], write: Callable[[str], str]) -> dict[str, Any]:
    changed = dict(event)
    for key in _LISTS:
        if isinstance(names := event.get(key), list):
            changed[key] = [write(name) if isinstance(name, str) else name for name in names]
    for key in ("parentID", "transformationID"):
        if isinstance(name := event.get(key), str):
            changed[key] = write(name)
    for key, inner in _OBJECTS:
        found = event.get(key)
        if isinstance(found, list):
            changed[key] = [_inner(item, inner, write=write) for item in found]
        elif isinstance(found, dict):
            changed[key] = _inner(found, inner, write=write)
    if isinstance(elements := event.get("sensorElementList"), list):
        changed["sensorElementList"] = [_element(element, write=write) for element in elements]
    return changed


def _inner(item: Any, key: str, *, write: Callable[[str], str]) -> Any:
    if isinstance(item, dict) and isinstance(item.get(key), str):
        return item | {key: write(item[key])}
    return item


def _element(element: Any, *, write: Callable[[str], str]) -> Any:
    if not isinstance(element, dict):
        return element
    changed = dict(element)
    if isinstance(metadata := element.get("sensorMetadata"), dict):
        changed["sensorMetadata"] = _sensor(metadata, write=write)
    if isinstance(reports := element.get("sensorReport"), list):
        changed["sensorReport"] = [_sensor(report, write=write) for report in reports]
    return changed


def _sensor(part: Any, *, write: Callable[[str], str]) -> Any:
    if not isinstance(part, dict):
        return part
    return part | {key: write(part[key]) for key in _SENSOR if isinstance(part.get(key), str)}


_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_OBJECTS = (
    *((key, "epcClass") for key in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")),
    *((key, "id") for key in ("readPoint", "bizLocation")),
    ("bizTransactionList", "bizTransaction"),
    ("sourceList", "source"),
    ("destinationList", "destination"),
)
_SENSOR = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "uriValue")
