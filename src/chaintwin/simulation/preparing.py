"""Compiles the kernels of a simulation before it starts, once for every machine and version."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cache

import numpy as np

from chaintwin.jit import is_cold, mark_compiled
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import (
    ACTIVITY_SCHEMA,
    BUFFER_SCHEMA,
    INPUT_SCHEMA,
    OUTPUT_SCHEMA,
    RESOURCE_SCHEMA,
    STREAM_SCHEMA,
    USE_SCHEMA,
    ActivityKind,
    Graph,
    Policy,
    frame_of,
)
from chaintwin.network.program import Program
from chaintwin.network.state import Shipments, initial_state
from chaintwin.simulation.bands.keeping import PILOT
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Span

WAIT_SECONDS = 0.1


@cache
def prepare_kernels() -> None:
    """Compile every kernel of a simulation, or load what an earlier run compiled; the second call does nothing.

    ``simulate`` calls it first. Call it yourself to know when the time of compiling, about half a minute once a machine and
    version, is over.

    Compiling can be interrupted at any moment: it runs in a thread of its own, whose work is dropped when the process ends. The
    next process takes over what was finished and compiles the rest.

    Example
    -------
    >>> prepare_kernels()
    """
    if not is_cold():
        # What bands take is loaded when there are some.
        _run_once(bands=False)
        return
    failures: list[BaseException] = []

    def work() -> None:
        try:
            _run_once(bands=True)
            mark_compiled()
        except BaseException as failure:
            failures.append(failure)

    # The compiler spends seconds in code that hears no signal; while it does, this thread can be interrupted. It waits in short
    # steps, because the system may hand the signal to the other thread, and then nothing wakes this one.
    thread = threading.Thread(target=work, name="chaintwin-compile", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(WAIT_SECONDS)
    if failures:
        raise failures[0]


def _run_once(*, bands: bool) -> None:
    """Run the smallest network for one period; with bands of more than a pilot every kernel goes through its signature."""
    program = _smallest("uniform_int(1, 2)" if bands else "0")
    state = initial_state(program)
    if not bands:
        run_ensemble(program, state, span=Span(first=0, periods=1, warm_up=0, replications=1, seed=0), threads=1)
        return
    place, quantity = np.zeros(1, dtype=np.int64), np.ones(1)
    moving = replace(state, shipments=Shipments(place, place - 1, place, quantity, quantity > 0.0))
    span = Span(first=0, periods=1, warm_up=0, replications=PILOT + 1, seed=0)
    run_ensemble(program, moving, span=span, threads=1, bands=place)


def _smallest(lead: str) -> Program:
    """Return a network of one stock point that is bought, with a lead time, and sold."""
    return compile_graph(
        Graph(
            integer=False,
            buffers=frame_of(BUFFER_SCHEMA, [{"buffer_id": "b", "on_hand": 1.0, "policy": Policy.BASE_STOCK, "low": 1.0}]),
            activities=frame_of(ACTIVITY_SCHEMA, [{"activity_id": "a", "kind": ActivityKind.BUY, "lead": lead}]),
            inputs=frame_of(INPUT_SCHEMA, []),
            outputs=frame_of(OUTPUT_SCHEMA, [{"activity_id": "a", "buffer_id": "b", "quantity": 1.0, "is_main": True}]),
            uses=frame_of(USE_SCHEMA, []),
            resources=frame_of(RESOURCE_SCHEMA, []),
            streams=frame_of(STREAM_SCHEMA, [{"stream_id": "d", "buffer_id": "b", "law": "1"}]),
        )
    )
