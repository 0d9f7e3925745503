"""Mean and variance of laws written in cells."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from chaintwin.laws import Law, LawError, parse_many


def law_moments(texts: pl.Series, *, folder: Path | None, skip_faults: bool = False) -> pl.DataFrame:
    """Return ``text``, ``law_mean``, ``law_variance`` for each different text.

    Plain numbers never reach the grammar, so that a column of 100,000 constants costs one cast.

    Parameters
    ----------
    texts : laws as written; blanks are left out.
    folder : where files named in laws are found.
    skip_faults : leave out texts that are no law, instead of raising.

    Raises
    ------
    LawError : a text is no law.
    """
    different = pl.DataFrame({"text": texts.drop_nulls().unique().sort()})
    constant = different.with_columns(
        pl.col("text").cast(pl.Float64, strict=False).alias("law_mean"), pl.lit(0.0).alias("law_variance")
    )
    plain = constant.filter(pl.col("law_mean").is_not_null())
    written = constant.filter(pl.col("law_mean").is_null())
    parsed = parse_many(written["text"].to_list(), folder=folder)
    faults = [law for law in parsed if isinstance(law, LawError)]
    if faults and not skip_faults:
        raise faults[0]
    laws = [law for law in parsed if isinstance(law, Law)]
    moments = written.filter(pl.Series([isinstance(law, Law) for law in parsed], dtype=pl.Boolean)).with_columns(
        pl.Series("law_mean", [_mean(law) for law in laws], dtype=pl.Float64),
        pl.Series("law_variance", [law.variance for law in laws], dtype=pl.Float64),
    )
    return pl.concat([plain, moments])


def _mean(law: Law) -> float:
    # The engine takes max(0, draw), so a law that reaches below zero has a higher mean there than on paper.
    return law.expected_excess(0.0) if law.support[0] < 0 else law.mean
