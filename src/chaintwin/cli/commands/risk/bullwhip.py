"""``chaintwin risk bullwhip``: how much more each stage of a chain varies than the one before it, recorded or simulated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Confidence, Json, Periods, Plot, Seed, TableFile, Threads, WarmUp
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    from chaintwin.cli.terminal.output import Terminal

REPLICATIONS, RESAMPLES = 64, 1000
"""Independent runs of a project, and draws of the intervals of records, by default."""

Stages = Annotated[
    list[str],
    typer.Argument(
        metavar="PROJECT or NAME=FILE...",
        help="A project, which is simulated; or NAME=FILE.csv of each recorded stage, that next to the customer first: a row a "
        "day, a column of dates, one a product.",
        show_default=False,
    ),
]
Product = Annotated[
    list[str] | None,
    typer.Option(help="Project: only this product, with all that supplies and uses it; may be repeated.", show_default=False),
]
Site = Annotated[
    list[str] | None,
    typer.Option(
        help="Project: only what is stocked at this site, with all above and below; may be repeated.", show_default=False
    ),
]
Calm = Annotated[
    bool,
    typer.Option("--calm", help="Project: also share demand, smooth orders, and let vendors manage, on the same random numbers."),
]
SmoothOver = Annotated[
    float | None,
    typer.Option(help="Project: periods over which smoothed orders make up a gap; 1.618 by default.", show_default=False),
]
WriteArms = Annotated[
    Path | None,
    typer.Option(help="Project: folder to write the calmed projects to, as scenario files.", show_default=False),
]
Runs = Annotated[
    int | None, typer.Option(help=f"Project: independent runs; {REPLICATIONS} by default.", min=1, show_default=False)
]
Dates = Annotated[
    str | None, typer.Option(help="Records: column of dates; the first one of dates by default.", show_default=False)
]
Groups = Annotated[
    Path | None,
    typer.Option(
        help="Records: CSV of products and their groups, in its first two columns; adds weeks by group.", show_default=False
    ),
]
Products = Annotated[bool, typer.Option("--products", help="Records: also measure every product by itself, by day.")]
Cycle = Annotated[int, typer.Option(help="Periods of a season that is taken out first, such as 7 days; 1 is none.", min=1)]
Resamples = Annotated[
    int | None,
    typer.Option(help=f"Records: draws of the interval, by blocks of days; {RESAMPLES} by default.", min=100, show_default=False),
]
Top = Annotated[int, typer.Option(help="Rows that are shown of groups, products and stock points.", min=1)]


def bullwhip(
    stages: Stages,
    *,
    calm: Calm = False,
    smooth_over: SmoothOver = None,
    write_arms: WriteArms = None,
    product: Product = None,
    site: Site = None,
    periods: Periods = None,
    replications: Runs = None,
    warm_up: WarmUp = None,
    threads: Threads = None,
    dates: Dates = None,
    groups: Groups = None,
    products: Products = False,
    resamples: Resamples = None,
    cycle: Cycle = 1,
    seed: Seed = 0,
    confidence: Confidence = 0.95,
    top: Top = 12,
    plot: Plot = None,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Measure the bullwhip of a project or of recorded stages; calm that of a project."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        of_projects = {
            "--calm": calm,
            "--smooth-over": smooth_over,
            "--write-arms": write_arms,
            "--product": product,
            "--site": site,
            "--periods": periods,
            "--replications": replications,
            "--warm-up": warm_up,
            "--threads": threads,
            "--plot": plot,
        }
        of_records = {"--dates": dates, "--groups": groups, "--products": products, "--resamples": resamples}
        if len(stages) == 1 and "=" not in stages[0] and Path(stages[0]).exists():
            _refuse_beside("a project", of_records, allowed="beside recorded stages, NAME=FILE.csv")
            from chaintwin.cli.running.bullwhip_run import BullwhipRun, run_bullwhip

            asked = BullwhipRun(
                project=Path(stages[0]),
                products=product or [],
                sites=site or [],
                calms=calm,
                smooth_over=smooth_over,
                write_arms=write_arms,
                periods=periods,
                replications=replications or REPLICATIONS,
                warm_up=warm_up,
                seed=seed,
                threads=threads,
                cycle=cycle,
                confidence=confidence,
                top=top,
                out=out,
                plot=plot,
            )
            run_bullwhip(terminal, asked)
            return
        _refuse_beside("recorded stages", of_projects, allowed="beside a project")
        drawing = (resamples or RESAMPLES, seed, confidence)
        _measure_records(
            terminal, stages, dates=dates, groups=groups, products=products, cycle=cycle, drawing=drawing, top=top, out=out
        )


def _measure_records(
    terminal: Terminal,
    stages: list[str],
    *,
    dates: str | None,
    groups: Path | None,
    products: bool,
    cycle: int,
    drawing: tuple[int, int, float],
    top: int,
    out: Path | None,
) -> None:
    """Measure recorded stages; ``drawing`` are draws, seed and level of the intervals."""
    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.cli.views.risk.bullwhip_view import show_chain
    from chaintwin.risk.bullwhip import Resampling, measure_chain
    from chaintwin.risk.bullwhip.files import levels_of, read_stages
    from chaintwin.risk.writing import check_table_file, write_table

    resamples, seed, confidence = drawing
    if out is not None:
        check_table_file(out)
    days, names, read = read_stages(stages, date_column=dates)
    levels = levels_of(days, names, groups=groups, products=products)
    resampling = Resampling(seed=seed, resamples=resamples, confidence=confidence)
    with waiting(terminal, "Measuring and drawing blocks of days"):
        found = measure_chain(read, levels, cycle=cycle, resampling=resampling)
    about: dict[str, tuple[str | float, str]] = {
        "first": (str(days[0]), "First day that all stages have."),
        "last": (str(days[-1]), "Last day that all stages have."),
        "products": (len(names), "Products that all stages have."),
        "cycle": (cycle, "Days of the season that was taken out; 1 is none."),
        "confidence": (confidence, "Level of the intervals."),
    }
    if out is not None:
        write_table(out, found, name="bullwhip", about=about)
    terminal.document({name: value for name, (value, _) in about.items()} | {"ratios": found, "out": out})
    show_chain(terminal, found, days=days, products=len(names), confidence=confidence, top=top)
    if out is not None:
        terminal.note(f"All rows written to {out}.")


def _refuse_beside(what: str, options: Mapping[str, object], *, allowed: str) -> None:
    """Refuse options that say nothing beside what was named."""
    from chaintwin.errors import UsageError

    given = [name for name, value in options.items() if value is not None and value is not False]
    if given:
        raise UsageError(f"{given[0]}: found {what} beside it; allowed: {allowed}")
