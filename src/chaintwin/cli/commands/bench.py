"""``chaintwin bench``: run registered benchmark cases and print a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_CASE, session

if TYPE_CHECKING:
    from chaintwin.bench import Case, Measurement, Timing
    from chaintwin.bench.machine import Machine

BUSY_SHARE = 0.5
"""Load average a processor from which on a remark warns that times are not those of a quiet machine."""


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE]...", help="Cases to run; all by default.", show_default=False)
    ] = None,
    *,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Run each case once at its smallest size: shows that it works, not how fast.")
    ] = False,
    repeat: Annotated[int, typer.Option(help="Timed repetitions of each phase.", min=1)] = 5,
    list_cases: Annotated[bool, typer.Option("--list", help="List the cases and end.")] = False,
    json: Json = False,
) -> None:
    """Run benchmark cases and print times and rates."""
    with session(is_json=json, memory_advice=SMALLER_CASE) as terminal:
        from chaintwin.bench import cases
        from chaintwin.bench.machine import describe_machine

        chosen = cases(names or ())
        if list_cases:
            _list(terminal, chosen)
            return
        machine = describe_machine()
        if machine.load_average is not None and machine.load_average > BUSY_SHARE * machine.processors and not smoke:
            terminal.note(f"The load average is {machine.load_average:.2f}: times will be longer than on a quiet machine.")
        measured = [_measured(terminal, case, smoke=smoke, repeat=repeat) for case in chosen]
        terminal.document({"machine": machine, "smoke": smoke, "repeat": 1 if smoke else repeat, "measurements": measured})
        _show(terminal, measured, machine)


def _measured(terminal: Terminal, case: Case, *, smoke: bool, repeat: int) -> Measurement:
    from chaintwin.bench import measure
    from chaintwin.cli.terminal.progress import waiting

    with waiting(terminal, f"{case.name}: {case.workload}"):
        return measure(case, size=case.sizes[0] if smoke else None, repeat=1 if smoke else repeat)


def _list(terminal: Terminal, chosen: tuple[Case, ...]) -> None:
    from rich.table import Table

    from chaintwin.cli.views.numbers import number

    about = ("name", "workload", "sizes", "size_unit")
    terminal.document({"cases": [{key: getattr(case, key) for key in about} for case in chosen]})
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("case", no_wrap=True)
    table.add_column("workload", ratio=1)
    table.add_column("sizes", no_wrap=True, justify="right")
    for case in chosen:
        table.add_row(case.name, case.workload, " | ".join(number(size) for size in case.sizes))
    terminal.show(table)


def _show(terminal: Terminal, measured: list[Measurement], machine: Machine) -> None:
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.views.numbers import count, duration, number

    load = "" if machine.load_average is None else f", load average {machine.load_average:.2f}"
    terminal.show(Text(f"{machine.processor}, {count(machine.processors, 'processor')}{load}, {machine.system}", style="dim"))
    versions = f"chaintwin {machine.chaintwin}, Python {machine.python}, numba {machine.numba}, polars {machine.polars}"
    terminal.show(Text(versions, style="dim"), Text())
    for position, measurement in enumerate(measured):
        size = "" if measurement.size == 1 else f"  {count(measurement.size, measurement.size_unit)}"
        terminal.show(Text.assemble((measurement.case, "bold"), (size, "dim")))
        if measurement.skipped:
            terminal.show(Text(f"  skipped: it {measurement.skipped}", style="yellow"))
            continue
        # Fixed widths, so that the figures of all cases stand below each other.
        table = Table(box=None, padding=(0, 1), header_style="dim", show_header=position == 0)
        table.add_column("", min_width=14)
        for name in ("median", "min", "max"):
            table.add_column(name, justify="right", no_wrap=True, min_width=8)
        table.add_column("", no_wrap=True)
        for timing in measurement.timings:
            times = (duration(value) for value in (timing.median, timing.shortest, timing.longest))
            said = f"{number(timing.amount)} {timing.finding}" if timing.finding else _rate(timing)
            table.add_row(timing.phase, *times, said)
        terminal.show(table)


def _rate(timing: Timing) -> str:
    from chaintwin.cli.views.numbers import duration, number

    parts = []
    if timing.rate is not None:
        scale, prefix = (1e6, "M ") if timing.rate >= 1e6 else (1e3, "k ") if timing.rate >= 1e4 else (1.0, "")
        parts.append(f"{number(timing.rate / scale)} {prefix}{timing.unit}s/s")
    if timing.limit_seconds is not None:
        parts.append(f"goal {duration(timing.limit_seconds)}")
    return ", ".join(parts)
