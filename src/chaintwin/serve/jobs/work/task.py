"""A job as the process of jobs sees it: its network and state, and the ways to tell what it finds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import polars as pl

from chaintwin.errors import CancelledError, Finding
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.state import State
from chaintwin.serve.jobs.messages import Found, Order, Progressed, Said
from chaintwin.serve.jobs.work.networks import Looking, Networks
from chaintwin.serve.problems import finding_document
from chaintwin.twin.cells import Cells
from chaintwin.twin.live_state import LiveState
from chaintwin.twin.naming.networks import InForce
from chaintwin.twin.telling import told_summary

FIRST = 8
"""Replications of a first answer."""

TELL_SECONDS = 0.1
"""Time between two words of progress at least."""

MISFITS = 20
"""Things without a place in a simulation that are named."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a job starts.

    Parameters
    ----------
    state : None for the start of the model. about : of the live state it is of. opened : with the arrivals open that nobody
        foretold.
    """

    state: State | None = None
    opened: State | None = None
    about: dict[str, Any] = field(default_factory=dict)


class Task:
    """One job.

    Parameters
    ----------
    order : what is to be done. networks : where they are had from. say : tells the server. cancel : is set where the job is to
        stop.
    """

    def __init__(self, order: Order, *, networks: Networks, say: Callable[[Said], None], cancel: threading.Event) -> None:
        self.order, self.cancel = order, cancel
        self.folder = Path(order.folder)
        self._networks, self._say = networks, say
        self._part = order.part
        self._told = 0.0

    @property
    def network(self) -> Network:
        """The network of the job."""
        return self._networks.network(self.order.network, self.order.place)

    def program(self, periods: int) -> Program:
        """Return the program of the network for some periods."""
        return self._networks.program(self.order.network, self.order.place, periods=periods)

    def compiled(self, scenario: Scenario | None) -> Callable[[Network, int], Program] | None:
        """Return what compiles the network with a scenario in less time, where it changes no table; None where nothing does."""
        if scenario is None or scenario.changes or not scenario.disruptions or self.network.disruptions:
            return None
        order = self.order
        return lambda changed, reach: self._networks.struck(order.network, order.place, by=changed, periods=reach)

    def live(self) -> LiveState | None:
        """Return the live state to start from, None for the start of the model."""
        if self.order.cells is None:
            return None
        cells = Cells()
        cells.become(self.order.cells)
        return LiveState(cells, InForce(self.network), time=self.order.time, head=self.order.head)

    def looking(self) -> Looking | None:
        """Return the parameters to look ahead with, None for those of the tables."""
        return self._networks.looking(self.order.network, self.order.place, parameters=self.order.parameters)

    def begun(self, live: LiveState | None, *, program: Program) -> Begun:
        """Return where a simulation starts that goes on from a live state.

        Parameters
        ----------
        live : None for the start of the model. program : of the network.
        """
        if live is None:
            return Begun()
        placed = live.placed(program)
        about = told_summary(live) | {"period": placed.state.period} | misfits(placed.findings)
        return Begun(placed.state, placed.opened, {"start": about})

    def progress(self, share: float) -> None:
        """Tell how much is done, 0 to 1; from any thread."""
        now = monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            self._say(Progressed(share))

    def step(self, share: float) -> None:
        """Tell how much is done, and stop here where the job is to stop; for work that looks at no sign of its own.

        Raises
        ------
        CancelledError
            It is to stop.
        """
        if self.cancel.is_set():
            raise CancelledError("the job was cancelled; nothing was written")
        self.progress(share)

    def found(
        self,
        frames: Mapping[str, pl.DataFrame],
        about: Mapping[str, Any],
        *,
        replications: int = 0,
        arrays: Mapping[str, Any] | None = None,
        is_last: bool = False,
    ) -> Found:
        """Write what was found so far into a folder of its own, and return what is to be told of it.

        Parameters
        ----------
        frames : tables by name; empty ones are left out. about : what the job was run with. replications : that it rests on.
        arrays : figures by replication, for comparisons. is_last : whether it is all.
        """
        self._part += 1
        folder = self.folder / f"part-{self._part}"
        folder.mkdir(parents=True, exist_ok=True)
        tables = {name: frame for name, frame in frames.items() if frame.width}
        for name, frame in tables.items():
            frame.write_parquet(folder / f"{name}.parquet")
        for name, array in (arrays or {}).items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        return Found(
            part=self._part,
            tables={name: frame.height for name, frame in tables.items()},
            about=dict(about),
            replications=replications,
            is_last=is_last,
        )

    def tell(self, found: Found) -> None:
        """Tell what was found so far."""
        self._say(found)


def misfits(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the first things that have no place in a simulation, and how many there are."""
    told = [finding_document(finding) for finding in findings[:MISFITS]]
    return {"notPlaced": told, "notPlacedCount": len(findings)}


def version_told() -> str:
    """Return the version of the program, as answers name it."""
    from chaintwin import __version__

    return str(__version__)


def scenario_of(values: Mapping[str, Any] | None, place: int = 1) -> Scenario | None:
    """Return the scenario of an object with the keys of a scenario file; None for none.

    Parameters
    ----------
    values : the object. place : number among several, by which one without a name is called.

    Raises
    ------
    InputError
        It has faults.
    """
    if not values:
        return None
    name = f"scenario {place}"
    blocks = {key: values.get(key, []) for key in ("disruption", "intervention")}
    return Scenario.of(
        str(values.get("name", name)),
        values.get("change", []),
        disruptions=blocks["disruption"],
        interventions=blocks["intervention"],
        levels=str(values.get("levels", "kept")),
        note=str(values.get("note", "")),
    )
