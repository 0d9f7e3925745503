"""The command as a whole: its subcommands, its version, its start."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Annotated, NoReturn

import typer

from chaintwin.cli.commands import bench, check, compare, demo, import_log, init, simulate
from chaintwin.cli.commands.feeding import ingest, refused, replay, sources
from chaintwin.cli.commands.fidelity import calibrate, fidelity, fork
from chaintwin.cli.commands.hidden import world
from chaintwin.cli.commands.history import trace, why
from chaintwin.cli.commands.live import serve, state
from chaintwin.cli.commands.log import backup, copy, erase, restore, upgrade, verify
from chaintwin.cli.commands.results import explore
from chaintwin.cli.commands.risk import annual, bullwhip, cause, dependence, hazards, scenario, service, stress

INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
"""Exit codes of a command that was stopped from outside: 128 and the number of the signal, as a shell counts them."""

EPILOG = (
    "Exit codes: 0 success, 1 a finding or failure, 2 wrong usage, 130 Ctrl-C, 141 the reader closed the pipe. "
    "CHAINTWIN_DEBUG=1 shows where a failure arose."
)

# Plain help, because drawing it with rich takes as long as everything else together and help must come at once.
app = typer.Typer(name="chaintwin", rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)
app.command()(demo.demo)
app.command()(init.init)
app.command()(check.check)
app.command(name="import")(import_log.import_log)
app.command()(simulate.simulate)
app.command()(explore.explore)
app.command()(compare.compare)
app.command()(trace.trace)
app.command()(why.why)
app.command()(serve.serve)
app.command()(state.state)
app.command()(fork.fork)
app.command()(calibrate.calibrate)
app.command()(fidelity.fidelity)
app.command()(ingest.ingest)
app.command()(sources.sources)
app.command()(replay.replay)
app.command()(refused.refused)
app.command()(world.world)
app.command()(bench.bench)
risk = typer.Typer(
    name="risk", rich_markup_mode=None, no_args_is_help=True, help="What can go wrong, how badly, how long we last."
)
risk.command()(stress.stress)
risk.command()(scenario.scenario)
risk.command()(annual.annual)
risk.command()(bullwhip.bullwhip)
risk.command()(cause.cause)
risk.command()(dependence.dependence)
risk.command()(hazards.hazards)
risk.command()(service.service)
app.add_typer(risk)
log = typer.Typer(name="log", rich_markup_mode=None, no_args_is_help=True, help="Back up, verify, move the log; erase persons.")
log.command()(backup.backup)
log.command()(restore.restore)
log.command()(erase.erase)
log.command()(verify.verify)
log.command()(copy.copy)
log.command()(upgrade.upgrade)
app.add_typer(log)


def print_version(is_asked: bool) -> None:
    """Print the version and leave, if asked to."""
    if is_asked:
        from chaintwin import __version__

        print(f"chaintwin {__version__}")
        raise typer.Exit


@app.callback(epilog=EPILOG)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True)] = False,
) -> None:
    """Describe, check and simulate a supply chain.

    Start with: chaintwin demo
    """


def main() -> None:
    """Run the command of this process and leave with its exit code."""
    # A shell without job control starts background commands deaf to SIGINT; whoever sends it means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _stop)
    try:
        app(prog_name="chaintwin")
    except KeyboardInterrupt:
        _leave(INTERRUPTED)
    except SystemExit as leaving:
        # The command line library turns a closed pipe into exit code 1, which here means a finding.
        if isinstance(leaving.__context__, BrokenPipeError):
            _leave(PIPE_CLOSED)
        if leaving.code in (INTERRUPTED, TERMINATED):
            _leave(leaving.code)
        # Taking libraries down one by one takes a tenth of a second, and nothing depends on it. Output that cannot be written
        # is reported by the usual end.
        with suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
            if leaving.code is None or isinstance(leaving.code, int):
                os._exit(leaving.code or 0)
        raise


def _leave(code: int) -> NoReturn:
    """End this process at once: everything is in order, and what a thread still compiles is nobody's loss.

    The usual end would wait for that thread, or take the compiler away from under it.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave in order when asked to end, so that whatever is half-written is taken away."""
    del number, frame
    sys.exit(TERMINATED)
