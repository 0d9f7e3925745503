"""Rows that add up others, as people put below their tables: no shipments."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding, Severity

_WORD = r"(?:(?:grand|sub|report)?[ -]?totals?|sums?|(?:gesamt|zwischen|end)?summen?|gesamt(?:betrag|menge)?|insgesamt|saldo)"
_MONTH = (
    r"(?:jan(?:uary|uar)?|jän(?:ner)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|mrz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?"
    r"|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_PERIOD = rf"(?:{_MONTH}|[qh][1-4]|[1-4]\.? ?(?:quarter|quartal|halbjahr)|(?:week|woche|kw|cw|wk)\.? ?\d{{1,2}}|\d[\d./-]*)"
TOTAL = (
    rf"^(?i:(?:{_PERIOD}[ :]+)*{_WORD}(?:[ :]+(?:for |of |für )?{_PERIOD})*[ :.]*"
    r"|(?:sub[ -]?totals?|zwischensummen?|grand totals?|gesamtsummen?)[ :].{1,60})$"
)
"""What a cell of such a row says: a word for a sum, alone or beside a month, quarter, week or year; beside a word such as
"Zwischensumme", which stands nowhere else, anything."""

FILLED_MAX = 0.75
"""A row that fills more of the columns that the median row fills is a shipment, whatever its cells say."""


def without_totals(frame: pl.DataFrame, rows: pl.Series, *, file: str) -> tuple[pl.DataFrame, pl.Series, list[Finding]]:
    """Return a table without the rows that add up others, and a note that names them.

    Such a row says "Total", "Summe Januar" or the like in one cell and leaves many others blank.

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
