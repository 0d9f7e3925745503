"""Data from outside: the importer that makes a network from a shipment log."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaintwin.ingest.shipment_log.importing import ImportResult, find_mapping, import_log
    from chaintwin.ingest.shipment_log.mapping.guessing import guess_mapping
    from chaintwin.ingest.shipment_log.mapping.mapping import (
        Layout,
        LogMapping,
        parse_mapping,
        read_mapping,
        shipped_mapping,
        shipped_names,
    )
    from chaintwin.ingest.shipment_log.report import ImportReport
    from chaintwin.ingest.shipment_log.writing import write_import

__all__ = [
    "ImportReport",
    "ImportResult",
    "Layout",
    "LogMapping",
    "find_mapping",
    "guess_mapping",
    "import_log",
    "parse_mapping",
    "read_mapping",
    "shipped_mapping",
    "shipped_names",
    "write_import",
]

_HOME = {
    "importing": "ImportResult find_mapping import_log",
    "mapping.guessing": "guess_mapping",
    "mapping.mapping": "Layout LogMapping parse_mapping read_mapping shipped_mapping shipped_names",
    "report": "ImportReport",
    "writing": "write_import",
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Import the module of a public name when the name is first used (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.shipment_log.{_MODULE_OF[name]}"), name)
