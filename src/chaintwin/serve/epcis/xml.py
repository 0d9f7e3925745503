"""Query documents as EPCIS XML 2.0."""

from __future__ import annotations

from typing import Any

from chaintwin.serve.epcis.headers import CbvFormat


def query_document_xml(document: dict[str, Any], *, words: CbvFormat) -> bytes:
    """Return a query document as XML.

    Parameters
    ----------
    words : how words of the vocabulary are written.
    """
    raise RuntimeError("not yet")
