"""Events of an XML document one by one, however large it is: only one event is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

from chaintwin.errors import ChaintwinError
from chaintwin.ingest.connectors.interface import ITEM_BYTES_MAX

if TYPE_CHECKING:
    from lxml.etree import _Element

ROOTS = ("EPCISDocument", "EPCISQueryDocument")

CHUNK_BYTES = 64 * 2**10
"""So much of a document is read at a time."""


class BrokenXmlError(ChaintwinError):
    """Raised where a document is no XML, or has what no EPCIS document has."""

    code = "broken_xml"


def xml_events(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield the events of a document, each as a document with the same root that has only this event.

    Entities are not expanded, nothing outside is loaded, and a document type is refused.

    Parameters
    ----------
    file : read from its begin.

    Returns
    -------
    Iterator[bytes | None]
        None stands for an event of more than ``ITEM_BYTES_MAX``, of which no more than that was held in memory.

    Raises
    ------
    BrokenXmlError
        At the place where the document is broken; all events before it have been yielded.
    """
    from lxml import etree

    reader = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    splitter = _Splitter()
    while True:
        chunk = file.read(CHUNK_BYTES)
        fault = None
        try:
            if chunk:
                reader.feed(chunk)
            else:
                reader.close()
        except etree.XMLSyntaxError as error:
            fault = error
        for action, element in reader.read_events():
            yield from splitter.took(action, cast("_Element", element))
        if fault is not None:
            raise BrokenXmlError(str(fault)) from None
        if not chunk:
            return
        splitter.went_on(len(chunk))


class _Splitter:
    """Follows the elements of a document and lets go of all that is no event, or too much of one."""

    def __init__(self) -> None:
        self._root: _Element | None = None
        self._depth = self._within = 0
        self._size = 0
        self._is_open = self._is_too_large = False

    def went_on(self, size: int) -> None:
        """Note that so many more bytes were read."""
        if self._is_open:
            self._size += size
            self._is_too_large |= self._size > ITEM_BYTES_MAX

    def took(self, action: str, element: _Element) -> Iterator[bytes | None]:
        """Follow one begin or end, and yield the event that ends there."""
        if action == "start":
            self._depth += 1
            if self._root is None:
                self._root = element
                _check_root(element)
            if self._within and self._depth == self._within + 1:
                self._is_open, self._is_too_large, self._size = True, False, 0
            elif not self._within and _local(element) == "EventList":
                self._within = self._depth
            return
        self._depth -= 1
        depth = self._depth + 1
        if self._within and depth == self._within + 1:
            event = None if self._is_too_large else _alone(self._root, element)
            yield None if event is None or len(event) > ITEM_BYTES_MAX else event
            self._is_open = self._is_too_large = False
            _forget(element)
        elif not self._within or self._is_too_large:
            _forget(element)
        elif depth == self._within:
            self._within = 0


def _check_root(root: _Element) -> None:
    if _local(root) not in ROOTS:
        raise BrokenXmlError(f"found the root {_local(root)}; allowed: {' or '.join(ROOTS)}")
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenXmlError("found a document type (DOCTYPE); allowed: none")


def _alone(root: _Element | None, event: _Element) -> bytes:
    """Return a document with one event; namespaces and attributes of the root stay."""
    from lxml import etree

    assert root is not None
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
    parent = element.getparent()
    if parent is None:
        return
    element.clear()
    while parent[0] is not element:
        del parent[0]


def _local(element: _Element) -> str:
    """Return the name of an element without its namespace; empty for comments and instructions."""
    # Comments and instructions have a function in the place of a name.
    name: object = element.tag
    return name.rpartition("}")[2] if isinstance(name, str) else ""
