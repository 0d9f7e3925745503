"""The twin over HTTP: EPCIS 2.0, its state, its changes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.serve.application import create_app
    from chaintwin.serve.running import Address, bound, run
    from chaintwin.serve.settings import Limits, Settings

__all__ = ["Address", "Limits", "Settings", "bound", "create_app", "run"]

_PLACES = {
    "Address": "running",
    "Limits": "settings",
    "Settings": "settings",
    "bound": "running",
    "create_app": "application",
    "run": "running",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
