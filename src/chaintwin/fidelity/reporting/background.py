"""Fidelity measured in the background: a process of its own looks back from the past and fits parameters, with a share of a core.

Only the process that serves may write the log, so the other one reads it and hands over what is to be kept.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import perf_counter, sleep

import msgspec

from chaintwin.clock import DAY, SystemClock
from chaintwin.errors import ChaintwinError
from chaintwin.fidelity.backcasting.backcasting import backcast
from chaintwin.fidelity.backcasting.shelf import Backcast, fingerprint, kept, name_of, packed
from chaintwin.fidelity.calibration.fitting import Fitting
from chaintwin.fidelity.reporting.kept import LATEST
from chaintwin.fidelity.reporting.report import report_of
from chaintwin.fidelity.reporting.summary import summary_of
from chaintwin.fidelity.versions.gathering import gathered, latest_of
from chaintwin.fidelity.versions.looking import Described, version_at
from chaintwin.fidelity.versions.making import DRAWS, make_version
from chaintwin.fidelity.versions.refitting import recorded
from chaintwin.fidelity.versions.shelf import documents_of, kept_versions
from chaintwin.network.tables.reading import read
from chaintwin.store.interface import BACKCASTS, FIDELITY, Search, Store
from chaintwin.store.opening import open_store
from chaintwin.twin.twin import Twin

SLICE_SECONDS = 10.0
"""So long is looked back before a rest."""

REST_SECONDS = 60.0
"""A rest where nothing was left to look back from."""

NICENESS = 19

NOTE = "fitted while the server ran"
"""Why a version was made."""


class Measuring:
    """Looks back from the past while a server runs.

    Parameters
    ----------
    store : the log, open for writing. project : folder or workbook. place : of the log. share : of one core, above 0, at most 1.
    calibrate_days : days of events after which parameters are fitted anew; 0 for never.
    """

    def __init__(self, store: Store, *, project: Path, place: str, share: float, calibrate_days: float = 0.0) -> None:
        self.store = store
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_look_back, args=(str(project), place, (share, calibrate_days), theirs), daemon=True
        )
        self._theirs = theirs
        self._thread = threading.Thread(target=self._keep, name="measuring", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._process.start()
        # The other end must be closed here, or its end would never be noticed.
        self._theirs.close()
        self._thread.start()

    def close(self) -> None:
        """End at once; what was handed over is kept."""
        self._process.terminate()
        self._process.join(timeout=5.0)
        self._thread.join(timeout=5.0)
        self._ours.close()

    def _keep(self) -> None:
        with suppress(EOFError, OSError, ChaintwinError):
            while True:
                shelf, name, content = _DECODER.decode(self._ours.recv_bytes())
                self.store.put(shelf, name, content=content)


_DECODER = msgspec.msgpack.Decoder(tuple[str, str, bytes])
"""Of shelf, name and content of what is to be kept."""


def measured(project: Path, place: str, *, into: Connection, seconds: float = SLICE_SECONDS) -> int:
    """Look back for one slice and hand over what is to be kept; return from how many moments.

    Parameters
    ----------
    project : folder or workbook. place : of the log. into : takes (shelf, name, content). seconds : of the slice.
    """
    network = read(project)
    with open_store(place, read_only=True) as log:
        until = latest_of(log)
        if until is None:
            return 0
        twin = Twin.open(network, store=log, is_kept=False)
        in_force = twin.as_of(until).in_force
        described = Described.of(in_force.network)
        mark = fingerprint(described.program)
        found = kept(log, mark)

        def take(one: Backcast) -> None:
            _hand_over(into, BACKCASTS, name=name_of(mark, one), content=packed(one))
            found[one.origin] = one

        done = backcast(log, twin, described=described, until=until, budget=seconds, threads=1, into=take)
        if done.made:
            report = report_of(
                log,
                described,
                observations=gathered(log, in_force, program=described.program, until=until),
                past=done.past,
                backcasts=list(found.values()),
                version=version_at(log, until),
                until=until,
            )
            summary = summary_of(report, measured_at=SystemClock().now())
            _hand_over(into, FIDELITY, name=LATEST, content=msgspec.json.encode(summary))
        return done.made


def fitted_anew(project: Path, place: str, *, into: Connection, since: int, days: float) -> int:
    """Fit parameters if events of some days have come since, and hand over the version and what was decided of it.

    Parameters
    ----------
    project : folder or workbook. place : of the log. into : takes (shelf, name, content).
    since : event time up to which it was tried before, microseconds; also what is kept counts. days : above 0.

    Returns
    -------
    The event time up to which it was tried.
    """
    with open_store(place, read_only=True) as log:
        first, until = log.find(Search(), limit=1), latest_of(log)
        if not first or until is None:
            return since
        since = max([first[0][0], since, *(one.made_at for one in kept_versions(log))])
        if until - since < days * DAY:
            return since
        in_force = Twin.open(read(project), store=log, is_kept=False).as_of(until).in_force
        made = make_version(log, in_force, until=until, fitting=Fitting(0, draws=DRAWS), note=NOTE).refit
        if made.fitted:
            for shelf, name, content in documents_of(made.version, decided=recorded(made.decided, SystemClock().now())):
                _hand_over(into, shelf, name=name, content=content)
        return until


def _look_back(project: str, place: str, how: tuple[float, float], into: Connection) -> None:
    """Look back slice by slice until the process that serves is gone; of a core a share, and parameters every so many days."""
    share, days = how
    # The terminal sends Ctrl-C to all processes; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    with suppress(OSError, AttributeError):
        os.nice(NICENESS)
    with suppress(BrokenPipeError):
        tried = 0
        while True:
            begun = perf_counter()
            made = 0
            with suppress(ChaintwinError):
                if days:
                    tried = fitted_anew(Path(project), place, into=into, since=tried, days=days)
                made = measured(Path(project), place, into=into)
            spent = perf_counter() - begun
            sleep(spent * (1.0 - share) / share + (0.0 if made else REST_SECONDS))


def _end_with(sentinel: int) -> None:
    """End this process when the one that started it is gone, however it went."""
    wait([sentinel])
    os._exit(1)


def _hand_over(into: Connection, shelf: str, *, name: str, content: bytes) -> None:
    into.send_bytes(msgspec.msgpack.encode((shelf, name, content)))
