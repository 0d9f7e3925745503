"""From bytes to elements, safely: no entities, no document type, nothing from a network or a file, bounded in size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from chaintwin.errors import Finding, InputError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

SIZE_MAX: Final = 64 * 2**20
"""Longer documents are refused; who has more sends several."""

DEPTH_MAX: Final = 100
"""Elements nested deeper are refused."""

TEXT_MAX: Final = 10_000_000
"""A text or an attribute may have so many bytes: the limit of the library, which is left as it is as it bounds other things."""

_LIMIT: Final = 114
"""Number of the error of libxml2 for what is well formed and beyond its limits."""


def parsed(body: bytes) -> Element:
    """Return the root element of an XML document, without comments and processing instructions.

    Parameters
    ----------
    body : the document in any encoding that it declares.

    Raises
    ------
    InputError
        Too long, not well formed, nested too deep, or with a document type, which could hide or fetch anything.
    """
    from lxml import etree

    if len(body) > SIZE_MAX:
        found, allowed = f"{len(body):,} bytes", f"up to {SIZE_MAX:,} bytes"
        raise InputError([Finding("xml.size", found, allowed, "send it in several documents")])
    if _DOCUMENT_TYPE.search(body):
        raise _document_type()
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        if getattr(error, "code", None) == _LIMIT:
            raise InputError([_beyond(str(error.msg), row=line or 0)]) from None
        fix = "correct it there; an XML editor shows the same place"
        found = re.sub(r"\s*, line \d+, column \d+$", "", str(error.msg or error))
        wrong = Finding("xml.syntax", found, "well-formed XML", fix, row=line or 0, column=f"sign {column}")
        raise InputError([wrong]) from None
    except (ValueError, LookupError) as error:
        raise InputError([Finding("xml.syntax", str(error), "well-formed XML", "send it as UTF-8")]) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _document_type()
    if _is_too_deep(root) and (deep := root.find(f"./{_DEEP}")) is not None:
        allowed = f"up to {DEPTH_MAX} elements in one another"
        raise InputError([Finding("xml.depth", "more", allowed, "nest less", row=line_of(deep), column=str(deep.tag))])
    return root


def line_of(element: Element) -> int:
    """Return the line where an element begins, 0 if it is not known."""
    return cast("int | None", element.sourceline) or 0


def _beyond(said: str, *, row: int) -> Finding:
    """Return the finding for what is beyond the limits of the library."""
    if "depth" in said:
        return Finding("xml.depth", "more", f"up to {DEPTH_MAX} elements in one another", "nest less", row=row)
    fix = "say where the value lies instead of the value, or send it as JSON"
    return Finding("xml.length", f"more than {TEXT_MAX:,} bytes", f"texts of up to {TEXT_MAX:,} bytes", fix, row=row)


def _document_type() -> InputError:
    fix = "remove the <!DOCTYPE ...> and write out what its entities stand for"
    return InputError([Finding("xml.document_type", "<!DOCTYPE", "a document without one", fix)])


def _is_too_deep(root: Element) -> bool:
    """Tell whether an element is nested deeper than allowed."""
    return cast("bool", root.xpath(f"boolean({_DEEP})"))


_DEEP: Final = "*/" * (DEPTH_MAX - 1) + "*"
_DOCUMENT_TYPE: Final = re.compile(rb"<!DOCTYPE")
