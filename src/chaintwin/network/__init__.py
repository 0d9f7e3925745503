"""The static description of a supply chain: tables, checks, geography, and the way to arrays."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.network.network import Network, Period, Quantities, Settings
    from chaintwin.network.scenarios.scenario import Scenario
    from chaintwin.network.tables.explaining import explain
    from chaintwin.network.tables.reading import read, read_project
    from chaintwin.network.tables.template import write_template
    from chaintwin.network.tables.writing import Layout, write

__all__ = [
    "Layout",
    "Network",
    "Period",
    "Quantities",
    "Scenario",
    "Settings",
    "explain",
    "read",
    "read_project",
    "write",
    "write_template",
]

# Reading loads polars and writing loads a spreadsheet library, so each name is looked up only when it is used.
_PLACES = {
    "Layout": "tables.writing",
    "Network": "network",
    "Period": "network",
    "Quantities": "network",
    "Scenario": "scenarios.scenario",
    "Settings": "network",
    "explain": "tables.explaining",
    "read": "tables.reading",
    "read_project": "tables.reading",
    "write": "tables.writing",
    "write_template": "tables.template",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
