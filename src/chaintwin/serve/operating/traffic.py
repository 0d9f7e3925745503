"""What was asked and answered: counted by route, and written down where that is wanted, without anything secret."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Mapping
from time import perf_counter
from typing import Any

ACCESS = logging.getLogger("chaintwin.access")
"""One line a request, at level INFO; nothing is written unless a handler takes it."""

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Ends of the classes that answers are counted in, seconds."""

OTHER = "other"
"""Route of what no route answers, so that nobody can make up names without end."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Key = tuple[str, str, int]


class Traffic:
    """Counts requests; called in the loop that answers."""

    __slots__ = ("classes", "open", "seconds", "streams")

    def __init__(self) -> None:
        self.classes: dict[Key, list[int]] = {}
        self.seconds: dict[Key, float] = {}
        self.open = 0
        self.streams = 0

    def begin(self) -> float:
        """Note that a request came, and return when."""
        self.open += 1
        return perf_counter()

    def end(self, begun: float, scope: Mapping[str, Any], *, status: int, sent: int, is_stream: bool) -> None:
        """Note that a request was answered.

        Parameters
        ----------
        begun : as ``begin`` gave it. scope : of the request, as the routes left it. status : 0 where nobody was there to be
            answered.
        sent : bytes of the answer. is_stream : whether the answer stayed open; how long that was says nothing.
        """
        self.open -= 1
        took = perf_counter() - begun
        route = route_of(scope)
        key = (_method(scope), route, status)
        if is_stream:
            self.streams += 1
        else:
            counts = self.classes.get(key)
            if counts is None:
                counts = self.classes[key] = [0] * (len(BOUNDS) + 1)
            counts[bisect_left(BOUNDS, took)] += 1
            self.seconds[key] = self.seconds.get(key, 0.0) + took
        if ACCESS.isEnabledFor(logging.INFO):
            ACCESS.info("request", extra={"fields": access_fields(scope, route=route, status=status, sent=sent, seconds=took)})


def route_of(scope: Mapping[str, Any]) -> str:
    """Return the route that answered a request, with the names of what differs in it; ``other`` for none."""
    found = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None)
    return str(found) if found else OTHER


def access_fields(
    scope: Mapping[str, Any], *, route: str, status: int, sent: int, seconds: float
) -> dict[str, str | int | float]:
    """Return what is written down of a request: neither headers, nor parameters, nor what stands in place of a name in the path.

    Tokens stand in headers and bodies; tokens of pages stand in parameters and in one path.
    """
    principal = scope.get("principal")
    return {
        "method": _method(scope),
        "route": route,
        "status": status,
        "bytes": sent,
        "milliseconds": round(seconds * 1000, 3),
        "principal": getattr(principal, "id", "nobody"),
        "client": str((scope.get("client") or ("",))[0]),
    }


def _method(scope: Mapping[str, Any]) -> str:
    method = str(scope.get("method", ""))
    return method if method in METHODS else OTHER
