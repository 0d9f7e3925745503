"""``chaintwin fidelity``: how far the twin is to be trusted, by what came about since it looked ahead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.live.logs import StoreUrl, log_to_read
from chaintwin.cli.commands.options import Json, Plot, Project, Seed, TableFile, Threads
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from chaintwin.fidelity.reporting.report import Report
    from chaintwin.network import Network
    from chaintwin.store.interface import Store

BUDGET = 30.0
"""Seconds that are spent on backcasts by default."""


def fidelity(
    project: Project,
    *,
    budget: Annotated[
        float,
        typer.Option(help="Seconds to spend on backcasts; 0 shows what was measured before and writes nothing.", min=0),
    ] = BUDGET,
    every: Annotated[int, typer.Option(help="Periods between two moments that are looked back from.", min=1)] = 1,
    seed: Seed = 0,
    top: Annotated[int, typer.Option(help="Sites, lanes and stock points that are shown, worst first.", min=1)] = 5,
    store: StoreUrl = None,
    threads: Threads = None,
    out: TableFile = None,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Measure how far the twin is to be trusted."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.views.fidelity.fidelity_view import report_document, show_report
        from chaintwin.store.opening import open_store

        outputs = Outputs(out, plot)
        outputs.check()
        place = log_to_read(project, store)
        network = usable_network(terminal, project)
        with open_store(place, read_only=not budget) as log:
            report = _measure(terminal, log, network=network, options=(budget, every, seed, threads))
        outputs.write(report.rows, name="fidelity", about={"parameters": (report.parameters or "tables", "Version in force.")})
        if plot is not None:
            from chaintwin.fidelity.reporting.picture import draw_report

            outputs.draw(lambda file: draw_report(report, file))
        terminal.document({"project": project, "out": out, "plot": plot} | report_document(report))
        show_report(terminal, report, network=network, project=str(project), top=top)
        outputs.say(terminal, "Scores")


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C sets, so that what is done is kept and shown; a second one ends the command."""
    import signal

    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancel
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: object) -> None:
        del number, frame
        signal.signal(signal.SIGINT, before)
        cancel.set()

    signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


def told_fidelity(terminal: Terminal, project: Path, *, store: str | None, points: list[str]) -> dict[str, object]:
    """Say how far a prediction is to be trusted by what was measured last, and return the same for machines.

    Parameters
    ----------
    terminal : where to. project, store : place of the log. points : stock points that the prediction shows, the first ones count.
    """
    from chaintwin.cli.views.fidelity.fidelity_view import show_trust
    from chaintwin.fidelity.reporting.kept import kept_summary
    from chaintwin.store.opening import open_store

    with open_store(log_to_read(project, store), read_only=True) as log:
        summary = kept_summary(log)
    show_trust(terminal, summary, project=str(project), points=points)
    return {"fidelity": summary}


def _measure(terminal: Terminal, log: Store, *, network: Network, options: tuple[float, int, int, int | None]) -> Report:
    """Look back within the budget, and report all that was measured, now and before."""
    from chaintwin.cli.terminal.progress import compile_shown, progress_bar, waiting
    from chaintwin.cli.views.numbers import count
    from chaintwin.clock import SystemClock
    from chaintwin.errors import UsageError
    from chaintwin.fidelity.backcasting.backcasting import backcast
    from chaintwin.fidelity.backcasting.past import past_of
    from chaintwin.fidelity.backcasting.shelf import fingerprint, forget_others, kept
    from chaintwin.fidelity.reporting.kept import keep_summary
    from chaintwin.fidelity.reporting.report import report_of
    from chaintwin.fidelity.reporting.summary import summary_of
    from chaintwin.fidelity.versions.gathering import gathered, latest_of
    from chaintwin.fidelity.versions.looking import Described, version_at
    from chaintwin.twin import Twin

    budget, every, seed, threads = options
    until = latest_of(log)
    if until is None:
        raise UsageError("fidelity: found no event in the log; allowed: a log with events; fix: chaintwin ingest takes them in")
    with waiting(terminal, "Reading the log of events"):
        twin = Twin.open(network, store=log, is_kept=False)
        in_force = twin.as_of(until).in_force
        described = Described.of(in_force.network)
    mark = fingerprint(described.program)
    if budget:
        compile_shown(terminal)
        forget_others(log, mark)
        with progress_bar(terminal, "Looking back", is_cold=False) as report, stopping() as cancel:
            done = backcast(
                log,
                twin,
                described=described,
                until=until,
                budget=budget,
                seed=seed,
                every=every,
                threads=threads,
                progress=report,
                cancel=cancel,
            )
        past = done.past
        terminal.note(
            f"Looked back from {count(done.made, 'moment')}; {done.there:,} are kept, {done.open:,} are open: "
            "the same command goes on."
        )
    else:
        with waiting(terminal, "Walking through the log"):
            past = past_of(log, described.network, program=described.program, until=until)
    with waiting(terminal, "Scoring"):
        found = report_of(
            log,
            described,
            observations=gathered(log, in_force, program=described.program, until=until),
            past=past,
            backcasts=list(kept(log, mark).values()),
            version=version_at(log, until),
            until=until,
            seed=seed,
        )
    if budget:
        keep_summary(log, summary_of(found, measured_at=SystemClock().now()))
    return found
