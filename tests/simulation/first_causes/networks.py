"""Small networks whose causes are worked out by hand, and the law that all tests of causes share."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaintwin.simulation.first_causes.tracing_back import MEASURES, attributed, late_amounts
from chaintwin.simulation.history.trace import Trace


def stock(name: str, *, level: float, init: float | None = None) -> dict[str, Any]:
    """Return a stock point with a base stock."""
    return {"id": name, "init": level if init is None else init, "policy": {"type": "base_stock", "S": level}}


def press_chain(press: list[float]) -> dict[str, Any]:
    """Return a shop that a plant with a press of some capacity a period supplies; five a period are asked for."""
    return {
        "buffers": [stock("shop", level=10), stock("plant", level=5)],
        "activities": [
            {"id": "make", "in": {}, "out": {"plant": 1}, "lead": 1, "use": {"press": 1}},
            {"id": "move", "in": {"plant": 1}, "out": {"shop": 1}, "lead": 1},
        ],
        "demands": [{"id": "d", "buffer": "shop", "series": [5.0] * 30}],
        "resources": {"press": press},
    }


def attributed_in_full(seen: Trace, *, counted_from: int, seed: int) -> tuple[Any, Any]:
    """Hold that all that is late has its causes; return the parts, and what is late by measure and stream."""
    amounts = late_amounts(seen)[:, counted_from:].sum(axis=1)
    total = attributed(seen, counted_from=counted_from)
    assert (total.data >= 0).all()
    sums = np.asarray(total.sum(axis=1)).reshape(len(MEASURES), -1)
    np.testing.assert_allclose(sums, amounts, rtol=1e-9, atol=1e-9, err_msg=str(seed))
    return total, amounts
