"""``chaintwin simulate``: run a project many times and show service and cost with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from chaintwin.cli.commands.fidelity.choosing import KnownTime, ParametersName
from chaintwin.cli.commands.fidelity.fidelity import told_fidelity
from chaintwin.cli.commands.live.logs import StoreUrl
from chaintwin.cli.commands.options import (
    Anew,
    Bands,
    Checkpoint,
    Confidence,
    FormatChoice,
    Json,
    Kind,
    KindOfPicture,
    Periods,
    Plot,
    Project,
    ResultFormat,
    ResultPlace,
    ScenarioFile,
    Seed,
    StateFile,
    Threads,
    Until,
    WarmUp,
    refuse_alone,
)
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    from chaintwin.fidelity.versions.applying import Applied
    from chaintwin.network import Network, Scenario
    from chaintwin.network.state import State
    from chaintwin.simulation.results import Result

HOW = {
    "parquet": "Parquet; read it with chaintwin.Result.read",
    "csv": "a CSV file a table",
    "xlsx": "a sheet a table",
}

REPLICATIONS, UNTIL_REPLICATIONS = 256, 100_000
"""Independent runs by default, and the most of them where a precision is waited for."""


def simulate(
    project: Project,
    *,
    scenario: ScenarioFile = None,
    periods: Periods = None,
    replications: Annotated[
        int | None,
        typer.Option(
            help="Independent runs; intervals need two. 256 by default; with --until the most that are run, 100,000 by default.",
            min=1,
            show_default=False,
        ),
    ] = None,
    until: Until = None,
    warm_up: WarmUp = None,
    seed: Seed = 0,
    state: StateFile = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Start from the live state: now, or a day or time of the past; without warm-up.",
            show_default=False,
        ),
    ] = None,
    parameters: ParametersName = None,
    known: KnownTime = None,
    store: StoreUrl = None,
    threads: Threads = None,
    confidence: Confidence = 0.95,
    checkpoint: Checkpoint = None,
    anew: Anew = False,
    out: ResultPlace = None,
    format: FormatChoice = None,
    bands: Bands = None,
    plot: Plot = None,
    kind: KindOfPicture = None,
    json: Json = False,
) -> None:
    """Simulate a project: service and cost with intervals."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.simulation_run import result_document, run_simulation
        from chaintwin.cli.views.result_view import show_result

        most = replications or (UNTIL_REPLICATIONS if until else REPLICATIONS)
        _refuse_alone(format, out, anew=anew, checkpoint=checkpoint, kind=kind, plot=plot)
        _refuse_starts(start, state, store=store, parameters=parameters, known=known)
        _check_places(out, format, plot, rows=max(most if until is None else 0, periods or 0))
        changes = _changes(scenario)
        begun = _begin(terminal, project, state=state, start=(start, known), store=store, parameters=parameters)
        result = run_simulation(
            terminal,
            begun.network,
            periods=periods,
            replications=most,
            until=until,
            warm_up=warm_up,
            seed=seed,
            state=begun.state,
            parameters=begun.parameters,
            threads=threads,
            confidence=confidence,
            bands=_kept(bands, kind or "bands" if plot is not None else None),
            scenario=changes,
            checkpoint=checkpoint,
            anew=anew,
        )
        _keep(result, out=out, format=format, plot=plot, kind=kind, bands=bands, checkpoint=checkpoint)
        about = {"project": project, "scenario": changes and changes.name, "out": out, "plot": plot}
        show_result(terminal, result, is_live=begun.about is not None)
        terminal.document(result_document(result) | about | _told(terminal, begun, project=project, store=store))
        _say_places(terminal, out=out, format=format, plot=plot)


def _refuse_alone(
    format: ResultFormat | None,
    out: Path | None,
    *,
    anew: bool,
    checkpoint: Path | None,
    kind: Kind | None,
    plot: Path | None,
) -> None:
    """Refuse options that say nothing without another."""
    refuse_alone("--format", format, beside=("--out", out), why="which says where the result is written")
    refuse_alone("--anew", anew or None, beside=("--checkpoint", checkpoint), why="which names the file to forget")
    refuse_alone("--kind", kind, beside=("--plot", plot), why="which names the file to draw to")


def _refuse_starts(
    start: str | None, state: Path | None, *, store: str | None, parameters: str | None, known: str | None
) -> None:
    """Refuse two places to start from, or what is said of a log that nothing is read from."""
    for option, value in (("--parameters", parameters), ("--known", known)):
        refuse_alone(option, value, beside=("--from", start), why="which starts from the live state")
    refuse_alone("--store", store, beside=("--from", start), why="which starts from the live state")
    if start is not None and state is not None:
        from chaintwin.errors import UsageError

        raise UsageError("--from: found --state beside it; allowed: one of the two")


def _keep(
    result: Result,
    *,
    out: Path | None,
    format: ResultFormat | None,
    plot: Path | None,
    kind: Kind | None,
    bands: list[str] | None,
    checkpoint: Path | None,
) -> None:
    """Write the result and draw its picture, where that was asked for, and take a checkpoint away."""
    if out is not None:
        result.write(out, format=format)
    if plot is not None:
        from chaintwin.simulation.pictures.drawing import plot as draw_to

        draw_to(result, plot, kind=kind or "bands", stock_points=_shown(bands))
    if checkpoint is not None:
        # Only now: until the result is written, the checkpoint is all there is.
        checkpoint.unlink(missing_ok=True)


def _told(terminal: Terminal, begun: _Begun, *, project: Path, store: str | None) -> dict[str, object]:
    """Say how far a run from the live state is to be trusted, and return what it started from; nothing for others."""
    if begun.about is None:
        return {}
    version = None if begun.parameters is None else begun.parameters.version
    return {"start": begun.about, "parameters": version} | told_fidelity(terminal, project, store=store, points=[])


def _say_places(terminal: Terminal, *, out: Path | None, format: ResultFormat | None, plot: Path | None) -> None:
    if out is not None:
        from chaintwin.simulation import chosen_format

        terminal.show("", f"Wrote the result to {out} ({HOW[chosen_format(out, format)]}).")
    if plot is not None:
        terminal.show("", f"Drew the picture to {plot}.")


def _changes(scenario: Path | None) -> Scenario | None:
    if scenario is None:
        return None
    from chaintwin.network import Scenario

    return Scenario.read(scenario)


def _start(state: Path | None, network: Network) -> State | None:
    if state is None:
        return None
    from chaintwin.simulation import read_state

    return read_state(state, program=network.compile())


@dataclass(frozen=True, slots=True)
class _Begun:
    """What is simulated, from where, and for a live state what is known of it and which parameters are used."""

    network: Network
    state: State | None
    about: dict[str, object] | None = None
    parameters: Applied | None = None


def _begin(
    terminal: Terminal,
    project: Path,
    *,
    state: Path | None,
    start: tuple[str | None, str | None],
    store: str | None,
    parameters: str | None,
) -> _Begun:
    """Return what is simulated; arguments as they were given, ``start`` with the time of record that counts."""
    from chaintwin.cli.commands.usable import usable_network

    network = usable_network(terminal, project)
    moment, known = start
    if moment is None:
        return _Begun(network, _start(state, network))
    from chaintwin.cli.commands.fidelity.choosing import chosen_parameters
    from chaintwin.cli.commands.live.starting import live_start

    live = live_start(terminal, network, project=project, start=moment, store=store, known=known)
    chosen = chosen_parameters(terminal, live, project=project, store=store, name=parameters)
    return _Begun(live.network, live.state, live.about, chosen)


def _check_places(out: Path | None, format: ResultFormat | None, plot: Path | None, *, rows: int) -> None:
    """Refuse places that nothing can be written to, before time is spent."""
    if out is not None:
        from chaintwin.simulation import check_target

        check_target(out, format, rows=rows)
    if plot is not None:
        from chaintwin.simulation.pictures.drawing import check_picture

        check_picture(plot)


def _shown(bands: list[str] | None) -> list[str]:
    """Return the stock points that have room in a picture, of those that are named."""
    from chaintwin.simulation.bands.naming import EVERY
    from chaintwin.simulation.pictures.band_picture import POINTS_MAX

    return [name for name in bands or [] if name != EVERY][:POINTS_MAX]


def _kept(bands: list[str] | None, kind: Kind | None) -> list[str] | Literal["all"] | None:
    """Return the stock points whose bands are kept: those named, or what a picture needs."""
    return bands or (None if kind is None else "all" if kind == "bullwhip" else [])
