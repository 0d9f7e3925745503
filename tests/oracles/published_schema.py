"""The verdict of the published XML schemas, which stay outside the repository."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from tests.shared_data import shared_path

_FILES = {
    "urn:epcglobal:epcis:xsd:2": "2_0_0/EPCglobal-epcis-2_0.xsd",
    "urn:epcglobal:epcis:xsd:1": "1_2_0/EPCglobal-epcis-1_2.xsd",
    "urn:epcglobal:epcis-query:xsd:2": "2_0_0/EPCglobal-epcis-query-2_0.xsd",
    "urn:epcglobal:epcis-query:xsd:1": "1_2_0/EPCglobal-epcis-query-1_2.xsd",
    "urn:epcglobal:epcis-masterdata:xsd:2": "2_0_0/EPCglobal-epcis-masterdata-2_0.xsd",
    "urn:epcglobal:epcis-masterdata:xsd:1": "1_2_0/EPCglobal-epcis-masterdata-1_2.xsd",
}


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path)))


def is_valid(body: bytes) -> bool:
    """Tell whether a document is valid by the published schema of its namespace, and that is the one of its version."""
    root = etree.fromstring(body)
    namespace = str(root.tag)[1:].partition("}")[0]
    if namespace not in _FILES:
        return False
    schema = _schema(shared_path(f"epcis/schema/xsd/{_FILES[namespace]}"))
    version = (root.get("schemaVersion") or "").strip().lstrip("+0")
    return schema.validate(root) and version[:1] == namespace[-1]


def why_invalid(body: bytes) -> str:
    """Return what the published schema says against a document."""
    root = etree.fromstring(body)
    schema = _schema(shared_path(f"epcis/schema/xsd/{_FILES[str(root.tag)[1:].partition('}')[0]]}"))
    schema.validate(root)
    return str(schema.error_log)
