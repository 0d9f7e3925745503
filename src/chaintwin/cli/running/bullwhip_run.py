"""The bullwhip of a project: simulated with its progress shown, then written, drawn and printed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaintwin.cli.terminal.output import Terminal


@dataclass(frozen=True, slots=True)
class BullwhipRun:
    """What was asked for.

    Parameters
    ----------
    project : folder or workbook. products, sites : ids of the part that is looked at.
    calms : whether the arms are tried too. smooth_over : adjustment time of smoothed orders, None for the usual one.
    write_arms : folder that the arms are written to, or None.
    periods, replications, warm_up, seed, threads, cycle, confidence : as for ``study_bullwhip``.
    top : stock points that are shown. out, plot : files, or None.
    """

    project: Path
    products: list[str]
    sites: list[str]
    calms: bool
    smooth_over: float | None
    write_arms: Path | None
    periods: int | None
    replications: int
    warm_up: int | None
    seed: int
    threads: int | None
    cycle: int
    confidence: float
    top: int
    out: Path | None
    plot: Path | None


def run_bullwhip(terminal: Terminal, asked: BullwhipRun) -> None:
    """Simulate a project, measure its bullwhip, and say what was found."""
    from chaintwin.cli.commands.usable import usable_network
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.cli.views.risk.project_bullwhip_view import show_study, study_about, study_document
    from chaintwin.jit import is_cold
    from chaintwin.risk.bullwhip.simulated.arm_files import write_scenarios
    from chaintwin.risk.bullwhip.simulated.arms import Arm
    from chaintwin.risk.bullwhip.simulated.picture import plot as draw_to
    from chaintwin.risk.bullwhip.simulated.studying import study_bullwhip
    from chaintwin.risk.writing import check_table_file, write_table
    from chaintwin.simulation.pictures.drawing import check_picture

    calms = asked.calms or asked.write_arms is not None or asked.smooth_over is not None
    figures = None if asked.out is None or not calms else asked.out.with_name(f"{asked.out.stem}-figures{asked.out.suffix}")
    for file in (asked.out, figures):
        if file is not None:
            check_table_file(file)
    if asked.plot is not None:
        check_picture(asked.plot)
    network = usable_network(terminal, asked.project)
    text = "Simulating as it is and calmed" if calms else "Simulating and measuring"
    with progress_bar(terminal, text, is_cold=is_cold()) as report:
        found = study_bullwhip(
            network,
            products=asked.products,
            sites=asked.sites,
            arms=list(Arm) if calms else (),
            adjustment_time=asked.smooth_over,
            periods=asked.periods,
            replications=asked.replications,
            warm_up=asked.warm_up,
            seed=asked.seed,
            cycle=asked.cycle,
            confidence=asked.confidence,
            threads=asked.threads,
            progress=report,
        )
    files = [] if asked.write_arms is None else write_scenarios(asked.write_arms, found.scenarios.values())
    if asked.out is not None:
        write_table(asked.out, found.ratios, name="bullwhip", about=study_about(found))
    if figures is not None and found.comparison is not None:
        write_table(figures, found.comparison.differences, name="figures", about=study_about(found))
    if asked.plot is not None:
        draw_to(found, asked.plot)
    places = {"out": asked.out, "figures_out": figures, "plot": asked.plot, "arm_files": files}
    terminal.document(study_document(found) | {"project": asked.project} | places)
    show_study(terminal, found, top=asked.top)
    for what, place in (("All rows", asked.out), ("Cost and service", figures), ("Picture", asked.plot)):
        if place is not None:
            terminal.note(f"{what} written to {place}.")
    if files:
        terminal.note(f"Arms written to {asked.write_arms}: {', '.join(file.name for file in files)}.")
