"""``chaintwin explore``: look into a result that was written: figures, ledger, rankings, bands and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from chaintwin.cli.commands.options import AnyKindOfPicture, Json, Plot, refuse_alone
from chaintwin.cli.terminal.session import session

By = Literal["stock_point", "stream", "site", "product"]


def explore(
    folder: Annotated[
        Path, typer.Argument(help="Folder of a result in Parquet, as simulate --out writes it.", show_default=False)
    ],
    *,
    stock_point: Annotated[
        list[str] | None,
        typer.Option(help="Stock point SITE/PRODUCT whose bands are shown; may be repeated.", show_default=False),
    ] = None,
    by: Annotated[By, typer.Option(help="What the ranking of lost service tells apart.")] = "stock_point",
    top: Annotated[int, typer.Option(help="Rows of each ranking.", min=1)] = 10,
    plot: Plot = None,
    kind: AnyKindOfPicture = None,
    json: Json = False,
) -> None:
    """Look into a result: rankings, bands and pictures."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.simulation_run import result_document
        from chaintwin.cli.views.explore_view import show_band, show_bullwhip, show_costs, show_losses
        from chaintwin.cli.views.result_view import show_result
        from chaintwin.simulation import Result, cost_ranking, service_ranking
        from chaintwin.simulation.bands.naming import QUANTILES
        from chaintwin.simulation.pictures.band_picture import band_rows
        from chaintwin.simulation.pictures.drawing import check_picture
        from chaintwin.simulation.pictures.drawing import plot as draw_to

        refuse_alone("--kind", kind, beside=("--plot", plot), why="which names the file to draw to")
        if plot is not None:
            check_picture(plot)
        result = Result.read(folder)
        points = stock_point or []
        bands = {point: band_rows(result, point) for point in points}
        losses, lines, entities = (
            service_ranking(result, by=by),
            cost_ranking(result, by="line"),
            cost_ranking(result, by="entity"),
        )
        if plot is not None:
            # Without bands there is still something to show.
            drawn = kind or ("bands" if points or result.bands.height else "ranking")
            draw_to(result, plot, kind=drawn, stock_points=points)
        terminal.document(
            result_document(result)
            | {
                "folder": folder,
                "service_ranking": losses.head(top),
                "ledger": lines,
                "cost_ranking": entities.head(top),
                "bullwhip": result.bullwhip.sort("bullwhip", descending=True, nulls_last=True).head(top)
                if result.bullwhip.height
                else None,
                "bands": {
                    point: {quantity: frame.select("period", *QUANTILES) for quantity, frame in rows}
                    for point, rows in bands.items()
                },
                "plot": plot,
            }
        )
        if points:
            for point, rows in bands.items():
                show_band(terminal, result, title=point, rows=rows)
        else:
            show_result(terminal, result)
            show_losses(terminal, result, losses=losses, top=top)
            show_costs(terminal, result, costs=entities, top=top)
            show_bullwhip(terminal, result, top=top)
        if plot is not None:
            terminal.show("", f"Drew the picture to {plot}.")
