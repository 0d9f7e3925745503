"""``chaintwin risk stress``: put out sites, lanes, suppliers and more one by one, and rank them by what that costs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from chaintwin.cli.commands.options import Json, Plot, Project, StateFile, TableFile, Threads
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from polars import DataFrame

    from chaintwin.network import Network
    from chaintwin.risk.stress.stressing import StressTest


class By(StrEnum):
    """Kinds of what is put out; a test holds that they are those of ``chaintwin.risk.stress``, which is too heavy to ask here."""

    SITE = "site"
    LANE = "lane"
    SUPPLIER = "supplier"
    COUNTRY = "country"
    PRODUCT = "product"


Measured = Literal["margin", "sales", "units"]
"""What is measured; a test holds that these are those of ``chaintwin.risk.stress``."""


def stress(
    project: Project,
    *,
    by: Annotated[
        list[By] | None, typer.Option(help="What is put out; may be repeated; sites by default.", show_default=False)
    ] = None,
    recover: Annotated[float, typer.Option(help="Periods until what is out is back.", min=0)] = 30.0,
    recovery: Annotated[
        Path | None,
        typer.Option(help="CSV file with columns kind, id and periods, for what takes longer or shorter.", show_default=False),
    ] = None,
    measure: Annotated[Measured, typer.Option(help="What a unit that is not served costs.")] = "margin",
    follow: Annotated[
        int, typer.Option(help="Exposed ones, the worst first, whose impact is worked out with lead times too.", min=0)
    ] = 10,
    simulate: Annotated[
        int, typer.Option(help="Worst ones that are also simulated, 64 replications each, over the project's horizon.", min=0)
    ] = 0,
    state: StateFile = None,
    top: Annotated[int, typer.Option(help="Rows that are shown.", min=1)] = 15,
    threads: Threads = None,
    plot: Plot = None,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Put out everything of a kind, one by one: time to survive, impact, exposure."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.cli.views.risk.stress_view import show_simulated, show_stress, stress_about, stress_document
        from chaintwin.risk.stress.picture import plot as draw_to
        from chaintwin.risk.stress.recovery import read_recovery
        from chaintwin.risk.stress.stressing import stress_test
        from chaintwin.risk.writing import check_table_file, write_table
        from chaintwin.simulation import read_state
        from chaintwin.simulation.pictures.drawing import check_picture

        if plot is not None:
            check_picture(plot)
        if out is not None:
            check_table_file(out)
        network = usable_network(terminal, project)
        times = recover if recovery is None else read_recovery(recovery, others=recover, network=network)
        start = None if state is None else read_state(state, program=network.compile())
        with progress_bar(terminal, "Putting out one after the other", is_cold=False) as report:
            found = stress_test(
                network,
                by=by or ["site"],
                recovery=times,
                measure=measure,
                followed=follow,
                state=start,
                threads=threads,
                progress=report,
            )
        simulated = _simulated(terminal, network, found, count=simulate, threads=threads)
        if out is not None:
            write_table(out, found.table, name="stress", about=stress_about(found))
        if plot is not None:
            draw_to(found, plot)
        terminal.document(stress_document(found) | {"simulated": simulated, "project": project, "out": out, "plot": plot})
        show_stress(terminal, found, top=top)
        show_simulated(terminal, simulated, currency=found.currency)
        for what, file in (("All rows", out), ("Picture", plot)):
            if file is not None:
                terminal.note(f"{what} written to {file}.")


def _simulated(terminal: Terminal, network: Network, found: StressTest, *, count: int, threads: int | None) -> DataFrame | None:
    """Return the worst outages simulated, None where none were asked for."""
    if count == 0:
        return None
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.jit import is_cold
    from chaintwin.risk.stress.simulated import simulate_outages

    with progress_bar(terminal, "Simulating the worst", is_cold=is_cold()) as report:
        return simulate_outages(network, found.table, count=count, threads=threads, progress=report)
