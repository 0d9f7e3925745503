"""``chaintwin risk bullwhip``: how much more each recorded stage of a chain varies than the one before it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.options import Confidence, Json, Seed, TableFile
from chaintwin.cli.terminal.session import session


def bullwhip(
    stages: Annotated[
        list[str],
        typer.Argument(
            help="NAME=FILE.csv of each stage, that next to the customer first: a row a day, a column of dates, one a product.",
            show_default=False,
        ),
    ],
    *,
    dates: Annotated[
        str | None, typer.Option(help="Column of dates; the first one of dates by default.", show_default=False)
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(help="CSV of products and their groups, in its first two columns; adds weeks by group.", show_default=False),
    ] = None,
    products: Annotated[bool, typer.Option("--products", help="Also measure every product by itself, by day.")] = False,
    cycle: Annotated[int, typer.Option(help="Days of a season that is taken out first, such as 7; 1 is none.", min=1)] = 1,
    resamples: Annotated[int, typer.Option(help="Draws of the interval, by blocks of days.", min=100)] = 1000,
    seed: Seed = 0,
    confidence: Confidence = 0.95,
    top: Annotated[int, typer.Option(help="Rows that are shown of groups and products.", min=1)] = 12,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Measure the bullwhip along recorded stages of a chain."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.terminal.progress import waiting
        from chaintwin.cli.views.risk.bullwhip_view import show_chain
        from chaintwin.risk.bullwhip import Resampling, measure_chain
        from chaintwin.risk.bullwhip.files import levels_of, read_stages
        from chaintwin.risk.writing import check_table_file, write_table

        if out is not None:
            check_table_file(out)
        days, names, read = read_stages(stages, date_column=dates)
        levels = levels_of(days, names, groups=groups, products=products)
        drawing = Resampling(seed=seed, resamples=resamples, confidence=confidence)
        with waiting(terminal, "Measuring and drawing blocks of days"):
            found = measure_chain(read, levels, cycle=cycle, resampling=drawing)
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
