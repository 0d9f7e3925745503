"""chaintwin: the digital twin of a supply chain.

The names below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.network import Network, Scenario, read, write
    from chaintwin.simulation import Comparison, Result, compare, simulate
    from chaintwin.twin import Twin

__all__ = ["Comparison", "Network", "Result", "Scenario", "Twin", "__version__", "compare", "read", "simulate", "write"]

_HOMES = {
    "Comparison": "chaintwin.simulation",
    "Network": "chaintwin.network",
    "Result": "chaintwin.simulation",
    "Scenario": "chaintwin.network",
    "Twin": "chaintwin.twin",
    "compare": "chaintwin.simulation",
    "read": "chaintwin.network",
    "simulate": "chaintwin.simulation",
    "write": "chaintwin.network",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        # Here and not above: reading metadata takes longer to import than the rest of the command's start.
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("chaintwin")
        except PackageNotFoundError:
            return "0+unknown"
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'chaintwin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
