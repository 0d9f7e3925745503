"""``chaintwin calibrate``: parameters from the log of a project, kept as versions and used only where they predict better."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.live.logs import StoreUrl, log_to_read
from chaintwin.cli.commands.options import Json, Project, Seed, TableFile
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from chaintwin.fidelity.versions.refitting import Refit
    from chaintwin.network import Network
    from chaintwin.store.interface import Store

DRAWS = 64
"""Draws of each parameter that a version holds."""


def calibrate(
    project: Project,
    *,
    at: Annotated[
        str | None, typer.Option(help="Moment up to which events count; the latest event by default.", show_default=False)
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only what left from this day or time on counts; by default, on a lane that has drifted, what left since then.",
            show_default=False,
        ),
    ] = None,
    take: Annotated[bool, typer.Option("--take", help="Use everything that was fitted, without judging it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come of it and keep nothing.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the versions that are kept, and fit nothing.")] = False,
    show: Annotated[str | None, typer.Option(help="Show the version of this id, and fit nothing.", show_default=False)] = None,
    note: Annotated[str, typer.Option(help="Why it is made; kept with the version.")] = "",
    draws: Annotated[int, typer.Option(help="Draws of each parameter.", min=2, max=4096)] = DRAWS,
    seed: Seed = 0,
    top: Annotated[int, typer.Option(help="Rows that are shown.", min=1)] = 15,
    store: StoreUrl = None,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Fit parameters to the log; use those that predict better."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.store.opening import open_store

        place = log_to_read(project, store)
        outputs = Outputs(out)
        outputs.check()
        if listing or show is not None:
            with open_store(place, read_only=True) as log:
                _show_kept(terminal, log, project=project, name=show, top=top, outputs=outputs)
            return
        network = usable_network(terminal, project)
        with _opened(place, is_read=dry_run) as log:
            _fit(
                terminal,
                log,
                network=network,
                project=project,
                moments=(at, since),
                options=(take, dry_run, note, draws, seed, top),
                outputs=outputs,
            )


@contextmanager
def _opened(place: str, *, is_read: bool) -> Iterator[Store]:
    """Open the log to read it, or to keep a version in it; beside a server that writes it, say what can be done."""
    from chaintwin.errors import UsageError
    from chaintwin.store.log.database import WHILE_WRITTEN
    from chaintwin.store.opening import open_store

    try:
        log = open_store(place, read_only=is_read)
    except UsageError as error:
        if WHILE_WRITTEN not in str(error):
            raise
        found = str(error).partition("; fix: ")[0]
        fix = "chaintwin serve --measure 0.2 --calibrate 7 fits by itself, or stop the server for this; --dry-run goes beside it"
        raise UsageError(f"{found}; fix: {fix}") from None
    with log:
        yield log


def _fit(
    terminal: Terminal,
    log: Store,
    *,
    network: Network,
    project: Path,
    moments: tuple[str | None, str | None],
    options: tuple[bool, bool, str, int, int, int],
    outputs: Outputs,
) -> None:
    """Fit, decide, keep and show."""
    from chaintwin.cli.commands.live.opening import moment
    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.cli.views.fidelity.calibrate_view import refit_document, show_refit
    from chaintwin.clock import SystemClock
    from chaintwin.fidelity.calibration.fitting import Fitting
    from chaintwin.fidelity.versions.comparing import compared
    from chaintwin.fidelity.versions.making import make_version
    from chaintwin.fidelity.versions.refitting import recorded
    from chaintwin.fidelity.versions.shelf import keep_version
    from chaintwin.twin import Twin

    take, dry_run, note, draws, seed, top = options
    since, until = moment("--since", moments[1]), _until(log, moments[0])
    with waiting(terminal, "Fitting parameters to the log of events"):
        in_force = Twin.open(network, store=log, is_kept=False).as_of(until).in_force
        fitting = Fitting(seed, draws=draws)
        made = make_version(log, in_force, until=until, fitting=fitting, since=since, is_taken=take, note=note)
    found, used = made.refit, made.in_use
    frame = compared(found, used)
    findings = made.described.applied(found.version).findings if found.decided.accepted else ()
    if not dry_run and found.fitted:
        keep_version(log, found.version, decided=recorded(found.decided, SystemClock().now()))
    outputs.write(frame, name="parameters", about=_about(found))
    about = {"project": project, "until": until, "dry_run": dry_run}
    terminal.document(about | refit_document(found, frame, findings=findings))
    show_refit(terminal, found, frame=frame, findings=findings, version=used.version, top=top, is_kept=not dry_run)
    outputs.say(terminal, "Parameters")


def _until(log: Store, text: str | None) -> int:
    from chaintwin.cli.commands.live.opening import moment
    from chaintwin.clock import SystemClock, text_of
    from chaintwin.errors import UsageError
    from chaintwin.fidelity.versions.gathering import latest_of
    from chaintwin.store.interface import Search

    latest, chosen = latest_of(log), moment("--at", text)
    if latest is None:
        raise UsageError("--at: found no event in the log; allowed: a log with events; fix: chaintwin ingest takes them in")
    if chosen is None:
        return latest
    first = log.find(Search(), limit=1)[0][0]
    if chosen > max(latest, now := SystemClock().now()):
        allowed = f"up to {text_of(max(latest, now))}"
        raise UsageError(f"--at: found {text_of(chosen)}, which has not come yet; allowed: {allowed}")
    if chosen < first:
        raise UsageError(f"--at: found {text_of(chosen)}; allowed: from {text_of(first)} on, the first event of the log")
    return chosen


def _about(found: Refit) -> dict[str, tuple[str | float, str]]:
    return {
        "version": (found.version.id, "Id of the version, a hash of its content."),
        "used": (str(found.decided.accepted).lower(), "Whether it is used from its moment on."),
        "seed": (found.version.seed, "Seed of the draws."),
    }


def _show_kept(terminal: Terminal, log: Store, *, project: Path, name: str | None, top: int, outputs: Outputs) -> None:
    """Show the versions that are kept, or one of them."""
    from chaintwin.cli.views.fidelity.calibrate_view import show_version, show_versions
    from chaintwin.fidelity.versions.comparing import described
    from chaintwin.fidelity.versions.shelf import kept_versions, version_of

    kept = kept_versions(log)
    if name is None:
        terminal.document({"project": project, "versions": kept})
        show_versions(terminal, kept)
        return
    version = version_of(log, name)
    frame = described(version.parameters)
    decided = next((one for one in kept if one.id == version.id), None)
    outputs.write(frame, name="parameters", about={"version": (version.id, "Id of the version, a hash of its content.")})
    terminal.document({"project": project, "version": version.id, "decided": decided, "parameters": frame})
    show_version(terminal, version, frame=frame, decided=decided, top=top)
    outputs.say(terminal, "Parameters")
