"""A served twin from Python: its state now and before, what changes, events in, jobs with what they find."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.client.asking import ServerError
    from chaintwin.client.client import Client
    from chaintwin.client.jobs import Job

__all__ = ["Client", "Job", "ServerError"]

_PLACES = {"Client": "client", "Job": "jobs", "ServerError": "asking"}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
