"""Rows that add up others, as people put below their tables: no shipments."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding, Severity

TOTAL = r"^(?i:(grand|sub|report)?[ -]?totals?|sums?|(gesamt|zwischen|end)?summen?|gesamt(betrag|menge)?|insgesamt|saldo)[ :.]*$"
"""What a cell of such a row says, and nothing beside it."""

FILLED_MAX = 0.75
"""A row that fills more of the columns that the median row fills is a shipment, whatever its cells say."""


def without_totals(frame: pl.DataFrame, rows: pl.Series, *, file: str) -> tuple[pl.DataFrame, pl.Series, list[Finding]]:
    """Return a table without the rows that add up others, and a note that names them.

    Such a row says "Total", "Summe" or the like in one cell and leaves many others blank.

    Parameters
    ----------
    frame : one String column a header, blank cells null.
    rows : spreadsheet number of each row.
    file : name of the table, for the note.
    """
    filled = frame.select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    usual = filled.median()
    says = frame.select(pl.any_horizontal(pl.all().str.contains(TOTAL).fill_null(value=False))).to_series()
    is_total = says & (filled <= FILLED_MAX * (usual if isinstance(usual, float) else 0.0))
    if not is_total.any():
        return frame, rows, []
    found = rows.filter(is_total)
    texts = frame.filter(is_total).row(0)
    word = next(text for text in texts if text is not None and pl.Series([text]).str.contains(TOTAL).item())
    note = Finding(
        "log.totals",
        f'a row that says "{word}" and leaves cells blank',
        "rows of shipments",
        "left out: it adds up other rows",
        file,
        int(found[0]),
        severity=Severity.NOTE,
        count=len(found),
    )
    return frame.filter(~is_total), rows.filter(~is_total), [note]
