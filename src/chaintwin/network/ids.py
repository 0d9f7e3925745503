"""Ids that are made of others, so that no two of them can be the same."""

from __future__ import annotations

import polars as pl


def joined_id(*parts: str | pl.Expr) -> pl.Expr:
    r"""Return ids joined by a slash, blanks left out; a slash inside an id becomes a backslash and a slash.

    ``A`` and ``b/c`` thus give ``A/b\/c``, while ``A/b`` and ``c`` give ``A\/b/c``.

    Parameters
    ----------
    parts : column names or expressions of ids.
    """
    columns = [pl.col(part) if isinstance(part, str) else part for part in parts]
    safe = [
        column.cast(pl.String).str.replace_all("\\", "\\\\", literal=True).str.replace_all("/", "\\/", literal=True)
        for column in columns
    ]
    return pl.concat_str(safe, separator="/", ignore_nulls=True)
