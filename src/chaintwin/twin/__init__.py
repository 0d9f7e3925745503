"""The live twin: from the log of events to the state at any moment."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.twin.kept.window import Change
    from chaintwin.twin.live_state import Described, LiveState, Part
    from chaintwin.twin.starting import Placed
    from chaintwin.twin.twin import Twin

__all__ = ["Change", "Described", "LiveState", "Part", "Placed", "Twin"]

_PLACES = {
    "Change": "kept.window",
    "Described": "live_state",
    "LiveState": "live_state",
    "Part": "live_state",
    "Placed": "starting",
    "Twin": "twin",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
