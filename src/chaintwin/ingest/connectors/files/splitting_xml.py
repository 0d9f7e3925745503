"""Events of an XML document one by one, however large it is: only one event is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from chaintwin.errors import ChaintwinError

if TYPE_CHECKING:
    from lxml.etree import _Element

ROOTS = ("EPCISDocument", "EPCISQueryDocument")


class BrokenXmlError(ChaintwinError):
    """Raised where a document is no XML, or has what no EPCIS document has."""

    code = "broken_xml"


def xml_events(file: BinaryIO) -> Iterator[bytes]:
    """Yield the events of a document, each as a document with the same root that has only this event.

    Entities are not expanded, nothing outside is loaded, and a document type is refused.

    Parameters
    ----------
    file : read from its begin.

    Raises
    ------
    BrokenXmlError
        At the place where the document is broken; all events before it have been yielded.
    """
    from lxml import etree

    depth, root, within = 0, None, 0
    reader = etree.iterparse(file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        for action, element in reader:
            depth += 1 if action == "start" else 0
            if root is None:
                root = element
                _check_root(root)
            name = _local(element)
            if action == "start" and name == "EventList" and not within:
                within = depth
            elif action == "end" and within and depth == within + 1:
                if name:
                    yield _alone(root, element)
                _forget(element)
            elif action == "end" and depth == within:
                within = 0
            depth -= 1 if action == "end" else 0
    except etree.XMLSyntaxError as fault:
        raise BrokenXmlError(str(fault)) from None


def _check_root(root: _Element) -> None:
    if _local(root) not in ROOTS:
        raise BrokenXmlError(f"found the root {_local(root)}; allowed: {' or '.join(ROOTS)}")
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenXmlError("found a document type (DOCTYPE); allowed: none")


def _alone(root: _Element, event: _Element) -> bytes:
    """Return a document with one event; namespaces and attributes of the root stay."""
    from lxml import etree

    # What a query found is read as a document of its own.
    space = str(root.tag).rpartition("}")[0].replace(":epcis-query:", ":epcis:")
    space += "}" if space else ""
    alone = etree.Element(f"{space}EPCISDocument", nsmap=root.nsmap)  # type: ignore[arg-type]
    for name, value in root.attrib.items():
        alone.set(name, value)
    events = etree.SubElement(etree.SubElement(alone, "EPCISBody"), "EventList")
    events.append(_copy(event))
    return etree.tostring(alone)


def _copy(element: _Element) -> _Element:
    from copy import deepcopy

    copied = deepcopy(element)
    copied.tail = None
    return copied


def _forget(element: _Element) -> None:
    """Let go of an element and of all that came before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and parent[0] is not element:
        del parent[0]


def _local(element: _Element) -> str:
    """Return the name of an element without its namespace; empty for comments and instructions."""
    # Comments and instructions have a function in the place of a name.
    name: object = element.tag
    return name.rpartition("}")[2] if isinstance(name, str) else ""
