"""``chaintwin risk service``: perfect orders, on time in full and the six rights of recorded order lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.options import Confidence, Json
from chaintwin.cli.terminal.session import session


def service(
    lines: Annotated[Path, typer.Argument(help="CSV or Parquet of order lines, one a row.", show_default=False)],
    *,
    confidence: Confidence = 0.95,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write every line to, judged; it ends in .csv, .parquet or .xlsx.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Judge order lines: six rights, perfect orders, on time in full."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.views.risk.service_view import rates_of, show_service
        from chaintwin.risk.service import judge_orders
        from chaintwin.risk.service.files import read_order_lines
        from chaintwin.risk.writing import check_table_file, write_table

        if out is not None:
            check_table_file(out)
        found = judge_orders(read_order_lines(lines), confidence=confidence)
        rates = rates_of(found)
        if out is not None:
            about: dict[str, tuple[str | float, str]] = {
                name: (rate.value, f"{meaning}; {rate.low:.4f} to {rate.high:.4f}") for name, meaning, rate in rates
            }
            write_table(out, found.lines, name="order_lines", about=about)
        terminal.document(
            {
                "lines": found.lines.height,
                "orders": found.perfect_order.order_count,
                "confidence": confidence,
                "rates": {name: rate for name, _, rate in rates},
                "out": out,
            }
        )
        show_service(terminal, found, confidence=confidence)
        if out is not None:
            terminal.note(f"Every line, judged, written to {out}.")
